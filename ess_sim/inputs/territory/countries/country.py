"""What the package knows of a country: its communes, the codes that name them, its residents' ages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

__all__ = ["STAND_IN", "Basis", "Box", "Country", "Kind"]

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
    titles : tuple of str
        What its names may begin or end with, in full or abbreviated, and what people leave out, add or abbreviate.
    """

    label: str
    words: tuple[str, str]
    key: str
    column: str
    read: Table
    digits: int
    example: str
    group: bool = True
    titles: tuple[str, ...] = ()


class Box(NamedTuple):
    """Degrees between which a part of a country lies."""

    west: float
    south: float
    east: float
    north: float


class Basis(NamedTuple):
    """What the ages of some communes rest on.

    Attributes
    ----------
    what : str
        As a note says it, e.g. "census 2021".
    grade : str
        A official, B study, C estimate, D assumption.
    """

    what: str
    grade: str


STAND_IN = "stand-in"
"""Basis of a commune whose ages are not bundled."""


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
        Columns of two kinds of groups: as whose residents' those of a commune change, and whose areas and positions
        stand in for unknown ones.
    population : str
        What notes call the source of the communes' populations.
    year : int
        Of the populations.
    ages : callable
        Residents of communes by five-year band, as `bundled.ages` gives them: by code or, where the rows differ in
        kind, by code and basis, as `bundled.population_of_communes`.
    bases : mapping of str to Basis
        What notes say of each basis; that of '' where all rows are of one kind.
    ages_year : int, optional
        Of the rows of ``ages``, not after ``year``; ``year`` by default.
    estimates : callable, optional
        Residents of regions by year and code, as `bundled.population_of_departements` gives them. Without it the rows
        hold in every year.
    estimate : str
        What notes call the estimates.
    boxes : tuple of Box
        Where its zones can lie.
    former : callable, optional
        Codes of communes that exist no more, as `bundled.former_communes` gives them.
    left_out : mapping of str to str
        First characters of codes that are not bundled, or whole names, and what a message says of them.
    doubts : mapping of str to mapping of str to (str, str)
        What a user should know of a region's data before relying on them, in English and French: by its code, then by
        the key of a scenario that could say better.
    key : str
        Key of a scenario's ``territory`` that names the whole country; '' where none does.
    """

    name: str
    kinds: tuple[Kind, ...]
    communes: Table
    region: str
    vicinity: str
    population: str
    year: int
    ages: Table
    bases: Mapping[str, Basis]
    ages_year: int | None = None
    estimates: Table | None = None
    estimate: str = ""
    boxes: tuple[Box, ...] = ()
    former: Table | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    doubts: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)
    key: str = ""

    @property
    def rows_year(self) -> int:
        """Year of the rows of ``ages``."""
        return self.year if self.ages_year is None else self.ages_year

    @property
    def commune(self) -> Kind:
        """The kind of code of the communes themselves."""
        (kind,) = (kind for kind in self.kinds if not kind.group)
        return kind

    def label(self, column: str) -> str:
        """What messages call the kind of a column."""
        return next(kind.label for kind in self.kinds if kind.column == column)
