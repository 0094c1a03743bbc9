"""A centre's accounts: what it earns and spends, month by month and to the cent.

Fees, flat payments and the contributions that the insurer refunds; grants; staff by the day of presence; premises and
running costs. Opening reserves plus all lines of the table ``accounts`` are the reserves, at any time.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from ess_sim.inputs.catalogue.tariffs import assistant_subsidy, tariff
from ess_sim.inputs.scenario.centre_spec import OWNERS, CentreSpec, CostLine, DayZeroCentre, Grant, Payer, Posts
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = [
    "PayDays",
    "accrue",
    "book",
    "book_month",
    "charge",
    "expenses",
    "give",
    "grants_of",
    "income",
    "invest",
    "look_at_staff",
    "open_books",
    "opening_reserves",
    "planned_cost_per_year",
    "spend_on_building",
    "years_a_day",
]


class PayDays(NamedTuple):
    """The days by which the insurer pays: of the month that is booked, and on which assistants came."""

    month: date
    assistants_since: date


def book(world: World, centre: Centre, line: str, payer: str, euro: float) -> int:
    """Books money of a centre and moves its reserves; returns the cents. Policies pay a centre by this door.

    Parameters
    ----------
    payer : str
        One of `tables.PAYERS`; '' with a negative amount for an expense of the centre itself.
    """
    cents = world.pay(centre.name, line, payer, euro, centre.zone)
    centre.account.reserves_cents += cents
    return cents


def open_books(world: World, centre: Centre) -> None:
    """The first day: own funds, and the investment or the fact that it is unknown."""
    account, finance = centre.account, centre.spec.finance
    account.booked_to = account.accrued_to = world.today
    account.members_cents = round(100 * finance.members_euro)
    book(world, centre, "opening_reserves", OWNERS[centre.form], opening_reserves(world.parameters, centre.spec))


def invest(world: World, centre: Centre) -> None:
    """A new centre's building and equipment: paid by others, or unknown."""
    investment = centre.spec.finance.investment
    if investment is None:
        world.note("cost_unknown", centre.name, centre.zone, detail="investment: building and equipment")
    else:
        spend_on_building(world, centre, investment.payer, investment.euro)


def spend_on_building(world: World, centre: Centre, payer: str, euro: float) -> None:
    """Building and equipment that others pay: received and spent on one day."""
    cents = book(world, centre, "investment", payer, euro)
    book(world, centre, "investment", "", -cents / 100)


def accrue(world: World, centre: Centre) -> None:
    """Counts the days of presence up to today, then looks at who is present from now on."""
    account, today = centre.account, world.today
    days = today - account.accrued_to
    if days:
        for kind, fte in account.present.items():
            account.fte_days[kind] = account.fte_days.get(kind, 0.0) + fte * days
        _accrue_grants(world, centre)
        account.accrued_to = today
    account.present, account.kept = _present(centre), _kept_by_payer(world, centre)


def look_at_staff(world: World, centre: Centre) -> None:
    """Counts the days up to today if anything has changed: else sums would be rounded by who happens to look."""
    account = centre.account
    if (_present(centre), _kept_by_payer(world, centre)) != (account.present, account.kept):
        accrue(world, centre)


def _present(centre: Centre) -> dict[str, float]:
    """FTE by kind of post; for staff that policies bring, euro a year."""
    return {
        "salaried_gps": centre.salaried_fte,
        "retired_gps": centre.sessions_fte,
        "doctors": centre.fte,
        "trainees": float(len(centre.interns)) if centre.spec.posts.interns.list else 0.0,
        "medical_assistants": centre.assistants,
        "added_staff": math.fsum(centre.extra_costs.values()),
    }


def grants_of(centre: Centre) -> list[Grant]:
    """A centre's grants: its own, then those that policies give, in the order of their names."""
    return [*centre.spec.finance.grants, *(grant for _, grant in sorted(centre.extra_grants.items()))]


