"""What is asked of a choice under a budget, checked: all that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ess_sim.analysis.benchmark.doses import Remedy
from ess_sim.analysis.budget.mixes.limits import Budget, check_limits
from ess_sim.errors import ArgumentError, did_you_mean
from ess_sim.results.tables.names import PUBLIC_PAYERS

__all__ = ["Asked", "check_names"]


_MOST_EURO = 1e12


@dataclass(frozen=True)
class Asked:
    """Numbers of the question, checked."""

    budget: Budget
    payers: tuple[str, ...]
    prices: dict[str, float]
    confidence: float
    indifference: float | None
    draw_replications: int

    @classmethod
    def of(
        cls,
        budget: float,
        over_horizon: bool,
        payers: Sequence[str] | None,
        prices: Mapping[str, float] | None,
        places: int,
        copies: int,
        confidence: float,
        indifference: float | None,
        draw_replications: int,
    ) -> Asked:
        """All of them, checked.

        Raises
        ------
        ValueError
            With all that are wrong.
        """
        wrong = []
        if not 0 < budget < _MOST_EURO:
            wrong.append(f"the budget is an amount in euro a year above 0, not {budget!r}")
        if not 1 <= places <= 6:
            wrong.append(f"places must be 1 to 6, not {places}")
        if not 1 <= copies <= 5:
            wrong.append(f"copies must be 1 to 5, not {copies}")
        if not 0.5 < confidence < 1:
            wrong.append(f"the confidence lies above 0.5 and below 1, not {confidence!r}")
        if indifference is not None and not 0 < indifference < _MOST_EURO:
            wrong.append(f"the indifference must be above 0, not {indifference!r}")
        if not 1 <= draw_replications <= 1000:
            wrong.append(f"replications of a draw must be 1 to 1000, not {draw_replications}")
        who = tuple(dict.fromkeys(payers if payers is not None else PUBLIC_PAYERS))
        unknown = [name for name in who if name not in PUBLIC_PAYERS]
        known = ", ".join(PUBLIC_PAYERS)
        wrong += [f"no public payer {name!r}{did_you_mean(name, PUBLIC_PAYERS)}: one of {known}" for name in unknown]
        if not who:
            wrong.append(f"name at least one payer: {known}")
        for kind, euro in (prices or {}).items():
            if not 0 <= euro < _MOST_EURO:
                wrong.append(f"the price of {kind!r} is an amount in euro a year of at least 0, not {euro!r}")
        if wrong:
            raise ArgumentError("\n".join(wrong))
        cents = Budget(round(100 * budget), over_horizon)
        paid = tuple(name for name in PUBLIC_PAYERS if name in who)
        return cls(cents, paid, dict(prices or {}), confidence, indifference, draw_replications)


def check_names(limits: Mapping[str, int], prices: Mapping[str, float], kinds: Mapping[str, Remedy]) -> None:
    """Refuses limits and prices of what cannot be chosen.

    Raises
    ------
    ValueError
        With all of them.
    """
    wrong = [
        f"a price of {kind!r}, which is not to be chosen{did_you_mean(kind, kinds)}"
        for kind in prices
        if kind not in kinds
    ]
    try:
        check_limits(limits, kinds)
    except ArgumentError as error:
        wrong += str(error).splitlines()
    if wrong:
        raise ArgumentError("\n".join(wrong))
