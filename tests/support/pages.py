"""What stands in a page of the report, read as a browser would read it, without one."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

Row = list[Any]


class Page(HTMLParser):
    """A page: its tables, and its text in one language.

    Parameters
    ----------
    html : str
    lang : str
        Whose words are kept.

    Attributes
    ----------
    tables : dict of str to list of rows
        By name; a cell is a number where it holds one (NaN for a dash), three numbers where it holds a level with its
        interval, else its text.
    text : str
    """

    def __init__(self, html: str, lang: str = "en") -> None:
        super().__init__()
        self._lang, self._hidden, self._open = lang, 0, list[bool]()
        self.tables: dict[str, list[Row]] = {}
        self._rows: list[Row] | None = None
        self._cell: list[str] | None = None
        self._said: list[str] = []
        self.feed(html)
        self.text = " ".join("".join(self._said).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "span":
            other = found.get("lang") not in (None, self._lang)
            self._open.append(other)
            self._hidden += other
        elif tag == "table":
            self._rows = self.tables.setdefault(str(found["id"]), [])
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("td", "th") and self._rows is not None:
            self._cell = []
            if "data-v" in found:
                self._rows[-1] += [
                    float(found[part] or "nan") for part in ("data-v", "data-l", "data-h") if part in found
                ]
                self._cell = None
        elif tag in ("style", "script"):
            self._hidden += 1
        self._said.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self._hidden -= self._open.pop()
        elif tag in ("td", "th") and self._rows is not None and self._cell is not None:
            self._rows[-1].append("".join(self._cell).strip())
            self._cell = None
        elif tag == "table":
            self._rows = None
        elif tag in ("style", "script"):
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._said.append(data)
            if self._cell is not None:
                self._cell.append(data)

    def rows(self, table: str) -> list[Row]:
        """Rows of a table without its head."""
        return self.tables[table][1:]

    def numbers(self, table: str) -> list[list[float]]:
        """The numbers of each row of a table."""
        return [[x for x in row if isinstance(x, float)] for row in self.rows(table)]


def red_lines(html: str) -> list[str]:
    """What the page says in red, in English."""
    return [Page(line).text for line in re.findall(r'<p class="red">.*?</p>', html, flags=re.DOTALL)]
