"""Newcomers settle: in which zone, with which list."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ess_sim.clock import Phase
from ess_sim.model.behaviours.gps.careers import career
from ess_sim.model.behaviours.gps.practice import enter, financial_barrier, new_gp, settler
from ess_sim.model.residents.practice import Practice
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Gp, Newcomer
from ess_sim.model.world.world import World
from ess_sim.streams import Preferences, poisson_days

__all__ = ["begin_practice", "newcomer_target", "outside_arrivals", "settle"]


def outside_arrivals(world: World, per_year: float) -> Behaviour:
    """First installations from outside: a Poisson process whose times and persons are frozen across scenarios."""
    days = poisson_days(world.streams.of("outside-arrivals"), per_year, world.calendar.horizon)
    for n, day in enumerate(days, start=1):
        name = f"arrival-{n:04d}"
        yield world.at(day, Phase.SUPPLY, name)
        settle(world, name, origin="outside")


def settle(
    world: World,
    name: str,
    *,
    origin: str,
    trained_in: int = -1,
    birth_year: int | None = None,
    among: Sequence[int] | None = None,
    persuaded: bool = False,
) -> Gp | None:
    """A GP settles as a list-holder in the zone she likes best (utility plus her own Gumbel shock a zone).

    Returns None where she takes a vacant post in a centre instead, where no zone is open to her, or none that she would
    take instead of the one she wanted.

    Parameters
    ----------
    origin : str
        ``outside``, ``local`` (trained here) or ``diverted`` (trained here because a policy brought her).
    trained_in : int
        Index of the zone of her last semester here, −1 if none.
    among : sequence of int, optional
        The only zones in which she may settle, whatever is closed to others.
    persuaded : bool
        She would not have come without a policy.
    """
    rng = world.streams.of("settler", name)
    age, woman, factor, group_draw = settler(world, rng)
    likes = Preferences(_zone_utility(world, trained_in), world.streams.of("zone-taste", name))
    if birth_year is None:
        birth_year = world.year - age
    if world.offer_post is not None and world.offer_post(Newcomer(name, birth_year, woman, origin, likes, among)):
        return None
    zone = _chosen_zone(world, name, likes, among)
    if zone is None:
        return None
    gp = new_gp(world, name, zone, birth_year, woman, name, rng)
    gp.base_target = newcomer_target(world, gp, factor)
    begin_practice(world, gp, group_draw, origin)
    if world.on_settled:
        unbent = -1 if persuaded else likes.best(less=world.by_zone("settle_appeal"))
        for callback in world.on_settled:
            callback(gp, unbent)
    return gp


def newcomer_target(world: World, gp: Gp, factor: float) -> float:
    """Target of a newcomer, from what is usual in the département of her zone; ``factor``: her own."""
    usual = world.usual_capacity_in(gp.zone)
    return float(round(usual * world.parameters["newcomer_target_relative"] * gp.fte * factor))


def begin_practice(world: World, gp: Gp, group_draw: float, origin: str) -> None:
    """A newcomer opens her list: she succeeds to a GP of her zone who leaves, joins a group there, or is alone.

    Parameters
    ----------
    group_draw : float
        In [0, 1): which group, where there are several.
    """
    gps = world.gps_around(gp.zone)
    here = sorted(gps.leaving(gp.zone), key=lambda g: (g.leaves_on or 0, g.name))
    if here:  # her places are meant for the list to come
        gp.practice = here[0].practice
        for predecessor in _predecessors(world, gp, here):
            gps.reserve(predecessor, gp)
            world.note("succession_reserved", predecessor.name, gp.zone, other=gp.name)
    else:
        groups = gps.groups(gp.zone)
        if groups:
            gp.practice = groups[int(group_draw * len(groups))]
    p = world.parameters
    announced = not here and world.streams.of("announced", gp.name).random() < p["settlers_announced_share"]
    practice = Practice(
        gp.zone,
        gp.base_target,
        gp.fte,
        financial_barrier=financial_barrier(p, gp.sector2),
        openness=0.0 if here else 1.0,
        news_per_year=p["opening_news_rate_per_year"] if announced else 0.0,
    )
    enter(world, gp, world.residents.open(world.today, practice))
    gp.part_for_residents = world.part_for_residents
    world.apply_target(gp)
    world.note("gp_settled", gp.name, gp.zone, value=gp.base_target, detail=origin)
    world.begin(career(world, gp))


def _predecessors(world: World, gp: Gp, here: Sequence[Gp]) -> list[Gp]:
    """Whom a newcomer succeeds to: the first who leaves, and those after her whose lists she has places for, too."""
    world.residents.advance(world.today)
    places = gp.base_target
    found: list[Gp] = []
    for leaver in here:
        places -= world.residents.list_size(leaver.slot)
        if found and places < 0.0:
            break
        found.append(leaver)
    return found


def _chosen_zone(world: World, name: str, likes: Preferences, among: Sequence[int] | None) -> int | None:
    """The best zone of those open to a newcomer; None if she gives up, as some do who are sent elsewhere."""
    if among is not None:
        return max(among, key=likes.__getitem__)
    wanted = likes.best()
    if not world.closed_below:
        return wanted
    closed = world.residents.share_without_mt(world.today) < max(world.closed_below.values())
    closed[world.gps.zones_of_leaving()] = False  # who takes over a practice may settle anywhere
    if not closed[wanted]:
        return wanted
    instead = likes.best(~closed)
    possible = not closed[instead] and math.isfinite(likes[instead])
    draw = world.streams.of("redirected", name).random()
    if possible and draw < world.parameters["redirected_settle_share"]:
        world.note("newcomer_redirected", name, instead, other=world.territory.zones[wanted])
        return instead
    world.note("newcomer_turned_away", name, wanted, detail="zone closed" if possible else "every zone closed")
    return None


def _zone_utility(world: World, trained_in: int) -> NDArray[np.float64]:
    """What a newcomer sees in each zone, before her own taste; −inf where no adult lives."""
    p = world.parameters
    utility = world.residents.share_without_mt(world.today)
    utility *= p["zone_choice_shortage"]
    utility += p["zone_choice_adults"] * world.log_adults
    leaving = world.gps.zones_of_leaving()
    if len(leaving):
        utility[leaving] += p["zone_choice_succession"]  # once a zone, however many leave
    if trained_in >= 0:
        utility[trained_in] += p["zone_choice_training"]
    utility += world.by_zone("settle_appeal")
    return utility
