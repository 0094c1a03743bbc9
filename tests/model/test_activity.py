"""Consultations of a centre: whom its doctors see, as far as their hours allow, and who pays them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from strategies import make_territory, scenario_of, town, without_mt

from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.scenario.centre_spec import DayZeroCentre, Finance, OtherPatients, Posts, RetiredGps, SalariedGps
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model.behaviours.centres.activity import Activity, consultations
from ess_sim.model.behaviours.centres.centres import start_centres
from ess_sim.model.run.simulation import build_world, simulate
from ess_sim.model.world.records import Retiree
from ess_sim.results.run import Run

SAID: dict[str, Any] = {"source": "made up for a test", "grade": "D"}
CITY = make_territory({"A": town(3000), "B": town(1500)}, km=8.0)
P = Parameters()
CHILDREN, UNDECLARED = P["children_per_listed_adult"], P["centre_undeclared_per_declared"]


def scenario(listed: int, parameters: dict[str, float], posts: Posts | None = None, **fields: Any) -> Scenario:
    """One full-time salaried GP and her list on day 0."""
    there = DayZeroCentre(
        form="association",
        zone="A",
        name="centre",
        listed=listed,
        posts=posts or Posts(salaried_gps=SalariedGps(count=1)),
        finance=Finance(reserves_euro=1e6),
        **fields,
        **SAID,
    )
    numbers = {"first_installations": Rate(per_year=1.0, **SAID), "other_gps": Count(count=8, **SAID)}
    return scenario_of(
        gps=4,
        years=1,
        start=date(2020, 1, 1),
        supply=numbers | {"centres": [there]},
        residents=without_mt(share=0.3),
        parameters=parameters,
    )


def a_year(listed: int, parameters: dict[str, float] | None = None, **fields: Any) -> tuple[int, Activity]:
    """Adults on the list, about as many as asked for, and consultations of a year with all posts filled."""
    world = build_world(scenario(listed, parameters or {}, **fields), seed=1, replication=0, territory=CITY)
    start_centres(world)
    centre = world.centres["centre"]
    if centre.spec.posts.retired_gps.count:
        centre.sessions.append(Retiree("she", 1955, -100))
    account = centre.account
    account.fte_days = {"doctors": 31 * centre.fte, "retired_gps": 31 * centre.sessions_fte}
    account.booked_to = world.today - 31  # the month before counts as a twelfth
    found = consultations(world, centre)
    return world.residents.list_size(centre.slot), Activity(*(12 * part for part in found))


@pytest.mark.parametrize(
    ("fields", "others"),
    [
        ({}, CHILDREN + (1 + CHILDREN) * UNDECLARED),
        ({"only_without_mt": True}, CHILDREN),
        ({"other_patients": OtherPatients(per_declared=0.1, **SAID)}, CHILDREN + (1 + CHILDREN) * 0.1),
        ({"only_without_mt": True, "other_patients": OtherPatients(per_declared=0.2, **SAID)}, CHILDREN * 1.2 + 0.2),
    ],
)
def test_children_and_patients_without_declaration_come_too(fields: dict[str, Any], others: float) -> None:
    listed, activity = a_year(600, {"consultations_per_fte": 5400.0}, **fields)
    assert activity.listed == pytest.approx(listed * P["consultations_per_patient"])
    assert activity.others == pytest.approx(listed * others * P["consultations_per_other_patient"])


def test_adults_on_the_list_come_first_when_hours_are_short() -> None:
    hours = P["consultations_per_fte"]
    listed, some = a_year(900)
    assert some.listed == pytest.approx(listed * P["consultations_per_patient"])
    assert some.total == pytest.approx(hours)
    assert some.others > 0
    listed, none = a_year(1200)
    assert none.listed == pytest.approx(hours)
    assert none.others == 0
    assert none.beyond == pytest.approx(listed * P["consultations_per_patient"] - hours)


def test_care_that_a_centre_has_no_hours_for_is_paid_elsewhere() -> None:
    def paid(hours: float) -> int:
        parameters = {"consultations_per_fte": hours, "fee_rejects_share": 0.0, "consultations_per_other_patient": 0.0}
        run = simulate(scenario(500, parameters), territory=CITY)
        return int(run.accounts.loc[run.accounts["line"].isin(["fees", "consultations"]), "cents"].sum())

    assert paid(2_000.0) == pytest.approx(paid(5_400.0), abs=60), "a cent a line"


@pytest.mark.parametrize("hours", [None, 10.5])
def test_a_long_day_of_sessions_gives_more_consultations(hours: float | None) -> None:
    posts = Posts(salaried_gps=SalariedGps(count=1), retired_gps=RetiredGps(count=1, fte_each=0.4, hours_per_day=hours))
    day = 1 if hours is None else hours / P["salaried_hours_per_day"]
    _, activity = a_year(1500, posts=posts)
    assert activity.total == pytest.approx((1 + 0.4 * day) * P["consultations_per_fte"])


def test_what_a_centre_gives_others_no_practice_is_paid_for() -> None:
    def paid(rate: float) -> Run:
        hours = {"consultations_per_fte": 5400.0, "centre_list_per_fte": 600.0}
        parameters = hours | {"fee_rejects_share": 0.0, "consultations_per_other_patient": rate}
        return simulate(scenario(500, parameters), territory=CITY)

    busy, quiet = paid(2.7), paid(1.4)
    fees, all_of_them = (
        [run.accounts.loc[run.accounts["line"].isin(lines), "cents"].sum() for run in (busy, quiet)]
        for lines in (["fees"], ["fees", "consultations"])
    )
    assert fees[0] > 1.1 * fees[1]
    assert all_of_them[0] == pytest.approx(all_of_them[1], abs=60), "a cent a line"
