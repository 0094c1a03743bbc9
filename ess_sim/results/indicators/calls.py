"""Calls that fail, by reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ess_sim.results.indicators.shares import groups_of, sums_by

__all__ = ["BARRIERS", "barriers", "failed_calls"]


BARRIERS = {"too_far": "physical", "financial": "financial", "suppressed": "psychological"}
"""Outcomes of calls behind which a barrier stands, with the barrier's name."""


def failed_calls(calls: pd.DataFrame, by: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Calls that did not lead to an MT, by reason, and calls that were never made.

    Parameters
    ----------
    calls : pandas.DataFrame
    by : str or sequence of str, optional
        Among ``zone``, ``age_band``, ``ald``, ``precarious``; the date is always kept.

    Returns
    -------
    pandas.DataFrame
        ``date``, the groups, ``caller``, ``reason`` (``too_far``, ``no_place``, ``closed``, ``financial``, or
        ``suppressed``: a caller who did not dare), ``calls``. Rows of zero are left out.
    """
    failed = calls[~calls["outcome"].isin(["accepted", "accepted_relative"])]
    groups = [*groups_of(by), "caller", "outcome"]
    out = sums_by(failed, groups, ["count"]).reset_index()
    return out.rename(columns={"outcome": "reason", "count": "calls"})


def barriers(
    calls: pd.DataFrame, by: str | Sequence[str] | None = None, *, since: Any = None, until: Any = None
) -> pd.DataFrame:
    """How residents without MT fared when they looked for one, and what stood in their way.

    Parameters
    ----------
    calls : pandas.DataFrame
    by : str or sequence of str, optional
        Among ``date``, ``zone``, ``age_band``, ``ald``, ``precarious``; by default all together.
    since, until : date, optional
        First and last record that count; each record holds the calls since the one before.

    Returns
    -------
    pandas.DataFrame
        The groups, ``attempts`` (calls made, and calls that residents did not dare to make), and which shares of them
        ended how, adding up to 1: ``registered``, ``physical`` (lists were open, but all too far away), ``financial``,
        ``psychological`` (not made), ``no_room`` (no list had room, or the practice was full). Groups without attempts
        are left out.

    Raises
    ------
    ResultsError
        For an unknown group.
    """
    groups = [g for g in groups_of(by) if g != "date" or "date" in ([by] if isinstance(by, str) else by or [])]
    kept = calls["caller"] == "without_mt"
    if since is not None:
        kept &= calls["date"] >= pd.Timestamp(since)
    if until is not None:
        kept &= calls["date"] <= pd.Timestamp(until)
    own = calls[kept]
    names = {"accepted": "registered", "accepted_relative": "registered", **BARRIERS}
    ending = own["outcome"].astype(str).map(names).fillna("no_room").rename("ending")
    keys = [own[g] for g in groups] or [pd.Series(0, index=own.index, name="all")]
    wide = own["count"].groupby([*keys, ending], observed=True).sum().unstack("ending", fill_value=0)
    wide = wide.reindex(columns=["registered", *BARRIERS.values(), "no_room"], fill_value=0)
    attempts = wide.sum(axis=1)
    shares = wide.div(attempts, axis=0)
    shares.insert(0, "attempts", attempts)
    return shares.reset_index(drop=not groups).rename_axis(columns=None)
