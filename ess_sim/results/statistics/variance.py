"""Variance between draws and within them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ess_sim.errors import ArgumentError
from ess_sim.results.statistics.intervals import CONFIDENCE

__all__ = ["NestedVariance", "nested_variance"]


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NestedVariance:
    """How far an outcome varies by chance, and how far because the parameters are not known.

    The three ranges are of one future, and hold 95 % of the futures: they do not shrink as runs are added.

    Attributes
    ----------
    mean : float
        Over all draws and replications.
    between : float
        Variance between draws of the expected outcome: not knowing. 0 where the estimate is negative.
    within : float
        Variance between replications of one draw: chance.
    chance : tuple of float
        Range if the parameters were known: quantiles of the replications about their draw's mean, set about ``mean``.
    not_knowing : tuple of float
        Range of the expected outcome: quantiles of the draws' means, drawn together about ``mean`` until their
        variance is ``between``, since a mean of a few replications varies by chance as well.
    both : tuple of float
        Range with both: quantiles of all the values.
    """

    mean: float
    between: float
    within: float
    chance: tuple[float, float]
    not_knowing: tuple[float, float]
    both: tuple[float, float]


def nested_variance(values: Floats, *, common: bool = False) -> NestedVariance:
    """Split the variance of an outcome into chance and not knowing, by random-effects analysis of variance.

    One-way (replications within draws), or two-way (draws by replications) where the random numbers are common.

    Parameters
    ----------
    values : array, shape (draws, replications)
        At least 2 × 2, finite. With fewer than some 40 draws the ends of the ranges are little more than the extremes.
    common : bool
        Whether replications of one number share their random numbers in all draws. What a replication does to all
        draws alike is chance, but moves no draw against another: without saying so, ``between`` comes out too small.

    Raises
    ------
    ValueError
        For another shape, or values that are not finite.

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
    if x.ndim != 2 or min(x.shape) < 2 or not np.isfinite(x).all():
        raise ArgumentError(f"values must be finite, at least 2 draws × 2 replications, not of shape {x.shape}")
    draws, replications = x.shape
    mean = float(x.mean())
    by_draw = x.mean(axis=1)
    about_draw = x - by_draw[:, None]
    freedom = draws * (replications - 1)
    shared = 0.0
    if common:
        by_replication = about_draw.mean(axis=0)
        rest = float(np.square(about_draw - by_replication).sum()) / (freedom - (replications - 1))
        shared = float(by_replication.var(ddof=1)) - rest / draws
    else:
        rest = float(np.square(about_draw).sum()) / freedom
    within = rest + shared
    of_means = float(by_draw.var(ddof=1))
    between = max(of_means - rest / replications, 0.0)

    def spread(about_0: Floats, variance: float, now: float) -> tuple[float, float]:
        return _range(mean + about_0 * (np.sqrt(variance / now) if now > 0 else 0.0))

    return NestedVariance(
        mean,
        between,
        within,
        chance=spread(about_draw, within, float(np.square(about_draw).mean())),
        not_knowing=spread(by_draw - mean, between, of_means),
        both=_range(x),
    )


def _range(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
