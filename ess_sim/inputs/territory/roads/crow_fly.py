"""Minutes by car from crow-fly kilometres, with a pace for each département."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from ess_sim.arguments import checked
from ess_sim.errors import TerritoryError, did_you_mean
from ess_sim.inputs.catalogue.bundled import text
from ess_sim.inputs.territory.roads.distances import FloatArray

__all__ = ["NATIONAL", "CrowFly", "Pace", "paces"]


NATIONAL = "FR"
"""The row of the whole country, for zones without a département; its errors are those of the pairs kept aside."""


class Pace(NamedTuple):
    """A row of ``roads.csv``: minutes per km, the pairs behind it, how far they lie from the formula, and a grade."""

    minutes_per_km: float
    pairs: int
    rmse_minutes: float
    median_relative_error: float
    grade: str


@functools.cache
def paces() -> dict[str, Pace]:
    """Pace of each département, and of the country."""
    return {
        row["departement"]: Pace(
            float(row["minutes_per_km"]),
            int(row["pairs"]),
            float(row["rmse_minutes"]),
            float(row["median_relative_error"]),
            row["grade"],
        )
        for row in text("roads.csv").to_dict("records")
    }


@checked
@dataclass(frozen=True)
class CrowFly:
    """Minutes by car from crow-fly kilometres: ``start_minutes + minutes_per_km × (km + bend × √km)``.

    Short ways go through streets, long ways find faster roads: the root makes the first kilometres slower. By default
    each zone has the pace of its département, fitted on INSEE's Metric 2019 (grade B; C where pairs are few or scatter;
    the country's for a zone without département), and a pair of zones the mean of both. The formula knows no water,
    no relief within a département and no congestion.

    Attributes
    ----------
    start_minutes : float
        Minutes that each journey takes at least, positive (an assumption, grade D).
    minutes_per_km : float, optional
        One's own pace, the same everywhere; by default that of each zone's département.
    bend : float
        How much slower short ways are; 0 gives a straight line. Chosen with the start for short ways (grade C).
    reach_km : float
        The fit holds below this distance: no direct edge beyond.
    within_max_minutes : float
        Cap of the minutes within a zone (large communes are mostly empty; an assumption, grade D).

    Examples
    --------
    >>> round(CrowFly(minutes_per_km=1.2).minutes(9.0), 2)
    15.9
    >>> CrowFly().minutes(4.0, "53") < CrowFly().minutes(4.0, "48")
    True
    """

    start_minutes: float = 1.5
    minutes_per_km: float | None = None
    bend: float = 1.0
    reach_km: float = 30.0
    within_max_minutes: float = 15.0

    def __post_init__(self) -> None:
        positive = [self.start_minutes, self.reach_km, self.within_max_minutes]
        positive += [] if self.minutes_per_km is None else [self.minutes_per_km]
        if not min(positive) > 0 or not self.bend >= 0:
            raise TerritoryError(f"{self}: all values must be positive, or 0 for bend")

    @checked
    def minutes(self, km: float, departement: str = "") -> float:
        """Minutes for a crow-fly distance in km within a département; '' stands for the whole country."""
        if not km >= 0:
            raise TerritoryError(f"a distance is not negative: {km} km")
        if departement and departement not in paces():
            raise TerritoryError(f"no département {departement!r}{did_you_mean(departement, paces())}")
        return float(self.minutes_at(np.array([km], np.float64), self.paces([departement]))[0])

    def paces(self, departements: Sequence[str]) -> FloatArray:
        """Minutes per km of zones of these départements, shape (zones,)."""
        if self.minutes_per_km is not None:
            return np.full(len(departements), self.minutes_per_km)
        known = paces()
        return np.array([known[code or NATIONAL].minutes_per_km for code in departements])

    def minutes_at(self, km: FloatArray, pace: FloatArray) -> FloatArray:
        """Minutes for distances at a pace each."""
        minutes: FloatArray = self.start_minutes + pace * (km + self.bend * np.sqrt(km))
        return minutes

    def km_within(self, minutes: float, pace: float) -> float:
        """The distance that takes these minutes at a pace, 0 if none does."""
        far = max((minutes - self.start_minutes) / pace, 0.0)
        root = (np.sqrt(self.bend**2 + 4 * far) - self.bend) / 2
        return float(root**2)

    def minutes_within(self, area_km2: FloatArray, pace: FloatArray) -> FloatArray:
        """Minutes within zones of these areas (km²): half the radius of a disc (an assumption, grade D).

        That is the mean way to the centre where density falls evenly from the centre to zero at the border: longer than
        the way to the nearest town hall in 3 % of communes. Residents spread evenly (2/3 of the radius): in 7 %.
        """
        km = np.sqrt(area_km2 / np.pi) / 2
        return np.minimum(self.minutes_at(km, pace), self.within_max_minutes)

    @property
    def values(self) -> list[float | None]:
        """All fields, for digests."""
        numbers = [getattr(self, field.name) for field in fields(self)]
        return [None if x is None else float(x) for x in numbers]
