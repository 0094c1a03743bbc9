"""Residents of a region by five-year band in any year: estimates, and cohort change ratios beyond them."""

from __future__ import annotations

import functools
from enum import Enum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ess_sim.inputs.territory.countries.country import Country

__all__ = ["STEP", "Anchors", "Origin", "anchors_of_region", "change_ratios", "five_years_later"]

FloatArray = npt.NDArray[np.float64]

STEP = 5
"""Years of a band, and of a projection's step."""
_STEPS = 2
"""Steps that change ratios carry beyond the last estimate: farther, they would be about people not yet born."""
_PARENTS = slice(4, 9)
"""Bands of those aged 20 to 44, on whose number that of the youngest depends."""


class Origin(Enum):
    """What a region's bands of a year are."""

    ESTIMATE = "estimate"
    PROJECTION = "projection"
    FIRST_HELD = "first year held"
    LAST_HELD = "last year held"


class Anchors(NamedTuple):
    """Years whose bands are known or projected; between them they change by the same number each year.

    Attributes
    ----------
    years : ndarray of int, shape (anchors,)
        Ascending.
    bands : ndarray of float, shape (anchors, 20)
        Residents aged 0–4, …, 95 and over on 1 January.
    last_estimate : int
        The last year that is no projection.
    """

    years: npt.NDArray[np.int64]
    bands: FloatArray
    last_estimate: int

    def of_year(self, year: int) -> FloatArray:
        """Residents by band on 1 January of a year, shape (20,); beyond both ends those of the end."""
        year = min(max(year, int(self.years[0])), int(self.years[-1]))
        after = int(np.searchsorted(self.years, year))
        bands: FloatArray = self.bands[after]
        if year != self.years[after]:
            part = (self.years[after] - year) / (self.years[after] - self.years[after - 1])
            bands = bands + (self.bands[after - 1] - bands) * part
        return bands

    def origin(self, year: int) -> Origin:
        """What the bands of a year are."""
        if year < self.years[0]:
            return Origin.FIRST_HELD
        if year <= self.last_estimate:
            return Origin.ESTIMATE
        return Origin.PROJECTION if year <= self.years[-1] else Origin.LAST_HELD


def change_ratios(before: npt.ArrayLike, now: npt.ArrayLike) -> FloatArray:
    """Cohort change ratios (Hamilton and Perry, 1962) between two years that are five apart.

    Parameters
    ----------
    before, now : array_like of float, shape (..., 20)
        Residents by band five years ago and now.

    Returns
    -------
    ndarray of float, shape (..., 20)
        Of the youngest band, now, to residents aged 20 to 44, now; of every other band, now, to the band below it, five
        years ago (of the open one: to the last two). 1 where no one was there to change.

    Examples
    --------
    >>> change_ratios([100] * 20, [90] * 20)[[0, 1, 19]].round(3).tolist()
    [0.2, 0.9, 0.45]
    """
    old, new = np.asarray(before, dtype=np.float64), np.asarray(now, dtype=np.float64)
    base = np.empty(new.shape)
    base[..., 0] = _parents(new)
    base[..., 1:] = old[..., :-1]
    base[..., -1] += old[..., -1]
    ratios: FloatArray = np.divide(new, base, out=np.ones(new.shape), where=base > 0)
    return ratios


def five_years_later(now: npt.ArrayLike, ratios: FloatArray) -> FloatArray:
    """Residents by band five years from now, if each cohort changes by its ratio; shapes as for `change_ratios`.

    Examples
    --------
    >>> ratios = change_ratios([100] * 20, [90] * 20)
    >>> five_years_later([90] * 20, ratios)[[0, 1, 19]].round(3).tolist()
    [81.0, 81.0, 81.0]
    """
    new = np.asarray(now, dtype=np.float64)
    later: FloatArray = np.empty(new.shape)
    later[..., 1:] = new[..., :-1]
    later[..., -1] += new[..., -1]
    later[..., 1:] *= ratios[..., 1:]
    later[..., 0] = _parents(later) * ratios[..., 0]
    return later


def _parents(bands: FloatArray) -> FloatArray:
    total: FloatArray = bands[..., _PARENTS.start].copy()
    for band in range(_PARENTS.start + 1, _PARENTS.stop):  # a sum in a stated order
        total += bands[..., band]
    return total


@functools.cache
def _estimates(country: Country) -> dict[str, tuple[npt.NDArray[np.int64], FloatArray]]:
    """Years and residents by band of each region that a country estimates, all read at once."""
    if country.estimates is None:
        return {}
    table = country.estimates()
    years = table.index.get_level_values(0).to_numpy(np.int64)
    places = table.groupby(table.index.get_level_values(1)).indices
    bands = table.to_numpy(np.float64)
    in_order = {str(region): rows[np.argsort(years[rows], kind="stable")] for region, rows in places.items()}
    return {region: (years[rows], bands[rows]) for region, rows in in_order.items()}


@functools.cache
def anchors_of_region(country: Country, region: str) -> Anchors | None:
    """The estimates of a region and their projection; None where the country has no estimates of it."""
    estimates = _estimates(country)
    if region not in estimates:
        return None
    years, bands = estimates[region]
    last = int(years[-1])
    if last - STEP in years:
        ratios = change_ratios(bands[years == last - STEP][0], bands[-1])
        for _ in range(_STEPS):
            years = np.append(years, years[-1] + STEP)
            bands = np.vstack([bands, five_years_later(bands[-1], ratios)])
    return Anchors(years, bands, last)
