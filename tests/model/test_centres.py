"""Health centres: doctors from the same pools as everybody's, one list that follows them, competition, hand-over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

import numpy as np
import pytest
from strategies import digests, events, make_territory, scenario_of, town, without_mt

from ess_sim.clock import Phase
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.scenario.centre_spec import (
    CentreSpec,
    DayZeroCentre,
    Finance,
    Interns,
    Posts,
    RetiredGps,
    SalariedGps,
)
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model.behaviours.centres.staff import volunteer
from ess_sim.model.behaviours.gps.careers import leave
from ess_sim.model.behaviours.gps.settling import settle
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.departures import Departures
from ess_sim.model.policies.open_centre import OpenCentre
from ess_sim.model.run.simulation import build_world, simulate
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.results.run import Run

SAID: dict[str, Any] = {"source": "made up for a test", "grade": "D"}
CITY = make_territory({"A": town(6000), "B": town(3000)}, km=8.0)
OPENS = date(2021, 1, 1)
RICH = Finance(reserves_euro=50_000_000)
LOOKING = {"other_gp_looking_rate_per_year": 0.1}


def spec(count: int = 4, *, zone: str = "A", name: str | None = None, **fields: Any) -> CentreSpec:
    """A centre with salaried GPs that cannot run out of money."""
    posts = Posts(salaried_gps=SalariedGps(count=count, fte_each=fields.pop("fte", 0.5)), **fields.pop("posts", {}))
    return CentreSpec(form="association", zone=zone, name=name, posts=posts, **({"finance": RICH} | fields))


def centre(*specs: CentreSpec, closes: date | None = None) -> list[OpenCentre]:
    return [OpenCentre(opens=OPENS, closes=closes, centre=s) for s in specs]


def scenario(policies: Sequence[Policy] = (), *, years: int = 8, **changes: Any) -> Scenario:
    """Few GPs for many residents: a centre is welcome."""
    supply = {"first_installations": Rate(per_year=1.5, **SAID)} | changes.pop("supply", {})
    if policies or "centres" in supply:  # other GPs matter for centres only
        supply = {"other_gps": Count(count=12, **SAID)} | supply
    return scenario_of(
        gps=8,
        years=years,
        policies=list(policies),
        supply=supply,
        residents=without_mt(share=0.3),
        parameters=LOOKING | changes.pop("parameters", {}),
        **changes,
    )


def day0(listed: int, **fields: Any) -> dict[str, Any]:
    """A supply with a centre that is there on day 0."""
    staffed = fields.pop("staffed", None)
    there = spec(**fields).model_dump() | {"listed": listed, "staffed": staffed, **SAID}
    return {"centres": [DayZeroCentre.model_validate(there)]}


def run_of(*args: Any, replication: int = 0, **changes: Any) -> Run:
    return simulate(scenario(*args, **changes), replication=replication, territory=CITY)


def centre_lists(run: Run, name: str) -> list[tuple[int, float, float]]:
    """Record day, list and target of a centre's list."""
    out = []
    for day, rows in zip(run.record.days, run.record.providers, strict=True):
        out += [(int(day), row[1], row[2]) for row in rows if run.record.owners[int(row[0])] == name]
    return out


# --- no doctor from nothing ------------------------------------------------------------------------------------------

DAY0 = ("gp-", "retiree-")
ENTRIES = ("arrival-", "retired-elsewhere-", "retired-beyond-", "other-arrival-")
FOLLOWED = {"salaried", "other", "sessions", "retired"}


