"""The contents of the site, read from the lists of the start page: what GitHub shows and the sidebar never differ."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

__all__ = ["contents", "with_contents"]

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_PAGE = re.compile(r"^- \[([^\]]+)\]\(([^)#:]+\.md)\)", re.MULTILINE)


def contents(start: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    r"""The headings of the start page with the pages in the lists below them: each its title and its file.

    >>> list(contents("## Guides\n\n- [CSV](csv.md): tables\n\n## Words\n\nNone.\n"))
    [('Guides', [('CSV', 'csv.md')])]
    """
    _, *parts = _HEADING.split(start)
    for heading, body in zip(parts[::2], parts[1::2], strict=True):
        if pages := _PAGE.findall(body):
            yield heading, pages


def with_contents(start: str) -> str:
    """The start page with a hidden table of contents for each of its lists."""
    lines = [start]
    for heading, pages in contents(start):
        lines += ["", "```{toctree}", ":hidden:", f":caption: {heading}", ""]
        lines += [f"{title} </{posixpath.normpath(f'docs/{file}').removesuffix('.md')}>" for title, file in pages]
        lines += ["```"]
    return "\n".join(lines) + "\n"
