"""Outcomes by date, as comparisons use them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.inputs.scenario.outcomes import UNITS
from ess_sim.results.indicators.between_zones import best_to_worst, edge, gini
from ess_sim.results.indicators.calls import BARRIERS
from ess_sim.results.indicators.shares import Floats, counts_by_group, ratio
from ess_sim.results.tables.checking import coded
from ess_sim.results.tables.names import CALL_OUTCOMES

__all__ = ["at_end", "check_outcome", "outcome_series"]


def check_outcome(name: str) -> None:
    """Refuses what is no outcome.

    Raises
    ------
    ResultsError
        For an unknown outcome, with the nearest known one.
    """
    if name not in UNITS:
        raise ResultsError(f"unknown outcome {name!r}{did_you_mean(name, UNITS)}: choose among {', '.join(UNITS)}")


def outcome_series(snapshots: pd.DataFrame, providers: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """Every outcome that a scenario may declare, at every record.

    Parameters
    ----------
    snapshots, providers, calls : pandas.DataFrame

    Returns
    -------
    pandas.DataFrame
        ``date``, ``outcome``, ``value`` (unit: `UNITS`), sorted by date, outcomes in the order of `UNITS`. NaN where
        nobody is concerned, e.g. the refusal rate of no practice.

    Notes
    -----
    ``refusal_rate`` is that of a mystery call: the mean over liberal practices of the probability that each refuses a
    random standard caller. It is no share of real calls.

    ``gap_precarious`` is the share without MT of precarious residents minus that of the others.
    ``worst_decile_zones`` is the ``worst_decile`` of `inequality`. ``gini_zones`` is the Gini index of the zones'
    shares without MT, weighted by adults: half the mean difference between the shares of the zones in which two adults
    drawn at random live, over the mean share; 0 where all zones are alike.

    ``barrier_physical``, ``barrier_financial``, ``barrier_psychological``: of the calls that residents without MT made,
    or did not dare to make, in the twelve calendar months that end with the date's, the share in which the only lists
    open were too far away, in which money stood in the way, that were not made (see `barriers`).
    """
    dates, _, n = counts_by_group(snapshots)
    adults, without = n["adults"], n["lost"] + n["never_declared"]

    def share(part: Floats, *groups: Any) -> Floats:
        of = (..., *groups)
        return ratio(_by_date(part[of]), _by_date(adults[of]))

    ald, precarious, others = (1, slice(None)), (1,), (0,)
    ranked = best_to_worst(*(x.sum(axis=(2, 3)) for x in (adults, without)))
    liberal = providers[providers["kind"] == "liberal"]
    at = np.searchsorted(dates, liberal["date"].to_numpy())
    practices = np.bincount(at, minlength=len(dates)).astype(float)
    acceptance = np.bincount(at, liberal["acceptance"], len(dates))
    attempts, failed = _attempts_of_a_year(calls, dates)
    series = {
        "share_without_mt": share(without),
        "share_lost": share(n["lost"]),
        "share_never_declared": share(n["never_declared"]),
        "share_seeking": share(n["seeking"]),
        "share_without_mt_ald": share(without, *ald),
        "share_without_mt_precarious": share(without, *precarious),
        "share_listed_far": share(n["listed_far"]),
        "refusal_rate": 1 - ratio(acceptance, practices),
        "travel_minutes": ratio(_by_date(n["minutes"]), _by_date(n["listed_reachable"])),
        "list_holders": practices,
        "gap_precarious": share(without, *precarious) - share(without, *others),
        "worst_decile_zones": edge(*(x[:, ::-1] for x in ranked)),
        "gini_zones": gini(*ranked),
        **{f"barrier_{name}": ratio(failed[outcome], attempts) for outcome, name in BARRIERS.items()},
    }
    n_series = len(series)
    return pd.DataFrame(
        {
            "date": np.repeat(dates, n_series),
            "outcome": coded(np.tile(np.arange(n_series), len(dates)), list(series)),
            "value": np.column_stack(list(series.values())).ravel(),
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
    """Values at one run's last record, by outcome; NaN where nobody is concerned.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        As `outcome_series` or `ess_sim.Run.outcomes` give them.
    """
    last = outcomes[outcomes["date"] == outcomes["date"].max()]
    return {str(name): float(value) for name, value in zip(last["outcome"], last["value"], strict=True)}
