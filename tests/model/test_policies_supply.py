"""Policies on GPs and their numbers: each does what it says, costs what it says, and leaves nothing behind."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import numpy as np
import pytest
from strategies import digests, events, make_territory, scenario_of, town, without_mt

from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.errors import ScenarioError
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.scenario.blocks import GpBlock, WithoutMtBlock
from ess_sim.inputs.scenario.centre_spec import CentreSpec, Posts, SalariedGps
from ess_sim.inputs.scenario.scenario import ResidentsStart
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.cesp import Cesp
from ess_sim.model.policies.departures import Departures
from ess_sim.model.policies.later_retirement import LaterRetirement
from ess_sim.model.policies.medical_assistants import MedicalAssistants
from ess_sim.model.policies.nurse_delegation import NurseDelegation
from ess_sim.model.policies.open_centre import OpenCentre
from ess_sim.model.policies.regulated_installation import RegulatedInstallation
from ess_sim.model.policies.settlement_grant import SettlementGrant
from ess_sim.model.policies.solidarity_days import SolidarityDays
from ess_sim.model.run.simulation import simulate
from ess_sim.results.run import Run
from ess_sim.results.statistics.intervals import t_interval

# A and B are near one another, C is far from both
PLACE = make_territory(
    {"A": town(2400), "B": town(1200), "C": town(1200)}, minutes=[[5, 10, 28], [10, 5, 28], [28, 28, 5]]
)
ZONES = ("A", "B", "C")
NONE: dict[str, Any] = {"source": "none", "grade": "D"}
STARTS = date(2020, 6, 10)
ENDS = date(2023, 4, 5)
EXITS = [name for name in catalogue() if name.startswith("exit_hazard_")]
NOBODY_LEAVES = dict.fromkeys(EXITS, 0.0)
TARGETS_STAY = NOBODY_LEAVES | {"stretch_per_year": 0.0, "elsewhere_follows_share": 0.0}
ONE_OF_EACH: tuple[Policy, ...] = (
    LaterRetirement(starts=STARTS, ends=ENDS),
    MedicalAssistants(starts=STARTS, ends=ENDS, contracts=4, per_year=2.0),
    NurseDelegation(starts=STARTS, ends=ENDS, zones=("A",), nurses=1.0),
    SettlementGrant(starts=STARTS, ends=ENDS, zones=("B",)),
    Cesp(starts=STARTS, ends=ENDS, zones=("C",), per_year=1),
    RegulatedInstallation(starts=STARTS, ends=ENDS, threshold=0.2),
    SolidarityDays(starts=STARTS, ends=ENDS, zones=("B",)),
)


def place(*policies: Policy, replication: int = 0, arrivals: float = 2.0, **changes: Any) -> Run:
    """Six years with newcomers, interns and GPs who leave."""
    supply = {
        "first_installations": Rate(per_year=arrivals, **NONE),
        "interns_per_semester": Count(count=3, **NONE),
    } | changes.pop("supply", {})
    parameters = {"supervisor_share": 0.6} | changes.pop("parameters", {})
    fields: dict[str, Any] = {"gps": 12, "years": 6, "residents": without_mt(0.15)} | changes
    scenario = scenario_of(policies=policies, supply=supply, parameters=parameters, **fields)
    return simulate(scenario, replication=replication, territory=PLACE)


def actors(run: Run, event: str) -> dict[str, date]:
    """Who had this event, and when for the first time."""
    found: dict[str, date] = {}
    for fact in run.record.facts:
        if fact.event == event:
            found.setdefault(fact.actor, run.scenario.calendar.date(fact.day))
    return found


def others(run: Run, event: str) -> list[str]:
    """The other one of each fact of this kind."""
    return [fact.other for fact in run.record.facts if fact.event == event]


def settled(run: Run) -> dict[str, str]:
    """Zone where each newcomer settled."""
    return {fact.actor: run.zones[fact.zone] for fact in run.record.facts if fact.event == "gp_settled"}


def spent(run: Run, line: str) -> list[tuple[date, str, str, int]]:
    """Day, actor, payer and cents of each booking of a line."""
    rows = run.accounts[run.accounts["line"] == line]
    return list(
        zip(rows["date"].dt.date, rows["actor"].astype(str), rows["payer"].astype(str), rows["cents"], strict=True)
    )


def targets(run: Run, day: date) -> dict[str, float]:
    """Targets at the record of a day."""
    rows = run.providers[run.providers["date"] == str(day)]
    return dict(zip(rows["provider"].astype(str), rows["target"], strict=True))


# --- what all of them have in common ---------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ONE_OF_EACH, ids=lambda p: p.kind)
def test_they_shift_nobody_s_draws(policy: Policy) -> None:
    """Who comes when, at which age, and who graduates when does not hang on policies."""
    plain, run = place(), place(policy)
    assert actors(plain, "intern_graduated") == actors(run, "intern_graduated")
    both = actors(plain, "gp_settled").items() & actors(run, "gp_settled").items()
    assert len(both) > 4
    born = [
        {s.person: (s.birth_year, s.woman, s.fte) for s in r.record.stints if s.mode == "liberal"} for r in (plain, run)
    ]
    for name, _ in both:
        assert born[0][name] == born[1][name]


@pytest.mark.parametrize("policy", ONE_OF_EACH, ids=lambda p: p.kind)
def test_costs_are_booked_or_said_to_be_unknown(policy: Policy) -> None:
    everybody = {"solidarity_volunteer_share": 1.0} if isinstance(policy, SolidarityDays) else {}
    run, plain = place(policy, parameters=everybody), place()
    ordinary = set(plain.accounts["actor"].astype(str))
    mine = run.accounts[~run.accounts["actor"].isin(ordinary)]
    unknown = events(run, "cost_unknown")
    if isinstance(policy, LaterRetirement | RegulatedInstallation):
        assert len(mine) == 0
        assert unknown["date"].dt.date.tolist() == [STARTS]
        assert unknown["detail"].str.len().min() > 10
        return
    assert len(unknown) == 0
    assert mine["payer"].astype(str).unique().tolist() == ["state" if isinstance(policy, Cesp) else "insurer"]
    assert (mine["cents"] > 0).all()
    assert mine["date"].dt.date.min() > STARTS


# --- later retirement ------------------------------------------------------------------------------------------------


def test_gps_of_retirement_age_go_on_for_longer() -> None:
    later = 0
    for replication in range(6):
        runs = [
            place(*policies, replication=replication, gps=30, arrivals=0.0, parameters=hard)
            for policies, hard in (
                ((), {}),
                ((LaterRetirement(starts=STARTS),), {"later_retirement_odds_ratio": 0.3}),
            )
        ]
        exits = [
            {
                f.actor: (f.day, f.value)
                for f in run.record.facts
                if f.event == "gp_exited" and f.actor.startswith("gp-")
            }
            for run in runs
        ]
        for name, (day, age) in exits[1].items():
            assert name in exits[0], "no GP leaves because of it"
            assert exits[0][name][0] <= day
            if age < 60:
                assert exits[0][name] == (day, age)
        gone = [name for name, (_, age) in exits[0].items() if age < 60]
        assert set(gone) <= set(exits[1]), "the young leave as before"
        later += sum(name not in exits[1] or exits[1][name] > when for name, when in exits[0].items())
    assert later > 10


def test_odds_that_stay_the_same_change_nothing() -> None:
    runs = [
        place(*policies, parameters=same)
        for policies, same in (
            ((), {}),
            ((LaterRetirement(starts=STARTS),), {"later_retirement_odds_ratio": 1.0}),
        )
    ]
    tables = [{k: v for k, v in digests(run).items() if k != "facts"} for run in runs]
    assert tables[0] == tables[1]


# --- medical assistants ----------------------------------------------------------------------------------------------


def test_assistants_raise_targets_and_cost_less_each_year() -> None:
    starts, ends = date(2020, 6, 1), date(2023, 8, 1)
    run = place(MedicalAssistants(starts=starts, ends=ends, zones=("A", "C"), contracts=3), parameters=TARGETS_STAY)
    plain = place(parameters=TARGETS_STAY)
    chosen = others(run, "assistant_contract_signed")
    assert set(actors(run, "assistant_contract_signed").values()) == {starts}
    assert len(chosen) == len(set(chosen)) == 3
    zone = {s.person: run.zones[s.zone] for s in run.record.stints if s.mode == "liberal"}
    assert {zone[name] for name in chosen} <= {"A", "C"}
    gain = 1 + catalogue()["assistant_target_gain"].value
    for day in (date(2020, 6, 30), date(2023, 7, 31), date(2023, 8, 31)):
        with_, without = targets(run, day), targets(plain, day)
        for name in with_.keys() & without.keys():
            if name in chosen and day < ends:
                assert with_[name] == pytest.approx(
                    without[name] * gain, abs=60
                )  # a docteur junior's part is not raised
                assert with_[name] > without[name]
            else:
                assert with_[name] == without[name]
    # 36,000 €, then 27,000 €, then 21,000 € a year for each, by days
    paid = spent(run, "assistants")
    assert {(actor, payer) for _, actor, payer, _ in paid} == {("assistants-A", "insurer")}
    assert [day for day, *_ in paid] == [date(y, m, 1) for y in range(2020, 2024) for m in range(1, 13)][6:44]
    days = [(date(2021, 6, 1) - starts).days, 365, (ends - date(2022, 6, 1)).days]
    expected = sum(n / DAYS_PER_YEAR * euro for n, euro in zip(days, (36_000, 27_000, 21_000), strict=True))
    assert sum(cents for *_, cents in paid) == pytest.approx(3 * 100 * expected, abs=40)


def test_contracts_fill_and_are_freed() -> None:
    policy = MedicalAssistants(starts=STARTS, contracts=6, per_year=2.0)
    leavers = Departures(starts=date(2022, 9, 10), oldest=10)
    run = place(policy, leavers, parameters=NOBODY_LEAVES)
    held: set[str] = set()
    by_day: dict[date, int] = {}
    for fact in run.record.facts:
        if fact.event == "assistant_contract_signed":
            assert fact.other not in held
            held.add(fact.other)
        elif fact.event == "assistant_contract_ended":
            held.remove(fact.other)
        by_day[run.scenario.calendar.date(fact.day)] = len(held)
    counts = {year: max(n for day, n in by_day.items() if day.year == year) for year in range(2020, 2025)}
    assert counts == {2020: 1, 2021: 3, 2022: 5, 2023: 6, 2024: 6}, "the first at once, then two a year"
    ended = actors(run, "assistant_contract_ended")
    assert ended == {"assistants": date(2022, 10, 1)}
    again = [f for f in run.record.facts if f.event == "assistant_contract_signed" and f.day >= 944]
    assert len(again) >= len(others(run, "assistant_contract_ended")) > 0


def test_nobody_has_two_assistants() -> None:
    both = [MedicalAssistants(starts=STARTS, zones=z, contracts=9) for z in (("A",), ("A", "B"))]
    run = place(*both, gps=12, parameters=NOBODY_LEAVES)
    chosen = others(run, "assistant_contract_signed")
    assert len(chosen) == len(set(chosen)) > 8
    assert len(set(actors(run, "assistant_contract_signed"))) == 2


# --- nurse delegation ------------------------------------------------------------------------------------------------


def test_nurses_work_with_gps_of_their_zone_first() -> None:
    run = place(NurseDelegation(starts=STARTS, zones=("A",), nurses=1.5), parameters=TARGETS_STAY)
    agreed = [f for f in run.record.facts if f.event == "delegation_agreed"]
    first = [run.zones[f.zone] for f in agreed if run.scenario.calendar.date(f.day) == STARTS]
    of_a = sum(name.startswith("gp-A") for name in targets(run, date(2020, 5, 31)))
    assert len(agreed) == int(1.5 * catalogue()["delegation_gps_per_nurse_fte"].value) == len(first)
    assert Counter(first) == {"A": of_a, "B": len(first) - of_a}
    assert 0 < of_a < len(first)
    day = date(2021, 5, 31)
    plain = targets(place(parameters=TARGETS_STAY), day)
    gain = 1 + catalogue()["delegation_target_gain"].value
    juniors = 30
    for name, target in targets(run, day).items():
        if name in {f.other for f in agreed}:
            assert plain[name] < target <= plain[name] * gain + 1
            assert target >= plain[name] * gain - juniors
        else:
            assert target == plain[name]


def test_nurses_do_not_work_far_away_and_bring_no_gp() -> None:
    runs = {
        minutes: place(
            NurseDelegation(starts=STARTS, zones=("C",), nurses=50.0), parameters={"delegation_minutes": minutes}
        )
        for minutes in (20.0, 30.0)
    }
    zones = {
        minutes: {run.zones[f.zone] for f in run.record.facts if f.event == "delegation_agreed"}
        for minutes, run in runs.items()
    }
    assert zones == {20.0: {"C"}, 30.0: {"A", "B", "C"}}
    plain = place()
    modes = [Counter(s.mode for s in run.record.stints) for run in (plain, runs[20.0])]
    assert modes[0] == modes[1]
    euro = 50 * catalogue()["delegation_euro_per_nurse_fte_year"].value
    years = (plain.scenario.calendar.end - STARTS).days / DAYS_PER_YEAR
    assert sum(cents for *_, cents in spent(runs[20.0], "nurses")) == pytest.approx(100 * euro * years, abs=80)


# --- settlement grant ------------------------------------------------------------------------------------------------

STATELESS = {"zone_choice_shortage": 0.0, "zone_choice_succession": 0.0, "settle_probability": 0.3} | NOBODY_LEAVES
"""With them where newcomers settle does not hang on anything that policies change."""


def test_a_grant_attracts_some_and_pays_all() -> None:
    seen: Counter[str] = Counter()
    from_outside = {"interns_per_semester": Count(count=0, **NONE)}
    for replication in range(4):
        plain = place(arrivals=8.0, parameters=STATELESS, supply=from_outside, replication=replication)
        runs = {
            effect: place(
                SettlementGrant(starts=STARTS, zones=("B",)),
                arrivals=8.0,
                parameters=STATELESS | {"settlement_grant_effect": effect},
                supply=from_outside,
                replication=replication,
            )
            for effect in (0.0, 3.0)
        }
        assert settled(runs[0.0]) == settled(plain), "a grant that moves no GP is a windfall"
        assert set(events(runs[0.0], "settlement_grant_paid")["detail"]) == {"windfall"}
        run = runs[3.0]
        paid = {f.other: f.detail for f in run.record.facts if f.event == "settlement_grant_paid"}
        late = {name for name, day in actors(run, "gp_settled").items() if day >= STARTS}
        assert set(paid) == {name for name in late if settled(run)[name] == "B"}
        for name, detail in paid.items():
            assert (settled(plain).get(name) == "B") == (detail == "windfall")
        # no GP who would have come to B goes elsewhere
        assert all(settled(run)[name] == "B" for name in late if settled(plain).get(name) == "B")
        seen += Counter(paid.values())
    assert seen["windfall"] > 5
    assert seen["attracted"] > 5


def test_a_grant_keeps_interns_of_its_zones() -> None:
    changed = 0
    for replication in range(4):
        runs = [
            place(*policies, parameters={"settle_probability": 0.3} | effect, replication=replication)
            for policies, effect in (
                ((), {}),
                ((SettlementGrant(starts=STARTS, zones=("A",)),), {"settlement_grant_effect": 4.0}),
            )
        ]
        stay = [
            {f.actor: (run.zones[f.zone], f.detail) for f in run.record.facts if f.event == "intern_graduated"}
            for run in runs
        ]
        for name, (zone, now) in stay[1].items():
            if stay[0][name][1] != now:
                assert (zone, now) == ("A", "stays")
                changed += 1
    assert changed > 5


def test_the_grant_falls_in_2026() -> None:
    run = place(
        SettlementGrant(starts=date(2024, 3, 1), zones=ZONES),
        start=date(2024, 3, 1),
        years=4,
        arrivals=6.0,
        parameters=STATELESS,
    )
    assert set(events(run, "settlement_grant_paid")["detail"]) == {"windfall"}, "wherever they settle there is one"
    paid = spent(run, "settlement grant")
    assert {(day.year < 2026, cents) for day, _, _, cents in paid} == {(True, 5_000_000), (False, 1_000_000)}
    assert [day for day, *_ in paid] == sorted(d for d in actors(run, "gp_settled").values() if d >= date(2024, 3, 1))


# --- interns under contract ------------------------------------------------------------------------------------------

CONTRACT = Cesp(starts=STARTS, zones=("B",), per_year=2)


def test_interns_under_contract_settle_where_they_promised() -> None:
    run, plain = place(CONTRACT, years=8), place(years=8)
    signed = {f.other: run.scenario.calendar.date(f.day) for f in run.record.facts if f.event == "cesp_signed"}
    assert Counter(signed.values()) == {date(y, 11, 2): 2 for y in range(2020, 2028)}
    assert len(signed) == 16
    graduated = {f.actor: (f.day, f.detail) for f in run.record.facts if f.event == "intern_graduated"}
    assert set(signed) <= {s.person for s in plain.record.stints}, "they are interns whom the faculty sends anyway"
    broken = set(others(run, "cesp_broken"))
    kept = {name for name in signed if name in graduated} - broken
    assert len(kept) > 6
    when = actors(run, "gp_settled")
    for name in kept:
        day, detail = graduated[name]
        assert detail == "pledged"
        assert when[name] == run.scenario.calendar.date(day), "at once, without years as a locum"
        assert settled(run)[name] == "B"
    # and everybody else does what she does without the policy
    rest = [
        {f.actor: f.detail for f in r.record.facts if f.event == "intern_graduated" and f.actor not in kept}
        for r in (run, plain)
    ]
    assert rest[0] == rest[1]
    origins = {f.actor: f.detail for f in run.record.facts if f.event == "gp_settled" and f.actor in kept}
    anyway = {f.actor for f in plain.record.facts if f.event == "intern_graduated" and f.detail == "stays"}
    assert origins == {name: "local" if name in anyway else "diverted" for name in kept}


def test_allowances_are_paid_until_graduation() -> None:
    run = place(CONTRACT, years=8)
    signed = {f.other: f.day for f in run.record.facts if f.event == "cesp_signed"}
    graduated = {f.actor: f.day for f in run.record.facts if f.event == "intern_graduated"}
    due: Counter[date] = Counter()
    calendar = run.scenario.calendar
    for day in range(1, calendar.horizon + 1):
        if calendar.date(day).day == 1:
            holders = sum(start < day <= graduated.get(name, 10**6) for name, start in signed.items())
            if holders:
                due[calendar.date(day)] = holders * 120_000
    assert {day: cents for day, _, _, cents in spent(run, "allowances")} == due
    assert len(due) > 50


def test_broken_contracts_and_ends_of_commitments() -> None:
    broken = place(CONTRACT, years=8, parameters={"cesp_break_probability": 1.0})
    assert settled(broken) == settled(place(years=8))
    assert len(events(broken, "cesp_broken")) > 6
    for chance in (0.0, 1.0):
        run = place(CONTRACT, years=8, parameters={"cesp_leave_probability": chance} | NOBODY_LEAVES)
        when, gone = actors(run, "gp_settled"), actors(run, "gp_exited")
        signed = {f.other: run.scenario.calendar.date(f.day) for f in run.record.facts if f.event == "cesp_signed"}
        over = [f for f in run.record.facts if f.event == "cesp_fulfilled"]
        assert len(over) > 3
        for fact in over:
            trained = (when[fact.other] - signed[fact.other]).days
            served = (run.scenario.calendar.date(fact.day) - when[fact.other]).days
            assert served == pytest.approx(max(trained, 2 * DAYS_PER_YEAR), abs=1)
            assert (fact.other in gone) == (chance == 1.0)


def test_contracts_signed_are_honoured() -> None:
    ends = date(2020, 12, 5)
    run = place(CONTRACT.model_copy(update={"ends": ends}), years=8)
    assert actors(run, "cesp_signed") == {"cesp-B": date(2020, 11, 2)}
    assert len(others(run, "cesp_signed")) == 2
    assert {settled(run)[name] for name in others(run, "cesp_signed") if name not in others(run, "cesp_broken")} == {
        "B"
    }
    last = max(day for day, *_ in spent(run, "allowances"))
    assert ends < last < date(2024, 1, 1)


def test_a_contract_may_be_kept_in_a_centre() -> None:
    posts = Posts(salaried_gps=SalariedGps(count=30, fte_each=1.0))
    centre = OpenCentre(opens=STARTS, centre=CentreSpec(form="municipal", zone="B", posts=posts))
    everybody = {"newcomer_salaried_share": 1.0, "cesp_break_probability": 0.0}
    run = place(CONTRACT, centre, years=8, parameters=everybody)
    kept = [f for f in run.record.facts if f.event == "intern_graduated" and f.detail == "pledged"]
    assert len(kept) > 6
    where = {f.actor: (f.day, run.zones[f.zone]) for f in run.record.facts if f.event == "intern_settled"}
    assert {f.actor: (f.day, "B") for f in kept} == {f.actor: where[f.actor] for f in kept}
    salaried = {s.person for s in run.record.stints if s.mode == "salaried"}
    assert {f.actor for f in kept} & salaried
    assert not salaried & set(settled(run)) & {f.actor for f in kept}


def test_nobody_settles_where_nobody_lives() -> None:
    empty = make_territory({"A": town(1200), "B": {}})
    scenario = scenario_of(policies=[Cesp(starts=STARTS, zones=("B",), per_year=1)])
    with pytest.raises(ScenarioError, match="no resident aged 17 or over lives in B"):
        simulate(scenario, territory=empty)


def test_too_few_interns_leave_contracts_vacant() -> None:
    run = place(Cesp(starts=STARTS, per_year=50))
    assert (events(run, "cesp_vacant")["value"] > 40).all()
    assert len(events(run, "cesp_vacant")) == 6


# --- regulated installation ------------------------------------------------------------------------------------------

UNEVEN = ResidentsStart(
    without_mt=[
        WithoutMtBlock(zones=["A", "B"], share=0.05, never_declared_part=0.5, **NONE),
        WithoutMtBlock(zones=["C"], share=0.6, never_declared_part=0.5, **NONE),
    ]
)
SLOW = {"call_rate_per_year": 0.0, "settlers_announced_share": 0.0, "move_within_rate_per_year": 0.0} | STATELESS
"""No resident finds an MT either, so that the shares keep far from the threshold."""
REGULATED = RegulatedInstallation(starts=STARTS, ends=date(2024, 1, 1), threshold=0.3)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_closed_zones_stay_closed(share: float) -> None:
    def run(*policies: Policy) -> Run:
        parameters = SLOW | ({"redirected_settle_share": share} if policies else {})
        return place(*policies, arrivals=8.0, residents=UNEVEN, parameters=parameters)

    free, ruled = run(), run(REGULATED)
    assert REGULATED.ends is not None
    when = actors(free, "gp_settled")
    during = {n for n, day in when.items() if STARTS <= day < REGULATED.ends and settled(free)[n] in ("A", "B")}
    redirected, away = (set(actors(ruled, f"newcomer_{what}")) for what in ("redirected", "turned_away"))
    assert len(during) > 8
    assert redirected | away == during
    assert redirected.isdisjoint(away)
    assert (len(redirected) > 0, len(away) > 0) == (share > 0, share < 1)
    assert {n: z for n, z in settled(ruled).items() if n not in during} == {
        n: z for n, z in settled(free).items() if n not in during
    }
    assert {settled(ruled)[name] for name in redirected} <= {"C"}
    assert away.isdisjoint(settled(ruled))
    assert {z for n, z in settled(ruled).items() if when[n] >= REGULATED.ends} >= {"A", "B"}


def test_a_practice_may_be_taken_over_anywhere() -> None:
    """Every zone is closed, and yet those who follow a leaving GP settle."""
    leaving = {"notice_share": 1.0, "exit_hazard_62_63": 0.5, "exit_hazard_60_61": 0.5, "exit_hazard_55_59": 0.5}
    run = place(RegulatedInstallation(starts=STARTS, threshold=1.0), gps=30, arrivals=8.0, parameters=leaving)
    successors = {f.other: f.day for f in run.record.facts if f.event == "succession_reserved"}
    ruled = {name: day for name, day in actors(run, "gp_settled").items() if day >= STARTS}
    assert set(ruled) <= set(successors)
    assert len(ruled) > 3
    away = events(run, "newcomer_turned_away")
    assert set(away["detail"]) <= {"every zone closed", "zone closed"}


# --- solidarity days -------------------------------------------------------------------------------------------------


def test_volunteers_see_patients_and_register_nobody() -> None:
    policy = SolidarityDays(starts=date(2020, 7, 1), zones=("C",), days_per_month=2.0)
    everybody = {"solidarity_volunteer_share": 1.0} | TARGETS_STAY
    plain = place(parameters=TARGETS_STAY, arrivals=0.0)
    run = place(policy, parameters=everybody, arrivals=0.0)
    joined = others(run, "volunteer_joined")
    day = date(2021, 5, 31)
    p = catalogue()
    part = 1 - 24 / p["gp_working_days_per_year"].value
    before, after = targets(plain, day), targets(run, day)
    assert set(joined) >= {name for name in after if not name.startswith("gp-C") and name.startswith("gp-")}
    for name, target in after.items():
        if name in joined:
            assert before[name] * part - 1 <= target < before[name]
        else:
            assert target == before[name]
    seen = events(run, "solidarity_consultations")
    assert seen["detail"].tolist() == [str(y) for y in range(2020, 2027)]
    assert (seen["zone"] == "C").all()
    # no more than residents without MT ask for
    without = (
        run.snapshots[(run.snapshots["zone"] == "C")].groupby("date")[["lost", "never_declared"]].sum().sum(axis=1)
    )
    assert 0 < seen["value"].max() <= without.max() * p["consultations_without_mt_per_year"].value * 1.01
    # more residents find no MT, since lists elsewhere are smaller: seen where GPs are few
    runs = [
        [
            place(*policies, parameters=parameters, arrivals=0.0, gps=6, replication=r)
            for policies, parameters in (((policy,), everybody), ((), TARGETS_STAY))
        ]
        for r in range(16)
    ]
    more = np.array([np.subtract(*(run.share_without_mt()["share"].mean() for run in pair)) for pair in runs])
    assert t_interval(more)[0] > 0


def test_solidarity_days_are_paid_by_the_day() -> None:
    policy = SolidarityDays(starts=date(2020, 7, 1), ends=date(2022, 7, 1), zones=("B",), days_per_month=0.1)
    run = place(
        policy,
        parameters={"solidarity_volunteer_share": 0.5} | NOBODY_LEAVES,
        arrivals=0.0,
        supply={"interns_per_semester": Count(count=0, **NONE)},
    )
    n = len(others(run, "volunteer_joined"))
    years = 730 / DAYS_PER_YEAR
    assert 0 < n < 9
    paid = spent(run, "solidarity days")
    assert sum(cents for *_, cents in paid) == pytest.approx(n * 1.2 * years * 20_000, abs=30)
    assert max(day for day, *_ in paid) == policy.ends
    # few days: what they can give binds, not what residents ask for
    given = n * 1.2 * years * catalogue()["solidarity_consultations_per_day"].value
    asked = events(run, "solidarity_consultations")["value"].sum()
    assert asked == pytest.approx(given, abs=3)


def test_hardly_anybody_volunteers() -> None:
    """As observed: some three hundred of 52,500."""
    joined = sum(
        len(events(place(SolidarityDays(starts=STARTS, zones=("B",)), gps=40, replication=r), "volunteer_joined"))
        for r in range(6)
    )
    assert joined <= 6


def test_blocks_in_a_scenario_tell_the_zones() -> None:
    """A run whose GPs are all in one zone: what is meant for others reaches none."""
    supply = {"list_holding_gps": [GpBlock(zones=["C"], count=5, **NONE), GpBlock(zones=["A", "B"], count=0, **NONE)]}
    run = place(
        MedicalAssistants(starts=STARTS, zones=("A", "B"), contracts=3),
        NurseDelegation(starts=STARTS, zones=("A",), nurses=2.0),
        SolidarityDays(starts=STARTS, zones=("C",)),
        supply=supply
        | {"first_installations": Rate(per_year=0.0, **NONE), "interns_per_semester": Count(count=0, **NONE)},
        parameters={"solidarity_volunteer_share": 1.0},
    )
    assert len(events(run, "assistant_contract_signed", "delegation_agreed", "volunteer_joined")) == 0
    assert events(run, "solidarity_consultations")["value"].sum() == 0
    assert spent(run, "assistants") == []
    assert len(spent(run, "nurses")) > 60, "nurses are paid even so"
