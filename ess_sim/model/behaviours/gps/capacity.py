"""How many residents a GP would hold if she had no reason to stop earlier."""

from __future__ import annotations

from collections.abc import Mapping

from ess_sim import elementary

__all__ = ["capacity_per_fte", "fill_of_lists", "stretched"]


def _listed_in_france(p: Mapping[str, float]) -> float:
    """Adults on lists per FTE in France, those left out whose MT is elsewhere: no territory counts them."""
    return p["listed_adults_per_fte"] * (1.0 - p["nominal_mt_share"])


def _relative(p: Mapping[str, float], listed_per_fte: float) -> float:
    france = _listed_in_france(p)
    return listed_per_fte / france if listed_per_fte > 0.0 and france > 0.0 else 1.0


def capacity_per_fte(p: Mapping[str, float], listed_per_fte: float) -> float:
    """Capacity per FTE of GPs around whom so many residents with an MT live per FTE (docs/model.md, 3).

    With no resident around, that of GPs in France.
    """
    france = _listed_in_france(p) / p["list_fill"]
    return france * float(elementary.power(_relative(p, listed_per_fte), p["capacity_elasticity"]))


def fill_of_lists(p: Mapping[str, float], listed_per_fte: float) -> float:
    """Part of capacity that lists fill; above 1 they are longer than GPs would hold."""
    strain = float(elementary.power(_relative(p, listed_per_fte), 1.0 - p["capacity_elasticity"]))
    return p["list_fill"] * strain


def stretched(p: Mapping[str, float], target: float, on_list: int) -> float:
    """Factor by which a GP's own target rises in a year: the more, the more callers she turns away for want of a place.

    Parameters
    ----------
    target : float
        As it is in force, policies included.
    on_list : int
        Residents on her list.
    """
    if target <= 0.0:
        return 1.0
    turned_away = float(elementary.power(min(1.0, on_list / target), p["acceptance_sharpness"]))
    return 1.0 + p["stretch_per_year"] * turned_away
