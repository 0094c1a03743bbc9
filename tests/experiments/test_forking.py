"""Forked workers are as good as new processes, and are made only where that is safe."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from work import PATIENCE

from ess_sim.experiments.engines import forking, processes
from ess_sim.experiments.engines.compute import compute
from ess_sim.experiments.engines.engine import Engine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no worker is forked here")

TWO = Engine(jobs=2)


@pytest.fixture(autouse=True)
def forks(monkeypatch: pytest.MonkeyPatch) -> forking.Servers:
    monkeypatch.setattr(forking, "SERVERS", servers := forking.Servers())
    return servers


def here(folder: Path) -> Any:
    """The process, what is loaded, where it is and chance in it, once two have begun."""
    loaded = {"numba", "pyarrow"} & set(sys.modules)
    (folder / str(os.getpid())).touch()
    end = time.monotonic() + PATIENCE
    while len(list(folder.iterdir())) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    import numpy as np

    place = os.environ.get("OF_THIS_TEST"), str(Path.cwd()), sys.path[0]
    return os.getpid(), loaded, place, np.random.random()  # noqa: NPY002 (as a user's policy might)


def pid(_: object) -> Any:
    return os.getpid()


def test_a_fork_goes_on_from_where_this_process_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processes.get_ready()
    monkeypatch.setenv("OF_THIS_TEST", "set later")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("found/later")
    (tmp_path / "begun").mkdir()
    found: list[Any] = [outcome for _, outcome in compute(TWO, here, [tmp_path / "begun"] * 2)]
    one, other = found
    assert one[1] == other[1] == {"numba", "pyarrow"}
    assert one[2] == other[2] == ("set later", str(tmp_path), "found/later")
    assert one[0] != other[0]
    assert one[3] != other[3]


def test_the_server_is_kept_for_later_batches_and_replaced_if_it_dies(forks: forking.Servers) -> None:
    assert len(dict(compute(TWO, pid, range(4)))) == 4
    first = forks.there(processes._serve)
    outcomes = compute(TWO, pid, range(20))
    worker: Any = next(outcomes)[1]
    assert forks.there(processes._serve) is first
    first._process.kill()
    first._process.join()
    os.kill(worker, signal.SIGKILL)
    assert len(dict(outcomes)) == 19
    assert len(dict(compute(TWO, pid, range(4)))) == 4
    assert forks.there(processes._serve) is not first
    assert forks.wanted


def test_another_process_has_a_server_of_its_own(forks: forking.Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    server = forks.there(processes._serve)
    assert server.is_there
    monkeypatch.setattr(os, "getpid", lambda: -1)  # as in a fork that the user has made
    assert not server.is_there


def test_a_process_with_threads_is_not_forked() -> None:
    go = threading.Event()
    other = threading.Thread(target=go.wait)
    other.start()
    pipe, theirs = Pipe()
    assert forking._threads() > 1
    assert forking._forked(Mock(), os.dup(theirs.fileno()), lambda _: None) == []
    theirs.close()
    with pytest.raises(EOFError):
        pipe.recv_bytes()
    go.set()
    other.join()


def _refuses(theirs: object) -> None:
    """As a server does that must not fork: the pipe is closed."""


def _is_dead(theirs: object) -> None:  # noqa: ARG001
    raise BrokenPipeError


@pytest.mark.parametrize("fork", [_refuses, _is_dead])
def test_where_none_can_be_forked_workers_are_spawned(
    fork: Callable[[object], None], forks: forking.Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forks, "there", lambda _: SimpleNamespace(fork=fork))
    assert len(dict(compute(Engine(jobs=4), pid, range(9)))) == 9
    assert not forks.wanted
