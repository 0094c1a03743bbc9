"""Engines on plain functions; worker processes import this module, so it imports little."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from work import PATIENCE
from workers import alive

from ess_sim.errors import EngineError
from ess_sim.experiments.engines import executors
from ess_sim.experiments.engines.compute import compute
from ess_sim.experiments.engines.engine import Engine, Failure, most_workers

TWO = Engine(jobs=2)
OWN = ThreadPoolExecutor(2)
"""An executor of one's own, whose threads start when it is first used."""


def square(x: int) -> int:
    return x * x


def stumble(x: int) -> int:
    if x == 3:
        error = ValueError("three\nand more")
        error.held = threading.Lock()  # type: ignore[attr-defined]  # cannot be pickled
        raise error
    return x


def where(x: int) -> tuple[int, int, bool]:  # noqa: ARG001
    time.sleep(0.05)
    return os.getpid(), threading.get_ident(), threading.current_thread() is threading.main_thread()


def meet(folder: Path) -> tuple[int, int]:
    """Waits until a second worker has begun."""
    (folder / f"{os.getpid()}-{threading.get_ident()}").touch()
    end = time.monotonic() + PATIENCE
    while len(list(folder.iterdir())) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    return os.getpid(), threading.get_ident()


def crash(x: int) -> int:
    """Some tasks end their process: 1 every time it is tried, 4 the first time only."""
    once = Path(str(x))
    if x == 1 or (x == 4 and not once.exists()):
        once.touch()
        os._exit(3)
    time.sleep(0.01)
    return x


def lock(x: int) -> object:  # noqa: ARG001
    return threading.Lock()


def large(x: int) -> bytes:  # noqa: ARG001
    return bytes(4_000_000)


KINDS = {"this process": Engine(jobs=1), "processes": TWO, "executor": Engine(OWN, 2)}


@pytest.mark.usefixtures("begun")
def test_every_task_once_and_failures_among_them_in_processes():
    test_every_task_once_and_failures_among_them(TWO)


@pytest.mark.parametrize("engine", KINDS.values(), ids=KINDS)
def test_every_task_once_and_failures_among_them(engine):
    found = dict(compute(engine, stumble, range(20)))
    assert set(found) == set(range(20))
    failure = found.pop(3)
    assert isinstance(failure, Failure)
    assert failure.summary == "ValueError: three"
    assert "raise error" in failure.traceback
    assert found == {x: x for x in range(20) if x != 3}
    assert list(compute(engine, square, [])) == []
    assert list(compute(engine, square, [7])) == [(7, 49)]


def test_there_is_no_engine_of_threads():
    with pytest.raises(ValueError, match=r"no engine 'threads': .* threads would only take turns: use processes"):
        Engine("threads", 2)
    with pytest.raises(ValueError, match=r"unknown engine 'proceses' \(did you mean 'processes'\?\): choose among"):
        Engine("proceses")


def test_workers_are_no_more_than_cores_can_feed(monkeypatch):
    monkeypatch.setattr("ess_sim.experiments.engines.engine.cores", lambda: 2)
    assert [most_workers(Engine(jobs=n)) for n in (None, 1, 3, 10_000)] == [2, 1, 3, 8]
    wanted = []
    monkeypatch.setattr("ess_sim.experiments.engines.compute.in_processes", lambda n, *_: wanted.append(n) or iter(()))
    assert list(compute(Engine(jobs=10_000), square, range(9))) == []
    assert wanted == [8]


def test_one_process_is_this_one_and_keeps_the_order():
    assert [task for task, _ in compute(Engine(jobs=1), square, range(9))] == list(range(9))
    assert next(compute(Engine(jobs=1), where, [0]))[1] == (os.getpid(), threading.get_ident(), True)


def test_work_is_shared(tmp_path):
    one, other = tmp_path / "processes", tmp_path / "threads"
    one.mkdir()
    other.mkdir()
    processes = {outcome[0] for _, outcome in compute(TWO, meet, [one] * 2)}
    threads = {outcome for _, outcome in compute(Engine(OWN, 2), meet, [other] * 2)}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert len(threads) == 2
    assert {process for process, _ in threads} == {os.getpid()}


