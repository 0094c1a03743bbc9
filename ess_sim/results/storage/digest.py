"""Digests of content, whatever its bytes: of a table, and of all that a folder holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ess_sim.results.storage.files.parquet import Columns, arrow_columns
from ess_sim.results.storage.keys import Summary

__all__ = ["columns_digest", "fingerprint", "table_digest"]


def table_digest(frame: pd.DataFrame) -> str:
    """SHA-256 of a table's content: column names and order, values, row order; in hexadecimal digits.

    It depends neither on how categories are coded, nor on the width of numbers, nor on the file.
    """
    return columns_digest(arrow_columns(frame))


def columns_digest(columns: Columns) -> str:
    """As `table_digest`, of `arrow_columns`."""
    rows = len(next(iter(columns.values()), ()))
    digest = hashlib.sha256(json.dumps([rows, len(columns)]).encode())
    for name, column in columns.items():
        kind, parts = _content(column)
        digest.update(json.dumps([name, kind, [len(p) for p in parts]]).encode())
        for part in parts:
            digest.update(part)
    return digest.hexdigest()


def fingerprint(manifest: Mapping[str, Any], summaries: Mapping[str, Summary]) -> str:
    """SHA-256 of an experiment and its results: scenarios, draws, seed, versions, content of tables.

    Parameters
    ----------
    manifest : mapping
    summaries : mapping of str to Summary
        What the runs of each scenario hold; a scenario without runs does not count.
    """
    said = {name: manifest[name] for name in ("results_version", "ess_sim", "seed", "draws")}
    said["scenarios"] = {
        name: [
            manifest["scenarios"][name]["digest"],
            manifest["scenarios"][name]["territory"]["digest"],
            summary.digest,
        ]
        for name, summary in summaries.items()
        if summary.runs
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


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
