"""Residents by year of age from five-year bands, and whole numbers from shares."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from ess_sim import elementary
from ess_sim.errors import ArgumentError
from ess_sim.inputs.catalogue import bundled

__all__ = ["ADULT_AGE", "AGES", "apportion", "single_year_shares"]


IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


AGES = 106
"""Number of ages: completed years 0 to 105, the last one open (105 and over)."""


ADULT_AGE = 17
"""Age in completed years from which a resident counts: the Cnam's indicator is about those of 17 and over."""
_BAND_STARTS = np.arange(0, 100, 5)


@functools.cache
def _survivors() -> FloatArray:
    """Relative numbers alive at 75, 76, …, 104 and at 105 or over (31 values), from the bundled mortality table."""
    table = bundled.mortality() / 100_000
    first, last, oldest = int(table.index[0]), int(table.index[-1]), 120
    alive = np.zeros(oldest + 1)
    for column in ("men_all", "women_all"):  # equally many of both at 30: their mix at 75 and over follows
        q = table[column].to_numpy(np.float64)
        # Beyond the table the growth of its last five years goes on: held still, it would double those of 105 and over.
        beyond = q[-1] * elementary.power(q[-1] / q[-6], np.arange(1, oldest - last) / 5)
        q = np.concatenate([q, np.minimum(beyond, 1.0)])
        alive[first:] += np.concatenate([[1.0], np.cumprod(1.0 - q)])
    return np.concatenate([alive[75 : AGES - 1], [alive[AGES - 1 :].sum()]])


def single_year_shares(bands: npt.ArrayLike) -> FloatArray:
    """Spread five-year bands over single years of age.

    Below 75 a band is spread evenly. From 75 on it declines as the survivors of the bundled mortality table do, and the
    last band (95 and over) reaches to 105 and over. Each band keeps its mass.

    Parameters
    ----------
    bands : array_like of float, shape (..., 20)
        Residents aged 0–4, 5–9, …, 90–94, 95 and over; not negative, and no row all zero.

    Returns
    -------
    ndarray of float, shape (..., 106)
        Shares by age in completed years, each row adding up to 1.

    Raises
    ------
    ValueError
        If the bands have another shape, a negative value or no mass.

    Notes
    -----
    Survival: INSEE mortality tables 2009–2013, as many men as women at 30; beyond 100 the
    probabilities go on growing as from 95 to 100.

    Examples
    --------
    >>> shares = single_year_shares([5] * 20)
    >>> round(float(shares[:5].sum()), 6), bool(shares[95] > shares[104])
    (0.05, True)
    """
    mass = np.asarray(bands, dtype=np.float64)
    fits = mass.shape[-1:] == (len(_BAND_STARTS),) and np.isfinite(mass).all() and (mass >= 0).all()
    if not fits or not mass.any(axis=-1).all():
        raise ArgumentError("bands must be 20 numbers, none negative, not all zero")
    within = np.concatenate([np.ones(75), _survivors()])
    band = np.minimum(np.arange(AGES) // 5, len(_BAND_STARTS) - 1)
    # take, not an index: a row in one piece, whose sum does not depend on the rows beside it
    shares: FloatArray = within * np.take(mass / np.bincount(band, weights=within), band, axis=-1)
    shares /= shares.sum(axis=-1, keepdims=True)
    return shares


def apportion(totals: npt.ArrayLike, shares: npt.ArrayLike) -> IntArray:
    """Whole residents by age whose sum is each zone's total, by largest remainder.

    What rounding takes from an age or gives to it in one zone is carried over to the next one. Without the carry every
    small zone would round its few very old residents away, and so would the territory.

    Parameters
    ----------
    totals : array_like of int, shape (zones,)
        Residents of each zone, not negative.
    shares : array_like of float, shape (zones, ages)
        Shares of each zone's residents by age; each row adds up to 1.

    Returns
    -------
    ndarray of int, shape (zones, ages)
        Row i adds up to ``totals[i]`` exactly.

    Examples
    --------
    >>> apportion([10, 10], [[0.55, 0.45], [0.55, 0.45]]).tolist()
    [[6, 4], [5, 5]]
    """
    number = np.asarray(totals, dtype=np.int64)
    share = np.asarray(shares, dtype=np.float64)
    result = np.zeros(share.shape, dtype=np.int64)
    carry = np.zeros(share.shape[1])
    for zone, total in enumerate(number):
        # Rounded, so that the last bits of a product never decide a tie; then the youngest goes first.
        wish = np.round(total * share[zone] + carry, 9)
        whole = np.floor(np.maximum(wish, 0.0)).astype(np.int64)
        while (missing := int(total - whole.sum())) != 0:
            order = np.argsort(whole - wish, kind="stable")
            if missing > 0:
                whole[order[:missing]] += 1
            else:  # ages owed to earlier zones cannot fall below zero: the others give way
                order = order[::-1]
                whole[order[whole[order] > 0][:-missing]] -= 1
        result[zone] = whole
        carry = wish - whole
    return result
