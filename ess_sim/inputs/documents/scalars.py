"""Values that YAML files write without quotes. What YAML 1.1 and YAML 1.2 readers understand differently is refused."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from decimal import Decimal

from ess_sim.errors import shortened

__all__ = ["REFUSED", "Refused", "Value", "plain"]


class Refused:
    """Stands for a value that was already complained about, so that nothing more is said of it."""


REFUSED = Refused()
Value = str | int | float | bool | date | Refused | None
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)")
_EXPONENT = re.compile(r"([-+]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE]([-+]?)([0-9]+)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SWITCHES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


_COMPLAINTS = {
    _INT: "{shown} is too large a number: write {quoted}",
    _FLOAT: "{shown} is too long a number: write {quoted}",
    re.compile(r"[-+]?0[0-9]+"): "{shown} starts with a zero (some YAML readers take it for octal): "
    "write {quoted}, or {no_zeros} for a number",
    re.compile(r"[-+]?0[oOxXbB][0-9A-Fa-f_]+"): "{shown} is ambiguous: write an ordinary decimal number, or {quoted}",
    re.compile(r"[-+]?[0-9]+_[0-9_]*(\.[0-9_]*)?"): "{shown} is ambiguous: "
    "write {no_underscores} without underscores, or {quoted}",
    re.compile(r"[-+]?[0-9][0-9_]*(:[0-9]{1,2})+(\.[0-9_]*)?"): "{shown} is ambiguous "
    "(some YAML readers count it in sixties): write a plain number, or {quoted}",
    re.compile(r"[-+]?\.(?i:inf|nan)"): "{shown} is not a number that can be used: every number must be finite",
    _DATE: "{shown} is not a day of the calendar (year-month-day)",
    re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"): "{shown} is ambiguous: "
    "write the date {0}-{1:0>2}-{2:0>2}, or {quoted}",
    re.compile(r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9](?s:.*)"): "{longer} has a time: "
    "write the day alone, {0}, or {quoted}",
}
"""What is said of a number or a date that cannot be used as it is written; the first form that fits counts."""


def plain(raw: str) -> tuple[Value, str]:
    """Value of a scalar written without quotes, and a complaint ('' where there is none)."""
    if raw in ("", "~", "null", "Null", "NULL"):
        return None, ""
    if raw in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return raw.lower() == "true", ""
    if raw.lower() in _SWITCHES:
        meant = _SWITCHES[raw.lower()]
        why = f"{raw} is ambiguous (some YAML readers take it for {meant})"
        return REFUSED, f'{why}: write {meant}, or "{raw}" in quotes for text'
    if raw == "=":
        return REFUSED, '= is ambiguous: write "=" in quotes'
    if raw[0].isdigit() or raw[0] in "+-.":
        return _number_or_date(raw)
    return raw, ""


def _number_or_date(raw: str) -> tuple[Value, str]:
    quoted = f'"{shortened(raw, 30)}" in quotes for text'
    if _INT.fullmatch(raw) and len(raw) <= 18:
        return int(raw), ""
    if _FLOAT.fullmatch(raw) and len(raw) <= 300:
        return float(raw), ""
    if match := _EXPONENT.fullmatch(raw):
        return _exponent(raw, match, quoted)
    if _DATE.fullmatch(raw):
        with suppress(ValueError):
            return date.fromisoformat(raw), ""
    for form, complaint in _COMPLAINTS.items():
        if match := form.fullmatch(raw):
            return REFUSED, complaint.format(
                *match.groups(),
                shown=shortened(raw, 30),
                longer=shortened(raw, 40),
                quoted=quoted,
                no_zeros=shortened(raw.lstrip("+-0") or "0", 30),
                no_underscores=shortened(raw.replace("_", ""), 30),
            )
    return raw, ""


def _exponent(raw: str, match: re.Match[str], quoted: str) -> tuple[Value, str]:
    sign, mantissa, exponent_sign, exponent = match.groups()
    if len(raw) > 100 or abs(float(raw)) == float("inf"):
        return REFUSED, f"{shortened(raw, 30)} is too large a number"
    if "." in mantissa[1:] and exponent_sign:
        return float(raw), ""
    whole = mantissa if "." in mantissa[1:] else f"0{mantissa}" if "." in mantissa else f"{mantissa}.0"
    right = f"{sign}{whole}e{exponent_sign or '+'}{exponent}"
    if len(exponent) < 3 and int(exponent) <= 15:
        right = f"{Decimal(raw):f} or {right}"
    return REFUSED, f"{raw} is ambiguous (some YAML readers take it for text): write {right}, or {quoted}"
