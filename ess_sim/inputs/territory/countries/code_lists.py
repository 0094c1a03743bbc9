"""Lists of codes of communes in users' files: one column that is recognisably codes, whatever stands beside it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from ess_sim.errors import shortened
from ess_sim.inputs.csv_files.dialect import SEPARATORS, Rows, rows_of
from ess_sim.inputs.csv_files.headers import matched
from ess_sim.inputs.csv_files.table import file_bytes, raise_problems
from ess_sim.inputs.csv_files.text import UnreadableError, decoded
from ess_sim.inputs.territory.countries.codes import folded_name, former_codes, hint_of_code, names_of_kind, whole_code
from ess_sim.inputs.territory.countries.registry import KINDS, country_of
from ess_sim.inputs.territory.countries.written_codes import few, lost_zeros, same_name, unwrapped

__all__ = ["read_codes"]

_MOST = 0.8
"""Least share of a column's values that are codes, for a column that no name marks."""

_SHOWN = 20
"""Most lines of codes given again that notes list."""


def read_codes(path: str | PathLike[str], key: str = "communes") -> tuple[list[str], list[str]]:
    r"""Codes of a user's file, each once in the order of the file, and notes on what was understood.

    The first line may name the columns; other columns are ignored. Lost zeros are given back where the list as a whole
    leaves no doubt; communes that have merged stand for their successor.

    Parameters
    ----------
    path : path
        A CSV, or a text with one code a line.
    key : str, optional
        Kind of the codes, as in a scenario's ``territory``.

    Returns
    -------
    codes : list of str
        Codes of today, different from each other.
    notes : list of str
        What differs from the file, and why.

    Raises
    ------
    TerritoryError
        With everything that is wrong, each ``file:line:column: what is wrong``.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "list.csv"
    >>> _ = path.write_text("Code INSEE;Commune\n1001;L'Abergement\n1002;L'Abergement\n1001;again\n")
    >>> codes, notes = read_codes(path)
    >>> codes
    ['01001', '01002']
    >>> print(*notes, sep="\n")
    list.csv: read with semicolons; column 'Code INSEE'; lost zeros given back: 1001 as 01001, 1002 as 01002
    list.csv: 01001 is given twice (line 4)
    """
    path = Path(path)
    try:
        text, encoding = decoded(file_bytes(path))
        rows = rows_of(text, lambda first: sum(map(_is_code, first)) + matched(first, ["zone"]).count("zone"))
    except UnreadableError as error:
        raise_problems(path, [(error.line, error.column, error.what)])
    notes = [word for word in (encoding, SEPARATORS[rows.separator] if rows.separator != "," else "") if word]
    if not rows.cells:
        raise_problems(path, [(1, 1, "the file is empty: it must have one code a line")])
    column, lines = _column(path, rows, notes)
    texts = [_cell(rows, line, column) for line in lines]
    found = unwrapped(texts)
    problems = [(*rows.place(lines[i], column), f"code {what}") for i, what in found.lost.items()]
    kind = KINDS[key]
    names = names_of_kind(key)
    agree = [
        _names_agree(rows.cells[line], whole_code(code, kind), key)
        for line, code in zip(lines, found.codes, strict=True)
    ]
    zeros = lost_zeros(found.codes, kind, agree)
    former = former_codes(country_of(key)) if kind.column == "code" else {}
    codes, merged, again = {}, {}, []
    for i, (line, code) in enumerate(zip(lines, found.codes, strict=True)):
        now = zeros.get(code, code)
        now = now if now in names or now.upper() not in names | former.keys() else now.upper()
        if ended := former.get(now):
            merged[now] = now = ended.successor
        if i in found.lost:
            continue
        if not code:
            problems.append((*rows.place(line, column), "no code"))
        elif now not in names:
            what = f"no {kind.label} code {shortened(code)!r}{_other(code, key) or hint_of_code(code, key)}"
            problems.append((*rows.place(line, column), what))
        elif now in codes:
            again.append((now, line))
        else:
            codes[now] = line
    raise_problems(path, problems)
    notes += found.notes
    if zeros:
        notes.append(f"lost zeros given back: {few(list(zeros.items()))}")
    if merged:
        notes.append(f"communes that have merged: {few(list(merged.items()))}")
    said = [f"{path.name}: {now} is given twice (line {line})" for now, line in again[:_SHOWN]]
    if more := len(again) - len(said):
        said.append(f"{path.name}: {more} more lines give codes again")
    return list(codes), [*([f"{path.name}: read with {'; '.join(notes)}"] if notes else []), *said]


def _other(code: str, key: str) -> str:
    """What a code of another kind is."""
    found = [f"the {kind.label} {names_of_kind(k)[code]}" for k, kind in KINDS.items() if code in names_of_kind(k)]
    return f": this is {', or '.join(found)}; a list holds {KINDS[key].label}s" if found else ""


def _column(path: Path, rows: Rows, notes: list[str]) -> tuple[int, list[int]]:
    """The number of the column that holds codes, and the lines on which they stand."""
    first, *lines = rows.cells
    head = [cell.strip() for cell in rows.cells[first]]
    named = [i for i, name in enumerate(matched(head, ["zone"])) if name]
    if not named and (any(map(_is_code, head)) or any(map(_may_be_code, head))):
        named, lines = [], [first, *lines]
    elif not lines:
        raise_problems(path, [(first, 1, "no codes below the first line")])
    shares = {i: _share(rows, lines, i) for i in named or range(len(head))}
    best = max(shares, key=lambda i: shares[i])
    if len(shares) > 1 and list(shares.values()).count(shares[best]) > 1:
        same = [head[i] or f"column {i + 1}" for i in shares if shares[i] == shares[best]]
        what = f"which column holds the codes, {' or '.join(shortened(s) for s in same)}? leave the others out"
        raise_problems(path, [(*rows.place(first, best), what)])
    if len(shares) > 1 and not named and shares[best] < _MOST:
        raise_problems(path, [(first, 1, "no column holds codes only: call the one that does 'code'")])
    if first not in lines and (head[best] not in ("code", "zone") or len(head) > 1):
        notes.append(f"column {shortened(head[best])!r}")
    return best, lines


def _share(rows: Rows, lines: Sequence[int], column: int) -> float:
    cells = unwrapped([_cell(rows, line, column) for line in lines]).codes
    return sum(map(_is_code, cells)) / len(cells)


def _cell(rows: Rows, line: int, column: int) -> str:
    cells = rows.cells[line]
    return cells[column].strip() if column < len(cells) else ""


def _is_code(text: str) -> bool:
    """Whether a text is a code of a commune, of today or former, perhaps without its zero."""
    (text,) = unwrapped([text.strip()]).codes
    kind = KINDS["communes"]
    return bool(text) and (
        (whole := whole_code(text, kind)) in names_of_kind(kind.key) or whole in former_codes(country_of(kind.key))
    )


def _may_be_code(text: str) -> bool:
    """Whether a text of the first line is rather a code with a slip, or a name, than the name of a column."""
    return any(c.isdigit() for c in text) or folded_name(text) in _folded_names()


@functools.cache
def _folded_names() -> set[str]:
    return {folded_name(name) for name in names_of_kind("communes").values()}


def _names_agree(cells: Sequence[str], whole: str, key: str) -> bool:
    return any(same_name(whole, cell.strip(), KINDS[key]) for cell in cells)
