"""The frame of the validation: findings are held against tolerances that were stated beforehand."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path
from types import ModuleType

import pytest

from validation import __main__ as command
from validation.findings import Finding, judge, read_tolerances

BAND = {
    "what": "a share",
    "unit": "%",
    "observed": 11.0,
    "accept": [10.0, 12.0],
    "source": "somebody",
    "reason": "because",
}


def test_a_finding_passes_within_its_band_and_misses_outside() -> None:
    bands = {f"p/{name}": BAND | {"id": f"p/{name}"} for name in ("in", "edge", "out", "nan")}
    found = [Finding("p/in", 11.0), Finding("p/edge", 12.0), Finding("p/out", 12.1), Finding("p/nan", math.nan)]
    table = judge(found, bands).set_index("id")
    assert table["passed"].to_dict() == {"p/in": True, "p/edge": True, "p/out": False, "p/nan": False}


def test_what_has_no_tolerance_or_no_finding_is_refused() -> None:
    with pytest.raises(ValueError, match="no tolerance"):
        judge([Finding("p/new", 1.0)], {})
    with pytest.raises(ValueError, match="no finding for p/silent"):
        judge([Finding("p/in", 11.0)], {"p/in": BAND, "p/silent": BAND})
    assert len(judge([Finding("p/in", 11.0)], {"p/in": BAND, "q/of another part": BAND})) == 1


def test_the_tolerances_can_be_read_and_give_reasons() -> None:
    entries = read_tolerances()
    assert {name.split("/")[0] for name in entries} == set(command.PARTS)
    for name, entry in entries.items():
        assert len(entry["reason"]) > 9, name
        assert len(entry["source"]) > 5, name


@pytest.mark.parametrize("text", ["- {id: p/x, what: a}", "- {id: p/x, accept: [2, 1]}"])
def test_a_tolerance_must_be_whole(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="p/x"):
        read_tolerances(path)


def test_every_part_can_be_called() -> None:
    for part in command.PARTS:
        assert callable(importlib.import_module(f"validation.{part}").check)


@pytest.mark.parametrize(("simulated", "code"), [(11.0, 0), (13.5, 1)])
def test_a_miss_is_told_and_ends_with_code_1(
    simulated: float, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Part(ModuleType):
        @staticmethod
        def check(out: Path, *, jobs: int) -> list[Finding]:
            assert out.is_dir()
            assert jobs == 1
            return [Finding("national/x", simulated, 10.0, 14.0, "by hand")]

    monkeypatch.setattr(command, "read_tolerances", lambda: {"national/x": BAND})
    monkeypatch.setitem(sys.modules, "validation.national", Part("national"))
    assert command.main(["national", "--out", str(tmp_path / "out"), "--jobs", "1"]) == code
    said = capsys.readouterr().out
    assert ("**miss**" in said) == bool(code)
    assert (tmp_path / "out" / "report.md").read_text(encoding="utf-8") in said
    assert (tmp_path / "out" / "findings.csv").is_file()
