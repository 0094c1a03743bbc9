"""Where runs are computed: in this process, in processes or threads of this machine, on any executor, on Dask.

An engine knows nothing of scenarios. It applies a function to tasks, few at a time, and yields each task with what
became of it, in the order in which they finish. Tasks whose worker died are tried again.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import wait as wait_for
from typing import Any, TypeVar

from ess_sim.errors import EngineError, did_you_mean

__all__ = ["ENGINES", "Engine", "Failure", "compute", "cores"]

ENGINES = ("processes", "threads", "dask")
"""Engines by name; any `concurrent.futures.Executor` will do as well."""
_ATTEMPTS = 3
"""How often a task that is alone in its worker may see the worker die."""

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
        if self.jobs is not None and (not isinstance(self.jobs, int) or isinstance(self.jobs, bool) or self.jobs < 1):
            raise ValueError(f"jobs must be a whole number ≥ 1, not {self.jobs!r}")
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
    if engine.kind == "processes" and (engine.jobs or cores()) == 1:
        for task in tasks:
            yield task, _guarded(function, task)
        return
    with _pool(engine) as pool:
        yield from _drive(pool, function, iter(tasks))


def _guarded(function: Callable[[Task], Result], task: Task) -> Result | Failure:
    """Runs in the worker."""
    try:
        return function(task)
    except Exception as error:
        return Failure(_brief(error), traceback.format_exc())


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


@dataclass
class _Suspect:
    """A task under way, and how often its worker has died with nobody else to blame."""

    task: Any
    deaths: int = 0


@dataclass
class _Pool:
    """An executor that can be started again, and how many tasks to give it at once."""

    executor: Executor
    width: int
    start: Callable[[], Executor] | None = None
    suspects: deque[_Suspect] = field(default_factory=deque)


def _drive(
    pool: _Pool, function: Callable[[Task], Result], tasks: Iterator[Task]
) -> Generator[tuple[Task, Result | Failure], None, None]:
    running: dict[Future[Result | Failure], _Suspect] = {}
    while True:
        broken = False
        # after a death, those who were under way go one at a time: it shows who is to blame
        width = 1 if pool.suspects else pool.width
        while len(running) < width and not broken:
            if pool.suspects:
                suspect = pool.suspects.popleft()
            else:
                try:
                    suspect = _Suspect(next(tasks))
                except StopIteration:
                    break
            try:
                running[pool.executor.submit(_guarded, function, suspect.task)] = suspect
            except BrokenExecutor:
                pool.suspects.appendleft(suspect)
                broken = True
        if not running and not broken:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
            suspect = running[future]
            try:
                outcome = future.result()
            except BrokenExecutor:
                broken = True
                continue
            except Exception as error:  # e.g. a task that cannot be pickled, or Dask's KilledWorker
                outcome = Failure(_brief(error), traceback.format_exc())
            del running[future]
            yield suspect.task, outcome
        if broken:
            if pool.start is None:
                raise EngineError("the executor is broken (a worker died?): start a new one and go on")
            pool.executor.shutdown(wait=False, cancel_futures=True)
            pool.executor = pool.start()
            if len(running) == 1:
                (suspect,) = running.values()
                suspect.deaths += 1
                if suspect.deaths == _ATTEMPTS:
                    running.clear()
                    yield suspect.task, Failure(f"its worker process died {_ATTEMPTS} times (out of memory?)", "")
            pool.suspects.extend(running.values())
            running.clear()


@contextmanager
def _pool(engine: Engine) -> Iterator[_Pool]:
    jobs = engine.jobs or cores()
    if isinstance(engine.kind, Executor):
        yield _Pool(engine.kind, engine.jobs or 2 * getattr(engine.kind, "_max_workers", cores()))
    elif engine.kind == "threads":
        with ThreadPoolExecutor(jobs) as executor:
            yield _Pool(executor, jobs + 1)
    elif engine.kind == "dask":
        with _dask(engine) as pool:
            yield pool
    else:
        with _processes(jobs) as pool:
            yield pool


@contextmanager
def _processes(jobs: int) -> Iterator[_Pool]:
    # spawn: a forked child would inherit the state of numba's and the user's threads
    context = multiprocessing.get_context("spawn")

    def start() -> Executor:
        return ProcessPoolExecutor(jobs, mp_context=context, initializer=_enter_worker)

    others = set(multiprocessing.active_children())
    pool = _Pool(start(), jobs + 1, start)  # few at a time: a long queue would hold many results at once
    finished = False
    try:
        yield pool
        finished = True
    finally:
        pool.executor.shutdown(wait=finished, cancel_futures=True)
        if not finished:  # nobody waits for runs whose results are thrown away
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()


def _enter_worker() -> None:
    """Ctrl-C reaches every process of the terminal, but the parent alone decides; without it the worker ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)


@contextmanager
def _dask(engine: Engine) -> Iterator[_Pool]:
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
            yield _Pool(client.get_executor(pure=False), engine.jobs or max(2, 2 * workers))
    finally:
        if cluster is not None:
            cluster.close()
