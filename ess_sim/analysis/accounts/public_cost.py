"""What scenarios cost the public purse, gross and net, and what a resident-year with MT costs.

Public are the health insurer, the regional health agency, local authorities and the state. *Gross* is what they pay
because of policies and structures; *net* is all they pay, ordinary care included: who leaves a liberal practice's list
for a centre's does not cost her fees twice. The effect is resident-years with MT gained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.elementary import power
from ess_sim.errors import ResultsError
from ess_sim.results.comparison.differences import compare
from ess_sim.results.comparison.pairing import baselines
from ess_sim.results.results import Results
from ess_sim.results.run import RunTables
from ess_sim.results.statistics.intervals import ratio_interval, t_interval
from ess_sim.results.statistics.paired import superiority
from ess_sim.results.tables.names import ORDINARY_CARE, PAYERS, PUBLIC_PAYERS

__all__ = ["DISCOUNT_RATES", "PUBLIC", "THRESHOLDS", "Costs", "acceptability", "costs"]


DISCOUNT_RATES = (0.025, 0.0)
"""Yearly: that of Haute Autorité de santé, *Choix méthodologiques pour l'évaluation économique* (2 July 2020, 1.7), and
none."""


THRESHOLDS = (100.0, 300.0, 1000.0)
"""What a resident-year with MT may be worth, in euro: examples. Nobody has set an official value: state your own."""


PUBLIC = "public"
"""All public payers together."""
Floats = NDArray[np.float64]
_COLUMNS = ["scenario", "baseline", "discount", "measure", "of", "unit", "n", "mean", "low", "high", "note"]
_PAYERS = (*(payer for payer in PAYERS if payer), PUBLIC)
_SIGNIFICANT = "the interval of the gain includes 0: no cost of a resident-year gained can be stated"
_LOSS = "residents lose years with MT"
_ONE = "one replication: no interval can be stated"


@dataclass(frozen=True, eq=False)
class Costs:
    """Costs and effects of scenarios against their baselines.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a ``scenario``, ``discount`` (rate a year), ``measure`` and what it is ``of``, with its ``unit``, ``n``
        (replications), ``mean``, ``low``, ``high`` (95 % Student intervals; NaN with one replication) and ``note``.
        Measures, all over the whole run and, but for the first, paired differences from the ``baseline``:

        - ``level``: gross cost by payer (``of``; ``public``: all public ones) of the scenario itself, in euro;
        - ``gross``, ``net``: by payer, in euro;
        - ``gain``: resident-years with MT;
        - ``euro_per_resident_year``: net public cost over gain, with Fieller's interval; stated only where the gain's
          interval lies above 0, else ``note`` says why not;
        - ``net_benefit``: threshold (``of``, in euro) × gain − net public cost, in euro;
        - ``acceptable``: share of the futures in which the net benefit is above 0 (ties half), with Wilson's interval:
          see `acceptability`.

        Where costs are unknown, ``note`` says on which side of the figure the truth lies.
    pairs : pandas.DataFrame
        The points of the cost-effectiveness plane: ``scenario``, ``discount``, ``draw``, ``replication``, ``gain``
        (resident-years), ``cost`` (net public, euro).
    unknown : pandas.DataFrame
        What nobody knows the cost of, and no figure holds: ``scenario``, ``actor``, ``detail``.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    unknown: pd.DataFrame


def costs(
    results: Results,
    *,
    baseline: str | Mapping[str, str],
    discount: float | Sequence[float] = DISCOUNT_RATES,
    thresholds: float | Sequence[float] = THRESHOLDS,
) -> Costs:
    """Public cost, effect and net benefit of every other scenario against a baseline.

    Parameters
    ----------
    results : Results
        At least two scenarios of one start and horizon with the same replications. With parameter draws, a
        replication's value is the mean over them.
    baseline : str or mapping of str to str
        Scenario to compare with, or that of each scenario.
    discount : float or sequence of float
        Rates a year, in [0, 1), at which costs and resident-years are discounted to the start.
    thresholds : float or sequence of float
        Euro that a resident-year with MT is worth, ≥ 0.

    Raises
    ------
    ResultsError
        For rates or thresholds out of range, scenarios of different dates; and as `ess_sim.compare`.

    Notes
    -----
    Between two records, residents without MT are the mean of both, discounted by the middle of the time between. As
    hardly any policy changes how many adults there are, resident-years with MT gained are those without MT saved.
    Intervals cover the replications' chance only.
    """
    compared = baselines(results.scenarios, baseline)
    compare(results, baseline=baseline, outcomes="share_without_mt")  # paired, and alike until a policy acts?
    rates = _numbers(discount, "discount rate", below=1.0)
    worth = _numbers(thresholds, "threshold")
    _check_dates(results, compared)
    unknown = _unknown(results)
    values = _Values(results.each(lambda run: _of_run(run, rates)))
    rows: list[dict[str, Any]] = []
    pairs = []
    for scenario in results.scenarios:
        base = compared.get(scenario, "")
        for rate in rates:
            about = {"scenario": scenario, "baseline": base, "discount": rate}
            rows += [about | row for row in _levels(values, scenario, rate, _bound(unknown, scenario))]
            if base:
                points = values.pairs(scenario, base, rate)
                pairs.append(points)
                bound = _bound(unknown, scenario, base)
                rows += [about | row for row in _differences(values, scenario, base, rate, bound)]
                rows += [about | row for row in _worth(points, worth, bound)]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return Costs(table, pd.concat(pairs, ignore_index=True), unknown)