def trace(run: Run) -> Counter[tuple[str, str]]:
    """Transitions of all doctors, from where they came to where they went; fails if anyone comes from nowhere."""
    opened = min(f.day for f in run.record.facts if f.event in ("centre_opened", "centre_present"))
    by_person: dict[str, list[Any]] = {}
    for s in run.record.stints:
        by_person.setdefault(s.person, []).append(s)
    moves: Counter[tuple[str, str]] = Counter()
    for person, stints in by_person.items():
        stints.sort(key=lambda s: (s.first_day, s.last_day if s.last_day >= 0 else 10**9))
        for before, s in zip([None, *stints], stints, strict=False):
            if before is not None:
                assert 0 <= before.last_day <= s.first_day, f"{person} in two places"
            if s.mode in ("intern", "junior", "locum"):
                continue  # semesters elsewhere lie between
            if before is not None and before.last_day == s.first_day:
                moves[before.mode, s.mode] += 1
                continue
            moves["", s.mode] += 1
            if before is not None:
                assert before.mode in ("intern", "junior", "locum") or s.first_day == opened, person
            elif person.startswith((*DAY0, "other-")) and not person.startswith(ENTRIES):
                assert s.first_day == (0 if s.mode in ("liberal", "salaried") else opened), person
            else:
                assert person.startswith((*ENTRIES, "intern-")) or "-intern-" in person, person
    return moves


def heads(run: Run, mode: str, day: int) -> int:
    return sum(s.mode == mode and s.first_day <= day and not 0 <= s.last_day <= day for s in run.record.stints)


def lively(replication: int) -> Run:
    """Two centres, a third that closes, doctors who come and go between all pools."""
    policies = [
        *centre(spec(4), spec(3, zone="B", posts={"retired_gps": RetiredGps(count=3, fte_each=0.4)})),
        *centre(spec(3, zone="B", name="short"), closes=date(2024, 6, 15)),
    ]
    parameters = {
        "salaried_turnover_per_year": 0.3,
        "newcomer_salaried_share": 0.5,
        "exit_hazard_below_55": 0.1,
        "exit_hazard_62_63": 0.5,
        "exit_hazard_64": 0.5,
    }
    return run_of(policies, parameters=parameters, replication=replication)


def test_no_doctor_is_created_from_nothing() -> None:
    moves: Counter[tuple[str, str]] = Counter()
    for replication in range(4):
        run = lively(replication)
        moves += trace(run)
        last = int(run.record.days[-1])
        for mode in ("liberal", *FOLLOWED):
            of_mode = [s for s in run.record.stints if s.mode == mode]
            for a, b in ((0, 500), (500, 1500), (1500, last)):
                arrivals = sum(a < s.first_day <= b for s in of_mode)
                exits = sum(a < s.last_day <= b for s in of_mode)
                assert heads(run, mode, b) - heads(run, mode, a) == arrivals - exits
    for move in (("other", "salaried"), ("salaried", "other"), ("liberal", "other"), ("", "salaried"), ("", "other")):
        assert moves[move] > 0, move
    assert moves["liberal", "retired"] > 0
    assert moves["retired", "sessions"] > 0
    assert set(moves) <= {
        *((a, b) for a in ("other", "", "locum") for b in ("salaried",)),
        *((a, "other") for a in ("salaried", "liberal", "")),
        *((a, "retired") for a in ("liberal", "salaried", "sessions", "")),
        ("retired", "sessions"),
        ("", "liberal"),
        ("locum", "liberal"),
    }


def test_careers_agree_with_the_world_at_the_horizon() -> None:
    seen: list[World] = []

    class Witness(Policy):
        kind: ClassVar[str] = "test_centres:Witness"

        def act(self, world: World) -> Behaviour:
            seen.append(world)
            yield from ()

    run = run_of([*centre(spec(4)), Witness()], parameters={"salaried_turnover_per_year": 0.5})
    (world,) = seen
    last = int(run.record.days[-1])
    assert heads(run, "liberal", last) == len(world.gps)
    assert heads(run, "other", last) == len(world.others) > 0
    assert heads(run, "salaried", last) == sum(len(c.salaried) for c in world.centres.values()) > 0
    assert heads(run, "retired", last) == sum(r.employer is None for r in world.retired.values()) > 0


def test_without_a_centre_the_pools_are_not_even_drawn() -> None:
    run = simulate(scenario_of(gps=8, years=4), territory=CITY)
    assert {s.mode for s in run.record.stints} <= {"liberal", "locum", "intern", "junior"}


