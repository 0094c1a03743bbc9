"""Numbers of many runs, one below the other; outcomes that a comparison asks for more than once are read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ess_sim.arguments import given
from ess_sim.errors import ArgumentError, ResultsError
from ess_sim.results.run import Run, RunTables, StoredRun
from ess_sim.results.tables import checking

__all__ = ["KeptOutcomes", "in_complete_replications", "of_each", "rests_on"]


def of_each(runs: Sequence[RunTables], numbers: Callable[[RunTables], pd.DataFrame]) -> pd.DataFrame:
    """Numbers of each run after ``scenario``, ``draw`` and ``replication``. Never holds two runs' tables at once."""
    own = ["scenario", "draw", "replication"]
    parts = []
    for run in runs:
        frame = numbers(run)
        if not isinstance(frame, pd.DataFrame):
            raise ArgumentError(f"numbers must return a DataFrame, not {given(frame)}")
        parts.append(frame.drop(columns=own, errors="ignore"))
    out = pd.concat(parts, ignore_index=True)
    sizes = [len(p) for p in parts]
    names = list(dict.fromkeys(run.name for run in runs))
    codes = np.array([names.index(r.name) for r in runs], dtype=np.int64)
    out.insert(0, "scenario", checking.coded(np.repeat(codes, sizes), names))
    for k, which in enumerate(("draw", "replication"), start=1):
        numbers_of = np.array([getattr(r, which) for r in runs], dtype=np.int32)
        out.insert(k, which, np.repeat(numbers_of, sizes))
    return out


def in_complete_replications(runs: Sequence[RunTables]) -> list[RunTables]:
    """The runs of those replications that every scenario has with every draw.

    Raises
    ------
    ResultsError
        If there is none.
    """
    each = {(run.name, run.draw) for run in runs}
    have = Counter(run.replication for run in runs)
    kept = [run for run in runs if have[run.replication] == len(each)]
    if not kept:
        raise ResultsError("no replication is finished in every scenario: there is nothing to compare yet")
    return kept


def rests_on(runs: Sequence[RunTables]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """For each scenario of runs in memory its assumptions of grade D and what it left open, sorted."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for run in runs:
        grade_d, assumed = found.setdefault(run.name, (set(), set()))
        if isinstance(run, Run):
            grade_d.update(run.grade_d)
            assumed.update(run.assumed)
    return {name: (tuple(sorted(grade_d)), tuple(sorted(assumed))) for name, (grade_d, assumed) in found.items()}


class KeptOutcomes:
    """All outcomes at the records that were last asked for."""

    def __init__(self, runs: Sequence[RunTables]) -> None:
        self._runs = runs
        self._dates = pd.DatetimeIndex([])
        self._frame = pd.DataFrame()

    def on(self, dates: pd.DatetimeIndex) -> pd.DataFrame:
        """``scenario``, ``draw``, ``replication``, ``date``, ``outcome``, ``value`` at some records."""
        if not len(self._dates) or not dates.isin(self._dates).all():

            def some(run: RunTables) -> pd.DataFrame:
                if isinstance(run, StoredRun):
                    return run.outcomes_on(dates)
                frame = run.table("outcomes")[["date", "outcome", "value"]]
                return frame[frame["date"].isin(dates)]

            self._frame, self._dates = of_each(self._runs, some), dates
        return self._frame[self._frame["date"].isin(dates)].reset_index(drop=True)
