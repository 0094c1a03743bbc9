"""Two small scenarios that are run, kept and compared again and again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from ess_sim.inputs.scenario.blocks import GpBlock
from ess_sim.inputs.scenario.scenario import Scenario, Supply
from ess_sim.inputs.scenario.sourced import Count
from ess_sim.inputs.scenario.territory_spec import TerritorySpec


def hamlet(name: str = "hamlet", gps: int = 2, **changes: object) -> Scenario:
    supply = Supply(
        list_holding_gps=(GpBlock(zones="remainder", count=gps, source="none", grade="D"),),
        interns_per_semester=Count(count=1, source="none", grade="D"),
    )
    territory = TerritorySpec(communes=("53034", "53054"))
    fields: dict[str, Any] = {"start": date(2020, 1, 1), "horizon_years": 1, "territory": territory}
    return Scenario(name=name, supply=supply, **(fields | changes))


PAIR = [hamlet(), hamlet("more", gps=3)]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the log, which differs between executions."""
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "run.log"
    }
