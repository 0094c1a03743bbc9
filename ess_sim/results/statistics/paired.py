"""Tests of paired differences."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr  # type: ignore[import-untyped] # scipy.stats imports far slower

from ess_sim.elementary import rounded
from ess_sim.results.statistics.intervals import BITS, NORMAL, Floats, pairs

__all__ = ["holm", "p_value", "superiority", "variance_reduction"]


def p_value(differences: Floats) -> Floats:
    """Two-sided p-value of the paired t-test that the mean difference is 0, over the last axis.

    Parameters
    ----------
    differences : array, shape (..., n)
        Differences within each replication.

    Returns
    -------
    array, shape (...)
        From 0 to 1; NaN for fewer than two differences. Differences that are all 0 give 1.

    Examples
    --------
    >>> round(float(p_value(np.array([1.0, 2.0, 3.0]))), 4)
    0.0742
    """
    n = differences.shape[-1]
    if n < 2:
        return np.full(differences.shape[:-1], np.nan)
    mean = differences.mean(axis=-1)
    error = differences.std(axis=-1, ddof=1) / np.sqrt(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where((mean == 0) & (error == 0), 0.0, mean / error)
    return rounded(2 * stdtr(n - 1, -np.abs(t)), BITS, each=True)


def holm(p_values: ArrayLike) -> Floats:
    """p-values adjusted for testing all of them at once (Holm 1979): reject where the adjusted one is ≤ 5 %.

    Parameters
    ----------
    p_values : array, shape (m,)
        NaN stands for a test that could not be made: it stays NaN and does not count.

    Returns
    -------
    array, shape (m,)
        In the order given, never below the p-value, at most 1.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    made = np.flatnonzero(np.isfinite(p))
    order = made[np.argsort(p[made], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    out = np.full(p.shape, np.nan)
    out[order] = np.minimum(np.maximum.accumulate(factors * p[order]), 1.0)
    return out


def superiority(a: ArrayLike, b: ArrayLike) -> tuple[float, float, float]:
    """Probability that A does better than B (has the lower value) in one and the same future.

    Parameters
    ----------
    a, b : array, shape (n,)
        Values of the two by replication, paired by common random numbers.

    Returns
    -------
    tuple of float
        Share of the pairs in which a < b, ties counted half, and its 95 % Wilson limits (Wilson 1927), which ties
        make wider than need be.

    Raises
    ------
    ValueError
        For arrays that cannot be paired, or are empty.

    Examples
    --------
    >>> [round(x, 3) for x in superiority([1, 1, 1, 1], [2, 2, 2, 1])]
    [0.875, 0.396, 0.987]
    """
    x, y = pairs(a, b)
    n = len(x)
    share = float((x < y).mean() + (x == y).mean() / 2)
    z2 = NORMAL * NORMAL
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    # rounding must not push a limit beyond the share it encloses, or beyond 0 and 1
    return share, max(0.0, min(float(centre - half), share)), min(1.0, max(float(centre + half), share))


def variance_reduction(a: ArrayLike, b: ArrayLike) -> float:
    """Variance of an unpaired difference over that of the paired one: above 1 where pairing helps.

    Parameters
    ----------
    a, b : array, shape (n,)
        Values by replication.

    Returns
    -------
    float
        inf where the paired difference never varies, NaN with fewer than two pairs or where nothing varies at all.

    Raises
    ------
    ValueError
        For arrays that cannot be paired, or are empty.

    Examples
    --------
    >>> round(variance_reduction([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]), 6)
    10.0
    """
    x, y = pairs(a, b)
    if len(x) < 2:
        return float("nan")
    unpaired = x.var(ddof=1) + y.var(ddof=1)
    paired = (x - y).var(ddof=1)
    if paired > 0:
        return float(unpaired / paired)
    return float("inf") if unpaired > 0 else float("nan")
