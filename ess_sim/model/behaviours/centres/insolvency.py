"""What a deficit leads to, by legal form: cover by a parent, members' money, a rescue, a takeover, or the end.

Who pays when a centre cannot (sources and grades of all figures: catalogue):

- ``municipal``, ``mutualist``, ``group``: the parent (commune; mutual; national non-profit) makes good what the
  reserves lack, every month, as long as its patience lasts. A group looks at all its centres once a year: it gives one
  up only if they lose money together, the worst first.
- ``scic``: its members pay in what they had promised; then a court puts it into receivership, and it is taken over by a
  group, or closes.
- ``association``: it asks for emergency aid, and gets it or closes.
"""

from __future__ import annotations

from typing import NamedTuple

from ess_sim.inputs.scenario.centre_spec import Form
from ess_sim.model.behaviours.centres.ledger import book, planned_cost_per_year
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = ["PARENTS", "cover", "must_close", "settle_at_closure"]


class Parent(NamedTuple):
    """Who covers a form's deficits, and the catalogue parameter that says for how many months."""

    payer: str
    patience: str


PARENTS: dict[Form, Parent] = {
    "municipal": Parent("local_authority", "municipal_patience_months"),
    "mutualist": Parent("members", "mutualist_patience_months"),
    "group": Parent("members", "group_patience_months"),
}


def must_close(world: World, centre: Centre) -> str:
    """Draws the consequences of the months booked; returns why the centre has to close, '' if it goes on.

    Asked when all centres have booked the month, so that a manager sees all of them alike.
    """
    account = centre.account
    if centre.form in PARENTS:
        return _by_parent(world, centre, PARENTS[centre.form])
    cover(world, centre)
    account.months_overdrawn = account.months_overdrawn + 1 if account.reserves_cents < 0 else 0
    return _cooperative(world, centre) if centre.form == "scic" else _association(world, centre)


def cover(world: World, centre: Centre) -> None:
    """Makes good what the reserves lack: a parent all of it, the members of a cooperative what they have promised."""
    account = centre.account
    if account.reserves_cents >= 0:
        return
    if centre.form in PARENTS:
        book(world, centre, "deficit_covered", PARENTS[centre.form].payer, -account.reserves_cents / 100)
    elif account.members_cents > 0:
        paid = min(account.members_cents, -account.reserves_cents)
        account.members_cents -= paid
        book(world, centre, "members_shares", "members", paid / 100)


def settle_at_closure(world: World, centre: Centre) -> None:
    """On its last day a parent pays what is still owed, or gets back what is left."""
    left = centre.account.reserves_cents
    if centre.form in PARENTS and left:
        line = "deficit_covered" if left < 0 else "reserves_returned"
        book(world, centre, line, PARENTS[centre.form].payer, -left / 100)


def _by_parent(world: World, centre: Centre, parent: Parent) -> str:
    account = centre.account
    if sum(account.results) >= 0:
        account.months_of_deficit = 0
    if account.reserves_cents < 0:
        account.months_of_deficit += sum(account.results) < 0
        cover(world, centre)
    impatient = account.months_of_deficit >= world.parameters[parent.patience]
    if centre.form != "group":
        return "deficit no longer covered" if impatient else ""
    january = world.calendar.date(world.today).month == 1
    return "portfolio" if impatient and january and _given_up(world, centre) else ""


def _given_up(world: World, centre: Centre) -> bool:
    """Whether the manager closes this one: the worst of those in deficit for long, until the others break even."""
    patience = world.parameters[PARENTS["group"].patience]
    portfolio = [
        c for c in world.centres.values() if not c.closed and c.form == "group" and c.manager == centre.manager
    ]
    balance = {c.name: sum(c.account.results) for c in portfolio}
    total = sum(balance.values())
    for other in sorted(portfolio, key=lambda c: (balance[c.name], c.name)):
        if total >= 0:
            return False
        if other.account.months_of_deficit >= patience:
            if other is centre:
                return True
            total -= balance[other.name]
    return False


def _draw(world: World, centre: Centre) -> float:
    centre.account.crises += 1
    return world.streams.of("crisis", f"{centre.name}/{centre.account.crises}").random()


def _in_crisis(world: World, centre: Centre) -> bool:
    """Whether its creditors wait no longer: it has been below zero for so long, and owes so many months of its costs.

    A crisis comes in the first month that reaches both, as a parent's patience ends.
    """
    p, account = world.parameters, centre.account
    if account.months_overdrawn < max(1.0, p["months_overdrawn_to_crisis"]):
        return False
    credit = p["debts_to_crisis_months"] / 12 * planned_cost_per_year(p, centre.spec)
    return -account.reserves_cents / 100 >= credit


def _association(world: World, centre: Centre) -> str:
    p, account = world.parameters, centre.account
    if not _in_crisis(world, centre):
        return ""
    of_year = 12 * sum(account.results) / len(account.results)
    missing = (-account.reserves_cents + max(0.0, -of_year)) / 100  # the debts, and a year like the last
    most = p["rescue_most_euro"]
    if -account.reserves_cents / 100 > most or _draw(world, centre) >= p["association_rescue_probability"]:
        return "no rescue"
    aid = min(most, missing)
    book(world, centre, "emergency_aid", "agency", aid)
    world.note("rescue", centre.name, centre.zone, value=aid)
    account.months_overdrawn = 0
    return ""


def _cooperative(world: World, centre: Centre) -> str:
    p, account = world.parameters, centre.account
    if account.months_in_court:
        account.months_in_court = account.months_in_court + 1 if account.months_overdrawn else 0  # or it has recovered
    elif _in_crisis(world, centre):
        account.months_in_court = 1
        world.note("receivership", centre.name, centre.zone, value=account.reserves_cents / 100)
    if account.months_in_court - 1 < p["receivership_months"]:
        return ""
    if _draw(world, centre) >= p["cooperative_takeover_probability"]:
        return "no takeover"
    book(world, centre, "debts_written_off", "members", -account.reserves_cents / 100)
    centre.form, centre.manager = "group", f"{centre.name}/new manager"
    account.months_overdrawn = account.months_in_court = account.months_of_deficit = 0
    account.results.clear()
    world.note("taken_over", centre.name, centre.zone, detail="group")
    return ""
