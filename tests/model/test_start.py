"""Day 0: who the residents are, who has no MT, and on whose list the others are."""

from __future__ import annotations

import math
from calendar import isleap
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import NONE, make_territory, near, scenario_of, territories, town, without_mt

from ess_sim.errors import TerritoryError
from ess_sim.inputs.catalogue.bundled import mortality
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.scenario.blocks import PrecariousBlock, WithoutMtBlock
from ess_sim.inputs.scenario.scenario import ResidentsStart, Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model import kernel as k
from ess_sim.model.residents.day0 import Start, draw_day0
from ess_sim.model.residents.gravity import gravity_lists
from ess_sim.model.residents.rates import hazards
from ess_sim.model.residents.rounding import largest_remainder, lowest
from ess_sim.model.run.checks import unreadable_parameters
from ess_sim.model.run.simulation import simulate
from ess_sim.streams import Streams

THREE = make_territory({"A": town(2400), "B": town(600), "C": {3: 40, 16: 12, 17: 30, 70: 90}}, km=6.0)


def begin(scenario: Scenario, territory: Territory, replication: int = 0) -> Start:
    p = Parameters(scenario.parameters)
    return draw_day0(scenario, territory, Streams(1, replication), p, hazards(p))


# --- whole numbers ---------------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_largest_remainder(total: int, weights: list[float]) -> None:
    out = largest_remainder(total, np.array(weights))
    mass = sum(weights)
    if mass <= 0 or total == 0:
        assert not out.any()
        return
    assert out.sum() == total
    exact = total * np.array(weights) / np.sum(weights)
    assert (np.abs(out - exact) < 1 + 1e-6).all()
    assert not out[np.array(weights) == 0].any()


# --- residents -------------------------------------------------------------------------------------------------------


@given(territories(), st.dates(date(1995, 1, 1), date(2060, 12, 31)), st.integers(1, 25))
@example(make_territory({"A": {17: 51, 40: 1}}), date(2000, 11, 22), 1)
def test_everybody_is_there_once(territory: Territory, first: date, years: int) -> None:
    scenario = scenario_of(start=first, years=years)
    day0 = begin(scenario, territory)
    calendar = scenario.calendar
    # by the age reached in the start year: one more than the years completed on its 1 January
    population = np.hstack([territory.population[:, :1], territory.population[:, :-1]])
    population[:, -1] += territory.population[:, -1]
    age = first.year - day0.birth
    for z in range(len(territory.zones)):
        here = np.bincount(age[day0.zone == z], minlength=population.shape[1])
        assert np.array_equal(here[18:], population[z, 18:])
        assert here[:17].sum() == 0
        assert here[17:].sum() >= territory.adults[z]
        # those who reach 17 are adults already, or enter before the year is over
        later = (day0.entry_zone == z) & (day0.entry_time < calendar.day(date(first.year + 1, 1, 1)))
        assert here[17] + later.sum() == population[z, 17]
        passed = (first - date(first.year, 1, 1)).days / (366 if isleap(first.year) else 365)
        assert abs(here[17] - passed * population[z, 17]) <= 0.51
        # each later year has the cohort that is 17 then
        for year in range(first.year + 1, calendar.end.year + 1):
            span = calendar.day(date(year, 1, 1)), calendar.day(date(year + 1, 1, 1))
            entering = (day0.entry_zone == z) & (day0.entry_time >= span[0]) & (day0.entry_time < span[1])
            assert entering.sum() == population[z, max(0, 17 - (year - first.year))]
    assert np.array_equal(day0.adults, np.bincount(day0.zone, minlength=len(territory.zones)))
    assert np.array_equal(day0.adults_by_age, np.bincount(age, minlength=k.MAX_AGE + 1))
    assert (np.diff(day0.entry_time) >= 0).all()
    assert (day0.entry_time % 1 == 0.5).all(), "at noon"
    assert (day0.entry_time > 0).all()


def test_days_of_reaching_17_are_uniform() -> None:
    day0 = begin(scenario_of(start=date(2021, 1, 1), years=1), make_territory({"A": {16: 6000, 40: 1}}))
    times = day0.entry_time[day0.entry_time < 365]
    assert len(times) == 6000
    counts = np.histogram(times, bins=12, range=(0, 365))[0]
    assert ((counts - 500.0) ** 2 / 500).sum() < 35  # 11 degrees of freedom, p = 2e-4


