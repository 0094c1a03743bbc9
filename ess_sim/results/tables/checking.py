"""A frame brought to its schema, or refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from ess_sim.arguments import given as printed
from ess_sim.errors import ResultsError
from ess_sim.results.tables.schema import Column, schema_of

__all__ = ["coded", "concat", "conform", "day", "days", "one_or_more"]


def one_or_more(given: Any) -> list[Any]:
    """What was given as one thing or as a sequence of things.

    >>> one_or_more("share_lost"), one_or_more(("zone", "ald")), one_or_more(3)
    (['share_lost'], ['zone', 'ald'], [3])
    """
    return [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)


def day(given: Any) -> pd.Timestamp:
    """A day that was given as a date or as text.

    Raises
    ------
    ResultsError
        For what is no day.
    """
    try:
        found: Any = pd.Timestamp(given) if isinstance(given, str | date | np.datetime64) else pd.NaT
    except (TypeError, ValueError, OverflowError):
        found = pd.NaT
    if not isinstance(found, pd.Timestamp) or found.tzinfo is not None:
        raise ResultsError(f"{printed(given)} is no date (year-month-day)")
    return found


def days(given: Any) -> pd.DatetimeIndex | None:
    """One day or several, as `day` takes them; None for none given."""
    return None if given is None else pd.DatetimeIndex([day(one) for one in one_or_more(given)])


def conform(
    frame: pd.DataFrame, table: str, *, zones: Sequence[str] | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """A frame with exactly the columns, types and categories of a table.

    Categories are the fixed ones of the schema, ``zones`` for zones, and else the values that occur, sorted.

    Parameters
    ----------
    frame : pandas.DataFrame
    table : str
        Key of `SCHEMAS`.
    zones : sequence of str, optional
        Zone codes of the territory, sorted.
    columns : sequence of str, optional
        Only these columns of the table.

    Raises
    ------
    ResultsError
        If columns are missing or unknown, or a value does not fit its column.
    """
    schema = [c for c in schema_of(table) if columns is None or c.name in columns]
    known = [c.name for c in schema]
    missing = [n for n in known if n not in frame.columns]
    unknown = [str(n) for n in frame.columns if n not in known]
    if missing or unknown:
        said = [f"{what} {', '.join(names)}" for what, names in (("no", missing), ("unknown", unknown)) if names]
        raise ResultsError(f"these are not the columns of {table}: {'; '.join(said)}")
    made: dict[str, Any] = {}
    for column in schema:
        values = frame[column.name]
        try:
            made[column.name] = _conformed(values, column, zones)
        except (TypeError, ValueError) as error:
            raise ResultsError(f"{table}: column {column.name!r} is not {column.dtype} ({error})") from error
    return pd.DataFrame(made, index=pd.RangeIndex(len(frame)), copy=False)


def _conformed(values: pd.Series[Any], column: Column, zones: Sequence[str] | None) -> Any:
    if column.dtype == "category":
        known = zones if column.name == "zone" else column.categories
        if known is None:
            known = sorted(values.dropna().unique())
        coded: Any = values if isinstance(values.dtype, pd.CategoricalDtype) else pd.Series(pd.Categorical(values))
        out = coded.cat.set_categories(list(known)).array
        if int(out.isna().sum()) != int(values.isna().sum()):
            odd = sorted(set(values.dropna().unique()) - set(known))
            raise ResultsError(f"column {column.name!r} holds unknown values: {', '.join(map(str, odd[:3]))}")
        return out
    if column.dtype == "date":
        return pd.to_datetime(values).astype("datetime64[s]").array
    if column.dtype == "text":
        return values.astype(str).array
    if column.dtype == "bool" and values.dtype != bool:
        raise ResultsError(f"column {column.name!r} is not bool but {values.dtype}")
    return values.astype(column.dtype).array  # type: ignore[call-overload]


def concat(frames: Sequence[pd.DataFrame], table: str) -> pd.DataFrame:
    """Frames of one table, one below the other, with their categories united and sorted where the schema fixes none."""
    if not frames:
        raise ResultsError(f"no {table} to put together")
    if len(frames) == 1:
        return frames[0]
    columns: dict[str, Any] = {}
    for column in schema_of(table):
        parts = [f[column.name] for f in frames]
        if column.dtype == "category":
            columns[column.name] = union_categoricals(parts, sort_categories=column.categories is None)
        else:
            columns[column.name] = pd.concat(parts, ignore_index=True).array
    return pd.DataFrame(columns, copy=False)


def coded(codes: Any, categories: Sequence[str]) -> Any:
    """A pandas Categorical of codes, −1 for missing values."""
    return pd.Categorical.from_codes(codes, dtype=_categories(tuple(categories)))


@lru_cache(64)
def _categories(values: tuple[str, ...]) -> Any:
    """To make them, and to see that none comes twice, takes longer than to copy the codes of a small table."""
    return pd.CategoricalDtype(list(values))
