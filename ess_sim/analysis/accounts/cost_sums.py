"""What a run cost each payer, and how many resident-years it left without MT; which costs are unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.elementary import power
from ess_sim.inputs.scenario.centre_spec import OWNERS
from ess_sim.results.results import Results
from ess_sim.results.run import RunTables
from ess_sim.results.tables.names import ORDINARY_CARE, PAYERS, PUBLIC_PAYERS

__all__ = [
    "ALL_PAYERS",
    "CENTRES",
    "EITHER",
    "LESS",
    "MORE",
    "PUBLIC",
    "Sums",
    "bound_of",
    "left_of_centres",
    "of_run",
    "unknown_costs",
]


Floats = NDArray[np.float64]


PUBLIC = "public"
"""All public payers together."""


ALL_PAYERS = (*(payer for payer in PAYERS if payer), PUBLIC)
"""Each payer, then all public ones together."""


CENTRES = ("centre_present", "centre_opened")
"""Facts with which a centre's money begins."""

MORE, LESS, EITHER = "at least", "at most", "parts unknown on both sides"
"""On which side of a sum the truth lies."""


def of_run(run: RunTables, rates: Sequence[float]) -> pd.DataFrame:
    """Euro by payer, of policies and of ordinary care, and resident-years without MT: ``discount, item, value``.

    Resident-years are those of the territory (``without``) and of the communes around it (``around``; 0 without any).
    """
    accounts = run.table("accounts")
    totals = run.totals().set_index("date")
    start = totals.index[0]

    def years(dates: Any) -> Floats:
        out: Floats = ((dates - start) / pd.Timedelta(days=DAYS_PER_YEAR)).to_numpy(float)
        return out

    when, last = years(totals.index), totals.index[-1]
    middle, length = (when[1:] + when[:-1]) / 2, np.diff(when)

    def stay(column: str) -> Floats:
        """Resident-years between records."""
        residents = totals[column].to_numpy(float)
        out: Floats = length * (residents[1:] + residents[:-1]) / 2
        return out

    stays = {"without": stay("without_mt"), "around": stay("without_mt_around")}
    left = left_of_centres(accounts, run.table("facts"), last)
    paid = pd.concat([accounts[accounts["payer"] != ""], left], ignore_index=True)
    booked, euro = years(paid["date"]), paid["cents"].to_numpy(float) / 100
    payer = paid["payer"].astype(str)
    part = np.where(paid["actor"].isin(ORDINARY_CARE), "ordinary", "gross")
    found = []
    for rate in rates:
        value = pd.Series(euro * power(1 + rate, -booked)).groupby([part, payer.to_numpy()]).sum()
        items = {
            f"{kind} {who}": value.get((kind, who), 0.0) for kind in ("gross", "ordinary") for who in ALL_PAYERS[:-1]
        }
        items |= {item: float((each * power(1 + rate, -middle)).sum()) for item, each in stays.items()}
        found.append(pd.DataFrame({"discount": rate, "item": list(items), "value": list(items.values())}))
    return pd.concat(found, ignore_index=True)


def left_of_centres(accounts: pd.DataFrame, facts: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """What is left of centres' money on the last day: their owners', to whom it counts as if given back.

    A centre may have begun with nothing of its own: its legal form says who its owner is.
    """
    begun = facts.loc[facts["event"].isin(CENTRES), ["date", "actor", "detail"]]
    if begun.empty:
        return accounts[["date", "actor", "payer", "cents"]].iloc[:0]
    begun = begun.astype({"actor": str, "detail": str}).sort_values("date", kind="stable")
    begun["owner"], begun["centre"] = begun["detail"].map(dict(OWNERS)), range(len(begun))
    accounts = accounts[accounts["actor"].isin(set(begun["actor"]))]
    rows = accounts[["date", "actor", "cents"]].astype({"actor": str}).sort_values("date", kind="stable")
    rows = pd.merge_asof(rows, begun, on="date", by="actor").dropna(subset="centre")  # a name may be used again
    left = rows.groupby("centre").agg({"actor": "first", "owner": "first", "cents": "sum"})
    left = left[left["cents"] > 0]
    return pd.DataFrame({"date": last, "actor": left["actor"], "payer": left["owner"], "cents": -left["cents"]})


class Sums:
    """Discounted sums of every run, by scenario, rate and item."""

    def __init__(self, found: pd.DataFrame) -> None:
        keys = ["scenario", "discount", "item", "draw", "replication"]
        self._runs: pd.Series[Any] = found.astype({"scenario": str}).set_index(keys)["value"].sort_index()

    def _item(self, scenario: str, rate: float, item: str) -> Any:
        return self._runs.loc[(scenario, rate, item)]

    def cost(self, scenario: str, rate: float, payer: str, *, net: bool) -> Any:
        """Euro by draw and replication."""
        payers = PUBLIC_PAYERS if payer == PUBLIC else (payer,)
        kinds = ("gross", "ordinary") if net else ("gross",)
        return sum(self._item(scenario, rate, f"{kind} {who}") for kind in kinds for who in payers)

    def pairs(self, scenario: str, base: str, rate: float) -> pd.DataFrame:
        """Points of the cost-effectiveness plane; ``around`` is the part of the gain around the territory."""
        own, around = (self._item(base, rate, of) - self._item(scenario, rate, of) for of in ("without", "around"))
        cost = self.cost(scenario, rate, PUBLIC, net=True) - self.cost(base, rate, PUBLIC, net=True)
        points = pd.DataFrame({"gain": own + around, "cost": cost, "around": around}).reset_index()
        points.insert(0, "scenario", scenario)
        points.insert(1, "discount", rate)
        return points


def unknown_costs(results: Results) -> pd.DataFrame:
    """The costs that are unknown, each once: ``scenario``, ``actor``, ``detail``."""

    def of_this_run(run: RunTables) -> pd.DataFrame:
        facts = run.table("facts")
        return facts.loc[facts["event"] == "cost_unknown", ["actor", "detail"]].astype(str)

    found = results.each(of_this_run)[["scenario", "actor", "detail"]].astype({"scenario": str})
    return found.drop_duplicates(ignore_index=True)


def bound_of(unknown: pd.DataFrame, scenario: str, base: str = "") -> str:
    """On which side of a cost the truth lies; a cost that is unknown on both sides cancels out."""

    def of(name: str) -> set[tuple[str, ...]]:
        rows = unknown.loc[unknown["scenario"] == name, ["actor", "detail"]]
        return set(rows.itertuples(index=False, name=None))

    more, less = of(scenario) - of(base), of(base) - of(scenario)
    if more and less:
        return EITHER
    return MORE if more else LESS if less else ""
