"""Numbers of many runs, one below the other; outcomes that a comparison asks for more than once are read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.arguments import given
from ess_sim.errors import ArgumentError, ResultsError
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.run import Run, RunTables, StoredRun
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import Key
from ess_sim.results.tables import checking

__all__ = ["KeptOutcomes", "in_complete_replications", "of_each", "paired", "rests_on", "rows_of"]


def of_each(runs: Sequence[RunTables], numbers: Callable[[RunTables], pd.DataFrame]) -> pd.DataFrame:
    """Numbers of each run after ``scenario``, ``draw`` and ``replication``. Never holds two runs' tables at once."""
    own = ["scenario", "draw", "replication"]
    parts = []
    for run in runs:
        frame = numbers(run)
        if not isinstance(frame, pd.DataFrame):
            raise ArgumentError(f"numbers must return a DataFrame, not {given(frame)}")
        parts.append(frame.drop(columns=own, errors="ignore"))
    return _named(pd.concat(parts, ignore_index=True), np.repeat(np.arange(len(runs)), [len(p) for p in parts]), runs)


def _named(frame: pd.DataFrame, which: NDArray[np.int64], runs: Sequence[RunTables]) -> pd.DataFrame:
    """A frame of which each row is that of one of the runs, by its place, with the columns that name the run."""
    names = list(dict.fromkeys(run.name for run in runs))
    place = {name: i for i, name in enumerate(names)}
    codes = np.array([place[run.name] for run in runs], dtype=np.int64)
    frame.insert(0, "scenario", checking.coded(codes[which], names))
    for k, number in enumerate(("draw", "replication"), start=1):
        frame.insert(k, number, np.array([getattr(run, number) for run in runs], dtype=np.int32)[which])
    return frame


def rows_of(
    runs: Sequence[RunTables],
    table: str,
    columns: Mapping[str, Any],
    where: Callable[[pd.DataFrame], pd.Series[bool]],
) -> pd.DataFrame:
    """Some rows of a table of each run after ``scenario``, ``draw`` and ``replication``.

    Much faster than `of_each` for runs of a folder, of which it reads some at a time, never all.

    Parameters
    ----------
    runs : sequence of RunTables
    table : str
    columns : mapping of str to dtype
        Those that are wanted, and as what.
    where : callable
        Gets these columns of one or more runs; gives True for the rows that are wanted.

    Raises
    ------
    ResultsError
        As `Run.table`.
    """
    parts, which = [pd.DataFrame(columns=list(columns)).astype(dict(columns))], [np.zeros(0, dtype=np.int64)]
    for frame, of_run in _some_at_a_time(runs, table, list(columns)):
        wanted = where(frame).to_numpy()
        parts.append(frame[wanted].astype(dict(columns)))
        which.append(of_run[wanted])
    of_all = np.concatenate(which)
    order = np.argsort(of_all, kind="stable")
    found = [part for part in parts if len(part)] or parts[:1]
    return _named(pd.concat(found, ignore_index=True).take(order).reset_index(drop=True), of_all[order], runs)


def _some_at_a_time(
    runs: Sequence[RunTables], table: str, columns: list[str]
) -> Iterator[tuple[pd.DataFrame, NDArray[np.int64]]]:
    """Columns of a table, and the place of each row's run."""
    stored: dict[Folder, dict[Key, int]] = {}
    for place, run in enumerate(runs):
        if isinstance(run, StoredRun):
            stored.setdefault(run.folder, {})[run.key] = place
        else:
            frame = run.table(table)[columns]
            yield frame, np.full(len(frame), place)
    for folder, places in stored.items():
        for keys, frame, sizes in folder.many(places, table, columns):
            own = checking.conform(frame, table, columns=columns)[columns]
            yield own, np.repeat(np.array([places[key] for key in keys], dtype=np.int64), sizes)


def in_complete_replications(
    runs: Sequence[RunTables], scenarios: str | Collection[str] | None = None
) -> list[RunTables]:
    """The runs of those replications that every scenario, or each of these, has with every draw.

    Raises
    ------
    ResultsError
        If there is none.
    """
    names = None if scenarios is None else checking.one_or_more(scenarios)
    runs = [run for run in runs if names is None or run.name in names]
    each = {(run.name, run.draw) for run in runs}
    have = Counter(run.replication for run in runs)
    kept = [run for run in runs if have[run.replication] == len(each)]
    if not kept:
        raise ResultsError("no replication is finished in every scenario: there is nothing to compare yet")
    return kept


def paired(runs: Sequence[RunTables], baseline: str, scenario: str) -> Iterator[tuple[RunTables, RunTables]]:
    """Runs of two scenarios with the same draw and replication.

    Raises
    ------
    ResultsError
        Where one of them has a replication that the other has not.
    """
    first, second = ({(r.draw, r.replication): r for r in runs if r.name == name} for name in (baseline, scenario))
    odd = sorted(first.keys() ^ second.keys())
    if odd:
        raise ResultsError(
            f"the replications of {scenario!r} and {baseline!r} are not paired: "
            f"only one of them has replication {odd[0][1]}"
        )
    for key, run in first.items():
        yield run, second[key]


def rests_on(runs: Sequence[RunTables]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """For each scenario of runs in memory its assumptions of grade D and what it left open, sorted."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for run in runs:
        grade_d, assumed = found.setdefault(run.name, (set(), set()))
        if isinstance(run, Run):
            grade_d.update(run.grade_d)
            assumed.update(run.assumed)
    return {name: (tuple(sorted(grade_d)), tuple(sorted(assumed))) for name, (grade_d, assumed) in found.items()}


_OUTCOME = pd.CategoricalDtype(sorted(OUTCOMES))


class KeptOutcomes:
    """All outcomes at the records that were last asked for."""

    def __init__(self, runs: Sequence[RunTables]) -> None:
        self._runs = runs
        self._dates = pd.DatetimeIndex([])
        self._frame = pd.DataFrame()

    def on(self, dates: pd.DatetimeIndex) -> pd.DataFrame:
        """``scenario``, ``draw``, ``replication``, ``date``, ``outcome``, ``value`` at some records."""
        if not len(self._dates) or not dates.isin(self._dates).all():
            columns = {"date": "datetime64[s]", "outcome": _OUTCOME, "value": float}
            self._frame = rows_of(self._runs, "outcomes", columns, lambda rows: rows["date"].isin(dates))
            self._dates = dates
        return self._frame[self._frame["date"].isin(dates)].reset_index(drop=True)
