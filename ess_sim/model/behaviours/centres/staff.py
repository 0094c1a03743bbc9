"""A centre fills its posts: retired GPs' sessions, salaried GPs, volunteers."""

from __future__ import annotations

from datetime import date

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.model.behaviours.centres.lists import refresh_centre
from ess_sim.model.behaviours.centres.retired import end_sessions, settle_sessions
from ess_sim.model.behaviours.centres.salaried import (
    last_day_in_post,
    settle_salaried,
    take_newcomer,
)
from ess_sim.model.world.claims import Claim
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre, Newcomer, Retiree, SalariedGp
from ess_sim.model.world.world import World

__all__ = ["employment", "offer_post", "recruit", "volunteer"]


def recruit(world: World, centre: Centre) -> Behaviour:
    """Claims retired GPs and GPs in other work, today and on the first of each month with a vacant post."""
    posts = centre.spec.posts
    if not posts.retired_gps.count + posts.salaried_gps.count:
        return
    for day in world.first_of_months():
        claims = [Claim(centre, kind) for kind in ("sessions", "salaried") if centre.vacant(kind)]
        if claims:
            world.claims += claims
            yield world.at(world.today, Phase.CLAIMS, f"{centre.name}/hiring")
            # the first of the day's claimants to wake settles for all of them
            for employer, retiree in settle_sessions(world):
                world.begin(_sessions(world, employer, retiree))
                refresh_centre(world, employer)
            for employer, gp in settle_salaried(world):
                world.begin(employment(world, employer, gp))
                refresh_centre(world, employer)
        if day > world.calendar.horizon:
            return
        yield world.at(day, Phase.POLICY, f"{centre.name}/posts")
        if centre.closed:
            return


def offer_post(world: World, newcomer: Newcomer) -> bool:
    """Whether a newcomer takes a vacant post instead of a practice of her own."""
    taken = take_newcomer(world, newcomer)
    if taken is None:
        return False
    centre, gp = taken
    world.begin(employment(world, centre, gp))
    refresh_centre(world, centre)
    return True


def _sessions(world: World, centre: Centre, retiree: Retiree) -> Behaviour:
    """A retired GP's sessions: some years, and never beyond the age cap."""
    cap = world.calendar.day(date(int(retiree.birth_year + world.parameters["retired_age_cap"]), 1, 1))
    years = world.streams.of("sessions", retiree.name).exponential(world.parameters["retired_sessions_years"])
    day = max(world.today + 1, min(world.today + round(years * DAYS_PER_YEAR), cap))
    if day > world.calendar.horizon:
        return
    yield world.at(day, Phase.SUPPLY, retiree.name)
    if retiree in centre.sessions:
        end_sessions(world, retiree, for_good=True)
        refresh_centre(world, centre)


def employment(world: World, centre: Centre, gp: SalariedGp) -> Behaviour:
    """A salaried GP's time in her post."""
    yield from last_day_in_post(world, gp)
    if not centre.closed:
        refresh_centre(world, centre)


def volunteer(world: World, centre: Centre, sender: str, fte: float) -> None:
    """Sets the FTE of doctors whom ``sender`` brings from outside the territory's pools; 0 ends it."""
    if centre.closed:
        return
    if fte > 0:
        centre.volunteers[sender] = fte
    else:
        centre.volunteers.pop(sender, None)
    world.note("volunteers", centre.name, centre.zone, other=sender, value=fte)
    refresh_centre(world, centre)
