"""Outcomes by date, as comparisons use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.indicators.between_zones import best_to_worst, edge, gini
from ess_sim.results.indicators.calls import BARRIERS
from ess_sim.results.indicators.groups import MEANS, SHARES
from ess_sim.results.indicators.quantiles import QUANTILES
from ess_sim.results.indicators.shares import Floats, ratio
from ess_sim.results.tables.checking import coded
from ess_sim.results.tables.names import CALL_OUTCOMES, CALLERS, COUNTS, STATES_WITHOUT
from ess_sim.results.tables.record import Totals

__all__ = ["SERIES", "at_end", "check_outcome", "outcome_series"]


Ints = NDArray[np.int64]


def check_outcome(name: str) -> None:
    """Refuses what is no outcome.

    Raises
    ------
    ResultsError
        For an unknown outcome, with the nearest known one.
    """
    if not isinstance(name, str) or name not in OUTCOMES:
        known = ", ".join(OUTCOMES)
        raise ResultsError(f"unknown outcome {name!r}{did_you_mean(name, OUTCOMES)}: choose among {known}")


class _Series:
    """What outcomes are computed from: totals and numbers by record, each made once and when needed."""

    def __init__(self, totals: Totals, dates: NDArray[np.datetime64]) -> None:
        self.totals = totals
        self.n = dict(zip(COUNTS, np.moveaxis(totals.groups, -1, 0), strict=True))  # each (records, ALD, precarity)
        self.adults: Ints = sum((self.n[state] for state in STATES_WITHOUT), self.n["listed"])
        self.attempts, self.failed = _attempts_of_a_year(totals.calls[..., CALLERS.index("without_mt")], dates)

    def share(self, name: str) -> Floats:
        """One of `SHARES`."""
        what = SHARES[name]
        where: tuple[Any, ...] = {"": (...,), "ald": (..., 1, slice(None)), "precarious": (..., 1)}[what.among]
        counts: Ints = sum(self.n[column] for column in what.counts)
        return self.part(counts, *where)

    def mean(self, name: str) -> Floats:
        """One of `MEANS`."""
        what = MEANS[name]
        return ratio(*(self.totals.sums[:, COUNTS.index(column)] for column in (what.total, what.over)))

    def quantile(self, name: str) -> Floats:
        """One of `QUANTILES`."""
        return QUANTILES[name].of_all(self.totals.distributions)

    def part(self, counts: Ints, *where: Any) -> Floats:
        """Some of the adults as a share of all of them, in some groups."""
        return ratio(_by_date(counts[where]), _by_date(self.adults[where]))

    @property
    def without(self) -> Ints:
        """Residents without MT, by record, ALD and precarity."""
        out: Ints = self.n["lost"] + self.n["never_declared"]
        return out

    @cached_property
    def between_zones(self) -> tuple[Floats, Floats]:
        """Share without MT among the tenth of adults in the zones that are worst off; Gini index of the zones."""
        records, zones = self.totals.adults.shape
        step = max(1, _AT_ONCE // max(1, zones))
        worst, unequal = np.empty(records), np.empty(records)
        for t in range(0, records, step):
            some = slice(t, t + step)
            ranked = best_to_worst(self.totals.adults[some].astype(float), self.totals.without[some].astype(float))
            worst[some], unequal[some] = edge(*(x[:, ::-1] for x in ranked)), gini(*ranked)
        return worst, unequal


_AT_ONCE = 1 << 20
"""Zones of records that are ranked together."""


def _of(kind: Callable[[_Series, str], Floats], name: str) -> Callable[[_Series], Floats]:
    return lambda s: kind(s, name)


def _failed(call_outcome: str) -> Callable[[_Series], Floats]:
    return lambda s: ratio(s.failed[call_outcome], s.attempts)


SERIES: Mapping[str, Callable[[_Series], Floats]] = {
    **{name: _of(_Series.share, name) for name in SHARES},
    **{name: _of(_Series.mean, name) for name in MEANS},
    **{name: _of(_Series.quantile, name) for name in QUANTILES},
    "refusal_rate": lambda s: 1 - ratio(s.totals.acceptance, s.totals.practices),
    "list_holders": lambda s: s.totals.practices.astype(float),
    "gap_precarious": lambda s: s.part(s.without, ..., 1) - s.part(s.without, ..., 0),
    "worst_decile_zones": lambda s: s.between_zones[0],
    "gini_zones": lambda s: s.between_zones[1],
    **{f"barrier_{name}": _failed(call_outcome) for call_outcome, name in BARRIERS.items()},
}
"""How each outcome is computed for the whole territory."""


def outcome_series(totals: Totals, dates: NDArray[np.datetime64]) -> pd.DataFrame:
    """Every outcome that a scenario may declare, at every record, whichever tables are kept.

    Parameters
    ----------
    totals : Totals
        Those of one run.
    dates : array of datetime64, shape (records,)
        Dates of its records, ascending.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``outcome``, ``value`` (unit: see `OUTCOMES`), sorted by date, outcomes in the order of `OUTCOMES`.
        NaN where no resident or practice is concerned, e.g. the refusal rate of no practice.

    Notes
    -----
    ``refusal_rate`` is that of a mystery call: the mean over liberal practices of the probability that each refuses a
    random standard caller. It is no share of real calls.

    ``gap_precarious`` is the share without MT of precarious residents minus that of the others.
    ``worst_decile_zones`` is the ``worst_decile`` of `inequality`. ``gini_zones`` is the Gini index of the zones'
    shares without MT, weighted by adults: half the mean difference between the shares of the zones in which two adults
    drawn at random live, over the mean share; 0 where all zones are alike.

    ``median_minutes`` is taken from whole minutes, among which residents are taken to lie evenly (see `quantile`).

    ``barrier_physical``, ``barrier_financial``, ``barrier_psychological``: of the calls that residents without MT made,
    or did not dare to make, in the twelve calendar months that end with the date's, the share in which the only lists
    open were too far away, in which money stood in the way, that were not made (see `barriers`).
    """
    made = _Series(totals, dates)
    columns = [SERIES[name](made) for name in OUTCOMES]
    return pd.DataFrame(
        {
            "date": np.repeat(dates, len(columns)),
            "outcome": coded(np.tile(np.arange(len(columns)), len(dates)), list(OUTCOMES)),
            "value": np.column_stack(columns).ravel(),
        }
    )


def _by_date(counts: Ints) -> Ints:
    """Sums over all axes but the first, the date."""
    out: Ints = counts.reshape(len(counts), -1).sum(axis=1)
    return out


def _attempts_of_a_year(calls: Ints, dates: NDArray[np.datetime64]) -> tuple[Floats, dict[str, Floats]]:
    """Calls by record and outcome, added up over the twelve calendar months to each date: in all, and by outcome."""
    so_far = np.vstack([np.zeros(len(CALL_OUTCOMES)), calls.cumsum(axis=0)])
    month = dates.astype("datetime64[M]").astype(np.int64)
    year = so_far[1:] - so_far[np.searchsorted(month, month - 11)]
    return year.sum(axis=1), dict(zip(CALL_OUTCOMES, year.T, strict=True))


def at_end(outcomes: pd.DataFrame) -> dict[str, float]:
    """Values at one run's last record, by outcome; NaN where no resident is concerned.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        As `outcome_series` or `ess_sim.Run.outcomes` give them.
    """
    last = outcomes[outcomes["date"] == outcomes["date"].max()]
    return {str(name): float(value) for name, value in zip(last["outcome"], last["value"], strict=True)}
