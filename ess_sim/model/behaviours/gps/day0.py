"""The GPs of day 0, their lists and their room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.errors import ScenarioError
from ess_sim.inputs.figures.defaults import first_installations
from ess_sim.inputs.figures.figures import assumed_lines
from ess_sim.inputs.figures.gp_ages import AGES_OF_GPS, ages_of_territory, gp_ages
from ess_sim.inputs.figures.gps import StartGps, start_gps
from ess_sim.inputs.scenario.scenario import ResidentsStart, Scenario, Supply
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.behaviours.gps.blocks import blocks_of, residents_of_blocks, strains, usual_by_zone, usual_in_blocks
from ess_sim.model.behaviours.gps.capacity import capacity_per_fte
from ess_sim.model.behaviours.gps.careers import career
from ess_sim.model.behaviours.gps.practice import enter, financial_barrier, new_gp
from ess_sim.model.kernel.codes import LISTED
from ess_sim.model.residents.day0 import Start
from ess_sim.model.residents.gravity import gravity_lists
from ess_sim.model.residents.practice import Practice
from ess_sim.model.residents.rates import Hazards
from ess_sim.model.residents.residents import Residents
from ess_sim.model.world.records import Centre, Gp
from ess_sim.model.world.world import World

__all__ = ["day0_names", "lists_problem", "open_day0", "start_careers", "unstated"]


def unstated(scenario: Scenario) -> Scenario:
    """The scenario of a halo: the same dates and parameters, and nothing said of supply and residents."""
    return scenario.with_(supply=Supply(), residents=ResidentsStart(), policies=())


def _day0_name(zone: str, j: int) -> str:
    return f"gp-{zone}-{j + 1:03d}"


def day0_names(scenario: Scenario, territory: Territory, p: Mapping[str, float]) -> list[str]:
    """Names of the list-holding GPs of day 0, the same in every replication, by zone."""
    by_zone = start_gps(scenario, territory, p).by_zone
    return [_day0_name(zone, j) for zone, n in zip(territory.zones, by_zone, strict=True) for j in range(n)]


class _Drawn(NamedTuple):
    """The GPs of day 0 as drawn, before lists and targets follow from the residents of their blocks.

    Attributes
    ----------
    gps : list of Gp
    hold : float array, shape (GPs,)
        FTE × γ: what she would hold, in units of her block's capacity per FTE.
    filled : float array, shape (GPs,)
        Part of it that is there already: below 1 for GPs who settled lately.
    block : int array, shape (GPs,)
        GPs of one number share the residents of their zones.
    assumed : list of str
    """

    gps: list[Gp]
    hold: NDArray[np.float64]
    filled: NDArray[np.float64]
    block: NDArray[np.int64]
    assumed: list[str]


def _draw_gps(world: World, start: StartGps, territory: Territory, entries: float, first: int = 0) -> _Drawn:
    """The list-holding GPs of day 0.

    Parameters
    ----------
    entries : float
        First installations a year and list-holder.
    first : int
        Index of the territory's first zone.
    """
    p = world.parameters
    by_zone = start.by_zone
    blocks = blocks_of(start, territory)
    ages_known = [f for f in ages_of_territory(territory, by_zone) if f.grade > "B"]
    assumed = assumed_lines(*start.figures, *(ages_known if by_zone.any() else ()))
    gps: list[Gp] = []
    hold: list[float] = []
    for z, n in enumerate(by_zone):
        if n == 0:
            continue
        cumulative = np.cumsum(gp_ages(territory.departements[z]))
        for j in range(int(n)):
            name = _day0_name(territory.zones[z], j)
            rng = world.streams.of("gp", name)
            age = int(AGES_OF_GPS[cumulative.searchsorted(rng.random())])
            woman = bool(rng.random() < p["gps_women_share"])
            in_group = rng.random() < p["group_practice_share"]
            gamma = rng.gamma(p["list_gamma_shape"]) / p["list_gamma_shape"]
            group = f"group-{territory.zones[z]}-{int(j / p['group_size'])}" if in_group else name
            gp = new_gp(world, name, first + z, world.calendar.start.year - age, woman, group, rng)
            gps.append(gp)
            hold.append(gamma * gp.fte)
    block = blocks[[gp.zone - first for gp in gps]] if gps else np.zeros(0, dtype=np.int64)
    return _Drawn(gps, np.array(hold), _filled(world, gps, block, entries), block, assumed)


_YOUNG = 45
"""Up to this age a GP of day 0 may have settled lately."""


def _filled(world: World, gps: Sequence[Gp], block: NDArray[np.int64], entries: float) -> NDArray[np.float64]:
    """Part of each list that is there: as many as settle while a list fills have one that is filling."""
    filled = np.ones(len(gps))
    year = world.calendar.start.year
    young = np.array([year - gp.birth_year <= _YOUNG for gp in gps], dtype=bool)
    everyone, young_ones = np.bincount(block), np.bincount(block[young])
    for i in np.flatnonzero(young).tolist():
        chance = entries * world.parameters["filling_years"] * everyone[block[i]] / young_ones[block[i]]
        rng = world.streams.of("settled-lately", gps[i].name)
        if rng.random() < chance:
            filled[i] = rng.random()
            gps[i].settled_on = -round(filled[i] * world.parameters["filling_years"] * DAYS_PER_YEAR)
    return filled


def _sizes(
    world: World, drawn: _Drawn, listed: NDArray[np.float64], territory: Territory, start: StartGps
) -> NDArray[np.float64]:
    """Sets every GP's target, her capacity; returns the sizes of the lists.

    ``listed``: adults with an MT in the territory by zone, those on lists of centres taken off.
    """
    p = world.parameters
    of_block = residents_of_blocks(listed, start, territory)
    usual = usual_in_blocks(world.scenario, start, territory, p)
    fte = np.array([gp.fte for gp in drawn.gps])
    sizes = np.zeros(len(drawn.gps))
    for b, residents in of_block.items():
        inside = drawn.block == b
        doctors = float(fte[inside].sum())
        hold = drawn.hold[inside]
        if not hold.sum() > 0:  # a shape near 0 draws nothing but zeros: then all are alike
            hold = fte[inside]
        # γ of mean 1 within the block: of a few GPs it would be far from it, and their lists too long or half empty
        hold = hold * (doctors / hold.sum())
        per_fte = capacity_per_fte(p, residents / doctors, usual[b])
        for gp, size in zip((gp for gp, here in zip(drawn.gps, inside, strict=True) if here), hold, strict=True):
            gp.base_target = float(round(per_fte * size))
        # a block's lists hold as many residents as live in it with an MT
        weights = hold * drawn.filled[inside]
        if not weights.sum() > 0:
            weights = hold
        sizes[inside] = weights * (residents / weights.sum())
    return sizes


def _usual_capacity(world: World, territory: Territory) -> NDArray[np.float64]:
    """Capacity per FTE that is usual in each zone's département: what newcomers measure their target by."""
    p = world.parameters
    usual, of_zone = np.unique(usual_by_zone(world.scenario, territory, p), return_inverse=True)
    return np.array([capacity_per_fte(p, listed, listed) for listed in usual.tolist()])[of_zone]


