"""Tables of the page of a choice under a budget, and the picture of effect against cost."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from ess_sim.analysis.budget.choice import BudgetChoice
from ess_sim.faces.report.parts.blocks import Both, Cell, Coded, Column, Drawing, Level, Num, Table, joined
from ess_sim.faces.report.parts.mixes import Mixes, one_of_many
from ess_sim.faces.report.parts.saying import Saying
from ess_sim.faces.reports.studies.choice_rows import BASELINE, SAME, beyond, finished, left_out, marked, stairs
from ess_sim.faces.reports.studies.rows import each
from ess_sim.faces.svg.frontier import Point, frontier
from ess_sim.faces.words.glossary import LANGUAGES, glossary
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.indicators.vacancies import REASONS

__all__ = ["Tables", "unknown_words"]


_SAYING, _LACKING = Saying("choice"), Saying("report")
_say = _SAYING.say
_NOTES = {
    "beyond the limits": "note_limits",
    "exceeds the budget alone": "note_budget",
    "does nothing here": "note_nothing",
    "nothing of its cost is known": "note_unpriced",
}


class Tables:
    """Makes them.

    Parameters
    ----------
    found : BudgetChoice
    mixes : Mixes
    unit : Both
        Of the effect, in words.
    """

    def __init__(self, found: BudgetChoice, mixes: Mixes, unit: Both) -> None:
        self.found, self.mixes, self.unit = found, mixes, unit
        self.every = finished(found.front, found.candidates, found.rules)
        self.marks = marked(found.candidates, found.rules)
        self.letters = {mark.mix: chr(65 + k) for k, mark in enumerate(self.marks)}

    def picture(self) -> Drawing:
        """Effect against cost."""
        found, every = self.found, self.every
        out = beyond(found.budget, every)
        rows = every.assign(letter=[self.letters.get(mix, "") for mix in every["mix"]])
        rows = rows.sort_values(["letter"], key=lambda letters: letters.map(lambda a: -ord(a) if a else -1000))
        chosen = self.mixes.chosen
        points = [
            Point(
                *(r.euro_a_year / 1000, r.effect, r.effect_low, r.effect_high),
                letter=r.letter,
                series=2 if r.mix == chosen else 1 if r.letter else 0,
                hollow=r.over,
                worst=r.worst_year / 1000 if r.mix == chosen else float("nan"),
            )
            for r in each(rows)
        ]
        x, y = stairs(every, 0.0 if out else found.budget)
        about = OUTCOMES[found.outcome]
        costs, budget = _say("frontier_x"), _say("frontier_budget")
        svg = frontier(
            points,
            ([cost / 1000 for cost in x], y),
            budget=None if out else found.budget / 1000,
            lower_is_better=about.lower_is_better,
            words=[(lang, costs.to(lang), self.unit.to(lang), budget.to(lang)) for lang in LANGUAGES],
            role="img",
            aria_labelledby="frontier-0",
        )
        caption = _say("front_caption", Both(about.about, about.about_fr), self.unit)
        return Drawing("frontier", "plain", [(caption, svg)])

    def named(self) -> list[Both]:
        """What each letter of the picture stands for."""
        each = ((self.letters[mark.mix], one_of_many([_say(f"mark_{n}") for n in mark.names])) for mark in self.marks)
        return [_say("letter", letter, words) for letter, words in each]

    def finalists(self) -> Table:
        """The finalists, the baseline, and what exceeded the budget."""
        rows = self.found.candidates
        heads = [Column(_say("col_mix"), "text"), Column(_say("col_status"), "text"), Column(_say("col_rank"))]
        heads += [Column(_say("col_ranks"), "text"), Column(_say("col_effect", self.unit), "level")]
        heads += [Column(_say(k)) for k in ("col_people", "col_cost", "col_worst")]
        heads += [Column(_say("col_bound"), "text"), Column(_say("col_best"))]
        lines: list[list[Cell]] = []
        for r in each(rows):
            status = "baseline" if r.mix == BASELINE else str(r.status).replace(" ", "_")
            ranks = _say("dash") if pd.isna(r.rank_low) else Both.same(f"{r.rank_low:g}–{r.rank_high:g}")
            lines.append(
                [
                    *(self.mixes.against(r.mix), _say(f"status_{status}")),
                    *(Num(r.rank, int(r.rank % 1 > 0)), ranks, self._level(r, "effect")),
                    *(Num(r.people), Num(r.euro_a_year), Num(r.worst_year), _bound(r.unknown), Num(100 * r.p_best)),
                ]
            )
        return Table("mixes", _say("table_mixes"), heads, lines, sortable=True, opened=True)

    def finished(self) -> Table:
        """Every point of the picture."""
        heads = [Column(_say("col_mix"), "text"), Column(_say("col_mark"), "text")]
        heads += [Column(_say("col_effect", self.unit), "level"), Column(_say("col_cost")), Column(_say("col_worst"))]
        heads += [Column(_say("col_bound"), "text"), Column(_say("col_front"), "text")]
        lines: list[list[Cell]] = [
            [
                *(self.mixes.against(r.mix), Both.same(self.letters.get(r.mix, ""))),
                *(self._level(r, "effect"), Num(r.euro_a_year), Num(r.worst_year), _bound(r.unknown)),
                _say("on_front") if r.on_front else Both.same(""),
            ]
            for r in each(self.every)
        ]
        return Table("finished", _say("table_front"), heads, lines, sortable=True)

    def _level(self, row: Any, name: str) -> Level:
        mean, low, high = (getattr(row, column) for column in (name, f"{name}_low", f"{name}_high"))
        return Level(mean, low, high, 2, sign=True)

    def rules(self) -> Table:
        """Regret of rules of thumb."""
        heads = [Column(_say("col_rule"), "text"), Column(_say("col_mix"), "text")]
        heads += [Column(_say("col_regret", self.unit), "level"), Column(_say("col_effect", self.unit), "level")]
        heads += [Column(_say("col_cost")), Column(_say("col_bound"), "text"), Column(_say("col_over"), "text")]
        lines: list[list[Cell]] = [
            [
                *(_say(f"mark_{r.rule}"), self.mixes.against(r.mix)),
                *(self._level(r, "regret"), self._level(r, "effect"), Num(r.euro_a_year), _bound(r.unknown)),
                _say("over_runs", Num(r.runs_over), Num(r.runs)) if r.runs_over else _say("over_no"),
            ]
            for r in each(self.found.rules)
        ]
        return Table("rules-table", _say("table_rules"), heads, lines, opened=True)

    def costs(self) -> Table:
        """Cost of the chosen mix by year."""
        heads = [Column(_say("col_from"), "text"), *(Column(_say(k)) for k in ("col_mean", "col_worst", "col_budget"))]
        rows = self.found.costs if self.found.costs is not None else pd.DataFrame()
        lines: list[list[Cell]] = [
            [Both.same(r.begins), *(Num(x) for x in (r.mean, r.worst, r.budget))] for r in each(rows)
        ]
        return Table("costs", _say("table_costs"), heads, lines)

    def posts(self) -> Table:
        """What the chosen mix offers, and what stays vacant."""
        kinds = ("text", "text", "number", "number", "text")
        names = ("col_where", "col_what", "col_offered", "col_filled", "col_lacking")
        heads = [Column(_say(name), kind) for name, kind in zip(names, kinds, strict=True)]
        rows = self.found.posts if self.found.posts is not None else pd.DataFrame()
        lines: list[list[Cell]] = [
            [
                self._where(str(r.actor)),
                _say(f"post_{r.kind}"),
                Num(r.offered),
                Num(r.filled, 1),
                _lacking(str(r.why or "")),
            ]
            for r in each(rows)
        ]
        return Table("posts", _say("table_posts"), heads, lines, opened=True)

    def _where(self, actor: str) -> Both | Coded:
        """The place of a centre or a policy, where its name says it."""
        zone = self.mixes.zones.get(actor.rpartition("-")[2])
        return Both.same(actor) if zone is None else Coded(Both.same(zone), actor)

    def robust(self) -> Table:
        """Finalists over draws."""
        names = ("col_gain", "col_gain_worst", "col_regret_mean", "col_regret_max")
        heads = [Column(_say("col_mix"), "text"), *(Column(_say(name, self.unit)) for name in names)]
        heads += [Column(_say("col_share_best")), Column(_say("col_draws_over"))]
        rows = self.found.robust if self.found.robust is not None else pd.DataFrame()
        lines: list[list[Cell]] = [
            [
                self.mixes.against(r.mix),
                *(Num(x, 2, True) for x in (r.gain, r.worst)),
                *(Num(x, 2) for x in (r.mean_regret, r.max_regret)),
                *(Num(100 * x) for x in (r.share_best, r.draws_over)),
            ]
            for r in each(rows)
        ]
        return Table("robust", _say("table_robust"), heads, lines, sortable=True, opened=True)

    def units(self) -> Table:
        """What each policy does alone."""
        heads = [Column(_say("col_policy"), "text"), Column(_say("col_effect", self.unit), "level")]
        heads += [Column(_say(k)) for k in ("col_cost", "col_worst")]
        heads += [Column(_say("col_bound"), "text"), Column(_say("col_note"), "text")]
        lines: list[list[Cell]] = [
            [
                *(self.mixes.unit(r.unit), self._level(r, "effect"), Num(r.euro_a_year), Num(r.worst_year)),
                *(_bound(r.unknown), self._note(str(r.note))),
            ]
            for r in each(self.found.units)
        ]
        return Table("units-table", _say("table_units"), heads, lines, sortable=True)

    def left_out(self) -> list[Both]:
        """Why policies were not to be chosen among."""
        every = Num(len(self.found.units))
        return [_say("left_out", Num(number), every, self._note(note)) for note, number in left_out(self.found.units)]

    def _note(self, note: str) -> Both:
        if note == f"{SAME}another":
            return _say("note_same_as_another")
        if note.startswith(SAME):
            return _say("note_same", self.mixes.unit(note.removeprefix(SAME)))
        return _say(_NOTES[note]) if note in _NOTES else Both.same(note)


def _bound(unknown: Any) -> Both:
    return _say("at_least") if isinstance(unknown, str) and unknown else Both.same("")


def _lacking(why: str) -> Both:
    keys = {words: reason for reason, words in REASONS.items()}
    return (
        joined([_LACKING.known(f"reason_{keys.get(part, part)}", part) for part in why.split(", ")])
        if why
        else Both.same("")
    )


def unknown_words(unknown: str) -> Both:
    """Costs that are unknown, in both languages."""
    parts = [part for part in re.split("; ", unknown) if part]
    return one_of_many([Both(part, glossary().unknown_costs_fr.get(part, part)) for part in parts])
