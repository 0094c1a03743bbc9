"""Numbers from the tidy tables of one run: shares, outcomes, supply, failed calls, inequality.

Each function takes frames with the columns of `ess_sim.tables.SCHEMAS` and returns a tidy frame. Shares are in 0–1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.tables import CALL_OUTCOMES, coded

__all__ = [
    "BARRIERS",
    "BETTER",
    "FAIRNESS",
    "GP_AGE_LABELS",
    "GROUPS",
    "UNITS",
    "at_end",
    "barriers",
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
    "gap_precarious": "share",
    "worst_decile_zones": "share",
    "gini_zones": "share",
    "barrier_physical": "share",
    "barrier_financial": "share",
    "barrier_psychological": "share",
}
"""Unit of each outcome that a scenario may declare."""

BETTER = {name: "higher" if name == "list_holders" else "lower" for name in UNITS}
"""Which way each outcome is better for residents."""

FAIRNESS = {
    "gap_precarious": "precarious minus others",
    "share_without_mt_ald": "with ALD",
    "worst_decile_zones": "worst tenth, by zone",
    "gini_zones": "Gini of zones",
}
"""Outcomes that say who is left out, in short: they go beside every headline."""


def check_outcome(name: str) -> None:
    """Refuses what is no outcome.

    Raises
    ------
    ResultsError
        For an unknown outcome, with the nearest known one.
    """
    if name not in UNITS:
        raise ResultsError(f"unknown outcome {name!r}{did_you_mean(name, UNITS)}: choose among {', '.join(UNITS)}")


BARRIERS = {"too_far": "physical", "financial": "financial", "suppressed": "psychological"}
"""Outcomes of calls behind which a barrier stands, with the barrier's name."""

GROUPS = ("zone", "age_band", "ald", "precarious")
"""What shares may be split by, besides the date."""

Floats = NDArray[np.float64]

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


