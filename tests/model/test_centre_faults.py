"""Faults of centres, money and outreach that a review once found, each kept from coming back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from strategies import events, make_territory, scenario_of, town, without_mt

from ess_sim.clock import Phase
from ess_sim.errors import ScenarioError
from ess_sim.inputs.catalogue.parameters import Parameters, catalogue
from ess_sim.inputs.scenario.blocks import GpBlock
from ess_sim.inputs.scenario.centre_spec import (
    CentreSpec,
    DayZeroCentre,
    Finance,
    Form,
    Grant,
    Posts,
    SalariedGps,
)
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model.behaviours.centres.centres import close_centre
from ess_sim.model.behaviours.gps.settling import settle
from ess_sim.model.policies.ald_campaign import AldCampaign
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.cesp import Cesp
from ess_sim.model.policies.departures import Departures
from ess_sim.model.policies.grant_cut import GrantCut
from ess_sim.model.policies.medical_assistants import MedicalAssistants
from ess_sim.model.policies.medicobus import Medicobus
from ess_sim.model.policies.nurse_delegation import NurseDelegation
from ess_sim.model.policies.open_centre import OpenCentre
from ess_sim.model.policies.planned_handover import PlannedHandover
from ess_sim.model.policies.rotating_doctors import RotatingDoctors
from ess_sim.model.policies.secpa_rollout import SecpaRollout, Wave
from ess_sim.model.policies.solidarity_days import SolidarityDays
from ess_sim.model.residents.residents import Residents
from ess_sim.model.run.read import read_scenario
from ess_sim.model.run.simulation import simulate
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.results.run import Run
from ess_sim.streams import stable_rank

NONE: dict[str, Any] = {"source": "none", "grade": "D"}
PLACE = make_territory({"A": town(1200), "B": town(600)}, km=5.0)
P = Parameters()
OPENS = date(2020, 6, 1)


def run(*policies: Policy, seed: int = 1, years: int = 4, **changes: Any) -> Run:
    """Three GPs for 1,800 adults, of whom three in ten have no MT."""
    scenario = scenario_of(policies=policies, years=years, residents=without_mt(0.3), **changes)
    return simulate(scenario, seed=seed, territory=PLACE)


def centre(form: Form = "municipal", *, salaried: int = 1, nurses: float = 0, **fields: Any) -> CentreSpec:
    posts = Posts(salaried_gps=SalariedGps(count=salaried), nurses=nurses)
    return CentreSpec(form=form, zone="A", posts=posts, **fields)


def day0(*, name: str = "X", salaried: int = 1, listed: int = 500) -> DayZeroCentre:
    posts = Posts(salaried_gps=SalariedGps(count=salaried))
    return DayZeroCentre(form="municipal", zone="A", name=name, posts=posts, listed=listed, **NONE)


class CloseOn(Policy):
    """Closes the centre X."""

    kind: ClassVar[str] = "test_centre_faults:CloseOn"

    starts: date

    def act(self, world: World) -> Behaviour:
        close_centre(world, world.centres["X"])
        yield from ()


class SettlersOnTheFirst(Policy):
    """A newcomer settles on the first of each month, when centres claim doctors."""

    kind: ClassVar[str] = "test_centre_faults:SettlersOnTheFirst"

    def act(self, world: World) -> Behaviour:
        for n, day in enumerate(world.first_of_months()):
            yield world.at(day, Phase.SUPPLY, "settlers")
            settle(world, f"new-{n}", origin="outside")


def test_mediators_whose_funding_has_ended_help_nobody_on_the_day_the_centre_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    helped: list[int] = []
    accompany = Residents.accompany

    def asked_of(self: Residents, day: int, **who: Any) -> tuple[int, int]:
        helped.append(day)
        return accompany(self, day, **who)

    monkeypatch.setattr(Residents, "accompany", asked_of)
    ends = date(2021, 7, 1)
    later = run(
        OpenCentre(opens=OPENS, closes=date(2023, 6, 20), centre=centre()),
        SecpaRollout(waves=(Wave(opens=date(2020, 7, 1), count=1),), zones=("A",), ends=ends),
    )
    last = later.scenario.calendar.day(ends)
    assert helped
    assert max(helped) <= last


def test_no_centre_hires_more_doctors_than_it_has_posts() -> None:
    parameters = {
        "newcomer_salaried_share": 0.67,
        "other_gp_looking_rate_per_year": 0.1,
        "salaried_turnover_per_year": 0.2,
    }
    opened = OpenCentre(opens=OPENS, centre=centre(salaried=2, name="X"))
    busy = run(
        opened, SettlersOnTheFirst(), years=3, parameters=parameters, supply={"other_gps": Count(count=8, **NONE)}
    )
    came = events(busy, "post_filled", "salaried_gp_left")
    present = (came["event"].astype(str) == "post_filled").map({True: 1, False: -1}).cumsum()
    assert present.max() > 0
    assert present.max() <= 2


def test_nobody_is_a_list_holder_and_salaried_at_once_whatever_a_centre_is_called() -> None:
    there = run(supply={"centres": [day0(name="A", salaried=2)]}).careers
    on_day0 = there[there["from"] == there["from"].min()]
    at_work = on_day0[on_day0["mode"].astype(str).isin(["liberal", "salaried"])]["person"].astype(str)
    assert at_work.is_unique


def test_opening_reserves_and_all_lines_are_the_reserves_also_with_an_investment() -> None:
    bus = run(Medicobus(starts=date(2020, 6, 10), ends=date(2022, 5, 20), zones=("A", "B"), fte=0.4))
    lines = bus.accounts[bus.accounts["actor"].astype(str) == "medicobus-A"]
    left = events(bus, "centre_closed")["value"].iloc[0]
    assert lines["cents"].sum() == round(100 * left)


@pytest.mark.parametrize("form", ["municipal", "mutualist", "group"])
def test_a_parent_covers_the_last_days_of_a_centre_too(form: Form) -> None:
    spec = centre(form, nurses=3, finance=Finance(reserves_euro=0))
    closed = run(OpenCentre(opens=date(2020, 6, 10), closes=date(2023, 6, 29), centre=spec))
    assert events(closed, "centre_closed")["value"].iloc[0] == 0
    assert closed.accounts.query("line == 'deficit_covered'")["date"].max().date() == date(2023, 6, 29)


def test_own_funds_of_a_commune_are_public_money() -> None:
    opened = run(OpenCentre(opens=OPENS, centre=centre("municipal"))).accounts
    funds = opened[opened["line"].astype(str) == "opening_reserves"]
    assert set(funds["payer"].astype(str)) == {"local_authority"}


def test_adults_of_a_centre_that_closes_are_not_paid_for_twice_in_its_last_month() -> None:
    def december(closes: date) -> int:
        """Cents for consultations of December 2021, of everybody."""
        accounts = run(CloseOn(starts=closes), supply={"centres": [day0()]}).accounts
        lines = ["fees", "consultations", "consultations without MT"]
        month = (accounts["date"] > "2021-12-01") & (accounts["date"] <= "2022-01-01")
        return int(accounts[month & accounts["line"].isin(lines) & (accounts["payer"] != "")]["cents"].sum())

    # December is the same, whether the centre closes on the day after its last or one day later
    assert december(date(2022, 1, 1)) == pytest.approx(december(date(2022, 1, 2)), rel=0.01)


def test_a_campaign_that_outlasts_the_run_is_cut_off_and_not_squeezed() -> None:
    """One month of a campaign of eight and a half helps about an eighth of the residents."""
    late = run(AldCampaign(starts=date(2024, 1, 25)))
    wanted = events(late, "campaign_opened")["residents"].iloc[0]
    helped = events(late, "residents_accompanied")["residents"].sum()
    assert wanted >= 10
    assert helped < wanted / 2


@pytest.mark.parametrize(
    "policy",
    [
        GrantCut(starts=OPENS, centre="no-such", cut=0.5),
        PlannedHandover(opens=OPENS, retires=date(2021, 1, 1), centre="no-such"),
    ],
)
def test_a_centre_that_no_scenario_has_is_found_before_a_run(policy: Policy) -> None:
    scenario = scenario_of(policies=(policy,), supply={"centres": [day0(name="case")]}, residents=without_mt(0.3))
    assert any("no-such" in what for _, what in scenario.problems(PLACE))


def test_a_second_centre_of_one_name_is_refused() -> None:
    """It would be called X-2, and a grant cut of X would not mean it."""
    opened = OpenCentre(opens=OPENS, centre=centre(name="X"))
    scenario = scenario_of(policies=(opened,), supply={"centres": [day0()]}, residents=without_mt(0.3))
    assert any("X" in what for _, what in scenario.problems(PLACE))


def test_rotating_doctors_begin_with_the_own_funds_of_a_new_centre() -> None:
    opened = run(RotatingDoctors(opens=OPENS, zone="A", lines=1)).accounts
    funds = opened[opened["line"].astype(str) == "opening_reserves"]["cents"].sum() / 100
    a_year = P["rotating_doctor_euro_per_week"] * 365.25 / 7
    assert funds >= P["new_centre_reserves_months"] / 12 * a_year - 0.01


def test_a_doctor_keeps_her_sex_when_she_retires() -> None:
    there = run(supply={"centres": [day0(salaried=2)]}, years=15, gps=8).careers
    doctors = there[there["mode"].astype(str).isin(["liberal", "salaried", "other", "retired", "sessions"])]
    once = doctors.groupby(doctors["person"].astype(str))["woman"].nunique()
    assert not once[once > 1].index.tolist()


# --- a later review --------------------------------------------------------------------------------------------------

STAY = {name: 0.0 for name in catalogue() if name.startswith("exit_hazard_")}
"""No GP decides to cease."""


@pytest.mark.parametrize(
    ("policies", "fact", "parameters"),
    [
        ([MedicalAssistants(starts=OPENS, contracts=n) for n in (50, 49)], "assistant_contract_signed", {}),
        ([NurseDelegation(starts=OPENS, zones=(z,), nurses=20) for z in "AB"], "delegation_agreed", {}),
        (
            [SolidarityDays(starts=OPENS, zones=("C",), days_per_month=n) for n in (1.0, 2.0)],
            "volunteer_joined",
            {"solidarity_volunteer_share": 1.0},
        ),
        ([Cesp(starts=OPENS, zones=(z,), per_year=60) for z in "AB"], "cesp_signed", {"supervisor_share": 1.0}),
    ],
    ids=["assistants", "nurses", "solidarity", "cesp"],
)
def test_policies_of_one_kind_share_persons_out_one_by_one(
    policies: list[Policy], fact: str, parameters: dict[str, float]
) -> None:
    """Two want everybody: she goes to the one keyed to her, and not all of them to the one that wakes first."""
    three = make_territory({"A": town(1200), "B": town(1200), "C": town(600)}, minutes=np.full((3, 3), 6.0))
    supply = {"interns_per_semester": Count(count=30, **NONE)}
    scenario = scenario_of(
        policies=policies, gps=40, years=2, residents=without_mt(0.3), parameters=STAY | parameters, supply=supply
    )
    found = simulate(scenario, territory=three)
    first = min(f.day for f in found.record.facts if f.event == fact)
    taken = [f for f in found.record.facts if f.event == fact and f.day == first]
    by = {actor: {f.other for f in taken if f.actor == actor} for actor in {f.actor for f in taken}}
    assert len(by) == 2
    one, other = by
    assert min(map(len, by.values())) > len(taken) / 5
    for person in by[one] | by[other]:
        if fact == "delegation_agreed" and "-C-" not in person:
            continue  # nurses prefer GPs of their own zone
        winner = min(by, key=lambda policy: stable_rank(f"{policy}/{person}"))
        assert person in by[winner]


def test_nurses_get_gps_of_their_zone_before_nurses_from_elsewhere_do() -> None:
    two = make_territory({"A": town(1200), "B": town(1200)}, minutes=[[5, 6], [6, 5]])
    policies = [NurseDelegation(starts=OPENS, zones=(z,), nurses=1.0) for z in "AB"]
    scenario = scenario_of(policies=policies, gps=10, residents=without_mt(0.3), parameters=STAY)
    facts = simulate(scenario, territory=two).record.facts
    agreed = [f for f in facts if f.event == "delegation_agreed" and f.day == scenario.calendar.day(OPENS)]
    assert len(agreed) == 10
    assert all(f.actor.removeprefix("nurses-") == f.other[3] for f in agreed)


def test_the_days_of_a_month_in_which_a_run_ends_are_booked() -> None:
    """A run of three years from 10 March ends on 10 March: nine days of grants, of nurses and of everybody's care."""
    grant = Grant(payer="agency", euro_per_year=120_000, **NONE)
    spec = centre("association", nurses=2, name="X", finance=Finance(reserves_euro=1e6, grants=(grant,)))
    there = DayZeroCentre.model_validate(spec.model_dump() | {"listed": 400, **NONE})
    found = run(start=date(2020, 3, 10), years=3, supply={"centres": [there]}).accounts
    last, before = found[found["date"] == "2023-03-10"], found[found["date"] == "2023-03-01"]
    for actor, line in (("X", "grant"), ("X", "nurses"), ("liberal practices", "consultations")):
        cents = {
            name: int(rows[(rows["actor"] == actor) & (rows["line"] == line)]["cents"].sum())
            for name, rows in (("last", last), ("before", before))
        }
        assert cents["before"] != 0
        assert cents["last"] == pytest.approx(cents["before"] * 9 / 31, rel=0.03 if line == "consultations" else 1e-5)
    # three years of grants to the day, though neither the first month nor the last is whole
    grants = found[(found["actor"] == "X") & (found["line"] == "grant")]["cents"].sum()
    assert grants == pytest.approx(36_000_000, abs=40)


