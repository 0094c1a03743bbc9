"""Health centres: opening, posts, the one list of all their doctors, months and years, closure.

What policies use: `open_centre` (begin it), `close_centre` or `close_on` a day, `refresh_centre` after any change of
staff, `volunteer` for doctors from outside the territory's pools; for money `ledger.give` and `ledger.charge`.
"""

from __future__ import annotations

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.inputs.scenario.centre_spec import DayZeroCentre
from ess_sim.model.behaviours.centres.activity import consultations, take_off_liberal
from ess_sim.model.behaviours.centres.insolvency import cover, must_close, settle_at_closure
from ess_sim.model.behaviours.centres.ledger import book_month, invest, open_books
from ess_sim.model.behaviours.centres.lists import refresh_centre, release_lists, release_without_doctor
from ess_sim.model.behaviours.centres.outreach import mediators_at_work
from ess_sim.model.behaviours.centres.retired import end_sessions
from ess_sim.model.behaviours.centres.salaried import (
    follow_pools,
    hire_day0,
    leave_post,
)
from ess_sim.model.behaviours.centres.staff import employment, offer_post, recruit
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.levers import Place
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = ["close_centre", "close_on", "open_centre", "start_centres"]


def start_centres(world: World) -> None:
    """Day 0: the centres that are there already, with their salaried GPs."""
    for centre in world.centres.values():
        spec = centre.spec
        assert isinstance(spec, DayZeroCentre)
        listed = world.residents.list_size(centre.slot)
        world.note("centre_present", centre.name, centre.zone, residents=listed, detail=centre.form)
        _begin(world, centre)
        centre.account.months_of_deficit = spec.months_of_deficit
        staffed = spec.posts.salaried_gps.count if spec.staffed is None else spec.staffed
        for gp in hire_day0(world, centre, staffed):
            world.begin(employment(world, centre, gp))
        refresh_centre(world, centre)
        world.begin(recruit(world, centre))


def open_centre(world: World, centre: Centre) -> Behaviour:
    """Opens a centre today, then looks for doctors on the first of each month with a vacant post."""
    world.centres[centre.name] = centre
    posts = centre.spec.posts
    wanted = posts.retired_gps.count + posts.salaried_gps.count
    world.note("centre_opened", centre.name, centre.zone, value=float(wanted), detail=centre.form)
    _begin(world, centre)
    invest(world, centre)
    refresh_centre(world, centre)
    yield from recruit(world, centre)


def _begin(world: World, centre: Centre) -> None:
    centre.opened_on = centre.assistants_since = world.today
    follow_pools(world, lambda newcomer: offer_post(world, newcomer))
    open_books(world, centre)
    world.levers.on_change(["target_ratio", "grant_ratio"], lambda place: _bend(world, centre, place))
    world.begin(_months(world, centre))
    if centre.spec.posts.mediators:
        team, horizon = f"{centre.name}/mediators", world.calendar.horizon
        fte = centre.spec.posts.mediators
        world.begin(mediators_at_work(world, team, [centre.zone], fte, horizon, centre))


def _bend(world: World, centre: Centre, place: Place) -> None:
    """Levers have been bent: are they its own? That is, for all, ``/payer``, its name, or its name with ``/payer``."""
    if isinstance(place, str) and place.removeprefix(centre.name)[:1] in ("", "/"):
        refresh_centre(world, centre)


def _months(world: World, centre: Centre) -> Behaviour:
    """Counts consultations, releases the list of a centre without doctors, does the accounts and draws conclusions.

    The days of a month in which the run ends are booked, and their deficit is covered; they have no other consequence.
    """
    patience = round(world.parameters["centre_release_months"] * DAYS_PER_YEAR / 12)
    of_year, result_of_year = 0.0, 0
    for day in world.settling_days(world.calendar.horizon):
        yield world.at(day, Phase.SUPPLY, f"{centre.name}/month")
        if centre.closed:
            return
        activity = consultations(world, centre)
        of_year += activity.total
        take_off_liberal(world, activity)
        whole = world.calendar.date(day).day == 1
        if whole:
            release_without_doctor(world, centre, patience)
        yield world.at(day, Phase.LEDGER, f"{centre.name}/accounts")
        if centre.closed:
            return
        result = book_month(world, centre, activity.total)
        if not whole:
            cover(world, centre)
            return
        result_of_year += result
        centre.account.results.append(result)
        yield world.at(day, Phase.FATE, f"{centre.name}/fate")
        reason = must_close(world, centre)
        if world.calendar.date(day).month == 1:
            _note_year(world, centre, of_year, result_of_year)
            of_year, result_of_year = 0.0, 0
        if reason:
            close_centre(world, centre, reason)
            return


def _note_year(world: World, centre: Centre, consulted: float, result: int) -> None:
    """Facts of the year just past."""
    year = str(world.calendar.date(world.today).year - 1)
    if centre.slots:
        world.note("consultations", centre.name, centre.zone, value=float(round(consulted)), detail=year)
    if result < 0:
        world.note("deficit", centre.name, centre.zone, value=-result / 100, detail=year)
    world.note("reserves", centre.name, centre.zone, value=centre.reserves_cents / 100, detail=year)


def close_centre(world: World, centre: Centre, reason: str = "planned") -> None:
    """The centre closes: its last days are booked, staff leave, the list is released.

    Retired GPs may be recruited by others; salaried GPs go back to other work.
    """
    if centre.closed:
        return
    activity = consultations(world, centre)
    take_off_liberal(world, activity)
    book_month(world, centre, activity.total)
    for act in list(centre.on_close):
        act()
    for retiree in list(centre.sessions):
        end_sessions(world, retiree, for_good=False)
    for gp in list(centre.salaried):
        leave_post(world, gp, "other work")
    centre.volunteers.clear()
    refresh_centre(world, centre)
    centre.closed = True
    settle_at_closure(world, centre)
    released = release_lists(world, centre, world.residents.close)
    euro = centre.reserves_cents / 100
    world.note("centre_closed", centre.name, centre.zone, residents=released, value=euro, detail=reason)


def close_on(world: World, centre: Centre, day: int) -> Behaviour:
    """Closes the centre on this day; one beyond the horizon never comes."""
    yield world.at(day, Phase.POLICY, centre.name)
    close_centre(world, centre)
