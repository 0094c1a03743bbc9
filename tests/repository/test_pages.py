"""Pages name files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")])
PLACES = (ROOT, ROOT / "ess_sim", ROOT / "ess_sim" / "model")
"""Where a path may begin: pages about the package leave out its name, tables of parameters the model's."""

MADE = {"results", "my-scenarios", "sud-nivernais"}
"""Folders that a user's commands make."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:[\w-]+/)+[\w.-]*)`", text) + re.findall(r"python ((?:[\w-]+/)+[\w-]+\.py)", text)
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    missing = [n for n in named if n.split("/")[0] not in MADE and not any((p / n).exists() for p in PLACES)]
    missing += [name for name in links if not (page.parent / name).exists()]
    assert not missing
