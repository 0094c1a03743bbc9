"""Damage and edits in a results folder: found by every reader or harmless, and mended by running again."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pairs import contents
from stored import MADE_UP, edit, made_up_runs, run_made_up

from ess_sim.errors import EssSimError, ResultsError
from ess_sim.experiments.experiment import ExperimentError
from ess_sim.faces.cli.app import main
from ess_sim.results.comparison.differences import compare
from ess_sim.results.results import Results
from ess_sim.results.storage import manifests, parquet, reading
from ess_sim.results.storage.digest import table_digest
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import Key
from ess_sim.results.storage.layout import CRATE
from ess_sim.results.tables import schema
from ess_sim.results.verification import verify

KEY = Key("more", 0, 1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """Two scenarios, two replications; not to be changed."""
    out: Path = tmp_path_factory.mktemp("whole") / "out"
    run_made_up(out)
    return out


@pytest.fixture
def out(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "out"))


def numbers(path: Path) -> dict[str, pd.DataFrame]:
    """All tables of a folder."""
    results = Results.read(path)
    return {table: results.table(table) for table in schema.SCHEMAS}


def seen(out: Path, path: Path) -> tuple[Any, list[pd.DataFrame]]:
    """What readers can see of one of a folder's files."""
    folder = Folder.read(out)
    said = folder.manifest, folder.summaries()
    if path.suffix != ".parquet":
        return said, []
    *_, table, scenario, _ = path.parts
    keys = [key for key in folder.keys(scenario) if path.stem in (key.stem, "packed")]
    return said, [folder.table(key, table) for key in keys]


