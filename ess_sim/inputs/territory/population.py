"""The pieces of a territory from bundled communes: residents by age, positions, and what had to be assumed."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.arguments import given
from ess_sim.errors import ArgumentError, TerritoryError
from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.documents.nodes import MAX_PROBLEMS
from ess_sim.inputs.territory.ages import AGES, FloatArray, IntArray, apportion, single_year_shares
from ess_sim.inputs.territory.countries.codes import (
    Present,
    check_code,
    codes_with_name,
    names_of_kind,
    present_commune,
)
from ess_sim.inputs.territory.countries.country import STAND_IN, Basis, Country
from ess_sim.inputs.territory.countries.members import members_of, parts_of_commune
from ess_sim.inputs.territory.countries.members import zones_of_country as _zones_of
from ess_sim.inputs.territory.countries.registry import KINDS, country_of
from ess_sim.inputs.territory.demography.cohorts import Origin, anchors_of_region
from ess_sim.inputs.territory.demography.communes import bands_of_communes
from ess_sim.inputs.territory.pieces import Pieces, listed

__all__ = ["in_french", "pieces_of_codes", "pieces_of_country"]

FIRST_YEAR, LAST_YEAR = 1990, 2100
FEW = 6
"""Zones whose names a note gives."""
FAR = 0.1
"""Part by which a region's published population and its estimate may differ before it is said."""
_GRADES = {Origin.ESTIMATE: "B", Origin.PROJECTION: "C", Origin.FIRST_HELD: "D", Origin.LAST_HELD: "D"}


def _check_year(year: object) -> int:
    """The year, if a scenario can start in it."""
    if isinstance(year, bool) or not isinstance(year, int | np.integer):
        raise ArgumentError(f"year must be a whole number, not {given(year)}")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ArgumentError(f"year must lie between {FIRST_YEAR} and {LAST_YEAR}, not {given(year)}")
    return int(year)


@functools.lru_cache(maxsize=256)
def _population_of_region(country: Country, region: str, year: int) -> tuple[dict[str, int], IntArray, tuple[str, ...]]:
    """Row of each zone of a region, residents by age, and what these ages rest on.

    Always for the whole region, so that a commune has the same residents in whatever territory it appears.
    """
    places = _zones_of(country)
    places = places[places[country.region] == region]
    found = bands_of_communes(country, region, places["population"], year)
    shares = np.zeros((len(places), AGES))
    inhabited = found.bands.any(axis=1)
    shares[inhabited] = single_year_shares(found.bands[inhabited])
    rows = {str(c): i for i, c in enumerate(places.index)}
    return rows, apportion(_whole(found.totals), shares), found.basis


def _whole(totals: FloatArray) -> IntArray:
    """Whole residents of each zone, by largest remainder; those that are whole stay."""
    totals = np.round(totals, 6)  # the last bits of a sum never decide a tie
    total = int(np.rint(totals.sum()))
    whole: IntArray = apportion([total], [totals / max(totals.sum(), 1.0)])[0]
    return whole


def _residents(
    country: Country, places: pd.DataFrame, year: int
) -> tuple[IntArray, tuple[str, ...], tuple[Figure, ...]]:
    """Residents of zones by age, and what is said of them: notes, and figures."""
    population, basis = np.zeros((len(places), AGES), dtype=np.int64), []
    for row, (code, region) in enumerate(places[country.region].items()):
        rows, numbers, those = _population_of_region(country, str(region), year)
        population[row] = numbers[rows[str(code)]]
        basis.append(those[rows[str(code)]])
    counts = population.sum(axis=1)
    how, grade, assumed = _said_of_year(country, sorted(set(places[country.region])), year)
    notes = [f"population of 1 January {year}: {how}", *assumed]
    figures = [Figure("territory.residents", int(counts.sum()), "residents", how, grade)]
    bases = {**country.bases, STAND_IN: Basis(f"the other communes of the {country.label(country.region)}", "D")}
    for key, (what, quality) in sorted(bases.items(), key=lambda item: item[1].grade):
        if (here := np.array([one == key for one in basis]) & (counts > 0)).any():
            number, names = int(counts[here].sum()), [str(n) for n in places.loc[here, "name"]]
            which = listed(names) if len(names) <= FEW else f"{len(names)} zones"
            notes.append(f"ages: {what} (grade {quality}): {number} residents of {which}")
            figures.append(Figure("territory.ages", number, "residents", what, quality))
    if not counts.all():
        notes.append(f"zones without residents: {listed([str(n) for n in places.loc[counts == 0, 'name']])}")
    return population, tuple(notes), tuple(figures)


