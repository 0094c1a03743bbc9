"""docs/scenarios.md says of every scenario what its file says now, and what this version of the model says."""

from __future__ import annotations

from pathlib import Path

from ess_sim.experiments.batches.library import read_library
from ess_sim.faces.reports.library.page import measured
from ess_sim.faces.reports.library.texts import said
from ess_sim.results.storage.keys import RESULTS_VERSION

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
AGAIN = "docs/scenarios.md is out of date: ess-sim library --replications 20 --write docs/scenarios.md"


def test_the_page_is_of_this_results_version() -> None:
    assert measured(PAGE) == RESULTS_VERSION, AGAIN


def test_the_page_has_every_scenario_as_it_is_now() -> None:
    """Its words, and by its digest whatever else can change its results."""
    scenarios, _ = read_library()
    assert [s.name for s in scenarios if "\n".join(said(s.to_dict(), s.digest)) + "\n\n" not in PAGE] == [], AGAIN
    headings = {line.removeprefix("### ") for line in PAGE.splitlines() if line.startswith("### ")}
    assert headings - {s.name for s in scenarios} == set(), AGAIN
