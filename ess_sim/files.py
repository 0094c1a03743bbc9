"""The one door to the disk: users' scenario files, with line numbers, and every write.

No other module imports yaml or pyarrow. A scenario file is read from YAML's parse events rather than with `yaml.load`:
this keeps a position for every key and value, refuses what YAML readers disagree on, and bounds depth and size before
anything recurses.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import stat
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Union, get_args, get_origin

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from ess_sim.errors import Problem, ResultsError, ScenarioError, TerritoryError, did_you_mean
from ess_sim.scenario import Location, PolicyModel, Scenario

__all__ = [
    "check_output_folder",
    "read_manifest",
    "read_scenarios",
    "read_table",
    "table_digest",
    "write_atomically",
    "write_manifest",
    "write_scenario",
    "write_table",
]

MAX_BYTES = 1_000_000
"""Largest scenario file."""
MAX_DEPTH = 50
"""Deepest nesting of a scenario file."""
MAX_VALUES = 200_000
"""Most values in a file once its aliases are expanded (all communes of France fit several times)."""
MAX_CHAIN = 20
"""Longest chain of ``extends``."""
MAX_PROBLEMS = 200
"""Most problems reported of one scenario: enough to work with, and a bound on the time spent on hostile files."""


# ---------------------------------------------------------------------------------------------------------------------
# Scenario files: positions and values
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Mark:
    file: str
    line: int
    column: int


class _Bad:
    """Stands for a value that was already complained about, so that nothing more is said of it."""


_BAD = _Bad()
_BAD_KEY = "\0bad"  # no key of a file can hold a control character
_BAD_JSON = {_BAD_KEY: {_BAD_KEY: {_BAD_KEY: None}}}  # fits no field of any model


@dataclass
class _Scalar:
    mark: _Mark
    value: str | int | float | bool | date | _Bad | None
    raw: str = ""
    depth: int = 0
    size: int = 1


@dataclass
class _Sequence:
    mark: _Mark
    items: list[_Node] = field(default_factory=list)
    depth: int = 1
    size: int = 1


@dataclass
class _Mapping:
    """Keys with their own positions. ``incomplete`` where a key or a parent file had to be left out."""

    mark: _Mark
    items: dict[str, tuple[_Mark, _Node]] = field(default_factory=dict)
    incomplete: bool = False
    depth: int = 1
    size: int = 1


_Node = _Scalar | _Sequence | _Mapping


def _where(path: Location) -> str:
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f"{'.' if out else ''}{_short(part)}"
    return out


def _short(text: str, most: int = 60) -> str:
    text = text if text.isprintable() else repr(text)[1:-1]
    return text if len(text) <= most else text[: most - 1] + "…"


def _problem(mark: _Mark, path: Location, what: str) -> Problem:
    return Problem(mark.file, mark.line, mark.column, _where(path), what)


# ---------------------------------------------------------------------------------------------------------------------
# Scenario files: plain scalars. What YAML 1.1 and YAML 1.2 readers understand differently is refused.
# ---------------------------------------------------------------------------------------------------------------------

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_OTHER_BASE = re.compile(r"[-+]?0[oOxXbB][0-9A-Fa-f_]+")
_UNDERSCORE = re.compile(r"[-+]?[0-9]+_[0-9_]*(\.[0-9_]*)?")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-9]{1,2})+(\.[0-9_]*)?")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)")
_EXPONENT = re.compile(r"([-+]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE]([-+]?)([0-9]+)")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOOSE_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DATETIME = re.compile(r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})([Tt]|[ \t]+)[0-9]{1,2}:[0-9].*", re.DOTALL)
_SWITCHES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def _plain(raw: str) -> tuple[str | int | float | bool | date | _Bad | None, str]:
    """Value of a scalar written without quotes, and a complaint ('' where there is none)."""
    if raw in ("", "~", "null", "Null", "NULL"):
        return None, ""
    if raw in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return raw.lower() == "true", ""
    if raw.lower() in _SWITCHES:
        meant = _SWITCHES[raw.lower()]
        why = f"{raw} is ambiguous (some YAML readers take it for {meant})"
        return _BAD, f'{why}: write {meant}, or "{raw}" in quotes for text'
    if raw == "=":
        return _BAD, '= is ambiguous: write "=" in quotes'
    if not (raw[0].isdigit() or raw[0] in "+-."):
        return raw, ""
    return _plain_number(raw)


def _plain_number(raw: str) -> tuple[str | int | float | date | _Bad, str]:
    shown = _short(raw, 30)
    quoted = f'"{shown}" in quotes for text'
    if _INT.fullmatch(raw):
        if len(raw) > 18:
            return _BAD, f"{shown} is too large a number: write {quoted}"
        return int(raw), ""
    if _FLOAT.fullmatch(raw) and len(raw) <= 300:
        return float(raw), ""
    if _FLOAT.fullmatch(raw):
        return _BAD, f"{shown} is too long a number: write {quoted}"
    if _LEADING_ZERO.fullmatch(raw):
        value = _short(raw.lstrip("+-0") or "0", 30)
        why = f"{shown} starts with a zero (some YAML readers take it for octal)"
        return _BAD, f"{why}: write {quoted}, or {value} for a number"
    if _OTHER_BASE.fullmatch(raw):
        return _BAD, f"{shown} is ambiguous: write an ordinary decimal number, or {quoted}"
    if _UNDERSCORE.fullmatch(raw):
        return _BAD, f"{shown} is ambiguous: write {_short(raw.replace('_', ''), 30)} without underscores, or {quoted}"
    if _SEXAGESIMAL.fullmatch(raw):
        return _BAD, f"{shown} is ambiguous (some YAML readers count it in sixties): write a plain number, or {quoted}"
    if match := _EXPONENT.fullmatch(raw):
        return _exponent(raw, match, quoted)
    if _NOT_FINITE.fullmatch(raw):
        return _BAD, f"{raw} is not a number that can be used: every number must be finite"
    return _plain_date(raw, quoted)


def _exponent(raw: str, match: re.Match[str], quoted: str) -> tuple[float | _Bad, str]:
    sign, mantissa, exponent_sign, exponent = match.groups()
    if len(raw) > 100 or abs(float(raw)) == float("inf"):
        return _BAD, f"{_short(raw, 30)} is too large a number"
    if "." in mantissa[1:] and exponent_sign:
        return float(raw), ""
    whole = mantissa if "." in mantissa[1:] else f"0{mantissa}" if "." in mantissa else f"{mantissa}.0"
    right = f"{sign}{whole}e{exponent_sign or '+'}{exponent}"
    if len(exponent) < 3 and int(exponent) <= 15:
        right = f"{Decimal(raw):f} or {right}"
    return _BAD, f"{raw} is ambiguous (some YAML readers take it for text): write {right}, or {quoted}"


def _plain_date(raw: str, quoted: str) -> tuple[str | date | _Bad, str]:
    if _DATE.fullmatch(raw):
        try:
            return date.fromisoformat(raw), ""
        except ValueError:
            return _BAD, f"{raw} is not a day of the calendar (year-month-day)"
    if match := _LOOSE_DATE.fullmatch(raw):
        year, month, day = match.groups()
        return _BAD, f"{raw} is ambiguous: write the date {year}-{month:0>2}-{day:0>2}, or {quoted}"
    if match := _DATETIME.fullmatch(raw):
        return _BAD, f"{_short(raw, 40)} has a time: write the day alone, {match[1]}, or {quoted}"
    return raw, ""


# ---------------------------------------------------------------------------------------------------------------------
# Scenario files: from text to a tree
# ---------------------------------------------------------------------------------------------------------------------


class _Stop(Exception):
    """Nothing more can be read of this file."""

    def __init__(self, line: int, column: int, path: Location, what: str) -> None:
        super().__init__(what)
        self.line, self.column, self.path, self.what = line, column, path, what


@dataclass
class _Frame:
    """A collection that is still being read. In a mapping ``key`` is what the next value belongs to."""

    node: _Sequence | _Mapping
    anchor: str | None
    wants_key: bool = True
    key: str | None = None
    key_mark: _Mark | None = None


class _Tree:
    """Builds the tree of one file from its parse events, with an explicit stack.

    Parameters
    ----------
    file : str
        Path as error messages show it.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Node | None] = {}
        self._values = 0
        self._root: _Node | None = None
        self._last = _Mark(file, 1, 1)

    def build(self, text: str) -> _Mapping | None:
        """The top-level mapping, or None where the file holds none (``problems`` says why)."""
        try:
            self._read(text)
        except _Stop as stop:
            self.problems.append(Problem(self.file, stop.line, stop.column, _where(stop.path), stop.what))
            return None
        root = self._root
        if root is None or (isinstance(root, _Scalar) and root.value is None):
            what = "the file is empty: a scenario has at least name, start, horizon_years and territory"
            self.problems.append(Problem(self.file, 1, 1, "", what))
            return None
        if not isinstance(root, _Mapping):
            if not self.problems:
                found = "a list" if isinstance(root, _Sequence) else "text or a number"
                what = f"a scenario is a mapping of keys and values, not {found}"
                self.problems.append(_problem(root.mark, (), what))
            return None
        return root

    def _read(self, text: str) -> None:
        documents = 0
        try:
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        mark = self._mark(event)
                        raise _Stop(mark.line, mark.column, (), "a second document starts here: one scenario a file")
                elif isinstance(event, yaml.NodeEvent):
                    self._node(event)
                elif isinstance(event, yaml.CollectionEndEvent):
                    self._end()
        except _Stop:
            raise
        except yaml.reader.ReaderError as error:
            before = text[: error.position]
            line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
            raise _Stop(line, column, (), "a character that cannot be printed: is this a text file?") from None
        except yaml.MarkedYAMLError as error:
            at = error.problem_mark or error.context_mark
            line, column = (at.line + 1, at.column + 1) if at else (1, 1)
            raise _Stop(line, column, (), _syntax(error)) from None
        except Exception as error:  # the scanner lets bare ValueErrors through, e.g. of "\UFFFFFFFF"
            what = f"not valid YAML from here on, e.g. an escape or a number out of range ({_short(str(error), 60)})"
            raise _Stop(self._last.line, self._last.column, self._path(), what) from None

    def _mark(self, event: Any) -> _Mark:
        return _Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _path(self) -> Location:
        path: list[str | int] = []
        for frame in self._stack:
            if isinstance(frame.node, _Sequence):
                path.append(len(frame.node.items))
            elif not frame.wants_key and frame.key is not None:
                path.append(frame.key)
        return tuple(path)

    def _complain(self, mark: _Mark, what: str, path: Location | None = None) -> None:
        if len(self.problems) == MAX_PROBLEMS:
            raise _Stop(mark.line, mark.column, (), "too many problems: the rest of the file is not read")
        self.problems.append(_problem(mark, self._path() if path is None else path, what))

    def _node(self, event: Any) -> None:
        mark = self._last = self._mark(event)
        if isinstance(event, yaml.AliasEvent):
            self._add(self._alias(event.anchor or "", mark))
            return
        self._count(mark, 1)
        tagged = event.tag is not None
        if tagged:
            tag = _short(event.tag.replace("tag:yaml.org,2002:", "!!"), 40)
            self._complain(mark, f"the tag {tag} is refused: write the value alone, in quotes where it is text")
        if isinstance(event, yaml.ScalarEvent):
            scalar = self._scalar(event, mark, tagged)
            if event.anchor:
                self._anchors[event.anchor] = scalar
            self._add(scalar)
            return
        if len(self._stack) == MAX_DEPTH:
            raise _Stop(mark.line, mark.column, (), f"nested deeper than {MAX_DEPTH} levels")
        if event.anchor:
            self._anchors[event.anchor] = None  # known, and not complete yet
        node = _Sequence(mark) if isinstance(event, yaml.SequenceStartEvent) else _Mapping(mark)
        self._stack.append(_Frame(node, event.anchor))

    def _count(self, mark: _Mark, values: int) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise _Stop(
                mark.line, mark.column, (), f"more than {MAX_VALUES} values (aliases count as what they repeat)"
            )

    def _alias(self, anchor: str, mark: _Mark) -> _Node:
        if anchor not in self._anchors:
            self._complain(mark, f"the alias *{anchor} repeats nothing{did_you_mean(anchor[:200], self._anchors)}")
            return _Scalar(mark, _BAD)
        node = self._anchors[anchor]
        if node is None:
            self._complain(mark, f"the alias *{anchor} stands inside what it repeats")
            return _Scalar(mark, _BAD)
        if len(self._stack) + node.depth > MAX_DEPTH:
            raise _Stop(mark.line, mark.column, (), f"nested deeper than {MAX_DEPTH} levels")
        self._count(mark, node.size)
        return node

    def _scalar(self, event: Any, mark: _Mark, tagged: bool) -> _Scalar:
        raw: str = event.value
        if tagged:
            return _Scalar(mark, _BAD, raw)
        if any("\ud800" <= c <= "\udfff" for c in raw):
            self._complain(mark, "an escape that is not a character (half of a surrogate pair)")
            return _Scalar(mark, _BAD, raw)
        if event.style is not None:
            return _Scalar(mark, raw, raw)
        frame = self._stack[-1] if self._stack else None
        if raw == "<<" and frame is not None and isinstance(frame.node, _Mapping) and frame.wants_key:
            self._complain(mark, "the merge key << is refused: put what is shared in a file of its own and use extends")
            return _Scalar(mark, _BAD, raw)
        value, complaint = _plain(raw)
        if complaint:
            self._complain(mark, complaint)
        return _Scalar(mark, value, raw)

    def _add(self, node: _Node) -> None:
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        if isinstance(frame.node, _Mapping) and frame.wants_key:
            frame.key, frame.key_mark, frame.wants_key = self._key(node), node.mark, False
            return
        frame.node.depth = max(frame.node.depth, 1 + node.depth)
        frame.node.size += node.size
        if isinstance(frame.node, _Sequence):
            frame.node.items.append(node)
            return
        frame.wants_key = True
        if frame.key is None or frame.key_mark is None:
            frame.node.incomplete = True
        elif frame.key in frame.node.items:
            first = frame.node.items[frame.key][0]
            what = f"this key is written twice: first at line {first.line}, column {first.column}"
            self._complain(frame.key_mark, what, (*self._path(), frame.key))
        else:
            frame.node.items[frame.key] = (frame.key_mark, node)

    def _key(self, node: _Node) -> str | None:
        if isinstance(node, _Scalar):
            if isinstance(node.value, str):
                if all(c.isprintable() for c in node.value):
                    return node.value
                self._complain(node.mark, "a key with a character that cannot be printed")
            elif not isinstance(node.value, _Bad):
                how = f'a key must be text: write "{_short(node.raw)}" in quotes' if node.raw else "a key is empty"
                if node.raw.isdigit() and self._after_number():
                    how = f"a key must be text, not {node.raw} (decimals take a point: write 0.2, not 0,2)"
                self._complain(node.mark, how)
            return None
        self._complain(node.mark, f"a key must be text, not {_shown(node)}")
        return None

    def _after_number(self) -> bool:
        """Whether the value before the key in hand is a whole number, as in ``{share: 0,2}``."""
        values = list(self._stack[-1].node.items.values()) if isinstance(self._stack[-1].node, _Mapping) else []
        last = values[-1][1] if values else None
        return isinstance(last, _Scalar) and isinstance(last.value, int)

    def _end(self) -> None:
        frame = self._stack.pop()
        if frame.anchor:
            self._anchors[frame.anchor] = frame.node
        self._add(frame.node)


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