def acceptability(pairs: pd.DataFrame, thresholds: Sequence[float]) -> pd.DataFrame:
    """Cost-effectiveness acceptability curve: how sure it is that a scenario is worth its cost, by threshold.

    Parameters
    ----------
    pairs : pandas.DataFrame
        As `Costs` has them, of one discount rate.
    thresholds : sequence of float
        Euro that a resident-year with MT is worth.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``threshold``, ``n`` (futures), ``mean``, ``low``, ``high``: share of the simulated futures in
        which the net benefit is above 0 (ties half), with its 95 % Wilson interval. A future is a replication; where
        parameters were drawn, it is a draw, with the mean over its replications.
    """
    rows = []
    for scenario, points in pairs.groupby("scenario", sort=False):
        of = "draw" if points["draw"].nunique() > 1 else "replication"
        means = points.groupby(of)[["gain", "cost"]].mean()
        for threshold in thresholds:
            share = superiority(means["cost"].to_numpy(), threshold * means["gain"].to_numpy())
            rows.append((scenario, threshold, len(means), *share))
    return pd.DataFrame(rows, columns=["scenario", "threshold", "n", "mean", "low", "high"])


def _numbers(given: float | Sequence[float], what: str, below: float = float("inf")) -> list[float]:
    values = [float(given)] if isinstance(given, int | float) else [float(x) for x in given]
    for x in values:
        if not 0 <= x < below:
            top = f" and below {below:g}" if np.isfinite(below) else ""
            raise ResultsError(f"{x:g} is no {what}: it must be 0 or more{top}")
    if not values:
        raise ResultsError(f"give at least one {what}")
    return list(dict.fromkeys(values))


def _check_dates(results: Results, compared: Mapping[str, str]) -> None:
    for scenario, base in compared.items():
        one, other = (results.about(name).scenario for name in (scenario, base))
        if any(one[key] != other[key] for key in ("start", "horizon_years")):
            raise ResultsError(f"{scenario!r} and {base!r} do not run over the same years: their costs do not compare")


# --- one run --------------------------------------------------------------------------------------------------------
def _of_run(run: RunTables, rates: Sequence[float]) -> pd.DataFrame:
    """Euro by payer, of policies and of ordinary care, and resident-years without MT: ``discount, item, value``."""
    accounts, snapshots = run.table("accounts"), run.table("snapshots")
    without = snapshots["lost"].astype(np.int64) + snapshots["never_declared"]
    series = without.groupby(snapshots["date"]).sum()
    start = series.index[0]

    def years(dates: Any) -> Floats:
        out: Floats = ((dates - start) / pd.Timedelta(days=DAYS_PER_YEAR)).to_numpy(float)
        return out

    when, residents = years(series.index), series.to_numpy(float)
    middle, stay = (when[1:] + when[:-1]) / 2, np.diff(when) * (residents[1:] + residents[:-1]) / 2
    paid = accounts[accounts["payer"] != ""]
    booked, euro = years(paid["date"]), paid["cents"].to_numpy(float) / 100
    payer = paid["payer"].astype(str)
    part = np.where(paid["actor"].isin(ORDINARY_CARE), "ordinary", "gross")
    found = []
    for rate in rates:
        value = pd.Series(euro * power(1 + rate, -booked)).groupby([part, payer.to_numpy()]).sum()
        items = {f"{kind} {who}": value.get((kind, who), 0.0) for kind in ("gross", "ordinary") for who in _PAYERS[:-1]}
        items["without"] = float((stay * power(1 + rate, -middle)).sum())
        found.append(pd.DataFrame({"discount": rate, "item": list(items), "value": list(items.values())}))
    return pd.concat(found, ignore_index=True)


