"""Which countries there are, and which country a key of ``territory`` belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ess_sim.inputs.territory.countries.country import Country, Kind
from ess_sim.inputs.territory.countries.france import FRANCE

__all__ = ["COUNTRIES", "KINDS", "country_of"]

COUNTRIES: tuple[Country, ...] = (FRANCE,)
"""Every country: a new one is a module of this folder, and its name here."""

KINDS: Mapping[str, Kind] = MappingProxyType({kind.key: kind for country in COUNTRIES for kind in country.kinds})
"""Every kind of code, by its key in a scenario's ``territory``."""


def country_of(key: str) -> Country:
    """The country whose kind of code has this key."""
    return next(country for country in COUNTRIES if any(kind.key == key for kind in country.kinds))
