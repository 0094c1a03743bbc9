"""All scenarios beside each other, and the futures behind their means."""

from __future__ import annotations

from ess_sim.faces.report.gather.batch import SHARE, Batch
from ess_sim.faces.report.gather.ranking import Ranking, Row
from ess_sim.faces.report.gather.ranking import ranking as gathered
from ess_sim.faces.report.parts.blocks import Cell, Column, Num, Picture, Prose, Section, Table
from ess_sim.faces.report.parts.there import found_or_note
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.faces.svg.rows import dot, dots, limits
from ess_sim.inputs.scenario.outcomes import OUTCOMES

__all__ = ["ranking"]


_OF_MANY = ("col_low", "col_high", "col_p", "col_better")
"""Columns that a few observations say nothing in."""


def ranking(batch: Batch, voice: Voice) -> Section:
    """A forest with adjusted p-values, and dots."""
    section = Section("ranking", voice.say("ranking_title"))
    found = found_or_note(section, batch, voice, gathered)
    if found is None:
        return section
    section.add(_forest(voice, found, few=batch.few))
    if not batch.few:
        section.add(Prose(voice.say("ranking_note", Num(found.tests)), "note"))
    section.add(Prose(voice.say("futures_title"), "h3"))
    section.add(
        _futures(batch, voice, found), Prose(voice.say("futures_note_draws" if batch.drawn else "futures_note"), "note")
    )
    others = [row for row in found.rows if row.outcome != SHARE]
    if others:
        section.add(_others(voice, others, few=batch.few))
    return section


def _forest(voice: Voice, found: Ranking, *, few: bool) -> Table:
    """Without intervals and p where there are too few observations for them."""
    mine = [row for row in found.rows if row.outcome == SHARE]
    span = limits(*([r.low, r.high, r.difference] for r in mine))
    columns = [
        *(Column(voice.say(k), "text") for k in ("col_scenario", "col_date")),
        Column(voice.say("col_points")),
        Column(voice.say("col_picture"), "picture"),
        *(Column(voice.say(k), "text" if k == "col_p" else "number") for k in _OF_MANY if not few),
    ]
    rows: list[list[Cell]] = [
        [
            voice.lettered(r.scenario),
            voice.month(r.day),
            Num(r.difference, 2, True),
            Picture(dot(r.difference, r.low, r.high, span, voice.series(r.scenario))),
            *(() if few else (*(Num(x, 2, True) for x in (r.low, r.high)), _p(voice, r), Num(100 * r.better))),
        ]
        for r in mine
    ]
    return Table("forest", voice.say("table_forest"), columns, rows, sortable=True, opened=True)


def _p(voice: Voice, r: Row) -> Cell:
    if r.identical:
        return voice.say("identical")
    if r.p_holm != r.p_holm:
        return voice.say("dash")
    return voice.say("p_small") if r.p_holm < 0.001 else Num(r.p_holm, 3)


def _futures(batch: Batch, voice: Voice, found: Ranking) -> Table:
    span = limits(*found.futures.values())
    columns = [
        Column(voice.say("col_scenario"), "text"),
        Column(voice.say("col_futures"), "picture"),
        *(Column(voice.say(k)) for k in ("col_worst", "col_median", "col_best")),
    ]
    if found.one:
        columns += [Column(voice.say("col_one_low")), Column(voice.say("col_one_high"))]
    rows: list[list[Cell]] = []
    for name, values in found.futures.items():
        ordered = sorted(values.tolist())
        middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
        row: list[Cell] = [voice.lettered(name), Picture(dots(values, span, voice.series(name)))]
        row += [Num(x, 0, True) for x in (ordered[0], middle, ordered[-1])]
        if found.one:
            row += [Num(x, 2, True) for x in found.one[name]]
        rows.append(row)
    return Table("futures", voice.say("table_futures", voice.month(batch.marks[-1])), columns, rows, opened=True)


def _others(voice: Voice, others: list[Row], *, few: bool) -> Table:
    columns = [
        *(Column(voice.say(k), "text") for k in ("col_outcome", "col_scenario", "col_date")),
        *(Column(voice.say(k), "level") for k in ("col_baseline_mean", "col_mean")),
        Column(voice.say("col_difference")),
        *(Column(voice.say(k)) for k in ("col_low", "col_high") if not few),
        *(Column(voice.say(k), "text") for k in (("col_unit",) if few else ("col_unit", "col_p"))),
    ]
    rows: list[list[Cell]] = [
        [
            voice.outcome(r.outcome),
            voice.lettered(r.scenario),
            voice.month(r.day),
            *(voice.level(x, 2) for x in (r.base, r.mean)),
            *(Num(x, 2, True) for x in ((r.difference,) if few else (r.difference, r.low, r.high))),
            voice.known(f"unit_{OUTCOMES[r.outcome].unit_of_difference}", OUTCOMES[r.outcome].unit_of_difference),
            *(() if few else (_p(voice, r),)),
        ]
        for r in others
    ]
    return Table("outcomes", voice.say("table_outcomes"), columns, rows)
