"""Results of which a few days are kept in memory, for whatever looks at the same runs many times."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.results.results import Results
from ess_sim.results.run import RunTables, StoredRun
from ess_sim.results.tables.checking import coded
from ess_sim.results.tables.names import AGE_BANDS, CAUSES

__all__ = ["Flows", "Residents", "Thinned"]


class Residents(NamedTuple):
    """Residents of a scenario's runs at the kept days.

    Attributes
    ----------
    days : pandas.DatetimeIndex
    counts : dict of str to int array
        ``adults``, ``without`` (MT), ``reachable`` (listed, at known minutes) and the sum of their ``minutes``, each of
        shape (runs, days, zones, age bands, 2, 2), the last two without and with ALD, not and precarious.
    """

    days: pd.DatetimeIndex
    counts: dict[str, NDArray[np.float64]]


class Flows(NamedTuple):
    """What moved residents of a scenario's runs into or out of those without MT, up to the kept days.

    Attributes
    ----------
    start : float array, shape (runs,)
        Residents without MT on day 0, before anything happened.
    counts : dict of day to float array
        By cause of `CAUSES`, shape (runs, causes).
    """

    start: NDArray[np.float64]
    counts: dict[pd.Timestamp, NDArray[np.float64]]


_COLUMNS: dict[str, tuple[str, ...]] = {
    "snapshots": (
        *("date", "zone", "age_band", "ald", "precarious", "adults"),
        *("lost", "never_declared", "minutes", "listed_reachable"),
    ),
    "flows": ("date", "cause", "count"),
    "facts": ("date", "event", "actor", "zone", "other", "value", "detail"),
    "accounts": ("date", "actor", "line", "payer", "cents"),
    "careers": ("person", "mode", "zone", "fte", "from", "to"),
    "providers": ("date", "provider", "zone", "kind", "list"),
}
"""Tables that are kept, with the columns that are."""


class _ThinRun:
    """A run's tables at some days, each read once."""

    def __init__(self, run: RunTables, days: pd.DatetimeIndex) -> None:
        self.name, self.draw, self.replication = run.name, run.draw, run.replication
        self._run, self._days = run, days
        self._kept: dict[str, pd.DataFrame] = {}
        self._totals: pd.DataFrame | None = None

    def table(self, table: str) -> pd.DataFrame:
        if table not in _COLUMNS:
            return self._run.table(table)
        if table not in self._kept:
            self._kept[table] = self._thin(table, _read(self._run, table))
        return self._kept[table]

    def totals(self) -> pd.DataFrame:
        if self._totals is None:
            self._totals = self._run.totals()
        return self._totals

    def _thin(self, table: str, frame: pd.DataFrame) -> pd.DataFrame:
        if table == "snapshots":
            wanted = self._days.union(pd.DatetimeIndex(frame["date"].iloc[:1]))
            return frame[frame["date"].isin(wanted)].reset_index(drop=True)
        if table == "providers":
            return frame[frame["date"].isin(self._days) | (frame["kind"] == "centre")].reset_index(drop=True)
        if table == "flows":
            # those up to a day and since the kept one before; those of the first record apart, which holds them already
            first = pd.DatetimeIndex([self.table("snapshots")["date"].min()])
            ends = self._days.union(first).sort_values()
            at = ends.searchsorted(frame["date"].to_numpy())
            kept = frame[at < len(ends)].assign(date=ends[at[at < len(ends)]])
            return kept.groupby(["date", "cause"], observed=True)["count"].sum().reset_index()
        return frame


def _read(run: RunTables, table: str) -> pd.DataFrame:
    """The columns of `_COLUMNS`; the zones of a folder's run as its territory has them."""
    columns = list(_COLUMNS[table])
    if not isinstance(run, StoredRun):
        return run.table(table)[columns]
    frame = run.folder.table(run.key, table, columns=columns)
    if "zone" in columns:
        known: Any = frame["zone"].cat
        place = pd.Index(run.zones).get_indexer(known.categories)
        codes = known.codes.to_numpy()
        frame = frame.assign(zone=coded(_at(place, codes), run.zones))
    return frame


def _at(place: Any, codes: Any) -> Any:
    """New codes of categories; −1 stays what it is."""
    if not len(place):
        return codes
    new = place[codes]
    new[codes < 0] = -1
    return new


