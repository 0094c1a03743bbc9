"""Runs of the bundled scenarios, each once a process, and what tests of them ask."""

from __future__ import annotations

from functools import cache, lru_cache

import pandas as pd
from frames import same_frames

from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.read import read_scenario
from ess_sim.model.run.simulation import simulate
from ess_sim.results.run import Run


@cache
def _scenario(name: str, years: int) -> Scenario:
    return read_scenario(bundled.scenarios_dir() / f"{name}.yaml").with_(horizon_years=years)


@lru_cache(maxsize=40)
def run_of(name: str, years: int, replication: int = 0, **parameters: float) -> Run:
    scenario = _scenario(name, years)
    changed = scenario.with_(parameters={**scenario.parameters, **parameters})
    return simulate(changed, seed=1, replication=replication)


def without_mt(run: Run, day: str, *, zone: str | None = None, precarious: bool | None = None) -> pd.Series[int]:
    """Residents without MT by pool, and all adults, on the last record until a day."""
    table = run.snapshots
    table = table[table["date"] == table.loc[table["date"] <= day, "date"].max()]
    if zone is not None:
        table = table[table["zone"] == zone]
    if precarious is not None:
        table = table[table["precarious"] == precarious]
    found: pd.Series[int] = table[["adults", "lost", "never_declared"]].sum()
    return found


def share(run: Run, day: str, **of: object) -> float:
    """Percent of adults without MT."""
    found = without_mt(run, day, **of)  # type: ignore[arg-type]
    return 100.0 * float((found["lost"] + found["never_declared"]) / found["adults"])


def same_until(run: Run, twin: Run, day: str) -> None:
    one, other = (r.snapshots[r.snapshots["date"] < day].drop(columns="scenario") for r in (run, twin))
    assert len(one) > 0
    same_frames(one, other)
