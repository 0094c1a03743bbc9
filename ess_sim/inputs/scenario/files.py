"""Scenario files: YAML documents to scenarios and back. Which policies and parameters there are, the caller says."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ess_sim.atomic import write_atomically
from ess_sim.errors import Problem, ScenarioError, TerritoryError, did_you_mean, shortened
from ess_sim.inputs.documents.dump import dump
from ess_sim.inputs.documents.nodes import (
    MAX_PROBLEMS,
    ListNode,
    MappingNode,
    Mark,
    Node,
    ScalarNode,
    described,
    is_refused,
    mark_of,
    problem_at,
)
from ess_sim.inputs.documents.reader import Document, Reader
from ess_sim.inputs.documents.validate import MISSING, validated
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.scenario import PolicyModel, Scenario

__all__ = ["baseline_of", "read_scenarios", "write_scenario"]


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
    reader = Reader()
    document = reader.read(path)
    node = document.own.get("extends") if document else None
    for item in node.items if isinstance(node, ListNode) else [node]:
        if isinstance(item, ScalarNode) and isinstance(item.value, str) and item.value:
            parent = os.path.normpath(os.path.join(os.path.dirname(path), item.value))
            extended = reader.read(parent)
            if extended is not None and "name" in extended.own.items:
                return Path(parent)
    return None


Registry = Callable[[str], type[PolicyModel]]
ParameterProblems = Callable[[Mapping[str, float]], list[tuple[str, str]]]
Semantic = Callable[[Scenario], list[tuple[Location, str]]]
_CSV_KEYS = ("csv", "travel_csv")


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
    hooks = _Hooks(registry, known_kinds, parameter_problems, semantic)
    reader = Reader()
    problems: list[Problem] = []
    scenarios: list[Scenario] = []
    given: dict[str, str] = {}
    names: dict[str, Mark] = {}
    for path in [os.fspath(p) for p in paths]:
        real = os.path.realpath(path) if "\0" not in path else path
        if real in given:
            problems.append(Problem(path, 0, 0, "", f"this file is given twice (first as {given[real]})"))
            continue
        given[real] = path
        document = reader.read(os.path.normpath(path))
        if document is None:
            continue
        check = _Check(document, hooks)
        scenarios += check.scenario()
        problems += check.problems
        name = document.own.get("name")
        if isinstance(name, ScalarNode) and isinstance(name.value, str):
            first = names.setdefault(name.value, name.mark)
            if first is not name.mark:
                what = f"the name {described(name)} is already taken by {first.file}:{first.line}"
                problems.append(problem_at(name.mark, ("name",), what))
    problems += reader.problems
    if problems:
        raise ScenarioError(problems)
    return scenarios


@dataclass(frozen=True)
class _Hooks:
    registry: Registry
    known_kinds: Sequence[str]
    parameter_problems: ParameterProblems
    semantic: Semantic


@dataclass
class _Check:
    """Turns one document into a scenario, or says in ``problems`` all that is wrong with it."""

    document: Document
    hooks: _Hooks
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        merged = self.document.merged
        self._tree = merged if "name" in self.document.own.items else merged.without("name")  # never inherited

    def scenario(self) -> list[Scenario]:
        """The scenario, or nothing."""
        policies = self._policies()
        self._parameters()
        scenario = self._whole(policies)
        if scenario is not None and not self.document.partial:
            self._meaning(scenario, policies)
        if len(self.problems) > MAX_PROBLEMS:
            self.problems = sorted(set(self.problems))[:MAX_PROBLEMS]
            last = self.problems[-1]
            what = "too many problems: the others are not listed"
            self.problems.append(Problem(last.file, last.line, last.column + 1, "", what))
        return [scenario] if scenario is not None and not self.problems and not self.document.partial else []

    def _say(self, at: Location, what: str, *, key: bool = False) -> None:
        self.problems.append(problem_at(mark_of(self._tree, at, key=key), at, what))

    def _whole(self, policies: Mapping[int, PolicyModel]) -> Scenario | None:
        tree = _with_whole_paths(self._tree.without("policies"))
        partial = self.document.partial
        scenario, problems = validated(Scenario, tree, partial=partial, beside=("policies", "extends"))
        if "extends" in self.document.own.items:
            own_name = "a scenario states its own name: that of an extended file is not taken over"
            problems = [replace(p, what=own_name) if (p.where, p.what) == ("name", MISSING) else p for p in problems]
        self.problems += problems
        if scenario is None:
            return None
        try:
            return scenario.with_(policies=tuple(policies.values()))
        except ValidationError as error:
            self._say(("policies",), "; ".join(e["msg"] for e in error.errors(include_url=False)))
            return None

    def _parameters(self) -> None:
        node = self._tree.get("parameters")
        if not isinstance(node, MappingNode):
            return
        # the value of a misspelt name may be wrong too: it stands as 0 here
        given = {name: _number(value) for name, (_, value) in islice(node.items.items(), 5 * MAX_PROBLEMS)}
        for name, what in self.hooks.parameter_problems({n: 0.0 if v is None else v for n, v in given.items()}):
            unknown = what.startswith("unknown")
            if unknown or given[name] is not None:
                self._say(("parameters", name), what, key=unknown)

    def _policies(self) -> dict[int, PolicyModel]:
        """The policies that are valid, by their place in the file."""
        node = self._tree.get("policies")
        if isinstance(node, ListNode):
            policies = {i: self._policy(("policies", i), item) for i, item in enumerate(node.items)}
            return {i: policy for i, policy in policies.items() if policy is not None}
        if node is not None and not is_refused(node):
            self._say(("policies",), f"must be a list of policies, not {described(node)}")
        return {}

    def _policy(self, here: Location, node: Node) -> PolicyModel | None:
        known = f": one of {', '.join(self.hooks.known_kinds)}" if self.hooks.known_kinds else ""
        if not isinstance(node, MappingNode):
            if not is_refused(node):
                self._say(here, f"must be a mapping with a kind, not {described(node)}")
            return None
        kind = node.get("kind")
        if kind is None:
            if not node.incomplete:
                self._say(here, f"a policy needs a kind{known}")
            return None
        if not isinstance(kind, ScalarNode) or not isinstance(kind.value, str):
            if not is_refused(kind):
                self._say((*here, "kind"), f"must be text{known}, not {described(kind)}")
            return None
        model = self._class(kind.value, (*here, "kind"))
        if model is None:
            return None
        try:
            partial = self.document.partial
            policy, problems = validated(model, node.without("kind"), here, partial=partial, beside=("kind",))
        except Exception as error:  # a user's own class may raise anything; it must not hide the other problems
            what = f"the policy {described(kind)} cannot read this block ({type(error).__name__}: {error})"
            self._say(here, what)
            return None
        self.problems += problems
        return policy

    def _class(self, kind: str, at: Location) -> type[PolicyModel] | None:
        shown = repr(shortened(kind))
        try:
            model = self.hooks.registry(kind)
        except (ScenarioError, LookupError) as error:
            # str() of a KeyError is the repr of its message
            what = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
            hint = "" if "did you mean" in what else did_you_mean(kind[:200], self.hooks.known_kinds)
            self._say(at, (what if "polic" in what or " " in what else f"unknown policy {shown}") + hint)
            return None
        except Exception as error:  # importing a user's module runs the user's code
            self._say(at, f"the policy {shown} cannot be loaded ({type(error).__name__}: {error})")
            return None
        if not (isinstance(model, type) and issubclass(model, PolicyModel)):
            self._say(at, f"{shown} is not a policy class")
            return None
        return model

    def _meaning(self, scenario: Scenario, policies: Mapping[int, PolicyModel]) -> None:
        """What the semantic hook says, at its places in the file."""
        try:
            found = self.hooks.semantic(scenario)
        except TerritoryError as error:
            node = self._tree.get("territory")
            given = node.items if isinstance(node, MappingNode) else {}
            keys = [k for k in ("epci", "ept", "departement", "communes", "csv") if k in given]
            at: Location = ("territory", *keys) if len(keys) == 1 else ("territory",)
            found = [(at, line) for line in str(error).splitlines()]
        listed = self._tree.get("policies")
        all_read = not isinstance(listed, ListNode) or len(listed.items) == len(policies)
        # a scenario orders its policies; the file's places are found back by identity
        places = {id(policy): i for i, policy in policies.items()}
        for at, what in found:
            if at[:1] == ("parameters",) and not all_read:
                continue  # whether an override serves anything depends on the policies that are left out
            if len(at) > 1 and at[0] == "policies" and isinstance(at[1], int):
                at = ("policies", places.get(id(scenario.policies[at[1]]), at[1]), *at[2:])
            self._say(at, what)


def _number(node: Node) -> int | float | None:
    value = node.value if isinstance(node, ScalarNode) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _with_whole_paths(tree: MappingNode) -> MappingNode:
    """The tree with its CSV paths made absolute, each from the folder of the file that wrote it."""
    territory = tree.get("territory")
    if not isinstance(territory, MappingNode):
        return tree
    whole = MappingNode(territory.mark)
    for key in _CSV_KEYS:
        node = territory.get(key)
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value:
            path = os.path.abspath(os.path.join(os.path.dirname(node.mark.file), node.value))
            whole.items[key] = territory.items[key][0], replace(node, value=path)
    return tree.under(MappingNode(tree.mark, {"territory": (tree.items["territory"][0], whole)}))


def write_scenario(scenario: Scenario, path: Path | str) -> None:
    """Write a scenario as YAML that `read_scenarios` reads back as an equal scenario.

    Its policies must be of kinds that the registry knows. A file that exists is replaced. CSV paths in the target's
    folder are written relative to it, all others absolute, so that the folder can move.
    """
    data = scenario.to_dict()
    folder = os.path.abspath(os.path.dirname(os.fspath(path)))
    for key in _CSV_KEYS:
        if data["territory"][key] is not None:
            whole = os.path.abspath(data["territory"][key])
            inside = os.path.commonpath([folder, whole]) == folder
            data["territory"][key] = os.path.relpath(whole, folder) if inside else whole
    # keys that are left out by default need not be written as null
    kept = {k: v if k == "policies" else _without_null(v) for k, v in data.items()}
    write_atomically(path, dump(kept).encode("utf-8"))


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_null(v) for k, v in value.items() if v is not None}
    return [_without_null(v) for v in value] if isinstance(value, list) else value