class Thinned(Results):
    """The first runs of results with their tables at some days, which are read once and kept.

    Its flows say nothing of zones and groups; its outcomes are those of the results that it is made of.
    """

    @classmethod
    def of(cls, results: Results, days: Sequence[Any], *, draws: int, replications: int) -> Thinned:
        """Runs of the first so many draws and replications.

        Parameters
        ----------
        results : Results
        days : sequence of date
            Recorded days that are wanted.
        draws, replications : int
            How many at most of each.
        """
        wanted = set(results.draws[:draws]), set(results.replications[:replications])
        runs = [run for run in results._runs if run.draw in wanted[0] and run.replication in wanted[1]]
        out = cls.__new__(cls)
        out._set(
            [_ThinRun(run, pd.DatetimeIndex(list(days))) for run in runs],
            seed=results.seed,
            scenarios=results._about,
            baselines=results.baselines,
            folder=results._folder,
        )
        out._summaries = results._summaries
        if len(runs) == len(results._runs):
            out._kept = results._kept
        return out

    @cached_property
    def _of(self) -> dict[str, list[_ThinRun]]:
        found: dict[str, list[_ThinRun]] = {name: [] for name in self.scenarios}
        for run in self._runs:
            if isinstance(run, _ThinRun):
                found[run.name].append(run)
        return found

    def observed(self, scenario: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of a scenario's runs (first axis) by observation: with several draws the mean over each one's runs."""
        runs = self._of[scenario]
        if len(self.draws) < 2:
            return values
        draw = np.array([run.draw for run in runs])
        return np.stack([values[draw == d].mean(axis=0) for d in self.draws])

    def residents_of(self, scenario: str) -> Residents:
        """Numbers of residents in the runs of a scenario, by draw and replication.

        Raises
        ------
        NotKeptError
            If the folder does not keep them.
        """
        if scenario not in self._residents:
            frames = [run.table("snapshots") for run in self._of[scenario]]
            days = pd.DatetimeIndex(frames[0]["date"].unique()).sort_values()
            self._residents[scenario] = Residents(days, _counted(frames, days))
        return self._residents[scenario]

    @cached_property
    def _residents(self) -> dict[str, Residents]:
        return {}

    def flows_of(self, scenario: str) -> Flows:
        """Flows in the runs of a scenario.

        Raises
        ------
        NotKeptError
            If the folder does not keep them, or no residents of the first day.
        """
        people = self.residents_of(scenario)
        frames = [run.table("flows") for run in self._of[scenario]]
        rows = []
        for frame in frames:
            cause = _codes(frame["cause"], CAUSES)
            at = people.days.get_indexer(pd.DatetimeIndex(frame["date"]))
            counted = np.bincount(at * len(CAUSES) + cause, frame["count"], len(people.days) * len(CAUSES))
            rows.append(counted.reshape(-1, len(CAUSES)).cumsum(axis=0))
        sums = np.stack(rows)  # runs, days, causes
        first = people.counts["without"][:, 0].sum(axis=(1, 2, 3, 4)) - sums[:, 0].sum(axis=1)
        return Flows(first, {day: sums[:, k] for k, day in enumerate(people.days)})


def _codes(column: pd.Series[Any], names: Sequence[str]) -> Any:
    """Places of a category's values among names."""
    known: Any = column.cat
    return _at(pd.Index(list(names)).get_indexer(known.categories), known.codes.to_numpy())


def _counted(frames: list[pd.DataFrame], days: pd.DatetimeIndex) -> dict[str, NDArray[np.float64]]:
    zones = len(frames[0]["zone"].cat.categories)
    shape = (len(days), zones, len(AGE_BANDS), 2, 2)
    found: dict[str, list[NDArray[np.float64]]] = {}
    for frame in frames:
        band = _codes(frame["age_band"], AGE_BANDS)
        where = (
            days.get_indexer(pd.DatetimeIndex(frame["date"])),
            frame["zone"].cat.codes,
            band,
            frame["ald"],
            frame["precarious"],
        )
        cell = np.ravel_multi_index([np.asarray(x, np.int64) for x in where], shape)
        values = {
            "adults": frame["adults"],
            "without": frame["lost"] + frame["never_declared"],
            "reachable": frame["listed_reachable"],
            "minutes": frame["minutes"],
        }
        for name, column in values.items():
            counted = np.bincount(cell, column.to_numpy(float), int(np.prod(shape)))
            found.setdefault(name, []).append(counted.reshape(shape).astype(np.float64))
    return {name: np.stack(rows) for name, rows in found.items()}
