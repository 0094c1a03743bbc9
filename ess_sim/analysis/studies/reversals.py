"""The value of a parameter at which a comparison of two scenarios is reversed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log2

import numpy as np
from numpy.typing import ArrayLike

from ess_sim.errors import ArgumentError
from ess_sim.results.statistics.intervals import half_width

__all__ = ["FlipPoint", "flip_point"]


@dataclass(frozen=True)
class FlipPoint:
    """Where a comparison is reversed.

    Attributes
    ----------
    value : float or None
        Parameter value at which the mean difference changes sign; None if it has the same sign at both ends.
    interval : tuple of float or None
        Values between which the sign is unclear: from the nearest value tried on either side whose 95 % Student
        interval excludes 0 (or the end of the range). Each interval has its own 5 % error. None if the sign is clear
        and the same at both ends. Where it is clear at one end only, and the mean's does not change, bisection has
        looked for where clearness begins.
    evaluations : tuple of tuple of float
        What was tried, by value: parameter value, mean difference, half-width of its 95 % interval.
    """

    value: float | None
    interval: tuple[float, float] | None
    evaluations: tuple[tuple[float, float, float], ...]


def flip_point(difference: Callable[[float], ArrayLike], low: float, high: float, *, tolerance: float) -> FlipPoint:
    """The value of a parameter at which the difference between two scenarios changes sign.

    Found by bisection on the mean over the replications, which is a fixed function of the parameter as long as all
    values use the same random numbers. Bisection rather than a faster method, because it tries values on both sides of
    the reversal, from which the interval is made. If the sign changes more than once, one of the reversals is found.

    Parameters
    ----------
    difference : callable
        Takes a parameter value; returns the paired differences, shape (replications,).
    low, high : float
        Range of the parameter.
    tolerance : float
        Precision of the value, in the unit of the parameter, > 0. It takes 2 + log₂((high − low) / tolerance)
        evaluations.

    Raises
    ------
    ValueError
        For an empty range, a tolerance that is not above 0, or differences that are not finite.

    Examples
    --------
    >>> found = flip_point(lambda x: [x - 0.31, x - 0.29], 0, 1, tolerance=0.01)
    >>> round(found.value, 6)
    0.3
    """
    if not low < high or not tolerance > 0:
        raise ArgumentError(f"low must be below high, and tolerance above 0, not {low}, {high} and {tolerance}")
    tried: dict[float, tuple[float, float]] = {}

    def try_at(x: float) -> None:
        d = np.asarray(difference(x), dtype=float)
        if d.ndim != 1 or not d.size or not np.isfinite(d).all():
            raise ArgumentError(f"difference must return finite paired differences, one a replication: not so at {x:g}")
        tried[x] = float(d.mean()), float(half_width(d))

    def sign(x: float) -> float:
        return float(np.sign(tried[x][0]))

    def is_clear(x: float) -> bool:
        mean, half = tried[x]
        return abs(mean) > half  # with one replication the half-width is NaN, and the sign is never clear

    a, b = float(low), float(high)
    try_at(a)
    try_at(b)
    turns = sign(a) * sign(b) < 0
    side = sign if turns else is_clear  # without a reversal, chance might hide one near an end: how far from there?
    if turns or side(a) != side(b):
        for _ in range(ceil(log2((high - low) / tolerance))):
            middle = (a + b) / 2
            try_at(middle)
            a, b = (middle, b) if side(middle) == side(a) else (a, middle)
    at_a, at_b = tried[a][0], tried[b][0]
    value = a - at_a * (b - a) / (at_b - at_a) if turns else None
    unclear = [x for x in tried if not is_clear(x)]
    interval = None
    if value is not None or unclear:
        inside = [*unclear, *([] if value is None else [value])]
        interval = (
            max((x for x in tried if x < min(inside)), default=float(low)),
            min((x for x in tried if x > max(inside)), default=float(high)),
        )
    return FlipPoint(value, interval, tuple((x, *tried[x]) for x in sorted(tried)))
