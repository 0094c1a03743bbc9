"""The reference against closed forms, rule by rule, and `agreement` against its own promises.

Bounds on random results are four standard errors or more, for fixed seeds.
"""

from __future__ import annotations

import math
from dataclasses import astuple
from datetime import date, timedelta

import numpy as np
import pytest

from ess_sim.inputs.catalogue.bundled import mortality
from ess_sim.inputs.catalogue.parameters import Parameters

from .model import (
    AGES,
    DISCOURAGED,
    LISTED,
    LONG_STANDING,
    LOST,
    NEVER_DECLARED,
    NOT_SEEKING,
    OUTSIDE_PROVIDER,
    SEEKING,
    WITHOUT_MT,
    Counts,
    PersonStart,
    ProviderStart,
    ReferenceModel,
    Rules,
    SupplyEvent,
)
from .statistics import agreement, replications_needed

START = date(2020, 1, 1)
YEAR = 365.25
ONE_ZONE = np.array([[5.0]])
ALWAYS = 1e4  # a rate per year that leaves no one waiting


def people(number: int, state: str = SEEKING, *, zone: int = 0, age: int = 40, provider: int = -1, **more) -> list:
    pool, origin = (None, None) if state == LISTED else (NEVER_DECLARED, LONG_STANDING)
    values = {"ald": False, "precarious": False, "pool": pool, "origin": origin, "provider": provider} | more
    return [PersonStart(zone, START.year - age, state=state, **values) for _ in range(number)]


def provider(key: int = 0, *, zone: int = 0, target: float = 1e9, **more) -> ProviderStart:
    return ProviderStart(key, zone, "liberal", target, **more)


def run(rules: Rules, until: int, *, minutes=ONE_ZONE, seed: int = 1, **more) -> tuple[ReferenceModel, Counts]:
    model = ReferenceModel(rules, start=START, minutes=minutes, seed=seed, **more)
    return model, model.run(until, [until])[-1]


def near(observed: float, expected: float, sd: float) -> bool:
    return abs(observed - expected) <= 4.0 * sd


def flat(rate: float) -> list[float]:
    return [rate] * AGES


# ---- Rates by age --------------------------------------------------------------------------------------------------


def test_rules_from_the_catalogue() -> None:
    p = Parameters()
    population = np.zeros((2, 106), int)
    population[0, [10, 20, 70]] = 50, 100, 200
    population[1, 35] = 300
    rules = Rules.from_parameters(p, mortality(), population)
    table = mortality()
    assert rules.mu[17] == pytest.approx(p["death_rate_at_17"])
    assert rules.mu[30] == pytest.approx(-math.log(1 - (81.4 + 30.0) / 2e5))
    assert np.allclose(np.diff(np.log(rules.mu[17:31])), math.log(rules.mu[30] / rules.mu[17]) / 13)
    survivors = {sex: np.prod(1 - table.loc[30:89, sex].to_numpy() / 1e5) for sex in table}
    q90 = sum(survivors[s] * table.loc[90, s] for s in table) / sum(survivors.values()) / 1e5
    assert rules.mu[90] == pytest.approx(-math.log(1 - q90))
    assert rules.mu[130] == rules.mu[100]
    assert rules.onset[50] == pytest.approx((0.22 - 0.08) / 20 / (1 - 0.15))
    assert rules.onset[80] == rules.onset[16] == 0
    assert rules.zone_weights == [300, 300]
    rate = p["move_out_rate_per_year"] * (100 * 2.2 + 300 * 1.2 + 200 * 0.35)
    assert rules.immigration_per_year == pytest.approx(rate)
    assert rules.changed({"informed_share": 0.9, "tolerance_minutes": 9.0}).tolerance == 9.0


# ---- Population ----------------------------------------------------------------------------------------------------


def test_only_death_leaves_exponential_survival() -> None:
    model = ReferenceModel(Rules(mu=flat(0.2)), start=START, minutes=ONE_ZONE, persons=people(4000), seed=3)
    for counts in model.run(3652, [365, 1461, 3652]):
        survival = math.exp(-0.2 * counts.day / YEAR)
        assert near(counts.adults.sum(), 4000 * survival, math.sqrt(4000 * survival * (1 - survival)))
    assert model.wake_ups > 4000


def test_age_turns_on_1_january() -> None:
    mu = [0.0] * 41 + [ALWAYS] * 90
    start = date(2020, 3, 1)
    day = (date(2021, 1, 1) - start).days
    model = ReferenceModel(Rules(mu=mu), start=start, minutes=ONE_ZONE, persons=people(50), seed=1)
    before, after = model.run(day + 2, [day - 1, day + 2])
    assert before.adults.sum() == 50
    assert after.adults.sum() == 0


def test_arrivals_and_moves_out_are_poisson_in_the_end() -> None:
    rules = Rules(move_out=flat(2.0), immigration_per_year=100.0)
    seeds = range(300)
    sizes = np.array([run(rules, 2000, seed=seed)[1].adults.sum() for seed in seeds])
    assert near(sizes.mean(), 50.0, math.sqrt(50.0 / len(seeds)))
    assert near(sizes.var(ddof=1), 50.0, 50.0 * math.sqrt(2.0 / len(seeds)))


def test_moves_within_follow_the_zones_weights() -> None:
    rules = Rules(move_within=flat(1.0), zone_weights=[5.0, 1.0, 3.0])
    model, counts = run(rules, 60, minutes=np.zeros((3, 3)), persons=people(20_000))
    moved = model.rule_counts["moves_within"]
    assert near(moved, 20_000 * 60 / YEAR, math.sqrt(20_000 * 60 / YEAR))
    once, _ = run(rules, 1, minutes=np.zeros((3, 3)), persons=people(40_000))
    zones = once.counts(1).adults.sum(axis=(1, 2, 3))
    gone = once.rule_counts["moves_within"] * 4 / 9  # the others stay in the zone where all of them are
    assert near(zones[1:].sum(), gone, math.sqrt(gone))
    assert near(zones[2], 0.75 * zones[1:].sum(), math.sqrt(0.75 * 0.25 * zones[1:].sum()))
    alone = Rules(move_within=flat(1.0), zone_weights=[5.0, 0.0])
    assert run(alone, 300, minutes=np.zeros((2, 2)), persons=people(50))[1].adults[0].sum() == 50
    assert counts.adults.sum() == 20_000