def _ratio(part: Any, whole: Any) -> Floats:
    """``part / whole``, NaN where the whole is empty."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    out: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return out


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


def outcome_series(snapshots: pd.DataFrame, providers: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """Every outcome that a scenario may declare, at every record.

    Parameters
    ----------
    snapshots, providers, calls : pandas.DataFrame

    Returns
    -------
    pandas.DataFrame
        ``date``, ``outcome``, ``value`` (unit: `UNITS`), sorted by date, outcomes in the order of `UNITS`. NaN where
        nobody is concerned, e.g. the refusal rate of no practice.

    Notes
    -----
    ``refusal_rate`` is that of a mystery call: the mean over liberal practices of the probability that each refuses a
    random standard caller. It is no share of real calls.

    ``gap_precarious`` is the share without MT of precarious residents minus that of the others.
    ``worst_decile_zones`` is the ``worst_decile`` of `inequality`. ``gini_zones`` is the Gini index of the zones'
    shares without MT, weighted by adults: half the mean difference between the shares of the zones in which two adults
    drawn at random live, over the mean share; 0 where all zones are alike.

    ``barrier_physical``, ``barrier_financial``, ``barrier_psychological``: of the calls that residents without MT made,
    or did not dare to make, in the twelve calendar months that end with the date's, the share in which the only lists
    open were too far away, in which money stood in the way, that were not made (see `barriers`).
    """
    dates, _, n = _counts(snapshots)
    adults, without = n["adults"], n["lost"] + n["never_declared"]

    def share(part: Floats, *groups: Any) -> Floats:
        of = (..., *groups)
        return _ratio(_by_date(part[of]), _by_date(adults[of]))

    ald, precarious, others = (1, slice(None)), (1,), (0,)
    ranked = _best_to_worst(*(x.sum(axis=(2, 3)) for x in (adults, without)))
    liberal = providers[providers["kind"] == "liberal"]
    at = np.searchsorted(dates, liberal["date"].to_numpy())
    practices = np.bincount(at, minlength=len(dates)).astype(float)
    acceptance = np.bincount(at, liberal["acceptance"], len(dates))
    attempts, failed = _attempts_of_a_year(calls, dates)
    series = {
        "share_without_mt": share(without),
        "share_lost": share(n["lost"]),
        "share_never_declared": share(n["never_declared"]),
        "share_seeking": share(n["seeking"]),
        "share_without_mt_ald": share(without, *ald),
        "share_without_mt_precarious": share(without, *precarious),
        "share_listed_far": share(n["listed_far"]),
        "refusal_rate": 1 - _ratio(acceptance, practices),
        "travel_minutes": _ratio(_by_date(n["minutes"]), _by_date(n["listed_reachable"])),
        "list_holders": practices,
        "gap_precarious": share(without, *precarious) - share(without, *others),
        "worst_decile_zones": _edge(*(x[:, ::-1] for x in ranked)),
        "gini_zones": _gini(*ranked),
        **{f"barrier_{name}": _ratio(failed[outcome], attempts) for outcome, name in BARRIERS.items()},
    }
    n_series = len(series)
    return pd.DataFrame(
        {
            "date": np.repeat(dates, n_series),
            "outcome": coded(np.tile(np.arange(n_series), len(dates)), list(series)),
            "value": np.column_stack(list(series.values())).ravel(),
        }
    )


def _counts(snapshots: pd.DataFrame) -> tuple[Any, Any, dict[str, Any]]:
    """Dates, zones and the sums of each count, each of shape (dates, zones, ALD, precarious)."""
    at, dates = pd.factorize(snapshots["date"], sort=True)
    zone, zones = pd.factorize(snapshots["zone"], sort=True)
    shape = (len(dates), len(zones), 2, 2)
    cell = ((at * len(zones) + zone) * 2 + snapshots["ald"].to_numpy()) * 2 + snapshots["precarious"].to_numpy()
    sums = {c: np.bincount(cell, snapshots[c], math.prod(shape)).reshape(shape) for c in _SUMMED}
    return dates.to_numpy(), zones, sums


_SUMMED = ("adults", "listed_far", "seeking", "lost", "never_declared", "listed_reachable", "minutes")


def _by_date(counts: Floats) -> Floats:
    """Sums over all axes but the first, the date."""
    out: Floats = counts.reshape(len(counts), -1).sum(axis=1)
    return out


def _best_to_worst(adults: Floats, without: Floats) -> tuple[Floats, Floats]:
    """Adults and residents without MT by zone, both (dates, zones), with the zones of a date ordered by their share."""
    share = np.divide(without, adults, out=np.zeros(adults.shape), where=adults > 0)
    order = np.argsort(share, axis=1, kind="stable")
    return np.take_along_axis(adults, order, axis=1), np.take_along_axis(without, order, axis=1)


def _edge(adults: Floats, without: Floats) -> Floats:
    """Share without MT among the first tenth of the adults, in the order of the zones given, by date."""
    tenth = adults.sum(axis=1, keepdims=True) / 10
    before = np.cumsum(adults, axis=1) - adults
    part = np.divide(tenth - before, adults, out=np.zeros(adults.shape), where=adults > 0).clip(0, 1)
    return _ratio((part * without).sum(axis=1), tenth[:, 0])


def _gini(adults: Floats, without: Floats) -> Floats:
    """Gini index by date, from the Lorenz curve of zones ordered from the lowest share to the highest."""
    above = 2 * np.cumsum(without, axis=1) - without  # twice the curve's mean height over each zone
    return 1 - _ratio((adults * above).sum(axis=1), adults.sum(axis=1) * without.sum(axis=1))


def _attempts_of_a_year(calls: pd.DataFrame, dates: Any) -> tuple[Floats, dict[str, Floats]]:
    """Attempts of residents without MT in the twelve calendar months up to each date: in all, and by outcome."""
    own = calls[calls["caller"] == "without_mt"]
    outcome = own["outcome"].cat.set_categories(list(CALL_OUTCOMES)).cat.codes.to_numpy()
    kinds = len(CALL_OUTCOMES)
    cell = np.searchsorted(dates, own["date"].to_numpy()) * kinds + outcome
    so_far = np.bincount(cell, own["count"], len(dates) * kinds).reshape(-1, kinds).cumsum(axis=0)
    so_far = np.vstack([np.zeros(kinds), so_far])
    month = dates.astype("datetime64[M]").astype(np.int64)
    year = so_far[1:] - so_far[np.searchsorted(month, month - 11)]
    return year.sum(axis=1), dict(zip(CALL_OUTCOMES, year.T, strict=True))


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


def barriers(
    calls: pd.DataFrame, by: str | Sequence[str] | None = None, *, since: Any = None, until: Any = None
) -> pd.DataFrame:
    """How residents without MT fared when they looked for one, and what stood in their way.

    Parameters
    ----------
    calls : pandas.DataFrame
    by : str or sequence of str, optional
        Among ``date``, ``zone``, ``age_band``, ``ald``, ``precarious``; by default all together.
    since, until : date, optional
        First and last record that count; each record holds the calls since the one before.

    Returns
    -------
    pandas.DataFrame
        The groups, ``attempts`` (calls made, and calls that somebody did not dare to make), and which shares of them
        ended how, adding up to 1: ``registered``, ``physical`` (lists were open, but all too far away), ``financial``,
        ``psychological`` (not made), ``no_room`` (nobody had room, or the practice was full). Groups without attempts
        are left out.

    Raises
    ------
    ResultsError
        For an unknown group.
    """
    groups = [g for g in groups_of(by) if g != "date" or "date" in ([by] if isinstance(by, str) else by or [])]
    kept = calls["caller"] == "without_mt"
    if since is not None:
        kept &= calls["date"] >= pd.Timestamp(since)
    if until is not None:
        kept &= calls["date"] <= pd.Timestamp(until)
    own = calls[kept]
    names = {"accepted": "registered", "accepted_relative": "registered", **BARRIERS}
    ending = own["outcome"].astype(str).map(names).fillna("no_room").rename("ending")
    keys = [own[g] for g in groups] or [pd.Series(0, index=own.index, name="all")]
    wide = own["count"].groupby([*keys, ending], observed=True).sum().unstack("ending", fill_value=0)
    wide = wide.reindex(columns=["registered", *BARRIERS.values(), "no_room"], fill_value=0)
    attempts = wide.sum(axis=1)
    shares = wide.div(attempts, axis=0)
    shares.insert(0, "attempts", attempts)
    return shares.reset_index(drop=not groups).rename_axis(columns=None)


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
        ``gini`` (Gini index of the zones' shares, weighted by adults: see `outcome_series`), ``worst_zone`` and
        ``worst_share`` (the zone with the highest share; small zones vary by chance).
    """
    dates, zones, n = _counts(snapshots)
    adults, without = (x.sum(axis=(2, 3)) for x in (n["adults"], n["lost"] + n["never_declared"]))
    ranked = _best_to_worst(adults, without)
    best, worst = _edge(*ranked), _edge(*(x[:, ::-1] for x in ranked))
    share = np.where(adults > 0, _ratio(without, adults), -1.0)
    highest = share.shape[1] - 1 - share[:, ::-1].argmax(axis=1)
    return pd.DataFrame(
        {
            "date": dates,
            "worst_decile": worst,
            "best_decile": best,
            "gap": worst - best,
            "gini": _gini(*ranked),
            "worst_zone": [str(zones[z]) for z in highest],
            "worst_share": share[np.arange(len(dates)), highest],
        }
    )


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