def _kept_by_payer(world: World, centre: Centre) -> dict[str, float]:
    return {grant.payer: _kept(world, centre, grant.payer) for grant in grants_of(centre)}


def _kept(world: World, centre: Centre, payer: Payer) -> float:
    """Part of its grants that a payer gives today: cuts for all, for this centre, of this payer, and of both add up."""
    levers = world.levers
    cuts = (levers.of("grant_ratio", who) for who in (centre.name, f"/{payer}", f"{centre.name}/{payer}"))
    return max(0.0, math.fsum((1.0, levers["grant_ratio"], *cuts)))


def _accrue_grants(world: World, centre: Centre) -> None:
    account = centre.account
    if not account.kept:
        return
    first, end = (world.calendar.date(day) for day in (account.accrued_to, world.today))
    part = years_a_day(world)
    for grant in grants_of(centre):
        euro = grant.euro_per_year * grant.paid(first, end) * part * account.kept[grant.payer]
        account.granted[grant.payer] = account.granted.get(grant.payer, 0.0) + euro


def give(world: World, centre: Centre, sender: str, grant: Grant | None) -> None:
    """From today on ``sender`` gives this grant, in place of a former one; None ends it."""
    accrue(world, centre)
    if grant is None:
        centre.extra_grants.pop(sender, None)
    else:
        centre.extra_grants[sender] = grant
    accrue(world, centre)


def charge(world: World, centre: Centre, sender: str, euro_per_year: float) -> None:
    """From today on staff that ``sender`` brings costs the centre so much; 0 ends it."""
    accrue(world, centre)
    if euro_per_year > 0:
        centre.extra_costs[sender] = euro_per_year
    else:
        centre.extra_costs.pop(sender, None)
    accrue(world, centre)


def years_a_day(world: World) -> float:
    """Part of a year that a day of the month just past stands for: each month is a twelfth."""
    last = world.calendar.date(world.today - 1)
    return 1.0 / (12 * monthrange(last.year, last.month)[1])


def book_month(world: World, centre: Centre, consulted: float) -> int:
    """Books the month just past (or the part of it since the last booking); returns its result in cents."""
    account = centre.account
    accrue(world, centre)
    days = world.today - account.booked_to
    if not days:
        return 0
    before = account.reserves_cents
    of_year = years_a_day(world)
    years = {kind: fte_days * of_year for kind, fte_days in account.fte_days.items()}
    month, signed = (world.calendar.date(day) for day in (world.today - 1, centre.assistants_since))
    p, part = world.parameters, days * of_year
    for line, payer, euro in income(p, centre.spec.posts, consulted, years, part, PayDays(month, signed)):
        book(world, centre, line, payer, euro)
    for payer, euro in sorted(account.granted.items()):
        book(world, centre, "grant", payer, euro)
    for line, euro in expenses(p, centre.spec, years, part):
        _spend(world, centre, line, euro)
    account.fte_days.clear()
    account.granted.clear()
    account.booked_to = world.today
    return account.reserves_cents - before


def income(
    p: Mapping[str, float], posts: Posts, consulted: float, years: Mapping[str, float], part: float, days: PayDays
) -> Iterator[tuple[str, str, float]]:
    """What a centre earns, but for grants: lines of its accounts, who pays, and euro.

    Parameters
    ----------
    p : mapping of str to float
        Parameters.
    posts : Posts
    consulted : float
        Consultations given.
    years : mapping of str to float
        FTE by kind of post, times the part of a year for which they were there.
    part : float
        The part of a year that is booked.
    days : PayDays
        Which tariff and which subsidy hold.
    """
    insurer = p["insurer_share_of_fees"]
    fees = consulted * tariff(p, days.month)
    nursing = posts.nurses * part * p["nurse_fees_euro_per_fte_year"]
    for line, euro in (("fees", fees), ("nursing_fees", nursing)):
        received = euro * (1.0 - p["fee_rejects_share"])
        yield line, "insurer", received * insurer
        yield line, "residents", received * (1.0 - insurer)
    yield "flat_payments", "insurer", fees * p["centre_flat_payments_to_fees"]
    rate = p["employer_contribution_rate"]
    health_staff = sum(_pay(p, kind) * years.get(kind, 0.0) for kind in ("salaried_gps", "retired_gps"))
    health_staff += posts.nurses * part * p["nurse_cost_euro_per_fte_year"]
    refund = p["teulade_share_of_contributions"] * rate / (1.0 + rate) * health_staff
    yield "contributions_refunded", "insurer", refund
    assistants = years.get("medical_assistants", 0.0)
    if assistants:
        subsidy = assistant_subsidy(p, days.assistants_since, days.month)
        yield "medical_assistant_subsidy", "insurer", assistants * subsidy


