"""Blocks of zones whose GPs hold the residents who live in them, and whether these are more than they would hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ess_sim.inputs.figures.balanced_shares import fte_each, listed_in_france, usual_lists
from ess_sim.inputs.figures.gps import StartGps
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.behaviours.gps.capacity import fill_of_lists

__all__ = ["Strain", "blocks_of", "residents_of_blocks", "strains", "usual_by_zone", "usual_in_blocks"]


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


def usual_by_zone(scenario: Scenario, territory: Territory, p: Mapping[str, float]) -> NDArray[np.float64]:
    """Adults on lists per FTE that are usual in each zone's département; in France where it is unknown."""
    usual = usual_lists(scenario.start.year, p)
    return np.array([usual.get(d, listed_in_france(p)) for d in territory.departements])


def usual_in_blocks(
    scenario: Scenario, start: StartGps, territory: Territory, p: Mapping[str, float]
) -> dict[int, float]:
    """Adults on lists per FTE that are usual around the GPs of each block, by its number; in France where unknown."""
    blocks, by_zone = blocks_of(start, territory), usual_by_zone(scenario, territory, p)
    adults = np.asarray(territory.adults, dtype=float)
    return {
        int(b): float((by_zone * adults)[blocks == b].sum() / max(1.0, adults[blocks == b].sum()))
        for b in np.unique(blocks)
    }


class Strain(NamedTuple):
    """A block whose lists of day 0 are longer than its GPs would hold.

    Attributes
    ----------
    percent : int
        By how much, in expectation.
    zones : int
    largest : str
        Name of the zone with most adults.
    """

    percent: int
    zones: int
    largest: str

    @property
    def line(self) -> str:
        """As results say it."""
        return (
            f"lists of day 0 are {self.percent} % longer than the GPs would hold in {self.largest}"
            f"{' and around' if self.zones > 1 else ''} (list_fill, capacity_elasticity): full practices "
            "there take hardly anyone until lists have shrunk, young practices still do, grade D"
        )


def strains(
    scenario: Scenario, listed: NDArray[np.float64], start: StartGps, territory: Territory, p: Mapping[str, float]
) -> list[Strain]:
    """Where lists of day 0 are longer than GPs would hold, the same in every replication.

    ``listed`` as in `residents_of_blocks`.
    """
    blocks = blocks_of(start, territory)
    usual = usual_in_blocks(scenario, start, territory, p)
    found = []
    for b, residents in residents_of_blocks(listed, start, territory).items():
        inside = blocks == b
        fill = fill_of_lists(p, residents / (fte_each(p) * int(start.by_zone[inside].sum())), usual[b])
        if (percent := round(100 * (fill - 1.0))) >= 1:
            largest = int(np.argmax(np.where(inside, territory.adults, -1)))
            found.append(Strain(percent, int(inside.sum()), territory.zone_names[largest]))
    return found
