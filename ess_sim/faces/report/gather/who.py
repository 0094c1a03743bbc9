"""Who gains: by age, long-term illness and precarity, at the last day of which residents by group are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from ess_sim.faces.report.gather.batch import PER_CENT, Batch, Estimate, Floats, estimate
from ess_sim.results.tables.names import AGE_BANDS

__all__ = ["DIVISIONS", "MOST_SCENARIOS", "Group", "Who", "who"]


DIVISIONS = {"age_band": (3, AGE_BANDS), "ald": (4, ("False", "True")), "precarious": (5, ("False", "True"))}
"""By what residents are divided: the axis of `Residents`, and its values."""
MOST_SCENARIOS = 4
"""Scenarios that are broken down; the first that are compared."""


class Group(NamedTuple):
    """One group of one scenario.

    Attributes
    ----------
    scenario, division, value : str
        ``value``: an age band, ``True`` or ``False``.
    adults : float
        Mean number in the baseline.
    base : Estimate
        Share without MT in the baseline, %.
    points : Estimate
        Difference of the share, percentage points.
    people : Estimate
        Adults of the group who have an MT more than in the baseline.
    """

    scenario: str
    division: str
    value: str
    adults: float
    base: Estimate
    points: Estimate
    people: Estimate


@dataclass(frozen=True, eq=False)
class Who:
    """Groups at a day."""

    day: pd.Timestamp
    groups: list[Group]


def who(batch: Batch) -> Who:
    """All groups of the first scenarios that are compared.

    Raises
    ------
    NotKeptError
        If the folder has no residents by group.
    """
    day = batch.days[-1]
    found = []
    for scenario, base in list(batch.compared.items())[:MOST_SCENARIOS]:
        for division, (axis, values) in DIVISIONS.items():
            adults, without, share = _of(batch, base, day, axis)
            _, mine, other = _of(batch, scenario, day, axis)
            for k, value in enumerate(values):
                found.append(
                    Group(
                        scenario,
                        division,
                        value,
                        estimate(adults[:, k]).mean,
                        estimate(share[:, k], bounds=PER_CENT),
                        estimate(other[:, k] - share[:, k]),
                        estimate(without[:, k] - mine[:, k]),
                    )
                )
    return Who(day, found)


def _of(batch: Batch, scenario: str, day: pd.Timestamp, axis: int) -> tuple[Floats, Floats, Floats]:
    """Adults, those without MT and their share in %, each of shape (observations, groups)."""
    people = batch.thin.residents_of(scenario)
    at = people.days.get_loc(day)
    others = tuple(k - 1 for k in (2, 3, 4, 5) if k != axis)
    adults, without = (people.counts[name][:, at].sum(axis=others) for name in ("adults", "without"))
    share = np.divide(100.0 * without, adults, out=np.full(adults.shape, np.nan), where=adults > 0)
    return (
        batch.thin.observed(scenario, adults),
        batch.thin.observed(scenario, without),
        batch.thin.observed(scenario, share),
    )
