"""What all figures share: colours, a legend below the panels, and writing to a file; no window, no global state."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib import rc_context, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ess_sim.atomic import users_path, write_atomically
from ess_sim.errors import ResultsError, did_you_mean

__all__ = [
    "COLOURS",
    "DASHES",
    "GREY",
    "MARKERS",
    "MOST_LINES",
    "frame",
    "legend",
    "own_style",
    "target_file",
    "written",
]


COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette (2008), which colour-blind readers can distinguish, without yellow: too light for a line."""


DASHES = ("-", (0, (6, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))


MARKERS = "osD^vP"


GREY = "#555555"


MOST_LINES = 14
"""The most scenarios that can be distinguished in one picture."""


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


def legend(figure: Figure, axes: Axes, entries: int) -> float:
    """A legend below the panels, in the order of the scenarios; returns the height that it and the notes take."""
    handles, labels = axes.get_legend_handles_labels()
    columns = max(1, min(entries, int(figure.get_figwidth() * 10 / (max(len(label) for label in labels) + 6))))
    lines = -(-entries // columns)
    figure.legend(
        handles[::-1],
        labels[::-1],
        loc="lower center",
        bbox_to_anchor=(0.5, 0.085),
        ncols=columns,
        frameon=False,
        fontsize=10,
    )
    return 0.095 + 0.045 * lines


def frame(axes: Axes) -> None:
    """Grid lines for the values only, no frame above and to the right."""
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=GREY, labelcolor="black")
