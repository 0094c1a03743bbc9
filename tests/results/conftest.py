"""Results folders of made-up runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from stored import run_made_up


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> Path:
    """Two scenarios, two replications; not to be changed."""
    out: Path = tmp_path_factory.mktemp("whole") / "out"
    run_made_up(out)
    return out


@pytest.fixture
def out(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "out"))
