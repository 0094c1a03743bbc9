"""Consultations within reach: the two-step floating catchment area (2SFCA), and DREES's APL computed from a run.

First the supply of each place is divided among the residents who can reach it, weighted by distance; then the shares of
all places within reach of a resident are added up. Nothing is lost: accessibility × residents sums to the supply that
is within reach of at least one resident.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ess_sim.arguments import checked, given
from ess_sim.elementary import product
from ess_sim.errors import ArgumentError, ResultsError
from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.figures.catchment import DISTANCE_BANDS, floating_catchment
from ess_sim.inputs.territory.ages import ADULT_AGE, single_year_shares
from ess_sim.inputs.territory.territory import Territory
from ess_sim.results.comparison.pairing import wanted_dates
from ess_sim.results.run import RunTables
from ess_sim.results.tables.names import AGE_BANDS

__all__ = ["CHILDREN", "CONSULTATIONS_PER_FTE", "DISTANCE_BANDS", "NEEDS", "apl", "floating_catchment", "mean_apl"]


Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


CONSULTATIONS_PER_FTE = 5400.0
"""Consultations a year of a liberal GP of 1 FTE, as DREES converts its APL (through ARS Bourgogne-Franche-Comté, 2018).

Cnam's 5,000 a GP and year (2018–2019) at the model's mean of 0.94 FTE give 5,300."""
CHILDREN = f"0-{ADULT_AGE - 1}"


NEEDS = dict(zip((CHILDREN, *AGE_BANDS), (0.8, 0.65, 0.8, 1.0, 1.4, 2.4), strict=True))
"""Consultations per resident by age, relative to ages 45–59: an assumption (grade D), since DREES's own table was not
available.

With these values a quarter of consultations are those of people aged 70 or over, who are an eighth of residents; in
DREES's survey of GPs in 2002 it was almost a third."""
REFERENCE_YEAR = 2023
"""Of France's residents, whose mean need is 1."""
_AGE_STARTS = (0, ADULT_AGE, 30, 45, 60, 75)


@checked
def apl(
    run: RunTables,
    territory: Territory,
    dates: Sequence[Any] | None = None,
    *,
    oldest: int | None = None,
    needs: Mapping[str, float] = NEEDS,
) -> pd.DataFrame:
    """Potential accessibility of GPs (DREES's APL) by zone, computed from the tables of a run.

    Supply is the capacity of list-holding liberal GPs, salaried GPs and retired GPs in centres: FTE ×
    `CONSULTATIONS_PER_FTE` in a practice, × the catalogue's ``consultations_per_fte`` in a centre. Demand is residents
    of all ages, weighted by the need of their age group. Travel times are the territory's.

    Parameters
    ----------
    run : Run
        Any object with the method ``table``; see `RunTables`.
    territory : Territory
        The territory of the run.
    dates : sequence of date, optional
        Recorded dates of the run; by default the last one.
    oldest : int, optional
        Leave out GPs older than this (calendar year minus birth year), as in DREES's variant of 65.
    needs : mapping of str to float
        Relative needs of `CHILDREN` and of each of `AGE_BANDS`. Only their ratios matter: they are scaled so that the
        mean need in the reference population is 1.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``zone``, ``residents`` (all ages), ``standardised`` (residents weighted by need), ``consultations``
        (supply of the zone a year), ``apl`` (consultations a year within reach of a standardised resident).

    Raises
    ------
    ResultsError
        If a date is not recorded, or the run was made in another territory.

    Notes
    -----
    A run simulates adults only. The number of residents under 17 is the territory's, the same at each date. The
    reference population is France's of 1 January 2023 (INSEE estimates). Locums, interns and GPs in other work are not
    counted: a locum replaces a GP who is counted. Volunteers who take turns in a centre are not in the careers table.
    There are no GPs or residents beyond the territory's border.
    """
    snapshots, careers = run.table("snapshots"), run.table("careers")
    if tuple(snapshots["zone"].cat.categories) != territory.zones:
        raise ResultsError(f"{territory.name} is not the territory of this run: their zones differ")
    recorded = pd.DatetimeIndex(snapshots["date"].unique())
    days = recorded[-1:] if dates is None else pd.DatetimeIndex(wanted_dates(recorded, dates))
    weights = _scaled(needs)
    origins = np.repeat(np.arange(len(territory.zones)), np.diff(territory.travel_indptr))
    parts = []
    for day in days:
        residents = _residents(snapshots[snapshots["date"] == day], territory)
        standardised = product(residents.astype(np.float64), weights[:, None])[:, 0]
        supply = _consultations(careers, day, territory.zones, oldest)
        reach = floating_catchment(
            supply, standardised, origins, territory.travel_indices, territory.travel_minutes, DISTANCE_BANDS
        )
        columns = {
            "date": day,
            "zone": territory.zones,
            "residents": residents.sum(axis=1),
            "standardised": standardised,
            "consultations": supply,
            "apl": reach,
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def mean_apl(table: pd.DataFrame) -> pd.DataFrame:
    """Mean accessibility by date, weighted by standardised residents as DREES's means are: ``date`` and ``apl``."""
    total = table["apl"] * table["standardised"]
    sums = pd.DataFrame({"apl": total, "standardised": table["standardised"]}).groupby(table["date"]).sum()
    return (sums["apl"] / sums["standardised"]).rename("apl").reset_index()


def _scaled(needs: Mapping[str, float]) -> Floats:
    """Needs by age, children first, scaled to a mean of 1 in the reference population."""
    if (
        set(needs) != {CHILDREN, *AGE_BANDS}
        or not all(0 <= need < np.inf for need in needs.values())
        or not any(needs.values())
    ):
        known = ", ".join((CHILDREN, *AGE_BANDS))
        raise ArgumentError(f"needs must be numbers of at least 0, not all 0, of {known}, not {given(dict(needs))}")
    estimates = bundled.population_of_departements()
    shares = single_year_shares(estimates[estimates.index.get_level_values("year") == REFERENCE_YEAR].sum().to_numpy())
    reference = np.add.reduceat(shares, _AGE_STARTS)
    relative = np.array([needs[band] for band in (CHILDREN, *AGE_BANDS)], dtype=np.float64)
    scaled: Floats = relative / (reference * relative).sum()
    return scaled


def _residents(snapshot: pd.DataFrame, territory: Territory) -> Ints:
    """Residents on one date by zone and age, children first, shape (zones, 6)."""
    bands = len(AGE_BANDS)
    cell = snapshot["zone"].cat.codes.to_numpy(np.int64) * bands + snapshot["age_band"].cat.codes.to_numpy()
    adults = np.bincount(cell, snapshot["adults"], len(territory.zones) * bands).reshape(-1, bands)
    children = territory.population[:, :ADULT_AGE].sum(axis=1)
    return np.column_stack([children, adults.astype(np.int64)])


def _consultations(careers: pd.DataFrame, day: pd.Timestamp, zones: Sequence[str], oldest: int | None) -> Floats:
    """Consultations a year of the GPs who are counted on a day, by zone."""
    in_centre = catalogue()["consultations_per_fte"].value
    each = (
        careers["mode"]
        .astype(str)
        .map({"liberal": CONSULTATIONS_PER_FTE, "salaried": in_centre, "sessions": in_centre})
    )
    here = each.notna() & (careers["from"] <= day) & (careers["to"].isna() | (day < careers["to"]))
    if oldest is not None:
        here &= day.year - careers["birth_year"] <= oldest
    place = careers["zone"].cat.set_categories(list(zones)).cat.codes
    return np.bincount(place[here], (careers["fte"] * each)[here], len(zones)).astype(np.float64)
