"""Arbitrary text inside Markdown: escaped, on one line, or in the cells of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

__all__ = ["plain", "table"]


def plain(text: object) -> str:
    """Text on one line that cannot start markup or end a table cell.

    >>> plain("a | b\\n<c>")
    'a \\\\| b &lt;c>'
    """
    return " ".join(str(text).split()).replace("<", "&lt;").replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The lines of a table.

    >>> list(table(["name", "n"], [("a", 1)]))
    ['| name | n |', '|---|---|', '| a | 1 |']
    """
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield f"| {' | '.join(map(plain, row))} |"
