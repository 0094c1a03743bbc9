"""Residents of other places on the territory's lists: as many as its residents have an MT outside."""

from __future__ import annotations

from ess_sim.clock import Phase
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

__all__ = ["make_room_for_elsewhere"]


def make_room_for_elsewhere(world: World) -> Behaviour:
    """Month by month the part of GPs' places that is left for residents (docs/model.md, 4).

    A GP's target follows at her yearly review: all targets cut on one day would make refusals a sawtooth.
    """
    listed_then, outside_then = _shares(world)
    left_then = listed_then - outside_then
    for day in world.calendar.record_days:
        yield world.at(day, Phase.SUPPLY, "patients-from-elsewhere")
        world.residents.advance(day)
        if left_then <= 0.0:
            continue
        part = max(0.0, listed_then - _shares(world)[1]) / left_then
        world.part_for_residents = 1.0 + world.parameters["elsewhere_follows_share"] * (part - 1.0)


def _shares(world: World) -> tuple[float, float]:
    """Shares of the territory's adults with an MT, and with one outside."""
    liberal, centres, outside, without = world.residents.by_mt()
    listed = liberal + centres + outside
    return listed / max(1, listed + without), outside / max(1, listed + without)
