"""Would the checks of `validation.laws` see a fault? They are given some."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ess_sim import Policy, simulate
from ess_sim.model.behaviours.gps.settling import settle
from ess_sim.model.run.prepare import prepare
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from validation import laws

SPRING = date(2020, 4, 1)


class Meddler(Policy):
    """A GP more who hosts interns: others have them no longer."""

    kind: ClassVar[str] = "test_laws:Meddler"

    starts: date = SPRING

    def act(self, world: World) -> Behaviour:
        """As `laws.ExtraGp`, but for what she does to interns."""
        gp = settle(world, "extra-gp", origin="outside", among=[0])
        assert gp is not None
        gp.supervisor = True
        yield from ()


def acts(folder: Path, *policies: Policy) -> list[tuple[str, ...]]:
    towns = laws._towns(folder, 20, gap_km=100.0)
    scenario = laws._scenario("test", towns, gps=12, installations=1.0, interns=4, years=5, parameters=laws.FROZEN)
    return laws._acts_of_others(simulate(scenario.with_(policies=policies), seed=1))


def test_a_gp_more_changes_nothing_that_others_do_unless_she_meddles(tmp_path: Path) -> None:
    nothing = acts(tmp_path)
    assert len(nothing) > 50
    assert acts(tmp_path, laws.ExtraGp(starts=SPRING, zone="A")) == nothing
    assert acts(tmp_path, Meddler()) != nothing


def test_towns_are_far_apart_where_they_are_to_be(tmp_path: Path) -> None:
    def minutes(**gap: Any) -> float:
        spec = laws._towns(tmp_path, 3, **gap)
        territory = prepare(laws._scenario("test", spec, gps=1, installations=0.0, interns=0))
        assert territory.population.sum(axis=1).tolist() == [3 * 85] * 4
        assert territory.travel_minutes_between("C", "D") < 20
        return territory.travel_minutes_between("B", "C")

    assert minutes() < 20
    assert minutes(gap_km=100.0) == float("inf")


def test_what_is_at_the_last_record(tmp_path: Path) -> None:
    scenario = laws._scenario("test", laws._towns(tmp_path, 5), gps=4, installations=0.0, interns=0, years=1)
    run = simulate(scenario, seed=1)
    shares = {zones: laws._last_share(zones, run)["share"].item() for zones in ("AB", "CD", "ABCD")}
    assert shares["ABCD"] == pytest.approx(100 * run.share_without_mt()["share"].iloc[-1])
    assert min(shares["AB"], shares["CD"]) < shares["ABCD"] < max(shares["AB"], shares["CD"])
