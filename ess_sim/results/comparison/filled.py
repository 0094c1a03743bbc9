"""Posts and intern places that scenarios offered and filled: numbers, and words to be printed beside a comparison."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Protocol

import pandas as pd

from ess_sim.results.comparison.pairing import Outcomes
from ess_sim.results.indicators.staffing import Offered, offered

__all__ = ["MOST_RUNS", "may_offer", "places", "unfilled"]


MOST_RUNS = 100
"""Runs of each scenario that are looked into: enough for means that are printed with one digit."""

_POSTS = {"sessions": "posts for retired GPs", "salaried": "posts for salaried GPs"}


class _Runs(Outcomes, Protocol):
    def each(self, numbers: Callable[[Any], pd.DataFrame]) -> pd.DataFrame: ...


def places(results: _Runs, scenarios: Collection[str] | None = None) -> pd.DataFrame:
    """What each scenario offered, and how much of it was filled, in the mean over its (first 100) runs.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``kind`` (``sessions``, ``salaried``: posts; ``interns``: places, summed over the semesters),
        ``actor`` (centre or policy), ``offered``, ``filled`` (posts: mean over the time that they were offered),
        ``why`` (what kept places from being filled).
    """
    wanted = set(results.scenarios if scenarios is None else scenarios)
    offers = {name for name in wanted if may_offer(results.about(name).scenario)}
    ends = {name: results.recorded(name)[-1] for name in offers}
    looked_at: dict[str, int] = {}

    def of_run(run: Any) -> pd.DataFrame:
        looked_at[run.name] = looked_at.get(run.name, 0) + 1
        if run.name not in offers or looked_at[run.name] > MOST_RUNS:
            return pd.DataFrame(columns=list(Offered._fields))
        return pd.DataFrame(offered(run.table("facts"), run.table("careers"), ends[run.name]), columns=Offered._fields)

    found = results.each(of_run).astype({"scenario": str, "offered": float, "filled": float})
    rows = [
        (
            *key,
            part["offered"].mean(),
            part["filled"].mean(),
            ", ".join(sorted({w for why in part["why"] for w in why})),
        )
        for key, part in found.groupby(["scenario", "kind", "actor"], sort=True)
    ]
    return pd.DataFrame(rows, columns=["scenario", "kind", "actor", "offered", "filled", "why"])


def may_offer(scenario: Mapping[str, Any]) -> bool:
    """Without a policy or a centre nothing is offered, and no table need be read."""
    return bool(scenario["policies"] or scenario["supply"].get("centres"))


def unfilled(results: _Runs, compared: Mapping[str, str]) -> Iterator[str]:
    """How far each scenario's posts and intern places were filled, those of its baseline apart; a line each."""
    shown = [name for name in results.scenarios if name not in set(compared.values())] if compared else None
    table = places(results, None if shown is None else {*shown, *compared.values()})
    actors = table.groupby("scenario")["actor"].agg(set).to_dict()
    for (scenario, kind), rows in table.groupby(["scenario", "kind"], sort=False):
        own = rows[~rows["actor"].isin(actors.get(compared.get(str(scenario), ""), set()))]
        if (shown is not None and scenario not in shown) or not own["offered"].sum() > 0:
            continue
        whose = str(own["actor"].iloc[0]) if len(own) == 1 else f"{len(own)} centres or policies"
        all_of, filled = own["offered"].sum(), own["filled"].sum()
        if kind in _POSTS:
            yield f"{scenario}: {_POSTS[str(kind)]} filled {filled:.1f} of {all_of:.3g} ({whose})"
        elif all_of - filled >= 0.5:
            why = ", ".join(dict.fromkeys(filter(None, own["why"])))
            yield f"{scenario}: of {all_of:.0f} intern places {all_of - filled:.0f} stayed vacant ({whose}): {why}"
        else:
            yield f"{scenario}: all {all_of:.0f} intern places were filled ({whose})"
