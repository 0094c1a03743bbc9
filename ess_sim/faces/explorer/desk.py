"""Which runs are wanted, which are there, and who waits for them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ess_sim.experiments.engines.engine import Failure
from ess_sim.experiments.engines.standing import Standing, Work
from ess_sim.experiments.identity import Inputs
from ess_sim.faces.explorer.measures import Measures, Task, measured
from ess_sim.faces.explorer.summaries import differences, levels
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.warm_up import compile_kernel

__all__ = ["Desk", "Study"]


_MOST_BYTES = 200_000_000
"""Of runs that are kept; beyond, those that were not asked for the longest are forgotten."""

_NEWS = 0.5
"""Seconds after which who waits is sent word that nothing is new: a reader who has gone is noticed so."""

Cell = tuple[str, str, int, int]
"""Digests of a scenario and of its territory, seed, replication."""


@dataclass(eq=False)
class Study:
    """What one page has asked for last: a baseline and variants of it, so many replications each."""

    page: str
    scenarios: tuple[Scenario, ...]
    inputs: tuple[Inputs, ...]
    seed: int
    replications: int
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


class Desk:
    """Keeps runs, and has those made that are wanted: of the newest study first.

    Parameters
    ----------
    jobs : int
        Worker processes.
    """

    def __init__(self, jobs: int) -> None:
        self._news = threading.Condition()
        self._studies: list[Study] = []
        self._kept: OrderedDict[Cell, Measures] = OrderedDict()
        self._running: set[Cell] = set()
        self._bytes = 0
        self._workers = Standing(jobs, self._next, compile_kernel)

    def close(self) -> None:
        """Gives up everything, and ends the workers."""
        with self._news:
            self._drop(self._studies)
        self._workers.close()

    def start(self, page: str, scenarios: Sequence[Scenario], seed: int, replications: int) -> Study:
        """A new study in the place of the one that the page has; the first scenario is the baseline.

        All must have been checked.
        """
        study = Study(page, tuple(scenarios), tuple(map(Inputs.of, scenarios)), seed, replications)
        with self._news:
            self._drop([old for old in self._studies if old.page == page])
            self._studies.insert(0, study)
        self._workers.look()
        return study

    def stop(self, study: Study) -> None:
        """Makes no further run of a study."""
        with self._news:
            self._drop([study])

    def states(self, study: Study) -> Iterator[dict[str, Any]]:
        """How far a study is, whenever that has changed, until it is complete, given up or has failed.

        Of several changes at once only the last is given. Differences are those of the first so many replications,
        whichever were ready first: each is what an experiment of so many gives.

        Yields
        ------
        dict
            ``state`` (``preparing``, ``running``, ``complete``, ``given_up``, ``failed``), ``of`` (replications);
            when there are runs, ``baseline`` (`levels`, with ``n``) and ``variants`` (`differences`, or ``n`` 0). An
            empty one from time to time, if nothing has changed.
        """
        before: Any = None
        while True:
            with self._news:
                runs = [self._first_runs(study, s) for s in range(len(study.scenarios))]
                now = [len(r) for r in runs], study.wanted, study.failure, self._workers.ready
                fresh = now != before
                if not fresh:
                    self._news.wait(_NEWS)
            if not fresh:
                if self._workers.failure and not self._workers.ready:
                    study.failure = study.failure or self._workers.failure
                elif before is not None and now == before:
                    yield {}
                continue
            before = now
            state = self._state(study, runs)
            yield state
            if state["state"] in ("complete", "given_up", "failed"):
                self.stop(study)
                return

    def _state(self, study: Study, runs: Sequence[Sequence[Measures]]) -> dict[str, Any]:
        counts = [len(r) for r in runs]
        if study.failure:
            return {"state": "failed", "why": study.failure}
        what = "running" if self._workers.ready else "preparing"
        what = what if study.wanted else "given_up"
        what = "complete" if min(counts) == study.replications else what
        state: dict[str, Any] = {"state": what, "of": study.replications}
        baseline = runs[0]
        if baseline:
            state["baseline"] = {**levels(baseline), "n": len(baseline)}
            state["variants"] = []
            for variant in runs[1:]:
                n = min(len(variant), len(baseline))
                state["variants"].append(differences(baseline[:n], variant[:n]) if n else {"n": 0})
        return state

    def _first_runs(self, study: Study, scenario: int) -> list[Measures]:
        """Those of a scenario without a gap."""
        found = []
        for r in range(study.replications):
            cell = study.cell(scenario, r)
            if cell not in self._kept:
                break
            self._kept.move_to_end(cell)
            found.append(self._kept[cell])
        return found

    def _drop(self, studies: Sequence[Study]) -> None:
        for study in studies:
            study.wanted = False
        self._studies = [s for s in self._studies if s.wanted]
        self._news.notify_all()

    def _next(self) -> Work | None:
        """The first run that is wanted and neither there nor being made."""
        with self._news:
            for study in self._studies:
                for s, r in study.cells():
                    cell = study.cell(s, r)
                    if cell not in self._kept and cell not in self._running:
                        self._running.add(cell)
                        done, wanted = partial(self._take, cell), partial(self._wants, cell)
                        return Work(measured, study.task(s, r), done, wanted)
        return None

    def _wants(self, cell: Cell) -> bool:
        """Whether a run is part of any study; one that is given up is no longer being made."""
        digest, territory, seed, replication = cell
        with self._news:
            return any(
                seed == study.seed and replication < study.replications and (digest, territory) in study.keys
                for study in self._studies
            )

    def _take(self, cell: Cell, found: Measures | Failure | None) -> None:
        with self._news:
            self._running.discard(cell)
            if isinstance(found, Failure):
                for study in self._studies:
                    if any(study.cell(s, cell[-1]) == cell for s in range(len(study.scenarios))):
                        study.failure, study.wanted = found.summary, False
                self._drop([])
            elif found is not None:
                self._kept[cell] = found
                self._bytes += found.size
                self._forget()
            self._news.notify_all()

    def _forget(self) -> None:
        """Forgets runs of no study, those that were asked for longest ago first, while there are too many."""
        for cell in list(self._kept) if self._bytes > _MOST_BYTES else ():
            if self._bytes <= _MOST_BYTES:
                break
            if not self._wants(cell):
                self._bytes -= self._kept.pop(cell).size
