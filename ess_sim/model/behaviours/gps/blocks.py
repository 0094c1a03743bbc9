"""Blocks of zones whose GPs hold the residents who live in them, and whether these are more than they would hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ess_sim.inputs.figures.gps import StartGps
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.behaviours.gps.capacity import fill_of_lists
from ess_sim.model.policies.words import Words

__all__ = ["blocks_of", "residents_of_blocks", "strains"]


def blocks_of(start: StartGps, territory: Territory) -> NDArray[np.int64]:
    """Number of each zone's block: the scenario's; zones that none names, by département."""
    places = sorted(set(territory.departements))
    apart = np.array([places.index(d) for d in territory.departements], dtype=np.int64)
    return np.where(start.block == start.blocks, start.blocks + apart, start.block)


def residents_of_blocks(listed: NDArray[np.float64], start: StartGps, territory: Territory) -> dict[int, float]:
    """Residents whom the GPs of each block hold on day 0, by its number.

    Those of blocks without GPs are shared out over the others in proportion.

    Parameters
    ----------
    listed : float array, shape (zones,)
        Adults with an MT in the territory, those on lists of centres taken off.
    """
    blocks = blocks_of(start, territory)
    staffed = [int(b) for b in np.unique(blocks) if start.by_zone[blocks == b].any()]
    found = {b: float(listed[blocks == b].sum()) for b in staffed}
    held = sum(found.values())
    return {b: residents * float(listed.sum()) / held if held else 0.0 for b, residents in found.items()}


def strains(listed: NDArray[np.float64], start: StartGps, territory: Territory, p: Mapping[str, float]) -> list[Words]:
    """Where lists of day 0 are longer than GPs would hold, a line each, the same in every replication."""
    blocks = blocks_of(start, territory)
    fte_each = 1.0 - p["gps_women_share"] * (1.0 - p["women_fte"])
    found = []
    for b, residents in residents_of_blocks(listed, start, territory).items():
        inside = blocks == b
        too_much = round(100 * (fill_of_lists(p, residents / (fte_each * int(start.by_zone[inside].sum()))) - 1.0))
        if too_much >= 1:
            zones = int(inside.sum())
            largest = territory.zone_names[int(np.argmax(np.where(inside, territory.adults, -1)))]
            found.append(
                Words(
                    f"lists of day 0 are {too_much} % longer than the GPs there would hold (list_fill, "
                    f"capacity_elasticity; {zones} zone{'s'[: zones > 1]}, {largest} the largest): they accept no one until "
                    "their lists have shrunk, grade D",
                    f"au premier jour, les patientèles dépassent de {too_much} % ce que les médecins y prendraient "
                    f"(list_fill, capacity_elasticity\u00a0; {zones} zone{'s'[: zones > 1]}, dont {largest})\u00a0: ils "
                    "n'acceptent personne avant qu'elles aient diminué, note D",
                )
            )
    return found
