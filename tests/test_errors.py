"""Messages: one line each, printable, and bounded, whatever a file or a path holds."""

from __future__ import annotations

import pickle

import pytest

from ess_sim import errors
from ess_sim.errors import EngineError, EssSimError, Problem, ScenarioError, TerritoryError, printable

_NASTY = "a\x1b[31m\x07\x9b\u202e\ufeff\ud800\udc80\u2028\r\x85é"


@pytest.mark.parametrize("kind", [TerritoryError, EngineError, ScenarioError, EssSimError])
def test_messages_hold_nothing_that_acts_on_a_terminal(kind: type[EssSimError]) -> None:
    error = kind(_NASTY)
    assert str(error).isprintable()
    assert "\\x1b[31m\\x07\\x9b\\u202e\\ufeff\\ud800" in str(error)
    assert str(error).endswith("é")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_lines_of_a_message_stay_lines() -> None:
    assert str(TerritoryError("a.csv:2: one\na.csv:3: two")).splitlines() == ["a.csv:2: one", "a.csv:3: two"]


def test_a_problem_is_one_bounded_line() -> None:
    problem = Problem(f"{_NASTY}/" * 900 + "end.yaml", 3, 4, f"{_NASTY}\n" * 900, f"{_NASTY}\n" * 900)
    assert len(str(problem)) <= 2_500
    assert str(problem).isprintable()
    assert "end.yaml:3:4: " in str(problem)


def test_text_is_escaped_only_where_it_must_be() -> None:
    assert printable("Saint-Éloi: 5 % 'x' \\n 日本") == "Saint-Éloi: 5 % 'x' \\n 日本"
    assert [len(printable("\x00" * n, 10)) for n in (2, 3, 10, 11)] == [8, 10, 10, 10]
    assert errors.shortened("x" * 61) == "x" * 59 + "…"


def test_lines_of_another_file_are_in_its_order() -> None:
    texts = [f"z.csv:{line}: no number" for line in (10, 2, 100)]
    found = ScenarioError(Problem("a.yaml", 1, 1, "territory.csv", text) for text in texts)
    assert [p.what.split(":")[1] for p in found.problems] == ["2", "10", "100"]
