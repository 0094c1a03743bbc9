"""Small pictures for the rows of a table: a dot with its interval, a bar, many dots, parts of a whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ess_sim.faces.svg.marks import COLOURS, Floats, element, picture
from ess_sim.faces.svg.scales import Scale

__all__ = ["bar", "dot", "dots", "limits", "parts"]


WIDTH, HEIGHT = 220.0, 20.0
_EDGE = 6.0


def limits(*values: Floats | Sequence[float]) -> tuple[float, float]:
    """A range that holds 0 and all values, for pictures that stand below each other."""
    every = np.concatenate([np.asarray(v, float).ravel() for v in values]) if values else np.array([])
    every = every[np.isfinite(every)]
    low, high = min(0.0, *every, 0.0), max(0.0, *every, 0.0)
    return (low, high) if high - low > 1e-6 else (-1.0, 1.0)


def _start(span: tuple[float, float]) -> tuple[Scale, list[str]]:
    x = Scale(*span, _EDGE, WIDTH - _EDGE)
    zero = float(x(0))
    return x, [element("line", x1=zero, x2=zero, y1=0.0, y2=HEIGHT, class_="zero", stroke="#777")]


def dot(mean: float, low: float, high: float, span: tuple[float, float], series: int = 1) -> str:
    """A mean and its interval; hollow where the interval holds 0."""
    x, out = _start(span)
    colour = COLOURS[series % len(COLOURS)]
    if np.isfinite([low, high]).all():
        ends = {"x1": float(x(low)), "x2": float(x(high))}
        out.append(element("line", **ends, y1=HEIGHT / 2, y2=HEIGHT / 2, class_=f"line s{series}", stroke=colour))
    if np.isfinite(mean):
        sure = bool(np.isfinite(low) and (low > 0 or high < 0))
        shape = {"cx": float(x(mean)), "cy": HEIGHT / 2, "r": 4, "stroke": colour, "stroke_width": 2}
        out.append(element("circle", **shape, fill=colour if sure else "#fff", class_=f"dot s{series}"))
    return picture(out, WIDTH, HEIGHT, class_="row", aria_hidden="true")


def bar(mean: float, low: float, high: float, span: tuple[float, float], series: int = 1) -> str:
    """A bar from 0, with the interval of its end."""
    x, out = _start(span)
    colour = COLOURS[series % len(COLOURS)]
    if np.isfinite(mean):
        a, b = sorted([float(x(0)), float(x(mean))])
        out.append(
            element("rect", x=a, width=max(b - a, 0.5), y=4.0, height=HEIGHT - 8, fill=colour, class_=f"s{series}")
        )
    if np.isfinite([low, high]).all():
        ends = {"x1": float(x(low)), "x2": float(x(high))}
        out.append(element("line", **ends, y1=HEIGHT / 2, y2=HEIGHT / 2, class_="whisker", stroke="#222"))
    return picture(out, WIDTH, HEIGHT, class_="row", aria_hidden="true")


def dots(values: Floats, span: tuple[float, float], series: int = 1, height: float = 34.0) -> str:
    """One dot a value, moved up where others lie at the same place, and a line at their mean."""
    x = Scale(*span, _EDGE, 2 * WIDTH - _EDGE)
    zero, colour = float(x(0)), COLOURS[series % len(COLOURS)]
    out = [element("line", x1=zero, x2=zero, y1=0.0, y2=height, class_="zero", stroke="#777")]
    taken: dict[int, int] = {}
    for value in np.sort(values[np.isfinite(values)]).tolist():
        at = float(x(value))
        level = taken[round(at / 5)] = taken.get(round(at / 5), -1) + 1
        y = height - 5 - (level * 5) % (height - 8)
        out.append(element("circle", cx=at, cy=y, r=2.6, fill=colour, fill_opacity="0.75", class_=f"fill s{series}"))
    if np.isfinite(values).any():
        at = float(x(np.nanmean(values)))
        out.append(element("line", x1=at, x2=at, y1=0.0, y2=height, class_=f"line s{series}", stroke=colour))
    return picture(out, 2 * WIDTH, height, class_="row wide", aria_hidden="true")


def parts(counts: Sequence[float], width: float = 440.0) -> str:
    """Parts of a whole side by side; classes ``part0``, ``part1``, … have their colours."""
    shades = ("#00614a", "#0072b2", "#8c6d1f", "#b3400e")
    whole, at, out = max(sum(counts), 1), 0.0, []
    for k, count in enumerate(counts):
        wide = width * count / whole
        out.append(element("rect", x=at, width=wide, y=0.0, height=HEIGHT, fill=shades[k % 4], class_=f"part{k}"))
        at += wide
    return picture(out, width, HEIGHT, class_="parts", preserveAspectRatio="none", aria_hidden="true")
