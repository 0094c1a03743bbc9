"""What a STRESS-DES sheet needs to know about a batch."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ess_sim.faces.reports.parameter_page import number
from ess_sim.results.results import Results
from ess_sim.results.run import RunTables
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import Summary

__all__ = ["Batch", "counted", "inline", "package", "span_of"]


NOT_RECORDED = "not recorded"
_EXECUTION = re.compile(r"ess_sim \S+, Python [^,]+, (?:[\w.-]+ \d[^,\s]*, )*")
"""How the log line of an execution starts; the name of the system follows."""


def counted(n: int, what: str) -> str:
    """A number of things, in the plural where it is not one."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


class _Package(NamedTuple):
    version: str
    licence: str


def package() -> _Package:
    """The package that writes the sheet, whose version may differ from the one that made the runs."""
    try:
        about = metadata.metadata("ess_sim")
    except metadata.PackageNotFoundError:  # run from sources that are not installed
        return _Package("unknown", NOT_RECORDED)
    return _Package(about["Version"], " ".join(about.get_all("License-Expression") or [NOT_RECORDED]))


@dataclass(frozen=True, eq=False)
class Batch:
    """A results folder as the sheet sees it."""

    results: Results
    folder: Folder
    log: tuple[str, ...]  # lines without their time

    @classmethod
    def read(cls, path: Path, replications: int | None = None) -> Batch:
        results = Results.read(path, replications=replications)
        log = path / "run.log"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
        return cls(results, Folder.read(path), tuple(line.partition(" ")[2] for line in lines))

    @cached_property
    def executions(self) -> dict[str, str]:
        """Software and system of the executions in the log, each once."""
        return {m[0].rstrip(", "): line[m.end() :] for line in self.log if (m := _EXECUTION.match(line))}

    @property
    def manifest(self) -> dict[str, Any]:
        return self.folder.manifest

    @property
    def names(self) -> tuple[str, ...]:
        return self.results.scenarios

    def entry(self, name: str) -> dict[str, Any]:
        """All that the manifest says of a scenario."""
        return self._entries[name]

    @cached_property
    def _entries(self) -> dict[str, dict[str, Any]]:
        return {name: self.folder.entry(name) for name in self.manifest["order"]}

    def scenario(self, name: str) -> dict[str, Any]:
        """The scenario as plain data."""
        return self.results.about(name).scenario

    def baseline(self, name: str) -> str | None:
        """The scenario that this one is compared with."""
        return self.results.baselines.get(name)

    @cached_property
    def runs(self) -> Counter[str]:
        """Finished runs of each scenario."""
        return Counter(key.scenario for key in self.folder.finished())

    @cached_property
    def summaries(self) -> dict[str, Summary]:
        """What the runs of each scenario read and assumed."""
        return self.folder.summaries()

    @cached_property
    def facts(self) -> pd.DataFrame:
        """How often each ``event`` occurred in each run; unknown costs with their ``actor`` and ``detail``."""

        def of_run(run: RunTables) -> pd.DataFrame:
            facts = run.table("facts").astype({"event": str, "actor": str})
            unknown = facts["event"] == "cost_unknown"
            shown = facts[["event"]].assign(**{c: facts[c].where(unknown, "") for c in ("actor", "detail")})
            return shown.value_counts().reset_index(name="n")

        return self.results.each(of_run).astype({"scenario": str})

    def mean_count(self, name: str, event: str) -> float:
        """Mean number of occurrences of an event in a run of a scenario."""
        these = (self.facts["scenario"] == name) & (self.facts["event"] == event)
        return float(self.facts.loc[these, "n"].sum() / self.runs[name])

    @cached_property
    def adults(self) -> dict[str, int]:
        """Adults on day 0 of each scenario, in the batch's first replication."""
        first = (self.results.draws[0], self.results.replications[0])

        def of_run(run: RunTables) -> pd.DataFrame:
            if (run.draw, run.replication) != first:
                return pd.DataFrame({"adults": []}, dtype="int64")
            return run.totals()[["adults"]].head(1)

        found = self.results.each(of_run)
        return dict(zip(found["scenario"].astype(str), found["adults"].astype(int), strict=True))

    def together(self, of: Callable[[str], Any]) -> Iterator[tuple[str, Any]]:
        """A property of each scenario, stated once for all scenarios that share it: their names, and the value."""
        groups: dict[str, tuple[list[str], Any]] = {}
        for name in self.names:
            value = of(name)
            groups.setdefault(json.dumps(value, sort_keys=True), ([], value))[0].append(name)
        for names, value in groups.values():
            yield self.called(names), value

    def called(self, names: list[str]) -> str:
        """The names of some scenarios, or "all scenarios"."""
        return "all scenarios" if len(names) == len(self.names) > 1 else ", ".join(names)


def span_of(values: list[float]) -> str:
    """The smallest and largest of some means."""
    least, most = f"{min(values):,.1f}", f"{max(values):,.1f}"
    return least if least == most else f"{least} to {most}"


def inline(value: Any) -> str:
    """Plain data on one line, without empty values."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {inline(v)}" for k, v in value.items() if v is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    return "not given" if value is None else str(value)
