"""Models of a file as definitions of a JSON Schema, with the words that editors show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ess_sim.faces.words.glossary import glossary
from ess_sim.model.policies.base import FIELDS_OF_MANY
from ess_sim.model.policies.words import Words

__all__ = ["DATE", "Schema", "definitions", "laid", "own_keys"]


Schema = dict[str, Any]

DATE = r"-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
"""Month and day of a date, with what stands before them."""

_LABELLED = re.compile(r"``|`")
_RULES = ("allOf", "anyOf", "oneOf", "if", "then", "else", "required", "minProperties")


def definitions(models: Iterable[type[BaseModel]]) -> dict[str, Schema]:
    """A definition for each of these models and all that are in them, by the names of their classes.

    Examples
    --------
    >>> from ess_sim.inputs.scenario.sourced import Count
    >>> definitions([Count])["Count"]["required"]
    ['source', 'grade', 'count']
    """
    given = list(dict.fromkeys(models))
    refs, whole = models_json_schema([(model, "validation") for model in given])
    found: dict[str, Schema] = whole["$defs"]
    own = {_name(refs[model, "validation"]): getattr(model, "field_labels", {}) for model in given}
    return {name: _dressed(said, own.get(name, {})) for name, said in found.items()}


def own_keys(model: type[BaseModel], defs: Mapping[str, Schema]) -> Schema:
    """The definition of a model whose class has a name of its own."""
    return defs[model.__name__]


def _name(said: Mapping[str, Any]) -> str:
    return str(said["$ref"]).rsplit("/", 1)[-1]


def _dressed(said: Schema, labels: Mapping[str, Words]) -> Schema:
    """A definition with the names that the glossary knows, and without what only Python's readers need."""
    about = " ".join(str(said.get("description", "")).split("\n\n")[0].split())
    out = {key: value for key, value in said.items() if key not in ("title", "description")}
    if about:
        out["description"] = _LABELLED.sub("", about)
    if "properties" in said:
        out["properties"] = {name: _field(name, field, labels) for name, field in said["properties"].items()}
    return out


def _field(name: str, said: Schema, labels: Mapping[str, Words]) -> Schema:
    words = labels.get(name) or glossary().fields.get(name)
    out: Schema = {"title": f"{words.en} · {words.fr}" if words and words.en != words.fr else name}
    if about := said.get("description") or FIELDS_OF_MANY.get(name):
        out["description"] = about
    left_out = {"title", "description"} | ({"default"} if said.get("default") in (None, "", [], {}) else set())
    if isinstance(said.get("default"), dict):  # its own fields have theirs
        left_out.add("default")
    dated: Schema = _dated(out | {key: value for key, value in said.items() if key not in left_out})
    return dated


def _dated(said: Any) -> Any:
    """Dates by their form, too: editors do not check formats."""
    if isinstance(said, list):
        return [_dated(item) for item in said]
    if not isinstance(said, dict):
        return said
    out = {key: _dated(value) for key, value in said.items()}
    return {"pattern": f"^[0-9]{{4}}{DATE}", **out} if out.get("format") == "date" else out


def laid(name: str, defs: Mapping[str, Schema], parts: dict[str, Schema]) -> Schema:
    """What a file may write for a definition that it lays on another file's: any of its keys, or null to remove one.

    Lists are written whole. ``parts`` gets such definitions of all mappings that stand in it.
    """
    key = f"{name}.laid"
    if key not in parts:
        parts[key] = {}  # it may hold itself
        parts[key] = _partly(defs[name], f"#/$defs/{name}", defs, parts)
    return {"$ref": f"#/$defs/{key}"}


def _partly(said: Schema, at: str, defs: Mapping[str, Schema], parts: dict[str, Schema]) -> Schema:
    """A mapping of which not all has to be there; all else, which stands ``at`` a place of the schema, is as it is."""
    if "$ref" in said:
        return laid(_name(said), defs, parts)
    if said.get("type") != "object":
        return {"$ref": at}
    out = {k: v for k, v in said.items() if k not in _RULES}
    if inner := said.get("properties"):
        out["properties"] = {k: _removable(v, f"{at}/properties/{k}", defs, parts) for k, v in inner.items()}
    if isinstance(inner := said.get("additionalProperties"), dict):
        out["additionalProperties"] = _removable(inner, f"{at}/additionalProperties", defs, parts)
    return out


def _removable(said: Schema, at: str, defs: Mapping[str, Schema], parts: dict[str, Schema]) -> Schema:
    """A value of such a mapping, or null, which removes what the other file says."""
    about = {k: said[k] for k in ("title", "description") if k in said}
    options = said.get("anyOf", [said])
    if not any("$ref" in option or option.get("type") == "object" for option in options):
        return {"anyOf": [{"$ref": at}, {"type": "null"}]}
    partly = [_partly(o, f"{at}/anyOf/{i}" if "anyOf" in said else at, defs, parts) for i, o in enumerate(options)]
    return about | {"anyOf": [*partly, {"type": "null"}]}
