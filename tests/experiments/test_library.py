"""The table of all scenarios: twins, levels, paired differences, whatever the calendars."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from strategies import scenario_of, without_mt
from typer.testing import CliRunner

from ess_sim.experiments.batches.library import headlines, in_words, read_library
from ess_sim.experiments.experiment import run_experiment
from ess_sim.faces.cli.app import app
from ess_sim.faces.reports.markdown import measured
from ess_sim.inputs.scenario.files import write_scenario
from ess_sim.model.policies.recruit_retired_gps import RecruitRetiredGps
from ess_sim.results.comparison.differences import compare
from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import half_width
from ess_sim.results.storage.keys import RESULTS_VERSION

OPENS = RecruitRetiredGps(opens=date(2020, 5, 1), zone="53054", count=4)


def library(folder: Path) -> Path:
    """Two territories with different years, one of them with a policy."""
    (folder / "a").mkdir(parents=True)
    (folder / "b").mkdir()
    base = scenario_of(years=2, name="base", residents=without_mt(0.2))
    write_scenario(base, folder / "a" / "base.yaml")
    write_scenario(base.with_(name="alone", start=date(2010, 1, 1)), folder / "b" / "alone.yaml")
    (folder / "a" / "opens.yaml").write_text(
        "extends: base.yaml\nname: opens\ntitle: Four | retired GPs\nsources: [a, b]\n"
        "description: >\n  Question: who finds a GP? Assumed: all else.\n  Published: nothing.\npolicies:\n"
        '  - {kind: recruit_retired_gps, opens: 2020-05-01, zone: "53054", count: 4}\n',
        encoding="utf-8",
    )
    return folder


def test_the_twin_is_the_file_that_a_scenario_extends(tmp_path: Path) -> None:
    scenarios, twins = read_library(library(tmp_path))
    assert [s.name for s in scenarios] == ["base", "opens", "alone"]
    assert twins == {"opens": "base"}
    assert scenarios[1].policies == (OPENS,)


def test_headlines_are_the_comparison_of_the_last_day(tmp_path: Path) -> None:
    scenarios, twins = read_library(library(tmp_path))
    results = run_experiment(scenarios, replications=3, jobs=1)
    table = headlines(results, twins).set_index(["scenario", "outcome"])
    pair = run_experiment(scenarios[:2], replications=3, jobs=1)
    expected = compare(pair, baseline="base", outcomes="share_without_mt").iloc[-1]
    found = table.loc[("opens", "share_without_mt")]
    assert found["date"] == expected["date"] == pd.Timestamp("2022-03-01")
    assert found["twin"] == "base"
    assert found[["difference", "low", "high", "level"]].tolist() == pytest.approx(
        expected[["difference", "low", "high", "mean_scenario"]].tolist()
    )
    alone = table.loc[("alone", "share_without_mt")]
    assert alone["date"] == pd.Timestamp("2012-01-01")
    assert np.isnan(alone["difference"])
    assert alone["level_low"] < alone["level"] < alone["level_high"]
    words = in_words(table.reset_index())
    assert words["scenario"].tolist() == ["base", "opens", "alone"]
    assert words["difference (pp)"].tolist()[::2] == ["–", "–"]
    assert "[" not in words["difference (pp)"][1]  # three replications are too few
    assert "[" in in_words(table.reset_index().assign(n=5))["difference (pp)"][1]


def test_the_command(tmp_path: Path) -> None:
    folder, out, page = library(tmp_path / "scenarios"), tmp_path / "out", tmp_path / "page.md"
    args = ["library", "-n", "5", "-j", "1", "--folder", str(folder), "--out", str(out), "--write", str(page)]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    assert "opens" in done.stdout
    table = pd.read_csv(out / "headlines.csv").set_index(["scenario", "outcome"])
    assert set(table.index.unique("scenario")) == {"base", "opens", "alone"}
    written = page.read_text(encoding="utf-8")
    check_page(written, table, Results.read(out).table("providers"))
    page.unlink()
    assert CliRunner().invoke(app, args).stdout == done.stdout
    assert page.read_text(encoding="utf-8") == written
    fewer = CliRunner().invoke(app, [*args, "-n", "2"])  # the folder keeps all five
    assert fewer.exit_code == 0, fewer.output
    assert "mean of 2 replications (too few for intervals)" in page.read_text(encoding="utf-8")


def check_page(page: str, table: pd.DataFrame, providers: pd.DataFrame) -> None:
    """What is said of each scenario, each after its twin, and what the model says at three dates."""
    assert measured(page) == RESULTS_VERSION
    assert "made by `ess-sim library --replications 5 --folder scenarios --write page.md`" in page
    assert "3 scenarios, 5 replications of each (15 runs), root seed 1; ess_sim" in page
    assert [line for line in page.splitlines() if line.startswith("##")][1:] == [
        "## base",
        "### base",
        "### opens",
        "## alone",
        "### alone",
    ]
    said = page.partition("### opens\n")[2].partition("\n## ")[0]
    assert "**Four \\| retired GPs**" in said
    assert "- *Question.* Who finds a GP?\n- *Assumed.* All else.\n- *Published.* Nothing.\n- *Sources.* a · b" in said
    dates, _, without, difference, lists = said.strip().splitlines()[-5:]
    assert dates == "|  | 2021-02-28 (1 year) | 2022-03-01 (last day) |"  # two years long: no column for five
    end = table.loc[("opens", "share_without_mt")]
    level = f"{end['level']:.1f} % [{end['level_low']:.1f}, {end['level_high']:.1f}]"
    assert without.endswith(f" | {level} |")
    paired = f"{end['difference']:+.2f} pp [{end['low']:+.2f}, {end['high']:+.2f}]".replace("-", "−")
    assert difference.startswith("| difference from [base](#base) | ")
    assert difference.endswith(f" | {paired} |")
    centre = providers[(providers["kind"] == "centre") & (providers["date"] == "2022-03-01")]
    assert set(centre["scenario"]) == {"opens"}
    half = half_width(centre["list"].to_numpy(float))
    limits = f"[{centre['list'].mean() - half:,.0f}, {centre['list'].mean() + half:,.0f}]"
    assert lists.endswith(f" | {centre['list'].mean():,.0f} {limits} (1) |")
    assert page.count("| adults on the lists of centres") == 1, "the others have none"
