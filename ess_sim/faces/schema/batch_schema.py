"""The JSON Schema of batch files."""

from __future__ import annotations

from ess_sim.experiments.batches.batch import MOST
from ess_sim.experiments.batches.keys import BatchKeys
from ess_sim.experiments.draws.posterior import BUNDLED
from ess_sim.faces.schema.fields import Schema, definitions, own_keys
from ess_sim.faces.schema.scenario_schema import DIALECT, NAME, made_by, outcome_names, say
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.results.tables.schema import SCHEMAS

__all__ = ["batch_schema"]


def batch_schema() -> Schema:
    """What a batch file may say, as far as JSON Schema can say it: what it varies depends on files that it names.

    Examples
    --------
    >>> batch_schema()["$defs"]["BatchKeys"]["properties"]["combine"]["enum"]
    ['cross', 'zip']
    """
    defs = definitions([BatchKeys])
    fields = own_keys(BatchKeys, defs)["properties"]
    fields["batch"]["pattern"] = NAME
    fields["scenarios"]["uniqueItems"] = True
    fields["draws"]["anyOf"] = [
        {"type": "integer", "minimum": 1},
        {"const": BUNDLED[0]},
        {"type": "string", "minLength": 1},
        {"type": "null"},
    ]
    for key, most in MOST.items():
        _first(fields[key])["maximum"] = most
    for key in ("outcomes", "apply_to", "keep"):
        _first(fields[key])["uniqueItems"] = True
    _first(fields["outcomes"])["items"] = outcome_names()
    _first(fields["keep"])["items"] = {"enum": list(SCHEMAS)}
    varied = _first(fields["vary"])
    varied["propertyNames"] = {
        "anyOf": [
            {"enum": ["horizon_years", *(f"parameters.{name}" for name in catalogue())]},
            {"type": "string", "pattern": r"^(supply|residents|policies)\..+"},
        ]
    }
    varied["additionalProperties"] = {
        "anyOf": [
            {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"not": {"type": ["array", "object"]}}},
            _range(),
        ]
    }
    return {
        "$schema": DIALECT,
        "$comment": made_by(),
        "description": say("batch"),
        "type": "object",
        "$ref": "#/$defs/BatchKeys",
        "$defs": defs,
    }


def _first(said: Schema) -> Schema:
    """What a key takes where it is not null."""
    options: list[Schema] = said.get("anyOf", [said])
    return options[0]


def _range() -> Schema:
    steps = {"from": "first", "to": "last", "step": "step"}
    numbers: dict[str, Schema] = {key: {"type": "number", "description": say(word)} for key, word in steps.items()}
    numbers["step"]["exclusiveMinimum"] = 0
    return {
        "type": "object",
        "description": say("range"),
        "properties": numbers,
        "required": list(steps),
        "additionalProperties": False,
    }
