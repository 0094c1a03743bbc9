"""What scenarios cost the public purse, gross and net, and what a resident-year with MT costs.

Public payers are the health insurer, the regional health agency, local authorities and the state. *Gross* cost is what
they pay because of policies and structures; *net* cost is everything they pay, ordinary care included, so that the fees
of a patient who moves from a liberal practice's list to a centre's are not counted twice. The effect is resident-years
with MT gained. Both are those of everybody who takes part in the runs, residents of the communes around included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.analysis.accounts.cost_sums import ALL_PAYERS, LESS, MORE, PUBLIC, Sums, bound_of, of_run, unknown_costs
from ess_sim.arguments import checked
from ess_sim.errors import ResultsError
from ess_sim.inputs.notebooks.cards import Shown
from ess_sim.inputs.surroundings.halo import minutes_around
from ess_sim.results.comparison.differences import compare
from ess_sim.results.comparison.pairing import baselines, observations
from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import ratio_interval, t_interval
from ess_sim.results.statistics.paired import superiority

__all__ = [
    "DISCOUNT_RATES",
    "LOSS",
    "ONE",
    "PUBLIC",
    "THRESHOLDS",
    "UNSURE",
    "Costs",
    "acceptability",
    "costs",
    "rates_and_worth",
]


DISCOUNT_RATES = (0.025, 0.0)
"""Yearly rates: that of Haute Autorité de santé, *Choix méthodologiques pour l'évaluation économique* (2 July 2020,
1.7), and none."""


THRESHOLDS = (100.0, 300.0, 1000.0)
"""What a resident-year with MT may be worth, in euro: examples. There is no official value: state your own."""


Floats = NDArray[np.float64]
_COLUMNS = ["scenario", "baseline", "discount", "measure", "of", "unit", "n", "mean", "low", "high", "note"]

UNSURE = "the interval of the gain includes 0: no cost per resident-year gained can be stated"
LOSS = "residents lose years with MT"
ONE = "one replication: no interval can be stated"
"""Why no cost per resident-year can be stated."""


@dataclass(frozen=True, eq=False)
class Costs(Shown):
    """Costs and effects of scenarios against their baselines.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per ``scenario``, ``discount`` (yearly rate), ``measure`` and what it is ``of``, with its ``unit``,
        ``n`` (replications, or parameter draws), ``mean``, ``low``, ``high`` (95 % Student intervals; NaN for n = 1)
        and ``note``. All measures cover the whole run; all but the first are paired differences from the ``baseline``:

        - ``level``: gross cost by payer (``of``; ``public``: all public ones) of the scenario itself, in euro;
        - ``gross``, ``net``: by payer, in euro;
        - ``gain``: resident-years with MT; in runs with a halo, the part of its residents (``of``: ``around``) follows;
        - ``euro_per_resident_year``: net public cost over gain, with Fieller's interval; stated only if the gain's
          interval lies above 0, otherwise ``note`` says why not; in runs with a halo, the same cost over the gain of
          the territory's own residents (``of``: ``territory``) follows;
        - ``net_benefit``: threshold (``of``, in euro) × gain − net public cost, in euro;
        - ``acceptable``: share of the futures in which the net benefit is above 0 (ties count half), with Wilson's
          interval: see `acceptability`.

        If costs are unknown, ``note`` says on which side of the figure the truth lies.
    pairs : pandas.DataFrame
        The points of the cost-effectiveness plane: ``scenario``, ``discount``, ``draw``, ``replication``, ``gain``
        (resident-years), ``cost`` (net public, euro), ``around`` (the part of the gain outside the territory).
    unknown : pandas.DataFrame
        Items whose cost is unknown and therefore in no figure: ``scenario``, ``actor``, ``detail``.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    unknown: pd.DataFrame