def test_counts_without_mt_are_exact() -> None:
    blocks = [
        WithoutMtBlock(zones=["A"], share=0.213, never_declared_part=0.3, **NONE),
        WithoutMtBlock(zones=["C", "B"], count=77, never_declared_part=0.8, **NONE),
    ]
    scenario = scenario_of(start=date(2020, 7, 1), residents=ResidentsStart(without_mt=blocks))
    for replication in range(3):
        day0 = begin(scenario, THREE, replication)
        without = np.bincount(day0.zone[day0.state != k.LISTED], minlength=3)
        never = np.bincount(day0.zone[day0.pool == k.NEVER_DECLARED], minlength=3)
        assert without[0] == round(0.213 * day0.adults[0])
        assert without[1] + without[2] == 77
        assert abs(without[1] - 77 * day0.adults[1] / day0.adults[1:].sum()) < 1
        assert never[0] == round(0.3 * without[0])
        assert never[1] + never[2] == round(0.8 * 77)
        assert np.array_equal(day0.pool == k.NO_POOL, day0.state == k.LISTED)
        p = Parameters()
        for pool, name in ((k.LOST, "searching_share_lost"), (k.NEVER_DECLARED, "searching_share_never_declared")):
            here = day0.state[day0.pool == pool]
            seeking = round(p[name] * len(here))
            assert (here == k.SEEKING).sum() == seeking
            assert (here == k.DISCOURAGED).sum() == round(p["discouraged_part"] * (len(here) - seeking))
        listed = (day0.state == k.LISTED).sum()
        assert day0.outside.sum() == round(p["nominal_mt_share"] * listed)
        assert not day0.outside[day0.state != k.LISTED].any()
        assert day0.assumed == ()


def test_national_shares_fill_what_is_left_open() -> None:
    day0 = begin(scenario_of(), THREE)
    p = Parameters()
    share = p["national_lost_share"] + p["national_never_declared_share"]
    assert (day0.state != k.LISTED).sum() == round(share * day0.adults.sum())
    assert len(day0.assumed) == 1
    assert "residents without MT: 11.0 % of adults, national share of June 2021" in day0.assumed[0]


def test_who_has_no_mt_follows_the_weights() -> None:
    """Small shares: the odds of two groups are their weights'."""
    people = make_territory({"A": {24: 20_000, 44: 20_000, 69: 20_000}})
    parameters = {
        "ald_prevalence_at_17": 0.3,
        "ald_prevalence_at_40": 0.3,
        "ald_prevalence_at_60": 0.3,
        "ald_prevalence_at_80": 0.3,
    }
    day0 = begin(scenario_of(residents=without_mt(0.03), parameters=parameters), people)
    p = Parameters()
    without = day0.state != k.LISTED
    age = 2020 - day0.birth

    def share(mask: Any) -> float:
        return float(without[mask].mean())

    sd = 0.13  # of a ratio of two counts of some hundreds
    assert near(
        share(age == 25) / share(age == 45),
        p["without_mt_relative_17_29"] / p["without_mt_relative_30_59"],
        sd,
        widths=3,
    )
    assert near(
        share(age == 70) / share(age == 45), p["without_mt_relative_60_plus"] / p["without_mt_relative_30_59"], 0.06
    )
    assert near(share(day0.ald) / share(~day0.ald), p["without_mt_relative_ald"], 0.05)
    assert near(share(day0.precarious) / share(~day0.precarious), p["without_mt_relative_precarious"], sd, widths=3)
    assert near(float(day0.ald.mean()), 0.3, math.sqrt(0.21 / 60_000))
    assert near(float(day0.precarious.mean()), p["precarious_share"], math.sqrt(0.1 / 60_000))


def test_who_lost_her_mt_follows_the_weights_of_her_age() -> None:
    people = make_territory({"A": {24: 20_000, 44: 20_000}})
    never = {"never_declared_part_17_29": 0.9, "never_declared_part_30_59": 0.3}
    day0 = begin(scenario_of(residents=without_mt(0.03), parameters=never), people)
    p = Parameters(never)
    young, middle = (
        p[f"without_mt_relative_{band}"] * (1 - p[f"never_declared_part_{band}"]) for band in ("17_29", "30_59")
    )
    of_the_young, lost = (2020 - day0.birth == 25)[day0.pool == k.LOST], 600
    assert len(of_the_young) == lost
    assert near(float(of_the_young.mean()), young / (young + middle), 0.5 / math.sqrt(lost))


def precarious(**shares: float) -> ResidentsStart:
    blocks = [
        PrecariousBlock(zones=z if z == "remainder" else list(z), share=share, **NONE) for z, share in shares.items()
    ]
    return ResidentsStart(precarious=blocks)


