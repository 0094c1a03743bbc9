"""Health centres with retired GPs on sessions and interns: opening, staffing, list, closure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.residents import Practice
from ess_sim.retired import settle_claims
from ess_sim.world import Behaviour, Centre, Claim, Retiree, World

__all__ = ["close_centre", "first_of_months", "open_centre", "refresh_centre"]


def first_of_months(world: World) -> Iterator[int]:
    """First days of the coming months, as whole days since the start."""
    today = world.calendar.date(world.today)
    year, month = today.year, today.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        yield world.calendar.day(date(year, month, 1))


def open_centre(world: World, centre: Centre, posts: int, retired_for_at_most_years: float) -> Behaviour:
    """Opens a centre today, then looks for retired GPs on the first of each month with a vacant post."""
    world.centres[centre.name] = centre
    world.note("centre_opened", centre.name, centre.zone, value=float(posts))
    refresh_centre(world, centre)
    world.begin(_months(world, centre))
    months = first_of_months(world)
    while posts and not centre.closed:
        vacant = posts - len(centre.sessions)
        if vacant > 0:
            world.claims.append(Claim(centre, vacant, retired_for_at_most_years))
            yield world.at(world.today, Phase.CLAIMS, f"{centre.name}/hiring")
            # the first of the day's claimants to wake settles for all of them
            for employer, retiree in settle_claims(world):
                world.begin(_sessions(world, employer, retiree))
                refresh_centre(world, employer)
        day = next(months)
        if day > world.calendar.horizon:
            return
        yield world.at(day, Phase.POLICY, f"{centre.name}/posts")


def _sessions(world: World, centre: Centre, retiree: Retiree) -> Behaviour:
    """A retired GP's sessions: some years, and never beyond the age cap."""
    cap = world.calendar.day(date(int(retiree.birth_year + world.parameters["retired_age_cap"]), 1, 1))
    years = world.streams.of("sessions", retiree.name).exponential(world.parameters["retired_sessions_years"])
    day = max(world.today + 1, min(world.today + round(years * DAYS_PER_YEAR), cap))
    if day > world.calendar.horizon:
        return
    yield world.at(day, Phase.SUPPLY, retiree.name)
    if retiree in centre.sessions:
        _leave(world, centre, retiree)
        refresh_centre(world, centre)


def _leave(world: World, centre: Centre, retiree: Retiree) -> None:
    centre.sessions.remove(retiree)
    world.end_stint(retiree.stint)
    world.retired.pop(retiree.name, None)  # sessions over, she leaves the pool for good
    world.note("sessions_ended", centre.name, centre.zone, other=retiree.name)


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
    p = world.parameters
    fte = centre.fte if centre.holds_list else 0.0
    gain = 1.0 + (p["assistant_target_gain"] if centre.assistant else 0.0)
    target = fte * p["centre_list_per_fte"] * gain
    if centre.interns_hold_list:
        target += len(centre.interns) * p["intern_target_residents"]
    target = float(round(target))
    if centre.slot < 0:
        if target > 0:
            practice = Practice(centre.zone, target, fte, centre=True, only_without_mt=centre.only_without_mt)
            centre.slot = world.residents.open(world.today, practice)
            world.own(centre.slot, centre.name, centre.zone, centre=True)
    else:
        world.residents.adjust(world.today, centre.slot, target=target, openness=1.0 if target > 0 else 0.0, fte=fte)
    if centre.fte > 0:
        centre.without_doctor_since = None
    elif centre.without_doctor_since is None:
        centre.without_doctor_since = world.today


def _months(world: World, centre: Centre) -> Behaviour:
    """Counts consultations by month, and releases the list of a centre that has been without doctors too long."""
    p = world.parameters
    patience = round(p["centre_release_months"] * DAYS_PER_YEAR / 12)
    per_patient, per_fte = p["consultations_per_patient"] / 12, p["consultations_per_fte"] / 12
    consultations = 0.0
    for day in first_of_months(world):
        if day > world.calendar.horizon or centre.closed:
            return
        yield world.at(day, Phase.SUPPLY, f"{centre.name}/month")
        if centre.closed:
            return
        if centre.slot < 0:
            continue
        world.residents.advance(day)
        trainees = len(centre.interns) * p["intern_target_residents"] * per_patient if centre.interns_hold_list else 0.0
        consultations += min(world.residents.list_size(centre.slot) * per_patient, centre.fte * per_fte + trainees)
        if world.calendar.date(day).month == 1:
            year = str(world.calendar.date(day).year - 1)
            world.note("consultations", centre.name, centre.zone, value=float(round(consultations)), detail=year)
            consultations = 0.0
        since = centre.without_doctor_since
        if since is not None and day - since >= patience:
            released = world.residents.release_excess(day, centre.slot)
            if released:
                world.note("list_released", centre.name, centre.zone, residents=released, detail="no doctor")


def close_centre(world: World, centre: Centre) -> None:
    """The centre closes: staff leave, the list is released."""
    for retiree in list(centre.sessions):
        centre.sessions.remove(retiree)
        retiree.employer = None
        world.end_stint(retiree.stint)
    refresh_centre(world, centre)
    centre.closed = True
    released = world.residents.close(world.today, centre.slot) if centre.slot >= 0 else 0
    world.note("centre_closed", centre.name, centre.zone, residents=released)
