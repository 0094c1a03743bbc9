"""A centre's list: its target follows the doctors present, and without doctors it is released."""

from __future__ import annotations

from collections.abc import Callable

from ess_sim.model.behaviours.centres.ledger import look_at_staff, years_a_day
from ess_sim.model.residents.practice import Practice
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = ["refresh_centre", "release_lists", "release_without_doctor"]


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
            appeal=max(1.0, centre.spec.posts.doctors_fte / (1 + len(centre.annexes))),
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
    return max(0.0, target * (1.0 + world.levers.of("target_ratio", centre.name)))


def release_lists(world: World, centre: Centre, release: Callable[[int, int], int]) -> int:
    """Releases the centre's lists (``release`` one on a day), whose care of this month so far its own accounts hold.

    Returns their residents; `pay_ordinary_care` pays for them from today on.
    """
    before = world.residents.by_mt().without
    released = sum(release(world.today, slot) for slot in centre.slots)
    own = world.residents.by_mt().without - before
    for place, residents in enumerate((own, released - own)):
        world.cared_for[place] += residents * (world.today - world.care_paid_to) * years_a_day(world)
    return released


def release_without_doctor(world: World, centre: Centre, patience: int) -> None:
    """Releases the lists of a centre that has had no doctor for longer than its patients wait."""
    since = centre.without_doctor_since
    if since is None or world.today - since < patience:
        return
    released = release_lists(world, centre, world.residents.release_excess)
    if released:
        world.note("list_released", centre.name, centre.zone, residents=released, detail="no doctor")
