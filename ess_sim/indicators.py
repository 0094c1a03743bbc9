"""Numbers from the tidy tables of one run: shares, outcomes, supply, failed calls, inequality.

Each function takes frames with the columns of `ess_sim.tables.SCHEMAS` and returns a tidy frame. Shares are in 0–1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.tables import coded

__all__ = [
    "BETTER",
    "GP_AGE_LABELS",
    "GROUPS",
    "UNITS",
    "at_end",
    "check_outcome",
    "failed_calls",
    "gp_supply",
    "inequality",
    "list_sizes",
    "months_without_mt",
    "outcome_series",
    "share_without_mt",
    "start_balance",
]

UNITS = {
    "share_without_mt": "share",
    "share_lost": "share",
    "share_never_declared": "share",
    "share_seeking": "share",
    "share_without_mt_ald": "share",
    "share_without_mt_precarious": "share",
    "share_listed_far": "share",
    "refusal_rate": "share",
    "travel_minutes": "minutes",
    "list_holders": "GPs",
}
"""Unit of each outcome that a scenario may declare."""

BETTER = {name: "higher" if name == "list_holders" else "lower" for name in UNITS}
"""Which way each outcome is better for residents."""


def check_outcome(name: str) -> None:
    """Refuses what is no outcome.

    Raises
    ------
    ResultsError
        For an unknown outcome, with the nearest known one.
    """
    if name not in UNITS:
        raise ResultsError(f"unknown outcome {name!r}{did_you_mean(name, UNITS)}: choose among {', '.join(UNITS)}")


GROUPS = ("zone", "age_band", "ald", "precarious")
"""What shares may be split by, besides the date."""

GP_AGE_LABELS = ("under 40", "40-49", "50-59", "60-64", "65+")
_GP_AGE_STARTS = (40, 50, 60, 65)


def groups_of(by: str | Sequence[str] | None) -> list[str]:
    """``date`` and the wanted groups, each once.

    Raises
    ------
    ResultsError
        For a group that the tables do not know.
    """
    wanted = [by] if isinstance(by, str) else list(by or [])
    for name in wanted:
        if name not in ("date", *GROUPS):
            known = ", ".join(GROUPS)
            raise ResultsError(f"cannot group by {name!r}{did_you_mean(name, GROUPS)}: choose among {known}")
    return list(dict.fromkeys(["date", *wanted]))


def _sums(frame: pd.DataFrame, by: list[str], columns: list[str]) -> pd.DataFrame:
    """Exact sums of counts within groups, sorted by group."""
    wide = frame[columns].astype({c: np.int64 for c in columns if frame[c].dtype.kind == "i"})
    return wide.groupby([frame[b] for b in by], observed=True, sort=True).sum()


def _ratio(part: Any, whole: Any) -> Any:
    """``part / whole``, NaN where the whole is empty."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def share_without_mt(snapshots: pd.DataFrame, by: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Share of residents aged 17+ without MT, by date and groups.

    Parameters
    ----------
    snapshots : pandas.DataFrame
    by : str or sequence of str, optional
        Among ``zone``, ``age_band``, ``ald``, ``precarious``; the date is always kept.

    Returns
    -------
    pandas.DataFrame
        ``date``, the groups, ``adults``, ``without_mt`` (residents), ``share``, ``lost_share``,
        ``never_declared_share`` (of adults; NaN in groups without adults).

    Raises
    ------
    ResultsError
        For an unknown group.
    """
    total = _sums(snapshots, groups_of(by), ["adults", "lost", "never_declared"])
    adults = total["adults"]
    without = total["lost"] + total["never_declared"]
    return pd.DataFrame(
        {
            "adults": adults,
            "without_mt": without,
            "share": _ratio(without, adults),
            "lost_share": _ratio(total["lost"], adults),
            "never_declared_share": _ratio(total["never_declared"], adults),
        }
    ).reset_index()


def outcome_series(snapshots: pd.DataFrame, providers: pd.DataFrame) -> pd.DataFrame:
    """Every outcome that a scenario may declare, at every record.

    Parameters
    ----------
    snapshots, providers : pandas.DataFrame

    Returns
    -------
    pandas.DataFrame
        ``date``, ``outcome``, ``value`` (unit: `UNITS`), sorted by date, outcomes in the order of `UNITS`. NaN where
        nobody is concerned, e.g. the refusal rate of no practice.

    Notes
    -----
    ``refusal_rate`` is that of a mystery call: the mean over liberal practices of the probability that each refuses a
    random standard caller. It is no share of real calls.
    """
    columns = ["adults", "listed_far", "seeking", "lost", "never_declared", "listed_reachable", "minutes"]
    groups = _sums(snapshots, ["date", "ald", "precarious"], columns)
    all_ = groups.groupby("date").sum()
    ald = groups[groups.index.get_level_values("ald").to_numpy(bool)].groupby("date").sum().reindex(all_.index)
    precarious = groups[groups.index.get_level_values("precarious").to_numpy(bool)].groupby("date").sum()
    precarious = precarious.reindex(all_.index)
    liberal = providers.loc[providers["kind"] == "liberal", ["date", "acceptance"]].groupby("date")["acceptance"]
    supply = liberal.agg(["size", "mean"]).reindex(all_.index)

    def without(frame: pd.DataFrame) -> Any:
        return _ratio(frame["lost"] + frame["never_declared"], frame["adults"])

    series = {
        "share_without_mt": without(all_),
        "share_lost": _ratio(all_["lost"], all_["adults"]),
        "share_never_declared": _ratio(all_["never_declared"], all_["adults"]),
        "share_seeking": _ratio(all_["seeking"], all_["adults"]),
        "share_without_mt_ald": without(ald),
        "share_without_mt_precarious": without(precarious),
        "share_listed_far": _ratio(all_["listed_far"], all_["adults"]),
        "refusal_rate": 1 - supply["mean"].to_numpy(float),
        "travel_minutes": _ratio(all_["minutes"], all_["listed_reachable"]),
        "list_holders": supply["size"].fillna(0).to_numpy(float),
    }
    n = len(series)
    return pd.DataFrame(
        {
            "date": np.repeat(all_.index.to_numpy(), n),
            "outcome": coded(np.tile(np.arange(n), len(all_)), list(series)),
            "value": np.column_stack(list(series.values())).ravel(),
        }
    )


def at_end(outcomes: pd.DataFrame) -> dict[str, float]:
    """Values at one run's last record, by outcome; NaN where nobody is concerned.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        As `outcome_series` or `ess_sim.Run.outcomes` give them.
    """
    last = outcomes[outcomes["date"] == outcomes["date"].max()]
    return {str(name): float(value) for name, value in zip(last["outcome"], last["value"], strict=True)}


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
        Groups of nobody are left out. A stint counts from its first day until the day before it ends.
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


def failed_calls(calls: pd.DataFrame, by: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Calls that did not lead to an MT, by reason, and calls that were never made.

    Parameters
    ----------
    calls : pandas.DataFrame
    by : str or sequence of str, optional
        Among ``zone``, ``age_band``, ``ald``, ``precarious``; the date is always kept.

    Returns
    -------
    pandas.DataFrame
        ``date``, the groups, ``caller``, ``reason`` (``too_far``, ``no_place``, ``closed``, ``financial``, or
        ``suppressed``: a caller who did not dare), ``calls``. Rows of zero are left out.
    """
    failed = calls[~calls["outcome"].isin(["accepted", "accepted_relative"])]
    groups = [*groups_of(by), "caller", "outcome"]
    out = _sums(failed, groups, ["count"]).reset_index()
    return out.rename(columns={"outcome": "reason", "count": "calls"})


