"""What GPs would hold, what their lists of day 0 hold, who settled lately, and targets that stretch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from strategies import NONE, Bend, make_territory, near, room, scenario_of, town, without_mt

from ess_sim.inputs.catalogue.parameters import Parameters, catalogue
from ess_sim.inputs.figures.balanced_shares import usual_lists
from ess_sim.inputs.scenario.blocks import GpBlock, WithoutMtBlock
from ess_sim.inputs.scenario.centre_spec import DayZeroCentre, Posts, SalariedGps
from ess_sim.inputs.scenario.scenario import ResidentsStart
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model import kernel as k
from ess_sim.model.behaviours.gps import settling
from ess_sim.model.behaviours.gps.capacity import capacity_per_fte, fill_of_lists, stretch
from ess_sim.model.run.simulation import build_world, simulate
from ess_sim.model.world.world import World

# A and B are in one département, C in another; a block of the scenario speaks of D, one of E, where no GP is
PLACE = replace(
    make_territory({zone: town(2400 if zone == "A" else 1200) for zone in "ABCDE"}, km=4.0),
    departements=("53", "53", "72", "72", "72"),
)
UNEVEN = ResidentsStart(
    without_mt=tuple(
        WithoutMtBlock(zones=tuple(zones), share=share, never_declared_part=0.5, **NONE)
        for zones, share in (("AB", 0.1), ("C", 0.5), ("DE", 0.2))
    )
)
BLOCKS = [GpBlock(zones=("D",), count=2, **NONE), GpBlock(zones=("E",), count=0, **NONE)]
EVERYONE_STAYS = {name: 0.0 for name in catalogue() if name.startswith("exit_hazard")}


def france(p: Mapping[str, float]) -> float:
    """Listed adults per FTE."""
    return p["listed_adults_per_fte"] * (1 - p["nominal_mt_share"])


@pytest.mark.parametrize("elasticity", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("custom", [0.0, 0.9, 1.0])
@pytest.mark.parametrize("relative", [0.3, 1.0, 4.0])
def test_capacity_follows_residents_as_far_as_its_elasticities_say(
    elasticity: float, custom: float, relative: float
) -> None:
    p = Parameters({"capacity_elasticity": elasticity, "custom_elasticity": custom, "list_fill": 0.9})
    usual = 1.3 * france(p)
    found = capacity_per_fte(p, usual * relative, usual)
    assert found == pytest.approx(france(p) / 0.9 * 1.3**custom * relative**elasticity)
    assert fill_of_lists(p, usual * relative, usual) == pytest.approx(usual * relative / found)
    assert capacity_per_fte(p, 0.0, usual) == pytest.approx(france(p) / 0.9 * 1.3**custom)


def day0(elasticity: float, custom: float = 1.0, fill: float = 1.0, **changes: Any) -> World:
    """Ten GPs and a block without."""
    parameters = {"capacity_elasticity": elasticity, "custom_elasticity": custom, "list_fill": fill}
    parameters |= {"filling_years": 0.0, "list_holders_per_100000": 140.0}
    supply = {"list_holding_gps": BLOCKS, **changes}
    scenario = scenario_of(parameters=parameters, residents=UNEVEN, supply=supply)
    return build_world(scenario, seed=1, replication=0, territory=PLACE)


def test_targets_are_those_of_the_residents_of_each_block() -> None:
    """Blocks of the scenario; elsewhere départements; residents of blocks without GP count with all others."""
    half, full = day0(0.5, 0.8, 0.9), day0(1.0)
    usual = usual_lists(2020, half.parameters)
    people = full.residents.people()
    inside = (people[:, k.STATE] == k.LISTED) & (people[:, k.PROVIDER] >= 0)
    listed = np.bincount(people[inside, k.ZONE], minlength=5)
    shared_out = listed.sum() / (listed.sum() - listed[4])
    for zones in ((0, 1), (2,), (3,)):
        gps = [gp for gp in full.gps.values() if gp.zone in zones]
        fte = sum(gp.fte for gp in gps)
        residents = listed[list(zones)].sum() * shared_out
        expected = capacity_per_fte(half.parameters, residents / fte, usual[PLACE.departements[zones[0]]])
        for gp in gps:
            # her own draw is the same in both
            alike = half.gps[gp.name].base_target * (residents / fte) / expected
            assert gp.base_target == pytest.approx(alike, abs=2.0)
        assert sum(full.residents.list_size(gp.slot) for gp in gps) == pytest.approx(residents, abs=len(gps))
    assert len({gp.zone for gp in full.gps.values()}) == 4
    newcomers = [capacity_per_fte(half.parameters, usual[d], usual[d]) for d in PLACE.departements]
    assert half.usual_capacity == pytest.approx(newcomers)
    assert all(half.residents.target(gp.slot) == gp.base_target for gp in half.gps.values())


def test_with_elasticity_0_residents_around_do_not_matter() -> None:
    many, few = day0(0.0), day0(0.0, list_holding_gps=[*BLOCKS[1:], GpBlock(zones=("D",), count=1, **NONE)])
    assert len(many.gps) == len(few.gps) + 1
    for zones in ((0, 1), (2,), (3,)):
        per_fte = [
            sum(gp.base_target for gp in gps) / sum(gp.fte for gp in gps)
            for gps in ([gp for gp in world.gps.values() if gp.zone in zones] for world in (many, few))
        ]
        assert per_fte[0] == pytest.approx(per_fte[1], rel=2e-3)  # targets are whole numbers


def test_lists_of_centres_are_taken_off() -> None:
    posts = Posts(salaried_gps=SalariedGps(count=1))
    centre = DayZeroCentre(form="municipal", zone="A", posts=posts, listed=600, **NONE)
    with_it, without = day0(1.0, centres=[centre]), day0(1.0)
    people = without.residents.people()
    inside = ((people[:, k.STATE] == k.LISTED) & (people[:, k.PROVIDER] >= 0)).sum()
    places = [sum(gp.base_target for gp in world.gps.values()) for world in (with_it, without)]
    assert places[0] == pytest.approx(places[1] * (1 - 600 / inside), rel=2e-3)  # targets are whole numbers
    assert with_it.usual_capacity == pytest.approx(without.usual_capacity)


def test_newcomers_hold_what_is_usual_in_their_departement_even_without_gps() -> None:
    parameters = {"newcomer_target_relative": 0.8, "newcomer_target_gamma_shape": 1e3, "list_fill": 0.9}
    world = build_world(scenario_of(gps=0, parameters=parameters), seed=1, replication=0, territory=PLACE)
    gp = settling.settle(world, "arrival-0001", origin="outside")
    assert gp is not None
    usual = usual_lists(2020, world.parameters)[PLACE.departements[gp.zone]]
    expected = gp.fte * capacity_per_fte(world.parameters, usual, usual)
    assert gp.base_target == pytest.approx(0.8 * expected, rel=0.12)  # four standard deviations


def test_more_gps_have_more_places_and_leave_fewer_without() -> None:
    """From a half to four times as many GPs, all else equal."""
    place = make_territory({"A": town(2400)})
    alike = EVERYONE_STAYS | {"list_gamma_shape": 1e3}
    places, shares = [], []
    for gps in (1, 2, 4, 8):
        scenario = scenario_of(gps=gps, years=2, residents=without_mt(0.2), parameters=alike)
        runs = [simulate(scenario, replication=r, territory=place) for r in range(6)]
        first = [run.providers[run.providers["date"] == run.providers["date"].min()] for run in runs]
        places.append(np.mean([rows["target"].sum() for rows in first]))
        shares.append(np.mean([run.share_without_mt()["share"].iloc[-1] for run in runs]))
    assert places == sorted(places)
    assert shares[0] > shares[1] + 0.01 > shares[2] + 0.01
    assert abs(shares[2] - shares[3]) < 0.003  # four have places enough: only chance differs


# --- young practices -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("years", [0.0, 2.0, 45.0])
def test_as_many_lists_are_filling_as_gps_settle_while_a_list_fills(years: float) -> None:
    """Twenty a year: none, forty, or all who are young enough."""
    n, each = 200, 20.0
    scenario = scenario_of(
        gps=n,
        parameters=room(0.0) | {"filling_years": years},
        supply={"first_installations": Rate(per_year=each, **NONE)},
    )
    world = build_world(scenario, seed=1, replication=0, territory=make_territory({"A": town(24_000)}))
    gps = list(world.gps.values())
    part = np.array([world.residents.list_size(gp.slot) / gp.base_target for gp in gps])
    part /= np.median(part[[2020 - gp.birth_year > 45 for gp in gps]])
    young = np.array([2020 - gp.birth_year <= 45 for gp in gps])
    filling = part < 0.97
    assert not (filling & ~young).any()
    chance = min(1.0, each * years / young.sum())
    assert 50 < young.sum() < 100
    expected = 0.97 * chance * young.sum()
    assert near(filling.sum(), expected, math.sqrt(expected * (1 - 0.97 * chance)))
    if years:
        assert near(part[filling].mean(), 0.97 / 2, 0.97 / math.sqrt(12 * filling.sum()))
        assert part[filling].min() < 0.1


# --- stretch ---------------------------------------------------------------------------------------------------------


def test_a_target_stretches_by_the_part_of_callers_turned_away() -> None:
    p = Parameters({"stretch_per_year": 0.04, "acceptance_sharpness": 3.0})
    assert stretch(p, 800.0, 1000.0, 500) == pytest.approx(800 * 0.04 / 8)
    assert stretch(p, 800.0, 1000.0, 1000) == stretch(p, 800.0, 1000.0, 1500) == 32.0
    assert stretch(p, 800.0, 1000.0, 0) < 1e-9
    assert stretch(p, 800.0, 0.0, 10) == 0.0
    assert stretch(Parameters({"stretch_per_year": 0.0}), 800.0, 1000.0, 1500) == 0.0


@pytest.mark.parametrize(
    ("rate", "part", "by"), [(0.05, -0.3, 0.0), (0.05, 9.0, 0.0), (0.05, -0.3, 9.0), (0.0, -0.3, 0.0)]
)
def test_targets_stretch_before_60_where_lists_are_full(rate: float, part: float, by: float) -> None:
    """``by``: until the last day policies raise the target in force so much that lists are no longer full."""
    parameters = EVERYONE_STAYS | room(part) | {"stretch_per_year": rate, "target_decline_from_60": 0.0}
    # no docteur junior, and nobody whose MT is elsewhere
    parameters |= {"supervisor_share": 0.0, "nominal_mt_share": 0.0, "move_out_rate_per_year": 0.0}
    parameters |= {"listed_adults_per_fte": 110.0}  # as here: lists stay full while targets stretch
    supply = {"first_installations": Rate(per_year=0.0, **NONE), "interns_per_semester": Count(count=0, **NONE)}
    raised = Bend(starts=date(2020, 3, 1), lever="target_ratio", by=by)
    scenario = scenario_of(gps=20, years=3, parameters=parameters, supply=supply, policies=[raised])
    # replication 0 has a review on the last day
    territory = replace(make_territory({"A": town(2400)}), departements=("",))  # usual is what is usual in France
    run = simulate(scenario, replication=1, territory=territory)
    usual = build_world(scenario, seed=1, replication=1, territory=territory).usual_capacity[0]
    stints = {s.person: s for s in run.record.stints if s.mode == "liberal"}
    first = {f.actor: f.value for f in run.record.facts if f.event == "gp_present"}
    last = {run.record.owners[int(r[0])]: r[2] for r in run.record.providers[-1]}
    full = rate if part < 0 and not by else 0.0
    for name, target in first.items():
        of = stints[name]
        reviews = [max(0, min(3, 60 - (year - of.birth_year))) for year in (2020, 2021)]  # early or late in a year
        assert last[name] in {round(target + n * full * usual * of.fte) for n in reviews}
