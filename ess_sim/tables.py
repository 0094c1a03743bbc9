"""What a run leaves: the raw record, and the tidy tables made of it.

A run writes arrays (`Record`) and nothing else; the tables are built from them when somebody asks. `SCHEMAS` says what
each column holds and in which unit; `conform` brings a frame, e.g. one read from Parquet, to exactly these types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

from ess_sim.errors import ResultsError, did_you_mean

__all__ = [
    "AGE_BANDS",
    "CALLERS",
    "CALL_OUTCOMES",
    "CAUSES",
    "ORDINARY_CARE",
    "PAYERS",
    "POOLS",
    "PROVIDER_KINDS",
    "PUBLIC_PAYERS",
    "SCHEMAS",
    "Column",
    "Entry",
    "Fact",
    "Origin",
    "Record",
    "Sparse",
    "Stint",
    "build",
    "coded",
    "concat",
    "conform",
    "describe",
    "of_run",
]

AGE_BANDS = ("17-29", "30-44", "45-59", "60-74", "75+")
POOLS = ("lost", "never_declared")
CAUSES = (
    "reached_17",
    "died",
    "moved_out",
    "moved_in",
    "moved_within",
    "birthday",
    "ald_onset",
    "released_cessation",
    "released_closure",
    "released_outside",
    "registered_liberal",
    "registered_centre",
)
CALL_OUTCOMES = ("accepted", "accepted_relative", "too_far", "no_place", "closed", "financial", "suppressed")
CALLERS = ("without_mt", "far", "change")
PROVIDER_KINDS = ("centre", "liberal")
PUBLIC_PAYERS = ("insurer", "agency", "local_authority", "state")
PAYERS = (*PUBLIC_PAYERS, "members", "residents", "")
"""Who pays: the health insurer, the regional health agency, a local authority, the state; a cooperative's, mutual's or
group's own money; residents and their complementary insurance; '' for an actor's own expense."""
ORDINARY_CARE = ("liberal practices", "practices elsewhere")
"""Actors of the accounts who are there in every run: GPs' practices inside the territory, MTs outside it."""


class Fact(NamedTuple):
    """One dated fact: who did what, where, with whom, and how many residents it touched."""

    day: int
    event: str
    actor: str
    zone: int  # index of the zone, −1 where there is none
    other: str = ""
    residents: int = -1  # −1: does not apply
    value: float = float("nan")
    detail: str = ""


class Entry(NamedTuple):
    """One booking: who pays how much because of whom. See the table ``accounts``."""

    day: int
    actor: str
    zone: int  # −1 where there is none
    line: str
    payer: str
    cents: int


@dataclass
class Stint:
    """A stretch of a doctor's working life in one mode."""

    person: str
    mode: str  # liberal, locum, retired, sessions, intern, junior
    zone: int
    fte: float
    birth_year: int
    woman: bool
    first_day: int
    last_day: int = -1  # day on which it ended; −1: still going on at the horizon


