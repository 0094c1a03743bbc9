"""Rules of thumb: mixes as one would put them together from what each policy does and costs alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ess_sim.analysis.budget.mixes.limits import Budget, Limits
from ess_sim.analysis.budget.mixes.pilot import Pilot
from ess_sim.analysis.budget.mixes.units import Mix

__all__ = ["RULES", "rules_of_thumb"]


RULES: Mapping[str, str] = {
    "cheapest_effect": "most effect per euro first",
    "best_single": "the policy that does most alone, at as many places as the budget pays for",
    "neediest_place": "everything at the neediest place, what does most first",
    "one_of_each": "one of each policy, the cheapest first",
    "smp": "what Laval did: a centre of retired GPs and interns at the neediest place",
}
"""Each takes what the budget pays for if costs add up."""


def rules_of_thumb(pilot: Pilot, budget: Budget, limits: Limits) -> dict[str, Mix]:
    """The mix of each rule that gives one within the limits.

    Units that gain nothing alone are in none of them, but for that of ``smp``.
    """
    units, kind = limits.units, {unit: limits.units[unit].kind for unit in pilot.units}
    good = [unit for unit in pilot.units if pilot.gain(unit) > 0]
    by_gain = sorted(good, key=lambda unit: (-pilot.gain(unit), unit))
    by_cost = sorted(good, key=lambda unit: (pilot.cost(unit), unit))

    def filled(order: Iterable[int], copies: int = limits.copies) -> Mix:
        mix: Mix = ()
        for unit in order:
            for _ in range(copies):
                more = tuple(sorted((*mix, unit)))
                if limits.allow(more) and budget.holds(pilot.total(more)).all():
                    mix = more
        return mix

    free = [unit for unit in by_gain if pilot.cost(unit) <= 0]
    paid = [unit for unit in by_gain if pilot.cost(unit) > 0]
    paid.sort(key=lambda unit: (-pilot.gain(unit) / pilot.cost(unit), unit))
    affordable = [unit for unit in by_gain if limits.allow((unit,)) and budget.holds(pilot.cents[unit]).all()]
    each = dict[str, int]()
    for unit in by_cost:
        each.setdefault(kind[unit], unit)
    found = {
        "cheapest_effect": filled([*free, *paid]),
        "best_single": filled(unit for unit in by_gain if affordable and kind[unit] == kind[affordable[0]]),
        "neediest_place": filled(unit for unit in by_gain if not units[unit].place),
        "one_of_each": filled(each.values(), 1),
        "smp": next(((n,) for n, unit in enumerate(units) if unit.kind == "smp" and limits.allow((n,))), ()),
    }
    return {name: mix for name, mix in found.items() if mix}
