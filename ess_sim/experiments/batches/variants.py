"""Scenarios as a batch varies them: places that dotted paths lead to, and whole scenarios with other values there.

A variant is built like a file: the value that the batch file writes is laid into the tree of the scenario, and the tree
is read again. So a wrong value is reported where the batch file wrote it, in the words of a scenario file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ess_sim.errors import Problem, did_you_mean
from ess_sim.inputs.catalogue.parameters import catalogue, override_problems
from ess_sim.inputs.documents.nodes import (
    ListNode,
    Location,
    MappingNode,
    Mark,
    Node,
    ScalarNode,
    entry,
    mark_of,
    problem_at,
)
from ess_sim.inputs.documents.reader import Reader
from ess_sim.inputs.documents.validate import validated
from ess_sim.inputs.scenario.scenario import PolicyModel, Scenario
from ess_sim.model.policies.registry import policy_class
from ess_sim.model.run.checks import unreadable_parameters
from ess_sim.model.run.prepare import prepare

__all__ = ["Base", "Places", "Row", "path_labels", "unknown_path"]


_SECTIONS = ("horizon_years", "supply", "residents", "parameters", "policies")
"""Parts of a scenario that can vary: what is told of it, its start and its territory stay."""


Row = dict[str, ScalarNode]
"""The varied paths of one variant, each with its value."""


Places = dict[str, Location]
"""Where the varied paths lead in one scenario."""


@dataclass(frozen=True)
class Base:
    """A scenario that the batch names, and what can be varied in it: ``policies`` stand in the order of the file."""

    scenario: Scenario
    mark: Mark
    kinds: tuple[str, ...]
    data: dict[str, Any]

    @classmethod
    def of(cls, scenario: Scenario, mark: Mark, path: str) -> Base:
        """The scenario that ``path`` describes; ``mark`` is where the batch names it."""
        blocks = [p.to_block() for p in _in_file_order(path)]
        kinds = tuple(str(block.pop("kind")) for block in blocks)
        return cls(scenario, mark, kinds, scenario.to_dict() | {"policies": blocks})

    def location(self, path: str) -> Location | None:
        """Where a dotted path leads, None where it leads to no single value."""
        first, *parts = path.split(".")
        if first == "parameters":
            return ("parameters", parts[0]) if len(parts) == 1 and self._reads(parts[0]) else None
        if first not in _SECTIONS:
            return None
        at: Location = (first,)
        value = self.data[first]
        for part in parts:
            step: str | int = part
            if isinstance(value, list):
                if at == ("policies",) and self.kinds.count(part) == 1:
                    step = self.kinds.index(part)
                elif part.isdecimal() and int(part) < len(value):
                    step = int(part)
                else:
                    return None
            elif not isinstance(value, dict) or part not in value:
                return None
            at, value = (*at, step), value[step]
        return None if isinstance(value, dict | list) else at

    def _reads(self, parameter: str) -> bool:
        """Whether an override of the parameter would change anything here."""
        known = catalogue().get(parameter)
        if known is None:
            return False
        overridden = self.scenario.with_(parameters={parameter: known.value})
        return parameter not in dict(unreadable_parameters(overridden))

    def varied(self, row: Row, places: Places) -> tuple[Scenario | None, list[Problem]]:
        """The scenario with the row's values in their places, and all that is wrong with it."""
        tree = MappingNode(self.mark, {key: (self.mark, _tree(value, self.mark)) for key, value in self.data.items()})
        for path, node in row.items():
            _put(tree, places[path], node)
        return _read_again(tree, self.kinds)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path to a value, for suggestions; policies by number and by kind."""
        found = [path for section in _SECTIONS for path in _leaves(self.data[section], section)]
        for i, kind in enumerate(self.kinds):
            found += _leaves(self.data["policies"][i], f"policies.{kind}")
        return *found, *(f"parameters.{name}" for name in catalogue() if self._reads(name))


def _in_file_order(path: str) -> Iterator[PolicyModel]:
    """The policies of a valid scenario file (the scenario itself keeps them in an order of its own)."""
    document = Reader().read(path)
    listed = document.merged.get("policies") if document else None
    for item in listed.items if isinstance(listed, ListNode) else []:
        kind = entry(item, "kind")
        if isinstance(item, MappingNode) and kind is not None and isinstance(kind[1], ScalarNode):
            policy, _ = validated(policy_class(str(kind[1].value)), item.without("kind"))
            if policy is not None:
                yield policy


def _leaves(value: Any, path: str) -> Iterator[str]:
    """Dotted paths of all that is neither a mapping nor a list."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        yield path
    else:
        for part, inner in parts:
            yield from _leaves(inner, f"{path}.{part}")