def months_without_mt(spells: pd.DataFrame) -> pd.DataFrame:
    """How long those who found an MT had been without one, by pool.

    Only spells begun after day 0 and ended by a registration: whoever still waits is not in it, so these times are
    shorter than those that a resident who loses an MT must expect.

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
        mean = float(months @ count) / total if total else np.nan
        within = float(count[months < 12].sum()) / total if total else np.nan
        rows.append((pool, total, mean, *quantiles, within))
    return pd.DataFrame(rows, columns=["pool", "spells", "mean", "median", "p90", "within_a_year"])


def inequality(snapshots: pd.DataFrame) -> pd.DataFrame:
    """How unequal the zones are in the share of residents without MT, by date.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``worst_decile`` and ``best_decile`` (share without MT among the tenth of adults who live in the zones
        with the highest and the lowest share; the zone at the edge counts in part), ``gap`` (their difference),
        ``worst_zone`` and ``worst_share`` (the zone with the highest share; small zones vary by chance).
    """
    shares = share_without_mt(snapshots, "zone")
    shares = shares[shares["adults"] > 0].sort_values(["date", "share", "zone"], kind="stable")
    rows = []
    for day, group in shares.groupby("date"):
        adults, without = group["adults"].to_numpy(float), group["without_mt"].to_numpy(float)
        best, worst = _edge(adults, without), _edge(adults[::-1], without[::-1])
        rows.append((day, worst, best, worst - best, str(group["zone"].iloc[-1]), float(group["share"].iloc[-1])))
    out = pd.DataFrame(rows, columns=["date", "worst_decile", "best_decile", "gap", "worst_zone", "worst_share"])
    return out.astype({"date": "datetime64[s]"})


def _edge(adults: Any, without: Any) -> float:
    """Share without MT among the first tenth of the adults, in the order of the zones given."""
    tenth = adults.sum() / 10
    before = np.cumsum(adults) - adults
    part = np.clip((tenth - before) / adults, 0, 1)
    return float((part * without).sum() / tenth)


def start_balance(snapshots: pd.DataFrame, flows: pd.DataFrame, places: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """What moved the share without MT in the first twelve months: supply, or everything else.

    A start state that does not fit its rates drifts by itself. Supply flows are releases and registrations; what
    remains (reaching 17, deaths, moves) should be small.

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
