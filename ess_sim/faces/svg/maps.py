"""Outlines of zones in a flat picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ess_sim.faces.svg.marks import element, number, picture

__all__ = ["MAP_WIDTH", "Outlines", "hatch", "outlines", "zone_map"]


MAP_WIDTH = 360.0
_EDGE = 4.0
_TALLEST = 1.2


class Outlines:
    """Zones drawn once, to be shown in several maps.

    Parameters
    ----------
    paths : mapping of str to str
        Data of a path for each zone.
    height : float
        Of a map, in units of the picture.
    """

    def __init__(self, paths: Mapping[str, str], width: float, height: float) -> None:
        self.paths, self.width, self.height = dict(paths), width, height

    def definitions(self, order: Sequence[str]) -> str:
        """The outlines of zones as shapes ``z0``, ``z1``, … in this order, in a picture that is not seen."""
        shapes = [element("path", id=f"z{k}", d=self.paths[z]) for k, z in enumerate(order) if z in self.paths]
        return picture([element("defs", [*shapes, hatch()])], 1, 1, class_="defs", aria_hidden="true")


def hatch() -> str:
    """The pattern ``hatch``: thin slanting lines."""
    line = element("line", x1=0, x2=0, y1=0, y2=6, class_="hatchline", stroke="#222", stroke_width="1.3")
    return element(
        "pattern", line, id="hatch", width=6, height=6, patternUnits="userSpaceOnUse", patternTransform="rotate(45)"
    )


def outlines(contours: Mapping[str, Iterable[Iterable[Any]]], width: float = MAP_WIDTH) -> Outlines | None:
    """Contours by longitude and latitude, projected so that distances are alike in both directions.

    Parameters
    ----------
    contours : mapping of str to polygons
        Of each zone its polygons, each a sequence of rings, each an array of longitude and latitude, shape (points, 2).

    Returns
    -------
    Outlines or None
        None without any point.
    """
    zones = {zone: [np.asarray(ring, float) for shape in shapes for ring in shape] for zone, shapes in contours.items()}
    points = [ring for rings in zones.values() for ring in rings if len(ring)]
    if not points:
        return None
    every = np.concatenate(points)
    (west, south), (east, north) = every.min(axis=0), every.max(axis=0)
    narrower = math.cos(math.radians((south + north) / 2))
    across, along = max((east - west) * narrower, 1e-9), max(north - south, 1e-9)
    scale = min((width - 2 * _EDGE) / across, (width * _TALLEST - 2 * _EDGE) / along)
    left = (width - across * scale) / 2

    def path(ring: Any) -> str:
        x = left + (ring[:, 0] - west) * narrower * scale
        y = _EDGE + (north - ring[:, 1]) * scale
        at = [f"{number(a)} {number(b)}" for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        kept = [p for k, p in enumerate(at) if k == 0 or p != at[k - 1]]
        return "M" + "L".join(kept) + "Z" if len(kept) > 2 else ""

    return Outlines(
        {zone: "".join(map(path, rings)) for zone, rings in zones.items()}, width, along * scale + 2 * _EDGE
    )


def zone_map(
    drawn: Outlines,
    order: Sequence[str],
    classes: Sequence[str],
    hatched: Sequence[bool] = (),
    **attributes: object,
) -> str:
    """A map of shapes that `Outlines.definitions` defines.

    Parameters
    ----------
    order : sequence of str
        Zones, in the order of the definitions.
    classes : sequence of str
        Of each zone, which says its colour.
    hatched : sequence of bool
        Which zones are hatched.
    """
    there = [k for k, zone in enumerate(order) if zone in drawn.paths]
    out = [element("use", href=f"#z{k}", class_=f"zone {classes[k]}", data_z=k) for k in there]
    out += [
        element("use", href=f"#z{k}", class_="hatch" if hatched[k] else "hatch off", data_h=k)
        for k in (there if len(hatched) else ())
    ]
    return picture(out, drawn.width, drawn.height, **attributes)
