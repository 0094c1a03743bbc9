"""Why a scenario differs from its baseline: by the flows that moved residents, or by the parts of a combined policy.

Both breakdowns add up to the whole difference within every pair of runs: nothing is left unexplained.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date as Date
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError, ConservationError, NotKeptError, ResultsError, did_you_mean
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.comparison.pairing import check_territories, common_dates, observations, wanted_dates
from ess_sim.results.indicators.outcomes import check_outcome
from ess_sim.results.indicators.shares import GROUPS
from ess_sim.results.results import Results
from ess_sim.results.run import RunTables
from ess_sim.results.statistics.intervals import half_width
from ess_sim.results.tables.checking import coded
from ess_sim.results.tables.names import CAUSES, POOLS

__all__ = ["by_flow", "shapley", "shapley_of"]


Floats = NDArray[np.float64]


_PARTS = ("start", *CAUSES, "adults")
"""Rows of the breakdown: a different day 0, the flows, and the different number of adults to divide by."""


# --- by flow ------------------------------------------------------------------------------------------------------
@checked
def by_flow(
    results: Results,
    *,
    baseline: str,
    scenario: str,
    date: Date | str | None = None,
    by: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Difference in residents without MT between two scenarios at a date, by the flows since day 0.

    Parameters
    ----------
    results : Results
        Both scenarios, with the same replications.
    baseline, scenario : str
        Names; differences are scenario − baseline.
    date : date, optional
        A recorded date; by default the end.
    by : str or sequence of str, optional
        Groups of residents, each with its own breakdown: any of ``zone``, ``age_band``, ``ald``, ``precarious`` and
        ``pool``. The share of a pool is its share of all adults.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``baseline``, ``date``, the groups, ``cause``, ``n`` (pairs of runs), ``residents`` (mean
        difference) and ``half_width`` (of its 95 % Student interval), ``points`` (of the share without MT, percentage
        points) and ``points_half_width``. Causes are those of the flows table, preceded by ``start`` (residents without
        MT on day 0, before anything happened), followed by ``adults`` (see Notes) and ``total``. Points are NaN if a
        group has no adults, half-widths with one pair. With several parameter draws a pair is a draw, with the mean
        over its replications, as in `compare`.

    Raises
    ------
    ResultsError
        For an unknown scenario or group, a date that is not recorded, or scenarios that are not paired.
    ConservationError
        If the flows do not explain the numbers of residents: an error in ess_sim.

    Notes
    -----
    In residents, each pair of runs adds up exactly. A share N / A also changes with the number of adults A. The
    difference between two products is the sum of each factor's difference times the mean of the other factor, in either
    order of the scenarios:

    N′/A′ − N/A = (N′ − N) × ½ (1/A′ + 1/A) + ½ (N′ + N) × (1/A′ − 1/A).

    The first term is divided among the flows in proportion to residents; the second is ``adults``.
    """
    both = (baseline, scenario)
    day = _record(results, both, date)
    check_territories(results, {scenario: baseline})
    groups = ["date", *_groups(by)]
    found = results.each(lambda run: _account(run, groups, day) if run.name in both else pd.DataFrame())
    keys = ["draw", "replication", *groups]
    base, other = (found[found["scenario"] == name].set_index(keys).sort_index() for name in both)
    if not base.index.equals(other.index):
        raise ResultsError(f"{scenario!r} and {baseline!r} do not have the same replications, or not the same zones")
    residents, points = _differences(base, other)
    rows = []
    observed = [_by_observation(frame, groups) for frame in (residents, points)]
    grouped = (frame.groupby(groups, observed=True) for frame in observed)
    for (key, in_residents), (_, in_points) in zip(*grouped, strict=True):
        r = in_residents.to_numpy(float).T
        p = in_points.dropna().to_numpy(float).T
        p_mean = p.mean(axis=1) if p.size else np.full(len(p), np.nan)
        columns = residents.columns, r.mean(axis=1), half_width(r), p_mean, half_width(p)
        rows += [(scenario, baseline, *key, cause, r.shape[1], *x) for cause, *x in zip(*columns, strict=True)]
    measures = ["cause", "n", "residents", "half_width", "points", "points_half_width"]
    return pd.DataFrame(rows, columns=["scenario", "baseline", *groups, *measures])