# ---------------------------------------------------------------------------------------------------------------------
# Scenario files: from files to merged trees
# ---------------------------------------------------------------------------------------------------------------------


class _Unreadable(Exception):
    """A file that cannot be read at all (line 0), or not as text."""

    def __init__(self, what: str, line: int = 0, column: int = 0) -> None:
        super().__init__(what)
        self.what, self.line, self.column = what, line, column


def _text(path: str) -> str:
    """The text of a file, refusing what is not a small regular text file before reading it."""
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
        raise _Unreadable(f"no such file{did_you_mean(name, _siblings(folder or '.'))}") from None
    except OSError as error:
        raise _Unreadable(f"cannot be read ({error.strerror or error})") from None
    except ValueError as error:  # a NUL in the path
        raise _Unreadable(f"not a path ({error})") from None
    if len(data) > MAX_BYTES:
        raise _Unreadable(f"too large: a scenario file has at most {MAX_BYTES / 1e3:.0f} kB")
    return _decoded(data)


def _siblings(folder: str) -> list[str]:
    with suppress(OSError):
        return sorted(n for n in os.listdir(folder) if n.endswith((".yaml", ".yml")))
    return []


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _Unreadable("this is UTF-16 text: save it as UTF-8", 1, 1)
    nul = data.find(b"\0")
    if nul >= 0:
        raise _Unreadable("a NUL byte: this is not a text file", *_byte_position(data, nul))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # With a byte order mark the codec counts from behind it.
        start = error.start + (3 if data.startswith(b"\xef\xbb\xbf") and len(error.object) < len(data) else 0)
        what = f"the byte 0x{data[start]:02X} is not UTF-8: save the file as UTF-8"
        raise _Unreadable(what, *_byte_position(data, start)) from None


