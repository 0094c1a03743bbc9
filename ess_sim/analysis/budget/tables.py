"""What a choice says, as tables: candidates, cost by year, effect against cost, rules of thumb, units, draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.analysis.budget.mixes.final import Selected
from ess_sim.analysis.budget.mixes.limits import Budget, Limits
from ess_sim.analysis.budget.mixes.pilot import Pilot
from ess_sim.analysis.budget.mixes.rules import RULES
from ess_sim.analysis.budget.mixes.trials import BASE, Trials
from ess_sim.analysis.budget.mixes.units import Mix, Unit, words_of
from ess_sim.analysis.budget.robust import Robust
from ess_sim.clock import add_years
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.results.statistics.intervals import Floats, half_width
from ess_sim.results.statistics.paired import holm, p_value
from ess_sim.results.statistics.ranking import ranks
from ess_sim.results.statistics.selection import pareto_front

__all__ = ["Tables"]


_CENTS = 100
_LEVEL = 0.05
"""Adjusted p-value from which on two mixes are not separated."""


@dataclass(frozen=True)
class Tables:
    """Makes tables of fresh replications.

    Attributes
    ----------
    trials : Trials
    units : tuple of Unit
    territory : Territory
    budget : Budget
    runs : range
        The fresh replications.
    sign : float
        −1 where less of the outcome is better: differences are stated in the outcome's own direction.
    """

    trials: Trials
    units: tuple[Unit, ...]
    territory: Territory
    budget: Budget
    runs: range
    sign: float

    @cached_property
    def names(self) -> dict[str, str]:
        """Zones' names by their codes."""
        return dict(zip(self.territory.zones, self.territory.zone_names, strict=True))

    def name(self, mix: Mix) -> str:
        """Keys of its units."""
        return " + ".join(self.units[unit].key for unit in mix) or "baseline"

    def words(self, mix: Mix) -> str:
        """What and where, and how often."""
        each = {words_of(self.units[unit], self.territory): mix.count(unit) for unit in mix}
        return "; ".join(f"{n} × {words}" if n > 1 else words for words, n in each.items()) or "nothing"

    def row(self, mix: Mix) -> dict[str, Any]:
        """Effect, people and cost of a mix."""
        gains, people = self.trials.gains(mix, self.runs), self.trials.people(mix, self.runs)
        cost = self.trials.cents(mix, self.runs) / _CENTS
        over, made = self.trials.over(mix, self.budget)
        unknown = sorted({what for _, what in self.trials.unknown(mix)})
        return {
            "mix": self.name(mix),
            "what": self.words(mix),
            "n": len(self.runs),
            **_interval("effect", self.sign * gains),
            **_interval("people", people),
            "euro_a_year": float(cost.mean()),
            "worst_year": float(self.trials.worst(mix).max()) / _CENTS,
            "unknown": "; ".join(unknown),
            "runs": made,
            "runs_over": over,
        }

    def candidates(self, selected: Selected) -> pd.DataFrame:
        """The finalists and the baseline, the best first, and whether they could be separated from the chosen one.

        Beside `row`: ``status`` (``chosen``, ``not separated``, ``worse``, ``better``,
        ``over budget``), ``behind`` the chosen one
        with interval and ``p_holm`` (paired t-test, adjusted for all), ``rank`` with its 95 % limits (`ranks`),
        ``p_best`` (how probable it is the best), ``selection`` (replications used there).
        """
        within = [mix for mix in selected.finalists if not self.trials.over(mix, self.budget)[0]]
        mixes = [BASE, *within]
        gains = np.stack([self.trials.gains(mix, self.runs) for mix in mixes])
        mine = gains[mixes.index(selected.mix)]
        behind = mine - gains
        p = holm(np.where([mix == selected.mix for mix in mixes], np.nan, p_value(behind)))
        of = ranks(gains, minimise=False)
        rows = []
        for i, mix in enumerate(mixes):
            same = not behind[i].any() or p[i] > _LEVEL
            apart = "worse" if behind[i].mean() > 0 else "better"  # the selection lets go what leads by too little
            status = "chosen" if mix == selected.mix else "not separated" if same else apart
            sure = {"p_holm": p[i], "rank": of.rank[i], "rank_low": of.low[i], "rank_high": of.high[i]}
            rows.append(
                {"status": status, **self.row(mix), **_interval("behind", behind[i]), **sure}
                | {"p_best": of.best[i], "selection": selected.replications.get(mix, 0)}
            )
        table = pd.DataFrame(rows).sort_values("rank", kind="stable")
        out = [mix for mix in (*selected.exceeded, *selected.finalists) if mix not in mixes]
        gone = [{"status": "over budget", **self.row(mix)} for mix in out]
        return pd.concat([table, pd.DataFrame(gone)], ignore_index=True) if gone else table.reset_index(drop=True)

    def years(self, mix: Mix, baseline: Scenario) -> pd.DataFrame:
        """Cost by year: ``year``, ``begins``, ``mean``, ``worst`` (of all runs), ``budget``, euro."""
        cost = self.trials.cents(mix, self.runs) / _CENTS
        worst = self.trials.worst(mix) / _CENTS
        years = range(cost.shape[1])
        begins = [add_years(baseline.start, year).isoformat() for year in years]
        table = pd.DataFrame({"year": [y + 1 for y in years], "begins": begins, "mean": cost.mean(axis=0)})
        return table.assign(worst=worst, budget=self.budget.cents / _CENTS)

    def front(self, mixes: Iterable[Mix]) -> pd.DataFrame:
        """Mixes within the budget and the baseline by cost, and which of them no other beats on effect and cost."""
        kept = [m for m in dict.fromkeys([BASE, *mixes]) if not self.trials.over(m, self.budget)[0]]
        table = pd.DataFrame([self.row(mix) for mix in kept])
        table["on_front"] = pareto_front(table, cost="euro_a_year", effect="effect", minimise_effect=self.sign < 0)
        return table.sort_values(["euro_a_year", "mix"], kind="stable", ignore_index=True)

    def rules(self, rules: Mapping[str, Mix], chosen: Mix) -> pd.DataFrame:
        """Regret of each rule of thumb: how far its mix falls short of the chosen one, paired."""
        mine = self.trials.gains(chosen, self.runs)
        rows = [
            {"rule": name, "about": RULES[name], **_interval("regret", mine - self.trials.gains(mix, self.runs))}
            | self.row(mix)
            for name, mix in rules.items()
        ]
        return pd.DataFrame(rows, columns=["rule", "about", *_of("regret"), *self.row(BASE)])

    def alone(self, pilot: Pilot, absent: Mapping[str, str]) -> pd.DataFrame:
        """Each unit alone, as the pilot found it; ``kind``, ``zone`` (name of the first) and ``zones`` (how many)."""
        rows: list[dict[str, Any]] = []
        for n, unit in enumerate(self.units):
            row: dict[str, Any] = {
                "unit": unit.key,
                "what": words_of(unit, self.territory),
                "note": pilot.left_out.get(n, ""),
                "kind": unit.kind,
            }
            if unit.zones:
                row |= {"zone": self.names[unit.zones[0]], "zones": len(unit.zones)}
            if n in pilot.gains:
                cost = pilot.cents[n] / _CENTS
                row |= {"n": len(cost), **_interval("effect", self.sign * pilot.gains[n])}
                row |= {"euro_a_year": float(cost.mean()), "worst_year": float(cost.max())}
                row["unknown"] = "; ".join(sorted({what for _, what in self.trials.unknown((n,))}))
            rows.append(row)
        rows += [{"unit": kind, "note": why, "kind": kind} for kind, why in absent.items()]
        columns = ("unit", "what", "n", "effect", "effect_low", "effect_high", "euro_a_year", "worst_year")
        return pd.DataFrame(rows, columns=[*columns, "unknown", "note", "kind", "zone", "zones"]).astype(
            {"n": "Int64", "zones": "Int64"}
        )

    def limits(self, limits: Limits, mix: Mix) -> pd.DataFrame:
        """What a mix asks for of each limit, and whether that leaves no room for any unit more that asks for it."""
        rows = []
        for name, most in limits.most.items():
            asked = sum(self.units[unit].asks[name] for unit in mix)
            each = [unit.asks[name] for unit in self.units if unit.asks[name] > 0]
            rows.append({"limit": name, "most": most, "asked": asked, "binds": bool(each) and asked + min(each) > most})
        return pd.DataFrame(rows)

    def robust(self, found: Robust, mixes: Sequence[Mix]) -> pd.DataFrame:
        """Mixes over draws, and which criterion takes them."""
        table = found.table.copy()
        table.insert(0, "mix", [self.name(mix) for mix in mixes])
        taken = [", ".join(name for name, mix in found.choices.items() if mix == one) for one in mixes]
        return table.assign(taken_by=taken)


def _of(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"


def _interval(name: str, x: Floats) -> dict[str, float]:
    mean, half = float(x.mean()), float(half_width(x))
    return dict(zip(_of(name), (mean, mean - half, mean + half), strict=True))
