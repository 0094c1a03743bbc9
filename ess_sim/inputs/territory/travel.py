"""Minutes between zones from crow-fly distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ess_sim.errors import TerritoryError
from ess_sim.inputs.territory.ages import FloatArray, IntArray

__all__ = ["CrowFly", "crow_fly_km", "near_pairs", "sealed"]


_T = TypeVar("_T", bound=np.generic)
EARTH_RADIUS_KM = 6371.0088


@dataclass(frozen=True)
class CrowFly:
    """Minutes by car from crow-fly kilometres: ``start_minutes + minutes_per_km × km``.

    The defaults were fitted on travel times of INSEE's Metric for Gironde (grade B); they know no river and no strait.

    Attributes
    ----------
    start_minutes : float
        Minutes that each journey between two zones takes at least, positive.
    minutes_per_km : float
        Minutes a kilometre.
    reach_km : float
        The fit holds below this distance: no direct edge beyond.
    within_max_minutes : float
        Cap of the minutes within a zone (large communes are mostly empty; an assumption, grade D).

    Examples
    --------
    >>> round(CrowFly().minutes(10.0), 2)
    12.85
    """

    start_minutes: float = 1.85
    minutes_per_km: float = 1.10
    reach_km: float = 30.0
    within_max_minutes: float = 15.0

    def __post_init__(self) -> None:
        if not min(self.start_minutes, self.minutes_per_km, self.reach_km, self.within_max_minutes) > 0:
            raise TerritoryError(f"{self}: all four values must be positive")

    def minutes(self, km: float) -> float:
        """Minutes for a crow-fly distance in km."""
        return self.start_minutes + self.minutes_per_km * km

    def minutes_within(self, area_km2: FloatArray) -> FloatArray:
        """Minutes within zones of these areas (km²): 2/3 of the radius, the mean way to the centre of a disc."""
        km = 2 / 3 * np.sqrt(area_km2 / np.pi)
        return np.minimum(self.start_minutes + self.minutes_per_km * km, self.within_max_minutes)


def _haversine_km(a: npt.ArrayLike) -> FloatArray:
    """Distance from the haversine of an angle, to the millimetre: sines differ by the processor in their last bit."""
    return np.round(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(a)), 6)


def crow_fly_km(longitude: float, latitude: float, other_longitude: float, other_latitude: float) -> float:
    """Crow-fly distance of two points."""
    lam, phi, other_lam, other_phi = np.radians([longitude, latitude, other_longitude, other_latitude])
    a = np.sin((other_phi - phi) / 2) ** 2 + np.cos(phi) * np.cos(other_phi) * np.sin((other_lam - lam) / 2) ** 2
    return float(_haversine_km(a))


def near_pairs(longitude: FloatArray, latitude: FloatArray, reach_km: float) -> tuple[IntArray, IntArray, FloatArray]:
    """All ordered pairs of different points nearer than ``reach_km``: origins, destinations, km; in no special order.

    Blocks of points sorted by latitude are compared with the band of latitudes they can reach: memory stays small, and
    all of France takes seconds.
    """
    order = np.argsort(latitude, kind="stable")
    phi, lam = np.radians(latitude[order]), np.radians(longitude[order])
    cos_phi = np.cos(phi)
    band = reach_km / EARTH_RADIUS_KM * (1 + 1e-9)
    found: list[tuple[IntArray, IntArray, FloatArray]] = []
    block = 128
    for start in range(0, len(order), block):
        stop = min(start + block, len(order))
        left, right = np.searchsorted(phi, [phi[start] - band, phi[stop - 1] + band])
        d_phi = phi[start:stop, None] - phi[None, left:right]
        d_lam = lam[start:stop, None] - lam[None, left:right]
        a = np.sin(d_phi / 2) ** 2 + cos_phi[start:stop, None] * cos_phi[None, left:right] * np.sin(d_lam / 2) ** 2
        rows, columns = np.nonzero(a < np.sin(min(band, np.pi) / 2) ** 2)
        km = _haversine_km(a[rows, columns])
        rows, columns = rows + start, columns + left
        keep = (rows != columns) & (km < reach_km)
        found.append((order[rows[keep]], order[columns[keep]], km[keep]))
    origins, destinations, distances = (np.concatenate(part) for part in zip(*found, strict=True))
    return origins, destinations, distances


def sealed(array: npt.NDArray[_T]) -> npt.NDArray[_T]:
    """The same array, read-only from now on."""
    array.flags.writeable = False
    return array
