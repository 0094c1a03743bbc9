"""Files of users, mangled: valid ones of every kind with a few changes that people, programs and attackers make.

`mangled` changes a file; `KINDS` are the readers with valid files of theirs; `fault` reads a mutant and says how the
reader breaks its promise: any bytes end in an error of the package that shows where, or in a valid object.
"""

from __future__ import annotations

import io
import json
import random
import re
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
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.policies.base import Case
from ess_sim.model.policies.registry import KINDS as POLICIES
from ess_sim.model.run.read import read_scenario
from ess_sim.results.storage.parquet import read_table

__all__ = ["KINDS", "Kind", "fault", "lay_out", "mangled"]


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
    - {code: Q1, name: Hilard, of: "53130", residents: 4000, latitude: 48.077, longitude: -0.785, source: town, grade: C}
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
    return Territory.from_csv(path).adults


def _travel(path: Path) -> Any:
    return Territory.from_csv(path.parent / "zones-whole.csv", path).travel


KINDS: Mapping[str, Kind] = {
    "scenario": Kind("s.yaml", (_SCENARIO, _CHILD, *_policies()), read_scenario, "yaml"),
    "batch": Kind("b.yaml", (_BATCH,), read_batch, "yaml"),
    "calibration": Kind("c.yaml", (_CALIBRATION,), read_calibration, "yaml"),
    "zones": Kind("z.csv", (_ZONES,), _zones, "csv"),
    "travel": Kind("t.csv", (_TRAVEL,), _travel, "csv"),
    "draws": Kind("d.csv", (_DRAWS, _table()), Posterior.read, "csv"),
    "posterior": Kind("manifest.json", (_MANIFEST,), _posterior_folder, "json"),
    "table": Kind("t.parquet", (_table(),), read_table, "bytes"),
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
    for p in problems:
        if p.line and not _inside(p.line, p.column, Path(p.file)):
            return f"a place outside the file: {p}"
    if str(path) not in str(error) and str(path.parent) not in str(error):
        return f"a message that does not name the file: {error}"
    placed = kind.form not in ("yaml", "csv") or all(map(_PLACE.match, lines))
    return "" if placed else f"a message without a place: {error}"


def _inside(line: int, column: int, file: Path) -> bool:
    """Whether a place lies in a file, or right behind its end or a line's."""
    try:
        text = file.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return False
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
    return line <= len(lines) + 1 and column <= (len(lines[line - 1]) if line <= len(lines) else 0) + 1


# --- changes ---------------------------------------------------------------------------------------------------------

_NASTY = (
    *(
        "nan",
        ".nan",
        ".inf",
        "-.inf",
        "inf",
        "1e400",
        "1.0e+400",
        "-1",
        "0",
        "-0.0",
        "1e-300",
        "0.1e1",
        "1_000",
        "0x1F",
    ),
    *(
        "1000000000000000000",
        "9" * 17,
        "9" * 30,
        "-" + "9" * 18,
        "2147483648",
        "9223372036854775807",
        "1.7e+308",
        "1e18",
    ),
    *("0,5", "5 %", "12:30:00", "010", "2017-06-15", "2017-02-30", "0001-01-01", "9999-12-31", "2017-06-15 10:00:00"),
    *("null", "~", "", "true", "yes", "No", "[]", "{}", "[[]]", "[1, 2]", "{a: 1}", "{a: {b: {c: [1, {d: 2}]}}}", "''"),
    *(
        '"\\ud800"',
        '"\\x1b[31m\\a"',
        '"\\uFEFF"',
        '"\\u202e"',
        '"a\\nb"',
        '"\\0"',
        '"\\UFFFFFFFF"',
        "'é'",
        "日本",
        '"\\u2028"',
    ),
    *(
        "*a",
        "&a b",
        "&a [*a]",
        "<<",
        "!!python/object/apply:os.system [ls]",
        "!!binary aGk=",
        "!x y",
        "!!set {a}",
        "? a",
        "|",
    ),
    *(
        ">-",
        "%",
        "@x",
        "`x",
        "- - -",
        "a: b: c",
        '"',
        "'",
        "[",
        "}",
        "#",
        "../../etc/passwd",
        "/dev/zero",
        "/etc",
        ".",
        "x" * 3000,
    ),
    *(
        "base.yaml",
        "child.yaml",
        "s.yaml",
        "b.yaml",
        "zones-whole.csv",
        "53130",
        '"53130"',
        "remainder",
        "base",
        "posterior.csv",
    ),
)
_CELLS = (
    *(
        "",
        " ",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "1e400",
        "-1",
        "0",
        "1e18",
        "9" * 30,
        "1.5",
        "0.1e1",
        "1_000",
        "0x1F",
        "1,5",
        '"1,5"',
    ),
    *(
        "5 %",
        "true",
        "None",
        "<NA>",
        "\x1b[31m",
        "\ud800",
        "\ufeff",
        "\x00",
        '"',
        '""',
        '"a\nb"',
        "'",
        "é",
        "A",
        "B",
        "106",
        "x" * 3000,
    ),
    *(
        "2017-06-15",
        "=1+1",
        "1;2",
        "1\t2",
        "1e-320",
        "-0.0",
        "٣",
        "１",
        "[1]",
        "{}",
        "+5",
        "  7 ",
        "1 000",
        "90.0001",
        "\u2028",
        "\r",
    ),
)
_KEYS = (
    "name",
    "zone",
    "zones",
    "kind",
    "count",
    "extends",
    "territory",
    "vary",
    "targets",
    "x",
    "<<",
    "? [a]",
    "1",
    "yes",
    "~",
    '"\\x1b"',
)
_BYTES = (
    b"\0",
    b"\xff",
    b"\xfe\xff",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\t",
    b"\r",
    b"\x1b",
    b"\x85",
    b"\xc2\x85",
    b"\x7f",
    b"\xe2\x80\xa8",
)
_CODES = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "cp037", "utf-7")


