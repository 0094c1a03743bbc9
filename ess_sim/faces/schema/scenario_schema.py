"""The JSON Schema of scenario files."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from ess_sim.faces.schema.fields import DATE, Schema, definitions, laid, own_keys
from ess_sim.faces.words.glossary import phrases
from ess_sim.inputs.catalogue.parameters import catalogue, possible
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.registry import KINDS

__all__ = ["DIALECT", "NAME", "made_by", "outcome_names", "say", "scenario_schema"]


DIALECT = "https://json-schema.org/draft/2020-12/schema"

NAME = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_DEVICES = ("con", "prn", "aux", "nul", "com[0-9]", "lpt[0-9]")
_YEAR = "^(199[0-9]|20[0-9]{2}|2100)"
_PATH = {"type": "string", "minLength": 1}


def say(key: str, *values: object) -> str:
    """A phrase of the schema: its language is that of the keys."""
    return phrases("schema")[key].en.format(*values)


def made_by() -> str:
    """The comment by which a schema is known as one that may be written anew."""
    return say("made_by", version("ess_sim"))


def scenario_schema() -> Schema:
    """What a scenario file may say, as far as JSON Schema can say it.

    Returns
    -------
    dict
        A JSON Schema (2020-12) with the meaning of each key, ranges, choices, units of parameters, the fields of each
        kind of policy, and which fields exclude or need each other. A file that extends another one may leave out all
        but its name, and remove keys with null. What it cannot say: zones and names that a territory or another file
        has or has not, two dates or numbers that are compared, 2.0 for a whole number, what YAML readers disagree on.

    Examples
    --------
    >>> scenario_schema()["$defs"]["Scenario"]["properties"]["horizon_years"]["maximum"]
    60
    """
    defs = definitions([Scenario, *KINDS.values()])
    whole = own_keys(Scenario, defs)
    fields = whole["properties"]
    fields["name"]["not"] = {"pattern": rf"^({'|'.join(map(_any_case, _DEVICES))})(\..*)?$|\.$"}
    fields["start"]["pattern"] = f"{_YEAR}{DATE}"
    fields["outcomes"] |= {"items": outcome_names(), "uniqueItems": True}
    fields["parameters"] |= {"properties": _parameters(), "additionalProperties": False}
    fields["policies"]["items"] = {"$ref": "#/$defs/policy"}
    defs |= {kind: _policy(kind, defs) for kind in KINDS}
    defs = {name: said for name, said in defs.items() if name not in {m.__name__ for m in KINDS.values()}}
    defs["policy"] = _any_policy()
    del defs["PolicyModel"]
    parts: dict[str, Schema] = {}
    part = parts[laid("Scenario", defs, parts)["$ref"].rsplit("/", 1)[-1]]
    part["properties"]["name"] = fields["name"]  # never taken over
    extends = {"description": say("extends"), "anyOf": [_PATH, {"type": "array", "items": _PATH, "minItems": 1}]}
    part["properties"]["extends"] = extends
    part["required"] = ["name", "extends"]
    fields["extends"] = extends  # for completion: with it, the other definition holds
    return {
        "$schema": DIALECT,
        "$comment": made_by(),
        "description": say("scenario"),
        "type": "object",
        "if": {"required": ["extends"]},
        "then": {"$ref": "#/$defs/Scenario.laid"},
        "else": {"$ref": "#/$defs/Scenario"},
        "$defs": defs | parts,
    }


def outcome_names() -> Schema:
    """One outcome, with the unit and the meaning of each."""
    return _choice((name, f"{o.about} ({o.unit})") for name, o in OUTCOMES.items())


def _choice(values: Iterable[tuple[str, str]]) -> Schema:
    return {"anyOf": [{"const": value, "description": about} for value, about in values]}


def _any_case(name: str) -> str:
    """A pattern for a name in capitals or not."""
    return "".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in name)


def _parameters() -> dict[str, Schema]:
    found = {}
    for name, p in catalogue().items():
        value, low, high = (f"{number:.6g}" for number in (p.value, p.low, p.high))
        about = say("parameter", f"{p.note.rstrip('.')}.", value, p.unit, low, high, p.grade)
        if p.condition:
            about = f"{about} {say('only_with', p.condition)}"
        found[name] = {"type": "number", "description": about, **possible(name).limits}
    return found


def _about(kind: str) -> str:
    model = KINDS[kind]
    return say("dose", model.about, model.dose.en) if model.dose else model.about


def _policy(kind: str, defs: dict[str, Any]) -> Schema:
    said = own_keys(KINDS[kind], defs)
    return said | {
        "description": _about(kind),
        "properties": {"kind": {"const": kind, "description": say("kind")}, **said.get("properties", {})},
        "required": ["kind", *said.get("required", [])],
    }


def _any_policy() -> Schema:
    """One of the kinds, each with its fields, or one of the user's own, of which nothing is known."""
    known = _choice((kind, _about(kind)) for kind in KINDS)["anyOf"]
    own = {"type": "string", "pattern": ".:.", "description": say("own_kind")}
    each = [
        {"if": {"required": ["kind"], "properties": {"kind": {"const": kind}}}, "then": {"$ref": f"#/$defs/{kind}"}}
        for kind in KINDS
    ]
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"description": say("kind"), "anyOf": [*known, own]}},
        "allOf": each,
    }
