"""Who gains, and where the effect comes from."""

from __future__ import annotations

from collections.abc import Sequence

from ess_sim.faces.report.gather.batch import Batch
from ess_sim.faces.report.gather.who import Group
from ess_sim.faces.report.gather.who import who as groups
from ess_sim.faces.report.gather.why import Parts
from ess_sim.faces.report.gather.why import why as flows
from ess_sim.faces.report.parts.blocks import Both, Cell, Column, Num, Picture, Prose, Section, Table
from ess_sim.faces.report.parts.there import found_or_note
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.faces.svg.rows import bar, dot, limits

__all__ = ["who", "why"]


_GROUPS = {
    ("ald", "True"): "ald_true",
    ("ald", "False"): "ald_false",
    ("precarious", "True"): "precarious_true",
    ("precarious", "False"): "precarious_false",
}


def who(batch: Batch, voice: Voice) -> Section:
    """Age, long-term illness, precarity."""
    section = Section("who", voice.say("who_title"))
    found = found_or_note(section, batch, voice, groups, missing="who_missing")
    if found is None:
        return section
    section.add(Prose(_summary(voice, batch, found.groups), "p"))
    span = limits(*([g.people.low, g.people.high, g.people.mean] for g in found.groups))
    columns = [
        *(Column(voice.say(k), "text") for k in ("col_scenario", "col_group")),
        Column(voice.say("col_adults_base")),
        Column(voice.say("col_base"), "level"),
        *(Column(voice.say(k)) for k in ("col_points", "col_low", "col_high")),
        Column(voice.say("col_people")),
        Column(voice.say("col_picture"), "picture"),
        *(Column(voice.say(k)) for k in ("col_low", "col_high")),
    ]
    rows: list[list[Cell]] = [
        [
            voice.lettered(g.scenario),
            _named(voice, g),
            Num(g.adults),
            voice.level(g.base),
            *(Num(x, 1, True) for x in (g.points.mean, g.points.low, g.points.high)),
            Num(g.people.mean, 0, True),
            Picture(dot(g.people.mean, g.people.low, g.people.high, span, voice.series(g.scenario))),
            *(Num(x, 0, True) for x in (g.people.low, g.people.high)),
        ]
        for g in found.groups
    ]
    section.add(Table("who-table", voice.say("table_who", voice.month(found.day)), columns, rows, opened=True))
    section.add(Prose(voice.say("people_counted_column"), "note"))
    if len(batch.compared) > len({g.scenario for g in found.groups}):
        section.add(Prose(voice.say("first_only", Num(len({g.scenario for g in found.groups}))), "note"))
    return section


def _named(voice: Voice, g: Group) -> Both:
    if g.division != "age_band":
        return voice.say(_GROUPS[g.division, g.value])
    if g.value.endswith("+"):
        return voice.say("aged_from", g.value.rstrip("+"))
    return voice.say("aged", g.value.replace("-", "–"))


def _summary(voice: Voice, batch: Batch, found: Sequence[Group]) -> Both:
    """Which groups' shares move most, of the main scenario: those with ALD and in precarity beside all others."""
    mine = {(g.division, g.value): g for g in found if g.scenario == batch.main}

    def points(division: str, value: str) -> tuple[Num, Both]:
        g = mine[division, value]
        return Num(g.points.mean, 1, True), voice.interval(g.points, 1, sign=True)

    return voice.say(
        "who_summary", voice.title(batch.main), *points("ald", "True"), *points("ald", "False"),
        *points("precarious", "True"), *points("precarious", "False"),
    )  # fmt: skip


def why(batch: Batch, voice: Voice) -> Section:
    """Flows, and whether a centre's places were new."""
    section = Section("why", voice.say("why_title"))
    found = found_or_note(section, batch, voice, flows, missing="why_missing")
    if found is None:
        return section
    for scenario, parts in found.parts.items():
        section.add(Prose(_displaced(voice, scenario, parts), "p"))
    span = limits(*([e.low, e.high, e.mean] for rows in found.flows.values() for _, e in rows))
    columns = [
        *(Column(voice.say(k), "text") for k in ("col_scenario", "col_cause")),
        Column(voice.say("col_people")),
        Column(voice.say("col_picture"), "picture"),
        *(Column(voice.say(k)) for k in ("col_low", "col_high")),
    ]
    table: list[list[Cell]] = [
        [
            voice.lettered(scenario),
            voice.say(f"cause_{cause}"),
            Num(e.mean, 0, True),
            Picture(bar(e.mean, e.low, e.high, span, voice.series(scenario))),
            *(Num(x, 0, True) for x in (e.low, e.high)),
        ]
        for scenario, rows in found.flows.items()
        for cause, e in rows
    ]
    section.add(Table("why-table", voice.say("table_why", voice.month(found.day)), columns, table, opened=True))
    section.add(Prose(voice.say("why_note"), "note"))
    return section


def _displaced(voice: Voice, scenario: str, parts: Parts) -> Both:
    """Beside registrations at centres: how many fewer there were with GPs, and what is left."""
    centre, liberal, total = parts.centre, parts.liberal, parts.total
    moved, left = ((voice.percent(e.mean, 0), voice.interval(e)) for e in (parts.of_liberal, parts.of_total))
    key = "why_displaced" if liberal.mean < 0 else "why_added"
    numbers = Num(centre.mean), Num(abs(liberal.mean)), *moved, Num(total.mean), *left
    return voice.say(key, voice.title(scenario), *numbers)
