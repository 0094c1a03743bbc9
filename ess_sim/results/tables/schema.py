"""The tidy tables of a run: what each column holds, of which type and in which unit.

A run writes arrays (`Record`) and nothing else; the tables are built from them on demand (`build`). `conform` brings a
frame, e.g. one read from Parquet, to exactly the types of `SCHEMAS`.
"""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from ess_sim.arguments import checked
from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.results.tables.distributions import DISTRIBUTIONS
from ess_sim.results.tables.names import (
    AGE_BANDS,
    CALL_OUTCOMES,
    CALLERS,
    CAUSES,
    COUNTED,
    PAYERS,
    POOL_MEANINGS,
    POOLS,
    PROVIDER_KINDS,
    STATES_WITHOUT,
    Counted,
)

__all__ = ["SCHEMAS", "Column", "describe_table", "schema_of"]


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
_POOL = Column("pool", "category", "", "; ".join(f"{pool}: {about}" for pool, about in POOL_MEANINGS.items()), POOLS)


def _count(name: str, what: Counted) -> Column:
    return Column(name, "int32" if what.parts == 1 else "float64", what.unit, what.about)


SCHEMAS: dict[str, tuple[Column, ...]] = {
    "snapshots": (
        *_RUN,
        _DATE,
        *_CELL,
        _count("adults", Counted(f"residents aged 17+: {' + '.join(('listed', *STATES_WITHOUT))}")),
        *(_count(name, what) for name, what in COUNTED.items()),
    ),
    "flows": (
        *_RUN,
        _END,
        *_CELL,
        _POOL,
        Column("cause", "category", "", "what moved residents into or out of the pool", CAUSES),
        _count("count", Counted("change of the residents without MT, signed; rows of zero are left out")),
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
        Column("other", "category", "", "with whom or what; '' for none"),
        Column("residents", "Int32", "residents", "how many it touched; missing where it touches none"),
        Column("value", "float64", "", "a number that goes with the event; missing where there is none"),
        Column("detail", "text", "", "more about it"),
    ),
    "accounts": (
        *_RUN,
        Column("date", "date", "", "day of the booking"),
        Column(
            "actor",
            "category",
            "",
            "because of whom money flows: a centre, a policy, or ordinary care (`ORDINARY_CARE`)",
        ),
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
        Column("target", "float64", "residents", "list size above which no patient is accepted"),
        Column("openness", "float64", "", "0 accepts no patients, 1 in normal times"),
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
    "distributions": (
        *_RUN,
        _DATE,
        Column("zone", "category", "", "code of the residents' home zone"),
        Column(
            "quantity",
            "category",
            "",
            "; ".join(f"{name}: {what.about}" for name, what in DISTRIBUTIONS.items()),
            tuple(DISTRIBUTIONS),
        ),
        Column("value", "int32", "", "the quantity in whole numbers; the highest stands for all above as well"),
        Column("residents", "int32", "residents", "how many have this value; rows of zero are left out"),
    ),
    "outcomes": (
        *_RUN,
        _DATE,
        Column("outcome", "category", "", "name of the outcome (OUTCOMES has its unit)"),
        Column("value", "float64", "", "its value; missing where there is no resident or practice to count"),
    ),
}
"""Columns of each tidy table, in order."""


@checked
def describe_table(table: str) -> pd.DataFrame:
    """What a table holds: one row a column, with ``column``, ``dtype``, ``unit`` and ``about``.

    Raises
    ------
    ResultsError
        If there is no such table.

    Examples
    --------
    >>> describe_table("spells")["column"].tolist()
    ['scenario', 'draw', 'replication', 'pool', 'months', 'count']
    """
    return pd.DataFrame([c[:4] for c in schema_of(table)], columns=["column", "dtype", "unit", "about"])


def schema_of(table: str) -> tuple[Column, ...]:
    """The columns of a table."""
    if table not in SCHEMAS:
        raise ResultsError(f"no table {table!r}{did_you_mean(table, SCHEMAS)}: there are {', '.join(SCHEMAS)}")
    return SCHEMAS[table]
