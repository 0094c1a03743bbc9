"""The library of scenarios in one table: each beside its twin, the scenario that it extends, without its mechanism."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from ess_sim.arguments import checked
from ess_sim.errors import ResultsError
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.inputs.scenario.files import baseline_of
from ess_sim.inputs.scenario.outcomes import FAIRNESS
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.read import read_scenarios
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.comparison.pairing import Outcomes, default_dates
from ess_sim.results.statistics.intervals import FEWEST
from ess_sim.results.storage.keys import About

__all__ = ["headlines", "in_words", "read_library", "signed", "twins_of"]


@checked
def read_library(
    folder: Path | str | None = None, *, allow_code: bool = False
) -> tuple[list[Scenario], dict[str, str]]:
    """Every scenario below a folder, and the twin of each that has one.

    Parameters
    ----------
    folder : path, optional
        By default the scenarios that come with the package.
    allow_code : bool
        As `ess_sim.read_scenario`.

    Returns
    -------
    list of Scenario
        By path.
    dict of str to str
        Name of the scenario that each extends.

    Raises
    ------
    ResultsError
        If there is no such folder, or no scenario in it.
    ScenarioError
        With every problem of every file.

    Examples
    --------
    >>> scenarios, twins = read_library()
    >>> twins["laval-smp"]
    'laval-baseline'
    """
    folder = scenarios_dir() if folder is None else Path(folder)
    paths = sorted(folder.rglob("*.yaml"))
    if not paths:
        what = "holds no scenario (*.yaml)" if folder.is_dir() else "no such folder"
        raise ResultsError(f"{folder}: {what}")
    scenarios = read_scenarios(paths, allow_code=allow_code)
    return scenarios, twins_of(paths, scenarios)


def twins_of(paths: Sequence[Path], scenarios: Sequence[Scenario]) -> dict[str, str]:
    """Name of the scenario that each file extends, where it is one of these files."""
    name_of = {path.resolve(): scenario.name for path, scenario in zip(paths, scenarios, strict=True)}
    extended = {scenario.name: baseline_of(path) for path, scenario in zip(paths, scenarios, strict=True)}
    return {name: name_of[base.resolve()] for name, base in extended.items() if base and base.resolve() in name_of}


@dataclass(frozen=True)
class _Some:
    """Some scenarios of results that hold more, whose calendars may have no day in common with these."""

    results: Outcomes
    scenarios: tuple[str, ...]
    values: Mapping[str, pd.DataFrame]  # outcomes of each scenario of the results, read once

    @property
    def declared_outcomes(self) -> tuple[str, ...]:
        return self.results.declared_outcomes

    def recorded(self, scenario: str) -> pd.DatetimeIndex:
        return self.results.recorded(scenario)

    def outcomes(self, names: Sequence[str] | None = None, dates: Any = None) -> pd.DataFrame:
        found = pd.concat([self.values[name] for name in self.scenarios], ignore_index=True)
        found["scenario"] = pd.Categorical(found["scenario"].astype(str), list(self.scenarios))
        if names is not None:
            found = found[found["outcome"].isin(names)]
        return found if dates is None else found[found["date"].isin(pd.to_datetime(list(dates)))]

    def about(self, scenario: str) -> About:
        return self.results.about(scenario)


def headlines(
    results: Outcomes,
    twins: Mapping[str, str],
    *,
    outcomes: Sequence[str] = ("share_without_mt", *FAIRNESS),
    years: Sequence[int] = (),
) -> pd.DataFrame:
    """Each scenario's outcomes on its last day, and the paired difference from its twin.

    Parameters
    ----------
    results : Results
        Scenarios of any territories and years; a scenario and its twin share their calendar.
    twins : mapping of str to str
        As `read_library` gives them; a scenario without twin gets its level only.
    outcomes : sequence of str
        Names of outcomes.
    years : sequence of int
        Also at the records nearest to so many years after the start.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``twin`` ('' where there is none), ``date``, ``outcome``, ``unit``, ``n`` (replications),
        ``level``, ``level_low``, ``level_high``, ``difference``, ``low``, ``high`` (95 % interval of the paired
        difference in percentage points; NaN without twin or with one replication); by scenario, date and outcome.

    Raises
    ------
    ResultsError
        As `compare`.
    """
    rows = []
    everything = results.outcomes(outcomes)
    values = {str(name): part for name, part in everything.groupby("scenario", observed=True)}
    for scenario in results.scenarios:
        names, days = list(outcomes), default_dates(results.recorded(scenario), years)
        level = _by_day(levels(_Some(results, (scenario,), values), outcomes=names, dates=days))
        twin = twins.get(scenario, "")
        paired = None
        if twin:
            both = _Some(results, (twin, scenario), values)
            paired = _by_day(compare(both, baseline=twin, outcomes=names, dates=days))
        for key in product(days, names):
            here = level.loc[key]
            known = (scenario, twin, *key, here["unit"], here["n"], here["mean"], here["low"], here["high"])
            nothing = (float("nan"),) * 3
            rows.append((*known, *(nothing if paired is None else paired.loc[key, ["difference", "low", "high"]])))
    columns = ["scenario", "twin", "date", "outcome", "unit", "n", "level", "level_low", "level_high"]
    table = pd.DataFrame(rows, columns=[*columns, "difference", "low", "high"])
    return table.astype({"date": "datetime64[s]"})


def _by_day(table: pd.DataFrame) -> Any:
    return table.set_index(["date", "outcome"])


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """What `headlines` says, to be printed: one row a scenario; a difference whose interval holds 0 stands in brackets.

    Parameters
    ----------
    table : pandas.DataFrame
        As `headlines` returns it.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``until``, ``without MT``, ``difference`` with its interval (from five replications on), and the
        difference of each further outcome; texts.
    """
    headline, *others = table["outcome"].unique()
    rows = []
    for (scenario,), group in table.groupby(["scenario"], sort=False):
        by = group.set_index("outcome")
        first = by.loc[headline]
        row = {
            "scenario": scenario,
            "until": f"{first['date']:%Y-%m-%d}",
            "without MT": f"{first['level']:.1f} %",
            "difference (pp)": signed(first["difference"], first["low"], first["high"], interval=first["n"] >= FEWEST),
        }
        rows.append(row | {name: signed(*by.loc[name, ["difference", "low", "high"]]) for name in others})
    return pd.DataFrame(rows)


def signed(difference: float, low: float, high: float, *, interval: bool = False) -> str:
    """A paired difference in words: ``identical`` where no pair differs, ``–`` where there is none.

    Parameters
    ----------
    difference, low, high : float
        Mean and limits; NaN where there are none.
    interval : bool
        State the limits; otherwise a difference whose interval holds 0 stands in brackets.

    Examples
    --------
    >>> signed(-0.412, -0.5, -0.3), signed(0.1, -0.001, 0.2, interval=True)
    ('−0.41', '+0.10 [0.00, +0.20]')
    """
    if pd.isna(difference):
        return "–"
    if difference == 0 and (pd.isna(low) or low == high):
        return "identical"
    if interval and not pd.isna(low):
        return f"{_number(difference)} [{_number(low)}, {_number(high)}]"
    unclear = pd.isna(low) or low <= 0 <= high
    return f"({_number(difference)})" if unclear else _number(difference)


def _number(x: float) -> str:
    text = f"{x:+.2f}"
    return (text if float(text) else "0.00").replace("-", "−")
