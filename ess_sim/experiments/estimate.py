"""What runs will take, before they start: memory, time and disk, from rates that were measured.

Each rate is a slope between runs of `benchmarks/size.py`, which prints the figures beside what is said here: CPU time
of one process, peak memory of one process (``ru_maxrss``), bytes of the files. Time depends on the machine and on how
full lists are: within a factor of two. Memory and bytes are within a third. A rate that changes is changed here alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures.defaults import first_installations
from ess_sim.inputs.figures.gps import start_gps
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.prepare import prepare
from ess_sim.results.keeping import Keep

__all__ = ["Estimate", "Size", "estimated", "fewer_tables", "in_bytes", "memory_here", "size_of"]


class _Memory(NamedTuple):
    """Bytes that one more of something takes."""

    before: float = 330e6  # Python, its libraries, the compiled kernel
    adult: float = 65
    zone: float = 20_000
    gp: float = 4_000  # and settler
    gp_year: float = 600  # facts, bookings, careers
    record: float = 30  # of a zone, in totals and what is made of them


class _Table(NamedTuple):
    """What one more row takes of a table that is kept: a zone's record, or a provider's."""

    held: float  # bytes, until the run ends
    made: float  # bytes more while its frame is made and encoded, after which it goes
    seconds: float


_MEMORY = _Memory()
_TABLES = {
    "snapshots": _Table(held=720, made=2_800, seconds=1.5e-5),
    "flows": _Table(held=300, made=1_200, seconds=3e-6),
    "calls": _Table(held=400, made=1_600, seconds=5e-6),
    "distributions": _Table(held=500, made=1_500, seconds=5e-6),
    "providers": _Table(held=40, made=100, seconds=6e-7),
}


class _Seconds(NamedTuple):
    """CPU time that one more of something takes."""

    adult: float = 6e-7  # day 0
    adult_year: float = 1.7e-7
    record: float = 2e-6  # of a zone, whatever is kept
    gp_year: float = 1e-4
    installation: float = 6e-4


_SECONDS = _Seconds()


_FEW = "outcomes,facts,accounts"
"""What `compare` and `costs` do with."""
_PARTS = {"monthly": 1.0, "yearly": 1 / 12, "none": 0.0}
"""Of the records, those with snapshots."""
_SNAPSHOT, _OTHER_TABLES, _PROVIDER, _OUTCOMES, _FACTS, _NOTE = 130.0, 30.0, 8.0, 130.0, 15.0, 6_000.0
"""Bytes on the disk: of a zone's record in snapshots and in the other tables by zone, of a provider's record, of a
record of outcomes, of a GP and year in facts, accounts and careers, and of a run's note."""


class Size(NamedTuple):
    """What a run of one scenario is made of; zones and adults with those of its halo.

    ``gps`` are those with a list on day 0, ``installations`` first installations a year.
    """

    adults: int
    zones: int
    years: int
    gps: int
    installations: float

    @property
    def words(self) -> str:
        """What it is made of.

        >>> Size(92_781, 34, 20, 103, 3.2).words
        '92,781 adults, 34 zones, 103 GPs, 3.2 installations a year, 20 years'
        """
        entries = f"{self.installations:,.{0 if self.installations >= 10 else 1}f} installations a year"
        return f"{self.adults:,} adults, {self.zones:,} zones, {self.gps:,} GPs, {entries}, {self.years} years"

    @property
    def records(self) -> int:
        """Records of zones."""
        return self.zones * (12 * self.years + 2)

    @property
    def gp_years(self) -> float:
        """Years of GPs, with those who settle: half of the run on average."""
        return self.years * (self.gps + self.installations * self.years / 2)

    def rows(self, table: str, keep: Keep) -> float:
        """Records of zones, or of providers, in one of `_TABLES`."""
        if table not in keep.tables:
            return 0.0
        if table == "providers":
            return 12 * self.gp_years
        return self.records * (_PARTS[keep.snapshots] if table == "snapshots" else 1.0)

    def memory(self, keep: Keep) -> float:
        """Bytes in a worker: while it lives, or while the largest table is made, when its residents have gone."""
        rates = _MEMORY
        doctors = rates.gp * (self.gps + self.installations * self.years)
        alive = rates.adult * self.adults + rates.zone * self.zones + doctors
        rows = {table: self.rows(table, keep) for table in _TABLES}
        held = sum(_TABLES[table].held * n for table, n in rows.items()) + rates.gp_year * self.gp_years
        made = max(_TABLES[table].made * n for table, n in rows.items())
        return rates.before + rates.record * self.records + held + max(alive, made)

    def seconds(self, keep: Keep) -> float:
        """CPU time."""
        rates = _SECONDS
        by_size = (rates.adult + rates.adult_year * self.years) * self.adults + rates.record * self.records
        of_doctors = rates.gp_year * self.gp_years + rates.installation * self.installations * self.years
        return by_size + of_doctors + sum(what.seconds * self.rows(t, keep) for t, what in _TABLES.items())

    def stored(self, keep: Keep) -> float:
        """Bytes on the disk."""
        records = 12 * self.years + 2
        kept = {
            "snapshots": _SNAPSHOT * self.records * _PARTS[keep.snapshots],
            "flows": _OTHER_TABLES * self.records * 0.4,
            "calls": _OTHER_TABLES * self.records * 0.3,
            "distributions": _OTHER_TABLES * self.records * 0.3,
            "providers": _PROVIDER * self.gp_years * 12,
            "outcomes": _OUTCOMES * records,
            **dict.fromkeys(("facts", "accounts", "careers"), _FACTS / 3 * self.gp_years),
        }
        return _NOTE + sum(kept.get(table, 0.0) for table in keep.tables)


