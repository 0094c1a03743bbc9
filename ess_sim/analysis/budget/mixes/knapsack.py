"""Mixes as if effects and costs added up: a knapsack in whole numbers, from which the search starts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]

from ess_sim.analysis.budget.mixes.limits import Budget, Limits
from ess_sim.analysis.budget.mixes.pilot import Pilot
from ess_sim.analysis.budget.mixes.units import Mix

__all__ = ["additive"]


_CENTS = 100
_DECIMALS = 6
"""To which gains are compared: a sum's last bits decide nothing."""


def additive(pilot: Pilot, gains: Sequence[float], budget: Budget, limits: Limits, *, of_kind: int = 0) -> Mix:
    """The mix with the greatest sum of gains whose summed costs hold the budget in every run of the pilot.

    A knapsack in whole numbers. Sums are a first guess: two centres that look for the same retired GPs do less than
    twice what one does, and cost less than twice as much.

    Parameters
    ----------
    pilot : Pilot
    gains : sequence of float
        What each of ``pilot.units`` is taken to gain.
    budget : Budget
    limits : Limits
    of_kind : int
        Most copies of one kind; 0: as many as the limits allow.
    """
    worth = np.round(np.asarray(gains, dtype=float), _DECIMALS)
    units = pilot.units
    if not (worth > 0).any():
        return ()
    sums = np.stack([budget.checked(pilot.cents[unit]).ravel() for unit in units], axis=1)  # runs × sums, units
    rows, most = [sums / _CENTS], [np.full(len(sums), budget.cents * budget.years_of(pilot.cents[units[0]]) / _CENTS)]
    for name, bound in limits.most.items():
        rows.append(np.array([[float(limits.units[unit].asks[name]) for unit in units]]))
        most.append(np.array([float(bound)]))
    for kind in dict.fromkeys(limits.units[unit].kind for unit in units) if of_kind else ():
        rows.append(np.array([[float(limits.units[unit].kind == kind) for unit in units]]))
        most.append(np.array([float(of_kind)]))
    found = milp(
        -worth,
        integrality=np.ones(len(units)),
        bounds=Bounds(0, np.where(worth > 0, limits.copies, 0)),
        constraints=LinearConstraint(np.concatenate(rows), ub=np.concatenate(most)),
        options={"mip_rel_gap": 0.0, "time_limit": 60.0},
    )
    if found.x is None:
        return ()
    return tuple(
        u for u, often in zip(units, np.round(found.x).astype(int).tolist(), strict=True) for _ in range(often)
    )
