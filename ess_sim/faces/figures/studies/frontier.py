"""What a budget buys: each mix that a choice finished by its cost and effect, and the best of them as a line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError, did_you_mean
from ess_sim.faces.figures.parts import wrapped
from ess_sim.faces.figures.style import COLOURS, GREY, INK, Page, frame, own_style
from ess_sim.faces.figures.tables import about, joined, signed, unit_words, with_columns
from ess_sim.faces.reports.studies.choice_rows import Marked, beyond, finished, marked, stairs
from ess_sim.faces.reports.studies.rows import each
from ess_sim.faces.svg.scales import digits_of
from ess_sim.faces.words.glossary import Language
from ess_sim.faces.words.speech import Speech
from ess_sim.inputs.scenario.outcomes import OUTCOMES

__all__ = ["frontier"]


_NEEDED = ("mix", "effect", "effect_low", "effect_high", "euro_a_year", "worst_year", "unknown", "runs", "runs_over")
_LEFT, _WIDE, _HIGH, _RIGHT, _BOTTOM = 0.75, 5.6, 3.7, 2.75, 0.62
"""Inches: left of the axes, the axes, right of them for names, and below them."""
_LETTERS = 34
_LINE = 0.16


@checked
@own_style()
def frontier(
    front: pd.DataFrame,
    *,
    candidates: pd.DataFrame | None = None,
    rules: pd.DataFrame | None = None,
    budget: float | None = None,
    outcome: str = "share_without_mt",
    lang: Language = "en",
    title: str | None = None,
) -> Figure:
    """Effect against yearly public cost of all mixes that a choice under a budget finished.

    Parameters
    ----------
    front, candidates, rules : pandas.DataFrame
        Of what `ess_sim.choose` returns, or of its files; the chosen mix is one of the candidates.
    budget : float, optional
        Euro a year, for a line.
    outcome : str
        Whose effects they are.
    lang : {'en', 'fr'}
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure
        Upwards is better. Points with 95 % intervals, hollow where a run exceeds the budget; the line has stairs,
        because nothing between two mixes can be had.

    Raises
    ------
    ArgumentError
        If a table lacks a column or the first has no rows, or for an outcome that there is not.

    Examples
    --------
    >>> row = {"mix": "smp", "effect": -1.8, "effect_low": -2.1, "effect_high": -1.5, "euro_a_year": 4e5}
    >>> row |= {"worst_year": 5e5, "unknown": "", "runs": 64, "runs_over": 0, "on_front": True}
    >>> frontier(pd.DataFrame([row]), budget=500_000).axes[0].get_xlabel()
    'public cost beyond the baseline, thousand euro a year'
    """
    if outcome not in OUTCOMES:
        raise ArgumentError(f"frontier: no outcome {outcome!r}{did_you_mean(outcome, OUTCOMES)}")
    with_columns("frontier", front, [*_NEEDED, "on_front"], "ess_sim.choose")
    for table, more in ((candidates, "status"), (rules, "rule")):
        if table is not None and len(table):
            with_columns("frontier", table, [*_NEEDED, more], "ess_sim.choose")
    speech, own = Speech("figures", lang), Speech("choice", lang)
    every, marks = finished(front, candidates, rules), marked(candidates, rules)
    lower, unit = OUTCOMES[outcome].lower_is_better, unit_words(OUTCOMES[outcome].unit_of_difference, speech)
    notes = [joined(_notes(every, own), speech)]
    if budget is not None and beyond(budget, every):
        notes.append(own.say("frontier_beyond", speech.number(budget)))
        budget = None
    below = own.say("frontier_below", about(outcome, speech), unit)
    head = title or own.say("frontier_title")
    page = Page(_LEFT + _WIDE + _RIGHT, _BOTTOM + _HIGH + 0.15, head, below, notes)
    axes = page.axes(_LEFT, _BOTTOM, _WIDE, _HIGH)
    _points(axes, every, marks)
    line = stairs(every, 0.0 if budget is None else budget)
    axes.plot(np.array(line[0]) / 1000, line[1], color=COLOURS[2], linewidth=2.0, zorder=3, label="frontier")
    if budget is not None:
        axes.axvline(budget / 1000, color=INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=2)
        text = axes.annotate(
            own.say("frontier_budget"),
            (budget / 1000, 1),
            (-4, -4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
        )
        text.set(fontsize=8.5, color=INK, ha="right", va="top", rotation=90)
    axes.axhline(0, color=GREY, linewidth=0.8, zorder=1)
    if lower:
        axes.invert_yaxis()
    frame(axes)
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda x, _: ("−" if x < 0 else "") + speech.figure(abs(x)))
    axes.yaxis.set_major_formatter(lambda y, _: signed(y, digits_of(axes.get_yticks()), speech))
    axes.set_xlabel(own.say("frontier_x"), fontsize=9)
    axes.set_ylabel(unit, fontsize=9)
    axes.tick_params(labelsize=8.5)
    _names(page, every, marks, own)
    return page.figure


_LOOKS = tuple(zip(("#D55E00", "#0072B2", "#E69F00", "#CC79A7", "#56B4E9", "#000000"), "*sD^vP", strict=True))
"""Colour and marker of the mixes that are named: the chosen one first."""


def _size(marker: str) -> float:
    return 15.0 if marker == "*" else 8.0


def _points(axes: Axes, every: pd.DataFrame, marks: Sequence[Marked]) -> None:
    looks = {mark.mix: look for mark, look in zip(marks, _LOOKS, strict=False)}
    for row in each(every):
        named = row.mix in looks
        colour, marker = looks.get(row.mix, (GREY, "o"))
        cost, z = row.euro_a_year / 1000, 10 + len(looks) - list(looks).index(row.mix) if named else 5
        limits = [row.effect_low, row.effect_high]
        if np.isfinite(limits).all():
            axes.plot(
                [cost, cost], limits, color=colour, linewidth=1.6 if named else 0.8, alpha=1 if named else 0.5, zorder=z
            )
        if named and row.mix == marks[0].mix and "chosen" in marks[0].names:
            axes.plot([cost, row.worst_year / 1000], [row.effect] * 2, color=colour, linewidth=1.0, zorder=z)
        size = _size(marker) if named else 4.5
        fill = "white" if row.over else colour
        axes.plot([cost], [row.effect], marker, ms=size, color=colour, mfc=fill, mew=1.4, zorder=z + 10)


def _notes(every: pd.DataFrame, own: Speech) -> list[str]:
    unknown = int((every["unknown"] != "").sum())
    notes = [own.say("frontier_line"), own.say("frontier_bars"), own.say("frontier_worst")]
    if unknown:
        notes.append(own.say("frontier_unknown" if unknown > 1 else "frontier_unknown_one", unknown))
    return notes


def _names(page: Page, every: pd.DataFrame, marks: Sequence[Marked], own: Speech) -> None:
    """What the marks stand for, right of the axes."""
    rows = [
        (*look, False, own.say("mark_next").join(own.say(f"mark_{name}") for name in mark.names))
        for mark, look in zip(marks, _LOOKS, strict=False)
    ]
    rows.append((GREY, "o", False, own.say("frontier_other")))
    if every["over"].any():
        rows.append((GREY, "o", True, own.say("frontier_over")))
    axes = page.axes(_LEFT + _WIDE + 0.12, _BOTTOM, _RIGHT - 0.2, _HIGH)
    axes.set_axis_off()
    axes.set_xlim(0, _RIGHT - 0.2)
    axes.set_ylim(_HIGH, 0)
    y = 0.12
    for colour, marker, hollow, words in rows:
        lines = wrapped(words, _LETTERS, 3)
        axes.plot([0.1], [y], marker, ms=_size(marker) if marker != "o" else 5, color=colour, mew=1.4)
        axes.lines[-1].set_markerfacecolor("white" if hollow else colour)
        axes.text(0.26, y - 0.005, "\n".join(lines), fontsize=8.5, va="top" if len(lines) > 1 else "center", color=INK)
        if len(lines) > 1:
            axes.texts[-1].set_y(y - 0.08)
        y += _LINE * len(lines) + 0.12
