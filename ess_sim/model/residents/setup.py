"""The kernel's tables as they are on day 0: parameters, hazards, arrivals, travel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.inputs.territory.zones import Zones
from ess_sim.model import kernel as k
from ess_sim.model.residents.day0 import Start
from ess_sim.model.residents.quantities import write_parameters
from ess_sim.model.residents.rates import Hazards
from ess_sim.model.residents.rounding import Floats
from ess_sim.results.tables import cells

__all__ = ["fill_tables", "layout_of"]


_SPARE_PROVIDERS = 32
_DAILY = 1 / DAYS_PER_YEAR


def layout_of(territory: Zones, day0: Start, practices: int, own_zones: int) -> k.Layout:
    """Sizes of an arena for these residents and practices, with room for newcomers, which takes no memory yet."""
    n = len(day0.zone)
    return k.Layout(
        rows=n + n // 4 + 200,
        slots=practices + _SPARE_PROVIDERS,
        zones=len(territory.zones),
        pairs=len(territory.travel_indices),
        entries=len(day0.entry_time),
        own_zones=own_zones,
    )


def fill_tables(tables: k.Tables, territory: Zones, p: Mapping[str, float], rates: Hazards, day0: Start) -> None:
    """Writes what stays as it is throughout the run."""
    _fill_parameters(tables.par, p)
    _fill_hazards(tables, rates)
    _fill_loudness(tables.loudness, p)
    _fill_arrivals(tables, p, rates, day0)
    _fill_travel(tables, territory)


def _fill_parameters(par: Floats, p: Mapping[str, float]) -> None:
    national = p["national_lost_share"] + p["national_never_declared_share"]
    par[k.P_NATIONAL_LOST_PART] = p["national_lost_share"] / national if national else 0.0
    write_parameters(par, p)


def _fill_hazards(tables: k.Tables, rates: Hazards) -> None:
    hazard, par = tables.hazard, tables.par
    hazard[:, k.H_DEATH] = rates.death * _DAILY
    hazard[:, k.H_OUT] = rates.move_out * _DAILY
    hazard[:, k.H_WITHIN] = rates.move_within * _DAILY
    hazard[:, k.H_ALD] = rates.ald_onset * _DAILY
    hazard[:, k.H_ANY] = hazard[:, : k.H_ANY].sum(axis=1) + par[k.P_VOLUNTARY]
    par[k.P_HAZARD_MAX] = hazard[: k.OLDEST, k.H_ANY].max()
    par[k.P_HAZARD_OLDEST] = hazard[k.OLDEST :, k.H_ANY].max()


def _fill_loudness(loudness: Floats, p: Mapping[str, float]) -> None:
    """How often residents of each band × ALD × precarious call, in terms of those of 30–59 without ALD."""
    by_age = np.array([p["young_call_multiplier"], 1, 1, p["old_call_multiplier"], p["old_call_multiplier"]])
    factors = cells.view(loudness)[0]
    factors[:] = by_age[:, np.newaxis, np.newaxis]
    factors[:, 1] *= p["ald_call_multiplier"]


def _fill_arrivals(tables: k.Tables, p: Mapping[str, float], rates: Hazards, day0: Start) -> None:
    """Residents who move in, and those who reach 17."""
    arrival_ages = np.cumsum(day0.adults_by_age * rates.move_out)
    national = p["national_lost_share"] + p["national_never_declared_share"]
    relative = np.empty(k.MAX_AGE + 1)
    relative[:30], relative[30:60] = p["without_mt_relative_17_29"], p["without_mt_relative_30_59"]
    relative[60:] = p["without_mt_relative_60_plus"]
    tables.par[k.P_IMMIGRATION] = arrival_ages[-1] * _DAILY
    tables.arrival_ages[:] = arrival_ages
    tables.arrival_without[:] = np.minimum(1.0, national * relative)
    destinations = day0.adults if day0.destinations is None else day0.destinations
    tables.zone_adults[:] = np.cumsum(destinations / max(1, np.cumsum(destinations)[-1]))
    tables.ald_prevalence[:] = rates.ald_prevalence
    tables.zfloat[:, k.ZF_PRECARIOUS] = day0.precarious_share
    tables.entry_time[:] = day0.entry_time
    tables.entry_zone[:] = day0.entry_zone


def _fill_travel(tables: k.Tables, territory: Zones) -> None:
    zones = len(territory.zones)
    origins = np.repeat(np.arange(zones), np.diff(territory.travel_indptr))
    tables.origins[:] = origins[np.argsort(territory.travel_indices, kind="stable")]
    tables.origin_indptr[1:] = np.cumsum(np.bincount(territory.travel_indices, minlength=zones))
    tables.indptr[:] = territory.travel_indptr
    tables.indices[:] = territory.travel_indices
    tables.minutes[:] = np.asarray(territory.travel_minutes, dtype=np.float64)
