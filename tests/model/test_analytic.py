"""Against closed forms: residents alone, GPs' careers, and the compiled random numbers.

Bounds on random results are four and a half standard deviations, for fixed seeds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import (
    NONE,
    calls_by_outcome,
    crowd,
    events,
    make_territory,
    near,
    no_hazards,
    population,
    scenario_of,
    still,
    totals,
    town,
    without_mt,
)

from ess_sim.errors import TerritoryError
from ess_sim.inputs.catalogue.gp_tables import gp_departements
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.figures.gp_ages import AGES_OF_GPS, ages_of_mixture, gp_ages
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model import kernel as k
from ess_sim.model.behaviours.gps.exits import bent_probability, exit_hazard, expected_retirements
from ess_sim.model.residents.practice import Practice
from ess_sim.model.residents.quantities import bent_rates, rates_by_zone
from ess_sim.model.residents.rates import hazards
from ess_sim.model.residents.residents import Residents
from ess_sim.model.run.simulation import simulate

YEAR = 365.25
OPEN = Practice(0, 1e9, fte=1e6)
FAST = 1e4  # a rate per year that leaves no one waiting


# --- the random generator --------------------------------------------------------------------------------------------


def test_xoshiro256_known_answers() -> None:
    """The reference implementation's first outputs from the state 1, 2, 3, 4 (Blackman & Vigna)."""
    state = np.array([1, 2, 3, 4], dtype=np.uint64)
    assert [int(k.next_word(state)) for _ in range(10)] == [
        41943041,
        58720359,
        3588806011781223,
        3591011842654386,
        9228616714210784205,
        9973669472204895162,
        14011001112246962877,
        12406186145184390807,
        15849039046786891736,
        10450023813501588000,
    ]


def test_uniform_numbers() -> None:
    state = np.array([1, 2, 3, 4], dtype=np.uint64)
    assert float(k.uniform(state)) == (41943041 >> 11) / 2**53
    draws = np.array([k.uniform(state) for _ in range(20_000)])
    assert ((draws >= 0) & (draws < 1)).all()
    assert near(draws.mean(), 0.5, math.sqrt(1 / 12 / len(draws)))
    counts = np.bincount((draws * 20).astype(int), minlength=20)
    assert ((counts - 1000.0) ** 2 / 1000).sum() < 50.8  # chi-square, 19 degrees of freedom, p = 1e-4
    whole = np.bincount([k.below(state, 7) for _ in range(7000)], minlength=7)
    assert len(whole) == 7
    assert ((whole - 1000.0) ** 2 / 1000).sum() < 27.9  # 6 degrees of freedom, p = 1e-4


def state_whose_next_draw_is(draw: int) -> list[int]:
    """A state of the generator from which ``uniform`` gives draw / 2^53."""
    word = draw << 11
    return [0, 1, 2, ((word >> 23) | (word << 41)) & (2**64 - 1)]


@settings(max_examples=500)
@given(st.integers(0, 2**53 - 1) | st.integers(0, 2000) | st.integers(2**53 - 2000, 2**53 - 1))
def test_exponential_numbers_are_logarithms(draw: int) -> None:
    state = np.array(state_whose_next_draw_is(draw), dtype=np.uint64)
    assert math.isclose(
        k.exponential_of(np.uint64(k.next_word(state))), -math.log1p(-draw / 2**53), rel_tol=0, abs_tol=1e-14
    )


@pytest.fixture(scope="module")
def practice() -> Residents:
    return population(crowd(1), [Practice(0, 100.0)], p=still())


@settings(max_examples=400)
@given(
    on_list=st.integers(0, 5000),
    room=st.floats(1e-6, 6000.0) | st.floats(1e-6, 20.0),
    openness=st.floats(1e-3, 1.0),
    sharpness=st.floats(0.05, 400.0),
    nearby=st.integers(-3, 3),
    anywhere=st.none() | st.integers(0, 2**53 - 1),
)
def test_the_bounds_of_the_power_never_decide_otherwise(
    practice: Residents,
    on_list: int,
    room: float,
    openness: float,
    sharpness: float,
    nearby: int,
    anywhere: int | None,
) -> None:
    """A caller is accepted where the draw is below openness × (1 − (list / target)^s), however near it is."""
    arena, tables = practice._arena, practice._tables
    target = on_list + room
    tables.pint[0, k.V_LIST] = on_list
    tables.pfloat[0, [k.X_TARGET, k.X_OPENNESS]] = target, openness
    tables.par[k.P_SHARPNESS] = sharpness
    chance = openness * (1.0 - k.power(on_list / target, sharpness))
    draw = min(2**53 - 1, max(0, int(chance * 2**53) + nearby)) if anywhere is None else anywhere
    arena.s[:] = state_whose_next_draw_is(draw)
    assert k.accepts(arena, 0) == (draw / 2**53 < chance)


def test_a_territory_whose_tables_32_bits_cannot_count_is_refused() -> None:
    with pytest.raises(TerritoryError, match="8 zones with 536,870,912 residents and 10 practices are too many"):
        k.allocate(
            k.Layout(rows=1 << 29, slots=10, zones=8, pairs=1, entries=1, own_zones=1),
            np.zeros(4, dtype=np.uint64),
        )


def test_memory_grows_as_the_territory_does() -> None:
    """Twice the residents, providers, zones and ways between them take twice the memory: no table has two of these."""

    def size(times: int) -> int:
        layout = k.Layout(
            rows=1000 * times, slots=100 * times, zones=100 * times, pairs=5000 * times, entries=9, own_zones=9
        )
        return sum(array.nbytes for array in k.allocate(layout, np.zeros(4, dtype=np.uint64))[0])

    assert size(80) < 2.05 * size(40)


