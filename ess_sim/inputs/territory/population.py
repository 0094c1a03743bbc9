"""The pieces of a territory from bundled communes: residents by age, positions, and what had to be assumed."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.arguments import given
from ess_sim.errors import TerritoryError
from ess_sim.inputs.documents.nodes import MAX_PROBLEMS
from ess_sim.inputs.territory.ages import AGES, FloatArray, IntArray, apportion, single_year_shares
from ess_sim.inputs.territory.countries.codes import check_code, names_of_kind
from ess_sim.inputs.territory.countries.country import Country
from ess_sim.inputs.territory.countries.registry import COUNTRIES, KINDS, country_of
from ess_sim.inputs.territory.pieces import Pieces, listed

__all__ = ["parts_of_commune", "pieces_of_codes", "pieces_of_country"]


@functools.cache
def _zones_of(country: Country) -> pd.DataFrame:
    """Communes and arrondissements that can be zones: communes with arrondissements are replaced by them."""
    frame = country.communes()
    divided = set(frame["parent"]) - {""}
    return frame[~frame["code"].isin(divided)].set_index("code").sort_index()


def parts_of_commune(code: str) -> list[str]:
    """The arrondissements that stand for a commune of any country; none where it is a zone itself."""
    return [str(c) for places in map(_zones_of, COUNTRIES) for c in places.index[places["parent"] == code]]


@functools.cache
def _shape_of_region(country: Country, region: str) -> tuple[FloatArray, bool]:
    """Shares by age for the communes without a profile of their own; True where it stands in for an unknown one."""
    known = country.ages_of_regions()
    if region not in known.index:
        return single_year_shares(known.sum().to_numpy()), True
    whole = known.loc[region].to_numpy()
    own, places = country.ages_of_communes(), _zones_of(country)
    inside = own.index.intersection(places.index[places[country.region] == region])
    rest = whole - own.loc[inside].sum().to_numpy()
    # Census and estimate are two sources: should they not fit together, the whole is the safer shape.
    return single_year_shares(rest if (rest > 0).all() else whole), False


@functools.cache
def _population_of_region(country: Country, region: str) -> tuple[dict[str, int], IntArray]:
    """Row of each zone of a region, and residents by age.

    Always for the whole region, so that a commune has the same residents in whatever territory it appears.
    """
    places = _zones_of(country)
    places = places[places[country.region] == region]
    own = country.ages_of_communes()
    shares = np.zeros((len(places), AGES))
    for row, code in enumerate(places.index):
        if code in own.index:
            shares[row] = single_year_shares(own.loc[code].to_numpy())
        else:
            shares[row] = _shape_of_region(country, region)[0]
    return {str(c): i for i, c in enumerate(places.index)}, apportion(places["population"].to_numpy(), shares)


def _notes(country: Country, places: pd.DataFrame) -> list[str]:
    """What is assumed about the residents of these zones."""
    notes = [
        f"population: {country.population} (whole residents by largest remainder); residents are not aged or moved to "
        "the scenario's start year",
    ]
    label = country.label(country.region)
    profiles = country.ages_of_communes()
    own: dict[str, int] = dict(zip(profiles.index, profiles.sum(axis=1).tolist(), strict=True))
    names: dict[str, str] = dict(zip(places.index, places["name"], strict=True))
    with_own = [code for code in names if code in own]
    if with_own:
        notes.append(f"ages of the zone's own {country.census}: {listed([names[code] for code in with_own])}")
    for code, now in zip(places.index, places["population"].tolist(), strict=True):
        if code in own and abs(now / own[code] - 1) > 0.1:
            notes.append(
                f"ages of {names[code]} ({code}): census of {own[code]} residents for {now} in {country.year}, "
                "so its limits differ"
            )
    others = sorted(set(places.loc[~places.index.isin(with_own), country.region]))
    stand_in = [d for d in others if _shape_of_region(country, d)[1]]
    if set(others) - set(stand_in):
        known = listed([d for d in others if d not in stand_in])
        notes.append(f"ages of all other zones of {known}: those of the rest of the {label} ({country.estimate})")
    if stand_in:
        known = ", ".join(country.ages_of_regions().index)
        notes.append(
            f"assumption (grade D): ages of {listed(stand_in)} are those of the {label}s {known} together, "
            "for want of a profile of their own"
        )
    if empty := [str(n) for n in places.loc[places["population"] == 0, "name"]]:
        notes.append(f"zones without residents: {listed(empty)}")
    return notes


def _filled(country: Country, places: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The zones with a position and an area each, and what had to be assumed."""
    everywhere, region, vicinity = _zones_of(country), country.region, country.vicinity
    places, notes = places.copy(), []

    def named(rows: Any) -> str:
        return listed([f"{name} ({code})" for code, name in places.loc[rows, "name"].items()])

    for mark, text in (
        ("corrected", "area corrected, the polygon at hand predates a merger: "),
        ("partial", "area too small, the polygon at hand predates a merger: "),
    ):
        if (rows := places["area_note"] == mark).any():
            notes.append(text + named(rows))
    if (rows := places["area_km2"].isna()).any():
        whose = country.label(region)
        notes.append(f"assumption (grade D): area unknown, median of the {whose}'s communes: {named(rows)}")
        medians = everywhere.groupby(region)["area_km2"].median()
        places.loc[rows, "area_km2"] = places.loc[rows, region].map(medians)
    if (rows := places["position"] == "centroid").any():
        notes.append(f"position: centroid for want of a town hall within: {named(rows)}")
    if (rows := places["longitude"].isna()).any():
        whose = country.label(vicinity)
        notes.append(f"assumption (grade D): position unknown, middle of the {whose}'s town halls: {named(rows)}")
        middles = everywhere.groupby(vicinity)[["longitude", "latitude"]].mean()
        for column in ("longitude", "latitude"):
            places.loc[rows, column] = places.loc[rows, vicinity].map(middles[column])
    return places, notes


