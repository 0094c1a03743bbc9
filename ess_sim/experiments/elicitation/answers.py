"""The forms that come back: every answer with its place, every fault at its own."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ess_sim.errors import ParameterError, TerritoryError, did_you_mean, shortened
from ess_sim.experiments.elicitation.questions import COLUMNS
from ess_sim.inputs.catalogue.parameters import catalogue, possible
from ess_sim.inputs.csv_files.numbers import Limits, is_secret, marks_of, read_number, resolved
from ess_sim.inputs.csv_files.table import Column, Csv, file_bytes

__all__ = ["Answer", "Form", "read_forms"]


_WEIGHT = "weight"
_REQUIRED = ("parameter", "low", "most_likely", "high", "expert")
_THREE = ("low", "most_likely", "high")
_WIDEST = Limits(-1.0, 1e9)


@dataclass(frozen=True)
class Answer:
    """What one expert says of one parameter.

    Attributes
    ----------
    parameter, expert : str
    low, most_likely, high : float
        In the parameter's unit: with a probability of 5 % each the value lies below ``low`` and above ``high``.
    why : str
        '' where no reason is given.
    given : str
        When, as written; '' where it is not stated.
    weight : float
        1 where forms have no such column.
    file : str
    line : int
    """

    parameter: str
    expert: str
    low: float
    most_likely: float
    high: float
    why: str = ""
    given: str = ""
    weight: float = 1.0
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Form:
    """A file that was read.

    Attributes
    ----------
    file : str
    digest : str
        SHA-256 of its bytes.
    notes : tuple of str
        How it was read, if it was not written as `form_text` does.
    weighted : bool
        Whether it has a column ``weight``.
    answers : int
        How many; 0 where it came back empty, while others did not.
    """

    file: str
    digest: str
    notes: tuple[str, ...]
    weighted: bool
    answers: int


def read_forms(paths: Sequence[Path]) -> tuple[tuple[Answer, ...], tuple[Form, ...]]:
    """The answers of forms, in their order; rows without low, most likely and high are no answers.

    A form without any answer is a fault only if no form has one: who has no view may say so, and the empty form may lie
    beside those that were filled in.

    Parameters
    ----------
    paths : sequence of path
        CSV files with the columns of `COLUMNS`, and perhaps ``weight``; text may be UTF-8 (with a mark of order or
        without), UTF-16 or Windows-1252, values separated by commas, semicolons or tabs.

    Raises
    ------
    ParameterError
        With every fault of every form, each ``file:line:column: what is wrong``.
    """
    faults: list[str] = []
    answers: list[Answer] = []
    forms: list[Form] = []
    empty: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    given: set[str] = set()
    for path in paths:
        whole = os.path.realpath(path) if "\0" not in str(path) else str(path)
        if whole in given:
            faults.append(f"{path}: this form is given twice")
            continue
        given.add(whole)
        try:
            table = Csv(path, [Column(name, None, name in _REQUIRED) for name in (*COLUMNS, _WEIGHT)])
            found = _Reader(table, str(path), seen).answers()
            table.stop_if_faulty()
            if not found:
                empty.append(
                    f"{path}:{table.first}: no row has an answer: low, most likely and high are empty throughout"
                )
        except TerritoryError as error:  # what the reader of tables raises; no territory is read here
            faults += str(error).splitlines()
            continue
        answers += found
        digest = hashlib.sha256(file_bytes(path)).hexdigest()
        forms.append(Form(str(path), digest, table.notes, _WEIGHT in table.frame, len(found)))
    if not answers:
        faults += empty
    if faults:
        raise ParameterError("\n".join(faults))
    return tuple(answers), tuple(forms)


class _Reader:
    """Takes one form apart; faults are noted in its table."""

    def __init__(self, table: Csv, file: str, seen: dict[tuple[str, str], str]) -> None:
        self._table, self._file, self._seen = table, file, seen
        rows = [row for _, row in table.frame.iterrows()]
        cells = [(read_number(row[c]), _limits(row["parameter"])) for row in rows for c in _THREE]
        # of a file with semicolons, the decimal mark is that of the numbers that leave no doubt
        self._marks = marks_of(cells)

    def answers(self) -> list[Answer]:
        found: list[Answer] = []
        expert = ""
        for line, row in self._table.frame.iterrows():
            expert = row["expert"] or expert
            if not any(row[column] for column in _THREE):
                continue
            answer = self._answer(int(cast(Any, line)), row, expert)
            if answer is not None:
                found.append(answer)
        return found

    def _answer(self, line: int, row: Any, expert: str) -> Answer | None:
        say, name = self._table.problem, row["parameter"]
        before = len(self._table.problems)
        if name not in catalogue():
            say(line, f"unknown parameter {shortened(name)!r}{did_you_mean(name, catalogue())}", "parameter")
            return None
        if not expert:
            say(line, "no expert: write who answers, in the first row at least", "expert")
        value = {column: self._number(line, row[column], column, name) for column in _THREE}
        weight = 1.0
        if _WEIGHT in row:
            weight = self._number(line, row[_WEIGHT], _WEIGHT, "")
        if len(self._table.problems) > before:
            return None
        low, most, high = (value[column] for column in _THREE)
        if not low <= most <= high:
            say(line, f"most_likely: {most:g} does not lie between low, {low:g}, and high, {high:g}", "most_likely")
        elif low == high:
            say(line, f"high: low and high are both {low:g}: a range says how sure you are", "high")
        key = (expert.casefold(), name)
        place = f"{self._file}:{line}"
        if (first := self._seen.setdefault(key, place)) != place:
            say(line, f"{shortened(expert)} answers {name} twice: first in {first}", "parameter")
        if len(self._table.problems) > before:
            return None
        why, given = row.get("why", ""), row.get("given", "")
        return Answer(name, expert, low, most, high, why, given, weight, self._file, line)

    def _number(self, line: int, text: str, column: str, parameter: str) -> float:
        limits = _limits(parameter) if parameter else Limits(0.0, 1e6)
        usual = "." if self._table.separator == "," else ""
        value = resolved(read_number(text), limits, self._marks, usual)
        if not text:
            others = "low, most likely and high go together" if parameter else "the forms have a column weight"
            self._table.problem(line, f"{column}: empty: {others}", column)
        elif math.isinf(value):
            what = "may be with thousands or with decimals: write it without separators of thousands"
            self._table.problem(line, f"{column}: {shortened(text)!r} {what}", column)
        elif math.isnan(value):
            missing = "stands for a missing value: write a number" if is_secret(text) else "is not a number"
            if text.endswith("%") and limits.high <= 1:
                part = resolved(read_number(text[:-1].strip()), Limits(0.0, 100.0), self._marks, usual)
                missing += f": write {part / 100:g}" if math.isfinite(part) else ""
            self._table.problem(line, f"{column}: {shortened(text)!r} {missing}", column)
        elif not limits.hold(value):
            unit = f" {catalogue()[parameter].unit}" if parameter else ""
            bound = "above" if limits.above else "at least"
            percent = limits.high <= 1 and 1 < value <= 100
            meant = f": write {value / 100:g} for {value:g} %" if percent else ""
            what = f"{value:g}{unit} is out of range: it must be {bound} {limits.low:g} and at most {limits.high:g}"
            self._table.problem(line, f"{column}: {what}{meant}", column)
        return value


def _limits(parameter: str) -> Limits:
    """What the numbers of a parameter may be; 0 stands where it must be above 0, as the end of a range."""
    if parameter not in catalogue():
        return _WIDEST
    at_all = possible(parameter)
    return Limits(at_all.low, at_all.high)