def test_arrivals_carry_the_national_mix() -> None:
    rules = Rules(
        immigration_per_year=2e5,
        immigration_age_weights=((20, 70), (3.0, 1.0)),
        zone_weights=[1.0, 4.0],
        ald_prevalence=flat(0.3),
        precarious_share=0.2,
        lost_share=0.06,
        never_declared_share=0.04,
        without_mt_young=2.0,
        without_mt_old=0.5,
        searching_lost=0.6,
        searching_never_declared=0.4,
        discouraged_part=0.3,
    )
    _, counts = run(rules, 73, minutes=np.zeros((2, 2)))
    n = counts.adults.sum()
    without = 0.75 * 0.2 + 0.25 * 0.05
    expected = {
        "young": (counts.adults[:, 0].sum(), 0.75),
        "second zone": (counts.adults[1].sum(), 0.8),
        "ald": (counts.adults[:, :, 1].sum(), 0.3),
        "precarious": (counts.adults[..., 1].sum(), 0.2),
        "without": (counts.without_mt.sum(), without),
        "without, young": (counts.without_mt[:, 0].sum(), 0.75 * 0.2),
        "lost": (counts.lost.sum(), without * 0.6),
        "seeking": (counts.seeking.sum(), without * (0.6 * 0.6 + 0.4 * 0.4)),
        "discouraged": (counts.discouraged.sum(), without * (0.6 * 0.4 + 0.4 * 0.6) * 0.3),
        "outside": (counts.listed_far.sum(), 1 - without),
    }
    for name, (observed, share) in expected.items():
        assert near(observed, n * share, math.sqrt(n * share * (1 - share))), name


def test_who_reaches_17() -> None:
    rules = Rules(family_gp=0.75, entry_seeking=0.3, ald_prevalence=flat(0.1), zone_weights=[1.0, 1.0])
    persons = people(30, LISTED, provider=0) + people(10, LISTED, provider=1) + people(10, LISTED, provider=-2)
    entries = [(day + 0.5, 0) for day in range(400)] * 10 + [(30.0, 1)] * 500
    model, counts = run(
        rules,
        400,
        minutes=np.zeros((2, 2)),
        persons=persons,
        providers=[provider(0, target=1.0), provider(1, target=0.0, intake_per_day=0.0, bucket=0.0)],
        entries=entries,
    )
    # A family's GP is that of a random neighbour, newcomers at 17 included: a Pólya urn that starts with 30 and 10.
    assert near(counts.listed[0].sum() - 50, 3000, math.sqrt(4000 * 0.75 * 0.25))
    shares = [model.providers[0].members, model.providers[1].members]
    assert near(len(shares[0]) / (len(shares[0]) + len(shares[1])), 0.75, math.sqrt(0.75 * 0.25 / 41))
    assert counts.listed[1].sum() == 0  # no family there has a GP
    assert near(counts.seeking[1].sum(), 150, math.sqrt(500 * 0.3 * 0.7))
    assert counts.never_declared.sum() == counts.without_mt.sum()
    assert counts.listed_far.sum() == 10


def test_an_entry_comes_before_the_supply_of_its_day_and_after_the_new_year() -> None:
    start = date(2020, 12, 31)
    model = ReferenceModel(
        Rules(family_gp=1.0),
        start=start,
        minutes=ONE_ZONE,
        persons=people(1, LISTED, provider=0),
        providers=[provider(0)],
        entries=[(1.0, 0)],
        supply=[SupplyEvent(1, ("handover_and_close", 0, []))],
        seed=1,
    )
    counts = model.run(1, [1])[0]
    assert counts.lost.sum() == 2
    assert counts.adults[:, 0].sum() == 1
    assert {person.birth_year for person in model.residents} == {1980, 2004}


# ---- States without MT ---------------------------------------------------------------------------------------------


def test_giving_up_and_returning_balance() -> None:
    rules = Rules(give_up_rate=2.0, return_rate=5.0, need_rate=1.0)
    _, counts = run(rules, 2000, persons=people(8000))
    assert near(counts.discouraged.sum(), 8000 * 2 / 8, math.sqrt(8000 * 0.25 * 0.75))
    assert counts.never_declared.sum() == 8000


def test_need_takes_everyone_out_of_not_seeking_at_the_rate_of_her_pool() -> None:
    rules = Rules(need_rate=0.5, need_rate_lost=2.0)
    persons = [  # those who lost their MT have an ALD, to be counted apart
        *(who for state in (NOT_SEEKING, DISCOURAGED) for who in people(4000, state)),
        *(who for state in (NOT_SEEKING, DISCOURAGED) for who in people(4000, state, pool=LOST, origin=None, ald=True)),
    ]
    _, counts = run(rules, 100, persons=persons)
    for ald, rate in ((0, 0.5), (1, 2.0)):
        p = math.exp(-rate * 100 / YEAR)
        for state in (counts.not_seeking, counts.discouraged):
            assert near(state[:, :, ald].sum(), 4000 * p, math.sqrt(4000 * p * (1 - p)))


def test_ald_onset_wakes_those_who_do_not_look() -> None:
    persons = people(4000, NOT_SEEKING) + people(4000, DISCOURAGED) + people(4000, LISTED, provider=-2)
    _, counts = run(Rules(onset=flat(0.5)), 365, persons=persons)
    p = 1 - math.exp(-0.5 * 365 / YEAR)
    assert near(counts.adults[:, :, 1].sum(), 12_000 * p, math.sqrt(12_000 * p * (1 - p)))
    assert counts.seeking.sum() == counts.adults[:, :, 1].sum() - counts.listed[:, :, 1].sum()
    assert counts.listed.sum() == 4000


def test_mt_outside_ceases() -> None:
    rules = Rules(outside_release_rate=0.5, released_young=0.1, released_middle=0.4, released_old=0.7, released_ald=0.9)
    persons = [p for age in (20, 40, 65) for p in people(3000, LISTED, age=age, provider=OUTSIDE_PROVIDER)]
    persons += people(3000, LISTED, age=65, provider=OUTSIDE_PROVIDER, ald=True)
    _, counts = run(rules, 365, persons=persons)
    p = 1 - math.exp(-0.5 * 365 / YEAR)
    assert near(counts.lost.sum(), 12_000 * p, math.sqrt(12_000 * p * (1 - p)))
    for band, ald, share in ((0, 0, 0.1), (1, 0, 0.4), (3, 0, 0.7), (3, 1, 0.9)):
        n = counts.lost[0, band, ald].sum()
        assert near(counts.seeking[0, band, ald].sum(), n * share, math.sqrt(n * share * (1 - share)))


# ---- Calls ---------------------------------------------------------------------------------------------------------