class _Values:
    """Values of every run; those of a replication are means over parameter draws where there are any."""

    def __init__(self, found: pd.DataFrame) -> None:
        keys = ["scenario", "discount", "item", "draw", "replication"]
        self._runs: pd.Series[Any] = found.astype({"scenario": str}).set_index(keys)["value"].sort_index()

    def _item(self, scenario: str, rate: float, item: str) -> Any:
        return self._runs.loc[(scenario, rate, item)]

    def cost(self, scenario: str, rate: float, payer: str, *, net: bool) -> Any:
        """Euro by draw and replication."""
        payers = PUBLIC_PAYERS if payer == PUBLIC else (payer,)
        kinds = ("gross", "ordinary") if net else ("gross",)
        return sum(self._item(scenario, rate, f"{kind} {who}") for kind in kinds for who in payers)

    def pairs(self, scenario: str, base: str, rate: float) -> pd.DataFrame:
        """Points of the cost-effectiveness plane."""
        gain = self._item(base, rate, "without") - self._item(scenario, rate, "without")
        cost = self.cost(scenario, rate, PUBLIC, net=True) - self.cost(base, rate, PUBLIC, net=True)
        points = pd.DataFrame({"gain": gain, "cost": cost}).reset_index()
        points.insert(0, "scenario", scenario)
        points.insert(1, "discount", rate)
        return points


def _by_replication(values: Any) -> Floats:
    out: Floats = values.groupby(level="replication").mean().to_numpy(float)
    return out


# --- figures --------------------------------------------------------------------------------------------------------
def _row(measure: str, of: str, unit: str, x: Floats, note: str = "") -> dict[str, Any]:
    low, high = t_interval(x)
    row = {"measure": measure, "of": of, "unit": unit, "n": len(x), "note": note}
    return row | {"mean": float(x.mean()), "low": float(low), "high": float(high)}


def _levels(values: _Values, scenario: str, rate: float, bound: str) -> Iterator[dict[str, Any]]:
    for payer in _PAYERS:
        yield _row("level", payer, "EUR", _by_replication(values.cost(scenario, rate, payer, net=False)), bound)


def _differences(values: _Values, scenario: str, base: str, rate: float, bound: str) -> Iterator[dict[str, Any]]:
    for measure in ("gross", "net"):
        for payer in _PAYERS:
            one, other = (values.cost(s, rate, payer, net=measure == "net") for s in (scenario, base))
            yield _row(measure, payer, "EUR", _by_replication(one - other), bound)


def _worth(points: pd.DataFrame, thresholds: Sequence[float], bound: str) -> Iterator[dict[str, Any]]:
    means = points.groupby("replication")[["gain", "cost"]].mean()
    gain, cost = means["gain"].to_numpy(float), means["cost"].to_numpy(float)
    gained = _row("gain", "", "resident-years", gain)
    yield gained
    ratio = {"measure": "euro_per_resident_year", "of": "", "unit": "EUR per resident-year", "n": len(gain)}
    if gained["low"] > 0:
        low, high = ratio_interval(cost, gain)
        yield ratio | {"mean": float(cost.mean() / gain.mean()), "low": low, "high": high, "note": bound}
    else:
        why = _ONE if len(gain) < 2 else _LOSS if gained["high"] < 0 else _SIGNIFICANT
        yield ratio | dict.fromkeys(("mean", "low", "high"), np.nan) | {"note": why}
    benefit_bound = {"at least": "at most", "at most": "at least"}.get(bound, bound)
    for threshold in thresholds:
        yield _row("net_benefit", f"{threshold:g}", "EUR", threshold * gain - cost, benefit_bound)
    for row in acceptability(points, thresholds).itertuples(index=False):
        share = {"mean": row.mean, "low": row.low, "high": row.high}
        of = f"{row.threshold:g}"
        yield {"measure": "acceptable", "of": of, "unit": "share", "n": row.n, "note": benefit_bound} | share


# --- what nobody knows ----------------------------------------------------------------------------------------------
def _unknown(results: Results) -> pd.DataFrame:
    def told(run: RunTables) -> pd.DataFrame:
        facts = run.table("facts")
        return facts.loc[facts["event"] == "cost_unknown", ["actor", "detail"]].astype(str)

    found = results.each(told)[["scenario", "actor", "detail"]].astype({"scenario": str})
    return found.drop_duplicates(ignore_index=True)


def _bound(unknown: pd.DataFrame, scenario: str, base: str = "") -> str:
    """On which side of a cost the truth lies; what is unknown on both sides is the same, and cancels out."""

    def of(name: str) -> set[tuple[str, ...]]:
        rows = unknown.loc[unknown["scenario"] == name, ["actor", "detail"]]
        return set(rows.itertuples(index=False, name=None))

    more, less = of(scenario) - of(base), of(base) - of(scenario)
    if more and less:
        return "parts unknown on both sides"
    return "at least" if more else "at most" if less else ""
