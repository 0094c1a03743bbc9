"""Codes and names of communes, intercommunalities and départements: checked, and corrected where they are wrong."""

from __future__ import annotations

import difflib
import functools
import unicodedata
from typing import NamedTuple

from ess_sim.errors import TerritoryError
from ess_sim.inputs.territory.countries.country import Country, Kind
from ess_sim.inputs.territory.countries.registry import KINDS, country_of

__all__ = [
    "Ended",
    "check_code",
    "folded_name",
    "former_codes",
    "hint_of_code",
    "is_name",
    "names_of_kind",
    "whole_code",
]


def folded_name(text: str) -> str:
    """Without accents, case, hyphens and apostrophes: how people search."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    return " ".join("".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split())


@functools.cache
def names_of_kind(key: str) -> dict[str, str]:
    """Code → name of everything of a kind, which is named by its key."""
    frame = KINDS[key].read()
    return dict(zip(frame["code"], frame["name"], strict=True))


def check_code(code: object, key: str) -> str:
    """The code, if it is one of this kind; else an error that says which one was meant."""
    kind = KINDS[key]
    label = kind.label
    if not isinstance(code, str):
        example = kind.example
        raise TerritoryError(
            f"{label} code {code!r} is not text: write it in quotes, with its leading zeros, e.g. '{example}'"
        )
    names = names_of_kind(key)
    if code in names:
        return code
    for other in KINDS.values():
        if code in names_of_kind(other.key):
            what = f"this is the {other.label} {names_of_kind(other.key)[code]}, give it as `{other.key}`"
            raise TerritoryError(f"no {label} {code!r}: {what}")
    raise TerritoryError(f"no {label} code {code!r}{hint_of_code(code, key)}")


def hint_of_code(code: str, key: str) -> str:
    """What to write instead of an unknown code: its successor, the code of a name, the code as it should be written."""
    kind, names = KINDS[key], names_of_kind(key)
    whole = whole_code(code, kind)
    whole = whole if whole in names else whole.lstrip("0").zfill(kind.digits)
    if whole in names:
        return f" (did you mean {whole!r}, {names[whole]}?)"
    country = country_of(key)
    if kind.column in ("code", country.region):
        for start, what in country.left_out.items():
            if code.startswith(start):
                return f": {what}"
    if kind.column == "code" and (ended := former_codes(country).get(whole)):
        return f": {ended.what} (did you mean {ended.successor!r}, {names[ended.successor]}?)"
    if is_name(code):
        folded = folded_name(code)
        if same := _codes_by_name(key).get(folded):
            return f": this is a name (did you mean {' or '.join(repr(c) for c in same[:5])}?)"
        alike = [n for n in _codes_by_name(key) if n[:1] == folded[:1] and abs(len(n) - len(folded)) < 3]
        if near := difflib.get_close_matches(folded, alike, n=1, cutoff=0.75):
            found = _codes_by_name(key)[near[0]][0]
            return f" (did you mean {found!r}, {names[found]}?)"
    elif (
        kind.group and kind.digits < len(whole) and (near := difflib.get_close_matches(whole, names, n=1, cutoff=0.85))
    ):
        return f" (did you mean {near[0]!r}, {names[near[0]]}?)"  # a digit too few or too many of nine
    elif swapped := [c for c in _neighbours_swapped(whole) if len(whole) > 3 and c in names]:
        return f" (did you mean {swapped[0]!r}, {names[swapped[0]]}?)"
    # Another digit leads to a place anywhere: no suggestion is better than a wrong one.
    return ": `search_territories`, or `ess-sim territories NAME`, finds codes by name"


def whole_code(code: str, kind: Kind) -> str:
    """A code as the tables write it, of one that lost its zeros or is in small letters."""
    code = code.strip().upper()
    return code.zfill(kind.digits) if code else code


def is_name(code: str) -> bool:
    """Whether this looks like a name: the only letters of a code are its first two characters."""
    return len(code) > 2 and not code.strip()[2:].isdigit()


def _neighbours_swapped(code: str) -> list[str]:
    return [code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(len(code) - 1)]


@functools.cache
def _codes_by_name(key: str) -> dict[str, list[str]]:
    """Codes of a kind by the folded name, which several may share."""
    found: dict[str, list[str]] = {}
    for code, name in names_of_kind(key).items():
        found.setdefault(folded_name(name), []).append(code)
    return found


class Ended(NamedTuple):
    """A commune that exists no more: a sentence on it, its name ('' where unknown), and its successor's code."""

    what: str
    name: str
    successor: str


@functools.cache
def former_codes(country: Country) -> dict[str, Ended]:
    """Communes of a country that exist no more, by their code."""
    if country.former is None:
        return {}
    frame = country.former()
    rows = zip(frame["code"], frame["name"], frame["successor"], strict=True)
    return {
        code: Ended(f"{name or 'this commune'} is now a part of another one", name, successor)
        for code, name, successor in rows
    }
