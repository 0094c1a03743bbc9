"""Damage and edits in a results folder: found by every reader or harmless, and mended by running again."""

from __future__ import annotations

import csv
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
from stored import (
    MADE_UP,
    edit,
    edited,
    forged,
    interrupted,
    made_up_runs,
    numbers,
    pack_of,
    part_of,
    run_made_up,
)

from ess_sim.errors import ResultsError
from ess_sim.faces.cli.app import main
from ess_sim.faces.cli.parts.compare import write_comparison
from ess_sim.results.comparison.pairing import baselines
from ess_sim.results.results import Results
from ess_sim.results.storage import parts
from ess_sim.results.storage.files import footers
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.layout import Layout
from ess_sim.results.verification import verify


def seen(out: Path, path: Path) -> tuple[Any, list[pd.DataFrame]]:
    """What readers can see of one of a folder's files."""
    folder = Folder.read(out)
    said = folder.manifest, folder.summaries()
    if path.suffix == ".journal":
        return said, [folder.table(key, table) for key in folder.finished() for table in ("flows", "outcomes")]
    if path.suffix != ".parquet":
        return said, []
    return said, [folder.table(key, path.parent.name) for key in folder.finished()]


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
    described = Layout(out).crate
    files = [p for p in sorted(out.rglob("*")) if p.suffix in (".parquet", ".json", ".journal") and p != described]
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


def test_every_flipped_byte_is_found_or_harmless(out):
    assert silent(out, 100, seed=5) == []


def test_every_flipped_byte_of_a_journal_is_found_or_harmless(tmp_path):
    """Or it costs a whole run, which is then no longer there."""
    out = tmp_path / "out"
    interrupted(out)
    path, rng = out / "runs.journal", np.random.default_rng(6)
    (said, summaries), frames = seen(out, path)
    for _ in range(25):
        before = flipped(path, rng)
        with suppress(ResultsError):
            (now, fewer), others = seen(out, path)
            if sum(s.runs for s in fewer.values()) == sum(s.runs for s in summaries.values()):
                assert (now, fewer) == (said, summaries)
                assert all(a.equals(b) for a, b in zip(frames, others, strict=True))
        path.write_bytes(before)


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

    monkeypatch.setattr(parts, "hashlib", SimpleNamespace(sha256=Blind))
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


def flipped_body(path: Path) -> None:
    """Changes a bit of the last run's row groups."""
    data = bytearray(path.read_bytes())
    data[len(data) - len(footers.tail_of(bytes(data))) - 9] ^= 1
    path.write_bytes(data)


DAMAGE = {
    "table": lambda out: edited(out),
    "notes": lambda out: part_of(out).path.write_text("{}"),
    "exchanged notes": lambda out: edit(part_of(out).path, lambda said: said["runs"].reverse()),
    "exchanged tables": lambda out: shutil.copy(pack_of(out, "flows"), pack_of(out, "calls")),
    "a body": lambda out: flipped_body(pack_of(out, "facts")),
    "a table, gone": lambda out: pack_of(out, "facts").unlink(),
    "manifest, a byte": lambda out: flipped(out / "manifest.json", np.random.default_rng(1)),
    "manifest, cut off": lambda out: (out / "manifest.json").write_bytes((out / "manifest.json").read_bytes()[:900]),
    "manifest, empty": lambda out: (out / "manifest.json").write_bytes(b""),
    "manifest, gone": lambda out: (out / "manifest.json").unlink(),
    "runs, gone": lambda out: [p.unlink() for p in out.rglob(f"{part_of(out).name}.*")],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_found_and_running_again_mends_it(out, whole, damage):
    damage(out)
    with pytest.raises(ResultsError, match=r"makes it again|no results here|not a manifest"):
        numbers(out)
    run_made_up(out)
    assert contents(out) == contents(whole)


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


def test_a_damaged_run_of_a_scenario_that_is_not_asked_for(out):
    flipped_body(pack_of(out, "facts"))
    with pytest.raises(ResultsError, match="makes it again"):
        numbers(out)
    run_made_up(out, 3, scenarios=MADE_UP[:1])  # which puts the others in another order
    assert json.loads((out / "manifest.json").read_text())["complete"] is False
    assert "left out: " in (out / "run.log").read_text()
    assert len(Folder.read(out).finished()) == 4
    run_made_up(out)
    assert len(Folder.read(out).finished()) == 5
    assert verify(out).problems == ()


def test_verify_finds_all_at_once(out, capsys):
    flows = pack_of(out, "flows")
    flows.unlink()
    facts = pack_of(out, "facts")
    flipped_body(facts)
    outcomes = edited(out)
    found = verify(out)
    assert {text.split(":")[0] for text in found.problems} == set(map(str, (flows, facts, outcomes)))
    assert (found.runs, found.tables, found.fingerprint) == (4, 40, None)
    assert main(["verify", str(out)]) == 1
    said = capsys.readouterr()
    assert "3 problems" in said.err
    assert "fingerprint" not in said.out
    (out / "manifest.json").write_bytes((out / "manifest.json").read_bytes()[:-50])
    assert len(set(verify(out).problems)) == 4
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
    part_of(out).path.unlink()
    assert "2 runs of base were finished, but 0 are there" in verify(out).problems[0]
    edit(out / "manifest.json", lambda said: said.update(complete=False))
    found = verify(out)
    assert found.problems == ()
    assert "not complete" in found.remarks[0]


def test_the_fingerprint_is_that_of_the_results(whole, tmp_path):
    expected = Results.read(whole).fingerprint
    assert expected == json.loads((whole / "manifest.json").read_text())["fingerprint"]
    stopped = tmp_path / "stopped"
    interrupted(stopped)
    assert Results.read(stopped).fingerprint != expected
    run_made_up(stopped)
    assert Results.read(stopped).fingerprint == expected
    grown = tmp_path / "grown"
    run_made_up(grown, 1)
    assert Results.read(grown).fingerprint != expected
    run_made_up(grown, 2)
    assert Results.read(grown).fingerprint == expected
    run_made_up(grown, 2, seed=2, overwrite=True)
    assert Results.read(grown).fingerprint != expected
    for name, options in {"drawn": {"draws": 2}, "fewer": {"keep": ["facts"]}}.items():
        run_made_up(tmp_path / name, 2, **options)
        assert Results.read(tmp_path / name).fingerprint != expected
        assert verify(tmp_path / name).problems == ()


def more_points(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(value=frame["value"] + 0.05)


def test_a_forger_who_seals_again_is_found_by_the_content(out):
    forged(out, more_points)
    assert "the content of outcomes is not that of which the note" in verify(out).problems[0]


def test_new_digests_everywhere_are_found_by_simulating_again(out, capsys):
    with made_up_runs():
        assert main(["verify", str(out), "--rerun", "3"]) == 0
        assert capsys.readouterr().out.count("the same content in all tables") == 3
        forged(out, more_points, content=True)
        edit(out / "manifest.json", lambda m: m.update(complete=False))
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
