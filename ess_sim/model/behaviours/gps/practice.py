"""A GP and her practice come into being."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ess_sim.model.world.records import Gp
from ess_sim.model.world.world import World

__all__ = ["Settler", "enter", "financial_barrier", "new_gp", "settler"]


class Settler(NamedTuple):
    """Who comes to settle.

    Attributes
    ----------
    age : int
        Completed years.
    woman : bool
    target_factor : float
        Her list's target over that of the average newcomer, mean 1.
    group_draw : float
        In [0, 1): which group she joins, where there are several.
    """

    age: int
    woman: bool
    target_factor: float
    group_draw: float


def settler(world: World, rng: np.random.Generator) -> Settler:
    """Draws a newcomer, alike in the territory and around it."""
    p = world.parameters
    age = p["entry_age_mean"] + p["entry_age_sd"] * rng.standard_normal()
    woman = bool(rng.random() < p["entrants_women_share"])
    shape = p["newcomer_target_gamma_shape"]
    return Settler(round(age), woman, rng.gamma(shape) / shape, rng.random())


def new_gp(
    world: World, name: str, zone: int, birth_year: int, woman: bool, practice: str, rng: np.random.Generator
) -> Gp:
    """A GP; whether she trains interns and charges freely is drawn."""
    p = world.parameters
    return Gp(
        name=name,
        zone=zone,
        birth_year=birth_year,
        woman=woman,
        fte=p["women_fte"] if woman else 1.0,
        supervisor=bool(rng.random() < p["supervisor_share"]),
        sector2=bool(rng.random() < p["sector2_share"]),
        practice=practice,
    )


def financial_barrier(p: Mapping[str, float], sector2: bool) -> float:
    """Probability that money stops an accepted precarious caller at a liberal practice."""
    uninsured = p["precarious_without_c2s_share"]
    deterred = p["sector2_barrier"] if sector2 else p["upfront_payment_barrier"]
    return uninsured * deterred + (1.0 - uninsured) * p["c2s_refusal_probability"]


def enter(world: World, gp: Gp, slot: int) -> None:
    """A GP begins to work: she has a slot, a stint and a place in the world."""
    gp.slot = slot
    gp.stint = world.stint(gp.name, "liberal", gp.zone, gp.fte, gp.birth_year, gp.woman)
    world.gps_around(gp.zone).add(gp)
    world.own(slot, gp.name, gp.zone, centre=False)
