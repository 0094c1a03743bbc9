"""Contours of communes: all are there, where they belong; a user's GeoJSON is read kindly."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ess_sim.errors import TerritoryError
from ess_sim.inputs.catalogue.bundled import communes, data_path
from ess_sim.inputs.territory.contours.bundled import bundled_contours, departement_of, packed
from ess_sim.inputs.territory.contours.contours import contours

SQUARE = [[-0.8, 48.0], [-0.7, 48.0], [-0.7, 48.1], [-0.8, 48.1], [-0.8, 48.0]]


def feature(code: Any = "53130", ring: Any = None, *, kind: str = "Polygon", key: str = "insee") -> dict[str, Any]:
    shape = {"type": kind, "coordinates": [SQUARE if ring is None else ring]}
    return {"type": "Feature", "properties": {"name": "x", key: code}, "geometry": shape}


def written(tmp_path: Path, *features: dict[str, Any], **more: Any) -> Path:
    """A FeatureCollection with one feature a line."""
    rows = ",\n".join(json.dumps(f) for f in features)
    head = "".join(f'"{k}": {json.dumps(v)}, ' for k, v in more.items())
    path = tmp_path / "own.geojson"
    path.write_text(f'{{"type": "FeatureCollection", {head}"features": [\n{rows}\n]}}', encoding="utf-8")
    return path


def refusal(path: Path, codes: tuple[str, ...] = ("53130",)) -> str:
    with pytest.raises(TerritoryError) as error:
        contours(codes, path)
    return str(error.value).replace(f"{path}", "FILE")


# --- bundled


def test_every_commune_has_a_contour_where_it_lies() -> None:
    assert data_path("contours.npz").stat().st_size < 1_000_000  # type: ignore[attr-defined]
    table = communes().set_index("code")
    with np.load(str(data_path("contours.npz"))) as file:
        assert set(file.files) == {departement_of(code) for code in table.index}
    for departement in ("2A", "53", "75", "93", "974"):
        rows = table[table["departement"] == departement]
        found = contours(rows.index)
        assert list(found) == list(rows.index)
        boxes = np.array([[f(p[0][0], axis=0) for f in (np.min, np.max)] for p in found.values()])
        assert (boxes[:, 1] - boxes[:, 0] < 1).all()
        off = rows[["longitude", "latitude"]].to_numpy() - boxes.mean(axis=1)
        assert np.abs(off).max() < 0.2


def test_fine_contours_have_their_areas_and_match_their_neighbours() -> None:
    areas, edges = {}, set()
    for code, polygons in bundled_contours("53").items():
        x, y = polygons[0][0].T * [[111.2 * np.cos(np.radians(48.1))], [111.2]]
        areas[code] = abs((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2
        steps = np.round(polygons[0][0] * 10_000).astype(int).tolist()
        assert steps[0] == steps[-1]
        edges |= {(*a, *b) for a, b in pairwise(steps)}
    assert areas["53130"] == pytest.approx(34.2, rel=0.05)
    assert sum((c, d, a, b) in edges for a, b, c, d in edges) > 0.8 * len(edges)


def test_what_is_packed_is_read_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hole = np.array([[-60_000, 14_000], [-59_990, 14_000], [-59_990, 14_010], [-60_000, 14_000]])
    shapes = {"97101": [[hole - 500, hole], [hole + 7]], "97120": [[hole * 2]]}
    np.savez(tmp_path / "c.npz", **{"971": packed(shapes, 1_000)})
    monkeypatch.setattr("ess_sim.inputs.territory.contours.bundled.data_path", lambda _: tmp_path / "c.npz")
    found = bundled_contours.__wrapped__("971")
    assert {c: [[len(r) for r in p] for p in polygons] for c, polygons in found.items()} == {
        "97101": [[4, 4], [4]],
        "97120": [[4]],
    }
    assert (found["97101"][0][1] == hole / 1_000).all()
    assert (found["97101"][1][0] == (hole + 7) / 1_000).all()
    assert (found["97120"][0][0] == hole * 2 / 1_000).all()
    assert bundled_contours.__wrapped__("53") == {}


def test_zones_without_contour_are_left_out() -> None:
    assert list(contours(["quarter", "53130", "", "99999", "53130"])) == ["53130"]


# --- a user's own


@pytest.mark.parametrize("key", ["code", "INSEE_COM", "zone", "gibberish"])
def test_the_code_is_found_in_any_property(tmp_path: Path, key: str) -> None:
    path = written(tmp_path, feature("53130", key=key), feature("53001", key=key))
    found = contours(["53001", "53130", "53062"], path)
    assert (found["53130"][0][0] == SQUARE).all()
    assert (found["53062"][0][0] == bundled_contours("53")["53062"][0][0]).all(), "the bundled one where it has none"


def test_the_code_may_be_the_id_a_number_or_without_its_zero(tmp_path: Path) -> None:
    own = feature("other") | {"id": 1001}
    own["geometry"]["coordinates"] = [[[x + 5.7, y - 1.9] for x, y in SQUARE[:-1]]]  # and an open ring
    found = contours(["01001"], written(tmp_path, own))
    assert found["01001"][0][0].shape == (5, 2)
    alone = tmp_path / "alone.geojson"
    alone.write_text("\ufeff" + json.dumps(feature() | {"geometry": None}), encoding="utf-8")
    assert len(contours(["53130"], alone)["53130"][0][0]) > 5, "one without geometry has the bundled contour"


def test_parts_of_a_zone_are_one_and_other_features_are_not_read(tmp_path: Path) -> None:
    many = feature(ring=[SQUARE, SQUARE], kind="MultiPolygon")
    path = written(tmp_path, feature(), many, feature("elsewhere", ring=["nonsense"]))
    assert len(contours(["53130"], path)["53130"]) == 2


def test_zones_that_nothing_has_are_named(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"own.geojson: no contour of 2 of 3 zones: A, B$"):
        assert list(contours(["A", "53130", "B"], written(tmp_path, feature()))) == ["53130"]


def test_faults_are_named_by_line_all_at_once(tmp_path: Path) -> None:
    metres = [[420_000.5, 6_780_000], [1, 2], [3, 4], [420_000.5, 6_780_000]]
    path = written(
        tmp_path,
        feature("53130"),
        feature("53001", ring=metres),
        feature("53002", kind="GeometryCollection"),
        feature("53003", ring=[[0, 0], [1, 1]]),
        feature("53005", ring=[[0, 0], [1, "1"], [2, 2], [0, 0]]),
        feature("53006", ring=[[float("nan"), 0], [1, 1], [2, 2], [0, 0]]),
    )
    lines = refusal(path, ("53001", "53002", "53003", "53005", "53006", "53130")).splitlines()
    assert lines[0] == (
        "FILE:3: features[1]: zone '53001': [420,000.5, 6,780,000] are no degrees, but metres of a projection "
        "(Lambert 93, say): save it in longitude and latitude (WGS 84, EPSG:4326)"
    )
    assert "FILE:4: features[2]: zone '53002': geometry must be a Polygon or a MultiPolygon" in lines[1]
    assert "FILE:5: features[3]: zone '53003': a ring must have at least 4 points" in lines[2]
    assert "FILE:6: features[4]: zone '53005': a point must be [longitude, latitude], not " in lines[3]
    assert "FILE:7: features[5]: zone '53006': coordinates must be finite" in lines[4]


def test_latitude_before_longitude_and_other_places_are_noticed(tmp_path: Path) -> None:
    path = written(tmp_path, feature(ring=[[y, x] for x, y in SQUARE]))
    assert refusal(path) == "FILE:2: features[0]: latitude stands before longitude: GeoJSON has longitude first"
    path = written(tmp_path, feature(ring=[[x + 5, y] for x, y in SQUARE]))
    assert "contours lie 5 degrees from the zones" in refusal(path)
    own = written(tmp_path, feature("A", ring=[[y, x] for x, y in SQUARE]))
    assert contours(["A"], own), "nothing is known of a user's own zone"
    with pytest.raises(TerritoryError, match="latitude stands before"):
        contours(["A"], own, positions={"A": (-0.75, 48.05)})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "FILE:1:1: no JSON"),
        ("<kml>", "FILE:1:1: no JSON"),
        ('{\n"type": "Feature",,}', "FILE:2:1"),
        ("[" * 100_000, "FILE: no GeoJSON: nested too deeply"),
        ("[1]", "FILE: must be a GeoJSON Feature or FeatureCollection, has no type"),
        ('{"type": "Polygon"}', "has type 'Polygon'"),
        ('{"type": "Topology"}', "FILE: TopoJSON: save it as GeoJSON"),
        ('{"type": "FeatureCollection"}', "must have a list of features"),
        ('{"type": "FeatureCollection", "features": [\n1]}', "FILE:2: features[0]: must be a Feature"),
        ('{"type": "FeatureCollection", "crs": {"name": "EPSG::2154"}, "features": []}', "2154"),
        ("PK\x03\x04zip", "FILE: compressed"),
    ],
)
def test_what_is_no_geojson_is_refused_in_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "own.geojson"
    path.write_text(content, encoding="utf-8")
    text = refusal(path)
    assert message in text
    assert "\n" not in text


def test_a_file_that_knows_no_zone_says_what_it_has(tmp_path: Path) -> None:
    text = refusal(written(tmp_path, feature("53131")))
    assert text == (
        "FILE: no feature has the code of a zone ('53130') as its id or as a property; "
        "the first has name = 'x', insee = '53131' (did you mean '53131'?)"
    )
    assert "cannot be read" in refusal(tmp_path)
    assert "cannot be read (No such file" in refusal(tmp_path / "none.geojson")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.geojson"
    with path.open("wb") as file:
        file.truncate(100_000_001)
    assert refusal(path) == "FILE: 100 MB, more than 100: keep the territory's zones only, or simplify their contours"
