"""Codes as spreadsheets leave them: taken for numbers, for text with its sign, or without their first zeros."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ess_sim.inputs.territory.countries.codes import folded_name, former_codes, names_of_kind, whole_code
from ess_sim.inputs.territory.countries.country import Kind
from ess_sim.inputs.territory.countries.registry import country_of

__all__ = ["Unwrapped", "few", "lost_zeros", "same_name", "unwrapped"]

_FORMULA = re.compile(r'="([^"]*)"')
_TEXT_SIGN = re.compile(r"'([0-9][0-9A-Za-z]*)")
_FLOAT = re.compile(r"([0-9]+)[.,]0+", re.ASCII)
_GROUPED = re.compile(r"([0-9]{1,2})[ \u00a0\u202f]([0-9]{3})", re.ASCII)
_POWER = re.compile(r"([0-9])[.,]([0-9]+)[eE]\+?([0-9]{1,2})", re.ASCII)
_DATE = re.compile(
    r"[0-9]{1,2}[-./ ](?:jan|f[eé]v|feb|mar|a[pv]r|ma[iy]|ju[inl]|ao[uû]|aug|sep|oct|nov|d[eé]c)[a-zé]{0,7}\.?"
    r"(?:[-./ ][0-9]{2,4})?|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}",
    re.ASCII | re.IGNORECASE,
)
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|VALEUR!|NAME\?|NOM\s?\?|DIV/0!|NUM!|NULL!|NUL!|#+)")


class Unwrapped(NamedTuple):
    """Codes in their order, notes on what was undone, and what cannot be undone by its place in the list."""

    codes: list[str]
    notes: list[str]
    lost: dict[int, str]


def unwrapped(texts: Sequence[str]) -> Unwrapped:
    """Codes without what a spreadsheet put around them, or made of them by taking them for numbers.

    Parameters
    ----------
    texts : sequence of str
        A whole column: '.0' and separators of thousands go only where all codes have them.

    Examples
    --------
    >>> unwrapped(['="01001"', "53130"]).codes, unwrapped(["1001.0", "53130.0"]).codes, unwrapped(["1.001E+03"]).codes
    (['01001', '53130'], ['1001', '53130'], ['1001'])
    """
    notes, lost = [], {}
    codes = [(m[1].strip() if (m := _FORMULA.fullmatch(t) or _TEXT_SIGN.fullmatch(t)) else t) for t in texts]
    if codes != list(texts):
        notes.append("codes without the signs that kept them text")
    some = [code for code in codes if code]
    if some and all(_FLOAT.fullmatch(code) for code in some):
        codes = [code and re.sub(r"[.,]0+$", "", code) for code in codes]
        notes.append("codes without '.0'")
    if some and all(_GROUPED.fullmatch(code) for code in some):
        codes = [_GROUPED.sub(r"\1\2", code) for code in codes]
        notes.append("codes without separators of thousands")
    for i, code in enumerate(codes):
        if power := _POWER.fullmatch(code):
            if len(power[2]) == int(power[3]):
                codes[i] = power[1] + power[2]
            else:
                lost[i] = f"{code!r} was taken for a number and has lost digits: format the column as text"
        elif _DATE.fullmatch(code):
            lost[i] = f"{code!r} is a date, which a spreadsheet may have made of it: format the column as text"
        elif _ERROR.fullmatch(code):
            lost[i] = f"{code!r} is an error of a spreadsheet"
    if any(_POWER.fullmatch(text) and i not in lost for i, text in enumerate(texts)):
        notes.append("codes without powers of ten")
    return Unwrapped(codes, notes, lost)


def lost_zeros(codes: Sequence[str], kind: Kind, agree: Sequence[bool]) -> dict[str, str]:
    """Codes that have lost their first zeros, and the codes they were, where the list as a whole leaves no doubt.

    It does where no code of the list has such a zero (a spreadsheet takes all or none), and the names or positions
    beside them agree, or several have lost it, or all.

    Parameters
    ----------
    codes : sequence of str
        The whole list.
    kind : Kind
        What they are codes of.
    agree : sequence of bool
        Whether what stands beside a code is of the code with its zero.

    Examples
    --------
    >>> from ess_sim.inputs.territory.countries.registry import KINDS
    >>> lost_zeros(["1001", "1002", "53130"], KINDS["communes"], [False] * 3)
    {'1001': '01001', '1002': '01002'}
    >>> lost_zeros(["5001", "53130"], KINDS["communes"], [False] * 2)
    {}
    """
    known = {*names_of_kind(kind.key)}
    if kind.column == "code":
        known |= former_codes(country_of(kind.key)).keys()
    if any(code.startswith("0") for code in codes):
        return {}
    whole = {code: whole_code(code, kind) for code in codes if code.isascii() and code.isdigit() and code not in known}
    short = {code: full for code, full in whole.items() if len(code) < kind.digits and full in known}
    if len(short) > 1 or len(short) == len({*codes}):
        return short
    agreeing = {code for code, yes in zip(codes, agree, strict=True) if yes}
    return {code: full for code, full in short.items() if code in agreeing}


def same_name(code: str, name: str, kind: Kind) -> bool:
    """Whether a name is that of a code."""
    return bool(name) and folded_name(names_of_kind(kind.key).get(code, "")) == folded_name(name)


def few(pairs: Sequence[tuple[str, str]]) -> str:
    """The first of some changes, and how many more there are.

    >>> few([("1001", "01001"), ("1002", "01002"), ("1004", "01004"), ("1005", "01005")])
    '1001 as 01001, 1002 as 01002, 1004 as 01004 and 1 more'
    """
    shown = ", ".join(f"{old} as {new}" for old, new in pairs[:3])
    return f"{shown} and {len(pairs) - 3} more" if len(pairs) > 3 else shown
