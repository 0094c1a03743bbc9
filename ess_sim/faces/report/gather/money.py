"""What it costs: by payer, for a resident-year with MT, and what is in no figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ess_sim.analysis.accounts.public_cost import DISCOUNT_RATES, PUBLIC, THRESHOLDS, costs
from ess_sim.faces.report.gather.batch import Batch
from ess_sim.faces.report.gather.who import MOST_SCENARIOS

__all__ = ["Bill", "Money", "Paid", "money"]


class Paid(NamedTuple):
    """A sum with its 95 % interval, and on which side of it the truth lies where something is unknown."""

    mean: float
    low: float
    high: float
    note: str


class Bill(NamedTuple):
    """What one scenario costs more than its baseline over the whole run.

    Attributes
    ----------
    scenario : str
    gross, net : dict of str to Paid
        Euro by payer, ``public`` for all public ones; payers who pay nothing in any scenario are left out.
    gain : Paid
        Resident-years with MT.
    around : Paid, optional
        The part of these that is residents' of a halo.
    each : Paid
        Net public euro for a resident-year; NaN, with the reason as its note, where none can be stated.
    each_own : Paid, optional
        The same where only the gain of the territory's residents counts, in runs with a halo.
    benefit : dict of float to Paid
        Net benefit in euro, by what a resident-year is worth.
    acceptable : dict of float to float
        Share of the futures in which it is above 0.
    """

    scenario: str
    gross: dict[str, Paid]
    net: dict[str, Paid]
    gain: Paid
    around: Paid | None
    each: Paid
    each_own: Paid | None
    benefit: dict[float, Paid]
    acceptable: dict[float, float]


@dataclass(frozen=True, eq=False)
class Money:
    """Bills, and the costs that are in none.

    Attributes
    ----------
    rate : float
        Discount a year.
    bills : list of Bill
    unknown : list of (scenario, actor, detail)
    """

    rate: float
    bills: list[Bill]
    unknown: list[tuple[str, str, str]]


def money(batch: Batch) -> Money:
    """Of the first scenarios that are compared, at the first discount rate.

    Raises
    ------
    NotKeptError
        If the folder has no accounts or facts.
    ResultsError
        If scenarios and their baselines do not run over the same years.
    """
    rate = DISCOUNT_RATES[0]
    chosen = dict(list(batch.compared.items())[:MOST_SCENARIOS])
    found = costs(batch.thin, baseline=chosen, discount=rate, thresholds=THRESHOLDS)
    table, bills = found.table, []
    payers = [p for p in dict.fromkeys(table["of"]) if p == PUBLIC or _pays(table, p)]
    for scenario in chosen:
        rows = table[(table["scenario"] == scenario) & (table["baseline"] != "")].to_dict("records")
        by = {(r["measure"], r["of"]): Paid(r["mean"], r["low"], r["high"], r["note"]) for r in rows}
        bills.append(
            Bill(
                scenario,
                {p: by["gross", p] for p in payers},
                {p: by["net", p] for p in payers},
                by["gain", ""],
                by.get(("gain", "around")),
                by["euro_per_resident_year", ""],
                by.get(("euro_per_resident_year", "territory")),
                {t: by["net_benefit", f"{t:g}"] for t in THRESHOLDS},
                {t: by["acceptable", f"{t:g}"].mean for t in THRESHOLDS},
            )
        )
    unknown = [(str(a), str(b), str(c)) for a, b, c in found.unknown.itertuples(index=False)]
    return Money(rate, bills, unknown)


def _pays(table: object, payer: str) -> bool:
    rows = table[(table["of"] == payer) & table["measure"].isin(["gross", "net"])]  # type: ignore[index]
    return bool(rows["mean"].abs().max() >= 0.5)
