"""Users' YAML files as trees in which every key and value knows its place, laid on the files that they extend.

A file is read from YAML's parse events rather than with `yaml.load`: this keeps a position for every key and value,
refuses what YAML readers disagree on, and bounds depth and size before anything grows. No other module imports yaml.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import yaml

from ess_sim.errors import Problem, ScenarioError, did_you_mean, shortened
from ess_sim.scalars import REFUSED, Refused, Value, plain

__all__ = [
    "MAX_PROBLEMS",
    "Document",
    "Draft",
    "ListNode",
    "Location",
    "MappingNode",
    "Mark",
    "Node",
    "Reader",
    "ScalarNode",
    "described",
    "dump",
    "entry",
    "is_refused",
    "mark_of",
    "problem_at",
    "text_of",
    "top_keys",
]

MAX_BYTES = 1_000_000
"""Largest file."""
MAX_DEPTH = 50
"""Deepest nesting of a file."""
MAX_VALUES = 200_000
"""Most values in a file once its aliases are expanded (all communes of France fit several times)."""
MAX_CHAIN = 20
"""Longest chain of ``extends``."""
MAX_PROBLEMS = 200
"""Most problems reported of one file: enough to work with, and a bound on the time spent on hostile files."""

Location = tuple[str | int, ...]
"""Where in a document a value stands, e.g. ``("policies", 0, "zone")``."""


# --- the tree ---------------------------------------------------------------------------------------------------------


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
    value: Value
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


def is_refused(node: Node) -> bool:
    """Whether the value was already complained about."""
    return isinstance(node, ScalarNode) and isinstance(node.value, Refused)


def text_of(node: Node | None) -> str:
    """The text that a value is, '' where it is none."""
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


def problem_at(mark: Mark, location: Location, what: str) -> Problem:
    """A problem of the value at ``location``, shown at ``mark``."""
    where = ""
    for part in location:
        where += f"[{part}]" if isinstance(part, int) else f"{'.' if where else ''}{shortened(part)}"
    return Problem(mark.file, mark.line, mark.column, where, what)


# --- from text to a tree ----------------------------------------------------------------------------------------------


class _Stop(Exception):
    """Nothing more can be read of this file."""

    def __init__(self, mark: Mark, what: str, here: Location = ()) -> None:
        super().__init__(what)
        self.problem = problem_at(mark, here, what)


class _Parser:
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
                    raise _Stop(self._mark(event), "a second document starts here: one scenario a file")
            elif isinstance(event, yaml.NodeEvent):
                root = self._node(event, (), 0)
        if root is None or (isinstance(root, ScalarNode) and root.value is None):
            what = "the file is empty: a scenario has at least name, start, horizon_years and territory"
            raise _Stop(Mark(self._file, 1, 1), what)
        if isinstance(root, MappingNode):
            return root
        if not self.problems:
            found = "a list" if isinstance(root, ListNode) else "text or a number"
            raise _Stop(root.mark, f"a scenario is a mapping of keys and values, not {found}")
        return None

    def _next(self, here: Location) -> Any:
        """The next event, None behind the last; ``here`` is the value that it belongs to."""
        try:
            return next(self._events, None)
        except yaml.reader.ReaderError as error:
            mark = _behind(self._file, self._text[: error.position])
            raise _Stop(mark, "a character that cannot be printed: is this a text file?") from None
        except yaml.MarkedYAMLError as error:
            at = error.problem_mark or error.context_mark
            mark = Mark(self._file, at.line + 1, at.column + 1) if at else self._last
            raise _Stop(mark, _syntax(error)) from None
        except Exception as error:  # the scanner lets bare ValueErrors through, e.g. of "\UFFFFFFFF"
            why = shortened(str(error), 60)
            what = f"not valid YAML from here on, e.g. an escape or a number out of range ({why})"
            raise _Stop(self._last, what, here) from None

    def _mark(self, event: Any) -> Mark:
        return Mark(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _complain(self, mark: Mark, here: Location, what: str) -> None:
        if len(self.problems) == MAX_PROBLEMS:
            raise _Stop(mark, "too many problems: the rest of the file is not read")
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
                raise _Stop(mark, f"nested deeper than {MAX_DEPTH} levels")
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
            key = self._key(written, node, here)
            inside = here if key is None else (*here, key)
            value = self._node(self._next(inside), inside, depth)
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
            raise _Stop(mark, f"more than {MAX_VALUES} values (aliases count as what they repeat)")

    def _alias(self, anchor: str, mark: Mark, here: Location, depth: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            unknown = f"repeats nothing{did_you_mean(anchor[:200], self._anchors)}"
            why = "stands inside what it repeats" if anchor in self._anchors else unknown
            self._complain(mark, here, f"the alias *{anchor} {why}")
            return ScalarNode(mark, REFUSED)
        if depth + node.depth > MAX_DEPTH:
            raise _Stop(mark, f"nested deeper than {MAX_DEPTH} levels")
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

    def _key(self, node: Node, mapping: MappingNode, here: Location) -> str | None:
        """A key's text, or None where it cannot be a key."""
        if not isinstance(node, ScalarNode):
            what = f"a key must be text, not {described(node)}"
        elif isinstance(node.value, Refused):
            return None
        elif isinstance(node.value, str):
            if node.value.isprintable():
                return node.value
            what = "a key with a character that cannot be printed"
        elif node.raw.isdigit() and _ends_in_whole_number(mapping):  # as in {share: 0,2}
            what = f"a key must be text, not {node.raw} (decimals take a point: write 0.2, not 0,2)"
        else:
            what = f'a key must be text: write "{shortened(node.raw)}" in quotes' if node.raw else "a key is empty"
        self._complain(node.mark, here, what)
        return None


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