def _groups(by: str | Sequence[str] | None) -> list[str]:
    wanted = [by] if isinstance(by, str) else list(dict.fromkeys(by or ()))
    known = (*GROUPS, "pool")
    for name in wanted:
        if name not in known:
            raise ResultsError(f"cannot group by {name!r}{did_you_mean(name, known)}: choose among {', '.join(known)}")
    return wanted


def _record(results: Results, scenarios: Sequence[str], date: Date | str | None) -> pd.Timestamp:
    """The given date, which all of these scenarios must have recorded; by default the last one that they share."""
    recorded = common_dates(results, scenarios)
    return recorded[-1] if date is None else wanted_dates(recorded, [date])[0]


def _account(run: RunTables, groups: list[str], day: pd.Timestamp) -> pd.DataFrame:
    """One run's residents without MT on a day, and all flows up to then, by group (the day first)."""
    snapshots, flows = run.table("snapshots"), run.table("flows")
    flows = flows[flows["date"] <= day]
    first = snapshots["date"].min()
    if day not in set(snapshots["date"]):
        raise NotKeptError(f"no snapshot of {day.date()} was kept: name a date of which there is one")
    here, begin = (_levels(snapshots[snapshots["date"] == d].assign(date=day), groups) for d in (day, first))
    # flows on day 0 itself are already in its record
    early = _sums(flows[flows["date"] == first].assign(date=day), groups, ["count"])["count"]
    start = begin["without_mt"] - early.reindex(begin.index, fill_value=0)
    causes = _sums(flows.assign(date=day), [*groups, "cause"], ["count"])["count"].unstack("cause", fill_value=0)
    causes = causes.rename(columns=str).reindex(index=here.index, columns=list(CAUSES), fill_value=0)
    out = pd.concat([start.rename("start"), causes, here], axis=1)
    if not (out[["start", *CAUSES]].sum(axis=1) == out["without_mt"]).all():
        raise ConservationError(f"the flows until {day.date()} do not add up to the residents without MT")
    return out.reset_index()


def _sums(frame: pd.DataFrame, by: list[str], columns: list[str]) -> pd.DataFrame:
    return frame[columns].astype(np.int64).groupby([frame[b] for b in by], observed=True).sum()


