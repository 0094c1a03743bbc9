"""Shares without MT with which départements start in balance, given how many adults share a GP there."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ess_sim import elementary
from ess_sim.inputs.catalogue.gp_tables import gp_departements
from ess_sim.inputs.figures.estimates import list_holders
from ess_sim.inputs.territory.ages import ADULT_AGE
from ess_sim.inputs.territory.countries.france import FRANCE
from ess_sim.inputs.territory.demography.cohorts import STEP, anchors_of_region

__all__ = ["adults_per_gp", "balanced_shares", "fte_each", "listed_in_france", "usual_lists"]

_MOST = 3.0
"""A share is at most so many times the national one: Mayotte, one GP for 9,200 residents, is no GPs' practice."""
_ALMOST_ALL = 0.99
_FULLEST = 0.985
"""Lists are at most so full: beyond, so few places are left in France that shares say nothing of its GPs."""
_HALVINGS = 40
_TENTHS_OF_A_PERCENT = 1000
_PARAMETERS = (
    "national_lost_share",
    "national_never_declared_share",
    "list_fill",
    "entries_per_list_holder",
    "filling_years",
    "custom_elasticity",
    "acceptance_sharpness",
)


def balanced_shares(year: int, p: Mapping[str, float]) -> Mapping[str, float]:
    """Share of adults without MT of each département on day 0, by code, where a scenario says nothing of it.

    At this share as many of those without MT find one, per adult with an MT, as in France (docs/model.md, 3).

    Parameters
    ----------
    year : int
        Adults and GPs are those of its 1 January.
    p : mapping of str to float
        The run's parameters.

    Returns
    -------
    mapping of str to float
        From 0 to three times the national share, in tenths of a percent; over all adults of France the national share,
        but for what rounding takes.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.parameters import Parameters
    >>> few_gps, many_gps = (balanced_shares(2024, Parameters())[d] for d in ("18", "05"))
    >>> few_gps > 0.11 > many_gps
    True
    """
    return _shares(year, *(p[name] for name in _PARAMETERS))


def fte_each(p: Mapping[str, float]) -> float:
    """Mean FTE of a list-holding GP of day 0."""
    return 1.0 - p["gps_women_share"] * (1.0 - p["women_fte"])


def listed_in_france(p: Mapping[str, float]) -> float:
    """Adults on lists per FTE in France; those whose MT is elsewhere are left out, as no territory counts them."""
    return p["listed_adults_per_fte"] * (1.0 - p["nominal_mt_share"])


def usual_lists(year: int, p: Mapping[str, float]) -> Mapping[str, float]:
    """Adults on lists per FTE that are usual in each département on 1 January, by code, left out as in France."""
    shares = balanced_shares(year, p)
    here = (1.0 - p["nominal_mt_share"]) / fte_each(p)
    return {
        code: (1.0 - shares[code]) * adults / gps * here
        for code, adults, gps in zip(*(list(part) for part in _adults_and_gps(year)), strict=True)
    }


def adults_per_gp(year: int) -> float:
    """Adults for each list-holding GP of France on 1 January.

    >>> round(adults_per_gp(2024), -1)
    1070.0
    """
    _, adults, gps = _adults_and_gps(year)
    return _sum(adults) / _sum(gps)


@functools.lru_cache(maxsize=64)
def _shares(
    year: int,
    lost: float,
    never: float,
    list_fill: float,
    entries: float,
    filling_years: float,
    elasticity: float,
    sharpness: float,
) -> Mapping[str, float]:
    codes, adults, gps = _adults_and_gps(year)
    france = lost + never
    if elasticity >= 1.0 or not 0.0 < france < 1.0:
        return MappingProxyType(dict.fromkeys(codes, france))
    fill = min(_FULLEST, list_fill / (1.0 - entries * filling_years / 2.0))
    crowding = adults / gps * (_sum(gps) / _sum(adults)) / (1.0 - france)
    enough = france / (1.0 - france) * max(0.0, 1.0 - float(elementary.power(fill, sharpness)))
    low, high = np.zeros(len(codes)), np.full(len(codes), min(_ALMOST_ALL, _MOST * france))
    for _ in range(_HALVINGS):
        share = 0.5 * (low + high)
        used = fill * elementary.power((1.0 - share) * crowding, 1.0 - elasticity)
        accepted = np.maximum(0.0, 1.0 - elementary.power(used, sharpness))
        over = share / (1.0 - share) * accepted > enough
        low, high = np.where(over, low, share), np.where(over, share, high)
    scale = france * _sum(adults) / _sum(adults * low)
    tenths = np.rint(low * scale * _TENTHS_OF_A_PERCENT) / _TENTHS_OF_A_PERCENT
    return MappingProxyType(dict(zip(codes, tenths.tolist(), strict=True)))


@functools.cache
def _adults_and_gps(year: int) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    """Codes of all départements, and the adults and list-holding GPs of each on 1 January."""
    codes, adults, gps = [], [], []
    first = ADULT_AGE // STEP
    for code in gp_departements().index:
        anchors, n = anchors_of_region(FRANCE, code), list_holders(code, year)
        if anchors is None or not n:
            continue
        bands = anchors.of_year(year)
        codes.append(str(code))
        adults.append(float(bands[first]) * ((first + 1) * STEP - ADULT_AGE) / STEP + _sum(bands[first + 1 :]))
        gps.append(float(n))
    return tuple(codes), np.array(adults), np.array(gps)


def _sum(values: NDArray[np.float64]) -> float:
    """From first to last: the same on every processor."""
    return float(sum(values.tolist()))
