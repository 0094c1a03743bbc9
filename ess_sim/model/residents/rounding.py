"""Whole numbers from shares, and the lowest of many keys."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["largest_remainder", "lowest", "lowest_by_zone"]


Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def largest_remainder(total: int, weights: NDArray[Any], mass: float | None = None) -> Ints:
    """Whole numbers that sum to ``total``, in proportion to ``weights``; ties go to the first.

    ``mass``: the sum of all weights, where those that can get nothing are left out.

    >>> largest_remainder(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    weights = np.asarray(weights, dtype=float)
    mass = weights.sum() if mass is None else mass
    if total == 0 or mass <= 0:
        return np.zeros(len(weights), dtype=np.int64)
    exact = total * weights / mass
    out: Ints = np.floor(exact).astype(np.int64)
    order = np.argsort(out - exact, kind="stable")
    out[order[: total - int(out.sum())]] += 1
    return out


def lowest(key: Floats, n: int) -> Ints:
    """Places of the ``n`` entries with the lowest keys, in order of place."""
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    few = key
    if len(key) > 1000:  # sort out only what lies below a bound that a sample suggests, if that is enough
        sample = key[::8]
        rank = min(len(sample) - 1, n // 7 + 10)
        below = key[key <= np.partition(sample, rank)[rank]]
        few = below if len(below) >= n else key
    return np.flatnonzero(key <= np.partition(few, n - 1)[n - 1])[:n]


def lowest_by_zone(key: Floats, first: Ints, wanted: Ints) -> NDArray[np.bool_]:
    """Marks the ``wanted[z]`` entries with the lowest keys among entries first[z]…first[z + 1] of each zone."""
    chosen = np.zeros(len(key), dtype=bool)
    for begin, end, n in zip(first[:-1], first[1:], wanted, strict=True):
        chosen[begin + lowest(key[begin:end], n)] = True
    return chosen
