"""The names and notes of a folder's runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    "RECORDED",
    "REPORT",
    "RESULTS_VERSION",
    "SAME_RULES",
    "SHARE_FIGURE",
    "VALUE",
    "VALUE_FIGURE",
    "WORKBOOK",
    "About",
    "Key",
    "Parcel",
    "Shard",
    "Summary",
    "planned",
]


FORMAT = "ess_sim results"
"""What a manifest calls itself."""


RESULTS_VERSION = 10
"""Version of the layout of results folders and of the numbers in them; raised whenever either changes."""


SAME_RULES = 10
"""The first version whose rules are today's, of residents and of money: later ones draw in another order, no more.

Means of many runs of these versions estimate the same, so that a published benchmark outlasts a faster kernel.
"""


RECORDED = {"counts": list(COUNTS), "distributions": list(DISTRIBUTIONS), "outcomes": list(OUTCOMES)}
"""What every run records. It stands in manifests, so that one more count or outcome needs no new version."""


COMPARISON, SHARE_FIGURE, HEADLINES = "comparison.csv", "share.png", "headlines.csv"
COSTS, COSTS_FIGURE = "costs.csv", "costs.png"
VALUE, VALUE_FIGURE = "value.csv", "value.png"
REPORT, WORKBOOK = "report.html", "report.xlsx"
EXTRAS = (COMPARISON, SHARE_FIGURE, HEADLINES, COSTS, COSTS_FIGURE, VALUE, VALUE_FIGURE, REPORT, WORKBOOK)
"""Files that faces add to a results folder, and that are removed when its runs change."""


class Key(NamedTuple):
    """Which run: scenario, parameter draw (0: the scenario's own values), replication."""

    scenario: str
    draw: int
    replication: int

    def __str__(self) -> str:
        return f"{self.scenario}, {f'draw {self.draw}, ' if self.draw else ''}replication {self.replication}"


def planned(scenarios: Sequence[str], draws: Sequence[int], replications: int) -> Iterator[Key]:
    """All runs of an experiment, replication by replication, so that an interruption leaves complete pairs."""
    for replication in range(replications):
        for draw in draws:
            for scenario in scenarios:
                yield Key(scenario, draw, replication)


class Shard(NamedTuple):
    """Which part of an experiment: the ``number``-th (from 1) of ``total``, in the order of `planned`."""

    number: int
    total: int

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"

    @property
    def folder(self) -> str:
        """Name of its folder, below that of all shards.

        >>> Shard(3, 40).folder
        '0003-of-0040'
        """
        return f"{self.number:04d}-of-{self.total:04d}"

    def of(self, runs: int) -> slice:
        """Its place among so many runs: shards differ by one run at most.

        >>> [Shard(n, 3).of(10) for n in (1, 2, 3)]
        [slice(0, 3, None), slice(3, 6, None), slice(6, 10, None)]
        """
        return slice((self.number - 1) * runs // self.total, self.number * runs // self.total)


@dataclass(frozen=True)
class Parcel:
    """A finished run, ready to be written: its tables as Parquet files, and the note that vouches for them."""

    files: dict[str, bytes]
    note: dict[str, Any]


@dataclass(frozen=True)
class Summary:
    """What the runs of a scenario rest on, together."""

    read: tuple[str, ...]  # parameters
    grade_d: tuple[str, ...]
    assumed: tuple[str, ...]
    digest: str  # of all runs' tables
    runs: int


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

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> About:
        """What a manifest says of a scenario."""
        return cls(said["scenario"], said["acts_from"], said["territory"].get("residents", ""))
