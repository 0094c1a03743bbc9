"""A pool of worker processes, one task at a time each, that survives the death of any of them."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from typing import Any

from ess_sim.errors import EngineError
from ess_sim.experiments.engines import forking
from ess_sim.experiments.engines.engine import Failure, Result, Task, failed, guarded
from ess_sim.experiments.engines.scripts import Packed, packed, without_script

__all__ = ["ATTEMPTS", "Job", "Worker", "get_ready", "in_processes"]


ATTEMPTS = 3
"""How many workers one task may kill, and how many in a row may die before they are ready."""


@dataclass
class Job:
    """A queued task, as it is sent, and the number of workers it has killed."""

    task: Any
    request: Packed
    deaths: int = 0


class Worker:
    """A process with a pipe of its own.

    If the workers shared one pipe, a worker that died halfway through an answer would block all the others.
    """

    def __init__(self) -> None:
        self._fork = forking.fork(_serve)
        if self._fork is not None:
            self.pipe = self._fork.pipe
        else:
            context = multiprocessing.get_context("spawn")
            self.pipe, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
            with theirs, without_script():  # so that the pipe closes when the process ends
                self._process.start()
        self.pid: int | None = None  # until it is ready
        self.job: Job | None = None

    @property
    def ready(self) -> bool:
        return self.pid is not None

    def begin(self, said: bytes) -> None:
        """Takes the first message of the process, that it is ready."""
        self.pid = int(said)

    def failed_to_start(self) -> bool:
        """Whether that is why it has ended; what could not be forked does not count, as the next one is spawned."""
        if not self.ready and self._fork is not None:
            forking.give_up()
        return not self.ready and self._fork is None

    @property
    def idle(self) -> bool:
        return self.ready and self.job is None

    def give(self, job: Job) -> None:
        self.job = job
        with suppress(OSError):  # the worker has died, which the closed pipe will show
            self.pipe.send_bytes(job.request.data)

    def end(self) -> None:
        """Kills the process: a run whose result is not needed should not be waited for."""
        if self._fork is None:
            self._process.kill()
            self._process.join()
            with suppress(ValueError):  # where SIGCHLD is ignored no one can say that it has ended
                self._process.close()
        elif self.pid is not None:
            self._fork.end(self.pid)
        self.pipe.close()  # which ends one that is about to start


def get_ready() -> None:
    """Begins what the first workers would have to wait for, if anything: it is done beside what this process does."""
    _check_may_start()
    forking.get_ready(_serve)


def _check_may_start() -> None:
    if multiprocessing.current_process().daemon:
        raise EngineError("this process (of a multiprocessing.Pool?) may start no others: use jobs=1")


def in_processes(
    jobs: int, function: Callable[[Task], Result], tasks: Iterator[Task]
) -> Generator[tuple[Task, Result | Failure], None, None]:
    """Gives each process one task at a time, so that it is clear which task a worker died on.

    A task made of classes and functions that cannot be sent to another process is done here, with a warning.
    """
    _check_may_start()
    workers: list[Worker] = []
    ahead: deque[Job] = deque()
    outcomes: deque[tuple[Task, Result | Failure]] = deque()
    failed_starts = 0
    warned = False
    try:
        while True:
            if not ahead:
                for task in islice(tasks, 1):
                    try:
                        ahead.append(Job(task, packed((function, task))))
                    except Exception as error:  # the task cannot be pickled
                        outcomes.append((task, failed(error)))
            idle = next((worker for worker in workers if worker.idle), None)
            here = bool(ahead and ahead[0].request.unknown)
            if here and len(outcomes) < jobs:
                job = ahead.popleft()
                if not warned:
                    warnings.warn(_alone(job.request.unknown), RuntimeWarning, stacklevel=2)
                    warned = True
                outcomes.append((job.task, guarded(function, job.task)))
                continue
            if ahead and not here and idle and len(outcomes) < jobs:  # few results are waiting to be fetched
                idle.give(ahead.popleft())
                continue
            if ahead and not here and len(workers) < jobs:
                workers.append(Worker())
                continue
            if outcomes:  # fetched only while every worker is busy
                yield outcomes.popleft()
                continue
            if not ahead and all(worker.job is None for worker in workers):
                return
            readable = wait_for([worker.pipe for worker in workers])
            for worker in [worker for worker in workers if worker.pipe in readable]:
                done, worker.job = worker.job, None
                try:
                    answer = worker.pipe.recv_bytes()
                except (EOFError, OSError):
                    worker.end()
                    workers.remove(worker)
                    failed_starts += worker.failed_to_start()
                    if failed_starts == ATTEMPTS:
                        raise EngineError("worker processes cannot start: see their messages above") from None
                    if done is not None:
                        done.deaths += 1
                        if done.deaths < ATTEMPTS:
                            ahead.append(done)
                        else:
                            died = f"its worker process died {ATTEMPTS} times (out of memory?)"
                            outcomes.append((done.task, Failure(died, "")))
                    continue
                if done is None:
                    worker.begin(answer)
                    failed_starts = 0
                else:
                    outcomes.append((done.task, pickle.loads(answer)))
    finally:
        for worker in workers:
            worker.end()


def _alone(names: Sequence[str]) -> str:
    return (
        f"{', '.join(names)}: defined inside a function of a module, or uses what cannot be sent to other processes "
        "(such as an open file): its runs are done one after the other in this process; to use all jobs, "
        "give it what can be sent, or define it at the top of a module file (mine.py) and import it"
    )


def _serve(pipe: Connection) -> None:
    """The main loop of a worker process: reports that it is ready, then answers one request after another."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; only the parent acts
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    with suppress(EOFError, OSError):  # the parent has closed its end
        pipe.send_bytes(b"%d" % os.getpid())
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))


def _answer(request: bytes) -> bytes:
    try:
        function, task = pickle.loads(request)
        return packed(function(task)).data
    except Exception as error:
        return pickle.dumps(failed(error))


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)