def _byte_position(data: bytes, index: int) -> tuple[int, int]:
    before = data[:index]
    return before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1


@dataclass(frozen=True)
class _Loaded:
    """One file with what it extends. ``partial`` where an extended file could not be read."""

    own: _Mapping
    merged: _Mapping
    partial: bool


def _merge(base: _Mapping, over: _Mapping) -> _Mapping:
    """``over`` laid on ``base``: mappings merge by key, null removes a key, all else replaces."""
    items = dict(base.items)
    for key, (mark, node) in over.items.items():
        below = items[key][1] if key in items else None
        if below is not None and isinstance(node, _Scalar) and node.value is None:
            del items[key]
        elif isinstance(below, _Mapping) and isinstance(node, _Mapping):
            items[key] = (mark, _merge(below, node))
        else:
            items[key] = (mark, node)
    return _Mapping(over.mark, items, base.incomplete or over.incomplete)


class _Reader:
    """Reads files with what they extend, each once, and collects what is wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._loaded: dict[str, _Loaded | _Unreadable | None] = {}
        self._open: list[tuple[str, str]] = []  # (key, path shown) of the files whose parents are being read

    def load(self, path: str, cited: tuple[_Mark, Location] | None = None) -> _Loaded | None:
        """The file at ``path``, or None where it cannot be used; ``cited`` is who asked for it by ``extends``."""
        key = os.path.abspath(path)
        chain = [p for _, p in self._open]
        if cited is not None:
            keys = [k for k, _ in self._open]
            if key in keys:
                self._cite(cited, f"circular: {' → '.join([*chain[keys.index(key) :], path])}")
                return None
            if len(chain) > MAX_CHAIN:
                self._cite(cited, f"a chain of more than {MAX_CHAIN} files: {' → '.join(chain[:3])} → …")
                return None
        if key not in self._loaded:
            self._loaded[key] = self._load(key, path)
        loaded = self._loaded[key]
        if isinstance(loaded, _Unreadable):
            # A file that is not there is the fault of whoever names it; one that is no text is at fault itself.
            if cited is not None and not loaded.line:
                self._cite(cited, f"{loaded.what}: {' → '.join([*chain, path])}")
            else:
                self.problems.append(Problem(path, loaded.line, loaded.column, "", loaded.what))
            return None
        return loaded

    def _cite(self, cited: tuple[_Mark, Location], what: str) -> None:
        self.problems.append(_problem(*cited, what))

    def _load(self, key: str, path: str) -> _Loaded | _Unreadable | None:
        try:
            text = _text(path)
        except _Unreadable as error:
            return error
        tree = _Tree(path)
        own = tree.build(text)
        self.problems += tree.problems
        if own is None:
            return None
        self._open.append((key, path))
        try:
            return self._extended(own, path)
        finally:
            self._open.pop()

    def _extended(self, own: _Mapping, path: str) -> _Loaded:
        base = _Mapping(own.mark)
        partial = False
        for mark, where, name in self._parents(own):
            parent = None
            if name is not None:
                parent = self.load(os.path.normpath(os.path.join(os.path.dirname(path), name)), (mark, where))
            if parent is None:
                partial = True
            else:
                base, partial = _merge(base, parent.merged), partial or parent.partial
        body = _Mapping(own.mark, {k: v for k, v in own.items.items() if k != "extends"}, own.incomplete)
        return _Loaded(own, _merge(base, body), partial)

    def _parents(self, own: _Mapping) -> Iterator[tuple[_Mark, Location, str | None]]:
        """Position and path of each file that ``own`` extends; None where it is not a path."""
        if "extends" not in own.items:
            return
        node = own.items["extends"][1]
        single = not isinstance(node, _Sequence)
        for i, item in enumerate(node.items if isinstance(node, _Sequence) else [node]):
            where: Location = ("extends",) if single else ("extends", i)
            if isinstance(item, _Scalar) and isinstance(item.value, str) and item.value:
                yield item.mark, where, item.value
                continue
            if not (isinstance(item, _Scalar) and isinstance(item.value, _Bad)):
                wanted = "must be the path of a file, or a list of paths" if single else "must be the path of a file"
                self._cite((item.mark, where), f"{wanted}, not {_shown(item)}")
            yield item.mark, where, None


# ---------------------------------------------------------------------------------------------------------------------
# Scenario files: what the models say, in plain words
# ---------------------------------------------------------------------------------------------------------------------


def _json(node: _Node) -> Any:
    """The tree as JSON values. Models are validated in JSON mode: strict, yet lists become tuples and texts dates."""
    if isinstance(node, _Mapping):
        out = {key: _json(value) for key, (_, value) in node.items.items()}
        return out | {_BAD_KEY: _BAD_JSON} if node.incomplete else out
    if isinstance(node, _Sequence):
        return [_json(item) for item in node.items]
    if isinstance(node.value, _Bad):
        return _BAD_JSON
    return node.value.isoformat() if isinstance(node.value, date) else node.value


def _holds_bad(node: _Node) -> bool:
    if isinstance(node, _Mapping):
        return node.incomplete or any(_holds_bad(value) for _, value in node.items.values())
    if isinstance(node, _Sequence):
        return any(map(_holds_bad, node.items))
    return isinstance(node.value, _Bad)


def _shown(node: _Node) -> str:
    if isinstance(node, _Mapping):
        return "a mapping"
    if isinstance(node, _Sequence):
        return "a list"
    if node.value is None:
        return "empty"
    return repr(_short(node.value, 40)) if isinstance(node.value, str) else _short(node.raw, 40)


@dataclass(frozen=True)
class _Limits:
    ge: Any = None
    gt: Any = None
    le: Any = None
    lt: Any = None

    @classmethod
    def of(cls, metadata: Sequence[Any]) -> _Limits:
        found: dict[str, Any] = {}
        for item in metadata:
            for name in ("ge", "gt", "le", "lt"):
                if getattr(item, name, None) is not None:
                    found[name] = getattr(item, name)
        return cls(**found)

    @property
    def is_share(self) -> bool:
        return bool(self.ge == 0 and self.le == 1)

    def __str__(self) -> str:
        if self.ge is not None and self.le is not None:
            return f" from {self.ge} to {self.le}"
        signs = ((">", self.gt), ("≥", self.ge), ("<", self.lt), ("≤", self.le))
        words = [f"{sign} {value}" for sign, value in signs if value is not None]
        return f" {' and '.join(words)}" if words else ""


_Typed = tuple[Any, tuple[Any, ...]]
"""A concrete type (no union, no Annotated) and the metadata written around it."""


def _origin(annotation: Any) -> Any:  # typed so that it may be compared with anything
    return get_origin(annotation)


def _concrete(annotation: Any, metadata: Sequence[Any] = ()) -> Iterator[_Typed]:
    flat: list[Any] = []
    for item in metadata:
        flat += item.metadata if isinstance(item, FieldInfo) else [item]
    origin = _origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        yield from _concrete(inner, [*flat, *more])
    elif origin in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from _concrete(option, flat)
    elif hasattr(annotation, "__value__"):  # a `type` alias
        yield from _concrete(annotation.__value__, flat)
    else:
        yield annotation, tuple(flat)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _keys(model: Any) -> list[str]:
    """Names that a model's fields have in a file."""
    names = []
    for name, info in model.model_fields.items():
        names.append(info.validation_alias if isinstance(info.validation_alias, str) else info.alias or name)
    return names


