"""The back-test of openings: which communes it takes, and how it reads a centre's list out of a run."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from ess_sim import Territory, read_scenario
from ess_sim.inputs.territory.roads.crow_fly import CrowFly
from validation.findings import read_tolerances
from validation.laval import below, quantiles
from validation.openings import AJAIN, Opening, adults_listed, around, openings


def test_the_territory_reaches_across_the_border_and_no_farther() -> None:
    near = around("18052", ("03", "18"), minutes=25.0)
    assert {code[:2] for code in near} == {"03", "18"}
    territory = Territory.from_communes(around("18052", ("03", "18"), minutes=29.0), cutoff_minutes=30.0)
    minutes = {code: territory.travel_minutes_between("18052", code) for code in territory.zones if code != "18052"}
    # the way on the flat map and the one on the sphere differ by a hair
    assert {code for code, t in minutes.items() if t <= 24.9} <= set(near)
    assert {code for code, t in minutes.items() if t > 25.1}.isdisjoint(near)
    assert around("18052", ("18",), minutes=CrowFly().start_minutes) == ["18052"]


def test_every_published_figure_has_its_tolerance_and_none_was_moved() -> None:
    found = {opening.finding(day): n for opening in openings() for day, n in opening.published.items()}
    stated = {name: entry for name, entry in read_tolerances().items() if name.startswith("openings/")}
    assert set(found) == set(stated)
    for name, n in found.items():
        assert f"{n:,}" in stated[name]["what"]


def test_no_gp_is_left_where_a_centre_opens() -> None:
    for opening in openings():
        (policy,) = opening.scenario.policies
        assert (policy.opens, policy.zone) == (opening.opened, opening.zone)
        none, *others = opening.scenario.supply.list_holding_gps
        assert (none.zones, none.count) == ((opening.zone,), 0)
        assert all(block.count > 0 for block in others)


class Run:
    """Two records before the opening, two after it; the centre is gone at the last one."""

    def table(self, table: str) -> pd.DataFrame:
        assert table == "providers"
        days = pd.to_datetime(["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"])
        gp = pd.DataFrame({"date": days, "provider": "gp-1", "list": [900.0] * 4})
        centre = pd.DataFrame({"date": days[2:3], "provider": "rotating-23002", "list": [60.0]})
        return pd.concat([gp, centre], ignore_index=True)


def test_the_list_is_read_from_the_opening_on() -> None:
    opening = Opening("Ajain", "23002", date(2024, 3, 1), read_scenario(AJAIN), {date(2024, 3, 16): 50})
    table = adults_listed(opening, Run())
    assert dict(zip(table["day"], table["list"], strict=True)) == {0: 0.0, 15: 30.0, 30: 60.0, 60: 0.0}


def test_ends_between_which_one_more_future_falls() -> None:
    """Of 39 futures the first and the last: one more falls beyond either with a probability of 1 in 40."""
    assert quantiles(np.arange(1.0, 40), [0.025, 0.5, 0.975]).tolist() == [1, 20, 39]


@pytest.mark.parametrize(("value", "share"), [(0.0, 0.0), (2.0, 0.375), (9.0, 1.0)])
def test_futures_that_equal_a_value_count_half(value: float, share: float) -> None:
    assert below(np.array([1.0, 2.0, 3.0, 4.0]), value) == share
