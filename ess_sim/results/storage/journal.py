"""Finished runs in a file that only grows: one append a run, which is whole or does not count.

Each run stands behind a line that says how long its head is; the head holds its note and a digest of itself, the
tables follow. Whatever a crash cuts off at the end is found by its length; damage elsewhere costs the run that it hits.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from ess_sim.errors import ResultsError
from ess_sim.results.storage.digest import columns_digest
from ess_sim.results.storage.files import footers, manifests
from ess_sim.results.storage.files.manifests import CURE, DamagedError
from ess_sim.results.storage.files.parquet import arrow_columns, decode_table, encode_columns, groups_in
from ess_sim.results.storage.files.plain import NO_LINK, opened
from ess_sim.results.storage.keys import Key, Parcel

__all__ = ["REMOVED", "Journal", "parcel_of"]


REMOVED = "files were removed while runs were in progress"


_MARK = b"\nrun "
_LINE = len(_MARK) + 9  # with eight digits and a line break
_PIECE = 1 << 20


_HEADS_AT_ONCE = 100
"""Heads that are held in memory, some tens of KB each: a part takes its runs table by table."""


def parcel_of(frames: Iterable[tuple[str, pd.DataFrame]], note: Mapping[str, Any]) -> Parcel:
    """A finished run as the bytes of its tables, and its note with their digests.

    Parameters
    ----------
    frames : iterable of (str, DataFrame)
        Names of tables, and the tables, each of which is let go before the next is asked for.
    note : mapping
    """
    files, said, content = dict[str, bytes](), dict[str, dict[str, Any]](), dict[str, str]()
    for table, frame in frames:
        columns = arrow_columns(frame)
        del frame
        data = files[table] = encode_columns(columns)
        body = footers.body_of(data)
        said[table] = {"sha256": _sha(body), "bytes": len(body), "groups": groups_in(data)}
        content[table] = columns_digest(columns)
        del columns
    return Parcel(files, {**note, "files": said, "content": content})


class Journal:
    """The runs of a journal.

    Parameters
    ----------
    path : Path
        There need be none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._at: dict[Key, int] = {}
        self._end = 0
        if path.is_symlink() or path.exists():
            with opened(path) as file:
                size = os.fstat(file.fileno()).st_size
                for start, head, end in _runs(file, path, size):
                    self._at[_key(head)], self._end = start, end

    def __iter__(self) -> Iterator[Key]:
        return iter(self._at)

    def note(self, key: Key) -> dict[str, Any]:
        """The note of a run.

        Raises
        ------
        ResultsError
            If it is damaged, or cannot be read.
        """
        note: dict[str, Any] = self._head(key)[0]["note"]
        return note

    def file(self, key: Key, table: str) -> tuple[bytes, bytes]:
        """One table of one run: body and tail of its Parquet file, as they were written.

        Raises
        ------
        ResultsError
            If they are damaged, or cannot be read.
        """
        head, at = self._head(key)
        before = list(head["tables"])
        before = before[: before.index(table)] if table in before else before
        with opened(self.path) as file:
            file.seek(at + sum(head["tables"][t]["body"] + head["tables"][t]["tail"] for t in before))
            said = head["tables"].get(table, {})
            body, tail = file.read(said.get("body", 0)), file.read(said.get("tail", 0))
        if (_sha(body), _sha(tail)) != (head["note"]["files"][table]["sha256"], said.get("sha256")):
            raise DamagedError(f"{self.path}: damaged or changed: not the table {table} of {key} as it was; {CURE}")
        return body, tail

    def body(self, key: Key, table: str) -> bytes:
        """The row groups of one table of one run; errors as `file`."""
        return self.file(key, table)[0]

    def table(self, key: Key, table: str, **options: Any) -> Any:
        """One table of one run; options as `decode_table`."""
        body, tail = self.file(key, table)
        return decode_table(footers.MAGIC + body + tail, self.path, **options)

    @cached_property
    def _head_at(self) -> Any:
        def read(at: int) -> tuple[dict[str, Any], int] | None:
            with opened(self.path) as file:
                return _head(file, self.path, at)

        return lru_cache(_HEADS_AT_ONCE)(read)

    def _head(self, key: Key) -> tuple[dict[str, Any], int]:
        found = self._head_at(self._at[key])
        if found is None or _key(found[0]) != key:
            raise DamagedError(f"{self.path}: damaged or changed: the note of {key} is not as it was; {CURE}")
        head, end = found
        return head, end

    def still_there(self) -> bool:
        """Whether nothing of it was removed since it was read or written."""
        return not self._at or (self.path.is_file() and self.path.stat().st_size >= self._end)

    def append(self, key: Key, parcel: Parcel) -> None:
        """Adds a run.

        Raises
        ------
        ResultsError
            If it cannot be written; then it does not count.
        """
        pieces, tables = list[bytes](), {}
        for table, data in sorted(parcel.files.items()):  # the order in which a head names them
            body, tail = footers.body_of(data), footers.tail_of(data)
            pieces += [body, tail]
            tables[table] = {"body": len(body), "tail": len(tail), "sha256": _sha(tail)}
        head = manifests.sealed(self.path, {"key": list(key), "note": parcel.note, "tables": tables})
        record = b"".join([_MARK, b"%08x\n" % len(head), head, *pieces])
        try:
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | NO_LINK, 0o666), "r+b", buffering=0) as file:
                if os.fstat(file.fileno()).st_size < self._end:
                    raise ResultsError(f"{self.path}: finished runs are no longer there: {REMOVED}")
                file.truncate(self._end)  # of a run that could not be written whole
                file.seek(self._end)
                try:
                    left = memoryview(record)
                    while left:
                        left = left[file.write(left) :]
                    os.fsync(file.fileno())
                except OSError:
                    with suppress(OSError):
                        file.truncate(self._end)
                    raise
        except OSError as error:
            why = "a symbolic link" if self.path.is_symlink() else error.strerror or error
            raise ResultsError(f"{self.path}: cannot be written ({why})") from error
        self._at[key], self._end = self._end, self._end + len(record)


