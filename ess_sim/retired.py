"""The département's pool of retired GPs, and the settlement of centres' claims on them."""

from __future__ import annotations

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.practices import bent, expected_retirements
from ess_sim.streams import stable_rank
from ess_sim.world import Behaviour, Centre, Claim, Retiree, World

__all__ = ["fill_pool", "retirements_elsewhere", "settle_claims"]


def fill_pool(world: World, list_holders: int) -> None:
    """Day 0: doctors retired in the last years, at ages around the mean age at the end of activity."""
    p = world.parameters
    given = world.scenario.supply.retired_pool
    if given is not None:
        n = given.count
    else:
        n = round(p["retired_pool_per_list_holder"] * list_holders)
        world.assumed.append(f"retired GPs in the pool on day 0: {n}, from the number of list-holders")
    year = world.calendar.start.year
    for j in range(n):
        name = f"retiree-{j + 1:03d}"
        rng = world.streams.of("retiree", name)
        since = rng.random() * p["retired_pool_years"]
        age_then = 63 + int(rng.triangular(0, 3, 8))
        world.retired[name] = Retiree(name, year - age_then - int(since), -round(since * DAYS_PER_YEAR))


def retirements_elsewhere(world: World, list_holders: int, departement: str) -> Behaviour:
    """Retirements among the département's list-holders outside the territory: a frozen Poisson process."""
    p = world.parameters
    rng = world.streams.of("retirements-elsewhere")
    per_year = list_holders * expected_retirements(p, departement)
    time, n = 0.0, 0
    while per_year > 0:
        time += rng.exponential(DAYS_PER_YEAR / per_year)
        n += 1
        day, age = int(time) + 1, 63 + int(rng.triangular(0, 3, 8))
        if day > world.calendar.horizon:
            return
        name = f"retired-elsewhere-{n:03d}"
        yield world.at(day, Phase.SUPPLY, name)
        world.on_retirement(name, world.year - age)


def _eligible(world: World, retiree: Retiree, claim: Claim) -> bool:
    years = (world.today - retiree.retired_on) / DAYS_PER_YEAR
    return years <= claim.retired_for_at_most_years


def _willing(world: World, retiree: Retiree, chance: float) -> bool:
    """Her own draw, made once for good: below the chance, she would take sessions."""
    return bool(world.streams.of("willing", retiree.name).random() < chance)


def settle_claims(world: World) -> list[tuple[Centre, Retiree]]:
    """Shares willing retired GPs out among the day's claims by keyed priorities, so that no order of claims matters.

    Returns who was hired by whom; claims are emptied.
    """
    p = world.parameters
    world.claims[:] = [c for c in world.claims if not c.centre.closed]  # a centre may close on the day it claims
    chance = bent(p["retired_willing_share"], world.levers["retired_willing_log_odds"])
    cap = p["retired_age_cap"]
    free = [r for r in world.retired.values() if r.employer is None and world.year - r.birth_year < cap]
    hired: list[tuple[Centre, Retiree]] = []
    posts = {c.centre.name: c.posts for c in world.claims}
    for retiree in sorted(free, key=lambda r: stable_rank(r.name)):
        open_claims = [c for c in world.claims if posts[c.centre.name] > 0 and _eligible(world, retiree, c)]
        if open_claims and _willing(world, retiree, chance):
            winner = min(open_claims, key=lambda c: stable_rank(f"{c.centre.name}/{retiree.name}"))
            posts[winner.centre.name] -= 1
            _hire(world, retiree, winner.centre)
            hired.append((winner.centre, retiree))
    for claim in world.claims:
        vacant = posts[claim.centre.name]
        if vacant:
            world.note("post_vacant", claim.centre.name, claim.centre.zone, value=float(vacant), detail="sessions")
    world.claims.clear()
    return hired


def _hire(world: World, retiree: Retiree, centre: Centre) -> None:
    retiree.employer = centre
    centre.sessions.append(retiree)
    retiree.stint = world.stint(retiree.name, "sessions", centre.zone, centre.fte_each, retiree.birth_year, False)
    world.note("post_filled", centre.name, centre.zone, other=retiree.name, detail="sessions")
