"""Outcomes by group: zone, département, age, long-term illness, precarity."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd

from ess_sim.errors import NotKeptError, ResultsError, did_you_mean
from ess_sim.results.indicators.quantiles import QUANTILES
from ess_sim.results.indicators.shares import GROUPS, ratio, sums_by
from ess_sim.results.tables.checking import coded

__all__ = [
    "BY_GROUP",
    "DIVISIONS",
    "MEANS",
    "SHARES",
    "Mean",
    "Share",
    "by_group",
    "check_division",
    "check_groups",
    "goes_with",
]


DIVISIONS = (*GROUPS, "departement")
"""What comparisons may be divided by."""


class Measure(Protocol):
    """An outcome that has a value within groups."""

    @property
    def table(self) -> str:
        """The table that it is made of."""

    @property
    def divisions(self) -> tuple[str, ...]:
        """The groups within which it has a meaning, among `DIVISIONS`."""

    def values(self, rows: pd.DataFrame, dates: Any, by: Sequence[str]) -> pd.DataFrame:
        """By date and group the columns ``adults``, ``residents`` and ``value`` of `by_group`."""


@dataclass(frozen=True)
class Share:
    """A share of the adults, as columns of the table ``snapshots``.

    Attributes
    ----------
    counts : tuple of str
        Columns of the residents who are counted.
    among : str
        Column that the adults must have (``ald``, ``precarious``); '' for all adults.
    """

    counts: tuple[str, ...]
    among: str = ""

    table: ClassVar[str] = "snapshots"

    @property
    def divisions(self) -> tuple[str, ...]:
        """The groups within which it has a meaning."""
        return tuple(name for name in DIVISIONS if name != self.among)

    def values(self, rows: pd.DataFrame, dates: Any, by: Sequence[str]) -> pd.DataFrame:  # noqa: ARG002 (every date has rows)
        """By date and group: see `by_group`."""
        sums = sums_by(rows[rows[self.among]] if self.among else rows, ["date", *by], ["adults", *self.counts])
        residents = sums[list(self.counts)].sum(axis=1)
        return pd.DataFrame(
            {"adults": sums["adults"], "residents": residents, "value": ratio(residents, sums["adults"])}
        )


@dataclass(frozen=True)
class Mean:
    """A mean over residents, as columns of the table ``snapshots``.

    Attributes
    ----------
    total, over : str
        Column of the sum, and that of the residents over whom it is taken.
    """

    total: str
    over: str

    table: ClassVar[str] = "snapshots"
    divisions: ClassVar[tuple[str, ...]] = DIVISIONS

    def values(self, rows: pd.DataFrame, dates: Any, by: Sequence[str]) -> pd.DataFrame:  # noqa: ARG002 (every date has rows)
        """By date and group: see `by_group`."""
        sums = sums_by(rows, ["date", *by], [self.over, self.total])
        adults = sums[self.over]
        return pd.DataFrame({"adults": adults, "residents": np.nan, "value": ratio(sums[self.total], adults)})


_WITHOUT = ("lost", "never_declared")
SHARES: Mapping[str, Share] = {
    "share_without_mt": Share(_WITHOUT),
    "share_lost": Share(("lost",)),
    "share_never_declared": Share(("never_declared",)),
    "share_seeking": Share(("seeking",)),
    "share_without_mt_ald": Share(_WITHOUT, "ald"),
    "share_without_mt_precarious": Share(_WITHOUT, "precarious"),
    "share_listed_far": Share(("listed_far",)),
}
"""Outcomes that are shares of the adults: they can be stated in numbers of residents."""
MEANS: Mapping[str, Mean] = {"travel_minutes": Mean("minutes", "listed_reachable")}
"""Outcomes that are means over residents."""
BY_GROUP: Mapping[str, Measure] = {**SHARES, **MEANS, **QUANTILES}
"""Outcomes that have a value within groups; all others are one number for the whole territory."""


def goes_with(outcome: str, by: Sequence[str]) -> bool:
    """Whether an outcome has a value within these groups."""
    return outcome in BY_GROUP and set(by) <= set(BY_GROUP[outcome].divisions)


def check_groups(by: Sequence[str]) -> None:
    """Refuses unknown groups.

    Raises
    ------
    ResultsError
        With what was meant, and what there is.
    """
    for name in by:
        if name not in DIVISIONS:
            known = ", ".join(DIVISIONS)
            raise ResultsError(f"cannot compare by {name!r}{did_you_mean(name, DIVISIONS)}: choose among {known}")


def check_division(by: Sequence[str], outcomes: Collection[str]) -> None:
    """Refuses unknown groups, and outcomes that have no meaning within groups.

    Raises
    ------
    ResultsError
        With what was meant, and what there is.
    """
    if not outcomes:
        raise ResultsError("outcomes is empty: name at least one")
    check_groups(by)
    for outcome in outcomes:
        if outcome not in BY_GROUP:
            known = ", ".join(BY_GROUP)
            raise ResultsError(
                f"{outcome} is one number for all residents and cannot be compared by group: these can: {known}"
            )
        if outcome in SHARES and SHARES[outcome].among in by:
            among = SHARES[outcome].among
            raise ResultsError(f"{outcome} is about one group alone: by {among!r}, compare share_without_mt")
        if not goes_with(outcome, by):
            known = ", ".join(BY_GROUP[outcome].divisions)
            odd = ", ".join(name for name in by if name not in BY_GROUP[outcome].divisions)
            raise ResultsError(f"{outcome} is not known by {odd}: choose among {known}")


def by_group(
    table: Callable[[str], pd.DataFrame],
    outcomes: Sequence[str],
    by: Sequence[str],
    dates: Any,
    departements: Mapping[str, str],
) -> pd.DataFrame:
    """Outcomes by date and group, with the numbers of residents behind them.

    Parameters
    ----------
    table : callable
        Gives a table of one run by its name.
    outcomes : sequence of str
        Keys of `BY_GROUP`.
    by : sequence of str
        Among `DIVISIONS`; none for all residents together.
    dates : array of datetime64
        Recorded dates, sorted.
    departements : mapping of str to str
        Département of each zone.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``outcome``, the groups, ``adults`` (those whom the outcome is about), ``residents`` (those counted
        among them; missing where the outcome is no share), ``value`` (NaN in groups without adults). All groups of the
        territory are there, those without adults too.
    """
    tables: dict[str, pd.DataFrame] = {}
    parts = []
    for outcome in outcomes:
        measure = BY_GROUP[outcome]
        if measure.table not in tables:
            rows = table(measure.table)
            if measure.table == "snapshots" and (gone := set(pd.DatetimeIndex(dates)).difference(rows["date"])):
                raise NotKeptError(f"no snapshot of {min(gone).date()} was kept: name dates of which there is one")
            tables[measure.table] = _divided(rows, by, dates, departements)
        part = measure.values(tables[measure.table], dates, by).reset_index()
        part.insert(1, "outcome", outcome)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _divided(rows: pd.DataFrame, by: Sequence[str], dates: Any, departements: Mapping[str, str]) -> pd.DataFrame:
    """The rows of these dates, with their département where it is asked for."""
    rows = rows[rows["date"].isin(dates)]
    if "departement" not in by:
        return rows
    zones: Any = rows["zone"].cat
    of_zone = [departements[zone] for zone in zones.categories]
    known = sorted(set(of_zone))
    place = np.array([known.index(code) for code in of_zone], dtype=np.int64)
    return rows.assign(departement=coded(place[zones.codes.to_numpy()], known))
