"""Reading the files that commands take, with a hint where one is of another kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ess_sim.errors import ResultsError, ScenarioError
from ess_sim.experiments.alike import alike
from ess_sim.experiments.batches.batch import Batch, read_batch
from ess_sim.experiments.draws.posterior import Posterior
from ess_sim.experiments.estimate import estimated, fewer_tables, in_bytes, memory_here
from ess_sim.faces.cli.parts.terminal import complain
from ess_sim.faces.words.numbers import outside_notes
from ess_sim.inputs.documents.nodes import NOWHERE, MappingNode, mark_of, problem_at
from ess_sim.inputs.documents.reader import top_keys
from ess_sim.inputs.scenario import files as scenario_files
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.ahead import Limit
from ess_sim.model.run.limits import limits
from ess_sim.model.run.notices import notices
from ess_sim.model.run.read import hooks, read_scenarios
from ess_sim.results.keeping import Keep

__all__ = ["binding", "check_size", "read_experiment", "read_files", "say_what_binds", "trees_of", "warn_of"]


LONG_HOURS, LARGE_GIGABYTES = 2.0, 4.0
"""Hours of one core, and memory of a worker, above which a run says before it starts what it will take."""


def read_files(files: Sequence[Path], *, allow_code: bool = False) -> list[Scenario]:
    """The scenarios of files; for a file of another kind, a message that names the command for it."""
    try:
        return read_scenarios(files, allow_code=allow_code)
    except ScenarioError:
        for path in files:
            keys = top_keys(path)
            for key, command in (("batch", "run"), ("calibration", "calibrate")):
                if key in keys:
                    raise ResultsError(f"{path}: a {key} file, no scenario: ess-sim {command} {path}") from None
        raise


def read_experiment(files: Sequence[Path], *, allow_code: bool = False) -> tuple[Batch | None, list[Scenario]]:
    """What to run: the scenarios of a batch file, or of files of their own."""
    if not any("batch" in top_keys(path) for path in files):
        return None, read_files(files, allow_code=allow_code)
    if len(files) > 1:
        raise ResultsError("a batch file says by itself which scenarios to run: give it alone")
    batch = read_batch(files[0], allow_code=allow_code)
    return batch, list(batch.scenarios)


def trees_of(files: Sequence[Path], *, allow_code: bool = False) -> dict[str, MappingNode]:
    """What the files of scenarios say, with the place of every value, by scenario."""
    found = scenario_files.read_files(files, hooks(allow_code=allow_code))
    return {of.scenario.name: of.tree for of in found}


def _placed(limit: Limit, tree: MappingNode | None) -> str:
    """A limit behind its file, line and column, and the key that it is about."""
    mark = NOWHERE if tree is None else mark_of(tree, limit.at)
    return str(problem_at(mark, limit.at, limit.words.en))


class Binding(NamedTuple):
    """What keeps policies from acting in full: each line once, with the scenarios that it is about.

    Attributes
    ----------
    certain : dict of str to str
        What cannot be in any run, at its place.
    expected : dict of str to str
        What may bind, and parameters outside their ranges.
    """

    certain: dict[str, str]
    expected: dict[str, str]


def binding(scenarios: Sequence[Scenario], trees: Mapping[str, MappingNode] | None = None) -> Binding:
    """What binds in these scenarios; variants of a batch, and a baseline and its policies, share lines.

    Parameters
    ----------
    scenarios : sequence of Scenario
    trees : mapping of str to MappingNode, optional
        What the files of some scenarios say (`trees_of`, `Batch.trees`).
    """
    certain: dict[str, list[str]] = {}
    expected: dict[str, list[str]] = {}
    for scenario in scenarios:
        tree = (trees or {}).get(scenario.name)
        for line in dict.fromkeys(_placed(limit, tree) for limit in limits(scenario)):
            certain.setdefault(line, []).append(scenario.name)
        for line in dict.fromkeys([*(words.en for words in notices(scenario)), *outside_notes(scenario)]):
            expected.setdefault(line, []).append(scenario.name)
    return Binding(*({line: _among(names) for line, names in said.items()} for said in (certain, expected)))


def _among(names: Sequence[str]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def say_what_binds(scenarios: Sequence[Scenario], trees: Mapping[str, MappingNode] | None = None) -> None:
    """What keeps policies from acting in full, and parameters outside their ranges, before the run.

    ``trees``: as for `binding`.
    """
    found = binding(scenarios, trees)
    for line, names in found.certain.items():
        complain(f"WARNING: {names}: {line}")
    for line, names in found.expected.items():
        complain(f"note: {names}: {line}")
    for line in alike(scenarios):
        complain(f"WARNING: {line}")


def check_size(scenarios: Sequence[Scenario], runs_each: float, keep: Keep, jobs: int | None) -> None:
    """Say what the runs will take where that is much.

    Parameters
    ----------
    runs_each : float
        Runs of each scenario.
    jobs : int, optional
        Workers of this machine; None where others compute.

    Raises
    ------
    ResultsError
        If not even one run fits into the memory of this machine.
    """
    estimate, here = estimated(scenarios, runs_each, keep), memory_here()
    if jobs is not None and here is not None:
        if estimate.memory > here:
            raise ResultsError(
                f"a run needs about {in_bytes(estimate.memory)} of memory ({estimate.adults:,} adults), and this "
                f"machine has {in_bytes(here)}: ess-sim validate --size says it of each scenario"
                f"{fewer_tables(scenarios, here)}"
            )
        workers = min(jobs, max(1, estimate.runs))
        if workers * estimate.memory > here:
            complain(
                f"WARNING: {workers} workers need about {in_bytes(workers * estimate.memory)}, and this machine has "
                f"{in_bytes(here)}: --jobs {int(here / estimate.memory)}"
            )
    if estimate.hours > LONG_HOURS or estimate.gigabytes > LARGE_GIGABYTES:
        complain(f"WARNING: {estimate.words}")


def warn_of(draws: int | Posterior | None) -> None:
    """Repeat a calibration's warnings about its draws; say of experts' answers whose they are."""
    if isinstance(draws, Posterior) and (draws.origin or draws.about.get("notes")):
        said = "; ".join([*([draws.origin] if draws.origin else []), *draws.about.get("notes", [])])
        complain(f"note: draws of {draws.name}: {said}")
    if isinstance(draws, Posterior) and (caveats := draws.caveats()):
        complain(f"WARNING: draws of {draws.name}: {caveats}")
        complain(f'         in full: "warnings" in {draws.manifest}; what they mean: docs/experiments.md')
