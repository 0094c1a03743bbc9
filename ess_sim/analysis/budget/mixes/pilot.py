"""What each unit does alone, and which units do nothing, or the same as another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ess_sim.analysis.budget.mixes.limits import Budget, Cents, Limits
from ess_sim.analysis.budget.mixes.trials import SEARCH, Trials
from ess_sim.analysis.budget.mixes.units import Mix
from ess_sim.results.statistics.intervals import Floats

__all__ = ["Pilot", "pilot_of"]


_CENTS = 100


@dataclass(frozen=True)
class Pilot:
    """What each unit does alone.

    Attributes
    ----------
    units : tuple of int
        Numbers of those to choose among.
    gains : dict of int to float array, shape (replications,)
        Gain of each over the baseline; of units that are left out from fewer replications.
    cents : dict of int to int array, shape (replications, years)
    left_out : dict of int to str
        Why a unit is not among those to choose.
    """

    units: tuple[int, ...]
    gains: dict[int, Floats]
    cents: dict[int, Cents]
    left_out: Mapping[int, str]

    def gain(self, unit: int) -> float:
        """Mean gain."""
        return float(self.gains[unit].mean())

    def cost(self, unit: int) -> float:
        """Mean cost a year, euro."""
        return float(self.cents[unit].mean()) / _CENTS

    def total(self, mix: Mix) -> Cents:
        """What a mix costs if costs add up, shape (replications, years)."""
        zero = np.zeros_like(self.cents[self.units[0]])
        return sum((self.cents[unit] for unit in mix), start=zero)


def pilot_of(trials: Trials, limits: Limits, budget: Budget, replications: int, *, known_costs: bool = False) -> Pilot:
    """Simulates each unit alone: briefly at first, and in full where it can be chosen at all.

    Left out are units beyond the limits, units that exceed the budget alone, that do nothing, that do the same as
    another of their kind, and with ``known_costs`` those of whose cost nothing is known.
    """
    units = limits.units
    left_out = {n: "beyond the limits" for n in range(len(units)) if not limits.allow((n,))}
    tried = [n for n in range(len(units)) if n not in left_out]
    brief = range(SEARCH, SEARCH + max(2, replications // 3))
    gains, cents = _measured(trials, tried, brief, "pilot")
    kept: list[int] = []
    for n in tried:
        alike = [k for k in kept if units[k].kind == units[n].kind and _same(gains, n, k) and _same(cents, n, k)]
        if not budget.holds(cents[n]).all():
            left_out[n] = "exceeds the budget alone"
        elif not gains[n].any() and not cents[n].any():
            left_out[n] = "does nothing here"
        elif alike:
            left_out[n] = f"the same as {units[alike[0]].key}"
        elif known_costs and not cents[n].any() and trials.unknown((n,)):
            left_out[n] = "nothing of its cost is known"
        else:
            kept.append(n)
    more = _measured(trials, kept, range(SEARCH, SEARCH + replications), "pilot in full")
    return Pilot(tuple(kept), gains | more[0], cents | more[1], left_out)


def _measured(
    trials: Trials, units: Sequence[int], runs: range, stage: str
) -> tuple[dict[int, Floats], dict[int, Cents]]:
    trials.need([(n,) for n in units], runs, stage)
    return {n: trials.gains((n,), runs) for n in units}, {n: trials.cents((n,), runs) for n in units}


def _same(of: Mapping[int, Floats | Cents], one: int, other: int) -> bool:
    return np.array_equal(of[one], of[other])
