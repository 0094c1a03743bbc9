"""What a stranger's file may do: name files below its own folder, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ess_sim.analysis.calibration.targets import read_calibration
from ess_sim.errors import ScenarioError
from ess_sim.experiments.batches.batch import read_batch
from ess_sim.faces.cli.app import main
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.inputs.catalogue.parameters import Parameters, catalogue, override_problems
from ess_sim.model.run.read import read_scenario, read_scenarios

GOOD = 'name: s\nstart: 2020-01-01\nhorizon_years: 3\nterritory: {communes: ["53130"]}\n'
SECRET = "name: secret\ninformed_share: hunter2\nzone,name\nhunter2,hunter2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The stranger's folder, beside what is none of her business."""
    (tmp_path / "secret.yaml").write_text(SECRET)
    (tmp_path / "secret.csv").write_text(SECRET)
    folder = tmp_path / "strange"
    folder.mkdir()
    (folder / "good.yaml").write_text(GOOD)
    for kind in ("yaml", "csv"):
        (folder / f"link.{kind}").symlink_to(tmp_path / f"secret.{kind}")
    (folder / "inner").symlink_to(tmp_path)
    return folder


def said(read: Callable[[Path], Any], path: Path) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(path)
    return [str(problem) for problem in caught.value.problems]


WAYS = ("../secret", "{above}/secret", "link", "inner/secret", "good/../../secret")
BATCH = "batch: b\nscenarios: [good.yaml]\n"
CALIBRATION = "calibration: c\nparameters: [informed_share]\ntargets: [{outcome: share_lost, date: 2022-12-31, value: 0.1, sd: 0.1, source: s, grade: D}]\n"  # noqa: E501
READERS = {
    "extends": (read_scenario, "name: x\nextends: {}.yaml\n"),
    "csv": (read_scenario, GOOD.replace('{communes: ["53130"]}', "{{csv: {}.csv}}")),
    "travel_csv": (read_scenario, GOOD.replace("]}", "], travel_csv: {}.csv}}").replace("{com", "{{com")),
    "scenarios": (read_batch, BATCH.replace("[good.yaml]", "[good.yaml, {}.yaml]")),
    "draws": (read_batch, BATCH + "draws: {}.csv\n"),
    "scenario": (read_calibration, CALIBRATION.replace("{", "{{").replace("}", "}}") + "scenario: {}.yaml\n"),
}


@pytest.mark.parametrize("key", READERS)
@pytest.mark.parametrize("way", WAYS)
def test_a_file_names_only_what_lies_below_its_folder(key: str, way: str, folder: Path) -> None:
    read, text = READERS[key]
    path = folder / "strange.yaml"
    path.write_text(text.format(way.format(above=folder.parent)))
    problems = said(read, path)
    assert any("lies outside" in problem and f"{path}:" in problem for problem in problems)
    assert not any("hunter2" in problem for problem in problems)


def test_what_holds_both_may_be_the_working_directory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.parent / "base.yaml").write_text(GOOD)
    path = folder / "child.yaml"
    path.write_text("extends: ../base.yaml\nname: child\n")
    assert "lies outside" in said(read_scenario, path)[0]
    monkeypatch.chdir(folder.parent)
    assert read_scenario("strange/child.yaml").name == "child"
    monkeypatch.setenv("HOME", str(folder.parent))  # all of one's files: no folder of a project
    assert "lies outside" in said(read_scenario, path)[0]


def test_what_the_user_names_herself_may_be_named(folder: Path) -> None:
    base, child = folder.parent / "base.yaml", folder / "child.yaml"
    base.write_text(GOOD)
    child.write_text("extends: ../base.yaml\nname: child\n")
    assert [s.name for s in read_scenarios([child, base])] == ["child", "s"]


def test_the_scenarios_of_the_package_may_be_named(folder: Path) -> None:
    path = folder / "mine.yaml"
    path.write_text(f"extends: {scenarios_dir()}/laval/baseline.yaml\nname: mine\n")
    assert read_scenario(path).name == "mine"


def test_what_is_no_file_is_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    os.mkfifo(folder / "pipe.csv")
    for text, name in (("name: x\nextends: pipe.yaml\n", "x.yaml"), (BATCH + "draws: pipe.csv\n", "b.yaml")):
        (folder / name).write_text(text)
    assert "not a regular file" in said(read_scenario, folder / "x.yaml")[0]
    assert "not a regular file" in said(read_batch, folder / "b.yaml")[0]


