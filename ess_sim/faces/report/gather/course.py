"""Levels and gains over time: of the share without MT, and in people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from ess_sim.faces.report.gather.batch import MOST_DRAWN, PER_CENT, Batch, Estimate, Floats, estimate
from ess_sim.results.statistics.intervals import FEWEST, half_width

__all__ = ["Band", "Course", "Headline", "course", "gains", "headlines"]


class Band(NamedTuple):
    """A mean with its 95 % interval, by date; NaN where there are too few observations for one."""

    mean: Floats
    low: Floats
    high: Floats


class Headline(NamedTuple):
    """What a scenario gains at one date.

    Attributes
    ----------
    day : pandas.Timestamp
    years : float
        After the start.
    people : Estimate
        Adults who have an MT and would have none in the baseline.
    share, base : Estimate
        Share without MT, %, in the scenario and in its baseline.
    points : Estimate
        Difference of these, percentage points.
    """

    day: pd.Timestamp
    years: float
    people: Estimate
    share: Estimate
    base: Estimate
    points: Estimate


@dataclass(frozen=True, eq=False)
class Course:
    """Curves.

    Attributes
    ----------
    dates : pandas.DatetimeIndex
        Of the curves.
    drawn : list of str
        Scenarios that are drawn, baselines first.
    level : dict of str to Band
        Share without MT, %, of every scenario.
    gain : dict of str to Band
        Adults with MT more than in the baseline, of every scenario that is compared.
    difference : dict of str to Band
        Share without MT, difference from the baseline in percentage points.
    acts : list of (date, scenario)
        First days of policies.
    """

    dates: pd.DatetimeIndex
    drawn: list[str]
    level: dict[str, Band]
    gain: dict[str, Band]
    difference: dict[str, Band]
    acts: list[tuple[date, str]]


def gains(batch: Batch, scenario: str) -> Floats:
    """Adults with MT more than in the baseline, shape (records, observations)."""
    return batch.without[batch.compared[scenario]] - batch.without[scenario]


def _band(values: Floats, low: float = -np.inf, high: float = np.inf) -> Band:
    half = half_width(values) if values.shape[1] >= FEWEST else np.full(len(values), np.nan)
    mean = values.mean(axis=1)
    return Band(mean, np.clip(mean - half, low, high), np.clip(mean + half, low, high))


def course(batch: Batch) -> Course:
    """Curves of all scenarios; those are drawn that differ most at the end, if there are many."""
    shares = batch.shares
    at = [batch.at(day) for day in batch.points]
    gained = {s: gains(batch, s)[at] for s in batch.compared}
    bases = set(batch.compared.values())
    room = max(1, MOST_DRAWN - len(bases))
    order = sorted(batch.compared, key=lambda s: -abs(float(gained[s][-1].mean())))
    chosen = set(order[:room]) | {batch.main}
    others = [name for name in batch.shown if name in bases or name in chosen or name in batch.apart]
    drawn = (others or batch.shown)[:MOST_DRAWN] if batch.compared else batch.shown[:MOST_DRAWN]
    return Course(
        dates=batch.points,
        drawn=drawn,
        level={name: _band(x, 0.0, 100.0) for name, x in shares.items()},
        gain={s: _band(x) for s, x in gained.items()},
        difference={s: _band(shares[s] - shares[b], -100.0, 100.0) for s, b in batch.compared.items()},
        acts=_acts(batch, drawn),
    )


def _acts(batch: Batch, drawn: Sequence[str]) -> list[tuple[date, str]]:
    """First days of policies that a baseline has not, after the start."""
    found: dict[tuple[date, str], None] = {}
    for name in drawn:
        base = batch.compared.get(name)
        known = [] if base is None else batch.results.about(base).acts_from
        for day in batch.results.about(name).acts_from:
            if day not in known:
                found[date.fromisoformat(day), name] = None
    return sorted(found)


def headlines(batch: Batch, scenario: str) -> list[Headline]:
    """What a scenario gains after 1, 3, 5, 10 and 20 years, and at the end."""
    base = batch.compared[scenario]
    at = batch.points.get_indexer(pd.DatetimeIndex(batch.marks))
    mine, other, people = batch.shares[scenario][at], batch.shares[base][at], gains(batch, scenario)
    return [
        Headline(
            day,
            (day - batch.start).days / 365.25,
            estimate(people[batch.at(day)]),
            estimate(mine[k], bounds=PER_CENT),
            estimate(other[k], bounds=PER_CENT),
            estimate(mine[k] - other[k]),
        )
        for k, day in enumerate(batch.marks)
    ]