@dataclass
class Sparse:
    """Monthly counts of which most are zero: record index, flat key and value of the others."""

    when: list[int] = field(default_factory=list)
    key: list[NDArray[np.int32]] = field(default_factory=list)
    value: list[NDArray[np.int32]] = field(default_factory=list)

    def add(self, t: int, key: NDArray[np.int32], value: NDArray[np.int32]) -> None:
        """Appends the counts of record ``t``, in any order, zeros allowed."""
        self.when.append(t)
        self.key.append(key)
        self.value.append(value)

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Record index, key and value, each of shape (entries,), sorted by key within a record, without zeros."""
        empty = np.zeros(0, dtype=np.int32)
        when = np.repeat(np.array(self.when, dtype=np.int64), [len(k) for k in self.key])
        # record after record: many short sorts are faster than a long one
        orders = [np.argsort(k, kind="stable") for k in self.key]
        key = np.concatenate([empty, *(k[o] for k, o in zip(self.key, orders, strict=True))]).astype(np.int64)
        value = np.concatenate([empty, *(v[o] for v, o in zip(self.value, orders, strict=True))]).astype(np.int64)
        kept = np.flatnonzero(value)
        return when[kept], key[kept], value[kept]


@dataclass
class Record:
    """Everything one run wrote down, in arrays.

    Attributes
    ----------
    days : int array, shape (records,)
        Whole days since the start: day 0, each month's last day, the horizon's end.
    counts : int array, shape (records, cells, 9)
        Residents by cell; cell = ((zone × 5 + band) × 2 + ALD) × 2 + precarious. Columns: listed, listed_far, seeking,
        discouraged, not_seeking, lost, never_declared, listed_reachable (listed with known minutes), their minutes
        × 10.
    flows : Sparse
        Changes of residents without MT since the record before; key = (cause × 2 + pool) × cells + cell.
    calls : Sparse
        Calls since the record before; key = (outcome × 3 + caller) × cells + cell.
    spells : int array, shape (2, 241)
        Spells without MT, begun after day 0 and ended by a registration, by pool and completed months.
    providers : list of arrays
        For each record, shape (providers, 5): owner (index in ``owners``), list, target, openness, chance that a
        standard caller is accepted.
    owners : list of str
        Names of list-holders and centres.
    owner_zone, owner_centre : list
        Zone index, and whether it is a centre, of each owner.
    facts : list of Fact
    entries : list of Entry
    stints : list of Stint
    """

    days: NDArray[np.int64]
    counts: NDArray[np.int32]
    flows: Sparse
    calls: Sparse
    spells: NDArray[np.int32]
    providers: list[NDArray[np.float64]]
    owners: list[str]
    owner_zone: list[int]
    owner_centre: list[bool]
    facts: list[Fact]
    entries: list[Entry]
    stints: list[Stint]
    events: int = 0
    calls_made: int = 0
    assumed: tuple[str, ...] = ()


# --- schemas ------------------------------------------------------------------------------------------------------


class Column(NamedTuple):
    """One column of a tidy table.

    Attributes
    ----------
    name : str
    dtype : str
        ``category``, ``date`` (datetime64[s]), ``text`` or a pandas dtype.
    unit : str
        '' for what has none.
    about : str
        What it means.
    categories : tuple of str, optional
        All values of a category, where they are the same in every run.
    """

    name: str
    dtype: str
    unit: str
    about: str
    categories: tuple[str, ...] | None = None


_RUN = (
    Column("scenario", "category", "", "name of the scenario"),
    Column("draw", "int32", "", "number of the parameter draw, from 1; 0: the central values"),
    Column("replication", "int32", "", "number of the replication, from 0"),
)
_DATE = Column("date", "date", "", "day of the record: day 0, each month's last day, the horizon's end")
_END = Column("date", "date", "", "last day of the interval since the record before")
_CELL = (
    Column("zone", "category", "", "code of the residents' home zone"),
    Column("age_band", "category", "years", "calendar year minus birth year", AGE_BANDS),
    Column("ald", "bool", "", "has a long-term illness (ALD)"),
    Column("precarious", "bool", "", "is precarious"),
)
_POOL = Column("pool", "category", "", "lost: the last MT ceased or closed; never_declared: all others", POOLS)


def _count(name: str, about: str) -> Column:
    return Column(name, "int32", "residents", about)


SCHEMAS: dict[str, tuple[Column, ...]] = {
    "snapshots": (
        *_RUN,
        _DATE,
        *_CELL,
        _count("adults", "residents aged 17+: listed + seeking + discouraged + not_seeking"),
        _count("listed", "have an MT"),
        _count("listed_far", "of the listed: the MT is far away or outside the territory"),
        _count("seeking", "have no MT and look for one"),
        _count("discouraged", "have no MT and gave up"),
        _count("not_seeking", "have no MT and do not look for one"),
        _count("lost", "of those without MT: the last MT ceased or closed"),
        _count("never_declared", "of those without MT: all others"),
        _count("listed_reachable", "of the listed: the MT practises in the territory, at known minutes"),
        Column("minutes", "float64", "minutes", "sum over listed_reachable of the minutes to the MT"),
    ),
    "flows": (
        *_RUN,
        _END,
        *_CELL,
        _POOL,
        Column("cause", "category", "", "what moved residents into or out of the pool", CAUSES),
        _count("count", "change of the residents without MT, signed; rows of zero are left out"),
    ),
    "calls": (
        *_RUN,
        _END,
        *_CELL,
        Column("caller", "category", "", "the caller's situation", CALLERS),
        Column("outcome", "category", "", "how the call ended; suppressed: did not dare to call", CALL_OUTCOMES),
        Column("count", "int32", "calls", "number of calls; rows of zero are left out"),
    ),
    "facts": (
        *_RUN,
        Column("date", "date", "", "day of the fact"),
        Column("event", "category", "", "what happened"),
        Column("actor", "category", "", "who did it"),
        Column("zone", "category", "", "where; missing where it has no place"),
        Column("other", "category", "", "with whom or what; '' for nobody"),
        Column("residents", "Int32", "residents", "how many it touched; missing where it touches none"),
        Column("value", "float64", "", "a number that goes with the event; missing where there is none"),
        Column("detail", "text", "", "more about it"),
    ),
    "accounts": (
        *_RUN,
        Column("date", "date", "", "day of the booking"),
        Column("actor", "category", "", "centre, policy or 'liberal practices': because of whom money flows"),
        Column("zone", "category", "", "where; missing where it has no place"),
        Column("line", "category", "", "what for"),
        Column("payer", "category", "", "who pays; '' for an expense of the actor", PAYERS),
        Column("cents", "int64", "euro cents", "positive: the payer pays; negative: the actor spends"),
    ),
    "providers": (
        *_RUN,
        _DATE,
        Column("provider", "category", "", "list-holding GP or centre"),
        Column("zone", "category", "", "code of the zone of practice"),
        Column("kind", "category", "", "liberal GP or centre", PROVIDER_KINDS),
        Column("list", "int32", "residents", "residents aged 17+ on the list"),
        Column("target", "float64", "residents", "list size above which nobody is accepted"),
        Column("openness", "float64", "", "0 takes nobody, 1 in normal times"),
        Column("acceptance", "float64", "probability", "chance that a random standard caller is accepted"),
    ),
    "careers": (
        *_RUN,
        Column("person", "category", "", "doctor or intern"),
        Column("mode", "category", "", "liberal, locum, retired, sessions, intern or junior, …"),
        Column("zone", "category", "", "where; missing where it has no place"),
        Column("fte", "float64", "FTE", "working time"),
        Column("birth_year", "int32", "year", "year of birth"),
        Column("woman", "bool", "", "is a woman"),
        Column("from", "date", "", "first day in this mode"),
        Column("to", "date", "", "day on which it ended; missing where it goes on at the horizon"),
    ),
    "spells": (
        *_RUN,
        _POOL,
        Column("months", "int32", "months", "completed months without MT; 240 stands for 240 and more"),
        Column("count", "int32", "spells", "spells begun after day 0 and ended by a registration"),
    ),
    "outcomes": (
        *_RUN,
        _DATE,
        Column("outcome", "category", "", "name of the outcome (ess_sim.indicators.UNITS has its unit)"),
        Column("value", "float64", "", "its value; missing where nobody is concerned"),
    ),
}
"""Columns of each tidy table, in order."""


def describe(table: str) -> pd.DataFrame:
    """What a table holds: one row a column, with ``column``, ``dtype``, ``unit`` and ``about``.

    Raises
    ------
    ResultsError
        If there is no such table.

    Examples
    --------
    >>> describe("spells")["column"].tolist()
    ['scenario', 'draw', 'replication', 'pool', 'months', 'count']
    """
    return pd.DataFrame([c[:4] for c in _schema(table)], columns=["column", "dtype", "unit", "about"])


def _schema(table: str) -> tuple[Column, ...]:
    if table not in SCHEMAS:
        raise ResultsError(f"no table {table!r}{did_you_mean(table, SCHEMAS)}: there are {', '.join(SCHEMAS)}")
    return SCHEMAS[table]


def conform(frame: pd.DataFrame, table: str, *, zones: Sequence[str] | None = None) -> pd.DataFrame:
    """A frame with exactly the columns, types and categories of a table.

    Categories are the fixed ones of the schema, ``zones`` for zones, and else the values that occur, sorted.

    Parameters
    ----------
    frame : pandas.DataFrame
    table : str
        Key of `SCHEMAS`.
    zones : sequence of str, optional
        Zone codes of the territory, sorted.

    Raises
    ------
    ResultsError
        If columns are missing or unknown, or a value does not fit its column.
    """
    schema = _schema(table)
    known = [c.name for c in schema]
    missing = [n for n in known if n not in frame.columns]
    unknown = [str(n) for n in frame.columns if n not in known]
    if missing or unknown:
        said = [f"{what} {', '.join(names)}" for what, names in (("no", missing), ("unknown", unknown)) if names]
        raise ResultsError(f"these are not the columns of {table}: {'; '.join(said)}")
    columns: dict[str, Any] = {}
    for column in schema:
        values = frame[column.name]
        try:
            columns[column.name] = _conformed(values, column, zones)
        except (TypeError, ValueError) as error:
            raise ResultsError(f"{table}: column {column.name!r} is not {column.dtype} ({error})") from error
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)), copy=False)


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
    for column in _schema(table):
        parts = [f[column.name] for f in frames]
        if column.dtype == "category":
            columns[column.name] = union_categoricals(parts, sort_categories=column.categories is None)
        else:
            columns[column.name] = pd.concat(parts, ignore_index=True).array
    return pd.DataFrame(columns, copy=False)


# --- from a record to tables --------------------------------------------------------------------------------------


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

    ``outcomes`` are no record but numbers made of other tables: see `ess_sim.results.Run.table`.

    Raises
    ------
    ResultsError
        If there is no such table.
    """
    _schema(table)
    if table not in _BUILDERS:
        raise ResultsError(f"no run records {table}: they are made of other tables")
    return of_run(_BUILDERS[table](record, origin), table, origin)


