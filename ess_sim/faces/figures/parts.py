"""Parts of all pictures over time: axes of dates, names at the ends of lines that never overlap, marked days."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, date2num, num2date
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from ess_sim.faces.figures.style import GREY, INK
from ess_sim.faces.words.speech import short

__all__ = ["HALO", "End", "Mark", "date_axis", "end_labels", "mark_days", "spread", "value_axis", "wrapped"]

Mark = tuple[Any, str]
"""A day and what happened then."""

HALO = (withStroke(linewidth=2.5, foreground="white"),)
_LINE = 1.22
"""Height of a line of text, in sizes of its letters."""
_LETTER = 0.55
"""Mean width of a letter, in sizes."""
_MONTHS_UP_TO_YEARS = 2.5


class End(NamedTuple):
    """The end of a line: where it is, what it is called, what is said below its name in grey."""

    y: float
    name: str
    note: str
    colour: str


def wrapped(text: str, letters: int, lines: int = 2) -> list[str]:
    """A text in at most so many lines of so many letters, cut with an ellipsis where it is longer.

    >>> wrapped("The Service médical de proximité, young retired GPs and interns", 24)
    ['The Service médical de', 'proximité, young…']
    """
    found = textwrap.wrap(text, letters, max_lines=lines, placeholder="…", break_long_words=True)
    return found or [short(text, letters)]


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Middles of labels as near as possible to where they are wanted, in their order, without overlap.

    Parameters
    ----------
    wanted, heights : sequence of float
        Where each label's middle should be, and how high it is.
    low, high : float
        Between what they stay, as long as there is room.

    Examples
    --------
    >>> spread([5.0, 5.0, 9.0], [2.0, 2.0, 2.0], 0.0, 10.0)
    [4.0, 6.0, 9.0]
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    blocks: list[list[int]] = []

    def start(block: list[int]) -> float:
        """Lower end of a block whose labels are, on the whole, nearest to where they are wanted."""
        above, ideal = 0.0, 0.0
        for i in block:
            ideal += wanted[i] - above - heights[i] / 2
            above += heights[i]
        return max(low, min(ideal / len(block), high - above))

    def end(block: list[int]) -> float:
        return start(block) + sum(heights[i] for i in block)

    for i in order:
        blocks.append([i])
        while len(blocks) > 1 and end(blocks[-2]) > start(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    placed = [0.0] * len(wanted)
    for block in blocks:
        at = start(block)
        for i in block:
            placed[i] = at + heights[i] / 2
            at += heights[i]
    return placed


def end_labels(axes: Axes, ends: Sequence[End], *, letters: int, size: float = 8.5, gap: float = 0.0) -> None:
    """Names to the right of the axes, each beside the end of its line, as far apart as they must be.

    Parameters
    ----------
    axes : Axes
        Whose place and limits do not change any more.
    ends : sequence of End
    letters : int
        Longest line of a name.
    size : float
        Of the letters, points.
    gap : float
        Points between the axes and the names, more than usual.
    """
    figure: Any = axes.figure
    points = axes.get_position().height * figure.get_figheight() * 72
    low, high = axes.get_ylim()
    lines = [wrapped(end.name, letters) for end in ends]
    heights = [(len(rows) + bool(end.note)) * size * _LINE + 4 for rows, end in zip(lines, ends, strict=True)]
    at = [(end.y - low) / (high - low) * points for end in ends]
    placed = spread(at, heights, -6.0, points + 6.0)
    for end, rows, wish, y in zip(ends, lines, at, placed, strict=True):
        top = y + ((len(rows) + bool(end.note)) * size * _LINE) / 2
        x = 14 + gap
        if abs(y - wish) > 1.5:
            frame = figure.dpi_scale_trans
            left, bottom = (
                axes.get_position().x1 * figure.get_figwidth(),
                axes.get_position().y0 * figure.get_figheight(),
            )
            steps = [(left + (3 + gap) / 72, bottom + wish / 72), (left + (x - 2) / 72, bottom + y / 72)]
            leader = Line2D(*np.array(steps).T, transform=frame, color=end.colour, linewidth=0.8, alpha=0.7)
            figure.add_artist(leader)
        where: Any = {"xycoords": axes.transAxes, "textcoords": "offset points", "va": "top", "annotation_clip": False}
        for k, row in enumerate([*rows, *([end.note] if end.note else [])]):
            grey = k == len(rows)
            text = axes.annotate(row, (1, 0), (x, top - k * size * _LINE), **where)
            text.set(fontsize=size, color=GREY if grey else end.colour, fontweight="normal" if grey else "bold")


def date_axis(axes: Axes, dates: Any, most: int = 7) -> None:
    """Years, or months where there are few years, from the first to the last date."""
    first, last = pd.Timestamp(dates.min()), pd.Timestamp(dates.max())
    if first == last:
        first, last = first - pd.Timedelta(days=30), last + pd.Timedelta(days=30)
    axes.set_xlim(date2num(first), date2num(last))  # type: ignore[no-untyped-call]
    locator: Any = AutoDateLocator(minticks=min(3, most), maxticks=most)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    by_month = (last - first).days / 365.25 < _MONTHS_UP_TO_YEARS

    def said(value: float, _: float) -> str:
        day = num2date(value)  # type: ignore[no-untyped-call]
        return f"{day.month:02d}/{day.year}" if by_month else str(day.year)

    axes.xaxis.set_major_formatter(said)


def value_axis(axes: Axes, said: Callable[[float], str]) -> None:
    """Few ticks, written in the language of the picture."""
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: said(value))


def mark_days(axes: Axes, marks: Sequence[Mark], *, size: float = 8.0, letters: int = 48) -> None:
    """A fine line on each marked day, its text above the axes' top in as many rows as keep texts apart."""
    if not marks:
        return
    figure: Any = axes.figure
    left, right = axes.get_xlim()
    width = axes.get_position().width * figure.get_figwidth() * 72
    rows: list[float] = []  # up to where each row is written
    for day, text in sorted(((pd.Timestamp(d), str(t)) for d, t in marks), key=lambda m: m[0]):
        at = (date2num(day) - left) / (right - left)  # type: ignore[no-untyped-call]
        if not 0 <= at <= 1:
            continue
        said = short(" ".join(text.split()), letters)
        long = len(said) * size * _LETTER / width
        start = min(at, max(0.0, 1 - long))
        row = next((i for i, end in enumerate(rows) if start > end + 0.01), len(rows))
        rows[row : row + 1] = [start + long]
        axes.axvline(date2num(day), color=GREY, linewidth=0.9, linestyle=(0, (1, 2)), zorder=5)  # type: ignore[no-untyped-call]
        where: Any = {
            "xycoords": axes.transAxes,
            "textcoords": "offset points",
            "va": "bottom",
            "annotation_clip": False,
        }
        note = axes.annotate(said, (start, 1), (2, 3 + row * size * _LINE), **where)
        note.set(fontsize=size, color=INK, va="bottom")