def test_care_of_the_first_days_is_not_that_of_a_month() -> None:
    """Wherever in a month a run begins, a year costs a year."""
    for start in (date(2020, 3, 1), date(2020, 3, 30), date(2020, 3, 31)):
        made = run(start=start, years=1, parameters=dict(STAY))
        accounts = made.accounts
        rows = accounts[(accounts["actor"] == "practices elsewhere") & (accounts["line"] == "flat payments")]
        listed = made.snapshots.groupby("date")["listed"].sum().mean()
        outside = listed * P["nominal_mt_share"]
        year = 100 * outside * P["flat_payment_euro_per_patient_per_year"]
        assert rows["cents"].sum() == pytest.approx(year, rel=0.2)
        first = rows["cents"].iloc[0] / rows["cents"].iloc[1]
        assert first == pytest.approx(((date(2020, 4, 1) - start).days % 31 or 31) / 31, rel=0.2)


def test_a_parent_covers_the_last_days_of_a_run_too() -> None:
    spec = centre("municipal", nurses=3, name="X", finance=Finance(reserves_euro=0))
    found = run(OpenCentre(opens=OPENS, centre=spec), start=date(2020, 3, 10), years=2).accounts
    own = found[found["actor"] == "X"]
    assert own["date"].max() == pd.Timestamp("2022-03-10")
    assert own["cents"].sum() == 0


