"""GPs without a list of their own: the pool of those in other work, and posts in centres that they take and leave.

The pool is followed from the day the first centre opens (before, nothing depends on it): its members are those of day 0
and the frozen arrivals since then, less the retired. Nothing is drawn from a stream that anybody else uses.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.inputs.figures.defaults import other_gps
from ess_sim.inputs.figures.figures import assumed_lines
from ess_sim.inputs.figures.gp_ages import AGES_OF_GPS, ages_of_mixture, gp_ages
from ess_sim.inputs.territory.ages import FloatArray
from ess_sim.model.behaviours.centres.posts import fill, share_out
from ess_sim.model.behaviours.gps.exits import (
    RETIREMENT_AGE,
    REVIEWS,
    bent_probability,
    exit_hazard,
    expected_retirements,
)
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre, Newcomer, SalariedGp
from ess_sim.model.world.world import World
from ess_sim.streams import poisson_days, stable_rank

__all__ = ["follow_pools", "hire_day0", "last_day_in_post", "leave_post", "settle_salaried", "take_newcomer"]


RELEASED, RETIRED = "other work", "retired"


# --- the pool of GPs in other work ------------------------------------------------------------------------------------
def follow_pools(world: World, offer_post: Callable[[Newcomer], bool]) -> None:
    """From today on, retired GPs and GPs in other work are followed, and newcomers are offered vacant posts."""
    if world.offer_post is not None:
        return
    world.offer_post = offer_post
    world.on_other_work = lambda gp: _join(world, _employed(world, gp.name, gp.birth_year, gp.woman))
    for retiree in world.retired.values():
        retiree.stint = world.stint(retiree.name, "retired", -1, 0.0, retiree.birth_year, retiree.woman)
    for gp in world.former:
        world.on_other_work(gp)
    n = _number(world)
    chances = ages_of_mixture(world.gps_mixture)
    for j in range(n):
        _join(world, _of_day0(world, f"other-{j + 1:04d}", chances))
    _arrivals(world, n * expected_retirements(world.parameters, world.gps_mixture))


def _number(world: World) -> int:
    figure = other_gps(world.scenario, world.parameters, world.start_gps.total)
    world.assumed += assumed_lines(figure)
    return int(figure.value)


def _of_day0(world: World, name: str, chances: FloatArray) -> SalariedGp:
    """A GP without a list of her own who is there on day 0; ``chances`` are those of each age."""
    age_draw, woman_draw = world.streams.of("other-gp", name).random(2)
    age = int(AGES_OF_GPS[np.cumsum(chances).searchsorted(age_draw)])
    woman = bool(woman_draw < world.parameters["gps_women_share"])
    return _employed(world, name, world.calendar.start.year - age, woman, since=0)


def _arrivals(world: World, per_year: float) -> None:
    """As many come a year as retire at the ages of day 0: a Poisson process, frozen across scenarios."""
    p = world.parameters
    rng = world.streams.of("other-arrivals")
    for n, day in enumerate(poisson_days(rng, per_year, world.calendar.horizon), start=1):
        age = p["entry_age_mean"] + p["entry_age_sd"] * rng.standard_normal()
        woman = bool(rng.random() < p["entrants_women_share"])
        birth_year = world.calendar.year(day) - round(age)
        world.begin(_arrive(world, f"other-arrival-{n:04d}", birth_year, woman, day))


def _arrive(world: World, name: str, birth_year: int, woman: bool, day: int) -> Behaviour:
    if day > world.today:
        yield world.at(day, Phase.SUPPLY, name)
    _join(world, _employed(world, name, birth_year, woman, since=day))


def _employed(world: World, name: str, birth_year: int, woman: bool, since: int | None = None) -> SalariedGp:
    """A GP with all her draws: yearly reviews, and when she looks for a post in a centre."""
    p = world.parameters
    rng = world.streams.of("employed", name)
    first = (world.today if since is None else since) + 1 + int(rng.random() * 365)
    supervisor = bool(rng.random() < p["supervisor_share"])
    draws = rng.random(REVIEWS).tolist()
    looks, rate = [], p["other_gp_looking_rate_per_year"]
    # who looks on the first day may have begun before it
    day = first - 366.0 - p["other_gp_search_months"] / 12 * DAYS_PER_YEAR
    while rate > 0 and day <= world.calendar.horizon:
        day += rng.exponential(DAYS_PER_YEAR / rate)
        looks.append(math.ceil(day))
    return SalariedGp(name, birth_year, woman, supervisor, first, draws, looks)


def _join(world: World, gp: SalariedGp) -> None:
    """She is in other work from today on, until she retires or takes a post in a centre."""
    last = _retirement(world, gp)
    if last <= world.today:
        return
    gp.stint = world.stint(gp.name, "other", -1, 1.0, gp.birth_year, gp.woman)
    world.others[gp.name] = gp
    if last <= world.calendar.horizon:
        world.begin(_until_retirement(world, gp, last))


def _retirement(world: World, gp: SalariedGp) -> int:
    """Day on which she retires if she is in other work until then; no lever is bent there."""
    for k, draw in enumerate(gp.draws):
        day = gp.first_review + round(DAYS_PER_YEAR * k)
        age = world.calendar.date(day).year - gp.birth_year
        if age >= RETIREMENT_AGE and draw < exit_hazard(world.parameters, age):
            return day
    return gp.first_review + round(DAYS_PER_YEAR * REVIEWS)


def _until_retirement(world: World, gp: SalariedGp, last: int) -> Behaviour:
    yield world.at(last, Phase.SUPPLY, f"{gp.name}/other")
    if world.others.get(gp.name) is gp:
        del world.others[gp.name]
        world.end_stint(gp.stint)


# --- posts in centres -------------------------------------------------------------------------------------------------
def settle_salaried(world: World) -> list[tuple[Centre, SalariedGp]]:
    """Shares GPs in other work who are looking out among the day's claims; returns who was hired by whom."""
    if not any(claim.kind == "salaried" for claim in world.claims):
        return []
    months = world.parameters["other_gp_search_months"]
    search = round(months / 12 * DAYS_PER_YEAR)
    today = world.today
    looking = [gp for gp in world.others.values() if any(day <= today < day + search for day in gp.looks_from)]
    hired = share_out(world, "salaried", looking)
    for centre, gp in hired:
        del world.others[gp.name]
        _hire(world, gp, centre)
    return hired


