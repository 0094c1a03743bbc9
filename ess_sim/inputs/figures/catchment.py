"""Supply within reach: the two-step floating catchment area (2SFCA).

First the supply of each place is divided among the residents who can reach it, weighted by distance; then the shares of
all places within reach of a resident are added up. Nothing is lost: accessibility × residents sums to the supply that
is within reach of at least one resident.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ess_sim.errors import ArgumentError

__all__ = ["DISTANCE_BANDS", "floating_catchment"]


Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


DISTANCE_BANDS = ((10.0, 1.0), (15.0, 0.3), (20.0, 0.1))
"""Weights of distance for GPs in DREES's APL as revised in 2015 (grade C).

Its Dossier n° 17 (2017) could not be consulted. Consulted were the limit of 20 minutes (ARS Bourgogne-Franche-Comté,
2018), and the same weights for 5, 10 and 15 minutes in the first APL (DREES, Études et résultats n° 795, 2012, through
Mines ParisTech)."""


def floating_catchment(
    supply: npt.ArrayLike,
    demand: npt.ArrayLike,
    origins: Ints,
    destinations: Ints,
    minutes: Floats,
    bands: Sequence[tuple[float, float]] = DISTANCE_BANDS,
) -> Floats:
    """Supply within reach of a unit of demand, by the two-step floating catchment area method.

    Parameters
    ----------
    supply : array_like of float, shape (places,)
        Supply of each place, ≥ 0, e.g. consultations a year.
    demand : array_like of float, shape (zones,)
        Demand of each zone, ≥ 0, e.g. residents.
    origins, destinations : int arrays, shape (pairs,)
        Zone and place of each pair within reach, each pair once; all other pairs are out of reach.
    minutes : float array, shape (pairs,)
        Travel from origin to destination, in minutes.
    bands : sequence of pairs
        Upper limit in minutes (exclusive), ascending, and weight, ≥ 0. Beyond the last limit the weight is 0. One band
        of weight 1 gives the plain 2SFCA of Luo and Wang, several bands the enhanced one of Luo and Qi.

    Returns
    -------
    ndarray of float, shape (zones,)
        Accessibility, in units of supply per unit of demand; 0 if nothing is within reach.

    Raises
    ------
    ValueError
        For negative supply, demand or weights, or limits that are not ascending.

    Examples
    --------
    A place of 100 consultations serves 40 residents next door and 20 residents 12 minutes away.

    >>> pairs = np.array([0, 1]), np.array([0, 0]), np.array([5.0, 12.0])
    >>> reach = floating_catchment([100.0], [40.0, 20.0], *pairs)
    >>> reach.round(3).tolist(), round(float(reach @ [40.0, 20.0]), 9)
    ([2.174, 0.652], 100.0)
    """
    offered, wanted = np.asarray(supply, dtype=np.float64), np.asarray(demand, dtype=np.float64)
    if (offered < 0).any() or (wanted < 0).any():
        raise ArgumentError("supply and demand must not be negative")
    limits, weights = (np.array(x, dtype=np.float64) for x in zip(*bands, strict=True))
    if (np.diff(limits) <= 0).any() or (weights < 0).any():
        raise ArgumentError("bands must have ascending limits and weights of at least 0")
    weight = np.append(weights, 0.0)[np.searchsorted(limits, minutes, side="right")]
    served = np.bincount(destinations, wanted[origins] * weight, len(offered))
    ratio = np.divide(offered, served, out=np.zeros(len(offered)), where=served > 0)
    return np.bincount(origins, ratio[destinations] * weight, len(wanted)).astype(np.float64)
