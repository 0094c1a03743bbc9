"""All that faces say, in English and in French, read from the files of ``data/words``: one file for each face.

Countries name their kinds of codes, outcomes themselves, and a policy itself and its own fields.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, get_args

from ess_sim.inputs.catalogue.bundled import data_path
from ess_sim.inputs.territory.countries.registry import KINDS
from ess_sim.model.policies.words import Language, Words

__all__ = ["LANGUAGES", "Glossary", "Language", "glossary", "phrases"]


LANGUAGES: tuple[Language, ...] = get_args(Language)


class Glossary(NamedTuple):
    """What things are called.

    Attributes
    ----------
    fields : dict of str to Words
        What a field of the package's own models is called; one that is not here keeps its name.
    inputs : dict of str to Words
        Inputs by the key under which a scenario file states them.
    choices_fr : dict of str to str
        Codes that a file holds, e.g. of who pays a grant, in French.
    units_fr : dict of str to str
        The catalogue's units in French.
    unknown_costs_fr : dict of str to str
        What a run notes as a cost that no one knows, in French.
    months : dict of str to list of str
        By language.
    parameters : dict of str to Words
        Short names of parameters whose meaning does not begin with one.
    meanings_fr : dict of str to str
        What parameters do, in French.
    """

    fields: dict[str, Words]
    inputs: dict[str, Words]
    choices_fr: dict[str, str]
    units_fr: dict[str, str]
    unknown_costs_fr: dict[str, str]
    months: dict[str, list[str]]
    parameters: dict[str, Words]
    meanings_fr: dict[str, str]


def _read(face: str) -> dict[str, Any]:
    return tomllib.loads(data_path(f"words/{face}.toml").read_text(encoding="utf-8"))


def _pairs(found: Mapping[str, Any]) -> dict[str, Words]:
    return {key: Words(*pair) for key, pair in found.items()}


@cache
def glossary() -> Glossary:
    """The names of things, read once.

    >>> glossary().fields["zones"]
    Words(en='zones', fr='zones')
    """
    common, explained, parameters = _read("common"), _read("explanation"), _read("parameters")
    codes = {key: Words(*kind.words) for key, kind in KINDS.items()}
    return Glossary(
        codes | _pairs(explained["fields"]),
        _pairs(explained["inputs"]),
        explained["choices_fr"],
        common["units_fr"],
        _read("report")["unknown_costs_fr"],
        common["months"],
        _pairs(parameters["names"]),
        parameters["meanings_fr"],
    )


@cache
def phrases(face: str) -> Mapping[str, Words]:
    """Sentences and their parts that a face says, with ``{}`` for values.

    Parameters
    ----------
    face : str
        Name of a file of ``data/words``, e.g. ``"description"``.

    Examples
    --------
    >>> phrases("description")["adults"].to("fr")
    'adultes'
    """
    return _pairs(_read(face)["phrases"])
