"""Finished runs of a choice in a file, below what was asked: the search goes on from them, for no other question."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ess_sim.analysis.budget.mixes.trials import Lived
from ess_sim.atomic import write_atomically
from ess_sim.errors import ResultsError

__all__ = ["RUNS", "Notes"]


RUNS = "runs.jsonl"
"""Where finished runs are noted."""

_WORDS = {
    "results_version": "the version of results",
    "years": "the years",
    "scenario": "what the baseline says",
    "territory": "its territory (its CSV files hold something else now, or its data)",
    "code": "the code of its policies",
    "outcome": "the outcome",
    "day": "the day",
    "payers": "whose money it is",
    "seed": "the seed",
}
"""What a question is made of: where one of these differs, no run is of use."""


class Notes:
    """Finished runs in a file, a line each below the question; a line that a kill cut short is left out.

    Parameters
    ----------
    path : Path
    asked : mapping
        The question, by the keys of `_WORDS`, with the ``name`` of its baseline.
    overwrite : bool
        Begin anew where the file is of another question.

    Raises
    ------
    ResultsError
        If it is, or cannot be written.
    """

    def __init__(self, path: Path, asked: Mapping[str, Any], *, overwrite: bool = False) -> None:
        self._path, self.found = path, dict[str, Lived]()
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        lines = text.splitlines()
        if lines and (wrong := _other(_read(lines[0]), asked)):
            if not overwrite:
                raise ResultsError(
                    f"{path.parent}: the folder holds {wrong}: choose another folder, or replace it with --overwrite "
                    "(overwrite=True)"
                )
            lines = []
        if not lines:
            text = json.dumps(asked) + "\n"
            write_atomically(path, text.encode())
        for line in lines[1:]:
            try:
                key, value, without, cents, unknown = json.loads(line)
                pairs = tuple((str(who), str(what)) for who, what in unknown)
                self.found[str(key)] = Lived(float(value), int(without), tuple(map(int, cents)), pairs)
            except (ValueError, TypeError):
                continue
        self._cut = not text.endswith("\n")

    def add(self, key: str, lived: Lived) -> None:
        """Notes a run."""
        line = json.dumps([key, *lived]) + "\n"
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n" * self._cut + line)
        self._cut = False
        self.found[key] = lived


def _read(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _other(earlier: Any, asked: Mapping[str, Any]) -> str:
    """What a file is of, if not of this question, and in what they differ."""
    if not isinstance(earlier, dict) or not {"name", *_WORDS} <= set(earlier):
        return "a choice that does not say what was asked"
    apart = [key for key in _WORDS if earlier[key] != asked[key]]
    if "years" in apart:  # which are a part of what the baseline says
        apart = [key for key in apart if key != "scenario"]
    if not apart:
        return ""
    years, day = earlier["years"], earlier["day"]
    return (
        f"a choice for {earlier['name']} over {years} year{'s'[: years != 1]} by {earlier['outcome']} on {day}, seed "
        f"{earlier['seed']}; what is asked now differs in {', '.join(_WORDS[key] for key in apart)}"
    )
