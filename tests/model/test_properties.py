"""What must hold in every scenario, however odd: conservation, accounts that add up, rules that are never broken."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import (
    Audit,
    crowd,
    dense,
    make_territory,
    near,
    no_hazards,
    population,
    room,
    scenario_of,
    still,
    territories,
    town,
    without_mt,
    worlds,
)

from ess_sim.errors import ConservationError
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.sourced import Count
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model import kernel as k
from ess_sim.model.residents.practice import Practice
from ess_sim.model.residents.residents import Residents
from ess_sim.model.run.simulation import simulate
from ess_sim.results.tables import cells, distributions
from ess_sim.results.tables.names import CALL_OUTCOMES, CALLERS, CAUSES, COUNTS
from ess_sim.results.tables.record import Record

LISTED, FAR, REACHABLE, MINUTES = map(COUNTS.index, ("listed", "listed_far", "listed_reachable", "minutes"))
SEEKING, DISCOURAGED, NOT_SEEKING = map(COUNTS.index, ("seeking", "discouraged", "not_seeking"))
LOST, NEVER = map(COUNTS.index, ("lost", "never_declared"))


def examples(n: int) -> settings:
    return settings(max_examples=n, print_blob=True)


def flows_of(record: Record) -> NDArray[np.int64]:
    """Shape (records, causes, pools, cells)."""
    n, cells, _ = record.counts.shape
    return dense(record.flows, n, len(CAUSES) * 2 * cells).reshape(n, len(CAUSES), 2, cells)


def calls_of(record: Record) -> NDArray[np.int64]:
    """Shape (records, outcomes, callers, cells)."""
    n, cells, _ = record.counts.shape
    shape = n, len(CALL_OUTCOMES), len(CALLERS), cells
    return dense(record.calls, n, int(np.prod(shape[1:]))).reshape(shape)


def accounts_add_up(record: Record, territory: Territory) -> None:
    counts = record.counts.astype(np.int64)
    assert (counts >= 0).all()
    # everyone without MT is in one state and in one pool; all who are far are listed
    without = counts[..., SEEKING] + counts[..., DISCOURAGED] + counts[..., NOT_SEEKING]
    assert np.array_equal(without, counts[..., LOST] + counts[..., NEVER])
    assert (counts[..., FAR] <= counts[..., LISTED]).all()
    assert (counts[..., REACHABLE] <= counts[..., LISTED]).all()

    # flows are the change of the stocks, cell by cell and pool by pool
    flows, calls = flows_of(record), calls_of(record)
    assert not flows[0].any()
    stocks = counts[..., [LOST, NEVER]].transpose(0, 2, 1)
    assert np.array_equal(flows.sum(axis=1)[1:], np.diff(stocks, axis=0))
    cause = {name: flows[:, i] for i, name in enumerate(CAUSES)}
    for name in ("reached_17", "moved_in", "released_cessation", "released_closure", "released_outside"):
        assert (cause[name] >= 0).all(), name
    for name in ("died", "moved_out", "registered_liberal", "registered_centre"):
        assert (cause[name] <= 0).all(), name
    for name in ("moved_within", "birthday", "ald_onset"):  # to and fro only
        assert not cause[name].sum(axis=-1).any(), name
    for name in ("released_cessation", "released_closure", "released_outside"):
        assert not cause[name][:, 1].any(), name
    assert not cause["reached_17"][:, 0].any()

    # every registration of a resident without MT is a call that was accepted, in the same cell
    registered = -(cause["registered_liberal"] + cause["registered_centre"]).sum(axis=1)
    accepted = calls[:, CALL_OUTCOMES.index("accepted")] + calls[:, CALL_OUTCOMES.index("accepted_relative")]
    assert np.array_equal(accepted[:, CALLERS.index("without_mt")], registered)
    suppressed = CALL_OUTCOMES.index("suppressed")
    assert not calls[:, suppressed, 1:].any()
    assert not calls[:, suppressed, :, ::2].any(), "only precarious residents do not dare"
    assert not calls[:, CALL_OUTCOMES.index("financial"), :, ::2].any()

    # minutes to the MT by zone are those of the residents counted, to half a minute each (and a tenth's rounding)
    when, key, residents = record.distributions.arrays()
    parts = distributions.unpack(key)
    by_zone = np.zeros((len(counts), len(territory.zones)), dtype=np.int64)
    total = np.zeros(len(counts))
    np.add.at(by_zone, (when, parts.zone), residents)
    np.add.at(total, when, parts.value * residents)
    assert (residents > 0).all()
    assert np.array_equal(by_zone, cells.view(counts, axis=1)[..., REACHABLE].sum(axis=(2, 3, 4)))
    assert (np.abs(total - counts[..., MINUTES].sum(axis=1) / 10) <= 0.5 * by_zone.sum(axis=1) + 1e-6).all()

    # lists hold all who are listed, but for those whose MT is outside
    lists = np.array([rows[:, 1].sum() for rows in record.providers])
    listed, reachable = counts[..., LISTED].sum(axis=1), counts[..., REACHABLE].sum(axis=1)
    assert (lists <= listed).all()
    n = len(territory.zones)
    if len(territory.travel_indices) == n * n:  # every zone within the cut-off of every other
        assert np.array_equal(lists, reachable)
        if np.all(territory.travel_minutes <= 15):  # the lowest tolerance
            assert np.array_equal(listed - lists, counts[..., FAR].sum(axis=1))
    else:
        assert (reachable <= lists).all()
    for rows in record.providers:
        _, size, target, openness, chance = rows.T
        assert ((openness >= 0) & (openness <= 1) & (chance >= 0) & (chance <= openness)).all()
        assert not chance[size >= target].any()


@examples(80)
@given(worlds(), st.integers(0, 3), st.integers(20, 200))
def test_accounts_add_up_in_every_scenario(world: tuple[Scenario, Territory], replication: int, every: int) -> None:
    scenario, territory = world
    audited = scenario.with_(policies=(*scenario.policies, Audit(every=every)))
    run = simulate(audited, seed=7, replication=replication, territory=territory)
    accounts_add_up(run.record, territory)


def test_accounts_add_up_between_communes() -> None:
    scenario = scenario_of(years=6, gps=5, policies=[Audit(every=30)])
    for replication in range(3):
        run = simulate(scenario, replication=replication)
        territory = Territory.from_communes(["53034", "53054"])
        accounts_add_up(run.record, territory)
        assert run.record.events > 1000


@examples(40)
@given(worlds(), st.integers(0, 3))
def test_head_counts_of_gps(world: tuple[Scenario, Territory], replication: int) -> None:
    """GPs now = GPs on day 0 + settled − exited, at every record."""
    scenario, territory = world
    run = simulate(scenario, seed=3, replication=replication, territory=territory)
    change = {"gp_present": 1, "gp_settled": 1, "gp_exited": -1}
    dated = [(f.day, change[f.event]) for f in run.record.facts if f.event in change]
    for day, rows in zip(run.record.days, run.record.providers, strict=True):
        liberal = sum(not run.record.owner_centre[int(o)] for o in rows[:, 0])
        assert liberal == sum(n for d, n in dated if d <= day)
    working = [s for s in run.record.stints if s.mode == "liberal" and s.last_day < 0]
    assert len(working) == sum(n for _, n in dated)


# --- no one is accepted above the target -----------------------------------------------------------------------------


def grown_beyond(record: Record) -> list[int]:
    """Owners of lists that are above their target, and longer than a month ago."""
    found = []
    before = {int(owner): size for owner, size, *_ in record.providers[0]}  # of day 0, which may be above it
    for rows in record.providers[1:]:
        found += [int(o) for o, size, target, *_ in rows if size > max(math.ceil(target), before.get(int(o), 0))]
        before = {int(owner): size for owner, size, *_ in rows}
    return found


NO_EXCESS = {
    "relatives_accepted_share": 0.0,
    "handover_share": 0.0,
    "family_gp_share": 0.0,
    "successor_handover_share": 0.0,
    "target_decline_from_60": 0.0,
    "stretch_per_year": 0.0,
    "elsewhere_follows_share": 0.0,
}


@examples(60)
@given(territories(), st.integers(0, 5), st.floats(-0.1, 0.2), st.integers(0, 3), st.sampled_from([0.5, 6.0, 60.0]))
def test_no_list_exceeds_its_target(
    territory: Territory, gps: int, part: float, replication: int, calls_per_year: float
) -> None:
    parameters = NO_EXCESS | room(part) | {"call_rate_per_year": calls_per_year}
    no_interns = {"interns_per_semester": Count(count=0, source="none", grade="D")}
    scenario = scenario_of(gps=gps, years=4, parameters=parameters, supply=no_interns)
    run = simulate(scenario, replication=replication, territory=territory)
    assert grown_beyond(run.record) == []


def test_lists_do_exceed_targets_where_relatives_are_taken() -> None:
    """The property above can fail: what it switches off is what makes lists grow beyond their targets."""
    territory = make_territory({"A": town(800)})
    parameters = NO_EXCESS | room(0.03) | {"relatives_accepted_share": 0.2, "call_rate_per_year": 6.0}
    scenario = scenario_of(gps=2, years=4, parameters=parameters, residents=without_mt(0.4))
    run = simulate(scenario, territory=territory)
    assert grown_beyond(run.record)


def _steps(residents: Residents, n: int) -> Any:
    """Candidate events one by one: the resident whom each concerns, before and after, and the providers before."""
    arena, tables = residents._arena, residents._tables
    for _ in range(n):
        before, lists = residents.people(), tables.pint[:, k.V_LIST].copy()
        t = float(arena.f[k.T_NEXT])
        tokens = np.minimum(
            tables.pfloat[:, k.X_BUCKET],
            tables.pfloat[:, k.X_TOKENS] + tables.pfloat[:, k.X_INTAKE] * (t - tables.pfloat[:, k.X_TOKEN_TIME]),
        )
        if not np.isfinite(t):
            return
        assert k.advance(*arena, t) == k.DONE
        after = residents.people()
        before = np.pad(before, ((0, len(after) - len(before)), (0, 0)))  # with a row for a newcomer
        moved = np.flatnonzero((before[:, [k.STATE, k.PROVIDER]] != after[:, [k.STATE, k.PROVIDER]]).any(axis=1))
        assert len(moved) <= 1
        for i in moved:
            yield before[i], after[i], lists, tokens


@pytest.mark.parametrize("relatives", [0.0, 0.3])
def test_every_registration_keeps_the_rules(relatives: float) -> None:
    """Step by step: room, a token, an open door, a list rule that admits, a provider within the tolerance."""
    state = np.where(np.arange(300) < 180, k.LISTED, k.SEEKING)
    day0 = crowd(
        300,
        state,
        zones=3,
        zone=np.arange(300) % 3,
        pool=np.where(state == k.LISTED, k.NO_POOL, k.LOST),
        outside=(state == k.LISTED) & (np.arange(300) % 4 == 0),
        precarious=np.arange(300) % 5 == 0,
    )
    practices = [
        Practice(0, 60.0, fte=0.2),
        Practice(0, 50.5, fte=0.3, openness=0.6, financial_barrier=0.4),
        Practice(1, 45.0, fte=0.2, appeal=3.0),
        Practice(1, 40.0, openness=0.0),
        Practice(2, 40.0, fte=0.5, centre=True, only_without_mt=True),
        Practice(2, 60.0, fte=0.5, centre=True),
    ]
    inside = (state == k.LISTED) & ~day0.outside
    p = still(
        call_rate_per_year=20.0,
        far_call_rate_per_year=5.0,
        voluntary_change_rate_per_year=5.0,
        outside_release_rate_per_year=0.3,
        give_up_rate_per_year=0.5,
        return_rate_per_year=1.0,
        need_rate_per_year=1.0,
        informed_share=0.5,
        relatives_accepted_share=relatives,
        intake_per_month_per_fte=30.0,
    )
    rates = no_hazards(death=0.2, move_out=0.1, move_within=0.3)
    minutes = np.array([[4.0, 12.0, 30.0], [12.0, 4.0, 16.0], [30.0, 16.0, 4.0]])
    residents = population(day0, practices, np.where(inside, np.arange(300) % 6, -1), p=p, rates=rates, minutes=minutes)
    joined = np.zeros(len(practices), dtype=int)
    beyond = 0
    from_a_list = 0
    for old, new, lists, tokens in _steps(residents, 6000):
        to = new[k.PROVIDER]
        if new[k.STATE] != k.LISTED or to < 0 or old[k.STATE] == k.FREE:
            continue
        practice = practices[to]
        joined[to] += 1
        from_a_list += old[k.STATE] == k.LISTED
        assert practice.openness > 0
        assert minutes[new[k.ZONE], practice.zone] <= p["tolerance_minutes"]
        assert old[k.STATE] in (k.SEEKING, k.LISTED)
        assert not (practice.only_without_mt and old[k.STATE] == k.LISTED)
        if lists[to] >= practice.target or tokens[to] < 1:
            beyond += 1
            assert not practice.centre, "centres take no relatives"
    residents.check()
    assert joined[[0, 1, 2, 4, 5]].min() > 5
    assert joined[3] == 0
    assert from_a_list > 20
    assert (beyond > 0) == (relatives > 0)


def test_sums_over_lists_and_zones_are_those_of_a_recount() -> None:
    """Patients of liberal practices, of centres and outside, and shares by zone, one of which is empty."""
    zone = np.array([0, 1, 3])[np.arange(300) % 3]
    state = np.where(np.arange(300) % 7 < 4, k.LISTED, np.arange(300) % 7 - 2)  # all states, in all zones
    outside = (state == k.LISTED) & (np.arange(300) % 5 == 0)
    practices = [Practice(0, 90.0), Practice(1, 80.0, centre=True), Practice(3, 70.0), Practice(3, 20.0, centre=True)]
    on_list_of = np.where((state == k.LISTED) & ~outside, np.arange(300) % 4, -1)
    day0 = crowd(300, state, zones=4, zone=zone, outside=outside)
    p = still(call_rate_per_year=10.0, outside_release_rate_per_year=0.5)
    minutes = np.full((4, 4), 10.0)
    residents = population(day0, practices, on_list_of, p=p, rates=no_hazards(death=0.3), minutes=minutes)
    for day in (0, 400):
        residents.advance(day)
        people = residents.people()
        alive = people[people[:, k.STATE] != k.FREE]
        listed, provider = alive[:, k.STATE] == k.LISTED, alive[:, k.PROVIDER]
        inside = listed & (provider >= 0)
        by_mt = (inside & (provider % 2 == 0), inside & (provider % 2 == 1), listed & ~inside, ~listed)
        assert residents.by_mt() == tuple(int(who.sum()) for who in by_mt)
        assert min(residents.by_mt()) > 0
        of_zone = [~listed[alive[:, k.ZONE] == z] for z in range(4)]
        shares = [without.mean() if len(without) else 0.0 for without in of_zone]
        assert residents.share_without_mt(day).tolist() == shares
        assert shares[2] == 0 < min(shares[:2])


def test_minutes_by_zone_are_those_of_the_residents() -> None:
    """Found from where residents live and their MTs practise; one MT is beyond the cut-off, one in the open bin."""
    state = np.where(np.arange(400) % 4 < 3, k.LISTED, k.SEEKING)
    inside = (state == k.LISTED) & (np.arange(400) % 7 > 0)
    day0 = crowd(400, state, zones=3, zone=np.arange(400) % 3, outside=(state == k.LISTED) & ~inside)
    practices = [Practice(0, 500.0), Practice(1, 500.0), Practice(2, 500.0)]
    minutes = np.array([[130.0, 16.4, 40.0], [16.4, 4.26, 16.5], [40.0, 16.5, 0.0]])
    p = still(call_rate_per_year=10.0, voluntary_change_rate_per_year=1.0)
    rates = no_hazards(death=0.1, move_out=0.1, move_within=0.4)
    residents = population(day0, practices, np.where(inside, np.arange(400) % 3, -1), p=p, rates=rates, minutes=minutes)
    seen = np.zeros(distributions.N_BINS, dtype=int)
    for day in (0, 200, 800):
        residents.advance(day)
        people = residents.people()
        inside_now = people[(people[:, k.STATE] == k.LISTED) & (people[:, k.PROVIDER] >= 0)]
        expected = np.zeros((3, distributions.N_BINS), dtype=int)
        for zone, provider in inside_now[:, [k.ZONE, k.PROVIDER]].tolist():
            known = minutes[zone, provider]  # practice z stands in zone z
            if known != 40:  # beyond the cut-off
                expected[zone, min(120, math.floor(known + 0.5))] += 1
        assert np.array_equal(residents.distributions, expected)
        seen += expected.sum(axis=0)
    assert np.flatnonzero(seen).tolist() == [0, 4, 16, 17, 120]


@pytest.mark.parametrize(
    ("table", "place", "added", "message"),
    [
        ("counts", (0, k.C_LISTED), 1, "counts differ"),
        ("spread", (1, 40), 1, "distributions by zone differ"),
        ("pint", (0, k.V_LIST), 1, "list sizes"),
        ("zint", (slice(None), k.Z_LISTED), [1, -1], "lists by zone"),  # sums over zones stay right
        ("zint", (slice(None), k.Z_IN_CENTRES), [1, -1], "lists by zone"),
        ("of_zone", (0,), 1, "lists by zone"),
        ("by_mt", (1, k.W_WITHOUT), 1, "adults by zone"),
        ("res", (0, k.SPOT), 1, "lists by zone"),
        ("of_provider", (0,), 1, "who is on a list"),
        ("seating", (0, k.Q_ROOMY), -1, "providers by zone"),
        ("pint", (0, k.V_SEAT), 1, "providers by zone"),
        ("pint", (0, k.V_ACTIVE), -1, "has ended"),
        ("pint", (0, k.V_NEWS), 1, "in the news"),
        ("seating", (1, k.Q_NEWS), 1, "in the news"),
        ("appeal", (0, k.APPEAL_SUM), 1e-6, "appeal of providers"),
        ("appeal", (1, k.APPEAL_BOUND), 1.0, "appeal of providers"),
        ("appeal", (0, k.APPEAL_NEWS), 1.0, "appeal of providers"),
        ("zint", (0, k.Z_STALE), k.FRESH - k.STALE, "candidates by zone"),
        ("in_news", (0,), 1, "providers in the news"),
        ("zint", (1, k.Z_HEARD), 1, "that each zone hears"),
        ("seeking", (0, 0), 1, "list 0 differs"),
        ("seeking", (0, 1), 1, "list 0 differs"),  # her pool
        ("far", (0, 1), 1, "list 3 differs"),
        ("oldest", (0,), 1, "the oldest"),
        ("par", (k.T_RATE,), 1, "rate of events"),
    ],
)
def test_the_recount_finds_what_is_wrong(table: str, place: tuple[Any, ...], added: Any, message: str) -> None:
    state = np.where(np.arange(100) < 60, k.LISTED, k.SEEKING)
    day0 = crowd(100, state, zones=2, zone=np.arange(100) % 2, birth=np.where(np.arange(100) % 9, 1980, 1925))
    minutes = np.array([[5.0, 40.0], [40.0, 5.0]])
    on_list_of = np.where(np.arange(100) < 50, 0, -1)
    residents = population(day0, [Practice(0, 90.0)], on_list_of, minutes=minutes)
    residents.check()
    getattr(residents._tables, table)[place] += added
    with pytest.raises(ConservationError, match=message):
        residents.check()


@pytest.mark.parametrize("which", range(k.N_STATES_WITHOUT))
def test_the_recount_counts_every_state_without_mt(which: int) -> None:
    """In adults by where their MT practises, too: those outside the territory are what the others leave."""
    states = [k.LISTED, *range(k.SEEKING, k.SEEKING + k.N_STATES_WITHOUT)]
    day0 = crowd(100, np.resize(states, 100))
    residents = population(day0, [Practice(0, 90.0)], np.where(np.arange(100) % len(states), -1, 0))
    residents.check()
    residents._arena.n[k.I_SEEK + which] += 1
    with pytest.raises(ConservationError, match="adults by where their MT practises"):
        residents.check()


# --- names of zones --------------------------------------------------------------------------------------------------


def test_names_of_zones_do_not_matter() -> None:
    """Other names give other draws from the same distribution: means over replications agree, zone by zone."""
    places = [town(500), town(300), town(150)]
    first = make_territory(dict(zip(("A", "B", "C"), places, strict=True)), km=8.0)
    # the same places from west to east, with names that sort the other way round
    second = Territory(
        **{name: getattr(first, name) for name in ("name", "notes", "cutoff_minutes", "departements")},
        zones=("x", "y", "z"),
        zone_names=("third", "second", "first"),
        population=first.population[::-1],
        area_km2=first.area_km2[::-1],
        longitude=first.longitude[::-1],
        latitude=first.latitude[::-1],
    )
    assume_same = np.allclose(first.travel_minutes_between("A", "B"), second.travel_minutes_between("z", "y"))
    assert assume_same

    def sample(territory: Territory, order: slice) -> NDArray[np.float64]:
        rows = []
        for replication in range(60):
            run = simulate(scenario_of(gps=4, years=3), seed=11, replication=replication, territory=territory)
            last = run.record.counts[-1].reshape(3, 5, 4, 9).sum(axis=2).astype(float)[order]
            zones = last[..., [LISTED, FAR, SEEKING, LOST, NEVER]].sum(axis=1).ravel()
            lists = np.zeros(3)
            for owner, size, *_ in run.record.providers[-1]:
                lists[run.record.owner_zone[int(owner)]] += size
            rows.append([*zones, *last[..., LISTED].sum(axis=0), *lists[order]])
        return np.array(rows)

    a, b = sample(first, slice(None)), sample(second, slice(None, None, -1))
    assert not np.array_equal(a, b)
    for x, y in zip(a.T, b.T, strict=True):
        sd = np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / len(x))
        assert near(x.mean(), y.mean(), sd + 1e-9)


@examples(25)
@given(worlds(years=2))
def test_a_run_is_a_function_of_its_arguments(world: tuple[Scenario, Territory]) -> None:
    scenario, territory = world
    assume(territory.adults.sum() > 20)
    one, two = (simulate(scenario, seed=5, territory=territory).record for _ in range(2))
    assert np.array_equal(one.counts, two.counts)
    assert one.stints == two.stints
    assert [repr(f) for f in one.facts] == [repr(f) for f in two.facts]
