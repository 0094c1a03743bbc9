"""A YAML text becomes a tree of nodes, within bounds of size and depth."""

from __future__ import annotations

from typing import Any

import yaml

from ess_sim.errors import Problem, did_you_mean, shortened
from ess_sim.inputs.documents.nodes import (
    MAX_PROBLEMS,
    ListNode,
    Location,
    MappingNode,
    Mark,
    Node,
    ScalarNode,
    described,
    problem_at,
)
from ess_sim.inputs.documents.scalars import REFUSED, Refused, Value, plain

__all__ = ["Parser", "Stop", "behind"]


MAX_DEPTH = 50
"""Deepest nesting of a file."""


MAX_VALUES = 40_000
"""Most values in a file once its aliases are expanded: a second of reading (a list of all communes of France fits)."""


class Stop(Exception):
    """Nothing more can be read of this file."""

    def __init__(self, mark: Mark, what: str, here: Location = ()) -> None:
        super().__init__(what)
        self.problem = problem_at(mark, here, what)


class Parser:
    """Builds the tree of one file from its parse events."""

    def __init__(self, file: str, text: str) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._text = text
        self._events = yaml.parse(text, Loader=yaml.SafeLoader)
        self._anchors: dict[str, Node | None] = {}
        self._values = 0
        self._last = Mark(file, 1, 1)

    def document(self) -> MappingNode | None:
        """The top-level mapping, or None where the file holds none (``problems`` says why)."""
        root: Node | None = None
        documents = 0
        while (event := self._next(())) is not None:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise Stop(self._mark(event), "a second document starts here: one scenario a file")
            elif isinstance(event, yaml.NodeEvent):
                root = self._node(event, (), 0)
        if root is None or (isinstance(root, ScalarNode) and root.value is None):
            what = "the file is empty: a scenario has at least name, start, horizon_years and territory"
            raise Stop(Mark(self._file, 1, 1), what)
        if isinstance(root, MappingNode):
            return root
        if not self.problems:
            found = "a list" if isinstance(root, ListNode) else "text or a number"
            raise Stop(root.mark, f"a scenario is a mapping of keys and values, not {found}")
        return None

    def _next(self, here: Location) -> Any:
        """The next event, None behind the last; ``here`` is the value that it belongs to."""
        try:
            return next(self._events, None)
        except yaml.reader.ReaderError as error:
            mark = behind(self._file, self._text[: error.position])
            raise Stop(mark, "a character that cannot be printed: is this a text file?") from None
        except yaml.MarkedYAMLError as error:
            at = error.problem_mark or error.context_mark
            mark = Mark(self._file, at.line + 1, at.column + 1) if at else self._last
            raise Stop(mark, _syntax(error)) from None
        except Exception as error:  # the scanner lets bare ValueErrors through, e.g. of "\UFFFFFFFF"
            why = shortened(str(error), 60)
            what = f"not valid YAML from here on, e.g. an escape or a number out of range ({why})"
            raise Stop(self._last, what, here) from None

    def _mark(self, event: Any) -> Mark:
        return Mark(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _complain(self, mark: Mark, here: Location, what: str) -> None:
        if len(self.problems) == MAX_PROBLEMS:
            raise Stop(mark, "too many problems: the rest of the file is not read")
        self.problems.append(problem_at(mark, here, what))

    def _node(self, event: Any, here: Location, depth: int, *, is_key: bool = False) -> Node:
        """The value that begins with ``event``, ``depth`` collections deep."""
        mark = self._last = self._mark(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor or "", mark, here, depth)
        self._count(mark, 1)
        if event.tag is not None:
            tag = shortened(event.tag.replace("tag:yaml.org,2002:", "!!"), 40)
            what = f"the tag {tag} is refused: write the value alone, in quotes where it is text"
            self._complain(mark, here, what)
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = ScalarNode(mark, self._value(event, mark, here, is_key=is_key), event.value)
        else:
            if depth == MAX_DEPTH:
                raise Stop(mark, f"nested deeper than {MAX_DEPTH} levels")
            if event.anchor:
                self._anchors[event.anchor] = None  # known, and not complete yet
            read = self._list if isinstance(event, yaml.SequenceStartEvent) else self._mapping
            node = read(mark, here, depth + 1)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _list(self, mark: Mark, here: Location, depth: int) -> ListNode:
        node = ListNode(mark)
        while not isinstance(event := self._next(inside := (*here, len(node.items))), yaml.SequenceEndEvent):
            node.add(self._node(event, inside, depth))
        return node

    def _mapping(self, mark: Mark, here: Location, depth: int) -> MappingNode:
        node = MappingNode(mark)
        while not isinstance(event := self._next(here), yaml.MappingEndEvent):
            written = self._node(event, here, depth, is_key=True)
            then = self._next(here)
            alone = isinstance(then, yaml.ScalarEvent) and not then.value and then.style is None  # as in {share: 0,2}
            key = self._key(written, node, here, alone=alone)
            inside = here if key is None else (*here, key)
            value = self._node(then, inside, depth)
            node.depth, node.size = max(node.depth, 1 + value.depth), node.size + value.size
            if key is None:
                node.incomplete = True
            elif key in node.items:
                first = node.items[key][0]
                what = f"this key is written twice: first at line {first.line}, column {first.column}"
                self._complain(written.mark, inside, what)
            else:
                node.items[key] = (written.mark, value)
        return node

    def _count(self, mark: Mark, values: int) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise Stop(mark, f"more than {MAX_VALUES} values (aliases count as what they repeat)")

    def _alias(self, anchor: str, mark: Mark, here: Location, depth: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            unknown = f"repeats nothing{did_you_mean(anchor[:200], self._anchors)}"
            why = "stands inside what it repeats" if anchor in self._anchors else unknown
            self._complain(mark, here, f"the alias *{anchor} {why}")
            return ScalarNode(mark, REFUSED)
        if depth + node.depth > MAX_DEPTH:
            raise Stop(mark, f"nested deeper than {MAX_DEPTH} levels")
        self._count(mark, node.size)
        return node

    def _value(self, event: Any, mark: Mark, here: Location, *, is_key: bool) -> Value:
        raw: str = event.value
        if event.tag is not None:
            return REFUSED
        if any("\ud800" <= c <= "\udfff" for c in raw):
            self._complain(mark, here, "an escape that is not a character (half of a surrogate pair)")
            return REFUSED
        if event.style is not None:
            return raw
        if raw == "<<" and is_key:
            what = "the merge key << is refused: put what is shared in a file of its own and use extends"
            self._complain(mark, here, what)
            return REFUSED
        value, complaint = plain(raw)
        if complaint:
            self._complain(mark, here, complaint)
        return value

    def _key(self, node: Node, mapping: MappingNode, here: Location, *, alone: bool) -> str | None:
        """A key's text, or None where it cannot be a key."""
        if not isinstance(node, ScalarNode):
            what = f"a key must be text, not {described(node)}"
        elif isinstance(node.value, Refused):
            return None
        elif isinstance(node.value, str):
            if node.value.isprintable():
                return node.value
            what = "a key with a character that cannot be printed"
        elif node.raw.isdigit() and alone and _ends_in_whole_number(mapping):
            what = f"a key must be text, not {node.raw} (decimals take a point: write 0.2, not 0,2)"
        elif node.raw.isdigit() and len(node.raw) >= _FEWEST_OF_A_CODE:
            what = f'a key must be text: put the code in quotes: "{shortened(node.raw)}"'
        else:
            what = f'a key must be text: write "{shortened(node.raw)}" in quotes' if node.raw else "a key is empty"
        self._complain(node.mark, here, what)
        return None


_FEWEST_OF_A_CODE = 2
"""Digits of a département's code."""


def _ends_in_whole_number(mapping: MappingNode) -> bool:
    last = mapping.get(next(reversed(mapping.items), ""))
    return isinstance(last, ScalarNode) and isinstance(last.value, int)


def _syntax(error: yaml.MarkedYAMLError) -> str:
    """A syntax error in words that help someone who does not know YAML's grammar."""
    problem = error.problem or "not valid YAML"
    if "'\\t'" in problem:
        return "a tab: indent with spaces"
    if problem.startswith("mapping values are not allowed"):
        return "a ':' is not allowed here: put a text that holds ': ' in quotes, or check the indentation"
    if problem.startswith("could not find expected ':'"):
        return "a ':' is missing after the key (or a closing quote, or the indentation is wrong)"
    if problem.startswith("expected <block end>"):
        return f"the indentation does not fit the lines above ({problem})"
    if "that cannot start any token" in problem:
        return f"{problem}: put the text in quotes"
    context = f"{error.context}: " if error.context else ""
    return f"not valid YAML: {context}{problem}"


def behind(path: str, text: str) -> Mark:
    """The position behind the beginning of a file."""
    return Mark(path, text.count("\n") + 1, len(text) - text.rfind("\n"))