def test_places_for_all_leave_those_who_never_call() -> None:
    persons = people(500) + people(70, NOT_SEEKING)
    model, counts = run(Rules(call_rate=ALWAYS, sharpness=1e9), 100, persons=persons, providers=[provider()])
    assert counts.without_mt.sum() == counts.not_seeking.sum() == 70
    assert counts.lists == {0: 500}
    assert counts.calls == {("without_mt", "registered"): 500}
    assert model.real_events == 500


def test_no_places_register_nobody() -> None:
    persons = people(50)
    full = [provider(0, target=0.0), provider(1, openness=0.0), provider(2, bucket=0.9)]
    for informed, outcome in ((1.0, "no_place"), (0.0, "closed")):
        rules = Rules(call_rate=50.0, informed_share=informed)
        _, counts = run(rules, 365, persons=persons, providers=full)
        assert counts.seeking.sum() == 50
        assert set(counts.calls) == {("without_mt", outcome)}
        assert near(counts.calls["without_mt", outcome], 2500, 50)


def test_places_bind() -> None:
    persons = people(900)
    providers = [provider(0, target=300.0), provider(1, target=150.5)]
    _, counts = run(Rules(call_rate=200.0, informed_share=0.5), 250, persons=persons, providers=providers)
    assert counts.lists == {0: 300, 1: 151}  # a list below its target of 150.5 takes one more
    assert counts.without_mt.sum() == 900 - 451


def test_tokens_limit_the_intake() -> None:
    rules = Rules(call_rate=500.0, informed_share=1.0, sharpness=1e9)
    providers = [provider(0, intake_per_day=2.0, bucket=30.0)]
    supply = [SupplyEvent(100, ("intake", 0, 0.5, 4.0)), SupplyEvent(300, ("rates", {"call_rate": 0.0}))]
    model = ReferenceModel(
        rules, start=START, minutes=ONE_ZONE, persons=people(500), providers=providers, supply=supply, seed=2
    )
    days = {0: 0, 50: 30 + 100, 100: 30 + 200, 200: 230 + 50, 299: 230 + 99, 300: 330, 400: 330}
    for counts in model.run(400, list(days)):
        assert days[counts.day] - 2 <= counts.lists[0] <= days[counts.day]


def test_tokens_are_cut_to_a_smaller_bucket() -> None:
    supply = [SupplyEvent(10, ("intake", 0, 0.0, 7.0)), SupplyEvent(20, ("rates", {"call_rate_per_year": 1000.0}))]
    providers = [provider(0, intake_per_day=2.0, bucket=30.0)]
    rules = Rules(sharpness=1e9)
    _, counts = run(rules, 100, persons=people(50), providers=providers, supply=supply)
    assert counts.lists[0] == 7


def test_distance_and_appeal_weigh() -> None:
    minutes = np.array([[2.0, 12.0, 25.0], [12.0, 2.0, 99.0], [25.0, 99.0, 2.0]])
    rules = Rules(call_rate=ALWAYS, zone_weights=[1.0] * 3, tau=8.0, sharpness=1e9)
    providers = [provider(0, zone=0), provider(1, zone=1, appeal=2.0), provider(2, zone=2, appeal=50.0)]
    _, counts = run(rules, 50, minutes=minutes, persons=people(4000), providers=providers)
    weights = np.exp(-np.array([2.0, 12.0]) / 8.0) * [1.0, 2.0]
    share = weights[0] / weights.sum()
    assert near(counts.lists[0], 4000 * share, math.sqrt(4000 * share * (1 - share)))
    assert counts.lists[2] == 0  # beyond the tolerance


def test_too_far_or_no_place() -> None:
    minutes = {(0, 0): 5.0, (1, 1): 5.0, (1, 0): 30.0}
    rules = Rules(call_rate=20.0, zone_weights=[1.0, 1.0])
    persons = people(40, zone=1) + people(5, LISTED, provider=0)
    _, counts = run(rules, 365, minutes=minutes, persons=persons, providers=[provider(0)])
    assert set(counts.calls) == {("without_mt", "too_far")}
    _, counts = run(rules, 365, minutes=minutes, persons=persons, providers=[provider(0, target=5.0)])
    assert set(counts.calls) == {("without_mt", "no_place")}
    informed = Rules(call_rate=20.0, zone_weights=[1.0, 1.0], informed_share=1.0)
    providers = [provider(0), provider(1, zone=1, target=0.0)]
    _, counts = run(informed, 365, minutes=minutes, persons=persons, providers=providers)
    assert set(counts.calls) == {("without_mt", "too_far")}


def test_acceptance_falls_with_the_list() -> None:
    persons = people(8000, LISTED, provider=0) + people(10_000)
    for openness in (1.0, 0.5):
        rules = Rules(call_rate=12.0, sharpness=2.0)
        _, counts = run(rules, 3, persons=persons, providers=[provider(0, target=1e4, openness=openness)])
        registered = counts.calls["without_mt", "registered"]
        n = registered + counts.calls["without_mt", "closed"]
        fill = (8000 + registered / 2) / 1e4  # on average over the three days
        p = openness * (1 - fill**2)
        assert near(registered, n * p, math.sqrt(n * p * (1 - p)))


@pytest.mark.parametrize("informed", [0.0, 1.0])
def test_nobody_calls_her_own_mt(informed: float) -> None:
    rules = Rules(change_rate=20.0, informed_share=informed)
    persons = people(30, LISTED, provider=0)
    _, counts = run(rules, 365, persons=persons, providers=[provider(0)])
    assert set(counts.calls) == {("change", "no_place")}
    _, counts = run(rules, 365, persons=persons, providers=[provider(0), provider(1)])
    assert set(counts.calls) == {("change", "registered")}


def test_relatives_are_taken_beyond_the_target_without_token() -> None:
    rules = Rules(call_rate=12.0, relatives=0.2)
    providers = [provider(0, target=0.0, intake_per_day=0.0, bucket=5.0)]
    model, counts = run(rules, 10, persons=people(5000), providers=providers)
    registered = counts.calls["without_mt", "registered"]
    n = registered + counts.calls["without_mt", "closed"]
    assert near(registered, 0.2 * n, math.sqrt(n * 0.16))
    assert model.tokens(model.providers[0]) == 5.0
    for refused in ({"takes_relatives": False}, {"openness": 0.0}):
        _, counts = run(rules, 10, persons=people(500), providers=[provider(0, target=0.0, **refused)])
        assert counts.lists[0] == 0


