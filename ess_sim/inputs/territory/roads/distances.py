"""Crow-fly distances, and the pairs of points within one of each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["FloatArray", "IntArray", "crow_fly_km", "distances_km", "near_pairs"]


FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
EARTH_RADIUS_KM = 6371.0088


def _haversine_km(a: npt.ArrayLike) -> FloatArray:
    """Distance from the haversine of an angle, to the millimetre: sines differ by the processor in their last bit."""
    return np.round(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(a)), 6)


def crow_fly_km(longitude: float, latitude: float, other_longitude: float, other_latitude: float) -> float:
    """Crow-fly distance of two points."""
    return float(distances_km(longitude, latitude, other_longitude, other_latitude))


def distances_km(
    longitude: npt.ArrayLike, latitude: npt.ArrayLike, other_longitude: npt.ArrayLike, other_latitude: npt.ArrayLike
) -> FloatArray:
    """Crow-fly distances of points, or of one point from others."""
    lam, phi, other_lam, other_phi = map(np.radians, (longitude, latitude, other_longitude, other_latitude))
    a = np.sin((other_phi - phi) / 2) ** 2 + np.cos(phi) * np.cos(other_phi) * np.sin((other_lam - lam) / 2) ** 2
    return _haversine_km(a)


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
