"""Arbitrary text inside Markdown, and the first lines of a page that a command makes of runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["made_by", "maker", "measured", "plain", "table"]

_MADE = re.compile(r"This page is made by `([^`]+)`")
_MEASURED = re.compile(r"Measured with \*\*results version (\d+)\*\*")


def plain(text: object) -> str:
    r"""Text on one line that cannot start markup or end a table cell.

    >>> plain("a | b\n<c>")
    'a \\| b &lt;c>'
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


def made_by(command: str, version: object, what: str) -> list[str]:
    r"""The first lines of a page: the command that makes it, the results version, and what was run.

    >>> lines = made_by("make page", 8, "two runs")
    >>> maker("\n".join(lines)), measured("\n".join(lines))
    ('make page', 8)
    """
    return [
        f"This page is made by `{command}`. Do not edit it.",
        "",
        f"Measured with **results version {version}**: {what}.",
        "",
    ]


def maker(page: str) -> str:
    """The command that made a page, empty for a page written by hand."""
    found = _MADE.search(page)
    return found[1] if found else ""


def measured(page: str) -> int:
    """The results version of a page, 0 where it states none.

    >>> measured("Measured with **results version 6**")
    6
    """
    found = _MEASURED.search(page)
    return int(found[1]) if found else 0
