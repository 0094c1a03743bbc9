"""Changes that people, programs and attackers make to files."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import yaml

from mangled.files import Kind

__all__ = ["mangled"]


# fmt: off
_NASTY = (
    "nan", ".nan", ".inf", "-.inf", "inf", "1e400", "1.0e+400", "-1", "0", "-0.0", "1e-300", "0.1e1", "1_000", "0x1F",
    "1000000000000000000", "9" * 17, "9" * 30, "-" + "9" * 18, "2147483648", "9223372036854775807", "1.7e+308", "1e18",
    "0,5", "5 %", "12:30:00", "010", "2017-06-15", "2017-02-30", "0001-01-01", "9999-12-31", "2017-06-15 10:00:00", "~",
    "null", "", "true", "yes", "No", "[]", "{}", "[[]]", "[1, 2]", "{a: 1}", "{a: {b: {c: [1, {d: 2}]}}}", "''", "日本",
    '"\\ud800"', '"\\x1b[31m\\a"', '"\\uFEFF"', '"\\u202e"', '"a\\nb"', '"\\0"', '"\\UFFFFFFFF"', "'é'", '"\\u2028"',
    "*a", "&a b", "&a [*a]", "<<", "!!python/object/apply:os.system [ls]", "!!binary aGk=", "!x y", "!!set {a}", "? a",
    "|", ">-", "%", "@x", "`x", "- - -", "a: b: c", '"', "'", "[", "}", "#", "../../etc/passwd", "/dev/zero", "/etc",
    ".", "x" * 3000, "base.yaml", "child.yaml", "s.yaml", "b.yaml", "zones-whole.csv", "53130", '"53130"', "remainder",
    "base", "posterior.csv",
)
_CELLS = (
    "", " ", "nan", "NaN", "inf", "-inf", "1e400", "-1", "0", "1e18", "9" * 30, "1.5", "0.1e1", "1_000", "0x1F", "1,5",
    '"1,5"', "5 %", "true", "None", "<NA>", "\x1b[31m", "\ud800", "\ufeff", "\x00", '"', '""', '"a\nb"', "'", "é", "A",
    "B", "106", "x" * 3000, "2017-06-15", "=1+1", "1;2", "1\t2", "1e-320", "-0.0", "٣", "１", "[1]", "{}", "+5", "  7 ",
    "1 000", "90.0001", "\u2028", "\r",
)
_KEYS = (
    "name", "zone", "zones", "kind", "count", "extends", "territory", "vary", "targets", "x", "<<", "? [a]", "1", "yes",
    "~", '"\\x1b"',
)
_BYTES = (
    b"\0", b"\xff", b"\xfe\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\t", b"\r", b"\x1b", b"\x85", b"\xc2\x85", b"\x7f",
    b"\xe2\x80\xa8",
)
_CODES = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "cp037", "utf-7")
_ANY: tuple[Any, ...] = (10**18, -1, 0.5, 1e300, True, None, [], {}, "", "x", 2**70, "\x1b[1m", 60, 1e6)
# fmt: on
_CHANGES = {
    "yaml": ("_lines", "_lines", "_value", "_value", "_value", "_key", "_tree", "_tree", "_graft"),
    "csv": ("_lines", "_cell", "_cell", "_cell", "_column"),
    "json": ("_tree", "_tree", "_json"),
}


def mangled(kind: Kind, random_: random.Random) -> bytes:
    """A valid file of this kind with one to four changes."""
    file = random_.choice(kind.files)
    if isinstance(file, bytes):
        data = file
        for _ in range(random_.randint(1, 4)):
            data = _bytes(data, random_)
        return data
    text = file
    for _ in range(random_.randint(1, 4)):
        text = globals()[random_.choice(_CHANGES[kind.form])](text, kind, random_)
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
    r"(?<=\[)[^\],]+|(?<=, )[^\],:}\n]+(?=[\],}])"  # an item
    r"|(?<=: )[^\s{\[][^,}\]\n]*|(?<=- )[^\s{\[][^\n]*|\[[^\]\n]*\]|\{[^{}\n]*\}"
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
                holder[part] = random_.choice(_ANY)
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
