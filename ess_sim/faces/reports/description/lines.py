"""A description as text: one screen of 80 columns, whatever the size of the territory."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.faces.reports.description.inputs import counts_of, inputs_of, label_of, value_of, wished
from ess_sim.faces.words.speech import Speech, place, plain, short
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.territory.population import in_french
from ess_sim.model.run.capacity import strain_words
from ess_sim.model.run.situation import FAR_MINUTES, Situation

__all__ = ["WIDTH", "counted", "headline", "lines_of", "wish"]


WIDTH, HEIGHT = 80, 40
_ZONES, _MARGIN = 5, 16
_IN_FRANCE = sum(catalogue()[f"national_{pool}_share"].value for pool in ("lost", "never_declared"))


def headline(situation: Situation, speech: Speech) -> tuple[str, str]:
    """What is described, and when."""
    n = len(situation.zones)
    title = plain(f"{situation.name}: {situation.title.to(speech.lang)}" if situation.title else situation.name)
    zones = speech.say("one_zone") if n == 1 else speech.say("zones", speech.number(n))
    around = speech.say("around", speech.number(situation.zones_around)) if situation.zones_around else ""
    called = in_french(situation.territory) if speech.lang == "fr" else situation.territory
    where = speech.say("head", short(plain(called), 32), zones + around, speech.date(situation.start))
    return title, where


def counted(situation: Situation, speech: Speech) -> str:
    """How many inputs are stated, measured and assumed."""
    counts = counts_of(situation.figures)
    stated, other = sum(counts[True].values()), counts[False]
    total = stated + sum(other.values())
    return speech.say("counts", total, stated, other["A"] + other["B"], other["C"], other["D"])


def wish(situation: Situation, speech: Speech) -> str:
    """Which local figures would improve it most."""
    keys = wished(situation.figures)
    named = ", ".join(label_of(key, speech) for key in keys)
    return speech.say("wish", named) if keys else speech.say("no_wish")


def lines_of(situation: Situation, speech: Speech) -> list[str]:
    """The screen, line by line."""
    title, where = headline(situation, speech)
    head = [short(title, WIDTH), where, "", *_facts(situation, speech), "", *_zones(situation, speech), ""]
    tail = ["", *textwrap.wrap(counted(situation, speech), WIDTH), *textwrap.wrap(wish(situation, speech), WIDTH)]
    return [*head, *_inputs(situation, speech, HEIGHT - len(head) - len(tail)), *tail]


def _facts(situation: Situation, speech: Speech) -> Iterator[str]:
    number, percent = speech.number, speech.percent
    old, france = (percent(situation.share_of_residents(65, column)) for column in ("share", "france"))
    residents = number(int(situation.ages["residents"].sum()))
    adults = speech.say("residents_are", residents, number(situation.adults))
    yield from _fact(speech, "residents", adults, speech.say("old_are", old, france))
    gps = situation.gps
    if gps:
        of_france = number(situation.capacity.adults_per_gp_in_france)
        there = speech.say("gps_are", number(gps), number(situation.adults / gps), of_france)
        yield from _fact(speech, "gps", there, speech.say("old_gps_are", percent(situation.share_of_gps(60), 0)))
        yield from _lists(situation, speech)
    else:
        yield from _fact(speech, "gps", speech.say("no_gp"))
    if situation.centres:
        yield from _fact(speech, "centres", speech.say("centres_are", situation.centres))
    if np.isfinite(situation.zones["minutes_to_gp"]).any():
        cutoff = situation.cutoff_minutes
        half, most = (speech.minutes(situation.minutes_quantile(part), cutoff) for part in (0.5, 0.9))
        limits = dict.fromkeys((situation.near_minutes, min(FAR_MINUTES, cutoff)))
        beyond = [speech.say("far", percent(situation.share_beyond(limit)), speech.figure(limit)) for limit in limits]
        yield from _fact(speech, "nearest", speech.say("nearest_is", half, most), *beyond)
    without = int(situation.zones["without_mt"].sum())
    here = speech.say("without_is", percent(situation.share_without_mt), number(without))
    yield from _fact(speech, "without", here, speech.say("without_in_france", percent(_IN_FRANCE, 0)))


def _lists(situation: Situation, speech: Speech) -> Iterator[str]:
    """What is on GPs' lists, how far these fill what GPs would hold, and where they are longer than that."""
    of, number, percent = situation.capacity, speech.number, speech.percent
    mean = speech.say("lists_are", number(of.mean_list), number(of.mean_list_in_france))
    yield from _fact(speech, "lists", mean, speech.say("filled", percent(of.fill, 0), percent(of.fill_in_france, 0)))
    for strain in sorted(of.strains, key=lambda strain: -strain.percent)[:1]:  # a screen has no room for more
        said = plain(strain_words(strain).to(speech.lang))
        yield from (" " * _MARGIN + row for row in textwrap.wrap(said, WIDTH - _MARGIN))


