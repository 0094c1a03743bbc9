"""A pool of worker processes, one task a worker, that survives the death of any of them."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from typing import Any

from ess_sim.errors import EngineError
from ess_sim.experiments.engines.engine import Failure, Result, Task, failed

__all__ = ["in_processes"]


_ATTEMPTS = 3
"""How often workers may die over one task, or before they are ready."""


@dataclass
class _Errand:
    """A task on its way to a result, and how often a worker has died over it."""

    task: Any
    deaths: int = 0


class _Worker:
    """A process with a pipe of its own.

    A pool's workers share one: what a worker that dies leaves there half written would keep everybody waiting.
    """

    def __init__(self) -> None:
        # spawn: a forked child would inherit the state of numba's and the user's threads
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()  # so that the pipe ends when the process does
        self.ready = False
        self.errand: _Errand | None = None

    @property
    def idle(self) -> bool:
        return self.ready and self.errand is None

    def give(self, errand: _Errand, order: bytes) -> None:
        self.errand = errand
        with suppress(OSError):  # it has died: the pipe's end tells
            self.pipe.send_bytes(order)

    def end(self) -> None:
        """Nobody waits for a run whose result is thrown away."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.pipe.close()


def in_processes(
    jobs: int, function: Callable[[Task], Result], tasks: Iterator[Task]
) -> Generator[tuple[Task, Result | Failure], None, None]:
    """Gives each process one task at a time: it is known over which task one dies."""
    workers: list[_Worker] = []
    ahead: deque[_Errand] = deque()
    outcomes: deque[tuple[Task, Result | Failure]] = deque()
    stillborn = 0
    try:
        while True:
            if not ahead:
                ahead.extend(map(_Errand, islice(tasks, 1)))
            idle = next((worker for worker in workers if worker.idle), None)
            if ahead and idle and len(outcomes) < jobs:  # few results wait to be fetched
                errand = ahead.popleft()
                try:
                    idle.give(errand, pickle.dumps((function, errand.task)))
                except Exception as error:  # what cannot be pickled
                    outcomes.append((errand.task, failed(error)))
                continue
            if ahead and len(workers) < jobs:
                workers.append(_Worker())
                continue
            if outcomes:  # fetched when everybody is at work again
                yield outcomes.popleft()
                continue
            if not ahead and all(worker.errand is None for worker in workers):
                return
            told = wait_for([worker.pipe for worker in workers])
            for worker in [worker for worker in workers if worker.pipe in told]:
                done, worker.errand = worker.errand, None
                try:
                    answer = worker.pipe.recv_bytes()
                except (EOFError, OSError):
                    worker.end()
                    workers.remove(worker)
                    stillborn += not worker.ready
                    if stillborn == _ATTEMPTS:
                        raise EngineError(
                            "worker processes cannot start: see what they say above; a script needs the usual "
                            "if __name__ == '__main__': guard"
                        ) from None
                    if done is not None:
                        done.deaths += 1
                        if done.deaths < _ATTEMPTS:
                            ahead.append(done)
                        else:
                            died = f"its worker process died {_ATTEMPTS} times (out of memory?)"
                            outcomes.append((done.task, Failure(died, "")))
                    continue
                if done is None:
                    worker.ready, stillborn = True, 0
                else:
                    outcomes.append((done.task, pickle.loads(answer)))
    finally:
        for worker in workers:
            worker.end()


def _serve(pipe: Connection) -> None:
    """What a worker process does: says that it is there, then answers one order after the other."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal, but the parent alone decides
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    with suppress(EOFError, OSError):  # the parent has let go
        pipe.send_bytes(b"")
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))


def _answer(order: bytes) -> bytes:
    try:
        function, task = pickle.loads(order)
        return pickle.dumps(function(task))
    except Exception as error:
        return pickle.dumps(failed(error))


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)
