"""Which scenario is compared with which, at which dates, run by run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.clock import nearest, nearest_anniversaries
from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.indicators.outcomes import check_outcome
from ess_sim.results.storage.keys import About
from ess_sim.results.tables.checking import day as one_day
from ess_sim.results.tables.checking import one_or_more
from ess_sim.results.zones import Zones

__all__ = [
    "ByObservation",
    "Drawn",
    "Outcomes",
    "Pair",
    "Paired",
    "Residents",
    "Values",
    "across_territories",
    "baselines",
    "check_territories",
    "common_dates",
    "default_dates",
    "observations",
    "one_or_more",
    "runs_of",
    "wanted_dates",
    "wanted_outcomes",
]


HORIZONS = (1, 3, 5, 10, 20)
"""Years after the start at which scenarios are compared by default, besides the end."""
Floats = NDArray[np.float64]


@runtime_checkable
class Outcomes(Protocol):
    """What a comparison needs of results."""

    @property
    def scenarios(self) -> tuple[str, ...]: ...
    @property
    def declared_outcomes(self) -> tuple[str, ...]: ...
    def recorded(self, scenario: str) -> pd.DatetimeIndex: ...
    def outcomes(self, names: Sequence[str] | None = None, dates: Any = None) -> pd.DataFrame: ...
    def about(self, scenario: str) -> About: ...


@runtime_checkable
class Residents(Outcomes, Protocol):
    """What a comparison within groups needs of results besides."""

    def zones(self, scenario: str) -> Zones: ...
    def by_group(self, outcomes: Sequence[str], by: Sequence[str] = (), dates: Any = None) -> pd.DataFrame: ...


@runtime_checkable
class Paired(Outcomes, Protocol):
    """What a comparison of all tables needs of results besides."""

    def pairs(self, baseline: str, scenario: str) -> Iterator[tuple[Any, Any]]: ...


@runtime_checkable
class Drawn(Outcomes, Protocol):
    """What a comparison over parameter draws needs of results besides."""

    @property
    def baselines(self) -> dict[str, str]: ...
    @property
    def draws(self) -> tuple[int, ...]: ...
    @property
    def replications(self) -> tuple[int, ...]: ...
    def each(self, numbers: Callable[[Any], pd.DataFrame]) -> pd.DataFrame: ...


Pair = tuple[pd.Timestamp, dict[str, Any], Floats, Floats]
"""A date, what else the rows of a comparison say of it, and the values of a baseline and a scenario by observation."""


class ByObservation(Protocol):
    """Values of scenarios, by date and, last, observation (`observations`)."""

    def of(self, scenario: str, outcome: str) -> Floats: ...
    def runs(self, scenario: str) -> set[tuple[int, int]]: ...
    def pairs(self, baseline: str, scenario: str, outcome: str) -> Iterator[Pair]: ...


def observations(draws: Iterable[int]) -> str:
    """Which column numbers the independent observations of results with these parameter draws.

    Without draws each replication is one. With several, each draw is one, by the mean over its replications, as these
    have its parameters in common.
    """
    return "draw" if len(set(draws)) > 1 else "replication"


def wanted_outcomes(results: Outcomes, outcomes: str | Sequence[str] | None) -> list[str]:
    """The outcomes asked for, each once; by default those that the scenarios declare.

    Raises
    ------
    ResultsError
        For an unknown outcome, or none.
    """
    wanted = list(results.declared_outcomes) if outcomes is None else one_or_more(outcomes)
    if not wanted:
        which = "the scenarios declare no outcome" if outcomes is None else "outcomes is empty"
        raise ResultsError(f"{which}: name at least one of {', '.join(OUTCOMES)}")
    for name in wanted:
        check_outcome(name)
    return list(dict.fromkeys(wanted))


def baselines(scenarios: Sequence[str], baseline: str | Mapping[str, str]) -> dict[str, str]:
    """Each scenario that is compared, with the scenario that it is compared with.

    Parameters
    ----------
    scenarios : sequence of str
        All scenarios there are.
    baseline : str or mapping of str to str
        One for all, or one for each; a scenario that is its own baseline is not compared.

    Raises
    ------
    ResultsError
        For an unknown baseline, or a baseline of an unknown scenario.

    Examples
    --------
    >>> baselines(["base", "smp", "interns"], "base")
    {'smp': 'base', 'interns': 'base'}
    """
    if not isinstance(baseline, str | Mapping):
        raise ResultsError(f"baseline must be a scenario's name, or a mapping of names, not {baseline!r}")
    chosen = dict.fromkeys(scenarios, baseline) if isinstance(baseline, str) else dict(baseline)
    for what, names in (("scenario", chosen.keys()), ("baseline", chosen.values())):
        for name in names:
            if name not in scenarios:
                known = ", ".join(scenarios)
                raise ResultsError(f"no {what} {name!r}{did_you_mean(name, scenarios)}: the scenarios are {known}")
    chosen = {scenario: chosen.get(scenario, scenario) for scenario in scenarios}
    return {scenario: base for scenario, base in chosen.items() if scenario != base}


def across_territories(results: Outcomes, compared: Mapping[str, str]) -> dict[str, str]:
    """Those scenarios that have other zones or residents than their baseline, with it.

    They share no random numbers of any resident, so that their difference is none between two futures of one place.
    """
    residents = {name: results.about(name).residents for pair in compared.items() for name in pair}
    return {s: b for s, b in compared.items() if residents[s] and residents[b] and residents[s] != residents[b]}


def check_territories(results: Outcomes, compared: Mapping[str, str]) -> None:
    """Refuses comparisons across territories.

    Raises
    ------
    ResultsError
        With all scenarios that have other zones or residents than their baseline.
    """
    if apart := across_territories(results, compared):
        pairs = ", ".join(f"{scenario!r} and {base!r}" for scenario, base in apart.items())
        raise ResultsError(
            f"of different territories: {pairs} have other zones or residents, so that no policy explains their "
            "difference; give each scenario a baseline of its own territory"
        )


def default_dates(recorded: pd.DatetimeIndex, years: Sequence[int] = HORIZONS) -> list[pd.Timestamp]:
    """The records nearest to 1, 3, 5, 10 and 20 years (or others) after the first, and the last.

    Parameters
    ----------
    recorded : pandas.DatetimeIndex
        Dates of the records, sorted.
    years : sequence of int
        After how many years; those at or beyond the last record are left out.
    """
    places = nearest_anniversaries(recorded[0].date(), _days(recorded), years)
    return [recorded[place] for place in places]


def _days(recorded: pd.DatetimeIndex) -> list[int]:
    days: list[int] = (recorded - recorded[0]).days.tolist()
    return days


def wanted_dates(recorded: pd.DatetimeIndex, dates: Sequence[Any] | Any | None) -> list[pd.Timestamp]:
    """Dates to look at, sorted: those given, or those of `default_dates`.

    Raises
    ------
    ResultsError
        For no date, what is no date, or a date without record (with the nearest one).
    """
    if dates is None:
        return default_dates(recorded)
    wanted = []
    for one in one_or_more(dates):
        wanted.append(one_day(one))
        if wanted[-1] not in recorded:
            near = recorded[nearest(_days(recorded), (wanted[-1] - recorded[0]).days)].date()
            raise ResultsError(f"nothing was recorded on {wanted[-1].date()}: the nearest record is that of {near}")
    if not wanted:
        raise ResultsError("dates is empty: name at least one recorded date")
    return sorted(set(wanted))


class Values:
    """Values of outcomes at dates, in the unit of a comparison, by observation."""

    def __init__(self, results: Outcomes, outcomes: Sequence[str], dates: Sequence[pd.Timestamp]) -> None:
        frame = results.outcomes(outcomes, dates)
        self._there = runs_of(frame)
        each = observations(frame["draw"])
        keys = ["scenario", "outcome", "date", each]
        self._wide: Any = frame.groupby(keys, observed=True)["value"].mean().unstack(each)
        self._dates = list(dates)

    def of(self, scenario: str, outcome: str) -> Floats:
        """Shape (dates, observations)."""
        wide = self._wide.loc[(scenario, outcome)].reindex(self._dates)
        out: Floats = wide.to_numpy(float) * OUTCOMES[outcome].scale
        return out

    def pairs(self, baseline: str, scenario: str, outcome: str) -> Iterator[Pair]:
        """The values to compare, date by date."""
        for day, b, s in zip(self._dates, self.of(baseline, outcome), self.of(scenario, outcome), strict=True):
            yield day, {}, b, s

    def runs(self, scenario: str) -> set[tuple[int, int]]:
        """Draw and replication of the runs that a scenario has."""
        return self._there[scenario]


def runs_of(frame: pd.DataFrame) -> dict[str, set[tuple[int, int]]]:
    """Draw and replication of each scenario's runs, of a table that names them in every row."""
    runs = frame[["scenario", "draw", "replication"]].drop_duplicates()
    return {
        str(scenario): set(zip(part["draw"], part["replication"], strict=True))
        for scenario, part in runs.groupby("scenario", observed=True)
    }


def common_dates(results: Outcomes, scenarios: Sequence[str] | None = None) -> pd.DatetimeIndex:
    """Dates that all (or these) scenarios recorded, sorted.

    Raises
    ------
    ResultsError
        If there is none.
    """
    first, *others = (results.recorded(name) for name in scenarios or results.scenarios)
    for dates in others:
        first = first.intersection(dates)
    if first.empty:
        raise ResultsError("the scenarios have no recorded date in common: they cannot be compared")
    return first.sort_values()
