"""A map of zones as dots: how many adults share the GPs who are near."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm
from matplotlib.patheffects import withStroke

from ess_sim.faces.figures.maps.ground import parts_of
from ess_sim.faces.figures.style import COLOURS, GREY
from ess_sim.faces.reports.description.panels import title_of
from ess_sim.faces.words.speech import Speech, place
from ess_sim.model.run.situation import Situation

__all__ = ["map_panel"]


_CLASSES = (600, 800, 1000, 1250, 1600, 2000)
"""Adults per GP at which the colour changes: the same in every picture, so that pictures can be compared."""

_COLOURS = colormaps["YlGnBu"]
_NORM = BoundaryNorm(_CLASSES, _COLOURS.N, extend="both")
_UNREACHED = COLOURS[1]

_INK, _LARGEST, _SMALLEST = 5000.0, 500.0, 0.35
"""Square points of all dots together at most, of the largest at most, and of each at least."""

_MANY = 2000
"""More dots than this are an image within the picture: else a vector file would have tens of thousands of marks."""

_INSETS = 5
_KM_PER_DEGREE = 111.2
_HALO = (withStroke(linewidth=2.0, foreground="white"),)


def map_panel(axes: Axes, situation: Situation, speech: Speech) -> None:
    """Every zone at its place, as large as it has adults; far parts of the territory in frames of their own."""
    near = speech.figure(situation.near_minutes)
    title_of(axes, speech.say("map_title", near))
    zones = situation.zones.sort_values(["adults", "zone"], ascending=[False, True])  # small dots lie on large ones
    _colour_bar(axes, zones, speech, near)
    part = pd.Series(parts_of(zones["longitude"].to_numpy(), zones["latitude"].to_numpy()), index=zones.index)
    first, *others = zones["adults"].groupby(part).sum().sort_values(ascending=False, kind="stable").index
    main = zones[part == first]
    ink = min(_INK / max(1, situation.adults), _LARGEST / max(1, int(zones["adults"].max())))
    page: Any = axes.figure
    width = axes.get_position().width * page.get_figwidth()
    height = axes.get_position().height * page.get_figheight()
    _draw(axes, main, ink, width / height, 0.22 if others else 0.0)
    for i, other in enumerate(others[:_INSETS]):
        inset = axes.inset_axes((0.012, 0.802 - 0.196 * i, 0.19, 0.18))
        _draw(inset, zones[part == other], ink, 0.19 * width / (0.18 * height))
        largest = place(zones.loc[part == other, "name"].iloc[0], 14)
        inset.text(0.04, 0.04, largest, fontsize=6, transform=inset.transAxes, path_effects=_HALO)
    _scale(axes, float(main["latitude"].mean()), speech)
    if not others:
        _names(axes, main, ink)


def _colour_bar(axes: Axes, zones: pd.DataFrame, speech: Speech, near: str) -> None:
    drawn: Any = axes.figure
    colours = ScalarMappable(_NORM, _COLOURS)
    bar = drawn.colorbar(colours, ax=axes, orientation="horizontal", fraction=0.045, pad=0.03, aspect=30)
    bar.ax.tick_params(labelsize=8, length=0, colors=GREY, labelcolor="black")
    bar.ax.xaxis.set_major_formatter(lambda value, _: speech.number(value))
    bar.outline.set_visible(False)
    unreached = not np.isfinite(zones["adults_per_gp"]).all()
    notes = [speech.say("map_none", near)] if unreached else []
    bar.set_label("     ".join([*notes, speech.say("map_size")]), fontsize=8.5)


def _draw(axes: Axes, zones: pd.DataFrame, ink: float, ratio: float, left: float = 0.0) -> None:
    """Dots in true proportions on axes whose width is ``ratio`` times their height, with room on the ``left``."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("#DDDDDD")
    many = len(zones) > _MANY
    size = np.maximum(ink * zones["adults"].to_numpy(), _SMALLEST)
    reached = np.isfinite(zones["adults_per_gp"].to_numpy())
    axes.scatter(
        zones["longitude"][reached],
        zones["latitude"][reached],
        s=size[reached],
        c=zones["adults_per_gp"][reached],
        cmap=_COLOURS,
        norm=_NORM,
        linewidths=0 if many else 0.4,
        edgecolors=GREY,
        rasterized=many,
    )
    axes.scatter(
        zones["longitude"][~reached],
        zones["latitude"][~reached],
        s=np.maximum(size[~reached], 0.8 if many else 14.0),
        c=_UNREACHED,
        marker="x",
        linewidths=0.4 if many else 1.2,
        rasterized=many,
    )
    lowest, highest = (zones[["longitude", "latitude"]].agg(end).to_numpy() for end in ("min", "max"))
    x, y = (lowest + highest) / 2
    stretch = 1 / max(0.1, float(np.cos(np.radians(y))))
    wide, high = np.maximum(highest - lowest, 2 / _KM_PER_DEGREE)
    high = max(1.18 * high, 1.18 * wide / (1 - left) / stretch / ratio)
    wide = high * stretch * ratio
    axes.set_ylim(y - high / 2, y + high / 2)
    axes.set_xlim(x - wide * (1 + left) / 2, x + wide * (1 - left) / 2)
    axes.set_aspect(stretch)


def _scale(axes: Axes, latitude: float, speech: Speech) -> None:
    """A bar of a round number of kilometres, a quarter of the panel at most."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    degree = _KM_PER_DEGREE * max(0.1, float(np.cos(np.radians(latitude))))
    most = (right - left) * degree / 4
    power = 10.0 ** np.floor(np.log10(most))
    km = next(step * power for step in (5, 2, 1) if step * power <= most)
    y, end = bottom + 0.04 * (top - bottom), right - 0.04 * (right - left)
    axes.plot([end - km / degree, end], [y, y], color=GREY, linewidth=1.5)
    text = axes.annotate(
        f"{speech.figure(km)} km", (end - km / degree / 2, y), (0, 3), textcoords="offset points", ha="center"
    )
    text.set(fontsize=8, color=GREY)


def _names(axes: Axes, zones: pd.DataFrame, ink: float) -> None:
    """Names of the largest zones above their dots, as long as they do not meet."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    written: list[tuple[float, float]] = []
    rows = zones[["name", "longitude", "latitude", "adults"]].head(12)
    for name, longitude, latitude, adults in rows.itertuples(index=False):
        x, y = (longitude - left) / (right - left), (latitude - bottom) / (top - bottom)
        if len(written) < 4 and all(abs(x - a) > 0.42 or abs(y - b) > 0.12 for a, b in written):
            written.append((x, y))
            away = 2 + float(np.sqrt(ink * adults)) / 2
            offset = (0, away) if y < 0.85 else (0, -away)
            text = axes.annotate(place(name, 20), (longitude, latitude), offset, textcoords="offset points", fontsize=8)
            text.set(ha="right" if x > 0.75 else "left" if x < 0.25 else "center", va="bottom" if y < 0.85 else "top")
            text.set_path_effects(list(_HALO))
