from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pandas as pd
import pytest
from frames import same_frames
from pairs import PAIR, contents, hamlet
from records import Crash, Stumble
from work import PATIENCE

from ess_sim import atomic
from ess_sim.errors import ResultsError
from ess_sim.experiments import sinks
from ess_sim.experiments.experiment import ExperimentError, run_experiment
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.model.run.simulation import simulate
from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import half_width
from ess_sim.results.statistics.sequential import hoad
from ess_sim.results.storage.files import manifests
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import RESULTS_VERSION, Key
from ess_sim.results.tables import schema


def same(a: Results, b: Results) -> None:
    for table in schema.SCHEMAS:
        same_frames(a.table(table), b.table(table))
    same_frames(a.outcomes(), b.outcomes())
    same_frames(a.share_without_mt("zone"), b.share_without_mt("zone"))
    for name in ("scenarios", "replications", "seed", "declared_outcomes", "grade_d", "assumed"):
        assert getattr(a, name) == getattr(b, name)


def test_memory_folder_and_engines_give_the_same(tmp_path):
    memory = run_experiment(PAIR, replications=2, seed=5)
    one = run_experiment(PAIR, replications=2, seed=5, out=tmp_path / "one")
    two = run_experiment(PAIR[::-1], replications=2, seed=5, jobs=2, out=tmp_path / "two")
    with ThreadPoolExecutor(2) as executor:
        run_experiment(PAIR, replications=2, seed=5, engine=executor, out=tmp_path / "threads")
    with ThreadPoolExecutor(1) as executor:
        run_experiment(PAIR, replications=2, seed=5, engine=executor, out=tmp_path / "own")
        assert executor.submit(len, "open").result() == 4  # it is not ours to shut down
    same(memory, one)
    same(memory, Results.read(tmp_path / "one"))
    assert two.scenarios == ("more", "hamlet")
    expected = contents(tmp_path / "one")
    assert contents(tmp_path / "threads") == contents(tmp_path / "own") == expected
    # the order of scenarios is in the manifest and changes nothing else
    assert contents(tmp_path / "two") | {"manifest.json": b""} == expected | {"manifest.json": b""}
    same_frames(memory.run("more", 1).flows, simulate(PAIR[1], seed=5, replication=1).flows)
    with pytest.raises(ResultsError, match="tables, not runs"):
        one.run("more", 1)


@pytest.mark.parametrize("baseline", [None, "more", {"hamlet": "more"}])
def test_memory_and_folder_keep_what_was_said_of_baselines(tmp_path, baseline):
    memory, folder = (
        run_experiment(PAIR, replications=1, seed=5, baseline=baseline, out=out) for out in (None, tmp_path)
    )
    assert memory.baselines == folder.baselines == ({"hamlet": "more"} if baseline else {"more": "hamlet"})


class HoldsTheFirst(ThreadPoolExecutor):
    """Does not begin its first task until it is released."""

    def __init__(self) -> None:
        super().__init__(2)
        self.released = Event()
        self._first = True

    def submit(self, function, /, *args):
        held, self._first = self._first, False

        def run():
            assert not held or self.released.wait(PATIENCE)
            return function(*args)

        return super().submit(run)


def test_scenarios_stay_in_the_order_given_whichever_run_ends_first(tmp_path):
    three = [*PAIR[::-1], hamlet("few", gps=1)]
    for out in (None, tmp_path / "out"):
        ended: list[str] = []
        with HoldsTheFirst() as executor:

            def progress(done: int, total: int, what: str) -> None:  # noqa: ARG001 (as it is called)
                if (name := what.split(",")[0]) in ("few", "hamlet", "more"):
                    ended.append(name)  # noqa: B023 (called before the next turn)
                    executor.released.set()

            found = run_experiment(three, replications=1, seed=5, engine=executor, jobs=2, out=out, progress=progress)
        assert ended[0] == "hamlet"  # the first to end is not the first given
        assert found.scenarios == ("more", "hamlet", "few")
        assert found.outcomes()["scenario"].unique().tolist() == ["more", "hamlet", "few"]
    # asked for again in another order, with fewer scenarios: these first, then the others that are there
    again = run_experiment([hamlet("few", gps=1), PAIR[0]], replications=1, seed=5, out=tmp_path / "out")
    assert again.scenarios == Results.read(tmp_path / "out").scenarios == ("few", "hamlet", "more")