# --- who calls whom --------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.data())
def test_alias_tables_reproduce_the_weights(data: Any) -> None:
    """Every zone's table gives each zone exp(−minutes / τ) × its bound, and nothing beyond the tolerance.

    Zones kept with their appeal's part of their bound have exp(−minutes / τ) × appeal.
    """
    n = data.draw(st.integers(1, 6))
    minutes = np.array(data.draw(st.lists(st.floats(0, 40), min_size=n * n, max_size=n * n))).reshape(n, n)
    minutes = (minutes + minutes.T) / 2
    providers = data.draw(st.lists(st.tuples(st.integers(0, n - 1), st.floats(0.1, 20)), max_size=12))
    reproduced(minutes, providers, data.draw(st.floats(5, 12)))


def test_alias_tables_of_even_shares_that_leave_no_small_one() -> None:
    reproduced(np.zeros((4, 4)), [(0, 1.0), (1, 3.0), (2, 1.0), (3, 3.0)], 8.0)


def reproduced(minutes: Any, providers: list[tuple[int, float]], tau: float) -> None:
    n = len(minutes)
    practices = [Practice(zone, 100.0, appeal=appeal) for zone, appeal in providers]
    p = still(distance_decay_minutes=tau)
    residents = population(crowd(1, zones=n), practices, p=p, minutes=minutes)
    arena, tables = residents._arena, residents._tables
    appeal = np.zeros(n)
    np.add.at(appeal, [q.zone for q in practices], [q.appeal for q in practices])
    for z in range(n):
        k.refresh_zone(arena, z)
        first, last = tables.indptr[z], tables.indptr[z + 1]
        of_choices = slice(first, first + tables.zint[z, k.Z_CHOICES])
        zones, travel = tables.indices[first:last], tables.minutes[first:last]
        wanted = np.where(travel <= p["tolerance_minutes"], np.exp(-travel / p["distance_decay_minutes"]), 0.0)
        wanted *= appeal[zones]
        assert tables.zint[z, k.Z_CANDIDATES] == sum(q.zone in zones[wanted > 0] for q in practices)
        if not wanted.sum():
            continue
        share, both = tables.choice[of_choices, 0], tables.choice[of_choices, 1].copy().view(np.int64)
        choice, alias = both >> 32, both & 0xFFFFFFFF
        assert ((share >= 0) & (share <= 1)).all()
        given = np.zeros(n)
        np.add.at(given, choice, share)
        np.add.at(given, alias, 1 - share)
        total, _, bound, _ = tables.appeal[zones].T
        assert ((total <= bound) & (total >= k.BOUND_WITHIN * bound)).all()
        given[zones] *= np.divide(total, bound, out=np.zeros(len(zones)), where=bound > 0)
        assert np.allclose(given[zones] / given.sum(), wanted / wanted.sum(), rtol=1e-9, atol=1e-12)
        assert set(choice.tolist()) == set(zones[wanted > 0].tolist())


def test_blind_callers_choose_by_distance_and_appeal() -> None:
    minutes = np.array([[3.0, 9.0, 15.0, 25.0], [9.0, 3.0, 9.0, 22.0], [15.0, 9.0, 3.0, 24.0], [25.0, 22.0, 24.0, 3.0]])
    practices = [Practice(0, 1e9), Practice(0, 1e9, appeal=2.5), Practice(1, 1e9), Practice(2, 1e9, appeal=4.0)]
    practices = [Practice(q.zone, q.target, fte=1e6, appeal=q.appeal) for q in [*practices, Practice(3, 1e9)]]
    n = 20_000
    p = still(call_rate_per_year=FAST, tolerance_minutes=20.0)
    residents = population(crowd(n, zones=4), practices, p=p, minutes=minutes)
    residents.advance(30)
    assert totals(residents)["listed"] == n
    weights = np.array([q.appeal * math.exp(-minutes[0, q.zone] / p["distance_decay_minutes"]) for q in practices[:4]])
    lists = np.array([residents.list_size(s) for s in range(5)])
    assert lists[4] == 0, "beyond the tolerance"
    expected = n * weights / weights.sum()
    assert ((lists[:4] - expected) ** 2 / expected).sum() < 21.1  # 3 degrees of freedom, p = 1e-4


def test_callers_know_of_practices_that_came_and_went() -> None:
    """A zone's part in tables of choice is a bound of its appeal, and outlasts most changes; choices follow at once."""
    minutes = np.array([[3.0, 9.0, 14.0], [9.0, 3.0, 8.0], [14.0, 8.0, 3.0]])
    p = still(tolerance_minutes=20.0)
    residents = population(crowd(1, zones=3), [Practice(z, 9.0) for z in (0, 0, 0, 1, 1, 2)], p=p, minutes=minutes)
    arena, tables = residents._arena, residents._tables
    open_in = {slot: (z, 1.0) for slot, z in enumerate((0, 0, 0, 1, 1, 2))}
    acts: list[tuple[int | None, int, float]] = [(None, 1, 1.0), (0, 0, 0.0), (None, 2, 0.3), (3, 0, 0.0), (5, 0, 0.0)]
    made_again = 0
    for day, (slot, zone, appeal) in enumerate(acts, start=1):
        k.refresh_zone(arena, 0)
        if slot is None:
            slot = residents.open(day, Practice(zone, 9.0, appeal=appeal))
            open_in[slot] = zone, appeal
        else:
            residents.close(day, slot)
            del open_in[slot]
        residents.check()
        if tables.zint[0, k.Z_STALE] == k.STALE:
            k.refresh_zone(arena, 0)
            made_again += 1
        drawn = Counter(int(k.draw_provider(arena, 0)) for _ in range(20_000))
        weights = {s: a * math.exp(-minutes[0, z] / p["distance_decay_minutes"]) for s, (z, a) in open_in.items()}
        expected = {s: 20_000 * w / sum(weights.values()) for s, w in weights.items()}
        assert drawn.keys() <= expected.keys()
        assert sum((drawn[s] - e) ** 2 / e for s, e in expected.items()) < 28, (
            f"6 degrees of freedom, p = 1e-4: {drawn}"
        )
    assert 0 < made_again < len(acts)


