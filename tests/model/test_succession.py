"""Who takes over a list, who is heard of when she settles, and how targets grow: docs/model.md, 4 and 2.7."""

from __future__ import annotations

import math

from strategies import NONE, make_territory, near, scenario_of, town

from ess_sim.inputs.scenario.blocks import GpBlock
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model import kernel as k
from ess_sim.model.behaviours.gps import careers, settling
from ess_sim.model.run.simulation import build_world
from ess_sim.model.world.records import Gp
from ess_sim.model.world.world import World
from ess_sim.streams import stable_rank

ALONE = {"group_practice_share": 0.0, "nominal_mt_share": 0.0}
ROW = make_territory(
    {zone: town(1200) for zone in "ABCD"},
    minutes=[[4.0, 9.0, 9.0, 18.0], [9.0, 4.0, 12.0, 9.0], [9.0, 12.0, 4.0, 25.0], [18.0, 9.0, 25.0, 4.0]],
)


def world_of(territory: Territory = ROW, gps: tuple[int, ...] = (2, 2, 2, 2), **parameters: float) -> World:
    blocks = [GpBlock(zones=[zone], count=n, **NONE) for zone, n in zip(territory.zones, gps, strict=True)]
    room = {"list_fill": 0.9, "custom_elasticity": 1.0, "capacity_elasticity": 1.0, "filling_years": 0.0}
    scenario = scenario_of(supply={"list_holding_gps": blocks}, parameters=ALONE | room | parameters)
    world = build_world(scenario, seed=1, replication=0, territory=territory)
    for gp in world.gps.values():
        gp.leaves_on = None  # none has announced an exit before day 0
    return world


def sizes(world: World) -> dict[str, int]:
    return {name: world.residents.list_size(gp.slot) for name, gp in world.gps.items()}


def received(world: World, gp: Gp) -> dict[str, int]:
    """Residents whom each other GP gets as she leaves."""
    before = sizes(world)
    careers.leave(world, gp)
    world.residents.check()
    return {name: size - before[name] for name, size in sizes(world).items()}


# --- colleagues ------------------------------------------------------------------------------------------------------


def test_the_nearest_colleagues_take_patients_first() -> None:
    """To the last of their places and a tenth more, the partners whom nobody is nearer than first of all."""
    for share, reach in ((0.2, 15.0), (0.9, 15.0), (1.0, 10.0), (1.0, 3.0), (1.0, -1.0)):
        world = world_of(handover_share=share, handover_excess=0.1, absorption_minutes=reach)
        gp = world.gps["gp-A-001"]
        partner = world.gps["gp-D-002"]  # in her practice, though in another zone
        partner.practice = gp.practice
        size, before = sizes(world)[gp.name], sizes(world)
        room = {
            g.name: max(0, math.floor(world.residents.target(g.slot) * 1.1 + 1e-9) - before[g.name])
            for g in world.gps.values()
        }
        minutes = {"A": 4.0, "B": 9.0, "C": 9.0, "D": 18.0}
        colleagues = [name for name in world.gps if name not in (gp.name, partner.name) and minutes[name[3]] <= reach]
        colleagues.sort(key=lambda name: (minutes[name[3]], stable_rank(f"{gp.name}/{name}")))
        left, expected = int(share * size + 0.5), dict.fromkeys(before, 0)
        for name in [partner.name, *colleagues]:
            expected[name] = min(left, room[name])
            left -= expected[name]
        expected.pop(gp.name)
        assert received(world, gp) == expected
        assert sum(n > 0 for n in expected.values()) >= (2 if reach > 3.0 else 1)


def test_who_is_leaving_herself_takes_nobody() -> None:
    world = world_of(handover_share=1.0, absorption_minutes=30.0)
    world.gps["gp-A-002"].leaves_on = 100
    got = received(world, world.gps["gp-A-001"])
    assert got["gp-A-002"] == 0
    assert sum(got.values()) > 0


# --- successors ------------------------------------------------------------------------------------------------------


def succeeded(**parameters: float) -> tuple[World, Gp, Gp]:
    """A newcomer who waits for the list of a GP who is about to leave."""
    world = world_of(newcomer_target_relative=0.1, **parameters)
    gp = world.gps["gp-A-001"]
    gp.leaves_on = 300
    newcomer = settling.settle(world, "arrival-0001", origin="outside", among=[0])
    assert newcomer is not None
    assert gp.successor is newcomer
    return world, gp, newcomer


def test_a_successor_waits_and_keeps_her_part_of_the_list_whatever_her_target() -> None:
    world, gp, newcomer = succeeded(successor_handover_share=0.75, handover_share=0.5, handover_excess=0.2)
    size = sizes(world)[gp.name]
    assert world.residents.openness(newcomer.slot) == 0.0
    got = received(world, gp)
    assert world.residents.openness(newcomer.slot) == 1.0
    assert got[newcomer.name] == int(0.75 * size + 0.5) > world.residents.target(newcomer.slot)
    rest = size - got[newcomer.name]
    others = sum(got.values()) - got[newcomer.name]
    assert 0 < others <= int(0.5 * rest + 0.5)


def test_a_successor_who_has_left_takes_nothing() -> None:
    world, gp, newcomer = succeeded(successor_handover_share=0.9, handover_share=0.0)
    careers.leave(world, newcomer)
    assert sum(received(world, gp).values()) == 0


# --- the news of who settles -----------------------------------------------------------------------------------------


def in_the_news(world: World, gp: Gp) -> bool:
    return bool(world.residents._tables.pint[gp.slot, k.V_NEWS])


def test_so_many_of_those_who_settle_are_in_the_news() -> None:
    """By draws of their own: who is at a lower share is at a higher one; who succeeds to another never is."""
    named: dict[float, set[str]] = {}
    for share in (0.0, 0.4, 0.7, 1.0):
        world = world_of(settlers_announced_share=share, opening_news_rate_per_year=0.5)
        settled = [settling.settle(world, f"arrival-{i:04d}", origin="outside", among=[1]) for i in range(60)]
        named[share] = {gp.name for gp in settled if gp is not None and in_the_news(world, gp)}
    assert [len(named[share]) for share in (0.0, 1.0)] == [0, 60]
    assert named[0.4] < named[0.7]
    for share in (0.4, 0.7):
        assert near(len(named[share]), 60 * share, math.sqrt(60 * share * (1 - share)))
    world, _, newcomer = succeeded(settlers_announced_share=1.0, opening_news_rate_per_year=0.5)
    assert not in_the_news(world, newcomer)
