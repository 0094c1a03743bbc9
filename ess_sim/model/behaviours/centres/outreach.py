"""Outreach (aller-vers): residents without MT are met where they live; some are helped to a call, others look again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from ess_sim import elementary
from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World
from ess_sim.model.world.zonal import bend_each

__all__ = ["Team", "mediators_at_work", "meet_residents"]


@dataclass(frozen=True)
class Team:
    """Who goes out to meet residents without MT.

    Attributes
    ----------
    name : str
        Unique name, under which facts and costs are booked.
    places : sequence of int or None
        Indices of the zones they go to; None is the whole territory.
    contacts_per_year : float
        Whom they meet, with or without MT: stated in the facts, where it can be compared with published figures.
    rate : callable
        Yearly rate at which each resident without MT who is not precarious is met in these places, as of today.
    precarious_weight : float
        A precarious resident is met at so many times that rate.
    accompanied_share : float
        Part of those met who are helped to a call. Of the others, those who do not look for an MT start to.
    dare_share : float
        Part of the calls not dared that a precarious resident dares to make in the year after she was met.
    centre : Centre, optional
        Whose staff they are: they leave on the day it closes.
    """

    name: str
    places: Sequence[int | None]
    contacts_per_year: float
    rate: Callable[[], float]
    precarious_weight: float
    accompanied_share: float
    dare_share: float = 0.0
    centre: Centre | None = None


@dataclass
class _Tally:
    """What a team did in one place since 1 January, and the parts of a resident whom it still has to accompany."""

    met: float = 0.0
    accompanied: int = 0
    registered: int = 0
    due: dict[bool, float] = field(default_factory=lambda: {False: 0.0, True: 0.0})


def meet_residents(world: World, team: Team, last: int) -> Behaviour:
    """A team at work from today until ``last``, or until its centre closes.

    Those who start to look do so at a rate, by levers that are bent for a year at a time. Calls in company are made on
    the first of each month, and on the last day, for the time since the last ones.
    """
    tallies = {place: _Tally() for place in team.places}
    since, contacts = world.today, 0.0

    def accompany() -> None:
        nonlocal since, contacts
        years = (world.today - since) / DAYS_PER_YEAR
        since, contacts = world.today, contacts + team.contacts_per_year * years
        each = team.rate() * years
        for place, tally in tallies.items():
            _accompany(world, team, place, tally, each)

    def leave_with_centre() -> None:
        accompany()
        bent.close()

    with ExitStack() as bent, ExitStack() as watching:
        if team.centre is not None:
            team.centre.on_close.append(leave_with_centre)
            watching.callback(team.centre.on_close.remove, leave_with_centre)
        _bend(world, team, bent)
        for day in world.settling_days(last):
            yield world.at(day, Phase.POLICY, team.name)
            closed = team.centre is not None and team.centre.closed
            if not closed:
                accompany()
            turned = world.calendar.date(day).month == 1
            if turned or closed or day == last:
                _report(world, team.name, contacts, tallies, str(world.calendar.year(day - turned)))
                contacts = 0.0
            if closed or day == last:
                return
            if turned:
                bent.close()
                _bend(world, team, bent)


def mediators_at_work(
    world: World,
    name: str,
    places: Sequence[int | None],
    fte: float,
    last: int,
    centre: Centre | None = None,
) -> Behaviour:
    """Health mediators, so many full-time equivalents, meet residents without MT in these places until ``last``."""
    p = world.parameters
    weight = p["mediator_precarious_weight"]
    contacts = fte * p["mediator_contacts_per_fte_year"]
    without_mt = contacts * p["mediator_contacts_without_mt_share"]

    def rate() -> float:
        """Contacts without MT, shared out among the residents without MT of these places."""
        number, today = world.residents.count_without_mt, world.today
        others = sum(number(today, zone=place, precarious=False) for place in places)
        precarious = sum(number(today, zone=place, precarious=True) for place in places)
        weighted = others + weight * precarious
        return without_mt / weighted if weighted else 0.0

    accompanied, dare = p["mediator_accompanied_share"], p["mediator_dare_share"]
    yield from meet_residents(world, Team(name, places, contacts, rate, weight, accompanied, dare, centre), last)


def _bend(world: World, team: Team, bent: ExitStack) -> None:
    """Bends the levers of the team's places, by its rate of today."""
    rate, weight = team.rate(), team.precarious_weight
    look = rate * (1.0 - team.accompanied_share)
    met_within_a_year = 1.0 - float(elementary.exp(-rate * weight))
    dare = team.dare_share * met_within_a_year * (1.0 - world.rates["precarious_call_multiplier"])  # by zone
    for place in team.places:
        more = look * (weight - 1.0)
        bent.enter_context(world.levers.bend(zone=place, reach_rate=look, reach_rate_precarious=more))
        here = bend_each(world.levers, dare=dare) if place is None else world.levers.bend(zone=place, dare=dare[place])
        bent.enter_context(here)


def _accompany(world: World, team: Team, place: int | None, tally: _Tally, each: float) -> None:
    """Calls in company for a stretch of time in which each resident without MT was met ``each`` times."""
    today, residents = world.today, world.residents
    numbers = {who: residents.count_without_mt(today, zone=place, precarious=who) for who in (False, True)}
    for precarious, number in numbers.items():
        met = each * number * (team.precarious_weight if precarious else 1.0)
        due = tally.due[precarious] + met * team.accompanied_share
        n = math.floor(due)
        contacted, registered = residents.accompany(today, zone=place, n=n, precarious=precarious) if n else (0, 0)
        tally.due[precarious] = due - n
        tally.met += met
        tally.accompanied += contacted
        tally.registered += registered


def _report(world: World, name: str, contacts: float, tallies: Mapping[int | None, _Tally], year: str) -> None:
    """Facts of the year; then the tallies begin anew."""
    world.note("outreach_contacts", name, value=contacts, detail=year)
    for place, tally in tallies.items():
        zone = -1 if place is None else place
        world.note("residents_met", name, zone, value=tally.met, detail=year)
        world.note("residents_accompanied", name, zone, residents=tally.accompanied, detail=year)
        world.note("accompanied_registered", name, zone, residents=tally.registered, detail=year)
        tally.met, tally.accompanied, tally.registered = 0.0, 0, 0
