"""Residents spread over GPs' lists by a gravity model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ess_sim import elementary
from ess_sim.inputs.territory.zones import Zones
from ess_sim.model import kernel as k
from ess_sim.model.residents.day0 import Start, Whole
from ess_sim.model.residents.rounding import Floats, Ints, largest_remainder
from ess_sim.streams import Streams

__all__ = ["gravity_lists"]


_ROUNDS = 30
"""Of balancing: far more than what lists need to come close to the sizes drawn for them."""


def gravity_lists(
    day0: Start, territory: Zones, gp_zones: Ints, gp_sizes: Floats, p: Mapping[str, float], streams: Streams
) -> Whole:
    """Puts the residents who have an MT in the territory on GPs' lists by a doubly constrained gravity model.

    Residents of zone z spread over GPs with weights exp(−minutes / τ), balanced so that each GP's list comes close to
    the size drawn for her (Furness); whole residents by largest remainder, who is on which list at random.

    Parameters
    ----------
    gp_zones : int array, shape (GPs,)
        Zone index of each GP.
    gp_sizes : float array, shape (GPs,)
        Wanted list sizes; rescaled to sum to the residents to place.

    Returns
    -------
    int array, shape (residents,)
        GP index of each resident, −1 for those without an MT in the territory.
    """
    placed = np.full(len(day0.zone), -1, dtype=np.int32)
    inside = (day0.state == k.LISTED) & ~day0.outside
    if len(gp_zones) == 0 or not inside.any():
        return placed
    residents = np.bincount(day0.zone[inside], minlength=len(territory.zones))
    sizes = np.asarray(gp_sizes, dtype=float) * residents.sum() / np.sum(gp_sizes)
    weights = _Weights.of(territory, p["distance_decay_minutes"])
    attraction = _balanced(weights, residents.astype(float), gp_zones, sizes)
    lists = _Lists(gp_zones, attraction, len(residents))
    order = np.flatnonzero(inside)  # sorted by zone
    rng = streams.of("start", "lists")
    first = 0
    for z, n in enumerate(residents.tolist()):
        if n:
            gps, shares = lists.shared_out(n, *weights.row(z), weights.beyond)
            placed[rng.permutation(order[first : first + n])] = np.repeat(gps, shares)
            first += n
    return placed


class _Weights(NamedTuple):
    """What distance weighs: of pairs of zones within the travel cut-off, in its sparse rows, and of all others."""

    indptr: Ints
    zones: Ints
    minutes_weigh: Floats
    beyond: float  # beyond the cut-off a list can still be held, by few: the weight of twice the cut-off

    @classmethod
    def of(cls, territory: Zones, decay_minutes: float) -> _Weights:
        near = elementary.exp(-np.asarray(territory.travel_minutes) / decay_minutes)
        beyond = float(elementary.exp(-2 * territory.cutoff_minutes / decay_minutes))
        return cls(territory.travel_indptr, territory.travel_indices, near, beyond)

    def row(self, zone: int) -> tuple[Ints, Floats]:
        """Zones within the cut-off of one, and what their distances weigh."""
        here = slice(self.indptr[zone], self.indptr[zone + 1])
        return self.zones[here], self.minutes_weigh[here]


def _balanced(weights: _Weights, residents: Floats, gp_zones: Ints, sizes: Floats) -> Floats:
    """What each GP attracts, apart from distance, so that zones send all residents and GPs get their sizes.

    GPs of a zone differ by their sizes alone, so that zones are balanced with zones.
    """
    n = len(residents)
    origin = np.repeat(np.arange(n), np.diff(weights.indptr))
    more = weights.minutes_weigh - weights.beyond  # than beyond the cut-off
    wanted = np.bincount(gp_zones, weights=sizes, minlength=n)
    attracts = np.bincount(gp_zones, minlength=n).astype(float)
    for _ in range(_ROUNDS):
        # sums of numpy, not products of matrices: the order of those depends on the processor
        reached = weights.beyond * attracts.sum() + np.bincount(origin, more * attracts[weights.zones], n)
        sent = residents / np.maximum(reached, 1e-300)
        found = weights.beyond * sent.sum() + np.bincount(weights.zones, more * sent[origin], n)
        attracts = wanted / np.maximum(found, 1e-300)
    return sizes / np.maximum(found, 1e-300)[gp_zones]


class _Lists:
    """GPs by zone, and by what they attract."""

    def __init__(self, gp_zones: Ints, attraction: Floats, zones: int) -> None:
        self._first = np.concatenate([[0], np.cumsum(np.bincount(gp_zones, minlength=zones))])
        self._of_zone = np.argsort(gp_zones, kind="stable")
        self._attraction, self._of_all = attraction, float(attraction.sum())
        self._strongest = np.argsort(-attraction, kind="stable")
        self._is_near = np.zeros(len(gp_zones), dtype=bool)

    def shared_out(self, n: int, zones: Ints, weights: Floats, beyond: float) -> tuple[Ints, Ints]:
        """GPs on whose lists ``n`` residents of a zone are, and how many on each, by largest remainder of all GPs.

        Of those beyond the zones of its row only the ones that attract most can get any, where each would get less than
        one resident: as many as there are residents left when the near ones have their whole numbers.
        """
        numbers = self._first[zones + 1] - self._first[zones]
        starts = np.repeat(self._first[zones] - np.cumsum(numbers) + numbers, numbers)
        near = self._of_zone[starts + np.arange(len(starts))]
        attracted = self._attraction[near]
        weight = np.repeat(weights, numbers) * attracted
        others = len(self._strongest) - len(near)
        mass = float(weight.sum())
        if others:
            mass += beyond * max(0.0, self._of_all - float(attracted.sum()))
        left = min(others, n - int(np.floor(n * weight / mass).sum()))
        self._is_near[near] = True
        far = self._strongest[: len(near) + left]
        far = far[~self._is_near[far]]
        if len(far) and n * beyond * self._attraction[far[0]] >= mass:  # an isolated zone, most of whose GPs are far
            far = self._strongest[~self._is_near[self._strongest]]
        else:
            far = far[:left]
        self._is_near[near] = False
        gps = np.concatenate([near, far])
        order = np.argsort(gps)
        shares = largest_remainder(n, np.concatenate([weight, beyond * self._attraction[far]])[order], mass)
        return gps[order], shares