def test_a_list_for_residents_without_mt_admits_no_one_else() -> None:
    rules = Rules(change_rate=50.0, far_call_rate=50.0, call_rate=50.0, relatives=1.0)
    persons = people(20, LISTED, provider=0) + people(20, LISTED, provider=-2) + people(20)
    providers = [provider(0, target=0.0, takes_relatives=False), provider(1, rule=WITHOUT_MT)]
    _, counts = run(rules, 365, persons=persons, providers=providers)
    assert counts.lists == {0: 20, 1: 20}
    assert counts.listed_far.sum() == 20


def test_precarious_residents_meet_two_barriers() -> None:
    rules = Rules(call_rate=12.0, precarious_call=0.7)
    persons = people(4000, precarious=True)
    _, counts = run(rules, 30, persons=persons, providers=[provider(0, financial=0.4)])
    suppressed, financial = counts.calls["without_mt", "suppressed"], counts.calls["without_mt", "financial"]
    registered = counts.calls["without_mt", "registered"]
    wishes = suppressed + financial + registered
    assert near(suppressed, 0.3 * wishes, math.sqrt(wishes * 0.21))
    assert near(financial, 0.4 * (financial + registered), math.sqrt((financial + registered) * 0.24))
    _, counts = run(rules, 30, persons=people(500), providers=[provider(0, financial=1.0)])
    assert set(counts.calls) == {("without_mt", "registered")}


@pytest.mark.parametrize(
    ("age", "ald", "factor"), [(25, False, 0.5), (40, False, 1.0), (70, False, 3.0), (70, True, 6.0)]
)
def test_who_calls_how_often(age: int, ald: bool, factor: float) -> None:
    rules = Rules(call_rate=4.0, young_call=0.5, old_call=3.0, ald_call=2.0)
    _, counts = run(rules, 365, persons=people(800, age=age, ald=ald))
    expected = 800 * 4.0 * factor * 365 / YEAR
    assert near(counts.calls["without_mt", "no_place"], expected, math.sqrt(expected))


def test_a_zone_has_rates_of_its_own() -> None:
    """Called as often, looked for again as soon, known and dared as much as the zone says; elsewhere as all do."""
    own = {"call_rate": {1: 9.0}, "return_rate": {1: 2.0}, "informed_share": {1: 1.0}, "precarious_call": {1: 0.25}}
    rules = Rules(call_rate=4.0, return_rate=0.5, precarious_call=0.5, zone_weights=[1.0, 1.0], here=own)
    for zone, calls, returns, outcome, dared in ((0, 4.0, 0.5, "closed", 0.5), (1, 9.0, 2.0, "no_place", 0.25)):
        settings = {"minutes": np.zeros((2, 2)), "providers": [provider(0, target=0.0)]}
        _, counts = run(rules, 365, persons=people(800, zone=zone), **settings)
        assert set(counts.calls) == {("without_mt", outcome)}
        assert near(counts.calls["without_mt", outcome], 800 * calls, math.sqrt(800 * calls))
        _, counts = run(rules, 60, persons=people(4000, DISCOURAGED, zone=zone), **settings)
        p = 1 - math.exp(-returns * 60 / YEAR)
        assert near(counts.seeking.sum(), 4000 * p, math.sqrt(4000 * p * (1 - p)))
        weary = Rules(give_up_rate=1.0, zone_weights=[1.0, 1.0], here={"give_up_rate": {1: 4.0}})
        _, counts = run(weary, 60, persons=people(2000, zone=zone), **settings)
        p = 1 - math.exp(-(1.0, 4.0)[zone] * 60 / YEAR)
        assert near(counts.discouraged.sum(), 2000 * p, math.sqrt(2000 * p * (1 - p)))
        _, counts = run(rules, 60, persons=people(2000, zone=zone, precarious=True), **settings)
        wishes = sum(counts.calls.values())
        assert near(counts.calls["without_mt", outcome], dared * wishes, math.sqrt(wishes * dared * (1 - dared)))


def test_far_residents_find_a_nearer_mt_and_stop_calling() -> None:
    minutes = np.array([[5.0, 40.0], [40.0, 5.0]])
    rules = Rules(far_call_rate=100.0, zone_weights=[1.0, 1.0])
    persons = people(30, LISTED, provider=1) + people(30, LISTED, provider=-2)
    model, counts = run(rules, 365, minutes=minutes, persons=persons, providers=[provider(0), provider(1, zone=1)])
    assert counts.lists == {0: 60, 1: 0}
    assert counts.listed_far.sum() == 0
    assert counts.calls == {("far", "registered"): 60}
    assert model.families[0][0] == 60


# ---- What policies change (2.6) ------------------------------------------------------------------------------------


def test_who_does_not_look_is_reached_by_zone_and_precarity() -> None:
    rates = {"reached": {0: 0.4}, "reached_precarious": {0: 1.5, 1: 0.8}}
    rules = Rules(zone_weights=[1.0, 1.0], **rates)
    persons = [
        p for zone in (0, 1) for who in (False, True) for p in people(2000, NOT_SEEKING, zone=zone, precarious=who)
    ]
    persons += people(2000, DISCOURAGED, ald=True)
    model, counts = run(rules, 200, minutes=np.zeros((2, 2)), persons=persons)
    seeking = counts.seeking.sum(axis=1)
    for (zone, ald, precarious), rate in {
        (0, 0, 0): 0.4,
        (0, 1, 0): 0.4,
        (0, 0, 1): 1.5,
        (1, 0, 0): 0.0,
        (1, 0, 1): 0.8,
    }.items():
        p = 1.0 - math.exp(-rate * 200 / YEAR)
        assert near(seeking[zone, ald, precarious], 2000 * p, math.sqrt(2000 * p * (1 - p)))
    assert model.rule_counts["is_reached"] == counts.seeking.sum()


def test_informed_dare_and_financial_relief_are_of_the_home_zone() -> None:
    here = {"more_informed": {0: 2.0}, "more_dare": {0: 0.25}, "financial_relief": {0: 0.5}}
    rules = Rules(call_rate=12.0, precarious_call=0.5, zone_weights=[1.0, 1.0], **here)
    for zone, dared, barrier in ((0, 0.75, 0.4), (1, 0.5, 0.8)):
        persons = people(4000, zone=zone, precarious=True)
        _, counts = run(rules, 30, minutes=np.zeros((2, 2)), persons=persons, providers=[provider(0, financial=0.8)])
        calls = {outcome: number for (_, outcome), number in counts.calls.items()}
        wishes, made = sum(calls.values()), sum(calls.values()) - calls["suppressed"]
        assert near(made, dared * wishes, math.sqrt(wishes * dared * (1 - dared)))
        assert near(calls["financial"], barrier * made, math.sqrt(made * barrier * (1 - barrier)))
        full = [provider(0, target=0.0)]
        _, counts = run(rules, 30, minutes=np.zeros((2, 2)), persons=people(50, zone=zone), providers=full)
        assert set(counts.calls) == {
            ("without_mt", "no_place" if zone == 0 else "closed")
        }  # all of zone 0 are informed
    withdrawn = rules.changed({"more_informed": {}, "more_dare": {}, "financial_relief": {}})
    assert withdrawn.share_dared(0) == withdrawn.share_dared(1) == 0.5
    assert rules.share_informed(0) == withdrawn.barrier_left(0) == 1.0


