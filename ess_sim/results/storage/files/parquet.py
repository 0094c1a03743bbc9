"""Tables as Parquet files: the same bytes for the same content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ess_sim.errors import ResultsError
from ess_sim.results.storage.files.manifests import brief

__all__ = [
    "Columns",
    "Pack",
    "arrow_columns",
    "decode_table",
    "encode_columns",
    "encode_table",
    "groups_in",
    "read_table",
]


Columns = dict[str, pa.Array]
"""A table by column, in the few types that results are kept in."""


_OF_A_RUN = ("scenario", "draw", "replication")
"""The columns that are the same throughout a run."""


def encode_table(frame: pd.DataFrame) -> bytes:
    """A table as the bytes of a Parquet file; equal frames give equal bytes.

    Columns hold numbers, truth values, text, categories (which stay so) or dates; the index is not kept.

    Raises
    ------
    ResultsError
        Where a column has no place in a table.
    """
    return encode_columns(arrow_columns(frame))


def encode_columns(columns: Columns) -> bytes:
    """As `encode_table`, of `arrow_columns`."""
    # made from arrays, the table lacks pandas' own metadata, which holds the versions of libraries
    table = pa.table(columns)
    # a dictionary of numbers that hardly repeat takes time and saves nothing
    coded = [f.name for f in table.schema if pa.types.is_dictionary(f.type) or pa.types.is_date(f.type)]
    # lowest and highest values take a quarter of the time; of these they let readers skip other runs
    ranged = [name for name in _OF_A_RUN if name in columns]
    options = {"compression": "zstd", "compression_level": 1, "version": "2.6"}
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=1 << 20, use_dictionary=coded, write_statistics=ranged, **options)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def groups_in(data: bytes) -> int:
    """Row groups of a Parquet file (or of its end)."""
    count: int = pq.read_metadata(pa.BufferReader(data)).num_row_groups
    return count


class Pack:
    """A Parquet file that holds the row groups of many runs.

    Parameters
    ----------
    path : Path
    tail : bytes
        Its end (`tail_of`), of which it is known that it is sound.

    Raises
    ------
    ResultsError
        Where it is no end of a Parquet file.
    """

    def __init__(self, path: Path, tail: bytes) -> None:
        self._path = path
        with _errors(path):
            self._metadata = pq.read_metadata(pa.BufferReader(tail))

    def rows(self, groups: Sequence[int]) -> int:
        """How many rows some of its row groups say that they have."""
        return sum(int(self._metadata.row_group(i).num_rows) for i in groups)

    def read(self, groups: Sequence[int], most_rows: int | None, columns: Sequence[str] | None) -> pd.DataFrame:
        """Some of its row groups; arguments as `decode_table`.

        Raises
        ------
        ResultsError
            Where they cannot be read, or have more rows than can be true.
        """
        with _errors(self._path):
            _check_size(self._path, [self._metadata.row_group(i) for i in groups], most_rows)
            with pq.ParquetFile(self._path, metadata=self._metadata) as file:
                return _frame(file.read_row_groups(list(groups), columns=columns))


@contextmanager
def _errors(path: Path | str) -> Iterator[None]:
    try:
        yield
    except ResultsError:
        raise
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError, IndexError) as error:
        raise ResultsError(f"{path}: not a readable table ({brief(error)})") from error


def decode_table(
    data: bytes, path: Path | str, *, most_rows: int | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """The frame of bytes that `encode_table` made.

    Dates become ``datetime64[s]``, whole numbers with gaps pandas' nullable integers of the same width.

    Parameters
    ----------
    path : path
        Where they come from, for messages.
    most_rows : int, optional
        Refuse more before they are read: a small file can claim any number of rows.
    columns : sequence of str, optional
        Only these.

    Raises
    ------
    ResultsError
        Where they are no Parquet table, or one with more rows than can be true.
    """
    with _errors(path), pq.ParquetFile(pa.BufferReader(data)) as file:
        groups = map(file.metadata.row_group, range(file.metadata.num_row_groups))
        _check_size(path, list(groups), most_rows)
        return _frame(file.read(columns=columns))


def _check_size(path: Path | str, groups: Sequence[Any], most_rows: int | None) -> None:
    """Refuses what would fill the memory, by what the file says of itself."""
    if most_rows is None:
        return
    rows, size = sum(group.num_rows for group in groups), sum(group.total_byte_size for group in groups)
    if rows > most_rows or size > _BYTES_A_ROW * most_rows + _BYTES_BESIDES:
        raise ResultsError(
            f"{path}: claims {rows:,} rows and {size:,} bytes, but such a table has at most {most_rows:,} "
            "rows: not read"
        )


_BYTES_A_ROW, _BYTES_BESIDES = 200, 1 << 24
"""Most that a table takes when its compression is undone: of a row, and of texts that occur once."""


def read_table(path: Path | str) -> pd.DataFrame:
    """Read a file that holds what `encode_table` made.

    Raises
    ------
    ResultsError
        Where it is missing, or no Parquet table.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise ResultsError(f"{path}: no such table; the results folder is not whole") from None
    except OSError as error:
        raise ResultsError(f"{path}: not a readable table ({brief(error)})") from error
    return decode_table(data, path)


def _frame(table: pa.Table) -> pd.DataFrame:
    columns = {name: _series(column) for name, column in zip(table.column_names, table.columns, strict=True)}
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))


def _series(column: pa.ChunkedArray) -> Any:
    kind = column.type
    if pa.types.is_date(kind):
        return column.cast(pa.timestamp("s")).to_pandas().astype("datetime64[s]")
    if pa.types.is_dictionary(kind):
        return column.unify_dictionaries().to_pandas()
    if column.null_count and pa.types.is_integer(kind):
        nullable = pd.api.types.pandas_dtype(str(kind).capitalize())  # int32 → Int32
        return column.to_pandas(types_mapper={kind: nullable}.get)
    return column.to_pandas()


def arrow_columns(frame: pd.DataFrame) -> Columns:
    """A table in the few types that results are kept in; what else a frame may hold is refused."""
    names = list(frame.columns)
    for name in names:
        if not isinstance(name, str):
            raise ResultsError(f"a table's columns have text names, not {name!r}")
        if names.count(name) > 1:
            raise ResultsError(f"a table has two columns {name!r}")
    if isinstance(frame.index, pd.MultiIndex) or frame.index.name is not None:
        raise ResultsError("a table keeps no index: make it columns with reset_index()")
    return {name: _column(name, frame[name]) for name in names}


def _column(name: str, series: pd.Series[Any]) -> pa.Array:
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
    if t.is_boolean(kind) or t.is_signed_integer(kind) or t.is_float32(kind) or t.is_float64(kind) or t.is_date32(kind):
        return kind
    if t.is_timestamp(kind) and kind.tz is None and values.cast(pa.date32(), safe=False).cast(kind).equals(values):
        return pa.date32()
    raise ResultsError(f"column {name!r} cannot be kept: values of type {kind}")