def test_a_pool_that_looks_for_nothing_fills_no_post() -> None:
    off = {"other_gp_looking_rate_per_year": 0.0, "newcomer_salaried_share": 0.0}
    run = run_of(centre(spec(2)), parameters=off)
    assert not len(events(run, "post_filled"))
    vacant = events(run, "post_vacant")
    assert set(vacant["value"]) == {2.0}
    assert set(vacant["other"].astype(str)) == {f"since {OPENS}"}
    assert not centre_lists(run, "centre-A")
    on = run_of(centre(spec(2)))
    assert len(events(on, "post_filled")) > 0


def test_the_pool_is_finite() -> None:
    few = {"other_gps": Count(count=2, **SAID), "first_installations": Rate(per_year=0.0, **SAID)}
    keen = {"other_gp_looking_rate_per_year": 1.0, "exit_hazard_below_55": 0.01, "settle_probability": 0.03}
    run = run_of(centre(spec(9)), years=3, parameters=keen, supply=few)
    hired = {f.other for f in run.record.facts if f.event == "post_filled"}
    # two of day 0, who arrived since, and list-holders who left for other work
    assert hired <= {s.person for s in run.record.stints if s.mode == "other"}
    assert 1 <= len(hired) < 9


# --- newcomers -------------------------------------------------------------------------------------------------------


def test_newcomers_take_vacant_posts_instead_of_practices() -> None:
    settled: dict[float, int] = {}
    diverted: dict[float, int] = {}
    for share in (0.0, 1.0):
        parameters = {"newcomer_salaried_share": share, "other_gp_looking_rate_per_year": 0.0}
        run = run_of(centre(spec(3)), parameters=parameters)
        arrivals = [f for f in run.record.facts if f.actor.startswith("arrival-")]
        settled[share] = sum(f.event == "gp_settled" for f in arrivals)
        diverted[share] = sum(f.event == "settler_diverted" for f in arrivals)
        people = {f.actor for f in arrivals if f.event in ("gp_settled", "settler_diverted")}
        assert len(people) == settled[share] + diverted[share], "one thing or the other"
    assert diverted == {0.0: 0, 1.0: settled[0.0] - settled[1.0]}
    assert diverted[1.0] >= 3


def test_a_newcomer_goes_where_she_likes_best() -> None:
    specs = [spec(9), spec(9, zone="B")]
    parameters = {"newcomer_salaried_share": 1.0, "other_gp_looking_rate_per_year": 0.0, "zone_choice_adults": 1.5}
    chosen = Counter(
        f.zone
        for r in range(8)
        for f in run_of(centre(*specs), parameters=parameters, replication=r).record.facts
        if f.event == "settler_diverted"
    )
    assert chosen[0] > chosen[1] > 0, "twice the residents"


# --- competition -----------------------------------------------------------------------------------------------------


def filled(run: Run, name: str = "") -> int:
    return sum(f.event == "post_filled" and f.actor.startswith(name) for f in run.record.facts)


def test_two_centres_compete_for_the_same_doctors() -> None:
    one, two, shared = 0, 0, Counter[str]()
    keen = {"other_gp_looking_rate_per_year": 0.3, "salaried_turnover_per_year": 0.05}
    for r in range(6):
        one += filled(run_of(centre(spec(6, name="first")), years=3, replication=r, parameters=keen))
        pair = centre(spec(6, name="first"), spec(6, name="second"))
        both = run_of(pair, years=3, replication=r, parameters=keen)
        two += filled(both)
        shared["first"] += filled(both, "first")
        shared["second"] += filled(both, "second")
    assert one < two < 2 * one, "the second adds less than the first did"
    assert min(shared.values()) > 0.25 * two


def test_order_of_centres_of_day_0_does_not_matter() -> None:
    blocks = [*day0(300, name="x")["centres"], *day0(200, name="y", zone="B")["centres"]]
    one = run_of(supply={"centres": blocks}, years=3)
    assert digests(one) == digests(run_of(supply={"centres": blocks[::-1]}, years=3))


# --- the list --------------------------------------------------------------------------------------------------------


