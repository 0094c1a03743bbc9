"""What a run starts from, in numbers and before anything is drawn: residents, GPs, ways to them, what is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures.figures import figures_of
from ess_sim.inputs.figures.gp_ages import AGES_OF_GPS, gp_ages
from ess_sim.inputs.figures.gps import start_gps
from ess_sim.inputs.languages.bilingual import Bilingual
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.countries.codes import names_of_kind
from ess_sim.inputs.territory.countries.france import FRANCE
from ess_sim.inputs.territory.demography.cohorts import anchors_of_region
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.behaviours.gps.day0 import unstated
from ess_sim.model.residents.day0 import adults_and_without
from ess_sim.model.run.capacity import Capacity, capacity_of
from ess_sim.model.run.checks import check
from ess_sim.model.run.prepare import prepare

__all__ = ["Situation", "situation_of"]


NEAR_MINUTES, FAR_MINUTES = 15.0, 30.0
"""Within the first a GP is near; beyond the second she is far."""


@dataclass(frozen=True, eq=False, repr=False)
class Situation:
    """One scenario's territory on day 0.

    Attributes
    ----------
    name : str
    title : Bilingual
        Of the scenario.
    territory : str
        Its name.
    start : datetime.date
    cutoff_minutes : float
        Longer ways are unknown, so that a GP beyond them counts as out of reach.
    near_minutes : float
        Ways up to here count as near: 15 minutes, or the cut-off where that is shorter.
    zones_around : int
        Of the halo: their GPs count where ways are measured, and nowhere else.
    centres : int
        Health centres of day 0; their doctors are not among the GPs.
    ages : pandas.DataFrame
        One row a band of five years: ``age_from`` (0, 5, …, 95; the last is open), ``residents``, their ``share``, and
        the share in ``france``.
    zones : pandas.DataFrame
        One row a zone, sorted by code: ``zone``, ``name``, ``departement``, ``longitude``, ``latitude`` (degrees),
        ``residents``, ``adults`` (17 and over on day 0), ``gps`` (with a list), ``minutes_to_gp`` (to the nearest zone
        with one; inf beyond the cut-off), ``gps_near``, ``adults_near`` (in all zones that are near), ``adults_per_gp``
        (these two divided; inf where no GP is near), ``without_mt`` (adults) and ``share_without_mt``.
    gp_ages : pandas.DataFrame
        Expected GPs with a list by ``departement`` and ``age`` (completed years): ``gps``.
    figures : pandas.DataFrame
        One row an input: ``key``, ``value``, ``unit``, ``source``, ``grade``, ``given``.
    capacity : Capacity
        Lists of GPs, and how far they fill what GPs would hold, beside France.
    """

    name: str
    title: Bilingual
    territory: str
    start: date
    cutoff_minutes: float
    near_minutes: float
    zones_around: int
    centres: int
    ages: pd.DataFrame
    zones: pd.DataFrame
    gp_ages: pd.DataFrame
    figures: pd.DataFrame
    capacity: Capacity

    @property
    def adults(self) -> int:
        """Residents aged 17 and over on day 0."""
        return int(self.zones["adults"].sum())

    @property
    def gps(self) -> int:
        """GPs with a list on day 0."""
        return int(self.zones["gps"].sum())

    @property
    def share_without_mt(self) -> float:
        """Share of the adults who have no MT on day 0."""
        return int(self.zones["without_mt"].sum()) / max(1, self.adults)

    def share_of_residents(self, age: int, column: str = "share") -> float:
        """Share of the residents, or of those of ``france``, who are of this age or over (a multiple of five)."""
        return math.fsum(self.ages.loc[self.ages["age_from"] >= age, column])

    def share_of_gps(self, age: int) -> float:
        """Expected share of the GPs with a list who are of this age or over; NaN where there is none."""
        return math.fsum(self.gp_ages.loc[self.gp_ages["age"] >= age, "gps"]) / self.gps if self.gps else math.nan

    def minutes_quantile(self, part: float) -> float:
        """Minutes to the nearest GP within which this part of the adults live; inf where that is unknown."""
        by_minutes = self.zones.sort_values("minutes_to_gp", kind="stable")
        reached = by_minutes["adults"].cumsum().to_numpy() >= part * self.adults
        return float(by_minutes["minutes_to_gp"].to_numpy()[int(reached.argmax())])

    def share_beyond(self, minutes: float) -> float:
        """Share of the adults whose nearest GP is further away than these minutes."""
        return int(self.zones.loc[self.zones["minutes_to_gp"] > minutes, "adults"].sum()) / max(1, self.adults)


def situation_of(scenario: Scenario, territory: Territory | None = None) -> Situation:
    """The numbers with which a run of the scenario starts.

    Parameters
    ----------
    scenario : Scenario
    territory : Territory, optional
        In place of the scenario's own.

    Raises
    ------
    ScenarioError, TerritoryError
        As before a run.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> start = situation_of(read_scenario(scenarios_dir() / "laval" / "baseline.yaml"))
    >>> start.gps, start.territory
    (62, 'Laval Agglomération')
    """
    check(scenario, territory=territory)
    place = prepare(scenario) if territory is None else territory
    near = min(NEAR_MINUTES, place.cutoff_minutes)
    p = Parameters(scenario.parameters)
    adults, without = adults_and_without(scenario, place, p)
    start = start_gps(scenario, place, p)
    gps = start.by_zone
    return Situation(
        scenario.name,
        scenario.title,
        place.name,
        scenario.start,
        place.cutoff_minutes,
        near,
        0 if place.halo is None else len(place.halo.zones),
        len(scenario.supply.centres or ()),
        _ages(place, scenario.start.year),
        _zones(place, _Day0(adults, gps, without), *_around(scenario, place, p), near),
        _gp_ages(place, gps),
        pd.DataFrame(figures_of(scenario, place, p), columns=Figure._fields),
        capacity_of(scenario, place, p, start),
    )


class _Day0(NamedTuple):
    """Adults, GPs with a list and adults without MT of each zone."""

    adults: NDArray[np.int64]
    gps: NDArray[np.int64]
    without: NDArray[np.int64]


def _around(scenario: Scenario, place: Territory, p: Parameters) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Adults and GPs of the zones of the halo: the territory's residents may go to them."""
    if place.halo is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    nothing_said = unstated(scenario)
    return adults_and_without(nothing_said, place.halo, p)[0], start_gps(nothing_said, place.halo, p).by_zone


