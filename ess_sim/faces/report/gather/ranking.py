"""All scenarios beside each other at every date, and the futures behind a mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from ess_sim.analysis.accounts.robustness import uncertainty
from ess_sim.faces.report.gather.batch import SHARE, Batch, Estimate, Floats
from ess_sim.faces.report.gather.course import gains
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.statistics.intervals import FEWEST
from ess_sim.results.statistics.variance import FEWEST_DRAWS

__all__ = ["MOST_FUTURES", "Ranking", "Row", "ranking"]


MOST_FUTURES = 400
"""Futures of a scenario that are drawn as dots."""
_ALIKE = 1e-9
"""Difference of two means of the same runs."""


class Row(NamedTuple):
    """One scenario, outcome and day of a comparison; numbers as `ess_sim.compare` and `levels` have them."""

    scenario: str
    baseline: str
    day: pd.Timestamp
    outcome: str
    n: int
    base: Estimate
    mean: Estimate
    difference: float
    low: float
    high: float
    p_holm: float
    better: float
    identical: bool


@dataclass(frozen=True, eq=False)
class Ranking:
    """Comparisons and futures.

    Attributes
    ----------
    rows : list of Row
    tests : int
        Tests at a day for which p is adjusted.
    futures : dict of str to float array
        Gains in adults with MT at the end, one a replication (or draw), of each scenario.
    one : dict of str to (low, high)
        95 % range of one future where parameters were drawn often enough: difference in the share without MT, points.
    """

    rows: list[Row]
    tests: int
    futures: dict[str, Floats]
    one: dict[str, tuple[float, float]]


def ranking(batch: Batch) -> Ranking:
    """Of all scenarios that are compared."""
    if not batch.compared:
        return Ranking([], 0, {}, {})
    declared = batch.results.declared_outcomes
    names = list(declared) if SHARE in declared else [SHARE, *declared]
    table = compare(batch.results, baseline=batch.compared, outcomes=names, dates=batch.marks)
    each = levels(batch.results, outcomes=names, dates=batch.marks).set_index(["scenario", "outcome", "date"])
    level = {key: Estimate(*x) for key, *x in each[["mean", "low", "high", "n"]].itertuples(name=None)}
    rows = [
        Row(
            r["scenario"],
            r["baseline"],
            r["date"],
            r["outcome"],
            int(r["n"]),
            _level(level, (r["baseline"], r["outcome"], r["date"]), float(r["mean_baseline"])),
            _level(level, (r["scenario"], r["outcome"], r["date"]), float(r["mean_scenario"])),
            float(r["difference"]),
            float(r["low"]),
            float(r["high"]),
            float(r["p_holm"]),
            float(r["p_better"]),
            identical=r["difference"] == 0 and (r["sd"] == 0 or r["n"] == 1),
        )
        for r in table.to_dict("records")
    ]
    futures = {s: gains(batch, s)[-1][:MOST_FUTURES] for s in batch.compared}
    one = {}
    if len(batch.results.draws) >= FEWEST_DRAWS:
        ranges = uncertainty(batch.results, baseline=batch.compared, outcomes=SHARE, dates=[batch.marks[-1]])
        for r in ranges[ranges["baseline"] != ""].to_dict("records"):
            one[str(r["scenario"])] = (float(r["future_low"]), float(r["future_high"]))
    # where shares are compared with themselves, every later outcome is one more test
    return Ranking(rows, len(rows) // max(1, len(batch.marks)), futures, one)


def _level(known: Mapping[Any, Estimate], key: tuple[Any, ...], mean: float) -> Estimate:
    """The mean of the pairs, with the interval of the level if that is of the same runs and not of too few."""
    found = known[key]
    alike = found.n >= FEWEST and abs(found.mean - mean) < _ALIKE
    return Estimate(mean, *((found.low, found.high) if alike else (float("nan"),) * 2), found.n)
