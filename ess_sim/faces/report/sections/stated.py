"""Figures that scenarios state, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ess_sim.faces.report.gather.basis import Figure
from ess_sim.faces.report.parts.blocks import Both, Cell, Coded, Column, Num, Table, joined
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.faces.words.glossary import LANGUAGES, glossary
from ess_sim.faces.words.numbers import every_digit
from ess_sim.faces.words.speech import plain
from ess_sim.inputs.territory.countries.codes import names_of_kind
from ess_sim.inputs.territory.countries.registry import KINDS
from ess_sim.model.policies.words import Words

__all__ = ["stated"]


_SHARES = ("share", "never_declared_part")
_MOST = 8
"""Zones, or numbers by zone, of one figure that are named; of more it is said how many there are."""


def stated(voice: Voice, figures: Sequence[Figure]) -> Table:
    """One row a figure: where it stands, its value, grade and source, which keeps its language."""
    columns = [Column(voice.say(k), "text") for k in ("col_where", "col_value", "col_grade", "col_source")]
    rows: list[list[Cell]] = [
        [_where(f.where), _value(voice, f), Both.same(f.grade), Both.same(plain(f.source))] for f in figures
    ]
    return Table("stated", voice.say("table_stated", Num(len(rows))), columns, rows)


def _where(key: str) -> Cell:
    words = glossary().inputs.get(key)
    return Both.same(plain(key)) if words is None else Coded(Both(words.en, words.fr), key)


def _value(voice: Voice, figure: Figure) -> Both:
    """``number: 30; zones: Laval``."""
    parts = [(glossary().fields.get(key, Words(key, key)), _said(voice, key, value)) for key, value in figure.value]
    said = [voice.say("named_value", Both(words.en, words.fr), value) for words, value in parts]
    return Both("; ".join(s.en for s in said), "\u00a0; ".join(s.fr for s in said))


def _said(voice: Voice, key: str, value: Any) -> Both:
    """A value in both languages: shares in %, zones by their names."""
    if isinstance(value, dict):
        some = [(k, v) for k, v in value.items() if v not in (None, False, {}, [], "")]
        inner = joined([_inner(voice, k, v) for k, v in some[:_MOST]])
        return Both(*(text + _more(len(some)) for text in inner))
    if isinstance(value, list):
        return Both.same(", ".join(_zone(one) for one in value[:_MOST]) + _more(len(value)))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return voice.say("zones_remainder") if (key, value) == ("zones", "remainder") else Both.same(plain(value))
    if key in _SHARES:
        return voice.say("percent", Both(*(every_digit(round(100 * value, 6), lang) for lang in LANGUAGES)))
    return Both(*(every_digit(value, lang) for lang in LANGUAGES))


def _inner(voice: Voice, key: str, value: Any) -> Both:
    """One of several fields of a value: ``nurses 2``, or a list of such in brackets."""
    words = glossary().fields.get(key, Words(_zone(key), _zone(key)))
    label = Both(words.en, words.fr)
    if value is True:
        return label
    if isinstance(value, list) and isinstance(value[0], dict):
        return voice.say("places_one", label, Num(len(value)))
    return voice.say("of_scenario" if isinstance(value, dict) else "places_one", label, _said(voice, key, value))


def _zone(code: object) -> str:
    """Name of a commune; another zone keeps its code."""
    known = (names_of_kind(kind.key) for kind in KINDS.values() if not kind.group)
    return plain(next((names[str(code)] for names in known if str(code) in names), code))


def _more(n: int) -> str:
    return f", … ({n})" if n > _MOST else ""
