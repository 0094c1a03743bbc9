"""The end of a Parquet file, which says where everything in it lies: read, and joined for several files in one.

A Parquet file is four bytes, its body (row groups one after the other), a footer in Thrift's compact protocol, the
footer's length, and four bytes. Bodies do not depend on where they lie, so that runs join, and move from file to file,
byte for byte: only the offsets in their footers change. No library joins them without decoding every value.

https://github.com/apache/parquet-format, https://github.com/apache/thrift (doc/specs/thrift-compact-protocol.md)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ess_sim.errors import ResultsError

__all__ = ["MAGIC", "body_of", "joined", "separated", "tail_of"]


MAGIC = b"PAR1"
_ENDS = 8  # bytes behind the footer: its length, and the magic word


_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_WHOLE = (4, 5, 6)  # 16, 32 and 64 bits: all are variable in length

# fields of a footer, of its row groups, of their columns and of what describes a column
_SCHEMA, _ROWS, _GROUPS, _PAIRS = 2, 3, 4, 5
_COLUMNS, _GROUP_ROWS, _GROUP_OFFSET, _ORDINAL = 1, 3, 5, 7
_COLUMN_OFFSET, _DESCRIPTION = 2, 3
_DESCRIBED_OFFSETS = (9, 10, 11)  # of data, index and dictionary

Struct = dict[int, tuple[int, Any]]
"""Fields by number, each with its type."""


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
        whole: Struct = {}
        groups = list[Struct]()
        shift = 0
        for tail, size in zip(tails, sizes, strict=True):
            footer, _ = _read(tail, 0, _STRUCT)
            whole = whole or footer
            if any(footer.get(field) != whole.get(field) for field in (_SCHEMA, _PAIRS)):
                raise ResultsError("the columns are not the same in all runs")
            for group in footer[_GROUPS][1][1]:
                _shift(group, shift, len(groups))
                groups.append(group)
            shift += size
        return _with_groups(whole, groups)


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
        footer, _ = _read(tail, 0, _STRUCT)
        left = list(footer[_GROUPS][1][1])
        out = list[bytes]()
        shift = 0
        for count, size in zip(groups, sizes, strict=True):
            own, left = left[:count], left[count:]
            if len(own) != count:
                raise ResultsError("there are fewer row groups than runs say")
            for number, group in enumerate(own):
                _shift(group, -shift, number)
            out.append(_with_groups(footer, own))
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


def _with_groups(footer: Struct, groups: Sequence[Struct]) -> bytes:
    """A tail with these row groups."""
    rows = sum(group[_GROUP_ROWS][1] for group in groups)
    own = {_ROWS: (footer[_ROWS][0], rows), _GROUPS: (_LIST, (_STRUCT, groups))}
    data = _written(footer | own, _STRUCT)
    return data + len(data).to_bytes(4, "little") + MAGIC


def _shift(group: Struct, by: int, number: int) -> None:
    """Moves a row group: all its offsets are from the file's beginning."""
    if _ORDINAL in group:
        group[_ORDINAL] = group[_ORDINAL][0], number
    moved: list[tuple[Struct, int]] = [(group, _GROUP_OFFSET)]
    for column in group[_COLUMNS][1][1]:
        described = column[_DESCRIPTION][1]
        moved += [(column, _COLUMN_OFFSET), *((described, field) for field in _DESCRIBED_OFFSETS)]
    for struct, field in moved:
        kind, offset = struct.get(field, (0, 0))
        if offset > 0:  # not every writer says all of them
            struct[field] = kind, offset + by


def _read(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    """One value, and where the next one begins."""
    if kind in _WHOLE:
        n, at = _number(data, at)
        return (n >> 1) ^ -(n & 1), at
    if kind == _BINARY:
        n, at = _number(data, at)
        return data[at : at + n], at + n
    if kind == _STRUCT:
        return _fields(data, at)
    if kind in (_LIST, _SET):
        head, at = data[at], at + 1
        n, items = head >> 4, []
        if n == 15:
            n, at = _number(data, at)
        for _ in range(n):
            item, at = _read(data, at, head & 15)
            items.append(item)
        return (head & 15, items), at
    size = {_TRUE: 1, _FALSE: 1, _BYTE: 1, _DOUBLE: 8}[kind]  # of truth values only within lists
    return data[at : at + size], at + size


def _fields(data: bytes, at: int) -> tuple[Struct, int]:
    fields: Struct = {}
    field = 0
    while head := data[at]:
        at += 1
        kind = head & 15
        if head >> 4:
            field += head >> 4
        else:
            field, at = _read(data, at, _WHOLE[0])
        fields[field] = (kind, None)
        if kind not in (_TRUE, _FALSE):  # whose type is their value
            value, at = _read(data, at, kind)
            fields[field] = kind, value
    return fields, at + 1


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


def _written(value: Any, kind: int) -> bytes:
    if kind in (_TRUE, _FALSE, _BYTE, _DOUBLE):
        data: bytes = value
        return data
    if kind in _WHOLE:
        return _varint(value << 1 if value >= 0 else (-value << 1) - 1)
    if kind == _BINARY:
        text: bytes = value
        return _varint(len(text)) + text
    if kind == _STRUCT:
        return _written_fields(value)
    of, items = value
    n = len(items)
    head = bytes([n << 4 | of]) if n < 15 else bytes([15 << 4 | of]) + _varint(n)
    return head + b"".join([_written(item, of) for item in items])


def _written_fields(fields: Struct) -> bytes:
    parts = []
    last = 0
    for field, (kind, value) in fields.items():
        step = field - last
        parts.append(bytes([step << 4 | kind]) if 0 < step < 16 else bytes([kind]) + _written(field, _WHOLE[0]))
        if value is not None:
            parts.append(_written(value, kind))
        last = field
    parts.append(b"\0")
    return b"".join(parts)
