"""How the fields of a model depend on each other, in the words of JSON Schema; each stands beside its validator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["Rule", "above_zero", "at_least_one", "exactly_one", "given", "rules", "where"]


Rule = dict[str, Any]
"""A part of a JSON Schema that a mapping has to fulfil."""


def rules(*each: Rule) -> dict[str, Any]:
    """What a model's ``json_schema_extra`` says so that all of these hold.

    Examples
    --------
    >>> rules(given("share"))
    {'allOf': [{'required': ['share'], 'properties': {'share': {'not': {'type': 'null'}}}}]}
    """
    return {"allOf": list(each)}


def given(key: str) -> Rule:
    """The key is there, and not empty."""
    return {"required": [key], "properties": {key: {"not": {"type": "null"}}}}


def above_zero(key: str) -> Rule:
    """The key is there, with a number above 0."""
    return {"required": [key], "properties": {key: {"exclusiveMinimum": 0}}}


def exactly_one(keys: Sequence[str]) -> Rule:
    """One of the keys is given, and no other."""
    return {"oneOf": [given(key) for key in keys]}


def at_least_one(each: Sequence[Rule]) -> Rule:
    """One of these holds, or several."""
    return {"anyOf": list(each)}


def where(condition: Rule, **fields: Rule) -> Rule:
    """Where the condition holds, each of these fields that is given is so."""
    return {"if": condition, "then": {"properties": fields}}
