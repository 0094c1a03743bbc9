"""What the kernel takes from the catalogue: everywhere alike, or by home zone, where policies bend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ess_sim import elementary
from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.inputs.scenario.blocks import RatesBlock, values_by_zone
from ess_sim.model import kernel as k
from ess_sim.model.residents.rounding import Floats

__all__ = [
    "BY_ZONE",
    "LEVERS",
    "PARAMETERS",
    "BentRates",
    "ByZone",
    "bent_rates",
    "rates_by_zone",
    "weigh_distances",
    "write_parameters",
    "write_rates",
]


_DAILY = 1 / DAYS_PER_YEAR

PARAMETERS = {
    k.P_VOLUNTARY: ("voluntary_change_rate_per_year", _DAILY),
    k.P_NEED_LOST: ("need_rate_lost_per_year", _DAILY),
    k.P_NEED_NEVER: ("need_rate_per_year", _DAILY),
    k.P_FAR: ("far_call_rate_per_year", _DAILY),
    k.P_OUTSIDE: ("outside_release_rate_per_year", _DAILY),
    k.P_TOLERANCE: ("tolerance_minutes", 1.0),
    k.P_SHARPNESS: ("acceptance_sharpness", 1.0),
    k.P_RELATIVES: ("relatives_accepted_share", 1.0),
    k.P_FAMILY: ("family_gp_share", 1.0),
    k.P_ENTRY_SEEKING: ("entry_seeking_share", 1.0),
    k.P_SEARCH_LOST: ("searching_share_lost", 1.0),
    k.P_SEARCH_NEVER: ("searching_share_never_declared", 1.0),
    k.P_DISCOURAGED_PART: ("discouraged_part", 1.0),
    k.P_RELEASED_YOUNG: ("released_seeking_17_29", 1.0),
    k.P_RELEASED_MIDDLE: ("released_seeking_30_59", 1.0),
    k.P_RELEASED_OLD: ("released_seeking_60_plus", 1.0),
    k.P_RELEASED_ALD: ("released_seeking_ald", 1.0),
}
"""What the kernel takes from the catalogue as it is, or by the day: its number, the name, the factor.

A plain new rate is a constant ``P_…`` of the kernel's codes and a row here.
"""


def write_parameters(par: Floats, p: Mapping[str, float]) -> None:
    """Writes what holds everywhere alike, once and for all."""
    for number, (name, factor) in PARAMETERS.items():
        par[number] = p[name] * factor
    par[k.P_NEED_MAX] = max(par[k.P_NEED_LOST], par[k.P_NEED_NEVER])


def _per_day(per_year: Floats) -> Floats:
    """A rate, never negative, by the day."""
    return np.maximum(0.0, per_year) / DAYS_PER_YEAR


def _times_a_day(per_year: Floats) -> Floats:
    """The same, rounded as `PARAMETERS` are: so were rates that came to be stated by zone later."""
    return np.maximum(0.0, per_year) * _DAILY


def _share(value: Floats) -> Floats:
    return np.clip(value, 0.0, 1.0)


def _added(base: Floats, bent: Floats) -> Floats:
    return base + bent


def _in_proportion(base: Floats, bent: Floats) -> Floats:
    return base * (1.0 + bent)


def _lifted(base: Floats, bent: Floats) -> Floats:
    return base - bent


class ByZone(NamedTuple):
    """A quantity by home zone: what it is by itself, what bends it, and where the kernel finds it.

    Attributes
    ----------
    column : int
        Its column in the kernel's table of zones.
    base : str or float
        What holds while nothing is bent: a parameter that scenarios may state by zone (``by_zone`` in the catalogue),
        or a number.
    levers : tuple of str
        Levers that bend it; their sum counts.
    bend : callable
        What it becomes by that sum.
    unit : callable
        From the catalogue's units to the kernel's, within the limits of what it can be.
    highest : int, optional
        The kernel's parameter that holds the highest value of all zones; candidate events come at that rate, and are
        thinned by the zone's own.
    """

    column: int
    base: str | float
    levers: tuple[str, ...] = ()
    bend: Callable[[Floats, Floats], Floats] = _added
    unit: Callable[[Floats], Floats] = _per_day
    highest: int | None = None


BY_ZONE = (
    ByZone(k.ZF_CALL, "call_rate_per_year", ("call_ratio",), _in_proportion, highest=k.P_CALL_MAX),
    ByZone(k.ZF_GIVE_UP, "give_up_rate_per_year", unit=_times_a_day, highest=k.P_GIVE_UP_MAX),
    ByZone(k.ZF_RETURN, "return_rate_per_year", ("return_rate",), highest=k.P_RETURN_MAX),
    ByZone(k.ZF_REACH, 0.0, ("reach_rate",), highest=k.P_REACH_MAX),
    ByZone(k.ZF_REACH_PRECARIOUS, 0.0, ("reach_rate", "reach_rate_precarious"), highest=k.P_REACH_MAX),
    ByZone(k.ZF_INFORMED, "informed_share", ("informed_share",), unit=_share),
    ByZone(k.ZF_DARE, "precarious_call_multiplier", ("dare",), unit=_share),
    ByZone(k.ZF_BARRIER, 1.0, ("financial_relief",), _lifted, _share),
)
"""All quantities by home zone, but for who is precarious, which is drawn on day 0."""


LEVERS = tuple(dict.fromkeys(lever for quantity in BY_ZONE for lever in quantity.levers))
"""Levers that residents feel where they live."""


def rates_by_zone(
    blocks: Sequence[RatesBlock] | None, zones: Sequence[str], p: Mapping[str, float]
) -> dict[str, Floats]:
    """What holds in each zone while nothing is bent: a scenario's blocks, elsewhere the parameters of those names."""

    def here(name: str) -> Floats:
        return values_by_zone(blocks, zones, name, lambda: p[name])

    return {quantity.base: here(quantity.base) for quantity in BY_ZONE if isinstance(quantity.base, str)}


