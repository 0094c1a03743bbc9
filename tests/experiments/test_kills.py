"""Batches that are killed, starved of disk or disturbed, through the command line and in real processes.

Whatever happens: what was finished is kept and not run again, no process outlives its parent, and the same command
goes on to the very bytes of a batch that nobody disturbed.
"""

from __future__ import annotations

import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from commands import BASE, hear_ctrl_c
from pairs import PAIR, contents
from work import PATIENCE

from ess_sim.experiments.engines.executors import ANY_PORT
from ess_sim.experiments.experiment import run_experiment
from ess_sim.faces.cli.app import main
from ess_sim.results.storage.layout import Layout
from ess_sim.results.storage.salvage import holders

RUNS = 16
"""Replications of each of two scenarios: enough to be disturbed again and again."""

SPAWNED = "spawned"
"""Folder of a batch whose workers are not forked, as they are on Linux."""

_ITS_COMMAND = """
from ess_sim.experiments.engines import forking
from ess_sim.faces.cli.app import main
forking.give_up()
raise SystemExit(main())
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with two scenario files."""
    path = tmp_path_factory.mktemp("kills")
    (path / "base.yaml").write_text(BASE)
    (path / "more.yaml").write_text(BASE.replace("name: base", "name: more").replace("count: 2", "count: 3"))
    return path


def started(place: Path, out: str, replications: int = RUNS, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, *(["-c", _ITS_COMMAND] if out == SPAWNED else ["-m", "ess_sim"])]
    command += ["run", "base.yaml", "more.yaml", "-n", str(replications), "-j", "2", "-o", out]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    options = {"start_new_session": True, "preexec_fn": hear_ctrl_c} | options
    return subprocess.Popen(command, cwd=place, text=True, **streams, **options)  # type: ignore[call-overload,no-any-return]


def completed(place: Path, out: str, replications: int = RUNS) -> dict[str, bytes]:
    """The files of a batch that is run to its end, ``run.log`` left out."""
    process = started(place, out, replications)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert not survivors(process.pid)
    return contents(place / out)


@pytest.fixture(scope="module")
def undisturbed(place) -> dict[str, bytes]:
    """The files of the batch, run in this process."""
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(place)
        assert main(["run", "base.yaml", "more.yaml", "-n", str(RUNS), "-j", "1", "-o", "undisturbed"]) == 0
    files = contents(place / "undisturbed")
    assert {"manifest.json", "comparison.csv", "share.png"} <= set(files)
    assert not {"runs.journal", "failures.json"} & set(files)
    return files


