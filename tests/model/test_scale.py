"""A territory of as many zones as France has communes."""

from __future__ import annotations

import numpy as np
import pytest
from strategies import scenario_of, town

from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.run.simulation import _begin_supply, build_world

SIDE = 200
"""Zones stand on a grid, some five kilometres apart."""


def grid() -> Territory:
    """40,000 hamlets."""
    places = np.indices((SIDE, SIDE)).reshape(2, -1)
    zones = tuple(f"Z{z:05d}" for z in range(SIDE * SIDE))
    population = np.zeros((len(zones), 106), dtype=np.int64)
    for age, n in town(12).items():
        population[:, age] = n
    return Territory(
        name="a country of hamlets",
        zones=zones,
        zone_names=zones,
        departements=("53",) * len(zones),
        population=population,
        area_km2=np.full(len(zones), 25.0),
        longitude=places[1] * 0.067 - 3.0,
        latitude=places[0] * 0.045 + 43.0,
    )


@pytest.mark.validate
def test_forty_thousand_zones_fit_and_agree_with_their_residents() -> None:
    """What is kept by zone, and between zones, for a year: no table of zones times zones, or times practices."""
    scenario = scenario_of(gps=400, years=1)
    world = build_world(scenario, seed=1, replication=0, territory=grid())
    _begin_supply(world)
    world.run()
    world.residents.check()
    assert world.residents.events > 10_000
    assert sum(array.nbytes for array in world.residents._arena) < 1e9
