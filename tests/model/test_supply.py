"""GPs, interns and retired GPs: what the facts, the careers and the lists say must fit together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NONE, Bend, crowd, events, make_territory, population, room, scenario_of, totals, town

from ess_sim.inputs.catalogue.gp_ages import gp_age_profile
from ess_sim.inputs.catalogue.gp_tables import departement_figures
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.figures.gp_ages import AGES_OF_GPS, gp_ages
from ess_sim.inputs.scenario.centre_spec import CentreSpec, DayZeroCentre, Posts, RetiredGps, SalariedGps
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model import kernel as k
from ess_sim.model.behaviours.centres.retired import (
    fill_pool,
    retirements_beyond,
    retirements_elsewhere,
    settle_sessions,
)
from ess_sim.model.behaviours.gps import careers
from ess_sim.model.behaviours.gps.elsewhere import make_room_for_elsewhere
from ess_sim.model.behaviours.gps.exits import expected_retirements
from ess_sim.model.residents.practice import Practice
from ess_sim.model.run.simulation import build_world, simulate
from ess_sim.model.world.claims import Claim
from ess_sim.model.world.levers import Levers
from ess_sim.model.world.records import Centre, Retiree
from ess_sim.model.world.world import World
from ess_sim.results.run import Run

CITY = make_territory({"A": town(3000), "B": town(1500)}, km=8.0)
NO_ONE_ELSEWHERE = {"nominal_mt_share": 0.0, "move_out_rate_per_year": 0.0}
"""Nobody has an MT outside, and targets make no room for who would come from there."""
EXITS = [name for name in catalogue() if name.startswith("exit_hazard_")]


def lively(**changes: Any) -> Any:
    """Many GPs who come and go, with notice and hand-over."""
    parameters = dict.fromkeys(EXITS, 0.1) | {"notice_share": 0.7, "supervisor_share": 0.27}
    supply = {"first_installations": Rate(per_year=4.0, **NONE), "interns_per_semester": Count(count=3, **NONE)}
    fields = {"gps": 20, "years": 10, "parameters": parameters, "supply": supply}
    fields["parameters"] = parameters | changes.pop("parameters", {})
    fields["supply"] = supply | changes.pop("supply", {})
    return scenario_of(**(fields | changes))


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return [simulate(lively(), replication=r, territory=CITY) for r in range(4)]


@pytest.mark.parametrize("women", [0.0, 1.0])
def test_newcomers_and_gps_of_day_0_have_their_own_share_of_women(women: float) -> None:
    """And women work for as many hours as the catalogue says."""
    parameters = {"entrants_women_share": women, "gps_women_share": 1.0 - women, "women_fte": 0.7}
    run = simulate(lively(years=2, parameters=parameters), territory=CITY)
    stints = [s for s in run.record.stints if s.mode == "liberal"]
    assert Counter(s.woman for s in stints if s.person.startswith("gp-")) == {women == 0.0: 20}
    later = Counter(s.woman for s in stints if not s.person.startswith("gp-"))
    assert later == {women == 1.0: later.total()}
    assert later.total() > 3
    assert all(s.fte == (0.7 if s.woman else 1.0) for s in stints)


def test_gps_make_room_as_residents_find_fewer_gps_elsewhere() -> None:
    """Places that residents took elsewhere are theirs here no more, and the other way round."""
    parameters = {"elsewhere_follows_share": 0.5}
    world = build_world(lively(years=1, parameters=parameters), seed=1, replication=0, territory=CITY)
    listed, centres, without = 700, 100, 200
    found = []
    for outside in (100, 100, 200, 50):
        world.residents.by_mt = lambda n=outside: (listed - n, centres, n, without)  # type: ignore[method-assign]
        if not found:
            months = make_room_for_elsewhere(world)
        next(months)
        found.append(world.part_for_residents)
    # 80 % have an MT, 10 % elsewhere: the other 70 % are in places of the GPs, of which half of the difference is taken
    assert found == pytest.approx([1.0, 1.0, 1.0 - 0.5 / 7, 1.0 + 0.25 / 7])


# --- exits -----------------------------------------------------------------------------------------------------------


def test_first_reviews_are_spread_over_a_year() -> None:
    rng = np.random.default_rng(1)
    days = {careers._days_to_review(rng) for _ in range(10_000)}
    assert days == set(range(1, 366))


def test_residents_of_a_leaving_gp_are_handed_over_or_released(runs: list[Run]) -> None:
    """First to her successor, then, of what is left, to colleagues."""
    shares = [catalogue()[name].value for name in ("successor_handover_share", "handover_share")]
    seen = Counter()
    for run in runs:
        facts = run.record.facts
        successor = {f.actor: f.other for f in facts if f.event == "succession_reserved"}
        released = {f.actor: f.residents for f in facts if f.event == "list_released"}
        flows = run.flows[run.flows["cause"] == "released_cessation"]
        assert flows["count"].sum() == sum(released.values())
        for f in facts:
            if f.event != "gp_exited":
                continue
            handed = [h for h in facts if h.event == "list_handed_over" and h.actor == f.actor]
            left = f.residents
            for who, share in enumerate(shares):
                takers = [h for h in handed if (h.other != successor.get(f.actor)) == who]
                intended, taken = int(share * left + 0.5), sum(h.residents for h in takers)
                assert {h.value for h in takers} <= {intended}
                assert taken <= intended
                left -= taken
                seen[who] += len(takers)
            assert left == released[f.actor]
    assert min(seen.values()) > 10


def test_an_announced_exit_follows_its_notice(runs: list[Run]) -> None:
    announced = 0
    for run in runs:
        exits = {f.actor: f.day for f in run.record.facts if f.event == "gp_exited"}
        for f in run.record.facts:
            if f.event == "gp_announced":
                announced += 1
                assert (6 * 30 if f.day else 1) <= f.value <= 18 * 31  # day 0: announced before
                if f.day + f.value <= run.record.days[-1]:
                    assert exits[f.actor] == f.day + f.value
                else:
                    assert f.actor not in exits
    assert announced > 20


def test_notice_tapers_month_by_month(runs: list[Run]) -> None:
    tapering, waiting = 0, 0
    for run in runs:
        exits = {f.actor: f.day for f in run.record.facts if f.event == "gp_exited"}
        opens = {f.other: exits.get(f.actor, 10**6) for f in run.record.facts if f.event == "succession_reserved"}
        notices = {f.actor: (f.day, int(f.value)) for f in run.record.facts if f.event == "gp_announced"}
        at_first = {run.record.owners[int(owner)]: openness for owner, _, _, openness, _ in run.record.providers[0]}
        for day, rows in zip(run.record.days, run.record.providers, strict=True):
            for owner, _, _, openness, _ in rows:
                name = run.record.owners[int(owner)]
                announced, length = notices.get(name, (10**6, 1))
                since = int(day) - announced
                # her predecessor is still there, or was when she announced that she would leave
                waits = min(int(day), announced) < opens.get(name, 0)
                whole = length
                if announced == 0 and not waits:  # before day 0: how long before is not recorded
                    whole = length / at_first[name]
                    assert max(length, 6 * 30) <= whole <= 18 * 31
                expected = 1.0 if since < 0 else (length - 30 * (since // 30)) / whole
                if waits:
                    expected = 0.0
                    waiting += 1
                assert openness == pytest.approx(expected)
                tapering += 0 < openness < 1
    assert tapering > 50
    assert waiting > 50


def test_an_announced_exit_is_reserved_for_the_next_arrival(runs: list[Run]) -> None:
    reserved = 0
    settled_before = 0
    for run in runs:
        leaving: dict[str, tuple[int, str]] = {}  # zone and last day of those without successor
        waiting = None
        present: dict[str, int] = {}  # zone of those of day 0 who succeed to no one
        succeeded: dict[str, tuple[str, tuple[int, str]]] = {}  # by whom, and their own zone and last day
        for f in run.record.facts:
            if f.event in ("gp_announced", "gp_exited"):  # she succeeds to no one any more
                leaving |= {actor: exit for actor, (by, exit) in succeeded.items() if by == f.actor}
                succeeded = {actor: found for actor, found in succeeded.items() if found[0] != f.actor}
            if f.event == "gp_present":
                present[f.actor] = f.zone
            elif f.event == "succession_reserved" and f.day == 0:  # by one who settled after the exit was announced
                assert f.actor in leaving
                assert f.actor != f.other
                succeeded[f.actor] = f.other, leaving[f.actor]
                assert present.pop(f.other) == leaving.pop(f.actor)[0] == f.zone
                settled_before += 1
            elif f.event == "gp_announced":
                leaving[f.actor] = (f.zone, f.day + int(f.value))
            elif f.event == "gp_exited":
                leaving.pop(f.actor, None)
                succeeded.pop(f.actor, None)
            elif f.event == "succession_reserved":
                candidates = {a: last for a, (zone, last) in leaving.items() if zone == f.zone}
                assert candidates[f.actor] == min(candidates.values())
                succeeded[f.actor] = f.other, leaving.pop(f.actor)
                waiting = (f.other, f.day)
                reserved += 1
            elif f.event == "gp_settled":
                if waiting is None:  # no GP was leaving from her zone
                    assert f.zone not in {zone for zone, _ in leaving.values()}
                else:
                    assert waiting == (f.actor, f.day)
                waiting = None
        assert waiting is None
    assert reserved > 10
    assert settled_before > 3


def test_ages_at_exit_decide_who_joins_the_pool(runs: list[Run]) -> None:
    for run in runs:
        for f in run.record.facts:
            if f.event == "gp_exited":
                assert f.detail == ("retired" if f.value >= 60 else "other")


@settings(max_examples=60)
@given(
    st.integers(0, 200),
    st.floats(0, 1),
    st.lists(st.tuples(st.integers(0, 40), st.floats(0, 80)), max_size=4),
)
def test_handover_is_the_least_of_intended_and_room(n: int, share: float, takers: list[tuple[int, float]]) -> None:
    sizes = [n, *(size for size, _ in takers)]
    lists = np.repeat(np.arange(len(sizes)), sizes)
    offers = [Practice(0, 30.0) for _ in sizes]
    # one more resident, on no list, so that there is always one
    day0 = crowd(len(lists) + 1, np.append(np.full(len(lists), k.LISTED), k.SEEKING))
    residents = population(day0, offers, np.append(lists, -1))
    tokens = residents._tables.pfloat[:, k.X_TOKENS].copy()
    intended, realised = residents.hand_over(10, 0, share, [(i + 1, limit) for i, (_, limit) in enumerate(takers)])
    assert intended == int(share * n + 0.5)
    left = intended
    assert len(realised) == len(takers) or sum(realised) == intended, "someone was not asked"
    realised += [0] * (len(takers) - len(realised))
    for (size, limit), got in zip(takers, realised, strict=True):
        assert got == min(left, max(0, int(limit) - size))
        left -= got
    for slot, (size, got) in enumerate(zip(sizes[1:], realised, strict=True), start=1):
        assert residents.list_size(slot) == size + got
    assert residents.list_size(0) == n - sum(realised)
    assert totals(residents)["listed"] == len(lists)
    assert np.array_equal(tokens, residents._tables.pfloat[:, k.X_TOKENS])
    assert residents.close(10, 0) == n - sum(realised)
    assert totals(residents)["lost"] == n - sum(realised)
    residents.check()


@pytest.mark.parametrize("share", [0.05, 1.0])
def test_partners_take_over_up_to_their_room(share: float) -> None:
    parameters = {
        "handover_share": share,
        "group_practice_share": 1.0,
        "group_size": 4.0,
        "absorption_minutes": -1.0,
        "handover_excess": 0.2,
        **room(0.12),
    }
    scenario = scenario_of(gps=8, parameters=parameters)
    world = build_world(scenario, seed=1, replication=0, territory=make_territory({"A": town(3000)}))
    gp = world.gps["gp-A-001"]
    partners = [g for g in world.gps.values() if g.practice == gp.practice and g is not gp]
    others = [g for g in world.gps.values() if g.practice != gp.practice]
    assert (len(partners), len(others)) == (3, 4)
    partners[0].leaves_on = 200  # takes no one any more
    size = world.residents.list_size(gp.slot)
    before = {g.name: world.residents.list_size(g.slot) for g in world.gps.values()}
    free = {g.name: int(world.residents.target(g.slot) * 1.2) - before[g.name] for g in partners[1:]}
    careers.leave(world, gp)
    got = {g.name: world.residents.list_size(g.slot) - before[g.name] for g in world.gps.values()}
    assert not any(got[g.name] for g in [partners[0], *others])
    assert sum(got.values()) == min(int(share * size + 0.5), sum(free.values()))
    assert all(got[name] <= free[name] for name in free)
    assert gp.name not in world.gps
    world.residents.check()


def test_shortest_notice_is_a_day() -> None:
    parameters = {"notice_share": 1.0, "notice_months_min": 0.0, "notice_months_max": 0.0}
    run = simulate(lively(years=3, parameters=parameters), territory=CITY)
    notices = events(run, "gp_announced")
    assert len(notices) > 2
    assert (notices["value"] == 1).all()


def test_targets_decline_from_60() -> None:
    parameters = dict.fromkeys(EXITS, 0.0) | {"target_decline_from_60": 0.05, "stretch_per_year": 0.0}
    parameters |= NO_ONE_ELSEWHERE
    run = simulate(
        lively(years=6, parameters=parameters, supply={"interns_per_semester": Count(count=0, **NONE)}), territory=CITY
    )
    born = {s.person: s.birth_year for s in run.record.stints if s.mode == "liberal"}
    first, last = (
        {run.record.owners[int(r[0])]: r[2] for r in rows}
        for rows in (run.record.providers[0], run.record.providers[-1])
    )
    old = [n for n in first if 2020 - born[n] >= 60]
    young = [n for n in first if 2026 - born[n] < 60]
    assert old
    assert young
    for name in young:
        assert last[name] == first[name]
    for name in old:  # six reviews, each at 60 or more
        assert last[name] == round(first[name] * 0.95**6)
    middle = [n for n in first if 2020 < born[n] + 60 <= 2025]
    assert middle
    for name in middle:  # the first review at 60, the last one in 2025 or early in 2026
        assert last[name] in [round(first[name] * 0.95 ** (year - born[name] - 59)) for year in (2025, 2026)]


# --- levers ----------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sampled_from(Levers.NAMES), st.floats(-3, 3)), max_size=8), st.randoms(use_true_random=False)
)
def test_contributions_commute_and_leave_no_residue(bends: list[tuple[str, float]], random: Any) -> None:
    values = []
    for order in (bends, random.sample(bends, len(bends))):
        levers = Levers()
        open_blocks = [levers.bend(**{name: by}) for name, by in order]
        for block in open_blocks:
            block.__enter__()
        values.append([levers[name] for name in Levers.NAMES])
        random.shuffle(open_blocks)
        for block in open_blocks:
            block.__exit__(None, None, None)
        assert [levers[name] for name in Levers.NAMES] == [0.0] * len(Levers.NAMES)
    assert values[0] == values[1]


def test_a_misspelt_lever_bends_nothing() -> None:
    levers = Levers()
    with pytest.raises(ValueError, match="did you mean 'call_ratio'"), levers.bend(exit_log_odds=1.0, call_ration=0.5):
        pass
    assert levers["exit_log_odds"] == 0.0
    with pytest.raises(ValueError, match="unknown lever"):
        levers["nonsense"]


def test_levers_on_doctors_do_what_they_say() -> None:
    start = date(2020, 3, 1)
    plain = simulate(lively(), territory=CITY)
    exits = {}
    for by in (-3.0, 0.0, 3.0):
        run = simulate(lively(policies=[Bend(starts=start, lever="exit_log_odds", by=by)]), territory=CITY)
        exits[by] = {f.actor: f.day for f in run.record.facts if f.event == "gp_exited" and f.actor.startswith("gp-")}
    assert exits[0.0] == {
        f.actor: f.day for f in plain.record.facts if f.event == "gp_exited" and f.actor.startswith("gp-")
    }
    # the draws are hers: a GP who left at lower odds leaves no later at higher ones
    assert set(exits[-3.0]) < set(exits[0.0]) < set(exits[3.0])
    assert all(exits[3.0][name] <= day for name, day in exits[0.0].items())
    settled = [
        set(
            events(
                simulate(lively(policies=[Bend(starts=start, lever="settle_log_odds", by=by)]), territory=CITY),
                "intern_settled",
            )["actor"]
        )
        for by in (0.0, 4.0)
    ]
    assert settled[0] < settled[1]


# --- interns ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained() -> list[Run]:
    """Interns of whom most settle, before and after the fourth year."""
    parameters = {
        "settle_probability": 0.6,
        "supervisor_share": 0.8,
        "locum_years_mean": 1.5,
        "local_origin_share": 0.3,
    }
    # those who train here count among the first installations
    supply = {"interns_per_semester": Count(count=5, **NONE), "first_installations": Rate(per_year=9.0, **NONE)}
    scenario = lively(start=date(2022, 3, 1), years=9, parameters=parameters, supply=supply)
    return [simulate(scenario, replication=r, territory=CITY) for r in range(3)]


def test_settlers_were_locums_first(trained: list[Run]) -> None:
    settled = 0
    for run in trained:
        graduated = {f.actor: f for f in run.record.facts if f.event == "intern_graduated"}
        locum = {s.person: s for s in run.record.stints if s.mode == "locum"}
        for f in run.record.facts:
            if f.event != "intern_settled":
                continue
            settled += 1
            stint = locum[f.actor]
            assert stint.last_day == f.day
            assert stint.first_day < f.day or stint.first_day == 0
            if f.actor in graduated:
                assert graduated[f.actor].detail == "stays"
                assert stint.first_day == graduated[f.actor].day < f.day
            else:
                assert stint.first_day == 0, "graduated before day 0"
        # those who stay are locums until they settle or the run ends, those who leave are neither
        stays = {name for name, f in graduated.items() if f.detail == "stays"}
        assert stays <= set(locum)
        leavers = set(graduated) - stays
        assert not leavers & {f.actor for f in run.record.facts if f.event == "gp_settled"}
        assert len(leavers) > 5
        # locums hold no list
        listed_then = {run.record.owners[int(o)] for rows in run.record.providers[:1] for o in rows[:, 0]}
        assert not listed_then & set(locum)
    assert settled > 20


def test_settlers_are_local_unless_a_policy_brought_them(trained: list[Run]) -> None:
    for run in trained:
        assert (events(run, "intern_settled")["detail"] == "local").all()
        assert set(events(run, "gp_settled")["detail"]) == {"outside", "local"}


def test_juniors_from_november_2026_and_a_gap_of_graduates(trained: list[Run]) -> None:
    juniors = 0
    for run in trained:
        first = run.careers[run.careers["mode"] == "junior"]["from"]
        juniors += len(first)
        assert first.min() == pd.Timestamp(2026, 11, 2)
        graduated = events(run, "intern_graduated")["date"]
        semesters = Counter(graduated)
        for year, month in ((2022, 5), (2024, 11), (2025, 11), (2026, 5)):
            assert semesters[pd.Timestamp(year, month, 2)] > 0
        for year, month in ((2026, 11), (2027, 5)):
            assert semesters[pd.Timestamp(year, month, 2)] == 0
        assert semesters[pd.Timestamp(2027, 11, 2)] > 0
    assert juniors > 20


@pytest.mark.parametrize("year", [2025, 2030])  # before the first juniors, and when others have been and gone
def test_juniors_raise_their_hosts_targets_while_they_are_there(year: int) -> None:
    parameters = dict.fromkeys(EXITS, 0.0) | {
        "supervisor_share": 1.0,
        "target_decline_from_60": 0.0,
        "stretch_per_year": 0.0,
        "junior_target_residents": 777.0,
        **NO_ONE_ELSEWHERE,
    }
    supply = {"first_installations": Rate(per_year=0.0, **NONE), "interns_per_semester": Count(count=4, **NONE)}
    scenario = lively(
        start=date(year, 3, 1), years=3, gps=12, parameters=parameters | {"settle_probability": 0.0}, supply=supply
    )
    run = simulate(scenario, territory=CITY)
    names = run.record.owners
    base = {f.actor: f.value for f in run.record.facts if f.event == "gp_present"}
    raised = []
    for day, rows in zip(run.record.days, run.record.providers, strict=True):
        juniors = sum(
            s.mode == "junior" and s.first_day <= day and not 0 <= s.last_day <= day for s in run.record.stints
        )
        extra = [r[2] - base[names[int(r[0])]] for r in rows]
        assert sorted(set(extra)) in ([0.0], [0.0, 777.0])
        assert extra.count(777.0) == juniors
        raised.append(juniors)
    assert max(raised) > 1
    assert (raised[0] > 0) == (year == 2030)


def test_no_more_interns_than_supervisors() -> None:
    for share, expected in ((0.0, 0), (1.0, 3)):
        scenario = lively(parameters={"supervisor_share": share, "second_semester_share": 0.0})
        run = simulate(scenario, territory=CITY)
        started = Counter(s.first_day for s in run.record.stints if s.mode == "intern" and s.first_day > 0)
        if expected:
            assert set(started.values()) == {expected}
            assert len(started) == 20
        else:
            assert not started
            assert len(events(run, "intern_without_place")) > 30


# --- retired GPs -----------------------------------------------------------------------------------------------------


def _centre(name: str, years: float = 5.0, count: int = 20) -> Centre:
    posts = Posts(retired_gps=RetiredGps(count=count, retired_for_at_most_years=years))
    return Centre(name, 0, CentreSpec(form="municipal", zone="A", posts=posts))


def _pool_world(years: list[tuple[int, float]], *, willing: float = 0.5) -> World:
    scenario = scenario_of(parameters={}, start=date(2020, 1, 1))
    world = build_world(scenario, seed=1, replication=0, territory=CITY)
    world.parameters._values["retired_willing_share"] = willing
    for i, (age, since) in enumerate(years):
        world.retired[f"r{i:02d}"] = Retiree(f"r{i:02d}", 2020 - age, -round(since * 365.25))
    return world


pools = st.lists(st.tuples(st.integers(60, 80), st.floats(0, 10)), max_size=15)
claims = st.lists(st.tuples(st.integers(1, 6), st.sampled_from([1.0, 5.0, 8.0])), min_size=1, max_size=3)


@settings(max_examples=60)
@given(pools, claims, st.sampled_from([0.0, 0.4, 1.0]), st.randoms(use_true_random=False))
def test_claims_are_settled_fairly(
    pool: list[tuple[int, float]], wanted: list[tuple[int, float]], willing: float, random: Any
) -> None:
    outcomes = []
    for attempt in range(2):
        world = _pool_world(pool, willing=willing)
        asked = [Claim(_centre(f"c{i}", years, n), "sessions") for i, (n, years) in enumerate(wanted)]
        world.claims = list(asked)
        if attempt:
            random.shuffle(world.claims)
            items = list(world.retired.items())
            random.shuffle(items)
            world.retired = dict(items)
        hired = settle_sessions(world)
        outcomes.append({(c.name, r.name) for c, r in hired})
        assert world.claims == []
        assert len({r.name for _, r in hired}) == len(hired), "no one works twice"
        limits = {c.centre.name: c.centre.spec.posts.retired_gps.retired_for_at_most_years for c in asked}
        would = {
            n: bool(world.streams.of("willing", n).random() < willing) and 2020 - r.birth_year < 73
            for n, r in world.retired.items()
        }
        for centre, retiree in hired:
            assert would[retiree.name]
            assert -retiree.retired_on / 365.25 <= limits[centre.name]
            assert retiree.employer is centre
            assert retiree in centre.sessions
        vacant = {f.actor: f.value for f in world.facts if f.event == "post_vacant"}
        for claim in asked:
            filled = len(claim.centre.sessions)
            posts = claim.centre.spec.posts.retired_gps.count
            assert filled <= posts
            assert vacant.get(claim.centre.name, 0) == posts - filled
            if filled < posts:  # then no one who would come was left over
                for name, retiree in world.retired.items():
                    free = retiree.employer is None and would[name]
                    assert not (free and -retiree.retired_on / 365.25 <= limits[claim.centre.name])
    assert outcomes[0] == outcomes[1], "the order of claims and of the pool does not matter"


def test_two_centres_share_the_willing() -> None:
    world = _pool_world([(64, 1.0)] * 30)
    rich, poor = _centre("rich"), _centre("poor")
    world.claims = [Claim(rich, "sessions"), Claim(poor, "sessions")]
    hired = settle_sessions(world)
    willing = sum(world.streams.of("willing", n).random() < 0.5 for n in world.retired)
    assert len(hired) == willing < 30
    assert min(len(rich.sessions), len(poor.sessions)) >= 3


def test_retired_gps_from_beyond_are_as_many_as_said_and_change_no_other() -> None:
    def pool(ratio: float) -> dict[str, tuple[int, int]]:
        """Birth year and day of retirement by name, of everyone who joins within ten years."""
        parameters = {"retired_from_beyond_ratio": ratio, "zone_choice_shortage": 0.0}
        supply = {"retired_pool": Count(count=20, **NONE), "departement_list_holders": Count(count=300, **NONE)}
        world = build_world(lively(gps=3, parameters=parameters, supply=supply), seed=1, replication=0, territory=CITY)
        fill_pool(world, 300)
        world.begin(retirements_elsewhere(world, 297))
        world.begin(retirements_beyond(world, 300))
        world.run()
        return {name: (r.birth_year, r.retired_on) for name, r in world.retired.items() if "gp-" not in name}

    none, half = pool(0.0), pool(0.5)
    beyond = {name: half[name] for name in half if "beyond" in name}
    assert {name: half[name] for name in half if name not in beyond} == none
    assert not any("beyond" in name for name in none)
    there = [name for name, (_, day) in beyond.items() if day <= 0]
    assert len(there) == 10
    later, own = len(beyond) - 10, sum(day > 0 for _, day in none.values())
    assert own > 50
    assert abs(later - own / 2) < 4 * (own / 2) ** 0.5


def test_the_pool_fills_with_those_who_retire() -> None:
    world = build_world(lively(gps=30), seed=1, replication=0, territory=CITY)
    ages = {g.name: 2020 - g.birth_year for g in world.gps.values()}
    for gp in list(world.gps.values()):
        careers.leave(world, gp)
    assert set(world.retired) == {name for name, age in ages.items() if age >= 60}
    assert 0 < len(world.retired) < 30
    assert all(r.retired_on == 0 and r.employer is None for r in world.retired.values())
    assert world.gps == {}
    world.residents.check()


# --- what nothing else noticed (`make mutants`) -----------------------------------------------------------------------


def test_ages_of_gps_are_those_of_the_published_bands() -> None:
    ages, chances = AGES_OF_GPS, gp_ages("53")
    bands = [chances[(ages >= low) & (ages <= high)].sum() for low, high in ((32, 60), (61, 62), (63, 65), (66, 80))]
    assert bands == pytest.approx(gp_age_profile("53").shares)
    for low, high in ((32, 60), (61, 62), (63, 65)):
        assert np.ptp(chances[(ages >= low) & (ages <= high)]) == 0
    old = chances[ages > 65]
    assert old[1:] / old[:-1] == pytest.approx(0.78)


@pytest.mark.parametrize("unknown", ["", "Brabant"])
def test_gps_of_an_unknown_departement_have_the_mean_ages_of_the_known_ones(unknown: str) -> None:
    ages, chances = AGES_OF_GPS, gp_ages(unknown)
    figures = departement_figures()
    old = (figures["share_supply_gp_over_65_2023"] * figures["gp_count_2025"]).sum() / figures["gp_count_2025"].sum()
    assert chances[ages > 65].sum() == pytest.approx(old, abs=1e-4)
    assert chances[ages > 60].sum() == pytest.approx(0.270, abs=5e-4)
    assert gp_ages("53")[ages > 60].sum() == pytest.approx(0.294, abs=5e-4)


def assumed(*departements: str) -> list[str]:
    """What is assumed of GPs' ages in a run with a centre, where the two zones lie in these départements."""
    posts = Posts(salaried_gps=SalariedGps(count=1))
    supply = {
        "departement_list_holders": Count(count=90, **NONE),
        "centres": [DayZeroCentre(form="municipal", zone="A", posts=posts, listed=0, **NONE)],
    }
    territory = replace(CITY, departements=departements)
    run = simulate(scenario_of(gps=4, years=1, supply=supply), territory=territory)
    return sorted(text for text in run.record.assumed if "GPs' ages" in text)


def test_what_stands_in_for_a_departement_is_said() -> None:
    assert assumed("53", "53") == []
    (unknown,) = assumed("", "")
    assert unknown == "GPs' ages: 27.0 % over 60, unknown, mean of 8 départements, for want of a département, grade D"
    (fitted,) = assumed("53", "61")
    assert fitted.startswith("GPs' ages: 36.3 % over 60, 61, from the share of doctors of 55 or over")


def test_pools_mix_the_ages_of_the_territorys_departements() -> None:
    """44 has young GPs, 72 old ones: those of both zones retire as often as the mixture by list-holders says."""
    world = build_world(scenario_of(gps=4), seed=1, replication=0, territory=replace(CITY, departements=("44", "72")))
    here = dict(zip(("44", "72"), world.start_gps.by_zone.tolist(), strict=True))
    assert min(here.values()) > 0
    p = world.parameters
    each = {d: expected_retirements(p, ((d, 1),)) for d in here}
    assert each["72"] > 1.5 * each["44"]
    mixed = sum(n * each[d] for d, n in here.items()) / 4
    assert expected_retirements(p, world.gps_mixture) == pytest.approx(mixed)
