"""Level and gain over time, as two charts and a table."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.faces.report.gather.batch import Batch
from ess_sim.faces.report.gather.course import Band, Course
from ess_sim.faces.report.gather.course import course as gathered
from ess_sim.faces.report.parts.blocks import Column, Drawing, Num, Prose, Section, Table
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.faces.svg.curves import WIDTH, Curve, Mark, curves, places

__all__ = ["chart_data", "course"]


def course(batch: Batch, voice: Voice) -> Section:
    """How the share without MT and the gain go."""
    found, section = gathered(batch), Section("course", voice.say("course_title"))
    days, kind = [d.date() for d in found.dates], "_few" if batch.few else ""
    shown = [name for name in found.drawn if name in found.gain]
    lines = {"level": _lines(voice, found.level, found.drawn), "gain": _lines(voice, found.gain, shown)}
    marks = _marks(voice, found)
    figures = [(voice.say(f"course_level{kind}"), _chart(voice, "level", days, lines["level"], marks))]
    if shown:
        figures.append((voice.say(f"course_gain{kind}"), _chart(voice, "gain", days, lines["gain"], marks)))
    toggles = [(voice.series(name), voice.letters[name], voice.title(name)) for name in found.drawn]
    section.add(Drawing("course-chart", "chart", figures, toggles))
    section.add(Prose(voice.say(f"course_note{kind}"), "note"))
    if len(found.drawn) < len(found.level):
        section.add(Prose(voice.say("course_some", Num(len(found.drawn)), Num(len(found.level))), "note"))
    section.add(_table(batch, voice, found))
    section.data["charts"] = {
        "level": chart_data(days, {voice.series(n): found.level[n] for n in found.drawn}, 2),
        "gain": chart_data(days, {voice.series(n): found.gain[n] for n in shown}, 0, sign=True),
    }
    return section


def _lines(voice: Voice, bands: dict[str, Band], names: list[str]) -> list[Curve]:
    return [Curve(voice.series(n), voice.letters[n], *bands[n]) for n in names]


def _chart(voice: Voice, name: str, days: list[date], lines: list[Curve], marks: list[Mark]) -> str:
    del voice
    return curves(days, lines, marks=marks, class_="chart", data_chart=name)


def chart_data(days: list[date], bands: dict[int, Band], digits: int, *, sign: bool = False) -> dict[str, Any]:
    """What the page's script needs of a chart: dates, places of them, and each series' mean, low and high."""

    def rounded(values: Any) -> list[float | None]:
        return [round(float(v), digits) if np.isfinite(v) else None for v in values]

    return {
        "dates": [str(d)[:7] for d in days],
        "x": [round(float(x), 1) for x in places(days)],
        "width": WIDTH,
        "digits": digits,
        "sign": sign,
        "series": {str(s): [rounded(v) for v in band] for s, band in bands.items()},
    }


def _marks(voice: Voice, found: Course) -> list[Mark]:
    """One mark a day with the letters of those whose policies begin then."""
    by_day: dict[date, list[str]] = {}
    for day, name in found.acts:
        by_day.setdefault(day, []).append(voice.letters[name])
    return [Mark(day, " ".join(letters[:4]) + (" …" if len(letters) > 4 else "")) for day, letters in by_day.items()]


def _table(batch: Batch, voice: Voice, found: Course) -> Table:
    """One row a scenario and year."""
    years = pd.Series(range(len(found.dates)), index=found.dates)
    last = sorted(
        {*years.groupby(found.dates.year).last(), 0, *(found.dates.get_indexer(pd.DatetimeIndex(batch.marks)).tolist())}
    )
    columns = [
        *(Column(voice.say(k), "text") for k in ("col_scenario", "col_date")),
        *(Column(voice.say(k)) for k in ("col_share", "col_low", "col_high", "col_people", "col_low", "col_high")),
        *(Column(voice.say(k)) for k in ("col_points", "col_low", "col_high")),
    ]
    rows = []
    for name in found.drawn:
        for k in last:
            row: list[Any] = [voice.lettered(name), voice.month(found.dates[k])]
            row += [Num(band[k], 1) for band in found.level[name]]
            for bands, digits in ((found.gain, 0), (found.difference, 2)):
                row += [Num(float(b[k]), digits, True) for b in bands[name]] if name in bands else [Num(np.nan)] * 3
            rows.append(row)
    return Table("course-table", voice.say("table_course"), columns, rows)
