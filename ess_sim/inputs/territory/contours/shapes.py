"""The geometry of a GeoJSON feature as arrays of degrees, and what may be wrong with its coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ess_sim.errors import shortened
from ess_sim.inputs.territory.contours.bundled import Polygons

__all__ = ["ShapeError", "astray", "polygons_of"]

_FEWEST = 4
"""Points of a closed ring."""
_FAR_DEGREES = 1.0
"""A contour whose middle is farther from its zone than this (about 100 km) is another place's."""


class ShapeError(Exception):
    """A geometry cannot be drawn."""


def polygons_of(geometry: Any) -> Polygons:
    """Polygons of a Polygon or MultiPolygon; none of a geometry that is null or empty."""
    if geometry is None:
        return []
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise ShapeError(f"geometry must be a Polygon or a MultiPolygon, not {shortened(repr(kind))}")
    found = geometry.get("coordinates")
    polygons = [found] if kind == "Polygon" else found
    if not isinstance(polygons, list) or not all(isinstance(p, list) for p in polygons):
        raise ShapeError(f"coordinates of a {kind} must be lists of rings")
    return [[_ring(ring) for ring in polygon] for polygon in polygons if polygon]


def _ring(ring: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    if not isinstance(ring, list) or len(ring) < _FEWEST:
        raise ShapeError(f"a ring must have at least {_FEWEST} points, of which the last is the first")
    least = 2
    for point in ring:
        numbers = isinstance(point, list) and len(point) >= least
        if not numbers or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in point[:least]):
            raise ShapeError(f"a point must be [longitude, latitude], not {shortened(repr(point))}")
    points = np.array([[float(x) for x in point[:least]] for point in ring], dtype=np.float64)
    if not np.isfinite(points).all():
        raise ShapeError("coordinates must be finite numbers")
    beyond = (np.abs(points) > (180.0, 90.0)).any(axis=1)
    if beyond.any():
        x, y = points[beyond][0]
        if abs(x) <= 90 and abs(y) <= 180:
            raise ShapeError(f"[{x:g}, {y:g}] looks like latitude before longitude: GeoJSON has longitude first")
        raise ShapeError(
            f"[{x:,.10g}, {y:,.10g}] are no degrees, but metres of a projection (Lambert 93, say): "
            "save it in longitude and latitude (WGS 84, EPSG:4326)"
        )
    if (points[0] != points[-1]).any():
        points = np.vstack([points, points[:1]])
    points.setflags(write=False)
    return points


def astray(found: Mapping[str, Polygons], where: Mapping[str, tuple[float, float]]) -> str:
    """What is wrong where most contours are far from their zones; '' where they are not, or nothing is known."""
    zones = [code for code, polygons in found.items() if polygons and code in where]
    if not zones:
        return ""
    middles = np.array([(p[0][0].min(axis=0) + p[0][0].max(axis=0)) / 2 for p in (found[code] for code in zones)])
    places = np.array([where[code] for code in zones])
    far = float(np.median(np.abs(middles - places).max(axis=1)))
    if far <= _FAR_DEGREES:
        return ""
    if float(np.median(np.abs(middles[:, ::-1] - places).max(axis=1))) <= _FAR_DEGREES:
        return "latitude stands before longitude: GeoJSON has longitude first"
    return f"contours lie {far:.0f} degrees from the zones whose codes they bear: another place's file?"
