"""Panels of shares: adults without MT in the largest zones, inputs by grade."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ess_sim.faces.figures.style import COLOURS
from ess_sim.faces.reports.description.inputs import GRADES, counts_of
from ess_sim.faces.reports.description.panels import dressed, title_of
from ess_sim.faces.words.speech import Speech, place
from ess_sim.model.run.situation import Situation

__all__ = ["grades_panel", "without_panel"]


_ZONES, _LETTERS = 10, 18
"""Zones shown, and letters of their names."""

_OF_GRADES = dict(zip(GRADES, ("#0072B2", "#56B4E9", "#E69F00", "#D55E00"), strict=True))


def without_panel(axes: Axes, situation: Situation, speech: Speech) -> None:
    """Bars of the zones with most adults, beside the territory as a whole."""
    zones = situation.zones[situation.zones["adults"] > 0].sort_values(["adults", "zone"], ascending=[False, True])
    shown = zones.head(_ZONES)
    share = situation.share_without_mt
    title_of(axes, speech.say("without_title", speech.percent(share)))
    places = -np.arange(len(shown))
    percent = 100 * shown["share_without_mt"].to_numpy()
    axes.barh(places, percent, height=0.72, color=COLOURS[0], alpha=0.75)
    axes.axvline(100 * share, color="black", linewidth=1.2, linestyle=(0, (4, 3)))
    axes.set_yticks(places, [place(name, _LETTERS) for name in shown["name"]])
    axes.set_ylim(-max(len(shown), 4) + 0.4, 0.6)
    for at, value in zip(places, percent, strict=True):
        axes.annotate(
            speech.percent(value / 100), (value, at), (3, 0), textcoords="offset points", va="center", fontsize=8
        )
    axes.set_xlim(0, 1.22 * max(percent.max(), 100 * share, 1.0))
    more = f"\n{speech.say('largest', len(shown))}" if len(zones) > len(shown) else ""
    axes.set_xlabel(speech.say("without_x") + more, fontsize=9)
    dressed(axes, "x")


def grades_panel(axes: Axes, situation: Situation, speech: Speech) -> None:
    """How many inputs the file states and how many it leaves to the defaults, by grade."""
    counts = counts_of(situation.figures)
    stated = sum(counts[True].values())
    total = stated + sum(counts[False].values())
    title_of(axes, speech.say("grades_title", total, stated))
    for row, given in enumerate((False, True)):
        begins = 0
        for grade in GRADES:
            n = counts[given][grade]
            if n:
                axes.barh(row, n, left=begins, height=0.62, color=_OF_GRADES[grade], edgecolor="white", linewidth=1.5)
                ink = "black" if grade in "BC" else "white"
                axes.text(begins + n / 2, row, f"{grade}\n{n}", ha="center", va="center", fontsize=9, color=ink)
            begins += n
    axes.set_yticks([0, 1], [speech.say("default"), speech.say("stated")])
    axes.set_ylim(-1.9, 1.5)
    axes.set_xlabel(speech.say("grades_x"), fontsize=9)
    dressed(axes, "x")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    for i, grade in enumerate(GRADES):
        x, y = 0.02 + 0.36 * (i // 2), 0.22 - 0.10 * (i % 2)
        axes.text(x, y, "■", color=_OF_GRADES[grade], transform=axes.transAxes, va="center", fontsize=10)
        axes.text(x + 0.06, y, speech.say(f"grade_{grade}"), transform=axes.transAxes, va="center", fontsize=8.5)
