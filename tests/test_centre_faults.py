"""Faults of centres, money and outreach that a review once found, each kept from coming back."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import pytest
from strategies import events, make_territory, scenario_of, town, without_mt

from ess_sim.behaviours.centres import close_centre
from ess_sim.behaviours.practices import settle
from ess_sim.clock import Phase
from ess_sim.parameters import Parameters
from ess_sim.policies.ald_campaign import AldCampaign
from ess_sim.policies.base import Policy
from ess_sim.policies.grant_cut import GrantCut
from ess_sim.policies.medicobus import Medicobus
from ess_sim.policies.open_centre import OpenCentre
from ess_sim.policies.planned_handover import PlannedHandover
from ess_sim.policies.rotating_doctors import RotatingDoctors
from ess_sim.policies.secpa_rollout import SecpaRollout, Wave
from ess_sim.residents import Residents
from ess_sim.results import Run
from ess_sim.scenario import Count
from ess_sim.simulate import simulate
from ess_sim.structures import CentreSpec, DayZeroCentre, Finance, Form, Posts, SalariedGps
from ess_sim.world import Behaviour, World

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

    def told(self: Residents, day: int, **who: Any) -> tuple[int, int]:
        helped.append(day)
        return accompany(self, day, **who)

    monkeypatch.setattr(Residents, "accompany", told)
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
    assert events(closed, "centre_closed")["value"].iloc[0] >= 0


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
        GrantCut(starts=OPENS, centre="nobody", cut=0.5),
        PlannedHandover(opens=OPENS, retires=date(2021, 1, 1), centre="nobody"),
    ],
)
def test_a_centre_that_no_scenario_has_is_found_before_a_run(policy: Policy) -> None:
    scenario = scenario_of(policies=(policy,), supply={"centres": [day0(name="case")]}, residents=without_mt(0.3))
    assert any("nobody" in what for _, what in scenario.problems(PLACE))


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
