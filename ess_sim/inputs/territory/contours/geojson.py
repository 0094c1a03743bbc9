"""A user's GeoJSON of zones: which feature is which zone, and their polygons in degrees."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from ess_sim.errors import TerritoryError, did_you_mean, shortened
from ess_sim.inputs.csv_files.text import UnreadableError, decoded
from ess_sim.inputs.territory.contours.bundled import Polygons
from ess_sim.inputs.territory.contours.shapes import ShapeError, astray, polygons_of

__all__ = ["read_geojson"]

_MOST_BYTES = 100_000_000
_MOST_FAULTS = 20
_FIRST = ("code", "insee", "code_insee", "insee_com", "insee_code", "codgeo", "zone", "id")
"""Properties that are preferred where several know as many zones."""
_LETTERS = 5
_QUOTED = 3
_DEGREES = ("CRS84", "4326", "4258", "4171")
"""In the name of a coordinate reference system: it has degrees."""


def read_geojson(
    path: str | PathLike[str], wanted: Sequence[str], where: Mapping[str, tuple[float, float]]
) -> dict[str, Polygons]:
    """Polygons of the wanted zones that a file has, by code; see `contours`.

    Parameters
    ----------
    path : path
    wanted : sequence of str
        Codes of zones.
    where : mapping of str to (longitude, latitude)
        Where zones are, as far as that is known; degrees.

    Raises
    ------
    TerritoryError
        One line for each fault.
    """
    file = Path(path)
    text = _text(file)
    features = _features(file, text)
    keyed = _by_code(file, features, wanted)
    found: dict[str, Polygons] = {}
    faults = []
    for code, i in keyed:
        try:
            found.setdefault(code, []).extend(polygons_of(features[i].get("geometry")))
        except ShapeError as error:
            faults.append((i, f"zone {shortened(code)!r}: {error}"))
    if not faults and (cause := astray(found, where)):
        faults.append((keyed[0][1], cause))
    if faults:
        lines = [f"{file}:{_line(text, i)}: features[{i}]: {what}" for i, what in faults[:_MOST_FAULTS]]
        more = [f"{file}: … and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else []
        raise TerritoryError("\n".join([*lines, *more]))
    return {code: polygons for code, polygons in found.items() if polygons}


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _MOST_BYTES:
            size = f"{file.stat().st_size / 1e6:,.0f} MB, more than {_MOST_BYTES / 1e6:,.0f}"
            raise TerritoryError(f"{file}: {size}: keep the territory's zones only, or simplify their contours")
        return decoded(file.read_bytes())[0]
    except (OSError, ValueError) as error:
        if isinstance(error, TerritoryError):
            raise
        raise TerritoryError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    except UnreadableError as error:
        raise TerritoryError(f"{file}: {error.what}") from None


def _features(file: Path, text: str) -> list[Any]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        what = "no JSON" if error.pos == 0 else "faulty JSON"
        cure = ": contours must be GeoJSON" if error.pos == 0 else ""
        raise TerritoryError(f"{file}:{error.lineno}:{error.colno}: {what} ({error.msg}){cure}") from None
    except (RecursionError, ValueError):
        raise TerritoryError(f"{file}: no GeoJSON: nested too deeply, or numbers of too many digits") from None
    kind = whole.get("type") if isinstance(whole, dict) else None
    if kind == "Topology":
        raise TerritoryError(f"{file}: TopoJSON: save it as GeoJSON")
    if kind not in ("Feature", "FeatureCollection"):
        has = f"type {shortened(repr(kind))}" if kind else "no type"
        raise TerritoryError(f"{file}: must be a GeoJSON Feature or FeatureCollection, has {has}")
    system = str(whole.get("crs") or "")
    if system and not any(name in system for name in _DEGREES):
        raise TerritoryError(f"{file}: coordinates of {shortened(system)}: save it in degrees (WGS 84, EPSG:4326)")
    features = [whole] if kind == "Feature" else whole.get("features")
    if not isinstance(features, list) or not features:
        raise TerritoryError(f"{file}: a FeatureCollection must have a list of features, and at least one")
    for i, feature in enumerate(features):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise TerritoryError(f"{file}:{_line(text, i)}: features[{i}]: must be a Feature")
    return features


def _values(feature: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What may be a feature's code: each short property and the id, under which key."""
    properties = feature.get("properties")
    pairs = list(properties.items()) if isinstance(properties, dict) else []
    for key, value in [*pairs, ("(id)", feature.get("id"))]:
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield key, str(value).strip()


def _by_code(file: Path, features: Sequence[Any], wanted: Sequence[str]) -> list[tuple[str, int]]:
    """Code and number of each feature that is a wanted zone, by the property that knows most of them."""
    codes = {code: code for code in wanted}
    codes |= {code.lstrip("0"): code for code in wanted if len(code) == _LETTERS and code[0] == "0"} | codes
    keys: dict[str, list[tuple[str, int]]] = {}
    seen: dict[str, str] = {}
    for i, feature in enumerate(features):
        for key, value in _values(feature):
            seen.setdefault(key, value)
            if value in codes:
                keys.setdefault(key, []).append((codes[value], i))

    def rank(key: str) -> tuple[int, int, str]:
        plain = key.lower().strip("()")
        return -len({code for code, _ in keys[key]}), _FIRST.index(plain) if plain in _FIRST else len(_FIRST), key

    if not keys:
        some = ", ".join(f"{shortened(k, 30)} = {shortened(v, 30)!r}" for k, v in list(seen.items())[:_QUOTED])
        near = did_you_mean(wanted[0], seen.values()) if wanted else ""
        zones = ", ".join([*(repr(shortened(c)) for c in wanted[:_QUOTED]), *(["…"] if len(wanted) > _QUOTED else [])])
        raise TerritoryError(
            f"{file}: no feature has the code of a zone ({zones}) as its id or as a property"
            + (f"; the first has {some}{near}" if some else "; features have neither")
        )
    return keys[min(keys, key=rank)]


def _line(text: str, number: int) -> int:
    """The line on which a feature begins."""
    start = re.search(r'"features"\s*:\s*\[\s*', text)
    at = start.end() if start else 0
    read = json.JSONDecoder().raw_decode
    for _ in range(number if start else 0):
        at = read(text, at)[1]
        at += len(text[at:]) - len(text[at:].lstrip(", \t\r\n")) if at < len(text) else 0
    return text.count("\n", 0, at) + 1
