"""The levers of policies, read from the fields of their classes: what a form needs to show and to fill them."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from ess_sim.faces.words.glossary import glossary
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.policies.words import Words

__all__ = ["levers", "levers_of"]


_ZONE = "names a zone"
"""Mark of a field that holds a zone's code (`ZoneCode`)."""


class _Kind(NamedTuple):
    """What a field can hold: its type without what surrounds it, and its marks and bounds."""

    held: Any
    marks: tuple[Any, ...]
    optional: bool


def _bare(held: Any, marks: tuple[Any, ...] = ()) -> _Kind:
    """A type without `Annotated` and ``| None``."""
    optional = False
    while True:
        if get_origin(held) is Annotated:
            held, *more = get_args(held)
            marks = (*marks, *more)
        elif get_origin(held) in (Union, types.UnionType) and type(None) in get_args(held):
            kinds = [kind for kind in get_args(held) if kind is not type(None)]
            optional, held = True, kinds[0] if len(kinds) == 1 else Union[tuple(kinds)]  # noqa: UP007 - of a list
        else:
            inner = [m for mark in marks if isinstance(mark, FieldInfo) for m in mark.metadata]
            return _Kind(held, (*marks, *inner), optional)


def _bounds(marks: tuple[Any, ...]) -> dict[str, float]:
    """Least and greatest value; ``above`` where the least one is left out itself."""
    found: dict[str, float] = {}
    for mark in marks:
        for name, key in (("ge", "least"), ("gt", "above"), ("le", "most")):
            if (value := getattr(mark, name, None)) is not None:
                found[key] = value
    return found


def _choice(code: str) -> dict[str, str]:
    """A code with what it is called."""
    plain = code.replace("_", " ")
    words = glossary().fields.get(code)
    english = words.en if words is not None else plain
    french = glossary().choices_fr.get(code) or (words.fr if words is not None else plain)
    return {"code": code, "en": english, "fr": french}


def _form(held: Any, marks: tuple[Any, ...]) -> dict[str, Any]:
    """How a type is filled in: ``form``, and what this form needs."""
    kind = _bare(held, marks)
    held, marks = kind.held, kind.marks
    origin, parts = get_origin(held), get_args(held)
    found: dict[str, Any]
    if origin is Literal:
        found = {"form": "choice", "choices": [_choice(code) for code in parts]}
    elif origin is tuple:
        item = _form(parts[0], ())
        form = "zones" if item["form"] == "zone" else "group_list" if item["form"] == "group" else "texts"
        found = {"form": form, "item": item}
    elif origin in (Union, types.UnionType):
        found = {"form": "either", "ways": [_form(part, ()) for part in parts]}
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        found = {"form": "pairs", "keys": _form(parts[0], ())["choices"], "choices": _form(parts[1], ())["choices"]}
    elif isinstance(held, type) and issubclass(held, BaseModel):
        found = {"form": "group", "fields": _fields(held, {})}
    elif held is str:
        found = {"form": "zone" if _ZONE in marks else "text"}
    else:
        found = {"form": {bool: "switch", int: "whole", float: "number", date: "date"}[held], **_bounds(marks)}
    return {**found, "optional": kind.optional}


def _words(name: str, own: Mapping[str, Words]) -> dict[str, str]:
    words = own.get(name) or glossary().fields.get(name) or Words(name, name)
    return {"en": words.en, "fr": words.fr}


def _fields(model: type[BaseModel], own: Mapping[str, Words]) -> list[dict[str, Any]]:
    return [_field(name, field, own) for name, field in model.model_fields.items()]


def _field(name: str, field: FieldInfo, own: Mapping[str, Words]) -> dict[str, Any]:
    made = {"key": name, "label": _words(name, own), **_form(field.annotation, tuple(field.metadata))}
    if not field.is_required():
        default = field.get_default(call_default_factory=True)
        made["default"] = TypeAdapter(Any).dump_python(default, mode="json")
    return made


def levers_of(policy: type[Policy]) -> dict[str, Any]:
    """A policy and its levers.

    Returns
    -------
    dict
        ``kind``; ``label`` (``en``, ``fr``); ``about``, one English sentence; ``fields``, each with ``key``, ``label``,
        ``optional``, ``default`` (where it may be left out), and ``form``: ``whole`` and ``number`` (with ``least`` or
        ``above``, and ``most``), ``date``, ``switch``, ``text``, ``zone``, ``zones``, ``texts``, ``choice`` (with
        ``choices``), ``group`` (with ``fields``), ``group_list`` (with ``item``), ``pairs`` (``keys`` to ``choices``),
        ``either`` (one of several ``ways``).

    Examples
    --------
    >>> from ess_sim.model.policies.registry import KINDS
    >>> smp = levers_of(KINDS["smp"])
    >>> [field["key"] for field in smp["fields"]][:4], smp["fields"][2]["form"]
    (['opens', 'closes', 'zone', 'retired_gps'], 'zone')
    """
    label = policy.label or Words(policy.kind, policy.kind)
    return {
        "kind": policy.kind,
        "label": {"en": label.en, "fr": label.fr},
        "about": policy.about,
        "fields": _fields(policy, policy.field_labels),
    }


@cache
def levers() -> list[dict[str, Any]]:
    """Those of all kinds of the package, by kind."""
    return [levers_of(cls) for cls in KINDS.values()]
