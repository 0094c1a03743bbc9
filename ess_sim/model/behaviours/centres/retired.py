"""The pool of retired GPs, of the département and beyond, and the settlement of centres' claims on them."""

from __future__ import annotations

from collections.abc import Mapping

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.inputs.figures.defaults import retired_pool
from ess_sim.inputs.figures.figures import assumed_lines
from ess_sim.model.behaviours.centres.posts import fill, share_out
from ess_sim.model.behaviours.gps.exits import bent_probability, expected_retirements
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre, Retiree
from ess_sim.model.world.world import World
from ess_sim.streams import poisson_days

__all__ = [
    "end_sessions",
    "fill_pool",
    "from_beyond",
    "retirements_beyond",
    "retirements_elsewhere",
    "settle_sessions",
]


def fill_pool(world: World, list_holders: int) -> None:
    """Day 0: doctors retired in the last years, at ages around the mean age at the end of activity.

    ``list_holders`` are those of the whole département; so many as the catalogue says come from beyond it.
    """
    p = world.parameters
    figure = retired_pool(world.scenario, p, list_holders)
    world.assumed += assumed_lines(figure)
    year, n = world.calendar.start.year, int(figure.value)
    beyond = from_beyond(p, n)
    names = [f"retiree-{j + 1:03d}" for j in range(n)] + [f"retiree-beyond-{j + 1:03d}" for j in range(beyond)]
    for name in names:
        rng = world.streams.of("retiree", name)
        since = rng.random() * p["retired_pool_years"]
        age_then = 63 + int(rng.triangular(0, 3, 8))
        world.retired[name] = Retiree(name, year - age_then - int(since), -round(since * DAYS_PER_YEAR))


def from_beyond(p: Mapping[str, float], pool: int) -> int:
    """Retired GPs of day 0 who come from beyond the département, beside those of its own pool."""
    return round(p["retired_from_beyond_ratio"] * pool)


def retirements_elsewhere(world: World, list_holders: int) -> Behaviour:
    """Retirements among the département's list-holders outside the territory: a frozen Poisson process."""
    return _retirements(world, list_holders, "elsewhere")


def retirements_beyond(world: World, list_holders: int) -> Behaviour:
    """Retirements beyond the département, so many for each of its own (``list_holders``: all of them): another one."""
    return _retirements(world, list_holders * world.parameters["retired_from_beyond_ratio"], "beyond")


def _retirements(world: World, list_holders: float, where: str) -> Behaviour:
    rng = world.streams.of(f"retirements-{where}")
    per_year = list_holders * expected_retirements(world.parameters, world.gps_mixture)
    for n, day in enumerate(poisson_days(rng, per_year, world.calendar.horizon), start=1):
        age = 63 + int(rng.triangular(0, 3, 8))
        name = f"retired-{where}-{n:03d}"
        yield world.at(day, Phase.SUPPLY, name)
        world.on_retirement(name, world.year - age)


def settle_sessions(world: World) -> list[tuple[Centre, Retiree]]:
    """Shares willing retired GPs out among the day's claims on sessions; returns who was hired by whom."""
    if not any(claim.kind == "sessions" for claim in world.claims):
        return []
    p = world.parameters
    chance = bent_probability(p["retired_willing_share"], world.levers["retired_willing_log_odds"])
    cap = int(p["retired_age_cap"])  # sessions end on 1 January of the year in which she reaches it

    def suits(retiree: Retiree, centre: Centre) -> bool:
        years = (world.today - retiree.retired_on) / DAYS_PER_YEAR
        return years <= centre.spec.posts.retired_gps.retired_for_at_most_years

    def willing(retiree: Retiree) -> bool:
        if retiree.willing_draw is None:
            retiree.willing_draw = world.streams.of("willing", retiree.name).random()
        return retiree.willing_draw < chance

    year = world.year
    free = [r for r in world.retired.values() if r.employer is None and year - r.birth_year < cap and willing(r)]
    hired = share_out(world, "sessions", free, suits)
    for centre, retiree in hired:
        _hire(world, retiree, centre)
    return hired


def _hire(world: World, retiree: Retiree, centre: Centre) -> None:
    posts = centre.spec.posts.retired_gps
    retiree.employer = centre
    centre.sessions.append(retiree)
    world.end_stint(retiree.stint)
    retiree.stint = world.stint(
        retiree.name, "sessions", centre.zone, posts.fte_each, retiree.birth_year, retiree.woman
    )
    fill(world, centre, retiree.name, "sessions", posts.count - len(centre.sessions))


def end_sessions(world: World, retiree: Retiree, *, for_good: bool) -> None:
    """A retired GP stops her sessions: for good, or because the centre closes (then others may recruit her)."""
    centre, retiree.employer = retiree.employer, None
    assert centre is not None
    centre.sessions.remove(retiree)
    world.end_stint(retiree.stint)
    if for_good:
        del world.retired[retiree.name]
        world.note("sessions_ended", centre.name, centre.zone, other=retiree.name)
    else:
        retiree.stint = world.stint(retiree.name, "retired", -1, 0.0, retiree.birth_year, retiree.woman)
