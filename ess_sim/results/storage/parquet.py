"""Tables as Parquet files: the same bytes for the same content."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ess_sim.atomic import replace
from ess_sim.errors import ResultsError
from ess_sim.results.storage.manifests import brief

__all__ = ["Parts", "arrow_columns", "decode_table", "encode_table", "read_table", "write_parts"]


def encode_table(frame: pd.DataFrame) -> bytes:
    """A table as the bytes of a Parquet file; equal frames give equal bytes.

    Columns hold numbers, truth values, text, categories (which stay so) or dates; the index is not kept.

    Raises
    ------
    ResultsError
        Where a column has no place in a table.
    """
    table = _arrow(frame)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=1 << 20, **_options(table.schema))
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _arrow(frame: pd.DataFrame) -> pa.Table:
    # made from arrays, the table lacks pandas' own metadata, which holds the versions of libraries
    return pa.table(arrow_columns(frame))


def _options(schema: pa.Schema) -> dict[str, Any]:
    # a dictionary of numbers that hardly repeat takes time and saves nothing
    coded = [f.name for f in schema if pa.types.is_dictionary(f.type) or pa.types.is_date(f.type)]
    return {"compression": "zstd", "compression_level": 1, "use_dictionary": coded, "version": "2.6"}


_PARTS = b"ess_sim.parts"
"""Key of a Parquet file's metadata: names of its row groups."""


def write_parts(path: Path, parts: Iterable[tuple[str, pd.DataFrame]]) -> None:
    """Writes frames with the same columns into one Parquet file, each a row group of its own, or nothing at all.

    Parameters
    ----------
    parts : iterable of (name, frame)
        At least one; read one at a time.

    Raises
    ------
    ResultsError
        Where the columns differ, or the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    names: list[str] = []
    writer: pq.ParquetWriter | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for name, frame in parts:
            table = _arrow(frame)
            if writer is None:
                writer = pq.ParquetWriter(temporary, table.schema, **_options(table.schema))
            names.append(name)
            writer.write_table(table, row_group_size=max(1, len(frame)))
        if writer is None:
            raise ResultsError(f"{path}: there is nothing to write")
        writer.add_key_value_metadata({_PARTS: json.dumps(names)})
        writer.close()
        replace(temporary, path)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise ResultsError(f"{path}: cannot be written ({brief(error)})") from error
    finally:
        with suppress(OSError):  # gone already where all went well
            temporary.unlink()


class Parts:
    """The frames of a file that `write_parts` wrote, read one at a time.

    Raises
    ------
    ResultsError
        Where the file is missing or is not whole.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.is_symlink():
            raise ResultsError(f"{path}: cannot be read (a symbolic link)")
        with self._errors("not a readable table"), pq.ParquetFile(path) as file:
            self._metadata = file.metadata
            self._places = {name: i for i, name in enumerate(json.loads(file.metadata.metadata[_PARTS]))}

    def read(self, name: str, most_rows: int | None = None) -> pd.DataFrame:
        """One frame.

        Raises
        ------
        ResultsError
            Where there is none of that name, it cannot be read, or it has more rows than can be true.
        """
        with self._errors(f"not a readable table with a part {name!r}"):
            place = self._places[name]
            _check_size(self._path, self._metadata.row_group(place), most_rows)
            with pq.ParquetFile(self._path, metadata=self._metadata) as file:
                table = file.read_row_group(place)
            return _frame(table)

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except ResultsError:
            raise
        except FileNotFoundError:
            raise ResultsError(f"{self._path}: no such table; the results folder is not whole") from None
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ResultsError(f"{self._path}: {what} ({brief(error)})") from error


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
    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            _check_size(path, file.metadata, most_rows)
            return _frame(file.read(columns=columns))
    except ResultsError:
        raise
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise ResultsError(f"{path}: not a readable table ({brief(error)})") from error


def _check_size(path: Path | str, metadata: Any, most_rows: int | None) -> None:
    """Refuses what would fill the memory, by what the file says of itself."""
    if most_rows is None:
        return
    whole = hasattr(metadata, "num_row_groups")
    groups = map(metadata.row_group, range(metadata.num_row_groups)) if whole else [metadata]
    size = sum(group.total_byte_size for group in groups)
    if metadata.num_rows > most_rows or size > _BYTES_A_ROW * most_rows + _BYTES_BESIDES:
        raise ResultsError(
            f"{path}: claims {metadata.num_rows:,} rows and {size:,} bytes, but such a table has at most {most_rows:,} "
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
    if column.null_count and pa.types.is_integer(kind):
        nullable = pd.api.types.pandas_dtype(str(kind).capitalize())  # int32 → Int32
        return column.to_pandas(types_mapper={kind: nullable}.get)
    return column.to_pandas()


def arrow_columns(frame: pd.DataFrame) -> dict[str, pa.Array]:
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
