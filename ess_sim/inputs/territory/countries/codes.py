"""Codes and names of communes, intercommunalities and départements: checked, and corrected where they are wrong."""

from __future__ import annotations

import difflib
import functools
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from ess_sim.errors import TerritoryError
from ess_sim.inputs.territory.countries.country import Country, Kind
from ess_sim.inputs.territory.countries.members import holds_regions, members_of, region_of
from ess_sim.inputs.territory.countries.registry import KINDS, country_of

__all__ = [
    "FIND",
    "Ended",
    "Present",
    "bare_name",
    "check_code",
    "code_named",
    "codes_of_former",
    "codes_with_bare_name",
    "codes_with_name",
    "described",
    "folded_name",
    "former_codes",
    "hint_of_code",
    "holds_bare_name",
    "is_name",
    "names_of_kind",
    "present_commune",
    "several_named",
    "whole_code",
]


FIND = ": `ess-sim territories NAME`, in Python `search_territories`, finds codes by a part of a name"
"""What a message says of a word to which nothing comes near."""


def folded_name(text: str) -> str:
    """Without accents, case, hyphens and apostrophes, "Saint" for "St": how people search.

    >>> folded_name("St-Étienne-de-l'Œillon")
    'saint etienne de l oeillon'
    """
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    words = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split()
    return " ".join(_IN_FULL.get(word, word) for word in words)


_IN_FULL = {"st": "saint", "ste": "sainte"}


@functools.cache
def names_of_kind(key: str) -> dict[str, str]:
    """Code → name of everything of a kind, which is named by its key."""
    frame = KINDS[key].read()
    return dict(zip(frame["code"], frame["name"], strict=True))


def check_code(code: object, key: str) -> str:
    """The code, if it is one of this kind or the name of one; else an error that says which one was meant."""
    kind = KINDS[key]
    label = kind.label
    if not isinstance(code, str):
        example = kind.example
        raise TerritoryError(
            f"{label} code {code!r} is not text: write it in quotes, with its leading zeros, e.g. '{example}'"
        )
    if code in names_of_kind(key):
        return code
    named = codes_with_name(code, key)
    if len(named) == 1:
        return named[0]
    if named:
        raise TerritoryError(several_named(code, key, named))
    if others := [what for other in KINDS if other != key for what in _of_kind(code, other)]:
        raise TerritoryError(f"no {label} {code!r}: this is {', or '.join(others)}")
    word = "called" if is_name(code) else "code"
    raise TerritoryError(f"no {label} {word} {code!r}{hint_of_code(code, key)}")


def _of_kind(text: str, key: str) -> list[str]:
    """What a text that is a code or a name of this kind is, and where it belongs."""
    kind, names = KINDS[key], names_of_kind(key)
    if text in names:
        return [f"the {kind.label} {names[text]}, give it as `{key}`"]
    named = codes_with_name(text, key)
    if len(named) == 1:
        return [f"the name of the {kind.label} {names[named[0]]} ({named[0]}), give it as `{key}`"]
    return [f"the name of {len(named)} {kind.label}s, give one as `{key}`"] if named else []


def code_named(text: str, key: str) -> str:
    """The code of the one place of a kind that a name means; the text itself where it is a code, or means none or many.

    >>> code_named("laval agglomeration", "epci"), code_named("53", "departement"), code_named("Laval", "epci")
    ('200083392', '53', 'Laval')
    """
    if text[:1].isdigit() or text in names_of_kind(key):  # no name begins with a digit: nothing need be read
        return text
    country = country_of(key)
    named = codes_with_name(text, key)
    if not named and KINDS[key] is country.commune:
        named = codes_of_former(text, country)
    return named[0] if len(named) == 1 else text


def several_named(text: str, key: str, codes: Sequence[str]) -> str:
    """What is wrong with a name that several places of a kind have."""
    some = ", ".join(described(code, key) for code in codes[:_MOST])
    more = f" and {len(codes) - _MOST} more" if len(codes) > _MOST else ""
    return f"{text!r} names {len(codes)} {KINDS[key].label}s: {some}{more}: give the code"


_MOST = 12
"""Most places of one name that a message lists."""


def described(code: str, key: str) -> str:
    """A place as messages list it: its code, its name and, of less than a département, its département.

    >>> described("53130", "communes")
    '53130 Laval (Mayenne)'
    """
    kind, country, name = KINDS[key], country_of(key), names_of_kind(key)[code]
    commune = members_of(key, code)[0] if kind.group else code
    part = "" if holds_regions(kind) else region_of(country).get(commune, "")
    return f"{code} {name}" + (f" ({part})" if part else "")