@checked
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
        At least two scenarios with the same start, horizon and replications. With parameter draws, each
        counts as one, with the mean over its replications.
    baseline : str or mapping of str to str
        Scenario to compare with, or that of each scenario.
    discount : float or sequence of float
        Yearly rates, in [0, 1), at which costs and resident-years are discounted to the start.
    thresholds : float or sequence of float
        Value of a resident-year with MT in euro, ≥ 0.

    Raises
    ------
    ResultsError
        For rates or thresholds out of range, or scenarios of different dates or halos; and as `ess_sim.compare`.

    Notes
    -----
    Between two records, the number of residents without MT is taken as the mean of the two, discounted to the middle of
    the period. Since hardly any policy changes the number of adults, resident-years with MT gained are resident-years
    without MT avoided. Intervals cover chance, and with parameter draws what they leave open.
    """
    rates, worth = rates_and_worth(discount, thresholds)
    compared = baselines(results.scenarios, baseline)
    # checks that scenarios are paired, and identical until a policy acts
    compare(results, baseline=baseline, outcomes="share_without_mt")
    _check_dates(results, compared)
    _check_halos(results, compared)
    unknown = unknown_costs(results)
    values = Sums(results.each(lambda run: of_run(run, rates)))
    rows: list[dict[str, Any]] = []
    pairs = []
    for scenario in results.scenarios:
        base = compared.get(scenario, "")
        for rate in rates:
            about = {"scenario": scenario, "baseline": base, "discount": rate}
            rows += [about | row for row in _levels(values, scenario, rate, bound_of(unknown, scenario))]
            if base:
                points = values.pairs(scenario, base, rate)
                pairs.append(points)
                bound = bound_of(unknown, scenario, base)
                rows += [about | row for row in _differences(values, scenario, base, rate, bound)]
                halo = minutes_around(results.about(scenario).scenario["territory"]) > 0
                rows += [about | row for row in _worth(points, worth, bound, halo=halo)]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return Costs(table, pd.concat(pairs, ignore_index=True), unknown)


def acceptability(pairs: pd.DataFrame, thresholds: Sequence[float]) -> pd.DataFrame:
    """Cost-effectiveness acceptability curve: how certain it is that a scenario is worth its cost, by threshold.

    Parameters
    ----------
    pairs : pandas.DataFrame
        The ``pairs`` of `Costs` at one discount rate.
    thresholds : sequence of float
        Values of a resident-year with MT in euro.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``threshold``, ``n`` (futures), ``mean``, ``low``, ``high``: share of the simulated futures in
        which the net benefit is above 0 (ties count half), with its 95 % Wilson interval. A future is a replication; if
        parameters were drawn, it is a draw, with the mean over its replications.
    """
    rows = []
    for scenario, points in pairs.groupby("scenario", sort=False):
        means = points.groupby(observations(points["draw"]))[["gain", "cost"]].mean()
        for threshold in thresholds:
            share = superiority(means["cost"].to_numpy(), threshold * means["gain"].to_numpy())
            rows.append((scenario, threshold, len(means), *share))
    return pd.DataFrame(rows, columns=["scenario", "threshold", "n", "mean", "low", "high"])


def rates_and_worth(
    discount: float | Sequence[float], thresholds: float | Sequence[float]
) -> tuple[list[float], list[float]]:
    """Discount rates and thresholds as `costs` takes them, each once.

    Raises
    ------
    ResultsError
        With all that are out of range, or for none.
    """
    found: list[list[float]] = []
    wrong = []
    for given, what, below in ((discount, "discount rate", 1.0), (thresholds, "threshold", float("inf"))):
        values = [float(given)] if isinstance(given, int | float) else [float(x) for x in given]
        top = f" and below {below:g}" if np.isfinite(below) else ""
        wrong += [f"{x:g} is not a {what}: it must be 0 or more{top}" for x in values if not 0 <= x < below]
        if not values:
            wrong.append(f"give at least one {what}")
        found.append(list(dict.fromkeys(values)))
    if wrong:
        raise ResultsError("\n".join(dict.fromkeys(wrong)))
    return found[0], found[1]


def _check_dates(results: Results, compared: Mapping[str, str]) -> None:
    for scenario, base in compared.items():
        one, other = (results.about(name).scenario for name in (scenario, base))
        if any(one[key] != other[key] for key in ("start", "horizon_years")):
            raise ResultsError(f"{scenario!r} and {base!r} do not run over the same years: costs cannot be compared")


def _check_halos(results: Results, compared: Mapping[str, str]) -> None:
    """Costs and gains are everyone's in the runs: they must be the same people."""
    for scenario, base in compared.items():
        one, other = (minutes_around(results.about(name).scenario["territory"]) for name in (scenario, base))
        if one != other:
            raise ResultsError(
                f"{scenario!r} and {base!r} do not have the same communes around "
                f"(halo_minutes: {one:g} and {other:g}): costs, those of everyone in the runs, cannot be compared"
            )