def test_a_planned_exit_tapers_as_every_other_does() -> None:
    plan = PlannedHandover(opens=OPENS, retires=date(2021, 6, 1), centre=centre(name="X"), gps=("gp-A-001",))
    found = run(plan, parameters=STAY).providers
    rows = found[(found["provider"] == "gp-A-001")].set_index("date")["openness"]
    assert (rows[rows.index < "2020-06-01"] == 1).all()
    days = (pd.DatetimeIndex(rows.index) - pd.Timestamp(OPENS)).days.to_numpy()
    after = days >= 30
    np.testing.assert_allclose(rows[after], 1 - days[after] / 365, atol=31 / 365)
    assert rows[after].is_monotonic_decreasing
    assert rows.iloc[-1] < 0.1


@pytest.mark.parametrize("retires", [date(2020, 8, 1), date(2023, 12, 1)])
def test_of_two_announced_exits_the_earlier_counts(retires: date) -> None:
    """Everybody announces an exit in the first year, a year ahead; one has planned hers before or after that."""
    announced = dict.fromkeys(STAY, 1.0) | {"notice_share": 1.0, "notice_months_min": 12.0, "notice_months_max": 12.0}
    plan = PlannedHandover(opens=date(2020, 3, 5), retires=retires, centre=centre(name="X"), gps=("gp-A-001",))
    found = run(plan, parameters=announced)
    (gone,) = [f for f in found.record.facts if f.event == "gp_exited" and f.actor == "gp-A-001"]
    said = [f for f in found.record.facts if f.event == "gp_announced" and f.actor == "gp-A-001"]
    planned = found.scenario.calendar.day(retires)
    assert gone.day == min([planned, *(f.day + int(f.value) for f in said)])
    rows = found.providers[found.providers["provider"] == "gp-A-001"]
    assert rows["openness"].is_monotonic_decreasing
    assert rows["openness"].iloc[-1] < 0.2


