"""Who takes over the list of a GP on her last day: an heir, her successor, colleagues nearby."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import groupby

import numpy as np

from ess_sim.model.world.records import Gp
from ess_sim.model.world.world import World
from ess_sim.streams import stable_rank

__all__ = ["hand_over_list"]


def hand_over_list(world: World, gp: Gp) -> int:
    """Hands a leaving GP's list over, as far as anyone takes it; returns how many residents pass on.

    She is no longer among the territory's GPs, and what is left of her list has yet to be released.
    """
    p = world.parameters
    excess = 1.0 + p["handover_excess"]
    taken = _to_heir(world, gp, excess)
    successor = gp.successor
    if successor is not None and successor.leaves_on is None:
        if not successor.predecessors:  # nor does anyone else leave to her
            world.residents.adjust(world.today, successor.slot, openness=1.0)
        # whatever her target: a list stays together, and shrinks to it in time
        taken += _pass_on(world, gp, p["successor_handover_share"], [(successor, math.inf)])
    colleagues = (g for g in _colleagues(world, gp) if g is not successor and g.leaves_on is None)
    limits = ((g, world.residents.target(g.slot) * excess) for g in colleagues)
    return taken + _pass_on(world, gp, p["handover_share"], limits)


def _pass_on(world: World, gp: Gp, share: float, takers: Iterable[tuple[Gp, float]]) -> int:
    """Hands a share of her list over to the takers, who are looked for only as long as residents are left."""
    asked: list[Gp] = []

    def slots() -> Iterator[tuple[int, float]]:
        for taker, limit in takers:
            asked.append(taker)
            yield taker.slot, limit

    intended, realised = world.residents.hand_over(world.today, gp.slot, share, slots())
    for taker, n in zip(asked, realised, strict=False):
        if n:
            world.note("list_handed_over", gp.name, gp.zone, other=taker.name, residents=n, value=float(intended))
    return sum(realised)


def _colleagues(world: World, gp: Gp) -> Iterator[Gp]:
    """Her partners by name, then the other GPs within reach, the nearest first."""
    gps = world.gps_around(gp.zone)
    yield from sorted(gps.in_practice(gp.zone, gp.practice), key=lambda g: g.name)
    if gp.zone not in world.near:
        world.near[gp.zone] = _near(world, gp.zone)
    for same in world.near[gp.zone]:
        others = [g for zone in same for g in gps.in_zone(zone) if g.practice != gp.practice]
        yield from sorted(others, key=lambda g: stable_rank(f"{gp.name}/{g.name}"))


def _near(world: World, zone: int) -> list[list[int]]:
    """Zones from which a list is taken over, the nearest first, those that are equally near together."""
    territory, reach = world.territory.whole, world.parameters["absorption_minutes"]
    row = slice(territory.travel_indptr[zone], territory.travel_indptr[zone + 1])
    within = territory.travel_minutes[row] <= reach
    zones, minutes = territory.travel_indices[row][within], territory.travel_minutes[row][within]
    order = np.argsort(minutes, kind="stable")
    near = zip(minutes[order].tolist(), zones[order].tolist(), strict=True)
    return [[other for _, other in same] for _, same in groupby(near, key=lambda pair: pair[0])]


def _to_heir(world: World, gp: Gp, excess: float) -> int:
    """A planned hand-over: the list passes to a centre, as far as it has room; returns how many."""
    if gp.heir is None:
        return 0
    centre, residents = gp.heir, world.residents
    # a centre that has closed, or no doctor yet, takes no residents
    takers = [] if centre.closed or centre.slot < 0 else [(centre.slot, residents.target(centre.slot) * excess)]
    intended, realised = residents.hand_over(world.today, gp.slot, 1.0, takers)
    taken = sum(realised)
    world.note("list_handed_over", gp.name, gp.zone, other=centre.name, residents=taken, value=float(intended))
    return taken
