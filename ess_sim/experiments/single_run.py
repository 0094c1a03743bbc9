"""One run of a scenario with other parameter values, and one outcome read off it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from ess_sim.experiments.identity import Inputs
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.simulation import simulate
from ess_sim.results.keeping import EVERYTHING, Keep
from ess_sim.results.run import Run

__all__ = ["outcome_on", "run_with"]


def run_with(
    scenario: Scenario,
    parameters: Mapping[str, float],
    *,
    seed: int,
    replication: int,
    inputs: Inputs | None = None,
    keep: Keep = EVERYTHING,
) -> Run:
    """One run of a scenario in which some parameters have other values.

    Parameters
    ----------
    scenario : Scenario
    parameters : mapping of str to float
        Values that replace the scenario's own or the catalogue's; may be empty.
    seed, replication : int
        As `simulate`.
    inputs : Inputs, optional
        What its files and its code must still be.
    keep : Keep, optional
        What is kept of it; everything by default.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> laval = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1)
    >>> run = run_with(laval, {"informed_share": 0.9}, seed=1, replication=0)
    >>> run.scenario.parameters["informed_share"], 0 < outcome_on(run, "share_without_mt", laval.calendar.end) < 1
    (0.9, True)
    """
    if inputs is not None:
        inputs.check(scenario)
    changed = scenario.with_parameters(**parameters) if parameters else scenario  # a copy is validated again
    return simulate(changed, seed=seed, replication=replication, keep=keep.tables, snapshots=keep.snapshots)


def outcome_on(run: Run, outcome: str, day: date) -> float:
    """An outcome on a recorded day, in the unit of `OUTCOMES`; NaN where it is undefined."""
    outcomes = run.outcomes()
    (value,) = outcomes.loc[(outcomes["outcome"] == outcome) & (outcomes["date"] == pd.Timestamp(day)), "value"]
    return float(value)
