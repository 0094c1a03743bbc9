"""A GP's capacity has a ground of its own: what lists of day 0 say of it, and that more GPs have more places."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import stdtrit  # type: ignore[import-untyped]
from strategies import NONE, make_territory, scenario_of, town, without_mt

from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.scenario.blocks import GpBlock
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.behaviours.gps.blocks import usual_in_blocks
from ess_sim.model.behaviours.gps.capacity import capacity_per_fte, fill_of_lists
from ess_sim.model.run.simulation import build_world, simulate
from ess_sim.model.world.world import World
from ess_sim.results.run import Run

NO_ONE_YOUNG = {"filling_years": 0.0}


def place(people: dict[str, dict[int, int]], km: float = 5.0) -> Territory:
    """Zones of no known département, where what is usual is what is usual in France."""
    return replace(make_territory(people, km=km), departements=("",) * len(people))


THREE = place({"A": town(2400), "B": town(1800), "C": town(1200)}, km=4.0)


def begun(territory: Territory = THREE, **changes: Any) -> World:
    return build_world(scenario_of(**changes), seed=1, replication=0, territory=territory)


def lists_and_targets(world: World) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    gps = list(world.gps.values())
    return np.array([world.residents.list_size(g.slot) for g in gps], float), np.array([g.base_target for g in gps])


# --- in numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("elasticity", [0.0, 0.6, 1.0])
def test_what_lists_fill_of_capacity_is_the_residents(elasticity: float) -> None:
    """And with more GPs for the same residents there are never fewer places."""
    p = dict(Parameters()) | {"capacity_elasticity": elasticity}
    residents = 10_000.0
    doctors = np.geomspace(0.5, 100.0, 40)
    for n in doctors:
        capacity, fill = (of(p, residents / n, 800.0) for of in (capacity_per_fte, fill_of_lists))
        assert capacity * fill == pytest.approx(residents / n)
    places = np.array([n * capacity_per_fte(p, residents / n, 800.0) for n in doctors])
    assert (np.diff(places) > -1e-6).all()
    assert (np.diff(places) > 0).all() == (elasticity < 1.0)


# --- on day 0 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("elasticity", [0.3, 1.0])
def test_each_block_fills_its_own_part_of_capacity(elasticity: float) -> None:
    """All lists of a block alike, however long the others; a block by the residents who live in it."""
    counts = {"A": 8, "B": 3, "C": 3}
    blocks = [GpBlock(zones=[zone], count=n, **NONE) for zone, n in counts.items()]
    p = {**NO_ONE_YOUNG, "capacity_elasticity": elasticity, "listed_adults_per_fte": 500.0}
    world = begun(supply={"list_holding_gps": blocks}, residents=without_mt(0.2), parameters=p)
    lists, targets = lists_and_targets(world)
    zones = np.array([g.zone for g in world.gps.values()])
    fte = np.array([g.fte for g in world.gps.values()])
    usual = usual_in_blocks(world.scenario, world.start_gps, THREE, world.parameters)
    listed = 0.8 * np.array([world.territory.adults[z] for z in range(3)]) * (1 - world.parameters["nominal_mt_share"])
    for z, n in enumerate(counts.values()):
        here = zones == z
        assert here.sum() == n
        density = listed[z] / fte[here].sum()
        fill = fill_of_lists(world.parameters, density, usual[z])
        assert lists[here] / targets[here] == pytest.approx(fill, rel=0.03)
        gamma = targets[here] / fte[here] / capacity_per_fte(world.parameters, density, usual[z])
        assert np.average(gamma, weights=fte[here]) == pytest.approx(1.0, rel=0.03)
        assert gamma.std() > 0.1  # of her own
    assert lists.sum() == pytest.approx(listed.sum(), rel=0.03)


# --- where lists are longer than GPs would hold ----------------------------------------------------------------------


def strained(gps: int) -> Scenario:
    blocks = [GpBlock(zones=["A"], count=gps, **NONE), GpBlock(zones="remainder", count=20, **NONE)]
    parameters = {**NO_ONE_YOUNG, "capacity_elasticity": 0.5, "listed_adults_per_fte": 500.0}
    return scenario_of(years=1, supply={"list_holding_gps": blocks}, residents=without_mt(0.1), parameters=parameters)


def test_results_say_where_lists_are_longer_than_capacity() -> None:
    """And nobody calls with success there before they have shrunk."""
    told = "lists of day 0 are"
    for gps, too_many in ((2, True), (12, False)):
        world = build_world(strained(gps), seed=1, replication=0, territory=THREE)
        found = [line for line in world.assumed if told in line]
        lists, targets = lists_and_targets(world)
        in_a = np.array([g.zone == 0 for g in world.gps.values()])
        assert (lists[in_a].sum() > targets[in_a].sum()) == too_many
        assert len(found) == too_many
        if too_many:
            assert "longer than the GPs would hold in A" in found[0]
            assert "young practices still do, grade D" in found[0]
            said = int(found[0].split(told)[1].split()[0])
            # what is said is expected, before it is drawn how many of the two GPs are women
            fte, p = sum(g.fte for g in world.gps.values() if g.zone == 0), world.parameters
            usual = gps * (1 - p["gps_women_share"] * (1 - p["women_fte"]))
            expected = lists[in_a].sum() / targets[in_a].sum() * (fte / usual) ** (1 - p["capacity_elasticity"])
            assert said == pytest.approx(100 * (expected - 1), abs=2)
    run = simulate(strained(2), territory=THREE)
    assert any(told in line for line in run.record.assumed)


# --- more GPs --------------------------------------------------------------------------------------------------------

TIMES = (0.5, 1, 2, 5)
GPS, REPLICATIONS, FALSE_ALARMS = 22, 15, 1e-3
CROWDED = {"listed_adults_per_fte": 95.0, "call_rate_per_year": 3.0, "stretch_per_year": 0.0}
"""Residents call often, so that places decide and not calls; nor do lists grow to what is asked of them."""
VILLAGES = place({"A": town(1600), "B": town(800)}, km=6.0)


def shares_after(run: Run, *years: int) -> list[float]:
    """Share without MT, in points."""
    table = run.share_without_mt()
    days = [table["date"].min() + np.timedelta64(round(365.25 * year), "D") for year in years]
    return [100 * float(table.loc[table["date"] <= day, "share"].iloc[-1]) for day in days]


def by_number_of_gps(replications: int, **parameters: float) -> NDArray[np.float64]:
    """Shares without MT after one and five years; the first GPs of each are those of the one before.

    Many GPs with short lists, so that one who leaves is not all of the chance that there is.

    Returns
    -------
    array, shape (times, replications, dates)
    """
    supply = {"first_installations": Rate(per_year=1.0, **NONE), "interns_per_semester": Count(count=0, **NONE)}
    out = []
    for times in TIMES:
        scenario = scenario_of(
            gps=round(GPS * times),
            years=5,
            residents=without_mt(0.15),
            supply=supply,
            parameters=CROWDED | parameters,
        )
        runs = (simulate(scenario, seed=9, replication=r, territory=VILLAGES) for r in range(replications))
        out.append([shares_after(run, 1, 5) for run in runs])
    return np.array(out)


def rises(shares: NDArray[np.float64]) -> list[float]:
    """Mean rise of the share from fewer GPs to more, at each date, over the margin that chance alone explains.

    Without any effect the chance that one of all is above 1 is `FALSE_ALARMS` at most (Student, Bonferroni).
    """
    changes = np.array([more - fewer for fewer, more in combinations(shares, 2)])
    _, replications, dates = changes.shape
    margin = -stdtrit(replications - 1, FALSE_ALARMS / (len(changes) * dates))
    errors = changes.std(axis=1, ddof=1) / math.sqrt(replications)
    return list((changes.mean(axis=1) / (margin * errors)).ravel())


def test_more_gps_never_leave_more_residents_without_mt() -> None:
    """Half, twice, five times as many on day 0, the stated share and all else being equal."""
    found = rises(by_number_of_gps(REPLICATIONS))
    assert max(found) <= 1.0
    assert min(found) < -0.5  # they help: a property of what changes nothing would prove nothing


@pytest.mark.validate
def test_a_capacity_without_ground_of_its_own_would_be_seen() -> None:
    """The former rule, by which targets follow the day-0 lists however many GPs share the residents, helps no one."""
    found = rises(by_number_of_gps(4 * REPLICATIONS))
    assert max(found) <= 1.0
    assert min(found) < -1.0 < min(rises(by_number_of_gps(4 * REPLICATIONS, capacity_elasticity=1.0)))
