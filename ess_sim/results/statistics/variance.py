"""Variance between draws and within them, and the ranges that follow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ess_sim.errors import ArgumentError
from ess_sim.results.statistics.intervals import student

__all__ = ["FEWEST_DRAWS", "NestedVariance", "nested_variance"]


FEWEST_DRAWS = 10
"""Draws below which there is no range: tested from here on."""


_LEAST_FREEDOM = 2.0
"""Of a variance that is the difference of two: below, Student's distribution is wider than any range that is of use."""


Floats = NDArray[np.float64]
_NONE = math.nan, math.nan


@dataclass(frozen=True)
class NestedVariance:
    """How far an outcome varies by chance, and how far because the parameters are not known.

    The ranges do not shrink to nothing as runs are added; they are NaN for fewer than `FEWEST_DRAWS` draws.

    Attributes
    ----------
    mean : float
        Over all draws and replications.
    between : float
        Variance between draws of the expected outcome: not knowing. 0 where the estimate is negative, NaN with one
        replication.
    within : float
        Variance between replications of one draw: chance. NaN with one replication.
    not_knowing : tuple of float
        95 % range of the expected outcome; NaN with one replication.
    both : tuple of float
        95 % range of one future, with both.
    """

    mean: float
    between: float
    within: float
    not_knowing: tuple[float, float]
    both: tuple[float, float]


def nested_variance(values: Floats) -> NestedVariance:
    """Split the variance of an outcome into chance and not knowing, by one-way random-effects analysis of variance.

    Parameters
    ----------
    values : array, shape (draws, replications)
        Finite, at least 2 × 1. All runs have random numbers of their own: what draws share moves none against another,
        and would be missing from every range.

    Raises
    ------
    ValueError
        For another shape, or values that are not finite.

    Notes
    -----
    Draws are few and replications come in clusters, so that quantiles of the runs hold too few futures (82 to 88 % of
    them instead of 95 % with 40 draws). One future is predicted from the variance of one future, of which the draws'
    means give their part, and that of the mean, by Student's distribution with as many degrees of freedom as there are
    draws, less one: *mean ± t √(within + between + variance of the means / draws)*. The range of the expected outcome
    leaves ``within`` out. Its variance is then a difference of two and has fewer degrees of freedom (Satterthwaite
    1946; at least 2); nor is it wider than that of the draws' means, which hold what chance has left in them. Both hold
    93 % or more of new futures and expectations, normal or exponential, from 10 draws on and with a ``between`` of 0.2
    to 5 times ``within`` (tested). They are symmetric: what they miss of a skewed outcome lies on its long side.

    References
    ----------
    Searle S. R., Casella G., McCulloch C. E. (1992), *Variance components*.

    Examples
    --------
    >>> found = nested_variance(np.array([[1.0, 3.0], [5.0, 7.0]]))
    >>> found.mean, found.within, found.between
    (4.0, 2.0, 7.0)
    """
    x = np.asarray(values, dtype=float)
    if x.ndim != 2 or len(x) < 2 or not x.shape[1] or not np.isfinite(x).all():
        raise ArgumentError(f"values must be finite, at least 2 draws × 1 replication, not of shape {x.shape}")
    draws, replications = x.shape
    mean, by_draw = float(x.mean()), x.mean(axis=1)
    of_means = float(by_draw.var(ddof=1))
    between = within = math.nan
    if replications > 1:
        within = float(np.square(x - by_draw[:, None]).sum()) / (draws * (replications - 1))
        between = max(of_means - within / replications, 0.0)
    not_knowing = both = _NONE
    if draws >= FEWEST_DRAWS:
        t = student(draws - 1)
        of_one = of_means if replications == 1 else of_means + within * (1 - 1 / replications)
        both = _about(mean, t * math.sqrt(of_one + of_means / draws))
        if replications > 1:
            not_knowing = _about(mean, _half_not_knowing(t, of_means, between, within, draws, replications))
    return NestedVariance(mean, between, within, not_knowing, both)


def _half_not_knowing(t: float, of_means: float, between: float, within: float, draws: int, replications: int) -> float:
    """Half-width of the range of the expected outcome."""
    variance, whole, chance = between + of_means / draws, of_means * (1 + 1 / draws), within / replications
    if not variance:
        return 0.0
    freedom = variance * variance / (whole * whole / (draws - 1) + chance * chance / (draws * (replications - 1)))
    return min(student(max(freedom, _LEAST_FREEDOM)) * math.sqrt(variance), t * math.sqrt(whole))


def _about(mean: float, half: float) -> tuple[float, float]:
    return mean - half, mean + half
