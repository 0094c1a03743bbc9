"""The benchmark as a whole: doses from a pilot, the runs, the league tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ess_sim import atomic
from ess_sim.analysis.accounts.cost_sums import bound_of, unknown_costs
from ess_sim.analysis.benchmark.doses import Dose, Part, Remedy, doses_within
from ess_sim.analysis.benchmark.league import league
from ess_sim.analysis.benchmark.measures import AFTER, values_of
from ess_sim.analysis.benchmark.own_checks import check_own
from ess_sim.analysis.benchmark.published import ABOUT
from ess_sim.analysis.benchmark.suite import YEARS, Place, Suite, place_of, remedies, standard_doses, suite_of
from ess_sim.analysis.benchmark.territories import benchmark_territories
from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError, EssSimError, ResultsError
from ess_sim.experiments.experiment import Progress, run_experiment, silent
from ess_sim.experiments.shards import read_shard
from ess_sim.model.beginnings.begin import site_of
from ess_sim.results.results import Results
from ess_sim.results.storage.files.csv_text import csv_text
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import RESULTS_VERSION

__all__ = ["BUDGET", "KEEP", "PILOT", "Benchmark", "benchmark"]


BUDGET = 5.0
"""Public euro a year for each adult, the budget of a dose: an assumption, see docs/benchmark.md."""

PILOT = 5
"""Replications from which the cost of one copy is measured."""

KEEP = ("outcomes", "facts", "accounts")
"""Tables that are kept of each run."""

Costs = Mapping[str, tuple[float, str]]
"""By kind: public euro a year of one copy, and on which side the truth lies."""

LEAGUE, DOSES, ABSENT = "league.csv", "doses.csv", "absent.csv"
"""Tables of a benchmark's folder, beside `ABOUT`, ``pilot`` and ``runs``."""


@dataclass(frozen=True, eq=False)
class Benchmark:
    """What a benchmark found.

    Attributes
    ----------
    league : pandas.DataFrame
        See `league`.
    doses : pandas.DataFrame
        ``territory``, ``dose``, ``policy``, ``copies``, ``budgeted`` (whether they follow from the budget),
        ``euro_a_year`` (of one copy, public, as measured in the pilot), ``bound`` (``at least`` where a part of it is
        unknown), ``scenario``.
    absent : pandas.DataFrame
        ``territory``, ``dose``, ``why`` it cannot be placed there.
    suite : Suite
    results : Results
    """

    league: pd.DataFrame
    doses: pd.DataFrame
    absent: pd.DataFrame
    suite: Suite
    results: Results