def _types_at(model: type[BaseModel], path: Location) -> list[_Typed]:
    """Every type that the value at ``path`` may have."""
    current: list[_Typed] = [(model, ())]
    for part in path:
        following: list[_Typed] = []
        for annotation, _ in current:
            args = () if _origin(annotation) is Literal else get_args(annotation)
            if _is_model(annotation):
                for name, info in zip(_keys(annotation), annotation.model_fields.values(), strict=True):
                    if name == part:
                        following += _concrete(info.annotation, info.metadata)
            elif isinstance(part, str):
                following += _concrete(args[1]) if len(args) == 2 and _origin(annotation) is not tuple else []
            elif _origin(annotation) is tuple and args and args[-1] is not Ellipsis:
                following += _concrete(args[part]) if part < len(args) else []
            elif args:
                following += _concrete(args[0])
        current = following
    return current


def _described(annotation: Any, metadata: Sequence[Any]) -> str:
    """What is wanted, e.g. ``a whole number from 1 to 60``; '' where no words are known."""
    if annotation is bool:
        return "true or false"
    if annotation is int:
        return f"a whole number{_Limits.of(metadata)}"
    if annotation in (float, Decimal):
        return f"a number{_Limits.of(metadata)}"
    if annotation is str:
        return "text"
    if annotation is date:
        return f"a date such as 2017-06-15{_Limits.of(metadata)}"
    if _origin(annotation) is Literal:
        return _listed([repr(v) if isinstance(v, str) else str(v).lower() for v in get_args(annotation)])
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _listed([repr(m.value) for m in annotation])
    base = _origin(annotation) or annotation
    if _is_model(base) or (isinstance(base, type) and issubclass(base, Mapping)):
        return "a mapping of keys and values"
    if isinstance(base, type) and issubclass(base, Sequence | set | frozenset):
        return "a list"
    return ""


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


_TEXT_NUMBER = re.compile(r"\s*([-+]?[0-9]+(?:[.,][0-9]+)?)\s*(\D{0,30})", re.DOTALL)
_FRENCH_DATE = re.compile(r"\s*([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})\s*")


def _hint(node: _Node, wanted: Sequence[_Typed]) -> str:
    """How to write what was probably meant, e.g. ``: write it in quotes: "53130"``."""
    kinds = [t for t, _ in wanted]
    in_list = ": write it in a list, with a dash or in brackets" if {list, tuple} & set(map(_origin, kinds)) else ""
    limits = [_Limits.of(m) for t, m in wanted if t in (int, float, Decimal)]
    if not isinstance(node, _Scalar):
        return ""
    if node.value is None:
        return ": give a value, or remove the key"
    if not isinstance(node.value, str):
        if str in kinds:
            return f': write it in quotes: "{_short(node.raw, 40)}"'
        number = node.value if isinstance(node.value, int | float) and not isinstance(node.value, bool) else None
        if number is not None and 1 < number <= 100 and any(limit.is_share for limit in limits):
            return f": a share lies between 0 and 1: write {_share(number)} for {node.raw} %"
        if isinstance(number, float) and number.is_integer() and limits:
            return f": write {int(number)}"
        return in_list
    if limits and (match := _TEXT_NUMBER.fullmatch(node.value)):
        number_text, unit = match[1].replace(",", ".").lstrip("+"), match[2].strip()
        if unit == "%" and any(limit.is_share for limit in limits):
            return f": a share lies between 0 and 1: write {_share(float(number_text))} for {node.value.strip()}"
        if unit:
            return f": the unit is implied: write {number_text}"
        return f": write {number_text}{' with a point' if ',' in match[1] else ' without quotes'}"
    if date in kinds and (match := _FRENCH_DATE.fullmatch(node.value)):
        return f": write {match[3]}-{match[2]:0>2}-{match[1]:0>2}"
    choices = [v for t in kinds if _origin(t) is Literal for v in get_args(t)]
    choices += [m.value for t in kinds if isinstance(t, type) and issubclass(t, Enum) for m in t]
    return did_you_mean(node.value[:200], map(str, choices)) or in_list


