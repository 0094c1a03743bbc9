"""What each unit does alone, and which units do nothing, or the same as another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ess_sim.analysis.budget.mixes.limits import Cents
from ess_sim.analysis.budget.mixes.trials import SEARCH, Trials
from ess_sim.analysis.budget.mixes.units import Mix
from ess_sim.results.statistics.intervals import Floats

__all__ = ["Pilot", "pilot_of"]


_CENTS = 100


@dataclass(frozen=True)
class Pilot:
    """Units that do something, each alone.

    Attributes
    ----------
    units : tuple of int
        Their numbers.
    gains : dict of int to float array, shape (replications,)
        Gain of each over the baseline.
    cents : dict of int to int array, shape (replications, years)
    without_effect : tuple of int
        Units of which every run is that of the baseline, at no known cost.
    same : dict of int to int
        Units whose runs are all those of an earlier unit of their kind: which.
    """

    units: tuple[int, ...]
    gains: dict[int, Floats]
    cents: dict[int, Cents]
    without_effect: tuple[int, ...] = ()
    same: Mapping[int, int] = field(default_factory=dict)

    def without(self, units: Iterable[int]) -> Pilot:
        """The same without some units to choose."""
        gone = set(units)
        return replace(self, units=tuple(unit for unit in self.units if unit not in gone))

    def gain(self, unit: int) -> float:
        """Mean gain."""
        return float(self.gains[unit].mean())

    def cost(self, unit: int) -> float:
        """Mean cost a year, euro."""
        return float(self.cents[unit].mean()) / _CENTS

    def total(self, mix: Mix) -> Cents:
        """What a mix costs if costs add up, shape (replications, years)."""
        zero = np.zeros_like(next(iter(self.cents.values())))
        return sum((self.cents[unit] for unit in mix), start=zero)


def pilot_of(trials: Trials, kinds: Sequence[str], replications: int) -> Pilot:
    """Simulates each unit alone.

    Parameters
    ----------
    trials : Trials
    kinds : sequence of str
        Kind of each unit.
    replications : int
    """
    runs = range(SEARCH, SEARCH + replications)
    trials.need([(unit,) for unit in range(len(kinds))], runs, "pilot")
    gains = {unit: trials.gains((unit,), runs) for unit in range(len(kinds))}
    cents = {unit: trials.cents((unit,), runs) for unit in range(len(kinds))}
    idle = [unit for unit in gains if not gains[unit].any() and not cents[unit].any()]
    same: dict[int, int] = {}
    kept: list[int] = []
    for unit in (unit for unit in gains if unit not in idle):
        twins = [
            other
            for other in kept
            if kinds[other] == kinds[unit]
            and np.array_equal(gains[other], gains[unit])
            and np.array_equal(cents[other], cents[unit])
        ]
        if twins:
            same[unit] = twins[0]
        else:
            kept.append(unit)
    return Pilot(tuple(kept), gains, cents, tuple(idle), same)
