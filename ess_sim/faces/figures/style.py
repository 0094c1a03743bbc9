"""What all figures share: colours, a legend below the panels, and writing to a file; no window, no global state."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib import rc_context, style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ess_sim.arguments import checked
from ess_sim.atomic import users_path, write_atomically
from ess_sim.errors import ResultsError, did_you_mean

__all__ = [
    "COLOURS",
    "DASHES",
    "FAINT",
    "GREY",
    "INK",
    "MARKERS",
    "MOST_LINES",
    "MOST_NAMED",
    "Page",
    "frame",
    "legend",
    "own_style",
    "save",
    "target_file",
    "written",
]


COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette (2008), which colour-blind readers can distinguish, without yellow: too light for a line."""


DASHES = ("-", (0, (6, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))


MARKERS = "osD^vP"


GREY, INK, FAINT = "#555555", "#1A1A1A", "#C4C8CC"
"""Of notes and axes, of the baseline and titles, of lines that are not named."""


MOST_LINES = 14
"""The most scenarios that can be distinguished in one picture."""


MOST_NAMED = 5
"""The most lines that are drawn in colours of their own; of more, some are highlighted and the others grey."""

_TITLE, _SUBTITLE, _NOTE = 12.5, 9.5, 8.0
_SIDE = 0.14
"""Inches between texts and the edge."""
_MEAN_LETTER = 0.6
"""Mean width of a letter, in sizes, of bold ones rather."""
_ROW = 1.3
"""Height of a line of text, in sizes of its letters."""


_WITHOUT_DATE: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}
"""Kinds of files that are written, and what is left out of each so that its bytes are the same each time."""


@contextmanager
def own_style() -> Iterator[None]:
    """Figures look the same whatever the user's matplotlibrc says (TeX, say, which may not be installed)."""
    # without a salt of its own, an SVG's internal names differ from one drawing to the next; names may hold a $
    with style.context("default"), rc_context({"svg.hashsalt": "ess_sim", "text.parse_math": False}):
        yield


class Page:
    """A figure of a fixed size with a title, a subtitle and notes, and places for axes in inches between them.

    Parameters
    ----------
    width, height : float
        Inches; ``height`` is that of the axes' room: titles and notes add to it.
    title, subtitle : str
        Above, from the left; wrapped.
    notes : sequence of str
        Below, in grey; wrapped.
    """

    def __init__(
        self, width: float, height: float, title: str = "", subtitle: str = "", notes: Sequence[str] = ()
    ) -> None:
        heads = self._rows(title, width, _TITLE), self._rows(subtitle, width, _SUBTITLE)
        below = [row for note in notes if note for row in self._rows(note, width, _NOTE)]
        above = sum(len(rows) * size for rows, size in zip(heads, (_TITLE, _SUBTITLE), strict=True)) * _ROW / 72
        self.bottom = 0.12 + len(below) * _NOTE * _ROW / 72
        self.width, self.height = width, height
        whole = 0.14 + above + height + self.bottom
        self.figure = Figure(figsize=(width, whole), dpi=130, facecolor="white")
        FigureCanvasAgg(self.figure)
        self._whole, y = whole, whole - 0.1
        for rows, size, colour, weight in (
            (heads[0], _TITLE, INK, "bold"),
            (heads[1], _SUBTITLE, GREY, "normal"),
        ):
            for row in rows:
                self.figure.text(
                    _SIDE / width, y / whole, row, fontsize=size, color=colour, fontweight=weight, va="top"
                )
                y -= size * _ROW / 72
        for i, row in enumerate(below):
            height_of = (0.1 + (len(below) - 1 - i) * _NOTE * _ROW / 72) / whole
            self.figure.text(_SIDE / width, height_of, row, fontsize=_NOTE, color=GREY, va="bottom")

    @staticmethod
    def _rows(text: str, width: float, size: float) -> list[str]:
        return textwrap.wrap(text, int((width - 2 * _SIDE) * 72 / (size * _MEAN_LETTER)))

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Axes at a place in inches, from the left and from the bottom of the room between titles and notes."""
        box = left / self.width, (self.bottom + bottom) / self._whole, width / self.width, height / self._whole
        return self.figure.add_axes(box)


def target_file(path: Path | str) -> Path:
    """The path of a figure, if its kind is one that is written."""
    target = users_path(path)
    kind = target.suffix.lower()
    if kind not in _WITHOUT_DATE:
        raise ResultsError(f"{target}: a figure is a .png, .svg or .pdf file{did_you_mean(kind, _WITHOUT_DATE)}")
    return target


def written(figure: Figure, target: Path) -> Path:
    """Writes a figure whole or not at all, the same bytes each time."""
    kind, drawn = target.suffix.lower(), io.BytesIO()
    figure.savefig(drawn, format=kind[1:], metadata=_WITHOUT_DATE[kind])
    write_atomically(target, drawn.getvalue())
    return target


NOTE_HEIGHT = 0.034
"""Of a note below a figure with a legend, as a part of the figure."""


def legend(figure: Figure, axes: Axes, entries: int, notes: int = 2) -> float:
    """A legend below the panels, in the order of the scenarios; returns the height that it and the notes take."""
    lowest = NOTE_HEIGHT * max(notes, 2) + 0.017
    handles, labels = axes.get_legend_handles_labels()
    columns = max(1, min(entries, int(figure.get_figwidth() * 10 / (max(len(label) for label in labels) + 6))))
    lines = -(-entries // columns)
    figure.legend(
        handles[::-1],
        labels[::-1],
        loc="lower center",
        bbox_to_anchor=(0.5, lowest),
        ncols=columns,
        frameon=False,
        fontsize=10,
    )
    return lowest + 0.01 + 0.045 * lines


def frame(axes: Axes) -> None:
    """Grid lines for the values only, no frame above and to the right."""
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=GREY, labelcolor="black")


@checked
@own_style()
def save(figure: Figure, path: Path | str) -> Path:
    """Write a figure, the same bytes each time.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : path
        PNG, SVG or PDF file to write, by its suffix; replaced where it exists.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    ResultsError
        For another suffix, or a file that cannot be written.
    """
    return written(figure, target_file(path))
