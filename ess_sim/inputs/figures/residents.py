"""Residents' state on day 0, without MT or precarious: what blocks say, and national shares elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.figures.defaults import local_grade
from ess_sim.inputs.scenario.blocks import RATES, values_by_zone, zones_of_blocks
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.ages import FloatArray, IntArray

__all__ = ["WithoutMt", "precarious", "rates", "without_mt"]


class WithoutMt(NamedTuple):
    """Adults without MT in the zones of one block, or in all that no block names.

    Attributes
    ----------
    inside : bool array, shape (zones,)
    total : int
        Adults without MT.
    never_declared_part : float
        Part of them who never declared an MT.
    figures : tuple of Figure
        The share or count, and the part.
    """

    inside: np.ndarray[Any, np.dtype[np.bool_]]
    total: int
    never_declared_part: float
    figures: tuple[Figure, ...]


def without_mt(scenario: Scenario, adults: IntArray, zones: Sequence[str], p: Mapping[str, float]) -> list[WithoutMt]:
    """Who has no MT on day 0, a block at a time.

    Parameters
    ----------
    scenario : Scenario
    adults : int array, shape (zones,)
        Of day 0.
    zones : sequence of str
    p : mapping of str to float
        The run's parameters: the national shares are read where a zone has no block.
    """
    key = "residents.without_mt"
    given = scenario.residents.without_mt or ()
    index = zones_of_blocks(given, zones)
    found = []
    for i, block in enumerate(given):
        inside = index == i
        here = int(adults[inside].sum())
        of = block.source, block.grade
        value, unit = (block.count, "adults") if block.count is not None else (block.share or 0.0, "share of adults")
        part = block.never_declared_part
        figures = (
            Figure(key, value, unit, *of, given=True),
            Figure(f"{key}.never_declared_part", part, "share of those without MT", *of, given=True),
        )
        found.append(WithoutMt(inside, min(block.without_mt(here), here), part, figures))
    rest = index == -1
    if rest.any():
        lost, never = p["national_lost_share"], p["national_never_declared_share"]
        share = lost + never
        part = never / share if share else 0.0
        sources = (catalogue()[name].source for name in ("national_lost_share", "national_never_declared_share"))
        source = f"national share, in {int(rest.sum())} zones: {'; '.join(sources)}"
        grade = max(local_grade("national_lost_share", lost), local_grade("national_never_declared_share", never))
        figures = (
            Figure(key, share, "share of adults", source, grade),
            Figure(f"{key}.never_declared_part", part, "share of those without MT", source, grade),
        )
        found.append(WithoutMt(rest, round(share * int(adults[rest].sum())), part, figures))
    return found


def precarious(
    scenario: Scenario, zones: Sequence[str], p: Mapping[str, float]
) -> tuple[FloatArray, tuple[Figure, ...]]:
    """Probability that an adult is precarious, by zone, and the figures behind it."""
    key, blocks = "residents.precarious", scenario.residents.precarious or ()
    figures = [Figure(key, b.share, "share of adults", b.source, b.grade, given=True) for b in blocks]
    shares = values_by_zone(blocks, zones, "share", lambda: p["precarious_share"])
    rest = int((zones_of_blocks(blocks, zones) == -1).sum())
    if rest:
        of = catalogue()["precarious_share"]
        source = f"national share, in {rest} zones: {of.source}"
        figures.append(Figure(key, p[of.name], "share of adults", source, local_grade(of.name, p[of.name])))
    return shares, tuple(figures)


def rates(scenario: Scenario) -> tuple[Figure, ...]:
    """Rates that the scenario states by zone; elsewhere the catalogue holds."""
    return tuple(
        Figure(f"residents.rates.{name}", value, catalogue()[name].unit, block.source, block.grade, given=True)
        for block in scenario.residents.rates or ()
        for name in RATES
        if (value := getattr(block, name)) is not None
    )
