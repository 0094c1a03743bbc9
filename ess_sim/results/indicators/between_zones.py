"""Inequality between zones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ess_sim.results.indicators.shares import Floats, counts_by_group, ratio

__all__ = ["best_to_worst", "edge", "gini", "inequality"]


def best_to_worst(adults: Floats, without: Floats) -> tuple[Floats, Floats]:
    """Adults and residents without MT by zone, both (dates, zones), with the zones of a date ordered by their share."""
    share = np.divide(without, adults, out=np.zeros(adults.shape), where=adults > 0)
    order = np.argsort(share, axis=1, kind="stable")
    return np.take_along_axis(adults, order, axis=1), np.take_along_axis(without, order, axis=1)


def edge(adults: Floats, without: Floats) -> Floats:
    """Share without MT among the first tenth of the adults, in the order of the zones given, by date."""
    tenth = adults.sum(axis=1, keepdims=True) / 10
    before = np.cumsum(adults, axis=1) - adults
    part = np.divide(tenth - before, adults, out=np.zeros(adults.shape), where=adults > 0).clip(0, 1)
    return ratio((part * without).sum(axis=1), tenth[:, 0])


def gini(adults: Floats, without: Floats) -> Floats:
    """Gini index by date, from the Lorenz curve of zones ordered from the lowest share to the highest."""
    above = 2 * np.cumsum(without, axis=1) - without  # twice the curve's mean height over each zone
    return 1 - ratio((adults * above).sum(axis=1), adults.sum(axis=1) * without.sum(axis=1))


def inequality(snapshots: pd.DataFrame) -> pd.DataFrame:
    """How unequal the zones are in the share of residents without MT, by date.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``worst_decile`` and ``best_decile`` (share without MT among the tenth of adults who live in the zones
        with the highest and the lowest share; the zone at the edge counts in part), ``gap`` (their difference),
        ``gini`` (Gini index of the zones' shares, weighted by adults: see `outcome_series`), ``worst_zone`` and
        ``worst_share`` (the zone with the highest share; small zones vary by chance).
    """
    dates, zones, n = counts_by_group(snapshots)
    adults, without = (x.sum(axis=(2, 3)) for x in (n["adults"], n["lost"] + n["never_declared"]))
    ranked = best_to_worst(adults, without)
    best, worst = edge(*ranked), edge(*(x[:, ::-1] for x in ranked))
    share = np.where(adults > 0, ratio(without, adults), -1.0)
    highest = share.shape[1] - 1 - share[:, ::-1].argmax(axis=1)
    return pd.DataFrame(
        {
            "date": dates,
            "worst_decile": worst,
            "best_decile": best,
            "gap": worst - best,
            "gini": gini(*ranked),
            "worst_zone": [str(zones[z]) for z in highest],
            "worst_share": share[np.arange(len(dates)), highest],
        }
    )
