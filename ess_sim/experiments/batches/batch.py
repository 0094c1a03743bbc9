"""Batch files: which scenarios to run, how often, and a grid of variants, each of them a whole and valid scenario."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ess_sim.arguments import checked, is_path
from ess_sim.errors import ArgumentError, ParameterError, ResultsError, ScenarioError, did_you_mean, shortened
from ess_sim.experiments.batches.grid import (
    MAX_SCENARIOS,
    GridDraft,
    free,
    nearest,
    shown,
)
from ess_sim.experiments.batches.keys import NEEDS, BatchKeys, Engine
from ess_sim.experiments.batches.variants import Base, Places, Row, path_labels, unknown_path
from ess_sim.experiments.draws.designs import Design
from ess_sim.experiments.draws.posterior import BUNDLED, DRAWS, MOST_DRAWS, Posterior, read_draws
from ess_sim.inputs.documents.nodes import (
    MAX_PROBLEMS,
    ListNode,
    Location,
    MappingNode,
    Mark,
    ScalarNode,
    described,
    is_refused,
    problem_at,
    text_of,
)
from ess_sim.inputs.documents.validate import validated
from ess_sim.inputs.languages.bilingual import Bilingual
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.read import hooks, read_scenario_file
from ess_sim.results.keeping import Keep, Snapshots

__all__ = ["MAX_SCENARIOS", "MOST", "Batch", "Engine", "read_batch"]


MOST: Mapping[str, int] = {"replications": 100_000, "draws": MOST_DRAWS, "jobs": 10_000}
"""The largest numbers that a batch may give."""


@dataclass(frozen=True)
class Batch:
    """An experiment as its file declares it.

    Attributes
    ----------
    name : str
        Short identifier.
    title : Bilingual
        One line for people.
    scenarios : tuple of Scenario
        In the order of the file, each varied scenario replaced by its variants. All names differ.
    baseline : str
        Name of the scenario to compare with; of its first variant where the grid varies the baseline, too.
    baselines : mapping of str to str
        For each scenario the name of the baseline that shares its varied values, e.g. the same ``settle_probability``.
    replications : int
        Runs of each scenario, ≥ 1.
    seed : int
        Root seed, ≥ 0.
    draws : int, Posterior or None
        Draws of the catalogue's parameters, ≥ 1, or those of a calibration; None: central values only.
    design : str
        How parameters are drawn.
    precision : float or None
        Half-width wanted, in percentage points, > 0.
    engine : str or None
        What carries the runs out.
    jobs : int or None
        Workers, ≥ 1.
    keep : tuple of str or None
        Tables that the results folder keeps; None: all.
    snapshots : str or None
        At which records it keeps residents by cell.
    baseline_named : bool
        Whether the file names the baseline, or it is the first scenario.
    trees : mapping of str to MappingNode
        By scenario, what its file says with the batch's own values in their places: where each stands.
    """

    name: str
    title: Bilingual
    scenarios: tuple[Scenario, ...]
    baseline: str
    baselines: Mapping[str, str]
    replications: int
    seed: int
    draws: int | Posterior | None
    design: Design
    precision: float | None
    engine: Engine | None
    jobs: int | None
    keep: tuple[str, ...] | None
    snapshots: Snapshots | None
    baseline_named: bool = True
    trees: Mapping[str, MappingNode] = field(default_factory=dict, repr=False, compare=False)


@checked
def read_batch(path: Path | str, *, allow_code: bool = False) -> Batch:
    """Read a batch file and every scenario that it names, and build the variants.

    ``vary`` maps dotted paths to lists of values or to ranges ``{from: 4, to: 16, step: 4}`` (4, 8, 12 and 16). A
    path begins with ``parameters``, ``supply``, ``residents`` or ``policies`` (a policy goes by its number in the file,
    from 0, or by its kind where that occurs once), or is ``horizon_years``. A scenario is varied by those paths that
    exist in it; a parameter exists where something reads it. ``combine`` crosses the lists or goes through them side by
    side (``zip``), and ``apply_to`` names the scenarios that vary. Paths of files are relative to the batch file.

    Parameters
    ----------
    path : path
        A YAML file with a key ``batch``.
    allow_code : bool
        As `ess_sim.read_scenario`.

    Returns
    -------
    Batch

    Raises
    ------
    ScenarioError
        With every problem of the file, of the scenarios that it names and of the variants, each
        ``file:line:column: where: what is wrong``.

    Examples
    --------
    >>> import tempfile
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "batch.yaml"
    ...     _ = path.write_text(f'''
    ... batch: rooms
    ... scenarios: ["{scenarios_dir() / "laval" / "smp.yaml"}"]
    ... vary: {{policies.smp.rooms: {{from: 2, to: 4, step: 1}}}}
    ... replications: 10
    ... ''')
    ...     [s.name for s in read_batch(path).scenarios]
    ['laval-smp.rooms-2', 'laval-smp.rooms-3', 'laval-smp.rooms-4']
    """
    return _Draft.read(path, allow_code=allow_code)


@dataclass
class _Draft(GridDraft[Batch]):
    """Turns a tree into a batch."""

    def made(self) -> Batch | None:
        spec, self.problems = validated(BatchKeys, self.tree)
        self.check_name("batch")
        self.check_at_most(MOST)
        self._idle_keys()
        draws = self._draws()
        outcomes = self._outcomes()
        bases = self._bases()
        grid = self.grid()
        baseline = self._baseline(bases)
        exists = self._exists(bases, grid)
        rows = self.rows([base.scenario.name for base in bases], exists, grid)
        labels = path_labels(grid)
        taken = {base.scenario.name for base in bases}
        made: list[tuple[Base, Row, Scenario]] = []
        trees: dict[str, MappingNode] = {}
        for base in bases:
            for row in rows[base.scenario.name]:
                if self.full:
                    return None
                places = exists.get(base.scenario.name, {})
                if row:
                    scenario, tree = self._variant(base, row, places, labels, taken, outcomes)
                else:
                    scenario = base.scenario.with_(outcomes=outcomes) if outcomes else base.scenario
                    tree = base.tree
                if scenario is not None:
                    made.append((base, row, scenario))
                    trees[scenario.name] = tree
        self._kept(spec)
        if spec is None or self.problems:
            return None
        first = [(row, s.name) for base, row, s in made if base.scenario.name == baseline]
        return Batch(
            name=spec.batch,
            title=spec.title,
            scenarios=tuple(s for _, _, s in made),
            baseline=first[0][1],
            baselines={s.name: nearest(row, first) for _, row, s in made},
            replications=spec.replications,
            seed=spec.seed,
            draws=draws,
            design=spec.design,
            precision=spec.precision,
            engine=spec.engine,
            jobs=spec.jobs,
            keep=spec.keep,
            snapshots=spec.snapshots,
            baseline_named="baseline" in self.tree.items,
            trees=trees,
        )

    def _idle_keys(self) -> None:
        for key, other in NEEDS.items():
            if key in self.tree.items and other not in self.tree.items:
                self.say((key,), f"says nothing without {other}: give {other}, or remove the key", key=True)

    def _kept(self, spec: BatchKeys | None) -> None:
        """What ``keep`` and ``snapshots`` say together."""
        try:
            Keep.of(spec.keep if spec else None, spec.snapshots if spec else None)
        except ArgumentError as error:
            for line in str(error).split("\n"):
                self.say((line.partition(":")[0],), line.partition(": ")[2])

    def _draws(self) -> int | Posterior | None:
        """What ``run --draws`` takes."""
        at: Location = ("draws",)
        node = self.tree.get("draws")
        if isinstance(node, ScalarNode) and type(node.value) is int and node.value >= 1:
            return node.value
        if node is None or is_refused(node) or (isinstance(node, ScalarNode) and node.value is None):
            return None
        if not (text := text_of(node)):
            self.say(at, f"must be a whole number ≥ 1, {DRAWS}, not {described(node)}")
            return None
        if not is_path(text):
            self.say(at, f"no file can be called {text!r}: name {DRAWS}")
            return None
        if text not in BUNDLED and not self.may_read(self.beside(text), at):
            return None
        try:
            draws = read_draws(text, self.beside(""))
        except (ParameterError, ResultsError) as error:
            for line in str(error).split("\n"):
                self.say(at, shortened(line, 300))
            return None
        if isinstance(draws, Posterior) and "design" in self.tree.items:
            self.say(("design",), "says nothing of draws that are there already: remove the key", key=True)
        return draws

    def _outcomes(self) -> tuple[str, ...]:
        found: list[str] = []
        for i, _, name in self.texts("outcomes"):
            if name not in OUTCOMES:
                self.say(("outcomes", i), f"unknown outcome {shortened(name)!r}{did_you_mean(name[:200], OUTCOMES)}")
            elif name in found:
                self.say(("outcomes", i), f"the outcome {name!r} is named twice")
            found.append(name)
        return tuple(found) if set(found) <= set(OUTCOMES) and len(found) == len(set(found)) else ()

    def _bases(self) -> list[Base]:
        bases: list[Base] = []
        seen: set[str] = set()
        for i, node, text in self.texts("scenarios"):
            at: Location = ("scenarios", i)
            path = self.beside(text)
            whole_path = os.path.realpath(path) if "\0" not in path else path
            if whole_path in seen:
                self.say(at, "this file is named twice")
                continue
            seen.add(whole_path)
            if not self.may_read(path, at):
                continue
            try:
                found = read_scenario_file(path, hooks(allow_code=self.allow_code))
            except ScenarioError as error:
                self.take(error, path, at)
                continue
            name = found.scenario.name
            if any(base.scenario.name == name for base in bases):
                self.say(at, f"a second scenario called {name!r}: give each a name of its own")
                continue
            bases.append(Base.of(found, node.mark))
        return bases

    def _complete(self, bases: Sequence[Base]) -> bool:
        """Whether every scenario could be read: else nothing is said of names and paths that are missing."""
        listed = self.tree.get("scenarios")
        return isinstance(listed, ListNode) and len(listed.items) == len(bases)

    def _baseline(self, bases: Sequence[Base]) -> str:
        names = [base.scenario.name for base in bases]
        given = text_of(self.tree.get("baseline"))
        if given and given not in names and self._complete(bases):
            what = f"no scenario of this batch is called {shortened(given)!r}{did_you_mean(given, names)}"
            self.say(("baseline",), what)
        return given or (names[0] if names else "")

    def _varying(self, bases: Sequence[Base]) -> list[Base]:
        """The scenarios that vary: those of ``apply_to``, or all (also where it is wrong: that was said)."""
        names = [base.scenario.name for base in bases]
        chosen: list[str] = []
        sound = True
        for i, node, name in self.texts("apply_to"):
            what = ""
            if name in chosen:
                what = "this scenario is named twice"
            elif name not in names and self._complete(bases):
                what = f"no scenario of this batch is called {described(node)}{did_you_mean(name[:200], names)}"
            if what:
                self.say(("apply_to", i), what)
                sound = False
            chosen.append(name)
        return [base for base in bases if base.scenario.name in chosen] if chosen and sound else list(bases)

    def _exists(self, bases: Sequence[Base], grid: Mapping[str, Any]) -> dict[str, Places]:
        """For every scenario that varies, where the paths lead that exist in it."""
        varying = self._varying(bases)
        found = {base.scenario.name: self._existing(base, grid) for base in varying}
        if self._complete(bases):  # else a path may exist in what could not be read
            unknown = [path for path in grid if not any(base.location(path) for base in varying)]
            for path in unknown[:MAX_PROBLEMS]:
                self.say(("vary", path), unknown_path(path, varying), key=True)
            for i, _, name in self.texts("apply_to"):
                if found.get(name) == {} and grid and not unknown:
                    self.say(("apply_to", i), f"none of the varied paths exists in {name!r}")
        return found

    def _existing(self, base: Base, grid: Mapping[str, Any]) -> Places:
        """Where the paths lead that exist in a scenario, each to a place of its own."""
        found: dict[Location, str] = {}
        for path in grid:
            at = base.location(path)
            if at is not None and found.setdefault(at, path) != path:
                self.say(("vary", path), f"the same place as {found[at]}", key=True)
        return {path: at for at, path in found.items()}

    def _variant(
        self,
        base: Base,
        row: Row,
        exists: Places,
        labels: Mapping[str, str],
        taken: set[str],
        outcomes: tuple[str, ...],
    ) -> tuple[Scenario | None, MappingNode]:
        values = {labels[path]: shown(node) for path, node in row.items()}
        name = free(".".join([base.scenario.name, *(f"{label}-{value}" for label, value in values.items())]), taken)
        words = [f"{re.sub('[._]', ' ', label)} {value}" for label, value in values.items()]
        title = Bilingual(base.scenario.title or base.scenario.name)
        whole = Bilingual(*(", ".join([title.to(lang), *words]) for lang in (("en", "fr") if title.fr else ("en",))))
        about = {"name": name, "title": whole.said()} | ({"outcomes": outcomes} if outcomes else {})
        scenario, tree, problems = base.varied(row, exists, about)
        for problem in problems:
            mark = Mark(problem.file, problem.line, problem.column)
            what = problem.what
            if mark not in self.places:  # of what the scenario's file says: the values that it does not go with say so
                mark = next(iter(row.values())).mark
                what = f"the variant {name} is not valid: {problem.where}: {what}"
            self.problems.append(problem_at(mark, self.places[mark], what))
        return scenario, tree
