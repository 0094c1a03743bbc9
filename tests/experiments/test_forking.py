"""Forked workers are as good as new processes, and are made only where that is safe."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
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

from ess_sim.errors import EngineError
from ess_sim.experiments.engines import forking, processes
from ess_sim.experiments.engines.compute import compute
from ess_sim.experiments.engines.engine import Engine
from ess_sim.experiments.engines.scripts import _STARTING

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


def test_a_fork_of_the_user_has_a_server_of_its_own(forks: forking.Servers) -> None:
    """Even one that came while another thread started the server; this process keeps its own."""
    server = forks.there(processes._serve)
    with forks._changing:
        child = os.fork()
        if child == 0:
            ok = forks._now is None and not forks._changing.locked() and not _STARTING.turn.locked()
            os._exit(0 if ok and server._line.fileno() == -1 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert forks.there(processes._serve) is server
    assert len(dict(compute(TWO, pid, range(4)))) == 4


ROUGH = """
import multiprocessing, signal, socket, sys
from ess_sim.experiments.engines import forking, processes
from ess_sim.experiments.engines.compute import compute
from ess_sim.experiments.engines.engine import Engine

signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
socket.setdefaulttimeout(0.05)
kept = []
for batch in range(3):
    assert sorted(outcome for _, outcome in compute(Engine(jobs=2), abs, [-1, -2, -3])) == [1, 2, 3]
    kept.append(forking.SERVERS.there(processes._serve))
assert kept[0] is kept[1] is kept[2], "a server died"
assert multiprocessing.active_children() == []
print(kept[0]._process.pid)
"""


def test_whatever_a_program_does_with_signals_and_sockets(tmp_path: Path) -> None:
    """The server lives on between batches and ends with the program, which waits for nothing."""
    script = tmp_path / "rough.py"
    script.write_text(ROUGH)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    end = time.monotonic() + PATIENCE
    while Path(f"/proc/{done.stdout.strip()}").exists() and time.monotonic() < end:
        if "\nState:\tZ" in Path(f"/proc/{done.stdout.strip()}/status").read_text():
            break  # ended, and PID 1 has not looked yet
        time.sleep(0.01)
    else:
        assert not Path(f"/proc/{done.stdout.strip()}").exists()


def test_a_process_that_may_have_no_children_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "current_process", lambda: SimpleNamespace(daemon=True))
    with pytest.raises(EngineError, match="may start no others: use jobs=1"):
        processes.get_ready()
    with pytest.raises(EngineError, match="may start no others: use jobs=1"):
        dict(compute(TWO, pid, range(4)))


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
