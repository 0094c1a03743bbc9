"""`ess-sim zones`: a layer and a table that say what the comparison says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ess_sim
from ess_sim.faces.cli.app import main
from ess_sim.faces.reports.zone_layer import zone_rows

BASE = """
name: base
start: 2018-01-01
horizon_years: 1
territory: {communes: ["53034", "53054"]}
supply:
  list_holding_gps: [{zones: remainder, count: 2, source: test, grade: D}]
"""
MORE = (
    "extends: base.yaml\nname: more\nsupply:\n  list_holding_gps: [{zones: remainder, count: 3, source: x, grade: D}]\n"
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zones")
    (folder / "base.yaml").write_text(BASE)
    (folder / "more.yaml").write_text(MORE)
    files = [str(folder / name) for name in ("base.yaml", "more.yaml")]
    assert main(["run", *files, "-n", "2", "-j", "1", "--no-figure", "-o", str(folder / "out")]) == 0
    return folder / "out"


def test_layer_and_table_say_what_the_comparison_says(out: Path, tmp_path: Path) -> None:
    layer, table = tmp_path / "zones.geojson", tmp_path / "zones.csv"
    assert main(["zones", str(out), "--geojson", str(layer), "--csv", str(table)]) == 0
    results = ess_sim.Results.read(out)
    last = results.recorded("base")[-1]
    expected = ess_sim.compare(results, baseline="base", outcomes="share_without_mt", by="zone", dates=[last])
    rows = pd.read_csv(table, dtype={"zone": str}).set_index(["scenario", "zone"])
    features = {f["id"]: f for f in json.loads(layer.read_text())["features"]}
    assert list(features) == ["53034", "53054"]
    for _, row in expected.iterrows():
        found, said = rows.loc["more", row["zone"]], features[row["zone"]]["properties"]
        assert found["difference_pp"] == round(row["difference"], 2)
        assert (found["gained"], found["gained_low"]) == (round(-row["residents"]), round(-row["residents_high"]))
        assert found["gained_low"] < found["gained"] < found["gained_high"]
        assert rows.loc["base", row["zone"]]["without_pct"] == round(row["mean_baseline"], 2)
        assert said["more.difference_pp"] == found["difference_pp"]
        assert said["more.minutes"] == round(said["more.minutes"], 1)
        assert isinstance(said["more.adults"], int)
        assert not [key for key in said if key.startswith("base.difference")]
    cells = {c for line in table.read_text().splitlines()[1:] for c in line.split(",") if c.count(".") == 1}
    assert cells
    assert max(len(cell.partition(".")[2]) for cell in cells) == 2
    gps = results.table("providers").query("scenario == 'more' and kind == 'liberal'")
    assert rows.loc["more"]["gps"].sum() == pytest.approx(len(gps[gps["date"] == last]) / 2)
    assert features["53034"]["geometry"]["type"] == "MultiPolygon"
    assert features["53034"]["properties"]["name"] == "Bonchamp-lès-Laval" or features["53034"]["properties"]["name"]


def test_no_name_of_a_zone_is_a_formula(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spreadsheet shows names, whatever they begin with."""
    names = ["=1+1", "+33 Laval", "-A1", "@SUM", "\tx", "-3,5", "plain"]

    def named(*args: Any) -> pd.DataFrame:
        rows = zone_rows(*args)
        return rows.iloc[[0] * len(names)].assign(name=names)

    monkeypatch.setattr("ess_sim.faces.reports.zone_layer.zone_rows", named)
    table = tmp_path / "zones.csv"
    assert main(["zones", str(out), "--csv", str(table)]) == 0
    read = pd.read_csv(table)
    assert read["name"].tolist() == ["'=1+1", "'+33 Laval", "'-A1", "'@SUM", "'\tx", "-3,5", "plain"]
    assert read["adults"].nunique() == 1


def test_contours_without_a_layer_are_refused(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own.geojson"
    own.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    assert main(["zones", str(out), "--csv", str(tmp_path / "zones.csv"), "--contours", str(own)]) == 2
    assert "error: --contours goes with --geojson: a table has no contours" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["own.geojson"]


def test_own_contours_and_points(out: Path, tmp_path: Path) -> None:
    own, layer = tmp_path / "own.geojson", tmp_path / "zones.geojson"
    ring = [[-0.7, 48.0], [-0.6, 48.0], [-0.6, 48.1], [-0.7, 48.0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    own.write_text(json.dumps({"type": "Feature", "id": "53054", "properties": None, "geometry": shape}))
    assert main(["zones", str(out), "-g", str(layer), "--contours", str(own)]) == 0
    by_zone = {f["id"]: f["geometry"] for f in json.loads(layer.read_text())["features"]}
    assert by_zone["53054"]["coordinates"] == [[ring]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "nothing to write: name --geojson FILE, --csv FILE, or both"),
        (["--date", "2000-01-01"], "nothing was recorded on 2000-01-01"),
        (["--baseline", "bse"], "did you mean 'base'?"),
        (["--contours", "none.geojson"], "none.geojson: cannot be read"),
    ],
)
def test_what_cannot_be_written_is_said_and_nothing_is(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    layer = tmp_path / "zones.geojson"
    assert main(["zones", str(out), *(["-g", str(layer)] if options else []), *options]) == 2
    assert message in capsys.readouterr().err
    assert not layer.exists()


def test_all_that_is_wrong_is_said_at_once(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layer, table = tmp_path / "zones.geojson", tmp_path / "zones.txt"
    command = ["zones", str(out), "-g", str(layer), "--csv", str(table), "--baseline", "bse", "--date", "2018-01-02"]
    assert main([*command, "--contours", "none.geojson"]) == 2
    said = capsys.readouterr().err.splitlines()
    for line, words in zip(said, ["name it .csv", "'base'?", "nothing was recorded on", "none.geojson"], strict=True):
        assert words in line
    assert (
        main(["costs", str(out), "--baseline", "bse", "--discount", "2", "--discount", "-1", "--threshold", "-5"]) == 2
    )
    said = capsys.readouterr().err.splitlines()
    wrong = ["2 is not a discount rate", "-1 is not a discount", "-5 is not a threshold", "did you mean 'base'?"]
    for line, words in zip(said, wrong, strict=True):
        assert words in line
    assert not any(path.exists() for path in (layer, table, out / "costs.csv"))


def test_no_other_file_is_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario, page, book = tmp_path / "mine.yaml", tmp_path / "q.html", tmp_path / "q.xlsx"
    for file in (scenario, book):
        file.write_text("precious")
    page.write_text("<!DOCTYPE html><p>mine</p>")
    for command, said in (
        (["zones", str(tmp_path), "--csv", str(scenario), "--geojson", ""], "--geojson: name a file"),
        (["zones", str(tmp_path), "--csv", str(scenario)], "name it .csv"),
        (["schema", "--out", str(scenario)], "name it .json"),
        (["report", str(tmp_path), "--out", str(page)], "no page of ess_sim"),
        (["report", str(tmp_path), "--excel", "--out", str(tmp_path / "q.htm")], "q.xlsx is there"),
    ):
        assert main(command) == 2
        assert said in capsys.readouterr().err
    assert {scenario.read_text(), book.read_text()} == {"precious"}