def test_informed_callers_choose_among_the_open() -> None:
    minutes = np.array([[3.0, 9.0], [9.0, 3.0]])
    practices = [Practice(0, 1e9, openness=0.0), Practice(0, 1e9, fte=1e6), Practice(1, 1e9, fte=1e6), Practice(1, 0.0)]
    n = 10_000
    p = still(call_rate_per_year=FAST, informed_share=1.0)
    residents = population(crowd(n, zones=2), practices, p=p, minutes=minutes)
    residents.advance(30)
    calls = calls_by_outcome(residents)
    assert calls.sum() == calls[k.O_ACCEPTED].sum() == n
    near_share = 1 / (1 + math.exp(-6.0 / p["distance_decay_minutes"]))
    assert near(residents.list_size(1), n * near_share, math.sqrt(n * near_share * (1 - near_share)))


def test_news_leads_to_a_list_by_distance_and_appeal() -> None:
    minutes = np.array([[3.0, 9.0, 25.0], [9.0, 3.0, 22.0], [25.0, 22.0, 3.0]])
    n = 10_000
    p = still(tolerance_minutes=20.0)
    residents = population(crowd(n, zones=3), [Practice(2, 0.0)], p=p, minutes=minutes)
    places = [(0, 1.0), (0, 2.5), (1, 1.0), (2, 1.0)]
    offers = [Practice(z, 1e9, fte=1e6, appeal=a, centre=True, news_per_year=FAST) for z, a in places]
    slots = [residents.open(0, offer) for offer in offers]
    residents.advance(30)
    weights = np.array([q.appeal * math.exp(-minutes[0, q.zone] / p["distance_decay_minutes"]) for q in offers[:3]])
    *lists, beyond = (residents.list_size(slot) for slot in slots)
    assert (sum(lists), beyond) == (n, 0)
    expected = n * weights / weights.sum()
    assert ((lists - expected) ** 2 / expected).sum() < 18.4  # 2 degrees of freedom, p = 1e-4


def test_who_is_followed_declares_a_gp_within_reach_whatever_the_room() -> None:
    """By distance and appeal, without token or fee; neither a centre nor one who takes nobody follows anybody."""
    minutes = np.array([[3.0, 9.0, 50.0], [9.0, 3.0, 50.0], [50.0, 50.0, 3.0]])
    full = {"target": 0.0, "financial_barrier": 1.0}
    practices = [Practice(0, **full), Practice(0, appeal=2.5, **full), Practice(1, **full), Practice(2, **full)]
    practices += [Practice(0, 1e9, fte=1e6, centre=True), Practice(0, 1e9, openness=0.0)]
    n = 10_000
    states = np.array([k.SEEKING, k.DISCOURAGED, k.NOT_SEEKING])[np.arange(n) % 3]
    p = still()
    residents = population(crowd(n, states, zones=3, precarious=1), practices, p=p, minutes=minutes)
    tokens = residents._tables.pfloat[:, k.X_TOKENS].tolist()
    assert residents.accompany(10, n=n, followed=1.0) == (n, n)
    calls = calls_by_outcome(residents)
    assert calls.sum() == calls[k.O_RELATIVE, k.CALLER_WITHOUT] == residents.calls_made == n
    assert residents._tables.pfloat[:, k.X_TOKENS].tolist() == tokens
    *lists, beyond, centre, leaving = (residents.list_size(slot) for slot in range(6))
    assert (sum(lists), beyond, centre, leaving) == (n, 0, 0, 0)
    weights = np.array([q.appeal * math.exp(-minutes[0, q.zone] / p["distance_decay_minutes"]) for q in practices[:3]])
    expected = n * weights / weights.sum()
    assert ((lists - expected) ** 2 / expected).sum() < 18.4  # 2 degrees of freedom, p = 1e-4
    residents.check()


@pytest.mark.parametrize(("followed", "gp"), [(0.3, True), (1.0, False)])
def test_who_is_not_followed_or_by_no_gp_makes_the_accompanied_call(followed: float, gp: bool) -> None:
    n = 4000
    practices = [Practice(0, 0.0, centre=not gp), Practice(0, 1e9, fte=1e6, centre=True)]
    residents = population(crowd(n), practices, p=still(acceptance_sharpness=400.0))
    assert residents.accompany(10, n=n, followed=followed) == (n, n)
    found = n * followed * gp
    assert near(residents.list_size(0), found, math.sqrt(found * (1 - followed)))
    assert calls_by_outcome(residents)[k.O_RELATIVE, k.CALLER_WITHOUT] == residents.list_size(0)
    residents.check()


