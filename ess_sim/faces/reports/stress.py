"""The STRESS-DES sheet of a results folder: what a reader needs to judge a batch and to reproduce it.

The checklist is that of Monks, Currie, Onggo, Robinson, Kunc & Taylor, *Strengthening the reporting of empirical
simulation studies*, Journal of Simulation 13(1), 2019. ``data/stress.md`` is the sheet with everything that holds for
the model in general; its fields are filled in here from the manifest, the runs and the log of one folder. Whatever a
folder does not contain is marked as not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from ess_sim.arguments import checked
from ess_sim.clock import Calendar, Phase
from ess_sim.errors import ResultsError
from ess_sim.experiments.batches.library import headlines
from ess_sim.faces.reports.markdown import plain, table
from ess_sim.faces.reports.stress_batch import (
    NOT_RECORDED,
    Batch,
    counted,
    package,
    span_of,
)
from ess_sim.faces.reports.stress_data import (
    assumptions,
    parameters,
    parameters_in_short,
    preprocessing,
    scenario_sources,
    stated,
)
from ess_sim.faces.reports.stress_scenarios import aims, entities, scenario_logic
from ess_sim.inputs.catalogue.bundled import data_path
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.statistics.intervals import FEWEST
from ess_sim.results.storage.files.manifests import DamagedError
from ess_sim.results.tables.schema import SCHEMAS

__all__ = ["stress_sheet"]


@checked
def stress_sheet(path: Path | str) -> str:
    """The STRESS-DES checklist, filled from a results folder.

    Parameters
    ----------
    path : path
        A folder that `ess_sim.run_experiment` (``ess-sim run``) wrote, finished or not.

    Returns
    -------
    str
        Markdown, with one heading per item from 1.1 to 6.1.

    Raises
    ------
    ResultsError
        If it is not a results folder, is of another version, or holds no finished run.
    """
    batch = Batch.read(Path(path))
    fields = {name: write(batch) for name, write in _FIELDS.items()}
    filled = {name: text if isinstance(text, str) else "\n".join(text) for name, text in fields.items()}
    return data_path("stress.md").read_text(encoding="utf-8").format_map(filled)


def _headline(batch: Batch) -> str:
    made, here = batch.manifest["ess_sim"], package().version
    text = f"{counted(len(batch.names), 'scenario')}, {counted(batch.runs.total(), 'run')}, made with ess_sim {made}."
    return text if made == here else f"{text} Statements about the model itself refer to ess_sim {here}."


def _outcomes(batch: Batch) -> Iterator[str]:
    declared = [OUTCOMES[name] for name in batch.results.declared_outcomes]
    rows = ((f"`{o.name}`", o.about, o.unit, o.better) for o in declared)
    return table(["outcome", "definition", "unit", "better"], rows)


def _design(batch: Batch) -> str:
    drawn = batch.manifest["draws"]
    if not drawn:
        return "scenarios side by side with one set of parameter values."
    draws = counted(drawn["n"], "draw")
    own = "each with replications of its own"
    return f"every scenario with {draws} of the uncertain parameters ({drawn['method']}), {own}."


def _has_centres(batch: Batch) -> bool:
    return bool(batch.facts["event"].isin(["centre_present", "centre_opened"]).any())


def _diagram_of_centres(batch: Batch) -> Iterator[str]:
    if _has_centres(batch):
        yield "  retired & settle -- posts --> centre[a centre's list] -- places --> listed"
        yield "  centre -- money or doctors run out --> lost"
    else:
        yield "  %% no centre in this batch"


def _centres(batch: Batch) -> str:
    if not _has_centres(batch):
        return "none in this batch"
    events = {"centre_present": "on day 0", "centre_opened": "opened", "centre_closed": "closed"}
    counts = {words: [batch.mean_count(n, event) for n in batch.names] for event, words in events.items()}
    return "in a mean run " + ", ".join(f"{span_of(values)} {words}" for words, values in counts.items())


def _activities(batch: Batch) -> Iterator[str]:
    means = {e: [batch.mean_count(n, e) for n in batch.names] for e in sorted(batch.facts["event"].unique())}
    rows = ((f"`{event}`", f"{min(values):,.1f}", f"{max(values):,.1f}") for event, values in means.items())
    return table(["fact", "fewest", "most"], rows)


def _starts(batch: Batch) -> Iterator[str]:
    for names, start in batch.together(lambda name: batch.scenario(name)["start"]):
        yield f"- {plain(names)}: day 0 is {start}."


def _spans(batch: Batch) -> Iterator[str]:
    def span(name: str) -> list[str | int]:
        said = batch.scenario(name)
        calendar = Calendar(date.fromisoformat(said["start"]), said["horizon_years"])
        return [said["horizon_years"], str(calendar.start), str(calendar.end), len(calendar.record_days)]

    for names, (years, start, end, records) in batch.together(span):
        yield f"- {plain(names)}: {counted(years, 'year')}, {start} to {end}, {counted(records, 'record')}."


def _replications(batch: Batch) -> str:
    m, n = batch.manifest, len(batch.results.replications)
    draws = m["draws"]["n"] if m["draws"] else 1
    wanted = len(m["order"]) * draws * m["replications"]
    each = counted(n, "replication") + (f" with each of {counted(draws, 'parameter draw')}" if m["draws"] else "")
    there = f"{batch.runs.total():,} of {wanted:,} runs are finished, {len(batch.folder.failures())} failed"
    mean = " The value of a draw is its mean over its replications." if m["draws"] else ""
    return f"{each} of every scenario; {there}; the batch is {'complete' if m['complete'] else 'NOT complete'}.{mean}"


def _estimates(batch: Batch) -> Iterable[str]:
    try:
        paired = batch.results.paired()
        found = headlines(paired, paired.baselines, outcomes=paired.declared_outcomes)
    except DamagedError:
        raise
    except ResultsError as error:
        return [f"The finished runs cannot be compared: {plain(error)}."]
    n, m = len(paired.replications), len(batch.results.replications)
    rows = []
    each: Iterator[Any] = iter(found.itertuples(index=False))
    for row in each:
        level = f"{_interval(n, row.level, row.level_low, row.level_high)} {row.unit}"
        unit = "pp" if row.unit == "%" else row.unit
        difference = f"{_interval(n, row.difference, row.low, row.high, '+')} {unit}" if row.twin else "–"
        rows.append((row.scenario, f"{row.date:%Y-%m-%d}", f"`{row.outcome}`", level, row.twin or "–", difference))
    shown = table(["scenario", "date", "outcome", "level", "compared with", "difference"], rows)
    if paired is batch.results:
        return shown
    return [f"Of the replications that every scenario has finished ({n} of {m}):", "", *shown]


def _interval(n: int, value: float, low: float, high: float, sign: str = "") -> str:
    """A figure of n replications with its interval, if these are enough for one."""
    if pd.isna(value):
        return "–"
    interval = "" if pd.isna(low) or n < FEWEST else f" [{low:{sign}.2f}, {high:{sign}.2f}]"
    return f"{value:{sign}.2f}{interval}".replace("-", "−")


def _software(batch: Batch) -> Iterator[str]:
    yield from (f"- {found}." for found in batch.executions)
    if not batch.executions:
        yield f"- ess_sim {batch.manifest['ess_sim']}; versions of Python and its libraries: {NOT_RECORDED}."


def _engines(batch: Batch) -> str:
    found = dict.fromkeys(line.partition("engine: ")[2] for line in batch.log if "; engine: " in line)
    return "; ".join(found) or NOT_RECORDED


def _wall_times(batch: Batch) -> str:
    found = [m[1] for line in batch.log if (m := re.fullmatch(r"\d+ runs complete after ([\d.]+) s", line))]
    return ", ".join(found) or NOT_RECORDED


def _digests(batch: Batch) -> Iterator[str]:
    def digests(name: str) -> tuple[str, ...]:
        entry = batch.entry(name)
        return entry["digest"], entry["territory"]["digest"], batch.summaries[name].digest

    rows = ((name, *(digest[:16] for digest in digests(name))) for name in batch.names)
    return table(["scenario", "its content", "its territory", "tables of all its runs"], rows)


_FIELDS: dict[str, Callable[[Batch], str | Iterable[str]]] = {
    "headline": _headline,
    "outcomes": _outcomes,
    "tables": lambda _: ", ".join(f"`{name}`" for name in SCHEMAS),
    "aims": aims,
    "design": _design,
    "diagram_of_centres": _diagram_of_centres,
    "centres": _centres,
    "scenario_logic": scenario_logic,
    "entities": entities,
    "activities": _activities,
    "stated": stated,
    "scenario_sources": scenario_sources,
    "preprocessing": preprocessing,
    "parameters_in_short": parameters_in_short,
    "parameters": parameters,
    "assumptions": assumptions,
    "starts": _starts,
    "spans": _spans,
    "replications": _replications,
    "estimates": _estimates,
    "software": _software,
    "results_version": lambda batch: str(batch.manifest["results_version"]),
    "seed": lambda batch: str(batch.results.seed),
    "phases": lambda _: " < ".join(phase.name.lower() for phase in Phase),
    "engines": _engines,
    "systems": lambda batch: "; ".join(dict.fromkeys(batch.executions.values())) or NOT_RECORDED,
    "wall_times": _wall_times,
    "version": lambda batch: batch.manifest["ess_sim"],
    "licence": lambda _: package().licence,
    "digests": _digests,
}
"""The function that fills each field of the sheet."""
