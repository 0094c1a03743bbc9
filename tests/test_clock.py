"""Dates, whole days, and the order of things within one day."""

from __future__ import annotations

import gc
import weakref
from datetime import date, timedelta

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import make_territory, scenario_of, town

from ess_sim.clock import Calendar, Phase, add_years, month_ends
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.model.world.events import At, Behaviour, Days
from ess_sim.model.world.world import World
from ess_sim.streams import Streams, stable_rank

starts = st.dates(date(1990, 1, 1), date(2100, 12, 31))
horizons = st.integers(1, 60)


@given(starts, horizons)
def test_days_and_dates_are_inverse(start: date, years: int) -> None:
    calendar = Calendar(start, years)
    assert calendar.day(start) == 0
    for day in (0, 1, 59, 365, calendar.horizon):
        assert calendar.day(calendar.date(day)) == day
    assert calendar.date(calendar.horizon) == calendar.end
    assert (calendar.end.year, calendar.end.month) == (start.year + years, start.month)
    assert abs(calendar.horizon - 365.25 * years) < 2


@given(starts, horizons, st.floats(0, 1))
def test_the_year_of_a_day(start: date, years: int, part: float) -> None:
    calendar = Calendar(start, years)
    for day in (0, int(part * calendar.horizon), calendar.horizon, *calendar.new_years):
        assert calendar.year(day) == calendar.date(day).year
        assert calendar.year(max(0, day - 1)) == calendar.date(max(0, day - 1)).year


def test_29_february() -> None:
    assert add_years(date(2016, 2, 29), 1) == date(2017, 2, 28)
    assert add_years(date(2016, 2, 29), 4) == date(2020, 2, 29)
    assert add_years(date(2096, 2, 29), 4) == date(2100, 2, 28)
    assert Calendar(date(2016, 2, 29), 1).horizon == 365


@given(starts, st.integers(1, 4))
def test_month_ends_are_those_whose_morrow_is_a_first(start: date, years: int) -> None:
    end = add_years(start, years)
    days = (start + timedelta(i) for i in range(1, (end - start).days))
    assert month_ends(start, end) == [d for d in days if (d + timedelta(1)).day == 1]


@given(starts, st.integers(1, 5))
def test_record_days_new_years_and_semesters(start: date, years: int) -> None:
    calendar = Calendar(start, years)
    dates = [calendar.date(d) for d in range(calendar.horizon + 1)]
    records = [d for d in dates if d in (start, calendar.end) or (d + timedelta(1)).day == 1]
    assert [calendar.date(d) for d in calendar.record_days] == records
    assert [calendar.date(d) for d in calendar.new_years] == [d for d in dates[1:] if (d.month, d.day) == (1, 1)]
    first, *later = (calendar.date(d) for d in calendar.semesters)
    assert later == [d for d in dates[1:] if (d.month, d.day) in ((5, 2), (11, 2))]
    assert first <= start < first + timedelta(185)
    assert (first.month, first.day) in ((5, 2), (11, 2))


def test_order_of_phases() -> None:
    order = ["CALENDAR", "POLICY", "SUPPLY", "CLAIMS", "LEDGER", "FATE", "RECORD", "END"]
    assert [p.name for p in sorted(Phase)] == order
    assert min(Phase) > 1, "SimPy itself uses 0 and 1"


moments = st.tuples(st.integers(0, 3), st.sampled_from(list(Phase)), st.text("abc", min_size=1, max_size=2))


@settings(max_examples=80)
@given(st.lists(moments, unique=True, max_size=20))
def test_equal_days_go_by_phase_then_by_name(wanted: list[tuple[int, Phase, str]]) -> None:
    # drawn in any order, which is the order of creation
    env = Days()
    seen: list[tuple[int, Phase, str]] = []

    def actor(day: int, phase: Phase, who: str) -> object:
        yield At(env, day, phase, who)
        seen.append((int(env.now), phase, who))

    for moment in wanted:
        env.process(actor(*moment))
    env.run()
    assert seen == sorted(wanted, key=lambda m: (m[0], m[1], stable_rank(m[2])))


waits = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([Phase.POLICY, Phase.SUPPLY])), max_size=4)


@settings(max_examples=80)
@given(st.lists(st.tuples(st.sampled_from("ab"), waits), max_size=6))
def test_days_keep_the_order_of_simpy(actors: list[tuple[str, list[tuple[int, Phase]]]]) -> None:
    """Of equal names, too, which go by the order in which they began to wait."""

    def order(env: simpy.Environment) -> list[tuple[float, int]]:
        seen = []

        def actor(n: int, who: str, times: list[tuple[int, Phase]]) -> Behaviour:
            for days, phase in times:
                yield At(env, int(env.now) + days, phase, who)
                seen.append((env.now, n))

        for n, (who, times) in enumerate(actors):
            env.process(actor(n, who, times))
        env.run()
        return seen

    assert order(Days()) == order(simpy.Environment())


def _world() -> World:
    territory = make_territory({"A": town(120)})
    return World(scenario_of(years=1), territory, Parameters(), Streams(1, 0))


def test_the_last_day_is_recorded_and_nothing_after_it() -> None:
    world = _world()
    seen = []

    def watch(phase: Phase, day: int) -> Behaviour:
        yield world.at(day, phase, "watch")
        seen.append((world.today, phase))

    last = world.calendar.horizon
    for phase in sorted(Phase, reverse=True):
        if phase is not Phase.END:
            world.begin(watch(phase, last))
    world.begin(watch(Phase.CALENDAR, last + 1))
    world.run()
    assert seen == [(last, phase) for phase in sorted(Phase) if phase is not Phase.END]


def test_what_starts_during_a_day_still_acts_on_that_day() -> None:
    world = _world()
    seen = []

    def child() -> Behaviour:
        seen.append("at once")
        yield world.at(world.today, Phase.SUPPLY, "child")
        seen.append("later that day")

    def parent() -> Behaviour:
        yield world.at(5, Phase.POLICY, "parent")
        world.begin(child())
        yield world.at(5, Phase.LEDGER, "parent")
        seen.append("in the evening")

    world.begin(parent())
    world.run()
    assert seen == ["at once", "later that day", "in the evening"]


def test_behaviours_end_with_the_run_and_leave_no_world_behind() -> None:
    world = _world()
    ends = []

    def waits_for_ever(world: World) -> Behaviour:
        try:
            yield world.at(world.calendar.horizon + 1, Phase.POLICY, "patient")
        finally:
            ends.append(world.today)

    world.begin(waits_for_ever(world))
    world.run()
    assert ends == [world.calendar.horizon]
    gone = weakref.ref(world)
    gc.disable()  # without its help
    try:
        del world
        assert gone() is None
    finally:
        gc.enable()


def test_the_past_is_refused() -> None:
    world = _world()

    def late() -> Behaviour:
        yield world.at(5, Phase.POLICY, "late")
        yield world.at(4, Phase.POLICY, "late")

    world.begin(late())
    with pytest.raises(ValueError, match="late: day 4 is in the past"):
        world.run()