def mangled(kind: Kind, random_: random.Random) -> bytes:
    """A valid file of this kind with one to four changes."""
    file = random_.choice(kind.files)
    if isinstance(file, bytes):
        data = file
        for _ in range(random_.randint(1, 4)):
            data = _bytes(data, random_)
        return data
    text = file
    changes = {
        "yaml": (_lines, _lines, _value, _value, _value, _key, _tree, _tree, _graft),
        "csv": (_lines, _cell, _cell, _cell, _column),
        "json": (_tree, _tree, _json),
    }
    for _ in range(random_.randint(1, 4)):
        text = random_.choice(changes[kind.form])(text, kind, random_)
    data = text.encode("utf-8", "surrogatepass")
    chance = random_.random()
    if chance < 0.06:
        return text.encode(random_.choice(_CODES), "replace")
    if chance < 0.16:
        return _bytes(data, random_)
    if chance < 0.2:
        return data.replace(b"\n", random_.choice((b"\r\n", b"\r", b"\n\n", b"\xc2\x85", b"\n\t")))
    return _bomb(text, random_) if chance < 0.23 and kind.form == "yaml" else data


def _bytes(data: bytes, random_: random.Random) -> bytes:
    """Bytes flipped, put in, taken out, repeated, or cut off."""
    at = random_.randrange(len(data) + 1)
    end = min(len(data), at + random_.choice((1, 1, 4, 40)))
    return random_.choice(
        (
            data[:at] + bytes([random_.randrange(256)]) + data[at + 1 :],
            data[:at] + bytes([data[at % len(data)] ^ 1 << random_.randrange(8)] if data else b"") + data[at + 1 :],
            data[:at] + random_.choice(_BYTES) + data[at:],
            data[:at] + data[end:],
            data[:end] + data[at:end] * random_.choice((1, 3)) + data[end:],
            data[:at],
        )
    )


def _lines(text: str, kind: Kind, random_: random.Random) -> str:
    """Lines repeated, removed, moved, indented, or taken from another file."""
    lines = text.split("\n")
    at = random_.randrange(len(lines))
    end = at + random_.choice((1, 1, 2, 6))
    part = lines[at:end]
    other = [line for f in kind.files if isinstance(f, str) for line in f.split("\n")]
    start = random_.randrange(len(other))
    to = random_.randrange(len(lines))
    by = " " * random_.choice((0, 1, 2, 4))
    match random_.randrange(6):
        case 0:
            lines[end:end] = part * random_.choice((1, 1, 2, 60))
        case 1:
            del lines[at:end]
        case 2:
            del lines[at:end]
            lines[to:to] = part
        case 3:
            lines[at:end] = [by + line for line in part]
        case 4:
            lines[at:end] = [line.removeprefix(by or " ") for line in part]
        case _:
            lines[at:at] = [by + line for line in other[start : start + random_.choice((1, 3, 8))]]
    return "\n".join(lines)


_VALUE = re.compile(
    r"(?<=\[)[^\],]+|(?<=, )[^\],:}\n]+(?=[\],}])|(?<=: )[^\s{\[][^,}\]\n]*|(?<=- )[^\s{\[][^\n]*|\[[^\]\n]*\]|\{[^{}\n]*\}"
)
_KEY = re.compile(r"[A-Za-z_][\w.]*(?=:\s)")


def _swapped(text: str, pattern: re.Pattern[str], new: str, random_: random.Random) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text + new
    match = random_.choice(found)
    return text[: match.start()] + new + text[match.end() :]


def _value(text: str, _: Kind, random_: random.Random) -> str:
    return _swapped(text, _VALUE, random_.choice(_NASTY), random_)


def _key(text: str, _: Kind, random_: random.Random) -> str:
    """A key renamed: to another of the file's, to a slip of the pen, or to what is no key."""
    known = _KEY.findall(text) or ["x"]
    slip = random_.choice(known)
    at = random_.randrange(len(slip))
    return _swapped(text, _KEY, random_.choice((*_KEYS, *known, slip[:at] + slip[at + 1 :], slip + "é")), random_)


