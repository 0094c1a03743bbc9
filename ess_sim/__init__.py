"""Simulates a territory's access to a médecin traitant (MT), and what health centres and training schemes change.

The public names are loaded when they are first used. Nobody inside the package imports them from here.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what type checkers and editors see of the table below
    from ess_sim.clock import Phase as Phase
    from ess_sim.compare import compare as compare
    from ess_sim.errors import ConservationError as ConservationError
    from ess_sim.errors import EssSimError as EssSimError
    from ess_sim.errors import ParameterError as ParameterError
    from ess_sim.errors import ResultsError as ResultsError
    from ess_sim.errors import ScenarioError as ScenarioError
    from ess_sim.errors import TerritoryError as TerritoryError
    from ess_sim.experiment import ExperimentError as ExperimentError
    from ess_sim.experiment import run_experiment as run_experiment
    from ess_sim.policies.base import Policy as Policy
    from ess_sim.results import Results as Results
    from ess_sim.results import Run as Run
    from ess_sim.scenario import Scenario as Scenario
    from ess_sim.simulate import read_scenario as read_scenario
    from ess_sim.simulate import read_scenarios as read_scenarios
    from ess_sim.simulate import simulate as simulate
    from ess_sim.territory import Territory as Territory

    __version__: str

_HOMES = {
    "ConservationError": "errors",
    "EssSimError": "errors",
    "ExperimentError": "experiment",
    "ParameterError": "errors",
    "Phase": "clock",
    "Policy": "policies.base",
    "Results": "results",
    "ResultsError": "errors",
    "Run": "results",
    "Scenario": "scenario",
    "ScenarioError": "errors",
    "Territory": "territory",
    "TerritoryError": "errors",
    "compare": "compare",
    "read_scenario": "simulate",
    "read_scenarios": "simulate",
    "run_experiment": "experiment",
    "simulate": "simulate",
}

__all__ = [
    "ConservationError",
    "EssSimError",
    "ExperimentError",
    "ParameterError",
    "Phase",
    "Policy",
    "Results",
    "ResultsError",
    "Run",
    "Scenario",
    "ScenarioError",
    "Territory",
    "TerritoryError",
    "__version__",
    "compare",
    "read_scenario",
    "read_scenarios",
    "run_experiment",
    "simulate",
]


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


class _Package(ModuleType):
    """Keeps ``ess_sim.simulate`` and ``ess_sim.compare`` functions, although modules bear these names."""

    def __setattr__(self, name: str, value: Any) -> None:
        # the import system binds each submodule that it has loaded to the package
        if isinstance(value, ModuleType) and _HOMES.get(name) == name:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
