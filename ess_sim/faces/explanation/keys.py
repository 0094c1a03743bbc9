"""Every key of a scenario file: what it takes, its default, what it means; found in the models that read the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from ess_sim.faces.reports.markdown import plain, table
from ess_sim.inputs.catalogue.bundled import data_path
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.base import FIELDS_OF_MANY
from ess_sim.model.policies.registry import KINDS

__all__ = ["Key", "Section", "default_of", "key_table", "sections", "territory_page", "type_of"]

Schema = Mapping[str, Any]


class Key(NamedTuple):
    """A key of a scenario file.

    Attributes
    ----------
    name, takes, default, means : str
        ``default``: ``required`` where there is none.
    """

    name: str
    takes: str
    default: str
    means: str


class Section(NamedTuple):
    """The keys that stand together in one mapping of a file.

    Attributes
    ----------
    title : str
        Where the mapping stands, e.g. ``supply.list_holding_gps``; '' of the file itself.
    about : str
    keys : tuple of Key
    """

    title: str
    about: str
    keys: tuple[Key, ...]


def sections() -> list[Section]:
    """All mappings of a scenario file: the file itself and all that is in it, then each kind of policy.

    Examples
    --------
    >>> next(s for s in sections() if s.title == "supply").keys[0].name
    'list_holding_gps'
    """
    top = Scenario.model_json_schema()
    places: dict[str, list[str]] = {}
    models: dict[str, Schema] = dict(top.get("$defs", {}))
    policies = []
    _walk(top, "", models, places)
    for kind, model in sorted(KINDS.items()):
        schema = model.model_json_schema()
        models |= schema.get("$defs", {})
        _walk(schema, f"{kind}.", models, places)
        dose = f" Usual dose: {model.dose.en}." if model.dose else ""
        policies.append(_section(f"kind: {kind}", f"{model.about}{dose}", schema))
    parts = [_section(_where(where), _first(models[name]), models[name]) for name, where in places.items()]
    return [_section("", "", top), *parts, *policies]


def _walk(schema: Schema, path: str, models: Mapping[str, Schema], places: dict[str, list[str]]) -> None:
    """Notes where each model stands, and looks into those that were not seen before."""
    for name, said in schema.get("properties", {}).items():
        for inner in _models_in(said):
            if not models[inner].get("properties"):
                continue  # a policy, whose kind is not known yet
            new = inner not in places
            places.setdefault(inner, []).append(f"{path}{name}")
            if new:
                _walk(models[inner], f"{path}{name}.", models, places)


def _where(places: list[str]) -> str:
    """A few of the places where a mapping stands."""
    most = 4
    return ", ".join(places[:most]) + (", …" if len(places) > most else "")


def _models_in(said: Schema) -> Iterator[str]:
    for option in _options(said):
        inner = option.get("items", option)
        if "$ref" in inner:
            yield inner["$ref"].rsplit("/", 1)[-1]


def _section(title: str, about: str, schema: Schema) -> Section:
    required = schema.get("required", [])
    last = ("source", "grade")  # what supports a number comes after it
    properties = sorted(schema.get("properties", {}).items(), key=lambda item: item[0] in last)
    keys = [
        Key(
            name,
            " or ".join(dict.fromkeys(map(type_of, _options(said)))),
            default_of(said, required=name in required),
            said.get("description") or FIELDS_OF_MANY.get(name, ""),
        )
        for name, said in properties
    ]
    return Section(title, about, tuple(keys))


def _first(schema: Schema) -> str:
    """The first paragraph of a model's docstring."""
    return " ".join(str(schema.get("description", "")).split("\n\n")[0].split()).replace("``", "`")


def _options(said: Schema) -> list[Schema]:
    return [o for o in (said.get("anyOf") or said.get("allOf") or [said]) if o.get("type") != "null"]


def default_of(said: Schema, *, required: bool) -> str:
    """What holds where a key is left out."""
    given = said.get("default")  # that of a mapping stands beside its keys
    if required:
        return "required"
    return "none" if given in ("", [], {}) else "see below" if isinstance(given, dict) else _yaml(given)


def type_of(option: Schema) -> str:
    """A JSON schema type in words."""
    if "$ref" in option:
        return "fields"
    if "enum" in option or "const" in option:
        return " or ".join(map(_yaml, option.get("enum", [option.get("const")])))
    if option.get("format") == "date":
        return "date"
    if option.get("type") == "array":
        return f"list of {type_of(option.get('items', {}))}"
    if option.get("type") == "object":
        of = option.get("propertyNames", {"type": "string"})
        return f"mapping of {type_of(of)} to {type_of(option.get('additionalProperties', {}))}"
    words = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false"}
    word = words.get(option.get("type", ""), "any value")
    limits = [
        f"{sign} {_number(option[key])}"
        for key, sign in (("exclusiveMinimum", ">"), ("minimum", "≥"), ("exclusiveMaximum", "<"), ("maximum", "≤"))
        if key in option
    ]
    return " ".join([word, " and ".join(limits)]).strip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else str(value)


def _yaml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_yaml, value))}]"
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def key_table(text: str = "") -> pd.DataFrame:
    """The keys, to be printed.

    Parameters
    ----------
    text : str
        Only keys with this text in their name, their place or in what they mean.

    Returns
    -------
    pandas.DataFrame
        ``in`` (where it stands), ``key``, ``takes``, ``default``, ``means``; texts.

    Examples
    --------
    >>> key_table("never_declared_part")["in"].tolist()
    ['residents.without_mt']
    """
    wanted = text.casefold()
    rows = [
        {"in": section.title or "the file", "key": key.name, **key._replace(name="")._asdict()}
        for section in sections()
        for key in section.keys
        if any(wanted in part.casefold() for part in (section.title, key.name, key.means))
    ]
    return pd.DataFrame(rows, columns=["in", "key", "takes", "default", "means"])


def territory_page() -> str:
    """``docs/territory.md``: how to begin with a territory of one's own, and every key of a scenario file.

    Examples
    --------
    >>> print(territory_page().splitlines()[0])
    # Your own territory
    """
    lines: list[str] = []
    for section in sections():
        title = f"`{section.title}`" if section.title else "The file"
        lines += ["", f"### {title}", "", *([plain(section.about), ""] if section.about else [])]
        rows = ((f"`{key.name}`", key.takes, key.default, key.means) for key in section.keys)
        lines += table(["key", "takes", "default", "means"], rows)
    lines += ["", "### `outcomes`", ""]
    lines += table(["key", "unit", "means"], ((f"`{name}`", o.unit, o.about) for name, o in OUTCOMES.items()))
    written = data_path("territory.md").read_text(encoding="utf-8")
    return written.replace("{keys}\n", "\n".join(lines).lstrip("\n") + "\n")
