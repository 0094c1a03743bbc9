"""Scenario files read and checked against their territory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ess_sim.arguments import checked
from ess_sim.inputs.catalogue.parameters import override_problems
from ess_sim.inputs.scenario.checking import Hooks
from ess_sim.inputs.scenario.files import ScenarioFile, read_files
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.registry import kinds
from ess_sim.model.run.checks import problems

__all__ = ["HOOKS", "Scenario", "hooks", "read_scenario", "read_scenario_file", "read_scenarios"]


def hooks(*, allow_code: bool = False, policies: Iterable[type[Policy]] = ()) -> Hooks:
    """What this model adds to the form of scenarios; parameters as `read_scenarios`."""
    return Hooks(kinds(allow_code=allow_code, policies=policies), override_problems, problems)


HOOKS = hooks()
"""Of files that run no code."""


@checked
def read_scenarios(
    paths: Sequence[str | Path], *, allow_code: bool = False, policies: Iterable[type[Policy]] = ()
) -> list[Scenario]:
    """Reads scenario files, with everything they extend.

    Parameters
    ----------
    paths : sequence of path
        One scenario a file.
    allow_code : bool
        Whether a policy's ``kind: module:Class`` may be imported, from the folder of the file that names it or from
        Python's path. That runs code: allow it for files that you trust as you trust a program.
    policies : iterable of type
        Classes of your own that the files may name by their ``kind``.

    Raises
    ------
    ScenarioError
        With all errors of all files, each ``file:line:column: where: what is wrong``.
    """
    return [found.scenario for found in read_files(paths, hooks(allow_code=allow_code, policies=policies))]


@checked
def read_scenario(path: str | Path, *, allow_code: bool = False, policies: Iterable[type[Policy]] = ()) -> Scenario:
    """Reads one scenario file. See `read_scenarios`.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> read_scenario(scenarios_dir() / "laval" / "smp.yaml").name
    'laval-smp'
    """
    return read_scenario_file(path, hooks(allow_code=allow_code, policies=policies)).scenario


def read_scenario_file(path: str | Path, hooks: Hooks = HOOKS) -> ScenarioFile:
    """One scenario file, with the tree that describes its scenario."""
    return read_files([path], hooks)[0]