def _share(percent: float) -> str:
    return f"{percent / 100:.6f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class _Found:
    """One of pydantic's errors, laid on the tree. ``union`` is how deep the first union member's tag stood."""

    error: Any
    path: Location
    key: _Mark | None
    node: _Node
    bad: bool
    union: int | None = None
    member: str = ""


def _located(error: Any, root: _Node) -> _Found:
    """Walk down the tree as far as the error's location goes; what is not in the tree is a union member's tag."""
    loc: Location = error["loc"]
    if error["type"] == "missing":
        loc = loc[:-1]
    node, path, key, union, member = root, list[str | int](), None, None, ""
    for part in loc:
        if part == _BAD_KEY:
            return _Found(error, tuple(path), key, node, True)
        if isinstance(node, _Mapping) and part in node.items:
            key, node = node.items[str(part)]
        elif isinstance(node, _Sequence) and isinstance(part, int) and 0 <= part < len(node.items):
            key, node = None, node.items[part]
        else:
            if union is None:
                union, member = len(path), str(part)
            continue
        path.append(part)
    bad = isinstance(node, _Scalar) and isinstance(node.value, _Bad)
    return _Found(error, tuple(path), key, node, bad, union, member)


_TYPE_ERRORS = re.compile(
    r".*_(type|parsing|from_float)|literal_error|enum|is_instance_of|model_attributes_type|none_required"
)
_BOUND_ERRORS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")


def _one_member(found: list[_Found]) -> list[_Found]:
    """Of each union keep the member that the value fits best, so that one fault gives one message."""
    kept = [f for f in found if f.union is None]
    groups: dict[Location, dict[str, list[_Found]]] = {}
    for f in found:
        if f.union is not None:
            groups.setdefault(f.path[: f.union], {}).setdefault(f.member, []).append(f)
    for members in groups.values():
        # A member whose only complaint is about the value's very type is not what was meant, if another fits better.
        close: list[list[_Found]] = [
            errors
            for errors in members.values()
            if any(len(f.path) > (f.union or 0) or not _TYPE_ERRORS.fullmatch(f.error["type"]) for f in errors)
        ]
        best = min(close, key=len) if close else [f for errors in members.values() for f in errors]
        kept += best
    return kept


def _explained(
    errors: Sequence[Any],
    model: type[BaseModel],
    root: _Node,
    prefix: Location,
    *,
    partial: bool,
    extra: Sequence[str] = (),
) -> list[Problem]:
    """Pydantic's errors as problems with positions.

    Parameters
    ----------
    errors : sequence of dict
        As `ValidationError.errors` gives them.
    model : type
        The model that was validated.
    root : node
        Tree of the value that was validated.
    prefix : tuple
        Where that value stands in the scenario.
    partial : bool
        True where an extended file is missing: then nothing is said of what it might have held.
    extra : sequence of str
        Keys that are allowed beside the model's fields.
    """
    found = _one_member([_located(e, root) for e in errors[: 5 * MAX_PROBLEMS]])
    problems: list[Problem] = []
    hints: list[tuple[Location, str]] = []
    for f in found:
        if f.error["type"] == "extra_forbidden" and not f.bad:
            known = [k for t, _ in _types_at(model, f.path[:-1]) if _is_model(t) for k in _keys(t)]
            name = str(f.path[-1])
            hint = did_you_mean(name[:200], [*known, *(extra if len(f.path) == 1 else ())])
            hints.append((f.path[:-1], hint))
            problems.append(_problem(f.key or f.node.mark, (*prefix, *f.path), f"unknown key{hint}"))
    for f in found:
        kind = f.error["type"]
        outside_lists = not any(isinstance(p, int) for p in f.path)
        if f.bad or kind == "extra_forbidden":
            continue
        if partial and outside_lists and kind in ("missing", "value_error", "assertion_error"):
            continue
        if kind == "missing":
            if isinstance(f.node, _Mapping) and f.node.incomplete:
                continue
            name = str(f.error["loc"][-1])
            # A misspelt key is one mistake, not two.
            if not any(at == f.path and repr(name) in hint for at, hint in hints):
                problems.append(_problem(f.node.mark, (*prefix, *f.path, name), "this key is required, and missing"))
            continue
        mark = f.key if "[key]" in f.error["loc"] and f.key else f.node.mark
        problems.append(_problem(mark, (*prefix, *f.path), _worded(f, _types_at(model, f.path))))
    return problems


def _worded(found: _Found, wanted: Sequence[_Typed]) -> str:
    kind, node, context = found.error["type"], found.node, found.error.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", "")) or str(found.error["msg"]).split(", ", 1)[-1]
    if _TYPE_ERRORS.fullmatch(kind) or kind in _BOUND_ERRORS:
        if kind in _BOUND_ERRORS:
            wanted = [(t, m) for t, m in wanted if t in (int, float, Decimal, date)]
        words = list(dict.fromkeys(filter(None, (_described(t, m) for t, m in wanted))))
        if words:
            return f"must be {' or '.join(words)}, not {_shown(node)}{_hint(node, wanted)}"
    if kind in ("too_short", "string_too_short"):
        least = context.get("min_length", 1)
        unit = "items" if kind == "too_short" else "characters"
        return "must not be empty" if least == 1 else f"must have at least {least} {unit}"
    if kind in ("too_long", "string_too_long"):
        return f"must have at most {context.get('max_length')} {'items' if kind == 'too_long' else 'characters'}"
    if kind == "string_pattern_mismatch":
        if found.path == ("name",):
            return (
                f"{_shown(node)} cannot be a name: use 1 to 100 letters without accents, digits, '-', '_' or '.', "
                "and start with a letter or a digit"
            )
        return f"{_shown(node)} does not have the form {context.get('pattern')}"
    message = str(found.error["msg"])
    return message.replace("Input should be", "must be").replace("Value error, ", "") + f" (here: {_shown(node)})"


