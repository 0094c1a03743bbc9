"""List-holding GPs of day 0 by zone: what the scenario's blocks say, elsewhere what the data say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.catalogue.gp_counts import MILLION
from ess_sim.inputs.catalogue.gp_tables import known_departements
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.figures.estimates import Estimate, estimate, spread
from ess_sim.inputs.scenario.blocks import zones_of_blocks
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.ages import IntArray
from ess_sim.inputs.territory.territory import Territory
from ess_sim.inputs.territory.zones import Zones

__all__ = ["GPS", "StartGps", "estimates_of", "known_zones", "start_gps"]


GPS = "supply.list_holding_gps"


class StartGps(NamedTuple):
    """List-holding GPs on day 0.

    Attributes
    ----------
    by_zone : int array, shape (zones,)
    block : int array, shape (zones,)
        The scenario's block that speaks of the zone; the number of blocks where none does.
    figures : tuple of Figure
        One a block, then what the data say of all other zones: known communes, and zones without a commune.
    blocks : int
        How many the scenario has.
    """

    by_zone: IntArray
    block: IntArray
    figures: tuple[Figure, ...]
    blocks: int

    @property
    def total(self) -> int:
        """All of them."""
        return int(self.by_zone.sum())


def estimates_of(scenario: Scenario, territory: Zones) -> dict[str, Estimate]:
    """What the data say of each known département of the territory in the scenario's start year, by code."""
    here = known_departements().intersection(territory.departements)
    return {d: estimate(d, scenario.start.year) for d in sorted(here)}


def known_zones(scenario: Scenario, territory: Zones) -> NDArray[np.bool_]:
    """Zones whose GPs the data know, shape (zones,): communes, and parts of one; not zones of one's own."""
    estimates = estimates_of(scenario, territory)
    cut = {part.zone: part.of for part in territory.parts}
    pairs = zip(territory.zones, territory.departements, strict=True)
    return np.array([d in estimates and cut.get(z, z) in estimates[d].by_commune for z, d in pairs], dtype=bool)


def start_gps(scenario: Scenario, territory: Territory, p: Mapping[str, float]) -> StartGps:
    """List-holding GPs of each zone on day 0 (docs/model.md, 3).

    Parameters
    ----------
    scenario : Scenario
        Its blocks must be in order. The GPs of a block stand where the data say that GPs are, else where adults are.
    territory : Territory
    p : mapping of str to float
        The run's parameters: `list_holders_per_100000` is read where zones are no communes.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.parameters import Parameters
    >>> laval = Territory.from_epci("200083392")
    >>> scenario = Scenario(name="a", start="2024-01-01", horizon_years=1, territory={"epci": "200083392"})
    >>> start_gps(scenario, laval, Parameters()).total
    63
    """
    adults = np.asarray(territory.adults, dtype=np.int64)
    blocks = scenario.supply.list_holding_gps or ()
    index = zones_of_blocks(blocks, territory.zones)
    whole, parts = _known(scenario, territory)
    residents = np.asarray(territory.population, dtype=np.int64).sum(axis=1)
    known = whole >= 0
    out = np.zeros(len(adults), dtype=np.int64)
    figures = []
    for i, block in enumerate(blocks):
        inside = index == i
        figures.append(Figure(GPS, block.total, "GPs", block.source, block.grade, given=True))
        if block.counts is not None:
            out[inside] = [block.counts.get(territory.zones[z], 0) for z in np.flatnonzero(inside).tolist()]
            continue
        weights = adults
        if (known & inside).any():
            weights = parts
            if (strangers := inside & ~known).any():
                density = p["list_holders_per_100000"]
                weights = np.where(strangers, np.floor(density * residents * (MILLION / 1e5)).astype(np.int64), parts)
        if not weights[inside].any():
            weights = adults
        out[inside] = spread(block.total, weights[inside], adults[inside])
    rest = index == -1
    if (here := rest & known).any():
        out[here] = whole[here]
        figures.append(_of_communes(scenario, territory, out, here))
    if (here := rest & ~known).any():
        of = catalogue()["list_holders_per_100000"]
        n = round(p[of.name] * int(residents[here].sum()) / 1e5)
        out[here] = spread(n, adults[here], adults[here])
        rule = f"{p[of.name]:g} per 100,000 residents of {int(here.sum())} zones, national density"
        figures.append(Figure(GPS, int(out[here].sum()), "GPs", f"{rule}: {of.source}", "D"))
    return StartGps(out, np.where(rest, len(blocks), index), tuple(figures), len(blocks))


def _known(scenario: Scenario, territory: Territory) -> tuple[IntArray, IntArray]:
    """GPs of each zone that is a commune or a part of one, whole and in millionths; −1 where the data say nothing."""
    estimates = estimates_of(scenario, territory)
    known = known_zones(scenario, territory)
    cut = {part.zone: part for part in territory.parts}
    whole = np.full(len(territory.zones), -1, dtype=np.int64)
    parts = np.full(len(territory.zones), -1, dtype=np.int64)
    for row, (zone, departement, adults) in enumerate(
        zip(territory.zones, territory.departements, territory.adults.tolist(), strict=True)
    ):
        if not known[row]:
            continue
        commune = cut[zone].of if zone in cut else zone
        of = estimates[departement]
        if not adults:  # GPs have their lists where someone lives
            whole[row] = parts[row] = 0
        elif zone in cut:
            siblings = [part for part in territory.parts if part.of == commune]
            weights = np.array([part.adults for part in siblings], dtype=np.int64)
            place = [part.zone for part in siblings].index(zone)
            whole[row] = spread(of.by_commune[commune], weights, weights)[place]
            parts[row] = of.parts[commune] * int(weights[place]) // max(1, int(weights.sum()))
        else:
            whole[row], parts[row] = of.by_commune[commune], of.parts[commune]
    return whole, parts


def _of_communes(scenario: Scenario, territory: Territory, gps: IntArray, here: np.ndarray) -> Figure:
    """The GPs of the communes that no block names: official where they are all of their départements' GPs."""
    estimates = estimates_of(scenario, territory)
    named = sorted({d for d, inside in zip(territory.departements, here.tolist(), strict=True) if inside})
    n = int(gps[here].sum())
    all_of_them = n == sum(estimates[d].total for d in named)
    grade = max(estimates[d].grade for d in named) if all_of_them else "C"
    rules = sorted({estimates[d].rule for d in named})
    how = "" if all_of_them else ", its communes' part by INSEE's base of facilities"
    whose = f"département {named[0]}" if len(named) == 1 else f"{len(named)} départements"
    rule = rules[0] if len(rules) == 1 else f"{rules[0]}, others alike"
    source = "Cnam, data ameli 2024; DREES, RPPS; INSEE, BPE about 2018"
    return Figure(GPS, n, "GPs", f"{rule} of {whose}{how}: {source}", grade)
