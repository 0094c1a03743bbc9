"""The life of centres: doctors, list, consultations, money."""

from __future__ import annotations

from datetime import date

import numpy as np

from ess_sim.faces.report.gather.batch import Batch
from ess_sim.faces.report.gather.centre import MEASURES, Life
from ess_sim.faces.report.gather.centre import centres as gathered
from ess_sim.faces.report.gather.course import Band
from ess_sim.faces.report.parts.blocks import Both, Cell, Column, Drawing, Num, Prose, Section, Table, joined
from ess_sim.faces.report.parts.there import found_or_note
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.faces.report.sections.course import chart_data
from ess_sim.faces.svg.curves import Curve, curves

__all__ = ["centre"]


_DRAWN = {"doctors": 1, "list": 0}
_THOUSANDS = ("income", "spending", "reserves")


def centre(batch: Batch, voice: Voice) -> Section | None:
    """None where there is no centre."""
    section = Section("centre", voice.say("centre_title"))
    found = found_or_note(section, batch, voice, gathered, missing="centre_missing", alone=True)
    if found is None:
        return section
    if not found.lives:
        return None
    for life in found.lives:
        section.add(Prose(_sentence(voice, life), "p"))
    lives = [life for life in found.lives if len(life.years) > 1]
    if lives:
        figures, charts = [], {}
        years = max((life.years for life in lives), key=len)
        days = [date(y, 12, 31) for y in years]
        for what, digits in _DRAWN.items():
            bands = {voice.series(life.scenario): (_band(life, what), life) for life in lives if life.years == years}
            lines = [Curve(s, voice.letters[life.scenario], *band) for s, (band, life) in bands.items()]
            name = f"centre-{what}"
            figures.append((voice.say(f"centre_{what}"), curves(days, lines, class_="chart", data_chart=name)))
            charts[name] = chart_data(days, {s: band for s, (band, _) in bands.items()}, digits)
        toggles = [(voice.series(x.scenario), voice.letters[x.scenario], voice.title(x.scenario)) for x in lives]
        section.add(Drawing("centre-chart", "chart", figures, toggles))
        section.data["charts"] = charts
    section.add(_table(voice, found.lives))
    section.add(Prose(voice.say("centre_note"), "note"))
    return section


def _band(life: Life, what: str) -> Band:
    found = life.measures[what]
    return Band(*(np.array([getattr(e, side) for e in found]) for side in ("mean", "low", "high")))


def _sentence(voice: Voice, life: Life) -> Both:
    last = {m: life.measures[m][-1].mean for m in MEASURES}
    how = _fates(voice, life)
    settled = voice.say("centre_settled", Num(life.settled.mean, 1, True), voice.interval(life.settled, 1, sign=True))
    known = last["fte"] == last["fte"]
    fte = voice.say("centre_fte", Num(last["fte"], 1)) if known else voice.say("centre_heads")
    return voice.say(
        "centre_sentence", voice.title(life.scenario), str(life.years[-1]), Num(last["doctors"], 1), fte,
        Num(last["list"]), Num(last["consultations"]), how, settled, _reserves(voice, life),
    )  # fmt: skip


def _fates(voice: Voice, life: Life) -> Both:
    """In how many runs it closed or was rescued."""
    one = voice.say("in_the_run") if life.runs == 1 else None
    fates = [
        voice.say(f"fate_{fate}", one or voice.say("in_runs", Num(n), Num(life.runs)))
        for fate, n in life.fates.items()
        if n
    ]
    return joined(fates) if fates else voice.say("fate_none", one or voice.say("in_no_run", Num(life.runs)))


def _reserves(voice: Voice, life: Life) -> Both | str:
    """What they began and end with; nothing where all have closed."""
    end = life.measures["reserves"][-1].mean
    if end != end:
        return ""
    return voice.say("centre_reserves", str(life.years[-1]), Num(end / 1000), Num(life.opening.mean / 1000))


def _table(voice: Voice, lives: list[Life]) -> Table:
    columns = [
        *(Column(voice.say(k), "text") for k in ("col_scenario", "col_year")),
        *(Column(voice.say(f"col_{m}"), "level") for m in MEASURES),
    ]
    rows = []
    for life in lives:
        for k, year in enumerate(life.years):
            row: list[Cell] = [voice.lettered(life.scenario), voice.say("year", str(year))]
            for m in MEASURES:
                digits, scale = (1, 1.0) if m in ("doctors", "fte") else (0, 1e-3 if m in _THOUSANDS else 1.0)
                row.append(voice.level(life.measures[m][k], digits, scale))
            rows.append(row)
    return Table("centre-table", voice.say("table_centre"), columns, rows)
