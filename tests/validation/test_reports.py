"""A report of every family of scenarios that travels with the model."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
from pages import Page, red_lines

from ess_sim.experiments.experiment import run_experiment
from ess_sim.faces.report.page import report_page
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.model.run.read import read_scenarios
from ess_sim.results.comparison.differences import compare
from ess_sim.results.comparison.pairing import across_territories, baselines
from ess_sim.results.results import Results
from ess_sim.results.tables.names import AGE_BANDS

SHARE = "share_without_mt"
YEARS = 2
LAST = ("secpa", "national")
"""Families of all of France, which take longest."""
SECTIONS = {"headlines", "course-table", "forest", "futures", "assumptions", "digests"}

NOT_ONE = re.compile(
    r"(?<![\d,.;\u202f])1 (?:adults|adultes|runs|simulations|scenarios|scénarios|zones|areas|points|years|ans)\b"
)
"""One of something, in the plural."""

FAMILIES = sorted({path.parent.name for path in scenarios_dir().rglob("*.yaml")}, key=lambda name: (name in LAST, name))


def check_numbers(folder: Path, page: Page) -> None:
    """Headlines are those of the comparison; areas and ages add up to the same gain."""
    results = Results.read(folder)
    compared = baselines(results.scenarios, results.baselines)
    compared = {s: b for s, b in compared.items() if s not in across_territories(results, compared)}
    points = compare(results, baseline=compared, outcomes=SHARE)
    people = compare(results, baseline=compared, outcomes=SHARE, by=())
    rows = page.numbers("headlines")
    assert len(rows) == len(points) > 0
    for row, r, p in zip(rows, points.to_dict("records"), people.to_dict("records"), strict=True):
        assert row[0] == pytest.approx(-p["residents"], abs=0.51)
        assert [row[3], row[6]] == pytest.approx([r["mean_baseline"], r["mean_scenario"]], abs=0.051)
        assert row[9] == pytest.approx(r["difference"], abs=0.0051)
    main = next(iter(compared))
    gain = -people[people["scenario"] == main]["residents"].iloc[-1]
    areas = page.numbers("place-table")
    assert sum(row[7] for row in areas) == pytest.approx(gain, abs=0.5 * len(areas) + 0.5)
    ages = page.numbers("who-table")[: len(AGE_BANDS)]
    assert sum(row[7] for row in ages) == pytest.approx(gain, abs=0.5 * len(ages) + 0.5)


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
    check_numbers(tmp_path / "out", english)
    for page in (english, french):
        assert not NOT_ONE.findall(page.text)
        assert "nan" not in page.text.lower().split()
        assert "{}" not in page.text
