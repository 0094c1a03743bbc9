"""Words that a reader has to translate back are kept out of the package and its pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORDS = re.compile(r"\b(told|tells|whoever|nobody|somebody|heed|idem)\b", re.IGNORECASE)

ALLOWED = ("retire and nobody takes over",)  # title of a bundled scenario, quoted with its results
"""Phrases in which such a word is the right one."""


def found(text: str) -> Iterator[tuple[int, str]]:
    """Number of each line with such a word, and the line."""
    for number, line in enumerate(text.splitlines(), 1):
        rest = line
        for phrase in ALLOWED:
            rest = rest.replace(phrase, "")
        if WORDS.search(rest):
            yield number, line.strip()


def test_plain_words() -> None:
    files = [
        *(ROOT / "ess_sim").rglob("*.py"),
        *(ROOT / "docs").rglob("*.py"),
        *(ROOT / "ess_sim" / "data").glob("*.md"),
        *ROOT.glob("*.md"),
    ]
    files += [ROOT / "ess_sim" / "data" / "parameters.csv", *(ROOT / "docs").rglob("*.md")]
    texts = {file.relative_to(ROOT): file.read_text(encoding="utf-8") for file in sorted(files)}
    assert [f"{file}:{n}: {line}" for file, text in texts.items() for n, line in found(text)] == []


def test_the_words_are_found_as_words_only() -> None:
    assert [
        n for n, _ in found("Nobody\nretold\nsink.told(x)\n, and nobody\nGPs retire and nobody takes over\nidem.")
    ] == [*(1, 3, 4, 6)]
