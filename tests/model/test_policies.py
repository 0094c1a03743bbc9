"""Policies and the centres they open: staff, lists, interns, closure."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from strategies import (
    NONE,
    Audit,
    Bend,
    crowd,
    events,
    make_territory,
    near,
    population,
    scenario_of,
    still,
    totals,
    town,
    without_mt,
    worlds,
)

from ess_sim.clock import Calendar
from ess_sim.errors import ScenarioError
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model import kernel as k
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.departures import Departures
from ess_sim.model.policies.host_interns import HostInterns
from ess_sim.model.policies.open_centre import OpenCentre
from ess_sim.model.policies.recruit_retired_gps import RecruitRetiredGps
from ess_sim.model.policies.registry import KINDS, policy_class
from ess_sim.model.policies.smp import Interns, RetiredGps, Smp
from ess_sim.model.residents.practice import Practice
from ess_sim.model.run.simulation import simulate
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.results.run import Run

CITY = make_territory({"A": town(3000), "B": town(1200)}, km=8.0)
OPENS = date(2020, 6, 15)


def smp(count: int = 10, fte: float = 0.25, interns: int = 1, **changes: Any) -> Smp:
    fields = {
        "opens": OPENS,
        "zone": "A",
        "retired_gps": RetiredGps(count=count, fte_each=fte, list=changes.pop("list", True)),
        "interns": Interns(per_semester=interns, list=changes.pop("interns_list", True)),
    }
    return Smp(**(fields | changes))


def city(*policies: Any, pool: int = 40, elsewhere: int = 200, **changes: Any) -> Run:
    supply = {
        "retired_pool": Count(count=pool, **NONE),
        "departement_list_holders": Count(count=max(elsewhere, changes.get("gps", 8)), **NONE),
        "interns_per_semester": Count(count=2, **NONE),
    } | changes.pop("supply", {})
    replication = changes.pop("replication", 0)
    fields = {"gps": 8, "years": 5, "policies": policies, "supply": supply, "residents": without_mt(0.2)}
    return simulate(scenario_of(**(fields | changes)), replication=replication, territory=CITY)


def present(run: Run, mode: str, day: int) -> int:
    """How many work in this mode at the end of a day."""
    return sum(s.mode == mode and s.first_day <= day and not 0 <= s.last_day <= day for s in run.record.stints)


def lists_of(run: Run, centre: str) -> list[tuple[int, float, float]]:
    """Day, list and target of a centre at each record."""
    out = []
    for day, rows in zip(run.record.days, run.record.providers, strict=True):
        out += [(int(day), r[1], r[2]) for r in rows if run.record.owners[int(r[0])] == centre]
    return out


# --- what a policy is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_presents_itself(kind: str) -> None:
    cls = KINDS[kind]
    assert policy_class(kind) is cls
    assert cls.kind == kind == cls.__module__.rpartition(".")[2]
    assert len(cls.about) > 30
    assert cls.__doc__


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("smpp", r"unknown policy 'smpp' \(did you mean 'smp'\?\)"),
        ("nothing.at.all:Smp", "a scenario file runs none by itself"),
        ("ess_sim.model.policies.smp:Smp", "a scenario file runs none by itself"),
        (":", "a scenario file runs none by itself"),
        ("", "unknown policy ''"),
    ],
)
def test_unknown_kinds(kind: str, what: str) -> None:
    with pytest.raises(ScenarioError, match=what):
        policy_class(kind)


def test_policies_are_frozen_and_strict() -> None:
    policy = smp()
    with pytest.raises(ValidationError):
        policy.zone = "B"  # type: ignore[misc]
    with pytest.raises(ScenarioError):
        Smp(**(policy.model_dump() | {"zonne": "A"}))
    with pytest.raises(ScenarioError):
        RecruitRetiredGps(opens=OPENS, zone="A", count=0)
    with pytest.raises(ScenarioError):
        RecruitRetiredGps(opens=OPENS, zone="A", count=3, fte_each=1.2)


def test_blocks_go_round() -> None:
    for policy in (smp(closes=date(2022, 1, 1)), HostInterns(zone="A", per_semester=2)):
        block = policy.to_block()
        assert block.pop("kind") == type(policy).kind
        assert type(policy).model_validate_json(json.dumps(block)) == policy


def test_problems_are_found() -> None:
    calendar = Calendar(date(2020, 3, 1), 5)
    assert smp(closes=date(2025, 3, 1)).problems(calendar, ("A",)) == []
    found = smp(opens=date(2020, 2, 29), closes=date(2025, 3, 2), zone="C").problems(calendar, ("A", "B"))
    assert [where for where, _ in found] == [("opens",), ("closes",), ("zone",)]


@pytest.mark.parametrize(
    "policy",
    [
        HostInterns(zone="A", per_semester=1, starts=OPENS, ends=date(2020, 6, 1)),
        RecruitRetiredGps(zone="A", count=3, opens=OPENS, closes=date(2020, 6, 1)),
        smp(closes=date(2020, 6, 1)),
    ],
)
def test_an_end_before_the_beginning_is_a_problem(policy: Any) -> None:
    (((where,), _),) = policy.problems(Calendar(date(2020, 3, 1), 5), ("A", "B"))
    assert where in {"ends", "closes"}


def test_first_days() -> None:
    calendar = Calendar(date(2020, 3, 1), 5)
    assert smp().first_day(calendar) == calendar.day(OPENS)
    assert HostInterns(zone="A", per_semester=1).first_day(calendar) == 0
    assert HostInterns(zone="A", per_semester=1, starts=OPENS).first_day(calendar) == calendar.day(OPENS)
    assert Bend(lever="call_ratio", by=1.0, starts=OPENS).first_day(calendar) == calendar.day(OPENS)


# --- retired GPs -----------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(worlds(years=5), st.integers(0, 5))
def test_staff_keep_the_rules(world: tuple[Any, Territory], replication: int) -> None:
    """No more than the posts, none at or above the age cap, none before the opening or after the closure."""
    scenario, territory = world
    run = simulate(scenario, replication=replication, territory=territory)
    cap = scenario.parameters.get("retired_age_cap", catalogue()["retired_age_cap"].value)
    calendar = scenario.calendar
    posts = sum(
        p.centre.posts.retired_gps.count
        if isinstance(p, OpenCentre)
        else getattr(p, "count", 0) or getattr(getattr(p, "retired_gps", None), "count", 0)
        for p in scenario.policies
    )
    opened = [f.day for f in run.record.facts if f.event == "centre_opened"]
    for stint in run.record.stints:
        if stint.mode != "sessions":
            continue
        assert stint.first_day >= min(opened)
        assert calendar.date(stint.first_day).year - stint.birth_year < cap
        last = stint.last_day if stint.last_day >= 0 else calendar.horizon
        assert last <= calendar.day(date(int(stint.birth_year + cap), 1, 1))
    for day in run.record.days:
        assert present(run, "sessions", int(day)) <= posts
    closed = [f for f in run.record.facts if f.event == "centre_closed"]
    for f in closed:
        later = [g for g in run.record.facts if g.actor == f.actor and g.day > f.day]
        assert later == []
    if len(closed) == len(opened):
        assert present(run, "sessions", calendar.horizon) == 0
        assert not any(run.record.owner_centre[int(r[0])] for r in run.record.providers[-1])


def test_posts_are_filled_or_said_to_be_vacant() -> None:
    run = city(smp(count=10), pool=6, elsewhere=0)
    opened = run.record.facts[[f.event for f in run.record.facts].index("centre_opened")]
    assert opened.value == 10
    hired = [f for f in run.record.facts if f.event == "post_filled" and f.day == opened.day]
    vacant = [f for f in run.record.facts if f.event == "post_vacant" and f.day == opened.day]
    assert 0 < len(hired) <= 6
    assert [f.value for f in vacant] == [10 - len(hired)]
    # asked again on the first of each month
    asked = events(run, "post_vacant")["date"]
    assert set(asked[1:].dt.day) == {1}
    assert len(asked) > 40
    assert city(smp(count=2)).facts["event"].eq("post_filled").sum() >= 2


def test_two_centres_compete_for_one_pool() -> None:
    both = (smp(count=12), RecruitRetiredGps(opens=OPENS, zone="B", count=12))
    here = {"retired_from_beyond_ratio": 0.0}
    together = city(*both, pool=16, elsewhere=0, parameters=here)
    alone = [city(p, pool=16, elsewhere=0, parameters=here) for p in both]
    day = together.scenario.calendar.day(OPENS)
    willing = {present(run, "sessions", day) for run in alone}
    assert willing == {present(together, "sessions", day)}, "all who would come are hired, once"
    assert all(0 < n < 12 for n in willing)
    shared = Counter(f.actor for f in together.record.facts if f.event == "post_filled" and f.day == day)
    assert len(shared) == 2


def test_nobody_retired_too_long_is_hired() -> None:
    for years, some in ((0.1, False), (40.0, True)):
        retired = RetiredGps(count=10, fte_each=0.25, retired_for_at_most_years=years)
        run = city(smp(retired_gps=retired), pool=30, elsewhere=0, parameters=dict.fromkeys(EXITS, 0.0))
        # without exits the pool is that of day 0: on the opening day everybody has been retired for 106 days or more
        assert (len(events(run, "post_filled")) > 0) == some


EXITS = [name for name in catalogue() if name.startswith("exit_hazard_")]


# --- lists -----------------------------------------------------------------------------------------------------------


def test_a_centre_s_target_follows_its_staff() -> None:
    run = city(smp(count=8, fte=0.5, interns=2, rooms=8, assistant_from=date(2022, 1, 10)))
    p = catalogue()
    rows = lists_of(run, "smp-A")
    assert len(rows) > 40
    assistant = run.scenario.calendar.day(date(2022, 1, 10))
    # a second semester may be with a liberal supervisor, hence the days
    hosting = {(f.other, f.day) for f in run.record.facts if f.event == "intern_hosted"}
    stints = run.record.stints
    targets = set()
    for day, size, target in rows:
        fte = present(run, "sessions", day) * 0.5
        helped = min(1.0, p["doctors_per_assistant"].value / max(fte, 0.5)) * (day >= assistant)
        doctors = fte * p["centre_list_per_fte"].value * (1 + p["assistant_target_gain"].value * helped)
        hosted = sum(
            (s.person, s.first_day) in hosting and s.first_day <= day and not 0 <= s.last_day <= day for s in stints
        )
        assert target == round(doctors + hosted * p["intern_target_residents"].value)
        assert size <= max(target, max(targets, default=0))
        targets.add(target)
    assert len(targets) > 2
    assert max(size for _, size, _ in rows) > 100
    flows = run.flows.groupby("cause", observed=True)["count"].sum()
    assert flows["registered_centre"] < -100
    assert events(run, "posts_filled").empty
    assert len(events(city(smp(secretaries=2.5)), "posts_filled")) == 1


def test_only_residents_without_mt_are_admitted() -> None:
    """Callers who have an MT, far or near, never get into such a centre, and do get into one for everybody."""
    n = 400
    state = np.repeat([k.LISTED, k.LISTED, k.SEEKING], [150, 150, 100])
    day0 = crowd(n, state, outside=np.arange(n) < 150)
    lists = np.where((np.arange(n) >= 150) & (np.arange(n) < 300), 0, -1)
    p = still(
        call_rate_per_year=5.0, far_call_rate_per_year=5.0, voluntary_change_rate_per_year=5.0, informed_share=0.5
    )
    for only in (True, False):
        centre = Practice(0, 1e6, fte=1e6, centre=True, only_without_mt=only)
        residents = population(day0, [Practice(0, 150.0, openness=0.0), centre], lists, p=p)
        residents.advance(1500)
        assert residents.list_size(1) == (100 if only else 400)
        assert totals(residents)["listed"] == 400


def test_smp_takes_from_those_without_mt_only() -> None:
    run = city(
        smp(count=12, fte=0.5),
        parameters={"voluntary_change_rate_per_year": 0.0, "outside_release_rate_per_year": 0.05},
    )
    rows = lists_of(run, "smp-A")
    registered = -run.flows[run.flows["cause"] == "registered_centre"]["count"].sum()
    assert rows[-1][1] > 100
    # no adult gets on the list in another way, but for children of the family, and people die or leave
    assert registered >= max(size for _, size, _ in rows) * 0.9


def test_a_centre_that_only_trains_holds_no_list() -> None:
    run = city(smp(count=8, fte=0.5, interns=2, rooms=8, list=False, interns_list=False))
    assert present(run, "sessions", int(run.record.days[10])) > 0
    assert len(events(run, "intern_hosted")) > 4
    assert lists_of(run, "smp-A") == []
    assert (run.flows["cause"] != "registered_centre").all()
    assert not any(run.record.owner_centre)


# --- interns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 3])
def test_no_supervisor_on_duty_no_intern(count: int) -> None:
    run = city(smp(count=count, fte=0.25, interns=2, rooms=9))  # three quarters of a doctor supervise no intern
    assert events(run, "intern_hosted").empty
    vacant = events(run, "intern_place_vacant")
    assert (vacant["actor"] == "smp-A").all()
    assert (vacant["value"] == 2).all()
    assert [d.day for d in vacant["date"]] == [2] * 9, "each semester"
    assert not [s for s in run.record.stints if s.person.startswith("smp-A-intern")]


def test_rooms_bound_the_interns() -> None:
    for rooms, expected in ((2, 0), (3, 1), (9, 2)):
        run = city(smp(count=8, fte=1.0, interns=5, rooms=rooms), pool=80, parameters={"retired_willing_share": 0.05})
        hosted = Counter(events(run, "intern_hosted")["date"])
        first = max(hosted.values(), default=0)
        doctors = max(present(run, "sessions", int(d)) for d in run.record.days)
        assert first <= max(0, min(doctors, rooms - 1))
        assert first >= min(expected, doctors, max(0, rooms - doctors))


def test_an_intern_leaves_with_her_supervisor() -> None:
    closes = date(2021, 7, 15)
    run = city(smp(count=10, fte=0.5, interns=2, rooms=8, closes=closes))
    left = events(run, "intern_left")
    assert left["date"].dt.date.tolist() == [closes] * 2
    careers = run.careers[run.careers["person"].isin(left["other"].astype(str)) & (run.careers["from"] == "2021-05-02")]
    assert careers["to"].dt.date.tolist() == [closes] * 2, "and not at the end of the semester"


def test_diverted_settlers_are_said_to_be() -> None:
    parameters = {"settle_probability": 0.9, "locum_years_mean": 0.5, "supervisor_share": 0.8}
    policies = (HostInterns(zone="A", per_semester=2), smp(count=12, fte=0.5, interns=2, rooms=10))
    run = city(*policies, years=7, gps=14, parameters=parameters)
    opened = events(run, "intern_places_opened")
    assert opened["actor"].tolist() == ["interns-A"]
    settled = events(run, "intern_settled")
    sponsors = settled["other"].astype(str)
    assert {"interns-A", "smp-A", ""} <= set(sponsors)
    for actor, sponsor, detail in zip(settled["actor"].astype(str), sponsors, settled["detail"], strict=True):
        assert detail == ("diverted" if sponsor else "local")
        assert actor.startswith(f"{sponsor}-intern-" if sponsor else "intern-")
    plain = city(years=7, gps=14, parameters=parameters)
    assert (events(plain, "intern_settled")["detail"] == "local").all()


def test_hosted_interns_end_with_the_policy() -> None:
    ends = date(2022, 8, 1)
    policy = HostInterns(zone="A", per_semester=2, starts=date(2020, 8, 1), ends=ends)
    run = city(policy, gps=12, parameters={"supervisor_share": 0.8, "second_semester_share": 0.0})
    mine = run.careers[run.careers["person"].astype(str).str.startswith("interns-A")]
    counts = Counter(mine["from"].dt.date)
    assert counts == {date(2020, 11, 2): 2, date(2021, 5, 2): 2, date(2021, 11, 2): 2, date(2022, 5, 2): 2}
    assert (mine["zone"] == "A").all()


def test_without_supervisors_places_stay_vacant() -> None:
    run = city(HostInterns(zone="B", per_semester=3), parameters={"supervisor_share": 0.0})
    vacant = events(run, "intern_place_vacant")
    assert vacant["value"].tolist() == [3.0] * 10
    assert (vacant["zone"] == "B").all()


# --- the end ---------------------------------------------------------------------------------------------------------


def test_a_centre_without_doctors_releases_its_list() -> None:
    parameters = {
        "retired_sessions_years": 0.2,
        "retired_willing_share": 0.6,
        "call_rate_per_year": 6.0,
    } | dict.fromkeys(EXITS, 0.0)
    run = city(smp(count=3, fte=1.0, interns=0), pool=12, elsewhere=0, parameters=parameters)
    ended = max(f.day for f in run.record.facts if f.event == "sessions_ended")
    assert present(run, "sessions", ended) == 0
    release = [f for f in run.record.facts if f.event == "list_released" and f.actor == "smp-A"]
    assert [f.detail for f in release][-1] == "no doctor"
    first = next(f for f in release if f.day > ended)
    patience = round(6 * 365.25 / 12)
    assert ended + patience <= first.day < ended + patience + 31
    before = [size for day, size, _ in lists_of(run, "smp-A") if day < first.day][-1]
    assert first.residents == pytest.approx(before, abs=5)
    assert first.residents > 0
    for day, size, target in lists_of(run, "smp-A"):
        if day > ended:
            assert target == 0
        if day > first.day:
            assert size <= 1  # a child of the family at most
    assert run.flows[run.flows["cause"] == "released_closure"]["count"].sum() == sum(f.residents for f in release)


def test_closing_releases_the_list() -> None:
    closes = date(2022, 6, 10)
    for policy in (smp(closes=closes), RecruitRetiredGps(opens=OPENS, closes=closes, zone="A", count=10, fte_each=0.3)):
        run = city(policy)
        (closed,) = (f for f in run.record.facts if f.event == "centre_closed")
        day = run.scenario.calendar.day(closes)
        assert closed.day == day
        assert closed.residents > 50
        assert run.flows[run.flows["cause"] == "released_closure"]["count"].sum() == closed.residents
        rows = lists_of(run, closed.actor)
        assert max(d for d, _, _ in rows) < day
        assert rows[-1][1] == pytest.approx(closed.residents, abs=60)
        assert present(run, "sessions", day) == 0
        assert present(run, "sessions", day - 1) > 0


@pytest.mark.parametrize("zone", ["A", "B"])
def test_a_centre_that_closes_hires_nobody_that_day(zone: str) -> None:
    """Whatever comes first on a day with claims: the claim or the closure."""
    with pytest.raises(ScenarioError, match="is not after the beginning"):
        city(smp(zone=zone, opens=OPENS, closes=OPENS))
    next_day = OPENS + timedelta(days=1)
    for opens, closes in ((OPENS, next_day), (OPENS, date(2020, 7, 1)), (date(2020, 7, 1), date(2020, 8, 1))):
        for policy in (
            RecruitRetiredGps(opens=opens, closes=closes, zone=zone, count=60),
            smp(count=60, zone=zone, opens=opens, closes=closes),
        ):
            run = city(policy)
            day = run.scenario.calendar.day(closes)
            assert len(events(run, "centre_closed")) == 1
            assert not [f for f in run.record.facts if f.event == "post_filled" and f.day == day]
            assert not [s for s in run.record.stints if s.mode == "sessions" and s.last_day < 0]


def test_retired_gps_return_to_the_pool_when_a_centre_closes() -> None:
    first = smp(count=20, fte=0.2, interns=0, closes=date(2020, 12, 15))
    second = RecruitRetiredGps(opens=date(2020, 12, 16), zone="B", count=20)
    run = city(
        first, second, pool=20, elsewhere=0, parameters={"retired_sessions_years": 5.0} | dict.fromkeys(EXITS, 0.0)
    )
    day = run.scenario.calendar.day
    assert near(
        present(run, "sessions", day(date(2020, 12, 16))),
        present(run, "sessions", day(date(2020, 12, 14))),
        1.0,
        widths=1,
    )


def test_consultations_are_counted_once_a_year() -> None:
    run = city(smp(count=10, fte=0.5), parameters={"consultations_per_other_patient": 0.0})
    found = events(run, "consultations")
    assert found["detail"].tolist() == [str(y) for y in range(2020, 2025)]
    p = catalogue()
    for row in found.itertuples():
        first = run.scenario.calendar.day(date(int(row.detail), 1, 1))
        sizes = [size for d, size, _ in lists_of(run, "smp-A") if first <= d < first + 366]
        assert 0 < row.value <= max(sizes) * p["consultations_per_patient"].value * 1.05
    assert events(city(), "consultations").empty


def test_an_smp_lowers_the_share_without_mt() -> None:
    """The point of it all, in a place where doctors are few."""
    supply = {"first_installations": Rate(per_year=0.5, **NONE)}
    shares = [
        np.mean([city(*policies, replication=r, supply=supply).share_without_mt()["share"].iloc[-1] for r in range(5)])
        for policies in ((), (smp(count=12, fte=0.5, interns=0),))
    ]
    assert shares[1] < shares[0] - 0.02


def test_dates_are_the_scenario_s() -> None:
    run = city(smp(opens=date(2020, 3, 1)))
    assert events(run, "centre_opened")["date"].dt.date.tolist() == [date(2020, 3, 1)]
    late = city(smp(opens=date(2020, 3, 1) + timedelta(365 * 5)))
    assert len(events(late, "centre_opened")) == 1


# --- departures ------------------------------------------------------------------------------------------------------

GONE = date(2021, 2, 10)
OF_A = tuple(f"gp-A-{j:03d}" for j in range(1, 7))


def leavers(run: Run) -> dict[str, date]:
    """Who exited, and when."""
    exits = events(run, "gp_exited")
    assert exits["actor"].is_unique, "no GP leaves twice"
    return dict(zip(exits["actor"].astype(str), exits["date"].dt.date, strict=True))


def test_departures_say_who() -> None:
    for wrong in ({}, {"gps": OF_A, "oldest": 2}, {"oldest": 0}, {"gps": ()}, {"gps": ("gp-A-001", "gp-A-001")}):
        with pytest.raises(ScenarioError):
            Departures(starts=GONE, **wrong)
    with pytest.raises(ScenarioError):
        Departures(oldest=2)
    policy = Departures(starts=GONE, gps=OF_A)
    block = policy.to_block()
    assert block.pop("kind") == "departures"
    assert Departures.model_validate_json(json.dumps(block)) == policy


def test_an_unknown_gp_cannot_leave() -> None:
    with pytest.raises(ScenarioError, match=r"no GP 'gp-A-099' on day 0 \(did you mean 'gp-A-00"):
        city(Departures(starts=GONE, gps=("gp-A-099",)))


@pytest.mark.parametrize("replication", range(3))
def test_named_gps_leave_on_the_day(replication: int) -> None:
    plain = city(replication=replication)
    before = {name for name, day in leavers(plain).items() if day < GONE}
    named = {*OF_A[:3], *(before & {*OF_A})}
    run = city(Departures(starts=GONE, gps=tuple(named)), replication=replication)
    assert {name for name, day in leavers(run).items() if day == GONE} == named - before
    assert len(named - before) > 0
    calendar = run.scenario.calendar
    for stint in run.record.stints:
        if stint.person in named - before and stint.mode == "liberal":
            assert stint.last_day == calendar.day(GONE)
    after = run.providers[run.providers["date"] > str(GONE)]
    assert not set(after["provider"]) & named
    # her list is handed over or released, and those of 60 and more join the pool of retired GPs
    born = {s.person: s.birth_year for s in run.record.stints}
    exits = events(run, "gp_exited").set_index("actor")
    for name in named - before:
        age = GONE.year - born[name]
        assert exits.loc[name, "value"] == age
        assert exits.loc[name, "detail"] == ("retired" if age >= 60 else "other")
        facts = [f for f in run.record.facts if f.actor == name and f.day == calendar.day(GONE)]
        moved = sum(f.residents for f in facts if f.event in ("list_handed_over", "list_released"))
        assert moved == exits.loc[name, "residents"] > 0


def test_a_departure_changes_nobody_else() -> None:
    arrivals = {"first_installations": Rate(per_year=2.0, **NONE)}
    plain, run = city(supply=arrivals), city(Departures(starts=GONE, gps=OF_A[:2]), supply=arrivals)
    for table in ("snapshots", "flows", "calls", "providers", "facts"):
        early = [frame[frame["date"] < str(GONE)] for frame in (plain.table(table), run.table(table))]
        assert len(early[0]) > 10
        assert early[0].astype(str).equals(early[1].astype(str)), table
    assert not plain.snapshots.equals(run.snapshots)
    others = [{n: d for n, d in leavers(r).items() if n not in OF_A[:2]} for r in (plain, run)]
    assert others[0] == others[1]
    newcomers = [
        [(s.person, s.birth_year, s.first_day) for s in r.record.stints if s.person.startswith("arrival")]
        for r in (plain, run)
    ]
    assert newcomers[0] == newcomers[1]
    assert len(newcomers[0]) > 0


@pytest.mark.parametrize("n", [1, 3, 50])
def test_the_oldest_leave(n: int) -> None:
    run = city(Departures(starts=GONE, oldest=n), parameters=dict.fromkeys(EXITS, 0.0))
    gone = leavers(run)
    assert set(gone.values()) == {GONE}
    day = run.scenario.calendar.day(GONE)
    born = {s.person: s.birth_year for s in run.record.stints if s.mode == "liberal" and s.first_day < day}
    assert len(gone) == min(n, len(born))
    rest = [year for name, year in born.items() if name not in gone]
    assert max(born[name] for name in gone) <= min(rest, default=9999)


def test_partners_who_leave_together_hand_nothing_over_to_one_another() -> None:
    parameters = {"group_practice_share": 1.0, "group_size": 8.0, "handover_share": 1.0, "handover_excess": 1.0}
    handed = {
        n: events(city(Departures(starts=GONE, oldest=n), parameters=parameters), "list_handed_over") for n in (1, 50)
    }
    assert (handed[1]["date"].dt.date == GONE).any(), "partners who stay take some"
    assert not (handed[50]["date"].dt.date == GONE).any()


def test_a_gp_leaves_once() -> None:
    """Named twice, or named after she has left by herself: one exit."""
    twice = [Departures(starts=day, gps=OF_A[:2]) for day in (GONE, date(2022, 5, 5))]
    assert [leavers(city(*twice))[name] for name in OF_A[:2]] == [GONE, GONE]
    at_once = dict.fromkeys(EXITS, 1.0) | {"notice_share": 0.0}
    assert all(day < GONE for name, day in leavers(city(twice[1], parameters=at_once)).items() if name in OF_A)


def test_her_place_is_somebody_else_s() -> None:
    """Who left in the middle of a notice, or before her hours fall, no longer moves her successor's list."""
    over_55 = [name for name in EXITS if name != "exit_hazard_below_55"]
    arrivals = {"first_installations": Rate(per_year=12.0, **NONE)}
    leaving = {"exit_hazard_below_55": 0.0, "notice_share": 1.0, "notice_months_min": 18.0, "notice_months_max": 18.0}
    ageing = dict.fromkeys(EXITS, 0.0) | {"target_decline_from_60": 0.5}
    # nothing else moves a newcomer's list
    still = {"stretch_per_year": 0.0, "elsewhere_follows_share": 0.0}
    shock = Departures(starts=date(2021, 4, 1), oldest=8)
    for parameters in (leaving | dict.fromkeys(over_55, 1.0), ageing):
        run = city(shock, supply=arrivals, parameters=parameters | still, replication=1)
        gone = leavers(run)
        assert list(gone.values()).count(shock.starts) == 8
        if parameters is not ageing:
            announced = set(events(run, "gp_announced")["actor"].astype(str))
            assert announced & set(gone), "some leave in the middle of their notice"
        late = run.providers[
            (run.providers["date"] > "2021-04-01") & run.providers["provider"].str.startswith("arrival")
        ]
        assert len(late) > 50
        assert (late["openness"] == 1.0).all()
        assert (late.groupby("provider", observed=True)["target"].nunique() == 1).all()