def test_a_hand_over_without_a_gp_is_stated() -> None:
    def reasons(*policies: Policy, **changes: Any) -> list[tuple[str, str]]:
        found = run(*policies, **changes)
        return [(f.other, f.detail) for f in found.record.facts if f.event == "handover_without_gp"]

    retires, house = date(2021, 6, 1), centre(name="X")
    blocks = [GpBlock(zones=["B"], count=2, **NONE), GpBlock(zones=["A"], count=0, **NONE)]
    no_gp = {"list_holding_gps": blocks, "first_installations": Rate(per_year=0.0, **NONE)}
    plan = PlannedHandover(opens=OPENS, retires=retires, centre=house)
    assert reasons(plan, supply=no_gp) == [("", "no GP in the zone")]
    assert reasons(plan, parameters=STAY) == []
    named = [
        PlannedHandover(opens=opens, retires=retires, centre=c, gps=("gp-A-001", "gp-A-002"))
        for opens, c in ((OPENS, house), (date(2020, 7, 1), "X"))
    ]
    gone = Departures(starts=date(2020, 6, 15), gps=("gp-A-002",))
    assert reasons(*named, gone, parameters=STAY) == [
        ("gp-A-001", "she has a plan already"),
        ("gp-A-002", "she has left"),
    ]
    others = [PlannedHandover(opens=date(2020, 7, n), retires=retires, centre="X") for n in (1, 2, 3, 4)]
    assert set(reasons(plan, *others, parameters=STAY)) == {("", "every GP of the zone has a plan")}