def _levels(snapshots: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """``adults`` and ``without_mt`` by group."""
    sums = _sums(snapshots, [g for g in groups if g != "pool"], ["adults", *POOLS])
    if "pool" not in groups:
        return sums[["adults"]].assign(without_mt=sums[list(POOLS)].sum(axis=1))
    parts = [
        sums[["adults"]].assign(without_mt=sums[name], pool=coded(np.full(len(sums), i), POOLS))
        for i, name in enumerate(POOLS)
    ]
    return pd.concat(parts).set_index("pool", append=True).reorder_levels(groups)


def _differences(base: pd.DataFrame, other: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Differences of each pair by cause, in residents and in percentage points."""
    inverse = [1.0 / side["adults"].where(side["adults"] > 0) for side in (base, other)]
    without = [side["without_mt"] for side in (base, other)]
    causes = list(_PARTS[:-1])
    residents = other[causes] - base[causes]
    points = residents.mul(50.0 * (inverse[1] + inverse[0]), axis=0)
    residents["adults"] = 0
    points["adults"] = 50.0 * (without[1] + without[0]) * (inverse[1] - inverse[0])
    residents["total"] = without[1] - without[0]
    points["total"] = 100.0 * (without[1] * inverse[1] - without[0] * inverse[0])
    return residents, points


def _by_observation(frame: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
    """Independent observations, the mean over each."""
    each = observations(frame.index.get_level_values("draw"))
    return frame.groupby([each, *groups], observed=True).mean()


# --- by parts of a policy -----------------------------------------------------------------------------------------
def shapley(values: Mapping[frozenset[str], ArrayLike], switches: Sequence[str]) -> pd.DataFrame:
    """Divides the effect of a combined policy among its parts.

    A part's Shapley value is what it adds when it is switched on, averaged over all orders of switching on (Shapley
    1953). Parts that reinforce or weaken one another share their interaction equally; a part without effect gets
    nothing.

    Parameters
    ----------
    values : mapping of frozenset of str to array-like, shape (replications,)
        The outcome with exactly these switches on, for each of the 2ᵏ sets of switches; paired by position.
    switches : sequence of str
        The k parts.

    Returns
    -------
    pandas.DataFrame
        ``switch`` (the parts, then ``total``), ``n`` (replications), ``value`` (mean, in the unit of the outcome),
        ``half_width``, ``low``, ``high`` (95 % Student interval; NaN with one replication). The parts add up to the
        total, all on minus all off, within each replication.

    Raises
    ------
    ResultsError
        If a set of switches is missing, or numbers of replications differ.
    ValueError
        If there is no switch, or one is named twice.

    Examples
    --------
    >>> values = {frozenset(): [20.0], frozenset("a"): [18.0], frozenset("b"): [19.0], frozenset("ab"): [16.0]}
    >>> shapley(values, ["a", "b"])[["switch", "value"]].to_numpy().tolist()
    [['a', -2.5], ['b', -1.5], ['total', -4.0]]
    """
    if not switches or len(set(switches)) < len(switches):
        raise ArgumentError(f"switches must be one or more different names, not {list(switches)}")
    subsets = [frozenset(s) for size in range(len(switches) + 1) for s in combinations(switches, size)]
    missing = [s for s in subsets if s not in values]
    if missing:
        named = ", ".join("{" + ", ".join(sorted(s)) + "}" for s in missing)
        raise ResultsError(f"Shapley values need a value for every set of switches: missing {named}")
    known = {s: np.asarray(values[s], dtype=float) for s in subsets}
    if len({v.shape for v in known.values()}) > 1:
        raise ResultsError("every set of switches needs the same replications")
    k = len(switches)
    parts = []
    for switch in switches:
        others = [s for s in subsets if switch not in s]
        gains = [(known[s | {switch}] - known[s]) / (k * math.comb(k - 1, len(s))) for s in others]
        parts.append(np.sum(gains, axis=0))
    effects: Floats = np.array([*parts, known[subsets[-1]] - known[subsets[0]]])
    mean, half = effects.mean(axis=1), half_width(effects)
    return pd.DataFrame(
        {
            "switch": [*switches, "total"],
            "n": effects.shape[1],
            "value": mean,
            "half_width": half,
            "low": mean - half,
            "high": mean + half,
        }
    )


@checked
def shapley_of(
    results: Results,
    variants: Mapping[str, Sequence[str]],
    *,
    outcome: str = "share_without_mt",
    date: Date | str | None = None,
) -> pd.DataFrame:
    """Divides the effect of a combined policy on an outcome among its parts, from scenarios that switch them on.

    Parameters
    ----------
    results : Results
        With the same replications in all scenarios named.
    variants : mapping of str to sequence of str
        The switches that are on in each scenario, e.g. ``{"laval-baseline": (), "laval-smp-retired-only":
        ("retired",), "laval-smp-interns-only": ("interns",), "laval-smp": ("retired", "interns")}``.
    outcome : str
        Key of `OUTCOMES`.
    date : date, optional
        A recorded date; by default the end.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``outcome``, ``unit`` (``pp``, percentage points, for shares), then the columns of `shapley`. With
        several parameter draws each counts as one, with the mean over its replications.

    Raises
    ------
    ResultsError
        For an unknown scenario or outcome, a date that is not recorded, scenarios that are not paired, two with the
        same switches, or a set of switches without a scenario.
    """
    check_outcome(outcome)
    if not variants:
        raise ResultsError("variants is empty: name scenarios and the switches that are on in each")
    subsets = {name: frozenset(on) for name, on in variants.items()}
    if len(set(subsets.values())) < len(subsets):
        raise ResultsError("two scenarios have the same switches on: name only one of them")
    day = _record(results, list(variants), date)
    first, *others = variants
    check_territories(results, dict.fromkeys(others, first))
    found = results.outcomes([outcome], [day]).set_index(["draw", "replication", "scenario"])["value"]
    table = found.unstack("scenario")[list(variants)].dropna(how="all")
    table *= OUTCOMES[outcome].scale
    if table.isna().any(axis=None):
        raise ResultsError(f"{', '.join(variants)} do not have the same replications, or some have no {outcome}")
    table = _by_observation(table, [])
    values = {on: table[name].to_numpy(float) for name, on in subsets.items()}
    out = shapley(values, list(dict.fromkeys(switch for on in variants.values() for switch in on)))
    out.insert(0, "date", day)
    out.insert(1, "outcome", outcome)
    out.insert(2, "unit", OUTCOMES[outcome].unit_of_difference)
    return out
