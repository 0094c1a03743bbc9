"""Contours of zones by their codes: a user's own where given, else the bundled ones of communes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from os import PathLike

from ess_sim.arguments import checked
from ess_sim.errors import shortened
from ess_sim.inputs.territory.contours.bundled import Polygons, bundled_contours, departement_of
from ess_sim.inputs.territory.contours.geojson import read_geojson

__all__ = ["contours"]

_QUOTED = 5


@checked
def contours(
    codes: Iterable[str],
    geojson: str | PathLike[str] | None = None,
    *,
    positions: Mapping[str, tuple[float, float]] | None = None,
) -> dict[str, Polygons]:
    """Contours of zones, for maps.

    Parameters
    ----------
    codes : iterable of str
        Codes of zones: of communes (INSEE's, 2026; arrondissements of Paris, Lyon and Marseille), or a user's own.
    geojson : path, optional
        A user's GeoJSON in degrees (WGS 84), a Feature or FeatureCollection of polygons; the code of a zone is its
        ``id`` or any of its properties, whichever knows most of the zones. What it lacks comes from the bundled file,
        with a warning where that has none either.
    positions : mapping of str to (longitude, latitude), optional
        Where zones are (degrees), by which coordinates in another order are noticed; by default the bundled contours.

    Returns
    -------
    dict of str to polygons
        For each zone that has any: polygons → rings (outer first, then holes; closed) → float array of shape
        (points, 2), longitude and latitude in degrees, read-only. Zones without contours are left out: quarters, zones
        of a user's own CSV. Bundled contours are simplified: between neighbours there may be gaps of some 100 m.

    Raises
    ------
    TerritoryError
        If the file cannot be read, is no GeoJSON, knows none of the zones, or has coordinates that are no degrees; one
        line for each fault.

    Examples
    --------
    >>> found = contours(["53130", "no-commune"])
    >>> list(found), found["53130"][0][0].shape[1]
    (['53130'], 2)
    """
    wanted = list(dict.fromkeys(codes))
    bundled = {c: p for c in wanted if (p := bundled_contours(departement_of(c)).get(c))}
    if geojson is None:
        return bundled
    where = {code: _middle(polygons) for code, polygons in bundled.items()} | dict(positions or {})
    own = read_geojson(geojson, wanted, where)
    if missing := [c for c in wanted if c not in own and c not in bundled]:
        some = ", ".join(map(shortened, missing[:_QUOTED])) + (", …" if len(missing) > _QUOTED else "")
        warnings.warn(f"{geojson}: no contour of {len(missing)} of {len(wanted)} zones: {some}", stacklevel=3)
    return {c: own[c] if c in own else bundled[c] for c in wanted if c in own or c in bundled}


def _middle(polygons: Polygons) -> tuple[float, float]:
    """The middle of a zone's first polygon."""
    low, high = polygons[0][0].min(axis=0), polygons[0][0].max(axis=0)
    longitude, latitude = (low + high) / 2
    return float(longitude), float(latitude)