def _runs(file: BinaryIO, path: Path, size: int) -> Iterator[tuple[int, dict[str, Any], int]]:
    """Where each whole run begins, its head, and where it ends."""
    at = 0
    while at < size:
        found = _head(file, path, at)
        end = found[1] + sum(t["body"] + t["tail"] for t in found[0]["tables"].values()) if found else size + 1
        if found and end <= size:
            yield at, found[0], end
            at = end
        else:
            at = _next(file, at + 1)


def _head(file: BinaryIO, path: Path, at: int) -> tuple[dict[str, Any], int] | None:
    """The head of the run that begins there, and where it ends; None where no sound one does."""
    file.seek(at)
    line = file.read(_LINE)
    try:
        if len(line) < _LINE or not line.startswith(_MARK):
            return None
        head = manifests.unsealed(path, file.read(int(line[len(_MARK) :], 16)))
    except (ResultsError, ValueError):
        return None
    return (head, file.tell()) if _says_what_it_must(head) else None


def _says_what_it_must(head: dict[str, Any]) -> bool:
    """It may come from a stranger."""
    key, tables = head.get("key"), head.get("tables")
    sizes = tables.values() if isinstance(tables, dict) else [None]
    return (
        isinstance(key, list)
        and list(map(type, key)) == [str, int, int]
        and isinstance(head.get("note"), dict)
        and all(isinstance(t, dict) and _is_size(t.get("body")) and _is_size(t.get("tail")) for t in sizes)
    )


def _is_size(value: Any) -> bool:
    return type(value) is int and value >= 0


def _next(file: BinaryIO, at: int) -> int:
    """Where the next run may begin; the end of the file where none does."""
    file.seek(at)
    before = b""
    while piece := file.read(_PIECE):
        found = (before + piece).find(_MARK)
        if found >= 0:
            return at - len(before) + found
        at += len(piece)
        before = piece[-len(_MARK) + 1 :]
    return at


def _key(head: dict[str, Any]) -> Key:
    return Key(*head["key"])


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
