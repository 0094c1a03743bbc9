"""What the results rest on, and how they are made again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from ess_sim.faces.report.gather.batch import Batch

__all__ = ["GRADES", "Basis", "Figure", "Made", "basis"]


GRADES = ("A", "B", "C", "D")


class Figure(NamedTuple):
    """A figure that scenarios give.

    Attributes
    ----------
    where : str
        Key under which it stands, e.g. ``supply.retired_pool``.
    value : tuple of (str, object)
        Fields of its block and their values.
    grade, source : str
    """

    where: str
    value: tuple[tuple[str, Any], ...]
    grade: str
    source: str


class Made(NamedTuple):
    """How the runs were made.

    Attributes
    ----------
    version, seed : str, int
    replications, draws : int
    fingerprint : str
    digests : list of (scenario, digest, content)
        Of each scenario, and of all its tables; '' where the folder does not say it.
    keep : list of str
        Tables that were not kept.
    snapshots : str
    baselines : list of str
    """

    version: str
    seed: int
    replications: int
    draws: int
    fingerprint: str
    digests: list[tuple[str, str, str]]
    keep: list[str]
    snapshots: str
    baselines: list[str]


@dataclass(frozen=True, eq=False)
class Basis:
    """Grades, lines and figures.

    Attributes
    ----------
    grades : dict of str to int
        Parameters that were read, by grade.
    assumed : list of str
        What scenarios left open, and what filled it; in English.
    stated : list of Figure
    sources : list of str
    questions : list of (scenario, description)
        Descriptions as results keep them: in one language, in both, or none.
    made : Made
    """

    grades: dict[str, int]
    assumed: list[str]
    stated: list[Figure]
    sources: list[str]
    questions: list[tuple[str, Any]]
    made: Made


def basis(batch: Batch) -> Basis:
    """Of all scenarios together."""
    manifest, results = batch.manifest, batch.results
    grade = {row["name"]: row["grade"] for row in manifest["catalogue"]}
    reads = manifest.get("reads", {})
    read = {name for s in results.scenarios for name in reads.get(manifest["scenarios"][s].get("read"), ())}
    if not read:  # an unfinished folder says of its runs only which assumptions they read
        read = {name for names in results.grade_d.values() for name in names}
    counts = Counter(grade.get(name, "D") for name in read)
    stated: list[Figure] = []
    for name in results.scenarios:
        said = batch.scenario(name)
        for key in ("territory", "supply", "residents", "policies"):
            stated += [figure for figure in _sourced(said.get(key), key) if figure not in stated]
    values = (manifest["draws"] or {}).get("values", [])
    made = Made(
        version=manifest["ess_sim"],
        seed=results.seed,
        replications=len(results.replications),
        draws=len(values),
        fingerprint=str(results.fingerprint),
        digests=[
            (s, str(manifest["scenarios"][s].get("digest", "")), str(manifest["scenarios"][s].get("content", "")))
            for s in results.scenarios
        ],
        keep=list(manifest["keep"]),
        snapshots=manifest["snapshots"],
        baselines=list(dict.fromkeys(results.baselines.values())),
    )
    return Basis(
        {g: counts[g] for g in GRADES},
        list(dict.fromkeys(line for lines in results.assumed.values() for line in lines)),
        stated,
        list(dict.fromkeys(str(x) for s in results.scenarios for x in batch.scenario(s).get("sources", ()))),
        [(s, batch.scenario(s).get("description")) for s in results.scenarios],
        made,
    )


def _sourced(value: Any, path: str) -> list[Figure]:
    if isinstance(value, list):
        return [figure for inner in value for figure in _sourced(inner, path)]
    if not isinstance(value, dict):
        return []
    own = {k: v for k, v in value.items() if k not in ("source", "grade") and not _left_out(v)}
    found = []
    if "source" in value and "grade" in value:
        found.append(Figure(path, tuple(own.items()), str(value["grade"]), str(value["source"])))
    return found + [figure for k, v in value.items() for figure in _sourced(v, f"{path}.{k}")]


def _left_out(value: Any) -> bool:
    """Whether a field says nothing, or is a block, or blocks, of figures with sources of their own."""
    if value is False or value in (None, {}, [], ""):
        return True
    one = value[0] if isinstance(value, list) and value else value
    return isinstance(one, dict) and (isinstance(value, list) or "source" in one)