def test_the_target_follows_the_doctors_present() -> None:
    run = run_of(centre(spec(4)), parameters={"salaried_turnover_per_year": 0.5, "centre_list_per_fte": 1000.0})
    targets = set()
    for day, size, target in centre_lists(run, "centre-A"):
        present = sum(
            s.mode == "salaried" and s.first_day <= day and not 0 <= s.last_day <= day for s in run.record.stints
        )
        assert target == present * 0.5 * 1000
        targets.add(target)
        assert size >= 0
    assert len(targets) >= 3


def test_above_its_target_a_centre_accepts_nobody() -> None:
    run = run_of(supply=day0(2500, count=1), years=2)
    _, sizes, targets = zip(*centre_lists(run, "centre-A"), strict=True)
    assert min(sizes) > max(targets) > 0
    assert sizes[-1] < sizes[0]
    assert not len(run.flows.query("cause == 'registered_centre'"))


def test_a_medical_assistant_helps_a_few_doctors() -> None:
    plain, helped = (
        run_of(supply=day0(0, count=8, fte=1.0, posts={"medical_assistants": n}), years=1) for n in (0.0, 1.0)
    )
    before, after = (centre_lists(run, "centre-A")[0][2] for run in (plain, helped))
    p = Parameters()
    gain = p["assistant_target_gain"] * p["doctors_per_assistant"] / 8
    assert after == pytest.approx(before * (1 + gain), abs=1)


def test_without_doctors_the_list_is_released() -> None:
    gone = {"salaried_turnover_per_year": 0.0, "other_gp_looking_rate_per_year": 0.0, "newcomer_salaried_share": 0.0}
    run = run_of(supply=day0(800, count=2, staffed=0), years=2, parameters=gone)
    (released,) = events(run, "list_released").query("actor == 'centre-A'").to_dict("records")
    assert released["detail"] == "no doctor"
    assert 700 < released["residents"] <= 850  # some who reach 17 have joined their family's list
    assert released["date"].date() == date(2020, 9, 1), "six months after day 0"
    assert run.flows.query("cause == 'released_closure'")["count"].sum() == released["residents"]


def test_a_centre_of_day_0_has_its_list_and_staff() -> None:
    run = run_of(supply=day0(700, count=3, staffed=2), years=1)
    (there,) = events(run, "centre_present").to_dict("records")
    assert abs(there["residents"] - 700) <= 3
    staff = [s for s in run.record.stints if s.mode == "salaried" and s.first_day == 0]
    assert [s.person for s in staff] == ["salaried-centre-A-001", "salaried-centre-A-002"]
    plain = simulate(scenario([], years=1).with_(parameters={}), territory=CITY)
    assert np.array_equal(run.record.counts[0][:, 2:7], plain.record.counts[0][:, 2:7]), "no other resident has an MT"
    gps = events(run, "gp_present")["residents"].sum(), events(plain, "gp_present")["residents"].sum()
    assert gps[1] - gps[0] == there["residents"], "they are on one list or the other"


def test_closing_releases_the_list_and_sends_staff_back() -> None:
    run = run_of(centre(spec(4, posts={"retired_gps": RetiredGps(count=2)}), closes=date(2025, 5, 20)))
    (closed,) = events(run, "centre_closed").to_dict("records")
    assert closed["detail"] == "planned"
    assert closed["residents"] > 100
    assert run.flows.query("cause == 'released_closure'")["count"].sum() == closed["residents"]
    day = run.scenario.calendar.day(date(2025, 5, 20))
    leaving = [s for s in run.record.stints if s.last_day == day]
    assert {s.mode for s in leaving} >= {"salaried"}
    back = {s.person for s in run.record.stints if s.first_day == day and s.mode in ("other", "retired")}
    assert {s.person for s in leaving} <= back
    assert not [f for f in run.record.facts if f.day > day and f.actor == "centre-A"]


def test_salaried_gps_who_supervise_make_intern_places() -> None:
    posts = {"interns": Interns(per_semester=2)}
    found = {}
    for share in (0.0, 1.0):
        run = run_of(
            supply=day0(500, count=2, fte=1.0, posts=posts),
            years=3,
            parameters={"supervisor_share": share, "salaried_turnover_per_year": 0.0},
        )
        found[share] = len(events(run, "intern_hosted"))
    assert found[0.0] == 0
    assert found[1.0] >= 10


