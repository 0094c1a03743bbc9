"""Experiments that are computed in parts, each for itself, and joined: to the bytes of one that was never divided."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pairs import contents
from stored import MADE_UP, edit, interrupted, made_up_runs, pack_of, run_made_up

from ess_sim.errors import ArgumentError, ResultsError
from ess_sim.experiments.shards import read_shard
from ess_sim.faces.cli.app import main
from ess_sim.inputs.scenario.files import write_scenario
from ess_sim.results.merging import merge_shards
from ess_sim.results.results import Results
from ess_sim.results.storage.files import manifests
from ess_sim.results.storage.folder import Folder

SHARDS = 3


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    out: Path = tmp_path_factory.mktemp("whole") / "out"
    run_made_up(out, 5, draws=2)
    return out


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Three shards of 20 runs; not to be changed."""
    out: Path = tmp_path_factory.mktemp("made")
    for number in range(1, SHARDS + 1):
        run_made_up(out, 5, draws=2, shard=(number, SHARDS))
    return out


@pytest.fixture
def shards(made, tmp_path) -> list[Path]:
    return sorted(Path(shutil.copytree(made, tmp_path / "shards")).iterdir())


def test_shards_join_to_the_bytes_of_an_undivided_run(whole, shards, tmp_path):
    assert [path.name for path in shards] == ["0001-of-0003", "0002-of-0003", "0003-of-0003"]
    assert [len(Folder.read(path).finished()) for path in shards] == [6, 7, 7]
    before = [contents(path) for path in shards]
    joined = merge_shards(shards[::-1], out=tmp_path / "new" / "joined")
    assert contents(tmp_path / "new" / "joined") == contents(whole)
    assert joined.fingerprint == Results.read(whole).fingerprint
    assert (tmp_path / "new" / "joined" / "run.log").read_text().count(" finished ") == 20
    assert [contents(path) for path in shards] == before
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["joined"]
    # it is gone on from like any other
    run_made_up(tmp_path / "new" / "joined", 5, draws=2)
    assert contents(tmp_path / "new" / "joined") == contents(whole)


def test_a_shard_that_was_stopped_goes_on(whole, shards, tmp_path):
    shutil.rmtree(shards[1])
    interrupted(shards[1].parent, 3, 5, draws=2, shard="2/3")
    with pytest.raises(ResultsError) as caught:
        merge_shards(shards, out=tmp_path / "joined")
    assert str(caught.value) == (
        f"{shards[1]}: its command has to be repeated, as runs are missing: base, draw 1, replication 3; "
        "base, draw 2, replication 2; more, draw 1, replication 2; more, draw 2, replication 2"
    )
    assert not (tmp_path / "joined").exists()
    run_made_up(shards[1].parent, 5, draws=2, shard=(2, 3))
    merge_shards(shards, out=tmp_path / "joined")
    assert contents(tmp_path / "joined") == contents(whole)


def test_what_merge_refuses_it_refuses_at_once(shards, tmp_path, capsys):
    """One line each, exit code 2, and nothing is written or lost."""
    elsewhere = tmp_path / "elsewhere"
    for number, options in ((1, {"seed": 2}), (2, {"replications": 6}), (3, {"keep": "facts"})):
        run_made_up(elsewhere, **({"replications": 5, "draws": 2, "shard": (number, 3)} | options))
    run_made_up(tmp_path / "undivided", 1)
    run_made_up(tmp_path, 5, draws=2, shard="2/4")
    again = Path(shutil.copytree(shards[0], tmp_path / "again"))
    old = tmp_path / "old"
    old.mkdir()
    manifests.write_manifest(old / "manifest.json", {"format": "ess_sim results", "results_version": 7})
    flat = Path(shutil.copytree(shards[2], tmp_path / "flat"))
    edit(flat / "manifest.json", lambda said: said.pop("keep"))
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.tex").touch()
    given = [*shards[:2], shards[0], again, old, flat, tmp_path / "undivided", tmp_path / "2-of", *elsewhere.iterdir()]
    given += [tmp_path / "0002-of-0004"]
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert main(["merge", *map(str, given), "--out", str(full)]) == 2
    said = capsys.readouterr().err
    other = f"of another experiment than {shards[0]}: it differs in"
    for words in (
        f"{shards[0]}: named twice",
        f"{again}: shard 1/3 once more, which {shards[0]} is already",
        f"{old / 'manifest.json'}: results of version 7; this ess_sim reads version",
        f"{flat / 'manifest.json'}: results of an earlier layout",
        f"{tmp_path / 'undivided'}: no shard, but a whole experiment",
        f"{tmp_path / '2-of'}: no results here",
        f"{elsewhere / '0001-of-0003'}: {other} the seed, the parameter draws",
        f"{elsewhere / '0002-of-0003'}: {other} the number of replications",
        f"{elsewhere / '0003-of-0003'}: {other} the tables that are kept",
        f"{tmp_path / '0002-of-0004'}: {other} the number of shards (4, not 3)",
        f"{full}: the folder is not empty (it holds thesis.tex)",
    ):
        assert words in said, words
    assert "Traceback" not in said
    assert len(said.splitlines()) == 11
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_every_missing_run_is_named(shards, tmp_path, capsys):
    assert main(["merge", str(shards[1]), str(shards[2]), "--out", str(tmp_path / "joined")]) == 2
    assert capsys.readouterr().err == (
        "error: shard 1/3 is missing: base, draw 1, replications 0–1; base, draw 2, replication 0; "
        "more, draw 1, replications 0–1; more, draw 2, replication 0\n"
    )
    assert not (tmp_path / "joined").exists()