@pytest.mark.parametrize("relief", [0.0, 0.5, 1.0])
def test_physical_relief_stretches_the_tolerance_and_flattens_the_weights(relief: float) -> None:
    """Zone 2 is 24 minutes away, the longest trip known; zone 3 is out of reach whatever the relief."""
    minutes = np.full((4, 4), np.inf)
    minutes[0, :3] = 2.0, 21.0, 24.0
    rules = Rules(call_rate=ALWAYS, zone_weights=[1.0] * 4, sharpness=1e9, physical_relief=relief)
    providers = [provider(zone, zone=zone) for zone in range(4)]
    _, counts = run(rules, 50, minutes=minutes, persons=people(4000), providers=providers)
    weights = np.exp(-(1.0 - relief) * np.array([2.0, 21.0, 24.0]) / 8.0)
    weights[minutes[0, :3] > 20.0 + 4.0 * relief] = 0.0
    for zone, share in enumerate(weights / weights.sum()):
        assert near(counts.lists[zone], 4000 * share, math.sqrt(4000 * share * (1 - share)))
    assert counts.lists[3] == 0
    assert counts.listed_far.sum() == counts.lists[1] + counts.lists[2]  # who is far remains what it was


def test_calls_in_company() -> None:
    """So many of those who fit, each once and informed, never suppressed; whoever fails looks on by herself."""
    rules = Rules(precarious_call=0.0, zone_weights=[1.0, 1.0])
    persons = people(30, NOT_SEEKING, precarious=True) + people(30, DISCOURAGED, ald=True) + people(30, zone=1)
    persons += people(30, LISTED, provider=-2, precarious=True)
    room = [provider(0, target=20.0), provider(1, target=0.0)]
    for whom, fitting in (
        ((0, 12, None, None), 60),
        ((None, 500, None, None), 90),
        ((None, 25, True, None), 30),
        ((1, 7, None, True), 0),
        ((None, 25, None, True), 30),
    ):
        supply = [SupplyEvent(5, ("accompany", *whom))]
        more = {"minutes": np.zeros((2, 2)), "persons": persons, "providers": room}
        _, counts = run(rules.changed({"sharpness": 1e9}), 6, supply=supply, **more)
        made = min(whom[1], fitting)
        assert sum(counts.calls.values()) == made
        assert counts.lists[0] == counts.calls.get(("without_mt", "registered"), 0) == min(made, 20)
        assert counts.calls.get(("without_mt", "no_place"), 0) == max(0, made - 20)
    assert counts.seeking[0, ..., 0, 1].sum() == 25 - 20
    assert counts.not_seeking.sum() == 5


def test_who_is_followed_declares_her_gp() -> None:
    """However full the list, without a token or a barrier; the others call, as all do where no practice may follow."""
    persons = people(4000, NOT_SEEKING, ald=True, precarious=True)
    minutes = np.array([[5.0, 13.0, 40.0], [13.0, 5.0, 40.0], [40.0, 40.0, 5.0]])
    full = {"target": 0.0, "financial": 1.0, "intake_per_day": 0.0, "bucket": 3.0}
    providers = [provider(0, **full), provider(1, zone=1, **full), provider(2, zone=2, **full)]
    centre = ProviderStart(3, 0, "centre", 0.0, takes_relatives=False)
    providers += [provider(4, openness=0.0), centre]
    supply = [SupplyEvent(5, ("accompany", None, 3000, True, None, 0.6))]
    more = {"minutes": minutes, "persons": persons, "supply": supply}
    rules = Rules(zone_weights=[1.0] * 3)
    model, counts = run(rules, 6, providers=providers, **more)
    declared = counts.calls["without_mt", "registered"]
    assert near(declared, 0.6 * 3000, math.sqrt(3000 * 0.24))
    assert counts.calls["without_mt", "no_place"] == counts.seeking.sum() == 3000 - declared
    near_by = 1.0 / (1.0 + math.exp(-1.0))  # 8 minutes farther
    assert near(counts.lists[0], near_by * declared, math.sqrt(declared * near_by * (1 - near_by)))
    assert counts.lists[0] + counts.lists[1] == declared
    assert model.tokens(model.providers[0]) == 3.0
    _, counts = run(rules, 6, providers=[centre, provider(4, openness=0.0)], **more)
    assert set(counts.calls) == {("without_mt", "no_place")}


def test_arrivals_are_as_precarious_as_their_zone() -> None:
    rules = Rules(immigration_per_year=1e5, zone_weights=[1.0, 1.0], precarious_share=0.1, precarious_here={1: 0.4})
    entries = [(float(day) + 0.5, zone) for day in range(50) for zone in (0, 1) for _ in range(20)]
    _, counts = run(rules, 50, minutes=np.zeros((2, 2)), entries=entries)
    for zone, share in ((0, 0.1), (1, 0.4)):
        n = counts.adults[zone].sum()
        assert near(counts.adults[zone, ..., 1].sum(), n * share, math.sqrt(n * share * (1 - share)))


# ---- News of an opening (2.7) --------------------------------------------------------------------------------------


def announced(
    key: int = 1, *, day: int = 0, zone: int = 0, kind: str = "centre", rate: float = ALWAYS, **more
) -> SupplyEvent:
    """A list opens and is in the news, a centre's unless said otherwise."""
    values = {"target": 1e9, "takes_relatives": kind == "liberal"} | more
    return SupplyEvent(day, ("open", *astuple(ProviderStart(key, zone, kind, news_per_year=rate, **values))))


