"""Residents spread over GPs' lists by a gravity model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ess_sim import elementary
from ess_sim.inputs.territory.zones import Zones
from ess_sim.model import kernel as k
from ess_sim.model.residents.day0 import Start
from ess_sim.model.residents.rounding import Floats, Ints, largest_remainder
from ess_sim.streams import Streams

__all__ = ["gravity_lists"]


def gravity_lists(
    day0: Start, territory: Zones, gp_zones: Ints, gp_sizes: Floats, p: Mapping[str, float], streams: Streams
) -> Ints:
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
    placed = np.full(len(day0.zone), -1, dtype=np.int64)
    inside = (day0.state == k.LISTED) & ~day0.outside
    if len(gp_zones) == 0 or not inside.any():
        return placed
    n_zones = len(territory.zones)
    rows = np.bincount(day0.zone[inside], minlength=n_zones).astype(float)
    columns = np.asarray(gp_sizes, dtype=float) * rows.sum() / np.sum(gp_sizes)
    # beyond the travel cut-off a list can still be held, by few: the weight of twice the cut-off
    decay = p["distance_decay_minutes"]
    weights = np.full((n_zones, n_zones), elementary.exp(-2 * territory.cutoff_minutes / decay))
    origin = np.repeat(np.arange(n_zones), np.diff(territory.travel_indptr))
    weights[origin, territory.travel_indices] = elementary.exp(-np.asarray(territory.travel_minutes) / decay)
    matrix = weights[:, gp_zones]
    b = np.ones(len(gp_zones))
    for _ in range(30):
        # sums of numpy, not products of matrices: the order of those depends on the processor
        a = rows / np.maximum((matrix * b).sum(axis=1), 1e-300)
        b = columns / np.maximum((a[:, None] * matrix).sum(axis=0), 1e-300)
    order = np.flatnonzero(inside)  # sorted by zone
    rng = streams.of("start", "lists")
    first = 0
    for z in range(n_zones):
        n = int(rows[z])
        if n:
            shares = largest_remainder(n, matrix[z] * b)
            placed[rng.permutation(order[first : first + n])] = np.repeat(np.arange(len(gp_zones)), shares)
            first += n
    return placed