def test_manifest_says_what_the_results_rest_on(tmp_path):
    out = tmp_path / "out"
    scenario = hamlet().with_parameters(informed_share=0.7)
    run_experiment(scenario, replications=2, seed=3, out=out)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["results_version"], manifest["seed"], manifest["replications"]) == (RESULTS_VERSION, 3, 2)
    assert manifest["complete"] is True
    said = manifest["scenarios"]["hamlet"]
    assert said["scenario"] == scenario.to_dict()
    assert said["digest"] == scenario.digest
    entry = Folder.read(out).entry("hamlet")
    (informed,) = [p for p in entry["parameters"] if p["name"] == "informed_share"]
    assert (informed["value"], informed["overridden"], informed["read"], informed["grade"]) == (0.7, True, True, "D")
    assert said["grade_d_read"] == len(Results.read(out).grade_d["hamlet"])
    assert any("INSEE" in note for note in entry["territory"]["notes"])
    assert any("first installations" in text for text in said["assumed"])
    assert said["runs"] == 2
    assert said["acts_from"] == []
    note = Folder.read(out).note(Key("hamlet", 0, 1))
    assert set(note["files"]) == set(note["content"]) == set(schema.SCHEMAS)
    assert note["end"]["share_without_mt"] == Results.read(out).outcomes(["share_without_mt"])["value"].iloc[-1]
    text = (out / "manifest.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert "finished" in (out / "run.log").read_text(encoding="utf-8")
    assert len(pd.read_parquet(out / "spells")) == 2 * 482


def test_csv_territories_are_identified_by_content_not_by_path(tmp_path):
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


def test_the_same_experiment_goes_on_and_no_other_is_touched(tmp_path, monkeypatch):
    out = tmp_path / "out"
    run_experiment(hamlet(), replications=2, out=out)
    before = contents(out)
    (out / "notes.txt").write_text("mine")
    with monkeypatch.context() as patched:
        patched.setattr(sinks, "run_with", None)  # nothing is missing: nothing runs
        run_experiment(hamlet(title="Another title"), replications=2, out=out)
        assert run_experiment(hamlet(), replications=1, out=out).replications == (0,)
    assert contents(out) == before | {"notes.txt": b"mine"}
    (out / "notes.txt").unlink()
    for scenario, seed in ((hamlet(), 2), (hamlet(gps=3), 1), (hamlet("other"), 1)):
        with pytest.raises(ResultsError, match="choose another folder, or replace"):
            run_experiment(scenario, replications=2, seed=seed, out=out)
    with pytest.raises(ResultsError, match="choose another folder, or replace"):
        run_experiment(hamlet(), replications=2, draws=2, out=out)
    assert contents(out) == before
    run_experiment(hamlet(gps=3), replications=1, out=out, overwrite=True)
    assert Results.read(out).replications == (0,)


def test_more_replications_and_scenarios_join_those_that_are_there(tmp_path, monkeypatch):
    out = tmp_path / "out"
    first = run_experiment(PAIR[:1], replications=1, out=out)
    made = []
    monkeypatch.setattr(sinks, "_simulated", lambda cell, old=sinks._simulated: (made.append(cell.key), old(cell))[1])
    run_experiment(PAIR, replications=3, out=out)
    assert len(made) == 5
    run_experiment(PAIR, replications=3, out=tmp_path / "undisturbed")
    assert contents(out) == contents(tmp_path / "undisturbed")
    # results that were read before find their run where it is now
    same_frames(first.flows, simulate(PAIR[0], seed=1).flows)


def test_damaged_runs_are_found_and_run_again(tmp_path):
    out = tmp_path / "out"
    run_experiment(PAIR, replications=2, out=out)
    whole = contents(out)
    path = next((out / "flows").iterdir())
    data = bytearray(path.read_bytes())
    data[10] ^= 1  # of the first run
    path.write_bytes(data)
    (out / "calls" / ".0000-12345678.parquet.0a.part").write_bytes(b"left by a crash")
    run_experiment(PAIR, replications=2, out=out)
    assert contents(out) == whole
    log = (out / "run.log").read_text(encoding="utf-8")
    assert log.count("damaged, to be run again") == log.count("damaged, to be run again: hamlet, replication 0") == 1
    next((out / "spells").iterdir()).unlink()  # of all runs
    run_experiment(PAIR, replications=2, out=out)
    assert contents(out) == whole
    assert (out / "run.log").read_text(encoding="utf-8").count("damaged, to be run again") == 5


def test_what_is_not_kept_is_not_there_and_changes_nothing_else(tmp_path):
    whole = run_experiment(PAIR, replications=2, out=tmp_path / "whole")
    few = run_experiment(PAIR, replications=2, out=tmp_path / "few", keep="facts, accounts")
    yearly = run_experiment(PAIR, replications=2, out=tmp_path / "yearly", snapshots="yearly")
    assert {p.name for p in (tmp_path / "few").iterdir() if p.is_dir()} == {"cells", "facts", "accounts", "outcomes"}
    for table in ("facts", "accounts", "outcomes"):
        same_frames(few.table(table), whole.table(table))
    with pytest.raises(ResultsError, match=r"few: the table flows was not kept: .* --keep"):
        few.table("flows")
    for table in set(schema.SCHEMAS) - {"snapshots"}:
        same_frames(yearly.table(table), whole.table(table))
    days = ["2020-01-01", "2021-01-01"]
    assert yearly.snapshots["date"].unique().astype(str).tolist() == days
    expected = whole.snapshots[whole.snapshots["date"].isin(pd.to_datetime(days))].reset_index(drop=True)
    same_frames(yearly.snapshots, expected)
    # the same command goes on, and another one is refused
    before = contents(tmp_path / "few")
    run_experiment(PAIR, replications=2, out=tmp_path / "few", keep=["outcomes", "accounts", "facts"], snapshots="none")
    assert contents(tmp_path / "few") == before
    for options, words in (({}, "the tables that are kept"), ({"snapshots": "yearly"}, "the records at which")):
        with pytest.raises(ResultsError, match=f"differs in .*{words}"):
            run_experiment(PAIR, replications=2, out=tmp_path / "few", **options)


def test_two_executions_cannot_share_a_folder(tmp_path):
    def second(done: int, total: int, what: str) -> None:  # noqa: ARG001
        if done == 1:
            with pytest.raises(ResultsError, match="another run is using this folder"):
                run_experiment(hamlet(), replications=2, out=tmp_path)

    run_experiment(hamlet(), replications=2, out=tmp_path, progress=second)
    run_experiment(hamlet(), replications=2, out=tmp_path)


def test_draws_vary_what_the_scenario_leaves_open(tmp_path):
    fixed = hamlet().with_parameters(informed_share=0.7)
    results = run_experiment([fixed, PAIR[1]], replications=2, draws=3, out=tmp_path)
    assert results.draws == (1, 2, 3)
    assert len(results.outcomes(["list_holders"])) == 2 * 3 * 2 * 14
    drawn = json.loads((tmp_path / "manifest.json").read_text())["draws"]
    assert (drawn["n"], len(drawn["values"])) == (3, 3)
    notes = [Folder.read(tmp_path).note(Key("hamlet", d, 0)) for d in (1, 2, 3)]
    other = Folder.read(tmp_path).note(Key("more", 1, 0))
    assert "informed_share" not in notes[0]["parameters"]
    assert other["parameters"] == notes[0]["parameters"] | {"informed_share": drawn["values"][0]["informed_share"]}
    assert len({note["parameters"]["call_rate_per_year"] for note in notes}) == 3
    assert "retired_willing_share" not in other["parameters"]  # no policy of this scenario reads it
    memory = run_experiment([fixed, PAIR[1]], replications=2, draws=3)
    same_frames(memory.outcomes(), results.outcomes())
    assert memory.run("more", 1, draw=2).scenario == PAIR[1]


def test_each_draw_has_replications_of_its_own(tmp_path):
    """Draws of the same values are other futures, which scenarios share, in memory as in a folder."""
    pair, draws = [hamlet(), hamlet("same")], [{"informed_share": 0.5}] * 2
    results = run_experiment(pair, replications=2, draws=draws)
    own = ["scenario", "draw", "replication"]
    first, other = (
        {
            (d, r): results.run(s.name, r, draw=d).outcomes().drop(columns=own, errors="ignore")
            for d in (1, 2)
            for r in (0, 1)
        }
        for s in pair
    )
    assert len({tuple(frame["value"].fillna(-1)) for frame in first.values()}) == 4
    for key, frame in first.items():
        same_frames(frame, other[key])
    one = simulate(hamlet().with_parameters(informed_share=0.5), replication=2_000_001).outcomes()
    same_frames(one.drop(columns=own, errors="ignore"), first[2, 1])
    same(run_experiment(pair, replications=2, draws=draws, out=tmp_path), results)
    with pytest.raises(ValueError, match="take more draws"):
        run_experiment(pair, precision=1.0, draws=draws)


@pytest.mark.validate
def test_precision_decides_how_many_replications(tmp_path):
    steps = []
    options = {"precision": 8.0, "replications": 60}
    one = run_experiment(PAIR, out=tmp_path / "one", progress=lambda *s: steps.append(s), **options)
    n = len(one.replications)
    assert 8 <= n < 60
    two = run_experiment(PAIR, out=tmp_path / "two", jobs=2, **options)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    values = one.outcomes(["share_without_mt"])
    last = values[values["date"] == values["date"].max()]
    d = 100 * (last["value"].to_numpy()[n:] - last["value"].to_numpy()[:n])
    assert half_width(d) <= 8
    assert hoad(d, precision=8, budget=n, absolute=True).needed == n - 5
    assert steps[-1][:2] == (2 * n, 2 * n)
    assert "more " in steps[-1][2]
    assert " ± " in steps[-1][2]
    same(run_experiment(PAIR, **options), two)
    assert Results.read(tmp_path / "two").manifest["replications"] == n
    assert run_experiment(PAIR, precision=1e-6, replications=4).replications == (0, 1, 2, 3)


def test_other_peoples_folders_are_refused_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(sinks, "run_with", None)
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
        ([], {}, "at least one scenario"),
        ([hamlet(), hamlet()], {}, "two scenarios are called 'hamlet'"),
        (hamlet(), {"replications": None}, "give a number of replications, or a precision"),
        (hamlet(), {"draws": 0}, "draws must be"),
        (hamlet(), {"precision": 0}, "precision must be above 0"),
        (hamlet(), {"baseline": "hamlets"}, "did you mean 'hamlet'"),
        (hamlet(), {"engine": "dusk"}, "did you mean 'dask'"),
        (hamlet(), {"scheduler": "tcp://here:1"}, "a scheduler goes with engine 'dask'"),
        (hamlet(), {"replications": 0}, "replications must be a whole number ≥ 1"),
        (hamlet(), {"jobs": 0}, "jobs must be"),
        (hamlet(), {"seed": -1}, "seed must be"),
        (hamlet(), {"seed": 1.5}, "seed must be"),
        (hamlet(), {"keep": ["facts", "flow"], "out": "out"}, "no table 'flow' .did you mean 'flows'"),
        (hamlet(), {"snapshots": "weekly", "out": "out"}, "snapshots"),
        (hamlet(), {"keep": "facts", "snapshots": "yearly", "out": "out"}, "says nothing where keep leaves"),
    ],
)
def test_senseless_arguments(scenarios, options, message):
    with pytest.raises(ValueError, match=message):
        run_experiment(scenarios, **({"replications": 1} | options))


