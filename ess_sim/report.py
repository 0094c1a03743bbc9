"""The STRESS-DES sheet of a results folder: what somebody else needs to judge a batch, and to make it again.

The checklist is that of Monks, Currie, Onggo, Robinson, Kunc & Taylor, *Strengthening the reporting of empirical
simulation studies*, Journal of Simulation 13(1), 2019. ``data/stress.md`` is the sheet with what is true of the model
whatever is run; its fields are filled here from the manifest, the runs and the log of one folder. What a folder does
not hold is said to be not recorded.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ess_sim.clock import Calendar, Phase
from ess_sim.errors import ResultsError
from ess_sim.folder import Folder, Summary
from ess_sim.indicators import BETTER, UNITS
from ess_sim.library import headlines
from ess_sim.markdown import plain, table
from ess_sim.parameter_page import GRADES, number
from ess_sim.policies.registry import KINDS
from ess_sim.resources import communes, data_path, departements, epcis, epts
from ess_sim.results import Results, RunTables
from ess_sim.scenario import OUTCOMES
from ess_sim.tables import SCHEMAS

__all__ = ["stress_sheet"]

NOT_RECORDED = "not recorded"


def stress_sheet(path: Path | str) -> str:
    """The STRESS-DES checklist, filled from a results folder.

    Parameters
    ----------
    path : path
        A folder that `ess_sim.run_experiment` (``ess-sim run``) wrote, finished or not.

    Returns
    -------
    str
        Markdown, one heading an item from 1.1 to 6.1.

    Raises
    ------
    ResultsError
        If it is no results folder, is of another version, or holds no finished run.
    """
    batch = _Batch.read(Path(path))
    fields = {name: write(batch) for name, write in _FIELDS.items()}
    filled = {name: text if isinstance(text, str) else "\n".join(text) for name, text in fields.items()}
    return data_path("stress.md").read_text(encoding="utf-8").format_map(filled)


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


class _Package(NamedTuple):
    version: str
    licence: str


def _package() -> _Package:
    """The package that writes the sheet, which may be another version than the one that ran."""
    try:
        about = metadata.metadata("ess_sim")
    except metadata.PackageNotFoundError:  # sources that nobody installed
        return _Package("unknown", NOT_RECORDED)
    return _Package(about["Version"], " ".join(about.get_all("License-Expression") or [NOT_RECORDED]))


# --- what there is to read --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Batch:
    """A results folder as the sheet sees it."""

    results: Results
    folder: Folder
    log: tuple[str, ...]  # lines without their time

    @classmethod
    def read(cls, path: Path) -> _Batch:
        results = Results.read(path)
        log = path / "run.log"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
        return cls(results, Folder.read(path), tuple(line.partition(" ")[2] for line in lines))

    @property
    def manifest(self) -> dict[str, Any]:
        return self.folder.manifest

    @property
    def names(self) -> tuple[str, ...]:
        return self.results.scenarios

    def entry(self, name: str) -> dict[str, Any]:
        """What the manifest says about a scenario and what was made of it."""
        entry: dict[str, Any] = self.manifest["scenarios"][name]
        return entry

    def scenario(self, name: str) -> dict[str, Any]:
        """The scenario as plain data."""
        return self.results.about(name).scenario

    def baseline(self, name: str) -> str | None:
        """What the scenario is compared with."""
        return self.results.baselines.get(name)

    @cached_property
    def runs(self) -> Counter[str]:
        """Finished runs of each scenario."""
        return Counter(key.scenario for key in self.folder.finished())

    @cached_property
    def summaries(self) -> dict[str, Summary]:
        """What the runs of each scenario read and assumed."""
        return {name: self.folder.summary(name) for name in self.names}

    @cached_property
    def facts(self) -> pd.DataFrame:
        """How often each ``event`` occurred, in each run; unknown costs with their ``actor`` and ``detail``."""

        def of_run(run: RunTables) -> pd.DataFrame:
            facts = run.table("facts").astype({"event": str, "actor": str})
            unknown = facts["event"] == "cost_unknown"
            shown = facts[["event"]].assign(**{c: facts[c].where(unknown, "") for c in ("actor", "detail")})
            return shown.value_counts().reset_index(name="n")

        return self.results.each(of_run).astype({"scenario": str})

    def mean_count(self, name: str, event: str) -> float:
        """How often an event occurs in a mean run of a scenario."""
        these = (self.facts["scenario"] == name) & (self.facts["event"] == event)
        return float(self.facts.loc[these, "n"].sum() / self.runs[name])

    @cached_property
    def adults(self) -> dict[str, int]:
        """Adults on day 0 of each scenario, in the batch's first replication."""
        first = (self.results.draws[0], self.results.replications[0])

        def of_run(run: RunTables) -> pd.DataFrame:
            if (run.draw, run.replication) != first:
                return pd.DataFrame({"adults": []}, dtype="int64")
            snapshots = run.table("snapshots")
            day0 = snapshots["date"] == snapshots["date"].min()
            return pd.DataFrame({"adults": [int(snapshots.loc[day0, "adults"].sum())]})

        found = self.results.each(of_run)
        return dict(zip(found["scenario"].astype(str), found["adults"].astype(int), strict=True))

    def together(self, said: Callable[[str], Any]) -> Iterator[tuple[str, Any]]:
        """What is said of each scenario, once for all that share it: their names, and it."""
        groups: dict[str, tuple[list[str], Any]] = {}
        for name in self.names:
            value = said(name)
            groups.setdefault(json.dumps(value, sort_keys=True), ([], value))[0].append(name)
        for names, value in groups.values():
            yield self.called(names), value

    def called(self, names: list[str]) -> str:
        """Names of some scenarios, in short where they are all of them."""
        return "all scenarios" if len(names) == len(self.names) > 1 else ", ".join(names)


