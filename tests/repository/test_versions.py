"""Versions agree: of the package in all files that name it, of dependencies with those that `make lowest` installs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LEFT_OUT = {"SALib"}
"""Demands newer versions of other packages than the lowest."""


def lowest(requirements: list[str]) -> dict[str, str]:
    """Lowest version of each package that is needed to run."""
    found = {}
    for requirement in requirements:
        match = re.match(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)", requirement)
        assert match, f"{requirement}: no lowest version"
        found[match[1]] = match[2]
    return found


def test_the_lowest_versions_declared_are_those_that_are_tested() -> None:
    text = (ROOT / "constraints" / "lowest.txt").read_text(encoding="utf-8")
    tested = dict(line.split("==") for line in text.splitlines() if not line.startswith("#"))
    extras = PROJECT["optional-dependencies"]
    declared = lowest([*PROJECT["dependencies"], *extras["dask"], *extras["sensitivity"]])
    needed = lowest([r for r in extras["test"] if re.match(r"(pytest|hypothesis)>", r)])
    assert {name: v for name, v in tested.items() if name != "distributed"} == {
        name: v for name, v in (declared | needed).items() if name not in LEFT_OUT
    }
    assert tested["distributed"] == tested["dask"]


def test_what_bytes_depend_on_is_bounded_above() -> None:
    bounded = {re.split(r"[>=<,]", r)[0] for r in PROJECT["dependencies"] if "<" in r}
    assert bounded >= {"numba", "numpy", "pandas", "scipy"}


def test_one_version_in_all_files() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest
    assert citation["version"] == newest[1] == PROJECT["version"]