@pytest.mark.parametrize(("engine", "most"), [(Engine(jobs=1), 1), (TWO, 5), (Engine(OWN, 2), 2)])
def test_tasks_are_read_a_little_ahead_only(engine, most):
    read = 0

    def tasks() -> Iterator[int]:
        nonlocal read
        for task in range(100):
            read += 1
            yield task

    outcomes = compute(engine, square, tasks())
    for received, _ in enumerate(outcomes, start=1):
        assert read - received < most  # running, waiting for a worker, or waiting to be fetched
        time.sleep(0.002)
        if received == 40:
            break
    outcomes.close()
    assert read <= 40 + most


def test_what_cannot_be_sent_is_a_failure():
    found = dict(compute(TWO, lock, range(3)))
    assert {outcome.summary for outcome in found.values()} == {"TypeError: cannot pickle '_thread.lock' object"}
    held = threading.Lock()
    ((task, outcome),) = compute(TWO, square, [held])
    assert task is held
    assert outcome.summary == "TypeError: cannot pickle '_thread.lock' object"


@pytest.mark.usefixtures("begun")
def test_a_task_that_kills_its_worker_harms_no_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = dict(compute(TWO, crash, range(12)))
    failure = found.pop(1)
    assert isinstance(failure, Failure)
    assert failure.summary.startswith("its worker process died 3 times")
    assert found == {x: x for x in range(12) if x != 1}


def test_a_worker_that_dies_while_it_answers_blocks_no_other(begun):
    """Killed with half of its answer in the pipe: the answer never ends, and must not be waited for."""
    outcomes = compute(TWO, large, range(6))
    found = [next(outcomes)]
    busy = next(worker for worker in begun if worker.job)
    assert busy.pipe.poll(PATIENCE)  # it has begun to answer, and the pipe is full because nothing is fetched
    os.kill(busy.pid, signal.SIGKILL)
    found += outcomes
    assert sorted(task for task, _ in found) == list(range(6))
    assert all(outcome == bytes(4_000_000) for _, outcome in found)
    assert len(begun) == 3


def test_no_process_is_left(begun):
    outcomes = compute(TWO, where, range(100))
    next(outcomes)
    next(outcomes)
    assert alive(begun) == [True] * 2
    outcomes.close()
    list(compute(TWO, square, range(3)))
    assert len(begun) == 4
    assert not any(alive(begun))


# --- executors of one's own -------------------------------------------------------------------------------------------


class Later(Executor):
    """Finishes the task that was submitted last first."""

    def __init__(self) -> None:
        self.most = 0
        self._waiting: deque[Future[object]] = deque()

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        future: Future[object] = Future()
        future.set_running_or_notify_cancel()
        self._waiting.append(future)
        self.most = max(self.most, len(self._waiting))
        threading.Timer(0.02, lambda: self._waiting.pop().set_result(fn(*args, **kwargs))).start()
        return future


def test_an_executor_of_ones_own_gets_as_many_as_wanted_and_stays_open():
    later = Later()
    found = list(compute(Engine(later, jobs=3), bool, range(10)))
    assert sorted(task for task, _ in found) == list(range(10))
    assert later.most == 3
    with ThreadPoolExecutor(2) as own:
        assert dict(compute(Engine(own), square, range(5))) == {x: x * x for x in range(5)}
        assert own.submit(square, 3).result() == 9


def test_an_executor_of_ones_own_that_breaks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ProcessPoolExecutor(1) as own:
        with pytest.raises(EngineError, match="the executor is broken"):
            list(compute(Engine(own), crash, range(12)))
        with pytest.raises(BrokenExecutor):
            own.submit(square, 3).result()


# --- Dask -------------------------------------------------------------------------------------------------------------


def test_a_scheduler_that_dies_is_an_error(monkeypatch):
    """Without its scheduler a client never finishes its futures."""
    from distributed import Client, LocalCluster

    monkeypatch.setattr(executors, "_PATIENCE", 0.1)
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
        **executors.ANY_PORT,
    ) as cluster:
        outcomes = compute(Engine("dask", scheduler=cluster.scheduler_address), where, range(1000))
        next(outcomes)
        # as after a client has failed to reconnect
        Client.current().status = "closed"
        cluster.close()
        with pytest.raises(EngineError, match="start a new one"):
            list(outcomes)
