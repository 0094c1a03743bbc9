"""What is asked of a choice under a budget, checked: all that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date as Date

from ess_sim.analysis.benchmark.doses import Remedy
from ess_sim.analysis.benchmark.suite import remedies
from ess_sim.analysis.budget.mixes.limits import Budget, check_limits
from ess_sim.analysis.studies.evaluation import Measure
from ess_sim.errors import ArgumentError, EssSimError, did_you_mean
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.results.tables.names import PUBLIC_PAYERS

__all__ = ["Asked"]


_MOST_EURO = 1e12


@dataclass(frozen=True)
class Asked:
    """The question, checked; each part as `choose` explains it."""

    budget: Budget
    payers: tuple[str, ...]
    measure: Measure
    kinds: dict[str, Remedy]
    limits: dict[str, int]
    prices: dict[str, float]
    places: int
    copies: int
    confidence: float
    indifference: float | None
    draw_replications: int

    @classmethod
    def of(
        cls,
        baseline: Scenario,
        budget: float,
        *,
        over_horizon: bool = False,
        payers: Sequence[str] | None = None,
        outcome: str = "share_without_mt",
        date: Date | str | None = None,
        policies: Sequence[str | Remedy] | None = None,
        also: Sequence[Remedy] = (),
        limits: Mapping[str, int] | None = None,
        prices: Mapping[str, float] | None = None,
        places: int = 4,
        copies: int = 1,
        confidence: float = 0.95,
        indifference: float | None = None,
        draw_replications: int = 2,
    ) -> Asked:
        """All of it.

        Raises
        ------
        ValueError
            With all that is wrong.
        """
        wrong: list[str] = []
        if not 0 < budget < _MOST_EURO:
            wrong.append(f"the budget is an amount in euro a year {_bound(budget)}, not {budget!r}")
        if not 1 <= places <= 6:
            wrong.append(f"places must be 1 to 6, not {places}")
        if not 1 <= copies <= 5:
            wrong.append(f"copies must be 1 to 5, not {copies}")
        if not 0.5 < confidence < 1:
            wrong.append(f"the confidence lies above 0.5 and below 1, not {confidence!r}")
        if indifference is not None and not 0 < indifference < _MOST_EURO:
            wrong.append(f"the indifference must be {_bound(indifference)}, not {indifference!r}")
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
                least = "of at least 0" if not euro >= 0 else _bound(euro)
                wrong.append(f"the price of {kind!r} is an amount in euro a year {least}, not {euro!r}")
        before = len(wrong)
        kinds = remedies(policies, also, wrong)
        if not kinds and len(wrong) == before:
            wrong.append("there is nothing to choose among: name at least one policy")
        if kinds:
            with _noting(wrong):
                _check_names(limits or {}, prices or {}, kinds)
        with _noting(wrong):
            measure = Measure.of([baseline], outcome, date)
        if wrong:
            raise ArgumentError("\n".join(wrong))
        paid = tuple(name for name in PUBLIC_PAYERS if name in who)
        return cls(
            Budget(round(100 * budget), over_horizon),
            paid,
            measure,
            kinds,
            dict(limits or {}),
            dict(prices or {}),
            places,
            copies,
            confidence,
            indifference,
            draw_replications,
        )


def _bound(value: float) -> str:
    return f"below {_MOST_EURO:,.0f}" if value >= _MOST_EURO else "above 0"


@contextmanager
def _noting(wrong: list[str]) -> Iterator[None]:
    try:
        yield
    except EssSimError as error:
        wrong += str(error).splitlines()


def _check_names(limits: Mapping[str, int], prices: Mapping[str, float], kinds: Mapping[str, Remedy]) -> None:
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
    with _noting(wrong):
        check_limits(limits, kinds)
    if wrong:
        raise ArgumentError("\n".join(wrong))
