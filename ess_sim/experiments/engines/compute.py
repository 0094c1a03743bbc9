"""Computes tasks on any engine."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable

from ess_sim.experiments.engines import processes
from ess_sim.experiments.engines.engine import (
    Engine,
    Failure,
    Result,
    Task,
    guarded,
    most_workers,
)
from ess_sim.experiments.engines.executors import executor_of, in_executor
from ess_sim.experiments.engines.processes import in_processes

__all__ = ["compute", "get_ready"]


def get_ready(engine: Engine) -> None:
    """Begins what workers need before their first task, so that it is done beside what else comes before it."""
    if engine.kind == "processes" and most_workers(engine) > 1:
        processes.get_ready()


def compute(
    engine: Engine, function: Callable[[Task], Result], tasks: Iterable[Task]
) -> Generator[tuple[Task, Result | Failure], None, None]:
    """Each task with its result or failure, in the order in which they finish.

    ``tasks`` is read lazily, only a little ahead of what has finished, so that it may end early. Of local processes
    there are at most a few a core, and no more than tasks, however many jobs are wanted.

    Raises
    ------
    EngineError
        If the engine cannot be started, or an executor of your own breaks.
    """
    jobs = most_workers(engine)
    if engine.kind != "processes":
        with executor_of(engine) as chosen:
            yield from in_executor(chosen, function, iter(tasks))
    elif jobs > 1:
        yield from in_processes(jobs, function, iter(tasks))
    else:
        for task in tasks:
            yield task, guarded(function, task)