def _numbers_for_dates(model: type[BaseModel], root: _Node, prefix: Location) -> Iterator[Problem]:
    """Quoted numbers where a date is wanted: pydantic would take them for seconds since 1970."""
    todo: list[tuple[Location, _Node]] = [((), root)]
    while todo:
        path, node = todo.pop()
        if isinstance(node, _Mapping):
            todo += [((*path, k), v) for k, (_, v) in node.items.items()]
        elif isinstance(node, _Sequence):
            todo += [((*path, i), v) for i, v in enumerate(node.items)]
        elif isinstance(node.value, str) and re.fullmatch(r"[-+]?[0-9.]+", node.value):
            wanted = _types_at(model, path)
            if date in (kinds := [t for t, _ in wanted]) and str not in kinds:
                yield _problem(node.mark, (*prefix, *path), f"must be a date such as 2017-06-15, not {_shown(node)}")


# ---------------------------------------------------------------------------------------------------------------------
# Scenario files: reading and writing
# ---------------------------------------------------------------------------------------------------------------------

Registry = Callable[[str], type[PolicyModel]]
ParameterProblems = Callable[[Mapping[str, float]], list[tuple[str, str]]]
Semantic = Callable[[Scenario], list[tuple[Location, str]]]


def read_scenarios(
    paths: Sequence[Path | str],
    *,
    registry: Registry,
    known_kinds: Sequence[str] = (),
    parameter_problems: ParameterProblems | None = None,
    semantic: Semantic | None = None,
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
    parameter_problems : callable, optional
        Says what is wrong with overrides: pairs of parameter name and message.
    semantic : callable, optional
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
    reader = _Reader()
    problems: list[Problem] = []
    scenarios: list[Scenario] = []
    given: dict[str, str] = {}
    names: dict[str, _Mark] = {}
    for path in [os.fspath(p) for p in paths]:
        real = os.path.realpath(path) if "\0" not in path else path
        if real in given:
            problems.append(Problem(path, 0, 0, "", f"this file is given twice (first as {given[real]})"))
            continue
        given[real] = path
        loaded = reader.load(os.path.normpath(path))
        if loaded is None:
            continue
        check = _Check(loaded, registry, known_kinds, parameter_problems, semantic)
        scenario = check.scenario()
        problems += check.problems
        if scenario is not None:
            scenarios.append(scenario)
        name = loaded.own.items["name"][1] if "name" in loaded.own.items else None
        if isinstance(name, _Scalar) and isinstance(name.value, str):
            if name.value in names:
                first = names[name.value]
                what = f"the name {_shown(name)} is already taken by {first.file}:{first.line}"
                problems.append(_problem(name.mark, ("name",), what))
            names.setdefault(name.value, name.mark)
    problems += reader.problems
    if problems:
        raise ScenarioError(problems)
    return scenarios


class _Check:
    """Turns one merged tree into a scenario, or says all that is wrong with it."""

    def __init__(
        self,
        loaded: _Loaded,
        registry: Registry,
        known_kinds: Sequence[str],
        parameter_problems: ParameterProblems | None,
        semantic: Semantic | None,
    ) -> None:
        self.problems: list[Problem] = []
        self._own = loaded.own
        self._partial = loaded.partial
        self._registry = registry
        self._known_kinds = known_kinds
        self._parameter_problems = parameter_problems
        self._semantic = semantic
        items = dict(loaded.merged.items)
        if "name" not in self._own.items:
            items.pop("name", None)  # a name is never inherited
        self._tree = _Mapping(loaded.merged.mark, items, loaded.merged.incomplete)

    def scenario(self) -> Scenario | None:
        """The scenario, or None where ``problems`` are found."""
        policies = self._policies()
        self._parameters()
        items = {k: v for k, v in self._tree.items.items() if k != "policies"}
        rest = _Mapping(self._tree.mark, items, self._tree.incomplete)
        base = self._validated(Scenario, rest, (), ("policies", "extends"))
        scenario = None
        if isinstance(base, Scenario):
            try:
                scenario = base.with_(policies=tuple(p for _, p in policies))
            except ValidationError as error:
                self._say(("policies",), "; ".join(e["msg"] for e in error.errors(include_url=False)))
        if scenario is not None and self._semantic is not None and not self._partial:
            self._meaning(scenario, policies)
        if len(self.problems) > MAX_PROBLEMS:
            self.problems = sorted(set(self.problems))[:MAX_PROBLEMS]
            last = self.problems[-1]
            self.problems.append(
                Problem(last.file, last.line, last.column + 1, "", "too many problems: the others are not listed")
            )
        return None if self.problems or self._partial else scenario

    def _say(self, path: Location, what: str, *, key: bool = False) -> None:
        found = _located({"loc": path, "type": ""}, self._tree)
        mark = found.key if key and found.key and len(found.path) == len(path) else found.node.mark
        self.problems.append(_problem(mark, path, what))

    def _validated(
        self, model: type[BaseModel], node: _Node, prefix: Location, extra: Sequence[str] = ()
    ) -> BaseModel | None:
        plain = _json(node)
        if not prefix:
            self._resolve_paths(plain)
        dates = list(_numbers_for_dates(model, node, prefix))
        self.problems += dates
        try:
            value = model.model_validate_json(json.dumps(plain))
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)
            found = _explained(errors, model, node, prefix, partial=self._partial, extra=extra)
            if not prefix and "extends" in self._own.items:
                text = "a scenario states its own name: that of an extended file is not taken over"
                found = [
                    Problem(p.file, p.line, p.column, p.where, text)
                    if p.where == "name" and "required" in p.what
                    else p
                    for p in found
                ]
            self.problems += found
            return None
        return None if dates else value

    def _resolve_paths(self, plain: Any) -> None:
        """Make the CSV paths absolute, each from the folder of the file that wrote it."""
        territory = self._tree.items["territory"][1] if "territory" in self._tree.items else None
        if isinstance(territory, _Mapping):
            for key in ("csv", "travel_csv"):
                node = territory.items[key][1] if key in territory.items else None
                if isinstance(node, _Scalar) and isinstance(node.value, str) and node.value:
                    folder = os.path.dirname(node.mark.file)
                    plain["territory"][key] = os.path.abspath(os.path.join(folder, node.value))

    def _parameters(self) -> None:
        node = self._tree.items["parameters"][1] if "parameters" in self._tree.items else None
        if self._parameter_problems is None or not isinstance(node, _Mapping):
            return
        numbers: dict[str, float] = {}
        for name, (_, value) in node.items.items():
            if (
                isinstance(value, _Scalar)
                and isinstance(value.value, int | float)
                and not isinstance(value.value, bool)
            ):
                numbers[name] = value.value
        # The value of a misspelt name may be wrong too.
        some = islice(node.items, 5 * MAX_PROBLEMS)
        for name, what in self._parameter_problems({name: numbers.get(name, 0.0) for name in some}):
            unknown = what.startswith("unknown")
            if unknown or name in numbers:
                self._say(("parameters", name), what, key=unknown)

    def _policies(self) -> list[tuple[int, PolicyModel]]:
        """The policies that are valid, with their places in the file."""
        if "policies" not in self._tree.items:
            return []
        node = self._tree.items["policies"][1]
        if not isinstance(node, _Sequence):
            if not (isinstance(node, _Scalar) and isinstance(node.value, _Bad)):
                self._say(("policies",), f"must be a list of policies, not {_shown(node)}")
            return []
        good = []
        for i, item in enumerate(node.items):
            policy = self._policy(i, item)
            if policy is not None:
                good.append((i, policy))
        return good

    def _policy(self, i: int, node: _Node) -> PolicyModel | None:
        here = ("policies", i)
        if not isinstance(node, _Mapping):
            if not (isinstance(node, _Scalar) and isinstance(node.value, _Bad)):
                self._say(here, f"must be a mapping with a kind, not {_shown(node)}")
            return None
        known = f": one of {', '.join(self._known_kinds)}" if self._known_kinds else ""
        if "kind" not in node.items:
            if not node.incomplete:
                self._say(here, f"a policy needs a kind{known}")
            return None
        kind = node.items["kind"][1]
        if not isinstance(kind, _Scalar) or not isinstance(kind.value, str):
            if not (isinstance(kind, _Scalar) and isinstance(kind.value, _Bad)):
                self._say((*here, "kind"), f"must be text{known}, not {_shown(kind)}")
            return None
        model = self._class(kind.value, (*here, "kind"))
        if model is None:
            return None
        block = _Mapping(node.mark, {k: v for k, v in node.items.items() if k != "kind"}, node.incomplete)
        try:
            policy = self._validated(model, block, here, ("kind",))
        except Exception as error:  # a user's own class may raise anything; it must not hide the other problems
            self._say(here, f"the policy {_shown(kind)} cannot read this block ({type(error).__name__}: {error})")
            return None
        # A field of any type would accept the stand-in of a refused value.
        return policy if isinstance(policy, PolicyModel) and not _holds_bad(block) else None

    def _class(self, kind: str, path: Location) -> type[PolicyModel] | None:
        try:
            model = self._registry(kind)
        except (ScenarioError, LookupError) as error:
            # str() of a KeyError is the repr of its message
            what = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
            hint = "" if "did you mean" in what else did_you_mean(kind[:200], self._known_kinds)
            what = what if "polic" in what or " " in what else f"unknown policy {_short(kind)!r}"
            self._say(path, what + hint)
            return None
        except Exception as error:  # importing a user's module runs the user's code
            self._say(path, f"the policy {_short(kind)!r} cannot be loaded ({type(error).__name__}: {error})")
            return None
        if not (isinstance(model, type) and issubclass(model, PolicyModel)):
            self._say(path, f"{_short(kind)!r} is not a policy class")
            return None
        return model

    def _meaning(self, scenario: Scenario, policies: Sequence[tuple[int, PolicyModel]]) -> None:
        assert self._semantic is not None
        # A scenario orders its policies; the file's places are found back by identity.
        places = {id(policy): i for i, policy in policies}
        try:
            found = self._semantic(scenario)
        except TerritoryError as error:
            node = self._tree.items["territory"][1]
            given = node.items if isinstance(node, _Mapping) else {}
            keys = [k for k in ("epci", "ept", "departement", "communes", "csv") if k in given]
            path: Location = ("territory", keys[0]) if len(keys) == 1 else ("territory",)
            found = [(path, line) for line in str(error).splitlines()]
        listed = self._tree.items["policies"][1] if "policies" in self._tree.items else None
        all_read = not isinstance(listed, _Sequence) or len(listed.items) == len(policies)
        for path, what in found:
            if path[:1] == ("parameters",) and not all_read:
                continue  # whether an override serves anything depends on the policies that are left out
            if len(path) > 1 and path[0] == "policies" and isinstance(path[1], int):
                path = ("policies", places.get(id(scenario.policies[path[1]]), path[1]), *path[2:])
            self._say(path, what)