# --- 1 objectives -----------------------------------------------------------------------------------------------------


def _headline(batch: _Batch) -> str:
    made, here = batch.manifest["ess_sim"], _package().version
    text = f"{_counted(len(batch.names), 'scenario')}, {_counted(batch.runs.total(), 'run')}, made with ess_sim {made}."
    return text if made == here else f"{text} What is said of the model itself is that of ess_sim {here}."


def _outcomes(batch: _Batch) -> Iterator[str]:
    rows = ((f"`{n}`", OUTCOMES[n], UNITS[n], BETTER[n]) for n in batch.results.declared_outcomes)
    return table(["outcome", "definition", "unit", "better"], rows)


def _aims(batch: _Batch) -> Iterator[str]:
    for name in batch.names:
        said, base = batch.scenario(name), batch.baseline(name)
        against = f"compared with `{base}`" if base else "compared with no other"
        title, text = plain(said["title"]) or "without title", plain(said["description"])
        yield f"- `{name}`: {title} ({against}). {text}".rstrip()


def _design(batch: _Batch) -> str:
    drawn = batch.manifest["draws"]
    if not drawn:
        return "scenarios side by side with one set of parameter values."
    draws = _counted(drawn["n"], "draw")
    return f"every scenario with {draws} of the uncertain parameters ({drawn['method']}), each with every replication."


# --- 2 logic ----------------------------------------------------------------------------------------------------------


def _has_centres(batch: _Batch) -> bool:
    return bool(batch.facts["event"].isin(["centre_present", "centre_opened"]).any())


def _diagram_of_centres(batch: _Batch) -> Iterator[str]:
    if _has_centres(batch):
        yield "  retired & settle -- posts --> centre[a centre's list] -- places --> listed"
        yield "  centre -- money or doctors run out --> lost"
    else:
        yield "  %% no centre in this batch"


def _centres(batch: _Batch) -> str:
    if not _has_centres(batch):
        return "none in this batch"
    events = {"centre_present": "on day 0", "centre_opened": "opened", "centre_closed": "closed"}
    counts = {words: [batch.mean_count(n, event) for n in batch.names] for event, words in events.items()}
    return "in a mean run " + ", ".join(f"{_span(values)} {words}" for words, values in counts.items())


def _span(values: list[float]) -> str:
    """Least and most of some means."""
    least, most = f"{min(values):,.1f}", f"{max(values):,.1f}"
    return least if least == most else f"{least} to {most}"


def _scenario_logic(batch: _Batch) -> Iterator[str]:
    for name in batch.names:
        base, said = batch.baseline(name), batch.scenario(name)
        if base is None:
            yield f"- `{name}`:"
            found = [_policy(block) for block in said["policies"]] or ["no policy"]
        else:
            yield f"- `{name}`, against `{base}`:"
            found = list(_differences(batch.scenario(base), said)) or ["nothing that can change a result"]
        yield from (f"  - {line}" for line in found)


