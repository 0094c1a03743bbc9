"""Health centres: opening, posts, the one list of all their doctors, months and years, closure.

What policies use: `open_centre` (begin it), `close_centre` or `close_on` a day, `refresh_centre` after any change of
staff, `volunteer` for doctors from outside the territory's pools; for money `ledger.give` and `ledger.charge`.
"""

from __future__ import annotations

from datetime import date

from ess_sim.behaviours.insolvency import cover, must_close, settle_at_closure
from ess_sim.behaviours.ledger import book_month, consultations, invest, look_at_staff, open_books, years_a_day
from ess_sim.behaviours.outreach import mediators_at_work
from ess_sim.behaviours.retired import end_sessions
from ess_sim.behaviours.retired import settle_claims as settle_sessions
from ess_sim.behaviours.salaried import follow_pools, hire_day0, last_day_in_post, leave_post, take_newcomer
from ess_sim.behaviours.salaried import settle_claims as settle_salaried
from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.residents import Practice
from ess_sim.structures import DayZeroCentre
from ess_sim.world import Behaviour, Centre, Claim, Newcomer, Place, Retiree, SalariedGp, World

__all__ = [
    "close_centre",
    "close_on",
    "open_centre",
    "refresh_centre",
    "start_centres",
    "volunteer",
]


# --- opening ----------------------------------------------------------------------------------------------------------


def start_centres(world: World) -> None:
    """Day 0: the centres that are there already, with their salaried GPs."""
    for centre in world.centres.values():
        spec = centre.spec
        assert isinstance(spec, DayZeroCentre)
        listed = world.residents.list_size(centre.slot)
        world.note("centre_present", centre.name, centre.zone, residents=listed, detail=centre.form)
        _begin(world, centre)
        staffed = spec.posts.salaried_gps.count if spec.staffed is None else spec.staffed
        for gp in hire_day0(world, centre, staffed):
            world.begin(_employment(world, centre, gp))
        refresh_centre(world, centre)
        world.begin(_recruit(world, centre))


def open_centre(world: World, centre: Centre) -> Behaviour:
    """Opens a centre today, then looks for doctors on the first of each month with a vacant post."""
    world.centres[centre.name] = centre
    posts = centre.spec.posts
    wanted = posts.retired_gps.count + posts.salaried_gps.count
    world.note("centre_opened", centre.name, centre.zone, value=float(wanted), detail=centre.form)
    _begin(world, centre)
    invest(world, centre)
    refresh_centre(world, centre)
    yield from _recruit(world, centre)


def _begin(world: World, centre: Centre) -> None:
    centre.opened_on = centre.assistants_since = world.today
    follow_pools(world, lambda newcomer: _offer_post(world, newcomer))
    open_books(world, centre)
    world.levers.listen(["target_ratio", "grant_ratio"], lambda place: _bend(world, centre, place))
    world.begin(_months(world, centre))
    if centre.spec.posts.mediators:
        team, horizon = f"{centre.name}/mediators", world.calendar.horizon
        fte = centre.spec.posts.mediators
        world.begin(mediators_at_work(world, team, [centre.zone], fte, horizon, centre))


def _bend(world: World, centre: Centre, place: Place) -> None:
    """Levers have been bent: are they its own? That is, for all, ``/payer``, its name, or its name with ``/payer``."""
    if isinstance(place, str) and place.removeprefix(centre.name)[:1] in ("", "/"):
        refresh_centre(world, centre)


# --- staff ------------------------------------------------------------------------------------------------------------


def _recruit(world: World, centre: Centre) -> Behaviour:
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
                world.begin(_employment(world, employer, gp))
                refresh_centre(world, employer)
        if day > world.calendar.horizon:
            return
        yield world.at(day, Phase.POLICY, f"{centre.name}/posts")
        if centre.closed:
            return


def _offer_post(world: World, newcomer: Newcomer) -> bool:
    """Whether a newcomer takes a vacant post instead of a practice of her own."""
    taken = take_newcomer(world, newcomer)
    if taken is None:
        return False
    centre, gp = taken
    world.begin(_employment(world, centre, gp))
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


def _employment(world: World, centre: Centre, gp: SalariedGp) -> Behaviour:
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


# --- the list ---------------------------------------------------------------------------------------------------------


