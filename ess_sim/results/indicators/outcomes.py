"""Outcomes by date, as comparisons use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.indicators.between_zones import best_to_worst, edge, gini
from ess_sim.results.indicators.calls import BARRIERS
from ess_sim.results.indicators.groups import MEANS, SHARES
from ess_sim.results.indicators.quantiles import QUANTILES
from ess_sim.results.indicators.shares import Floats, counts_by_group, ratio
from ess_sim.results.tables.checking import coded
from ess_sim.results.tables.names import CALL_OUTCOMES

__all__ = ["SERIES", "at_end", "check_outcome", "outcome_series"]


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
    """What outcomes are computed from: counts and numbers by date, each made once and when needed."""

    def __init__(self, table: Callable[[str], pd.DataFrame]) -> None:
        self.table = table
        self.dates, _, self.n = counts_by_group(table("snapshots"))  # counts: (dates, zones, ALD, precarious)
        providers = table("providers")
        liberal = providers[providers["kind"] == "liberal"]
        at = np.searchsorted(self.dates, liberal["date"].to_numpy())
        self.practices = np.bincount(at, minlength=len(self.dates)).astype(float)
        self.acceptance = np.bincount(at, liberal["acceptance"], len(self.dates))
        self.attempts, self.failed = _attempts_of_a_year(table("calls"), self.dates)

    def share(self, name: str) -> Floats:
        """One of `SHARES`."""
        what = SHARES[name]
        where: tuple[Any, ...] = {"": (...,), "ald": (..., 1, slice(None)), "precarious": (..., 1)}[what.among]
        counts: Floats = sum(self.n[column] for column in what.counts)
        return self.part(counts, *where)

    def mean(self, name: str) -> Floats:
        """One of `MEANS`."""
        what = MEANS[name]
        return ratio(_by_date(self.n[what.total]), _by_date(self.n[what.over]))

    def quantile(self, name: str) -> Floats:
        """One of `QUANTILES`."""
        what = QUANTILES[name]
        out: Floats = what.values(self.table(what.table), self.dates, ())["value"].to_numpy()
        return out

    def part(self, counts: Floats, *where: Any) -> Floats:
        """Some of the adults as a share of all of them, in some groups."""
        return ratio(_by_date(counts[where]), _by_date(self.n["adults"][where]))

    @property
    def without(self) -> Floats:
        """Residents without MT."""
        out: Floats = self.n["lost"] + self.n["never_declared"]
        return out

    @cached_property
    def ranked(self) -> tuple[Floats, Floats]:
        """Adults and residents without MT by zone, from the zone best off to that worst off."""
        return best_to_worst(*(x.sum(axis=(2, 3)) for x in (self.n["adults"], self.without)))


def _of(kind: Callable[[_Series, str], Floats], name: str) -> Callable[[_Series], Floats]:
    return lambda s: kind(s, name)


def _failed(call_outcome: str) -> Callable[[_Series], Floats]:
    return lambda s: ratio(s.failed[call_outcome], s.attempts)


SERIES: Mapping[str, Callable[[_Series], Floats]] = {
    **{name: _of(_Series.share, name) for name in SHARES},
    **{name: _of(_Series.mean, name) for name in MEANS},
    **{name: _of(_Series.quantile, name) for name in QUANTILES},
    "refusal_rate": lambda s: 1 - ratio(s.acceptance, s.practices),
    "list_holders": lambda s: s.practices,
    "gap_precarious": lambda s: s.part(s.without, ..., 1) - s.part(s.without, ..., 0),
    "worst_decile_zones": lambda s: edge(*(x[:, ::-1] for x in s.ranked)),
    "gini_zones": lambda s: gini(*s.ranked),
    **{f"barrier_{name}": _failed(call_outcome) for call_outcome, name in BARRIERS.items()},
}
"""How each outcome is computed for the whole territory."""


def outcome_series(table: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    """Every outcome that a scenario may declare, at every record.

    Parameters
    ----------
    table : callable
        Gives a table of one run by its name.

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
    made = _Series(table)
    columns = [SERIES[name](made) for name in OUTCOMES]
    return pd.DataFrame(
        {
            "date": np.repeat(made.dates, len(columns)),
            "outcome": coded(np.tile(np.arange(len(columns)), len(made.dates)), list(OUTCOMES)),
            "value": np.column_stack(columns).ravel(),
        }
    )


def _by_date(counts: Floats) -> Floats:
    """Sums over all axes but the first, the date."""
    out: Floats = counts.reshape(len(counts), -1).sum(axis=1)
    return out


def _attempts_of_a_year(calls: pd.DataFrame, dates: Any) -> tuple[Floats, dict[str, Floats]]:
    """Attempts of residents without MT in the twelve calendar months up to each date: in all, and by outcome."""
    own = calls[calls["caller"] == "without_mt"]
    outcome = own["outcome"].cat.set_categories(list(CALL_OUTCOMES)).cat.codes.to_numpy()
    kinds = len(CALL_OUTCOMES)
    cell = np.searchsorted(dates, own["date"].to_numpy()) * kinds + outcome
    so_far = np.bincount(cell, own["count"], len(dates) * kinds).reshape(-1, kinds).cumsum(axis=0)
    so_far = np.vstack([np.zeros(kinds), so_far])
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