# --- from files to merged trees ---------------------------------------------------------------------------------------


class _Unreadable(Exception):
    """A file that cannot be opened as a document: the fault of whoever names it."""


def _data(path: str) -> bytes:
    """What a file holds, refusing what is not a small regular file before reading it."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise _Unreadable("this is a folder, not a scenario file")
        if not stat.S_ISREG(status.st_mode):
            raise _Unreadable("this is not a regular file")
        if status.st_size > MAX_BYTES:
            size = f"{status.st_size / 1e3:.0f} kB"
            raise _Unreadable(f"too large ({size}): a scenario file has at most {MAX_BYTES / 1e3:.0f} kB")
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        folder, name = os.path.split(path)
        if not os.path.isdir(folder or "."):
            raise _Unreadable(f"no such file (there is no folder {folder!r})") from None
        near: list[str] = []
        with suppress(OSError):
            near = sorted(n for n in os.listdir(folder or ".") if n.endswith((".yaml", ".yml")))
        raise _Unreadable(f"no such file{did_you_mean(name, near)}") from None
    except OSError as error:
        raise _Unreadable(f"cannot be read ({error.strerror or error})") from None
    except ValueError as error:  # a NUL in the path
        raise _Unreadable(f"not a path ({error})") from None
    if len(data) > MAX_BYTES:  # it grew, or its size was not known
        raise _Unreadable(f"too large: a scenario file has at most {MAX_BYTES / 1e3:.0f} kB")
    return data


def _decoded(path: str, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _Stop(Mark(path, 1, 1), "this is UTF-16 text: save it as UTF-8")
    text, nul, _ = data.partition(b"\0")
    if nul:
        raise _Stop(_behind(path, text.decode("utf-8", "replace")), "a NUL byte: this is not a text file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # With a byte order mark the codec counts from behind it.
        start = error.start + (3 if data.startswith(b"\xef\xbb\xbf") and len(error.object) < len(data) else 0)
        what = f"the byte 0x{data[start]:02X} is not UTF-8: save the file as UTF-8"
        raise _Stop(_behind(path, data[:start].decode("utf-8", "replace")), what) from None


def _behind(path: str, text: str) -> Mark:
    """The position behind the beginning of a file."""
    return Mark(path, text.count("\n") + 1, len(text) - text.rfind("\n"))


@dataclass(frozen=True)
class Document:
    """One file with what it extends. ``partial`` where an extended file could not be read."""

    own: MappingNode
    merged: MappingNode
    partial: bool


def top_keys(path: Path | str) -> frozenset[str]:
    """Keys at the top of a YAML file, which tell a scenario from a batch; none of a file that cannot be read.

    Examples
    --------
    >>> from ess_sim.resources import scenarios_dir
    >>> "batch" in top_keys(scenarios_dir() / "laval" / "baseline.yaml")
    False
    """
    document = Reader().read(os.path.normpath(os.fspath(path)))
    return frozenset() if document is None else frozenset(document.own.items)


class Reader:
    """Reads files with what they extend, each once, and collects in ``problems`` what is wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._found: dict[str, Document | _Unreadable | None] = {}
        self._open: dict[str, str] = {}  # whole path and path shown of the files whose parents are being read

    def read(self, path: str) -> Document | None:
        """The file at ``path``, or None where it cannot be used."""
        found = self._read(path)
        if isinstance(found, _Unreadable):
            self.problems.append(Problem(path, 0, 0, "", str(found)))
            return None
        return found

    def _read(self, path: str) -> Document | _Unreadable | None:
        whole = os.path.abspath(path)
        if whole not in self._found:
            self._open[whole] = path
            self._found[whole] = self._parsed(path)
            del self._open[whole]
        return self._found[whole]

    def _parsed(self, path: str) -> Document | _Unreadable | None:
        parser = None
        try:
            parser = _Parser(path, _decoded(path, _data(path)))
            own = parser.document()
        except _Unreadable as error:
            return error
        except _Stop as stop:
            own = None
            self.problems.append(stop.problem)
        self.problems += parser.problems if parser else []
        return self._extended(own, path) if own else None

    def _extended(self, own: MappingNode, path: str) -> Document:
        node = own.get("extends")
        parents: list[tuple[Node, Location]] = []
        if isinstance(node, ListNode):
            parents = [(item, ("extends", i)) for i, item in enumerate(node.items)]
        elif node is not None:
            parents = [(node, ("extends",))]
        merged = MappingNode(own.mark)
        partial = False
        for item, where in parents:
            parent = self._parent(item, where, os.path.dirname(path))
            partial = partial or parent is None or parent.partial
            merged = merged.under(parent.merged) if parent else merged
        return Document(own, merged.under(own.without("extends")), partial)

    def _parent(self, item: Node, where: Location, folder: str) -> Document | None:
        """The file that one item of ``extends`` names, or None where it cannot be used."""
        chain = list(self._open.values())
        if is_refused(item):
            return None
        if not isinstance(item, ScalarNode) or not isinstance(item.value, str) or not item.value:
            or_list = ", or a list of paths" if len(where) == 1 else ""
            what = f"must be the path of a file{or_list}, not {described(item)}"
        else:
            path = os.path.normpath(os.path.join(folder, item.value))
            whole = os.path.abspath(path)
            if whole in self._open:
                what = f"circular: {' → '.join([*chain[list(self._open).index(whole) :], path])}"
            elif len(chain) > MAX_CHAIN:
                what = f"a chain of more than {MAX_CHAIN} files: {' → '.join(chain[:3])} → …"
            else:
                found = self._read(path)
                if not isinstance(found, _Unreadable):
                    return found
                what = f"{found}: {' → '.join([*chain, path])}"
        self.problems.append(problem_at(item.mark, where, what))
        return None


