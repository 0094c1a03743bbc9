"""Where runs are computed: in this process, in processes or threads of this machine, on any executor, on Dask.

An engine knows nothing of scenarios. It applies a function to tasks, few at a time, and yields each task with what
became of it, in the order in which they finish. Tasks whose worker died are tried again.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from ess_sim.errors import did_you_mean, whole_number

__all__ = ["ENGINES", "Engine", "Failure", "brief", "cores", "failed", "guarded"]


ENGINES = ("processes", "threads", "dask")
"""Engines by name; any `concurrent.futures.Executor` will do as well."""
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


def guarded(function: Callable[[Task], Result], task: Task) -> Result | Failure:
    """Runs in the worker."""
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
