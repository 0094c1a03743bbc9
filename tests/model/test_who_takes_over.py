"""Who takes over the list of a GP on her last day: her successor first, then colleagues, the nearest first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from strategies import NONE, make_territory, room, scenario_of, town, without_mt

from ess_sim.inputs.scenario.blocks import GpBlock
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model import kernel as k
from ess_sim.model.behaviours.gps import careers, settling
from ess_sim.model.behaviours.gps.practice import new_gp
from ess_sim.model.run.simulation import build_world, simulate
from ess_sim.model.world.records import Gp
from ess_sim.model.world.world import World
from ess_sim.streams import stable_rank

ALONE = {"absorption_minutes": -1.0, "group_practice_share": 0.0, "handover_share": 1.0}
"""Only a successor takes patients over."""


def sizes(world: World) -> dict[str, int]:
    """Lists by GP."""
    return {gp.name: world.residents.list_size(gp.slot) for gp in world.gps.values()}


# --- successors ------------------------------------------------------------------------------------------------------


def succession(parameters: Mapping[str, float]) -> tuple[World, Gp, Gp]:
    """A GP who has announced her exit, and who succeeds to her."""
    scenario = scenario_of(gps=4, parameters=parameters)
    world = build_world(scenario, seed=1, replication=0, territory=make_territory({"A": town(3000)}))
    gp = world.gps["gp-A-001"]
    world.gps.announce(gp, 300)
    successor = settling.settle(world, "arrival-0001", origin="outside")
    assert successor is not None
    assert gp.successor is successor
    return world, gp, successor


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_a_successor_waits_and_then_keeps_the_list_together(share: float) -> None:
    """She takes nobody before her predecessor's last day, and then her share, however low her target is."""
    world, gp, successor = succession(
        ALONE | {"successor_handover_share": share, "newcomer_target_relative": 0.01, "settlers_announced_share": 1.0}
    )
    assert successor.practice == gp.practice
    assert world.residents.openness(successor.slot) == 0.0
    assert world.residents._tables.pint[successor.slot, k.V_NEWS] == 0
    world.residents.advance(200)
    assert world.residents.list_size(successor.slot) == 0
    size = world.residents.list_size(gp.slot)
    careers.leave(world, gp)
    assert world.residents.list_size(successor.slot) == int(share * size + 0.5)
    assert world.residents.target(successor.slot) < 0.05 * size
    assert world.residents.openness(successor.slot) == 1.0
    (released,) = (f.residents for f in world.facts if f.event == "list_released")
    assert released == size - int(share * size + 0.5)
    world.residents.check()


def test_partners_take_of_what_a_successor_leaves() -> None:
    parameters = {**room(9.0), "absorption_minutes": -1.0, "group_practice_share": 1.0, "group_size": 2.0}
    world, gp, successor = succession(parameters | {"successor_handover_share": 0.6, "handover_share": 0.5})
    before = sizes(world)
    careers.leave(world, gp)
    got = {name: n - before[name] for name, n in sizes(world).items()}
    first = int(0.6 * before[gp.name] + 0.5)
    second = int(0.5 * (before[gp.name] - first) + 0.5)
    assert got == {successor.name: first, "gp-A-002": second, "gp-A-003": 0, "gp-A-004": 0}


def test_a_successor_who_has_left_takes_nothing() -> None:
    world, gp, successor = succession(ALONE)
    careers.leave(world, successor)
    size = world.residents.list_size(gp.slot)
    careers.leave(world, gp)
    assert not [f for f in world.facts if f.event == "list_handed_over"]
    assert [f.residents for f in world.facts if f.event == "list_released"] == [0, size]


def test_who_announces_her_own_exit_succeeds_to_no_one_any_more() -> None:
    """And another may succeed in her place."""
    world, gp, successor = succession(ALONE | {"successor_handover_share": 0.5})
    next(careers.notice(world, successor, 400))
    assert gp.successor is None
    careers.leave(world, gp)
    assert world.residents.list_size(successor.slot) == 0


@pytest.mark.parametrize(("places", "predecessors"), [(0.4, 1), (1.05, 2), (9.0, 3)])
def test_a_newcomer_with_places_succeeds_to_several(places: float, predecessors: int) -> None:
    """In the order of their last days, as long as she has places for all their lists; she opens after the last one."""
    world = valley(successor_handover_share=1.0)
    leaving = [world.gps[name] for name in ("gp-A-004", "gp-A-001", "gp-A-003")]
    for months, gp in enumerate(leaving, start=1):
        world.gps.announce(gp, 30 * months)
    newcomer = new_gp(world, "arrival", 0, 1988, True, "arrival", np.random.default_rng(1))
    sizes_before = [world.residents.list_size(gp.slot) for gp in leaving]
    newcomer.base_target = places * sum(sizes_before[:2])
    settling.begin_practice(world, newcomer, 0.5, "elsewhere")
    assert [gp.successor is newcomer for gp in leaving] == [i < predecessors for i in range(3)]
    assert newcomer.practice == leaving[0].practice
    for n, gp in enumerate(leaving[:predecessors], start=1):
        assert world.residents.openness(newcomer.slot) == 0.0
        careers.leave(world, gp)
        assert world.residents.openness(newcomer.slot) == float(n == predecessors)
    assert world.residents.list_size(newcomer.slot) == sum(sizes_before[:predecessors])