def _tree(text: str, kind: Kind, random_: random.Random) -> str:
    """Values swapped, repeated or removed in the file's data, which stays well-formed."""
    try:
        data = yaml.safe_load(text)
        places = list(_places(data))
        holder, part = random_.choice(places)
        other, place = random_.choice(places)
        match random_.randrange(5):
            case 0:
                del holder[part]
            case 1:
                holder[part] = other[place]
            case 2:
                holder[part] = [holder[part]] * random_.choice((1, 2, 300))
            case 3:
                holder[part] = {"value": holder[part], str(place): other[place]}
            case _:
                holder[part] = random_.choice(
                    (10**18, -1, 0.5, 1e300, True, None, [], {}, "", "x", 2**70, "\x1b[1m", 60, 1e6)
                )
        if kind.form == "json":
            return json.dumps(data)
        dumped: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=random_.random() < 0.5)
        return dumped if len(dumped) < 300_000 else text
    except Exception:  # of whatever yaml says to what earlier changes left
        return text


def _places(data: Any) -> Any:
    for part, value in list(
        data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    ):
        yield data, part
        yield from _places(value)


def _graft(text: str, kind: Kind, random_: random.Random) -> str:
    """Another file of the kind, or a part of it, put behind or into this one."""
    other = random_.choice([f for f in kind.files if isinstance(f, str)])
    lines = other.split("\n")
    start = random_.randrange(len(lines))
    some = "\n".join(lines[start : start + random_.randint(1, 20)]) + "\n"
    at = random_.choice([m.end() for m in re.finditer("\n", text)] or [len(text)])
    return random_.choice((text + some, text[:at] + some * random_.choice((1, 1, 5, 40)) + text[at:], some + text))


def _json(text: str, _: Kind, random_: random.Random) -> str:
    return _swapped(text, re.compile(r'"[^"]*"|\[[^\]]*\]|true|\{[^{}]*\}'), random_.choice(_NASTY), random_)


def _cell(text: str, _: Kind, random_: random.Random) -> str:
    """A cell, or a whole column of cells, with something else in it."""
    new = random_.choice(_CELLS)
    lines = text.split("\n")
    cells = lines[random_.randrange(len(lines))].split(",")
    column = random_.randrange(len(cells))
    every = random_.random() < 0.2
    at = random_.randrange(len(lines))
    for i in range(len(lines)) if every else [at]:
        row = lines[i].split(",")
        row[column:] = [new, *row[column + 1 :]]
        lines[i] = ",".join(row)
    return "\n".join(lines)


def _column(text: str, _: Kind, random_: random.Random) -> str:
    """Columns removed, repeated, added, swapped; other separators and decimal commas."""
    rows = [line.split(",") for line in text.split("\n")]
    a, b = (random_.randrange(max(1, len(rows[0]))) for _ in range(2))
    match random_.randrange(7):
        case 0:
            rows = [row[:a] + row[a + 1 :] for row in rows]
        case 1:
            rows = [[*row, *row[a : a + 1]] for row in rows]
        case 2:
            rows = [[*row, "1"] for row in rows]
        case 3:
            for row in rows[random_.choice((0, 1)) :]:
                if max(a, b) < len(row):
                    row[a], row[b] = row[b], row[a]
        case 4:
            return text.replace(",", random_.choice((";", "\t", " , ", "|", ",,")))
        case 5:
            return text.replace(".", ",")
        case _:
            return text.replace(",", ";").replace(".", ",")
    return "\n".join(",".join(row) for row in rows)


def _bomb(text: str, random_: random.Random) -> bytes:
    """Something small that grows, or something large and dull."""
    n = random_.choice((50, 2_000, 90_000))
    laughs = "".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9 if i else ['x'])}]\n" for i in range(12))
    keys = "".join(f"k{i}: {i}\n" for i in range(min(n, 20_000)))
    return random_.choice(
        (
            f"{text}zz: [{'{a: 1},' * n}]",
            f"{text}zz: {'[' * n}{']' * n}",
            f"{text}zz: {'{a: ' * n}1{'}' * n}",
            f"{text}{laughs}",
            f"{text}{keys}",
            f"{text}{keys}".replace(": 1", ": [1, 1]"),
            f"{text}zz: {'x' * n * 10}",
            f'{text}zz: "{"x " * n}"',
            f"{text}zz: [{'1, ' * n}]",
            f"{text}? {'- ' * min(n, 3_000)}",
            f"{text}zz: [{'*a, ' * n}]",
            f"{text}zz:\n{'  - !t &a x: *a' * min(n, 9_000)}",
            "".join(f"{line}\n" * min(n // 50, 400) for line in text.split("\n")),
            f"parameters: {{{', '.join(f'p{i}: {i}' for i in range(n // 5))}}}\n{text}",
            re.sub(r"\[[^\]\n]*\]", f"[{', '.join(f'z{i}' for i in range(n // 5))}]", text),
        )
    ).encode()
