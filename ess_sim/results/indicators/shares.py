"""Shares of residents without MT, and sums by group, from the snapshots of one run.

Frames have the columns of `SCHEMAS`; shares are in 0–1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.results.tables.names import COUNTS

__all__ = ["GROUPS", "counts_by_group", "ratio", "share_without_mt", "sums_by"]


GROUPS = ("zone", "age_band", "ald", "precarious")
"""What shares may be split by, besides the date."""
Floats = NDArray[np.float64]


def groups_of(by: str | Sequence[str] | None) -> list[str]:
    """``date`` and the wanted groups, each once.

    Raises
    ------
    ResultsError
        For a group that the tables do not know.
    """
    wanted = [by] if isinstance(by, str) else list(by or [])
    for name in wanted:
        if name not in ("date", *GROUPS):
            known = ", ".join(GROUPS)
            raise ResultsError(f"cannot group by {name!r}{did_you_mean(name, GROUPS)}: choose among {known}")
    return list(dict.fromkeys(["date", *wanted]))


def sums_by(frame: pd.DataFrame, by: list[str], columns: list[str]) -> pd.DataFrame:
    """Exact sums of counts within groups, sorted by group."""
    wide = frame[columns].astype({c: np.int64 for c in columns if frame[c].dtype.kind == "i"})
    return wide.groupby([frame[b] for b in by], observed=True, sort=True).sum()


def ratio(part: Any, whole: Any) -> Floats:
    """``part / whole``, NaN where the whole is empty."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    out: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return out


def share_without_mt(snapshots: pd.DataFrame, by: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Share of residents aged 17+ without MT, by date and groups.

    Parameters
    ----------
    snapshots : pandas.DataFrame
    by : str or sequence of str, optional
        Among ``zone``, ``age_band``, ``ald``, ``precarious``; the date is always kept.

    Returns
    -------
    pandas.DataFrame
        ``date``, the groups, ``adults``, ``without_mt`` (residents), ``share``, ``lost_share``,
        ``never_declared_share`` (of adults; NaN in groups without adults).

    Raises
    ------
    ResultsError
        For an unknown group.
    """
    total = sums_by(snapshots, groups_of(by), ["adults", "lost", "never_declared"])
    adults = total["adults"]
    without = total["lost"] + total["never_declared"]
    return pd.DataFrame(
        {
            "adults": adults,
            "without_mt": without,
            "share": ratio(without, adults),
            "lost_share": ratio(total["lost"], adults),
            "never_declared_share": ratio(total["never_declared"], adults),
        }
    ).reset_index()


def counts_by_group(snapshots: pd.DataFrame) -> tuple[Any, Any, dict[str, Any]]:
    """Dates, zones and the sums of each count, each of shape (dates, zones, ALD, precarious)."""
    at, dates = pd.factorize(snapshots["date"], sort=True)
    zone, zones = pd.factorize(snapshots["zone"], sort=True)
    shape = (len(dates), len(zones), 2, 2)
    cell = ((at * len(zones) + zone) * 2 + snapshots["ald"].to_numpy()) * 2 + snapshots["precarious"].to_numpy()
    sums = {c: np.bincount(cell, snapshots[c], math.prod(shape)).reshape(shape) for c in ("adults", *COUNTS)}
    return dates.to_numpy(), zones, sums
