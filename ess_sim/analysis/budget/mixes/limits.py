"""Bounds on what a mix of policies may cost and ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ess_sim.analysis.budget.mixes.units import Mix, Unit
from ess_sim.errors import ArgumentError, did_you_mean

__all__ = ["LIMITS", "Budget", "Cents", "Limits", "check_limits", "read_limits"]


Cents = NDArray[np.int64]

LIMITS = {
    "retired_gps": "posts for retired GPs",
    "salaried_gps": "posts for salaried GPs",
    "interns": "intern places a semester",
    "centres": "centres that open",
    "copies": "policies in all; copies.KIND: of one kind",
}
"""What a mix may be bounded by, as the policies' own fields say it."""


@dataclass(frozen=True)
class Budget:
    """Public money for a mix beyond what its baseline costs.

    Attributes
    ----------
    cents : int
        A year.
    over_horizon : bool
        Whether it is the mean of a run's years that must not exceed it; else each year of the run.
    """

    cents: int
    over_horizon: bool = False

    def holds(self, cost: Cents) -> NDArray[np.bool_]:
        """For each run, cost of shape (…, years), whether it stays within the budget.

        >>> Budget(100).holds(np.array([[90, 100], [0, 101]])).tolist()
        [True, False]
        >>> Budget(100, over_horizon=True).holds(np.array([[90, 100], [0, 101]])).tolist()
        [True, True]
        """
        return np.asarray((self.checked(cost) <= self.cents * self.years_of(cost)).all(axis=-1))

    def checked(self, cost: Cents) -> Cents:
        """The sums that are held against it, shape (…, sums)."""
        return cost.sum(axis=-1, keepdims=True) if self.over_horizon else cost

    def years_of(self, cost: Cents) -> int:
        """Years in each of these sums."""
        return cost.shape[-1] if self.over_horizon else 1


@dataclass(frozen=True)
class Limits:
    """What a mix of certain units may ask for.

    Attributes
    ----------
    units : tuple of Unit
    most : mapping of str to int
    copies : int
        How often one unit may be had.
    """

    units: tuple[Unit, ...]
    most: Mapping[str, int]
    copies: int = 1

    def allow(self, mix: Mix) -> bool:
        """Whether a mix is within all limits."""
        if any(mix.count(unit) > self.copies for unit in set(mix)):
            return False
        return all(sum(self.units[unit].asks[name] for unit in mix) <= most for name, most in self.most.items())


def read_limits(given: Sequence[str]) -> dict[str, int]:
    """Limits as a command line gives them.

    Raises
    ------
    ValueError
        With all that are no ``name=number``, or given twice.

    Examples
    --------
    >>> read_limits(["retired_gps=6", "copies.smp=1"])
    {'retired_gps': 6, 'copies.smp': 1}
    """
    out: dict[str, int] = {}
    wrong = []
    for text in given:
        name, _, number = (part.strip() for part in text.partition("="))
        if not (name and number.isdecimal() and len(number) < 10):
            wrong.append(f"limit {text!r}: write NAME=NUMBER, such as retired_gps=6")
        elif name in out:
            wrong.append(f"limit {name!r} is given twice")
        else:
            out[name] = int(number)
    if wrong:
        raise ArgumentError("\n".join(wrong))
    return out


def check_limits(limits: Mapping[str, int], kinds: Collection[str]) -> None:
    """Refuses limits of nothing.

    Raises
    ------
    ValueError
        With all that are unknown or negative.
    """
    known = [*LIMITS, *(f"copies.{kind}" for kind in kinds)]
    wrong = [f"unknown limit {name!r}{did_you_mean(name, known) or _known()}" for name in limits if name not in known]
    wrong += [f"limit {name}: must be at least 0, not {most}" for name, most in limits.items() if most < 0]
    if wrong:
        raise ArgumentError("\n".join(wrong))


def _known() -> str:
    return f": one of {', '.join(LIMITS)}, copies.KIND"
