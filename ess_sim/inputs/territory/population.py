"""The pieces of a territory from bundled communes: residents by age, positions, and what had to be assumed."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.arguments import given
from ess_sim.errors import TerritoryError
from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.territory.ages import AGES, FloatArray, IntArray, apportion, single_year_shares
from ess_sim.inputs.territory.codes import check_code, names_of_kind
from ess_sim.inputs.territory.pieces import Pieces, listed

__all__ = ["communes_as_zones", "pieces_of_communes", "pieces_of_france", "pieces_of_group"]


@functools.cache
def communes_as_zones() -> pd.DataFrame:
    """Communes and arrondissements that can be zones: the three communes with arrondissements are replaced by them."""
    frame = bundled.communes()
    divided = set(frame["parent"]) - {""}
    return frame[~frame["code"].isin(divided)].set_index("code").sort_index()


@functools.cache
def _departement_shape(departement: str) -> tuple[FloatArray, bool]:
    """Shares by age for the communes without a profile of their own; True where it stands in for an unknown one."""
    known = bundled.population_by_age("departement")
    if departement not in known.index:
        return single_year_shares(known.sum().to_numpy()), True
    whole = known.loc[departement].to_numpy()
    own = bundled.population_by_age("commune")
    inside = own.index.intersection(communes_as_zones().query("departement == @departement").index)
    rest = whole - own.loc[inside].sum().to_numpy()
    # Census and estimate are two sources: should they not fit together, the whole is the safer shape.
    return single_year_shares(rest if (rest > 0).all() else whole), False


@functools.cache
def _departement_population(departement: str) -> tuple[dict[str, int], IntArray]:
    """Row of each zone of a département, and residents by age.

    Always for the whole département, so that a commune has the same residents in whatever territory it appears.
    """
    places = communes_as_zones()
    places = places[places["departement"] == departement]
    own = bundled.population_by_age("commune")
    shape, _ = _departement_shape(departement)
    shares = np.tile(shape, (len(places), 1))
    for row, code in enumerate(places.index):
        if code in own.index:
            shares[row] = single_year_shares(own.loc[code].to_numpy())
    return {str(c): i for i, c in enumerate(places.index)}, apportion(places["population"].to_numpy(), shares)


def _notes(places: pd.DataFrame) -> list[str]:
    """What is assumed about the residents of these zones."""
    notes = [
        "population: INSEE municipal populations 2023, spread over ages with shapes of 2021 (whole residents by "
        "largest remainder); residents are not aged or moved to the scenario's start year",
    ]
    profiles = bundled.population_by_age("commune")
    own: dict[str, int] = dict(zip(profiles.index, profiles.sum(axis=1).tolist(), strict=True))
    names: dict[str, str] = dict(zip(places.index, places["name"], strict=True))
    with_own = [code for code in names if code in own]
    if with_own:
        notes.append(f"ages of the zone's own census 2021: {listed([names[code] for code in with_own])}")
    for code, now in zip(places.index, places["population"].tolist(), strict=True):
        if code in own and abs(now / own[code] - 1) > 0.1:
            notes.append(
                f"ages of {names[code]} ({code}): census of {own[code]} residents for {now} in 2023, "
                "so its limits differ"
            )
    others = sorted(set(places.loc[~places.index.isin(with_own), "departement"]))
    stand_in = [d for d in others if _departement_shape(d)[1]]
    if set(others) - set(stand_in):
        known = listed([d for d in others if d not in stand_in])
        notes.append(f"ages of all other zones of {known}: those of the rest of the département (INSEE 2021)")
    if stand_in:
        known = ", ".join(bundled.population_by_age().index)
        notes.append(
            f"assumption (grade D): ages of {listed(stand_in)} are those of the départements {known} together, "
            "for want of a profile of their own"
        )
    if empty := [str(n) for n in places.loc[places["population"] == 0, "name"]]:
        notes.append(f"zones without residents: {listed(empty)}")
    return notes


def _filled(places: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The zones with a position and an area each, and what had to be assumed."""
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
        notes.append(f"assumption (grade D): area unknown, median of the département's communes: {named(rows)}")
        medians = communes_as_zones().groupby("departement")["area_km2"].median()
        places.loc[rows, "area_km2"] = places.loc[rows, "departement"].map(medians)
    if (rows := places["position"] == "centroid").any():
        notes.append(f"position: centroid for want of a town hall: {named(rows)}")
    if (rows := places["longitude"].isna()).any():
        notes.append(f"assumption (grade D): position unknown, middle of the EPCI's town halls: {named(rows)}")
        middles = communes_as_zones().groupby("epci")[["longitude", "latitude"]].mean()
        for column in ("longitude", "latitude"):
            places.loc[rows, column] = places.loc[rows, "epci"].map(middles[column])
    return places, notes


