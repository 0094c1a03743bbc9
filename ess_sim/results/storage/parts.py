"""Runs put in order: a hundred a part, each table of a part in one Parquet file, a few row groups a run.

A part is named by its place and a digest of what its runs hold. A new part therefore never takes the place of another
one, whose runs count until the new one is whole; and equal runs lie in equal files, in whatever order they were made.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from ess_sim.atomic import replace
from ess_sim.errors import ResultsError
from ess_sim.results.storage.files import footers, manifests
from ess_sim.results.storage.files.manifests import CURE, DamagedError
from ess_sim.results.storage.files.parquet import Pack
from ess_sim.results.storage.files.plain import opened
from ess_sim.results.storage.keys import Key
from ess_sim.results.storage.layout import Layout

__all__ = ["RUNS_A_PART", "Part", "part_name", "write_part"]


RUNS_A_PART = 100


class Part:
    """The runs of a part.

    Raises
    ------
    ResultsError
        If its notes are damaged, or cannot be read.
    """

    def __init__(self, at: Layout, name: str) -> None:
        self.name, self.at = name, at
        self.path = at.notes(name)
        said = manifests.read_sealed(self.path)
        try:
            self._notes = {Key(*run["key"]): _opened_up(run["note"], said["lists"]) for run in said["runs"]}
            self._tails: dict[str, str] = dict(said["tails"])
            self._offsets = {table: list(_offsets(self._notes.values(), table)) for table in self._tails}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DamagedError(f"{self.path}: does not say what notes say; {CURE}") from error
        self._places = {key: i for i, key in enumerate(self._notes)}
        self._packs: dict[str, tuple[bytes, Pack]] = {}
        self._apart: dict[str, list[bytes]] = {}

    def __iter__(self) -> Iterator[Key]:
        return iter(self._notes)

    def note(self, key: Key) -> dict[str, Any]:
        """The note of a run."""
        return self._notes[key]

    def file(self, key: Key, table: str) -> tuple[bytes, bytes]:
        """One table of one run: body and tail of a Parquet file of its own.

        Raises
        ------
        ResultsError
            If it is damaged, or cannot be read.
        """
        if table not in self._apart:
            groups = [note["files"][table]["groups"] for note in self._notes.values()]
            sizes = [note["files"][table]["bytes"] for note in self._notes.values()]
            self._apart[table] = footers.separated(self._pack(table)[0], groups, sizes)
        return self.body(key, table), self._apart[table][self._places[key]]

    def body(self, key: Key, table: str) -> bytes:
        """The row groups of one table of one run, as they were written.

        Raises
        ------
        ResultsError
            If they are damaged, or cannot be read.
        """
        path = self.at.pack(self.name, table)
        self._pack(table)
        said = self._notes[key]["files"][table]
        with self._opened(table) as file:
            file.seek(self._offsets[table][self._places[key]][0])
            data: bytes = file.read(said["bytes"])
        if hashlib.sha256(data).hexdigest() != said["sha256"]:
            raise DamagedError(f"{path}: damaged or changed: not the table of {key} that its note vouches for; {CURE}")
        return data

    def table(self, key: Key, table: str, **options: Any) -> Any:
        """One table of one run; options as `decode_table`."""
        self.body(key, table)
        _, first = self._offsets[table][self._places[key]]
        groups = range(first, first + self._notes[key]["files"][table]["groups"])
        return self._pack(table)[1].read(groups, options.get("most_rows"), options.get("columns"))

    def tables(self, keys: Sequence[Key], table: str, most_rows: int, columns: Sequence[str]) -> tuple[Any, list[int]]:
        """One table of several runs, one below the other, and how many rows are those of each run."""
        groups = []
        for key in keys:
            self.body(key, table)
            _, first = self._offsets[table][self._places[key]]
            groups.append(range(first, first + self._notes[key]["files"][table]["groups"]))
        pack = self._pack(table)[1]
        return pack.read(list(chain(*groups)), most_rows, columns), [pack.rows(some) for some in groups]

    def _opened(self, table: str) -> Any:
        path = self.at.pack(self.name, table)
        if not path.is_symlink() and not path.exists():
            raise DamagedError(f"{path}: no such table; {CURE}")
        return opened(path)

    def _pack(self, table: str) -> tuple[bytes, Pack]:
        """The end of a table's file, compared with its digest once, and what it says."""
        if table not in self._packs:
            path = self.at.pack(self.name, table)
            with self._opened(table) as file:
                start, tail = file.read(len(footers.MAGIC)), _tail(file)
            if hashlib.sha256(start + tail).hexdigest() != self._tails[table]:
                raise DamagedError(f"{path}: damaged or changed: its end is not as it was written; {CURE}")
            self._packs[table] = tail, Pack(path, tail)
        return self._packs[table]


