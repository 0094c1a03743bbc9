"""Medians and other quantiles of what is known by zone as a distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.results.indicators.shares import Floats
from ess_sim.results.tables.distributions import DISTRIBUTIONS, FIRST_BIN

__all__ = ["QUANTILES", "Quantile", "quantile"]


@dataclass(frozen=True)
class Quantile:
    """A quantile of one of `DISTRIBUTIONS`, of all residents or of those of some zones.

    Attributes
    ----------
    quantity : str
        Key of `DISTRIBUTIONS`.
    part : float
        Part of the residents who have at most this, e.g. 0.5 for the median.
    """

    quantity: str
    part: float

    table: ClassVar[str] = "distributions"
    divisions: ClassVar[tuple[str, ...]] = ("zone", "departement")

    def values(self, rows: pd.DataFrame, dates: Any, by: Sequence[str]) -> pd.DataFrame:
        """The quantile by date and group: see `by_group`. ``residents`` is missing: it is no number of residents."""
        what = DISTRIBUTIONS[self.quantity]
        rows = rows[rows["quantity"] == self.quantity]
        keys = [pd.Series(np.searchsorted(dates, rows["date"].to_numpy()), index=rows.index)]
        known = [pd.Index(dates, name="date")]
        for name in by:
            column: Any = rows[name].cat
            keys.append(column.codes)
            known.append(pd.CategoricalIndex(column.categories, column.categories, name=name))
        shape = (*map(len, known), what.bins)
        cell = np.ravel_multi_index([*(key.to_numpy() for key in keys), rows["value"].to_numpy()], shape)
        counts: Floats = np.bincount(cell, rows["residents"], int(np.prod(shape))).reshape(-1, what.bins).astype(float)
        return pd.DataFrame(
            {"adults": counts.sum(axis=1), "residents": np.nan, "value": quantile(counts, self.part, what.lowest)},
            index=pd.MultiIndex.from_product(known),
        )

    def of_all(self, distributions: NDArray[np.int64]) -> Floats:
        """The quantile of all residents, from their numbers by bin, shape (records, bins)."""
        what, first = DISTRIBUTIONS[self.quantity], FIRST_BIN[tuple(DISTRIBUTIONS).index(self.quantity)]
        return quantile(distributions[:, first : first + what.bins].astype(float), self.part, what.lowest)


QUANTILES: Mapping[str, Quantile] = {
    "median_minutes": Quantile("minutes", 0.5),
}
"""Outcomes that are quantiles of a distribution by zone: they can be stated for any set of zones."""


def quantile(counts: Floats, part: float, lowest: float) -> Floats:
    """Quantiles of numbers counted in bins of width 1, within which they are taken to lie evenly.

    Parameters
    ----------
    counts : float array, shape (…, bins)
        The last bin is open: a quantile that falls into it is stated as where that begins.
    part : float
        Part of all that is at most the quantile, in 0–1.
    lowest : float
        Where the first bin begins; what lies below 0 of it is empty.

    Returns
    -------
    float array
        One quantile less an axis; NaN where nothing is counted.

    Examples
    --------
    >>> quantile(np.array([[0, 0, 6, 2, 2, 0], [0, 0, 0, 9, 0, 0], [0, 0, 0, 0, 0, 0]]), 0.5, -0.5).round(3).tolist()
    [2.333, 3.0, nan]
    """
    so_far = np.cumsum(counts, axis=-1)
    wanted = part * so_far[..., -1:]
    place = np.minimum((so_far < wanted).sum(axis=-1, keepdims=True), counts.shape[-1] - 1)
    inside = np.take_along_axis(counts, place, axis=-1)
    before = np.take_along_axis(so_far, place, axis=-1) - inside
    begin, end = np.maximum(place + lowest, 0.0), place + lowest + 1.0
    end = np.where(place == counts.shape[-1] - 1, begin, end)
    along = np.divide(wanted - before, inside, out=np.full(wanted.shape, np.nan), where=so_far[..., -1:] > 0)
    out: Floats = (begin + along * (end - begin))[..., 0]
    return out
