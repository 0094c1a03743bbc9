"""The tables of a report as a workbook, one sheet each, with numbers that a spreadsheet can reckon with."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence

from ess_sim.errors import ResultsError
from ess_sim.faces.report.parts.blocks import Both, Cell, Coded, Level, Num, Section, Table
from ess_sim.faces.words.glossary import Language

__all__ = ["workbook"]


_LONGEST_NAME, _WIDEST = 31, 60
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Characters that a workbook cannot hold."""


def workbook(parts: Sequence[Section], limits: Sequence[Both], lang: Language) -> bytes:
    """All tables of a report: captions and heads in one language, numbers as numbers with as many decimals as shown.

    Parameters
    ----------
    parts : sequence of Section
    limits : sequence of Both
        Heads of the columns with the limits of a level's interval.
    lang : {'en', 'fr'}

    Raises
    ------
    ResultsError
        Where openpyxl (extra ``excel``) is not installed.
    """
    try:
        from openpyxl import Workbook
        from openpyxl.styles import Font
        from openpyxl.utils import get_column_letter
    except ImportError:
        raise ResultsError("a workbook needs openpyxl: pip install 'ess_sim[excel]'") from None
    book = Workbook()
    book.remove(book.active)
    for table in (table for part in parts for table in part.tables):
        sheet = book.create_sheet(table.name[:_LONGEST_NAME])
        lines: list[list[Cell]] = [[table.caption], *_lines(table, limits)]
        for r, line in enumerate(lines, start=1):
            for c, shown in enumerate(line, start=1):
                value = _value(shown, lang)
                if value is None:
                    continue
                cell = sheet.cell(r, c, value)
                if isinstance(shown, Num):
                    cell.number_format = "#,##0" + ("." + "0" * shown.digits if shown.digits else "")
                else:
                    cell.data_type = "s"  # whatever it begins with, a text is no formula
                if r <= 2:
                    cell.font = Font(bold=True)
        sheet.freeze_panes = "A3"
        for c in range(1, len(lines[1]) + 1):
            longest = max(len(str(_value(line[c - 1], lang) or "")) for line in lines[1:])
            sheet.column_dimensions[get_column_letter(c)].width = min(_WIDEST, max(12, longest + 2))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lines(table: Table, limits: Sequence[Both]) -> Iterator[list[Cell]]:
    """Heads and rows without pictures; a level is three cells."""
    kinds = [column.kind for column in table.columns]
    yield [
        cell
        for column in table.columns
        if column.kind != "picture"
        for cell in ([column.label, *limits] if column.kind == "level" else [column.label])
    ]
    for row in table.rows:
        line: list[Cell] = []
        for kind, shown in zip(kinds, row, strict=True):
            if kind != "picture":
                line += shown.nums if isinstance(shown, Level) else [shown]
        yield line


def _value(shown: Cell, lang: Language) -> str | float | None:
    """What a cell holds; None for nothing."""
    if isinstance(shown, Num):
        return float(shown.plain) if shown.plain else None
    return _UNWANTED.sub("", shown.to(lang)) or None if isinstance(shown, Both | Coded) else None
