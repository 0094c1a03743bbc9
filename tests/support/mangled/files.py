"""The readers of users' files, with valid files of theirs, and what each of them promises for any bytes.

`fault` reads a file and says how the reader breaks its promise: an error of the package that shows where, in lines that
can be printed, or a valid object.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from ess_sim.analysis.calibration.targets import read_calibration
from ess_sim.errors import EssSimError, ScenarioError
from ess_sim.experiments.batches.batch import read_batch
from ess_sim.experiments.draws.posterior import Posterior
from ess_sim.inputs.territory.countries.code_lists import read_codes
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.policies.base import Case
from ess_sim.model.policies.registry import KINDS as POLICIES
from ess_sim.model.run.read import read_scenario

__all__ = ["KINDS", "Kind", "fault", "lay_out"]


# --- valid files -----------------------------------------------------------------------------------------------------

_SCENARIO = """\
name: base
title: Two communes
description: >
  A text of
  two lines.
sources: ["INSEE, RP2023", "press"]
start: 2020-01-01
horizon_years: 10
territory:
  communes: ["53130", "53140"]
  cutoff_minutes: 30
  quarters:
    - {code: Q1, name: Hilard, of: "53130", residents: 4000, latitude: 48.077, longitude: -0.785, source: a, grade: C}
supply:
  list_holding_gps:
    - {zones: ["53130"], count: 30, source: RPPS, grade: A}
    - {zones: remainder, count: 5, source: none, grade: D}
  first_installations: {per_year: 1.5, source: none, grade: D}
  interns_per_semester: {count: 6, source: faculty, grade: B}
  centres:
    - name: example
      form: association
      zone: "53130"
      listed: 500
      posts: {salaried_gps: {count: 3, fte_each: 0.8}, nurses: 1.5}
      finance:
        grants: [{payer: agency, euro_per_year: 120000.0, since: 2021-01-01, source: report, grade: B}]
      source: report
      grade: B
residents:
  without_mt:
    - {zones: remainder, share: 0.12, never_declared_part: 0.4, source: Cnam, grade: A}
parameters:
  informed_share: 0.4
  call_rate_per_year: 2
outcomes: [share_without_mt, travel_minutes]
"""

_CHILD = """\
extends: base.yaml
name: child
policies:
  - kind: smp
    opens: 2021-01-01
    zone: "53130"
    retired_gps: {count: 4, fte_each: 0.2}
    interns: {per_semester: 2}
    rooms: 3
"""

_BATCH = """\
batch: rooms
title: More rooms
scenarios: [base.yaml, child.yaml]
baseline: base
vary:
  parameters.settle_probability: [0.03, 0.08]
  policies.smp.rooms: {from: 2, to: 4, step: 1}
combine: cross
apply_to: [child]
replications: 3
seed: 1
draws: 4
design: sobol
outcomes: [share_without_mt]
precision: 0.5
engine: processes
jobs: 2
"""

_CALIBRATION = """\
calibration: fit
title: Two figures
scenario: base.yaml
parameters: [give_up_rate_per_year, need_rate_per_year]
ranges:
  give_up_rate_per_year: [0.05, 0.2]
prior: uniform
targets:
  - {outcome: share_without_mt, date: 2022-12-31, value: 0.1, sd: 0.01, source: Cnam, grade: A}
  - outcome: share_lost
    date: 2023-12-31
    value: 0.05
    low: 0.04
    high: 0.06
    source: "Cnam, 2023"
    grade: B
    held_out: true
observed: one future
simulations: 40
replications: 2
draws: 10
seed: 3
"""

_ZONES = "zone,name,lon,lat,area_km2,age,count,departement\n" + "".join(
    f"{zone},{name},{lon},48.07,{area},{age},{count},53\n"
    for zone, name, lon, area in (
        ("A", '"Nord, haut"', -0.77, 3.5),
        ("B", "Sud", -0.75, 12),
        ("C", "Bois-Été", -0.7, 9.25),
    )
    for age, count in ((0, 80), (30, 900), (55, 700), (81, 300))
)
_FRENCH_ZONES = "Code INSEE;Commune;Longitude;Latitude;Superficie (km²);Âge;Effectif;Dép\n" + "".join(
    f"{code};{name};{longitude};{latitude};{area};{age};{count};1\n"
    for code, name, longitude, latitude, area in (
        ("1053", "Bourg-en-Bresse", "5,2259", "46,2051", "23,9"),
        ("1003", "Amareins", "4,7900", "46,0800", "10,5"),
    )
    for age, count in (("0 à 4 ans", "80"), ("30", "1\u202f900"), ("95 et plus", "12"))
)
_CODES = (
    "code,name\n53130,Laval\n53140,Louverné\n",
    '="01053"\n53130\n49149\n',
    "Liste\n1.053E+03\n1.004E+03\n",
    "1053\n1004\n\n53130\n",
)
_TRAVEL = "from_zone,to_zone,minutes\nA,B,7.5\nB,C,12\nA,C,20\nC,C,3\n"
_DRAWS = "draw,call_rate_per_year,informed_share\n1,1.5,0.25\n2,2.4,0.5\n3,0.9,0.75\n"
_MANIFEST = (
    '{"format": "ess_sim posterior 1", "name": "fit", "parameters": [{"identified": true}], "warnings": ["a: b"]}'
)


def _policies() -> tuple[str, ...]:
    """A scenario with an example of each kind of policy."""
    base = yaml.safe_load(_SCENARIO)
    case = Case(base["start"].replace(2021), base["start"].replace(2024), ("53130", "53140"))
    blocks = [cls.example(case).to_block() for cls in POLICIES.values()]
    return tuple(yaml.safe_dump({**base, "policies": [block]}, sort_keys=False, allow_unicode=True) for block in blocks)


def _table() -> bytes:
    sink = io.BytesIO()
    columns = {"call_rate_per_year": [1.5, 2.4], "informed_share": [0.25, 0.5], "zone": ["A", "B"]}
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


# --- readers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name on disk, valid files of it, its reader, and what is changed in it."""

    name: str
    files: tuple[str | bytes, ...]
    read: Callable[[Path], Any]
    form: str  # yaml, csv or bytes


