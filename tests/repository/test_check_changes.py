"""`make check` finds the tests that concern a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.check_changes import concerning

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("tests/inputs/test_documents.py", ["tests/inputs/test_documents.py"]),
        ("tests/support/pairs.py", ["tests/results/test_folder.py", "tests/experiments/test_experiment.py"]),
        ("ess_sim/results/tables/schema.py", ["tests/results/test_tables.py", "ess_sim/results/tables/schema.py"]),
        ("ess_sim/clock.py", ["tests/test_clock.py", "ess_sim/clock.py"]),
        ("docs/interoperation.md", ["tests/analysis/test_interop.py"]),
        ("calibrations/national.yaml", ["tests/analysis/test_calibration.py"]),
        ("scenarios/laval/smp.yaml", ["tests/experiments/test_library.py"]),
    ],
)
def test_tests_of_a_file(file: str, expected: list[str]) -> None:
    assert set(expected) <= set(concerning(file))


def test_tests_of_other_wings_are_left_out() -> None:
    assert all(not f.startswith("tests/analysis/") for f in concerning("ess_sim/model/run/simulation.py"))
    assert concerning(f"docs/{'no'}_page.md") == []


def test_what_takes_too_long_is_skipped_and_said_so(tmp_path: Path) -> None:
    (tmp_path / "test_two.py").write_text("def test_one(): assert 0\ndef test_two(): assert 0\n", encoding="utf-8")
    code = (
        "import sys, pytest\nfrom tools.check_changes import Budget\n"
        "sys.exit(pytest.main(['-q', '-rs', '-p', 'no:cacheprovider', sys.argv[1]], plugins=[Budget(-1)]))"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "left to `make test`" in done.stdout
    assert "2 skipped" in done.stdout
