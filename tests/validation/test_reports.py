"""A report of every family of scenarios that travels with the model."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from pages import Page, red_lines

from ess_sim.experiments.experiment import run_experiment
from ess_sim.faces.report.page import report_page
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.model.run.read import read_scenarios

YEARS = 2
LAST = ("secpa", "national")
"""Families of all of France, which take longest."""
SECTIONS = {"headlines", "course-table", "forest", "futures", "assumptions", "digests"}

FAMILIES = sorted({path.parent.name for path in scenarios_dir().rglob("*.yaml")}, key=lambda name: (name in LAST, name))


@pytest.mark.validate
@pytest.mark.parametrize("family", FAMILIES)
def test_a_report_of_every_family_builds_without_a_warning(family: str, tmp_path: Path) -> None:
    files = sorted((scenarios_dir() / family).glob("*.yaml"), key=lambda path: path.stem != "baseline")
    scenarios = [scenario.with_(horizon_years=YEARS) for scenario in read_scenarios(files)]
    run_experiment(scenarios, replications=1, jobs=2, out=tmp_path / "out")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        html = report_page(tmp_path / "out")
    english, french = Page(html, "en"), Page(html, "fr")
    assert SECTIONS <= set(english.tables) == set(french.tables)
    assert {row[0].partition(" · ")[2] for row in english.rows("headlines")} != set()
    assert any(line.startswith("One replication") for line in red_lines(html))
    assert len(html.encode()) <= 1_200_000
    for page in (english, french):
        assert "nan" not in page.text.lower().split()
        assert "{}" not in page.text
