"""Simulates a territory's access to a médecin traitant (MT), and what health centres and training schemes change.

The public names are loaded when they are first used. No module of the package imports them from here.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from ess_sim.moved import Finder

if TYPE_CHECKING:  # what type checkers and editors see of the table below; a test holds the two together
    from ess_sim.analysis.accounts.accessibility import apl as apl
    from ess_sim.analysis.accounts.attribution import by_flow as by_flow
    from ess_sim.analysis.accounts.attribution import shapley_of as shapley_of
    from ess_sim.analysis.accounts.public_cost import costs as costs
    from ess_sim.analysis.accounts.robustness import uncertainty as uncertainty
    from ess_sim.analysis.benchmark.benchmark import benchmark as benchmark
    from ess_sim.analysis.benchmark.published import published_benchmark as published_benchmark
    from ess_sim.analysis.benchmark.territories import benchmark_territories as benchmark_territories
    from ess_sim.analysis.budget.choose import choose as choose
    from ess_sim.analysis.budget.mixes.search import Effort as Effort
    from ess_sim.analysis.calibration.fitting import calibrate as calibrate
    from ess_sim.analysis.calibration.inference import infer as infer
    from ess_sim.analysis.calibration.targets import read_calibration as read_calibration
    from ess_sim.analysis.studies.assumptions import flip_points as flip_points
    from ess_sim.analysis.studies.assumptions import sensitivity as sensitivity
    from ess_sim.analysis.studies.choice import front as front
    from ess_sim.analysis.studies.choice import select as select
    from ess_sim.analysis.studies.critical import critical_gps as critical_gps
    from ess_sim.analysis.studies.critical import tipping_point as tipping_point
    from ess_sim.analysis.worth.worth import value as value
    from ess_sim.clock import Phase as Phase
    from ess_sim.errors import ArgumentError as ArgumentError
    from ess_sim.errors import ConservationError as ConservationError
    from ess_sim.errors import EssSimError as EssSimError
    from ess_sim.errors import ParameterError as ParameterError
    from ess_sim.errors import ResultsError as ResultsError
    from ess_sim.errors import ScenarioError as ScenarioError
    from ess_sim.errors import TerritoryError as TerritoryError
    from ess_sim.experiments.batches.batch import read_batch as read_batch
    from ess_sim.experiments.batches.library import read_library as read_library
    from ess_sim.experiments.draws.posterior import Posterior as Posterior
    from ess_sim.experiments.elicitation.elicited import elicited as elicited
    from ess_sim.experiments.experiment import ExperimentError as ExperimentError
    from ess_sim.experiments.experiment import run_experiment as run_experiment
    from ess_sim.faces.cli.parts.terminal import progress as progress
    from ess_sim.faces.explanation.text import explain as explain
    from ess_sim.faces.figures.costs import plot_costs as plot_costs
    from ess_sim.faces.figures.share import plot_share as plot_share
    from ess_sim.faces.reports.description.description import describe as describe
    from ess_sim.faces.reports.stress import stress_sheet as stress_sheet
    from ess_sim.inputs.catalogue.bundled import scenarios_dir as scenarios_dir
    from ess_sim.inputs.catalogue.parameters import catalogue as catalogue
    from ess_sim.inputs.figures.figures import figures_of as figures_of
    from ess_sim.inputs.scenario.files import write_scenario as write_scenario
    from ess_sim.inputs.territory.countries.search import search_territories as search_territories
    from ess_sim.inputs.territory.quarters import Quarter as Quarter
    from ess_sim.inputs.territory.roads.crow_fly import CrowFly as CrowFly
    from ess_sim.inputs.territory.territory import Territory as Territory
    from ess_sim.model.beginnings.begin import Scenario as Scenario
    from ess_sim.model.policies.base import Policy as Policy
    from ess_sim.model.policies.registry import KINDS as policies  # noqa: F401 - public under this name
    from ess_sim.model.policies.words import Words as Words
    from ess_sim.model.run.read import read_scenario as read_scenario
    from ess_sim.model.run.read import read_scenarios as read_scenarios
    from ess_sim.model.run.simulation import simulate as simulate
    from ess_sim.model.world.events import Behaviour as Behaviour
    from ess_sim.model.world.world import World as World
    from ess_sim.results.comparison.common_numbers import first_difference as first_difference
    from ess_sim.results.comparison.differences import compare as compare
    from ess_sim.results.comparison.words import fairness as fairness
    from ess_sim.results.comparison.words import summary as summary
    from ess_sim.results.indicators.supply import start_balance as start_balance
    from ess_sim.results.merging import merge_shards as merge_shards
    from ess_sim.results.results import Results as Results
    from ess_sim.results.run import Run as Run
    from ess_sim.results.tables.schema import describe_table as describe_table

    __version__: str

_HOMES = {
    "ArgumentError": "errors",
    "ConservationError": "errors",
    "EssSimError": "errors",
    "ParameterError": "errors",
    "ResultsError": "errors",
    "ScenarioError": "errors",
    "TerritoryError": "errors",
    "Phase": "clock",
    "scenarios_dir": "inputs.catalogue.bundled",
    "catalogue": "inputs.catalogue.parameters",
    "figures_of": "inputs.figures.figures",
    "write_scenario": "inputs.scenario.files",
    "search_territories": "inputs.territory.countries.search",
    "Quarter": "inputs.territory.quarters",
    "Territory": "inputs.territory.territory",
    "CrowFly": "inputs.territory.roads.crow_fly",
    "first_difference": "results.comparison.common_numbers",
    "compare": "results.comparison.differences",
    "fairness": "results.comparison.words",
    "summary": "results.comparison.words",
    "start_balance": "results.indicators.supply",
    "Results": "results.results",
    "Run": "results.run",
    "describe_table": "results.tables.schema",
    "Policy": "model.policies.base",
    "policies": "model.policies.registry:KINDS",
    "Words": "model.policies.words",
    "Scenario": "model.beginnings.begin",  # not straight from its home: the model has to say which policies there are
    "read_scenario": "model.run.read",
    "read_scenarios": "model.run.read",
    "simulate": "model.run.simulation",
    "Behaviour": "model.world.events",
    "World": "model.world.world",
    "read_batch": "experiments.batches.batch",
    "read_library": "experiments.batches.library",
    "Posterior": "experiments.draws.posterior",
    "elicited": "experiments.elicitation.elicited",
    "ExperimentError": "experiments.experiment",
    "merge_shards": "results.merging",
    "run_experiment": "experiments.experiment",
    "apl": "analysis.accounts.accessibility",
    "by_flow": "analysis.accounts.attribution",
    "shapley_of": "analysis.accounts.attribution",
    "costs": "analysis.accounts.public_cost",
    "uncertainty": "analysis.accounts.robustness",
    "benchmark": "analysis.benchmark.benchmark",
    "published_benchmark": "analysis.benchmark.published",
    "benchmark_territories": "analysis.benchmark.territories",
    "choose": "analysis.budget.choose",
    "Effort": "analysis.budget.mixes.search",
    "calibrate": "analysis.calibration.fitting",
    "infer": "analysis.calibration.inference",
    "read_calibration": "analysis.calibration.targets",
    "flip_points": "analysis.studies.assumptions",
    "sensitivity": "analysis.studies.assumptions",
    "front": "analysis.studies.choice",
    "select": "analysis.studies.choice",
    "critical_gps": "analysis.studies.critical",
    "tipping_point": "analysis.studies.critical",
    "value": "analysis.worth.worth",
    "progress": "faces.cli.parts.terminal",
    "explain": "faces.explanation.text",
    "describe": "faces.reports.description.description",
    "plot_costs": "faces.figures.costs",
    "plot_share": "faces.figures.share",
    "stress_sheet": "faces.reports.stress",
}
"""Where each public name is defined, from the ground up; ``module:name`` where it has another name there."""

__all__ = ["__version__", *_HOMES]
sys.meta_path.append(Finder())


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("ess_sim")
    elif name in _HOMES:
        module, _, other = _HOMES[name].partition(":")
        value = getattr(importlib.import_module(f"ess_sim.{module}"), other or name)
    elif name == "figures":  # a module, which `import ess_sim` alone does not load
        value = importlib.import_module("ess_sim.figures")
    else:
        raise AttributeError(f"module 'ess_sim' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "figures"])
