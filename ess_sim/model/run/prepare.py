"""The territory of a scenario, built once and kept."""

from __future__ import annotations

from functools import lru_cache

from ess_sim.errors import TerritoryError
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.inputs.territory.territory import Territory

__all__ = ["prepare", "territory_problems"]


@lru_cache(maxsize=32)
def _territory(given: TerritorySpec) -> Territory:
    territory = given.whole()
    if given.quarters is not None:
        territory = territory.with_quarters(q.quarter() for q in given.quarters)
    if given.leave_out is not None:
        territory = territory.without(given.leave_out)
    if given.travel_csv is not None:
        territory = territory.with_travel_csv(given.travel_csv)
    if not territory.adults.sum():
        raise TerritoryError(f"{territory.name} has no resident aged 17 or over")
    territory.travel_minutes  # noqa: B018 - travel is computed here once, not inside the first run
    return territory


@lru_cache(maxsize=32)
def territory_problems(given: TerritorySpec) -> tuple[tuple[Location, str], ...]:
    """What keeps a territory from being built although what it is made of exists."""
    return tuple(given.problems(given.whole())) if given.quarters or given.leave_out else ()


def prepare(scenario: Scenario) -> Territory:
    """The scenario's territory with its travel minutes, built once a process."""
    return _territory(scenario.territory)