def test_centres_share_the_interns_that_the_faculty_can_send() -> None:
    def hosted(names: str, most: float) -> Counter[str]:
        blocks = [
            day0(300, count=3, fte=1.0, name=name, posts={"interns": Interns(per_semester=3)})["centres"][0]
            for name in names
        ]
        parameters = {"supervisor_share": 1.0, "salaried_turnover_per_year": 0.0, "centre_interns_most": most}
        run = run_of(supply={"centres": blocks}, parameters=parameters)
        return Counter(f.actor for f in run.record.facts if f.event == "intern_hosted")

    alone, both, free = hosted("x", 4.0), hosted("xy", 4.0), hosted("xy", 12.0)
    assert min(alone["x"], free["x"], free["y"]) > 20
    assert alone["x"] < both.total() < free.total()
    assert min(both["x"], both["y"]) > 0.3 * both.total()


# --- what policies build on ------------------------------------------------------------------------------------------


class HandOver(Policy):
    """The oldest GP leaves on a day, her list meant for the first centre."""

    kind: ClassVar[str] = "test_centres:HandOver"

    starts: date
    on: bool = True

    def act(self, world: World) -> Behaviour:
        gp = min(world.gps.values(), key=lambda g: (g.birth_year, g.name))
        if self.on:
            gp.heir = world.centres["centre-A"]
        yield world.at(world.today, Phase.POLICY, "test")


class Rotation(Policy):
    """Doctors from outside."""

    kind: ClassVar[str] = "test_centres:Rotation"

    starts: date
    ends: date

    def act(self, world: World) -> Behaviour:
        there = world.centres["centre-A"]
        volunteer(world, there, "rotation", 1.5)
        yield world.at(world.calendar.day(self.ends), Phase.POLICY, "rotation")
        volunteer(world, there, "rotation", 0.0)


def test_a_planned_hand_over_passes_the_list_to_the_centre() -> None:
    shock = Departures(starts=date(2021, 6, 2), oldest=1)
    runs = {
        on: run_of(
            [HandOver(starts=date(2021, 6, 1), on=on), shock],
            years=2,
            supply=day0(0, count=6, fte=1.0),
            parameters={"salaried_turnover_per_year": 0.0},
        )
        for on in (True, False)
    }
    taken = events(runs[True], "list_handed_over").query("other == 'centre-A'").to_dict("records")
    assert len(taken) == 1
    assert taken[0]["residents"] > 300
    assert taken[0]["residents"] == taken[0]["value"], "there is room for all of them"
    assert not len(events(runs[False], "list_handed_over").query("other == 'centre-A'"))
    released = {on: runs[on].flows.query("cause == 'released_cessation'")["count"].sum() for on in runs}
    assert released[False] - released[True] > 300


def test_a_list_is_handed_over_to_the_very_first_provider() -> None:
    """A centre of day 0 where there was no GP, and one who settled later."""
    nobody: dict[str, Any] = {"residents": without_mt(share=1.0), "supply": day0(0, count=2)}
    world = build_world(scenario_of(gps=0, **nobody), seed=1, replication=0, territory=CITY)
    (first,) = world.centres.values()
    assert (first.slot, world.residents.target(0)) == (0, 0.0), "no doctor is in her post yet"
    gp = settle(world, "arrival-0001", origin="outside")
    assert gp is not None
    world.residents.advance(200)
    world.residents.adjust(200, first.slot, target=1000.0)
    had, held = world.residents.list_size(gp.slot), world.residents.list_size(first.slot)
    gp.heir = first
    leave(world, gp)
    assert world.residents.list_size(first.slot) - held == had > 50