@pytest.mark.parametrize(
    "line",
    [
        "title: !!python/object/apply:os.system ['touch ran']",
        "title: !!python/name:os.system x",
        "title: !<tag:yaml.org,2002:python/object/new:subprocess.Popen> [[touch, ran]]",
        "sources: [&a [x], &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]"
        + ", [*b, *b, *b, *b, *b, *b, *b, *b, *b]" * 999
        + "]",
        "sources: " + "[" * 5_000,
        "zz: [" + "{a: 1}," * 90_000 + "]",
    ],
    ids=["apply", "name", "new", "bomb", "deep", "flow"],
)
def test_tags_and_bombs(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    there = sorted(folder.iterdir())
    path = folder / "good.yaml"
    path.write_text(GOOD + line + "\n")
    assert all(p.startswith(f"{path}:5:") for p in said(read_scenario, path))
    assert sorted(folder.iterdir()) == there


def test_nothing_acts_on_the_terminal(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = folder / "esc\x1b[31m\u202e.yaml"
    path.write_text('extends: "\\e[31mRED\\e]0;title\\a"\nname: x\n"\\e[1m": 1\nstart: "\\x9b"\n')
    assert main(["validate", str(path)]) == 2
    shown = capfd.readouterr().err
    assert all(line.isprintable() for line in shown.split("\n"))
    assert "\\x1b[31mRED\\x1b]0;title\\x07" in shown


# --- dates that stand for text ---------------------------------------------------------------------------------------


def test_a_date_where_a_name_is_wanted(folder: Path) -> None:
    (folder / "b.yaml").write_text("batch: b\nscenarios: [2017-06-15, good.yaml]\nbaseline: 2017-06-16\n")
    assert [p.removeprefix(f"{folder}/b.yaml:").split(" (")[0] for p in said(read_batch, folder / "b.yaml")] == [
        "2:13: scenarios[0]: no such file",
    ]
    (folder / "c.yaml").write_text(CALIBRATION.replace("[informed_share]", "[2017-06-15]") + "scenario: good.yaml\n")
    (problem,) = said(read_calibration, folder / "c.yaml")
    assert "c.yaml:2:14: parameters[0]: unknown parameter '2017-06-15'" in problem


# --- what would take for ever ----------------------------------------------------------------------------------------

TOO_MUCH = {
    "supply: {list_holding_gps: [{zones: remainder, count: 200000, source: s, grade: D}]}": (
        "supply.list_holding_gps[0].count: 200,000 list-holding GPs in all for "
    ),
    "supply: {first_installations: {per_year: 100000, source: s, grade: D}}": "100,000 installations a year for ",
    "supply: {interns_per_semester: {count: 100000, source: s, grade: D}}": "100,000 interns a semester for ",
    "supply: {retired_pool: {count: 1000000, source: s, grade: D}}": "supply.retired_pool.count: at most 50,000",
    "parameters: {death_rate_at_17: 1000000}": "it lies between 0 and 1",
    "policies: [{kind: grant_cut, starts: 2020-06-01, centre: smp-nosuch, cut: 0.5}]": "no centre 'smp-nosuch'",
    "territory: {communes: [" + ", ".join(f'"z{i}"' for i in range(3000)) + "]}": "z0",
}


@pytest.mark.parametrize("line", TOO_MUCH, ids=[line[:40] for line in TOO_MUCH])
def test_sizes_are_bounded_before_a_run(line: str, folder: Path) -> None:
    path = folder / "s.yaml"
    key = line.partition(":")[0]
    path.write_text("".join(kept for kept in GOOD.splitlines(True) if not kept.startswith(key)) + line + "\n")
    problems = said(read_scenario, path)
    assert any(TOO_MUCH[line] in problem for problem in problems)
    assert len(problems) <= 201


@pytest.mark.parametrize(("key", "most"), [("replications", 100_000), ("draws", 100_000), ("jobs", 10_000)])
def test_numbers_of_a_batch_are_bounded(key: str, most: int, folder: Path) -> None:
    (folder / "b.yaml").write_text(BATCH + f"{key}: {most}\n")
    assert getattr(read_batch(folder / "b.yaml"), key) == most
    (folder / "b.yaml").write_text(BATCH + f"{key}: {most + 1}\n")
    assert f"b.yaml:3:{len(key) + 3}: {key}: must be at most {most:,}" in said(read_batch, folder / "b.yaml")[0]


@pytest.mark.parametrize("name", catalogue())
def test_every_parameter_has_an_upper_end(name: str) -> None:
    assert override_problems({name: 1e9})
    assert Parameters({name: catalogue()[name].high})[name] == catalogue()[name].high


def test_a_centre_is_there_when_its_grants_are_cut(folder: Path) -> None:
    smp = '  - {kind: smp, opens: 2021-01-01, zone: "53130", retired_gps: {count: 1}, interns: {per_semester: 1}}\n'
    path = folder / "s.yaml"
    for day, centre, wrong in (
        ("2021-01-01", "smp-53130", ""),
        ("2020-12-31", "smp-53130", "the centre 'smp-53130' opens on 2021-01-01, after this policy's first day"),
        ("2021-01-01", "smp-53130-2", ""),
        ("2021-01-01", "smp-53130-3", "no centre 'smp-53130-3' in this scenario (did you mean 'smp-53130-2'?)"),
    ):
        cut = f"  - {{kind: grant_cut, starts: {day}, centre: {centre}, cut: 0.5}}\n"
        path.write_text(GOOD + "policies:\n" + smp + smp + cut)
        assert wrong in (said(read_scenario, path)[0] if wrong else str(read_scenario(path).policies))


def test_wrong_options_are_named_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--engine", "dsk", "--design", "sobl", "--precision", "0", "--draws", "nationl", "--baseline", "x"]
    assert main(["run", str(folder / "good.yaml"), *options, "--out", str(folder / "out")]) == 2
    shown = capsys.readouterr().err
    assert all(word in shown for word in ("--engine dsk", "--design sobl", "--precision 0", "nationl", "'x'"))
    assert not (folder / "out").exists()


@pytest.mark.parametrize("key", ["csv", "travel_csv"])
def test_a_text_that_no_file_can_bear(tmp_path: Path, key: str) -> None:
    (tmp_path / "zones.csv").write_text("zone,name,lon,lat,area_km2,age,count\nA,A,0,48,4,40,9\n")
    csv = "" if key == "csv" else "csv: zones.csv, "
    file = tmp_path / "s.yaml"
    file.write_text(f'name: s\nstart: 2020-01-01\nhorizon_years: 1\nterritory: {{{csv}{key}: "a\\0"}}\n')
    with pytest.raises(ScenarioError) as caught:
        read_scenario(file)
    assert [(p.line, p.where) for p in caught.value.problems] == [(4, f"territory.{key}")]
    assert "no file can be called" in str(caught.value)