def test_precarity_by_zone() -> None:
    day0 = begin(scenario_of(residents=precarious(A=0.3, C=1.0)), THREE)
    default = Parameters()["precarious_share"]
    assert day0.precarious_share.tolist() == [0.3, default, 1.0]
    for zone, share in enumerate(day0.precarious_share):
        here = day0.precarious[day0.zone == zone]
        assert near(float(here.mean()), share, math.sqrt(share * (1 - share) / len(here)))
    assert begin(scenario_of(residents=precarious(A=0.3, remainder=0.0)), THREE).precarious_share.tolist() == [
        0.3,
        0,
        0,
    ]


def test_precarity_by_zone_changes_no_other_trait() -> None:
    """Zones without a block, and a block that says what the catalogue says, leave everyone as they were."""
    plain = begin(scenario_of(), THREE)
    assert (plain.precarious_share == Parameters()["precarious_share"]).all()
    same = begin(scenario_of(residents=precarious(B=Parameters()["precarious_share"])), THREE)
    more = begin(scenario_of(residents=precarious(B=0.5)), THREE)
    elsewhere = plain.zone != 1
    for name in ("precarious", "state", "pool", "outside"):
        assert np.array_equal(getattr(plain, name), getattr(same, name)), name
    assert np.array_equal(plain.precarious[elsewhere], more.precarious[elsewhere])
    assert (more.precarious >= plain.precarious).all()
    assert more.precarious.sum() > plain.precarious.sum()


def test_those_who_arrive_are_as_precarious_as_their_zone() -> None:
    """With all of A and none of B precarious on day 0, it stays so as people come and go."""
    two = make_territory({"A": town(1200), "B": town(1200)})
    scenario = scenario_of(residents=precarious(A=1.0, B=0.0), years=4, parameters={"move_within_rate_per_year": 0.0})
    run = simulate(scenario, territory=two)
    last = run.snapshots[run.snapshots["date"] == run.snapshots["date"].max()]
    assert last["adults"].sum() > 1500
    people = last.groupby(["zone", "precarious"], observed=True)["adults"].sum()
    assert people["A", True] > 0
    assert people.get(("A", False), 0) == 0
    assert people["B", False] > 0
    assert people.get(("B", True), 0) == 0


def test_precarious_share_is_read_where_it_counts() -> None:
    some = scenario_of(residents=precarious(A=0.3), parameters={"precarious_share": 0.2})
    assert unreadable_parameters(some) == []
    everywhere = scenario_of(residents=precarious(remainder=0.3), parameters={"precarious_share": 0.2})
    ((name, what),) = unreadable_parameters(everywhere)
    assert name == "precarious_share"
    assert "residents.precarious" in what


