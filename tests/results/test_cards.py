"""What notebooks show: numbers of the tables, texts escaped, no more than a card."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import pandas as pd
import pytest

import ess_sim
from ess_sim.analysis.studies.choice import Choice
from ess_sim.inputs.notebooks.cards import Table, card, table_of
from ess_sim.inputs.notebooks.pictures import places, sparkline
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.results import Results

MARKUP = "<script>alert(1)</script>"


def scenario(name: str, **more: object) -> ess_sim.Scenario:
    return ess_sim.Scenario(
        name=name, start="2020-01-01", horizon_years=1, territory={"communes": ["53034", "53054"]}, **more
    )


@pytest.fixture(scope="module")
def results() -> Results:
    gone = [{"kind": "departures", "starts": "2020-03-01", "oldest": 2}]
    scenarios = [
        scenario("stays", title=MARKUP),
        scenario("leaves", title={"en": "Two leave", "fr": "x"}, policies=gone),
    ]
    return ess_sim.run_experiment(scenarios, replications=5, seed=1, jobs=1)


def texts(markup: str) -> list[str]:
    """The cells of a card; it is well-formed."""
    root = ElementTree.fromstring(markup)
    return ["".join(cell.itertext()) for cell in root.iter() if cell.tag in ("td", "th", "strong")]


def test_results_show_what_the_tables_say(results: Results) -> None:
    shown = texts(results._repr_html_())
    last = results.recorded("stays")[-1]
    (level,) = levels(results, outcomes="share_without_mt", dates=[last]).query("scenario == 'leaves'").itertuples()
    (apart,) = compare(results, baseline="stays", outcomes="share_without_mt", dates=[last]).itertuples()
    row = shown.index("leaves")
    assert shown[row + 1] == "Two leave"
    assert shown[row + 2] == f"{level.mean:.2f} % [{level.low:.2f}, {level.high:.2f}]"
    said = f"{apart.difference:+.2f} pp [{apart.low:+.2f}, {apart.high:+.2f}]".replace("-", "−")
    assert shown[row + 3] == said
    assert results._repr_html_().count("<svg") == 2


def test_a_run_shows_its_outcomes_at_both_ends(results: Results) -> None:
    run = results.run("stays", 2)
    shown = texts(run._repr_html_())
    ends = run.outcomes().query("outcome == 'share_without_mt'")["value"].iloc[[0, -1]]
    row = shown.index("share of residents aged 17+ without MT")
    assert shown[row + 1 : row + 3] == [f"{100 * v:.2f} %" for v in ends]
    assert "seed 1, replication 2" in shown


def test_markup_in_names_is_text(results: Results) -> None:
    whole = [results._repr_html_(), results.run("stays")._repr_html_(), scenario("x", title=MARKUP)._repr_html_()]
    for markup in whole:
        assert "<script" not in markup
        assert html.escape(MARKUP) in markup
    assert "<script" not in card(MARKUP, {MARKUP: MARKUP}, [Table([MARKUP], [[MARKUP]])], note=MARKUP)


def test_scenarios_are_short() -> None:
    smp = ess_sim.read_scenario(ess_sim.scenarios_dir() / "laval" / "smp.yaml")
    assert repr(smp) == str(smp) == "Scenario('laval-smp': 2017-06-15 to 2037-06-15, epci Laval Agglomération, smp)"
    shown = texts(smp._repr_html_())
    assert shown[0] == smp.title
    assert "epci Laval Agglomération" in shown
    assert any(text.startswith("opens: 2017-06-15, zone: 53130") for text in shown)
    many = ess_sim.Scenario(
        name="m", start="2020-01-01", horizon_years=1, territory={"communes": ["53034", "53054", "53130", "53140"]}
    )
    assert "communes Bonchamp-lès-Laval, Changé, Laval and 1 more, no policy" in repr(many)


def test_a_territory_shows_its_largest_zones() -> None:
    shown = texts(ess_sim.Territory.from_epci("200083392")._repr_html_())
    assert shown[shown.index("53130") : shown.index("53130") + 2] == ["53130", "Laval"]
    assert len([text for text in shown if re.fullmatch(r"53[0-9]{3}", text)]) == 8
    assert "34, of which the largest:" in shown


def test_tables_of_studies_are_shown_and_cut() -> None:
    frame = pd.DataFrame({"scenario": [f"s{i}" for i in range(30)], "mean": [i / 3 for i in range(30)]})
    shown = texts(Choice("s1", ("s1", "s2"), frame)._repr_html_())
    assert shown[0] == "Choice"
    assert "s1, s2" in shown
    assert "s11" in shown
    assert "s12" not in shown
    assert table_of(frame)[1] == "… 18 more rows"


def test_pictures_need_something_to_draw() -> None:
    assert sparkline([1.0]) == sparkline([1.0, float("nan")]) == places([0.0], [0.0], [1]) == ""
    assert places(range(501), range(501), range(501)) == ""
    ElementTree.fromstring(sparkline([1.0, 1.0]))
    assert places([0.0, 1.0], [45.0, 45.0], [1, 4]).count("<circle") == 2