def _pay(p: Mapping[str, float], kind: str) -> float:
    """Employer cost of a full-time doctor a year."""
    if kind == "retired_gps":
        gross = p["retired_gp_gross_euro_per_day"] * p["working_days_per_year"]
    else:
        gross = p["salaried_gp_gross_euro_per_fte_year"]
    return gross * (1.0 + p["employer_contribution_rate"])


def _staff(
    p: Mapping[str, float], posts: Posts, years: Mapping[str, float], part: float
) -> Iterator[tuple[CostLine, float]]:
    """Cost of staff by kind of post."""
    secretaries = posts.secretaries
    if secretaries is None:
        full_time = years.get("doctors", 0.0) * p["secretaries_per_doctor_fte"]
    else:
        full_time = secretaries * part
    yield "salaried_gps", years.get("salaried_gps", 0.0) * _pay(p, "salaried_gps")
    yield "retired_gps", years.get("retired_gps", 0.0) * _pay(p, "retired_gps")
    yield "secretaries", full_time * p["secretary_cost_euro_per_fte_year"]
    yield "nurses", posts.nurses * part * p["nurse_cost_euro_per_fte_year"]
    yield "mediators", posts.mediators * part * p["mediator_agency_euro_per_fte_year"]
    yield "medical_assistants", years.get("medical_assistants", 0.0) * p["medical_assistant_cost_euro_per_fte_year"]
    yield "added_staff", years.get("added_staff", 0.0)


def expenses(
    p: Mapping[str, float], spec: CentreSpec, years: Mapping[str, float], part: float
) -> Iterator[tuple[CostLine, float]]:
    """What a centre and others spend on it: staff, then premises and running costs; arguments as of `income`."""
    total = 0.0
    for line, euro in _staff(p, spec.posts, years, part):
        total += euro
        yield line, euro
    given = spec.finance.running_euro_per_year
    if given is not None:
        yield "premises_and_running", given * part
    else:
        share = p["staff_share_of_costs"]
        yield "premises_and_running", total * (1.0 - share) / share


def _spend(world: World, centre: Centre, line: CostLine, euro: float) -> None:
    if not euro:
        return
    spent = book(world, centre, line, "", -euro)
    payer = centre.spec.finance.borne_by.get(line)
    if payer is not None:
        book(world, centre, line, payer, -spent / 100)


def planned_cost_per_year(p: Mapping[str, float], spec: CentreSpec) -> float:
    """Cost of a year with all posts filled."""
    posts = spec.posts
    years = {
        "salaried_gps": posts.salaried_gps.count * posts.salaried_gps.fte_each,
        "retired_gps": posts.retired_gps.count * posts.retired_gps.fte_each,
        "doctors": posts.doctors_fte,
        "medical_assistants": posts.medical_assistants,
    }
    *staff, (_, running) = expenses(p, spec, years, 1.0)
    return sum(euro for _, euro in staff) + running


def opening_reserves(p: Mapping[str, float], spec: CentreSpec) -> float:
    """Own funds on a centre's first day, in euro."""
    reserves = spec.finance.reserves_euro
    if reserves is None:
        months = p["centre_reserves_months"] if isinstance(spec, DayZeroCentre) else p["new_centre_reserves_months"]
        reserves = months / 12 * planned_cost_per_year(p, spec)
    return reserves
