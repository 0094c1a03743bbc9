"""Worker processes that stay, for work that changes while it is done: what is no longer wanted is given up."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ess_sim.experiments.engines.engine import Failure
from ess_sim.experiments.engines.processes import ATTEMPTS, Job, Worker
from ess_sim.experiments.engines.scripts import packed

__all__ = ["Standing", "Work"]


GRACE = 1.0
"""Seconds that a task may still take once it is unwanted. A new worker needs about as long to be ready."""


_LOOK = 0.05
"""Seconds between two looks at whether a task that runs is still wanted."""


@dataclass(frozen=True)
class Work:
    """A task, and what becomes of it.

    Attributes
    ----------
    function : callable
        At the top of a module, of one argument.
    task : object
    done : callable
        Takes the result or the `Failure`, or None of work that was given up; in a thread of the workers'.
    wanted : callable
        Whether the result is still wanted.
    """

    function: Callable[[Any], Any]
    task: Any
    done: Callable[[Any], None]
    wanted: Callable[[], bool]


class Standing:
    """Workers that take the most urgent work there is, one task at a time each, until they are closed.

    They end with this process, even if it is killed.

    Parameters
    ----------
    jobs : int
        Worker processes, ≥ 1.
    next_work : callable
        Gives the most urgent work, or None where there is none; called in several threads, one after the other.
    first : callable, optional
        What each worker calls, without argument, before its first task.
    """

    def __init__(
        self, jobs: int, next_work: Callable[[], Work | None], first: Callable[[], None] | None = None
    ) -> None:
        self._next, self._first = next_work, first
        self._change = threading.Condition()
        self._closed = False
        self._ready = 0
        self.failure = ""
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(jobs)]
        for thread in self._threads:
            thread.start()

    @property
    def ready(self) -> bool:
        """Whether a worker has done what comes first."""
        return self._ready > 0

    def look(self) -> None:
        """There is new work."""
        with self._change:
            self._change.notify_all()

    def close(self) -> None:
        """Kills all workers, whatever they do."""
        self._closed = True
        self.look()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        """The life of one worker process and of those that replace it."""
        worker: Worker | None = None
        try:
            while not self._closed:
                if worker is None:
                    worker = self._new()
                    if worker is None:
                        return
                with self._change:
                    while not self._closed and (work := self._next()) is None:
                        self._change.wait()
                if self._closed or work is None:
                    return
                worker = self._do(worker, work)
        finally:
            if worker is not None:
                worker.end()

    def _new(self) -> Worker | None:
        """A worker that has done what comes first; None once closed, or if none can be started."""
        for _ in range(ATTEMPTS):
            worker = Worker()
            ready = self._answer(worker, lambda: True)
            began = ready is not None
            if ready is not None:
                worker.begin(ready)
            outcome: Any = None
            if began and self._first is not None:
                worker.give(Job(None, packed((_call, self._first))))
                answer = self._answer(worker, lambda: True)
                began = answer is not None
                outcome = pickle.loads(answer) if answer is not None else None
            if self._closed or isinstance(outcome, Failure):
                self.failure = outcome.summary if isinstance(outcome, Failure) else ""
                worker.end()
                return None
            if began:
                self._ready += 1
                return worker
            worker.failed_to_start()
            worker.end()
        self.failure = "worker processes cannot start"
        return None

    def _do(self, worker: Worker, work: Work) -> Worker | None:
        """Does one task; gives the worker, or None where it was killed or has died."""
        for attempt in range(ATTEMPTS):
            worker.give(Job(None, packed((work.function, work.task))))
            answer = self._answer(worker, work.wanted)
            if answer is not None:
                work.done(pickle.loads(answer))
                return worker
            worker.end()
            if self._closed or not work.wanted():
                work.done(None)
                return None
            if attempt + 1 < ATTEMPTS:
                again = self._new()
                if again is None:
                    break
                worker = again
        work.done(Failure(f"its worker process died {ATTEMPTS} times (out of memory?)", ""))
        return None

    def _answer(self, worker: Worker, wanted: Callable[[], bool]) -> bytes | None:
        """What a worker sends; None if it has died, or is not wanted any more."""
        since: float | None = None
        try:
            while not worker.pipe.poll(_LOOK):
                since = None if wanted() else since or time.monotonic()
                if self._closed or (since is not None and time.monotonic() - since > GRACE):
                    return None
            return worker.pipe.recv_bytes()
        except (EOFError, OSError):
            return None


def _call(function: Callable[[], None]) -> None:
    function()
