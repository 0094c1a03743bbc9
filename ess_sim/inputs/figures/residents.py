"""Residents' state on day 0, without MT or precarious: what blocks say, and estimates elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.figures.balanced_shares import balanced_shares
from ess_sim.inputs.figures.defaults import local_grade
from ess_sim.inputs.figures.gps import known_zones
from ess_sim.inputs.scenario.blocks import RATES, values_by_zone, zones_of_blocks
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.ages import FloatArray, IntArray
from ess_sim.inputs.territory.zones import Zones

_KEY = "residents.without_mt"

__all__ = ["WithoutMt", "lost_shares", "never_declared_part", "precarious", "rates", "without_mt"]


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


def without_mt(scenario: Scenario, territory: Zones, adults: IntArray, p: Mapping[str, float]) -> list[WithoutMt]:
    """Who has no MT on day 0, a block at a time; zones that no block names by département.

    Parameters
    ----------
    scenario : Scenario
    territory : Zones
        Or its halo.
    adults : int array, shape (zones,)
        Of day 0.
    p : mapping of str to float
        The run's parameters.
    """
    given = scenario.residents.without_mt or ()
    index = zones_of_blocks(given, territory.zones)
    found = []
    for i, block in enumerate(given):
        inside = index == i
        here = int(adults[inside].sum())
        of = block.source, block.grade
        value, unit = (block.count, "adults") if block.count is not None else (block.share or 0.0, "share of adults")
        part = block.never_declared_part
        figures = (
            Figure(_KEY, value, unit, *of, given=True),
            Figure(f"{_KEY}.never_declared_part", part, "share of those without MT", *of, given=True),
        )
        found.append(WithoutMt(inside, min(block.without_mt(here), here), part, figures))
    rest = index == -1
    if not rest.any():
        return found
    shares = balanced_shares(scenario.start.year, p)
    pairs = zip(territory.departements, known_zones(scenario, territory).tolist(), strict=True)
    place = np.array([d if known and d in shares else "" for d, known in pairs], dtype=object)
    for departement in sorted(set(place[rest].tolist())):
        inside = rest & (place == departement)
        figures = _estimated(departement, shares.get(departement), int(inside.sum()), p)
        share, part = (figure.value for figure in figures)
        found.append(WithoutMt(inside, round(share * int(adults[inside].sum())), part, figures))
    return found


def lost_shares(scenario: Scenario, territory: Zones, p: Mapping[str, float]) -> FloatArray:
    """Share of adults whose last MT ended that suits the GPs of each zone's département, shape (zones,).

    In proportion to it a block's residents who lost their MT are spread over its zones.
    """
    shares, national = balanced_shares(scenario.start.year, p), p["national_lost_share"]
    lost = {departement: share * (1.0 - never_declared_part(share, p)) for departement, share in shares.items()}
    pairs = zip(territory.departements, known_zones(scenario, territory).tolist(), strict=True)
    return np.array([lost[d] if known and d in lost else national for d, known in pairs])


def never_declared_part(share: float, p: Mapping[str, float]) -> float:
    """Part who never declared an MT of a ``share`` of adults without: their own share follows by its root."""
    never, national = p["national_never_declared_share"], p["national_lost_share"] + p["national_never_declared_share"]
    return min(1.0, never / national * math.sqrt(national / share)) if share > 0.0 and national > 0.0 else 0.0


def _estimated(departement: str, share: float | None, zones: int, p: Mapping[str, float]) -> tuple[Figure, Figure]:
    """Share without MT of zones of a département, and the part who never declared one; ``share``: None of one's own."""
    lost, never = p["national_lost_share"], p["national_never_declared_share"]
    names = ("national_lost_share", "national_never_declared_share")
    source = "; ".join(catalogue()[name].source for name in names)
    grade = max(local_grade("national_lost_share", lost), local_grade("national_never_declared_share", never))
    where = f"in {zones} zone{'s'[: zones != 1]}"
    of = "national share" + ("" if any(p[name] != catalogue()[name].value for name in names) else " of June 2021")
    if share is None or p["custom_elasticity"] >= 1.0:
        share, rule = lost + never, f"{of}, {where}"
    else:
        rule = f"{of} and adults per GP of département {departement}, {where}"
        source, grade = f"{source}; INSEE; Cnam, data ameli 2024; DREES, RPPS", "D"
    part = never_declared_part(share, p)
    return (
        Figure(_KEY, share, "share of adults", f"{rule}: {source}", grade),
        Figure(f"{_KEY}.never_declared_part", part, "share of those without MT", f"{rule}: {source}", grade),
    )


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
        source = f"national share, in {rest} zone{'s'[: rest != 1]}: {of.source}"
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