def take_newcomer(world: World, newcomer: Newcomer) -> tuple[Centre, SalariedGp] | None:
    """A newcomer who would as soon be salaried takes the vacant post she likes best, if there is one."""
    vacant = [c for c in world.centres.values() if c.vacant("salaried") > 0]
    if newcomer.among is not None:
        vacant = [c for c in vacant if c.zone in newcomer.among]
    if not vacant:
        return None
    draw = world.streams.of("would-be-salaried", newcomer.name).random()
    if draw >= world.parameters["newcomer_salaried_share"]:
        return None
    centre = min(vacant, key=lambda c: (-newcomer.likes[c.zone], stable_rank(f"{c.name}/{newcomer.name}")))
    gp = _employed(world, newcomer.name, newcomer.birth_year, newcomer.woman)
    _hire(world, gp, centre)
    world.note("settler_diverted", gp.name, centre.zone, other=centre.name, detail=newcomer.origin)
    return centre, gp


def hire_day0(world: World, centre: Centre, count: int) -> list[SalariedGp]:
    """Salaried GPs who are in their posts on day 0."""
    chances = gp_ages(world.territory.departements[centre.zone])
    staff = [_of_day0(world, f"salaried-{centre.name}-{j + 1:03d}", chances) for j in range(count)]
    for gp in staff:
        _hire(world, gp, centre)
    return staff


def _hire(world: World, gp: SalariedGp, centre: Centre) -> None:
    posts = centre.spec.posts.salaried_gps
    world.end_stint(gp.stint)
    gp.employer = centre
    gp.stint = world.stint(gp.name, "salaried", centre.zone, posts.fte_each, gp.birth_year, gp.woman)
    centre.salaried.append(gp)
    fill(world, centre, gp.name, "salaried", centre.vacant("salaried"))


def last_day_in_post(world: World, gp: SalariedGp) -> Behaviour:
    """Waits, year after year, until she leaves her post: she retires, or moves on to other work."""
    p = world.parameters
    centre = gp.employer
    assert centre is not None
    rate = p["salaried_turnover_per_year"]
    moves_on = world.calendar.horizon + 1
    if rate > 0:
        years = world.streams.of("turnover", f"{gp.name}/{centre.name}").exponential(1 / rate)
        moves_on = min(moves_on, world.today + max(1, round(years * DAYS_PER_YEAR)))
    for k, draw in enumerate(gp.draws):
        day = gp.first_review + round(DAYS_PER_YEAR * k)
        if day <= world.today:
            continue
        day = min(day, moves_on)
        if day > world.calendar.horizon:
            return
        yield world.at(day, Phase.SUPPLY, gp.name)
        if gp.employer is not centre:
            return
        if day == moves_on:
            leave_post(world, gp, RELEASED)
            return
        age = world.year - gp.birth_year
        if age < RETIREMENT_AGE:
            continue
        log_odds = sum(world.levers.at(name, centre.zone, gp.name) for name in ("exit_log_odds", "retirement_log_odds"))
        if draw < bent_probability(exit_hazard(p, age), log_odds):
            leave_post(world, gp, RETIRED)
            return


def leave_post(world: World, gp: SalariedGp, where: str) -> None:
    """She leaves her centre: retired, she joins the pool of retired GPs; else she goes back to other work."""
    centre, gp.employer = gp.employer, None
    assert centre is not None
    centre.salaried.remove(gp)
    world.end_stint(gp.stint)
    world.note("salaried_gp_left", centre.name, centre.zone, other=gp.name, detail=where)
    if where == RETIRED:
        world.on_retirement(gp.name, gp.birth_year, gp.woman)
    else:
        _join(world, gp)