class _Dumper(yaml.SafeDumper):
    """Writes text in quotes unless every YAML reader takes it for text (or for a date) without them."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (the signature is PyYAML's)
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        value, complaint = _plain(data) if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", data) else (None, "?")
        if isinstance(value, date) and not complaint:  # read back as a date or as text, whichever is wanted
            return self.represent_scalar("tag:yaml.org,2002:timestamp", data)
        style = None if isinstance(value, str) and not complaint else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.text)


def write_scenario(scenario: Scenario, path: Path | str) -> None:
    """Write a scenario as YAML that `read_scenarios` reads back as an equal scenario.

    CSV paths in the target's folder are written relative to it, all others absolute, so that the folder can move.

    Parameters
    ----------
    scenario : Scenario
        Its policies must be of kinds that the registry knows.
    path : path
        File to write; it is replaced where it exists.
    """
    data = scenario.to_dict()
    folder = os.path.abspath(os.path.dirname(os.fspath(path)))
    territory = {k: v for k, v in data["territory"].items() if v is not None}
    for key in ("csv", "travel_csv"):
        if key in territory:
            whole = os.path.abspath(territory[key])
            inside = os.path.commonpath([folder, whole]) == folder
            territory[key] = os.path.relpath(whole, folder) if inside else whole
    data["territory"] = territory
    # Keys that are left out by default need not be written as null.
    kept = {k: v if k == "policies" else _without_null(v) for k, v in data.items()}
    text = yaml.dump(kept, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    write_atomically(path, text.encode("utf-8"))


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_null(v) for k, v in value.items() if v is not None}
    return [_without_null(v) for v in value] if isinstance(value, list) else value


# ---------------------------------------------------------------------------------------------------------------------
# Results
# ---------------------------------------------------------------------------------------------------------------------


def write_atomically(path: Path | str, data: bytes) -> None:
    """Write a file whole or not at all: whoever reads it never sees a half. Its folder is made where it is missing.

    Raises
    ------
    ResultsError
        Where the file cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name[:50]}.{secrets.token_hex(8)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise ResultsError(f"{target}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):  # gone already where all went well
            temporary.unlink()


def _arrow(frame: pd.DataFrame) -> pa.Table:
    """A table in the few types that results are kept in; what else a frame may hold is refused."""
    names = list(frame.columns)
    for name in names:
        if not isinstance(name, str):
            raise ResultsError(f"a table's columns have text names, not {name!r}")
        if names.count(name) > 1:
            raise ResultsError(f"a table has two columns {name!r}")
    if isinstance(frame.index, pd.MultiIndex) or frame.index.name is not None:
        raise ResultsError("a table keeps no index: make it columns with reset_index()")
    return pa.table([_arrow_column(name, frame[name]) for name in names], names=names)


def _arrow_column(name: str, series: pd.Series[Any]) -> pa.Array:
    try:
        column = pa.Array.from_pandas(series)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise ResultsError(f"column {name!r} cannot be kept: {' '.join(str(error).split())}") from error
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    kind = column.type
    if pa.types.is_dictionary(kind):
        values = _plain_type(name, kind.value_type, column.dictionary)
        return column.cast(pa.dictionary(pa.int32(), values, ordered=kind.ordered))
    return column.cast(_plain_type(name, kind, column), safe=not pa.types.is_timestamp(kind))


def _plain_type(name: str, kind: pa.DataType, values: pa.Array) -> pa.DataType:
    t = pa.types
    if str(kind) in ("null", "string", "large_string", "string_view"):
        return pa.string()
    if t.is_boolean(kind) or t.is_integer(kind) or t.is_float32(kind) or t.is_float64(kind) or t.is_date32(kind):
        return kind
    if t.is_date64(kind):
        return pa.date32()
    if t.is_timestamp(kind) and kind.tz is None:
        whole_days = values.cast(pa.date32(), safe=False).cast(kind).equals(values)
        return pa.date32() if whole_days else pa.timestamp("us")
    raise ResultsError(f"column {name!r} cannot be kept: values of type {kind}")


def write_table(frame: pd.DataFrame, path: Path | str) -> None:
    """Write a table as Parquet; equal frames give equal bytes.

    Categorical columns stay so, dates are kept as days, the index is not kept.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of numbers, truth values, text, categories or dates.
    path : path
        File to write.

    Raises
    ------
    ResultsError
        Where a column has no place in a table, or the file cannot be written.
    """
    sink = pa.BufferOutputStream()
    # _arrow leaves out pandas' own metadata: it holds the versions of libraries.
    pq.write_table(_arrow(frame), sink, compression="zstd", compression_level=3, version="2.6", row_group_size=1 << 20)
    write_atomically(path, sink.getvalue().to_pybytes())


def read_table(path: Path | str) -> pd.DataFrame:
    """Read a table that `write_table` wrote.

    Dates become ``datetime64[s]``, whole numbers with gaps pandas' nullable integers of the same width.

    Raises
    ------
    ResultsError
        Where the file is missing or is no Parquet table.
    """
    try:
        table = pq.read_table(pa.BufferReader(Path(path).read_bytes()))
    except FileNotFoundError:
        raise ResultsError(f"{path}: no such table") from None
    except OSError as error:
        raise ResultsError(f"{path}: not a readable table ({_first_line(error)})") from error
    except pa.ArrowException as error:
        raise ResultsError(f"{path}: not a readable table ({_first_line(error)})") from error
    columns = {name: _series(column) for name, column in zip(table.column_names, table.columns, strict=True)}
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))


