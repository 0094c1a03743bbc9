"""The commands value and elicit, as a user meets them: what is printed and written, and what is refused."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from commands import BASE
from stored import run_made_up

from ess_sim.analysis.worth.worth import Worth
from ess_sim.experiments.elicitation.questions import Question, questions
from ess_sim.faces.cli.app import main
from ess_sim.faces.cli.studies.value_words import conclusion, print_value
from ess_sim.faces.elicitation.page import form_page
from ess_sim.faces.figures.studies.worth import worth as figure_of
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.model.run.read import read_scenario

mpl.use("Agg")


def worth(value: float = 0.5, p_holm: float = 0.01, people: float = 1000.0, best: float = 0.7) -> Worth:
    rows = [("all", "all parameters", 3), ("group", "grade D", 2), ("parameter", "informed_share", 1)]
    rows += [("parameter", "women_fte", 1)]
    table = pd.DataFrame(rows, columns=["kind", "name", "parameters"])
    values = np.array([1.6, 1.4, 1.0, 0.0]) * value
    table = table.assign(grade="D", unit="pp", draws=60, value=values, error=0.1, low=values / 2, high=values + 0.1)
    table = table.assign(null=0.01, null_high=0.04, p=p_holm, p_holm=p_holm, explained=0.4)
    for end in ("", "_low", "_high"):
        table[f"people{end}"] = people * table[end[1:] or "value"]
    choices = {"scenario": ["a", "b"], "unit": "%", "mean": [10.0, 11.0], "low": 9.0, "high": 12.0}
    measure = "informed_share" if value and p_holm <= 0.05 else ""
    shares = pd.DataFrame(choices).assign(best=[best, 1 - best])
    return Worth("the lowest share", "a", measure, 1.2, "residents on that day", shares, table, ("a cost is unknown",))


def test_what_is_said_names_the_measurement_in_people(capsys: pytest.CaptureFixture[str]) -> None:
    print_value(worth())
    said = capsys.readouterr().out
    assert "The measurement that would help most: informed_share (share, grade D)." in said
    assert "It is worth 0.50 [0.25, 0.60] pp: 500 [250, 600] people (residents on that day" in said
    assert "EVPI, of all 3 parameters together, is 0.80" in said
    assert "groups above what shuffled draws show, in an order that is not sure: grade D" in said
    assert "70 % of draws" in said
    assert "1 more parameter, worth nothing, is in value.csv" in said
    assert "note: a cost is unknown" in said


def test_what_is_said_where_nothing_hangs_on_anything_or_nothing_stands_out() -> None:
    sure = "\n".join(conclusion(worth(value=0.0, best=1.0)))
    assert "a is expected to be best in all 60 draws" in sure
    assert "no measurement would change it" in sure
    noise = "\n".join(conclusion(worth(p_holm=0.4, people=float("nan"))))
    assert "No single parameter shows more than shuffled draws do" in noise
    assert "informed_share, has an adjusted p of 0.4" in noise
    assert "people" not in noise


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_figure_is_in_residents_where_there_are_any(lang: str) -> None:
    for found, unit in ((worth(), r"residents|habitants"), (worth(people=float("nan")), "points")):
        figure = figure_of(found.table, lang=lang)  # type: ignore[arg-type]
        texts = [text.get_text() for text in figure.texts]
        assert any(re.search(unit, text) for text in texts)
        axes = figure.axes[0]
        labels = [text.get_text() for text in axes.texts]
        assert "informed_share" in labels
        assert axes.get_xlim()[0] == 0
    nothing = figure_of(worth(value=0.0).table.assign(high=0.0, people_high=0.0), lang=lang)  # type: ignore[arg-type]
    assert "informed_share" not in [text.get_text() for text in nothing.axes[0].texts]
    assert re.search("no parameter is worth|aucun paramètre n'a", " ".join(text.get_text() for text in nothing.texts))


def test_value_refuses_all_at_once_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    run_made_up(out, 2)
    before = sorted(path.name for path in out.iterdir())
    assert main(["value", str(out)]) == 2
    assert "these results have no parameter draws" in capsys.readouterr().err
    options = ["--threshold", "200", "--date", "2020-02-01", "--group", "a=", "--group", "b"]
    twice = ["--group", "c=women_fte", "--group", "c=informed_share"]
    assert main(["value", str(out), *options]) == 2
    said = capsys.readouterr().err.splitlines()
    assert all(line.startswith("error: ") for line in said)
    said = [line.removeprefix("error: ") for line in said]
    assert [line.split(":")[0].split(" chooses")[0] for line in said][1:] == ["--group b", "--threshold"]
    assert main(["value", str(out), *twice]) == 2
    assert "--group c=informed_share: a second group of this name" in capsys.readouterr().err
    assert main(["value", str(out), "--discount", "0.1"]) == 2
    assert "--discount goes with --threshold" in capsys.readouterr().err
    assert main(["value", str(tmp_path)]) == 2
    assert sorted(path.name for path in out.iterdir()) == before


def test_ask_answer_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE, encoding="utf-8")
    ask = ["elicit", "new", "base.yaml", "--parameters", "informed_share,call_rate_per_year", "--out", "forms"]
    assert main([*ask, "--lang", "fr"]) == 0
    assert "asked       2 parameters" in capsys.readouterr().out
    table, page = Path("forms/base-form.csv"), Path("forms/base-form.html")
    data = table.read_bytes()
    assert "Part des appels passés par une personne qui sait" in data.decode()
    assert "Part des appels passés par une personne qui sait" in page.read_text("utf-8")
    assert data.startswith(b"\xef\xbb\xbfparam\xc3\xa8tre;")
    filled = data.decode("utf-8-sig").replace("part;0,5;;;;;;", "part;0,5;0,2;0,3;0,6;vu;Ève;")
    Path("forms/eve.csv").write_text(filled, encoding="utf-8")
    assert page.is_file()
    assert main([*ask, "--lang", "fr"]) == 2  # it may be filled in
    assert "--force replaces it" in capsys.readouterr().err
    assert table.read_bytes() == data
    assert main(["elicit", "read", "forms/eve.csv", "--out", "draws.csv", "--draws", "20"]) == 0
    said = capsys.readouterr().out
    assert "1 parameter, 1 expert, 1 form" in said
    assert re.search(r"informed_share +1 +0\.3\d+ \[0\.2, 0\.6\] +0\.5 \[0, 0\.9\]", said)
    assert len(Path("draws.csv").read_text("utf-8").splitlines()) == 21
    assert Path("draws.json").is_file()
    assert main(["elicit", "read", "forms/eve.csv", "--out", "draws.csv"]) == 2
    assert main(["elicit", "read", "forms/base-form.csv", "--out", "other.csv", "--weights", "equa"]) == 2
    assert "did you mean 'equal'" in capsys.readouterr().err
    assert main(["elicit", "read", "forms/base-form.csv", "forms/none.csv", "--out", "other.csv"]) == 2
    said = capsys.readouterr().err
    assert "no row has an answer" in said
    assert "forms/none.csv: no such file" in said
    assert not list(Path().glob("other*"))
    wrong = ["--parameters", "informed_shar,medicobus_investment_euro", "--lang", "de"]
    assert main(["elicit", "new", "base.yaml", *wrong]) == 2
    said = capsys.readouterr().err
    assert "--lang de: choose among en, fr" in said
    assert "did you mean 'informed_share'" in said
    assert "it matters only with medicobus" in said


def test_by_default_all_assumptions_that_a_run_reads_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    asked = questions(read_scenario(tmp_path / "base.yaml"))
    assert len(asked) > 30
    assert {catalogue()[q.parameter].grade for q in asked} == {"D"}
    assert next(q.current for q in asked if q.parameter == "capacity_elasticity") == 1


ASKED = [Question("informed_share", "Part of <calls>", "share", 0.5), Question("women_fte", "FTE", "ratio", 0.88)]


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    page = form_page(ASKED, scenario="<i>Laval</i>", name="laval", lang="fr")
    assert "default-src &#39;none&#39;" in page
    assert not re.search(r"https?://|<link|<img|src=", page)
    assert "&lt;i&gt;Laval" in page
    assert "Part of &lt;calls&gt;" in page
    assert "<calls>" not in page


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this system")
def test_the_page_is_filled_in_and_its_file_is_read(tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from ess_sim.experiments.elicitation.answers import read_forms

    path = tmp_path / "form.html"
    path.write_text(form_page(ASKED, scenario="Laval", name="laval", lang="fr"), encoding="utf-8")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        page.get_by_role("button").click()
        assert page.locator("#fault").text_content() == "Écrivez d'abord votre nom."
        page.fill("#expert", 'Ève "la vraie"; MG')
        first = page.locator("section").first
        for column, text in (("low", "0,6"), ("most_likely", "0.3"), ("high", "0,7"), ("why", "vu,\nlu; compté")):
            first.locator(f".{column}").fill(text)
        page.get_by_role("button").click()
        assert "plus probable se situe entre" in str(first.locator(".fault").text_content())
        first.locator(".high").fill("7")
        first.locator(".low").fill("0,2")
        page.get_by_role("button").click()
        assert "se situent entre 0 et 1" in str(first.locator(".fault").text_content())
        first.locator(".high").fill("0,7")
        with page.expect_download() as download:
            page.get_by_role("button").click()
        download.value.save_as(tmp_path / "answers.csv")
        browser.close()
    assert said == []
    (answer,), _ = read_forms([tmp_path / "answers.csv"])
    assert (answer.parameter, answer.low, answer.most_likely, answer.high) == ("informed_share", 0.2, 0.3, 0.7)
    assert answer.expert == 'Ève "la vraie"; MG'
    assert "compté" in answer.why