ACTS: dict[str, Callable[[Residents], object]] = {
    "open": lambda r: r.open(40, Practice(0, 50.0, centre=True, news_per_year=5.0)),
    "close": lambda r: r.close(40, 0),
    "hand over": lambda r: r.hand_over(40, 0, 0.5, [(1, 700.0)]),
    "release": lambda r: r.release_excess(40, 1),
    "accompany": lambda r: r.accompany(40, n=100),
    "accompany the followed": lambda r: r.accompany(40, n=100, followed=1.0),
    "new year": lambda r: r.new_year(40),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_pending_event_follows_from_the_counts_after_every_act(act: str) -> None:
    """Its time and resident are drawn for a total rate: code that changes a count must see to them."""
    n = 3000
    states = np.array([k.SEEKING, k.DISCOURAGED, k.NOT_SEEKING, k.LISTED, k.LISTED])[np.arange(n) % 5]
    lists = np.where(states == k.LISTED, np.arange(n) // 5 % 2, -1)
    p = still(call_rate_per_year=2.0, give_up_rate_per_year=1.0, return_rate_per_year=1.0, need_rate_per_year=1.0)
    practices = [Practice(0, 900.0), Practice(0, 550.0)]
    residents = population(crowd(n, states), practices, p=p, on_list_of=lists)
    residents.advance(40)
    ACTS[act](residents)
    f, counts = residents._arena.f, residents._arena.n
    assert counts[k.I_MOVED] == 0
    pending = [k.T_NEXT, k.T_RATE, *range(k.R_BEFORE, k.R_BEFORE + k.E_ARRIVAL + 1)]
    before = f[pending].tolist()
    k.apply_rates(*residents._arena)
    assert f[pending].tolist() == before


@pytest.mark.parametrize(("openness", "barrier", "listed"), [(1.0, 0.0, 0), (0.3, 0.0, 0), (0.6, 0.25, 880)])
def test_chance_that_a_call_succeeds(openness: float, barrier: float, listed: int) -> None:
    """Openness × (1 − (list / target)^sharpness) × (1 − barrier), call by call, while the list grows."""
    sharpness, target = 20.0, 1000.0
    n = listed + 400
    day0 = crowd(n, np.where(np.arange(n) < listed, k.LISTED, k.SEEKING), precarious=1)
    practice = Practice(0, target, fte=1e6, openness=openness, financial_barrier=barrier)
    p = still(call_rate_per_year=10.0, acceptance_sharpness=sharpness)
    lists = np.where(np.arange(n) < listed, 0, -1)
    surprise = variance = 0.0
    trials = 0
    for replication in range(4):
        residents = population(day0, [practice], lists, p=p, replication=replication)
        arena = residents._arena
        while residents.calls_made < 400:
            calls, before = residents.calls_made, residents.list_size(0)
            k.advance(*arena, float(arena.f[k.T_NEXT]))  # one candidate event
            if residents.calls_made > calls:
                chance = openness * (1 - (before / target) ** sharpness) * (1 - barrier)
                surprise += residents.list_size(0) - before - chance
                variance += chance * (1 - chance)
                trials += 1
        assert residents.list_size(0) < target
    assert trials == 1600
    assert near(surprise, 0.0, math.sqrt(variance))


def test_financial_barrier_and_calls_not_dared() -> None:
    n = 6000
    day0 = crowd(n, precarious=np.arange(n) % 2)
    p = still(call_rate_per_year=1.0, precarious_call_multiplier=0.7)
    residents = population(day0, [Practice(0, 1e9, fte=1e6, openness=0.5, financial_barrier=0.4)], p=p)
    residents.advance(200)
    calls = calls_by_outcome(residents)
    cells = np.array([calls[o, k.CALLER_WITHOUT] for o in range(k.N_OUTCOMES)], dtype=float)
    assert calls[:, 1:].sum() == 0
    assert calls[[k.O_TOO_FAR, k.O_NO_PLACE, k.O_RELATIVE]].sum() == 0
    # of the wishes of precarious residents: 30 % suppressed, 35 % closed, 14 % financial, 21 % accepted
    wishes_p = cells[k.O_SUPPRESSED] / 0.3
    assert near(cells[k.O_FINANCIAL], wishes_p * 0.7 * 0.5 * 0.4, math.sqrt(wishes_p) * 0.8)
    # each half registers at its own constant rate
    counts = residents.counts.reshape(-1, 4, 9).sum(axis=0)
    for column, rate in ((0, 0.5), (1, 0.7 * 0.5 * 0.6)):
        share = 1 - math.exp(-rate * 200 / YEAR)
        assert near(counts[column, k.C_LISTED], n / 2 * share, math.sqrt(n / 2 * share * (1 - share)))


def test_half_of_the_physical_barrier_lifted_reaches_half_as_far_again() -> None:
    far = [3.0, 24.0, 26.0, 30.0]
    minutes = np.array([far, [far[1], 3.0, 25.0, 25.0], [far[2], 25.0, 3.0, 25.0], [far[3], 25.0, 25.0, 3.0]])
    residents = population(crowd(10, zones=4), p=still(tolerance_minutes=20.0), minutes=minutes)
    residents._weigh_distances(0.5)
    assert (residents._tables.weights[:4] > 0).tolist() == [True, True, False, False]


@pytest.mark.parametrize("informed", [0.0, 1.0])
def test_relief_does_not_make_anybody_call_her_own_far_mt(informed: float) -> None:
    """One GP, out of tolerance, is everybody's MT: who calls finds no place, and takes no token."""
    p = still(far_call_rate_per_year=10.0, informed_share=informed, tolerance_minutes=20.0)
    minutes = np.array([[3.0, 25.0], [25.0, 3.0]])
    residents = population(crowd(100, k.LISTED, zones=2), [Practice(1, 900.0)], 0, p=p, minutes=minutes)
    residents._weigh_distances(1.0)
    residents.advance(365)
    calls = calls_by_outcome(residents)[:, k.CALLER_FAR]
    assert calls[k.O_NO_PLACE] == calls.sum() > 900
    assert residents.list_size(0) == 100
    residents.check()


def test_one_resident_too_many_is_released() -> None:
    residents = population(crowd(11, k.LISTED), [Practice(0, 10.0)], on_list_of=0)
    assert (residents.release_excess(1, 0), residents.list_size(0)) == (1, 10)


def test_a_list_is_found_by_those_who_had_found_none_open() -> None:
    residents = population(crowd(20), [Practice(0, 1e9, fte=1e6, openness=0.0)])
    assert residents.accompany(1, n=20) == (20, 0)
    residents.adjust(2, 0, openness=1.0)
    assert residents.accompany(2, n=20) == (20, 20)


def test_who_comes_takes_the_row_of_one_who_is_gone() -> None:
    entrant: dict[str, Any] = {"entry_time": np.array([300.5]), "entry_zone": np.zeros(1, dtype=int)}
    residents = population(crowd(1, **entrant), rates=no_hazards(death=100.0))
    residents.advance(300)
    assert not sum(residents.by_mt())
    residents.advance(301)
    assert len(residents.people()) == 1


def test_months_of_a_spell_go_from_its_first_day_to_the_registration() -> None:
    """By pool, up to the last number of months, which stands for all above; of spells of day 0 nothing is known."""
    state = np.where(np.arange(23) < 17, k.LISTED, k.SEEKING)
    day0 = crowd(23, state, entry_time=np.array([200.5, 200.7, 200.9]), entry_zone=np.zeros(3, dtype=int))
    on_list_of = np.select([np.arange(23) < 10, np.arange(23) < 17], [0, 1], -1)
    two = [Practice(0, 10.0, openness=0.0), Practice(0, 10.0, openness=0.0)]
    residents = population(day0, two, on_list_of, p=still(family_gp_share=0.0))
    residents.close(10, 0)
    residents.close(500, 1)
    for opens, months in ((800, {(0, 25): 10, (0, 9): 7, (1, 19): 3}), (9900, {(0, k.MAX_SPELL_MONTHS): 26})):
        before = residents.spells
        slot = residents.open(opens, OPEN)
        residents.accompany(opens, n=100)
        assert residents.list_size(slot) == 26
        ended = residents.spells - before
        assert {tuple(place): int(ended[*place]) for place in np.argwhere(ended).tolist()} == months
        residents.close(opens + 100, slot)


def test_who_moves_in_lacks_an_mt_by_age() -> None:
    relative = {"17_29": 3.0, "30_59": 2.0, "60_plus": 1.0}
    p = still() | {f"without_mt_relative_{band}": value for band, value in relative.items()}
    national = p["national_lost_share"] + p["national_never_declared_share"]
    without = population(crowd(1), p=p)._tables.arrival_without[[17, 29, 30, 59, 60, 100]]
    assert without == pytest.approx([national * x for x in (3, 3, 2, 2, 1, 1)])


# --- residents alone: death, moves, states ---------------------------------------------------------------------------


@pytest.mark.parametrize("state", [k.LISTED, k.SEEKING, k.DISCOURAGED, k.NOT_SEEKING])
def test_only_deaths_leave_an_exponential(state: int) -> None:
    n, rate = 8000, 0.15
    residents = population(crowd(n, state, outside=state == k.LISTED), rates=no_hazards(death=rate))
    alive = n
    for year in range(1, 9):
        residents.advance(round(YEAR * year))
        left = sum(totals(residents)[s] for s in ("listed", "seeking", "discouraged", "not_seeking"))
        chance = math.exp(-rate)
        assert near(left, alive * chance, math.sqrt(alive * chance * (1 - chance)))
        alive = left
    residents.check()


def test_deaths_by_age_follow_the_life_table() -> None:
    rates = hazards(still())
    for age in (20, 50, 70, 90):
        n = 20_000
        only_deaths = no_hazards()
        only_deaths.death[:] = rates.death
        residents = population(crowd(n, birth=2020 - age), rates=only_deaths)
        residents.advance(365)
        chance = 1 - math.exp(-rates.death[age] * 365 / YEAR)
        assert near(n - totals(residents)["seeking"], n * chance, math.sqrt(n * chance))


def test_moves_in_and_out_have_a_poisson_stationary_state() -> None:
    """Immigration at the rate of day 0's expected moves out, each leaving at rate μ: Poisson with mean n."""
    n, replications = 120, 120
    stocks = []
    for replication in range(replications):
        residents = population(crowd(n), rates=no_hazards(move_out=0.8), replication=replication)
        residents.advance(round(12 * YEAR))  # e^−9.6 of those of day 0 are left
        sums = totals(residents)
        stocks.append(sums["listed"] + sums["seeking"] + sums["discouraged"] + sums["not_seeking"])
    assert near(float(np.mean(stocks)), n, math.sqrt(n / replications))
    assert near(np.var(stocks, ddof=1) / n, 1.0, math.sqrt(2 / (replications - 1)))


def test_those_who_move_in_are_as_the_rules_say() -> None:
    """Ages by expected moves, states by the national shares (docs/model.md, 2.5)."""
    n = 20_000
    day0 = crowd(n, birth=2020 - np.where(np.arange(n) < n // 4, 25, 65), precarious_share=0.2)
    p = still()
    rates = no_hazards()
    rates.move_out[:] = np.where(np.arange(len(rates.move_out)) < 30, 0.6, 0.1)
    rates.ald_prevalence[:] = 0.3
    residents = population(day0, p=p, rates=rates)
    residents.advance(YEAR := 365)
    res = residents.people()
    began = residents._tables.res[: len(res), k.SINCE] > k.UNKNOWN_DAY  # those without MT of day 0 had none before
    new = res[(res[:, k.STATE] == k.LISTED) | (res[:, k.STATE] > k.LISTED) & began]
    young_rate, old_rate = 0.6 * n / 4, 0.1 * 3 * n / 4
    expected = (young_rate + old_rate) * YEAR / 365.25
    born = new[:, k.BIRTH]
    assert set(np.unique(born)) == {1995, 1955}
    # a few have left again: those of 25 at 0.6 a year, for half a year on average
    stay = {1995: (1 - math.exp(-0.6)) / 0.6, 1955: (1 - math.exp(-0.1)) / 0.1}
    for year, rate in ((1995, young_rate), (1955, old_rate)):
        assert near((born == year).sum(), rate * stay[year], math.sqrt(rate) + 0.01 * rate)
    assert near((new[:, k.ALD] == 1).mean(), 0.3, math.sqrt(0.21 / expected))
    assert near((new[:, k.PRECARIOUS] == 1).mean(), 0.2, math.sqrt(0.16 / expected))
    national = p["national_lost_share"] + p["national_never_declared_share"]
    for year, relative in ((1995, p["without_mt_relative_17_29"]), (1955, p["without_mt_relative_60_plus"])):
        here = new[born == year]
        share = national * relative
        without = here[:, k.STATE] != k.LISTED
        assert near(without.mean(), share, math.sqrt(share * (1 - share) / len(here)))
    without = new[new[:, k.STATE] != k.LISTED]
    lost = without[:, k.POOL] == k.LOST
    share = p["national_lost_share"] / national
    assert near(lost.mean(), share, math.sqrt(0.25 / len(without)))
    assert np.array_equal(without[:, k.ORIGIN], np.where(lost, k.NO_ORIGIN, k.ARRIVED))
    for pool, name in ((k.LOST, "searching_share_lost"), (k.NEVER_DECLARED, "searching_share_never_declared")):
        here = without[without[:, k.POOL] == pool]
        seeking = here[:, k.STATE] == k.SEEKING
        assert near(seeking.mean(), p[name], math.sqrt(0.25 / len(here)))
        rest = here[~seeking]
        assert near((rest[:, k.STATE] == k.DISCOURAGED).mean(), p["discouraged_part"], math.sqrt(0.25 / len(rest)))
    listed = new[new[:, k.STATE] == k.LISTED]
    assert (listed[:, k.PROVIDER] == k.OUTSIDE).all()


def test_moves_within_mix_the_zones() -> None:
    """A mover draws her zone by day-0 adults, so that moves empty no zone into another: they keep their shares."""
    zone = np.repeat([2, 0, 1], [4000, 3000, 1000])
    residents = population(
        crowd(8000, zones=3, zone=np.sort(zone)), rates=no_hazards(move_within=1.5), minutes=np.full((3, 3), 5.0)
    )
    residents.advance(round(12 * YEAR))
    adults = residents.counts.reshape(3, -1, 9)[:, :, k.C_SEEKING].sum(axis=1)
    assert adults.sum() == 8000
    for n, share in zip(adults, np.array([3000, 1000, 4000]) / 8000, strict=True):
        assert near(n, 8000 * share, math.sqrt(8000 * share * (1 - share)))


def test_giving_up_and_looking_again_balance() -> None:
    n, give_up, back = 9000, 0.9, 0.6
    p = still(give_up_rate_per_year=give_up, return_rate_per_year=back)
    residents = population(crowd(n), p=p)
    for t in (0.5, 1.5, 12.0):
        residents = population(crowd(n), p=p)
        residents.advance(round(t * YEAR))
        share = (back + give_up * math.exp(-(give_up + back) * round(t * YEAR) / YEAR)) / (give_up + back)
        assert near(totals(residents)["seeking"], n * share, math.sqrt(n * share * (1 - share)))


def test_need_wakes_those_who_do_not_look() -> None:
    n = 4000
    half = np.where(np.arange(n) % 2, k.DISCOURAGED, k.NOT_SEEKING)
    residents = population(crowd(n, half), p=still(need_rate_per_year=0.5, return_rate_per_year=0.3))
    residents.advance(round(2 * YEAR))
    for state, rate in (("not_seeking", 0.5), ("discouraged", 0.8)):
        share = math.exp(-rate * round(2 * YEAR) / YEAR)
        assert near(totals(residents)[state], n / 2 * share, math.sqrt(n / 2 * share * (1 - share)))


def test_need_wakes_each_pool_at_its_own_rate() -> None:
    n, days = 8000, 365
    kinds = [(state, pool) for state in (k.DISCOURAGED, k.NOT_SEEKING) for pool in (k.LOST, k.NEVER_DECLARED)]
    of_kind = np.arange(n) % 4
    for lost, never in ((0.9, 0.2), (0.1, 0.6)):
        rates = {"need_rate_lost_per_year": lost, "need_rate_per_year": never, "return_rate_per_year": 0.3}
        day0 = crowd(n, np.array([s for s, _ in kinds])[of_kind], pool=np.array([p for _, p in kinds])[of_kind])
        residents = population(day0, p=still(**rates))
        residents.advance(days)
        res = residents.people()
        for i, (state, pool) in enumerate(kinds):
            rate = (lost if pool == k.LOST else never) + (0.3 if state == k.DISCOURAGED else 0.0)
            share = math.exp(-rate * days / YEAR)
            still_there = (res[of_kind == i, k.STATE] == state).sum()
            assert near(still_there, n / 4 * share, math.sqrt(n / 4 * share * (1 - share)))
        assert (res[:, k.POOL] == day0.pool).all()


def test_long_term_illness_sends_people_looking() -> None:
    n = 6000
    residents = population(crowd(n, k.NOT_SEEKING), rates=no_hazards(ald_onset=0.2))
    residents.advance(round(3 * YEAR))
    share = 1 - math.exp(-0.2 * round(3 * YEAR) / YEAR)
    assert near(totals(residents)["seeking"], n * share, math.sqrt(n * share * (1 - share)))
    res = residents.people()
    assert np.array_equal(res[:, k.ALD] == 1, res[:, k.STATE] == k.SEEKING)


def test_where_nothing_could_happen_a_rate_that_rises_takes_effect() -> None:
    residents = population(crowd(500, k.NOT_SEEKING))
    residents.set_rates(bent_rates(rates_by_zone((), ("Z000",), still()), reach_rate=5.0))
    residents.advance(365)
    assert totals(residents)["not_seeking"] < 30
    residents.check()


def test_the_mt_outside_ceases() -> None:
    n = 8000
    day0 = crowd(n, k.LISTED, outside=True, birth=2020 - np.repeat([25, 45, 70, 71], n // 4))
    day0.ald[-n // 4 :] = 1
    p = still(outside_release_rate_per_year=0.4)
    residents = population(day0, p=p)
    residents.advance(365)
    share = 1 - math.exp(-0.4 * 365 / YEAR)
    sums = totals(residents)
    assert sums["lost"] == n - sums["listed"]
    assert near(sums["lost"], n * share, math.sqrt(n * share * (1 - share)))
    res = residents.people()
    names = ("released_seeking_17_29", "released_seeking_30_59", "released_seeking_60_plus", "released_seeking_ald")
    for i, name in enumerate(names):
        released = res[i * n // 4 : (i + 1) * n // 4]
        released = released[released[:, k.STATE] != k.LISTED]
        seeking = (released[:, k.STATE] == k.SEEKING).mean()
        assert near(seeking, p[name], math.sqrt(p[name] * (1 - p[name]) / len(released)))


def test_reaching_17_on_one_s_day() -> None:
    times = np.sort(np.random.default_rng(1).integers(0, 300, 4000)) + 0.5
    day0 = crowd(300, k.LISTED, entry_time=times, entry_zone=np.zeros(4000, dtype=int))
    lists = np.where(np.arange(300) < 100, 0, 1)
    p = still(family_gp_share=0.7, entry_seeking_share=0.4)
    residents = population(day0, [Practice(0, 10.0), Practice(0, 10.0)], lists, p=p)
    residents.advance(150)
    sums = totals(residents)
    assert sums["listed"] + sums["seeking"] + sums["not_seeking"] - 300 == (times < 150).sum()
    residents.advance(300)
    sums = totals(residents)
    assert near(sums["listed"] - 300, 4000 * 0.7, math.sqrt(4000 * 0.21))
    without = sums["never"]
    assert near(sums["seeking"], without * 0.4, math.sqrt(without * 0.24))
    # above the targets, and in proportion to the lists: a Pólya urn, whose share stays 1/3 on average with this spread
    share = residents.list_size(0) / sums["listed"]
    assert near(share, 1 / 3, math.sqrt(1 / 3 * 2 / 3 * (1 / 301 - 1 / sums["listed"])))


# --- places ----------------------------------------------------------------------------------------------------------


def test_places_for_all_leave_those_who_do_not_ask() -> None:
    state = np.repeat([k.SEEKING, k.DISCOURAGED, k.NOT_SEEKING], [700, 200, 100])
    for informed in (0.0, 1.0):
        p = still(call_rate_per_year=FAST, informed_share=informed)
        residents = population(crowd(1000, state), [OPEN], p=p)
        residents.advance(60)
        found = totals(residents)
        assert found | {"listed": 700, "seeking": 0, "discouraged": 200, "not_seeking": 100} == found


@pytest.mark.parametrize("practices", [[], [Practice(0, 0.0)], [Practice(0, 500.0, openness=0.0)]])
def test_no_places_no_registrations(practices: list[Practice]) -> None:
    p = still(call_rate_per_year=50.0, informed_share=0.5)
    residents = population(crowd(500), practices, p=p)
    residents.advance(400)
    assert totals(residents)["seeking"] == 500
    calls = calls_by_outcome(residents)[:, k.CALLER_WITHOUT]
    assert calls[k.O_ACCEPTED] == calls[k.O_RELATIVE] == calls[k.O_TOO_FAR] == 0
    assert near(calls.sum(), 500 * 50 * 400 / YEAR, math.sqrt(500 * 50 * 400 / YEAR))
    # the informed learn that there is no place, the others call a closed door where there is one
    if practices:
        assert near(calls[k.O_CLOSED] / calls.sum(), 0.5, math.sqrt(0.25 / calls.sum()))
    else:
        assert calls[k.O_CLOSED] == 0


def test_places_beyond_the_tolerance_are_too_far() -> None:
    minutes = np.array([[5.0, 25.0], [25.0, 5.0]])
    p = still(call_rate_per_year=10.0, tolerance_minutes=20.0)
    residents = population(crowd(200, zones=2), [Practice(1, 1e9)], p=p, minutes=minutes)
    residents.advance(400)
    calls = calls_by_outcome(residents)[:, k.CALLER_WITHOUT]
    assert calls[k.O_TOO_FAR] == calls.sum() > 1500


def test_capacity_bounds_the_stock() -> None:
    """Everyone looks and calls fast: without MT = adults − places, to the resident."""
    practices = [Practice(0, 300.0, fte=1e6), Practice(0, 449.5, fte=1e6, centre=True)]
    residents = population(crowd(1000), practices, p=still(call_rate_per_year=FAST, acceptance_sharpness=400.0))
    residents.advance(200)
    assert [residents.list_size(0), residents.list_size(1)] == [300, 450]
    assert totals(residents)["seeking"] == 1000 - 750


def test_intake_bounds_the_pace() -> None:
    """A full bucket on the first day, then its rate: callers wait for nothing else."""
    p = still(call_rate_per_year=1000.0, intake_per_month_per_fte=30.0, intake_burst_days=20.0)
    residents = population(crowd(4000), [Practice(0, 1e9, fte=1.5)], p=p)
    per_day = 30.0 * 12 / YEAR * 1.5
    for day in (10, 50, 200):
        residents.advance(day)
        found = residents.list_size(0)
        most = math.floor(per_day * (20 + day))
        assert most - 1 <= found <= most
    # what a quiet time leaves in the bucket is no more than the bucket holds
    residents = population(crowd(4000, k.NOT_SEEKING), [Practice(0, 1e9, fte=1.5)], p=p)
    residents.advance(500)
    tokens = residents._tables.pfloat[0]
    assert tokens[k.X_BUCKET] == pytest.approx(per_day * 20)


def test_calls_with_open_doors_are_exponential() -> None:
    """The time to register: each age and illness with its own call rate."""
    n = 12_000
    p = dict(still()) | {
        "call_rate_per_year": 1.2,
        "young_call_multiplier": 0.5,
        "old_call_multiplier": 1.5,
        "ald_call_multiplier": 2.0,
    }
    birth = 2020 - np.repeat([25, 45, 70], n // 3)
    day0 = crowd(n, birth=birth, ald=np.arange(n) % 2)
    residents = population(day0, [OPEN], p=p)
    residents.advance(100)
    res = residents.people()
    for year, by_age in ((1995, 0.5), (1975, 1.0), (1950, 1.5)):
        for ill in (0, 1):
            group = res[(res[:, k.BIRTH] == year) & (res[:, k.ALD] == ill)]
            share = 1 - math.exp(-1.2 * by_age * (2 if ill else 1) * 100 / YEAR)
            found = (group[:, k.STATE] == k.LISTED).mean()
            assert near(found, share, math.sqrt(share * (1 - share) / len(group)))


# --- doctors ---------------------------------------------------------------------------------------------------------

EXIT = [name for name in catalogue() if name.startswith("exit_hazard_")]
TOWN, CITY = (make_territory({"A": town(adults)}) for adults in (1200, 24_000))


def careers(hazard: float, *, gps: int, years: int, arrivals: float, replication: int = 0) -> Any:
    parameters = dict.fromkeys(EXIT, hazard) | {"notice_share": 0.0}
    supply = {
        "first_installations": Rate(per_year=arrivals, **NONE),
        "interns_per_semester": Count(count=0, **NONE),
    }
    scenario = scenario_of(gps=gps, years=years, parameters=parameters, supply=supply)
    return simulate(scenario, seed=2, replication=replication, territory=CITY if gps > 100 else TOWN)


def test_constant_hazard_gives_geometric_careers() -> None:
    """One review a year, the same chance of leaving each time: (1 − h)^years are left."""
    n, hazard, years = 500, 0.12, 12
    run = careers(hazard, gps=n, years=years, arrivals=0.0)
    exits = events(run, "gp_exited")
    assert len(events(run, "gp_settled")) == 0
    first = run.record.days[0]
    days = (exits["date"] - np.datetime64(run.scenario.start)).dt.days.to_numpy() - first
    # each GP's reviews are a year apart and the first one lies within the first year
    year = np.floor((days - 1) / YEAR).astype(int)
    left = n
    for y in range(years):
        gone = int((year == y).sum())
        assert near(gone, left * hazard, math.sqrt(left * hazard * (1 - hazard)) + 0.5)
        left -= gone
    assert near(left, n * (1 - hazard) ** years, math.sqrt(n * (1 - hazard) ** years))
    # within a year the days of reviews are uniform
    within = (days - 1) / YEAR - year
    assert near(within.mean(), 0.5, math.sqrt(1 / 12 / len(within)))


def test_arrivals_and_exits_make_a_poisson_stock() -> None:
    """λ a year settle, a part h leaves at each review: λ (1 − h/2) (1 − (1 − h)^T) / h on average after T years."""
    rate, hazard, years, replications = 12.0, 0.25, 15, 16
    stocks = [
        len(careers(hazard, gps=0, years=years, arrivals=rate, replication=r).record.providers[-1]) for r in range(16)
    ]
    mean = rate * (1 - hazard / 2) * (1 - (1 - hazard) ** years) / hazard
    # days are whole and a review never falls on the day of arrival: within half a percent
    assert near(float(np.mean(stocks)), mean, math.sqrt(mean / replications) + 0.005 * mean)
    assert 0.25 < np.var(stocks, ddof=1) / mean < 2.6  # chi-square, 15 degrees of freedom


def test_arrivals_are_poisson() -> None:
    counts = []
    for replication in range(40):
        run = careers(0.0, gps=0, years=5, arrivals=3.0, replication=replication)
        counts.append(len(events(run, "gp_settled")))
    assert near(float(np.mean(counts)), 15.0, math.sqrt(15 / 40))
    assert 0.35 < np.var(counts, ddof=1) / 15 < 2.1  # chi-square, 39 degrees of freedom


def test_log_odds() -> None:
    assert bent_probability(0.2, 0.0) == 0.2
    assert bent_probability(0.0, 3.0) == 0.0
    assert bent_probability(1.0, -3.0) == 1.0
    for p in (0.01, 0.3, 0.9):
        for x in (-2.0, 0.4):
            bent = bent_probability(p, x)
            assert math.log(bent / (1 - bent)) == pytest.approx(math.log(p / (1 - p)) + x)


def test_national_cessations_are_those_published() -> None:
    """Of 100 GPs of France's ages so many cease a year, and retire; of 55–59 so many are there five years later."""
    p = {name: parameter.value for name, parameter in catalogue().items()}
    france = tuple(gp_departements()["list_holders_2024"].to_dict().items())
    each = np.array([exit_hazard(p, age) for age in AGES_OF_GPS.tolist()])
    ceasing = float(ages_of_mixture(france) @ each)
    assert 0.044 <= ceasing <= 0.05  # Cnam
    assert 0.65 <= expected_retirements(p, france) / ceasing <= 0.75  # Cnam
    stay = 1.0 - np.array([exit_hazard(p, age) for age in range(80)])
    kept = np.mean([np.prod(stay[age : age + 5]) for age in range(55, 60)])
    assert 0.89 <= kept <= 0.92  # RPPS
    steps = np.diff(np.log(1.0 - stay[50:66]))
    assert np.abs(steps).max() < math.log(3.1)  # no cliff


def test_expected_retirements_are_those_of_the_ages() -> None:
    chances = gp_ages("53")
    assert chances.sum() == pytest.approx(1)
    p = still(**dict.fromkeys(EXIT, 0.1))
    assert expected_retirements(p, (("53", 1),)) == pytest.approx(0.1 * chances[AGES_OF_GPS >= 60].sum())


def test_no_provider_to_register_with() -> None:
    """A whole run without GPs: no accepted call, no registration, and everyone listed has an MT outside."""
    run = simulate(
        scenario_of(gps=0, residents=without_mt(0.2), supply={"first_installations": Rate(per_year=0.0, **NONE)}),
        territory=TOWN,
    )
    assert len(run.calls) > 0
    assert not run.calls["outcome"].isin(["accepted", "accepted_relative", "closed"]).any()
    assert not run.flows["cause"].astype(str).str.startswith("registered").any()
    assert (run.snapshots["listed"] == run.snapshots["listed_far"]).all()
    assert len(run.providers) == 0
