"""League tables: what each dose changes in each territory and over all, its rank, and how sure both are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ess_sim.analysis.benchmark.measures import MEASURES
from ess_sim.errors import ResultsError
from ess_sim.results.statistics.intervals import Floats, half_width
from ess_sim.results.statistics.paired import holm, p_value
from ess_sim.results.statistics.ranking import ranks

__all__ = ["COLUMNS", "OVERALL", "League", "league"]


OVERALL = "all"
"""Key of the lines over all territories, each of which counts the same."""

_RANKS = ("rank", "rank_low", "rank_high", "p_best", "p_top3")
COLUMNS = (
    *("territory", "dose", "measure", "year", "territories", "n"),
    *("effect", "low", "high", "p", "p_holm"),
    *_RANKS,
)


class League(NamedTuple):
    """What the benchmark found.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a ``territory`` (or ``all``), ``dose``, ``measure`` and ``year``: ``territories`` in it, ``n``
        (replications), ``effect`` (mean paired difference from the territory's baseline; less is better), ``low``,
        ``high`` (95 % Student interval), ``p`` and ``p_holm`` (paired t-test, adjusted for all doses of the table),
        ``rank`` (1 is best), ``rank_low``, ``rank_high`` (95 % by the bootstrap), ``p_best``, ``p_top3`` (part of the
        resampled futures in which it is the best, and among the best three). Costs have no ranks.
    """

    table: pd.DataFrame


def league(values: pd.DataFrame, doses: Mapping[str, tuple[str, str]], twins: Mapping[str, str]) -> League:
    """The tables of all territories, measures and years.

    Parameters
    ----------
    values : pandas.DataFrame
        As `values_of` returns it.
    doses : mapping of str to (str, str)
        Key of the territory and name of the dose, by scenario.
    twins : mapping of str to str
        Baseline of each scenario.

    Raises
    ------
    ResultsError
        For scenarios without the same replications, or a value that is missing.

    Notes
    -----
    Over all territories one observation is the mean over the territories of one replication, because replications of
    one number share their streams everywhere. Only doses that can be placed in every territory are ranked over all.
    """
    keys = ["measure", "year", "scenario"]
    wide = values.astype({"scenario": str}).pivot_table(
        index=keys, columns=["draw", "replication"], values="value", observed=True, dropna=False
    )
    everywhere = list(dict.fromkeys(key for key, _ in doses.values()))
    rows: list[dict[str, object]] = []
    for measure in MEASURES:
        for year in sorted(values["year"].unique().tolist()):
            here = wide.loc[(measure, year)]
            effects: dict[str, dict[str, Floats]] = {key: {} for key in everywhere}
            for scenario, (key, dose) in doses.items():
                difference = (here.loc[scenario] - here.loc[twins[scenario]]).to_numpy(float)
                if not np.isfinite(difference).all():
                    raise ResultsError(f"{scenario}: {measure} after {year} years is missing in some runs")
                effects[key][dose] = difference
            for key, found in effects.items():
                rows += _rows(key, 1, measure, year, found)
            rows += _rows_overall(effects, measure, year)
    return League(pd.DataFrame(rows, columns=list(COLUMNS)))


def _rows_overall(effects: Mapping[str, Mapping[str, Floats]], measure: str, year: int) -> list[dict[str, object]]:
    if len(effects) < 2:
        return []
    names = list(dict.fromkeys(dose for found in effects.values() for dose in found))
    by_places: dict[int, dict[str, Floats]] = {}
    for name in names:
        each = [found[name] for found in effects.values() if name in found]
        by_places.setdefault(len(each), {})[name] = np.stack(each).sum(axis=0) / len(each)
    whole = by_places.pop(len(effects), {})
    rows = _rows(OVERALL, len(effects), measure, year, whole) if whole else []
    for places, found in by_places.items():  # means over other territories: not to be ranked among the former
        rows += [row | dict.fromkeys(_RANKS, np.nan) for row in _rows(OVERALL, places, measure, year, found)]
    return rows


def _rows(territory: str, places: int, measure: str, year: int, found: Mapping[str, Floats]) -> list[dict[str, object]]:
    x = np.stack(list(found.values()))
    mean, half, p = x.mean(axis=1), half_width(x), p_value(x)
    columns = {"effect": mean, "low": mean - half, "high": mean + half, "p": p, "p_holm": holm(p)}
    placed = ranks(x) if MEASURES[measure].good else [np.full(len(x), np.nan)] * len(_RANKS)
    columns |= dict(zip(_RANKS, placed, strict=True))
    about = {"territory": territory, "measure": measure, "year": year, "territories": places, "n": x.shape[1]}
    return [
        about | {"dose": dose} | {name: float(column[i]) for name, column in columns.items()}
        for i, dose in enumerate(found)
    ]