def flipped(path: Path, rng: np.random.Generator) -> bytes:
    """Changes one bit of a file; returns what it was."""
    data = path.read_bytes()
    changed = bytearray(data)
    changed[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
    path.write_bytes(changed)
    return data


def silent(out: Path, flips: int, seed: int) -> list[str]:
    """Flips bits, one at a time; returns the files in which one changed something without an error of this package."""
    rng, found = np.random.default_rng(seed), []
    files = [p for p in sorted(out.rglob("*")) if p.suffix in (".parquet", ".json") and p.name != CRATE]
    expected = {path: seen(out, path) for path in files}
    for _ in range(flips):
        path = files[rng.integers(len(files))]
        before = flipped(path, rng)
        try:
            said, frames = seen(out, path)
        except ResultsError:
            pass
        else:
            same = [a.equals(b) for a, b in zip(frames, expected[path][1], strict=True)]
            found += [path.name] if said != expected[path][0] or not all(same) else []
        path.write_bytes(before)
    return found


@pytest.mark.parametrize("packed", [False, pytest.param(True, id="packed")])
def test_every_flipped_byte_is_found_or_harmless(out, packed):
    if packed:
        Folder.read(out).compact()
    assert silent(out, 100, seed=5 + packed) == []


def test_a_reader_that_does_not_look_is_caught(out, monkeypatch):
    """The test above can fail."""

    class Equal(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __ne__(self, other: object) -> bool:
            return False

    class Blind:
        def __init__(self, data: bytes = b"") -> None:
            self.digest = hashlib.sha256(data)
            self.update = self.digest.update

        def hexdigest(self) -> str:
            return Equal(self.digest.hexdigest())

    monkeypatch.setattr(reading, "hashlib", SimpleNamespace(sha256=Blind))
    assert {Path(name).suffix for name in silent(out, 60, seed=5)} == {".parquet"}


def edited(out: Path, key: Key = KEY, points: float = 0.05) -> Path:
    """Five points are added to the outcomes of a run."""
    path = Folder.read(out).table_path(key, "outcomes")
    frame = parquet.read_table(path)
    path.write_bytes(parquet.encode_table(frame.assign(value=frame["value"] + points)))
    return path


def test_edited_results_do_not_pass(out, capsys):
    path = edited(out)
    for command in (["compare"], ["compare", "--csv"], ["costs", "--no-figure"], ["report"], ["verify"]):
        code = main([command[0], str(out), *command[1:]])
        said = capsys.readouterr()
        if command[0] in ("costs",) and code == 0:
            continue  # it reads other tables
        assert code == (1 if command == ["verify"] else 2)
        assert f"{path}: damaged or changed" in said.err
        assert "the command that made these results makes it again" in said.err
    # asked for again, the run is made again
    run_made_up(out)
    assert main(["verify", str(out)]) == 0


DAMAGE = {
    "table": lambda out: edited(out),
    "note": lambda out: (out / "cells" / "more" / "0000-0001.json").write_text("{}"),
    "exchanged notes": lambda out: shutil.copy(
        out / "cells" / "more" / "0000-0000.json", out / "cells" / "more" / "0000-0001.json"
    ),
    "manifest, a byte": lambda out: flipped(out / "manifest.json", np.random.default_rng(1)),
    "manifest, cut off": lambda out: (out / "manifest.json").write_bytes((out / "manifest.json").read_bytes()[:900]),
    "manifest, empty": lambda out: (out / "manifest.json").write_bytes(b""),
    "manifest, gone": lambda out: (out / "manifest.json").unlink(),
    "run, gone": lambda out: [p.unlink() for p in out.rglob("more/0000-0001.*")],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_found_and_running_again_mends_it(out, whole, damage):
    damage(out)
    with pytest.raises(ResultsError, match=r"makes it again|no results here|not a manifest"):
        numbers(out)
    run_made_up(out)
    assert contents(out) == contents(whole)


@pytest.mark.parametrize("name", ["cells/more.json", "outcomes/more/packed.parquet"])
def test_damaged_packed_files_are_mended(out, whole, name):
    expected = Results.read(whole).fingerprint
    Folder.read(out).compact()
    path = out / name
    path.write_bytes(path.read_bytes()[:-200] + path.read_bytes()[-180:])
    with pytest.raises(ResultsError, match=path.name):
        numbers(out)
    run_made_up(out)
    assert Results.read(out).fingerprint == expected
    assert verify(out).problems == ()


def test_a_damaged_manifest_of_another_experiment_stays(out):
    (out / "manifest.json").write_bytes(b"")
    before = contents(out)
    with pytest.raises(ResultsError, match="runs of another experiment"):
        run_made_up(out, seed=2)
    assert contents(out) == before
    run_made_up(out, seed=2, overwrite=True)
    assert Results.read(out).seed == 2


def test_a_damaged_note_of_a_scenario_that_is_not_asked_for(out):
    (out / "cells" / "more" / "0000-0001.json").write_text("{}")
    with pytest.raises(ResultsError, match="makes it again"):
        run_made_up(out, scenarios=MADE_UP[:1])
    assert json.loads((out / "manifest.json").read_text())["complete"] is False
    assert "left out: " in (out / "run.log").read_text()
    run_made_up(out)
    assert verify(out).problems == ()


def test_verify_finds_all_at_once(out, capsys):
    flows = out / "flows" / "base" / "0000-0000.parquet"
    flows.unlink()
    note = out / "cells" / "base" / "0000-0001.json"
    note.write_text("{}")
    outcomes = edited(out)
    found = verify(out)
    assert sorted(text.split(":")[0] for text in found.problems) == sorted(map(str, (flows, note, outcomes)))
    assert (found.runs, found.fingerprint) == (4, None)
    assert main(["verify", str(out)]) == 1
    said = capsys.readouterr()
    assert "3 problems" in said.err
    assert "fingerprint" not in said.out
    (out / "manifest.json").write_text("{")
    (out / "manifest.json").write_text('{"format": "ess_sim results", "results_version": 5}')
    assert len(verify(out).problems) == 4
    assert main(["verify", str(out / "nowhere")]) == 2


def test_verify_says_what_is_missing(out):
    shutil.rmtree(out / "cells" / "more")
    assert "2 runs of more were finished, but 0 are there" in verify(out).problems[0]
    edit(out / "manifest.json", lambda said: said.update(complete=False))
    found = verify(out)
    assert found.problems == ()
    assert "not complete" in found.remarks[0]


def test_the_fingerprint_is_that_of_the_results(out, whole, tmp_path):
    expected = Results.read(whole).fingerprint
    assert expected == json.loads((whole / "manifest.json").read_text())["fingerprint"]
    Folder.read(out).compact()
    assert Results.read(out).fingerprint == expected
    grown = tmp_path / "grown"
    run_made_up(grown, 1)
    assert Results.read(grown).fingerprint != expected
    run_made_up(grown, 2)
    assert Results.read(grown).fingerprint == expected
    run_made_up(grown, 2, seed=2, overwrite=True)
    assert Results.read(grown).fingerprint != expected
    run_made_up(tmp_path / "drawn", 2, draws=2)
    assert Results.read(tmp_path / "drawn").fingerprint != expected
    assert verify(tmp_path / "drawn").problems == ()


def test_a_forger_who_seals_again_is_found_by_the_content(out):
    path = edited(out)
    said = hashlib.sha256(path.read_bytes()).hexdigest()
    edit(out / "cells" / "more" / "0000-0001.json", lambda note: note["files"].update(outcomes=said))
    assert "its content is not that of which the note" in verify(out).problems[0]


def test_new_digests_everywhere_are_found_by_simulating_again(out, capsys):
    with made_up_runs():
        assert main(["verify", str(out), "--rerun", "3"]) == 0
        assert capsys.readouterr().out.count("the same content in all tables") == 3
        path = edited(out)
        said = hashlib.sha256(path.read_bytes()).hexdigest(), table_digest(parquet.read_table(path))
        edit(
            out / "cells" / "more" / "0000-0001.json",
            lambda note: (note["files"].update(outcomes=said[0]), note["content"].update(outcomes=said[1])),
        )
        folder = Folder.read(out)
        edit(
            out / "manifest.json",
            lambda m: m["scenarios"]["more"].update(content=folder.summary("more").digest) or m.update(complete=False),
        )
        assert main(["verify", str(out)]) == 0
        assert main(["verify", str(out), "--rerun", "99"]) == 1
        assert "more, replication 1: other content when simulated again: outcomes" in capsys.readouterr().err


def test_only_what_comes_with_the_package_is_simulated_again(out, tmp_path, capsys, monkeypatch):
    """A folder names a policy's code, or a file, and neither is run or taken for another."""
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')")
    monkeypatch.syspath_prepend(tmp_path)

    def with_code(manifest: dict[str, Any]) -> None:
        for entry in manifest["scenarios"].values():
            entry["scenario"]["policies"] = [{"kind": "evil:Policy"}]

    edit(out / "manifest.json", with_code)
    assert main(["verify", str(out), "--rerun", "1"]) == 1
    assert "its policy 'evil:Policy' is code that does not come with the package: not run" in capsys.readouterr().err
    assert "evil" not in sys.modules
    edit(
        out / "manifest.json",
        lambda m: [e["scenario"].update(policies=[], start="2021-01-15") for e in m["scenarios"].values()],
    )
    assert main(["verify", str(out), "--rerun", "1"]) == 1
    assert "is not the one that was run" in capsys.readouterr().err


def test_a_manifest_holds_the_catalogue_once(tmp_path):
    sizes = []
    for variants in (2, 6):
        many = [MADE_UP[0].with_(name=f"v{i}") for i in range(variants)]
        run_made_up(tmp_path / str(variants), 1, scenarios=many)
        sizes.append((tmp_path / str(variants) / "manifest.json").stat().st_size)
    assert (sizes[1] - sizes[0]) / 4 < 3000 < 40_000 < sizes[0]


# --- a description for repositories of data ---------------------------------------------------------------------------


def test_a_complete_folder_is_a_research_object(out):
    crate = json.loads((out / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    assert crate["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    about = entities["ro-crate-metadata.json"]
    assert (about["@type"], about["about"]) == ("CreativeWork", {"@id": "./"})
    assert about["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = entities["./"]
    assert {"name", "description", "datePublished", "license", "author"} <= set(root)
    assert root["identifier"] == f"ess_sim-results:{Results.read(out).fingerprint}"
    for part in root["hasPart"]:
        assert (out / part["@id"]).exists()
        assert entities[part["@id"]]["@type"] == ("Dataset" if part["@id"].endswith("/") else "File")
    refers = [value["@id"] for entity in crate["@graph"] for value in entity.values() if isinstance(value, dict)]
    assert set(refers) <= {*entities, "https://w3id.org/ro/crate/1.1"}
    assert entities["#ess_sim"]["version"] == json.loads((out / "manifest.json").read_text())["ess_sim"]
    # what the author fills in stays until results change; unfinished results have no description
    path = out / "ro-crate-metadata.json"
    path.write_text(path.read_text(encoding="utf-8").replace("[to be filled in by the author]", "A. N. Author"))
    run_made_up(out)
    assert "A. N. Author" in path.read_text(encoding="utf-8")
    (out / "flows" / "more" / "0000-0001.parquet").unlink()
    run_made_up(out)
    assert path.exists()
    assert "A. N. Author" not in path.read_text(encoding="utf-8")
    edit(out / "manifest.json", lambda said: said.update(complete=False))
    with made_up_runs():
        Folder.open(out, json.loads((out / "manifest.json").read_text()), overwrite=False).close(99)
    assert not path.exists()


# --- a folder from a stranger -----------------------------------------------------------------------------------------


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
        lambda said: said["scenarios"]["more"].update(territory="elsewhere"),
        lambda said: said.update(seed="1"),
        lambda said: said.pop("catalogue"),
        lambda said: said.update(catalogue=[3]),
    ],
)
def test_manifests_that_lead_elsewhere_are_refused(out, change, capsys):
    edit(out / "manifest.json", change)
    before = contents(out)
    for command in ("compare", "report", "compact", "verify", "costs"):
        assert main([command, str(out)]) == 2
        said = capsys.readouterr().err
        assert "manifest.json: not a manifest of ess_sim results: " in said
        assert "\x1b" not in said
    assert contents(out) == before


def test_overwriting_removes_what_the_package_wrote_and_nothing_else(out, tmp_path):
    victim = tmp_path / "victim"
    (victim / "settings").mkdir(parents=True)
    mine = {
        victim / "settings" / "0000-0000.json": "{}",
        victim / "settings" / "0000-0000.parquet": "mine",
        victim / "settings.json": "{}",
        out / "notes.txt": "mine",
        out / "flows" / "readme.md": "mine",
        out / "cells" / "base" / "thoughts.txt": "mine",
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
@pytest.mark.parametrize("link", ["flows", "cells", "cells/more", "outcomes/more"])
def test_links_out_of_the_folder_are_refused(out, tmp_path, link, overwrite):
    elsewhere = tmp_path / "elsewhere"
    shutil.move(out / link, elsewhere)
    (out / link).symlink_to(elsewhere)
    before = contents(elsewhere)
    for do in (lambda: Results.read(out), lambda: run_made_up(out, seed=2, overwrite=overwrite)):
        with pytest.raises(ResultsError, match="a symbolic link"):
            do()
    assert contents(elsewhere) == before


@pytest.mark.parametrize("name", ["run.log", ".lock", "manifest.json", "flows/more/0000-0001.parquet"])
def test_files_that_are_links_lead_nowhere(out, tmp_path, name):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (out / name).unlink(missing_ok=True)
    (out / name).symlink_to(victim)
    for do in (numbers, run_made_up):
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

    path = Folder.read(out).table_path(KEY, "accounts")
    rows = 3_000_000
    whole = pq.read_table(path)
    column = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), pa.array(["x"]))
    many = pa.table(dict.fromkeys(whole.column_names, column))
    pq.write_table(many, path, compression="zstd")
    assert path.stat().st_size < 100_000
    said = hashlib.sha256(path.read_bytes()).hexdigest()
    edit(out / "cells" / "more" / "0000-0001.json", lambda note: note["files"].update(accounts=said))
    with pytest.raises(ResultsError, match=r"claims 3,000,000 rows .* not read"):
        Results.read(out).table("accounts")


# --- what happens while a run goes on ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["removed", "replaced", "partly"])
def test_a_folder_removed_in_the_middle_fails_clearly(tmp_path, how):
    out = tmp_path / "out"

    def remove(done: int, total: int, what: str) -> None:  # noqa: ARG001
        if done == 2:
            shutil.rmtree(out / "cells" if how == "partly" else out)
            if how == "replaced":
                out.mkdir()

    words = "no longer there" if how == "partly" else "removed or replaced while runs were in progress"
    with pytest.raises(ExperimentError, match=words):
        run_made_up(out, progress=remove)
    assert how == "partly" or not list(out.rglob("*.parquet"))


def test_a_terminal_that_closes_costs_nothing_that_was_finished(tmp_path, whole):
    """Progress cannot be written any more."""
    out = tmp_path / "out"

    def closed(done: int, total: int, what: str) -> None:  # noqa: ARG001
        if done == 3:
            raise OSError(5, "Input/output error")

    with pytest.raises(ExperimentError, match="Input/output error"):
        run_made_up(out, progress=closed)
    assert len(Folder.read(out).finished()) == 3
    run_made_up(out)
    assert contents(out) == contents(whole)


def test_an_interrupted_folder_is_compared_on_its_complete_pairs(tmp_path, capsys):
    out = tmp_path / "out"

    def stop(done: int, total: int, what: str) -> None:  # noqa: ARG001
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_made_up(out, 4, progress=stop)
    results = Results.read(out)
    assert results.replications == (0, 1, 2)
    with pytest.raises(ResultsError, match="not paired"):
        compare(results, baseline="base")
    paired = results.paired()
    assert paired.replications == (0, 1)
    assert paired.paired() is paired
    assert compare(paired, baseline="base")["n"].tolist() == [2]
    for command in ("compare", "costs"):
        assert main([command, str(out)]) == 0
        assert "2 complete pairs of 3 are compared" in capsys.readouterr().err
    (out / "cells" / "more" / "0000-0000.json").unlink()
    (out / "cells" / "more" / "0000-0001.json").unlink()
    assert main(["compare", str(out)]) == 0  # one scenario is left
    run_made_up(out, 4)
    assert Results.read(out).paired().replications == (0, 1, 2, 3)
    assert manifests.read_sealed(out / "manifest.json")["complete"] is True
