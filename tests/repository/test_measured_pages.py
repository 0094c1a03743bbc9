"""Pages that a command makes of runs say what the scenarios are now, and what this version of the model says."""

from __future__ import annotations

from pathlib import Path

import pytest

from ess_sim.experiments.batches.library import read_library
from ess_sim.faces.reports.library.texts import said
from ess_sim.faces.reports.markdown import maker, measured
from ess_sim.results.storage.keys import RESULTS_VERSION, SAME_RULES
from validation.results_page.__main__ import COMMAND
from validation.results_page.page import scenarios_of
from validation.results_page.runs import Sizes, read_four

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = {
    "scenarios.md": "ess-sim library --replications 10 --write docs/scenarios.md",
    "results.md": COMMAND,
    "tutorial.md": "its commands, as `make validate` types them, and what they print",
    "benchmark.md": "ess-sim benchmark --write docs/benchmark.md",
}
PAGES = {name: (DOCS / name).read_text(encoding="utf-8") for name in COMMANDS}


def again(name: str) -> str:
    return f"docs/{name} is out of date: {COMMANDS[name]}"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_is_of_this_results_version(name: str) -> None:
    oldest = SAME_RULES if name == "benchmark.md" else RESULTS_VERSION  # 12,000 runs: their means hold for all draws
    assert oldest <= measured(PAGES[name]) <= RESULTS_VERSION, again(name)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_shows_no_data_as_python_writes_it(name: str) -> None:
    assert "{'" not in PAGES[name]


def test_the_page_of_scenarios_has_every_one_as_it_is_now() -> None:
    """Its words, and by its digest whatever else can change its results."""
    scenarios, _ = read_library()
    page = PAGES["scenarios.md"]
    missing = [s.name for s in scenarios if "\n".join(said(s.to_dict(), s.digest)) + "\n\n" not in page]
    assert missing == [], again("scenarios.md")
    headings = {line.removeprefix("### ") for line in page.splitlines() if line.startswith("### ")}
    assert headings - {s.name for s in scenarios} == set(), again("scenarios.md")


def test_the_page_of_results_is_of_its_scenarios_as_they_are_now() -> None:
    assert PAGES["results.md"].endswith("\n".join(scenarios_of(read_four(Sizes().years))) + "\n"), again("results.md")


def test_the_page_of_results_is_no_trial() -> None:
    assert maker(PAGES["results.md"]) == COMMAND, again("results.md")
