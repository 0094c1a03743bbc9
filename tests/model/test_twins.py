"""A scenario built in Python, from a dict or in a file: the same faults are found, whatever is done with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import ess_sim
from ess_sim.errors import ParameterError, ScenarioError
from ess_sim.inputs.scenario.blocks import GpBlock, WithoutMtBlock

NONE = {"source": "none", "grade": "D"}
VALID: dict[str, Any] = {
    "name": "twin",
    "start": "2020-01-01",
    "horizon_years": 1,
    "territory": {"communes": ["53034", "53054"]},
    "supply": {"list_holding_gps": [{"zones": "remainder", "count": 2, **NONE}]},
}


def gps(*blocks: tuple[Any, int]) -> dict[str, Any]:
    return {"supply": {"list_holding_gps": [{"zones": zones, "count": n, **NONE} for zones, n in blocks]}}


def smp(**fields: Any) -> dict[str, Any]:
    block = {
        "kind": "smp",
        "opens": "2020-03-01",
        "zone": "53034",
        "retired_gps": {"count": 2},
        "interns": {"per_semester": 1},
    }
    return {"policies": [{**block, **fields}]}


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a zone in two blocks": (
        gps((["53034"], 3), (["53034"], 1), ("remainder", 1)),
        "supply.list_holding_gps[1].zones[0]: zone '53034' is already named by block 0",
    ),
    "a zone elsewhere": (smp(zone="53130"), "policies[0].zone: unknown zone '53130' in this territory"),
    "a policy after the end": (smp(opens="2050-01-01"), "policies[0].opens: 2050-01-01 is outside the horizon"),
    "an override that nothing reads": (
        {"parameters": {"van_referred_share": 0.5}},
        "parameters.van_referred_share: no policy of this scenario reads it: it matters only with outreach_van",
    ),
    "mediators whom the centre has not": (
        smp() | {"parameters": {"mediator_dare_share": 0.9}},
        "parameters.mediator_dare_share: no policy of this scenario reads it",
    ),
    "more without MT than adults": (
        {"residents": {"without_mt": [{"zones": ["53034"], "count": 10**6, "never_declared_part": 0.5, **NONE}]}},
        "residents.without_mt[0].count: more residents without MT (1000000) than adults",
    ),
    "a parameter out of range": (
        {"parameters": {"sector2_share": 2.0}},
        "sector2_share: 2 share is out of range: it lies between 0 and 1: write 0.02 for 2 %",
    ),
}


def from_dict(changes: dict[str, Any]) -> ess_sim.Scenario:
    return ess_sim.Scenario(**{**VALID, **changes})


def from_objects(changes: dict[str, Any]) -> ess_sim.Scenario:
    """As a script would: a valid scenario, and copies of it whose parts are replaced without validation."""
    valid, wrong = ess_sim.Scenario(**VALID), from_dict(changes)
    return valid.with_(**{key: getattr(wrong, key) for key in changes})


def unvalidated(changes: dict[str, Any]) -> ess_sim.Scenario:
    wrong = from_dict(changes)
    return ess_sim.Scenario(**VALID).model_copy(update={key: getattr(wrong, key) for key in changes})


def used(use: Callable[[ess_sim.Scenario], Any], scenario: ess_sim.Scenario) -> str:
    with pytest.raises((ScenarioError, ParameterError)) as error:
        use(scenario)
    return str(error.value)


USES: dict[str, Callable[[ess_sim.Scenario], Any]] = {
    "simulate": ess_sim.simulate,
    "run_experiment": lambda s: ess_sim.run_experiment(s, replications=1),
    "sensitivity": lambda s: ess_sim.sensitivity(s, parameters=["informed_share"], replications=1, trajectories=2),
    "flip_points": lambda s: ess_sim.flip_points(s, s, replications=1),
    "select": lambda s: ess_sim.select([s, s.with_(name="other")], indifference=1.0),
    "critical_gps": lambda s: ess_sim.critical_gps(s, replications=1),
    "tipping_point": lambda s: ess_sim.tipping_point(s, threshold=20.0, replications=2),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_twins(fault: str, tmp_path: Path) -> None:
    changes, said = FAULTS[fault]
    path = tmp_path / "twin.yaml"
    path.write_text(yaml.safe_dump({**VALID, **changes}), encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        ess_sim.read_scenario(path)
    assert said in str(error.value)
    for make in (from_dict, from_objects, unvalidated):
        for name, use in USES.items():
            assert said in used(use, make(changes)), name


def test_blocks_of_the_package_as_well() -> None:
    """Not only what a file would say: parts that are objects."""
    block = GpBlock(zones=("53034",), count=3, **NONE)
    many = WithoutMtBlock(zones=("53034",), count=10**6, never_declared_part=0.5, **NONE)
    base = ess_sim.Scenario(**VALID)
    twice = base.with_(supply=base.supply.model_copy(update={"list_holding_gps": (block, block)}))
    assert "already named by block 0" in used(ess_sim.simulate, twice)
    crowd = base.with_(residents=base.residents.model_copy(update={"without_mt": (many,)}))
    assert "more residents without MT" in used(ess_sim.simulate, crowd)


def test_a_territory_without_the_zones() -> None:
    scenario = ess_sim.Scenario(**VALID, **smp())
    elsewhere = ess_sim.Territory.from_communes(["53130"])
    assert "unknown zone '53034'" in used(lambda s: ess_sim.simulate(s, territory=elsewhere), scenario)
