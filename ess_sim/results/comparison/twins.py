"""Scenarios whose runs are identical: what sets them apart did nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from ess_sim.errors import NotKeptError
from ess_sim.results.comparison.pairing import Outcomes, across_territories
from ess_sim.results.run import RunTables

__all__ = ["Pairs", "Twin", "twin_lines", "twins"]


class Pairs(Outcomes, Protocol):
    """What is needed of results."""

    def first(self, scenario: str, most: int) -> list[RunTables]: ...
    def pairs(self, baseline: str, scenario: str) -> Iterator[tuple[RunTables, RunTables]]: ...


class Twin(NamedTuple):
    """A scenario of which no outcome differs from that of an earlier one, at any record of any run.

    Attributes
    ----------
    scenario, other : str
    runs : int
        Of each.
    paid_alike : bool or None
        Whether their accounts are the same, too; None where these are not kept.
    """

    scenario: str
    other: str
    runs: int
    paid_alike: bool | None


def twins(results: Pairs, *, first: Sequence[str] = ()) -> list[Twin]:
    """Each scenario that is identical to an earlier one, with the earliest such.

    Parameters
    ----------
    results : Results
        Scenarios of which not the same replications are there are no twins.
    first : sequence of str
        Scenarios that count as earlier than all others: baselines.
    """
    order = sorted(results.scenarios, key=lambda name: name not in first)  # stable
    kept: dict[bytes, list[str]] = {}
    found = []
    for name in order:
        (run,) = results.first(name, 1)
        alike = kept.setdefault(_trace(run), [])  # most differ in their first run
        for other in alike:
            twin = _compared(results, name, other)
            if twin is not None:
                found.append(twin)
                break
        else:
            alike.append(name)
    return found


def twin_lines(found: Sequence[Twin], draws: int, replications: int) -> Iterator[str]:
    """What is printed of them."""
    of_all = f"all {replications} replications" if replications > 1 else "the one replication"
    if draws > 1:
        of_all += f" of all {draws} parameter draws"
    for twin in found:
        money = ", but not in what is paid" if twin.paid_alike is False else ""
        yield f"{twin.scenario} is identical to {twin.other} in {of_all} (every outcome, every record{money})"


def _trace(run: RunTables) -> bytes:
    """Residents without MT over time: what differs between nearly all scenarios, and is read quickly."""
    totals = run.totals()
    return b"".join(
        np.ascontiguousarray(totals[name].to_numpy(np.int64)).tobytes() for name in ("adults", "without_mt")
    )


def _compared(results: Pairs, scenario: str, other: str) -> Twin | None:
    if across_territories(results, {scenario: other}) or _numbers(results, scenario) != _numbers(results, other):
        return None
    runs, paid = 0, list[bool | None]()
    for a, b in results.pairs(other, scenario):
        x, y = (run.table("outcomes") for run in (a, b))
        if not (x["date"].equals(y["date"]) and np.array_equal(x["value"], y["value"], equal_nan=True)):
            return None
        runs += 1
        paid.append(_paid_alike(a, b))
    return Twin(scenario, other, runs, None if None in paid else all(paid))


def _numbers(results: Pairs, scenario: str) -> set[tuple[int, int]]:
    """Draw and replication of the runs that are there: some may have failed."""
    return {(run.draw, run.replication) for run in results.first(scenario, sys.maxsize)}


def _paid_alike(a: RunTables, b: RunTables) -> bool | None:
    try:
        one, other = (run.table("accounts")[["date", "payer", "cents"]].astype({"payer": str}) for run in (a, b))
    except NotKeptError:
        return None
    return bool(one.reset_index(drop=True).equals(other.reset_index(drop=True)))