def of_run(columns: Mapping[str, Any], table: str, origin: Origin) -> pd.DataFrame:
    """The columns of a table together with those that name their run."""
    rows = len(next(iter(columns.values())))
    named = {
        "scenario": coded(np.zeros(rows, dtype=np.int8), [origin.scenario]),
        "draw": np.full(rows, origin.draw, dtype=np.int32),
        "replication": np.full(rows, origin.replication, dtype=np.int32),
    }
    return pd.DataFrame({c.name: named.get(c.name, columns.get(c.name)) for c in _schema(table)}, copy=False)


def coded(codes: Any, categories: Sequence[str]) -> Any:
    """A pandas Categorical of codes, −1 for missing values."""
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(categories)))


def _named(values: list[str]) -> Any:
    return pd.Categorical(values, dtype=pd.CategoricalDtype(sorted(set(values))))


def _dates(origin: Origin, days: Any) -> NDArray[np.datetime64]:
    start = np.datetime64(origin.start, "D")
    out: NDArray[np.datetime64] = (start + np.asarray(days, dtype=np.int64)).astype("datetime64[s]")
    return out


def _cells(cell: Ints, origin: Origin) -> dict[str, Any]:
    """Columns zone, age_band, ald, precarious of flat cells."""
    n_bands = len(AGE_BANDS)
    return {
        "zone": coded(cell // (n_bands * 4), origin.zones),
        "age_band": coded((cell // 4 % n_bands).astype(np.int8), AGE_BANDS),
        "ald": (cell // 2 % 2).astype(bool),
        "precarious": (cell % 2).astype(bool),
    }


def _n_cells(origin: Origin) -> int:
    return len(origin.zones) * len(AGE_BANDS) * 4


def _snapshots(record: Record, origin: Origin) -> dict[str, Any]:
    n_records, n_cells, _ = record.counts.shape
    # one copy that puts each count's values side by side
    counts = np.ascontiguousarray(record.counts.reshape(-1, 9).T, dtype=np.int32)
    listed, far, seeking, discouraged, not_seeking, lost, never, reachable, tenths = counts
    cells = _cells(np.arange(n_cells), origin)
    repeated = {
        "zone": coded(np.tile(cells["zone"].codes, n_records), origin.zones),
        "age_band": coded(np.tile(cells["age_band"].codes, n_records), AGE_BANDS),
        "ald": np.tile(cells["ald"], n_records),
        "precarious": np.tile(cells["precarious"], n_records),
    }
    return {
        "date": np.repeat(_dates(origin, record.days), n_cells),
        **repeated,
        "adults": listed + seeking + discouraged + not_seeking,
        "listed": listed,
        "listed_far": far,
        "seeking": seeking,
        "discouraged": discouraged,
        "not_seeking": not_seeking,
        "lost": lost,
        "never_declared": never,
        "listed_reachable": reachable,
        "minutes": tenths / 10.0,
    }


def _sparse(sparse: Sparse, record: Record, origin: Origin) -> tuple[dict[str, Any], Ints]:
    """Date, cell and count of the entries that are not zero, in order, and what the key holds beyond the cell."""
    when, key, value = sparse.arrays()
    n_cells = _n_cells(origin)
    columns = {
        "date": _dates(origin, np.asarray(record.days, dtype=np.int64)[when]),
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


def _facts(record: Record, origin: Origin) -> dict[str, Any]:
    facts = record.facts
    residents = np.array([f.residents for f in facts], dtype=np.int32)
    return {
        "date": _dates(origin, [f.day for f in facts]),
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
        "date": _dates(origin, [e.day for e in entries]),
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
        "date": np.repeat(_dates(origin, record.days), sizes),
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
    end = _dates(origin, last)
    end[last == -1] = np.datetime64("NaT")
    return {
        "person": _named([s.person for s in stints]),
        "mode": _named([s.mode for s in stints]),
        "zone": coded(np.array([s.zone for s in stints], dtype=np.int64), origin.zones),
        "fte": np.array([s.fte for s in stints], dtype=np.float64),
        "birth_year": np.array([s.birth_year for s in stints], dtype=np.int32),
        "woman": np.array([s.woman for s in stints], dtype=bool),
        "from": _dates(origin, [s.first_day for s in stints]),
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
}