@dataclass(frozen=True, eq=False)
class BentRates:
    """What policies can bend, as it holds from now on.

    Attributes
    ----------
    by_zone : float array, shape (zones, quantities)
        The quantities of `BY_ZONE`, in their order, in the kernel's units.
    physical_relief : float
        Part of the weight of distance that is lifted, within the territory's cut-off.
    """

    by_zone: Floats
    physical_relief: float = 0.0


def bent_rates(rates: Mapping[str, Floats], physical_relief: float = 0.0, **levers: Any) -> BentRates:
    """The rates that follow from `rates_by_zone` and from levers of residents (see `Levers`); left out: not bent.

    Parameters
    ----------
    rates : mapping of str to float array, shape (zones,)
    physical_relief : float
        The lever that holds everywhere.
    **levers : float or float array, shape (zones,)
        The others, by home zone.
    """
    if unknown := levers.keys() - set(LEVERS):
        raise TypeError(f"no levers of residents by zone: {', '.join(sorted(unknown))}")
    nothing = np.zeros(len(next(iter(rates.values()))))

    def now(quantity: ByZone) -> Floats:
        base = rates[quantity.base] if isinstance(quantity.base, str) else quantity.base + nothing
        bent = sum((levers[name] for name in quantity.levers if name in levers), start=nothing)
        return quantity.unit(quantity.bend(base, bent))

    return BentRates(np.column_stack([now(quantity) for quantity in BY_ZONE]), physical_relief)


def write_rates(tables: k.Tables, rates: BentRates) -> None:
    """Writes all but the relief of distance, for which see `weigh_distances`; the kernel has yet to apply them."""
    tables.zfloat[:, [quantity.column for quantity in BY_ZONE]] = rates.by_zone
    highest = rates.by_zone.max(axis=0, initial=0.0)
    for bound in {quantity.highest for quantity in BY_ZONE} - {None}:
        tables.par[bound] = max(h for h, quantity in zip(highest, BY_ZONE, strict=True) if quantity.highest == bound)
    tables.par[k.P_CALL_MAX] *= tables.loudness.max()


def weigh_distances(tables: k.Tables, decay_minutes: float, relief: float, own_zones: int) -> None:
    """Weights of distances in callers' choice, of which a part ``relief`` in [0, 1] is lifted in the territory."""
    own = int(tables.indptr[own_zones])  # pairs go by the caller's zone
    for pairs, lifted in ((slice(own), relief), (slice(own, None), 0.0)):
        minutes, tolerance = tables.minutes[pairs], tables.par[k.P_TOLERANCE]
        weights = elementary.exp(-(1.0 - lifted) * minutes / decay_minutes)
        longest = tolerance + lifted * max(0.0, np.max(minutes, initial=tolerance) - tolerance)
        weights[minutes > longest] = 0.0
        tables.weights[pairs] = weights