def test_a_failing_run_is_reported_and_the_others_are_kept(tmp_path):
    scenarios = [hamlet(), hamlet("bad", policies=(Stumble(),))]
    said = []
    with pytest.raises(ExperimentError, match=r"2 of 4 runs failed.*RuntimeError: stumbled") as caught:
        run_experiment(scenarios, replications=2, out=tmp_path / "out", progress=lambda *step: said.append(step))
    assert set(caught.value.failures) == {("bad", 0, 0), ("bad", 0, 1)}
    assert said[-1][:2] == (4, 4)
    log = (tmp_path / "out" / "run.log").read_text(encoding="utf-8")
    assert log.count("FAILED bad, replication ") == 2
    kept = Results.read(tmp_path / "out")
    assert (kept.scenarios, kept.replications) == (("hamlet",), (0, 1))
    assert kept.manifest is not None
    assert kept.manifest["complete"] is False
    first, failed = json.loads((tmp_path / "out" / "failures.json").read_text())["failures"]
    assert (first["key"], failed["key"]) == (["bad", 0, 0], ["bad", 0, 1])
    assert failed["summary"] == "RuntimeError: stumbled"
    assert "Traceback" in failed["traceback"]
    # they are tried again, and only they
    with pytest.raises(ExperimentError, match="2 of 4 runs failed"):
        run_experiment(scenarios, replications=2, out=tmp_path / "out")
    assert (tmp_path / "out" / "run.log").read_text(encoding="utf-8").count("finished hamlet") == 2