def _fact(speech: Speech, label: str, first: str, *more: str) -> Iterator[str]:
    """A label and texts about it, side by side as far as they fit in."""
    line = speech.say(label).ljust(_MARGIN) + first
    for text in more:
        if len(line) + 2 + len(text) < WIDTH:
            line += f", {text}"
        else:
            yield f"{line},"
            line = " " * _MARGIN + text
    yield line


def fewest_gps(situation: Situation) -> pd.DataFrame:
    """Zones with adults, those first whose adults share the fewest GPs nearby."""
    zones = situation.zones[situation.zones["adults"] > 0]
    return zones.sort_values(["adults_per_gp", "adults", "zone"], ascending=[False, False, True])


def _zones(situation: Situation, speech: Speech) -> Iterator[str]:
    """The zones whose adults share the fewest GPs."""
    worst = fewest_gps(situation).head(_ZONES)
    heads = [speech.say(name) for name in ("adults", "zone_gps", "adults_per_gp", "minutes", "without_mt")]
    table = [[speech.say("worst", speech.figure(situation.near_minutes)), *heads]]
    rows: Any = worst.itertuples(index=False)
    for zone in rows:
        reached = math.isfinite(zone.adults_per_gp)
        table.append(
            [
                place(zone.name, 24),
                speech.number(zone.adults),
                speech.number(zone.gps),
                speech.number(zone.adults_per_gp) if reached else speech.say("no_one"),
                speech.reached(zone.minutes_to_gp, situation.cutoff_minutes),
                speech.percent(zone.share_without_mt),
            ]
        )
    yield from _table(table, right=range(1, 6))


def _inputs(situation: Situation, speech: Speech, height: int) -> Iterator[str]:
    inputs = inputs_of(situation.figures)
    if len(inputs) >= height:
        inputs = inputs_of(situation.figures, by_grade=False)
    shown = inputs if len(inputs) < height else inputs[: height - 2]
    table = [[speech.say(name) for name in ("inputs_head", "value", "grade", "origin", "source")]]
    for each in shown:
        origin = speech.say("of_file" if each.given else "of_data")
        table.append(
            [label_of(each.key, speech, each.unit), value_of(each, speech), each.grade, origin, plain(each.source)]
        )
    yield from _table(table, right=(1,))
    if len(shown) < len(inputs):
        yield speech.say("more_inputs", len(inputs) - len(shown))


def _table(rows: Sequence[Sequence[str]], right: Sequence[int]) -> Iterator[str]:
    """Columns side by side; what does not fit in is cut off at the end of the last one."""
    widths = [int(np.max([len(row[i]) for row in rows])) for i in range(len(rows[0]))]
    for row in rows:
        cells = (v.rjust(w) if i in right else v.ljust(w) for i, (v, w) in enumerate(zip(row, widths, strict=True)))
        yield short("  ".join(cells).rstrip(), WIDTH)