def _said_of_year(country: Country, regions: Sequence[str], year: int) -> tuple[str, str, list[str]]:
    """Where the residents of a year come from, the grade of their number, and what is assumed."""
    label, first = country.label(country.region), country.rows_year
    anchors = {region: anchors_of_region(country, region) for region in regions}
    known = {region: found for region, found in anchors.items() if found is not None}
    base = country.population if year >= country.year else f"residents of the communes in {first}"
    changed = "unchanged"
    if known:
        last = max(found.last_estimate for found in known.values())
        beyond = f" to {last}, then cohort change ratios" if year > last else ""
        changed = f"changed as the {label}'s ({country.estimate}{beyond})"
    if year == country.year:
        how, grade = base if year == first else f"{base}; ages of {first}, {changed}", "A"
    elif year == first:
        how, grade = base, "A"
    elif first < year < country.year:
        how, grade = f"between {base} and {country.population}; ages of {first}, {changed}", "B"
    else:
        how = f"{base} and their ages of {first}, {changed}"
        grade = max(_GRADES[found.origin(year)] for found in known.values()) if len(known) == len(anchors) else "D"
    held: dict[int, list[str]] = {}
    for region, found in known.items():
        if found.origin(year) in (Origin.FIRST_HELD, Origin.LAST_HELD):
            held.setdefault(int(found.years[0 if year < found.years[0] else -1]), []).append(region)
    assumed = [
        f"assumption (grade D): residents of the {label} {listed(those)} in {year} are those of {end}, for want of "
        "estimates"
        for end, those in sorted(held.items())
    ]
    parts = {region: _part_of_estimate(country, region) for region in known}
    if off := {region: part for region, part in parts.items() if abs(part - 1) > FAR}:
        which = ", ".join(f"{region} ({100 * (part - 1):+.0f} %)" for region, part in off.items())
        assumed.append(f"doubtful (grade C): {country.population} are far from the {country.estimate} of {which}")
        grade = max(grade, "C") if len(off) == len(regions) else grade
    return how, grade, assumed


@functools.cache
def _part_of_estimate(country: Country, region: str) -> float:
    """The published population of a region over its estimate of the same year; 1 without estimate."""
    anchors = anchors_of_region(country, region)
    places = _zones_of(country)
    published = int(places.loc[places[country.region] == region, "population"].sum())
    return 1.0 if anchors is None else published / math.fsum(anchors.of_year(country.year).tolist())


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


def _pieces(country: Country, name: str, codes: Iterable[str], year: int) -> Pieces:
    places, notes = _filled(country, _zones_of(country).loc[sorted(codes)])
    population, said, figures = _residents(country, places, year)
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
        notes=(*said, *notes),
        figures=figures,
    )


def pieces_of_codes(key: str, codes: str | Iterable[str], name: str, year: int) -> Pieces:
    """What codes of the kind of this key name: one group of communes, or any communes, each once.

    A commune with arrondissements stands for them. ``name``: '' for the group's, or one made from the largest commune.
    ``year``: residents are those of its 1 January.

    Raises
    ------
    TerritoryError
        If a code is unknown or given twice, or there is none.
    ArgumentError
        If the year is none, or out of range.
    """
    year = _check_year(year)
    country, kind = country_of(key), KINDS[key]
    if kind.group:
        code = check_code(codes, key)
        return _pieces(country, name or names_of_kind(key)[code], members_of(key, code), year)
    if isinstance(codes, str):
        raise TerritoryError(f"from_{key} wants a list of codes: write [{codes!r}]")
    if not isinstance(codes, Iterable) or not isinstance(name, str):
        wrong_one = f"a text as a name, not {given(name)}" if isinstance(codes, Iterable) else f"not {given(codes)}"
        raise TerritoryError(f"from_{key} wants a list of codes, and {wrong_one}")
    places = _zones_of(country)
    chosen: dict[str, str] = {}
    wrong: dict[int, str] = {}
    moved: dict[str, str] = {}
    for i, given_code in enumerate(codes):
        try:
            code, note = _commune(given_code, key)
        except TerritoryError as error:
            wrong[i] = str(error)
            if len(wrong) > MAX_PROBLEMS:  # suggesting takes its time
                break
            continue
        merged = code in moved.values() or (bool(note) and code in chosen.values())
        if note:
            moved[note] = code
        if merged:  # into one zone, which is no mistake
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
    pieces = _pieces(country, name or _name_of_communes(country, set(chosen.values())), chosen, year)
    return pieces._replace(notes=(*pieces.notes, *moved))


def _commune(code: str, key: str) -> Present:
    """The commune that a code or a name means, which one of today stands for where it is a part of that."""
    try:
        return Present(check_code(code, key))
    except TerritoryError:
        present = present_commune(code, country_of(key)) if isinstance(code, str) else None
        if present is None or codes_with_name(code, key):
            raise
        return present


def _name_of_communes(country: Country, codes: set[str]) -> str:
    """The largest of some communes, and how many others there are."""
    frame = country.communes().set_index("code").loc[sorted(codes)]
    name = str(frame.at[frame["population"].idxmax(), "name"])
    if len(codes) > 1:
        name += f" and {len(codes) - 1} other commune{'s' if len(codes) > 2 else ''}"
    return name


_OTHERS = re.compile(r" and (\d+) other commune(s?)$")


def in_french(name: str) -> str:
    """The name of some communes, of which only the largest is named, in French.

    >>> in_french("Ajain and 2 other communes"), in_french("Ajain and 1 other commune"), in_french("Ajain")
    ('Ajain et 2 autres communes', 'Ajain et 1 autre commune', 'Ajain')
    """
    return _OTHERS.sub(r" et \1 autre\2 commune\2", name)


def pieces_of_country(country: Country, year: int) -> Pieces:
    """All communes of a country, with the residents of a year's 1 January."""
    return _pieces(country, country.name, map(str, _zones_of(country).index), _check_year(year))