def test_runs_that_fail_or_kill_their_worker_are_found_and_the_others_go_on(tmp_path):
    scenarios = [hamlet(), hamlet("crash", policies=(Crash(),)), hamlet("bad", policies=(Stumble(),))]
    with pytest.raises(ExperimentError, match="3 of 6 runs failed, the first being "):
        run_experiment(scenarios, replications=2, jobs=2, out=tmp_path / "out")
    failures = json.loads((tmp_path / "out" / "failures.json").read_text())["failures"]
    found = {(name, replication): failed["summary"] for failed in failures for name, _, replication in [failed["key"]]}
    assert found.pop(("crash", 0)).startswith("its worker process died 3 times")
    assert found == {("bad", r): "RuntimeError: stumbled" for r in range(2)}
    kept = Results.read(tmp_path / "out")
    assert [(r.name, r.replication) for r in kept._runs] == [("hamlet", 0), ("hamlet", 1), ("crash", 1)]


def test_ctrl_c_keeps_what_is_finished(tmp_path):
    """In this process; `test_kills` presses it where there are workers."""

    def press(done: int, total: int, what: str) -> None:  # noqa: ARG001
        if done == 2:
            raise KeyboardInterrupt

    run_experiment(PAIR, replications=2, out=tmp_path / "undisturbed")
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt, match="2 of 4 runs are kept"):
        run_experiment(PAIR, replications=2, out=out, progress=press)
    assert len(Results.read(out)._runs) == 2
    assert (out / "runs.journal").exists()
    assert not list(out.rglob("*.parquet"))
    run_experiment(PAIR, replications=2, out=out)
    assert contents(out) == contents(tmp_path / "undisturbed")


