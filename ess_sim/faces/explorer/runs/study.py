"""What one page has asked for last, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ess_sim.experiments.identity import Inputs
from ess_sim.faces.explorer.runs.measures import Measures, Task
from ess_sim.faces.explorer.runs.summaries import differences, levels
from ess_sim.inputs.scenario.scenario import Scenario

__all__ = ["Cell", "Study", "state_of"]

Cell = tuple[str, str, int, int]
"""Digests of a scenario and of its territory, seed, replication."""


@dataclass(eq=False)
class Study:
    """A baseline and variants of it, so many replications each.

    Attributes
    ----------
    key, page : str
        What the study, and the page that it is for, are known by.
    asked : float
        When the page has asked for news of it last, in seconds of the desk's clock.
    """

    key: str
    page: str
    scenarios: tuple[Scenario, ...]
    inputs: tuple[Inputs, ...]
    seed: int
    replications: int
    asked: float = 0.0
    wanted: bool = True
    failure: str = ""

    def __post_init__(self) -> None:
        self.keys = [(s.digest, i.territory) for s, i in zip(self.scenarios, self.inputs, strict=True)]

    def cell(self, scenario: int, replication: int) -> Cell:
        """What identifies a run: titles and names do not."""
        return *self.keys[scenario], self.seed, replication

    def task(self, scenario: int, replication: int) -> Task:
        """The run to make."""
        return Task(self.scenarios[scenario], self.seed, replication, self.inputs[scenario])

    def cells(self) -> Iterator[tuple[int, int]]:
        """All runs, pair after pair: the numbers of scenario and replication."""
        return ((s, r) for r in range(self.replications) for s in range(len(self.scenarios)))

    def has(self, cell: Cell) -> bool:
        """Whether a run is one of its own."""
        digest, territory, seed, replication = cell
        return seed == self.seed and replication < self.replications and (digest, territory) in self.keys

    def word(self, counts: Sequence[int], *, ready: bool) -> str:
        """``preparing``, ``running``, ``complete``, ``given_up`` or ``failed``, with so many runs of each scenario."""
        if self.failure:
            return "failed"
        if min(counts) == self.replications:
            return "complete"
        if not self.wanted:
            return "given_up"
        return "running" if ready else "preparing"


def state_of(study: Study, word: str, runs: Sequence[Sequence[Measures]]) -> dict[str, Any]:
    """What a page shows of a study.

    Differences are those of the first so many replications, whichever were ready first: each is what an experiment of
    so many gives.

    Parameters
    ----------
    study : Study
    word : str
        As `Study.word`.
    runs : sequence of sequence of Measures
        Of each scenario, from replication 0 on without a gap.

    Returns
    -------
    dict
        ``state`` (the word) and ``of`` (replications), or ``why`` it has failed. When there are runs, ``baseline``
        (`levels`, with ``n``), ``variants`` (`differences`, or ``n`` 0), and ``pairs``: of any two variants, ``from``
        and ``to`` (their places) with the `differences` that the second makes to the first.
    """
    if word == "failed":
        return {"state": word, "why": study.failure}
    state: dict[str, Any] = {"state": word, "of": study.replications}
    if runs[0]:
        state["baseline"] = {**levels(runs[0]), "n": len(runs[0])}
        state["variants"] = [_paired(runs[0], variant) for variant in runs[1:]]
        state["pairs"] = [
            {"from": i, "to": j, **_paired(runs[1 + i], runs[1 + j])} for i, j in combinations(range(len(runs) - 1), 2)
        ]
    return state


def _paired(first: Sequence[Measures], second: Sequence[Measures]) -> dict[str, Any]:
    n = min(len(first), len(second))
    return differences(first[:n], second[:n]) if n else {"n": 0}
