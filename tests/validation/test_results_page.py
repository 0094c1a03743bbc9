"""The whole command that writes docs/results.md, in two hamlets for a year; and sentences that follow from numbers."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from strategies import NONE, csv_text

import ess_sim
from ess_sim.faces.reports.markdown import maker, measured
from ess_sim.results.storage.keys import RESULTS_VERSION
from examples import sweep_assumptions
from validation import laval
from validation.results_page import __main__ as command
from validation.results_page.ahead import Ahead
from validation.results_page.page import page
from validation.results_page.runs import SMP, Measured, Sizes, measure

SMALL = ("--replications", "2", "--years", "1", "--at-most", "1")
SIZES = Sizes.at_most(2, 1, 1)


@dataclass(frozen=True)
class Made:
    """What one run of the command gave."""

    text: str
    found: Measured
    path: Path

    def again(self, **changes: pd.DataFrame) -> str:
        """The page with some tables replaced."""
        return page(replace(self.found, **changes), SIZES, command="make", picture="p.png")


def hamlets(folder: Path) -> Path:
    """Laval's scenarios in a territory of 3,000 residents."""
    shutil.copytree(laval.SCENARIOS, folder)
    people = {"53130": dict.fromkeys(range(80), 25), "53054": dict.fromkeys(range(80), 12)}
    (folder / "people.csv").write_text(csv_text(people), encoding="utf-8")
    baseline = yaml.safe_load((folder / "baseline.yaml").read_text(encoding="utf-8"))
    baseline["territory"] = {"csv": "people.csv"}
    baseline["supply"] = {
        "list_holding_gps": [{"zones": ["53130"], "count": 2, **NONE}, {"zones": "remainder", "count": 1, **NONE}],
        "first_installations": {"per_year": 0.2, **NONE},
        **{name: {"count": n, **NONE} for name, n in (("interns_per_semester", 1), ("retired_pool", 9))},
        "departement_list_holders": {"count": 60, **NONE},
    }
    (folder / "baseline.yaml").write_text(yaml.safe_dump(baseline), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("page")
    found: list[Measured] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(laval, "SCENARIOS", hamlets(folder / "laval"))
        patch.setattr(ess_sim, "scenarios_dir", lambda: folder)
        patch.setattr(sweep_assumptions, "SWEPT", ("list_fill",))
        patch.setattr(command, "measure", lambda *given, **more: found.append(measure(*given, **more)) or found[0])
        path = folder / "page.md"
        assert command.main([*SMALL, "--jobs", "1", "--write", str(path), "--out", str(folder / "runs")]) == 0
    return Made(path.read_text(encoding="utf-8"), found[0], path)


def rows(text: str) -> dict[str, list[str]]:
    """Cells of all tables by the first one of their row; where two rows have the same, those of the first table."""
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return {first: rest for first, *rest in reversed(split)}


def number(cell: str) -> float:
    return 0.0 if cell == "identical" else float(cell.split()[0].replace("−", "-").replace(",", ""))


def test_one_command_writes_the_whole_page(made: Made) -> None:
    assert measured(made.text) == RESULTS_VERSION
    assert maker(made.text) == f"python -m validation.results_page {' '.join(SMALL)} --write {made.path}"
    assert made.path.with_suffix(".png").exists()
    assert "(page.png)" in made.text
    assert "nan" not in made.text
    headings = {
        re.sub(r"\W+", "-", line[3:].lower()).strip("-") for line in made.text.splitlines() if line[:3] == "## "
    }
    assert len(headings) == 8
    assert set(re.findall(r"\]\(#([^)]*)\)", made.text)) <= headings


def test_the_tables_agree_with_each_other(made: Made) -> None:
    """The effect of the SMP stands in four of them, and its parts add up."""
    cells = rows(made.text)
    smp, retired, interns = (number(cells[name][0]) for name in ("SMP", "retired GPs only", "interns only"))
    assert smp < 0
    assert number(cells["retired GPs only − interns only"][0]) == pytest.approx(retired - interns, abs=0.011)
    assert number(cells["retired GPs"][0]) + number(cells["interns"][0]) == pytest.approx(smp, abs=0.011)
    assert number(cells["total"][1]) == smp
    assert number(cells["central"][3]) == pytest.approx(smp, abs=2)
    fewer = cells["draws in which fewer are without MT with the SMP"]
    assert re.fullmatch(r"[\d.]+ of 10", fewer[0])


def test_years_that_the_runs_reach_stand_beside_the_published(made: Made) -> None:
    assert rows(made.text)["consultations at the SMP, 2019"][1:] == ["–", "–"]
    years = pd.DataFrame({"year": 2020, "list": [2600.0, 2700.0, 2800.0], "scenario": SMP})
    text = made.again(history=years.assign(consultations=np.nan))
    assert rows(text)["adults on the SMP's list, mid-2020"][1:] == ["2,700 [2,600, 2,800]", "67 %"]
    assert "its list holds" not in text
    assert "its list holds 2,700 adults in mid-2020" in made.again(unheard=years)


@pytest.mark.parametrize("flips", [True, False])
def test_a_flip_point_is_stated_where_there_is_one(made: Made, flips: bool) -> None:
    row = made.found.flip.assign(flips=flips, value=0.07 if flips else np.nan, unclear_low=np.nan)
    text = made.again(flip=row)
    assert ("The ranking reverses at 0.070." in text) is flips
    assert ("no flip point was found in the range" in text) is not flips
    assert "unclear" not in text
    assert "unclear from 0.050 to 0.090" in made.again(flip=row.assign(unclear_low=0.05, unclear_high=0.09))


def test_signs_are_counted(made: Made) -> None:
    effects = pd.Series([-1.0, -2.0, 0.5])
    text = made.again(swept=made.found.swept.assign(**{"SMP - baseline, points": effects}))
    assert "in 1 of 2 rows.\nIt ranges from −2.00 (list_fill, low) to +0.50 (list_fill, high)." in text


def test_sizes() -> None:
    assert Sizes.at_most(200, 20, 10**6) == Sizes()
    small = Sizes.at_most(7, 3, 4)
    assert (small.replications, small.years, small.swept_years) == (7, 3, 3)
    assert (small.of_each_draw, small.start, small.swept, small.flips, small.without_news) == (4,) * 5
    assert small.draws == 10, "fewer have no 95 % range"


def test_the_progress_is_of_all_parts() -> None:
    said: list[tuple[int, int, str]] = []
    ahead = Ahead(lambda *one: said.append(one), {"a": 40, "b": 20})
    first, second = ahead.of("a", 10), ahead.of("b", 2)
    first(0, 4, "running")
    first(3, 4, "run 3")
    second(0, 2, "looking")
    second(2, 2, "run 2")
    second(0, 2, "another set of runs")
    second(1, 2, "run 1")
    ahead.end()
    assert [done for done, *_ in said] == [0, 30, 40, 44, 44, 46, 60]
    assert {total for _, total, _ in said} == {60}
    assert [what for *_, what in said][:3] == ["running", "1 of 2, a: run 3", "2 of 2, b: looking"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--write", "page.txt"), "a page is a file that ends in .md"),
        (("--write", "no/page.md"), "there is no folder no"),
        (("--write", "page.md", "--years", "0"), "a whole number of 1 or more, not '0'"),
        (("--write", "page.md", "--replications", "many"), "a whole number of 1 or more, not 'many'"),
        ((), "--write"),
    ],
)
def test_bad_arguments_are_refused(arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(list(arguments))
    assert ended.value.code == 2
    assert says in capsys.readouterr().err.splitlines()[-1]
