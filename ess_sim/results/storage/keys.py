"""The names and notes of a folder's runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.tables.distributions import DISTRIBUTIONS
from ess_sim.results.tables.names import COUNTS

__all__ = [
    "COMPARISON",
    "COSTS",
    "COSTS_FIGURE",
    "EXTRAS",
    "FORMAT",
    "HEADLINES",
    "IDENTITY",
    "NOTE",
    "RECORDED",
    "RESULTS_VERSION",
    "SHARE_FIGURE",
    "About",
    "Key",
    "Parcel",
    "Summary",
    "differences",
    "foreign",
]


FORMAT = "ess_sim results"
"""What a manifest calls itself."""


RESULTS_VERSION = 5
"""Version of the layout of results folders and of the numbers in them; raised whenever either changes."""


RECORDED = {"counts": list(COUNTS), "distributions": list(DISTRIBUTIONS), "outcomes": list(OUTCOMES)}
"""What every run records. It stands in manifests, so that one more count or outcome needs no new version."""


COMPARISON, SHARE_FIGURE, HEADLINES = "comparison.csv", "share.png", "headlines.csv"
COSTS, COSTS_FIGURE = "costs.csv", "costs.png"
EXTRAS = (COMPARISON, SHARE_FIGURE, HEADLINES, COSTS, COSTS_FIGURE)
"""Files that faces add to a results folder, and that are removed when its runs change."""
NOTE = re.compile(r"(\d+)-(\d+)\.json")


IDENTITY = ("scenario", "territory", "code", "seed", "draw", "replication", "results_version")
"""Entries of a run's note that say which run it is, together with the values of drawn parameters."""


class Key(NamedTuple):
    """Which run: scenario, parameter draw (0: the scenario's own values), replication."""

    scenario: str
    draw: int
    replication: int

    def __str__(self) -> str:
        return f"{self.scenario}, {f'draw {self.draw}, ' if self.draw else ''}replication {self.replication}"

    @property
    def stem(self) -> str:
        """Name of the run's files."""
        return f"{self.draw:04d}-{self.replication:04d}"


@dataclass(frozen=True)
class Parcel:
    """A finished run, ready to be written: the bytes of its tables, and the note that vouches for them."""

    files: dict[str, bytes]
    note: dict[str, Any]


@dataclass(frozen=True)
class Summary:
    """What the runs of a scenario rest on, together."""

    read: tuple[str, ...]  # parameters
    grade_d: tuple[str, ...]
    assumed: tuple[str, ...]
    digest: str  # of all runs' tables


@dataclass(frozen=True)
class About:
    """What results know of one of their scenarios besides its runs.

    Attributes
    ----------
    scenario : dict
        The scenario as plain data (`ess_sim.Scenario.to_dict`).
    acts_from : list of str
        For each of its policies the first day on which it acts (year-month-day).
    residents : str
        Digest of who lives where; '' where it is not known.
    """

    scenario: dict[str, Any]
    acts_from: list[str]
    residents: str = ""


def foreign(note: Mapping[str, Any], key: Key, manifest: Mapping[str, Any]) -> str:
    """What shows that a run is not one of the experiment whose manifest lies beside it; '' where nothing does."""
    about = manifest["scenarios"][key.scenario]
    wanted = (about["digest"], about["territory"]["digest"], about["code"], manifest["seed"], key.draw, key.replication)
    for name, value in zip(IDENTITY, (*wanted, manifest["results_version"]), strict=True):
        if note.get(name) != value:
            return f"{name} {_short(note.get(name))}, not {_short(value)}"
    drawn = manifest["draws"]["values"][key.draw - 1] if key.draw else {}
    if any(drawn.get(name) != value for name, value in note.get("parameters", {}).items()):
        return "parameters that were not drawn"
    return ""


def _short(value: Any) -> str:
    return value[:8] or "none" if isinstance(value, str) else str(value)


def differences(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """In what two manifests speak of different experiments; nothing where one asks for more runs or scenarios."""
    common = sorted(set(earlier["order"]) & set(now["order"]))
    if not common:
        return ["no scenario in common"]
    found = []
    for name in common:
        one, other = earlier["scenarios"][name], now["scenarios"][name]
        if one["digest"] != other["digest"]:
            found.append(f"what the scenario {name!r} says")
        if one["territory"]["digest"] != other["territory"]["digest"]:
            found.append(f"the territory of {name!r} (its CSV files hold something else now, or its data)")
        if one["code"] != other["code"]:
            found.append(f"the code of policies in {name!r}")
    for entry, words in (("seed", "the seed"), ("draws", "the parameter draws"), ("ess_sim", "the version of ess_sim")):
        if earlier[entry] != now[entry]:
            found.append(words)
    return found