@dataclass(frozen=True)
class Estimate:
    """What some runs take at usual rates.

    Attributes
    ----------
    runs : int
    adults : int
        Those of the largest territory, with its halo.
    memory : float
        Bytes in each worker, at most.
    seconds : float
        CPU time of all runs.
    stored : float
        Bytes on the disk.
    """

    runs: int
    adults: int
    memory: float
    seconds: float
    stored: float

    @property
    def hours(self) -> float:
        """Hours of one core."""
        return self.seconds / 3600

    @property
    def gigabytes(self) -> float:
        """Memory of each worker."""
        return self.memory / 1e9

    @property
    def words(self) -> str:
        """One line.

        >>> Estimate(1000, 10_000_000, 5.3e9, 2e5, 3e10).words
        'at usual rates 1,000 runs take about 56 hours of one core, 5.3 GB in each worker and 30 GB on the disk'
        """
        return (
            f"at usual rates {self.runs:,} run{'s'[: self.runs > 1]} take{'s'[: self.runs == 1]} about "
            f"{_time(self.seconds)} of one core, {in_bytes(self.memory)} in each worker and "
            f"{in_bytes(self.stored)} on the disk"
        )


def _time(seconds: float) -> str:
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.2g} seconds" if seconds < 10 else f"{seconds:.0f} seconds"


def in_bytes(size: float) -> str:
    """A number of bytes in words.

    >>> in_bytes(3.44e8), in_bytes(5.3e9)
    ('344 MB', '5.3 GB')
    """
    unit, scale = ("GB", 1e9) if size >= 1e9 else ("MB", 1e6)
    value = size / scale
    return f"{value:,.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"


def size_of(scenario: Scenario) -> Size:
    """What a run of a scenario is made of.

    Parameters
    ----------
    scenario : Scenario
        With a territory that can be built.
    """
    territory, p = prepare(scenario), Parameters(scenario.parameters)
    gps = start_gps(scenario, territory, p).total
    whole = territory.whole
    entries = first_installations(scenario, p, gps).value
    return Size(int(whole.adults.sum()), len(whole.zones), scenario.horizon_years, gps, entries)


def estimated(scenarios: Sequence[Scenario], runs_each: float, keep: Keep | None = None) -> Estimate:
    """What runs of scenarios take.

    Parameters
    ----------
    scenarios : sequence of Scenario
        With territories that can be built; each is built once.
    runs_each : float
        Runs of each scenario; no whole number where there are shards.
    keep : Keep, optional
        What is kept of them; everything by default.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> estimate = estimated([read_scenario(scenarios_dir() / "laval" / "baseline.yaml")], 20)
    >>> estimate.runs, 0.2 < estimate.gigabytes < 2
    (20, True)
    """
    sizes = [size_of(scenario) for scenario in scenarios]
    kept = keep or Keep()
    return Estimate(
        runs=round(runs_each * len(sizes)),
        adults=max((size.adults for size in sizes), default=0),
        memory=max((size.memory(kept) for size in sizes), default=0.0),
        seconds=sum(size.seconds(kept) for size in sizes) * runs_each,
        stored=sum(size.stored(kept) for size in sizes) * runs_each,
    )


def fewer_tables(scenarios: Sequence[Scenario], here: float) -> str:
    """What to add to the words that runs do not fit into this memory, where they would if fewer tables were kept."""
    need = estimated(scenarios, 1, Keep.of(_FEW)).memory
    return f"; with --keep {_FEW} it needs {in_bytes(need)}" if need <= here else ""


def memory_here() -> float | None:
    """Bytes of memory that this process can have: the machine's, or what its control group allows; None if unknown."""
    limits = []
    if sys.platform != "win32":
        with suppress(OSError, ValueError):
            limits.append(float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES"))
    with suppress(OSError, ValueError):
        limits.append(float(Path("/sys/fs/cgroup/memory.max").read_text()))
    return min(limits, default=None)