Made = TypeVar("Made")


@dataclass
class Draft(Generic[Made]):
    """A file's own keys on their way to what they declare. ``problems``: all that is wrong with them."""

    tree: MappingNode
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path | str) -> Made:
        """What a file declares.

        Raises
        ------
        ScenarioError
            With every problem of the file's form and of what it says.
        """
        reader = Reader()
        document = reader.read(os.path.normpath(os.fspath(path)))
        if document is None:
            raise ScenarioError(reader.problems)
        draft = cls(document.own)
        made = draft.made()
        if made is None or reader.problems:
            raise ScenarioError([*reader.problems, *draft.problems])
        return made

    def made(self) -> Made | None:
        """What the tree declares, or None where there are problems."""
        raise NotImplementedError

    @property
    def full(self) -> bool:
        """Whether there are more problems than anybody reads."""
        return len(self.problems) > MAX_PROBLEMS

    def say(self, at: Location, what: str, *, key: bool = False) -> None:
        """One more problem, of the value at ``at`` (or of its key)."""
        self.problems.append(problem_at(mark_of(self.tree, at, key=key), at, what))

    def take(self, error: ScenarioError, path: str, at: Location) -> None:
        """The problems of the file at ``path``, which the value at ``at`` names."""
        for problem in error.problems:
            if (problem.file, problem.line) == (path, 0):  # it cannot be opened at all: its name is what to mend
                self.say(at, problem.what)
            else:
                self.problems.append(problem)

    def texts(self, key: str) -> Iterator[tuple[int, ScalarNode, str]]:
        """The items of a list that are texts (the others were complained about), with their places."""
        node = self.tree.get(key)
        for i, item in enumerate(node.items if isinstance(node, ListNode) else []):
            if self.full:
                return
            if isinstance(item, ScalarNode) and (text := text_of(item)):
                yield i, item, text

    def check_name(self, key: str) -> None:
        """Complains of a name that cannot be part of a file's name."""
        node = self.tree.get(key)
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            return
        if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]{0,99}", node.value):
            what = "cannot be a name: use 1 to 100 letters without accents, digits, '-', '_' or '.'"
            self.say((key,), f"{described(node)} {what}, and start with a letter or a digit")

    def beside(self, path: str) -> str:
        """A path that the file gives, which is relative to the file itself."""
        return os.path.normpath(os.path.join(os.path.dirname(self.tree.mark.file), path))


# --- from plain data to text ------------------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """Writes text in quotes unless every YAML reader takes it for text (or for a date) without them."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (the signature is PyYAML's)
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        value, complaint = plain(data) if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", data) else (None, "?")
        if isinstance(value, date) and not complaint:  # read back as a date or as text, whichever is wanted
            return self.represent_scalar("tag:yaml.org,2002:timestamp", data)
        style = None if isinstance(value, str) and not complaint else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.text)


def dump(data: Any) -> str:
    """Plain data as YAML text that this module reads back as the same values."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
