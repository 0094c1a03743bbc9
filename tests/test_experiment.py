from __future__ import annotations

import importlib
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from records import Crash, Stumble

from ess_sim import tables
from ess_sim.errors import EssSimError, ResultsError
from ess_sim.experiment import ExperimentError, run_experiment
from ess_sim.results import Results
from ess_sim.scenario import Count, GpBlock, Scenario, Supply, TerritorySpec
from ess_sim.simulate import simulate

experiment = importlib.import_module("ess_sim.experiment")


def hamlet(name: str = "hamlet", gps: int = 2, **changes: object) -> Scenario:
    supply = Supply(
        list_holding_gps=[GpBlock(zones="remainder", count=gps, source="none", grade="D")],
        interns_per_semester=Count(count=1, source="none", grade="D"),
    )
    fields = {"start": date(2020, 1, 1), "horizon_years": 1, "territory": TerritorySpec(communes=["53034", "53054"])}
    return Scenario(name=name, supply=supply, **(fields | changes))


PAIR = [hamlet(), hamlet("more", gps=3)]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the log, which tells executions apart."""
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "run.log"
    }


def same(a: Results, b: Results) -> None:
    for table in tables.SCHEMAS:
        pd.testing.assert_frame_equal(getattr(a, table), getattr(b, table))
    pd.testing.assert_frame_equal(a.outcomes(), b.outcomes())
    pd.testing.assert_frame_equal(a.share_without_mt("zone"), b.share_without_mt("zone"))
    for name in ("scenarios", "replications", "seed", "declared_outcomes", "grade_d", "assumed"):
        assert getattr(a, name) == getattr(b, name)


def test_memory_folder_and_processes_give_the_same(tmp_path):
    memory = run_experiment(PAIR, replications=2, seed=5)
    one = run_experiment(PAIR, replications=2, seed=5, out=tmp_path / "one")
    two = run_experiment(PAIR, replications=2, seed=5, jobs=2, out=tmp_path / "two")
    same(memory, one)
    same(memory, two)
    same(memory, Results.read(tmp_path / "two"))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    pd.testing.assert_frame_equal(memory.run("more", 1).flows, simulate(PAIR[1], seed=5, replication=1).flows)
    with pytest.raises(ResultsError, match="tables, not runs"):
        one.run("more", 1)


def test_manifest_says_what_the_results_rest_on(tmp_path):
    out = tmp_path / "out"
    scenario = hamlet().with_parameters(informed_share=0.7)
    run_experiment(scenario, replications=2, seed=3, out=out)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["results_version"], manifest["seed"], manifest["replications"]) == (1, 3, 2)
    assert manifest["complete"] is True
    said = manifest["scenarios"]["hamlet"]
    assert said["scenario"] == scenario.to_dict()
    assert said["digest"] == scenario.digest
    (informed,) = [p for p in said["parameters"] if p["name"] == "informed_share"]
    assert (informed["value"], informed["overridden"], informed["read"], informed["grade"]) == (0.7, True, True, "D")
    assert said["grade_d_read"] == len(Results.read(out).grade_d["hamlet"])
    assert any("INSEE" in note for note in said["territory"]["notes"])
    assert any("first installations" in text for text in said["assumed"])
    assert set(said["cells"]) == {"0", "1"}
    assert set(said["cells"]["0"]) == set(tables.SCHEMAS)
    text = (out / "manifest.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert "finished" in (out / "run.log").read_text(encoding="utf-8")
    assert len(pd.read_parquet(out / "spells" / "hamlet" / "0001.parquet")) == 482


def test_csv_territories_are_told_by_their_content_not_their_place(tmp_path):
    for folder, count in (("a", 900), ("b", 900), ("c", 901)):
        (tmp_path / folder).mkdir()
        rows = f"zone,name,lon,lat,area_km2,age,count\nz1,One,0,48,10,40,{count}\nz1,One,0,48,10,16,10\n"
        (tmp_path / folder / "zones.csv").write_text(rows)
    a, b, c = (hamlet(territory=TerritorySpec(csv=str(tmp_path / f / "zones.csv"))) for f in "abc")
    run_experiment(a, replications=1, out=tmp_path / "x")
    run_experiment(b, replications=1, out=tmp_path / "y")
    assert contents(tmp_path / "x") == contents(tmp_path / "y")
    with pytest.raises(ResultsError, match="choose another folder, or replace"):
        run_experiment(c, replications=1, out=tmp_path / "x")


def test_the_same_experiment_replaces_itself_and_no_other(tmp_path):
    out = tmp_path / "out"
    run_experiment(hamlet(), replications=2, out=out)
    before = contents(out)
    (out / "notes.txt").write_text("mine")
    run_experiment(hamlet(title="Another title"), replications=2, out=out)
    (out / "notes.txt").unlink()
    after = contents(out)
    assert {k: v for k, v in before.items() if k != "manifest.json"} == {
        k: v for k, v in after.items() if k != "manifest.json"
    }
    for scenario, replications, seed in ((hamlet(), 1, 1), (hamlet(), 2, 2), (hamlet(gps=3), 2, 1)):
        with pytest.raises(ResultsError, match="choose another folder, or replace"):
            run_experiment(scenario, replications=replications, seed=seed, out=out)
    assert contents(out) == after
    run_experiment(hamlet(), replications=1, out=out, overwrite=True)
    assert not (out / "flows" / "hamlet" / "0001.parquet").exists()
    assert Results.read(out).replications == (0,)


def test_other_peoples_folders_are_refused_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "simulate", None)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    with pytest.raises(ResultsError, match=r"not empty .it holds thesis\.tex"):
        run_experiment(hamlet(), replications=1, out=tmp_path / "full", overwrite=True)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "manifest.json").write_text('{"name": "web app"}')
    with pytest.raises(ResultsError, match="not of ess_sim results"):
        run_experiment(hamlet(), replications=1, out=tmp_path / "web", overwrite=True)
    with pytest.raises(ResultsError):
        run_experiment(hamlet(), replications=1, out=tmp_path / "full" / "thesis.tex")


@pytest.mark.parametrize(
    ("scenarios", "options", "message"),
    [
        ([], {}, "no scenario"),
        ([hamlet(), hamlet()], {}, "two scenarios are called 'hamlet'"),
        (hamlet(), {"replications": 0}, "replications must be a whole number ≥ 1"),
        (hamlet(), {"jobs": 0}, "jobs must be"),
        (hamlet(), {"seed": -1}, "seed must be"),
        (hamlet(), {"seed": 1.5}, "seed must be"),
    ],
)
def test_senseless_arguments(scenarios, options, message):
    with pytest.raises(ValueError, match=message):
        run_experiment(scenarios, **({"replications": 1} | options))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_run_is_told_and_the_others_are_kept(tmp_path, jobs):
    scenarios = [hamlet(), hamlet("bad", policies=(Stumble(),))]
    said = []
    with pytest.raises(ExperimentError, match=r"2 of 4 runs failed.*RuntimeError: stumbled") as caught:
        run_experiment(
            scenarios, replications=2, jobs=jobs, out=tmp_path / "out", progress=lambda *step: said.append(step)
        )
    assert set(caught.value.failures) == {("bad", 0), ("bad", 1)}
    assert said[-1][:2] == (4, 4)
    log = (tmp_path / "out" / "run.log").read_text(encoding="utf-8")
    assert log.count("FAILED bad, replication ") == 2
    kept = Results.read(tmp_path / "out")
    assert (kept.scenarios, kept.replications) == (("hamlet",), (0, 1))
    assert kept.manifest is not None
    assert kept.manifest["complete"] is False


def test_a_killed_worker_does_not_hang(tmp_path):
    with pytest.raises(EssSimError, match="worker process was killed"):
        run_experiment(hamlet(policies=(Crash(),)), replications=4, jobs=2, out=tmp_path / "out")
    with pytest.raises(ResultsError, match="no finished run"):
        Results.read(tmp_path / "out")


def test_ctrl_c_keeps_what_is_finished(tmp_path):
    def press(done: int, total: int, what: str) -> None:  # noqa: ARG001
        if done == 2:
            raise KeyboardInterrupt

    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        with pytest.raises(KeyboardInterrupt, match="2 of 4 runs are kept"):
            run_experiment(PAIR, replications=2, jobs=jobs, out=out, progress=press)
        assert sum(len(s["cells"]) for s in Results.read(out).manifest["scenarios"].values()) == 2
        assert len(list(out.glob("flows/*/*.parquet"))) == 2
    same(run_experiment(PAIR, replications=2, out=out), run_experiment(PAIR, replications=2))


def test_a_full_disk_leaves_no_half_of_a_run(tmp_path, monkeypatch):
    written = []
    write = experiment.store.write_table

    def fill(frame: pd.DataFrame, path: Path) -> None:
        if len(written) == 10:
            raise ResultsError("no space left on device")
        written.append(path)
        write(frame, path)

    monkeypatch.setattr(experiment.store, "write_table", fill)
    with pytest.raises(ExperimentError, match="no space left"):
        run_experiment(hamlet(), replications=3, out=tmp_path / "out")
    assert len(list((tmp_path / "out").rglob("*.parquet"))) == len(tables.SCHEMAS)
    assert Results.read(tmp_path / "out").replications == (0,)


def test_damaged_tables_are_told(tmp_path):
    results = run_experiment(hamlet(), replications=1, out=tmp_path)
    path = tmp_path / "flows" / "hamlet" / "0000.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(ResultsError, match="not a readable table"):
        results.table("flows")
    path.unlink()
    with pytest.raises(ResultsError, match="no such table"):
        results.table("flows")
    with pytest.raises(ResultsError, match="did you mean"):
        results.table("flow")


def test_public_face_is_light_and_whole():
    code = (
        "import sys, ess_sim\n"
        "heavy = {'pandas', 'numba', 'scipy', 'pydantic', 'matplotlib', 'pyarrow', 'networkx', 'simpy', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
        "from ess_sim import run_experiment, simulate, compare\n"
        "import ess_sim.simulate, ess_sim.compare\n"
        "print(callable(ess_sim.simulate), callable(ess_sim.compare), simulate is ess_sim.simulate)\n"
        "print(all(hasattr(ess_sim, name) for name in ess_sim.__all__), ess_sim.__version__ != '')\n"
        "print(set(ess_sim._HOMES) | {'__version__'} == set(ess_sim.__all__), hasattr(ess_sim, 'nothing'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "True True True", "True True", "True False"]
