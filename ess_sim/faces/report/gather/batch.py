"""The results that a report is about: what is compared, at which dates, how much of it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.errors import NotKeptError, ResultsError
from ess_sim.results.comparison.pairing import (
    Values,
    across_territories,
    baselines,
    common_dates,
    default_dates,
    observations,
)
from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import FEWEST, half_width
from ess_sim.results.storage.folder import Folder
from ess_sim.results.thinned import Thinned

__all__ = ["MOST_DRAWN", "MOST_POINTS", "PER_CENT", "SHARE", "Batch", "Estimate", "Floats", "estimate", "read_batch"]


Floats = NDArray[np.float64]

SHARE = "share_without_mt"
PER_CENT = (0.0, 100.0)
"""Bounds of a share."""

MOST_POINTS = 125
"""Records of a curve that are drawn: of more, every second, third, …"""
MOST_DRAWN = 8
"""Scenarios that are drawn as curves, baselines included; tables hold all."""
_MOST_PERIODS = 4


@dataclass(frozen=True)
class Estimate:
    """A mean over observations with its 95 % Student interval.

    Attributes
    ----------
    mean, low, high : float
        NaN where there is none; of fewer observations than `FEWEST` there is no interval.
    n : int
        Observations: replications, or parameter draws.
    identical : bool
        Whether it is a difference that is 0 in every observation.
    """

    mean: float
    low: float
    high: float
    n: int
    identical: bool = False


def estimate(values: Floats, scale: float = 1.0, bounds: tuple[float, float] = (-np.inf, np.inf)) -> Estimate:
    """Of one value an observation; those that are missing are left out, and no limit lies beyond what is possible.

    >>> estimate(np.array([1.0, 2.0, 3.0])).mean
    2.0
    """
    x = values[np.isfinite(values)] * scale
    if not len(x):
        return Estimate(np.nan, np.nan, np.nan, 0)
    mean, half = float(x.mean()), float(half_width(x)) if len(x) >= FEWEST else np.nan
    low, high = (float(end) for end in np.clip([mean - half, mean + half], *bounds))
    return Estimate(mean, low, high, len(x), identical=not x.any())


@dataclass(frozen=True, eq=False)
class Batch:
    """What a report is made of.

    Attributes
    ----------
    results : Results
        Only replications that all scenarios have finished.
    thin : Thinned
        Those of them that are looked into in detail, at ``marks``.
    compared, apart : dict of str to str
        Scenarios and what they are compared with; those that cannot be, as they are of different territories.
    marks : list of pandas.Timestamp
        Records after 1, 3, 5, 10 and 20 years, and the last.
    planned, finished, failed : int
        Runs that were asked for, that are there, and that failed.
    started : int
        Replications that at least one scenario has.
    """

    results: Results
    thin: Thinned
    compared: dict[str, str]
    apart: dict[str, str]
    marks: list[pd.Timestamp]
    planned: int
    finished: int
    failed: int
    started: int

    @property
    def n(self) -> int:
        """Observations: replications, or parameter draws."""
        return len(self.results.draws if self.drawn else self.results.replications)

    @property
    def drawn(self) -> bool:
        """Whether several parameter draws are there."""
        return len(self.results.draws) > 1

    @property
    def few(self) -> bool:
        """Whether there are too few observations for an interval."""
        return self.n < FEWEST

    @property
    def each(self) -> str:
        """Which column numbers the observations."""
        return observations(self.results.draws)

    @property
    def start(self) -> pd.Timestamp:
        """Day 0 of the first scenario."""
        return self.dates[0]

    @property
    def main(self) -> str:
        """The scenario that the answer is about: the first that is compared, else the first."""
        return next(iter(self.compared), self.results.scenarios[0])

    @cached_property
    def shown(self) -> list[str]:
        """Scenarios in the order in which they are shown: baselines first."""
        bases = set(self.compared.values())
        return sorted(self.results.scenarios, key=lambda name: name not in bases)

    @cached_property
    def dates(self) -> pd.DatetimeIndex:
        """Records that all scenarios have."""
        return common_dates(self.results)

    @cached_property
    def points(self) -> pd.DatetimeIndex:
        """Records of curves."""
        step = -(-len(self.dates) // MOST_POINTS)
        return self.dates[::step].union(pd.DatetimeIndex(self.marks)).sort_values()

    @cached_property
    def shares(self) -> dict[str, Floats]:
        """Share without MT in % by scenario, shape (records of ``points``, observations)."""
        values = Values(self.results, [SHARE], list(self.points))
        return {name: values.of(name, SHARE) for name in self.results.scenarios}

    @cached_property
    def without(self) -> dict[str, Floats]:
        """Adults without MT by scenario, shape (records of ``dates``, observations)."""
        return self._totals["without_mt"]

    @cached_property
    def adults(self) -> dict[str, Floats]:
        """Adults by scenario, as ``without``."""
        return self._totals["adults"]

    @cached_property
    def _totals(self) -> dict[str, dict[str, Floats]]:
        found = self.results.each(lambda run: run.totals())
        keys = ["scenario", "date", self.each]
        columns = found.groupby(keys, observed=True)[["adults", "without_mt"]].mean()
        return {
            what: {
                name: columns[what].loc[name].unstack(self.each).reindex(self.dates).to_numpy(float)
                for name in self.results.scenarios
            }
            for what in ("adults", "without_mt")
        }

    def at(self, day: pd.Timestamp) -> int:
        """Place of a record among ``dates``."""
        return int(self.dates.get_indexer(pd.DatetimeIndex([day]))[0])

    @cached_property
    def days(self) -> list[pd.Timestamp]:
        """Those of the marks at which residents by zone and group are known.

        Raises
        ------
        NotKeptError
            If there is none.
        """
        run, _ = next(self.thin.pairs(self.main, self.main))
        there = set(run.table("snapshots")["date"])
        found = [day for day in self.marks if day in there]
        if not found:
            raise NotKeptError("no snapshot of a day that is looked at was kept")
        return found

    def scenario(self, name: str) -> Mapping[str, Any]:
        """A scenario as plain data."""
        return self.results.about(name).scenario

    @property
    def manifest(self) -> dict[str, Any]:
        """What the folder says of itself."""
        found = self.results.manifest
        if found is None:
            raise ResultsError("a report is made of a results folder: Results.read reads one")
        return found


def read_batch(folder: Path, *, most_runs: int | None = None) -> Batch:
    """The results in a folder, finished or not.

    Parameters
    ----------
    folder : Path
    most_runs : int, optional
        Look into no more runs in detail: by zone, group, flow and account.

    Raises
    ------
    ResultsError
        If it is no results folder, is damaged, or holds no replication that every scenario has finished; or if the
        scenarios have no recorded date in common.
    """
    every = Results.read(folder)
    results = every.paired()
    try:
        recorded = common_dates(results)
    except ResultsError as error:
        raise ResultsError(
            f"{folder}: a report is about one period, and these scenarios share none ({_periods(results)}): "
            "run those of each period into a folder of its own"
        ) from error
    compared = baselines(results.scenarios, results.baselines)
    first, *others = results.scenarios
    left = {s: first for s in others if s not in compared and s not in compared.values()}  # run gave these no baseline
    apart = across_territories(results, {**left, **compared})
    compared = {s: b for s, b in compared.items() if s not in apart}
    scenarios, draws, replications = len(results.scenarios), len(results.draws), len(results.replications)
    if most_runs is not None:
        draws = min(draws, max(1, most_runs // scenarios))
        replications = min(replications, max(1, most_runs // (scenarios * draws)))
    marks = default_dates(recorded)
    manifest = every.manifest or {}
    asked = int(manifest["replications"]) * len(manifest["order"]) * len((manifest["draws"] or {}).get("values", [0]))
    finished = len(every.each(lambda _: pd.DataFrame({"run": [1]})))
    return Batch(
        results=results,
        thin=Thinned.of(results, marks, draws=draws, replications=replications),
        compared=compared,
        apart=apart,
        marks=marks,
        planned=max(asked, finished),
        finished=finished,
        failed=len(Folder.read(folder).failures()),
        started=len(every.replications),
    )


def _periods(results: Results) -> str:
    """First and last days on which scenarios were recorded: of one scenario for each period, the first few."""
    found: dict[str, str] = {}
    for name in results.scenarios:
        recorded = results.recorded(name)
        found.setdefault(f"{recorded.min():%Y-%m-%d} to {recorded.max():%Y-%m-%d}", name)
    named = [f"{name}: {period}" for period, name in found.items()]
    return "; ".join([*named[:_MOST_PERIODS], *(["…"] if len(named) > _MOST_PERIODS else [])])
