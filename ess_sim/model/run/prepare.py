"""The territory of a scenario, built once and kept for as long as the files that it is made of stay as they are."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from ess_sim.errors import TerritoryError
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.territory_spec import CSV_KEYS, TerritorySpec
from ess_sim.inputs.territory.territory import Territory

__all__ = ["Files", "files_of", "prepare", "residents_of", "territory_problems"]


Files = tuple[str, ...]
"""Digest of what is in each file that a territory is made of; '' of a file that cannot be read."""


def files_of(given: TerritorySpec) -> Files:
    """What the files of a territory hold now: under the same name there may be something else than a while ago."""
    paths = [path for key in CSV_KEYS if (path := getattr(given, key)) is not None]
    return tuple(map(_content, paths))


def _content(path: str) -> str:
    try:
        if not Path(path).is_file():  # a pipe or a device would never end
            return ""
        with open(path, "rb") as file:  # noqa: PTH123 - hashlib takes an open file
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):  # reading it says why
        return ""


@lru_cache(maxsize=32)
def _territory(given: TerritorySpec, year: int, files: Files) -> Territory:
    territory = given.whole(year)
    if given.quarters is not None:
        territory = territory.with_quarters(q.quarter() for q in given.quarters)
    if given.leave_out is not None:
        territory = territory.without(given.leave_out)
    if given.travel_csv is not None:
        territory = territory.with_travel_csv(given.travel_csv)
    if files_of(given) != files:
        raise TerritoryError(f"{given.csv or given.travel_csv}: was changed while it was read: try again")
    if not territory.adults.sum():
        raise TerritoryError(f"{territory.name} has no resident aged 17 or over")
    for zones in (territory, territory.whole):
        zones.travel_minutes  # noqa: B018 - travel is computed here once, not inside the first run
    return territory


def territory_problems(scenario: Scenario) -> tuple[tuple[Location, str], ...]:
    """What keeps a scenario's territory from being built although what it is made of exists."""
    return _problems(scenario.territory, scenario.start.year, files_of(scenario.territory))


@lru_cache(maxsize=32)
def _problems(given: TerritorySpec, year: int, _files: Files) -> tuple[tuple[Location, str], ...]:
    return tuple(given.problems(given.whole(year))) if given.quarters or given.leave_out else ()


def prepare(scenario: Scenario) -> Territory:
    """The scenario's territory in its start year, and its travel minutes: built once for the content of its files."""
    return _territory(scenario.territory, scenario.start.year, files_of(scenario.territory))


@lru_cache(maxsize=32)  # by object: a territory never changes
def residents_of(territory: Territory) -> str:
    """Digest of who lives where: what two scenarios must share for their difference to mean anything.

    Travel is no part of it: scenarios may differ in how far it is.
    """
    digest = hashlib.sha256("\n".join(territory.zones).encode("utf-8", "surrogatepass"))
    digest.update(territory.population.astype("<i8").tobytes())
    return digest.hexdigest()
