"""What a page is made of: words in both languages, numbers, tables, pictures, sections; nothing of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "Block",
    "Both",
    "Card",
    "Cell",
    "Choice",
    "Coded",
    "Column",
    "Drawing",
    "Level",
    "Num",
    "Picture",
    "Prose",
    "Section",
    "Table",
    "joined",
]


class Both(NamedTuple):
    """The same in both languages."""

    en: str
    fr: str

    @classmethod
    def same(cls, text: object) -> Both:
        """A name or text that has one form."""
        return cls(str(text), str(text))

    def to(self, lang: str) -> str:
        """In one language."""
        return self.fr if lang == "fr" else self.en


class Num(NamedTuple):
    """A number as it is shown.

    Attributes
    ----------
    value : float
    digits : int
        Decimals.
    sign : bool
        Whether a plus stands before what is above 0.
    """

    value: float
    digits: int = 0
    sign: bool = False

    @property
    def plain(self) -> str:
        """With a decimal point, rounded as shown; '' where there is none.

        >>> Num(-0.04, 1, True).plain, Num(1234.5).plain, Num(2.25, 1, True).plain
        ('0.0', '1234', '+2.2')
        """
        if not np.isfinite(self.value):
            return ""
        text = f"{self.value:{'+' if self.sign else ''}.{self.digits}f}"
        return text if float(text) else text.lstrip("+-")

    def to(self, lang: str) -> str:
        r"""With groups of three digits; a dash where there is none.

        >>> Num(-1234.5, 1).to("en"), Num(1234.5, 1).to("fr")
        ('−1,234.5', '1\u202f234,5')
        """
        text = self.plain
        if not text:
            return "–"
        whole, point, part = text.lstrip("+-").partition(".")
        grouped = f"{int(whole):,}"
        if lang == "fr":
            grouped, point = grouped.replace(",", "\u202f"), point.replace(".", ",")
        return {"+": "+", "-": "−"}.get(text[0], "") + grouped + point + part


class Level(NamedTuple):
    """A mean level as it is shown, with the 95 % interval behind it; NaN where there is none.

    Attributes
    ----------
    mean, low, high : float
    digits : int
        Decimals.
    sign : bool
        Whether a plus stands before what is above 0.
    """

    mean: float
    low: float
    high: float
    digits: int = 0
    sign: bool = False

    @property
    def nums(self) -> tuple[Num, Num, Num]:
        """Mean and limits, each as a number; without a mean there are no limits."""
        known = np.isfinite(self.mean)
        mean, low, high = (Num(x if known else np.nan, self.digits, self.sign) for x in self[:3])
        return mean, low, high


class Coded(NamedTuple):
    """Words for something, and in small letters the name that it has in files."""

    words: Both
    code: str

    def to(self, lang: str) -> str:
        """Both in one line."""
        return f"{self.words.to(lang)} ({self.code})" if self.code else self.words.to(lang)


@dataclass(frozen=True)
class Picture:
    """An SVG that stands in a cell."""

    svg: str


Cell = Both | Coded | Level | Num | Picture
"""What a cell of a table holds."""


class Column(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    label : Both
        With the unit.
    kind : str
        ``text``, ``number``, ``level`` (a number with its interval) or ``picture``.
    """

    label: Both
    kind: str = "number"


@dataclass(frozen=True)
class Table:
    """Rows under columns.

    Attributes
    ----------
    name : str
        Of its element, of its sheet and of its CSV file.
    caption : Both
    columns : sequence of Column
    rows : sequence of sequences of Cell
    sortable : bool
        Whether readers may put the rows in order.
    opened : bool
        Whether it is seen at once; else it is unfolded.
    """

    name: str
    caption: Both
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    sortable: bool = False
    opened: bool = False


@dataclass(frozen=True)
class Prose:
    """A paragraph, or a line of a list.

    Attributes
    ----------
    text : Both
    kind : str
        ``p``, ``note``, ``red``, ``lead``, ``item``, ``sub`` (of an item), ``code`` or ``h3``.
    code : str
        A name in files, which stands behind it in small letters.
    """

    text: Both
    kind: str = "p"
    code: str = ""


@dataclass(frozen=True)
class Card:
    """A number that is seen first, with what it means."""

    head: Both
    number: Both
    range: Both
    below: Both
    sentence: Both


@dataclass(frozen=True)
class Choice:
    """Something that readers choose: ``name`` of the element, its label, the options, and which is chosen at first."""

    name: str
    label: Both
    options: Sequence[Both]
    chosen: int = 0


@dataclass(frozen=True)
class Drawing:
    """Pictures side by side with their captions, and what stands above them.

    Attributes
    ----------
    name : str
    kind : str
        ``chart`` or ``map``: what the page's script does with it.
    figures : sequence of (Both, str)
        Caption and SVG.
    toggles : sequence of (int, str, Both)
        Number, letter and name of series that can be hidden.
    choices : sequence of Choice
    legends : sequence of sequences of (str, Both)
        Of each figure classes of colours and what they mean.
    """

    name: str
    kind: str
    figures: Sequence[tuple[Both, str]]
    toggles: Sequence[tuple[int, str, Both]] = ()
    choices: Sequence[Choice] = ()
    legends: Sequence[Sequence[tuple[str, Both]]] = ()


Block = Prose | Table | Drawing | Sequence[Card]
"""What sections are made of."""


@dataclass
class Section:
    """A part of the page.

    Attributes
    ----------
    name : str
        Of its element.
    title : Both
    blocks : list
    data : dict
        What the page's script needs for it.
    """

    name: str
    title: Both
    blocks: list[Any] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    def add(self, *blocks: Any) -> None:
        """More blocks."""
        self.blocks += blocks

    @property
    def tables(self) -> list[Table]:
        """All of its tables."""
        return [block for block in self.blocks if isinstance(block, Table)]


def joined(parts: Sequence[Both], between: str = ", ") -> Both:
    """Several, one after the other."""
    return Both(between.join(p.en for p in parts), between.join(p.fr for p in parts))
