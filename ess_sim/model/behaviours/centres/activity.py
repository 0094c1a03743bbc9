"""What a centre's doctors do: consultations of those on its list, of their children, and of others who come."""

from __future__ import annotations

from typing import NamedTuple

from ess_sim.model.behaviours.centres.ledger import accrue, years_a_day
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = ["Activity", "consultations", "take_off_liberal"]


class Activity(NamedTuple):
    """Consultations: of adults on the list, of everyone else, and what the former need beyond doctors' hours."""

    listed: float
    others: float
    beyond: float = 0.0

    @property
    def total(self) -> float:
        """All of them, as far as doctors' hours go."""
        return self.listed + self.others

    @property
    def off_liberal(self) -> float:
        """By how many liberal practices give fewer: they give others fewer, and adults on the list the rest."""
        return self.others - self.beyond


def consultations(world: World, centre: Centre) -> Activity:
    """Consultations since the last booking (within one month): as patients need, as far as doctors' hours allow.

    When hours are short, adults on the list come first.
    """
    if not centre.slots:
        return Activity(0.0, 0.0)
    p, account = world.parameters, centre.account
    accrue(world, centre)
    world.residents.advance(world.today)
    of_listed, of_other = p["consultations_per_patient"], p["consultations_per_other_patient"]
    patients = sum(world.residents.list_size(slot) for slot in centre.slots) * (world.today - account.booked_to)
    fte_days = account.fte_days
    full_time = fte_days.get("doctors", 0.0) + fte_days.get("retired_gps", 0.0) * (_day(world, centre) - 1.0)
    hours = full_time * p["consultations_per_fte"]
    hours += fte_days.get("trainees", 0.0) * p["intern_target_residents"] * of_listed
    listed = min(patients * of_listed, hours)
    others = min(patients * _others_per_listed(world, centre) * of_other, hours - listed)
    part = years_a_day(world)
    return Activity(listed * part, others * part, (patients * of_listed - listed) * part)


def take_off_liberal(world: World, activity: Activity) -> None:
    """Takes what a centre gives to others off liberal practices, where centres' lists live."""
    part = 0.0  # of the lists that is around
    if world.halo is not None and (nearby := world.residents.around_by_mt().centres):
        part = nearby / (world.residents.by_mt().centres + nearby)
    world.seen_in_centres[0] += activity.off_liberal * (1.0 - part)
    world.seen_in_centres[1] += activity.off_liberal * part


def _day(world: World, centre: Centre) -> float:
    """A day of a retired GP's sessions, in days of a salaried GP."""
    hours = centre.spec.posts.retired_gps.hours_per_day
    return 1.0 if hours is None else hours / world.parameters["salaried_hours_per_day"]


def _others_per_listed(world: World, centre: Centre) -> float:
    """Patients whom the list does not count, for each adult on it: declared children, and all without declaration."""
    p, stated = world.parameters, centre.spec.other_patients
    children = p["children_per_listed_adult"]
    if stated is not None:
        undeclared = stated.per_declared
    else:
        undeclared = 0.0 if centre.spec.only_without_mt else p["centre_undeclared_per_declared"]
    return children + (1.0 + children) * undeclared