def open_day0(world: World, day0: Start, rates: Hazards) -> None:
    """Puts residents on lists, gives every GP her target, and records who owns which list."""
    p = world.parameters
    inside = (day0.state == LISTED) & ~day0.outside
    listed = np.bincount(day0.zone[inside], minlength=len(day0.adults)).astype(float)
    centres, of_centres = _day0_centres(world)
    of_gps = int(inside.sum()) - sum(of_centres)
    listed *= max(0, of_gps) / max(1, int(inside.sum()))
    own_zones = world.own_zones
    entries = first_installations(world.scenario, p, world.start_gps.total).value
    drawn = _draw_gps(world, world.start_gps, world.territory, entries / max(1, world.start_gps.total))
    world.assumed += drawn.assumed
    world.assumed += [
        strain.line for strain in strains(world.scenario, listed[:own_zones], world.start_gps, world.territory, p)
    ]
    sizes = _sizes(world, drawn, listed[:own_zones], world.territory, world.start_gps)
    world.usual_capacity = _usual_capacity(world, world.territory)
    gps, halo = drawn.gps, world.territory.halo
    if halo is not None and world.halo is not None:
        around = start_gps(unstated(world.scenario), halo, p)
        beyond = _draw_gps(world, around, halo, p["entries_per_list_holder"], own_zones)
        world.assumed += [f"halo: {what}" for what in beyond.assumed]
        theirs = _sizes(world, beyond, listed[own_zones:], halo, around)
        world.halo.usual_capacity = _usual_capacity(world, halo)
        gps, sizes = gps + beyond.gps, np.concatenate([sizes, theirs])
    zones = np.array([g.zone for g in gps] + [c.zone for c in centres], dtype=np.int64)
    sizes = np.append(sizes, _centre_sizes(of_centres, day0, float(sizes.sum())))
    on_list_of = gravity_lists(day0, world.territory.whole, zones, sizes, p, world.streams)
    barrier = {sector2: financial_barrier(p, sector2) for sector2 in (False, True)}
    practices = [Practice(gp.zone, gp.base_target, gp.fte, financial_barrier=barrier[gp.sector2]) for gp in gps]
    for centre in centres:  # its target follows, as soon as its staff is in place
        fte = centre.spec.posts.doctors_fte
        practices.append(Practice(centre.zone, 0.0, fte, centre=True, only_without_mt=centre.spec.only_without_mt))
    world.residents = Residents(
        world.territory.whole,
        world.calendar,
        p,
        rates,
        world.rates_everywhere,
        day0,
        practices,
        on_list_of,
        world.streams,
        world.own_zones,
    )
    for slot, gp in enumerate(gps):
        enter(world, gp, slot)
        world.note("gp_present", gp.name, gp.zone, residents=world.residents.list_size(slot), value=gp.base_target)
    for slot, centre in enumerate(centres, start=len(gps)):
        centre.slot = slot
        world.centres[centre.name] = centre
        world.own(slot, centre.name, centre.zone, centre=True)