def test_volunteers_come_and_go() -> None:
    rotation = Rotation(starts=date(2021, 6, 1), ends=date(2022, 6, 1))
    quiet = {"other_gp_looking_rate_per_year": 0.0, "newcomer_salaried_share": 0.0, "centre_list_per_fte": 1000.0}
    run = run_of([*centre(spec(1)), rotation], years=3, parameters=quiet)
    day = run.scenario.calendar.day
    targets = {d: target for d, _, target in centre_lists(run, "centre-A")}
    assert {t for d, t in targets.items() if day(rotation.starts) <= d < day(rotation.ends)} == {1500.0}
    assert {t for d, t in targets.items() if d > day(rotation.ends)} == {0.0}
    assert min(targets) > day(rotation.starts)
    assert not [s for s in run.record.stints if s.mode in ("salaried", "sessions")]
    assert events(run, "volunteers")["value"].tolist() == [1.5, 0.0]


# --- scenarios that cannot be ----------------------------------------------------------------------------------------


def test_impossible_centres_are_refused() -> None:
    there = DayZeroCentre(form="scic", zone="C", name="x", listed=99_999, source="none", grade="D")
    problems = scenario(supply={"centres": [there, there.model_copy(update={"zone": "A"})]}).problems(CITY)
    text = "\n".join(f"{where}: {what}" for where, what in problems)
    assert "('supply', 'centres', 0, 'zone'): unknown zone 'C'" in text
    assert "a second centre called 'x'" in text
    policy = OpenCentre(opens=OPENS, centre=spec(zone="Q"))
    assert [where for where, _ in policy.problems(scenario().calendar, CITY.zones)] == [("centre", "zone")]
    with pytest.raises(ValueError, match="staffed is 4"):
        DayZeroCentre(form="scic", zone="A", listed=1, staffed=4, source="none", grade="D")


# --- what nothing else noticed (`make mutants`) -----------------------------------------------------------------------


def test_newcomers_who_took_a_post_leave_it_again() -> None:
    keen = {"newcomer_salaried_share": 1.0, "other_gp_looking_rate_per_year": 0.0, "salaried_turnover_per_year": 1.0}
    run = run_of(centre(spec(3)), parameters=keen)
    hired = {f.other for f in run.record.facts if f.event == "post_filled" and f.other.startswith("arrival-")}
    left = {f.other for f in run.record.facts if f.event == "salaried_gp_left"}
    assert len(hired & left) >= 2


def test_sessions_end_at_the_age_cap_even_on_the_last_day() -> None:
    first, years, cap = date(2020, 1, 1), 3, 72
    posts = {"retired_gps": RetiredGps(count=30, fte_each=0.2)}
    run = run_of(
        [OpenCentre(opens=first, centre=spec(0, posts=posts))],
        years=years,
        start=first,
        supply={"retired_pool": Count(count=60, **SAID)},
        parameters={"retired_sessions_years": 1000.0, "retired_age_cap": float(cap), "retired_willing_share": 1.0},
    )
    ends = {
        s.birth_year + cap: s.last_day for s in run.record.stints if s.mode == "sessions" and s.birth_year + cap < 2025
    }
    assert ends[2022] == run.scenario.calendar.day(date(2022, 1, 1))
    assert ends[2023] == run.scenario.calendar.horizon
    assert ends[2024] < 0, "not within the run"


def test_interns_raise_the_target_and_go_with_their_supervisor() -> None:
    posts = {"interns": Interns(per_semester=2)}
    parameters = {"supervisor_share": 1.0, "salaried_turnover_per_year": 1.5, "other_gp_looking_rate_per_year": 0.5}
    with_list, without = (
        run_of(
            supply=day0(500, count=1, fte=1.0, posts=posts),
            years=4,
            parameters=parameters | {"intern_target_residents": each, "centre_list_per_fte": 900.0},
        )
        for each in (100.0, 0.0)
    )
    pairs = zip(centre_lists(with_list, "centre-A"), centre_lists(without, "centre-A"), strict=True)
    assert {more[2] - less[2] for more, less in pairs} == {0.0, 100.0}, "one a supervisor"
    left = events(with_list, "intern_left").query("actor == 'centre-A'")
    assert len(left)
    assert set(left["detail"]) == {"no supervisor on duty"}
    interns = {(s.person, s.last_day) for s in with_list.record.stints if s.mode == "intern"}
    days = [with_list.scenario.calendar.day(day.date()) for day in left["date"]]
    assert set(zip(left["other"].astype(str), days, strict=True)) <= interns
