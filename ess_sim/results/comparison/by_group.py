"""Comparisons within groups: by zone, département, age, long-term illness, precarity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from ess_sim.errors import ResultsError
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.comparison.pairing import (
    Floats,
    Outcomes,
    Pair,
    Residents,
    observations,
    one_or_more,
    runs_of,
    wanted_outcomes,
)
from ess_sim.results.indicators.groups import BY_GROUP, check_division, check_groups, goes_with
from ess_sim.results.statistics.intervals import half_width

__all__ = ["GroupValues", "division", "outcomes_by_group"]


_TRUTHS = {"ald": ("without ALD", "with ALD"), "precarious": ("not precarious", "precarious")}


def division(by: str | Sequence[str]) -> list[str]:
    """What to divide by, each once.

    Raises
    ------
    ResultsError
        For an unknown group.
    """
    given = one_or_more(by)
    check_groups(given)
    return list(dict.fromkeys(given))


def outcomes_by_group(results: Outcomes, outcomes: str | Sequence[str] | None, by: Sequence[str]) -> list[str]:
    """The outcomes asked for, else those of the declared ones that have a meaning within groups.

    Raises
    ------
    ResultsError
        For an unknown outcome, one that has no meaning within groups, or none at all.
    """
    names = wanted_outcomes(results, outcomes)
    if outcomes is None:
        declared, names = names, [n for n in names if goes_with(n, by)]
        if not names:
            raise ResultsError(
                f"no declared outcome ({', '.join(declared)}) can be compared by group: name one of "
                f"{', '.join(name for name in BY_GROUP if goes_with(name, by))}"
            )
    check_division(by, names)
    return names


class GroupValues:
    """Values and numbers of residents by group and observation."""

    def __init__(
        self, results: Residents, outcomes: Sequence[str], dates: Sequence[pd.Timestamp], by: Sequence[str]
    ) -> None:
        self._results, self._by, self._dates = results, list(by), list(dates)
        frame = results.by_group(outcomes, by, dates)
        self._there, each = runs_of(frame), observations(frame["draw"])
        self._tables: dict[tuple[str, str], Any] = {}
        for (scenario, outcome), part in frame.groupby(["scenario", "outcome"], observed=True):
            cells = part.groupby(["date", *by, each], observed=True)[["value", "adults", "residents"]]
            self._tables[str(scenario), str(outcome)] = cells.mean().unstack(each)

    def of(self, scenario: str, outcome: str) -> Floats:
        """Values in the unit of a comparison, shape (dates, groups, observations)."""
        return self._numbers(scenario, outcome, "value") * OUTCOMES[outcome].scale

    def _numbers(self, scenario: str, outcome: str, column: str) -> Floats:
        table: Floats = self._tables[scenario, outcome][column].to_numpy(float)
        return table.reshape(len(self._dates), -1, table.shape[1])  # every record has every group

    def runs(self, scenario: str) -> set[tuple[int, int]]:
        """Draw and replication of the runs that a scenario has."""
        return self._there[scenario]

    def pairs(self, baseline: str, scenario: str, outcome: str) -> Iterator[Pair]:
        """The values to compare, date by date and group by group, with the groups' names and numbers of residents.

        Raises
        ------
        ResultsError
            Where the two scenarios have other zones.
        """
        groups = self._groups(baseline, scenario, outcome)
        adults = self._numbers(baseline, outcome, "adults")
        b, s = self.of(baseline, outcome), self.of(scenario, outcome)
        counted = self._numbers(scenario, outcome, "residents") - self._numbers(baseline, outcome, "residents")
        for d, day in enumerate(self._dates):
            for g, group in enumerate(groups):
                yield day, group | _residents(adults[d, g], counted[d, g]), b[d, g], s[d, g]

    def _groups(self, baseline: str, scenario: str, outcome: str) -> list[dict[str, Any]]:
        """What the groups of a pair are divided by, and ``group``, their names."""
        here, there = (self._keys(name, outcome) for name in (scenario, baseline))
        if here != there:
            raise ResultsError(
                f"{scenario!r} and {baseline!r} have different zones: they can be compared by other groups only"
            )
        zones = self._results.zones(scenario)
        places = {place: zones.labels(place) for place in self._by if place in ("zone", "departement")}

        def name(by: str, value: Any) -> str:
            if by in _TRUTHS:
                return _TRUTHS[by][int(value)]
            return places[by][value] if by in places else f"aged {value}"

        return [
            {**key, "group": ", ".join(name(by, value) for by, value in key.items()) or "all residents"} for key in here
        ]

    def _keys(self, scenario: str, outcome: str) -> list[dict[str, Any]]:
        index = self._tables[scenario, outcome].index
        first = index[: len(index) // len(self._dates)]
        return [{by: first.get_level_values(by)[i] for by in self._by} for i in range(len(first))]


def _residents(adults: Floats, difference: Floats) -> dict[str, float]:
    """A group's size and its difference in residents, with the 95 % Student interval, from values by observation."""
    mean, half = float(difference.mean()), float(half_width(difference))
    return {
        "adults": float(adults.mean()),
        "residents": mean,
        "residents_low": mean - half,
        "residents_high": mean + half,
    }
