"""What it would be worth to know parameters: a row each, with its interval and what shuffled draws show."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ess_sim.arguments import checked
from ess_sim.faces.figures.parts import wrapped
from ess_sim.faces.figures.style import COLOURS, FAINT, GREY, Page, own_style
from ess_sim.faces.figures.tables import digits_for, joined, unit_words, with_columns
from ess_sim.faces.words.glossary import Language
from ess_sim.faces.words.speech import Speech, plain

__all__ = ["worth"]


_NEEDED = ("kind", "name", "unit", "value", "low", "high", "null_high", "people", "people_low", "people_high")
_ROW, _SIDE, _WIDE, _RIGHT = 0.3, 2.9, 4.4, 1.5
_SURE = 0.05
_MOST_GROUPS = 8


@checked
@own_style()
def worth(table: pd.DataFrame, *, lang: Language = "en", most: int = 15, title: str | None = None) -> Figure:
    """Values of information: all parameters together, groups, and the parameters with the highest values.

    Parameters
    ----------
    table : pandas.DataFrame
        The ``table`` of what `ess_sim.value` returns.
    lang : {'en', 'fr'}
    most : int
        Most parameters, ≥ 1; those that are certainly worth nothing are left out.
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure
        Dots with bars; hollow where shuffled draws show as much (adjusted p above 5 %), which the grey band holds.
        In residents where the table has them, else in its unit.

    Raises
    ------
    ArgumentError
        If the table lacks a column or has no rows.
    """
    speech = Speech("figures", lang)
    rows = with_columns("worth", table, [*_NEEDED, "p_holm"], "ess_sim.value")
    in_people = bool(rows["people"].notna().all())
    # residents a unit, of the row of which most is known
    widest = rows.iloc[int(rows["high"].to_numpy(float).argmax())]
    factor = float(widest["people_high"] / widest["high"]) if in_people and widest["high"] > 0 else 1.0
    single = rows[rows["kind"] == "parameter"]
    groups = rows[(rows["kind"] == "group") & (rows["value"] > 0)]
    # of those worth nothing, the ones of which it is least sure; where it is sure there is nothing to see
    first = single[single["high"] > 0].sort_values(["value", "high"], ascending=False, kind="stable").head(most)
    shown = pd.concat([rows[rows["kind"] == "all"], groups.head(_MOST_GROUPS), first])
    unit = speech.say("residents") if in_people else unit_words(str(rows["unit"].iloc[0]), speech)
    notes = [speech.say("worth_bars"), speech.say("worth_null")]
    if first.empty:
        notes.append(speech.say("worth_nothing"))
    elif len(single) > len(first):
        notes.append(speech.say("worth_left_out", len(first), len(single)))
    head = title or speech.say("worth_of_knowing")
    page = Page(
        _SIDE + _WIDE + _RIGHT, 0.5 + _ROW * len(shown), head, speech.say("worth_unit", unit), [joined(notes, speech)]
    )
    axes = page.axes(_SIDE, 0.4, _WIDE, _ROW * len(shown))
    axes.set_ylim(len(shown) - 0.5, -0.5)
    low, high, null = (factor * shown[c].to_numpy(float) for c in ("low", "high", "null_high"))
    value = factor * shown["value"].to_numpy(float)
    digits = digits_for(*high)
    axes.set_xlim(0, 1.06 * max(float(high.max()), float(null.max())) or 1.0)
    row: Any
    for y, row in enumerate(shown.itertuples(index=False)):
        axes.barh(y, null[y], height=0.72, color=FAINT, alpha=0.6, linewidth=0, zorder=1)
        sure = row.p_holm <= _SURE and row.value > 0
        colour = COLOURS[0] if sure else GREY
        axes.plot([low[y], high[y]], [y, y], color=colour, linewidth=2.0, solid_capstyle="butt", zorder=3)
        axes.plot([value[y]], [y], "o", ms=5.5, color=colour, mfc=colour if sure else "white", mew=1.5, zorder=4)
        name = speech.say("worth_all") if row.kind == "all" else plain(row.name)
        text = "\n".join(wrapped(name, 40, 1))
        left = axes.annotate(text, (0, y), (-8, 0), xycoords=("axes fraction", "data"), textcoords="offset points")
        left.set(fontsize=8.5, ha="right", va="center", fontweight="normal" if row.kind == "parameter" else "bold")
        said = f"{speech.number(value[y], digits)} {speech.say('interval', *_ends(low[y], high[y], digits, speech))}"
        right = axes.annotate(said, (1, y), (8, 0), xycoords=("axes fraction", "data"), textcoords="offset points")
        right.set(fontsize=8.5, va="center", annotation_clip=False)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda x, _: speech.figure(x))
    axes.set_yticks([])
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=GREY, labelcolor="black", labelsize=8.5)
    return page.figure


def _ends(low: float, high: float, digits: int, speech: Speech) -> tuple[str, str]:
    return speech.number(low, digits), speech.number(high, digits)
