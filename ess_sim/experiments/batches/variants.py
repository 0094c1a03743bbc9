"""Scenarios as a batch varies them: places that dotted paths lead to, and whole scenarios with other values there.

The value that the batch file writes is laid into the tree of the scenario's own file, and the tree is checked as any
file is. So a wrong value is reported where the batch file wrote it, in the words of a scenario file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ess_sim.errors import Problem, did_you_mean
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.documents.nodes import ListNode, Location, MappingNode, Mark, Node, ScalarNode, entry, tree_of
from ess_sim.inputs.scenario.checking import Check, Hooks
from ess_sim.inputs.scenario.files import ScenarioFile
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.checks import unreadable_parameters

__all__ = ["Base", "Places", "Row", "path_labels", "unknown_path"]


_SECTIONS = ("horizon_years", "supply", "residents", "parameters", "policies")
"""Parts of a scenario that can vary: what it says of itself, its start and its territory stay."""


Row = dict[str, ScalarNode]
"""The varied paths of one variant, each with its value."""


Places = dict[str, Location]
"""Where the varied paths lead in one scenario."""


@dataclass(frozen=True)
class Base:
    """A scenario that the batch names, as its file describes it, and all that can be varied in it."""

    scenario: Scenario
    tree: MappingNode
    mark: Mark  # where the batch names it
    kinds: tuple[str, ...]
    data: dict[str, Any]  # with what the file leaves to defaults; policies without their kinds
    hooks: Hooks  # with which its file was checked

    @classmethod
    def of(cls, file: ScenarioFile, mark: Mark) -> Base:
        """The scenario of a file; ``mark`` is where the batch names it."""
        data = file.scenario.to_dict()
        kinds = tuple(str(block.pop("kind")) for block in data["policies"])
        return cls(file.scenario, file.tree, mark, kinds, data, file.hooks)

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
        return parameter in catalogue() and parameter not in dict(unreadable_parameters(self.scenario, [parameter]))

    def varied(
        self, row: Row, places: Places, about: Mapping[str, Any]
    ) -> tuple[Scenario | None, MappingNode, list[Problem]]:
        """The scenario that the file would describe with the row's values in their places, its tree, and all faults.

        ``about`` is what it says of itself: a name, a title, outcomes.
        """
        tree: Node = self.tree
        for key, value in about.items():
            tree = _laid(tree, (key,), tree_of(value, self.mark), self.data, self.mark)
        for path, node in row.items():
            tree = _laid(tree, places[path], node, self.data, self.mark)
        assert isinstance(tree, MappingNode)
        check = Check(tree, self.hooks)
        return check.scenario(), tree, check.problems

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path to a value, for suggestions; policies by number and by kind."""
        found = [path for section in _SECTIONS for path in _leaves(self.data[section], section)]
        for i, kind in enumerate(self.kinds):
            found += _leaves(self.data["policies"][i], f"policies.{kind}")
        return *found, *(f"parameters.{name}" for name in catalogue() if self._reads(name))


def _leaves(value: Any, path: str) -> Iterator[str]:
    """Dotted paths of all that is neither a mapping nor a list."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        yield path
    else:
        for part, inner in parts:
            yield from _leaves(inner, f"{path}.{part}")


def _laid(tree: Node | None, at: Location, node: Node, default: Any, mark: Mark) -> Node:
    """The tree with another value at a place. What the file leaves out on the way there stands as its default."""
    if not at:
        return node
    part, rest = at[0], at[1:]
    if not isinstance(tree, MappingNode | ListNode):
        tree = tree_of(default, mark)
    found = entry(tree, part)
    inner = _laid(found[1] if found else None, rest, node, default[part] if rest else None, mark)
    if isinstance(tree, ListNode):
        return ListNode(tree.mark, [inner if i == part else item for i, item in enumerate(tree.items)])
    assert isinstance(tree, MappingNode)
    return MappingNode(tree.mark, tree.items | {str(part): (found[0] if found else mark, inner)})


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
