"""Where the effect comes from: the flows that moved residents, and whether places were new or displaced others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from ess_sim.faces.report.gather.batch import Batch, Estimate, estimate
from ess_sim.faces.report.gather.who import MOST_SCENARIOS
from ess_sim.results.tables.names import CAUSES

__all__ = ["Flow", "Why", "why"]


class Flow(NamedTuple):
    """What one cause contributed to the adults who have an MT more than in the baseline; ``total`` for all of them."""

    cause: str
    people: Estimate


@dataclass(frozen=True, eq=False)
class Why:
    """Flows of scenarios from the start to a day.

    Attributes
    ----------
    day : pandas.Timestamp
    flows : dict of str to list of Flow
        By scenario; the last one is the total. Causes that moved no one are left out.
    """

    day: pd.Timestamp
    flows: dict[str, list[Flow]]


def why(batch: Batch) -> Why:
    """Flows of the first scenarios that are compared: those of `ess_sim.by_flow`, with the sign of a gain.

    Raises
    ------
    NotKeptError
        If the folder has no flows, or no residents at the first day.
    """
    day, found = batch.days[-1], {}
    for scenario, base in list(batch.compared.items())[:MOST_SCENARIOS]:
        mine, other = batch.thin.flows_of(scenario), batch.thin.flows_of(base)
        each = np.column_stack([other.start - mine.start, other.counts[day] - mine.counts[day]])
        each = batch.thin.observed(scenario, each)
        rows = [Flow(c, estimate(x)) for c, x in zip(("start", *CAUSES), each.T, strict=True) if x.any()]
        found[scenario] = [*rows, Flow("total", estimate(each.sum(axis=1)))]
    return Why(day, found)
