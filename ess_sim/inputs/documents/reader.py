"""Users' YAML files as trees in which every key and value knows its place, laid on the files that they extend.

A file is read from YAML's parse events rather than with `yaml.load`: this keeps a position for every key and value,
refuses what YAML readers disagree on, and bounds depth and size before anything grows. No other module imports yaml.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ess_sim.errors import Problem, did_you_mean, shortened
from ess_sim.inputs.documents.nodes import (
    ListNode,
    Location,
    MappingNode,
    Mark,
    Node,
    ScalarNode,
    described,
    is_refused,
    problem_at,
)
from ess_sim.inputs.documents.parser import Parser, Stop, behind
from ess_sim.inputs.documents.places import named_by_a_user, outside

__all__ = ["Document", "Reader", "top_keys"]


MAX_BYTES = 1_000_000
"""Largest file."""


MAX_CHAIN = 20
"""Longest chain of ``extends``."""


class _Unreadable(Exception):
    """A file that cannot be opened as a document: the fault lies where it is named."""


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
        raise Stop(Mark(path, 1, 1), "this is UTF-16 text: save it as UTF-8")
    text, nul, _ = data.partition(b"\0")
    if nul:
        raise Stop(behind(path, text.decode("utf-8", "replace")), "a NUL byte: this is not a text file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # With a byte order mark the codec counts from behind it.
        start = error.start + (3 if data.startswith(b"\xef\xbb\xbf") and len(error.object) < len(data) else 0)
        what = f"the byte 0x{data[start]:02X} is not UTF-8: save the file as UTF-8"
        raise Stop(behind(path, data[:start].decode("utf-8", "replace")), what) from None


@lru_cache(maxsize=8)
def _tree_of(path: str, text: str) -> tuple[MappingNode | None, tuple[Problem, ...]]:
    """The tree of a text and what is wrong with it: commands look at a file's keys first, and then read it."""
    parser = Parser(path, text)
    try:
        return parser.document(), tuple(parser.problems)
    except Stop as stop:
        return None, (stop.problem, *parser.problems)


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
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
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
        with named_by_a_user(path):
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
        try:
            own, problems = _tree_of(path, _decoded(path, _data(path)))
        except _Unreadable as error:
            return error
        except Stop as stop:
            own, problems = None, (stop.problem,)
        self.problems += problems
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
            if why := outside(path):
                what = f"{shortened(item.value)} {why}"
            elif whole in self._open:
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
