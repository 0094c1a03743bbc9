"""Where residents lack GPs most: what a policy of a new scenario is placed by.

Supply within reach is the 2SFCA of list-holding GPs within 15 minutes. Adults of a zone who lack a GP are those whom
that supply does not serve at France's density of list-holders; the need of a zone is all of them within 15 minutes. Of
zones with two thirds of the greatest need or more, the one with most adults is meant: a centre opens in the town, not
in the hamlet between two towns. The 15 minutes and the two thirds are assumptions (grade D).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ess_sim.inputs.figures.catchment import floating_catchment
from ess_sim.inputs.territory.ages import FloatArray, IntArray
from ess_sim.inputs.territory.territory import Territory

__all__ = ["MOST_STOPS", "NEARLY", "WITHIN_MINUTES", "Need", "need_of"]


WITHIN_MINUTES, NEARLY, MOST_STOPS = 15.0, 2 / 3, 6
"""Reach of a GP; part of the greatest need from which on a zone counts as equally in need; zones that lie apart."""


class Need(NamedTuple):
    """What zones lack.

    Attributes
    ----------
    reach : float array, shape (zones,)
        List-holding GPs within reach of a resident, as a part of France's density.
    adults, gps : float arrays, shape (zones,)
        Adults and GPs within 15 minutes.
    lacking : float array, shape (zones,)
        Adults within 15 minutes whom these GPs do not serve at France's density: the need.
    missing : float array, shape (zones,)
        GPs who would serve them.
    stops : tuple of int
        Zones in need that lie apart, the neediest first: each has the greatest need once the ones before are served.
    order : tuple of int
        All zones, the neediest first.
    """

    reach: FloatArray
    adults: FloatArray
    gps: FloatArray
    lacking: FloatArray
    missing: FloatArray
    stops: tuple[int, ...]
    order: tuple[int, ...]


def need_of(territory: Territory, gps: IntArray, per_100000: float) -> Need:
    """What the zones of a territory with so many list-holding GPs lack.

    Parameters
    ----------
    territory : Territory
    gps : int array, shape (zones,)
    per_100000 : float
        France's list-holding GPs per 100,000 residents.

    Examples
    --------
    >>> two = Territory.from_communes(["53130", "53054"])
    >>> need = need_of(two, np.array([4, 20]), 78.0)
    >>> two.zone_names[need.stops[0]], bool(need.lacking.max() > 0), need.gps.tolist()
    ('Laval', True, [24.0, 24.0])
    """
    n = len(territory.zones)
    origins = np.repeat(np.arange(n), np.diff(territory.travel_indptr))
    destinations = np.asarray(territory.travel_indices, dtype=np.int64)
    near = (territory.travel_minutes < WITHIN_MINUTES) | (origins == destinations)
    pairs = origins[near], destinations[near]
    residents = np.asarray(territory.population, dtype=np.int64).sum(axis=1).astype(np.float64)
    adults = np.asarray(territory.adults, dtype=np.float64)
    density = per_100000 / 1e5
    flat = np.zeros(len(pairs[0]))
    supply = floating_catchment(gps, residents, *pairs, flat, [(1.0, 1.0)])
    reach = supply / density
    short = np.maximum(0.0, 1.0 - reach)

    def around(values: npt.ArrayLike) -> FloatArray:
        """Sums over the zones within 15 minutes of each, to a thousandth."""
        return np.round(np.bincount(pairs[0], np.asarray(values, dtype=np.float64)[pairs[1]], n), 3)

    lacking = around(adults * short)
    stops = tuple(_apart(adults * short, adults, reach, pairs))
    order = [z for z in np.argsort(-lacking, kind="stable").tolist() if z not in stops]
    return Need(
        reach,
        around(adults),
        around(gps),
        lacking,
        around(residents * short * density),
        stops,
        (*stops, *order),
    )


def _apart(
    lacking: FloatArray, adults: FloatArray, reach: FloatArray, pairs: tuple[IntArray, IntArray]
) -> Iterator[int]:
    """Zones in need that lie apart: what one has within reach is served before the next is chosen."""
    left = lacking.copy()
    for i in range(MOST_STOPS):
        need = np.round(np.bincount(pairs[0], left[pairs[1]], len(left)), 3)
        need[adults == 0] = 0.0
        if need.max() < 1:
            if i == 0:  # none lacks a GP: where there are fewest
                yield int(np.where(adults > 0, np.round(reach, 6), np.inf).argmin())
            return
        nearly = need >= NEARLY * need.max()
        zone = int(np.where(nearly, adults, -1.0).argmax())
        yield zone
        left[pairs[1][pairs[0] == zone]] = 0.0
