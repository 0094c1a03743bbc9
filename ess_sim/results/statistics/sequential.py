"""Replicating until a mean is known well enough."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike

from ess_sim.errors import ArgumentError
from ess_sim.results.statistics.intervals import NORMAL, Floats, student

__all__ = ["Moments", "Replications", "hoad", "replications_needed"]


_FEWEST = 3
"""Replications before which no sequential method stops: two that agree by chance say nothing."""


def replications_needed(values: Floats, target: float) -> int:
    """Replications, in all, whose Student interval has a given half-width, if they vary as the first ones do.

    Parameters
    ----------
    values : array, shape (n,)
        First replications, at least two.
    target : float
        Half-width wanted, in the unit of the values, > 0.

    Raises
    ------
    ValueError
        For fewer than two values, or a target that is not above 0.

    Examples
    --------
    >>> replications_needed(np.array([1.0, 2.0, 3.0]), 0.5)
    18
    """
    if values.ndim != 1 or len(values) < 2 or not target > 0:
        raise ArgumentError("the replications needed follow from at least two values and a half-width above 0")
    sd = float(values.std(ddof=1))
    if not np.isfinite(sd):
        raise ArgumentError("the replications needed do not follow from values that are not finite")
    # The normal quantile lies below every Student one: the answer is never smaller, and seldom more than three larger.
    n = max(2, math.ceil((NORMAL * sd / target) * (NORMAL * sd / target)))
    while student(n - 1) * sd / np.sqrt(n) > target:
        n += 1
    return n


@dataclass(eq=False)
class Moments:
    """Mean and variance of arrays that come one by one (Welford 1962).

    Nothing is kept but two arrays of the shape of one value.

    Attributes
    ----------
    n : int
        Values so far.
    mean : array
        Their mean (0 before the first).

    Examples
    --------
    >>> moments = Moments()
    >>> for x in (1.0, 2.0, 6.0):
    ...     moments.add(x)
    >>> moments.n, float(moments.mean), float(moments.variance)
    (3, 3.0, 7.0)
    """

    n: int = 0
    mean: Floats = field(default_factory=lambda: np.zeros(()))
    _squares: Floats = field(default_factory=lambda: np.zeros(()), repr=False)

    def add(self, value: ArrayLike) -> None:
        """One more value, of the same shape as those before."""
        x = np.asarray(value, dtype=float)
        self.n += 1
        step = x - self.mean
        self.mean = np.asarray(self.mean + step / self.n)
        self._squares = np.asarray(self._squares + step * (x - self.mean))

    @property
    def variance(self) -> Floats:
        """Unbiased variance; NaN for fewer than two values."""
        if self.n < 2:
            return np.full(self.mean.shape, np.nan)
        return np.asarray(self._squares / (self.n - 1))

    @property
    def half_width(self) -> Floats:
        """Half-width of the 95 % Student interval of the mean; NaN for fewer than two values."""
        if self.n < 2:
            return np.full(self.mean.shape, np.nan)
        return np.asarray(student(self.n - 1) * np.sqrt(self.variance / self.n))


@dataclass(frozen=True)
class Replications:
    """What a sequential method found.

    Attributes
    ----------
    needed : int or None
        Replications that reach the precision; None where it was not reached, or not held.
    mean, half_width : float
        Of all the observations that were made, the look-ahead included, in their unit.
    trajectory : tuple of float
        Precision after 1, 2, … observations, in the measure that was asked for (the first is NaN).
    """

    needed: int | None
    mean: float
    half_width: float
    trajectory: tuple[float, ...]


def hoad(
    observations: Iterable[float], *, precision: float, lookahead: int = 5, budget: int, absolute: bool = False
) -> Replications:
    """The replications whose interval is precise enough, and stays so (Hoad, Robinson & Davies 2010).

    An interval can be narrow for a moment, by chance. The precision must therefore hold through further replications:
    ``lookahead`` of them, and ``lookahead`` % of the number found where that is above 100.

    Parameters
    ----------
    observations : iterable of float
        One by replication, taken only as far as needed: a generator may simulate.
    precision : float
        Half-width of the 95 % Student interval that is enough, > 0: as a share of the mean's absolute value, or
        (``absolute``) in the unit of the observations.
    lookahead : int
        Replications through which the precision must hold, ≥ 0; 5 is the authors' recommendation. With 0 it is the
        confidence-interval method (Robinson 2014, *Simulation: the practice of model development and use*).
    budget : int
        Most replications in all, the look-ahead included.
    absolute : bool
        Whether the precision is a half-width and not a share of the mean.

    Raises
    ------
    ValueError
        For a precision not above 0, a negative look-ahead, or a budget below 3.

    References
    ----------
    Hoad K., Robinson S., Davies R. (2010), Automated selection of the number of replications for a discrete-event
    simulation, *Journal of the Operational Research Society* 61(11).

    Examples
    --------
    >>> hoad([10.0, 11.0] * 20, precision=0.06, lookahead=5, budget=40).needed
    6
    """
    if not precision > 0:
        raise ArgumentError(f"the precision must be above 0, not {precision:g}")
    if budget < _FEWEST or lookahead < 0:
        raise ArgumentError(
            f"replications are out of order: at least {_FEWEST}, at most {budget}, look-ahead {lookahead} (0 or more)"
        )
    moments = Moments()
    trajectory: list[float] = []
    found: int | None = None
    for x in islice(observations, budget):
        moments.add(x)
        mean, half = float(moments.mean), float(moments.half_width)
        trajectory.append(half if absolute else _relative(half, mean))
        if moments.n < _FEWEST or not trajectory[-1] <= precision:
            found = None
            continue
        found = found or moments.n
        if moments.n - found >= lookahead * max(found, 100) // 100:
            return Replications(found, mean, half, tuple(trajectory))
    return Replications(None, float(moments.mean), float(moments.half_width), tuple(trajectory))


def _relative(half: float, mean: float) -> float:
    if mean:
        return half / abs(mean)
    return 0.0 if half == 0 else half * float("inf")  # NaN stays NaN
