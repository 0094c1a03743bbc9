"""Lists, GPs by age, months without MT, and the balance of the first year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.arguments import checked
from ess_sim.results.tables.checking import coded

__all__ = ["GP_AGE_LABELS", "gp_supply", "list_sizes", "months_without_mt", "start_balance"]


GP_AGE_LABELS = ("under 40", "40-49", "50-59", "60-64", "65+")
_GP_AGE_STARTS = (40, 50, 60, 65)


def list_sizes(providers: pd.DataFrame) -> pd.DataFrame:
    """List sizes by date and kind of provider.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``kind``, ``providers`` (number), ``mean``, ``p10``, ``median``, ``p90`` (residents aged 17+),
        ``mean_target``, ``above_target`` (share of the lists at or above their target).
    """
    groups = providers.assign(above=providers["list"] >= providers["target"]).groupby(["date", "kind"], observed=True)
    lists = groups["list"]
    return pd.DataFrame(
        {
            "providers": lists.size(),
            "mean": lists.mean(),
            "p10": lists.quantile(0.1),
            "median": lists.median(),
            "p90": lists.quantile(0.9),
            "mean_target": groups["target"].mean(),
            "above_target": groups["above"].mean(),
        }
    ).reset_index()


def gp_supply(careers: pd.DataFrame, dates: Sequence[Any]) -> pd.DataFrame:
    """Doctors and interns at given dates, by mode and age.

    Parameters
    ----------
    careers : pandas.DataFrame
    dates : sequence of date

    Returns
    -------
    pandas.DataFrame
        ``date``, ``mode``, ``age_band`` (of `GP_AGE_LABELS`, calendar year minus birth year), ``head_count``, ``fte``.
        Empty groups are left out. A stint counts from its first day until the day before it ends.
    """
    parts = []
    for day in pd.to_datetime(list(dates)).astype("datetime64[s]"):
        here = careers[(careers["from"] <= day) & (careers["to"].isna() | (day < careers["to"]))]
        age = day.year - here["birth_year"].to_numpy()
        band = coded(np.searchsorted(_GP_AGE_STARTS, age, side="right"), GP_AGE_LABELS)
        groups = here["fte"].groupby([here["mode"], pd.Series(band, index=here.index, name="age_band")], observed=True)
        part = groups.agg(["size", "sum"]).set_axis(["head_count", "fte"], axis=1).reset_index()
        part.insert(0, "date", day)
        parts.append(part)
    columns = ["date", "mode", "age_band", "head_count", "fte"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def months_without_mt(spells: pd.DataFrame) -> pd.DataFrame:
    """How long those who found an MT had been without one, by pool.

    Only spells begun after day 0 and ended by a registration: residents who still wait are not in it, so these times
    are shorter than those that a resident who loses an MT must expect.

    Returns
    -------
    pandas.DataFrame
        ``pool``, ``spells`` (number), ``mean``, ``median``, ``p90`` (completed months; 240 stands for 240 and more),
        ``within_a_year`` (share under 12 months). NaN where there is no spell.
    """
    rows = []
    for pool, group in spells.groupby("pool", observed=True, sort=True):
        one = group.groupby("months")["count"].sum()
        months, count = one.index.to_numpy(float), one.to_numpy(np.int64)
        total = int(count.sum())
        reached = np.cumsum(count)
        quantiles = [months[np.searchsorted(reached, q * total)] if total else np.nan for q in (0.5, 0.9)]
        mean = float((months * count).sum()) / total if total else np.nan
        within = float(count[months < 12].sum()) / total if total else np.nan
        rows.append((pool, total, mean, *quantiles, within))
    return pd.DataFrame(rows, columns=["pool", "spells", "mean", "median", "p90", "within_a_year"])


@checked
def start_balance(snapshots: pd.DataFrame, flows: pd.DataFrame, places: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """What moved the share without MT in the first twelve months: supply, or everything else.

    Supply flows are releases and registrations. What remains is residents' own: those who reach 17 without MT, whom
    registrations should make up for, moves and deaths.

    Parameters
    ----------
    snapshots, flows : DataFrame
        Tables of one run.
    places : mapping of str to sequence of str
        Zone codes of each group of zones to report on.

    Returns
    -------
    DataFrame
        One row a group, in percentage points of the group's adults on day 0: ``change`` of residents without MT, of
        which
        ``released``, ``registered`` (negative) and ``beyond_supply``.
    """
    dates = np.sort(snapshots["date"].unique())
    first = dates[0]
    last = dates[dates <= first + np.timedelta64(366, "D")][-1]
    rows = []
    for name, zones in places.items():
        here = snapshots[(snapshots["date"] == first) & snapshots["zone"].isin(zones)]
        moved = flows[(flows["date"] > first) & (flows["date"] <= last) & flows["zone"].isin(zones)]
        cause = moved["cause"].astype(str)
        points = 100.0 / float(here["adults"].sum())
        released = float(moved.loc[cause.str.startswith("released"), "count"].sum()) * points
        registered = float(moved.loc[cause.str.startswith("registered"), "count"].sum()) * points
        change = float(moved["count"].sum()) * points
        rows.append((name, change, released, registered, change - released - registered))
    return pd.DataFrame(rows, columns=["group", "change", "released", "registered", "beyond_supply"])