def _pieces(country: Country, name: str, codes: Iterable[str]) -> Pieces:
    places, notes = _filled(country, _zones_of(country).loc[sorted(codes)])
    population = np.zeros((len(places), AGES), dtype=np.int64)
    for row, (code, region) in enumerate(places[country.region].items()):
        rows, numbers = _population_of_region(country, str(region))
        population[row] = numbers[rows[str(code)]]
    return Pieces(
        name,
        zones=tuple(str(c) for c in places.index),
        zone_names=tuple(str(c) for c in places["name"]),
        # of the GPs' ages: elsewhere there is none
        departements=tuple(str(c) for c in places.get("departement", [""] * len(places))),
        population=population,
        area_km2=places["area_km2"].to_numpy(np.float64),
        longitude=places["longitude"].to_numpy(np.float64),
        latitude=places["latitude"].to_numpy(np.float64),
        notes=(*_notes(country, places), *notes),
    )


def pieces_of_codes(key: str, codes: str | Iterable[str], name: str) -> Pieces:
    """What codes of the kind of this key name: one group of communes, or any communes, each once.

    A commune with arrondissements stands for them. ``name``: '' for the group's, or one made from the largest commune.

    Raises
    ------
    TerritoryError
        If a code is unknown or given twice, or there is none.
    """
    country, kind = country_of(key), KINDS[key]
    if kind.group:
        code = check_code(codes, key)
        return _pieces(country, name or names_of_kind(key)[code], _members(country, kind.column, code))
    if isinstance(codes, str):
        raise TerritoryError(f"from_{key} wants a list of codes: write [{codes!r}]")
    if not isinstance(codes, Iterable) or not isinstance(name, str):
        wrong_one = f"a text as a name, not {given(name)}" if isinstance(codes, Iterable) else f"not {given(codes)}"
        raise TerritoryError(f"from_{key} wants a list of codes, and {wrong_one}")
    places = _zones_of(country)
    chosen: dict[str, str] = {}
    wrong: dict[int, str] = {}
    for i, code in enumerate(codes):
        try:
            check_code(code, key)
        except TerritoryError as error:
            wrong[i] = str(error)
            if len(wrong) > MAX_PROBLEMS:  # suggesting takes its time
                break
            continue
        for part in [code] if code in places.index else parts_of_commune(code):
            if part in chosen:
                within = "" if part == code == chosen[part] else f" (through {chosen[part]!r} and {code!r})"
                wrong[i] = f"{kind.label} {part!r}, {names_of_kind(key)[part]}, is given twice{within}"
                break
            chosen[part] = code
    if wrong:
        raise TerritoryError("\n".join(wrong.values()), [(key, i) for i in wrong])
    if not chosen:
        raise TerritoryError(f"from_{key}: no code given")
    return _pieces(country, name or _name_of_communes(country, set(chosen.values())), chosen)


def _members(country: Country, column: str, code: str) -> Iterable[str]:
    """The zones of a group of communes."""
    frame, places = country.communes(), _zones_of(country)
    # By the commune of an arrondissement: whichever of the two rows carries the membership, it holds for both.
    members = set(frame.loc[frame[column] == code, "code"])
    return map(str, places.index[places.index.isin(members) | places["parent"].isin(members)])


def _name_of_communes(country: Country, codes: set[str]) -> str:
    """The largest of some communes, and how many others there are."""
    frame = country.communes().set_index("code").loc[sorted(codes)]
    name = str(frame.at[frame["population"].idxmax(), "name"])
    if len(codes) > 1:
        name += f" and {len(codes) - 1} other commune{'s' if len(codes) > 2 else ''}"
    return name


def pieces_of_country(country: Country) -> Pieces:
    """All communes of a country."""
    return _pieces(country, country.name, map(str, _zones_of(country).index))
