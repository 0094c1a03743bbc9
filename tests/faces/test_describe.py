"""What a run starts from: the numbers are those of its first snapshot, the text is a screen, the picture clear."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from commands import BASE
from hamlets import NOBODY_SAYS, hamlets
from matplotlib.axes import Axes
from matplotlib.text import Text

import ess_sim
from ess_sim.faces.cli.app import main
from ess_sim.faces.figures.maps.ground import parts_of
from ess_sim.faces.reports.description.description import Description, describe
from ess_sim.faces.reports.description.inputs import counts_of, inputs_of, wished
from ess_sim.faces.words.glossary import LANGUAGES, glossary
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.inputs.scenario.blocks import GpBlock
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.model.run.read import read_scenario
from ess_sim.model.run.simulation import simulate


@pytest.fixture(scope="module")
def villages(tmp_path_factory) -> Scenario:
    return hamlets(tmp_path_factory.mktemp("hamlets")).with_(horizon_years=1)


@pytest.fixture(scope="module")
def laval() -> Description:
    return describe(read_scenario(scenarios_dir() / "laval" / "baseline.yaml"))


def with_gps(scenario: Scenario, **counts: int) -> Scenario:
    """The scenario with these GPs in these zones."""
    blocks = tuple(GpBlock(zones=(zone,), count=n, **NOBODY_SAYS) for zone, n in counts.items())
    supply = scenario.supply.model_copy(update={"list_holding_gps": blocks, "departement_list_holders": None})
    return scenario.with_(supply=supply)


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_a_run_starts_with_these_numbers(villages):
    found, run = describe(villages), simulate(villages, seed=3)
    first = run.share_without_mt(by="zone")
    first = first[first["date"] == first["date"].min()].set_index("zone")
    providers = run.providers[run.providers["date"] == run.providers["date"].min()]
    gps = providers[providers["kind"] == "liberal"].groupby("zone", observed=True).size()
    zones = found.zones.set_index("zone")
    for column in ("adults", "without_mt"):
        assert zones[column].to_dict() == first[column].to_dict()
    assert zones["gps"].to_dict() == gps.to_dict() == {"A": 4, "B": 2, "C": 1, "D": 1}
    assert found.share_without_mt == pytest.approx(run.share_without_mt()["share"].iloc[0])
    assert int(found.ages["residents"].sum()) == int(zones["residents"].sum())


def test_minutes_and_adults_per_gp_are_those_of_the_table(villages):
    """A to B takes 11 minutes and A to C 17; D, 27 from C, has no way to A within the cut-off."""
    zones = describe(with_gps(villages, A=4, B=0, C=0, D=0)).zones.set_index("zone")
    assert zones["minutes_to_gp"].to_dict() == {"A": 4.0, "B": 11.0, "C": 17.0, "D": math.inf}
    around_a = zones.loc["A", "adults"] + zones.loc["B", "adults"]
    assert zones["adults_per_gp"].to_dict() == {"A": around_a / 4, "B": around_a / 4, "C": math.inf, "D": math.inf}
    found = describe(with_gps(villages, A=4, B=0, C=0, D=0))
    assert found.minutes_quantile(0.5) == 11.0
    far = zones.loc[["C", "D"], "adults"].sum() / zones["adults"].sum()
    assert found.share_beyond(15) == pytest.approx(far)
    assert found.share_beyond(30) == pytest.approx(zones.loc["D", "adults"] / zones["adults"].sum())


def test_a_short_cut_off_bounds_what_is_near(villages):
    of = villages.territory
    near = TerritorySpec(csv=of.csv, travel_csv=of.travel_csv, cutoff_minutes=10)
    found = describe(villages.with_(territory=near))
    assert found.near_minutes == 10
    assert found.zones["adults_near"].tolist() == found.zones["adults"].tolist()


def test_gps_of_the_halo_are_near_and_not_counted():
    """Villages without a GP of their own have those of Laval, where there is a halo."""
    place = {"communes": ["53034"]}
    supply = {"list_holding_gps": [{"zones": ["53034"], "count": 0, **NOBODY_SAYS}]}
    alone, amid = (
        describe(ess_sim.Scenario(name="a", start="2024-01-01", horizon_years=1, territory=place | halo, supply=supply))
        for halo in ({}, {"halo_minutes": 20})
    )
    assert (alone.gps, amid.gps) == (0, 0)
    assert alone.zones["minutes_to_gp"].tolist() == [math.inf]
    assert amid.zones["minutes_to_gp"].iloc[0] < 20
    assert amid.zones_around > 0
    assert f"1 zone and {amid.zones_around} around, on" in amid.text()
    assert "Nearest GP" in amid.text()
    assert "Nearest GP" not in alone.text()


def test_notebooks_show_a_card(laval):
    html = laval._repr_html_()
    assert html.startswith("<div")
    assert "Laval Agglomération" in html
    worst = laval.zones.sort_values("adults_per_gp", ascending=False)["name"].iloc[0]
    assert html.index(str(worst)) < html.index("more rows")
    assert f"{laval.adults:,}" in html


def test_ages_of_residents_and_gps(laval):
    assert math.fsum(laval.ages["share"]) == pytest.approx(1)
    assert math.fsum(laval.ages["france"]) == pytest.approx(1)
    assert 0.15 < laval.share_of_residents(65, "france") < 0.25
    assert laval.gps == 62
    assert math.fsum(laval.gp_ages["gps"]) == pytest.approx(62)
    assert 0 < laval.share_of_gps(60) < laval.share_of_gps(50) < 1


def test_inputs_are_those_of_the_run(laval):
    scenario = read_scenario(scenarios_dir() / "laval" / "baseline.yaml")
    figures = ess_sim.figures_of(scenario, scenario.territory.whole(scenario.start.year))
    assert [tuple(row) for row in laval.figures.itertuples(index=False)] == [tuple(f) for f in figures]
    counts = counts_of(laval.figures)
    assert sum(n for by_grade in counts.values() for n in by_grade.values()) == len(inputs_of(laval.figures))
    assert counts[True]["A"] == 0
    assert "supply.first_installations" in wished(laval.figures)


# --- text ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_screen(laval, villages, lang):
    for found in (laval, describe(villages), describe(with_gps(villages, A=0, B=0, C=0, D=0))):
        lines = found.text(lang).splitlines()
        assert len(lines) <= 40
        assert max(map(len, lines)) <= 80
        assert "nan" not in found.text(lang)
        assert "inf" not in found.text(lang).replace("infirm", "")


def test_the_screen_says_what_matters(laval):
    text = laval.text()
    assert "62 with a list, one for " in text
    assert "Without MT      14.4 % of the adults: " in text
    assert "first installations a year" in text.splitlines()[-1] + text.splitlines()[-2]
    assert " adults (France 998)" in text
    assert "adults of the territory each (France 701),\n                95 % of capacity (France 93 %)" in text
    assert "France 11 % (June 2021)" in text
    assert laval.capacity.mean_list == pytest.approx((laval.adults * (1 - laval.share_without_mt)) * 0.76 / 62)
    assert "un pour " in laval.text("fr")
    assert "95 % de la capacité (France 93 %)" in laval.text("fr").replace("\u00a0", " ")
    assert "première" in laval.text("fr")


def test_a_screen_holds_any_number_of_inputs(villages):
    rates = [{"zones": [zone], "call_rate_per_year": 1.0 + i, **NOBODY_SAYS} for i, zone in enumerate("ABCD")]
    residents = villages.residents.model_dump() | {"rates": rates}
    found = describe(villages.with_(residents=residents))
    found.figures.loc[:, "key"] = [f"residents.rates.{i}" for i in range(len(found.figures))]
    assert len(found.text().splitlines()) == 40
    assert " more" in found.text()


def test_every_input_has_words(laval, villages):
    keys = {*laval.figures["key"], *describe(villages).figures["key"]}
    assert {key for key in keys if not key.startswith("residents.rates.")} <= set(glossary().inputs)


def test_what_a_stranger_wrote_does_not_act_on_the_terminal(villages):
    found = describe(villages.with_(title="Vil\x1b[31mlages\nand more"))
    assert "\x1b" not in found.text()
    assert "Vil\\x1b[31mlages and more" in found.text().splitlines()[0]


# --- picture ---------------------------------------------------------------------------------------------------------


def overlaps(found: Description, lang) -> list[tuple[str, str]]:
    """Pairs of texts that cover each other, and texts that leave the page."""
    figure = found.figure(lang)
    figure.canvas.draw()
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    for axes in figure.findobj(Axes):
        for axis in (axes.xaxis, axes.yaxis):  # ticks beyond the ends are not drawn
            low, high = sorted(axis.get_view_interval())
            hidden = {t.label1 for t in axis.get_major_ticks() if not axes.axison or not low <= t.get_loc() <= high}
            texts = [text for text in texts if text not in hidden]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    page = figure.bbox
    outside = [(name, "") for name, b in boxes if b.x0 < 0 or b.y0 < 0 or b.x1 > page.x1 or b.y1 > page.y1]
    return outside + [
        (name, other)
        for (name, a), (other, b) in itertools.combinations(boxes, 2)
        if a.x0 < b.x1 - 1 and b.x0 < a.x1 - 1 and a.y0 < b.y1 - 1 and b.y0 < a.y1 - 1
    ]


def test_nothing_overlaps(laval, villages):
    assert overlaps(laval, "fr") == []
    assert overlaps(describe(with_gps(villages, A=4, B=0, C=0, D=0)), "en") == []


def test_no_gp_is_a_picture_too(villages):
    assert overlaps(describe(with_gps(villages, A=0, B=0, C=0, D=0)), "en") == []


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_bytes_each_time(villages, tmp_path, kind):
    found = describe(villages)
    first, second = (found.draw(tmp_path / f"{i}.{kind}").read_bytes() for i in (1, 2))
    assert first == second
    assert len(first) > 10_000
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"1.{kind}", f"2.{kind}"]


def test_parts_of_a_map():
    longitude, latitude = np.array([0.1, 55.5, 3.9, -61.0, 7.0]), np.array([48.0, -21.0, 44.0, 14.6, 43.0])
    assert parts_of(longitude, latitude).tolist() == [0, 1, 0, 2, 0]


# --- command ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE)
    return tmp_path


def test_the_command(here, capsys):
    assert main(["describe", "base.yaml", "--lang", "fr", "--out", "new/base.svg"]) == 0
    text, picture = capsys.readouterr().out.rsplit("\n\n", 1)
    assert text.startswith("base\n")
    assert "zones, le 1er janvier 2020" in text
    assert picture == "picture     new/base.svg\n"
    assert "<svg" in (here / "new" / "base.svg").read_text(encoding="utf-8")
    assert main(["describe", "base.yaml"]) == 0
    assert "on 1 January 2020" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["base.yaml", "--out", "base.pgn"], "base.pgn: a figure is a .png, .svg or .pdf file (did you mean '.png'?)"),
        (["base.yaml", "--out", "base"], "base: a figure is a .png, .svg or .pdf file"),
        (["base.yaml", "--out", "base.png", "--lang", "de"], "--lang de: choose among en, fr"),
        (["bad.yaml", "--out", "base.png"], "bad.yaml:3:16"),
        (["no.yaml", "--out", "base.png"], "no.yaml"),
        (["batch.yaml", "--out", "base.png"], "batch.yaml: a batch file, no scenario: ess-sim run batch.yaml"),
    ],
)
def test_wrong_input_writes_nothing(here, capsys, command, said):
    Path("bad.yaml").write_text(BASE.replace("horizon_years: 1", "horizon_years: 0"))
    Path("batch.yaml").write_text("batch: many\nscenarios: [base.yaml]\n")
    before = sorted(here.iterdir())
    assert main(["describe", *command]) == 2
    found = capsys.readouterr()
    assert not found.out
    assert said in found.err
    assert sorted(here.iterdir()) == before
