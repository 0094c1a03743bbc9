"""Scenarios of different territories are no pairs: they are not compared, and every face says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commands import BASE
from records import make_run

from ess_sim.analysis.accounts.attribution import by_flow, shapley_of
from ess_sim.analysis.accounts.public_cost import costs
from ess_sim.errors import ResultsError
from ess_sim.faces.cli.app import main
from ess_sim.faces.figures.share import plot_share
from ess_sim.results.comparison.common_numbers import first_difference
from ess_sim.results.comparison.differences import compare
from ess_sim.results.comparison.words import fairness, summary
from ess_sim.results.results import Results


def runs(**residents: str) -> Results:
    made = [make_run(name) for name in residents]
    for run in made:
        run.residents = residents[run.name]
    return Results(made)


APART = runs(here="one", there="two")


@pytest.mark.parametrize(
    "comparison",
    [
        lambda: compare(APART, baseline="here"),
        lambda: compare(APART, baseline="here", by="zone"),
        lambda: compare(APART, baseline="here", by=["age_band", "ald"]),
        lambda: summary(APART, baseline="here"),
        lambda: fairness(APART, baseline="here"),
        lambda: first_difference(APART, baseline="here"),
        lambda: costs(APART, baseline="here"),
        lambda: by_flow(APART, baseline="here", scenario="there"),
        lambda: shapley_of(APART, {"here": (), "there": ("all",)}),
    ],
)
def test_no_comparison_across_territories(comparison: Any) -> None:
    with pytest.raises(ResultsError, match=r"of different territories: '(there' and 'here|here' and 'there)'"):
        comparison()


def test_levels_and_comparisons_within_a_territory_remain(tmp_path: Path) -> None:
    assert len(summary(APART)["scenario"].unique()) == 2
    assert plot_share(APART, tmp_path / "share.png").is_file()
    three = runs(here="one", smp="one", there="two")
    assert set(compare(three, baseline={"smp": "here"})["scenario"]) == {"smp"}
    assert not compare(runs(here="", there="two"), baseline="here").empty, "not known"


def test_the_commands_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = BASE.replace("name: base", "name: other").replace('"53054"', '"53140"')
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "other.yaml").write_text(other)
    out = str(tmp_path / "out")
    files = [str(tmp_path / name) for name in ("base.yaml", "other.yaml")]
    assert main(["run", *files, "-n", "2", "-j", "1", "-o", out, "--no-figure", "--no-report"]) == 0
    said = capsys.readouterr().out
    assert "other and base are of different territories: no difference between them is stated" in said
    assert "difference from" not in said
    assert not (tmp_path / "out" / "comparison.csv").exists()
    assert main(["compare", out]) == 0
    assert "levels alone" in capsys.readouterr().out
    for options in ([], ["--by", "zone"], ["--csv"]):
        assert main(["compare", out, "--baseline", "base", *options]) == 2
        assert "of different territories" in capsys.readouterr().err
    assert main(["costs", out, "--baseline", "base"]) == 2
