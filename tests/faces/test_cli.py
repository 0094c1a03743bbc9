from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from commands import BASE, hear_ctrl_c
from stored import MADE_UP, made_up_runs
from work import PATIENCE

from ess_sim.experiments import estimate
from ess_sim.experiments.draws.posterior import Posterior
from ess_sim.faces.cli.app import main
from ess_sim.faces.cli.parts import reading
from ess_sim.faces.cli.parts.costs import of_surroundings
from ess_sim.faces.cli.parts.printing import print_caveats
from ess_sim.faces.cli.parts.reading import read_files, say_what_binds
from ess_sim.inputs.scenario.files import write_scenario
from ess_sim.model.run.read import read_scenario
from ess_sim.results.keeping import Keep


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE)
    Path("more.yaml").write_text(BASE.replace("name: base", "name: more").replace("count: 2", "count: 3"))
    return tmp_path


def test_run_compare_and_run_again(here, capsys):
    command = ["run", "base.yaml", "more.yaml", "-n", "2", "-s", "4", "-j", "1"]
    assert main([*command, "--lang", "fr"]) == 0
    said = capsys.readouterr()
    assert "difference from base" in said.out
    assert "grade-D parameters" in said.out
    assert "assumed: " in said.out
    assert "0/4: running" in said.err
    out = here / "results" / "base"
    assert {"manifest.json", "run.log", "comparison.csv", "share.png", "report.html"} <= {p.name for p in out.iterdir()}
    french = [(out / name).read_bytes() for name in ("report.html", "share.png")]
    assert b'<html lang="fr">' in french[0]
    table = pd.read_csv(out / "comparison.csv")
    assert set(table["outcome"]) == {"share_without_mt", "list_holders"}
    assert main(command) == 0
    assert b'<html lang="en">' in (out / "report.html").read_bytes()
    assert (out / "share.png").read_bytes() != french[1]
    capsys.readouterr()
    assert main([*command, "--lang", "de"]) == 2
    assert "--lang de: choose among en, fr" in capsys.readouterr().err
    assert main(["run", "base.yaml", "more.yaml", "-n", "1", "-j", "1"]) == 2
    assert "--overwrite" in capsys.readouterr().err.splitlines()[-1]
    assert main([*command[:4], "1", "-j", "1", "--overwrite", "--no-figure", "--no-report", "--baseline", "more"]) == 0
    assert "difference from more" in capsys.readouterr().out
    assert not (out / "share.png").exists()
    assert not (out / "report.html").exists()

    assert main(["compare", str(out), "--csv", "--outcome", "refusal_rate"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("scenario,baseline,date,outcome,unit,n,")
    assert "refusal_rate" in said
    assert main(["compare", str(out), "--baseline", "mor"]) == 2
    assert "did you mean 'more'" in capsys.readouterr().err
    assert main(["compare", str(out)]) == 0
    assert "list-holding GPs" in capsys.readouterr().out


@pytest.mark.usefixtures("here")
def test_a_part_run_again_loses_no_comparison_of_the_others(capsys):
    Path("most.yaml").write_text(BASE.replace("name: base", "name: most").replace("count: 2", "count: 4"))
    quick = ["-j", "1", "--no-figure", "--no-report", "-o", "out"]
    assert main(["run", "base.yaml", "more.yaml", "most.yaml", "-n", "2", *quick]) == 0
    table = Path("out/comparison.csv").read_bytes()
    assert main(["run", "more.yaml", "most.yaml", "-n", "2", *quick]) == 0
    order = pd.read_csv("out/comparison.csv").sort_values(["outcome", "scenario"], ignore_index=True)
    Path("whole.csv").write_bytes(table)
    assert order.equals(pd.read_csv("whole.csv").sort_values(["outcome", "scenario"], ignore_index=True))
    capsys.readouterr()
    assert main(["run", "base.yaml", "more.yaml", "-n", "3", *quick]) == 0  # more of them: those in common, and all
    said = capsys.readouterr()
    assert "mean of 2 replications" in said.out
    assert "all 3 replications of what was asked for" in said.out
    assert "note:" not in said.err
    assert set(pd.read_csv("out/comparison.csv")["n"]) == {2}
    assert main(["verify", "out"]) == 0
    capsys.readouterr()
    assert (
        main(["run", "base.yaml", "more.yaml", "-n", "3", *quick, "--baseline", "more"]) == 0
    )  # said: done, and named
    said = capsys.readouterr()
    assert "note: more: its baseline is none from now on, base so far" in said.err
    assert "note: base: its baseline is more from now on, none so far" in said.err
    pairs = pd.read_csv("out/comparison.csv")[["scenario", "baseline"]].drop_duplicates()
    assert dict(pairs.itertuples(index=False)) == {"base": "more", "most": "base"}


@pytest.mark.usefixtures("here")
def test_a_folder_with_more_replications_is_shown_whole(capsys):
    """As its report and its comparison are."""
    quick = ["-j", "1", "--no-figure", "--no-report", "-o", "out"]
    for n in (2, 1):
        assert main(["run", "base.yaml", "more.yaml", "-n", str(n), *quick]) == 0
        said = capsys.readouterr()
        assert "mean of 2 replications" in said.out
        assert ("note: out holds 2 replications: all of them count" in said.err) == (n == 1)
    assert set(pd.read_csv("out/comparison.csv")["n"]) == {2}


def test_compare_by_zone(here, capsys):
    assert main(["run", "base.yaml", "more.yaml", "-n", "5", "-j", "1", "--no-figure", "--no-report"]) == 0
    out = str(here / "results" / "base")
    capsys.readouterr()
    assert main(["compare", out, "--by", "zone"]) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert lines[0] == "share of residents aged 17+ without MT"
    assert lines[1].startswith("more against base, 20")
    assert "mean of 5 replications [95 % interval]" in lines[1]
    assert lines[3].split() == ["group", "code", "adults", "base", "difference", "residents"]
    assert [line.split("  ")[0] for line in lines[4:7]] == ["all residents", "Bonchamp-lès-Laval", "Changé"]
    assert "  53054  " in lines[6]
    assert " pp [" in lines[6]
    assert "list-holding GPs" not in said  # declared, but no share of residents
    assert "grade-D parameters" in said

    assert main(["compare", out, "--by", "ald", "--by", "zone", "--csv"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("scenario,baseline,date,outcome,unit,ald,zone,group,adults,residents,residents_low,")
    assert "with ALD, Changé" in said
    assert main(["compare", out, "--by", "zone", "--outcome", "median_minutes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "median of the minutes to the MT, residents listed in the territory"
    assert [line.split("  ")[0] for line in lines[4:7]] == ["all residents", "Bonchamp-lès-Laval", "Changé"]
    assert all(" minutes [" in line and line.endswith("–") for line in lines[4:7])

    for wrong, words in (
        (["--by", "ald", "--outcome", "median_minutes"], "median_minutes is not known by ald: choose among zone, "),
        (["--by", "zne"], "did you mean 'zone'"),
        (["--by", "zone", "--outcome", "list_holders"], "these can: share_without_mt, "),
        (["--by", "zone", "--date", "2019-01-01"], "nothing was recorded on 2019-01-01"),
    ):
        assert main(["compare", out, *wrong]) == 2
        assert words in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_parameters_outside_their_range_are_noted(capsys):
    for name in ("base", "more"):
        path = Path(f"{name}.yaml")
        path.write_text(path.read_text().replace("parameters: {", "parameters: {stretch_per_year: 0.4, "))
    note = "parameters.stretch_per_year: per year, grade D, defensible range 0.01 to 0.06; 0.4 is outside the def"
    assert main(["validate", "base.yaml"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if "parameters." in line] == [f"  note: {note}ensible range"]
    say_what_binds(read_files([Path("base.yaml"), Path("more.yaml")]))
    assert f"note: base and 1 more: {note}" in capsys.readouterr().err


def test_the_module_ends_with_the_commands_exit_code(tmp_path):
    command = [sys.executable, "-m", "ess_sim", "compare", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no results here" in done.stderr


def test_costs(here, capsys):
    assert main(["run", "base.yaml", "more.yaml", "-n", "3", "-j", "1", "--no-figure", "--no-report"]) == 0
    assert "who is left out at the end" in capsys.readouterr().out
    out = here / "results" / "base"
    assert main(["costs", str(out), "--discount", "0.04", "--threshold", "50", "--threshold", "200"]) == 0
    said = capsys.readouterr().out
    for words in (
        "discounted at 4 % a year",
        "net, difference",
        "mean of 3 replications: too few for an interval (from 5 on)",
        "resident-years gained",
        "200 €",
        "grade-D parameters",
    ):
        assert words in said
    assert "[" not in said
    table = pd.read_csv(out / "costs.csv", keep_default_na=False)
    assert set(table["discount"]) == {0.04}
    assert set(table.loc[table["measure"] == "net_benefit", "of"]) == {"50", "200"}
    assert (out / "costs.png").stat().st_size > 10_000
    # costs go with the results: the folder is still one that can be gone on with
    assert main(["run", "base.yaml", "more.yaml", "-n", "3", "-j", "1", "--no-figure", "--no-report"]) == 0
    capsys.readouterr()
    assert main(["costs", str(out), "--discount", "2.5"]) == 2
    assert "2.5 is not a discount rate" in capsys.readouterr().err


@pytest.mark.parametrize(("halo", "lines"), [(None, 0), (0, 0), (20, 1)])
def test_costs_say_where_residents_around_are_counted(halo, lines):
    about = SimpleNamespace(scenario={"territory": {"halo_minutes": halo}})
    said = of_surroundings(SimpleNamespace(scenarios=["base"], about=lambda _: about))
    assert len(said) == lines
    assert all("Residents of the communes around are counted, too" in line for line in said)


def test_what_draws_vary_is_one_assumption(capsys):
    texts = [f"GPs in other work on day 0: {n}, from the number of list-holders" for n in (81, 69, 75)]
    texts += ["assumption (grade D): ages of 68 are those of 53", "interns: none"]
    texts += [f"pool on day 0: {n}, {rate} for each of 62 list-holders" for n, rate in ((58, 0.93), (56, 0.9046512))]
    print_caveats(SimpleNamespace(grade_d={}, assumed={"a": tuple(texts), "b": tuple(texts[:1])}))
    assert capsys.readouterr().out.splitlines() == [
        "assumed: GPs in other work on day 0: 69 to 81, from the number of list-holders",
        "assumed: ages of 68 are those of 53 (grade D)",
        "assumed: interns: none",
        "assumed: pool on day 0: 56 to 58, 0.904651 to 0.93 for each of 62 list-holders",
    ]


def test_one_scenario_is_run_without_comparison(here, capsys):
    assert main(["run", "base.yaml", "-n", "1", "-o", "one"]) == 0
    said = capsys.readouterr().out
    assert "no interval can be stated" in said
    assert "difference" not in said
    assert not (here / "one" / "comparison.csv").exists()


def test_every_problem_is_reported_and_nothing_is_run(here, capsys):
    bad = BASE.replace("name: base", "name: bad").replace("horizon_years", "horizon_yaers")
    Path("bad.yaml").write_text(bad.replace("count: 2", "count: -2"))
    for command in (["run", "base.yaml", "bad.yaml"], ["validate", "bad.yaml", "base.yaml"]):
        assert main(command) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) >= 3
        assert [line.partition(":")[0] for line in lines[:-1]] == ["bad.yaml"] * (len(lines) - 1)
        problems = len(lines) - 1
        assert lines[-1] == f"{problems} problems in 1 file: nothing was run, nothing was written"
    assert not (here / "results").exists()


@pytest.mark.usefixtures("here")
def test_a_wrong_baseline_is_refused_before_anything_runs(capsys):
    assert main(["run", "base.yaml", "more.yaml", "--baseline", "bsae"]) == 2
    assert "did you mean 'base'" in capsys.readouterr().err
    assert not Path("results").exists()


@pytest.mark.usefixtures("here")
def test_validate(capsys):
    assert main(["validate", "base.yaml", "more.yaml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("base.yaml: base: 2020-01-01 to 2021-01-01")


@pytest.mark.parametrize(
    "command", [["run"], ["run", "x.yaml", "-n", "0"], ["nothing"], ["run", "x.yaml", "--bogus"], ["compare"], []]
)
def test_wrong_usage(command, capsys):
    assert main(command) == 2
    assert "--help" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["describe", "zzzzzz.yaml"], "error: zzzzzz.yaml: no such file\n1 problem in 1 file: nothing was run"),
        (["nothing"], "error: No such command"),
        (["run", "base.yaml", "--keep", "fcts", "--snapshots", "x"], "error: keep: no table 'fcts'"),
    ],
)
@pytest.mark.usefixtures("here")
def test_every_line_that_names_a_fault_begins_alike(command, said, capsys):
    assert main(command) == 2
    lines = capsys.readouterr().err
    assert lines.startswith(said)
    assert all(line.startswith(("error: ", "wrong usage: ", "1 problem ")) for line in lines.splitlines())


@pytest.mark.parametrize("command", [["--help"], ["-h"], ["run", "-h"], ["compare", "--help"], ["scenarios", "-h"]])
def test_help_teaches(command, capsys):
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "Example" in said
    assert "ess-sim" in said


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("ess_sim ")


def test_shipped_scenarios_are_listed_and_copied(tmp_path, capsys):
    assert main(["scenarios"]) == 0
    assert "baseline.yaml" in capsys.readouterr().out
    assert main(["scenarios", "--copy", str(tmp_path)]) == 0
    copied = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert all(p.is_file() for p in copied)
    assert main(["validate", *(str(p) for p in copied if p.suffix == ".yaml")]) == 0
    capsys.readouterr()
    assert main(["scenarios", "--copy", str(tmp_path)]) == 2
    assert "nothing was copied" in capsys.readouterr().err


def test_territories(capsys):
    assert main(["territories", "laval agglo"]) == 0
    assert "200083392" in capsys.readouterr().out
    assert main(["territories", "no such place"]) == 2
    assert "no such place" in capsys.readouterr().err


def test_policies(capsys):
    assert main(["policies"]) == 0
    said = capsys.readouterr().out
    assert "smp\n" in said
    assert "opens: date (required)" in said
    assert "default 0.2" in said
    assert "finance: fields (default see below)" in said
    assert not {"{", "[", "default )"} & {*said, *said.split()}


@pytest.mark.usefixtures("here")
def test_a_failed_run_ends_with_one_and_without_traceback(capsys):
    Path("bad.yaml").write_text(BASE.replace("name: base", "name: bad") + "policies: [{kind: 'records:Stumble'}]\n")
    assert main(["run", "base.yaml", "bad.yaml", "-n", "1", "-j", "1", "--allow-code"]) == 1
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("error: 1 of 2 runs failed")
    assert "Traceback" not in said
    assert main(["run", "base.yaml", "bad.yaml", "-n", "1", "-j", "1", "--allow-code", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_unexpected_errors_end_with_one(capsys, monkeypatch):
    import ess_sim.faces.cli.parts.reading as reading

    monkeypatch.setattr(reading, "read_files", lambda *_, **__: 1 / 0)
    assert main(["run", "base.yaml"]) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said.splitlines()[-1]
    assert "Traceback" not in said


@pytest.mark.parametrize(("said", "last"), [((), "nothing was kept"), (("2 runs are kept",), "2 runs are kept")])
def test_ctrl_c_has_a_last_line_everywhere(capsys, monkeypatch, said, last):
    import ess_sim.faces.cli.parts.reading as reading

    def interrupted(*_, **__):
        raise KeyboardInterrupt(*said)

    monkeypatch.setattr(reading, "read_files", interrupted)
    assert main(["run", "base.yaml"]) == 130
    assert capsys.readouterr().err == f"interrupted: {last}\n"


def test_a_reader_may_leave():
    command = f"{sys.executable} -m ess_sim territories | head -1"
    done = subprocess.run(["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (141, "")


BATCH = """\
batch: two
scenarios: [base.yaml, more.yaml]
vary: {parameters.informed_share: [0.2, 0.8]}
outcomes: [list_holders]
replications: 2
jobs: 1
"""


@pytest.mark.usefixtures("here")
def test_a_batch_file_says_what_to_run(capsys):
    Path("batch.yaml").write_text(BATCH)
    assert main(["run", "batch.yaml", "--replications", "1"]) == 0
    said = capsys.readouterr().out
    assert "difference from its baseline" in said
    assert said.startswith("list-holding GPs")
    table = pd.read_csv("results/two/comparison.csv")
    assert set(zip(table["scenario"], table["baseline"], strict=True)) == {
        (f"more.informed_share-{v}", f"base.informed_share-{v}") for v in (0.2, 0.8)
    }
    assert main(["compare", "results/two", "--csv"]) == 0
    assert capsys.readouterr().out.splitlines() == Path("results/two/comparison.csv").read_text().splitlines()
    assert main(["run", "batch.yaml", "base.yaml"]) == 2
    assert "give it alone" in capsys.readouterr().err
    Path("batch.yaml").write_text(BATCH.replace("base.yaml,", "bsae.yaml,"))
    assert main(["run", "batch.yaml"]) == 2
    assert "batch.yaml:2:" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_a_wanted_precision_is_reached_or_reported_as_missed(capsys):
    command = ["run", "base.yaml", "more.yaml", "-j", "1", "--no-figure", "--no-report"]
    assert main([*command, "--precision", "20"]) == 0
    assert "± 20 reached after" in capsys.readouterr().out
    assert main([*command, "-o", "two", "--precision", "0.001", "-n", "3"]) == 0
    assert "± 0.001 NOT reached after 3 replications" in capsys.readouterr().out
    for option in (["--precision", "0"], ["--engine", "dusk"], ["--design", "x"], ["--scheduler", "tcp://h:1"]):
        assert main([*command, "-o", "three", *option]) == 2
        assert option[0] in capsys.readouterr().err
    assert main([*command, "-o", "three", "--engine", "threads"]) == 2
    assert "--engine threads: a run holds Python's global lock" in capsys.readouterr().err
    assert not Path("three").exists()


@pytest.mark.usefixtures("here")
def test_draws(capsys):
    command = [
        "run",
        "base.yaml",
        "more.yaml",
        "-j",
        "1",
        "--no-figure",
        "--no-report",
        "-n",
        "2",
        "--draws",
        "2",
        "-o",
        "out",
    ]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "mean of 2 parameter draws, each of 2 replications: too few for an interval" in said
    assert "95 % ranges: none, as they need 10 parameter draws or more, not 2" in said
    assert main(command) == 0
    assert capsys.readouterr().out == said
    assert main(["run", "base.yaml", "-o", "no", "--draws", "2", "--precision", "1"]) == 2
    assert "--precision goes without --draws" in capsys.readouterr().err


def test_what_is_not_kept_is_said_and_the_rest_is_there(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for scenario in MADE_UP:
        write_scenario(scenario, f"{scenario.name}.yaml")
    command = ["run", "base.yaml", "more.yaml", "-j", "1", "-n", "2", "--no-figure", "--no-report", "-o"]
    with made_up_runs():
        assert main([*command, "few", "--keep", "outcomes"]) == 0
        assert "whether posts were filled is not known here: it takes the tables facts and careers" in (
            capsys.readouterr().out
        )
        assert main([*command, "yearly", "--snapshots", "yearly"]) == 0
        capsys.readouterr()
        for line, code, words in (
            (["compare", "few"], 0, "difference from base"),
            (["compare", "few", "--by", "zone"], 2, "the table snapshots was not kept"),
            (["costs", "few"], 2, "the table facts was not kept"),
            (["compare", "yearly", "--by", "zone"], 0, "more against base"),
            (["compare", "yearly", "--by", "zone", "--date", "2020-06-30"], 2, "no snapshot of 2020-06-30 was kept"),
            (["costs", "yearly", "--no-figure"], 0, "resident-year"),
            ([*command, "none", "--keep", "flow", "--snapshots", "daily"], 2, "did you mean 'flows'"),
            ([*command, "none", "--keep", "facts", "--snapshots", "yearly"], 2, "says nothing where keep leaves"),
        ):
            assert main(line) == code
            said = capsys.readouterr()
            assert words in (said.err if code else said.out)
            assert "Traceback" not in said.err
    assert not Path("none").exists()


@pytest.mark.usefixtures("here")
def test_what_cannot_fit_is_said_before_it_starts(capsys, monkeypatch):
    assert main(["validate", "--size", "base.yaml"]) == 0
    _, size, takes = capsys.readouterr().out.splitlines()[-3:]
    assert " adults, 2 zones, 2 GPs, " in size
    assert " MB in each worker and " in takes
    Path("batch.yaml").write_text("batch: b\nscenarios: [base.yaml]\nreplications: 3000\nsnapshots: none\n")
    assert main(["validate", "--size", "batch.yaml"]) == 0
    assert "  size: at usual rates 3,000 runs take about " in capsys.readouterr().out
    monkeypatch.setattr(estimate, "memory_here", lambda: 1e8)
    monkeypatch.setattr(reading, "memory_here", lambda: 1e8)
    assert main(["run", "base.yaml", "-n", "1", "-o", "out"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("error: a run needs about ")
    assert "this machine has 100 MB" in said
    assert not Path("out").exists()
    assert main(["validate", "--size", "base.yaml"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("this machine has 100 MB of memory: it is not run here")
    most = estimate.estimated([read_scenario("base.yaml")], 1).memory
    monkeypatch.setattr(estimate, "memory_here", lambda: most - 1)
    assert main(["validate", "--size", "base.yaml"]) == 0
    assert "it is not run here; with --keep outcomes,facts,accounts it needs " in capsys.readouterr().out


def test_what_is_not_kept_needs_no_memory():
    france = estimate.Size(53_726_864, 34_917, 20, 52_000, 1_500)
    few, yearly, whole = (
        france.memory(Keep.of(*keep)) / 1e9
        for keep in (("outcomes,facts",), ("outcomes,facts,snapshots", "yearly"), (None,))
    )
    assert 4 < few < yearly < 8 < 20 < whole
    assert france.seconds(Keep.of("outcomes")) < france.seconds(Keep())


@pytest.mark.usefixtures("here")
def test_ranges_of_ten_draws(capsys):
    command = [
        "run",
        "base.yaml",
        "more.yaml",
        "-j",
        "1",
        "--no-figure",
        "--no-report",
        "-n",
        "1",
        "--draws",
        "10",
        "-o",
        "out",
    ]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "mean of 10 parameter draws, each of 1 replication [95 % interval]" in said
    header, row = said[said.index("95 % ranges at the end") :].splitlines()[2:4]
    assert header.split("  ")[-1] == "one future"
    assert re.fullmatch(r"more +pp +[+−]\S+  \[\S+ \S+\] +– +\[\S+ \S+\]", row)


@pytest.mark.usefixtures("here")
def test_draws_of_a_calibration_bring_its_warnings(capsys):
    about = {
        "parameters": [{"name": "informed_share", "identified": False}],
        "warnings": ["not identified: informed_share. The targets leave", "share_lost is missed: no likely values"],
    }
    Posterior("mine", ({"informed_share": 0.2}, {"informed_share": 0.6}), about).write("fits/mine")
    Path("fits/batch.yaml").write_text("batch: b\nscenarios: [../base.yaml]\ndraws: mine\nreplications: 1\njobs: 1\n")
    assert main(["run", "fits/batch.yaml", "--no-figure", "--no-report", "-o", "out"]) == 0
    expected = "1 of 1 parameters not identified (their values say what was assumed); share_lost is missed"
    warning = [line for line in capsys.readouterr().err.splitlines() if "mine" in line]
    assert warning == [
        f"WARNING: draws of mine: {expected}",
        '         in full: "warnings" in fits/mine/manifest.json; what they mean: docs/experiments.md',
    ]
    drawn = json.loads(Path("out/manifest.json").read_text())["draws"]
    assert (drawn["method"], drawn["n"]) == ("posterior mine", 2)
    # those that come with the package; nothing is run, as the folder holds results of other draws
    assert main(["run", "base.yaml", "-n", "1", "--draws", "national", "-o", "out"]) == 2
    said = capsys.readouterr().err
    assert "WARNING: draws of national: 17 of 19 parameters not identified" in said
    assert "posterior_national.json" in said


CALIBRATION = """\
calibration: two
scenario: base.yaml
parameters: [informed_share, call_rate_per_year]
targets:
  - {outcome: share_without_mt, date: 2020-12-31, value: 0.12, sd: 0.01, source: made up, grade: D}
simulations: 20
draws: 2
"""


@pytest.mark.validate
def test_a_killed_calibration_goes_on_to_the_same_bytes(here):
    Path("calibration.yaml").write_text(CALIBRATION)
    kept = here / "out" / "unfinished.txt"
    for blow, code in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
        before = kept.read_bytes().count(b"\n") if kept.exists() else 0
        process = subprocess.Popen(
            [sys.executable, "-m", "ess_sim", "calibrate", "calibration.yaml", "-j", "2", "-o", "out"],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=hear_ctrl_c,
        )
        patience = time.monotonic() + PATIENCE
        while not (kept.exists() and kept.read_bytes().count(b"\n") > before + 5) and time.monotonic() < patience:
            time.sleep(0.005)
        os.killpg(process.pid, blow)
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == code
        assert code != 130 or " of 128 runs are kept in out" in said.splitlines()[-1]
        assert kept.read_bytes().count(b"\n") > before + 5
    for out in ("out", "undisturbed"):
        assert main(["calibrate", "calibration.yaml", "-j", "1", "-o", out]) == 0
    written = [{p.name: p.read_bytes() for p in (here / out).iterdir()} for out in ("out", "undisturbed")]
    assert written[0] == written[1]
    assert {"manifest.json", "posterior.csv", "runs.csv"} <= set(written[0])


@pytest.mark.usefixtures("here")
def test_explain(capsys):
    Path("child.yaml").write_text("extends: base.yaml\nname: child\nparameters: {informed_share: 0.7}\n")
    assert main(["explain", "child.yaml", "--lang", "fr"]) == 0
    assert "informed_share" in capsys.readouterr().out
    assert main(["explain", "base.yaml", "--baseline", "more.yaml"]) == 0
    assert "3 → 2" in capsys.readouterr().out
    assert main(["explain", "base.yaml", "--lang", "de"]) == 2
    assert "choose among en, fr" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_files_of_other_kinds(capsys):
    """Batches and calibrations are checked, too, and a command that wants a scenario says what they are."""
    batch = "batch: many\nscenarios: [base.yaml, more.yaml]\nbaseline: base\n"
    Path("batch.yaml").write_text(batch)
    Path("wrong.yaml").write_text(batch.replace("baseline", "baselin"))
    calibration = Path(__file__).parents[2] / "calibrations" / "national.yaml"
    assert main(["validate", "batch.yaml", "base.yaml", str(calibration)]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == "batch.yaml: many: a batch: valid"
    assert second.startswith("base.yaml: base: 2020")
    assert third.endswith("national: a calibration: valid")
    Path("bad.yaml").write_text(BASE.replace("horizon_years: 1", "horizon_years: 0"))
    assert main(["validate", "wrong.yaml", "bad.yaml"]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert "wrong.yaml:3:1" in said.err
    assert "bad.yaml:3:16" in said.err
    assert main(["explain", "batch.yaml"]) == 2
    assert "batch.yaml: a batch file, no scenario: ess-sim run batch.yaml" in capsys.readouterr().err
    assert main(["run", str(calibration)]) == 2
    assert f"a calibration file, no scenario: ess-sim calibrate {calibration}" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["library", "--folder", "nowhere"], "nowhere: no such folder"),
        (["library", "--folder", "base.yaml"], "base.yaml: no such folder"),
        (["library", "--folder", "empty"], "empty: holds no scenario"),
        (["library", "--write", "nowhere/page.md"], "--write nowhere/page.md: no such folder; name a file"),
        (["library", "--write", "empty"], "--write empty: is a folder; name a file"),
        (
            ["library", "--write", "base.yaml"],
            "--write base.yaml: a page is Markdown, not a scenario file",
        ),
        (["library", "--write", "new.YML"], "--write new.YML: a page is Markdown"),
        (["library", "--write", "notes.md"], "--write notes.md: is there, and no page of scenarios: choose another"),
        (["library", "--write", "empty/a.md", "--out", "empty"], "--write empty/a.md: lies in empty, which is for res"),
        (["run", "base.yaml", "--design", "sobol"], "--design goes with --draws N"),
    ],
)
def test_options_that_lead_nowhere(command, said, capsys):
    Path("empty").mkdir()
    Path("notes.md").write_text("# The scenarios\n")
    assert main(command) == 2
    assert said in capsys.readouterr().err
    assert not Path("results").exists()
    assert (Path("base.yaml").read_text(), Path("notes.md").read_text()) == (BASE, "# The scenarios\n")


@pytest.mark.usefixtures("here")
def test_more_gps_here_than_in_the_whole_departement(capsys):
    around = "supply:\n  departement_list_holders: {count: 1, source: none, grade: D}"
    Path("odd.yaml").write_text(BASE.replace("supply:", around))
    assert main(["validate", "odd.yaml"]) == 2
    message = (
        "odd.yaml:7:37: supply.departement_list_holders.count: 1 list-holding GPs in the whole département, but 2 in"
    )
    assert message in capsys.readouterr().err
    Path("odd.yaml").write_text(BASE.replace("supply:", around.replace("count: 1", "count: 2")))
    assert main(["validate", "odd.yaml"]) == 0


def test_the_package_is_a_command_with_exit_codes():
    done = subprocess.run([sys.executable, "-m", "ess_sim", "no-such-command"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "ess-sim --help" in done.stderr


def test_help_imports_nothing_slow():
    """A command's modules are imported when it runs: the list of commands must come at once."""
    slow = "{'numpy', 'pandas', 'numba', 'scipy', 'matplotlib', 'pydantic', 'networkx', 'pyarrow'}"
    code = f"import sys; from ess_sim.faces.cli.app import main; main(['--help']); print({slow} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "set()"
