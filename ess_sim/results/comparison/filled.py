"""Posts and intern places that scenarios offered and filled: numbers, and words to be printed beside a comparison."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from ess_sim.results.comparison.pairing import Outcomes
from ess_sim.results.indicators.staffing import EVENTS, FACTS, INTERNS, Offered, offered
from ess_sim.results.over_runs import rows_of
from ess_sim.results.run import RunTables

__all__ = ["MOST_RUNS", "Runs", "may_offer", "places", "unfilled"]


MOST_RUNS = 100
"""Runs of each scenario that are looked into: enough for means that are printed with one digit."""

_POSTS = {"sessions": "posts for retired GPs", "salaried": "posts for salaried GPs"}


class Runs(Outcomes, Protocol):
    """What is needed of results."""

    def first(self, scenario: str, most: int) -> list[RunTables]: ...


def places(results: Runs, scenarios: Collection[str] | None = None) -> pd.DataFrame:
    """What each scenario offered, and how much of it was filled, in the mean over its (first 100) runs.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``kind`` (``sessions``, ``salaried``: posts; ``interns``: places, summed over the semesters),
        ``actor`` (centre or policy), ``offered``, ``filled`` (posts: mean over the time that they were offered),
        ``why`` (what kept places from being filled).
    """
    wanted = set(results.scenarios if scenarios is None else scenarios)
    offers = [name for name in results.scenarios if name in wanted and may_offer(results.about(name).scenario)]
    made = list(_of_runs(results, offers)) if offers else []
    found = pd.DataFrame(made, columns=["scenario", *Offered._fields]).astype({"offered": float, "filled": float})
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


def _of_runs(results: Runs, scenarios: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The scenario, and what one of its (first) runs offered of one kind."""
    runs, run = (
        [run for name in scenarios for run in results.first(name, MOST_RUNS)],
        ["scenario", "draw", "replication"],
    )
    facts = rows_of(runs, "facts", FACTS, lambda rows: rows["event"].isin(EVENTS))
    interns = rows_of(runs, "careers", INTERNS, lambda rows: rows["mode"] == "intern")
    of_run = dict(list(interns.groupby(run, observed=True, sort=False)))
    for key, part in facts.groupby(run, observed=True, sort=False):
        name = str(key[0])
        for offer in offered(part, of_run.get(key, interns[:0]), results.recorded(name)[-1]):
            yield name, *offer


def may_offer(scenario: Mapping[str, Any]) -> bool:
    """Without a policy or a centre nothing is offered, and no table need be read."""
    return bool(scenario["policies"] or scenario["supply"].get("centres"))


def unfilled(results: Runs, compared: Mapping[str, str]) -> Iterator[str]:
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