def _pieces(name: str, codes: Iterable[str]) -> Pieces:
    places, notes = _filled(communes_as_zones().loc[sorted(codes)])
    population = np.zeros((len(places), AGES), dtype=np.int64)
    for row, (code, departement) in enumerate(places["departement"].items()):
        rows, numbers = _departement_population(str(departement))
        population[row] = numbers[rows[str(code)]]
    return Pieces(
        name,
        zones=tuple(str(c) for c in places.index),
        zone_names=tuple(str(c) for c in places["name"]),
        departements=tuple(str(c) for c in places["departement"]),
        population=population,
        area_km2=places["area_km2"].to_numpy(np.float64),
        longitude=places["longitude"].to_numpy(np.float64),
        latitude=places["latitude"].to_numpy(np.float64),
        notes=(*_notes(places), *notes),
    )


def pieces_of_group(kind: str, code: str) -> Pieces:
    """The communes of an EPCI, an EPT or a département (``kind``: ``epci``, ``ept``, ``departement``)."""
    code = check_code(code, kind)
    frame = bundled.communes()
    # By the commune of an arrondissement: whichever of the two rows carries the membership, it holds for both.
    members = set(frame.loc[frame[kind] == code, "code"])
    places = communes_as_zones()
    chosen = places.index[places.index.isin(members) | places["parent"].isin(members)]
    return _pieces(names_of_kind(kind)[code], (str(c) for c in chosen))


def pieces_of_communes(codes: Iterable[str], name: str) -> Pieces:
    """Any communes, each once; a commune with arrondissements stands for them. ``name``: '' for one from the largest.

    Raises
    ------
    TerritoryError
        If a code is unknown or given twice, or there is none.
    """
    if isinstance(codes, str):
        raise TerritoryError(f"from_communes wants a list of codes: write [{codes!r}]")
    if not isinstance(codes, Iterable) or not isinstance(name, str):
        wrong = f"a text as a name, not {given(name)}" if isinstance(codes, Iterable) else f"not {given(codes)}"
        raise TerritoryError(f"from_communes wants a list of codes, e.g. ['53130'], {wrong}")
    places = communes_as_zones()
    chosen: dict[str, str] = {}
    for code in codes:
        check_code(code, "commune")
        parts = [code] if code in places.index else [str(c) for c in places.index[places["parent"] == code]]
        for part in parts:
            if part in chosen:
                within = "" if part == code == chosen[part] else f" (through {chosen[part]!r} and {code!r})"
                raise TerritoryError(f"commune {part!r}, {names_of_kind('commune')[part]}, is given twice{within}")
            chosen[part] = code
    if not chosen:
        raise TerritoryError("from_communes: no code given")
    return _pieces(name or _name_of_communes(set(chosen.values())), chosen)


def _name_of_communes(codes: set[str]) -> str:
    """The largest of some communes, and how many others there are."""
    frame = bundled.communes().set_index("code").loc[sorted(codes)]
    name = str(frame.at[frame["population"].idxmax(), "name"])
    if len(codes) > 1:
        name += f" and {len(codes) - 1} other commune{'s' if len(codes) > 2 else ''}"
    return name


def pieces_of_france() -> Pieces:
    """All communes of the 101 départements."""
    return _pieces("France", (str(c) for c in communes_as_zones().index))
