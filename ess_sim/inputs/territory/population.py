"""Residents of bundled communes by age."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.territory.ages import FloatArray, IntArray, apportion, single_year_shares

__all__ = ["communes_as_zones", "departement_population", "fill_positions", "listed", "population_notes"]


_MAX_NAMES = 6


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
def departement_population(departement: str) -> tuple[dict[str, int], IntArray]:
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


def listed(names: Sequence[str]) -> str:
    """A few names in full, of many the first ones and a count."""
    if len(names) <= _MAX_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[:_MAX_NAMES])} and {len(names) - _MAX_NAMES} more"


def population_notes(places: pd.DataFrame) -> list[str]:
    """What is assumed about the residents of these zones."""
    notes = [
        "population: INSEE municipal populations 2023, spread over ages with shapes of 2021 (whole residents by "
        "largest remainder); nobody is aged or moved to the scenario's start year",
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


def fill_positions(places: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
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
