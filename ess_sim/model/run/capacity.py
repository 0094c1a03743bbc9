"""How far lists fill what GPs would hold on day 0, in expectation and before anything is drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from ess_sim.inputs.figures.balanced_shares import adults_per_gp, fte_each, listed_in_france
from ess_sim.inputs.figures.gps import StartGps
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.behaviours.gps.blocks import Strain, blocks_of, residents_of_blocks, strains, usual_in_blocks
from ess_sim.model.behaviours.gps.capacity import fill_of_lists
from ess_sim.model.policies.words import Words
from ess_sim.model.residents.day0 import adults_and_without

__all__ = ["Capacity", "capacity_of", "strain_words"]


class Capacity(NamedTuple):
    """Lists of day 0 and what GPs would hold.

    Attributes
    ----------
    mean_list : float
        Adults of the territory on a GP's list; NaN where no GP has one. Those whose MT is elsewhere are left out.
    mean_list_in_france : float
    fill : float
        Part of capacity that lists fill; NaN where no GP has one.
    fill_in_france : float
    adults_per_gp_in_france : float
        On 1 January of the start year.
    strains : tuple of Strain
        Blocks whose lists are longer than their GPs would hold.
    """

    mean_list: float
    mean_list_in_france: float
    fill: float
    fill_in_france: float
    adults_per_gp_in_france: float
    strains: tuple[Strain, ...]


def capacity_of(scenario: Scenario, territory: Territory, p: Mapping[str, float], start: StartGps) -> Capacity:
    """Lists and capacity of the territory's GPs."""
    adults, without = adults_and_without(scenario, territory, p)
    listed = (adults - without).astype(float) * (1.0 - p["nominal_mt_share"])
    of_centres = sum(centre.listed for centre in scenario.supply.centres or ())
    on_lists = float(listed.sum())
    listed = listed * (max(0.0, on_lists - of_centres) / max(1.0, on_lists))
    of_block, usual = residents_of_blocks(listed, start, territory), usual_in_blocks(scenario, start, territory, p)
    blocks, each = blocks_of(start, territory), fte_each(p)
    held = capacity = 0.0
    for b, residents in of_block.items():
        per_fte = residents / (each * int(start.by_zone[blocks == b].sum()))
        held += residents
        capacity += residents / fill_of_lists(p, per_fte, usual[b])
    return Capacity(
        held / start.total if start.total else math.nan,
        listed_in_france(p) * each,
        held / capacity if capacity else math.nan,
        p["list_fill"],
        adults_per_gp(scenario.start.year),
        tuple(strains(scenario, listed, start, territory, p)),
    )


def strain_words(strain: Strain) -> Words:
    """Where lists are longer than GPs would hold, and what follows."""
    return Words(
        strain.line.removesuffix(", grade D"),
        f"au premier jour, les patientèles dépassent de {strain.percent} % ce que prendraient les médecins à "
        f"{strain.largest}{' et autour' if strain.zones > 1 else ''} (list_fill, capacity_elasticity)\u00a0: les "
        "cabinets pleins n'y prennent presque personne avant que les patientèles aient diminué, les jeunes cabinets "
        "toujours",
    )
