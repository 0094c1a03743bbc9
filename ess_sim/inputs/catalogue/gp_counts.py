"""How many GPs have a list: by département, each commune's share of them, and how their number moved over the years."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ess_sim.inputs.catalogue.bundled import text
from ess_sim.inputs.catalogue.gp_tables import check_departement, departement_figures

__all__ = ["COUNT_YEAR", "MILLION", "commune_shares", "rpps_ratio"]


COUNT_YEAR = 2024
"""Year of the counts by département."""


MILLION = 1_000_000
"""Shares of communes are whole millionths: sums of whole numbers are the same on every processor."""


@functools.cache
def commune_shares() -> Mapping[str, int]:
    """Millionths of the département's GPs who practise in a commune, by its code; read-only, without communes of none.

    Paris, Lyon and Marseille are one commune each; the five overseas départements are absent.

    Notes
    -----
    Source: INSEE, base permanente des équipements about 2018 (code D201, GPs of all modes of practice).

    Examples
    --------
    >>> commune_shares()["75056"]
    1000000
    """
    table = text("gp_communes.csv.gz")
    shares = (table["share"].astype(np.float64) * MILLION).round().astype(np.int64)
    return MappingProxyType(dict(zip(table["commune"], shares.tolist(), strict=True)))


@functools.cache
def _all_series() -> dict[str, dict[int, int]]:
    table = text("gp_counts.csv")
    found: dict[str, dict[int, int]] = {}
    for place, year, count in zip(table["area"], table["year"].astype(int), table["gp_count"].astype(int), strict=True):
        found.setdefault(place, {})[year] = count
    return found


@functools.cache
def _series(area: str) -> dict[int, int]:
    """GPs of all modes on 1 January by year: of a département, or ``france``; none where they are not known."""
    if area in _all_series():
        return _all_series()[area]
    figures = departement_figures()
    return {y: int(figures[f"gp_count_{y}"][area]) for y in (2012, 2025)} if area in figures.index else {}


def rpps_ratio(departement: str, year: int) -> tuple[float, str]:
    """GPs of a year over those of `COUNT_YEAR`, and by which series, in words.

    Parameters
    ----------
    departement : str
        Code. Without a series of its own it moves as France.
    year : int
        Outside the series (2012–2025): its nearest year.

    Raises
    ------
    TerritoryError
        If there is no such département.

    Notes
    -----
    Source: DREES, RPPS, GPs of all modes of practice on 1 January; between two known years on a straight line.

    Examples
    --------
    >>> ratio, series = rpps_ratio("53", 2017)
    >>> round(ratio, 3), series
    (1.042, 'GPs of all modes in 53, 2017 over 2024')
    """
    check_departement(departement)
    own = _series(departement)
    series = own or _series("france")
    years = sorted(series)
    nearest = min(max(year, years[0]), years[-1])
    then, now = (float(np.interp(y, years, [series[y] for y in years])) for y in (nearest, COUNT_YEAR))
    words = f"GPs of all modes in {departement if own else 'France'}, {nearest} over {COUNT_YEAR}"
    return then / now, words + (f" ({year} is not known)" if nearest != year else "")