def _policy(block: Mapping[str, Any]) -> str:
    kind = block["kind"]
    about = KINDS[kind].about if kind in KINDS else "A policy of the user's own."
    return f"policy `{kind}`: {plain(about)} {plain(_inline({k: v for k, v in block.items() if k != 'kind'}))}"


def _differences(base: Mapping[str, Any], said: Mapping[str, Any]) -> Iterator[str]:
    """What a scenario says otherwise than its baseline, as far as it can change a result."""

    def blocks(one: Mapping[str, Any]) -> Counter[str]:
        return Counter(json.dumps(block, sort_keys=True) for block in one["policies"])

    yield from (f"with {_policy(json.loads(text))}" for text in (blocks(said) - blocks(base)).elements())
    yield from (f"without {_policy(json.loads(text))}" for text in (blocks(base) - blocks(said)).elements())
    for key in ("start", "horizon_years", "territory", "supply", "residents", "parameters"):
        for path, old, new in _changes(base[key], said[key], key):
            yield f"`{path}`: {plain(_inline(old))} → {plain(_inline(new))}"


def _changes(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _changes(old.get(key), new.get(key), f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _changes(one, other, f"{path}[{i}]")
    elif old != new:
        yield path, old, new


def _inline(value: Any) -> str:
    """Plain data in one line, without what is not given."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_inline(v)}" for k, v in value.items() if v is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    return "not given" if value is None else str(value)


def _entities(batch: _Batch) -> Iterator[str]:
    rows = (
        (
            name,
            _territory(batch.scenario(name)["territory"]),
            len(batch.entry(name)["zones"]),
            f"{batch.adults[name]:,}" if name in batch.adults else NOT_RECORDED,
            *(_span([batch.mean_count(name, event)]) for event in ("gp_present", "centre_present")),
        )
        for name in batch.names
    )
    return table(["scenario", "territory", "zones", "adults", "GPs with a list", "centres"], rows)


def _territory(spec: Mapping[str, Any]) -> str:
    """A territory in words."""
    text = f"a file of the user's, {spec['csv']}"
    for key, listed in (("epci", epcis), ("ept", epts), ("departement", departements), ("communes", communes)):
        if spec[key] is not None:
            names = listed().set_index("code")["name"]
            codes = spec[key] if isinstance(spec[key], list) else [spec[key]]
            text = f"{key}: " + ", ".join(f"{names.get(code, code)} ({code})" for code in codes)
    quarters = ", ".join(quarter["name"] for quarter in spec["quarters"] or [])
    text += f"; quarters as zones of their own: {quarters}" if quarters else ""
    return text + (f"; {_counted(len(spec['leave_out']), 'zone')} left out" if spec["leave_out"] else "")


def _activities(batch: _Batch) -> Iterator[str]:
    means = {e: [batch.mean_count(n, e) for n in batch.names] for e in sorted(batch.facts["event"].unique())}
    rows = ((f"`{event}`", f"{min(values):,.1f}", f"{max(values):,.1f}") for event, values in means.items())
    return table(["fact", "fewest", "most"], rows)


# --- 3 data -----------------------------------------------------------------------------------------------------------


def _stated(batch: _Batch) -> Iterable[str]:
    """Every figure with a source in a scenario, once for all that state the same."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for name in batch.names:
        said = batch.scenario(name)
        for key in ("territory", "supply", "residents", "policies"):
            for path, block in _sourced(said[key], key):
                value = _inline({k: v for k, v in block.items() if k not in ("source", "grade")})
                found.setdefault((f"`{path}`", value, block["grade"], block["source"]), []).append(name)
    rows = [(batch.called(names), *told) for told, names in found.items()]
    return table(["scenario", "what", "value", "grade", "source"], rows) if rows else ["No figure with a source."]


def _sourced(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        if "source" in value and "grade" in value:
            yield path, value
        for key, inner in value.items():
            yield from _sourced(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _sourced(inner, path)


def _scenario_sources(batch: _Batch) -> Iterator[str]:
    for names, sources in batch.together(lambda name: batch.scenario(name)["sources"]):
        yield f"- Sources that {plain(names)} names: {plain('; '.join(sources)) or 'none'}."


def _preprocessing(batch: _Batch) -> Iterator[str]:
    for names, notes in batch.together(lambda name: batch.entry(name)["territory"]["notes"]):
        yield from (f"- {plain(names)}: {plain(note)}." for note in notes)


def _drawn(batch: _Batch) -> set[str]:
    """Parameters that were varied."""
    return {name for values in (batch.manifest["draws"] or {}).get("values", []) for name in values}


def _parameters_in_short(batch: _Batch) -> Iterator[str]:
    def by_grade(name: str) -> dict[str, int]:
        grades = {p["name"]: p["grade"] for p in batch.entry(name)["parameters"]}
        counts = Counter(grades[parameter] for parameter in batch.summaries[name].read)
        return {grade: counts[grade] for grade in GRADES if counts[grade]}

    for names, counts in batch.together(by_grade):
        shown = ", ".join(f"{n} {grade} ({GRADES[grade]})" for grade, n in counts.items())
        yield f"- {plain(names)}: {sum(counts.values())} parameters read, of them {shown}."
    for names, given in batch.together(lambda name: batch.scenario(name)["parameters"]):
        values = ", ".join(f"`{name}` = {number(value)}" for name, value in given.items())
        yield f"- {plain(names)}: the catalogue's values" + (f" but for {values}." if values else " throughout.")
    varied = _drawn(batch)
    yield f"- Drawn: {len(varied)} parameters, marked * below." if varied else "- Drawn: none."


def _parameters(batch: _Batch) -> Iterator[str]:
    """Every parameter that a run read."""
    entries = [{p["name"]: p for p in batch.entry(name)["parameters"]} for name in batch.names]
    read = set().union(*(summary.read for summary in batch.summaries.values()))
    varied = _drawn(batch)
    rows = []
    for name, said in entries[0].items():
        if name in read:
            values = " or ".join(dict.fromkeys(number(one[name]["value"]) for one in entries))
            span = f"{number(said['low'])}–{number(said['high'])}"
            rows.append((f"`{name}`{' *' if name in varied else ''}", values, span, *(said[k] for k in _DESCRIBED)))
    return table(["parameter", "value", "range", *_DESCRIBED], rows)


_DESCRIBED = ("unit", "grade", "source")


def _assumptions(batch: _Batch) -> Iterator[str]:
    for names, grade_d in batch.together(lambda name: batch.summaries[name].grade_d):
        yield f"- {plain(names)}: {len(grade_d)} parameters are assumptions (grade D in 3.3)."

    def left_open(name: str) -> list[str]:
        notes = batch.entry(name)["territory"]["notes"]
        return [text for text in batch.summaries[name].assumed if text not in notes]

    for names, texts in batch.together(left_open):
        yield from (f"- {plain(names)}: left open, and filled: {plain(text)}." for text in texts)
    unknown = batch.facts[batch.facts["event"] == "cost_unknown"]
    for row in unknown[["scenario", "actor", "detail"]].drop_duplicates().itertuples(index=False):
        yield f"- {plain(row.scenario)}: cost unknown, in no figure: {plain(row.actor)}: {plain(row.detail)}."


# --- 4 experimentation ------------------------------------------------------------------------------------------------


def _starts(batch: _Batch) -> Iterator[str]:
    for names, start in batch.together(lambda name: batch.scenario(name)["start"]):
        yield f"- {plain(names)}: day 0 is {start}."


def _spans(batch: _Batch) -> Iterator[str]:
    def span(name: str) -> list[str | int]:
        said = batch.scenario(name)
        calendar = Calendar(date.fromisoformat(said["start"]), said["horizon_years"])
        return [said["horizon_years"], str(calendar.start), str(calendar.end), len(calendar.record_days)]

    for names, (years, start, end, records) in batch.together(span):
        yield f"- {plain(names)}: {_counted(years, 'year')}, {start} to {end}, {_counted(records, 'record')}."


def _replications(batch: _Batch) -> str:
    m, n = batch.manifest, len(batch.results.replications)
    draws = m["draws"]["n"] if m["draws"] else 1
    wanted = len(m["order"]) * draws * m["replications"]
    each = _counted(n, "replication") + (f" with each of {_counted(draws, 'parameter draw')}" if m["draws"] else "")
    there = f"{batch.runs.total():,} of {wanted:,} runs are there, {len(batch.folder.failures())} failed"
    mean = " The value of a replication is its mean over the draws." if m["draws"] else ""
    return f"{each} of every scenario; {there}; the batch is {'complete' if m['complete'] else 'NOT complete'}.{mean}"


def _estimates(batch: _Batch) -> Iterable[str]:
    try:
        found = headlines(batch.results, batch.results.baselines, outcomes=batch.results.declared_outcomes)
    except ResultsError as error:
        return [f"The runs that are there cannot be compared: {plain(error)}."]
    rows = []
    each: Iterator[Any] = iter(found.itertuples(index=False))
    for row in each:
        level = f"{_interval(row.level, row.level_low, row.level_high)} {row.unit}"
        unit = "pp" if row.unit == "%" else row.unit
        difference = f"{_interval(row.difference, row.low, row.high, '+')} {unit}" if row.twin else "–"
        rows.append((row.scenario, f"{row.date:%Y-%m-%d}", f"`{row.outcome}`", level, row.twin or "–", difference))
    return table(["scenario", "date", "outcome", "level", "compared with", "difference"], rows)


def _interval(value: float, low: float, high: float, sign: str = "") -> str:
    """A figure with its interval, where one can be stated."""
    if pd.isna(value):
        return "–"
    interval = "" if pd.isna(low) else f" [{low:{sign}.2f}, {high:{sign}.2f}]"
    return f"{value:{sign}.2f}{interval}".replace("-", "−")


# --- 5 implementation, 6 code access ----------------------------------------------------------------------------------

_EXECUTION = re.compile(r"ess_sim \S+, Python [^,]+, (?:[\w.-]+ \d[^,\s]*, )*")
"""How an execution begins in the log; the name of the system follows."""


def _executions(batch: _Batch) -> dict[str, str]:
    """Software and system of the executions that the log tells of, each once."""
    return {m[0].rstrip(", "): line[m.end() :] for line in batch.log if (m := _EXECUTION.match(line))}


def _software(batch: _Batch) -> Iterator[str]:
    yield from (f"- {found}." for found in _executions(batch))
    if not _executions(batch):
        yield f"- ess_sim {batch.manifest['ess_sim']}; versions of Python and its libraries: {NOT_RECORDED}."


def _engines(batch: _Batch) -> str:
    found = dict.fromkeys(line.partition("engine: ")[2] for line in batch.log if "; engine: " in line)
    return "; ".join(found) or NOT_RECORDED


def _wall_times(batch: _Batch) -> str:
    found = [m[1] for line in batch.log if (m := re.fullmatch(r"\d+ runs are there after ([\d.]+) s", line))]
    return ", ".join(found) or NOT_RECORDED


def _digests(batch: _Batch) -> Iterator[str]:
    def digests(name: str) -> tuple[str, ...]:
        entry = batch.entry(name)
        return entry["digest"], entry["territory"]["digest"], batch.summaries[name].digest

    rows = ((name, *(digest[:16] for digest in digests(name))) for name in batch.names)
    return table(["scenario", "what it says", "its territory", "tables of all its runs"], rows)


_FIELDS: dict[str, Callable[[_Batch], str | Iterable[str]]] = {
    "headline": _headline,
    "outcomes": _outcomes,
    "tables": lambda _: ", ".join(f"`{name}`" for name in SCHEMAS),
    "aims": _aims,
    "design": _design,
    "diagram_of_centres": _diagram_of_centres,
    "centres": _centres,
    "scenario_logic": _scenario_logic,
    "entities": _entities,
    "activities": _activities,
    "stated": _stated,
    "scenario_sources": _scenario_sources,
    "preprocessing": _preprocessing,
    "parameters_in_short": _parameters_in_short,
    "parameters": _parameters,
    "assumptions": _assumptions,
    "starts": _starts,
    "spans": _spans,
    "replications": _replications,
    "estimates": _estimates,
    "software": _software,
    "results_version": lambda batch: str(batch.manifest["results_version"]),
    "seed": lambda batch: str(batch.results.seed),
    "phases": lambda _: " < ".join(phase.name.lower() for phase in Phase),
    "engines": _engines,
    "systems": lambda batch: "; ".join(dict.fromkeys(_executions(batch).values())) or NOT_RECORDED,
    "wall_times": _wall_times,
    "version": lambda batch: batch.manifest["ess_sim"],
    "licence": lambda _: _package().licence,
    "digests": _digests,
}
"""Who fills each field of the sheet."""
