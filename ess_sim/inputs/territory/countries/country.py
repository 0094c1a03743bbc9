"""What the package knows of a country: its communes, the codes that name them, its residents' ages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

__all__ = ["Box", "Country", "Kind"]

Table = Callable[[], pd.DataFrame]


class Kind(NamedTuple):
    """A kind of code that can name a territory.

    Attributes
    ----------
    label : str
        What messages call it.
    words : tuple of two str
        What an explanation of a scenario calls its key, in English and in French.
    key : str
        Key of a scenario's ``territory``, different from those of all other kinds of all countries.
    column : str
        Column of the country's communes that holds it.
    read : callable
        Gives the bundled table of all of them, with the columns ``code`` and ``name``.
    digits : int
        A shorter code has lost leading zeros.
    example : str
    group : bool
        Whether one code names a group of communes, which has a name of its own.
    """

    label: str
    words: tuple[str, str]
    key: str
    column: str
    read: Table
    digits: int
    example: str
    group: bool = True


class Box(NamedTuple):
    """Degrees between which a part of a country lies."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, eq=False)
class Country:
    """A country whose communes are bundled. Compared by identity: there is one object a country.

    Attributes
    ----------
    name : str
    kinds : tuple of Kind
        The ways to name a part of it; one of them, no group, is the communes themselves.
    communes : callable
        Its communes: the columns of `bundled.communes`, with those of its own kinds in the place of France's.
    region, vicinity : str
        Columns of two kinds of groups: whose ages and areas stand in for a commune's own, and whose middle for an
        unknown position.
    ages_of_communes, ages_of_regions : callable
        Residents by five-year band where known, as `bundled.population_by_age` gives them.
    population, census, estimate : str
        What notes call the sources: of residents, and of ages in communes and in regions.
    year : int
        Of the population.
    boxes : tuple of Box
        Where its zones can lie.
    former : callable, optional
        Codes of communes that exist no more, as `bundled.former_communes` gives them.
    left_out : mapping of str to str
        First characters of codes that are not bundled, and what a message says of them.
    key : str
        Key of a scenario's ``territory`` that names the whole country; '' where none does.
    """

    name: str
    kinds: tuple[Kind, ...]
    communes: Table
    region: str
    vicinity: str
    ages_of_communes: Table
    ages_of_regions: Table
    population: str
    census: str
    estimate: str
    year: int
    boxes: tuple[Box, ...] = ()
    former: Table | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    key: str = ""

    @property
    def commune(self) -> Kind:
        """The kind of code of the communes themselves."""
        (kind,) = (kind for kind in self.kinds if not kind.group)
        return kind

    def label(self, column: str) -> str:
        """What messages call the kind of a column."""
        return next(kind.label for kind in self.kinds if kind.column == column)
