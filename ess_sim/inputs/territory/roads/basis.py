"""Where the travel minutes of a territory come from and how good they are: its note, and figures by grade."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.territory.roads.crow_fly import NATIONAL, CrowFly, paces
from ess_sim.inputs.territory.roads.distances import FloatArray, IntArray

__all__ = ["TRAVEL", "formula_note", "travel_figures"]


TRAVEL = "territory.travel"
_MAX_CODES = 6


def _formula(fly: CrowFly, pace: str) -> str:
    length = f"(km + {fly.bend:g} √km)".replace(" 1 √", " √") if fly.bend else "km"
    return f"{fly.start_minutes:g} + {pace} × {length} min"


def _error() -> str:
    _, communes, rmse, relative, _ = paces()[NATIONAL]
    return f"off by {100 * relative:.0f} % in the median and {rmse:.1f} min RMSE on {communes:,} communes kept aside"


def _grade(departement: str) -> str:
    return paces()[departement or NATIONAL].grade


def formula_note(fly: CrowFly, departements: Sequence[str], cutoff_minutes: float, places: str) -> str:
    """What notes say of crow-fly minutes; ``places``: what the zones' positions are."""
    pace = sorted({*fly.paces(departements).tolist()})
    between = f"{pace[0]:g}" if len(pace) == 1 else f"pace ({pace[0]:g} to {pace[-1]:g}, by département)"
    text = f"{_formula(fly, between)} by car for crow-fly km between {places}, up to {cutoff_minutes:g} min"
    if fly == CrowFly():
        weak = [code or "zones without département" for code in sorted({*departements}) if _grade(code) != "B"]
        some = ", ".join(weak[:_MAX_CODES]) + (f" and {len(weak) - _MAX_CODES} more" if len(weak) > _MAX_CODES else "")
        grade = "grade B" if not weak else "grade C" if len(weak) == len({*departements}) else f"grade B, C in {some}"
        text += f" ({grade}: fitted on INSEE's Metric 2019, {_error()}; blind to water and congestion)"
    else:
        text += " (grade D: the user's own formula)"
    return f"{text}; within a zone from its area, at most {fly.within_max_minutes:g} min (grade D)"


def travel_figures(
    fly: CrowFly, departements: Sequence[str], residents: IntArray, given_pairs: int | None
) -> tuple[Figure, ...]:
    """Figures ``territory.travel``: one a grade, its value the mean pace of the residents concerned.

    ``residents``: of each zone; ``given_pairs``: pairs of zones in a user's table, which then is the only source.
    """
    if given_pairs is not None:
        return (Figure(TRAVEL, given_pairs, "pairs of zones", "the user's own table; no source is stated", "C", True),)
    pace = fly.paces(departements)
    if fly != CrowFly():
        formula = f"the user's own formula: {_formula(fly, 'pace')}"
        return (Figure(TRAVEL, _mean(pace, residents), "minutes per km", formula, "D", True),)
    source = f"{_formula(fly, 'pace of the département')}, fitted on INSEE's Metric 2019; {_error()}"
    grades = np.array([_grade(code) for code in departements])
    return tuple(
        Figure(TRAVEL, _mean(pace[grades == grade], residents[grades == grade]), "minutes per km", source, grade)
        for grade in sorted({*grades.tolist()})
    )


def _mean(pace: FloatArray, residents: IntArray) -> float:
    """Weighted by residents; plain where there are none."""
    weights = residents if residents.any() else np.ones_like(residents)
    return round(math.fsum(pace * weights) / int(weights.sum()), 3)
