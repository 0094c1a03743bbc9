"""Lines over time with their bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ess_sim.faces.svg.marks import COLOURS, DASHES, Floats, area, element, picture, polyline, text
from ess_sim.faces.svg.scales import Scale, days, digits_of, round_steps, years

__all__ = ["WIDTH", "Curve", "Mark", "curves", "places"]


WIDTH, HEIGHT = 460.0, 290.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 24.0, 12.0, 26.0
"""Margins: at the left there is room for "−100,000", whose sign must not be cut off."""
_APART = 13.0


@dataclass(frozen=True)
class Curve:
    """One line.

    Attributes
    ----------
    series : int
        Which colour and dash it has; 0 is the baseline's.
    label : str
        A letter or two at its end.
    mean, low, high : float array
        By date; NaN where there is none.
    """

    series: int
    label: str
    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Mark:
    """A day at which something begins or ends, with the letters of those whom it concerns."""

    day: date
    label: str


def places(dates: Sequence[date]) -> Floats:
    """Where dates lie along a picture of `curves`, in its units."""
    when = days(dates)
    x: Floats = Scale(when[0], max(when[-1], when[0] + 1), _LEFT, WIDTH - _RIGHT)(when)
    return x


def curves(
    dates: Sequence[date],
    lines: Sequence[Curve],
    *,
    marks: Sequence[Mark] = (),
    from_zero: bool = True,
    **attributes: object,
) -> str:
    """Lines over time, with bands and letters at their ends; the numbers of axes as ``data-v``, to be written again.

    Parameters
    ----------
    dates : sequence of date
        Rising; one for each value of the lines.
    marks : sequence of Mark
    from_zero : bool
        Whether 0 belongs to the axis.
    **attributes
        Of the picture.
    """
    x = places(dates)
    every = np.concatenate([np.concatenate([c.mean, c.low, c.high]) for c in lines]) if lines else np.array([])
    every = every[np.isfinite(every)]
    low, high = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
    ends = (min(low, 0.0), max(high, 0.0)) if from_zero else (low, high)
    steps = round_steps(*ends, spare=0.1)
    y = Scale(float(steps[0]), float(steps[-1]), HEIGHT - _BOTTOM, _TOP)
    out = [*_axis(steps, y), *_years(dates)]
    begin, end = days([dates[0], dates[-1]]).tolist()
    when = Scale(begin, max(end, begin + 1), float(x[0]), WIDTH - _RIGHT)
    for mark in marks:
        if dates[0] < mark.day < dates[-1]:
            at = float(when(days([mark.day]))[0])
            out.append(element("line", x1=at, x2=at, y1=_TOP, y2=HEIGHT - _BOTTOM, class_="mark", stroke="#888"))
            out.append(text(mark.label, at + 3, HEIGHT - _BOTTOM - 5, class_="marklabel", fill="#666"))
    for curve in lines:
        out.append(element("g", _curve(curve, x, y), class_=f"series s{curve.series}", data_s=curve.series))
    out += _labels(lines, x, y)
    return picture(out, WIDTH, HEIGHT, **attributes)


def _axis(steps: Floats, y: Scale) -> list[str]:
    digits, out = digits_of(steps), []
    for step in steps.tolist():
        at = float(y(step))
        zero = step == 0
        out.append(
            element(
                "line",
                x1=_LEFT,
                x2=WIDTH - _RIGHT,
                y1=at,
                y2=at,
                class_="zero" if zero else "grid",
                stroke="#777" if zero else "#ddd",
            )
        )
        said = f"{step:.{digits}f}"
        out.append(text(said.replace("-", "−"), _LEFT - 6, at + 4, text_anchor="end", class_="tick", data_v=said))
    return out


def _years(dates: Sequence[date]) -> list[str]:
    when = days(dates)
    x = Scale(when[0], max(when[-1], when[0] + 1), _LEFT, WIDTH - _RIGHT)
    out = []
    for year in years(dates[0], dates[-1]):
        at = float(x(days([date(year, 1, 1)]))[0])
        if at >= _LEFT - 1:
            out.append(
                element(
                    "line", x1=at, x2=at, y1=HEIGHT - _BOTTOM, y2=HEIGHT - _BOTTOM + 4, class_="grid", stroke="#777"
                )
            )
            out.append(text(str(year), at, HEIGHT - 7, text_anchor="middle", class_="tick"))
    return out


def _curve(curve: Curve, x: Floats, y: Scale) -> list[str]:
    colour, dash = COLOURS[curve.series % len(COLOURS)], DASHES[curve.series % len(DASHES)]
    band = area(x, y(curve.low), y(curve.high))
    out = [element("path", d=band, class_="band", fill=colour, fill_opacity="0.16")] if band else []
    line = polyline(x, y(curve.mean))
    return [*out, element("path", d=line, class_="line", fill="none", stroke=colour, stroke_dasharray=dash or None)]


def _labels(lines: Sequence[Curve], x: Floats, y: Scale) -> list[str]:
    """Letters at the ends of lines, moved apart where they would lie on each other."""
    ends: list[tuple[float, float, Curve]] = []
    for curve in lines:
        there = np.flatnonzero(np.isfinite(curve.mean))
        if len(there):
            ends.append((float(y(curve.mean[there[-1]])), float(x[there[-1]]), curve))
    ends.sort(key=lambda end: end[0])
    heights: list[float] = []
    for height, _, _ in ends:
        heights.append(max([height, *(h + _APART for h in heights[-1:])]))
    over = max(0.0, heights[-1] - (HEIGHT - _BOTTOM)) if heights else 0.0
    return [
        text(
            curve.label,
            at + 4,
            height - over + 4,
            class_=f"letter s{curve.series}",
            fill=COLOURS[curve.series % len(COLOURS)],
            data_s=curve.series,
        )
        for height, (_, at, curve) in zip(heights, ends, strict=True)
    ]