def test_who_looks_or_gave_up_hears_of_an_opening_within_reach() -> None:
    minutes = np.array([[5.0, 30.0], [30.0, 5.0]])
    rules = Rules(zone_weights=[1.0, 1.0], sharpness=1e9)
    persons = people(3000) + people(3000, DISCOURAGED, ald=True) + people(500, NOT_SEEKING) + people(500, zone=1)
    persons += people(500, LISTED, provider=0) + people(500, LISTED, provider=OUTSIDE_PROVIDER)
    model = ReferenceModel(
        rules,
        start=START,
        minutes=minutes,
        persons=persons,
        providers=[provider(0)],
        supply=[announced(day=40, rate=2.0)],
        seed=1,
    )
    before, after = model.run(160, [40, 160])
    assert before.calls == {}
    p = 1 - math.exp(-2.0 * 120 / YEAR)
    for ald in (0, 1):
        assert near(after.listed[0, 1, ald].sum() - 1000 * (ald == 0), 3000 * p, math.sqrt(3000 * p * (1 - p)))
    assert after.lists == {0: 500, 1: after.calls["without_mt", "registered"]}
    assert model.rule_counts == {"hears_of_opening": after.lists[1]}
    assert after.not_seeking.sum() == after.seeking[1].sum() == 500


def test_several_lists_in_the_news_are_heard_of_at_the_rate_of_one() -> None:
    """And drawn by distance and appeal; a list that takes nobody, and one that is not in the news, bring nobody."""
    minutes = np.array([[2.0, 12.0, 25.0], [12.0, 2.0, 99.0], [25.0, 99.0, 2.0]])
    rules = Rules(zone_weights=[1.0] * 3, tau=8.0, sharpness=1e9)
    supply = [announced(1, rate=3.0), announced(2, zone=1, rate=3.0, appeal=2.0), announced(3, zone=2, rate=3.0)]
    supply += [announced(4, rate=3.0, openness=0.0), announced(5, rate=0.0)]
    model, counts = run(rules, 150, minutes=minutes, persons=people(5000), supply=supply)
    p = 1 - math.exp(-3.0 * 150 / YEAR)
    assert near(counts.listed.sum(), 5000 * p, math.sqrt(5000 * p * (1 - p)))
    weights = np.exp(-np.array([2.0, 12.0]) / 8.0) * [1.0, 2.0]
    share = weights[0] / weights.sum()
    n = counts.listed.sum()
    assert near(counts.lists[1], n * share, math.sqrt(n * share * (1 - share)))
    assert counts.lists[1] + counts.lists[2] == n
    assert len(model.news) == 4  # nobody has been turned away


def test_who_gave_up_and_hears_looks_again_though_she_does_not_call() -> None:
    persons = people(60, DISCOURAGED, precarious=True)
    model, counts = run(Rules(precarious_call=0.0), 50, persons=persons, supply=[announced(rate=200.0)])
    assert counts.seeking.sum() == 60
    assert counts.calls == {("without_mt", "suppressed"): model.rule_counts["hears_of_opening"]}
    assert model.news


def test_precarious_residents_who_hear_meet_two_barriers() -> None:
    rules = Rules(precarious_call=0.6, more_dare={0: 0.1})
    supply = [announced(rate=12.0, financial=0.4)]
    _, counts = run(rules, 30, persons=people(4000, precarious=True), supply=supply)
    calls = {outcome: number for (_, outcome), number in counts.calls.items()}
    heard, made = sum(calls.values()), sum(calls.values()) - calls["suppressed"]
    assert near(made, 0.7 * heard, math.sqrt(heard * 0.21))
    assert near(calls["financial"], 0.4 * made, math.sqrt(made * 0.24))
    assert calls["registered"] == made - calls["financial"] == counts.lists[1]


def test_the_news_ends_with_the_first_who_finds_no_place() -> None:
    """Exactly one is turned away, then nothing happens any more, until there is other news."""
    supply = [announced(1, target=10.0), announced(2, day=60, target=7.0)]
    model = ReferenceModel(
        Rules(sharpness=1e9, give_up_rate=1.0), start=START, minutes=ONE_ZONE, persons=people(50), supply=supply, seed=1
    )
    soon, later, end = model.run(90, [30, 60, 90])
    assert soon.calls == later.calls == {("without_mt", "registered"): 10, ("without_mt", "closed"): 1}
    assert end.calls == {("without_mt", "registered"): 17, ("without_mt", "closed"): 2}
    assert end.lists == {1: 10, 2: 7}
    assert model.news == {}


def test_the_news_of_a_gp_who_settles_ends_with_the_first_whom_she_turns_away() -> None:
    """Relatives are taken beyond her target, whether or not they heard of her, and do not end it."""
    rules = Rules(sharpness=1e9, relatives=0.9)
    beyond = [
        run(rules, 60, persons=people(300), supply=[announced(kind="liberal", target=10.0)], seed=seed)[1]
        for seed in range(60)
    ]
    for counts in beyond:
        assert counts.calls["without_mt", "closed"] == 1
        assert counts.calls["without_mt", "registered"] == counts.lists[1]
    relatives = np.array([counts.lists[1] - 10 for counts in beyond])
    assert near(relatives.mean(), 0.9 / 0.1, math.sqrt(0.9 / 0.1**2 / len(beyond)))  # geometric


def test_the_news_outlasts_refusals_by_a_list_with_room() -> None:
    """It ends at (list / target)^s ≥ ½, here with 50 of 100: callers are turned away long before."""
    ends = [
        run(Rules(sharpness=1.0), 60, persons=people(300), supply=[announced(target=100.0)], seed=seed)[1]
        for seed in range(40)
    ]
    lengths = np.array([counts.lists[1] for counts in ends])
    assert lengths.min() == 50
    # from 50 on each of the next is accepted with probability 1 − length / 100 or ends the news
    more = np.cumprod(1.0 - np.arange(50, 100) / 100.0)
    mean = more.sum()
    spread = math.sqrt((2.0 * np.arange(1, 51) - 1.0) @ more - mean**2)
    assert near(lengths.mean() - 50, mean, spread / math.sqrt(len(ends)))
    assert all(counts.calls["without_mt", "closed"] > 5 for counts in ends)


def test_two_kinds_of_lists_in_the_news_are_heard_of_alike() -> None:
    supply = [announced(1, rate=3.0), announced(2, kind="liberal", rate=3.0)]
    model, counts = run(Rules(sharpness=1e9), 150, persons=people(4000), supply=supply)
    n, p = counts.listed.sum(), -math.expm1(-3.0 * 150 / YEAR)
    assert near(n, 4000 * p, math.sqrt(4000 * p * (1 - p)))
    assert near(counts.lists[2], n / 2, math.sqrt(n / 4))
    assert len(model.news) == 2


