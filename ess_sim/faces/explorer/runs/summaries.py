"""Paired differences of what runs measured, in people: as `ess_sim.compare` of the same runs has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ess_sim.faces.explorer.runs.measures import Measures
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.comparison.pairing import default_dates
from ess_sim.results.statistics.intervals import FEWEST, half_width

__all__ = ["differences", "levels"]

Floats = npt.NDArray[np.float64]
_FEWEST_SAME = 2
"""Pairs: one alone may be the same by chance."""

_SHARE = OUTCOMES["share_without_mt"]


def _interval(values: Floats) -> dict[str, Any]:
    """Mean over the last axis, and the half-width of its 95 % interval; None below `FEWEST` values."""
    half = half_width(values) if values.shape[-1] >= FEWEST else None
    return {"mean": values.mean(axis=-1).tolist(), "half": None if half is None else half.tolist()}


def _shares(runs: Sequence[Measures]) -> Floats:
    """Shares without MT, in %, shape (records, runs)."""
    out: Floats = np.stack([_SHARE.scale * (run.without_mt / run.adults) for run in runs], axis=-1)
    return out


def levels(runs: Sequence[Measures]) -> dict[str, Any]:
    """What some runs of one scenario have in common.

    Parameters
    ----------
    runs : sequence of Measures
        At least one.

    Returns
    -------
    dict
        ``dates`` (ISO text); ``marks``: numbers of the records that tables show; means over the runs: ``adults``,
        ``without_mt`` and ``share`` (%), by date; ``zones``: adults of each zone at the end.
    """
    first = runs[0]
    recorded = pd.DatetimeIndex(first.dates)
    return {
        "dates": [day.isoformat() for day in first.dates],
        "marks": [int(recorded.searchsorted(day)) for day in default_dates(recorded)],
        "adults": np.stack([run.adults for run in runs]).mean(axis=0).tolist(),
        "without_mt": np.stack([run.without_mt for run in runs]).mean(axis=0).tolist(),
        "share": _shares(runs).mean(axis=-1).tolist(),
        "zones": np.stack([run.zones_adults for run in runs]).mean(axis=0).tolist(),
    }


def differences(baseline: Sequence[Measures], variant: Sequence[Measures]) -> dict[str, Any]:
    """What a variant gives, replication by replication.

    Parameters
    ----------
    baseline, variant : sequence of Measures
        The same replications of both, at least one.

    Returns
    -------
    dict
        ``n`` (pairs); ``gained``: residents aged 17 or over who have an MT and would have none, by date, and ``zones``:
        the same at the end by zone, each ``mean`` and ``half`` (of the 95 % Student interval, None below five pairs);
        ``points``: the difference of the share without MT, percentage points, by date; ``futures``: ``gained`` at the
        end of each pair; ``same``: whether all that was measured is the same in every pair, of two or more.
    """
    pairs = list(zip(baseline, variant, strict=True))
    gained = np.stack([(b.without_mt - v.without_mt).astype(np.float64) for b, v in pairs], axis=-1)
    zones = np.stack([(b.zones_without_mt - v.zones_without_mt).astype(np.float64) for b, v in pairs], axis=-1)
    return {
        "n": len(pairs),
        "gained": _interval(gained),
        "points": _interval(_shares(variant) - _shares(baseline)),
        "zones": _interval(zones),
        "futures": gained[-1].tolist(),
        "same": len(pairs) >= _FEWEST_SAME and all(b.same_as(v) for b, v in pairs),
    }
