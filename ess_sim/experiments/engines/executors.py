"""Tasks on executors of `concurrent.futures` and on Dask."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice

from ess_sim.errors import EngineError
from ess_sim.experiments.engines.engine import (
    Engine,
    Failure,
    Result,
    Task,
    brief,
    cores,
    failed,
    guarded,
    most_workers,
)

__all__ = ["executor_of", "in_executor"]


_IMPORTABLE = "what is sent to other processes must be defined at the top of a module file"


ANY_PORT = {"scheduler_kwargs": {"dashboard_address": ":0"}}
"""Of a Dask cluster without dashboard: its server of figures takes any port, not one that another cluster may have."""


_PATIENCE = 5.0
"""Seconds without a finished task after which we check whether the executor is still alive."""


@dataclass(frozen=True)
class _Chosen:
    """An executor, and how many tasks to submit to it at once: a long queue would hold many results."""

    executor: Executor
    width: int
    alive: Callable[[], bool] = lambda: True


def in_executor(
    chosen: _Chosen, function: Callable[[Task], Result], tasks: Iterator[Task]
) -> Generator[tuple[Task, Result | Failure], None, None]:
    """Tasks with their results, as they end; so many under way that no worker waits."""
    running: dict[Future[Result | Failure], Task] = {}
    while True:
        for task in islice(tasks, chosen.width - len(running)):
            try:
                running[chosen.executor.submit(guarded, function, task)] = task
            except Exception as error:  # a worker died, or the scheduler is gone
                raise EngineError(f"the executor accepts no more tasks ({brief(error)}): start a new one") from None
        if not running:
            return
        done = wait(running, _PATIENCE, FIRST_COMPLETED).done
        if not done and not chosen.alive():  # its futures would never finish
            raise EngineError("the Dask scheduler is gone: start a new one")
        for future in done:
            task = running.pop(future)
            try:
                outcome = future.result()
            except BrokenExecutor as error:
                raise EngineError(f"the executor is broken ({brief(error)}): start a new one") from None
            except Exception as error:  # e.g. a task that cannot be pickled, or Dask's KilledWorker
                outcome = failed(error)
                if "pickle" in outcome.summary:
                    outcome = replace(outcome, summary=f"{outcome.summary}; {_IMPORTABLE}")
            yield task, outcome


@contextmanager
def executor_of(engine: Engine) -> Iterator[_Chosen]:
    """The executor of an engine, shut down afterwards unless it is the user's."""
    if isinstance(engine.kind, Executor):
        yield _Chosen(engine.kind, engine.jobs or 2 * getattr(engine.kind, "_max_workers", cores()))
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
            cluster = LocalCluster(
                n_workers=most_workers(engine), threads_per_worker=1, dashboard_address=None, **ANY_PORT
            )
            client = Client(cluster)
        else:
            try:
                client = Client(engine.scheduler, timeout="10s")
            except (OSError, ValueError) as error:
                raise EngineError(f"no Dask scheduler answers at {engine.scheduler} ({brief(error)})") from None
        with client:
            workers = sum(client.nthreads().values())
            # pure=False: submitting a failed cell again must run it again
            width = engine.jobs or max(2, 2 * workers)
            yield _Chosen(client.get_executor(pure=False), width, lambda: bool(client.status != "closed"))
    finally:
        if cluster is not None:
            cluster.close()