def _posterior_folder(path: Path) -> Any:
    (path.parent / "posterior.csv").write_text(_DRAWS, encoding="utf-8")
    found = Posterior.read(path.parent)
    return found, found.caveats()


def _zones(path: Path) -> Any:
    with warnings.catch_warnings(action="ignore"):  # of what is implausible
        return Territory.from_csv(path).adults


def _travel(path: Path) -> Any:
    with warnings.catch_warnings(action="ignore"):
        return Territory.from_csv(path.parent / "zones-whole.csv", path).travel_minutes


KINDS: Mapping[str, Kind] = {
    "scenario": Kind("s.yaml", (_SCENARIO, _CHILD, *_policies()), read_scenario, "yaml"),
    "batch": Kind("b.yaml", (_BATCH,), read_batch, "yaml"),
    "calibration": Kind("c.yaml", (_CALIBRATION,), read_calibration, "yaml"),
    "zones": Kind("z.csv", (_ZONES, _FRENCH_ZONES), _zones, "csv"),
    "codes": Kind("l.csv", _CODES, read_codes, "csv"),
    "travel": Kind("t.csv", (_TRAVEL,), _travel, "csv"),
    "draws": Kind("d.csv", (_DRAWS, _table()), Posterior.read, "csv"),
    "posterior": Kind("manifest.json", (_MANIFEST,), _posterior_folder, "json"),
}


def lay_out(folder: Path) -> None:
    """The files that mutants name, or are read with."""
    for name, text in (("base.yaml", _SCENARIO), ("child.yaml", _CHILD), ("zones-whole.csv", _ZONES)):
        (folder / name).write_text(text, encoding="utf-8")


_PLACE = re.compile(r"(?s).*?[^/]:[0-9]+(:[0-9]+)?: ")


def fault(kind: Kind, data: bytes, folder: Path) -> str:
    """How the reader breaks its promise for these bytes, '' where it keeps it; `lay_out` prepares the folder."""
    path = folder / kind.name
    path.write_bytes(data)
    try:
        kind.read(path)
    except EssSimError as error:
        return _fault_of(error, path, kind)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"{type(error).__name__}: {str(error)[:300]}"
    return ""


def _fault_of(error: EssSimError, path: Path, kind: Kind) -> str:
    problems = error.problems if isinstance(error, ScenarioError) else ()
    lines = [str(p) for p in problems] or str(error).split("\n")
    if len(lines) > 210:
        return f"{len(lines)} messages"
    for line in lines:
        if not line.isprintable():
            return f"a message that cannot be printed: {line!a}"
        if len(line) > 2_500:
            return f"a message of {len(line)} characters: {line[:200]}"
    texts = {p.file: _lines_of(Path(p.file)) for p in problems}
    for p in problems:
        if p.line and not _inside(p.line, p.column, texts[p.file]):
            return f"a place outside the file: {p}"
    if str(path) not in str(error) and str(path.parent) not in str(error):
        return f"a message that does not name the file: {error}"
    placed = kind.form not in ("yaml", "csv") or all(
        _PLACE.match(line) or re.fullmatch("… and [0-9]+ more", line) for line in lines
    )
    return "" if placed else f"a message without a place: {error}"


def _lines_of(file: Path) -> list[str]:
    try:
        text = file.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return []
    return re.split("\r\n|[\n\r\x85\u2028\u2029]", text)


def _inside(line: int, column: int, lines: list[str]) -> bool:
    """Whether a place lies in a text, or right behind its end or a line's."""
    return line <= len(lines) + 1 and column <= (len(lines[line - 1]) if line <= len(lines) else 0) + 1
