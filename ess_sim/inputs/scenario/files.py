"""Scenario files: YAML documents to scenarios and back. Which policies and parameters there are, the caller says."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ess_sim.arguments import checked
from ess_sim.atomic import write_atomically
from ess_sim.errors import Problem, ScenarioError
from ess_sim.inputs.documents.dump import dump
from ess_sim.inputs.documents.nodes import (
    NOWHERE,
    ListNode,
    MappingNode,
    Mark,
    ScalarNode,
    described,
    problem_at,
    text_of,
)
from ess_sim.inputs.documents.places import named_by_a_user, outside
from ess_sim.inputs.documents.reader import Reader
from ess_sim.inputs.scenario.checking import Check, Hooks, ParameterProblems, Semantic, with_whole_paths
from ess_sim.inputs.scenario.policy_model import Kinds, PolicyModel
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.territory_spec import CSV_KEYS

__all__ = ["ScenarioFile", "baseline_of", "read_files", "read_scenarios", "scenario_text", "write_scenario"]


def baseline_of(path: Path | str) -> Path | None:
    """The first scenario that a scenario file extends: its natural baseline.

    Parameters
    ----------
    path : path
        A scenario file.

    Returns
    -------
    pathlib.Path or None
        None where the file extends nothing, or only pieces that have no name of their own, or cannot be read.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> baseline_of(scenarios_dir() / "laval" / "smp.yaml").name
    'baseline.yaml'
    """
    path = os.path.normpath(os.fspath(path))
    with named_by_a_user(path):
        return _baseline_of(path, Reader())


def _baseline_of(path: str, reader: Reader) -> Path | None:
    document = reader.read(path)
    node = document.own.get("extends") if document else None
    for item in node.items if isinstance(node, ListNode) else [node]:
        if isinstance(item, ScalarNode) and isinstance(item.value, str) and item.value:
            parent = os.path.normpath(os.path.join(os.path.dirname(path), item.value))
            extended = None if outside(parent) else reader.read(parent)
            if extended is not None and "name" in extended.own.items:
                return Path(parent)
    return None


Registry = Callable[[str], type[PolicyModel]]


def read_scenarios(
    paths: Sequence[Path | str],
    *,
    registry: Registry,
    known_kinds: Sequence[str],
    parameter_problems: ParameterProblems,
    semantic: Semantic,
) -> list[Scenario]:
    """Read scenario files, with the files that they extend, and check all of them at once.

    ``extends: other.yaml`` (or a list of paths, applied from left to right) lays a file on others: mappings merge by
    key, all else replaces, and ``null`` removes a key that an extended file gave. A scenario states its own name.
    Paths inside a file (``extends``, ``territory.csv``, ``territory.travel_csv``) are relative to the file that wrote
    them; the two CSV paths are made absolute.

    Parameters
    ----------
    paths : sequence of path
        One scenario a file, each with a name of its own. Naming a file twice is an error.
    registry : callable
        Gives the policy class of a kind; raises `ScenarioError` or `LookupError` where there is none.
    known_kinds : sequence of str
        Kinds of policies, for suggestions.
    parameter_problems : callable
        Says what is wrong with overrides: pairs of parameter name and message.
    semantic : callable
        Says what is wrong with a scenario that is valid in form: pairs of location and message. A `TerritoryError` that
        it raises is reported at the territory.

    Returns
    -------
    list of Scenario
        In the order of ``paths``.

    Raises
    ------
    ScenarioError
        With every problem of every file, in ``problems``.
    """
    hooks = Hooks(Kinds(registry, known_kinds), parameter_problems, semantic)
    return [found.scenario for found in read_files(paths, hooks)]


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario and the tree that describes it: a file laid on those that it extends, with whole paths.

    ``hooks``: what it was checked with.
    """

    scenario: Scenario
    tree: MappingNode
    hooks: Hooks


def read_files(paths: Sequence[Path | str], hooks: Hooks) -> list[ScenarioFile]:
    """Scenario files with their trees; see `read_scenarios`."""
    reader = Reader()
    problems: list[Problem] = []
    found: list[ScenarioFile] = []
    given: dict[str, str] = {}
    names: dict[str, Mark] = {}
    for path in [os.fspath(p) for p in paths]:
        real = os.path.realpath(path) if "\0" not in path else path
        if real in given:
            problems.append(Problem(path, 0, 0, "", f"this file is given twice (first as {given[real]})"))
            continue
        given[real] = path
        with named_by_a_user(os.path.normpath(path), *(os.fspath(p) for p in paths)):
            document = reader.read(os.path.normpath(path))
            if document is None:
                continue
            name = document.own.get("name")
            merged = document.merged if name is not None else document.merged.without("name")  # never inherited
            check = Check(with_whole_paths(merged), hooks, document.partial, "extends" in document.own.items)
            scenario = check.scenario()
        if scenario is not None:
            found.append(ScenarioFile(scenario, check.tree, hooks))
        problems += check.problems
        if name is not None and text_of(name):
            first = names.setdefault(text_of(name), name.mark)
            if first is not name.mark:
                what = f"the name {described(name)} is already taken by {first.file}:{first.line}"
                problems.append(problem_at(name.mark, ("name",), what))
    problems += reader.problems
    if problems:
        raise ScenarioError(problems)
    return found


@checked
def write_scenario(scenario: Scenario, path: Path | str) -> None:
    """Write a scenario as YAML that `read_scenarios` reads back as an equal scenario.

    Its policies must be of kinds that the registry knows. A file that exists is replaced. CSV paths in the target's
    folder are written relative to it, all others absolute, so that the folder can move.

    Raises
    ------
    ScenarioError
        For a copy that was shortened with ``with_(horizon_years=...)`` and has dates after its end: no file may say so.
    """
    write_atomically(path, scenario_text(scenario, os.path.dirname(os.fspath(path))).encode("utf-8"))


def scenario_text(scenario: Scenario, folder: Path | str) -> str:
    """What `write_scenario` writes into a file of this folder.

    Raises
    ------
    ScenarioError
        As `write_scenario`.
    """
    if late := scenario.after_its_end:
        why = f"the scenario is a copy shortened to horizon_years={scenario.horizon_years}, which no file can say"
        raise ScenarioError([problem_at(NOWHERE, at, f"{what}; {why}") for at, what in late])
    data = scenario.to_dict()
    folder = os.path.abspath(os.fspath(folder))
    for key in CSV_KEYS:
        if data["territory"][key] is not None:
            whole = os.path.abspath(data["territory"][key])
            inside = os.path.commonpath([folder, whole]) == folder
            data["territory"][key] = os.path.relpath(whole, folder) if inside else whole
    # keys that are left out by default need not be written as null
    kept = {k: v if k == "policies" else _without_null(v) for k, v in data.items()}
    return dump(kept)


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_null(v) for k, v in value.items() if v is not None}
    return [_without_null(v) for v in value] if isinstance(value, list) else value
