"""Where runs are computed: in this process, in processes or threads of this machine, on any executor, on Dask.

An engine knows nothing of scenarios. It applies a function to tasks, few at a time, and yields each task with what
became of it, in the order in which they finish. Tasks whose worker died are tried again.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from typing import Any, TypeVar

from ess_sim.errors import EngineError, did_you_mean, whole_number

__all__ = ["ENGINES", "Engine", "Failure", "compute", "cores"]

ENGINES = ("processes", "threads", "dask")
"""Engines by name; any `concurrent.futures.Executor` will do as well."""
_ATTEMPTS = 3
"""How often workers may die over one task, or before they are ready."""

_PATIENCE = 5.0
"""Seconds of silence after which an executor is asked whether it is still there."""

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Failure:
    """A task that raised, or whose worker died: plain text, because not every exception survives the way back."""

    summary: str
    traceback: str


@dataclass(frozen=True)
class Engine:
    """Where to compute.

    Parameters
    ----------
    kind : str or Executor
        One of `ENGINES`, or an executor of one's own, which is not shut down.
    jobs : int, optional
        Workers, ≥ 1, all cores by default; one worker process is this process itself. For an executor or a running
        scheduler: tasks under way at once, all of its workers by default.
    scheduler : str, optional
        Address of a running Dask scheduler, e.g. ``tcp://10.0.0.1:8786``. Without it, ``dask`` starts a local cluster.

    Raises
    ------
    ValueError
        For an unknown engine, fewer than one job, or a scheduler without Dask.
    """

    kind: str | Executor = "processes"
    jobs: int | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.kind, str) and self.kind not in ENGINES:
            raise ValueError(
                f"unknown engine {self.kind!r}{did_you_mean(self.kind, ENGINES)}: choose among {', '.join(ENGINES)}"
            )
        if self.jobs is not None:
            whole_number("jobs", self.jobs, 1)
        if self.scheduler is not None and self.kind != "dask":
            raise ValueError("a scheduler goes with engine 'dask' only")

    def __str__(self) -> str:
        name = self.kind if isinstance(self.kind, str) else type(self.kind).__name__
        return f"{name}{f' at {self.scheduler}' if self.scheduler else ''}, {self.jobs or 'all'} jobs"


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def compute(
    engine: Engine, function: Callable[[Task], Result], tasks: Iterable[Task]
) -> Generator[tuple[Task, Result | Failure], None, None]:
    """Each task with what became of it, as they finish.

    ``tasks`` is read lazily, only a little ahead of what has finished: whoever supplies it may stop at any time.

    Raises
    ------
    EngineError
        If the engine cannot be started, or an executor of one's own breaks.
    """
    jobs = engine.jobs or cores()
    if engine.kind != "processes":
        with _executor(engine) as chosen:
            yield from _in_executor(chosen, function, iter(tasks))
    elif jobs > 1:
        yield from _in_processes(jobs, function, iter(tasks))
    else:
        for task in tasks:
            yield task, _guarded(function, task)


def _guarded(function: Callable[[Task], Result], task: Task) -> Result | Failure:
    """Runs in the worker."""
    try:
        return function(task)
    except Exception as error:
        return _failed(error)


def _failed(error: BaseException) -> Failure:
    return Failure(_brief(error), traceback.format_exc())


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


# --- executors --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Chosen:
    """An executor, and how many tasks to give it at once: a long queue would hold many results."""

    executor: Executor
    width: int
    there: Callable[[], bool] = lambda: True


def _in_executor(
    chosen: _Chosen, function: Callable[[Task], Result], tasks: Iterator[Task]
) -> Generator[tuple[Task, Result | Failure], None, None]:
    running: dict[Future[Result | Failure], Task] = {}
    while True:
        for task in islice(tasks, chosen.width - len(running)):
            try:
                running[chosen.executor.submit(_guarded, function, task)] = task
            except Exception as error:  # a worker died, or the scheduler has gone
                raise EngineError(f"the executor takes no more tasks ({_brief(error)}): start a new one") from None
        if not running:
            return
        done = wait(running, _PATIENCE, FIRST_COMPLETED).done
        if not done and not chosen.there():  # its futures would never be done
            raise EngineError("the Dask scheduler has gone: start a new one")
        for future in done:
            task = running.pop(future)
            try:
                outcome = future.result()
            except BrokenExecutor as error:
                raise EngineError(f"the executor is broken ({_brief(error)}): start a new one") from None
            except Exception as error:  # e.g. a task that cannot be pickled, or Dask's KilledWorker
                outcome = _failed(error)
            yield task, outcome


@contextmanager
def _executor(engine: Engine) -> Iterator[_Chosen]:
    jobs = engine.jobs or cores()
    if isinstance(engine.kind, Executor):
        yield _Chosen(engine.kind, engine.jobs or 2 * getattr(engine.kind, "_max_workers", cores()))
    elif engine.kind == "threads":
        with ThreadPoolExecutor(jobs) as executor:
            yield _Chosen(executor, jobs + 1)
    else:
        with _dask(engine) as chosen:
            yield chosen


@contextmanager
def _dask(engine: Engine) -> Iterator[_Chosen]:
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise EngineError("engine 'dask' needs Dask: pip install 'ess_sim[dask]'") from None
    cluster = None
    try:
        if engine.scheduler is None:
            jobs = engine.jobs or cores()
            cluster = LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None)
            client = Client(cluster)
        else:
            try:
                client = Client(engine.scheduler, timeout="10s")
            except (OSError, ValueError) as error:
                raise EngineError(f"no Dask scheduler answers at {engine.scheduler} ({_brief(error)})") from None
        with client:
            workers = sum(client.nthreads().values())
            # pure=False: a second look at a cell that failed must run it again
            width = engine.jobs or max(2, 2 * workers)
            yield _Chosen(client.get_executor(pure=False), width, lambda: bool(client.status != "closed"))
    finally:
        if cluster is not None:
            cluster.close()


# --- processes of this machine ----------------------------------------------------------------------------------------


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


def _in_processes(
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
                    outcomes.append((errand.task, _failed(error)))
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
        return pickle.dumps(_failed(error))


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)
