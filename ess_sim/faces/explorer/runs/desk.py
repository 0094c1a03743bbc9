"""Which runs are wanted, which are there, and who waits for them."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ess_sim.experiments.engines.engine import Failure
from ess_sim.experiments.engines.standing import Standing, Work
from ess_sim.experiments.identity import Inputs
from ess_sim.faces.explorer.runs.measures import Measures, measured
from ess_sim.faces.explorer.runs.study import Cell, Study, state_of
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.warm_up import compile_kernel

__all__ = ["Desk"]


_MOST_BYTES = 200_000_000
"""Of runs that are kept; beyond, those that were not asked for the longest are forgotten."""

_MOST_STUDIES = 32
"""That are remembered: a page whose study is forgotten asks for it again."""

_LEASE = 20.0
"""Seconds without a question after which a page is taken to be closed: its runs wait until it asks again."""

_LOOK = 0.25
"""Seconds between two looks at whether the workers are ready, which they do not say."""


class Desk:
    """Keeps runs, and has those made that are wanted: of the newest study first.

    Parameters
    ----------
    jobs : int
        Worker processes.
    clock : callable, optional
        Seconds.
    """

    def __init__(self, jobs: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._news = threading.Condition()
        self._wanted: list[Study] = []
        self._known: OrderedDict[str, Study] = OrderedDict()
        self._turns: OrderedDict[str, int] = OrderedDict()
        self._kept: OrderedDict[Cell, Measures] = OrderedDict()
        self._running: set[Cell] = set()
        self._bytes = 0
        self._workers = Standing(jobs, self._next, compile_kernel)

    def close(self) -> None:
        """Gives up everything, and ends the workers."""
        with self._news:
            self._drop(self._wanted)
        self._workers.close()

    def start(self, page: str, turn: int, scenarios: Sequence[Scenario], seed: int, replications: int) -> Study:
        """A new study in the place of the one that the page has; the first scenario is the baseline.

        All must have been checked. Of requests that overtake each other, as on a busy machine, the one with the
        highest turn holds: a study of a lower one is given up from the start.
        """
        made = tuple(map(Inputs.of, scenarios))
        study = Study(secrets.token_hex(8), page, tuple(scenarios), made, seed, replications, self._clock())
        with self._news:
            study.wanted = turn >= self._turns.get(page, 0)
            self._turns[page] = max(turn, self._turns.get(page, 0))
            self._turns.move_to_end(page)
            self._known[study.key] = study
            if study.wanted:
                self._drop([old for old in self._wanted if old.page == page])
                self._wanted.insert(0, study)
            self._drop(self._wanted[_MOST_STUDIES:])
            for kept in (self._known, self._turns):
                while len(kept) > 2 * _MOST_STUDIES:
                    kept.popitem(last=False)
        self._workers.look()
        return study

    def news(self, key: str, seen: str, patience: float = 1.0) -> dict[str, Any]:
        """How far a study is, as soon as that differs from what the page has seen.

        Parameters
        ----------
        key : str
            Of the study.
        seen : str
            ``version`` of the state that the page has; '' for none.
        patience : float
            Seconds after which the answer is that nothing is new.

        Returns
        -------
        dict
            `state_of` with its ``version``; empty if nothing is new. A study that is not known is ``given_up``.
        """
        study = self._known.get(key)
        if study is None:
            return {"state": "given_up"}
        now = self._clock()
        slept, study.asked = now - study.asked > _LEASE, now
        if slept:
            self._workers.look()  # without the lock, which the workers take inside their own
        until = now + patience
        with self._news:
            while True:
                study.asked = self._clock()
                study.failure = study.failure or ("" if self._workers.ready else self._workers.failure)
                runs = [self._first_runs(study, s) for s in range(len(study.scenarios))]
                counts = [len(r) for r in runs]
                word = study.word(counts, ready=self._workers.ready)
                version = "/".join(map(str, (word, *counts)))
                left = until - study.asked
                if version != seen or left <= 0:
                    break
                self._news.wait(min(left, _LOOK))
            if word in ("complete", "failed"):
                self._drop([study])
        return {} if version == seen else {**state_of(study, word, runs), "version": version}

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
        self._wanted = [s for s in self._wanted if s.wanted]
        self._news.notify_all()

    def _next(self) -> Work | None:
        """The first run that is wanted and neither there nor being made."""
        with self._news:
            now = self._clock()
            for study in self._wanted:
                for s, r in study.cells() if now - study.asked <= _LEASE else ():
                    cell = study.cell(s, r)
                    if cell not in self._kept and cell not in self._running:
                        self._running.add(cell)
                        done, wanted = partial(self._take, cell), partial(self._wants, cell)
                        return Work(measured, study.task(s, r), done, wanted)
        return None

    def _wants(self, cell: Cell) -> bool:
        """Whether a run is part of any study; one that is given up is no longer being made."""
        with self._news:
            return any(study.has(cell) for study in self._wanted)

    def _take(self, cell: Cell, found: Measures | Failure | None) -> None:
        with self._news:
            self._running.discard(cell)
            if isinstance(found, Failure):
                for study in self._wanted:
                    if study.has(cell):
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
