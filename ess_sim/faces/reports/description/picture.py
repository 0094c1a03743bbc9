"""One picture of what a run starts from: six panels on a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ess_sim.faces.figures.style import GREY, own_style, target_file, written
from ess_sim.faces.reports.description.atlas import map_panel
from ess_sim.faces.reports.description.lines import headline, wish
from ess_sim.faces.reports.description.panels import ages_panel, gp_ages_panel, minutes_panel
from ess_sim.faces.reports.description.shares import grades_panel, without_panel
from ess_sim.faces.words.glossary import Language
from ess_sim.faces.words.speech import Speech, short
from ess_sim.model.run.situation import Situation

__all__ = ["picture_of", "write_picture"]


_COLUMNS = (((0.06, 0.30), (0.36, 0.66), (0.735, 0.975)), ((0.06, 0.30), (0.44, 0.68), (0.755, 0.975)))
"""Left and right edges of the panels of each row: names of zones need room."""

_PANELS: tuple[Callable[[Axes, Situation, Speech], None], ...] = (
    ages_panel,
    map_panel,
    gp_ages_panel,
    minutes_panel,
    without_panel,
    grades_panel,
)


@own_style()
def picture_of(situation: Situation, lang: Language) -> Figure:
    """The page; it is drawn where it stands, and no window opens."""
    speech = Speech("description", lang)
    figure = Figure(figsize=(12.0, 8.3), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    title, where = headline(situation, speech)
    figure.text(0.03, 0.968, short(title, 90), fontsize=14, fontweight="bold", va="center")
    figure.text(0.03, 0.937, where, fontsize=10, color=GREY, va="center")
    for row, (bottom, top) in enumerate(((0.54, 0.855), (0.12, 0.425))):
        for panel, (left, right) in zip(_PANELS[3 * row : 3 * row + 3], _COLUMNS[row], strict=True):
            panel(figure.add_axes((left, bottom, right - left, top - bottom)), situation, speech)
    figure.text(0.03, 0.025, wish(situation, speech), fontsize=9.5, va="center")
    return figure


@own_style()
def write_picture(situation: Situation, path: Path | str, lang: Language) -> Path:
    """Writes the page; its kind is known to be wrong before anything is drawn."""
    target = target_file(path)
    return written(picture_of(situation, lang), target)