def refresh_centre(world: World, centre: Centre) -> None:
    """Sets the list's target by the doctors really present; interns without a supervisor on duty go."""
    if centre.closed:
        return
    while len(centre.interns) > centre.training_places:
        intern = centre.interns.pop()
        intern.host = None
        world.end_stint(intern.stint)
        intern.stint = None  # or the semester's end would end it again, later
        world.note("intern_left", centre.name, centre.zone, other=intern.name, detail="no supervisor on duty")
    look_at_staff(world, centre)
    places = 1 + len(centre.annexes)
    target, fte = float(round(_target(world, centre) / places)), centre.list_fte / places
    centre.slot = _set_list(world, centre, centre.zone, centre.slot, target, fte)
    for zone, slot in centre.annexes.items():
        centre.annexes[zone] = _set_list(world, centre, zone, slot, target, fte)
    if centre.fte > 0:
        centre.without_doctor_since = None
    elif centre.without_doctor_since is None:
        centre.without_doctor_since = world.today


def _set_list(world: World, centre: Centre, zone: int, slot: int, target: float, fte: float) -> int:
    """Sets the target of the centre's list in a zone, which opens with its first doctor; returns its slot."""
    if slot >= 0:
        world.residents.adjust(world.today, slot, target=target, openness=1.0 if target > 0 else 0.0, fte=fte)
    elif target > 0:
        practice = Practice(
            zone,
            target,
            fte,
            centre=True,
            only_without_mt=centre.spec.only_without_mt,
            news_per_year=world.parameters["opening_news_rate_per_year"] if centre.announced else 0.0,
        )
        slot = world.residents.open(world.today, practice)
        annex = f"@{world.territory.zones[zone]}" if zone in centre.annexes else ""
        world.own(slot, centre.name + annex, zone, centre=True)
    return slot


def _target(world: World, centre: Centre) -> float:
    p = world.parameters
    gain = 1.0
    if centre.assistants:
        # one may help several doctors, up to the number that a contract allows
        helped = min(1.0, centre.assistants * p["doctors_per_assistant"] / centre.fte) if centre.fte else 0.0
        gain += p["assistant_target_gain"] * helped
    target = centre.list_fte * p["centre_list_per_fte"] * gain
    if centre.spec.posts.interns.list:
        target += len(centre.interns) * p["intern_target_residents"]
    return target * (1.0 + world.levers.of("target_ratio", centre.name))


# --- months and years -------------------------------------------------------------------------------------------------


def _months(world: World, centre: Centre) -> Behaviour:
    """Counts consultations, releases the list of a centre without doctors, does the accounts and draws conclusions.

    The days of a month in which the run ends are booked, and covered by whoever has to; they have no other consequence.
    """
    patience = round(world.parameters["centre_release_months"] * DAYS_PER_YEAR / 12)
    of_year, result_of_year = 0.0, 0
    for day in world.settling_days(world.calendar.horizon):
        yield world.at(day, Phase.SUPPLY, f"{centre.name}/month")
        if centre.closed:
            return
        consulted = consultations(world, centre)
        of_year += consulted
        whole = world.calendar.date(day).day == 1
        if whole:
            _release_without_doctor(world, centre, patience)
        yield world.at(day, Phase.LEDGER, f"{centre.name}/accounts")
        if centre.closed:
            return
        result = book_month(world, centre, consulted)
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


def _release_without_doctor(world: World, centre: Centre, patience: int) -> None:
    since = centre.without_doctor_since
    if since is None or world.today - since < patience:
        return
    released = sum(world.residents.release_excess(world.today, slot) for slot in centre.slots)
    if released:
        world.note("list_released", centre.name, centre.zone, residents=released, detail="no doctor")


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
    book_month(world, centre, consultations(world, centre))
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
    released = sum(world.residents.close(world.today, slot) for slot in centre.slots)
    # its own books hold their care of this month so far: see `fees`
    world.cared_for += released * (world.today - world.care_booked_to) * years_a_day(world)
    euro = centre.reserves_cents / 100
    world.note("centre_closed", centre.name, centre.zone, residents=released, value=euro, detail=reason)


def close_on(world: World, centre: Centre, day: int) -> Behaviour:
    """Closes the centre on this day; one beyond the horizon never comes."""
    yield world.at(day, Phase.POLICY, centre.name)
    close_centre(world, centre)
