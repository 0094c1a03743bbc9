"""What fields, units and sentences of an explained scenario are called, in English and in French.

The words stand in ``data/words.toml``; countries name their kinds of codes, and a policy itself and its own fields.
"""

from __future__ import annotations

import tomllib
from functools import cache
from typing import NamedTuple, get_args

from ess_sim.inputs.catalogue.bundled import data_path
from ess_sim.inputs.territory.countries.registry import KINDS
from ess_sim.model.policies.words import Language, Words

__all__ = ["LANGUAGES", "Glossary", "Language", "glossary"]


LANGUAGES: tuple[Language, ...] = get_args(Language)


class Glossary(NamedTuple):
    """All words that are not a policy's own.

    Attributes
    ----------
    fields : dict of str to Words
        What a field of the package's own models is called; one that is not here keeps its name.
    phrases : dict of str to Words
        Sentences and their parts, with ``{}`` for values.
    months : dict of str to list of str
        By language.
    choices_fr : dict of str to str
        Codes that a file holds, e.g. of who pays a grant, in French.
    units_fr : dict of str to str
        The catalogue's units in French.
    described : dict of str to Words
        What the numbers with which a run starts are called, with ``{}`` for values.
    inputs : dict of str to Words
        Inputs by the key under which a scenario file states them.
    """

    fields: dict[str, Words]
    phrases: dict[str, Words]
    months: dict[str, list[str]]
    choices_fr: dict[str, str]
    units_fr: dict[str, str]
    described: dict[str, Words]
    inputs: dict[str, Words]


@cache
def glossary() -> Glossary:
    """The words, read once.

    >>> glossary().fields["zones"]
    Words(en='zones', fr='zones')
    """
    found = tomllib.loads(data_path("words.toml").read_text(encoding="utf-8"))
    codes = {key: Words(*kind.words) for key, kind in KINDS.items()}
    fields, phrases, described, inputs = (
        {key: Words(*pair) for key, pair in found[part].items()}
        for part in ("fields", "phrases", "described", "inputs")
    )
    return Glossary(codes | fields, phrases, found["months"], found["choices_fr"], found["units_fr"], described, inputs)
