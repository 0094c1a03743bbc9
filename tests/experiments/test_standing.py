"""Workers that stay: what is unwanted is given up, what kills a worker fails in the end, all of it ends."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from typing import Any

import pytest
from work import PATIENCE
from workers import alive

from ess_sim.experiments.engines import standing
from ess_sim.experiments.engines.engine import Failure
from ess_sim.experiments.engines.processes import Worker
from ess_sim.experiments.engines.standing import Standing, Work


def _process(_: Any) -> int:
    return os.getpid()


def _for_ever(_: Any) -> None:
    threading.Event().wait()


def _dies(_: Any) -> None:
    os._exit(1)


def test_a_worker_is_kept_until_its_work_is_unwanted_or_kills_it(
    begun: list[Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "GRACE", 0.0)
    waiting: deque[Work] = deque()
    found: queue.Queue[Any] = queue.Queue()
    wanted = threading.Event()
    wanted.set()
    workers = Standing(1, lambda: waiting.popleft() if waiting else None)

    def ask(function: Any) -> None:
        waiting.append(Work(function, None, found.put, wanted.is_set))
        workers.look()

    def answer() -> Any:
        return found.get(timeout=PATIENCE)

    try:
        ask(_process)
        first = answer()
        ask(_process)
        assert answer() == first != os.getpid()
        assert workers.ready
        ask(_for_ever)
        wanted.clear()
        assert answer() is None  # given up
        wanted.set()
        ask(_process)
        assert answer() != first
        ask(_dies)
        failure = answer()
        assert isinstance(failure, Failure)
        assert "died 3 times" in failure.summary
        ask(_for_ever)  # is under way, or about to be, as all ends
    finally:
        workers.close()
    assert len(begun) >= 5
    assert not any(alive(begun))