def test_damage_in_a_shard_is_found(shards, tmp_path):
    path = next((shards[0] / "flows").iterdir())
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    with pytest.raises(ResultsError, match=f"{path}: damaged or changed"):
        merge_shards(shards, out=tmp_path / "joined")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["shards"]


def test_the_command_line_runs_and_joins_shards(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for scenario in MADE_UP:
        write_scenario(scenario, f"{scenario.name}.yaml")
    command = ["run", "base.yaml", "more.yaml", "-j", "1", "-n", "3"]
    with made_up_runs():
        assert main([*command, "-o", "undivided"]) == 0
        expected = capsys.readouterr().out.replace("undivided", "joined")
        for shard in ("1/2", "2/2"):
            assert main([*command, "-o", "shards", "--shard", shard]) == 0
            assert f"shard       {shard}: ess-sim merge joins" in capsys.readouterr().out
        assert main(["merge", "shards/0001-of-0002", "shards/0002-of-0002", "-o", "joined"]) == 0
        assert capsys.readouterr().out == expected
        assert contents(Path("joined")) == contents(Path("undivided"))
        # the same shard is not another one, and nothing runs with what is wrong
        for options, words in (
            (["--shard", "3/2"], "shard 3/2: beyond its count, shards are numbered from 1 to 2"),
            (["--shard", "0/2"], "shard 0/2: beyond its count"),
            (["--shard", "two"], "shard 'two': say which of how many, as in 3/40, or slurm"),
            (["--shard", "slurm"], "SLURM_ARRAY_TASK_ID is not set: this is no task of an array"),
            (["--shard", "1/2", "--precision", "1"], "--precision goes without --shard"),
            (["--shard", "7/7"], "shard 7/7: there are only 6 runs, fewer than shards"),
        ):
            assert main([*command, "-o", "none", *options]) == 2
            assert words in capsys.readouterr().err
        assert not Path("none").exists()
        assert main([*command[:-1], "4", "-o", "shards", "--shard", "1/2"]) == 2
        assert "differs in the number of replications" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({"ID": "1", "COUNT": "40"}, (1, 40)),
        ({"ID": "0", "COUNT": "40", "MIN": "0", "MAX": "39"}, (1, 40)),
        ({"ID": "39", "COUNT": "40", "MIN": "0"}, (40, 40)),
        ({"ID": "13", "COUNT": "4", "MIN": "10", "STEP": "3"}, (2, 4)),
        ({"ID": "7", "COUNT": "1", "MIN": "7"}, (1, 1)),
        ({"ID": "9", "COUNT": "3", "MIN": "1", "STEP": "1"}, "numbers are not consecutive"),
        ({"ID": "4", "COUNT": "3", "MIN": "1", "STEP": "2"}, "numbers are not consecutive"),
        ({"ID": "4294967294", "COUNT": "3"}, "SLURM_ARRAY_TASK_ID is '4294967294'"),
        ({"ID": "3"}, "SLURM_ARRAY_TASK_COUNT is not set"),
        ({"ID": "x", "COUNT": "3"}, "SLURM_ARRAY_TASK_ID is 'x'"),
    ],
)
def test_what_slurm_says(monkeypatch, variables, found):
    for name in ("ID", "COUNT", "MIN", "MAX", "STEP"):
        monkeypatch.delenv(f"SLURM_ARRAY_TASK_{name}", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", value)
    if isinstance(found, str):
        with pytest.raises(ArgumentError, match=found):
            read_shard("slurm")
    else:
        assert read_shard("slurm") == found


@pytest.mark.parametrize("shard", [(1, 2, 3), (0, 1), (True, 2), "1/0", "1/1000000", "-1/2", 3])
def test_what_is_no_shard(tmp_path, shard):
    with pytest.raises(ValueError, match="shard"):
        run_made_up(tmp_path / "out", shard=shard)
    assert not (tmp_path / "out").exists()


def test_many_small_shards_are_few_files(tmp_path):
    """As a cluster leaves them."""
    for number in range(1, 11):
        run_made_up(tmp_path / "shards", 5, shard=(number, 10))
    merge_shards(list((tmp_path / "shards").iterdir()), out=tmp_path / "joined")
    assert len(list((tmp_path / "joined").rglob("*.parquet"))) == 10
    assert json.loads((tmp_path / "joined" / "manifest.json").read_text())["complete"] is True
    assert pack_of(tmp_path / "joined", "flows").exists()