@pytest.mark.parametrize("when", ["a run ends", "runs are put in order"])
def test_a_full_disk_leaves_no_half_of_a_run(tmp_path, monkeypatch, when):
    def full(_: object) -> None:
        synced.append(_)
        if len(synced) == (2 if when == "a run ends" else 9):
            raise OSError(28, "No space left on device")

    synced: list[object] = []
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: None)
        run_experiment(hamlet(), replications=3, out=tmp_path / "undisturbed")
        # the manifest is the first file; then each run is one write, then each table of a part
        patched.setattr(atomic, "write_atomically", lambda path, data: path.write_bytes(data))
        patched.setattr(manifests, "write_atomically", lambda path, data: Path(path).write_bytes(data))
        patched.setattr(os, "fsync", full)
        with pytest.raises(ExperimentError, match=r"cannot be written \(No space left"):
            run_experiment(hamlet(), replications=3, out=tmp_path / "out")
    assert Results.read(tmp_path / "out").replications == ((0,) if when == "a run ends" else (0, 1, 2))
    run_experiment(hamlet(), replications=3, out=tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "undisturbed")


def test_damaged_tables_are_reported(tmp_path):
    results = run_experiment(hamlet(), replications=1, out=tmp_path)
    path = next((tmp_path / "flows").iterdir())
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(ResultsError, match="damaged or changed"):
        results.table("flows")
    path.unlink()
    with pytest.raises(ResultsError, match="no such table"):
        results.table("flows")
    with pytest.raises(ResultsError, match="did you mean"):
        results.table("flow")


def test_seeds_and_replications_are_whole_numbers() -> None:
    """1.0 and True are other keys of random streams than 1; numpy's 1 is the same."""
    scenario = hamlet()
    for wrong in (1.0, True, 0.5, -1, "1", None):
        for call in (
            lambda wrong=wrong: simulate(scenario, seed=wrong),
            lambda wrong=wrong: simulate(scenario, replication=wrong),
            lambda wrong=wrong: run_experiment([scenario], replications=1, seed=wrong),
        ):
            with pytest.raises(ValueError, match=r"must be a whole number( ≥ 0)?, not"):
                call()
    one, same = (simulate(scenario, seed=seed, replication=seed) for seed in (1, np.int64(1)))
    assert np.array_equal(one.record.counts, same.record.counts)
    results = run_experiment([scenario], replications=np.int64(1), seed=np.int64(1))
    assert results.replications == (0,)