def processes() -> dict[int, tuple[int, int, str]]:
    """Living processes of this machine: parent, group, command line."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            state, parent, group = (path / "stat").read_text().rpartition(")")[2].split()[:3]
            command = (path / "cmdline").read_text()
        except OSError:  # it has just gone
            continue
        if state not in "ZX":
            found[int(path.name)] = int(parent), int(group), command
    return found


def survivors(group: int) -> list[str]:
    """What is left of a group of processes once it had time to end."""
    end = time.monotonic() + PATIENCE
    while True:
        left = [command for _, its, command in processes().values() if its == group]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.05)


def finished(out: Path) -> set[str]:
    """Runs that are whole, as ``run.log`` names them."""
    return {str(key) for holder in holders(Layout(out)) for key in holder}


def logged(out: Path) -> list[str]:
    """Runs that ``run.log`` says were finished, in that order."""
    log = out / "run.log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    assert not [line for line in lines if "damaged" in line or "FAILED" in line]
    return [line.partition(" finished ")[2] for line in lines if " finished " in line]


def until(process: subprocess.Popen[str], out: Path, reached: Callable[[], bool]) -> None:
    """Looks whenever the journal has another size: to read it all the time would cost more than the runs."""
    end, journal, seen = time.monotonic() + PATIENCE, Layout(out).journal, -2
    while process.poll() is None:
        size = -1
        with suppress(FileNotFoundError):
            size = journal.stat().st_size
        if size != seen and reached():
            return
        seen = size
        assert time.monotonic() < end, "nothing moves"
        time.sleep(0.01)


def killed(place: Path, name: str, replications: int, kills: Iterable[tuple[int, float]]) -> int:
    """Starts a batch and kills it -9, again and again; returns how often that hit it alive.

    Each time once so many more runs are finished, 0 while it starts, and after a pause: in the middle of whatever is
    done then.
    """
    out, hits = place / name, 0
    for more, pause in kills:
        before, already = finished(out), len(logged(out))
        process = started(place, name, replications)
        until(process, out, lambda before=before, more=more: len(finished(out) - before) >= more)
        time.sleep(pause)
        hits += process.poll() is None
        print(f"{name}: kill after {more} more runs and {pause:.3f} s: {len(finished(out))} are there")
        process.kill()
        process.communicate()
        assert not survivors(process.pid)
        assert before <= finished(out)
        assert not before & set(logged(out)[already:])
    return hits


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs the limits of another process")
@pytest.mark.parametrize("name", ["forked", pytest.param(SPAWNED, marks=pytest.mark.validate)])
def test_a_batch_outlives_whatever_happens_to_it(place, undisturbed, name):
    """One batch killed, interrupted, starved of disk and robbed of workers, until the same command ends it."""
    assert killed(place, name, RUNS, [(0, 1.0)]) == 1
    for sent, code in ((signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)):
        _signalled(place, name, sent, code)
    _starved(place, name)
    _robbed(place, name)
    assert contents(place / name) == undisturbed
    # each of the three who died, or starved, may have done so between a note and its line in the log
    said, there = logged(place / name), finished(place / name)
    assert len(set(said)) == len(said)
    assert set(said) <= there
    assert len(there) - len(said) <= 3


def _signalled(place: Path, name: str, sent: signal.Signals, code: int) -> None:
    """In the middle of its runs; SIGTERM, of which the program knows nothing, ends it as SIGKILL would."""
    out = place / name
    before, already = finished(out), len(logged(out))
    process = started(place, name)
    until(process, out, lambda: len(finished(out) - before) >= 2)
    if sent == signal.SIGINT:  # as a terminal sends Ctrl-C: to workers, too
        os.killpg(process.pid, sent)
    else:
        process.send_signal(sent)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert not survivors(process.pid)
    assert before <= finished(out)
    assert not before & set(logged(out)[already:])
    if sent == signal.SIGINT:
        assert said.splitlines()[-1].startswith("interrupted: ")
        assert f"{len(finished(out))} of {2 * RUNS} runs are kept in {name}" in said.splitlines()[-1]


def _starved(place: Path, name: str) -> None:
    """No file may grow beyond 200 bytes from some moment on: writes fail half-way, as on a full disk."""
    out = place / name
    before = finished(out)
    process = started(place, name)
    until(process, out, lambda: len(finished(out) - before) >= 2)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert said.splitlines()[-1].startswith("error: stopped while runs were in progress: ")
    assert "cannot be written (File too large)" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert not survivors(process.pid)
    assert len(before) + 2 <= len(finished(out)) < 2 * RUNS


def _robbed(place: Path, name: str) -> None:
    """Two workers are killed, with the second one what forks them, and the batch goes on to its end."""
    out = place / name
    before, rng = finished(out), np.random.default_rng(7)
    process = started(place, name)
    for more in (1, 4):
        until(process, out, lambda more=more: len(finished(out) - before) >= more)
        theirs = {
            pid: parent
            for pid, (parent, group, said) in processes().items()
            if group == process.pid and "spawn_main" in said
        }
        forking = set(theirs).intersection(theirs.values())
        assert len(forking) == (name != SPAWNED)
        for pid in (int(rng.choice(sorted(theirs.keys() - forking))), *(forking if more > 1 else ())):
            os.kill(pid, signal.SIGKILL)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert not survivors(process.pid)


@pytest.mark.validate
def test_fifty_kills(place):
    replications, hits, rng = 40, 0, np.random.default_rng(50)
    expected = completed(place, "calm", replications)
    for attempt in range(12):
        more, pauses = rng.integers(0, 4, 10).tolist(), rng.uniform(0, 0.3, 10).tolist()
        kills = [(m, pause if m else 10 * pause) for m, pause in zip(more, pauses, strict=True)]
        hits += killed(place, f"killed-{attempt}", replications, kills)
        assert completed(place, f"killed-{attempt}", replications) == expected
        if hits >= 50:
            break
    print(f"{hits} kills, {attempt + 1} batches")
    assert hits >= 50


def test_nothing_starts_on_a_full_disk(place):
    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    process = started(place, "none", preexec_fn=full)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1  # no fault of the input
    assert "manifest.json: cannot be written (File too large)" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert not any((place / "none").rglob("*.p*"))


def test_a_folder_that_is_in_the_way(place, capsys, monkeypatch):
    monkeypatch.chdir(place)
    Path("file").touch()
    command = ["run", "base.yaml", "-j", "1", "--no-figure", "--no-report", "-o"]
    for out in ("file", "file/below"):
        assert main([*command, out, "-n", "1"]) == 2
        assert capsys.readouterr().err.splitlines()[-1].startswith(f"error: {out}: ")
    assert main([*command, "blocked", "-n", "1"]) == 0
    # damage, and where the tables should be written again there is a file
    shutil.rmtree("blocked/flows")
    Path("blocked/flows").touch()
    capsys.readouterr()
    assert main([*command, "blocked", "-n", "2"]) == 1
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("error: stopped while runs were in progress: ")
    assert "blocked/flows" in said.splitlines()[-1]
    Path("blocked/flows").unlink()
    assert main([*command, "blocked", "-n", "2"]) == 0
    assert main([*command, "free", "-n", "2"]) == 0
    assert contents(Path("blocked")) == contents(Path("free"))


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written(place, capsys, monkeypatch):
    monkeypatch.chdir(place)
    Path("locked").mkdir(mode=0o500)
    assert main(["run", "base.yaml", "-j", "1", "-n", "1", "-o", "locked/out"]) == 2
    assert "cannot be written (Permission denied)" in capsys.readouterr().err.splitlines()[-1]


# --- Dask -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    out = tmp_path_factory.mktemp("one") / "out"
    run_experiment(PAIR, replications=6, out=out)
    return contents(out)


@pytest.mark.validate
def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(tmp_path, expected):
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        protocol="tcp://",
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
        **ANY_PORT,
    ) as cluster:
        theirs = [worker.pid for worker in cluster.workers.values()]

        def kill(done: int, total: int, what: str) -> None:  # noqa: ARG001
            if done == 3 and theirs:
                os.kill(theirs.pop(), signal.SIGKILL)

        run_experiment(
            PAIR, replications=6, out=tmp_path, engine="dask", scheduler=cluster.scheduler_address, progress=kill
        )
        assert len(theirs) == 1
    assert contents(tmp_path) == expected
    log = (tmp_path / "run.log").read_text(encoding="utf-8")
    assert log.count(" finished ") == 12
    assert "dask at tcp://" in log


def test_dask_without_scheduler_starts_its_own(tmp_path, expected):
    run_experiment(PAIR, replications=6, out=tmp_path, engine="dask", jobs=1)
    assert contents(tmp_path) == expected


@pytest.mark.validate
def test_no_scheduler_answers(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE)
    command = ["run", "base.yaml", "-n", "1", "-o", "out", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9"]
    assert main(command) == 1
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("error: no Dask scheduler answers at tcp://127.0.0.1:9 (")
    assert "Traceback" not in said