def test_scenarios_of_one_replication_start_from_the_same_people() -> None:
    one = begin(scenario_of(gps=2), THREE)
    two = begin(scenario_of(gps=9, name="other", years=8, parameters={"call_rate_per_year": 3.0}), THREE)
    other = begin(scenario_of(gps=2), THREE, replication=1)
    for name in ("zone", "birth", "ald", "precarious", "state", "pool", "origin", "outside"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    assert not np.array_equal(one.state, other.state)
    assert np.array_equal(one.zone, other.zone)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_or_none_without_mt(share: float) -> None:
    day0 = begin(scenario_of(residents=without_mt(share)), THREE)
    assert ((day0.state != k.LISTED) == bool(share)).all()
    simulate(scenario_of(residents=without_mt(share), years=2), territory=THREE)


def test_more_without_mt_than_adults_on_day_0() -> None:
    """Those who have completed 17 years on 1 January are the adults of that day; of 16, they enter during the year."""
    people = make_territory({"A": {16: 100, 17: 5, 40: 5}})
    scenario = scenario_of(start=date(2020, 1, 1), residents=without_mt(count=10))
    assert scenario.problems(people) == []
    day0 = begin(scenario, people)
    assert len(day0.zone) == (day0.state != k.LISTED).sum() == 10
    ((_, what),) = scenario_of(start=date(2020, 1, 1), residents=without_mt(count=11)).problems(people)
    assert "more residents without MT (11) than adults (10)" in what


def test_no_adult_yet() -> None:
    people = make_territory({"A": {5: 20, 16: 10}})
    with pytest.raises(TerritoryError, match="no resident aged 17 or over on 2020-01-01"):
        simulate(scenario_of(start=date(2020, 1, 1), gps=0), territory=people)
    simulate(scenario_of(start=date(2020, 6, 1), years=1, gps=0), territory=people)


# --- rates -----------------------------------------------------------------------------------------------------------


def test_rates_by_age() -> None:
    p = Parameters()
    rates = hazards(p)
    table = mortality()
    for age, weights in ((30, (1.0, 1.0)), (31, tuple(1 - table.loc[30, s] / 1e5 for s in ("men_all", "women_all")))):
        q = np.average([table.loc[age, s] / 1e5 for s in ("men_all", "women_all")], weights=weights)
        assert rates.death[age] == pytest.approx(-math.log(1 - q))
    assert rates.death[17] == pytest.approx(p["death_rate_at_17"])
    assert np.allclose(np.diff(np.log(rates.death[17:31]), n=2), 0)
    assert (np.diff(rates.death[30:101]) > 0).mean() > 0.9
    assert (rates.death[100:] == rates.death[100]).all()
    steps = ((17, 30, "17_29"), (30, 45, "30_44"), (45, 60, "45_59"), (60, 131, "60_plus"))
    for first, last, name in steps:
        assert np.allclose(rates.move_out[first:last], p["move_out_rate_per_year"] * p[f"mobility_{name}"])
        assert np.allclose(rates.move_within[first:last], p["move_within_rate_per_year"] * p[f"mobility_{name}"])


def test_onset_keeps_the_prevalence() -> None:
    """A year of onsets at each age turns the prevalence at that age into the next one's, to first order."""
    rates = hazards(Parameters())
    assert (rates.ald_onset >= 0).all()
    assert not rates.ald_onset[80:].any()
    ill = rates.ald_prevalence[17:80]
    assert np.allclose(ill + (1 - ill) * rates.ald_onset[17:80], rates.ald_prevalence[18:81])


# --- lists -----------------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(territories(), st.data())
def test_everybody_with_an_mt_here_is_on_one_list(territory: Territory, data: Any) -> None:
    day0 = begin(scenario_of(), territory)
    n = data.draw(st.integers(0, 6))
    zones = np.array(
        data.draw(st.lists(st.integers(0, len(territory.zones) - 1), min_size=n, max_size=n)), dtype=np.int64
    )
    sizes = np.array(data.draw(st.lists(st.floats(0.05, 5), min_size=n, max_size=n)))
    placed = gravity_lists(day0, territory, zones, sizes, Parameters(), Streams(1, 0))
    inside = (day0.state == k.LISTED) & ~day0.outside
    assert np.array_equal(placed >= 0, inside if n else np.zeros_like(inside))
    if n:
        assert placed.max() < n
        lists = np.bincount(placed[inside], minlength=n)
        wanted = sizes * inside.sum() / sizes.sum()
        # whole residents zone by zone: each zone rounds each list by less than one
        assert (np.abs(lists - wanted) <= len(territory.zones) + 0.03 * wanted + 1e-6).all()


def test_nearer_lists_hold_more() -> None:
    """Whatever the sizes, odds ratios between two zones and two GPs are those of exp(−minutes / τ)."""
    people = make_territory({"A": {40: 6000}, "B": {40: 3000}}, minutes=[[4.0, 14.0], [14.0, 6.0]])
    day0 = begin(scenario_of(), people)
    p = Parameters()
    placed = gravity_lists(day0, people, np.array([0, 1]), np.array([1.0, 1.4]), p, Streams(1, 0))
    n = np.array([np.bincount(placed[(day0.zone == z) & (placed >= 0)], minlength=2) for z in range(2)])
    log_odds = math.log(n[0, 0] * n[1, 1] / (n[0, 1] * n[1, 0]))
    assert log_odds == pytest.approx((14 + 14 - 4 - 6) / p["distance_decay_minutes"], abs=0.02)


def test_a_slot_for_every_zone_however_few_the_residents() -> None:
    """Hundreds of places around a hamlet: the kernel's tables of choice have an entry for each of them."""
    people: dict[str, dict[int, int]] = {f"Z{i:03d}": {5: 1} for i in range(400)}
    people["Z000"] = {40: 50}
    run = simulate(scenario_of(gps=1, years=1), territory=make_territory(people, km=0.0))
    assert run.record.counts[0][:, :3].sum() > 0


@settings(max_examples=100)
@given(
    st.integers(1, 4000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["random", "sample first", "sample last"]),
)
def test_the_lowest_keys_are_found_whatever_a_sample_suggests(n: int, part: float, barred: float, order: str) -> None:
    rng = np.random.default_rng(n)
    key = rng.exponential(size=n)
    if order != "random":  # every eighth entry is lower, or higher, than all others
        key[::8] += -10.0 if order == "sample first" else 10.0
    wanted = round(part * n)
    key[rng.permutation(n)[: int(barred * (n - wanted))]] = np.inf
    assert lowest(key, wanted).tolist() == sorted(np.argsort(key, kind="stable")[:wanted].tolist())