# --- figures --------------------------------------------------------------------------------------------------------
def _observed(values: Any) -> Floats:
    """One value an observation."""
    each = observations(values.index.get_level_values("draw"))
    out: Floats = values.groupby(level=each).mean().to_numpy(float)
    return out


def _row(measure: str, of: str, unit: str, x: Floats, note: str = "") -> dict[str, Any]:
    low, high = t_interval(x)
    row = {"measure": measure, "of": of, "unit": unit, "n": len(x), "note": note}
    return row | {"mean": float(x.mean()), "low": float(low), "high": float(high)}


def _levels(values: Sums, scenario: str, rate: float, bound: str) -> Iterator[dict[str, Any]]:
    for payer in ALL_PAYERS:
        yield _row("level", payer, "EUR", _observed(values.cost(scenario, rate, payer, net=False)), bound)


def _differences(values: Sums, scenario: str, base: str, rate: float, bound: str) -> Iterator[dict[str, Any]]:
    for measure in ("gross", "net"):
        for payer in ALL_PAYERS:
            one, other = (values.cost(s, rate, payer, net=measure == "net") for s in (scenario, base))
            yield _row(measure, payer, "EUR", _observed(one - other), bound)


def _each(of: str, cost: Floats, gain: Floats, bound: str) -> dict[str, Any]:
    """Euro for a resident-year gained, or why none can be stated."""
    ratio = {"measure": "euro_per_resident_year", "of": of, "unit": "EUR per resident-year", "n": len(gain)}
    least, most = t_interval(gain)
    if least > 0:
        low, high = ratio_interval(cost, gain)
        return ratio | {"mean": float(cost.mean() / gain.mean()), "low": low, "high": high, "note": bound}
    why = ONE if len(gain) < 2 else LOSS if most < 0 else UNSURE
    return ratio | dict.fromkeys(("mean", "low", "high"), np.nan) | {"note": why}


def _worth(points: pd.DataFrame, thresholds: Sequence[float], bound: str, *, halo: bool) -> Iterator[dict[str, Any]]:
    means = points.groupby(observations(points["draw"]))[["gain", "cost", "around"]].mean()
    gain, cost = means["gain"].to_numpy(float), means["cost"].to_numpy(float)
    yield _row("gain", "", "resident-years", gain)
    if halo:
        around = means["around"].to_numpy(float)
        yield _row("gain", "around", "resident-years", around)
    yield _each("", cost, gain, bound)
    if halo:
        yield _each("territory", cost, gain - around, bound)
    benefit_bound = {MORE: LESS, LESS: MORE}.get(bound, bound)
    for threshold in thresholds:
        yield _row("net_benefit", f"{threshold:g}", "EUR", threshold * gain - cost, benefit_bound)
    for row in acceptability(points, thresholds).itertuples(index=False):
        share = {"mean": row.mean, "low": row.low, "high": row.high}
        of = f"{row.threshold:g}"
        yield {"measure": "acceptable", "of": of, "unit": "share", "n": row.n, "note": benefit_bound} | share
