"""All scenarios beside each other at every date, and the futures behind a mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from ess_sim.analysis.accounts.robustness import uncertainty
from ess_sim.faces.report.gather.batch import SHARE, Batch, Floats
from ess_sim.faces.report.gather.course import gains
from ess_sim.results.comparison.differences import compare
from ess_sim.results.statistics.variance import FEWEST_DRAWS

__all__ = ["MOST_FUTURES", "Ranking", "Row", "ranking"]


MOST_FUTURES = 400
"""Futures of a scenario that are drawn as dots."""


class Row(NamedTuple):
    """One scenario, outcome and day of a comparison; numbers as `ess_sim.compare` has them."""

    scenario: str
    baseline: str
    day: pd.Timestamp
    outcome: str
    n: int
    base: float
    mean: float
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
    rows = [
        Row(
            r["scenario"],
            r["baseline"],
            r["date"],
            r["outcome"],
            int(r["n"]),
            float(r["mean_baseline"]),
            float(r["mean_scenario"]),
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