def test_associations_and_cooperatives_come_to_a_crisis_in_the_same_month() -> None:
    parameters = STAY | {
        "months_overdrawn_to_crisis": 2.4,
        "debts_to_crisis_months": 0.0,
        "association_rescue_probability": 1.0,
        "rescue_most_euro": 900_000.0,
    }
    day = {}
    for form, fact in (("association", "rescue"), ("scic", "receivership")):
        spec = centre(form, nurses=3, finance=Finance(reserves_euro=0))  # type: ignore[arg-type]
        found = run(OpenCentre(opens=OPENS, centre=spec), parameters=parameters)
        day[form] = events(found, fact)["date"].iloc[0]
    assert day["association"] == day["scic"] == pd.Timestamp("2020-09-01"), "the third month below zero"


def test_an_assistant_of_a_centre_is_subsidised_as_one_of_a_practice() -> None:
    """By calendar months since the contract was signed, to the last day."""
    posts = Posts(salaried_gps=SalariedGps(count=1), medical_assistants=1)
    spec = CentreSpec(form="municipal", zone="A", name="X", posts=posts)
    found = run(OpenCentre(opens=date(2020, 6, 10), closes=date(2021, 6, 5), centre=spec)).accounts
    rows = found[(found["actor"] == "X") & (found["line"] == "medical_assistant_subsidy")]
    assert rows["date"].iloc[-1] == pd.Timestamp("2021-06-05")
    assert rows["cents"].iloc[-2] == round(100 * P["assistant_subsidy_first_year_euro"] / 12)
    assert rows["cents"].iloc[-1] == round(100 * P["assistant_subsidy_second_year_euro"] / 12 * 4 / 30)


# --- what nothing would read, and what cannot be ---------------------------------------------------------------------