# --- colleagues ------------------------------------------------------------------------------------------------------

MINUTES = [[5, 14, 9, 15.5], [14, 5, 25, 25], [9, 25, 5, 25], [15.5, 25, 25, 5]]
VALLEY = make_territory({zone: town(1200) for zone in "ABCD"}, minutes=MINUTES)
GPS = [GpBlock(zones=(zone,), count=n, **NONE) for zone, n in zip("ABCD", (5, 2, 2, 1), strict=True)]


def valley(**parameters: float) -> World:
    """Groups of two in A, singles around it."""
    shared = {"group_practice_share": 1.0, "group_size": 2.0, "handover_excess": 0.1, **room(0.1)}
    scenario = scenario_of(parameters=shared | parameters, supply={"list_holding_gps": GPS})
    return build_world(scenario, seed=1, replication=0, territory=VALLEY)


@pytest.mark.parametrize("share", [0.2, 0.9, 1.0])
@pytest.mark.parametrize("within", [-1.0, 0.0, 9.0, 15.0])
def test_colleagues_take_over_the_nearest_first(share: float, within: float) -> None:
    """Partners whatever the minutes, then the others within reach; GPs of the same minutes by their rank."""
    world = valley(handover_share=share, absorption_minutes=within)
    gp = world.gps["gp-A-003"]
    world.gps["gp-A-002"].leaves_on = 500  # takes no one any more
    before = sizes(world)
    by_rank = {
        zone: sorted((n for n in before if n[3] == zone), key=lambda n: stable_rank(f"{gp.name}/{n}"))
        for zone in "ABCD"
    }
    minutes = {"A": 5.0, "C": 9.0, "B": 14.0, "D": 15.5}
    order = ["gp-A-004", *(n for zone in minutes if minutes[zone] <= within for n in by_rank[zone])]
    order = [n for i, n in enumerate(order) if n not in (gp.name, "gp-A-002", *order[:i])]
    left = int(share * before[gp.name] + 0.5)
    expected = dict.fromkeys(before, 0)
    for name in order:
        limit = int(world.residents.target(world.gps[name].slot) * 1.1)
        expected[name] = min(left, max(0, limit - before[name]))
        left -= expected[name]
    del expected[gp.name]
    careers.leave(world, gp)
    assert {name: n - before[name] for name, n in sizes(world).items()} == expected
    assert sum(n > 0 for n in expected.values()) >= (1 if within < 5 or share < 0.5 else 3)
    handed = [f.other for f in world.facts if f.event == "list_handed_over"]
    assert handed == [name for name in order if expected[name]]
    world.residents.check()


# --- news of who settles ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_settlers_are_in_the_news(share: float) -> None:
    """Where nobody calls by herself, only those who hear of a new list find it."""
    silent = ("call_rate_per_year", "far_call_rate_per_year", "voluntary_change_rate_per_year")
    parameters = dict.fromkeys(silent, 0.0) | {"settlers_announced_share": share, "opening_news_rate_per_year": 2.0}
    supply = {"first_installations": Rate(per_year=3.0, **NONE), "interns_per_semester": Count(count=0, **NONE)}
    scenario = scenario_of(years=2, parameters=parameters, supply=supply, residents=without_mt(0.3))
    run = simulate(scenario, territory=make_territory({"A": town(1200)}))
    settled = (run.facts["event"] == "gp_settled").sum() - (run.facts["event"] == "succession_reserved").sum()
    assert settled > 1
    calls = run.calls[run.calls["outcome"] != "suppressed"]["count"].sum()
    assert (calls > 20) == (share == 1.0)
    assert calls == 0 or share == 1.0


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_each_settler_draws_for_herself_whether_she_is_announced(share: float) -> None:
    world = build_world(
        scenario_of(parameters={"settlers_announced_share": share, "newcomer_salaried_share": 0.0}),
        seed=1,
        replication=0,
        territory=make_territory({"A": town(1200)}),
    )
    slots = [gp.slot for i in range(40) if (gp := settling.settle(world, f"arrival-{i:04d}", origin="outside"))]
    in_news = int((world.residents._tables.pint[slots, k.V_NEWS] == 1).sum())
    assert in_news == sum(world.streams.of("announced", f"arrival-{i:04d}").random() < share for i in range(40))
    assert (in_news == 0, in_news == 40) == (share == 0.0, share == 1.0)
