"""Machine code of the kernel is never older than any of its sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest
from work import PATIENCE

import ess_sim
from ess_sim.model.kernel import compiled

SCRIPT = """
import sys
import numpy as np
from numba.core.caching import CacheImpl
places = CacheImpl._locator_classes
for line in sys.stdin:
    CacheImpl._locator_classes = [] if line == "no place\\n" else places
    for name in [name for name in sys.modules if name.split(".")[0] == "ess_sim"]:
        del sys.modules[name]
    from ess_sim.model import kernel as k
    layout = k.Layout(rows=9, slots=1, zones=1, pairs=1, entries=1, own_zones=1)
    arena, tables = k.allocate(layout, np.zeros(4, dtype=np.uint64))
    tables.by_mt[0, [k.W_LISTED, k.W_WITHOUT]] = 3, 1
    share = np.zeros(1)
    k.share_without_mt(*arena, share)
    hits = sum(k.share_without_mt.stats.cache_hits.values())
    print(*share, hits, flush=True)
"""
"""For each line it reads: the package read anew, a function of it called, and whether its machine code was there."""


def test_machine_code_is_read_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, key = compiled._SealedFiles(tmp_path / "code", "f"), (("int64",), ("x86", "generic"), "hash")
    assert files.load(key) is None
    files.save(key, b"code")
    assert files.load(key) == b"code"
    assert files.load((("int32",), *key[1:])) is None
    (path,) = (tmp_path / "code").iterdir()
    whole = path.read_bytes()
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :])
        assert files.load(key) is None
        path.write_bytes(whole[:i])
        assert files.load(key) is None
    path.write_bytes(whole)
    monkeypatch.setattr(compiled, "_sources", lambda: "others")
    assert files.load(key) is None
    files.save(key, b"newer")
    assert files.load(key) == b"newer"
    assert len(list((tmp_path / "code").iterdir())) == 1
    files.flush()
    assert list((tmp_path / "code").iterdir()) == []
    path.write_bytes(b"")
    compiled._SealedFiles(path / "below a file", "f").save(key, b"code")  # no place: nothing happens


def test_loading_compiles_nothing(tmp_path: Path) -> None:
    code = "from ess_sim.model.run.warm_up import load_kernel as load; load(); print('done')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout == "done\n", done.stderr
    assert not list(tmp_path.rglob("*.nbc"))


def test_an_edited_file_is_compiled_anew_where_others_use_it(tmp_path: Path) -> None:
    package = tmp_path / "ess_sim"
    source = Path(ess_sim.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__", "data"))

    env = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    env |= {"PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "user"), "HOME": str(tmp_path)}

    def opened() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", SCRIPT]
        return subprocess.Popen(
            command, env=env, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    with opened() as one, opened() as other:
        watchdog = Timer(PATIENCE, lambda: (one.kill(), other.kill()))
        watchdog.start()
        try:
            _each_step(package, tmp_path, one, other)
        finally:
            watchdog.cancel()
            one.kill()
            other.kill()


def _each_step(package: Path, tmp_path: Path, one: subprocess.Popen[str], other: subprocess.Popen[str]) -> None:
    def begin(process: subprocess.Popen[str], how: str) -> None:
        assert process.stdin is not None
        process.stdin.write(f"{how}\n")
        process.stdin.flush()

    def end(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()

    def run(how: str = "as usual") -> str:
        begin(one, how)
        return end(one)

    for process in (one, other):
        begin(process, "as usual")
    assert sorted(map(end, (one, other))) == ["0.25 0", "0.25 1"], "one compiles, and the other reads its code"
    for file in package.rglob("*.share_without_mt*.nbc"):
        file.write_bytes(file.read_bytes()[:-9])
    assert run() == "0.25 0", "damaged machine code counts as missing"
    assert run("no place") == "0.25 0"
    beside = package / "model" / "kernel" / "__pycache__"
    beside.rename(tmp_path / "away")
    beside.write_text("a file, below which nothing can be written")
    assert run() == "0.25 0"
    assert run() == "0.25 1", "it was kept in the user's cache folder"
    beside.unlink()
    helper = package / "model" / "kernel" / "counts.py"
    text = helper.read_text(encoding="utf-8")
    assert text.count("return S.n[c.A_BY_MT] + 2 * z") == 1
    helper.write_text(text.replace("S.n[c.A_BY_MT] + 2 * z", "S.n[c.A_BY_MT] + 2 * z + 1"), encoding="utf-8")
    assert run() != "0.25 1", "the function of another file still has the old helper in it"
    helper.write_text(text, encoding="utf-8")
    assert run().startswith("0.25")
    # what is counted, and in which column, is declared with the tables
    names = package / "results" / "tables" / "names.py"
    text = names.read_text(encoding="utf-8")
    first = '    "listed": Counted("have an MT"),\n'
    assert text.count(first) == 1
    minutes = '    "minutes": '
    assert text.count(minutes) == 1
    moved = text.replace(first, "").replace(minutes, first + minutes)  # behind the others
    names.write_text(moved, encoding="utf-8")
    assert run() == "0.25 0", "the function still reads the old columns"
