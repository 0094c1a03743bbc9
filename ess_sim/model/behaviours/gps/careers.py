"""GPs with a list of their own: day 0, the yearly review, the notice, the hand-over, the exit, arrivals."""

from __future__ import annotations

from array import array

import numpy as np

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.model.behaviours.gps.capacity import stretch
from ess_sim.model.behaviours.gps.exits import RETIREMENT_AGE, REVIEWS, bent_probability, exit_hazard
from ess_sim.model.behaviours.gps.handover import hand_over_list
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Gp
from ess_sim.model.world.world import World

__all__ = ["leave", "notice"]


def career(world: World, gp: Gp, *, on_day0: bool = False) -> Behaviour:
    """Yearly review until the decision to cease; then the notice, if any, and the exit.

    All draws are made at the beginning, so that what others do never shifts them. A GP of day 0 may have announced her
    exit before.
    """
    p = world.parameters
    rng = world.streams.of("career", gp.name)
    first = world.today + _days_to_review(rng)
    draws = array("d", rng.random(REVIEWS).tobytes())  # in few bytes: a country has 50,000 GPs
    announces = rng.random() < p["notice_share"]
    months = p["notice_months_min"] + rng.random() * (p["notice_months_max"] - p["notice_months_min"])
    decline = max(0.0, 1.0 - p["target_decline_from_60"])
    usual = world.usual_capacity_in(gp.zone) * gp.fte
    gps = world.gps_around(gp.zone)
    if on_day0 and (before := _announced_before(world, gp)) is not None:
        since, last = before
        world.note("gp_announced", gp.name, gp.zone, value=float(last))
        _find_successor(world, gp, since)
        yield from notice(world, gp, last, since)
        if gp.name in gps:
            leave(world, gp)
        return
    for year, draw in enumerate(draws):
        day = first + round(DAYS_PER_YEAR * year)
        yield world.at(day, Phase.SUPPLY, gp.name)
        if gp.name not in gps:  # a policy made her leave
            return
        age = world.calendar.year(day) - gp.birth_year
        log_odds = world.bent_for("exit_log_odds", gp)
        if age >= RETIREMENT_AGE:
            log_odds += world.bent_for("retirement_log_odds", gp)
        if draw < bent_probability(exit_hazard(p, age), log_odds):
            break
        if age >= RETIREMENT_AGE:
            gp.base_target *= decline
        else:
            world.residents.advance(day)
            gp.base_target += stretch(p, usual, world.residents.target(gp.slot), world.residents.list_size(gp.slot))
        gp.part_for_residents = world.part_for_residents
        world.apply_target(gp)
    if announces:
        days = max(1, round(months * DAYS_PER_YEAR / 12))
        world.note("gp_announced", gp.name, gp.zone, value=float(days))
        yield from notice(world, gp, world.today + days)
    if gp.name in gps:
        leave(world, gp)


def _days_to_review(rng: np.random.Generator) -> int:
    """Until her first yearly review, from 1 to 365: the first draw of her career."""
    return 1 + int(rng.random() * 365)


def _announced_before(world: World, gp: Gp) -> tuple[int, int] | None:
    """The day before day 0 on which she announced an exit that is still to come, and its day; None where she did not.

    Her reviews before day 0 were whole years before the first one after it.
    """
    p = world.parameters
    first = _days_to_review(world.streams.of("career", gp.name))
    rng = world.streams.of("announced-before", gp.name)
    longest, shortest = p["notice_months_max"], p["notice_months_min"]
    found = None
    for years in range(1, int(longest / 12) + 2):
        decides, announces, part = rng.random(3).tolist()
        since = first - round(DAYS_PER_YEAR * years)
        last = since + max(1, round((shortest + part * (longest - shortest)) * DAYS_PER_YEAR / 12))
        hazard = exit_hazard(p, world.calendar.date(since).year - gp.birth_year)
        if last > 0 and decides < hazard and announces < p["notice_share"]:
            found = since, last  # the earliest counts: after it there was no other review
    return found


def _find_successor(world: World, gp: Gp, since: int) -> None:
    """The first GP who settled in the zone since a GP announced her exit, and stays, succeeds to her, as in the run."""
    gps = world.gps_around(gp.zone)
    later = [g for g in gps.in_zone(gp.zone) if g.settled_on is not None and g.settled_on >= since]
    staying = (g for g in later if g is not gp and not g.predecessors and _announced_before(world, g) is None)
    free = sorted(staying, key=lambda g: (g.settled_on or 0, g.name))
    if free:
        gps.reserve(gp, free[0])
        gps.join(free[0], gp.practice)
        world.residents.adjust(world.today, free[0].slot, openness=0.0)
        world.note("succession_reserved", gp.name, gp.zone, other=free[0].name)


def notice(world: World, gp: Gp, last: int, since: int | None = None) -> Behaviour:
    """From the announcement, today or on the day ``since``, to ``last``.

    Intake tapers month by month, and a successor may reserve the place. If two exits are announced, that of an earlier
    day counts.
    """
    gps = world.gps_around(gp.zone)
    gps.succeeds_to_no_one(gp)
    gps.announce(gp, last)
    days, openness = last - (world.today if since is None else since), world.residents.openness(gp.slot)
    day = world.today
    while True:
        if gp.leaves_on == last:
            world.residents.adjust(day, gp.slot, openness=openness * ((last - day) / days))
        day = min(last, day + 30)
        yield world.at(day, Phase.SUPPLY, gp.name)
        if day == last or gp.name not in gps:
            return


def leave(world: World, gp: Gp) -> None:
    """Her last day: the list passes to who takes it over; the rest is released."""
    gps = world.gps_around(gp.zone)
    gps.remove(gp)
    gps.succeeds_to_no_one(gp)
    taken = hand_over_list(world, gp)
    released = world.residents.close(world.today, gp.slot)
    world.note("list_released", gp.name, gp.zone, residents=released)
    age = world.year - gp.birth_year
    retires = age >= RETIREMENT_AGE
    world.note(
        "gp_exited",
        gp.name,
        gp.zone,
        residents=taken + released,
        value=float(age),
        detail="retired" if retires else "other",
    )
    world.end_stint(gp.stint)
    if gp.zone >= world.own_zones:  # those of the département beyond the territory have pools of their own
        return
    if retires:
        world.on_retirement(gp.name, gp.birth_year, gp.woman)
    elif world.on_other_work is not None:
        world.on_other_work(gp)
    else:
        world.former.append(gp)
