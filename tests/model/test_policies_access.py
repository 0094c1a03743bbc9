"""Policies on access: mediators, the van, the insurer's campaign; each does what it says, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frames import same_frames
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import FULL, Audit, digests, events, make_territory, room, scenario_of, town, without_mt, worlds

from ess_sim.errors import ScenarioError
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.scenario.blocks import PrecariousBlock
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.policies.ald_campaign import AldCampaign
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.lift_barriers import LiftBarriers
from ess_sim.model.policies.mediators import Mediators
from ess_sim.model.policies.outreach_van import OutreachVan
from ess_sim.model.run.simulation import simulate
from ess_sim.results.run import Run

CITY = make_territory({"A": town(2400), "B": town(1200)}, km=8.0)
STARTS, ENDS = date(2020, 9, 10), date(2022, 6, 20)

POLICIES: dict[str, Policy] = {
    "mediators": Mediators(starts=STARTS, ends=ENDS, zones=("A",), fte=2.0),
    "everywhere": Mediators(starts=STARTS, ends=ENDS, fte=2.0),
    "van": OutreachVan(starts=STARTS, ends=ENDS, zones=("B", "A"), screenings_per_year=800),
    "ald": AldCampaign(starts=STARTS, ends=ENDS),
    "barriers": LiftBarriers(starts=STARTS, ends=ENDS, physical=1.0, financial=0.5, psychological=1.0),
}
OFF = {
    "mediators": {"mediator_contacts_per_fte_year": 0.0},
    "everywhere": {"mediator_contacts_per_fte_year": 0.0},
    "van": {"van_referred_share": 0.0},
    "ald": {"ald_campaign_accepted_share": 0.0},
}
ROOM = room(0.2)  # otherwise none who asks is taken
RESIDENTS = ("snapshots", "flows", "calls", "spells")


def scenario(*policies: Policy, **changes: Any) -> Scenario:
    poverty = [PrecariousBlock(zones=["A"], share=0.4, source="none", grade="D")]
    residents = without_mt(0.2).model_copy(update={"precarious": poverty})
    parameters = ROOM | {"zone_choice_shortage": 0.0} | changes.pop("parameters", {})
    return scenario_of(gps=5, years=3, policies=policies, residents=residents, parameters=parameters, **changes)


def run(*policies: Policy, replication: int = 0, **changes: Any) -> Run:
    return simulate(scenario(*policies, **changes), replication=replication, territory=CITY)


def pairs(policy: Policy, n: int = 6, **changes: Any) -> list[tuple[Run, Run]]:
    """Without and with the policy."""
    return [(run(replication=r, **changes), run(policy, replication=r, **changes)) for r in range(n)]


def counted(one: Run, event: str) -> int:
    return int(events(one, event)["residents"].sum())


def looking(one: Run, **who: Any) -> pd.Series:
    """Means over 2021 of the residents without MT: those who look, and all."""
    rows = one.snapshots[one.snapshots["date"].dt.year == 2021]
    for column, value in who.items():
        rows = rows[rows[column] == value]
    seeking = rows["seeking"].sum()
    return pd.Series({"seeking": seeking, "without": seeking + rows["discouraged"].sum() + rows["not_seeking"].sum()})


# --- what they share -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", POLICIES)
def test_no_doctor_is_touched(name: str) -> None:
    """Residents do not steer supply here: every career is the same, day by day."""
    without, with_policy = run(), run(POLICIES[name])
    assert digests(without)["careers"] == digests(with_policy)["careers"]


@pytest.mark.parametrize("name", OFF)
def test_switched_off_it_changes_nothing(name: str) -> None:
    without, with_policy = run(), run(POLICIES[name], parameters=OFF[name])
    for table in RESIDENTS:
        same_frames(without.table(table), with_policy.table(table))


@pytest.mark.parametrize("name", POLICIES)
def test_no_fact_is_theirs_after_the_end(name: str) -> None:
    acts = [f for f in run(POLICIES[name]).record.facts if f.actor.startswith(("mediators", "van", "ald", "lift"))]
    assert 0 < max(f.day for f in acts) <= (ENDS - date(2020, 3, 1)).days


@settings(max_examples=25)
@given(worlds(years=2), st.floats(0.01, 40.0), st.sampled_from([0, 100, 360]), st.booleans())
def test_residents_remain_whole_in_odd_places(
    world: tuple[Scenario, Territory], size: float, first: int, ending: bool
) -> None:
    """Few residents or none, far more contacts than people, a start on the first day or at any other time."""
    odd, territory = world
    dates: dict[str, Any] = {"starts": odd.start + timedelta(first), "ends": odd.start + timedelta(365)}
    dates |= {} if ending else {"ends": None}
    several = (
        Mediators(fte=size, **dates),
        Mediators(fte=size, zones=territory.zones[:1], **dates),
        OutreachVan(screenings_per_year=1000 * size, zones=territory.zones[-2:], **dates),
        AldCampaign(contacted_share=min(1.0, size), **dates),
        LiftBarriers(physical=0.7, psychological=1.0, **dates),
        LiftBarriers(physical=0.7, financial=1.0, **dates),
    )
    one = simulate(odd.with_(policies=(*odd.policies, *several, Audit(every=13))), territory=territory)
    said = events(one, "cost_unknown")["actor"]
    assert said.str.startswith(("mediators", "van-", "ald-", "lift-")).sum() == 6
    taken, asked = (events(one, e)["residents"] for e in ("accompanied_registered", "residents_accompanied"))
    assert 0 <= taken.sum() <= asked.sum()
    assert (events(one, "residents_met")["value"] >= 0).all()


def test_several_of_a_kind_have_names_of_their_own() -> None:
    one = Mediators(starts=STARTS, zones=("A",), fte=1.0)
    both = run(one, one, Mediators(starts=STARTS, zones=("A",), fte=2.0))
    accounts = both.table("accounts")
    paid = accounts[accounts["payer"] == "agency"].groupby("actor", observed=True)["cents"].sum()
    assert sorted(paid.index) == ["mediators-A", "mediators-A-2", "mediators-A-3"]
    assert sorted(paid)[2] == pytest.approx(2 * sorted(paid)[0], abs=50)


@pytest.mark.parametrize(
    ("cls", "fields"),
    [
        (Mediators, {"fte": 0.0}),
        (Mediators, {"fte": 1.0, "zones": ()}),
        (OutreachVan, {"screenings_per_year": 100}),
        (AldCampaign, {"contacted_share": 1.1}),
        (LiftBarriers, {}),
        (LiftBarriers, {"physical": 1.5}),
    ],
)
def test_nonsense_is_refused(cls: type[Policy], fields: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError):
        cls(starts=STARTS, **fields)


# --- mediators -------------------------------------------------------------------------------------------------------


def test_mediators_make_the_precarious_look_again() -> None:
    """In their zone and most of all among the precarious; more of these find an MT."""
    seldom = {"need_rate_lost_per_year": 0.06}  # that they look again by themselves
    both = pairs(Mediators(starts=STARTS, ends=ENDS, zones=("A",), fte=6.0), parameters=seldom)
    gains = {}
    for who in ("precarious", "others", "elsewhere"):
        where = {"zone": "B" if who == "elsewhere" else "A", "precarious": who == "precarious"}
        shares = [[s["seeking"] / s["without"] for s in (looking(one, **where) for one in pair)] for pair in both]
        gains[who] = np.mean(np.diff(shares))
    print(gains)
    assert gains["precarious"] > 0.15
    assert gains["precarious"] > 2 * gains["others"]
    assert abs(gains["elsewhere"]) < 0.1
    fewer = [np.diff([looking(one, zone="A", precarious=True)["without"] for one in pair])[0] for pair in both]
    assert np.mean(fewer) < -3 * np.std(fewer, ddof=1) / np.sqrt(len(fewer))


def test_mediators_help_to_dare() -> None:
    """Suppressed calls per wish to call fall by what the lever says."""
    sure = {"mediator_dare_share": 1.0, "mediator_contacts_per_fte_year": 10_000.0, "precarious_call_multiplier": 0.6}
    kept = []
    for parameters in ({"precarious_call_multiplier": 0.6}, sure):
        policies = (POLICIES["mediators"],) if parameters is sure else ()
        calls = run(*policies, parameters=parameters).table("calls")
        here = calls[(calls["zone"] == "A") & calls["precarious"] & (calls["caller"] == "without_mt")]
        here = here[(here["date"] >= "2020-11-01") & (here["date"] < "2022-06-01")]
        kept.append(here.groupby(here["outcome"] == "suppressed")["count"].sum())
    assert 0.3 < kept[0][True] / kept[0].sum() < 0.5  # some hundred calls
    assert True not in kept[1].index or kept[1][True] == 0


def test_mediators_meet_as_many_as_their_posts_allow() -> None:
    p = catalogue()
    for name, zones in (("mediators", {"A"}), ("everywhere", set())):
        one = run(POLICIES[name])
        year = 2 * p["mediator_contacts_per_fte_year"].value
        contacts = events(one, "outreach_contacts")
        assert contacts["detail"].tolist() == ["2020", "2021", "2022"]
        days = np.array([113, 365, 170])
        np.testing.assert_allclose(contacts["value"], year * days / 365.25)
        met = events(one, "residents_met")
        assert set(met["zone"].dropna()) == zones
        np.testing.assert_allclose(met["value"], contacts["value"] * p["mediator_contacts_without_mt_share"].value)
        accompanied = counted(one, "residents_accompanied")
        expected = met["value"].sum() * p["mediator_accompanied_share"].value
        assert expected - 2 < accompanied <= expected
        assert 0 < counted(one, "accompanied_registered") <= accompanied


def test_the_agency_pays_for_mediators() -> None:
    one = run(POLICIES["mediators"])
    accounts = one.table("accounts")
    own = accounts[accounts["actor"] == "mediators-A"]
    assert set(own["payer"]) == {"agency"}
    assert own["date"].dt.day.tolist() == [1] * 21 + [20]
    days = (ENDS - STARTS).days
    euro = 2 * days / 365.25 * catalogue()["mediator_agency_euro_per_fte_year"].value
    assert abs(own["cents"].sum() - 100 * euro) <= len(own)
    assert len(events(one, "cost_unknown")) == 1


# --- the van ---------------------------------------------------------------------------------------------------------


def test_the_van_screens_everybody_and_refers_some() -> None:
    """As many as it is said to, the precarious more than others; who is referred and has no MT is met."""
    van = POLICIES["van"]
    one = run(van)
    contacts = events(one, "outreach_contacts")
    assert contacts["value"].sum() == pytest.approx(800 * (ENDS - STARTS).days / 365.25)
    met = events(one, "residents_met")
    assert set(met["zone"]) == {"A", "B"}
    p = catalogue()
    then = one.snapshots[one.snapshots["date"].dt.year == 2021]
    weight = np.where(then["precarious"], p["van_precarious_weight"].value, 1.0)
    without = then[["seeking", "discouraged", "not_seeking"]].sum(axis=1)
    share = (weight * without).sum() / (weight * then["adults"]).sum()
    found = met.loc[met["detail"] == "2021", "value"].sum() / (800 * 365 / 365.25)
    assert found == pytest.approx(share * p["van_referred_share"].value, rel=0.15)
    accompanied = counted(one, "residents_accompanied")
    assert accompanied == pytest.approx(met["value"].sum() * p["van_accompanied_share"].value, abs=4)
    assert 0 < counted(one, "accompanied_registered") <= accompanied


def test_the_van_makes_residents_look() -> None:
    both = pairs(POLICIES["van"])
    shares = [[s["seeking"] / s["without"] for s in (looking(one) for one in pair)] for pair in both]
    gains = np.diff(shares)
    assert gains.mean() > 3 * gains.std(ddof=1) / np.sqrt(len(gains))
    without = [np.diff([looking(one)["without"] for one in pair])[0] for pair in both]
    assert np.mean(without) < 0


@pytest.mark.parametrize("name", ["van", "ald", "barriers"])
def test_an_unknown_cost_is_said(name: str) -> None:
    one = run(POLICIES[name])
    said = events(one, "cost_unknown")
    assert len(said) == 1
    assert len(said["detail"].iloc[0]) > 15
    assert said["actor"].iloc[0] not in set(one.table("accounts")["actor"])


# --- the insurer's campaign ------------------------------------------------------------------------------------------


def test_the_campaign_helps_ald_residents_where_there_is_room() -> None:
    both = pairs(POLICIES["ald"])
    fewer = [np.diff([looking(one, ald=True)["without"] for one in pair])[0] for pair in both]
    assert np.mean(fewer) < -3 * np.std(fewer, ddof=1) / np.sqrt(len(fewer))
    for _, one in both:
        opened, contacted = counted(one, "campaign_opened"), counted(one, "residents_accompanied")
        assert contacted <= round(opened * catalogue()["ald_campaign_accepted_share"].value)
        found = events(one, "accompanied_registered").iloc[0]
        assert 0 < found["residents"] <= contacted
        assert found["value"] == pytest.approx(found["residents"] / contacted)


def test_the_campaign_finds_no_place_where_there_is_none() -> None:
    full = {**FULL, "intake_per_month_per_fte": 0.0, "relatives_accepted_share": 0.0}
    full |= dict.fromkeys([name for name in catalogue() if name.startswith("exit_hazard")], 0.0)
    full |= {"followed_share_ald": 0.0}
    one = run(POLICIES["ald"], parameters=full, supply={"first_installations": None})
    shares = [run(POLICIES["ald"], parameters=parameters) for parameters in (full, {})]
    found = [counted(one, "accompanied_registered") / counted(one, "residents_accompanied") for one in shares]
    assert found[0] < 0.15 < found[1]
    assert counted(one, "residents_accompanied") > 20
    followed = run(POLICIES["ald"], parameters=full | {"followed_share_ald": 1.0}, supply={"first_installations": None})
    assert counted(followed, "accompanied_registered") == counted(followed, "residents_accompanied") > 20


def test_the_campaign_lasts_as_long_as_the_catalogue_says() -> None:
    one = run(AldCampaign(starts=STARTS, contacted_share=0.5))
    facts = events(one, "campaign_opened", "accompanied_registered")
    assert (facts["date"].iloc[1] - facts["date"].iloc[0]).days == round(
        catalogue()["ald_campaign_months"].value * 365.25 / 12
    )
    whole = counted(run(AldCampaign(starts=STARTS)), "campaign_opened")
    assert counted(one, "campaign_opened") == pytest.approx(whole / 2, abs=1)