def _tail(file: BinaryIO) -> bytes:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 8))
    length = int.from_bytes(file.read(4), "little") + 8
    file.seek(max(0, size - length))
    return file.read()


def _offsets(notes: Any, table: str) -> Iterator[tuple[int, int]]:
    """Where each run begins in a table's file: its first byte and its first row group."""
    at, group = len(footers.MAGIC), 0
    for note in notes:
        yield at, group
        said = note["files"][table]
        at, group = at + said["bytes"], group + said["groups"]


# --- writing ----------------------------------------------------------------------------------------------------------


def part_name(number: int, notes: Mapping[Key, Mapping[str, Any]]) -> str:
    """The name of a part: its place, and a digest of its runs."""
    said = json.dumps([[list(key), note] for key, note in notes.items()], sort_keys=True)
    return f"{number:04d}-{hashlib.sha256(said.encode()).hexdigest()[:8]}"


def write_part(
    at: Layout,
    name: str,
    notes: Mapping[Key, Mapping[str, Any]],
    tables: Sequence[str],
    file_of: Callable[[Key, str], tuple[bytes, bytes]],
) -> None:
    """Writes a part: its tables first, then its notes, with which its runs count.

    Parameters
    ----------
    notes : mapping of Key to note
        Its runs in their order.
    file_of : callable
        Gives body and tail of a run's table (`Part.file`), one run at a time.

    Raises
    ------
    ResultsError
        If a file cannot be written, or what ``file_of`` raises.
    """
    tails = {table: _write_pack(at.pack(name, table), (file_of(key, table) for key in notes)) for table in tables}
    lists: dict[str, list[str]] = {}
    runs = [{"key": list(key), "note": _folded(note, lists)} for key, note in notes.items()]
    manifests.write_sealed(at.notes(name), {"tails": tails, "lists": lists, "runs": runs})


def _write_pack(path: Path, files: Iterator[tuple[bytes, bytes]]) -> str:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    tails, sizes = list[bytes](), list[int]()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as out:
            out.write(footers.MAGIC)
            for body, tail in files:
                out.write(body)
                tails.append(tail)
                sizes.append(len(body))
            whole = footers.joined(tails, sizes)
            out.write(whole)
            out.flush()
            os.fsync(out.fileno())
        replace(temporary, path)
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):  # after a success it is already gone
            temporary.unlink()
    return hashlib.sha256(footers.MAGIC + whole).hexdigest()


_LISTS = ("read", "assumed")
"""What a note says of a run in many words, which most runs have in common."""


def _folded(note: Mapping[str, Any], lists: dict[str, list[str]]) -> dict[str, Any]:
    out = dict(note)
    for name in _LISTS:
        digest = hashlib.sha256("\n".join(note[name]).encode()).hexdigest()[:12]
        lists[digest] = note[name]
        out[name] = digest
    return out


def _opened_up(note: Mapping[str, Any], lists: Mapping[str, list[str]]) -> dict[str, Any]:
    return {**note, **{name: lists[note[name]] for name in _LISTS}}
