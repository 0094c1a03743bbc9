"""The GPs of day 0, their lists and their room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ess_sim.errors import ScenarioError
from ess_sim.inputs.figures.figures import assumed_lines
from ess_sim.inputs.figures.gp_ages import AGES_OF_GPS, ages_of_territory, gp_ages
from ess_sim.inputs.figures.gps import StartGps, start_gps
from ess_sim.inputs.scenario.scenario import ResidentsStart, Scenario, Supply
from ess_sim.inputs.territory.territory import Territory
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


def day0_gps(
    world: World, start: StartGps, territory: Territory, first: int = 0
) -> tuple[list[Gp], NDArray[np.float64], list[str]]:
    """The list-holding GPs of day 0, the list sizes drawn for them (a gamma around each block's mean), and assumptions.

    ``first``: index of the territory's first zone.
    """
    p = world.parameters
    by_zone, block, figures = start
    ages_known = [f for f in ages_of_territory(territory, by_zone) if f.grade > "B"]
    assumed = assumed_lines(*figures, *(ages_known if by_zone.any() else ()))
    gps: list[Gp] = []
    factors: list[float] = []
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
            factor = rng.gamma(p["list_gamma_shape"]) / p["list_gamma_shape"]
            group = f"group-{territory.zones[z]}-{int(j / p['group_size'])}" if in_group else name
            gp = new_gp(world, name, first + z, world.calendar.start.year - age, woman, group, rng)
            gps.append(gp)
            factors.append(factor * gp.fte)
    sizes = np.array(factors)
    if gps:
        # a block's lists hold as many residents as live in it with an MT
        of_block = block[[g.zone - first for g in gps]]
        weight = np.asarray(territory.adults, dtype=float)
        for b in np.unique(of_block):
            inside = of_block == b
            if not sizes[inside].sum() > 0:  # a shape near 0 draws nothing but zeros: then all are alike
                sizes[inside] = 1.0
            sizes[inside] *= weight[block == b].sum() / sizes[inside].sum()
    return gps, sizes, assumed


def open_day0(world: World, day0: Start, rates: Hazards) -> None:
    """Puts residents on lists, gives every GP her target, and records who owns which list."""
    p = world.parameters
    gps, sizes, assumed = day0_gps(world, world.start_gps, world.territory)
    world.assumed += assumed
    own, halo = len(gps), world.territory.halo
    if halo is not None:
        around = start_gps(unstated(world.scenario), halo, p)
        more, their_sizes, assumed = day0_gps(world, around, halo, world.own_zones)
        world.assumed += [f"halo: {what}" for what in assumed]
        gps, sizes = gps + more, np.concatenate([sizes, their_sizes])
    zones = np.array([g.zone for g in gps], dtype=np.int64)
    centres, listed = _day0_centres(world)
    zones = np.append(zones, np.array([c.zone for c in centres], dtype=np.int64))
    sizes = np.append(sizes, _centre_sizes(listed, day0, float(sizes.sum())))
    on_list_of = gravity_lists(day0, world.territory.whole, zones, sizes, p, world.streams)
    lists = np.bincount(on_list_of[on_list_of >= 0], minlength=len(zones)).astype(float)[: len(gps)]
    here = _rooms(world, gps[:own], lists[:own], int(day0.adults[: world.own_zones].sum()))
    there = _rooms(world, gps[own:], lists[own:], int(day0.adults[world.own_zones :].sum()))
    rooms = np.concatenate([here, there])
    barrier = {sector2: financial_barrier(p, sector2) for sector2 in (False, True)}
    practices = []
    for gp, size, room in zip(gps, lists, rooms, strict=True):
        gp.base_target = float(round(size + room))
        practices.append(Practice(gp.zone, gp.base_target, gp.fte, financial_barrier=barrier[gp.sector2]))
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
    world.mean_list_per_fte = _mean_list_per_fte(world, gps[:own], lists[:own])
    if world.halo is not None:
        world.halo.mean_list_per_fte = _mean_list_per_fte(world, gps[own:], lists[own:])


def _rooms(world: World, gps: Sequence[Gp], lists: NDArray[np.float64], adults: int) -> NDArray[np.float64]:
    """Places above the list that each GP has on day 0, together the stated part of so many adults."""
    p = world.parameters
    rooms = np.zeros(len(gps))
    mean_list = max(1.0, lists.mean()) if gps else 1.0
    for i, gp in enumerate(gps):
        rng = world.streams.of("latent-room", gp.name)
        has_room = rng.random() < p["practices_with_room_share"]
        rooms[i] = rng.exponential() * (0.5 + 0.5 * lists[i] / mean_list) if has_room else 0.0
    if rooms.sum() > 0:
        rooms *= p["latent_room_to_adults"] * adults / rooms.sum()
    return rooms


def _mean_list_per_fte(world: World, gps: Sequence[Gp], lists: NDArray[np.float64]) -> float:
    fte = sum(g.fte for g in gps)
    return float(lists.sum() / fte) if lists.sum() else world.parameters["centre_list_per_fte"]


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
        world.begin(career(world, gp))
