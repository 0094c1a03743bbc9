"""How long a centre can last at most: where its file alone shows that it will run out of money.

What a centre earns depends on who takes its posts and who comes: no file says that. But an hour of a doctor holds so
many consultations at most, a consultation has its tariff, and posts have their pay; nurses, mediators, secretaries and
premises that the file states cost money from the first day. So there is a best month: that with the posts filled whose
hours pay for themselves, all of their hours used, and as many interns as can be. If even such months lose money,
reserves end on a day that can be reckoned, and what follows is the rule of the legal form (`insolvency`):

- a commune, a mutual society or a group on its own closes the centre when its patience ends;
- an association is in a crisis then, and goes on only with emergency aid; a cooperative is in receivership.

Nothing is said of any other centre, because nothing is certain: a post that stays vacant costs nothing, so that a
centre whose doctors cost more than they earn may still last, without doctors. Nor of centres that a policy runs by
rules of its own, of a scenario with policies that bring grants, or of a group's centres that share their money.
"""

from __future__ import annotations

import itertools
import math
from calendar import monthrange
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from ess_sim.clock import Calendar
from ess_sim.inputs.catalogue.tariffs import assistant_subsidy, tariff
from ess_sim.inputs.scenario.centre_spec import CentreSpec, DayZeroCentre
from ess_sim.model.behaviours.centres.insolvency import PARENTS
from ess_sim.model.behaviours.centres.ledger import (
    PayDays,
    expenses,
    income,
    opening_reserves,
    planned_cost_per_year,
)
from ess_sim.model.policies.ahead import Ahead, Limit
from ess_sim.model.policies.words import Words
from ess_sim.model.run.centres.interns import intern_places

__all__ = ["End", "best_month", "end_of", "money", "planned"]


_ROUNDING = 1.0
"""Euro a month that rounding to cents may add, at most."""


class End(NamedTuple):
    """The last day, at the latest, on which a centre's money allows what its file plans.

    Attributes
    ----------
    day : int
        On which it closes, or its crisis begins.
    gone : int
        Settling day on which its reserves are below zero for the first time.
    loss : float
        Euro that it loses in the last year before, at least.
    """

    day: int
    gone: int
    loss: float


def best_month(p: Mapping[str, float], spec: CentreSpec, part: float, days: PayDays, *, filled: bool = False) -> float:
    """The most that any staff and any patients can leave of a month, in euro, without grants.

    Parameters
    ----------
    p : mapping of str to float
        Parameters.
    spec : CentreSpec
    part : float
        The part of a year.
    days : PayDays
        Which tariff and which subsidy hold.
    filled : bool
        Whether all posts are; then the most that any patients can leave.

    Notes
    -----
    With all hours used, the result is linear in the FTE of each kind: its maximum is where each kind is there in full,
    or not at all.
    """
    posts = spec.posts
    salaried = posts.salaried_gps.count * posts.salaried_gps.fte_each
    retired = posts.retired_gps.count * posts.retired_gps.fte_each
    hours = posts.retired_gps.hours_per_day
    day = 1.0 if hours is None else hours / p["salaried_hours_per_day"]
    interns = intern_places(spec, p).most if posts.interns.list else 0
    trained = interns * p["intern_target_residents"] * p["consultations_per_patient"]
    found = []
    staffs = [(salaried, retired)] if filled else itertools.product((0.0, salaried), (0.0, retired))
    for s, r in staffs:
        years = {"salaried_gps": s, "retired_gps": r, "doctors": s + r, "medical_assistants": posts.medical_assistants}
        years = {kind: fte * part for kind, fte in years.items()}
        consulted = ((s + r * day) * p["consultations_per_fte"] + trained) * part
        earned = math.fsum(euro for _, _, euro in income(p, posts, consulted, years, part, days))
        borne = spec.finance.borne_by
        found.append(earned - math.fsum(euro for line, euro in expenses(p, spec, years, part) if line not in borne))
    return max(found)


def end_of(spec: CentreSpec, p: Mapping[str, float], calendar: Calendar, first: int, last: int) -> End | None:
    """When a centre that opens on the day ``first`` ends at the latest, if that is certain to be before ``last``.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.parameters import Parameters
    >>> from ess_sim.inputs.scenario.centre_spec import Finance, Posts
    >>> spec = CentreSpec(form="municipal", zone="A", posts=Posts(mediators=2), finance=Finance(reserves_euro=1e5))
    >>> calendar = Calendar(date(2020, 1, 1), 10)
    >>> end = end_of(spec, Parameters(), calendar, 0, calendar.horizon)
    >>> print(calendar.date(end.gone), calendar.date(end.day), round(end.loss))
    2020-12-01 2026-11-01 117766
    """
    reserves = opening_reserves(p, spec) + spec.finance.members_euro
    results: deque[float] = deque(maxlen=12)
    parts: deque[float] = deque(maxlen=12)  # of a year, for which these are
    owed = spec.months_of_deficit if isinstance(spec, DayZeroCentre) else 0  # months that a parent is sure to cover
    overdrawn, gone = 0, -1
    credit = p["debts_to_crisis_months"] / 12 * planned_cost_per_year(p, spec)
    for day, part, best in _best_results(spec, p, calendar, first, last):
        results.append(best)
        parts.append(part)
        reserves += best
        loses = math.fsum(results) < 0
        if gone < 0 and reserves < 0:
            gone = day
        if spec.form in PARENTS:
            owed = owed + (reserves < 0) if loses else 0
            reserves = max(reserves, 0.0)
            looked_at = spec.form != "group" or (loses and calendar.date(day).month == 1)
            over = looked_at and owed >= p[PARENTS[spec.form].patience]
        else:
            overdrawn = overdrawn + 1 if reserves < 0 else 0
            over = overdrawn >= max(1.0, p["months_overdrawn_to_crisis"]) and -reserves >= credit
        if over:
            return End(day, day if gone < 0 else gone, -math.fsum(results) / math.fsum(parts)) if loses else None
    return None