HEAD = """\
name: wrong
start: 2020-01-01
horizon_years: 3
territory: {communes: ["53034", "53054"]}
"""
GPS = """\
supply:
  list_holding_gps:
    - {zones: remainder, count: 3, source: none, grade: D}
"""
SMP = """\
policies:
  - {kind: smp, opens: 2021-01-01, zone: '53034', retired_gps: {count: 1}, interns: {per_semester: 1},
"""


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        (
            "policies: [{kind: open_centre, opens: 2021-01-01, centre: {form: association, zone: '53034',\n"
            "  finance: {members_euro: 5000}}}]\n",
            "6:12: policies[0].centre.finance",
            "members_euro is what members of a cooperative pay in (form: scic)",
        ),
        (
            "policies: [{kind: open_centre, opens: 2021-01-01, centre: {form: scic, zone: '53034',\n  manager: me}}]\n",
            "6:12: policies[0].centre.manager",
            "only a group's centres have a manager",
        ),
        (
            "policies: [{kind: open_centre, opens: 2021-01-01, centre: {form: scic, zone: '53034',\n"
            "  finance: {borne_by: {secretary: state}}}}]\n",
            "6:24: policies[0].centre.finance.borne_by.secretary",
            "unknown key (did you mean 'secretaries'?)",
        ),
        (
            "policies: [{kind: secpa_rollout, waves: [{opens: 2021-01-01, count: 1}],\n"
            "  finance: {reserves_euro: 5}}]\n",
            "6:12: policies[0].finance",
            "there are none without posts",
        ),
        (
            "policies: [{kind: open_centre, opens: 2021-01-01, centre: {form: scic, zone: '53034',\n  name: CDS X}}]\n",
            "6:9: policies[0].centre.name",
            "'CDS X' cannot be a name: use 1 to 100 letters without accents, digits",
        ),
        (
            "supply:\n  other_gps: {count: 5, source: none, grade: D}\n",
            "6:14: supply.other_gps",
            "nothing reads it: no centre is there, and no policy opens one",
        ),
        (
            "supply:\n  centres: [{form: scic, zone: '53034', listed: 9000, source: none, grade: D}]\n",
            "6:12: supply.centres",
            "9000 adults on lists of centres, but only",
        ),
        (
            GPS + "policies:\n  - {kind: departures, starts: 2021-01-01, gps: [gp-53034-001, gp-53034-009]}\n",
            "9:64: policies[0].gps[1]",
            "no GP 'gp-53034-009' on day 0 (did you mean 'gp-53034-00",
        ),
        (
            GPS + "policies:\n  - {kind: departures, starts: 2021-01-01, gps: [gp-53034-001, gp-53034-001]}\n",
            "9:49: policies[0].gps",
            "'gp-53034-001' is named twice",
        ),
        (
            GPS + "policies:\n  - {kind: planned_handover, opens: 2021-01-01, retires: 2022-01-01,\n"
            "     centre: {form: scic, zone: '53034'}, gps: [gp-53034-002, gp-53034-002]}\n",
            "10:48: policies[0].gps",
            "'gp-53034-002' is named twice",
        ),
        (
            "policies:\n  - {kind: solidarity_days, starts: 2021-01-01, zones: ['53034', '53054']}\n",
            "6:56: policies[0].zones",
            "no GP is left to volunteer",
        ),
        (
            SMP + "     assistant_from: 2020-12-31}\n",
            "7:22: policies[0].assistant_from",
            "2020-12-31 is before opens (2021-01-01)",
        ),
        (
            SMP + "     closes: 2022-01-01, assistant_from: 2022-01-01}\n",
            "7:42: policies[0].assistant_from",
            "2022-01-01 is not before closes (2022-01-01)",
        ),
    ],
)
def test_wrong_input_is_refused_where_it_stands(tmp_path: Path, text: str, place: str, what: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read_scenario(file)
    (problem,) = str(error.value).splitlines()
    assert f"wrong.yaml:{place}: " in problem
    assert what in problem


def test_as_many_adults_on_lists_as_have_an_mt_are_no_problem_where_there_is_no_gp(tmp_path: Path) -> None:
    """What is said of a file before a run is what the run would find, to the adult."""
    file = tmp_path / "right.yaml"
    blocks = "supply:\n  list_holding_gps: [{zones: remainder, count: 0, source: none, grade: D}]\n"
    listed = "  centres: [{form: scic, zone: '53034', listed: %d, source: none, grade: D}]\n"
    file.write_text(HEAD + blocks + listed % 1, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"must hold all (\d+) adults") as error:
        read_scenario(file)
    everybody = int(str(error.value).split("all ")[1].split()[0])
    file.write_text(HEAD + blocks + listed % everybody, encoding="utf-8")
    found = simulate(read_scenario(file).with_(horizon_years=1))
    assert found.record.facts[0].residents == everybody
