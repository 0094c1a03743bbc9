"""Scenario files read and checked against their territory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ess_sim.arguments import checked
from ess_sim.inputs.catalogue.parameters import override_problems
from ess_sim.inputs.scenario.checking import Hooks
from ess_sim.inputs.scenario.files import ScenarioFile, read_files
from ess_sim.inputs.scenario.policy_model import Kinds
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.registry import KINDS, policy_class
from ess_sim.model.run.checks import problems

__all__ = ["HOOKS", "Scenario", "read_scenario", "read_scenario_file", "read_scenarios"]


HOOKS = Hooks(Kinds(policy_class, KINDS), override_problems, problems)
"""What this model adds to the form of scenarios."""


@checked
def read_scenarios(paths: Sequence[str | Path]) -> list[Scenario]:
    """Reads scenario files, with everything they extend.

    Raises
    ------
    ScenarioError
        With all errors of all files, each ``file:line:column: where: what is wrong``.
    """
    return [found.scenario for found in read_files(paths, HOOKS)]


@checked
def read_scenario(path: str | Path) -> Scenario:
    """Reads one scenario file. See `read_scenarios`.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> read_scenario(scenarios_dir() / "laval" / "smp.yaml").name
    'laval-smp'
    """
    return read_scenario_file(path).scenario


def read_scenario_file(path: str | Path) -> ScenarioFile:
    """One scenario file, with the tree that describes its scenario."""
    return read_files([path], HOOKS)[0]