def _zones(
    place: Territory,
    day0: _Day0,
    adults_around: NDArray[np.int64],
    gps_around: NDArray[np.int64],
    near_minutes: float,
) -> pd.DataFrame:
    whole, own = place.whole, len(place.zones)
    begins, to, minutes = whole.travel_indptr[:-1], whole.travel_indices, whole.travel_minutes
    gps, adults = np.append(day0.gps, gps_around), np.append(day0.adults, adults_around)
    near = minutes <= near_minutes
    gps_near, adults_near = (np.add.reduceat(np.where(near, n[to], 0), begins)[:own] for n in (gps, adults))
    nearest = np.minimum.reduceat(np.where(gps[to] > 0, minutes, np.inf), begins)[:own]  # each zone reaches itself
    return (
        place.to_frame()
        .drop(columns=["area_km2"])
        .assign(
            adults=day0.adults,
            gps=day0.gps,
            minutes_to_gp=nearest,
            gps_near=gps_near,
            adults_near=adults_near,
            adults_per_gp=_divided(adults_near, gps_near, np.inf),
            without_mt=day0.without,
            share_without_mt=_divided(day0.without, day0.adults, np.nan),
        )
    )


def _divided(a: NDArray[np.int64], b: NDArray[np.int64], otherwise: float) -> NDArray[np.float64]:
    return np.where(b > 0, a / np.maximum(b, 1), otherwise)


def _ages(place: Territory, year: int) -> pd.DataFrame:
    residents = _bands(place.population.sum(axis=0))
    france = _france(year)
    return pd.DataFrame(
        {
            "age_from": np.arange(0, 100, 5),
            "residents": residents,
            "share": residents / max(1, int(residents.sum())),
            "france": france / france.sum(),
        }
    )


def _bands(by_age: NDArray[np.int64]) -> NDArray[np.int64]:
    """Residents by five-year band, the last one open."""
    return np.bincount(np.minimum(np.arange(len(by_age)) // 5, 19), weights=by_age).astype(np.int64)


def _gp_ages(place: Territory, gps: NDArray[np.int64]) -> pd.DataFrame:
    here = pd.Series(gps).groupby(np.array(place.departements, dtype=object), sort=True).sum()
    rows = [
        pd.DataFrame({"departement": str(code), "age": AGES_OF_GPS, "gps": n * gp_ages(str(code))})
        for code, n in here[here > 0].items()
    ]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["departement", "age", "gps"])


def _france(year: int) -> NDArray[np.float64]:
    """Residents of France by five-year band on 1 January of a year."""
    known = (anchors_of_region(FRANCE, code) for code in sorted(names_of_kind("departement")))
    return sum((of.of_year(year) for of in known if of is not None), np.zeros(20))  # one after the other