def _tree(value: Any, mark: Mark) -> Node:
    """Plain data as a tree that stands in one place."""
    if isinstance(value, dict):
        return MappingNode(mark, {key: (mark, _tree(inner, mark)) for key, inner in value.items()})
    if isinstance(value, list):
        return ListNode(mark, [_tree(inner, mark) for inner in value])
    return ScalarNode(mark, value, str(value))


def _put(tree: Node, at: Location, node: Node) -> None:
    """Lay a value into a tree."""
    for part in at[:-1]:
        inner = entry(tree, part)
        assert inner is not None
        tree = inner[1]
    last = at[-1]
    if isinstance(tree, MappingNode):
        tree.items[str(last)] = node.mark, node
    elif isinstance(tree, ListNode):
        tree.items[int(last)] = node


def unknown_path(path: str, varying: Sequence[Base]) -> str:
    """What is said of a path that exists in no scenario."""
    for base in varying:
        for kind in base.kinds:
            if path.startswith(f"policies.{kind}.") and base.kinds.count(kind) > 1:
                return f"{base.scenario.name} has several policies of this kind: give the number in the file, from 0"
    known = dict.fromkeys(p for base in varying for p in base.paths)
    what = f"no scenario that varies has a value here{did_you_mean(path[:200], known)}"
    if path.split(".")[0] not in _SECTIONS:
        what += f"; {', '.join(_SECTIONS[:-1])} and {_SECTIONS[-1]} can vary"
    return what


def path_labels(paths: Iterable[str]) -> dict[str, str]:
    """For each path its shortest end that is the end of no other."""
    parts = {path: path.split(".") for path in paths}
    found = {}
    for path, own in parts.items():
        others = [p for other, p in parts.items() if other != path]
        ends = (own[-n:] for n in range(1, len(own) + 1))
        unlike = (end for end in ends if not any(p[-len(end) :] == end for p in others))
        found[path] = ".".join(next(unlike, own))
    return found


def _read_again(tree: MappingNode, kinds: Sequence[str]) -> tuple[Scenario | None, list[Problem]]:
    """The scenario that a tree describes, and all that is wrong with it."""
    scenario, problems = validated(Scenario, tree.without("policies"))
    policies: dict[int, PolicyModel] = {}
    listed = tree.get("policies")
    for i, node in enumerate(listed.items if isinstance(listed, ListNode) else []):
        at: Location = ("policies", i)
        try:
            policy, found = validated(policy_class(kinds[i]), node, at)
        except Exception as error:  # a user's own class may raise anything
            what = f"the policy {kinds[i]!r} cannot read this block ({type(error).__name__}: {error})"
            problems.append(problem_at(node.mark, at, what))
            continue
        problems += found
        if policy is not None:
            policies[i] = policy
    if scenario is None or problems:
        return None, problems
    scenario = scenario.with_(policies=tuple(policies.values()))
    # a scenario orders its policies; the file's places are found back by identity
    places = {id(policy): i for i, policy in policies.items()}
    wrong: list[tuple[Location, str]] = [
        (("parameters", n), what) for n, what in override_problems(scenario.parameters)
    ]
    for at, what in scenario.problems(prepare(scenario)):
        number = places[id(scenario.policies[int(at[1])])] if at[0] == "policies" else None
        wrong.append((at if number is None else ("policies", number, *at[2:]), what))
    return None if wrong else scenario, [problem_at(mark_of(tree, at), at, what) for at, what in wrong]