def test_the_news_outlasts_a_want_of_tokens() -> None:
    supply = [announced(rate=50.0, target=40.0, bucket=4.0, intake_per_day=0.5)]
    model = ReferenceModel(
        Rules(sharpness=1e9), start=START, minutes=ONE_ZONE, persons=people(300), supply=supply, seed=1
    )
    expected = {0: 0, 20: 4 + 10, 60: 4 + 30}
    for counts in model.run(60, list(expected)):
        assert expected[counts.day] - 2 <= counts.lists[1] <= expected[counts.day]
    assert counts.calls["without_mt", "closed"] > 1000
    assert model.news


def test_other_callers_who_are_turned_away_do_not_end_the_news() -> None:
    rules = Rules(call_rate=200.0)
    model, counts = run(rules, 60, persons=people(50), supply=[announced(rate=1e-9, target=20.0)])
    assert counts.lists == {1: 20}
    assert counts.calls["without_mt", "closed"] > 500
    assert model.news


def test_news_is_heard_only_while_the_list_takes_somebody_and_exists() -> None:
    supply = [announced(rate=1.0)]
    supply += [SupplyEvent(10, ("openness", 1, 0.0)), SupplyEvent(20, ("openness", 1, 1.0))]
    supply += [SupplyEvent(30, ("handover_and_close", 1, []))]
    model = ReferenceModel(
        Rules(give_up_rate=1.0), start=START, minutes=ONE_ZONE, persons=people(3000), supply=supply, seed=1
    )
    heard = [c.rule_counts.get("hears_of_opening", 0) for c in model.run(60, [10, 20, 30, 60])]
    assert 0 < heard[0] == heard[1] < heard[2] == heard[3]
    for first, last in ((0, heard[0]), (heard[1], heard[2])):
        expected = (3000 - first) * -math.expm1(-10 / YEAR)
        assert near(last - first, expected, math.sqrt(expected))
    assert model.news == {}


def test_physical_relief_carries_the_news_further() -> None:
    minutes = np.array([[5.0, 30.0], [30.0, 5.0]])
    supply = [announced(rate=5.0), SupplyEvent(30, ("rates", {"physical_relief": 1.0}))]
    supply += [SupplyEvent(60, ("rates", {"physical_relief": 0.0}))]
    model = ReferenceModel(
        Rules(zone_weights=[1.0, 1.0]),
        start=START,
        minutes=minutes,
        persons=people(2000, zone=1),
        supply=supply,
        seed=1,
    )
    before, during, after = model.run(120, [30, 60, 120])
    p = -math.expm1(-5.0 * 30 / YEAR)
    assert before.lists == {1: 0}
    assert near(during.lists[1], 2000 * p, math.sqrt(2000 * p * (1 - p)))
    assert after.lists == during.lists


# ---- Supply --------------------------------------------------------------------------------------------------------


def test_hand_over_then_release() -> None:
    rules = Rules(released_middle=0.0)
    persons = people(105, LISTED, provider=0) + people(18, LISTED, provider=1)
    providers = [provider(0), provider(1, bucket=0.0), provider(2, openness=0.0), provider(3)]
    takers = [(1, 20.9), (2, 30.0), (3, 500.0)]
    supply = [SupplyEvent(5, ("handover_and_close", 0, [(0.5, takers)]))]
    _, counts = run(rules, 5, persons=persons, providers=providers, supply=supply)
    assert counts.lists == {1: 20, 2: 30, 3: 53 - 2 - 30}  # ⌊52.5 + ½⌋ = 53 intended
    assert counts.lost.sum() == counts.not_seeking.sum() == 105 - 53


def test_hand_overs_follow_one_another() -> None:
    """Each has a share of what the one before left; who succeeds takes her part however long her list is."""
    persons = people(201, LISTED, provider=0) + people(40, LISTED, provider=1) + people(10, LISTED, provider=2)
    providers = [provider(0), provider(1, target=5.0, openness=0.0), provider(2), provider(3)]
    handovers = [(0.7, [(1, math.inf)]), (0.5, [(2, 24.9), (1, 5.5), (3, 9.0)]), (1.0, [(3, 15.5)])]
    supply = [SupplyEvent(5, ("handover_and_close", 0, handovers))]
    _, counts = run(Rules(), 5, persons=persons, providers=providers, supply=supply)
    # ⌊140.7 + ½⌋ = 141 of 201, then ⌊30 + ½⌋ of the 60 left, of whom 14 + 0 + 9 find a taker, then 6 of the 37
    assert counts.lists == {1: 40 + 141, 2: 24, 3: 15}
    assert counts.lost.sum() == 201 - 141 - 14 - 15


def test_release_draws_the_next_event_anew() -> None:
    """Before the release nothing can happen to them; afterwards all find a place."""
    supply = [SupplyEvent(5, ("handover_and_close", 0, [])), SupplyEvent(9, ("open", 1, 0, "centre", 1e6))]
    rules = Rules(call_rate=2000.0, sharpness=1e9)
    persons = people(40, LISTED, provider=0)
    _, counts = run(rules, 60, persons=persons, providers=[provider(0)], supply=supply)
    assert counts.lists == {1: 40}
    assert counts.calls["without_mt", "registered"] == 40
    assert counts.calls["without_mt", "no_place"] > 100


def test_a_centre_without_doctors_releases_its_excess() -> None:
    supply = [SupplyEvent(5, ("target", 0, 12.0)), SupplyEvent(6, ("release_excess", 0))]
    model = ReferenceModel(
        Rules(released_middle=1.0),
        start=START,
        minutes=ONE_ZONE,
        persons=people(40, LISTED, provider=0),
        providers=[provider(0)],
        supply=supply,
    )
    five, six = model.run(6, [5, 6])
    assert (five.lists[0], six.lists[0]) == (40, 12)
    assert six.seeking.sum() == six.lost.sum() == 28


# ---- The whole -----------------------------------------------------------------------------------------------------