def hint_of_code(code: str, key: str) -> str:
    """What to write instead of an unknown code: the code of a name like it, or the code as it should be written."""
    kind, names = KINDS[key], names_of_kind(key)
    whole = whole_code(code, kind)
    whole = whole if whole in names else whole.lstrip("0").zfill(kind.digits)
    if whole in names:
        return f" (did you mean {whole!r}, {names[whole]}?)"
    country = country_of(key)
    if kind.column in ("code", country.region):
        for start, what in country.left_out.items():
            if code.startswith(start) and len(code) <= KINDS[country.commune.key].digits:
                return f": {what}"
    if is_name(code):
        folded = folded_name(code)
        if same := _codes_by_name(key).get(folded):
            return f": this is a name (did you mean {' or '.join(repr(c) for c in same[:5])}?)"
        alike = [n for n in _codes_by_name(key) if n[:1] == folded[:1] and abs(len(n) - len(folded)) < 3]
        near = difflib.get_close_matches(folded, alike, n=3, cutoff=0.75)
        if found := [code for name in near for code in _codes_by_name(key)[name]][:3]:
            return f" (did you mean {' or '.join(f'{c!r}, {names[c]}' for c in found)}?)"
    elif (
        kind.group and kind.digits < len(whole) and (near := difflib.get_close_matches(whole, names, n=1, cutoff=0.85))
    ):
        return f" (did you mean {near[0]!r}, {names[near[0]]}?)"  # a digit too few or too many of nine
    elif swapped := [c for c in _neighbours_swapped(whole) if len(whole) > 3 and c in names]:
        return f" (did you mean {swapped[0]!r}, {names[swapped[0]]}?)"
    # Another digit leads to a place anywhere: no suggestion is better than a wrong one.
    return FIND


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


def codes_with_name(text: str, key: str) -> tuple[str, ...]:
    """Codes of a kind that have this name, else those that have it after an article (Réunion for La Réunion).

    Else, of a text that says its kind, those of this name without what it is called in full ("CC du Pays de Craon").
    """
    folded, names = folded_name(text[:200]), _codes_by_name(key)
    if not folded or folded in names:
        return tuple(names.get(folded, ()))
    found = tuple(code for article in _ARTICLES for code in names.get(f"{article} {folded}", ()))
    return found or (codes_with_bare_name(text, key) if bare_name(text, key).titled else ())


class Bare(NamedTuple):
    """A folded name without its kind, articles and prepositions, and whether it said its kind."""

    name: str
    titled: bool


def bare_name(text: str, key: str) -> Bare:
    """A name of a kind as people shorten it.

    >>> bare_name("Communauté de communes du Pays de Craon", "epci"), bare_name("pays de Craon", "epci")
    (Bare(name='pays craon', titled=True), Bare(name='pays craon', titled=False))
    """
    words, titled = _main_words(text[:200]), False
    titles = _titles(key)
    while words:
        if first := next((t for t in titles if words[: len(t)] == t), None):
            words = words[len(first) :]
        elif last := next((t for t in titles if words[-len(t) :] == t), None):
            words = words[: -len(last)]
        else:
            break
        titled = True
    return Bare(" ".join(words), titled)


def _main_words(text: str) -> list[str]:
    return [word for word in folded_name(text).split() if word not in _JOINTS]


@functools.cache
def _titles(key: str) -> list[list[str]]:
    """What names of a kind may begin or end with, the longest first."""
    return sorted(map(_main_words, KINDS[key].titles), key=len, reverse=True)


def holds_bare_name(bare: Bare, name: str, key: str) -> bool:
    """Whether a name of a kind, without kind and articles, holds that of a text that says its kind, from a word on."""
    return bare.titled and bool(bare.name) and f" {bare.name}" in f" {bare_name(name, key).name}"


def codes_with_bare_name(text: str, key: str) -> tuple[str, ...]:
    """Codes of a kind whose names mean the same without their kind, articles and prepositions; () of other kinds."""
    bare = bare_name(text, key).name if KINDS[key].titles else ""
    return tuple(_codes_by_bare_name(key).get(bare, ())) if bare else ()


@functools.cache
def _codes_by_bare_name(key: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code, name in names_of_kind(key).items():
        found.setdefault(bare_name(name, key).name, []).append(code)
    return found


_JOINTS = frozenset(("de", "du", "des", "d", "la", "le", "les", "l"))
"""Articles and prepositions, which people leave out of long names."""


_ARTICLES = ("la", "le", "les", "l")
"""What INSEE's names begin with, and those of tables sorted by name do not."""


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


def codes_of_former(text: str, country: Country) -> tuple[str, ...]:
    """Codes of the communes that exist no more and had this code or this name."""
    former = former_codes(country)
    whole = whole_code(text, country.commune)
    if whole in former:
        return (whole,)
    return tuple(_former_by_name(country).get(folded_name(text[:200]), ()))


@functools.cache
def _former_by_name(country: Country) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code, ended in former_codes(country).items():
        if ended.name:
            found.setdefault(folded_name(ended.name), []).append(code)
    return found


class Present(NamedTuple):
    """The commune that a code or a name means today; ``moved`` says so where it is the successor of another one."""

    code: str
    moved: str = ""


def present_commune(text: str, country: Country) -> Present | None:
    """The commune of which a former one of this code or name is a part; None where that is none, or not just one.

    >>> from ess_sim.inputs.territory.countries.france import FRANCE
    >>> present_commune("49149", FRANCE).moved
    '49149 Gennes is now a part of 49261 Gennes-Val-de-Loire, which stands for it'
    """
    former, names = former_codes(country), names_of_kind(country.commune.key)
    found = {former[code].successor: code for code in codes_of_former(text, country)}
    if len(found) != 1:
        return None
    ((successor, code),) = found.items()
    what = f"{code} {former[code].name}".strip()
    return Present(successor, f"{what} is now a part of {successor} {names[successor]}, which stands for it")
