"""The share of residents without MT over time, and its differences from a baseline, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.arguments import checked
from ess_sim.faces.figures.forest import bar_words, forest_panel, limits_of
from ess_sim.faces.figures.lines import difference_panel, highlighted, level_panel, looks, sample_words
from ess_sim.faces.figures.parts import Mark, mark_days
from ess_sim.faces.figures.style import INK, MOST_NAMED, Page, own_style, target_file, written
from ess_sim.faces.figures.tables import joined, labels_of, named
from ess_sim.faces.words.glossary import Language
from ess_sim.faces.words.speech import Speech, short
from ess_sim.inputs.languages.bilingual import in_language
from ess_sim.model.policies.registry import KINDS
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.comparison.pairing import Outcomes, across_territories, baselines

__all__ = ["marks_of", "plot_share", "titles_of"]

_MOST_DATES = 61
_MOST_MARKS = 4
_MOST_ROWS = 30
_LEFT, _WIDE, _RIGHT = 0.62, 5.9, 2.35
"""Inches: left of the axes over time, of them, and to their right, for names."""
_ROW = 0.36
_LONGEST = 70
"""Letters of the baseline's title in a head."""
_EVENTS = ("opens", "closes", "starts", "ends")
SHARE = "share_without_mt"


@checked
@own_style()
def plot_share(
    results: Outcomes,
    path: Path | str,
    baseline: str | None = None,
    *,
    seed: int | None = None,
    note: str | None = None,
    lang: Language = "en",
) -> Path:
    """Draw the share of residents without MT over time, and below it the difference from a baseline.

    Up to five scenarios are lines with their names at the ends; of more, some levels are highlighted, and the
    differences on the last day stand in a row each, with intervals.

    Parameters
    ----------
    results : Results
    path : path
        PNG, SVG or PDF file to write, by its suffix; replaced where it exists.
    baseline : str, optional
        Scenario to compare with: by default that of the results, else the first. Scenarios of other territories have no
        difference from it, and without any difference the lower panel is left out.
    seed : int, optional
        Root seed for the note line; ``results.seed`` where there is one.
    note : str, optional
        Last line below the panels, in place of how many assumptions the results rest on.
    lang : {'en', 'fr'}
        Of titles and notes, and of titles of scenarios that have two.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    ResultsError
        For another suffix, an unknown baseline, or a file that cannot be written.
    """
    target, speech = target_file(path), Speech("figures", lang)
    names = list(results.scenarios)
    if baseline is None:
        shared = set(getattr(results, "baselines", {}).values())
        baseline = shared.pop() if len(shared) == 1 else names[0]
    compared = baselines(names, baseline)
    compared = {s: b for s, b in compared.items() if s not in across_territories(results, compared)}
    order = [baseline, *(s for s in names if s != baseline)]
    dates = _thinned(sorted(set.intersection(*(set(results.recorded(s)) for s in names))))
    level = levels(results, outcomes=SHARE, dates=dates)
    many = len(order) > MOST_NAMED
    paired = None
    if compared:
        paired = compare(results, baseline=compared, outcomes=SHARE, dates=[dates[-1]] if many else dates)
    last = level[level["date"] == level["date"].max()].set_index("scenario")["mean"]
    look = looks(order, highlighted("plot_share", order, None, last, [baseline]), first=True)
    full, titles = named(order, titles_of(results, lang)), labels_of(order, titles_of(results, lang))
    marks = () if many else marks_of(results, names, lang)
    key = "draws" if len(getattr(results, "draws", ())) > 1 else "mean_of"
    notes = [*_notes(results, level, look, key, seed, speech), *_last(results, note, speech)]
    if many and paired is not None and (words := bar_words(paired, speech)):
        words[0] = words[0][:1].upper() + words[0][1:]
        notes.insert(1, joined(words, speech))
    _picture(speech, level, paired, look, titles, full, marks, notes, target)
    return target


def _thinned(dates: Sequence[Any]) -> list[Any]:
    """At most so many dates, evenly, the first and the last among them."""
    if len(dates) <= _MOST_DATES:
        return list(dates)
    return [dates[i] for i in np.linspace(0, len(dates) - 1, _MOST_DATES).round().astype(int)]


