"""What the explorer reads off one run; called in a worker process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from ess_sim.experiments.identity import Inputs
from ess_sim.experiments.single_run import run_with
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.results.keeping import Keep
from ess_sim.results.tables.totals import totals_of

__all__ = ["Measures", "Task", "measured"]

IntArray = npt.NDArray[np.int64]
_KEPT = Keep.of("outcomes")
"""Without tables a run writes totals only, which take less time than residents by cell."""


@dataclass(frozen=True)
class Task:
    """One run to make; as a cell of an experiment without draws."""

    scenario: Scenario
    seed: int
    replication: int
    inputs: Inputs


@dataclass(frozen=True)
class Measures:
    """Residents aged 17 or over in one run.

    Attributes
    ----------
    dates : tuple of date
        Records.
    adults, without_mt : int arrays, shape (records,)
    zones_adults, zones_without_mt : int arrays, shape (zones,)
        At the last record, in the order of the territory's zones.
    """

    dates: tuple[date, ...]
    adults: IntArray
    without_mt: IntArray
    zones_adults: IntArray
    zones_without_mt: IntArray

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        return 64 * len(self.dates) + 16 * len(self.zones_adults)

    def same_as(self, other: Measures) -> bool:
        """Whether another run has the same numbers throughout."""
        arrays = ("adults", "without_mt", "zones_adults", "zones_without_mt")
        return self.dates == other.dates and all(np.array_equal(getattr(self, a), getattr(other, a)) for a in arrays)


def measured(task: Task) -> Measures:
    """Makes one run and reads it.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> laval = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1)
    >>> found = measured(Task(laval, 1, 0, Inputs.of(laval)))
    >>> int(found.without_mt[-1]) == int(found.zones_without_mt.sum()), found.dates[0].isoformat()
    (True, '2017-06-15')
    """
    run = run_with(task.scenario, {}, seed=task.seed, replication=task.replication, inputs=task.inputs, keep=_KEPT)
    totals = totals_of(run.record)
    adults, without = totals.adults.astype(np.int64), totals.without.astype(np.int64)
    dates = tuple(task.scenario.start + timedelta(days=int(day)) for day in run.record.days)
    return Measures(dates, adults.sum(axis=1), without.sum(axis=1), adults[-1], without[-1])
