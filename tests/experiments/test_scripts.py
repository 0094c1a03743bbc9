"""Worker processes do not run the user's script again, and get what only it defines with their tasks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from work import PATIENCE

from ess_sim.experiments.engines.compute import compute
from ess_sim.experiments.engines.engine import Engine, Failure

ROOT = Path(__file__).resolve().parents[2]
HEAD = """\
import os
from pathlib import Path
from ess_sim.experiments.engines.compute import compute
from ess_sim.experiments.engines.engine import Engine
with Path("runs").open("a") as file:
    file.write("x")
def where(x):
    return os.getpid()
"""
WORK = """\
found = [pid for _, pid in compute(Engine(jobs=2), FUNCTION, range(4))]
print(len(found) * all(isinstance(pid, int) for pid in found), len(set(found) - {os.getpid()}) > 0)
"""


def ran(folder: Path, text: str, *options: str) -> tuple[str, str, int]:
    """What a script said, and how often it was run."""
    (folder / "script.py").write_text(text)
    done = subprocess.run(
        [sys.executable, *options, *([] if options else ["script.py"])],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr, len((folder / "runs").read_text())


def test_a_script_without_guard_is_run_once(tmp_path: Path) -> None:
    out, err, times = ran(
        tmp_path, HEAD + "from operator import neg\nprint(dict(compute(Engine(jobs=2), neg, range(3))))"
    )
    assert (out, err, times) == ("{0: 0, 1: -1, 2: -2}", "", 1)


@pytest.mark.parametrize("options", [(), ("-m", "script")], ids=["file", "module"])
def test_what_a_script_defines_is_done_by_all(tmp_path: Path, options: tuple[str, ...]) -> None:
    out, err, times = ran(tmp_path, HEAD + WORK.replace("FUNCTION", "where"), *options)
    assert (out, err, times) == ("4 True", "", 1)


def test_what_code_without_a_file_defines_is_done_by_all(tmp_path: Path) -> None:
    """As in a notebook, where a class comes back as the one that is there."""
    work = """\
class Found:
    def __init__(self, pid):
        self.pid = pid
def found(x):
    return Found(where(x))
results = [one for _, one in compute(Engine(jobs=2), found, range(4))]
print(all(type(one) is Found for one in results), {one.pid for one in results}.isdisjoint({os.getpid()}))
"""
    out, err, _ = ran(tmp_path, "", "-c", HEAD + work)
    assert (out, err) == ("True True", "")


def test_what_a_function_of_a_module_defines_is_done_in_this_process() -> None:
    def local(x: int) -> tuple[int, int]:
        return x, os.getpid()

    with pytest.warns(RuntimeWarning, match="local: defined inside a function of a module") as said:
        found = dict(compute(Engine(jobs=2), local, range(3)))
    assert found == {x: (x, os.getpid()) for x in range(3)}
    assert len(said) == 1


def test_an_executor_says_what_it_needs() -> None:
    def local(x: int) -> int:
        return x

    with ProcessPoolExecutor(1) as own:
        ((_, outcome),) = compute(Engine(own), local, [1])
    assert isinstance(outcome, Failure)
    assert "must be defined at the top of a module file" in outcome.summary


@pytest.mark.validate  # three processes that load the kernel; the tests above show the same without simulating
def test_the_readmes_script_needs_no_guard(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = next(b for b in re.findall(r"```python\n(.*?)```", text, re.S) if "run_experiment" in b)
    assert "__main__" not in text
    block = block.replace('"scenarios/', f'"{ROOT.as_posix()}/scenarios/').replace("replications=20", "replications=1")
    block = re.sub(r"(read_scenario\(.*\))", r"\1.with_(horizon_years=1)", block)
    (tmp_path / "runs").touch()
    out, err, _ = ran(tmp_path, block.replace("jobs=1", "jobs=2") + "print(len(results.scenarios))\n")
    assert (out, err) == ("2", "")
