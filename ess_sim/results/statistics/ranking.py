"""Ranks of several variants, and how sure they are: means drawn as Student's t allows, in common for all."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri  # type: ignore[import-untyped] # scipy.stats imports far slower

from ess_sim.elementary import product, rounded
from ess_sim.errors import ArgumentError
from ess_sim.results.statistics.intervals import BITS, Floats

__all__ = ["Ranks", "ranks"]


_DECIMALS = 9
"""To which means are equal: two variants that do the same must tie, whatever the order of a sum."""


class Ranks(NamedTuple):
    """Ranks of variants, 1 for the best; ties share their places.

    Attributes
    ----------
    rank : float array, shape (variants,)
        By the means.
    low, high : float arrays, shape (variants,)
        Middle 95 % of the ranks over the draws.
    best, top : float arrays, shape (variants,)
        Part of the draws in which it is the best, and among the best ``k``; of tied ones each has its part.
    """

    rank: Floats
    low: Floats
    high: Floats
    best: Floats
    top: Floats


def ranks(values: Floats, *, minimise: bool = True, k: int = 3, draws: int = 2000, seed: int = 0) -> Ranks:
    """Ranks of variants by their means, with their uncertainty by what the means could be.

    Means are drawn from the multivariate t distribution that replications leave open (a flat prior): between any two
    variants the drawn differences are those of the paired t-test. What all have in common by common random numbers
    moves none past another. (Plain bootstrap ranks separate equal variants too often: 15 % instead of 5 % of six
    normal replications.) With fewer than two replications nothing can be drawn: limits and parts are NaN.

    Parameters
    ----------
    values : float array, shape (variants, replications)
        Finite.
    minimise : bool
        Whether the smallest mean is the best.
    k : int
        How many count as the top, ≥ 1.
    draws : int
        ≥ 100.
    seed : int
        Of these draws alone: equal input gives equal output.

    Raises
    ------
    ValueError
        For values that are not finite or not two-dimensional, and numbers out of range.

    Examples
    --------
    >>> future = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    >>> found = ranks(np.stack([future, future - 1, future]))
    >>> found.rank.tolist(), found.best.tolist(), found.top.tolist()
    ([2.5, 1.0, 2.5], [0.0, 1.0, 0.0], [1.0, 1.0, 1.0])
    """
    x = np.asarray(values, dtype=float)
    if x.ndim != 2 or not x.size or not np.isfinite(x).all():
        raise ArgumentError("ranks need finite values of shape (variants, replications)")
    if k < 1 or draws < 100:
        raise ArgumentError("ranks need a top of at least 1 and at least 100 draws")
    x = x if minimise else -x
    n = x.shape[1]
    mean = product(x, np.ones((n, 1))) / n
    rank, _, _ = _places(mean, k)
    if n < 2:
        unknown = np.full(len(x), np.nan)
        return Ranks(rank[:, 0], unknown, unknown, unknown, unknown)
    places, best, top = _places(mean + product(x - mean, _errors(n, draws, seed)), k)
    low, high = np.quantile(places, [0.025, 0.975], axis=1, method="inverted_cdf")
    return Ranks(rank[:, 0], low, high, best.mean(axis=1), top.mean(axis=1))


@lru_cache(maxsize=4)  # a league asks for the same ones again and again
def _errors(n: int, draws: int, seed: int) -> Floats:
    """Weights that turn deviations from the mean into errors of the mean, shape (n, draws): normal ones over a chi."""
    uniform = np.random.default_rng(seed).random((2 * n - 1, draws))
    normal = rounded(ndtri(np.clip(uniform, 1e-12, 1 - 1e-12)), BITS, each=True)
    chi2 = np.add.reduce(normal[n:] * normal[n:], axis=0)  # n − 1 degrees of freedom
    out: Floats = normal[:n] / np.sqrt(n * chi2)
    out.flags.writeable = False
    return out


def _places(means: Floats, k: int) -> tuple[Floats, Floats, Floats]:
    """Ranks within each column, and the part that each has of the first and of the first k places."""
    means = np.round(means, _DECIMALS)
    ordered = np.sort(means, axis=0)
    ahead, equal = np.empty_like(means), np.empty_like(means)
    for column in range(means.shape[1]):
        first = np.searchsorted(ordered[:, column], means[:, column], side="left")
        ahead[:, column] = first
        equal[:, column] = np.searchsorted(ordered[:, column], means[:, column], side="right") - first
    return ahead + (equal + 1) / 2, (ahead == 0) / equal, np.clip(k - ahead, 0, equal) / equal