def _first_line(error: BaseException) -> str:
    return _short((str(error).splitlines() or [type(error).__name__])[0], 120)


_NULLABLE: dict[str, Any] = {
    "int8": pd.Int8Dtype(),
    "int16": pd.Int16Dtype(),
    "int32": pd.Int32Dtype(),
    "int64": pd.Int64Dtype(),
    "uint8": pd.UInt8Dtype(),
    "uint16": pd.UInt16Dtype(),
    "uint32": pd.UInt32Dtype(),
    "uint64": pd.UInt64Dtype(),
}


def _series(column: pa.ChunkedArray) -> Any:
    kind = column.type
    if pa.types.is_date(kind):
        return column.cast(pa.timestamp("s")).to_pandas().astype("datetime64[s]")
    if column.null_count and pa.types.is_boolean(kind):
        return column.to_pandas(types_mapper={kind: pd.BooleanDtype()}.get)
    if column.null_count and pa.types.is_integer(kind):
        return column.to_pandas(types_mapper={kind: _NULLABLE[str(kind)]}.get)
    return column.to_pandas()


def table_digest(frame: pd.DataFrame) -> str:
    """SHA-256 of a table's content: column names and order, values, row order.

    It depends neither on how categories are coded, nor on the width of numbers, nor on the file.

    Parameters
    ----------
    frame : pandas.DataFrame
        As for `write_table`.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    table = _arrow(frame)
    digest = hashlib.sha256()
    digest.update(json.dumps([table.num_rows, table.num_columns]).encode())
    for name, chunked in zip(table.column_names, table.columns, strict=True):
        column = chunked.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # a table without rows
            column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        kind, parts = _content(name, column)
        digest.update(json.dumps([name, kind, [len(p) for p in parts]]).encode())
        for part in parts:
            digest.update(part)
    return digest.hexdigest()


def _content(name: str, column: pa.Array) -> tuple[str, list[bytes]]:
    """Kind of a column and its content as bytes that are the same on every machine."""
    t, kind = pa.types, column.type
    gaps = np.packbits(column.is_null().to_numpy(zero_copy_only=False)).tobytes()
    if t.is_string(kind):
        coded = column.dictionary_encode()
        values = [v.encode() for v in coded.dictionary.to_pylist()]
        order = sorted(range(len(values)), key=values.__getitem__)
        rank = np.empty(len(values) + 1, dtype="<i8")
        rank[order] = np.arange(len(values))
        rank[-1] = -1  # code −1: no value
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        lengths = json.dumps([len(values[i]) for i in order]).encode()
        return "text", [gaps, lengths, b"".join(values[i] for i in order), rank[codes].tobytes()]
    if t.is_floating(kind):
        numbers = column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
        return "number", [gaps, (numbers + 0.0).astype("<f8").tobytes()]  # −0.0 equals 0.0
    if t.is_boolean(kind):
        return "truth", [gaps, column.fill_null(False).to_numpy(zero_copy_only=False).astype("u1").tobytes()]
    label = "date" if t.is_date(kind) else "time" if t.is_timestamp(kind) else "whole number"
    try:
        whole = column.cast(pa.int32()).cast(pa.int64()) if t.is_date(kind) else column.cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise ResultsError(f"column {name!r} holds whole numbers beyond 64 bits") from error
    return label, [gaps, whole.fill_null(0).to_numpy(zero_copy_only=False).astype("<i8").tobytes()]


def write_manifest(path: Path | str, manifest: Mapping[str, Any]) -> None:
    """Write a manifest as JSON in UTF-8, with sorted keys: equal manifests give equal bytes.

    Raises
    ------
    ResultsError
        Where it holds something else than JSON values, or the file cannot be written.
    """
    try:
        text = json.dumps(dict(manifest), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
        data = f"{text}\n".encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: the manifest is not plain data ({error})") from error
    write_atomically(path, data)


def read_manifest(path: Path | str) -> dict[str, Any]:
    """Read a manifest.

    Raises
    ------
    ResultsError
        Where the file is missing or is not a manifest.
    """
    try:
        manifest = json.loads(Path(path).read_bytes().decode("utf-8"), parse_constant=_no_constant)
    except FileNotFoundError:
        raise ResultsError(f"{path}: no such manifest: is this a results folder?") from None
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: not a manifest ({_first_line(error)})") from error
    if not isinstance(manifest, dict):
        raise ResultsError(f"{path}: not a manifest (a JSON object is wanted)")
    return manifest


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def check_output_folder(path: Path | str) -> None:
    """Refuse a folder for results that would mix with other files.

    Raises
    ------
    ResultsError
        Where ``path`` is a file, or a folder that is not empty.
    """
    try:
        held = sorted(os.listdir(path))
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise ResultsError(f"{path}: this is a file; results need a folder") from None
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror or error})") from error
    if held:
        some = ", ".join(held[:3]) + (", …" if len(held) > 3 else "")
        raise ResultsError(f"{path}: the folder is not empty (it holds {some}): choose another, or empty it")
