"""Where the effect comes from: the flows that moved residents, and whether places were new or displaced others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from ess_sim.faces.report.gather.batch import Batch, Estimate, Floats, estimate
from ess_sim.faces.report.gather.who import MOST_SCENARIOS
from ess_sim.results.statistics.intervals import FEWEST, ratio_interval
from ess_sim.results.tables.names import CAUSES

__all__ = ["Flow", "Parts", "Why", "why"]


class Flow(NamedTuple):
    """What one cause contributed to the adults who have an MT more than in the baseline; ``total`` for all of them."""

    cause: str
    people: Estimate


class Parts(NamedTuple):
    """Registrations at centres, and what others come to as % of them, with Fieller's interval.

    Attributes
    ----------
    centre, liberal, total : Estimate
        Adults: registered at centres, with liberal GPs, and all that is gained, more than in the baseline.
    of_liberal, of_total : Estimate
        ``liberal`` (its sign left out) and ``total`` as % of ``centre``.
    """

    centre: Estimate
    liberal: Estimate
    total: Estimate
    of_liberal: Estimate
    of_total: Estimate


@dataclass(frozen=True, eq=False)
class Why:
    """Flows of scenarios from the start to a day.

    Attributes
    ----------
    day : pandas.Timestamp
    flows : dict of str to list of Flow
        By scenario; the last one is the total. Causes that moved no one are left out.
    parts : dict of str to Parts
        Of scenarios in which centres register more adults than in the baseline.
    """

    day: pd.Timestamp
    flows: dict[str, list[Flow]]
    parts: dict[str, Parts]


def why(batch: Batch) -> Why:
    """Flows of the first scenarios that are compared: those of `ess_sim.by_flow`, with the sign of a gain.

    Raises
    ------
    NotKeptError
        If the folder has no flows, or no residents at the first day.
    """
    day, found, parts = batch.days[-1], {}, {}
    for scenario, base in list(batch.compared.items())[:MOST_SCENARIOS]:
        mine, other = batch.thin.flows_of(scenario), batch.thin.flows_of(base)
        each = np.column_stack([other.start - mine.start, other.counts[day] - mine.counts[day]])
        each = batch.thin.observed(scenario, each)
        rows = [Flow(c, estimate(x)) for c, x in zip(("start", *CAUSES), each.T, strict=True) if x.any()]
        total = each.sum(axis=1)
        found[scenario] = [*rows, Flow("total", estimate(total))]
        centre, liberal = (each[:, 1 + CAUSES.index(f"registered_{what}")] for what in ("centre", "liberal"))
        if centre.mean() > 0:
            of_liberal = _percent(-liberal if liberal.mean() < 0 else liberal, centre)
            adults = estimate(centre), estimate(liberal), estimate(total)
            parts[scenario] = Parts(*adults, of_liberal, _percent(total, centre))
    return Why(day, found, parts)


def _percent(part: Floats, whole: Floats) -> Estimate:
    """Ratio of two means, %; no interval of few observations, nor where none is bounded."""
    n, low, high = len(part), float("nan"), float("nan")
    if n >= FEWEST:
        low, high = (100 * limit for limit in ratio_interval(part, whole))
    return Estimate(100 * float(part.mean()) / float(whole.mean()), low, high, n)
