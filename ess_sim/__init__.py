"""Simulates a territory's access to a médecin traitant (MT), and what health centres and training schemes change.

The public names are loaded when they are first used. Nobody inside the package imports them from here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what type checkers and editors see of the table below
    from ess_sim.clock import Phase as Phase
    from ess_sim.errors import ConservationError as ConservationError
    from ess_sim.errors import EssSimError as EssSimError
    from ess_sim.errors import ParameterError as ParameterError
    from ess_sim.errors import ResultsError as ResultsError
    from ess_sim.errors import ScenarioError as ScenarioError
    from ess_sim.errors import TerritoryError as TerritoryError
    from ess_sim.experiments.experiment import ExperimentError as ExperimentError
    from ess_sim.experiments.experiment import run_experiment as run_experiment
    from ess_sim.inputs.catalogue.bundled import scenarios_dir as scenarios_dir
    from ess_sim.inputs.scenario.scenario import Scenario as Scenario
    from ess_sim.inputs.territory.territory import Territory as Territory
    from ess_sim.model.policies.base import Policy as Policy
    from ess_sim.model.run.read import read_scenario as read_scenario
    from ess_sim.model.run.read import read_scenarios as read_scenarios
    from ess_sim.model.run.simulation import simulate as simulate
    from ess_sim.results.comparison.differences import compare as compare
    from ess_sim.results.results import Results as Results
    from ess_sim.results.run import Run as Run

    __version__: str

_HOMES = {
    "ConservationError": "errors",
    "EssSimError": "errors",
    "ExperimentError": "experiments.experiment",
    "ParameterError": "errors",
    "Phase": "clock",
    "Policy": "model.policies.base",
    "Results": "results.results",
    "ResultsError": "errors",
    "Run": "results.run",
    "Scenario": "model.run.read",  # by way of the registry: its policies may be plain data
    "ScenarioError": "errors",
    "Territory": "inputs.territory.territory",
    "TerritoryError": "errors",
    "compare": "results.comparison.differences",
    "read_scenario": "model.run.read",
    "read_scenarios": "model.run.read",
    "run_experiment": "experiments.experiment",
    "scenarios_dir": "inputs.catalogue.bundled",
    "simulate": "model.run.simulation",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("ess_sim")
    elif name in _HOMES:
        value = getattr(importlib.import_module(f"ess_sim.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module 'ess_sim' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