def titles_of(results: Outcomes, lang: Language = "en") -> dict[str, str]:
    """Titles of scenarios, where they have one of their own; in a language where there are two."""
    found = {name: in_language(results.about(name).scenario.get("title"), lang) or name for name in results.scenarios}
    said = list(found.values())
    return {name: title if said.count(title) == 1 else name for name, title in found.items()}


def marks_of(results: Outcomes, scenarios: Sequence[str], lang: Language) -> tuple[Mark, ...]:
    """Days on which policies open, start, end or close, and what they are called: the first four, each once."""
    speech = Speech("figures", lang)
    found: dict[tuple[pd.Timestamp, str], None] = {}
    for name in scenarios:
        for policy in results.about(name).scenario.get("policies", ()):
            kind = KINDS.get(str(policy.get("kind")))
            label = kind.label.to(lang) if kind is not None and kind.label is not None else str(policy.get("kind"))
            for event in _EVENTS:
                if policy.get(event):
                    found[pd.Timestamp(policy[event]), speech.say(event, label.partition(" (")[0])] = None
    return tuple(sorted(found, key=lambda mark: mark[0])[:_MOST_MARKS])


def _picture(
    speech: Speech,
    level: pd.DataFrame,
    paired: pd.DataFrame | None,
    look: Mapping[str, Any],
    titles: Mapping[str, str],
    full: Mapping[str, str],
    marks: Sequence[Mark],
    notes: Sequence[str],
    target: Path,
) -> None:
    many = len(look) > MOST_NAMED
    above = 0.16 * min(3, len(marks))
    below = 0.0
    rows = None
    if paired is not None:
        if many:
            rows = paired.assign(size=paired["difference"].abs()).sort_values("size", ascending=False, kind="stable")
            rows = rows.head(_MOST_ROWS).sort_values("difference", kind="stable")
            rows.index = pd.Index([titles[str(s)] for s in rows["scenario"]])
        below = 0.95 + (_ROW * len(rows) if rows is not None else 2.5)
    page = Page(_LEFT + _WIDE + _RIGHT, below + 3.25 + above + 0.1, speech.say("share_level"), "", notes)
    axes = page.axes(_LEFT, below + 0.32, _WIDE, 2.85)
    level_panel(axes, level, look, titles, speech)
    mark_days(axes, marks)
    if paired is not None:
        base = short(full[str(paired["baseline"].iloc[0])], _LONGEST)
        day = speech.date(paired["date"].max().date())
        head = speech.say("share_on", base, day) if many else speech.say("share_difference", base)
        height = _ROW * len(rows) if rows is not None else 2.5
        if rows is None:
            lower = page.axes(_LEFT, 0.32, _WIDE, height)
            shown = {name: how for name, how in look.items() if name in set(paired["scenario"])}
            difference_panel(lower, paired, shown, titles, speech)
        else:
            lower = page.axes(3.1, 0.32, _LEFT + _WIDE + _RIGHT - 3.1 - 2.45, height)
            forest_panel(lower, rows, limits_of(rows), speech, label=True, words=True, lower=True)
        whole = float(page.figure.get_figheight())
        points = speech.say("lower_is_better", speech.say("points"))
        top = (page.bottom + 0.32 + height + 0.22) / whole
        page.figure.text(0.14 / page.width, top, f"{head}", fontsize=11, fontweight="bold", color=INK, va="bottom")
        page.figure.text(0.14 / page.width, top - 0.01 / whole, points, fontsize=8.5, color="#555555", va="top")
    written(page.figure, target)


def _notes(
    results: Outcomes, level: pd.DataFrame, look: Mapping[str, Any], key: str, seed: int | None, speech: Speech
) -> list[str]:
    whiskers = sum(how.highlighted for how in look.values()) > 2
    text = sample_words(level, look, key, whiskers, speech)
    root = seed if seed is not None else getattr(results, "seed", None)
    if root is not None:
        said = speech.say("seed", root)
        text += " " + speech.say("sentence", said[:1].upper() + said[1:])
    return [text]


def _last(results: Outcomes, note: str | None, speech: Speech) -> list[str]:
    if note is not None:
        return [note]
    of_each: dict[str, tuple[str, ...]] = getattr(results, "grade_d", {})
    number = len(set().union(*of_each.values()))
    return [speech.say("conditional", number) if number else speech.say("conditional_unknown")]
