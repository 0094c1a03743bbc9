"""Tidy tables from the record of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.errors import ResultsError
from ess_sim.results.tables import cells, distributions
from ess_sim.results.tables.checking import coded
from ess_sim.results.tables.names import (
    AGE_BANDS,
    CALL_OUTCOMES,
    CALLERS,
    CAUSES,
    COUNTED,
    COUNTS,
    PAYERS,
    POOLS,
    PROVIDER_KINDS,
    STATES_WITHOUT,
)
from ess_sim.results.tables.record import Record, Sparse
from ess_sim.results.tables.schema import schema_of

__all__ = ["Origin", "build", "dates", "of_run"]


class Origin(NamedTuple):
    """Which run a record comes from: what every table needs besides the record."""

    scenario: str
    draw: int
    replication: int
    start: date
    zones: tuple[str, ...]


Ints = NDArray[np.int64]


def build(table: str, record: Record, origin: Origin) -> pd.DataFrame:
    """One tidy table of one run, with the columns of ``SCHEMAS[table]``.

    ``outcomes`` are no record but numbers made of other tables: see `Run.table`.

    Raises
    ------
    ResultsError
        If there is no such table.
    """
    schema_of(table)
    if table not in _BUILDERS:
        raise ResultsError(f"no run records {table}: they are made of other tables")
    return of_run(_BUILDERS[table](record, origin), table, origin)


def of_run(columns: Mapping[str, Any], table: str, origin: Origin) -> pd.DataFrame:
    """The columns of a table together with those that name their run.

    Raises
    ------
    ResultsError
        If they are not the columns of the schema.
    """
    rows = len(next(iter(columns.values())))
    named = {
        "scenario": coded(np.zeros(rows, dtype=np.int8), [origin.scenario]),
        "draw": np.full(rows, origin.draw, dtype=np.int32),
        "replication": np.full(rows, origin.replication, dtype=np.int32),
    }
    given, known = {**named, **columns}, [c.name for c in schema_of(table)]
    if set(given) != set(known):
        raise ResultsError(f"columns of {table} that differ from its schema: {sorted(set(given) ^ set(known))}")
    return pd.DataFrame({name: given[name] for name in known}, copy=False)


def _named(values: list[str]) -> Any:
    return pd.Categorical(values, dtype=pd.CategoricalDtype(sorted(set(values))))


def dates(start: date, days: Any) -> NDArray[np.datetime64]:
    """Dates of whole days since the start, as tables hold them."""
    first = np.datetime64(start, "D")
    out: NDArray[np.datetime64] = (first + np.asarray(days, dtype=np.int64)).astype("datetime64[s]")
    return out


def _cells(cell: Ints, origin: Origin) -> dict[str, Any]:
    """Columns zone, age_band, ald, precarious of flat cells."""
    parts = cells.unpack(cell)
    return {
        "zone": coded(parts.zone, origin.zones),
        "age_band": coded(parts.band.astype(np.int8), AGE_BANDS),
        "ald": parts.ald.astype(bool),
        "precarious": parts.precarious.astype(bool),
    }


def _n_cells(origin: Origin) -> int:
    return len(origin.zones) * cells.ZONE_STEP


def _snapshots(record: Record, origin: Origin) -> dict[str, Any]:
    n_records, n_cells, _ = record.counts.shape
    days = record.days if record.snapshots is None else record.days[record.snapshots]
    # one copy that puts each count's values side by side
    columns = np.ascontiguousarray(record.counts.reshape(-1, len(COUNTS)).T, dtype=np.int32)
    counts = dict(zip(COUNTS, columns, strict=True))
    of_cell = _cells(np.arange(n_cells), origin)
    repeated = {
        "zone": coded(np.tile(of_cell["zone"].codes, n_records), origin.zones),
        "age_band": coded(np.tile(of_cell["age_band"].codes, n_records), AGE_BANDS),
        "ald": np.tile(of_cell["ald"], n_records),
        "precarious": np.tile(of_cell["precarious"], n_records),
    }
    return {
        "date": np.repeat(dates(origin.start, days), n_cells),
        **repeated,
        "adults": sum((counts[state] for state in STATES_WITHOUT), counts["listed"]),
        **{name: counts[name] if what.parts == 1 else counts[name] / what.parts for name, what in COUNTED.items()},
    }


def _sparse(sparse: Sparse, record: Record, origin: Origin) -> tuple[dict[str, Any], Ints]:
    """Date, cell and count of the entries that are not zero, in order, and what the key holds beyond the cell."""
    when, key, value = sparse.arrays()
    n_cells = _n_cells(origin)
    columns = {
        "date": dates(origin.start, np.asarray(record.days, dtype=np.int64)[when]),
        **_cells(key % n_cells, origin),
        "count": value.astype(np.int32),
    }
    return columns, key // n_cells


def _flows(record: Record, origin: Origin) -> dict[str, Any]:
    columns, kind = _sparse(record.flows, record, origin)
    return columns | {"pool": coded(kind % len(POOLS), POOLS), "cause": coded(kind // len(POOLS), CAUSES)}


def _calls(record: Record, origin: Origin) -> dict[str, Any]:
    columns, kind = _sparse(record.calls, record, origin)
    n = len(CALLERS)
    return columns | {"caller": coded(kind % n, CALLERS), "outcome": coded(kind // n, CALL_OUTCOMES)}


def _distributions(record: Record, origin: Origin) -> dict[str, Any]:
    when, key, residents = record.distributions.arrays()
    parts = distributions.unpack(key)
    return {
        "date": dates(origin.start, np.asarray(record.days, dtype=np.int64)[when]),
        "zone": coded(parts.zone, origin.zones),
        "quantity": coded(parts.quantity, tuple(distributions.DISTRIBUTIONS)),
        "value": parts.value.astype(np.int32),
        "residents": residents.astype(np.int32),
    }


def _facts(record: Record, origin: Origin) -> dict[str, Any]:
    facts = record.facts
    residents = np.array([f.residents for f in facts], dtype=np.int32)
    return {
        "date": dates(origin.start, [f.day for f in facts]),
        "event": _named([f.event for f in facts]),
        "actor": _named([f.actor for f in facts]),
        "zone": coded(np.array([f.zone for f in facts], dtype=np.int64), origin.zones),
        "other": _named([f.other for f in facts]),
        "residents": pd.arrays.IntegerArray(residents, residents < 0),
        "value": np.array([f.value for f in facts], dtype=np.float64),
        "detail": pd.Series([f.detail for f in facts], dtype=str).array,
    }


def _accounts(record: Record, origin: Origin) -> dict[str, Any]:
    entries = record.entries
    place = {payer: i for i, payer in enumerate(PAYERS)}
    return {
        "date": dates(origin.start, [e.day for e in entries]),
        "actor": _named([e.actor for e in entries]),
        "zone": coded(np.array([e.zone for e in entries], dtype=np.int64), origin.zones),
        "line": _named([e.line for e in entries]),
        "payer": coded(np.array([place[e.payer] for e in entries], dtype=np.int64), PAYERS),
        "cents": np.array([e.cents for e in entries], dtype=np.int64),
    }


def _providers(record: Record, origin: Origin) -> dict[str, Any]:
    rows = np.concatenate([np.zeros((0, 5)), *record.providers])
    sizes = [len(p) for p in record.providers]
    owner = rows[:, 0].astype(np.int64)
    names = sorted(set(record.owners))
    place = {name: i for i, name in enumerate(names)}
    return {
        "date": np.repeat(dates(origin.start, record.days), sizes),
        "provider": coded(np.array([place[o] for o in record.owners], dtype=np.int64)[owner], names),
        "zone": coded(np.array(record.owner_zone, dtype=np.int64)[owner], origin.zones),
        "kind": coded(np.where(np.array(record.owner_centre, dtype=bool)[owner], 0, 1), PROVIDER_KINDS),
        "list": rows[:, 1].astype(np.int32),
        "target": rows[:, 2].copy(),
        "openness": rows[:, 3].copy(),
        "acceptance": rows[:, 4].copy(),
    }


def _careers(record: Record, origin: Origin) -> dict[str, Any]:
    stints = record.stints
    last = np.array([s.last_day for s in stints], dtype=np.int64)
    end = dates(origin.start, last)
    end[last == -1] = np.datetime64("NaT")
    return {
        "person": _named([s.person for s in stints]),
        "mode": _named([s.mode for s in stints]),
        "zone": coded(np.array([s.zone for s in stints], dtype=np.int64), origin.zones),
        "fte": np.array([s.fte for s in stints], dtype=np.float64),
        "birth_year": np.array([s.birth_year for s in stints], dtype=np.int32),
        "woman": np.array([s.woman for s in stints], dtype=bool),
        "from": dates(origin.start, [s.first_day for s in stints]),
        "to": end,
    }


def _spells(record: Record, origin: Origin) -> dict[str, Any]:  # noqa: ARG001 (all builders take both)
    n_pools, n_months = record.spells.shape
    return {
        "pool": coded(np.repeat(np.arange(n_pools), n_months), POOLS),
        "months": np.tile(np.arange(n_months, dtype=np.int32), n_pools),
        "count": record.spells.astype(np.int32).ravel(),
    }


_BUILDERS: Mapping[str, Callable[[Record, Origin], dict[str, Any]]] = {
    "snapshots": _snapshots,
    "flows": _flows,
    "calls": _calls,
    "facts": _facts,
    "accounts": _accounts,
    "providers": _providers,
    "careers": _careers,
    "spells": _spells,
    "distributions": _distributions,
}
