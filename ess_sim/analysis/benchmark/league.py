"""League tables: what each dose changes in each territory and over all, its rank, and how sure both are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.analysis.benchmark.measures import MEASURES
from ess_sim.errors import ResultsError
from ess_sim.results.statistics.intervals import Floats, half_width
from ess_sim.results.statistics.paired import holm, p_value
from ess_sim.results.statistics.ranking import ranks

__all__ = ["AFFORDABLE", "COLUMNS", "OVERALL", "league"]


OVERALL = "all"
"""Key of the lines over all territories, each of which counts the same."""

AFFORDABLE = 2.0
"""Doses that cost more than so many budgets are not ranked: one copy alone can be too large for a small territory."""

_RANKS = ("rank", "rank_low", "rank_high", "p_best", "p_top3")
COLUMNS = (
    *("territory", "dose", "measure", "year", "territories", "n"),
    *("effect", "low", "high", "p", "p_holm", "cost", "net"),
    *_RANKS,
)


def league(
    values: pd.DataFrame,
    doses: Mapping[str, tuple[str, str]],
    twins: Mapping[str, str],
    *,
    budget: float = math.inf,
) -> pd.DataFrame:
    """The tables of all territories, measures and years.

    Parameters
    ----------
    values : pandas.DataFrame
        As `values_of` returns it.
    doses : mapping of str to (str, str)
        Key of the territory and name of the dose, by scenario.
    twins : mapping of str to str
        Baseline of each scenario.
    budget : float
        Of a dose, € per adult-year.

    Returns
    -------
    pandas.DataFrame
        One row a ``territory`` (or ``all``), ``dose``, ``measure`` and ``year``: ``territories`` in it, ``n``
        (replications), ``effect`` (mean paired difference from the territory's baseline; less is better), ``low``,
        ``high`` (95 % Student interval), ``p`` and ``p_holm`` (paired t-test, adjusted for all doses of the table),
        ``cost`` (gross public, € per adult-year of the whole run), ``net`` (the same with what ordinary care costs
        more or less), ``rank`` (1 is best), ``rank_low``, ``rank_high``
        (95 %, by what the replications leave open of the means), ``p_best``, ``p_top3`` (how probable it is the best,
        and among the best three). Costs have no ranks, nor have doses of more than `AFFORDABLE` budgets, nor those
        that change nothing in any run.

    Raises
    ------
    ResultsError
        For scenarios without the same replications, or a value that is missing.

    Notes
    -----
    Over all territories one observation is the mean over the territories of one replication, because replications of
    one number share their streams everywhere; costs are means over the territories, too. Doses that cannot be placed in
    every territory are left out there.
    """
    keys = ["measure", "year", "scenario"]
    wide = values.astype({"scenario": str}).pivot_table(
        index=keys, columns=["draw", "replication"], values="value", observed=True, dropna=False
    )
    rows: list[dict[str, object]] = []
    years = sorted(values["year"].unique().tolist())
    gross, net = (_effects(wide.loc[(f"{which}_cost", years[-1])], doses, twins, "cost") for which in ("gross", "net"))
    for year in years:
        for measure in MEASURES:
            effects = _effects(wide.loc[(measure, year)], doses, twins, f"{measure} after {year} years")
            for key, found in [*effects.items(), *_overall(effects)]:
                places = len(effects) if key == OVERALL else 1
                cost, after = _costs(gross, key, found), _costs(net, key, found)
                good = MEASURES[measure].good
                ranked = np.array([good and cost[d] <= AFFORDABLE * budget and x.any() for d, x in found.items()])
                about = {"territory": key, "measure": measure, "year": year, "territories": places}
                for row in _rows(found, ranked):
                    dose = str(row["dose"])
                    rows.append(about | row | {"cost": cost[dose], "net": after[dose]})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values(["measure", "year"], kind="stable", ignore_index=True)


def _effects(
    here: pd.DataFrame, doses: Mapping[str, tuple[str, str]], twins: Mapping[str, str], what: str
) -> dict[str, dict[str, Floats]]:
    """Paired differences by territory and dose."""
    effects: dict[str, dict[str, Floats]] = {}
    for scenario, (key, dose) in doses.items():
        difference = np.asarray(here.loc[scenario] - here.loc[twins[scenario]], dtype=np.float64)
        if not np.isfinite(difference).all():
            raise ResultsError(f"{scenario}: {what} is missing in some runs")
        effects.setdefault(key, {})[dose] = difference
    return effects


def _overall(effects: Mapping[str, Mapping[str, Floats]]) -> list[tuple[str, dict[str, Floats]]]:
    """The mean over territories of each dose that all of them have."""
    if len(effects) < 2:
        return []
    first, *others = effects.values()
    everywhere = [dose for dose in first if all(dose in found for found in others)]
    means = {
        dose: np.stack([found[dose] for found in effects.values()]).sum(axis=0) / len(effects) for dose in everywhere
    }
    return [(OVERALL, means)] if means else []


def _costs(costs: Mapping[str, Mapping[str, Floats]], key: str, found: Mapping[str, Floats]) -> dict[str, float]:
    """Mean cost of each dose for an adult; over all territories the mean of theirs."""
    of = [key] if key in costs else list(costs)
    return {dose: sum(float(costs[k][dose].mean()) for k in of) / len(of) for dose in found}


def _rows(found: Mapping[str, Floats], ranked: NDArray[np.bool_]) -> list[dict[str, object]]:
    x = np.stack(list(found.values()))
    mean, half, p = x.mean(axis=1), half_width(x), p_value(x)
    columns: dict[str, Any] = {"effect": mean, "low": mean - half, "high": mean + half, "p": p, "p_holm": holm(p)}
    columns.update((name, np.full(len(x), np.nan)) for name in _RANKS)
    if ranked.any():
        for name, some in zip(_RANKS, ranks(x[ranked]), strict=True):
            np.place(columns[name], ranked, some)
    each = {name: column.tolist() for name, column in columns.items()}
    return [{"dose": dose, "n": x.shape[1]} | {k: v[i] for k, v in each.items()} for i, dose in enumerate(found)]
