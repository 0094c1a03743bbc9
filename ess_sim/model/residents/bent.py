"""Residents' rates that levers bend: from parameters and levers into the kernel's tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ess_sim import elementary
from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.model import kernel as k
from ess_sim.model.residents.rounding import Floats

__all__ = ["BentRates", "bent_rates", "weigh_distances", "write_rates"]


@dataclass(frozen=True, eq=False)
class BentRates:
    """What policies can bend, as it holds from now on.

    Attributes
    ----------
    calls_per_year, returns_per_year : float
        Rates of a resident of 30–59 who looks for an MT, and of one who gave up.
    informed_share, dare, financial_relief : float array, shape (zones,)
        By home zone: part of informed calls; part of the calls that the precarious dare to make; part of the
        financial barrier that is lifted.
    reach : float array, shape (zones, 2)
        Yearly rate at which those who do not look for an MT are reached; second column: precarious residents.
    physical_relief : float
        Part of the weight of distance that is lifted, within the territory's cut-off.
    """

    calls_per_year: float
    returns_per_year: float
    informed_share: Floats
    dare: Floats
    reach: Floats
    financial_relief: Floats
    physical_relief: float


def bent_rates(
    p: Mapping[str, float],
    zones: int,
    *,
    call_ratio: float = 0.0,
    return_rate: float = 0.0,
    physical_relief: float = 0.0,
    informed_share: Floats | float = 0.0,
    dare: Floats | float = 0.0,
    reach_rate: Floats | float = 0.0,
    reach_rate_precarious: Floats | float = 0.0,
    financial_relief: Floats | float = 0.0,
) -> BentRates:
    """The rates that follow from the parameters and from levers of residents (see `Levers`); 0: not bent.

    Parameters
    ----------
    zones : int
        Number of zones.
    call_ratio, return_rate, physical_relief : float
        The levers that hold everywhere.
    informed_share, dare, reach_rate, reach_rate_precarious, financial_relief : float array, shape (zones,)
        Those that hold by home zone.
    """
    everywhere = np.zeros(zones)
    reach = everywhere + reach_rate
    return BentRates(
        calls_per_year=p["call_rate_per_year"] * (1.0 + call_ratio),
        returns_per_year=p["return_rate_per_year"] + return_rate,
        informed_share=p["informed_share"] + (everywhere + informed_share),
        dare=p["precarious_call_multiplier"] + (everywhere + dare),
        reach=np.column_stack([reach, reach + reach_rate_precarious]),
        financial_relief=everywhere + financial_relief,
        physical_relief=physical_relief,
    )


def write_rates(tables: k.Tables, rates: BentRates) -> None:
    """Writes all but the relief of distance, for which see `weigh_distances`; the kernel has yet to apply them."""
    par, by_zone = tables.par, tables.zfloat
    par[k.P_CALL] = max(0.0, rates.calls_per_year) / DAYS_PER_YEAR
    par[k.P_CALL_MAX] = par[k.P_CALL] * tables.loudness.max()
    par[k.P_RETURN] = max(0.0, rates.returns_per_year) / DAYS_PER_YEAR
    by_zone[:, k.ZF_INFORMED] = np.clip(rates.informed_share, 0.0, 1.0)
    by_zone[:, k.ZF_DARE] = np.clip(rates.dare, 0.0, 1.0)
    by_zone[:, k.ZF_BARRIER] = 1.0 - np.clip(rates.financial_relief, 0.0, 1.0)
    by_zone[:, [k.ZF_REACH, k.ZF_REACH_PRECARIOUS]] = np.maximum(0.0, rates.reach) / DAYS_PER_YEAR
    par[k.P_REACH_MAX] = np.max(rates.reach, initial=0.0) / DAYS_PER_YEAR


def weigh_distances(tables: k.Tables, decay_minutes: float, relief: float) -> None:
    """Weights of distances in callers' choice, of which a part ``relief`` in [0, 1] is lifted."""
    minutes, tolerance = tables.minutes, tables.par[k.P_TOLERANCE]
    weights = elementary.exp(-(1.0 - relief) * minutes / decay_minutes)
    longest = tolerance + relief * max(0.0, np.max(minutes, initial=tolerance) - tolerance)
    weights[minutes > longest] = 0.0
    tables.weights[:] = weights
