"""Make the bundled contours of communes, `ess_sim/data/contours.npz`, from the files they derive from.

Run by hand when the sources change; the package never imports it::

    python tools/build_contours.py SOURCE_FOLDER [TARGET_FOLDER]

SOURCE_FOLDER holds ``france/contours_communes_2025.ndjson.gz`` (all communes, strongly simplified: edges of neighbours
do not match) and ``contours/*.geojson`` (a few départements and cities whose neighbours match), which are preferred.
TARGET_FOLDER holds ``communes.csv.gz``, whose codes are kept, and gets the new file; the same sources give the same
bytes. `ess_sim.inputs.territory.contours.bundled` says how the file holds them.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from ess_sim.inputs.territory.contours.bundled import departement_of, packed

COARSE, FINE = 1_000, 10_000
"""Steps of a degree: of the simplified file, of the others."""

Rings = list[list[tuple[int, int]]]


def coarse(path: Path) -> Iterator[tuple[str, list[Rings]]]:
    """Polygons of every commune, in thousandths of a degree."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            commune = json.loads(line)
            yield (
                commune["c"],
                [[list(zip(accumulate(r[::2]), accumulate(r[1::2]), strict=True)) for r in p] for p in commune["p"]],
            )


def fine(path: Path) -> Iterator[tuple[str, list[Rings]]]:
    """Polygons of the communes of a GeoJSON, in ten-thousandths of a degree."""
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        if "insee_code" in feature["properties"]:
            shape = feature["geometry"]
            polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
            steps = [[[(round(x * FINE), round(y * FINE)) for x, y in ring] for ring in p] for p in polygons]
            yield feature["properties"]["insee_code"], steps


def closed(ring: list[tuple[int, int]]) -> np.ndarray:
    """A ring that ends where it begins, without points that are twice in a row."""
    points = [point for i, point in enumerate(ring) if i == 0 or point != ring[i - 1]]
    return np.array(points if points[0] == points[-1] else [*points, points[0]])


def build(source: Path, target: Path) -> None:
    """Write ``contours.npz`` into the target folder."""
    with gzip.open(target / "communes.csv.gz", "rt", encoding="utf-8", newline="") as file:
        codes = sorted(row["code"] for row in csv.DictReader(file))
    found = dict(coarse(source / "france" / "contours_communes_2025.ndjson.gz"))
    better = {c: p for path in sorted((source / "contours").glob("*.geojson")) for c, p in fine(path)}
    arrays: dict[str, Any] = {}
    for departement in sorted({departement_of(code) for code in codes}):
        here = [c for c in codes if departement_of(c) == departement and (c in better or c in found)]
        scale = FINE if any(code in better for code in here) else COARSE
        shapes = {}
        for code in here:
            step = 1 if code in better or scale == COARSE else FINE // COARSE
            shapes[code] = [[closed(r) * step for r in p] for p in better.get(code, found.get(code, []))]
        arrays[departement] = packed(shapes, scale)
    np.savez_compressed(target / "contours.npz", **arrays)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: build_contours.py SOURCE_FOLDER [TARGET_FOLDER]")
    package = Path(__file__).parents[1] / "ess_sim" / "data"
    build(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else package)