def everything(seed: int) -> ReferenceModel:
    """Six zones, three thousand residents, all rules and all kinds of supply events."""
    rng = np.random.default_rng(seed)
    population = rng.integers(2, 10, size=(6, 106))
    rules = Rules.from_parameters(Parameters(), mortality(), population)
    minutes = np.abs(np.subtract.outer(np.arange(6), np.arange(6))) * 7.0 + 3.0
    minutes[minutes > 30] = np.inf
    persons = []
    for zone, age in np.ndindex(6, 106):
        for _ in range(population[zone, age] if age >= 17 else 0):
            ald, precarious = rng.random() < rules.ald_prevalence[age], rng.random() < 0.1
            state = (LISTED, LISTED, LISTED, SEEKING, DISCOURAGED, NOT_SEEKING)[rng.integers(6)]
            mt = int(rng.integers(-2, 8)) if state == LISTED else -1
            mt = -2 if state == LISTED and mt == -1 else mt
            pool = None if state == LISTED else (LOST, NEVER_DECLARED)[rng.integers(2)]
            persons.append(PersonStart(zone, START.year - age, bool(ald), bool(precarious), state, pool, None, mt))
    providers = [
        provider(k, zone=k % 6, target=260.0, intake_per_day=0.5, bucket=15.0, financial=0.1) for k in range(8)
    ]
    supply = [
        SupplyEvent(100, ("handover_and_close", 0, [(0.4, [(3, math.inf)]), (0.3, [(1, 280.0), (2, 300.0)])])),
        SupplyEvent(200, ("open", 9, 2, "centre", 400.0, 1.0, WITHOUT_MT, 1.5, 0.0, 2.0, 60.0, False)),
        SupplyEvent(300, ("target", 3, 280.0)),
        SupplyEvent(300, ("openness", 4, 0.5)),
        SupplyEvent(300, ("intake", 5, 0.1, 3.0)),
        SupplyEvent(400, ("rates", {"informed_share": 0.9})),
        SupplyEvent(500, ("target", 9, 20.0)),
        SupplyEvent(500, ("release_excess", 9)),
    ]
    entries = [(float(rng.uniform(0, 800)), int(rng.integers(6))) for _ in range(100)]
    return ReferenceModel(
        rules,
        start=START,
        minutes=minutes,
        persons=persons,
        providers=providers,
        entries=entries,
        supply=supply,
        seed=seed,
    )


def test_residents_are_conserved() -> None:
    model = everything(4)
    before = len(model.residents)
    records = model.run(800, [0, 99, 100, 365, 500, 800])
    for counts in records:
        flows = counts.rule_counts
        net = sum(flows.get(name, 0) for name in ("moves_in", "reaches_17"))
        net -= sum(flows.get(name, 0) for name in ("dies", "moves_out"))
        assert counts.adults.sum() == before + net
        states = counts.listed + counts.seeking + counts.discouraged + counts.not_seeking
        assert (states == counts.adults).all()
        assert (counts.lost + counts.never_declared == counts.without_mt).all()
        assert (counts.listed_far <= counts.listed).all()
        callers = {"without_mt": "wishes_to_call", "far": "calls_for_nearer", "change": "calls_for_change"}
        for caller, rule in callers.items():
            assert sum(n for (who, _), n in counts.calls.items() if who == caller) == flows.get(rule, 0)
    for key, mt in model.providers.items():
        assert all(person.provider is mt for person in mt.members)
        assert sum(family[key] for family in model.families) == len(mt.members)
    assert set(model.rule_counts) >= {"becomes_ald", "needs", "returns", "gives_up", "loses_outside_mt", "moves_within"}
    assert model.events == model.real_events + model.wake_ups


def test_one_seed_gives_one_run() -> None:
    def summary(seed: int) -> list:
        return [
            (c.adults.tolist(), c.seeking.tolist(), c.lists, c.calls) for c in everything(seed).run(400, [200, 400])
        ]

    assert summary(5) == summary(5)
    assert summary(5) != summary(6)


def test_a_record_comes_after_the_supply_of_its_day() -> None:
    supply = [SupplyEvent(0, ("handover_and_close", 0, []))]
    _, counts = run(Rules(), 0, persons=people(3, LISTED, provider=0), providers=[provider(0)], supply=supply)
    assert counts.lost.sum() == 3
    assert START + timedelta(days=counts.day) == START


# ---- Agreement -----------------------------------------------------------------------------------------------------

ZONES = 34
SIZES = np.where(np.arange(ZONES) == 14, 40_000, 1_575)
ADULTS = np.rint(SIZES[:, None] * np.array([0.20, 0.22, 0.24, 0.22, 0.12])).astype(int)
SHARES = np.array([0.22, 0.16, 0.15, 0.10, 0.06])


def made_up(rng: np.random.Generator, replications: int, error: np.ndarray | float = 0.0) -> np.ndarray:
    """Residents without MT: noise of the whole territory, of each zone, of each cell."""
    whole = rng.normal(0.0, 0.10, (replications, 1, 1))
    zones = rng.normal(0.0, 0.05, (replications, ZONES, 1))
    return rng.binomial(ADULTS, SHARES * np.exp(whole + zones) + error)


def compare(rng: np.random.Generator, replications: int, error: np.ndarray | float = 0.0, alpha: float = 0.001):
    engine, reference = made_up(rng, replications, error), made_up(rng, replications)
    adults = np.broadcast_to(ADULTS, engine.shape)
    return agreement(engine, reference, denominators=(adults, adults), alpha=alpha)


def test_agreement_alarms_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    trials, alpha = 200, 0.05
    frames = [compare(rng, 12, alpha=alpha).frame for _ in range(trials)]
    assert [(f, t) for f, t in zip(frames[0].family, frames[0].test, strict=True)] == [
        ("total", "max |t|"),
        *((family, test) for family in ("zone", "band", "zone x band") for test in ("max |t|", "mean t²")),
    ]
    rates = np.mean([frame.rejected for frame in frames], axis=0)
    assert (rates <= alpha + 4 * math.sqrt(alpha * (1 - alpha) / trials)).all()
    assert rates.mean() > alpha / 2  # not by never alarming


def test_agreement_sees_a_point_in_the_zones_when_totals_agree() -> None:
    rng = np.random.default_rng(8)
    error = np.where(np.arange(ZONES) % 2, 0.01, -0.01)[:, None]
    error[[0, 14]] = 0.0
    found = [compare(rng, 16, error) for _ in range(20)]
    assert sum(not a.ok for a in found) == 20
    by_test = np.mean([a.frame.set_index(["family", "test"]).rejected for a in found], axis=0)
    assert by_test[0] == 0.0  # the total agrees
    assert "zone" in str(found[0])


def test_agreement_sees_one_zone_and_the_level() -> None:
    rng = np.random.default_rng(9)
    one = np.zeros((ZONES, 1))
    one[20] = 0.04
    assert all(not compare(rng, 16, one).ok for _ in range(10))
    level = compare(rng, 100, 0.015)
    assert level.frame.rejected[0]


def test_agreement_wants_enough_replications() -> None:
    assert replications_needed(0.001) == 11
    same = np.ones((5, 3, 2)) * 50
    with pytest.raises(ValueError, match="11 are needed"):
        agreement(same, same)
    assert agreement(np.ones((11, 3, 2)) * 50, np.ones((11, 3, 2)) * 50).ok
    with pytest.raises(ValueError, match="nothing to compare"):
        agreement(np.zeros((11, 3)), np.zeros((11, 3)))
