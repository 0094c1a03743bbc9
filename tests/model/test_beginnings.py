"""Where a new scenario lays a policy, and GPs counted zone by zone."""

from __future__ import annotations

import numpy as np
import pytest

from ess_sim.errors import ScenarioError
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures.gps import start_gps
from ess_sim.inputs.scenario.blocks import GpBlock
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.beginnings.begin import begin
from ess_sim.model.beginnings.need import Need, need_of
from ess_sim.model.run.checks import check

NONE = {"source": "an example", "grade": "D"}
ROWS = {"A": (0.0, 3000), "B": (0.1, 1000), "C": (0.2, 900), "D": (1.0, 2000)}
"""Longitude and adults: 0.1 degrees are some 7 km, so A, B and C lie in a row, D far away."""


def row(tmp_path, minutes: dict[tuple[str, str], float]) -> Territory:
    people = "".join(f"{z},Zone {z},{lon},48,4,40,{n}\n" for z, (lon, n) in ROWS.items())
    (tmp_path / "zones.csv").write_text("zone,name,lon,lat,area_km2,age,count\n" + people)
    travel = "".join(f"{a},{b},{m}\n" for (a, b), m in minutes.items())
    (tmp_path / "minutes.csv").write_text("from_zone,to_zone,minutes\n" + travel)
    return Territory.from_csv(tmp_path / "zones.csv", tmp_path / "minutes.csv")


def need(territory: Territory, *gps: int) -> Need:
    return need_of(territory, np.array(gps), 100.0)


def test_need_by_hand(tmp_path):
    """France's density is 1 GP for 1,000: A's two GPs serve A and B (4,000 residents), no one serves C and D."""
    found = need(row(tmp_path, {("A", "B"): 10, ("B", "C"): 10, ("A", "C"): 18}), 2, 0, 0, 0)
    assert found.reach.tolist() == [0.5, 0.5, 0.0, 0.0]
    assert found.lacking.tolist() == [2000.0, 2900.0, 1400.0, 2000.0]
    assert found.missing.tolist() == [2.0, 2.9, 1.4, 2.0]
    assert found.adults.tolist() == [4000.0, 4900.0, 1900.0, 2000.0]
    # A has 2,000 of the greatest 2,900, more than two thirds, and most adults; then D; of B and C, which both reach
    # the adults who are left in C, the one with more adults
    assert found.stops == (0, 3, 1)
    assert sorted(found.order) == [0, 1, 2, 3]


def test_where_none_lacks_a_gp_the_zone_with_fewest_is_meant(tmp_path):
    found = need(row(tmp_path, {("A", "B"): 10}), 30, 0, 9, 4)
    assert found.lacking.max() == 0
    assert found.stops == (3,)


def test_a_zone_out_of_reach_of_itself_is_within_its_own_reach(tmp_path):
    """Within a large zone the way may be longer than 15 minutes."""
    found = need(row(tmp_path, {("A", "A"): 25, ("A", "B"): 40}), 3, 1, 1, 2)
    assert found.reach[0] == 1.0


def test_the_policy_and_the_gps_are_in_the_zones_of_the_need():
    made = begin("Sud Nivernais", policy="recruit_retired_gps")
    assert made.need is not None
    assert made.with_policy is not None
    zone = made.with_policy.policies[0].zone  # type: ignore[attr-defined]
    assert made.territory.zones.index(zone) == made.need.stops[0]
    blocks = start_gps(made.baseline, made.territory, Parameters())
    bare = Scenario(name="a", start=made.baseline.start, horizon_years=1, territory={"epci": "200067700"})
    assert blocks.by_zone.tolist() == start_gps(bare, made.territory, Parameters()).by_zone.tolist()


# --- GPs zone by zone


def with_gps(**block) -> Scenario:
    supply = {"list_holding_gps": [{"zones": "remainder", **block, **NONE}]}
    territory = {"communes": ["58095", "58134", "58250"]}
    return Scenario(name="a", start="2024-01-01", horizon_years=1, territory=territory, supply=supply)


def test_counts_by_zone_hold_and_names_will_do():
    scenario = with_gps(counts={"Imphy": 3, "58250": 1})
    (block,) = scenario.supply.list_holding_gps or ()
    assert block.counts == {"58134": 3, "58250": 1}
    assert block.total == 4
    check(scenario)
    territory = Territory.from_communes(["58095", "58134", "58250"])
    assert start_gps(scenario, territory, Parameters()).by_zone.tolist() == [0, 3, 1]


def test_a_block_with_one_count_says_no_more_than_it_did():
    assert set(GpBlock(zones="remainder", count=3, **NONE).model_dump()) == {"source", "grade", "zones", "count"}


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"counts": {"58134": 1}, "count": 1}, "exactly one of count and counts"),
        ({}, "exactly one of count and counts"),
        ({"counts": {"58999": 1}}, r"counts.58999: unknown zone '58999'"),
        ({"counts": {"58134": 1}, "zones": ["58095"]}, r"zone '58134' is not among the zones of this block"),
        ({"counts": {"58134": -1}}, "whole number"),
        ({"counts": {"58134": 9000}}, "9,000 list-holding GPs"),
        ({"counts": {}}, "counts"),
    ],
)
def test_counts_that_cannot_be(block, said):
    with pytest.raises(ScenarioError, match=said):
        check(with_gps(**block))
