"""The documentation says of the checks what was found last."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_validation import BAND

from validation import recorded
from validation.findings import Finding, read_tolerances

DOCS = recorded.DOCS


def test_the_page_of_checks_is_that_of_the_table() -> None:
    page = (DOCS / "checks.md").read_text(encoding="utf-8")
    assert page == recorded.checks_page(recorded.read_checks(), read_tolerances()), (
        "docs/checks.md is out of date: python -m validation --record"
    )


def test_pages_of_parts_have_their_mark_and_are_of_a_known_version() -> None:
    checks = recorded.read_checks().groupby("part")["results_version"].first()
    for part in recorded.PAGES:
        _, mark, tail = (DOCS / f"{part}.md").read_text(encoding="utf-8").partition(recorded.MARK.format(part=part))
        assert mark, part
        assert f"*Measured with results version {checks[part]}.*" in tail, part


def test_a_part_replaces_its_own_findings_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "CHECKS", tmp_path / "checks.csv")
    monkeypatch.setattr(recorded, "DOCS", tmp_path)
    bands = {name: BAND | {"id": name} for name in ("laws/a", "laws/b", "access/c")}
    recorded.record({"laws": [Finding("laws/a", 11.0), Finding("laws/b", 9.0, 8.5, 9.5, "x, y")]}, tmp_path, bands)
    recorded.record({"access": [Finding("access/c", 12.5)]}, tmp_path, bands)
    recorded.record({"laws": [Finding("laws/a", 10.5), Finding("laws/b", 10.0)]}, tmp_path, bands)
    table = recorded.read_checks()
    assert table.set_index("id")["simulated"].to_dict() == {"access/c": 12.5, "laws/a": 10.5, "laws/b": 10.0}
    page = (tmp_path / "checks.md").read_text(encoding="utf-8")
    assert page.count("**miss**") == 1
    assert f"| [laws](#laws) | {recorded.RESULTS_VERSION} | 2 | 2 |" in page


def test_a_page_without_its_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="the page of laws has no line"):
        recorded.renewed("# Laws\n", "laws", "new")
