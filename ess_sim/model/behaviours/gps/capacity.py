"""How many residents a GP would hold if she had no reason to stop earlier."""

from __future__ import annotations

from collections.abc import Mapping

from ess_sim import elementary
from ess_sim.inputs.figures.balanced_shares import listed_in_france

__all__ = ["capacity_per_fte", "fill_of_lists", "stretch"]


def fill_of_lists(p: Mapping[str, float], listed: float, usual: float) -> float:
    """Part of capacity that lists fill on day 0; above 1 they are longer than GPs would hold.

    Parameters
    ----------
    listed : float
        Residents with an MT who live around GPs, per FTE; 0 counts as usual.
    usual : float
        The same, as is usual in their département.
    """
    france = listed_in_france(p)
    if not (france > 0.0 and usual > 0.0):
        return p["list_fill"]
    custom = elementary.power_of(usual / france, 1.0 - p["custom_elasticity"])
    apart = elementary.power_of(listed / usual, 1.0 - p["capacity_elasticity"]) if listed > 0.0 else 1.0
    return p["list_fill"] * custom * apart


def capacity_per_fte(p: Mapping[str, float], listed: float, usual: float) -> float:
    """Capacity per FTE on day 0 (docs/model.md, 3), with the parameters of `fill_of_lists`."""
    return (listed if listed > 0.0 else usual) / fill_of_lists(p, listed, usual)


def stretch(p: Mapping[str, float], usual: float, target: float, on_list: int) -> float:
    """By how much a GP's own target rises in a year: the more, the more callers she turns away for want of a place.

    Parameters
    ----------
    usual : float
        What a GP of her FTE usually holds in her département. Of that she adds a part, not of her own target: who holds
        few residents, as GPs are many, has the hours for more of them once they are fewer.
    target : float
        As it is in force, policies included.
    on_list : int
        Residents on her list.
    """
    if target <= 0.0:
        return 0.0
    turned_away = elementary.power_of(on_list / target, p["acceptance_sharpness"]) if on_list < target else 1.0
    return p["stretch_per_year"] * usual * turned_away
