"""Where runs are computed: in this process, in processes of this machine, on any executor, or on Dask.

An engine knows nothing about scenarios. It applies a function to tasks, a few at a time, and yields each task with its
result or failure, in the order in which they finish. A task whose worker process died is tried again.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from ess_sim.errors import ArgumentError, did_you_mean, whole_number

__all__ = [
    "ENGINES",
    "MOST_RUNS",
    "NO_THREADS",
    "Engine",
    "Failure",
    "brief",
    "cores",
    "failed",
    "guarded",
    "most_workers",
]


ENGINES = ("processes", "dask")
"""Engines by name; any `concurrent.futures.Executor` will do as well."""


NO_THREADS = "a run holds Python's global lock, so threads would only take turns: use processes, with as many jobs"
"""Why there is no engine of threads."""


MOST_JOBS, MOST_RUNS = 10_000, 1_000_000
"""Workers, and runs of one scenario: beyond, a slip of the keyboard and not a wish."""


_WORKERS_A_CORE = 4
"""Processes that a core is given: more only take memory, some hundreds of MB each."""


Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Failure:
    """A task that raised, or whose worker died: plain text, because not every exception can be pickled."""

    summary: str
    traceback: str


@dataclass(frozen=True)
class Engine:
    """Where to compute.

    Parameters
    ----------
    kind : str or Executor
        One of `ENGINES`, or an executor of your own, which is not shut down.
    jobs : int, optional
        Workers, ≥ 1, by default one per core, at most four per core of this machine; a single worker is this process
        itself. For an executor or a running scheduler: how many tasks are submitted at once, by default enough for all
        of its workers.
    scheduler : str, optional
        Address of a running Dask scheduler, e.g. ``tcp://10.0.0.1:8786``. Without one, ``dask`` starts a local cluster.

    Raises
    ------
    ValueError
        For an unknown engine, fewer than one job, or a scheduler with an engine other than Dask.
    """

    kind: str | Executor = "processes"
    jobs: int | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.kind == "threads":
            raise ArgumentError(f"there is no engine 'threads': {NO_THREADS}")
        if isinstance(self.kind, str) and self.kind not in ENGINES:
            raise ArgumentError(
                f"unknown engine {self.kind!r}{did_you_mean(self.kind, ENGINES)}: choose among {', '.join(ENGINES)}"
            )
        if self.jobs is not None:
            whole_number("jobs", self.jobs, 1, MOST_JOBS)
        if self.scheduler is not None and self.kind != "dask":
            raise ArgumentError("a scheduler goes with engine 'dask' only")

    def __str__(self) -> str:
        name = self.kind if isinstance(self.kind, str) else type(self.kind).__name__
        return f"{name}{f' at {self.scheduler}' if self.scheduler else ''}, {self.jobs or 'all'} jobs"


def cores() -> int:
    """Number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def most_workers(engine: Engine) -> int:
    """How many processes of this machine an engine may start."""
    return min(engine.jobs or cores(), _WORKERS_A_CORE * cores())


def guarded(function: Callable[[Task], Result], task: Task) -> Result | Failure:
    """The result of a task, or its failure; called in the worker."""
    try:
        return function(task)
    except Exception as error:
        return failed(error)


def failed(error: BaseException) -> Failure:
    """The failure that an exception makes of a task; called where it was caught."""
    return Failure(brief(error), traceback.format_exc())


def brief(error: BaseException) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
