"""Damage and edits in a results folder: found by every reader or harmless, and mended by running again."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pairs import contents
from stored import MADE_UP, edit, edited, made_up_runs, numbers, run_made_up

from ess_sim.errors import ResultsError
from ess_sim.faces.cli.app import main
from ess_sim.faces.cli.compare import write_comparison
from ess_sim.results.comparison.pairing import baselines
from ess_sim.results.results import Results
from ess_sim.results.storage import parquet, reading
from ess_sim.results.storage.digest import table_digest
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.layout import CRATE
from ess_sim.results.verification import verify


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


def test_a_folder_of_another_version_is_not_taken_for_a_damaged_one(out):
    edit(out / "manifest.json", lambda said: said.update(results_version=99))
    before = contents(out)
    for overwrite in (False, True):
        with pytest.raises(ResultsError, match="results of version 99"):
            run_made_up(out, overwrite=overwrite)
    assert contents(out) == before


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
    (out / "manifest.json").write_bytes((out / "manifest.json").read_bytes()[:-50])
    assert len(verify(out).problems) == 4
    assert main(["verify", str(out / "nowhere")]) == 2


def test_verify_makes_the_comparison_again(out, capsys):
    results = Results.read(out)
    path = write_comparison(results, baselines(results.scenarios, results.baselines), out)
    whole = path.read_text()
    assert main(["verify", str(out)]) == 0
    rows = list(csv.reader(whole.splitlines()))
    rows[1][8] = repr(float(rows[1][8]) + 1e-3)
    path.write_text("\n".join(map(",".join, rows)) + "\n")
    assert main(["verify", str(out)]) == 1
    assert "comparison.csv: other figures than those of the runs" in capsys.readouterr().err
    path.write_bytes(b"\xff")
    assert main(["verify", str(out)]) == 1
    path.write_text(whole.partition("\n")[0] + "\n")  # of fewer scenarios, say
    assert main(["verify", str(out)]) == 0
    assert "note        comparison.csv is not about all runs that are there" in capsys.readouterr().out


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
            entry["acts_from"] = ["2018-06-01"]

    edit(out / "manifest.json", with_code)
    assert main(["verify", str(out), "--rerun", "1"]) == 2
    assert "its policy 'evil:Policy' is code that does not come with the package: not run" in capsys.readouterr().err
    assert "evil" not in sys.modules

    def without(manifest: dict[str, Any]) -> None:
        for entry in manifest["scenarios"].values():
            entry["scenario"].update(policies=[], start="2021-01-15")
            entry["acts_from"] = []

    edit(out / "manifest.json", without)
    assert main(["verify", str(out), "--rerun", "1"]) == 2
    assert "is not the one that was run" in capsys.readouterr().err
    edit(
        out / "manifest.json",
        lambda m: [e["scenario"]["territory"].update(csv="z/mine.csv") for e in m["scenarios"].values()],
    )
    assert main(["verify", str(out), "--rerun", "1", "--files", str(tmp_path)]) == 2
    assert f"{tmp_path / 'mine.csv'}: no such file: --files names its folder" in capsys.readouterr().err


def test_a_manifest_holds_the_catalogue_once(tmp_path):
    sizes = []
    for variants in (2, 6):
        many = [MADE_UP[0].with_(name=f"v{i}") for i in range(variants)]
        run_made_up(tmp_path / str(variants), 1, scenarios=many)
        sizes.append((tmp_path / str(variants) / "manifest.json").stat().st_size)
    assert (sizes[1] - sizes[0]) / 4 < 3000 < 40_000 < sizes[0]
