"""Which communes a code names: zones, the members of a group, the département in which a commune lies."""

from __future__ import annotations

import functools

import pandas as pd

from ess_sim.inputs.territory.countries.country import Country, Kind
from ess_sim.inputs.territory.countries.registry import COUNTRIES, KINDS, country_of

__all__ = ["holds_regions", "members_of", "parts_of_commune", "region_of", "zones_of_code", "zones_of_country"]


@functools.cache
def zones_of_country(country: Country) -> pd.DataFrame:
    """Communes and arrondissements that can be zones: communes with arrondissements are replaced by them."""
    frame = country.communes()
    divided = set(frame["parent"]) - {""}
    return frame[~frame["code"].isin(divided)].set_index("code").sort_index()


def parts_of_commune(code: str) -> list[str]:
    """The arrondissements that stand for a commune of any country; none where it is a zone itself."""
    return [str(c) for places in map(zones_of_country, COUNTRIES) for c in places.index[places["parent"] == code]]


@functools.lru_cache(maxsize=256)
def members_of(key: str, code: str) -> tuple[str, ...]:
    """The zones of a group of communes, whose code of this kind exists; sorted."""
    country, kind = country_of(key), KINDS[key]
    frame, places = _communes(country), zones_of_country(country)
    # By the commune of an arrondissement: whichever of the two rows carries the membership, it holds for both.
    members = set(frame.loc[frame[kind.column] == code, "code"])
    return tuple(map(str, places.index[places.index.isin(members) | places["parent"].isin(members)]))


def zones_of_code(kind: Kind, code: str) -> tuple[str, ...]:
    """The zones that one code of a kind stands for."""
    if kind.group:
        return members_of(kind.key, code)
    return tuple(parts_of_commune(code)) or (code,)


@functools.cache
def holds_regions(kind: Kind) -> bool:
    """Whether a kind's groups are regions (of France: départements) or consist of them."""
    country = country_of(kind.key)
    return kind.group and bool((_communes(country).groupby(country.region)[kind.column].nunique() == 1).all())


@functools.cache
def region_of(country: Country) -> dict[str, str]:
    """Name of the region (of France: the département) of each commune, by the commune's code."""
    frame = _communes(country)
    kind = next(kind for kind in country.kinds if kind.column == country.region)
    table = kind.read()
    names = dict(zip(table["code"], table["name"], strict=True))
    return {code: names.get(part, "") for code, part in zip(frame["code"], frame[country.region], strict=True)}


@functools.cache
def _communes(country: Country) -> pd.DataFrame:
    return country.communes()
