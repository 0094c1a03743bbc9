"""The tree of a document: scalars, lists and mappings with their places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar

from ess_sim.errors import Problem, shortened
from ess_sim.inputs.documents.scalars import Refused, Value

__all__ = [
    "MAX_PROBLEMS",
    "NOWHERE",
    "ListNode",
    "Location",
    "MappingNode",
    "Mark",
    "Node",
    "ScalarNode",
    "described",
    "entry",
    "is_refused",
    "limited",
    "mark_of",
    "problem_at",
    "text_of",
    "tree_of",
]


MAX_PROBLEMS = 200
"""Most problems reported of one file: enough to work with, and a bound on the time spent on hostile files."""


Location = tuple[str | int, ...]
"""Where in a document a value stands, e.g. ``("policies", 0, "zone")``."""


@dataclass(frozen=True)
class Mark:
    """A position in a file, counted from 1."""

    file: str
    line: int
    column: int


@dataclass
class ScalarNode:
    """A value without parts, and how the file writes it."""

    mark: Mark
    value: Value | Any  # of Python data: anything
    raw: str = ""
    depth: ClassVar[int] = 0
    size: ClassVar[int] = 1


@dataclass
class ListNode:
    """A list."""

    mark: Mark
    items: list[Node] = field(default_factory=list)
    depth: int = 1
    size: int = 1

    def add(self, node: Node) -> None:
        """Put a value at the end."""
        self.items.append(node)
        self.depth, self.size = max(self.depth, 1 + node.depth), self.size + node.size


@dataclass
class MappingNode:
    """Values by key, with the keys' own positions. ``incomplete`` where a key had to be left out."""

    mark: Mark
    items: dict[str, tuple[Mark, Node]] = field(default_factory=dict)
    incomplete: bool = False
    depth: int = 1
    size: int = 1

    def get(self, key: str) -> Node | None:
        """The value of a key, None where there is none."""
        return self.items[key][1] if key in self.items else None

    def without(self, *keys: str) -> MappingNode:
        """The mapping with some keys left out."""
        return MappingNode(self.mark, {k: v for k, v in self.items.items() if k not in keys}, self.incomplete)

    def under(self, over: MappingNode) -> MappingNode:
        """``over`` laid on this mapping: mappings merge by key, null removes a key, all else replaces."""
        items = dict(self.items)
        for key, (mark, node) in over.items.items():
            below = self.get(key)
            if below is not None and isinstance(node, ScalarNode) and node.value is None:
                del items[key]
            elif isinstance(below, MappingNode) and isinstance(node, MappingNode):
                items[key] = (mark, below.under(node))
            else:
                items[key] = (mark, node)
        return MappingNode(over.mark, items, self.incomplete or over.incomplete)


Node = ScalarNode | ListNode | MappingNode


NOWHERE = Mark("", 0, 0)
"""Where values stand that no file holds."""


def tree_of(value: Any, mark: Mark = NOWHERE) -> Node:
    """Plain data as a tree that stands in one place; what is no plain value is a scalar of its own."""
    return _tree_of(value, mark, frozenset())


def _tree_of(value: Any, mark: Mark, around: frozenset[int]) -> Node:
    """The tree of a value within the lists and mappings ``around`` it, which it may not contain again."""
    if id(value) in around:
        return ScalarNode(mark, object(), "what contains itself")
    if isinstance(value, dict | list | tuple):
        around = around | {id(value)}
    if isinstance(value, dict):
        return MappingNode(mark, {str(key): (mark, _tree_of(inner, mark, around)) for key, inner in value.items()})
    if isinstance(value, list | tuple):
        return ListNode(mark, [_tree_of(inner, mark, around) for inner in value])
    return ScalarNode(mark, value, str(value).lower() if isinstance(value, bool) else str(value))


def is_refused(node: Node) -> bool:
    """Whether the value was already complained about."""
    return isinstance(node, ScalarNode) and isinstance(node.value, Refused)


def text_of(node: Node | None) -> str:
    """The text that a value is, '' where it is none; a date stands for the text that models take it for."""
    if isinstance(node, ScalarNode) and type(node.value) is date:
        return node.value.isoformat()
    return node.value if isinstance(node, ScalarNode) and isinstance(node.value, str) else ""


def described(node: Node) -> str:
    """The value as a message shows it."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, ListNode):
        return "a list"
    if node.value is None:
        return "empty"
    return repr(shortened(node.value, 40)) if isinstance(node.value, str) else shortened(node.raw, 40)


def entry(node: Node, part: str | int) -> tuple[Mark, Node] | None:
    """What stands in a node under a key or an index, with the mark of the key (of an item: its own)."""
    if isinstance(node, MappingNode) and isinstance(part, str):
        return node.items.get(part)
    if isinstance(node, ListNode) and isinstance(part, int) and 0 <= part < len(node.items):
        return node.items[part].mark, node.items[part]
    return None


def mark_of(root: Node, location: Location, *, key: bool = False) -> Mark:
    """Where a value stands (or its key, with ``key``); where it is not in the tree, what should hold it."""
    mark = root.mark
    for part in location:
        found = entry(root, part)
        if found is None:
            return root.mark
        mark, root = found
    return mark if key else root.mark


def limited(problems: Iterable[Problem]) -> list[Problem]:
    """Problems in the order of the file, each once; where they are too many, the last one says so."""
    listed = sorted(set(problems))
    if len(listed) > MAX_PROBLEMS:
        here = listed[MAX_PROBLEMS]
        listed[MAX_PROBLEMS:] = [replace(here, what="too many problems: this one and those behind it are not listed")]
    return listed


def problem_at(mark: Mark, location: Location, what: str) -> Problem:
    """A problem of the value at ``location``, shown at ``mark``."""
    where = ""
    for part in location:
        where += f"[{part}]" if isinstance(part, int) else f"{'.' if where else ''}{shortened(part)}"
    return Problem(mark.file, mark.line, mark.column, where, what)
