"""GPs settle around the territory, where no policy acts."""

from __future__ import annotations

from ess_sim.clock import Phase
from ess_sim.model.behaviours.gps.practice import new_gp, settler
from ess_sim.model.behaviours.gps.settling import begin_practice, newcomer_target
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.halo import Halo
from ess_sim.model.world.world import World
from ess_sim.streams import Preferences, poisson_days

__all__ = ["halo_arrivals"]


def halo_arrivals(world: World, halo: Halo, per_year: float) -> Behaviour:
    """First installations in the halo, those of interns who trained there included: a frozen Poisson process."""
    days = poisson_days(world.streams.of("outside-arrivals", "halo"), per_year, world.calendar.horizon)
    for n, day in enumerate(days, start=1):
        name = f"halo-arrival-{n:04d}"
        yield world.at(day, Phase.SUPPLY, name)
        _settle(world, halo, name)


def _settle(world: World, halo: Halo, name: str) -> None:
    """A newcomer settles in the halo's zone that she likes best: as `settle` in the territory, without its policies."""
    p = world.parameters
    rng = world.streams.of("settler", name)
    age, woman, factor, group_draw = settler(world, rng)
    utility = p["zone_choice_adults"] * halo.log_adults
    utility += p["zone_choice_shortage"] * world.residents.share_around(world.today)
    leaving = halo.gps.zones_of_leaving()
    if len(leaving):
        utility[leaving - world.own_zones] += p["zone_choice_succession"]
    zone = world.own_zones + Preferences(utility, world.streams.of("zone-taste", name)).best()
    gp = new_gp(world, name, zone, world.year - age, woman, name, rng)
    gp.base_target = newcomer_target(world, gp, factor)
    begin_practice(world, gp, group_draw, "outside")