def _day0_centres(world: World) -> tuple[list[Centre], list[int]]:
    """Centres that are there on day 0, and the adults on their lists, in an order that no file's order changes."""
    specs = sorted(world.scenario.supply.centres or [], key=lambda spec: spec.model_dump_json())
    names = [world.unique_name(spec.name or f"centre-{spec.zone}") for spec in specs]
    centres = [Centre(n, world.territory.zone_index(s.zone), s) for n, s in zip(names, specs, strict=True)]
    return centres, [spec.listed for spec in specs]


def lists_problem(listed: Sequence[int], inside: int, *, without_gps: bool) -> str:
    """Why centres cannot have so many of the ``inside`` adults with an MT in the territory; '' where they can."""
    held = sum(listed)
    if held > inside or (held == inside and listed and not without_gps):
        left = "" if held > inside else ", and the GPs need some"
        return f"{held} adults on lists of centres, but only {inside} have an MT in the territory{left}"
    if listed and without_gps and held < inside:
        return (
            f"there is no list-holding GP, so the centres' lists must hold all {inside} adults who have an MT in the "
            f"territory, not {held}"
        )
    return ""


def _centre_sizes(listed: Sequence[int], day0: Start, of_gps: float) -> list[float]:
    """Sizes of the centres' lists on the scale of the GPs', so that each centre gets what the scenario says."""
    inside = int(((day0.state == LISTED) & ~day0.outside).sum())
    wrong = lists_problem(listed, inside, without_gps=not of_gps)
    if wrong:
        raise ScenarioError(f"supply.centres: {wrong}")
    return [n * of_gps / (inside - sum(listed)) if of_gps else float(n) for n in listed]


def start_careers(world: World) -> None:
    """Starts the career of everyone in practice on day 0."""
    for gp in [*world.gps.values(), *(world.halo.gps.values() if world.halo is not None else ())]:
        world.begin(career(world, gp, on_day0=True))
