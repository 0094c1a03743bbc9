"""Residents of a region's communes by five-year band: their own rows, changed as the region's residents."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ess_sim.inputs.territory.countries.country import STAND_IN, Country
from ess_sim.inputs.territory.demography.cohorts import anchors_of_region

__all__ = ["BandsOfCommunes", "bands_of_communes"]

FloatArray = npt.NDArray[np.float64]


class BandsOfCommunes(NamedTuple):
    """Residents of some communes on 1 January of a year, not yet whole.

    Attributes
    ----------
    bands : ndarray of float, shape (communes, 20)
        By five-year band, up to a factor for each commune.
    totals : ndarray of float, shape (communes,)
        Of all ages; whole where they are published.
    basis : tuple of str
        What each commune's row is: a key of the country's ``bases``, `STAND_IN` where it has no row.
    """

    bands: FloatArray
    totals: FloatArray
    basis: tuple[str, ...]


@functools.cache
def _rows(country: Country) -> tuple[pd.DataFrame, pd.Series[str]]:
    """Residents by band of each commune in ``country.ages_year``, and the basis of its row."""
    table = country.ages()
    if table.index.nlevels == 1:
        return table, pd.Series("", index=table.index)
    codes, basis = (table.index.get_level_values(level) for level in (0, 1))
    return table.set_axis(codes), pd.Series(basis, index=codes)


def bands_of_communes(country: Country, region: str, residents: pd.Series[int], year: int) -> BandsOfCommunes:
    """Residents of the communes of a region by age on 1 January of a year.

    The row of a commune changes in each band as the region's residents do (`anchors_of_region`). Its total is its own:
    that of its row in the year of the rows, and its population in that of the populations. Between the two years the
    correction that this takes grows by the same part each year; before and after them it is held.

    Parameters
    ----------
    residents : Series of int
        Population of each commune of the region in ``country.year``, by code.

    Notes
    -----
    A commune without row has the ages of the others in its region.
    """
    rows, bases = _rows(country)
    own = np.ascontiguousarray(rows.reindex(residents.index).fillna(0).to_numpy(np.float64))  # one order of sums
    population: FloatArray = np.asarray(residents, dtype=np.float64)
    now, then = own * _change(country, region, year), own * _change(country, region, country.year)
    basis = bases.reindex(residents.index).fillna(STAND_IN)
    if (without := (then.sum(axis=1) == 0) & (population > 0)).any():
        shape = own.sum(axis=0) if own.any() else rows.to_numpy(np.float64).sum(axis=0)
        per_resident = shape / (shape * _change(country, region, country.year)).sum()
        then[without] = population[without, None] * per_resident * _change(country, region, country.year)
        now[without] = population[without, None] * per_resident * _change(country, region, year)
        basis[without] = STAND_IN
    totals = population
    if year != country.year:
        years = country.year - country.rows_year
        part = min(1.0, max(0.0, (year - country.rows_year) / years)) if years else 1.0
        correction = np.divide(population, then.sum(axis=1), out=np.zeros(len(population)), where=population > 0)
        totals = now.sum(axis=1) * (1.0 + (correction - 1.0) * part)
    return BandsOfCommunes(now, totals, tuple(basis))


def _change(country: Country, region: str, year: int) -> FloatArray:
    """By how much the bands of a region differ in a year from those of the year of the rows; 1 without estimates."""
    anchors = anchors_of_region(country, region)
    if anchors is None:
        return np.ones(20)
    then, now = anchors.of_year(country.rows_year), anchors.of_year(year)
    change: FloatArray = np.divide(now, then, out=np.ones(len(then)), where=then > 0)
    return change
