"""Cards of HTML: a heading, a few facts, tables, a picture. All is escaped; colours are those of the notebook."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import pandas as pd

__all__ = ["Picture", "Shown", "Table", "card", "table_of"]


_MOST_ROWS, _MOST_LETTERS = 12, 160
_CELL = "padding:.15em .8em .15em 0;text-align:{};vertical-align:top"


class Table(NamedTuple):
    """A table of texts and numbers.

    Attributes
    ----------
    columns : sequence of str
    rows : sequence of sequence
        Cells: texts, numbers, dates, pictures.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


class Picture(str):
    """A text that is markup of this package's own, and is not escaped."""

    __slots__ = ()


def card(
    title: str,
    facts: Mapping[str, object] | None = None,
    tables: Iterable[Table] = (),
    picture: str = "",
    note: str = "",
) -> str:
    """A card as HTML.

    Parameters
    ----------
    title : str
    facts : mapping, optional
        What is said of it, by name; empty texts are left out.
    tables : iterable of Table
    picture : str
        Markup of an SVG.
    note : str
        A line at the end.

    Examples
    --------
    >>> "&lt;script&gt;" in card("<script>")
    True
    """
    given = {name: value for name, value in (facts or {}).items() if str(value)}
    rows = "".join(
        f'<tr><th style="{_CELL.format("left")};font-weight:normal;opacity:.7">{escape(name)}</th>'
        f'<td style="{_CELL.format("left")}">{_cell(value)}</td></tr>'
        for name, value in given.items()
    )
    parts = [
        f"<strong>{escape(_short(title))}</strong>",
        f'<table style="border:0;margin:.3em 0">{rows}</table>' if rows else "",
        picture,
        *map(_table, tables),
        f'<div style="opacity:.7">{escape(note)}</div>' if note else "",
    ]
    return f'<div style="font-family:sans-serif;font-size:.9em;line-height:1.4">{"".join(parts)}</div>'


def table_of(frame: pd.DataFrame) -> tuple[Table, str]:
    """The first rows of a frame, and a note on those that are left out."""
    head = frame.head(_MOST_ROWS)
    rows = [list(row) for row in head.itertuples(index=False)]
    more = len(frame) - len(head)
    return Table([str(c) for c in frame.columns], rows), f"… {more} more rows" if more else ""


def _table(table: Table) -> str:
    numbers = [all(_is_number(row[i]) for row in table.rows) for i in range(len(table.columns))]
    sides = ["right" if number else "left" for number in numbers]
    head = "".join(
        f'<th style="{_CELL.format(side)}">{escape(name)}</th>' for name, side in zip(table.columns, sides, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL.format(side)}">{_cell(value)}</td>' for value, side in zip(row, sides, strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    return f'<table style="border:0;margin:.3em 0"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: object) -> str:
    return str(value) if isinstance(value, Picture) else escape(_short(_worded(value)))


def _worded(value: object) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "–" if value is None or value is pd.NA else str(value)


def _short(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1].rstrip()}…"


class Shown:
    """A dataclass that notebooks show as a card: its texts and numbers, and the first rows of its tables."""

    def _repr_html_(self) -> str:
        facts: dict[str, object] = {}
        tables, notes = list[Table](), list[str]()
        for field in dataclasses.fields(self):  # type: ignore[arg-type]  # every class that this one is mixed into
            value: Any = getattr(self, field.name)
            if isinstance(value, pd.DataFrame):
                table, note = table_of(value)
                tables.append(table)
                notes += [note] if note else []
            elif isinstance(value, str | int | float | tuple | type(None)):
                facts[field.name] = value
        return card(type(self).__name__, facts, tables, note="; ".join(notes))
