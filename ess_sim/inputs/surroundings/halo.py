"""The halo of a territory: the communes around it, which take part in a run and count in its costs only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ess_sim.errors import TerritoryError
from ess_sim.inputs.territory.ages import FloatArray
from ess_sim.inputs.territory.countries.country import Country
from ess_sim.inputs.territory.countries.registry import COUNTRIES
from ess_sim.inputs.territory.roads.distances import near_pairs
from ess_sim.inputs.territory.territory import Territory

__all__ = ["MAX_HALO_MINUTES", "is_closed", "minutes_around", "where_in_halo", "with_halo"]


MAX_HALO_MINUTES = 60.0


_FASTEST = 2.0
"""Crow-fly km a minute, more than any journey makes: which communes are looked at, no part of the result."""


def minutes_around(territory: Mapping[str, Any]) -> float:
    """Up to how many minutes around a scenario's ``territory`` communes take part in its runs; 0: none does."""
    return float(territory.get("halo_minutes") or 0.0)


def is_closed(territory: Mapping[str, Any]) -> bool:
    """Whether a scenario's ``territory`` has a border, smaller than a département's, that no one looks beyond.

    What a policy adds in places stays inside, and looks larger than it is (docs/limits.md, 8).
    """
    part = any(territory.get(way) for way in ("communes", "epci", "ept"))
    return part and not minutes_around(territory)


def with_halo(territory: Territory, minutes: float, *, year: int = 2023) -> Territory:
    """The same territory, surrounded by all bundled communes within so many minutes of one of its zones.

    Parameters
    ----------
    territory : Territory
        Of bundled communes, before quarters are carved out of it and zones are left out.
    minutes : float
        From 0 (no halo) to 60, by the territory's way of measuring travel.
    year : int, optional
        The halo's residents are those of its 1 January, as the territory's should be.

    Returns
    -------
    Territory
        Whose ``halo`` holds the communes; the territory itself where there are none.

    Raises
    ------
    TerritoryError
        If the minutes are out of range, or the territory has zones that are no bundled communes, a travel table, or a
        halo already.

    Examples
    --------
    >>> laval = with_halo(Territory.from_communes(["53130"]), 10)
    >>> laval.halo.zone_names
    ('Bonchamp-lès-Laval', 'Changé', 'Saint-Berthevin')
    """
    if not 0 <= minutes <= MAX_HALO_MINUTES:
        raise TerritoryError(f"minutes of a halo must lie between 0 and {MAX_HALO_MINUTES:g}, not {minutes!r}")
    if territory.edges is not None or territory.halo is not None:
        has = "a halo already" if territory.edges is None else "a travel table, which knows no commune around it"
        raise TerritoryError(f"{territory.name} has {has}")
    country = _country_of(territory)
    candidates = _neighbours(country, territory, _FASTEST * minutes)
    if not candidates:
        return territory
    around = Territory.from_codes(country.commune.key, candidates, name=f"around {territory.name}", year=year)
    both = replace(territory, halo=around, cutoff_minutes=max(minutes, 1e-9)).whole
    indptr, own = both.travel_indptr, len(territory.zones)
    to, distance = (part[: indptr[own]] for part in (both.travel_indices, both.travel_minutes))
    near = np.unique(to[(to >= own) & (distance <= minutes)]) - own
    if not len(near) or not around.adults[near].sum():
        return territory
    halo = Territory.from_codes(country.commune.key, [around.zones[i] for i in near], name=around.name, year=year)
    communes = "1 commune" if len(near) == 1 else f"{len(near)} communes"
    note = (
        f"halo: {communes} within {minutes:g} min, {halo.population.sum():,} residents in all: part of the run, "
        "counted in its costs only"
    )
    return replace(territory, halo=halo, notes=(*territory.notes, note))


def _country_of(territory: Territory) -> Country:
    for country in COUNTRIES:
        if {*territory.zones} <= {*country.communes()["code"]}:
            return country
    raise TerritoryError(f"{territory.name} has zones that are no bundled communes: no one knows what lies around them")


def _neighbours(country: Country, territory: Territory, km: float) -> list[str]:
    """Communes and arrondissements outside a territory, nearer than so many km to one of its zones."""
    frame = country.communes()
    divided = {*frame["parent"]} - {""}
    places = frame[~frame["code"].isin({*divided, *territory.zones}) & frame["longitude"].notna()]
    places = places[_in_box(places["longitude"].to_numpy(), places["latitude"].to_numpy(), territory, km)]
    own = len(territory.zones)
    longitude = np.concatenate([territory.longitude, places["longitude"]])
    latitude = np.concatenate([territory.latitude, places["latitude"]])
    origins, destinations, _ = near_pairs(longitude, latitude, km)
    found = np.unique(destinations[(origins < own) & (destinations >= own)]) - own
    return sorted(map(str, places["code"].to_numpy()[found]))


def _in_box(longitude: FloatArray, latitude: FloatArray, territory: Territory, km: float) -> NDArray[np.bool_]:
    """Whether points lie in the box around a territory that holds all within so many km of it."""
    degrees = km / 110.0
    wide = degrees / max(0.01, float(np.cos(np.radians(np.abs(territory.latitude).max() + degrees))))
    inside: NDArray[np.bool_] = (
        (longitude >= territory.longitude.min() - wide)
        & (longitude <= territory.longitude.max() + wide)
        & (latitude >= territory.latitude.min() - degrees)
        & (latitude <= territory.latitude.max() + degrees)
    )
    return inside


_UNKNOWN_ZONE = re.compile("unknown zone '(.+?)' in this territory")


def where_in_halo(what: str, territory: Territory) -> str:
    """A message about a scenario; one on an unknown zone says so where the zone lies in the territory's halo."""
    unknown = _UNKNOWN_ZONE.match(what) if territory.halo is not None else None
    if unknown is None or territory.halo is None:
        return what
    names = dict(zip(territory.halo.zones, territory.halo.zone_names, strict=True))
    here = [code for code, name in names.items() if unknown[1] in (code, name)]
    if not here:
        return what
    return f"zone {here[0]!r}, {names[here[0]]}, lies in the halo: a scenario names zones of the territory itself only"
