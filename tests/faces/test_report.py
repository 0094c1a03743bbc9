from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from string import Formatter

import pytest
from stored import edit

from ess_sim.experiments.experiment import run_experiment
from ess_sim.faces.cli.app import main
from ess_sim.faces.reports import stress
from ess_sim.faces.reports.stress import _FIELDS, stress_sheet
from ess_sim.inputs.catalogue.bundled import data_path
from ess_sim.model.run.read import read_scenarios
from ess_sim.results.comparison.differences import compare
from ess_sim.results.results import Results
from ess_sim.results.storage.folder import Folder

BASE = """\
name: base
title: Two villages | as they are
description: "Question: none"
sources: ["a test"]
start: 2020-01-01
horizon_years: 1
territory:
  communes: ["53034", "53054"]
supply:
  list_holding_gps:
    - {zones: remainder, count: 2, source: somebody, grade: D}
  interns_per_semester: {count: 1, source: somebody else, grade: C}
outcomes: [share_without_mt, list_holders]
"""
CENTRE = """\
extends: base.yaml
name: centre
title: A centre opens
sources: []
supply:
  interns_per_semester: {count: 2, source: somebody else, grade: C}
parameters: {informed_share: 0.7}
policies:
  - kind: smp
    opens: 2020-03-01
    zone: "53054"
    retired_gps: {count: 3}
    interns: {per_semester: 1}
"""


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenarios")
    for name, text in (("base", BASE), ("centre", CENTRE)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return read_scenarios([folder / "base.yaml", folder / "centre.yaml"])


@pytest.fixture(scope="module")
def batch(scenarios, tmp_path_factory):
    out = tmp_path_factory.mktemp("results") / "batch"
    run_experiment(scenarios, replications=2, seed=7, jobs=1, out=out)
    return out


def item(sheet: str, title: str) -> str:
    """What stands under one heading."""
    _, _, rest = sheet.partition(f"### {title} ")
    _, _, rest = rest.partition("\n")
    return re.split(r"^#", rest, maxsplit=1, flags=re.MULTILINE)[0]


def test_all_items_of_the_checklist_are_there_and_filled(batch):
    sheet = stress_sheet(batch)
    headings = re.findall(r"^### (\S+)", sheet, flags=re.MULTILINE)
    lengths = {"1": 3, "2": 4, "2.5": 5, "3": 4, "4": 3, "5": 4, "6": 1}
    wanted = [f"{part}.{i}" for part, n in lengths.items() for i in range(1, n + 1)]
    assert sorted(headings) == sorted(wanted)
    for text in re.split(r"^### .*$", sheet, flags=re.MULTILINE)[1:]:
        assert len(text.partition("\n## ")[0].split()) > 5
    assert "{" not in re.sub(r"policy `.*|`supply.*|\| \{.*", "", sheet)  # no field is left open


def test_the_sheet_has_the_fields_that_are_filled():
    asked = {name for _, name, _, _ in Formatter().parse(data_path("stress.md").read_text(encoding="utf-8")) if name}
    assert asked == set(_FIELDS)


def test_it_tells_of_this_batch(batch):
    sheet = stress_sheet(batch)
    manifest = json.loads((batch / "manifest.json").read_text(encoding="utf-8"))
    assert "2 scenarios, 4 runs, made with ess_sim" in sheet
    assert "`list_holders` | list-holding GPs | GPs | higher" in item(sheet, "1.2")
    assert "- `base`: Two villages \\| as they are (compared with no other). Question: none" in item(sheet, "1.3")
    assert "one set of parameter values" in item(sheet, "1.3")
    assert "| base | communes: " in item(sheet, "2.5.1")
    assert "| 2.0 | 0.0 |" in item(sheet, "2.5.1")
    assert "`centre_opened` | 0.0 | 1.0" in item(sheet, "2.5.2")
    assert "| all scenarios | `supply.list_holding_gps` | {count: 2, zones: remainder} | D | somebody |" in sheet
    assert "| centre | `supply.interns_per_semester` | {count: 2} | C | somebody else |" in item(sheet, "3.1")
    assert "day 0 is 2020-01-01" in item(sheet, "4.1")
    assert "No warm-up" in item(sheet, "4.1")
    assert "1 year, 2020-01-01 to 2021-01-01" in item(sheet, "4.2")
    assert "2 replications of every scenario; 4 of 4 runs are finished, 0 failed; the batch is complete." in sheet
    assert "Root seed 7." in item(sheet, "5.2")
    assert re.search(r"numba \d", item(sheet, "5.1"))
    assert "processes, 1 jobs" in item(sheet, "5.3")
    assert re.search(r"in seconds: [\d.]+\.", item(sheet, "5.4"))
    assert "licence MIT" in item(sheet, "6.1")
    for name in ("base", "centre"):
        assert f"| {name} | {manifest['scenarios'][name]['digest'][:16]} |" in item(sheet, "6.1")
    assert str(batch) not in sheet  # where somebody keeps results is nobody else's business


def test_it_tells_what_a_scenario_changes_and_nothing_else(batch):
    base, centre = item(stress_sheet(batch), "2.3").split("- `centre`, against `base`:\n")
    assert base.strip() == "- `base`:\n  - no policy"
    policy, *changes = centre.strip().splitlines()
    assert policy.startswith("- with policy `smp`: Young retired GPs")
    assert "opens: 2020-03-01" in policy
    assert changes == [
        "  - `supply.interns_per_semester.count`: 1 → 2",
        "  - `parameters.informed_share`: not given → 0.7",
    ]


def test_parameters_and_their_grades_are_those_that_were_read(batch):
    sheet, results = stress_sheet(batch), Results.read(batch)
    shown = re.findall(r"^\| `(\w+)` \|", item(sheet, "3.3"), flags=re.MULTILINE)
    entries = map(Folder.read(batch).entry, results.scenarios)
    assert set(shown) == {p["name"] for entry in entries for p in entry["parameters"] if p["read"]}
    assert "| `informed_share` | 0.5 or 0.7 | 0–0.9 | share | D |" in sheet
    assert "- centre: the catalogue's values but for `informed_share` = 0.7." in sheet
    for name in ("base", "centre"):
        assert f"- {name}: {len(results.grade_d[name])} parameters are assumptions" in item(sheet, "3.4")
        assert f", {len(results.grade_d[name])} D (assumption)." in item(sheet, "3.3")


def test_estimates_are_those_of_the_comparison(batch, monkeypatch):
    """Two replications are too few for an interval to be shown."""
    found = compare(Results.read(batch), baseline="base", outcomes="share_without_mt").iloc[-1]
    alone = f"| {found['difference']:+.2f} pp |".replace("-", "−")
    assert alone in item(stress_sheet(batch), "4.3")
    monkeypatch.setattr(stress, "FEWEST", 2)
    shown = f"{found['difference']:+.2f} [{found['low']:+.2f}, {found['high']:+.2f}] pp".replace("-", "−")
    assert shown in item(stress_sheet(batch), "4.3")


def test_draws_are_told(scenarios, tmp_path):
    run_experiment(scenarios[:1], replications=1, draws=2, seed=1, jobs=1, out=tmp_path / "drawn")
    sheet = stress_sheet(tmp_path / "drawn")
    assert "every scenario with 2 draws of the uncertain parameters (latin-hypercube)" in item(sheet, "1.3")
    assert "`call_rate_per_year` *" in item(sheet, "3.3")
    assert "1 replication with each of 2 parameter draws of every scenario; 2 of 2 runs are finished" in sheet
    assert "none in this batch" in item(sheet, "2.2")
    assert "no centre in this batch" in item(sheet, "2.1")
    assert "nan" not in item(sheet, "4.3")


def test_what_is_missing_is_said_to_be_missing(scenarios, tmp_path):
    def stop(done: int, total: int, what: str) -> None:  # noqa: ARG001
        if done == 3:
            raise KeyboardInterrupt

    folder = tmp_path / "part"
    with pytest.raises(KeyboardInterrupt):
        run_experiment(scenarios, replications=2, seed=7, jobs=1, out=folder, progress=stop)
    (folder / "run.log").unlink()
    edit(folder / "manifest.json", lambda said: said.update(complete=False, ess_sim="0.0.1"))
    sheet = stress_sheet(folder)
    assert "versions of Python and its libraries: not recorded" in item(sheet, "5.1")
    assert "computed by: not recorded" in item(sheet, "5.3")
    assert "System: not recorded" in item(sheet, "5.4")
    assert "3 of 4 runs are finished, 0 failed; the batch is NOT complete." in item(sheet, "4.3")
    assert "Of the replications that every scenario has finished (1 of 2):" in item(sheet, "4.3")
    assert "made with ess_sim 0.0.1. Statements about the model itself refer to ess_sim" in sheet


def test_on_the_command_line(batch, tmp_path, capsys):
    assert main(["report", str(batch), "--stress"]) == 0
    sheet = capsys.readouterr().out
    assert sheet == stress_sheet(batch)
    out = tmp_path / "new" / "stress.md"
    assert main(["report", str(batch), "--stress", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert out.read_text(encoding="utf-8") == sheet


def test_bad_input_on_the_command_line(batch, tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    for arguments, told in (
        ([str(tmp_path / "nowhere")], "manifest.json"),
        ([str(batch), "--out", str(tmp_path / "file" / "x.md")], "cannot be written"),
        ([str(batch), "--strees"], "wrong usage"),
    ):
        assert main(["report", "--stress", *arguments]) == 2
        assert told in capsys.readouterr().err


def test_an_unfinished_folder_is_refused(batch, tmp_path, capsys):
    folder = tmp_path / "nothing"
    shutil.copytree(batch, folder)
    shutil.rmtree(folder / "cells")
    assert main(["report", "--stress", str(folder)]) == 2
    assert "2 runs of base were finished, but 0 are there" in capsys.readouterr().err
    edit(folder / "manifest.json", lambda said: said.update(complete=False))
    assert main(["report", "--stress", str(folder)]) == 2
    assert "no finished run" in capsys.readouterr().err


def test_it_needs_nobody_elses_files(batch, tmp_path, monkeypatch):
    """The sheet is written from the folder alone, wherever it is."""
    moved = tmp_path / "moved"
    shutil.copytree(batch, moved)
    monkeypatch.chdir(tmp_path)
    assert stress_sheet(Path("moved")) == stress_sheet(batch)
