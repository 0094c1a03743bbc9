"""A results folder from a stranger leads nowhere else, fills no memory, and keeps what others put into it."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import suppress
from copy import deepcopy
from pathlib import Path

import pytest
from pairs import contents
from stored import KEY, edit, made_up_runs, numbers, pack_of, part_of, run_made_up

from ess_sim.errors import EssSimError, ResultsError
from ess_sim.faces.cli.app import main
from ess_sim.results.results import Results
from ess_sim.results.storage.files import footers
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.journal import Journal
from ess_sim.results.storage.keys import Parcel
from ess_sim.results.tables import schema


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said["order"].append("../../victim/settings"),
        lambda said: said["scenarios"].update({"../victim": said["scenarios"]["base"]}),
        lambda said: said.update(order=["base", "base"]),
        lambda said: said["baselines"].update(more="\x1b[31m"),
        lambda said: said.update(order=[["base"], "more"]),
        lambda said: said["scenarios"]["more"].pop("digest"),
        lambda said: said["scenarios"]["more"]["scenario"].update(horizon_years=10**9),
        lambda said: said["scenarios"]["more"]["territory"].update(digest="elsewhere"),
        lambda said: said["scenarios"]["more"]["scenario"].update(start="soon"),
        lambda said: said["scenarios"]["more"]["scenario"].update(policies=[{"kind": "evil:X"}] * 9),
        lambda said: said["scenarios"]["more"].update(acts_from=["2018-99-99"]),
        lambda said: said.update(seed="1"),
        lambda said: said.pop("catalogue"),
        lambda said: said.update(catalogue=[3]),
        lambda said: said.update(keep=["../victim", "outcomes"]),
        lambda said: said.update(keep=["flows"]),
    ],
)
def test_manifests_that_lead_elsewhere_are_refused(out, change, capsys):
    edit(out / "manifest.json", change)
    before = contents(out)
    for command in ("compare", "report", "verify", "costs"):
        assert main([command, str(out)]) == 2
        said = capsys.readouterr().err
        assert "manifest.json: not a manifest of ess_sim results: " in said
        assert "\x1b" not in said
    assert contents(out) == before


def test_a_catalogue_without_what_was_read(out, capsys):
    edit(out / "manifest.json", lambda said: said.update(catalogue=[{"name": "odd", "grade": "D"}]))
    read = {name for key in Folder.read(out).finished() for name in Folder.read(out).note(key)["read"]}
    assert read
    assert main(["report", str(out)]) == 2
    assert f"its catalogue lacks {min(read)!r}, which runs of " in capsys.readouterr().err


def test_overwriting_removes_what_the_package_wrote_and_nothing_else(out, tmp_path):
    victim = tmp_path / "victim"
    (victim / "settings").mkdir(parents=True)
    mine = {
        victim / "settings" / "0000-12345678.json": "{}",
        victim / "settings" / "0000-12345678.parquet": "mine",
        victim / "settings.json": "{}",
        out / "notes.txt": "mine",
        out / "flows" / "readme.md": "mine",
        out / "cells" / "base" / "0000-12345678.json": "mine",
        out / "elsewhere" / ".x.0123456789abcdef.part": "mine",
    }
    for path, text in mine.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    edit(out / "manifest.json", lambda said: said["order"].append("../../victim/settings"))
    with made_up_runs():
        for options in ({"seed": 2}, {"seed": 2, "overwrite": True}, {}):
            try:
                run_made_up(out, **options)
            except EssSimError:
                continue
    assert {path: path.read_text() for path in mine} == mine


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("link", ["flows", "cells"])
def test_links_out_of_the_folder_are_refused(out, tmp_path, link, overwrite):
    elsewhere = tmp_path / "elsewhere"
    shutil.move(out / link, elsewhere)
    (out / link).symlink_to(elsewhere)
    before = contents(elsewhere)
    for do in (lambda: Results.read(out), lambda: run_made_up(out, seed=2, overwrite=overwrite)):
        with pytest.raises(ResultsError, match="a symbolic link"):
            do()
    assert contents(elsewhere) == before


@pytest.mark.parametrize(
    "name", ["run.log", ".lock", "manifest.json", "runs.journal", "failures.json", "flows", "cells"]
)
def test_files_that_are_links_lead_nowhere(out, tmp_path, name):
    if name in ("flows", "cells"):  # a file in them
        name = str(next((out / name).iterdir()).relative_to(out))
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (out / name).unlink(missing_ok=True)
    (out / name).symlink_to(victim)
    for do in (numbers, run_made_up, lambda out: run_made_up(out, 3)):
        with suppress(EssSimError):
            do(out)
    assert victim.read_text() == "precious"


def test_a_home_folder_is_no_results_folder(tmp_path, monkeypatch):
    """Nor is one called ``~`` made in the current folder."""
    home = tmp_path / "user"
    (home / "documents").mkdir(parents=True)
    (home / "documents" / "thesis.tex").write_text("years of work")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    for options in ({}, {"overwrite": True}):
        with pytest.raises(ResultsError, match="the folder is not empty"):
            run_made_up(Path("~"), **options)
    run_made_up("~/results", 1)  # type: ignore[arg-type]
    assert (home / "results" / "manifest.json").exists()
    assert Results.read("~/results").scenarios == ("base", "more")
    assert main(["verify", "~/results"]) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["user"]
    with pytest.raises(ResultsError, match="home folder is not known"):
        Results.read("~no-user-of-this-name/results")


def test_a_small_file_cannot_claim_millions_of_rows(out):
    """Its digests are right: a stranger made them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 3_000_000
    whole = pq.read_table(pack_of(out, "accounts"))
    column = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), pa.array(["x"]))
    many = pa.table(dict.fromkeys(whole.column_names, column))
    sink = pa.BufferOutputStream()
    pq.write_table(many, sink, compression="zstd")
    data = sink.getvalue().to_pybytes()
    assert len(data) < 100_000
    part = part_of(out)
    note, own = deepcopy(part.note(KEY)), {"sha256": hashlib.sha256(footers.body_of(data)).hexdigest(), "groups": 3}
    note["files"]["accounts"] = own | {"bytes": len(footers.body_of(data))}
    files = {t: footers.MAGIC + b"".join(part.file(KEY, t)) for t in schema.SCHEMAS} | {"accounts": data}
    Journal(out / "runs.journal").append(KEY, Parcel(files, note))
    with pytest.raises(ResultsError, match=r"claims 3,000,000 rows .* not read"):
        Results.read(out).table("accounts")


def test_what_a_folder_says_does_not_act_on_the_terminal(out, capsys):
    act = "\x1b[31m\x9b2J\u202e"
    edit(out / "manifest.json", lambda m: [t.update(zone_names=[act, f"b{act}"]) for t in m["territories"].values()])
    edit(part_of(out).path, lambda said: said["lists"].update({said["runs"][0]["note"]["assumed"]: [f"nothing{act}"]}))
    edit(out / "manifest.json", lambda m: m.update(complete=False))
    with (out / "run.log").open("a", encoding="utf-8") as log:
        log.write(f"2020-01-01T00:00:00+00:00 ess_sim 0{act}\n")
    for command in (["compare"], ["compare", "--by", "zone"], ["costs", "--no-figure"], ["report"], ["verify"]):
        assert main([command[0], str(out), *command[1:]]) == 0
        said = capsys.readouterr()
        assert "nothing\\x1b[31m" in said.out or command[0] in ("verify", "report")
        assert not {"\x1b", "\x9b", "\u202e"} & set(said.out + said.err)
