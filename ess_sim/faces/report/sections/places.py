"""Maps of communes beside a table that can be put in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ess_sim.faces.report.gather.batch import Batch, Floats
from ess_sim.faces.report.gather.places import Cells, Places
from ess_sim.faces.report.gather.places import places as gathered
from ess_sim.faces.report.parts.blocks import (
    Both,
    Cell,
    Choice,
    Column,
    Drawing,
    Level,
    Num,
    Prose,
    Section,
    Table,
    joined,
)
from ess_sim.faces.report.parts.there import found_or_note
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.faces.svg.maps import Outlines, outlines, zone_map
from ess_sim.faces.svg.scales import cuts, digits_of, round_steps
from ess_sim.inputs.territory.contours.contours import contours

__all__ = ["places"]


_MAPS = ("share", "points", "minutes", "gps")
"""What is mapped."""
_MOST_NAMED = 3
_FALSE = 0.05
"""Part of the intervals that leave out 0 where there is no difference."""


def places(batch: Batch, voice: Voice, geojson: Any = None) -> Section:
    """Where residents have no MT, and where they gain."""
    section = Section("places", voice.say("places_title"))
    found = found_or_note(section, batch, voice, gathered, missing="places_missing", alone=True)
    if found is None:
        return section
    shown = [name for name in found.cells if name != found.base] or [found.base]
    limits = _limits(found)
    several = len(found.codes) > 1
    drawn = _drawn(found, geojson) if several else None  # a map of one area would show nothing
    maps = [what for what in _MAPS if len(limits[what]) and (what != "points" or batch.compared)]
    last, first = len(found.days) - 1, found.cells[shown[0]]
    if found.kind != "zone":
        section.add(Prose(voice.say(f"places_{found.kind}", Num(len(found.of_zone)), Num(len(found.codes))), "note"))
    choices = [
        Choice("place-scenario", voice.say("choose_scenario"), [voice.title(n) for n in [*shown, found.base]]),
        Choice("place-day", voice.say("choose_date"), [voice.month(day) for day in found.days], last),
    ]
    if shown == [found.base]:
        choices = choices[1:]
    if first.gain.size and several:
        section.add(Prose(_summary(voice, found, shown[0], last, few=batch.few), "p"))
    if drawn is None:
        if several:
            section.add(Prose(voice.say("places_no_contours"), "note"))
        section.add(Drawing("place-map", "map", [], choices=choices))
    else:
        order = list(found.of_zone)
        area = [found.codes.index(found.of_zone[zone]) for zone in order]
        figures, legends = [], []
        for what in maps:
            classes = _classes(first, what, last, limits)
            unsure = [classes[1][a] for a in area] if what == "points" else []
            svg = zone_map(
                drawn, order, [classes[0][a] for a in area], unsure, class_="map", data_map=what, aria_hidden="true"
            )
            figures.append((voice.say(f"map_{what}"), svg))
            legends.append(_legend(voice, what, limits[what], few=batch.few))
        section.add(Drawing("place-map", "map", figures, choices=choices, legends=legends))
        section.data["area"] = area
        section.data["defs"] = drawn.definitions(order)
    if "minutes" in maps:
        section.add(Prose(voice.say("places_minutes"), "note"))
    section.add(_table(voice, found, shown[0], last))
    if first.gain.size:
        section.add(Prose(voice.say("people_counted_column"), "note"))
    section.data["places"] = _data(found, [*shown, *([found.base] if found.base not in shown else [])], limits)
    section.data["names"] = found.names
    return section


def _summary(voice: Voice, found: Places, name: str, day: int, *, few: bool) -> Both:
    """In how many areas the difference of the share is beyond chance, and where most people gain."""
    cells = found.cells[name]
    head = voice.title(name), voice.month(found.days[day])
    sure = (cells.points_low[day] > 0) | (cells.points_high[day] < 0)  # as on the map
    order = np.argsort(-cells.gain[day])[:_MOST_NAMED].tolist()
    named = [voice.say("places_one", found.names[k], Num(float(cells.gain[day, k]), 0, True)) for k in order]
    if few:
        return voice.say("places_most", *head, joined(named))
    count = Num(int(sure.sum())), Num(len(sure)), Num(_FALSE * len(sure), 1)
    return voice.say("places_sure", *head, *count, joined(named))


def _drawn(found: Places, geojson: Any) -> Outlines | None:
    shapes = contours(list(found.of_zone), geojson)
    return outlines(shapes) if len(shapes) * 2 > len(found.of_zone) else None


def _limits(found: Places) -> dict[str, list[float]]:
    """Limits between classes, the same for all scenarios and days."""

    def every(what: str) -> Floats:
        return np.concatenate([getattr(c, what).ravel() for c in found.cells.values()])

    out = {
        what: cuts(every(what), 6).tolist() if np.isfinite(every(what)).any() else [] for what in ("share", "minutes")
    }
    gps = every("gps")
    out["gps"] = (
        [c for c in (1.0, 2.0, 4.0, 8.0, 16.0) if c <= np.nanmax(gps)] or [1.0] if np.isfinite(gps).any() else []
    )
    points = np.abs(every("points"))
    points = points[np.isfinite(points) & (points > 0)]
    unit = float(round_steps(0.0, float(np.quantile(points, 0.9)), 3)[1]) if len(points) else 1.0
    out["points"] = [-2 * unit, -unit, -unit / 4, unit / 4, unit, 2 * unit]
    return out


def _classes(cells: Cells, what: str, day: int, limits: dict[str, list[float]]) -> tuple[list[str], list[bool]]:
    """Of each area its class of colours, and whether its interval holds 0."""
    values = getattr(cells, what)
    if not values.size:
        values = np.full(cells.share.shape, np.nan)
    row = values[day]
    letter = "d" if what == "points" else "q"
    place = np.searchsorted(limits[what], row, side="right")
    classes = [f"{letter}{k}" if v == v else "none" for k, v in zip(place.tolist(), row.tolist(), strict=True)]
    if what != "points" or not cells.points.size:
        return classes, [False] * len(classes)
    unsure = (cells.points_low[day] <= 0) & (cells.points_high[day] >= 0)
    return classes, [bool(u) for u in unsure]


def _legend(voice: Voice, what: str, limits: Sequence[float], *, few: bool) -> list[tuple[str, Both]]:
    letter, out = ("d", []) if what == "points" else ("q", [])
    marks = [Num(x, digits_of(np.array([x])), what == "points") for x in limits]
    for k in range(len(limits) + 1):
        low, high = (marks[j] if 0 <= j < len(limits) else None for j in (k - 1, k))
        words = (
            voice.say("class_below", high)
            if low is None and high is not None
            else voice.say("class_above", low)
            if high is None and low is not None
            else voice.say("class_between", low or "", high or "")
        )
        out.append((f"{letter}{k}", words))
    if what == "points" and not few:
        out.append(("hatched", voice.say("class_hatched")))
    return out


def _table(voice: Voice, found: Places, name: str, day: int) -> Table:
    cells = found.cells[name]
    columns = [
        Column(voice.say(f"col_{found.kind}"), "text"),
        Column(voice.say("col_adults_base_end" if cells.gain.size else "col_adults_end")),
        Column(voice.say("col_share"), "level"),
        *(Column(voice.say(k)) for k in ("col_points", "col_low", "col_high", "col_people", "col_low", "col_high")),
        *(Column(voice.say(k), "level") for k in ("col_minutes", "col_gps")),
    ]
    rows: list[list[Cell]] = [
        [Both.same(label), Num(float(found.adults[k])), *_row(cells, day, k)] for k, label in enumerate(found.names)
    ]
    return Table("place-table", voice.say("table_places"), columns, rows, sortable=True, opened=True)


_LEVELS = ("share", "minutes", "gps")
"""Numbers of the table that stand in one cell with their intervals."""
_SIDES = ("", "_low", "_high")
_COLUMNS = (
    *((f"share{side}", 1, False) for side in _SIDES),
    *((f"points{side}", 2, True) for side in _SIDES),
    *((f"gain{side}", 0, True) for side in _SIDES),
    *((f"minutes{side}", 1, False) for side in _SIDES),
    *((f"gps{side}", 1, False) for side in _SIDES),
)
"""Numbers of the table, with decimals and whether they have a sign."""


def _row(cells: Cells, day: int, k: int) -> list[Cell]:
    found: list[Cell] = []
    for name, digits, sign in _COLUMNS:
        if name in _LEVELS:
            mean, low, high = (float(getattr(cells, f"{name}{side}")[day, k]) for side in _SIDES)
            found.append(Level(mean, low, high, digits))
        elif name.partition("_")[0] not in _LEVELS:
            values = getattr(cells, name)
            found.append(Num(float(values[day, k]) if values.size else float("nan"), digits, sign))
    return found


def _data(found: Places, names: list[str], limits: dict[str, list[float]]) -> dict[str, Any]:
    """Rounded as the table shows them: by scenario, day and column a list over areas."""

    def column(cells: Cells, day: int, name: str, digits: int) -> list[float | None]:
        values = getattr(cells, name)
        if not values.size or not np.isfinite(values[day]).any():
            return []
        return [round(float(v), digits) + 0.0 if v == v else None for v in values[day]]

    return {
        "values": [
            [[column(found.cells[n], d, c, digits) for c, digits, _ in _COLUMNS] for d in range(len(found.days))]
            for n in names
        ],
        "columns": [[c, digits, sign] for c, digits, sign in _COLUMNS],
        "cells": [
            [k, k + 1, k + 2] if c in _LEVELS else [k]
            for k, (c, _, _) in enumerate(_COLUMNS)
            if c in _LEVELS or c.partition("_")[0] not in _LEVELS
        ],
        "limits": limits,
    }
