"""Data, parameters and assumptions on a STRESS-DES sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ess_sim.faces.reports.markdown import plain, table
from ess_sim.faces.reports.parameter_page import GRADES, number
from ess_sim.faces.reports.stress_batch import Batch, inline

__all__ = ["assumptions", "parameters", "parameters_in_short", "preprocessing", "scenario_sources", "stated"]


def stated(batch: Batch) -> Iterable[str]:
    """Every sourced figure of the scenarios, once for all scenarios that state the same."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for name in batch.names:
        said = batch.scenario(name)
        for key in ("territory", "supply", "residents", "policies"):
            for path, block in _sourced(said[key], key):
                value = inline({k: v for k, v in block.items() if k not in ("source", "grade")})
                found.setdefault((f"`{path}`", value, block["grade"], block["source"]), []).append(name)
    rows = [(batch.called(names), *figure) for figure, names in found.items()]
    return table(["scenario", "what", "value", "grade", "source"], rows) if rows else ["No sourced figure."]


def _sourced(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        if "source" in value and "grade" in value:
            yield path, value
        for key, inner in value.items():
            yield from _sourced(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _sourced(inner, path)


def scenario_sources(batch: Batch) -> Iterator[str]:
    for names, sources in batch.together(lambda name: batch.scenario(name)["sources"]):
        yield f"- Sources named by {plain(names)}: {plain('; '.join(sources)) or 'none'}."


def preprocessing(batch: Batch) -> Iterator[str]:
    for names, notes in batch.together(lambda name: batch.entry(name)["territory"]["notes"]):
        yield from (f"- {plain(names)}: {plain(note)}." for note in notes)


def _drawn(batch: Batch) -> set[str]:
    """Parameters that were drawn."""
    return {name for values in (batch.manifest["draws"] or {}).get("values", []) for name in values}


def parameters_in_short(batch: Batch) -> Iterator[str]:
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


def parameters(batch: Batch) -> Iterator[str]:
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


def assumptions(batch: Batch) -> Iterator[str]:
    for names, grade_d in batch.together(lambda name: batch.summaries[name].grade_d):
        yield f"- {plain(names)}: {len(grade_d)} parameters are assumptions (grade D in 3.3)."

    def left_open(name: str) -> list[str]:
        notes = batch.entry(name)["territory"]["notes"]
        return [text for text in batch.summaries[name].assumed if text not in notes]

    for names, texts in batch.together(left_open):
        yield from (f"- {plain(names)}: not given, so filled in: {plain(text)}." for text in texts)
    unknown = batch.facts[batch.facts["event"] == "cost_unknown"]
    for row in unknown[["scenario", "actor", "detail"]].drop_duplicates().itertuples(index=False):
        yield f"- {plain(row.scenario)}: cost unknown, in no figure: {plain(row.actor)}: {plain(row.detail)}."
