"""What a map is drawn on: where zones lie, which of them have contours, which parts are too far for one frame."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import BoundaryNorm, Colormap
from matplotlib.path import Path
from numpy.typing import NDArray

from ess_sim.faces.figures.parts import HALO
from ess_sim.faces.figures.style import GREY
from ess_sim.faces.words.speech import place
from ess_sim.inputs.catalogue.bundled import communes
from ess_sim.inputs.territory.contours.bundled import Polygons
from ess_sim.inputs.territory.contours.contours import contours

__all__ = ["Ground", "draw_ground", "ground_of", "parts_of"]

_CELL = 4.0
"""Side of a cell in degrees: zones in cells that do not touch, of another continent say, are drawn apart."""

_FRAMES = 5
_MANY = 1500
"""More zones than this are an image within the picture: else a vector file would be huge."""

_NO_VALUE = "#D9D9D9"
_NAMES = 4


def parts_of(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of the part of the map to which each zone belongs.

    >>> parts_of(np.array([0.0, 1.0, -61.0]), np.array([48.0, 47.0, 15.0])).tolist()
    [0, 0, 1]
    """
    cells = [(int(x), int(y)) for x, y in zip(longitude // _CELL, latitude // _CELL, strict=True)]
    left, part, number = dict.fromkeys(cells), dict[tuple[int, int], int](), -1
    while left:
        waiting, number = [next(iter(left))], number + 1
        while waiting:
            cell = x, y = waiting.pop()
            if cell in left:
                del left[cell]
                part[cell] = number
                waiting += [(x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return np.array([part[cell] for cell in cells], dtype=np.int64)


@dataclass(frozen=True)
class Ground:
    """Zones on the ground.

    Attributes
    ----------
    paths : dict of str to Path
        Contours of the zones that have any, degrees.
    dots : dict of str to (longitude, latitude)
        Where the others lie.
    unplaced : list of str
        Zones of which nothing is known.
    frames : list of list of str
        Zones of each part of the map; first the one with most adults.
    names : dict of str to str
        Of the largest zones, the largest first, and all their adults.
    """

    paths: dict[str, Path]
    dots: dict[str, tuple[float, float]]
    unplaced: list[str]
    frames: list[list[str]]
    names: dict[str, str]
    adults: dict[str, float]

    @property
    def placed(self) -> int:
        """How many zones have a place."""
        return len(self.paths) + len(self.dots)

    @property
    def ratio(self) -> float:
        """Height of the main frame over its width, within what a panel can be."""
        low, high = self.box(self.frames[0])
        wide, tall = high - low
        stretch = math.cos(math.radians(float(low[1] + high[1]) / 2))
        extra = 1.25 if len(self.frames) > 1 else 1.0
        return min(1.25, max(0.6, float(tall / max(wide * stretch * extra, 1e-9))))

    def box(self, zones: list[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest longitude and latitude of some zones."""
        found = [self.paths[z].vertices if z in self.paths else np.array([self.dots[z]]) for z in zones]
        points = np.concatenate([np.asarray(p, dtype=np.float64) for p in found])
        return points.min(axis=0), points.max(axis=0)


def ground_of(
    rows: pd.DataFrame, geojson: str | PathLike[str] | None, positions: Mapping[str, tuple[float, float]] | None
) -> Ground:
    """The ground of the zones of a table with ``zone``, and perhaps ``group`` (names) and ``adults``."""
    once = rows.drop_duplicates("zone")
    zones = [str(z) for z in once["zone"]]
    adults = dict(zip(zones, once["adults"] if "adults" in once else [1.0] * len(zones), strict=True))
    paths = {code: _path(polygons) for code, polygons in contours(zones, geojson, positions=positions).items()}
    table = communes().set_index("code")[["longitude", "latitude"]].dropna()
    known = {z: (float(x), float(y)) for z, x, y in table[table.index.isin(zones)].itertuples()} | dict(positions or {})
    dots = {z: known[z] for z in zones if z not in paths and z in known}
    placed = [z for z in zones if z in paths or z in dots]
    middles = np.array([np.asarray(paths[z].vertices).mean(axis=0) if z in paths else dots[z] for z in placed])
    frames: list[list[str]] = []
    if placed:
        part = parts_of(middles[:, 0], middles[:, 1])
        found = pd.Series([adults[z] for z in placed]).groupby(part).sum().sort_values(ascending=False, kind="stable")
        frames = [[z for z, number in zip(placed, part, strict=True) if number == one] for one in found.index]
    called = dict(zip(zones, once.get("group", zones), strict=True))
    largest = sorted(placed, key=lambda z: (-adults[z], z))
    return Ground(
        paths,
        dots,
        [z for z in zones if z not in paths and z not in dots],
        frames[: _FRAMES + 1],
        {z: str(called[z]) for z in largest},
        adults,
    )


def _path(polygons: Polygons) -> Path:
    """One path of all rings; holes run the other way around, or they would be filled."""
    rings, codes = [], []
    for polygon in polygons:
        for i, ring in enumerate(polygon):
            x, y = ring.T
            left_around = float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) > 0
            rings.append(ring if left_around == (i == 0) else ring[::-1])
            codes += [Path.MOVETO, *[Path.LINETO] * (len(ring) - 2), Path.CLOSEPOLY]
    return Path(np.concatenate(rings), codes)


def draw_ground(
    axes: Axes, ground: Ground, values: pd.Series[Any], colours: Colormap, norm: BoundaryNorm, hatched: set[str]
) -> None:
    """Draws values of zones (index: codes) into axes, far parts in frames at the left."""
    figure: Any = axes.figure
    box = axes.get_position()
    width, height = box.width * figure.get_figwidth(), box.height * figure.get_figheight()
    others = ground.frames[1:]
    axes.set_axis_off()
    share = 0.25 if others else 0.0
    main = axes.inset_axes((share, 0, 1 - share, 1))
    _frame(
        main,
        ground,
        ground.frames[0],
        values,
        colours,
        norm,
        hatched,
        width * (1 - share) / height,
        border=bool(others),
    )
    _names(main, ground, ground.frames[0])
    for i, zones in enumerate(others):
        each = 1 / max(3, len(others))
        inset = axes.inset_axes((0, 1 - (i + 1) * each + 0.02, share - 0.02, each - 0.02))
        ratio = width * (share - 0.02) / (height * (each - 0.02))
        _frame(inset, ground, zones, values, colours, norm, hatched, ratio, border=True)
        first = next(name for z, name in ground.names.items() if z in set(zones))
        inset.text(0.04, 0.03, place(first, 16), fontsize=6.5, transform=inset.transAxes, path_effects=HALO)


def _frame(
    axes: Axes,
    ground: Ground,
    zones: list[str],
    values: pd.Series[Any],
    colours: Colormap,
    norm: BoundaryNorm,
    hatched: set[str],
    ratio: float,
    *,
    border: bool,
) -> None:
    """Zones in true proportions on axes whose width is ``ratio`` times their height."""

    def colour(zone: str) -> Any:
        value = float(values.get(zone, math.nan))
        return colours(norm(value)) if math.isfinite(value) else _NO_VALUE

    drawn = [z for z in zones if z in ground.paths]
    many = len(zones) > _MANY
    edge = 0.0 if many else 0.6 if len(drawn) < 120 else 0.3
    look: dict[str, Any] = {"transform": axes.transData, "rasterized": many}
    axes.add_collection(
        PathCollection(
            [ground.paths[z] for z in drawn],
            facecolors=[colour(z) for z in drawn],
            edgecolors=[colour(z) for z in drawn] if many else "white",
            linewidths=0.4 if many else edge,
            **look,
        ),
        autolim=False,
    )
    if unsure := [ground.paths[z] for z in drawn if z in hatched]:
        hatch = PathCollection(unsure, facecolors="none", edgecolors="#8C8C8C", linewidths=0.0, hatch="////", **look)
        axes.add_collection(hatch, autolim=False)
    _dots(axes, ground, [z for z in zones if z in ground.dots], colour, hatched)
    low, high = ground.box(zones)
    x, y = (low + high) / 2
    stretch = 1 / max(0.1, math.cos(math.radians(float(y))))
    wide, tall = np.maximum(high - low, 0.02)
    tall = 1.06 * max(float(tall), float(wide) / stretch / ratio)
    wide = tall * stretch * ratio
    axes.set_xlim(x - wide / 2, x + wide / 2)
    axes.set_ylim(y - tall / 2, y + tall / 2)
    axes.set_aspect(stretch)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(border)
    axes.spines[:].set_color("#BBBBBB")


def _dots(axes: Axes, ground: Ground, zones: list[str], colour: Any, hatched: set[str]) -> None:
    """Zones without contour: as large as they have adults, with a cross where the interval includes 0."""
    if not zones:
        return
    places = np.array([ground.dots[z] for z in zones])
    adults = np.array([max(0.0, ground.adults[z]) for z in zones])
    size = 20 + 160 * adults / (adults.max() or 1.0)
    x, y = places.T
    axes.scatter(x, y, s=size, c=[colour(z) for z in zones], edgecolors=GREY, linewidths=0.6, zorder=3)
    crossed = [z in hatched for z in zones]
    axes.scatter(x[crossed], y[crossed], s=0.3 * size[crossed], c="#7A7A7A", marker="x", linewidths=0.7, zorder=4)


def _names(axes: Axes, ground: Ground, zones: list[str]) -> None:
    """Names of the largest zones, as long as they do not meet."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    inside, written = set(zones), list[tuple[float, float]]()
    for zone in [z for z in ground.names if z in inside][:12]:
        if zone in ground.paths:
            low, high = ground.paths[zone].get_extents().get_points()
            x, y = (low + high) / 2
        else:
            x, y = ground.dots[zone]
        at = (x - left) / (right - left), (y - bottom) / (top - bottom)
        if len(written) < _NAMES and all(abs(at[0] - a) > 0.4 or abs(at[1] - b) > 0.1 for a, b in written):
            written.append(at)
            text = axes.text(x, y, place(ground.names[zone], 18), fontsize=7, ha="center", va="center", zorder=9)
            text.set_path_effects(list(HALO))