@checked
def benchmark(
    out: Path | str,
    *,
    places: Sequence[str] | None = None,
    policies: Sequence[str | Remedy] | None = None,
    also: Sequence[Remedy] = (),
    replications: int = 50,
    budget: float = BUDGET,
    pairs: bool = True,
    seed: int = 1,
    jobs: int | None = None,
    overwrite: bool = False,
    shard: str | tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> Benchmark | None:
    """Every policy in ten real territories, each in as many doses as a yearly public budget pays for.

    Parameters
    ----------
    out : path
        Folder; repeating the call resumes.
    places : sequence of str, optional
        Keys of the ten (`territories`), or any territory by name or code. All ten by default.
    policies : sequence of str or Remedy, optional
        Kinds. By default all that are remedies.
    also : sequence of Remedy
        Your own, beside these: each needs ``standard(site)``.
    replications : int
        Of each scenario, ≥ 2.
    budget : float
        Public euro a year for each adult, > 0: a dose has as many copies as that pays for.
    pairs : bool
        Pairs of policies, too, each part with half the budget.
    seed, jobs, overwrite, progress
        As `ess_sim.run_experiment`.
    shard : str or (int, int), optional
        Make only this part of the runs, below ``out/shards``. When `merge_shards` has joined all shards to
        ``out/runs``, the call without shard says what they found.

    Returns
    -------
    Benchmark or None
        None of a shard.

    Raises
    ------
    ValueError
        For unknown territories or policies (all at once), and numbers out of range.
    ResultsError, ScenarioError, ExperimentError
        As `ess_sim.run_experiment`.
    """
    part = read_shard(shard)
    say = progress or silent
    wrong: list[str] = []
    if replications < 2:
        wrong.append("a benchmark needs at least 2 replications")
    if not 0 < budget < 1e9:
        wrong.append(f"the budget is an amount in euro a year for each adult, above 0, not {budget!r}")
    kinds = remedies(policies, also, wrong)
    if not kinds and not wrong:
        wrong.append("a benchmark needs at least one policy")
    chosen = _places(places, wrong)
    if wrong:
        raise ArgumentError("\n".join(wrong))
    check_own(kinds.values(), ((place.baseline, site_of(place.baseline)) for place in chosen))
    folder = atomic.users_path(out)
    if Folder.is_there(folder):
        raise ResultsError(f"{folder}: holds results of ess-sim run: choose another folder")
    single = [Dose(kind, (Part(cls),)) for kind, cls in kinds.items()]
    both = standard_doses(kinds, pairs=pairs)
    pilot = suite_of(chosen, {place.key: single for place in chosen})
    costs = _costs_of_one(
        pilot, folder / "pilot", chosen, seed=seed, jobs=jobs, overwrite=overwrite, progress=_staged(say, "pilot: ")
    )
    doses = {
        p.key: doses_within(both, p.baseline, budget * p.adults, {k: c for k, (c, _) in costs[p.key].items()})
        for p in chosen
    }
    suite = suite_of(chosen, doses)
    results = run_experiment(
        suite.scenarios,
        replications=replications,
        seed=seed,
        jobs=jobs,
        out=folder / ("runs" if part is None else "shards"),
        progress=say,
        baseline=suite.twins,
        keep=KEEP,
        snapshots="none",
        shard=part,
        overwrite=overwrite,
    )
    if part is not None:
        return None
    found = _concluded(suite, costs, results, budget, _staged(say, "figures: "))
    for name, table in ((LEAGUE, found.league), (DOSES, found.doses), (ABSENT, found.absent)):
        atomic.write_atomically(folder / name, csv_text(table).encode())
    about = {"replications": len(results.replications), "seed": seed, "budget": budget}
    text = json.dumps(about | {"results_version": RESULTS_VERSION}, indent=2)
    atomic.write_atomically(folder / ABOUT, f"{text}\n".encode())
    return found


def _concluded(
    suite: Suite, costs: Mapping[str, Costs], results: Results, budget: float, progress: Progress
) -> Benchmark:
    named = {scenario: (key, dose.name) for scenario, (key, dose) in suite.doses.items()}
    table = league(values_of(results, AFTER, progress), named, suite.twins, budget=budget)
    doses = [
        (key, dose.name, part.kind.kind, part.copies, dose.budgeted, *costs[key][part.kind.kind], scenario)
        for scenario, (key, dose) in suite.doses.items()
        for part in dose.parts
    ]
    columns = ["territory", "dose", "policy", "copies", "budgeted", "euro_a_year", "bound", "scenario"]
    absent = [(*key, why) for key, why in suite.absent.items()]
    return Benchmark(
        table,
        pd.DataFrame(doses, columns=columns),
        pd.DataFrame(absent, columns=["territory", "dose", "why"]),
        suite,
        results,
    )


def _costs_of_one(
    suite: Suite,
    out: Path,
    places: Sequence[Place],
    *,
    seed: int,
    jobs: int | None,
    overwrite: bool,
    progress: Progress,
) -> dict[str, dict[str, tuple[float, str]]]:
    """Public euro a year of one copy of each kind in each territory, and on which side of it the truth lies."""
    results = run_experiment(
        suite.scenarios,
        replications=PILOT,
        seed=seed,
        jobs=jobs,
        out=out,
        overwrite=overwrite,
        progress=progress,
        baseline=suite.twins,
        keep=KEEP,
        snapshots="none",
    )
    values = values_of(results, (YEARS,))
    gross = values[values["measure"] == "gross_cost"].groupby("scenario", observed=True)["value"].mean()
    unknown = unknown_costs(results)
    adults = {place.key: place.adults for place in places}
    found: dict[str, dict[str, tuple[float, str]]] = {place.key: {} for place in places}
    for scenario, (key, dose) in suite.doses.items():
        base = suite.twins[scenario]
        more = round(float(gross[scenario] - gross[base]) * adults[key], 2)
        found[key][dose.name] = more, bound_of(unknown, scenario, base)
    return found


def _places(given: Sequence[str] | None, wrong: list[str]) -> list[Place]:
    """The territories; notes what is wrong."""
    standard = {t.key: t.code for t in benchmark_territories()}
    out: dict[str, Place] = {}
    for text in given if given is not None else list(standard):
        try:
            place = place_of(standard[text], text) if text in standard else place_of(text)
        except EssSimError as error:
            wrong += [f"territory {text!r}: {line}" for line in str(error).splitlines()]
            continue
        out[place.key] = place
    if given is not None and not given:
        wrong.append("a benchmark needs at least one territory")
    return list(out.values())


def _staged(say: Progress, stage: str) -> Progress:
    def staged(done: int, total: int, what: str) -> None:
        say(done, total, stage + what)

    return staged
