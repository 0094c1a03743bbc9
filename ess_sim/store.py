"""What a results folder is made of: tables as Parquet and manifests as JSON, the same bytes for the same content.

No other module imports pyarrow.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ess_sim.errors import ResultsError

__all__ = [
    "check_output_folder",
    "encode_table",
    "lock",
    "read_manifest",
    "read_part",
    "read_table",
    "table_digest",
    "write_atomically",
    "write_manifest",
    "write_parts",
]


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


LOCK = ".lock"
"""File by which an execution keeps others out of its folder; it stays, empty."""


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Keeps other processes (and other executions in this one) out of a folder until the block ends.

    The operating system lets go by itself when the process dies, however it dies.

    Raises
    ------
    ResultsError
        Where another execution holds the folder, or it cannot be written.
    """
    import fcntl  # not there on Windows, where the package has not been tried

    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("wb")
    except OSError as error:
        raise ResultsError(f"{folder}: cannot be written ({error.strerror or error})") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ResultsError(
                f"{folder}: another run is at work in this folder: wait for its end, or choose another"
            ) from None
        yield


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
    held = [name for name in held if name != LOCK and not name.endswith(".part")]
    if held:
        some = ", ".join(held[:3]) + (", …" if len(held) > 3 else "")
        raise ResultsError(f"{path}: the folder is not empty (it holds {some}): choose another, or empty it")


# --- tables -----------------------------------------------------------------------------------------------------------


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
    return pa.table(_columns(frame))


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
        os.replace(temporary, path)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise ResultsError(f"{path}: cannot be written ({_brief(error)})") from error
    finally:
        with suppress(OSError):  # gone already where all went well
            temporary.unlink()


def read_part(path: Path, name: str) -> pd.DataFrame:
    """One frame of a file that `write_parts` wrote.

    Raises
    ------
    ResultsError
        Where the file is missing, is not whole, or has no such part.
    """
    try:
        with pq.ParquetFile(path) as file:
            names = json.loads(file.metadata.metadata[_PARTS])
            table = file.read_row_group(names.index(name))
    except FileNotFoundError:
        raise ResultsError(f"{path}: no such table; the results folder is not whole") from None
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise ResultsError(f"{path}: not a readable table with a part {name!r} ({_brief(error)})") from error
    return _frame(table)


def read_table(path: Path | str) -> pd.DataFrame:
    """Read a file that holds what `encode_table` made.

    Dates become ``datetime64[s]``, whole numbers with gaps pandas' nullable integers of the same width.

    Raises
    ------
    ResultsError
        Where the file is missing or is no Parquet table.
    """
    try:
        table = pq.read_table(pa.BufferReader(Path(path).read_bytes()))
    except FileNotFoundError:
        raise ResultsError(f"{path}: no such table; the results folder is not whole") from None
    except (OSError, pa.ArrowException) as error:
        raise ResultsError(f"{path}: not a readable table ({_brief(error)})") from error
    return _frame(table)


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


def table_digest(frame: pd.DataFrame) -> str:
    """SHA-256 of a table's content: column names and order, values, row order; in hexadecimal digits.

    It depends neither on how categories are coded, nor on the width of numbers, nor on the file.
    """
    columns = _columns(frame)
    digest = hashlib.sha256(json.dumps([len(frame) if columns else 0, len(columns)]).encode())
    for name, column in columns.items():
        kind, parts = _content(column)
        digest.update(json.dumps([name, kind, [len(p) for p in parts]]).encode())
        for part in parts:
            digest.update(part)
    return digest.hexdigest()


def _columns(frame: pd.DataFrame) -> dict[str, pa.Array]:
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


def _content(column: pa.Array) -> tuple[str, list[bytes]]:
    """Kind of a column and its content as bytes that are the same on every machine."""
    t, kind = pa.types, column.type
    if t.is_dictionary(kind) or t.is_string(kind):
        coded = column if t.is_dictionary(kind) else column.dictionary_encode()
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)  # −1: no value
        values = [v.encode() for v in coded.dictionary.to_pylist()]
        used = np.bincount(codes + 1, minlength=len(values) + 1)[1:] > 0
        order = sorted(np.flatnonzero(used), key=values.__getitem__)
        rank = np.full(len(values) + 1, -1, dtype="<i4")
        rank[order] = np.arange(len(order))
        lengths = json.dumps([len(values[i]) for i in order]).encode()
        return "text", [lengths, b"".join(values[i] for i in order), rank[codes].tobytes()]
    gaps = np.packbits(column.is_null().to_numpy(zero_copy_only=False)).tobytes() if column.null_count else b""
    if t.is_floating(kind):
        numbers = column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
        return "number", [gaps, (numbers + 0.0).astype("<f8").tobytes()]  # −0.0 equals 0.0
    if t.is_boolean(kind):
        return "truth", [gaps, column.fill_null(False).to_numpy(zero_copy_only=False).astype("u1").tobytes()]
    whole = (column.cast(pa.int32()) if t.is_date(kind) else column).fill_null(0).to_numpy(zero_copy_only=False)
    label = "date" if t.is_date(kind) else "whole number"
    small = len(whole) == 0 or (whole.min() >= -(2**31) and whole.max() < 2**31)
    return label, [gaps, whole.astype("<i4" if small else "<i8").tobytes()]


# --- manifests --------------------------------------------------------------------------------------------------------


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
    path = Path(path)
    try:
        manifest = json.loads(path.read_bytes().decode("utf-8"), parse_constant=_no_constant)
    except FileNotFoundError:
        raise ResultsError(f"{path.parent}: no results here (there is no {path.name})") from None
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: not a manifest ({_brief(error)})") from error
    if not isinstance(manifest, dict):
        raise ResultsError(f"{path}: not a manifest of ess_sim results")
    return manifest


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _brief(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
