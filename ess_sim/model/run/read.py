"""Scenario files read and checked against their territory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ess_sim.inputs.catalogue.parameters import override_problems
from ess_sim.inputs.scenario import files
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.registry import KINDS, policy_class
from ess_sim.model.run.checks import problems

__all__ = ["read_scenario", "read_scenarios"]


def read_scenarios(paths: Sequence[str | Path]) -> list[Scenario]:
    """Reads scenario files, with everything they extend.

    Raises
    ------
    ScenarioError
        With all errors of all files, each ``file:line:column: where: what is wrong``.
    """
    return files.read_scenarios(
        paths,
        registry=policy_class,
        known_kinds=sorted(KINDS),
        parameter_problems=override_problems,
        semantic=problems,
    )


def read_scenario(path: str | Path) -> Scenario:
    """Reads one scenario file. See `read_scenarios`.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> read_scenario(scenarios_dir() / "laval" / "smp.yaml").name
    'laval-smp'
    """
    return read_scenarios([path])[0]
