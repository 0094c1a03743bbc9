"""What parameters are called and mean, in both languages; their names in files are for those who look them up."""

from __future__ import annotations

import re

from ess_sim.faces.words.glossary import glossary
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.model.policies.words import Words

__all__ = ["meaning_of", "name_of"]


_STATEMENT = re.compile(r"\s?; | \(|\. |: ")
"""What ends the part of a meaning that stands alone."""


def meaning_of(parameter: str) -> Words:
    """What a parameter does; one that the catalogue does not know keeps its name.

    >>> meaning_of("entry_age_mean").fr
    'Âge moyen à la première installation.'
    """
    entry = catalogue().get(parameter)
    if entry is None:
        return Words(parameter, parameter)
    return Words(entry.note, glossary().meanings_fr.get(parameter, entry.note))


def name_of(parameter: str) -> Words:
    """What a parameter is called in a sentence: a name of its own, else how its meaning begins.

    >>> name_of("entry_age_mean")
    Words(en='age at first installation', fr='âge moyen à la première installation')
    """
    own = glossary().parameters.get(parameter)
    if own is not None or parameter not in catalogue():
        return own or Words(parameter, parameter)
    meaning = meaning_of(parameter)
    return Words(_beginning(meaning.en), _beginning(meaning.fr))


def _beginning(text: str) -> str:
    first = _STATEMENT.split(text)[0].rstrip(".")
    return first if first[:2].isupper() else first[:1].lower() + first[1:]
