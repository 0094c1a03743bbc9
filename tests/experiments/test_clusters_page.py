"""What the page on clusters shows works: with a cluster's variables and executors, but in this process."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pairs import contents
from stored import MADE_UP, made_up_runs

from ess_sim.experiments.engines import executors
from ess_sim.experiments.engines.engine import Engine
from ess_sim.faces.cli.app import main
from ess_sim.inputs.scenario.files import write_scenario

PAGE = (Path(__file__).parents[2] / "docs" / "clusters.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def run(line: str) -> None:
    """One command, as a shell would run it."""
    given = shlex.split(line)
    assert given[0] == "ess-sim"
    assert main([str(p) for a in given[1:] for p in (sorted(Path().glob(a)) if "*" in a else [a])]) == 0


BY_THE_COMMAND = {"comparison.csv", "report.html"}
"""Files that the command adds to those of `run_experiment`."""


@pytest.fixture
def undivided(tmp_path, monkeypatch):
    """The files of an experiment that was never divided; the batch file that the page speaks of is there."""
    monkeypatch.chdir(tmp_path)
    for scenario in MADE_UP:
        write_scenario(scenario, f"{scenario.name}.yaml")
    Path("batch.yaml").write_text("batch: laval\nscenarios: [base.yaml, more.yaml]\nreplications: 2\n")
    with made_up_runs():
        run("ess-sim run batch.yaml --jobs 1 --no-figure --out undivided")
        yield contents(Path("undivided"))


def test_the_slurm_array(undivided, monkeypatch):
    array, merge = blocks("bash")
    assert "#SBATCH --array=1-40" in array
    (line,) = [line for line in array.splitlines() if line.startswith("ess-sim")]
    for task in (1, 2, 3):
        monkeypatch.setenv("SLURM_ARRAY_TASK_ID", str(task))
        monkeypatch.setenv("SLURM_ARRAY_TASK_COUNT", "3")
        monkeypatch.setenv("SLURM_ARRAY_TASK_MIN", "1")
        run(line)
    run(f"{merge} --no-figure")
    assert contents(Path("results/laval")) == undivided


def test_the_snakemake_rules(undivided):
    (rules,) = [block for block in blocks("python") if "rule shard" in block]
    merge, shard = re.findall(r'shell: "(.*)"', rules)
    for number in (1, 2):
        run(shard.replace("{wildcards.number}/40", f"{number}/2"))
    Path("results/laval").mkdir(parents=True)  # as Snakemake does beforehand
    run(f"{merge} --no-figure")
    assert contents(Path("results/laval")) == undivided


class Executor(ThreadPoolExecutor):
    """Stands for that of a cluster."""

    def __init__(self, **options: Any) -> None:
        assert options in ({"max_workers": 16}, {"config": "my_site.py"})
        super().__init__(1)


@pytest.mark.parametrize("name", ["loky", "parsl.concurrent"])
def test_executors(undivided, monkeypatch, name):
    module = ModuleType(name)
    vars(module).update(get_reusable_executor=Executor, ParslPoolExecutor=Executor)
    monkeypatch.setitem(sys.modules, name.split(".")[0], module)
    monkeypatch.setitem(sys.modules, name, module)
    (code,) = [block for block in blocks("python") if f"from {name} import" in block]
    exec(compile(code, "clusters.md", "exec"), {})
    made = contents(next(Path("results").iterdir()))
    assert made == {name: data for name, data in undivided.items() if name not in BY_THE_COMMAND}


def test_dask_jobqueue(undivided, monkeypatch):
    """The engine of Dask has tests of its own: here it is asked for with the cluster's scheduler."""
    address = "tcp://10.0.0.1:8786"

    class SLURMCluster:
        scheduler_address = address

        def __init__(self, **options: Any) -> None:
            assert set(options) == {"cores", "memory", "walltime"}

        def __enter__(self) -> SLURMCluster:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def scale(self, jobs: int) -> None:
            assert jobs == 40

    @contextmanager
    def dask(engine: Engine) -> Iterator[Any]:
        assert (engine.kind, engine.scheduler) == ("dask", address)
        with ThreadPoolExecutor(1) as executor:
            yield executors._Chosen(executor, 2)

    module = ModuleType("dask_jobqueue")
    vars(module).update(SLURMCluster=SLURMCluster)
    monkeypatch.setitem(sys.modules, "dask_jobqueue", module)
    monkeypatch.setattr(executors, "_dask", dask)
    (code,) = [block for block in blocks("python") if "dask_jobqueue" in block]
    exec(compile(code, "clusters.md", "exec"), {})
    made = contents(Path("results/laval"))
    assert made == {name: data for name, data in undivided.items() if name not in BY_THE_COMMAND}