def _best_results(
    spec: CentreSpec, p: Mapping[str, float], calendar: Calendar, first: int, last: int, *, filled: bool = False
) -> Iterator[tuple[int, float, float]]:
    """For each month its settling day, the part of a year that it is, and the most that it can leave, in euro."""
    before, opened = first, calendar.date(first)
    of_a_year: dict[tuple[float, float], float] = {}  # of the few tariffs and subsidies that there are
    for day in _months(calendar, first, last):
        month, since, today = (calendar.date(d) for d in (day - 1, before, day))
        a_day = 1.0 / (12 * monthrange(month.year, month.month)[1])
        given = math.fsum(g.euro_per_year * g.paid(since, today) * a_day for g in spec.finance.grants)
        part, before = (day - before) * a_day, day
        paid = tariff(p, month), assistant_subsidy(p, opened, month)
        if paid not in of_a_year:
            of_a_year[paid] = best_month(p, spec, 1.0, PayDays(month, opened), filled=filled)
        yield day, part, of_a_year[paid] * part + given + _ROUNDING


def _months(calendar: Calendar, first: int, last: int) -> Iterator[int]:
    """First days of the months after ``first`` and before ``last``."""
    today = calendar.date(first)
    year, month = today.year, today.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        if month == 1 and year > date.max.year - 1:
            return
        day = calendar.day(date(year, month, 1))
        if day >= last:
            return
        yield day


def planned(spec: CentreSpec, ahead: Ahead, open_days: tuple[int, int]) -> Iterator[Words]:
    """That a centre with all posts filled would use up its reserves, even if every hour of its doctors is used.

    Nothing is said where it is certain to end in any case (`money`), or where its money is not known before.
    """
    first, last = open_days[0], min(open_days[1], ahead.calendar.horizon)
    if ahead.grants is None or first >= last or end_of(spec, ahead.p, ahead.calendar, first, last):
        return
    own = reserves = opening_reserves(ahead.p, spec) + spec.finance.members_euro
    lost = years = 0.0
    for day, part, best in _best_results(spec, ahead.p, ahead.calendar, first, last, filled=True):
        reserves, lost, years = reserves + best, lost - best, years + part
        if reserves < 0:
            until, loss, there = ahead.calendar.date(day), _hundreds(lost / years), _hundreds(own)
            who = f"{spec.zone} ({spec.name})" if spec.name else spec.zone
            en = f"its reserves, {there} euros, would last until {until} at most" if own else "it has no reserves"
            fr = f"ses réserves, {_fr(there)} euros, dureraient jusqu'au {until:%d/%m/%Y} au mieux"
            fr = fr if own else "il n'a pas de réserves"
            yield Words(
                f"centre in {who}: with all posts filled it loses {loss} euros a year or more, however many come: {en}",
                f"centre à {who}\u00a0: tous postes pourvus, il perd {_fr(loss)} euros par an ou plus, quel que soit "
                f"le nombre de patients\u00a0: {fr}",
            )
            return


def _hundreds(euro: float) -> str:
    return f"{math.floor(euro / 100) * 100:,}"


def _fr(number: str) -> str:
    return number.replace(",", "\u202f")


def money(
    spec: CentreSpec, ahead: Ahead, open_days: tuple[int, int], others: Sequence[CentreSpec] = ()
) -> Iterator[Limit]:
    """That a centre cannot last as long as planned, if that is certain.

    Parameters
    ----------
    spec : CentreSpec
    ahead : Ahead
    open_days : tuple of int
        Its first day, and that on which it closes as planned.
    others : sequence of CentreSpec
        All centres of the scenario, itself among them.
    """
    first, last = open_days[0], min(open_days[1], ahead.calendar.horizon)
    shared = spec.form == "group" and sum(c.form == "group" for c in others) > 1  # they may have one manager
    if ahead.grants is None or shared or first >= last:
        return
    end = end_of(spec, ahead.p, ahead.calendar, first, last)
    if end is None:
        return
    asked, most = ((ahead.calendar.date(day) - ahead.calendar.date(first)).days for day in (last, end.day))
    gone, day = (ahead.calendar.date(d) for d in (end.gone, end.day))
    loss = _hundreds(end.loss)
    en, fr = _what(spec, ahead.p)
    yield Limit(
        ("finance",),
        asked,
        most,
        Words(
            f"{en} by {day} at the latest: with any doctors and any patients it then loses {loss} euros "
            f"a year or more, and its reserves last until {gone} at most",
            f"{fr} le {day:%d/%m/%Y} au plus tard\u00a0: quels que soient ses médecins et ses patients, il perd "
            f"alors {_fr(loss)} euros par an ou plus, et ses réserves durent jusqu'au {gone:%d/%m/%Y} au mieux",
        ),
    )


def _what(spec: CentreSpec, p: Mapping[str, float]) -> tuple[str, str]:
    if spec.form in PARENTS or (spec.form == "association" and p["association_rescue_probability"] == 0):
        return "it closes for lack of money", "il ferme, faute d'argent,"
    if spec.form == "association":
        return "it closes or needs emergency aid", "il ferme ou a besoin d'une aide d'urgence"
    return "it is in receivership or closed", "il est en redressement judiciaire ou fermé"
