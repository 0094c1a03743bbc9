"""The département's pool of retired GPs, and the settlement of centres' claims on them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.inputs.catalogue.bundled import communes
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.behaviours.centres.posts import fill, share_out
from ess_sim.model.behaviours.gps.exits import bent_probability, expected_retirements
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre, Retiree
from ess_sim.model.world.world import World
from ess_sim.streams import poisson_days

__all__ = [
    "end_sessions",
    "fill_pool",
    "list_holders_around",
    "pool_of_day0",
    "retirements_elsewhere",
    "settle_sessions",
]


def list_holders_around(
    scenario: Scenario, territory: Territory, p: Mapping[str, float], list_holders: int
) -> tuple[int, str]:
    """List-holders of the département outside the territory, and what had to be assumed ('' where the scenario says).

    Where it does not say, and the territory is part of one département, the national density for the residents of the
    département who live outside the territory.
    """
    given = scenario.supply.departement_list_holders
    if given is not None:
        return given.count - list_holders, ""
    within = set(territory.departements)
    residents = _residents_of(min(within)) if len(within) == 1 else 0
    if not residents:
        return 0, "retirements elsewhere in the département: none, as the scenario gives no number of GPs"
    n = round(p["list_holders_per_100000"] * max(0, residents - int(territory.population.sum())) / 1e5)
    return n, f"GPs with a list elsewhere in the département: {n}, from national density"


@cache
def _residents_of(departement: str) -> int:
    """Residents of a département; 0 for what is no code of one."""
    table = communes()
    return int(table.loc[(table["departement"] == departement) & (table["parent"] == ""), "population"].sum())


def pool_of_day0(scenario: Scenario, p: Mapping[str, float], list_holders: int) -> tuple[int, str]:
    """Retired GPs in the pool on day 0, by the département's list-holders, and what had to be assumed."""
    given = scenario.supply.retired_pool
    if given is not None:
        return given.count, ""
    n = round(p["retired_pool_per_list_holder"] * list_holders)
    return n, f"retired GPs in the pool on day 0: {n}, from the number of list-holders"


def fill_pool(world: World, list_holders: int) -> None:
    """Day 0: doctors retired in the last years, at ages around the mean age at the end of activity.

    ``list_holders`` are those of the whole département.
    """
    p = world.parameters
    n, assumed = pool_of_day0(world.scenario, p, list_holders)
    world.assumed += filter(None, [assumed])
    year = world.calendar.start.year
    for j in range(n):
        name = f"retiree-{j + 1:03d}"
        rng = world.streams.of("retiree", name)
        since = rng.random() * p["retired_pool_years"]
        age_then = 63 + int(rng.triangular(0, 3, 8))
        world.retired[name] = Retiree(name, year - age_then - int(since), -round(since * DAYS_PER_YEAR))


def retirements_elsewhere(world: World, list_holders: int, departement: str) -> Behaviour:
    """Retirements among the département's list-holders outside the territory: a frozen Poisson process."""
    rng = world.streams.of("retirements-elsewhere")
    per_year = list_holders * expected_retirements(world.parameters, departement)
    for n, day in enumerate(poisson_days(rng, per_year, world.calendar.horizon), start=1):
        age = 63 + int(rng.triangular(0, 3, 8))
        name = f"retired-elsewhere-{n:03d}"
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
