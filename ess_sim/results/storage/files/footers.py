"""The end of a Parquet file, which says where everything in it lies: read, and joined for several files in one.

A Parquet file is four bytes, its body (row groups one after the other), a footer in Thrift's compact protocol, the
footer's length, and four bytes. Bodies do not depend on where they lie, so that runs join, and move from file to file,
byte for byte: only the offsets in their footers change. No library joins them without decoding every value.

https://github.com/apache/parquet-format, https://github.com/apache/thrift (doc/specs/thrift-compact-protocol.md)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ess_sim.errors import ResultsError

__all__ = ["MAGIC", "body_of", "joined", "separated", "tail_of"]


MAGIC = b"PAR1"
_ENDS = 8  # bytes behind the footer: its length, and the magic word


_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_WHOLE = (4, 5, 6)  # 16, 32 and 64 bits: all are variable in length
_SIZES = {_TRUE: 1, _FALSE: 1, _BYTE: 1, _DOUBLE: 8}  # of truth values only within lists

# fields of a footer, and of a row group what is not the same where it lies elsewhere
_SCHEMA, _ROWS, _GROUPS, _PAIRS = 2, 3, 4, 5
_OFFSET, _ORDINAL, _GROUP_ROWS = "offset", "ordinal", "rows"
_OF_A_COLUMN = {2: _OFFSET, 3: {9: _OFFSET, 10: _OFFSET, 11: _OFFSET}}  # of it, of its data, index and dictionary
_OF_A_GROUP = {1: _OF_A_COLUMN, 3: _GROUP_ROWS, 5: _OFFSET, 7: _ORDINAL}

Place = tuple[str, int, int]
"""A whole number in a footer: what it is, its first byte and the one behind its last."""


def body_of(file: bytes) -> bytes:
    """The row groups of a Parquet file."""
    return file[len(MAGIC) : len(file) - len(tail_of(file))]


def tail_of(file: bytes) -> bytes:
    """Footer, its length, and the last four bytes of a Parquet file (or of its end).

    Raises
    ------
    ResultsError
        If it is none.
    """
    size = int.from_bytes(file[-_ENDS:-4], "little") + _ENDS
    if file[-4:] != MAGIC or not _ENDS < size <= len(file):
        raise ResultsError("not the end of a Parquet file")
    return file[-size:]


def joined(tails: Sequence[bytes], sizes: Sequence[int]) -> bytes:
    """The tail of one file that holds the bodies of several, one after the other.

    Parameters
    ----------
    tails : sequence of bytes
        `tail_of` each file; at least one, all with the same columns.
    sizes : sequence of int
        Bytes of each body.

    Raises
    ------
    ResultsError
        If the columns differ, or a tail is damaged.
    """
    with _errors():
        groups = list[bytes]()
        rows = shift = 0
        whole = _Footer.of(tails[0])
        for tail, size in zip(tails, sizes, strict=True):
            footer = _Footer.of(tail)
            if any(footer.field(field) != whole.field(field) for field in (_SCHEMA, _PAIRS)):
                raise ResultsError("the columns are not the same in all runs")
            groups += [group.moved(shift, number) for number, group in enumerate(footer.groups, start=len(groups))]
            rows += sum(group.rows for group in footer.groups)
            shift += size
        return whole.tail(groups, rows)


def separated(tail: bytes, groups: Sequence[int], sizes: Sequence[int]) -> list[bytes]:
    """The tails of files of their own for parts of a file: the opposite of `joined`.

    Parameters
    ----------
    tail : bytes
    groups, sizes : sequence of int
        Row groups and bytes of each part.

    Raises
    ------
    ResultsError
        If the tail is damaged, or there are not so many groups.
    """
    with _errors():
        footer = _Footer.of(tail)
        left = footer.groups
        out = list[bytes]()
        shift = 0
        for count, size in zip(groups, sizes, strict=True):
            own, left = left[:count], left[count:]
            if len(own) != count:
                raise ResultsError("there are fewer row groups than runs say")
            moved = [group.moved(-shift, number) for number, group in enumerate(own)]
            out.append(footer.tail(moved, sum(group.rows for group in own)))
            shift += size
        return out


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, ResultsError):
            raise
        raise ResultsError(f"not a readable table ({type(error).__name__} in its footer)") from error


@dataclass(frozen=True)
class _Group:
    """What a footer says of a row group, and where in it the numbers are that depend on where it lies.

    Everything else is copied as it is: to take it all apart would take several times as long.
    """

    data: bytes
    places: list[Place]  # counted from the group's own first byte

    @property
    def rows(self) -> int:
        (at,) = (start for what, start, _ in self.places if what == _GROUP_ROWS)
        return _signed(self.data, at)[0]

    def moved(self, by: int, number: int) -> bytes:
        """The same, so many bytes further on, and with this number in its file."""
        pieces, last = list[bytes](), 0
        for what, start, end in self.places:
            old, _ = _signed(self.data, start)
            new = number if what == _ORDINAL else old + by if what == _OFFSET and old > 0 else old
            if new != old:  # not every writer says all offsets
                pieces += [self.data[last:start], _varint(new << 1)]
                last = end
        return b"".join([*pieces, self.data[last:]])


@dataclass(frozen=True)
class _Footer:
    """A footer and what lies where in it."""

    data: bytes
    fields: dict[int, tuple[int, int]]  # where the value of each begins and ends
    end: int
    groups: list[_Group]

    @classmethod
    def of(cls, tail: bytes) -> _Footer:
        fields: dict[int, tuple[int, int]] = {}
        groups = list[_Group]()
        at = field = 0
        while tail[at]:
            field, kind, at = _field(tail, at, field)
            start = at
            if field == _GROUPS:
                of, count, at = _list(tail, at)
                for _ in range(count):
                    begin, places = at, list[Place]()
                    at = _end(tail, at, of, _OF_A_GROUP, places)
                    groups.append(_Group(tail[begin:at], [(what, x - begin, y - begin) for what, x, y in places]))
            else:
                at = _end(tail, at, kind)
            fields[field] = start, at
        return cls(tail, fields, at + 1, groups)

    def field(self, number: int) -> bytes | None:
        """The value of a field, if there is one."""
        return self.data[slice(*self.fields[number])] if number in self.fields else None

    def tail(self, groups: Sequence[bytes], rows: int) -> bytes:
        """A tail with these row groups in place of its own."""
        count, listed = self.fields[_ROWS], self.fields[_GROUPS]
        size = bytes([len(groups) << 4 | _STRUCT]) if len(groups) < 15 else b"\xfc" + _varint(len(groups))
        between, after = self.data[count[1] : listed[0]], self.data[listed[1] : self.end]
        data = b"".join([self.data[: count[0]], _varint(rows << 1), between, size, *groups, after])
        return data + len(data).to_bytes(4, "little") + MAGIC


def _end(data: bytes, at: int, kind: int, wanted: Any = None, places: list[Place] | None = None) -> int:
    """Where a value ends.

    Parameters
    ----------
    data : bytes
    at, kind : int
        Where it begins, and its type.
    wanted : str or dict, optional
        What is looked for: a name for a whole number, or what is looked for in a field or in each item of a list.
    places : list of Place
        Takes what is found.
    """
    if kind == _STRUCT:
        fields = wanted if isinstance(wanted, dict) else {}
        field = 0
        while head := data[at]:
            field, kind, at = (field + (head >> 4), head & 15, at + 1) if head > 15 else _field(data, at, field)
            if kind in _WHOLE and not fields:  # most are
                while data[at] > 127:
                    at += 1
                at += 1
            elif kind not in (_TRUE, _FALSE):  # whose type is their value
                at = _end(data, at, kind, fields.get(field), places)
        return at + 1
    if kind in _WHOLE:
        start = at
        while data[at] > 127:
            at += 1
        if wanted and places is not None:
            places.append((wanted, start, at + 1))
        return at + 1
    if kind == _BINARY:
        size, at = _number(data, at)
        return at + size
    if kind in (_LIST, _SET):
        of, count, at = _list(data, at)
        if of in _SIZES:
            return at + count * _SIZES[of]
        for _ in range(count):
            at = _end(data, at, of, wanted, places)
        return at
    return at + _SIZES[kind]


def _field(data: bytes, at: int, before: int) -> tuple[int, int, int]:
    """Number and type of the field that begins there, and where its value does."""
    head = data[at]
    if head > 15:
        return before + (head >> 4), head & 15, at + 1
    number, at = _signed(data, at + 1)
    return number, head, at


def _list(data: bytes, at: int) -> tuple[int, int, int]:
    """Type and number of a list's items, and where the first one begins."""
    head, at = data[at], at + 1
    count = head >> 4
    if count == 15:
        count, at = _number(data, at)
    return head & 15, count, at


def _signed(data: bytes, at: int) -> tuple[int, int]:
    n, at = _number(data, at)
    return (n >> 1) ^ -(n & 1), at


def _number(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