@settings(max_examples=25)
@given(worlds(years=3), st.integers(1, 6), st.integers(0, 900))
def test_the_accounts_balance_after_a_shock(world: tuple[Any, Territory], n: int, day: int) -> None:
    scenario, territory = world
    starts = min(scenario.start + timedelta(day), scenario.calendar.end)
    policies = (*scenario.policies, Departures(starts=starts, oldest=n), Audit(every=61))
    run = simulate(scenario.with_(policies=policies), territory=territory)
    leavers(run)
    first, last = (run.snapshots[run.snapshots["date"] == d] for d in run.snapshots["date"].agg(["min", "max"]))
    moved = run.flows.loc[run.flows["date"] > first["date"].iloc[0], "count"].sum()
    without = [int(frame["lost"].sum() + frame["never_declared"].sum()) for frame in (first, last)]
    assert without[1] - without[0] == moved


class Hasty(Policy):
    """Does all at once, and forgets to yield."""

    kind: ClassVar[str] = "test_policies:Hasty"

    def act(self, world: World) -> Behaviour:  # type: ignore[override]
        """Notes something."""
        world.note("hasty", self.kind)


def test_an_act_that_does_not_yield_is_stated() -> None:
    with pytest.raises(TypeError, match=r"Hasty\.act must be a generator: it yields at least once"):
        simulate(scenario_of(years=1, policies=[Hasty()]))
