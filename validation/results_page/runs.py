"""All that the page needs: runs of Laval, and the tables that existing functions make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import pandas as pd

import ess_sim
from ess_sim import Results, Scenario, read_scenario, run_experiment
from ess_sim.analysis.accounts.robustness import uncertainty
from ess_sim.experiments.draws.posterior import Posterior
from ess_sim.experiments.experiment import Progress
from ess_sim.faces.figures.share import plot_share
from ess_sim.faces.reports.stress_batch import Batch
from ess_sim.results.comparison.differences import levels
from ess_sim.results.run import RunTables
from ess_sim.results.statistics.variance import FEWEST_DRAWS
from examples import sweep_assumptions
from validation import laval
from validation.results_page.ahead import Ahead

SEED = 1
SHARE, REFUSALS = "share_without_mt", "refusal_rate"
BASELINE, SMP, RETIRED, INTERNS = "laval-baseline", "laval-smp", "laval-smp-retired-only", "laval-smp-interns-only"
PARTS = {BASELINE: (), RETIRED: ("retired GPs",), INTERNS: ("interns",), SMP: ("retired GPs", "interns")}
"""The parts of the SMP that are on in each scenario."""
SETTLING = "settle_probability"
TOLERANCE = 1 / 64
"""Precision of the value at which the ranking of the SMP's parts turns, as a share of the range."""
NO_NEWS = {"opening_news_rate_per_year": 0.0}
MID_2019 = pd.Timestamp("2019-06-30")


@dataclass(frozen=True)
class Sizes:
    """How much is run: replications of each part, draws (all of the posterior), and years."""

    replications: int = 200
    years: int = 20
    draws: int = field(default_factory=lambda: len(Posterior.read("national")))
    of_each_draw: int = 4
    without_news: int = 50
    start: int = 50
    swept: int = 20
    swept_years: int = 10
    flips: int = 30

    @classmethod
    def at_most(cls, replications: int, years: int, most: int) -> Self:
        """The usual sizes, but for ``replications`` of the four scenarios and at most ``most`` of anything else.

        Draws are at least as many as a 95 % range takes.
        """
        usual = cls()
        counts = ("of_each_draw", "without_news", "start", "swept", "flips")
        return replace(
            usual,
            replications=replications,
            years=years,
            draws=max(FEWEST_DRAWS, min(usual.draws, most)),
            swept_years=min(usual.swept_years, years),
            **{name: min(getattr(usual, name), most) for name in counts},
        )


@dataclass(frozen=True, eq=False)
class Measured:
    """Tables of the page, as the functions named return them.

    Attributes
    ----------
    version : int
        Results version of the runs.
    software : str
        What ran them, as the folder's log says.
    scenarios : list of Scenario
        The four, as long as they were run.
    dates : dict of pandas.Timestamp to int
        Records that the page shows, and the years after the start that they stand for.
    levels, compared, halves : DataFrame
        `levels` and `compare` from the baseline; retired GPs only minus interns only.
    drawn : DataFrame
        `uncertainty` over the national posterior.
    parts, flows : DataFrame
        `shapley_of` and `by_flow` at the end.
    history, unheard : DataFrame
        The SMP year by year (`validation.laval.smp_by_year`), and without news of openings.
    refusals : DataFrame
        Of the baseline in mid-2019, a row a replication; empty where the runs end earlier.
    unheard_compared : DataFrame
        `compare` without news.
    start : DataFrame
        `start_balance` of each run.
    swept, flip : DataFrame
        `examples.sweep_assumptions.sweep`; `flip_points` of the settling probability.
    """

    version: int
    software: str
    scenarios: Sequence[Scenario]
    dates: Mapping[pd.Timestamp, int]
    levels: pd.DataFrame
    compared: pd.DataFrame
    halves: pd.DataFrame
    drawn: pd.DataFrame
    parts: pd.DataFrame
    flows: pd.DataFrame
    history: pd.DataFrame
    refusals: pd.DataFrame
    unheard: pd.DataFrame
    unheard_compared: pd.DataFrame
    start: pd.DataFrame
    swept: pd.DataFrame
    flip: pd.DataFrame


def measure(sizes: Sizes, out: Path, picture: Path, *, jobs: int, say: Progress) -> Measured:
    """Runs all parts, in folders of ``out`` where an interrupted command goes on, and draws the picture."""
    four = read_four(sizes.years)
    ahead = Ahead(say, _years(sizes))

    def run(part: str, scenarios: list[Scenario], replications: int, draws: Posterior | None = None) -> Results:
        return run_experiment(
            scenarios,
            replications=replications,
            seed=SEED,
            jobs=jobs,
            draws=draws,
            baseline=BASELINE,
            out=out / part.replace(" ", "_"),
            progress=ahead.of(part, sizes.years),
        )

    level = run("four scenarios", four, sizes.replications)
    posterior = Posterior.read("national")
    drawn = run(
        "national draws", four[:2], sizes.of_each_draw, replace(posterior, draws=posterior.draws[: sizes.draws])
    )
    unheard = run("without news", [s.with_parameters(**NO_NEWS) for s in four[:2]], sizes.without_news)
    start = laval.balance(sizes.start, jobs, ahead.of("start", 1))
    swept = sweep_assumptions.sweep(
        sizes.swept, sizes.swept_years, jobs, ahead.of("assumptions", sizes.swept_years), out / "assumptions"
    )
    flip = ess_sim.flip_points(
        *four[2:],
        parameters=[SETTLING],
        replications=sizes.flips,
        seed=SEED,
        jobs=jobs,
        tolerance=TOLERANCE,
        progress=ahead.of("flip point", sizes.years),
    )
    ahead.end()
    plot_share(level, picture, BASELINE)
    batch = Batch.read(out / "four_scenarios", sizes.replications)
    compared = ess_sim.compare(level, baseline=BASELINE, outcomes=SHARE)
    begin = level.recorded(BASELINE)[0]
    return Measured(
        version=batch.manifest["results_version"],
        software="; ".join(batch.executions),
        scenarios=four,
        dates={day: round((day - begin).days / 365.25) for day in compared["date"].unique()},
        levels=levels(level, outcomes=[SHARE, REFUSALS]),
        compared=compared,
        halves=ess_sim.compare(level, baseline={RETIRED: INTERNS}, outcomes=SHARE),
        drawn=uncertainty(drawn, baseline=BASELINE, outcomes=SHARE),
        parts=ess_sim.shapley_of(level, PARTS),
        flows=ess_sim.by_flow(level, baseline=BASELINE, scenario=SMP),
        history=level.each(_smp_by_year),
        refusals=_in_mid_2019(level),
        unheard=unheard.each(_smp_by_year),
        unheard_compared=ess_sim.compare(unheard, baseline=BASELINE, outcomes=SHARE),
        start=start,
        swept=swept,
        flip=flip,
    )


def read_four(years: int) -> list[Scenario]:
    """Baseline, SMP, and each of its halves, for so many years."""
    files = ("baseline", "smp", "smp_retired_only", "smp_interns_only")
    return [read_scenario(laval.SCENARIOS / f"{name}.yaml").with_(horizon_years=years) for name in files]


def _years(sizes: Sizes) -> dict[str, int]:
    """Simulated years of each part, in order; those of a flip point as if the ranking reversed."""
    halvings = round(1 / TOLERANCE).bit_length() - 1
    return {
        "four scenarios": 4 * sizes.replications * sizes.years,
        "national draws": 2 * sizes.draws * sizes.of_each_draw * sizes.years,
        "without news": 2 * sizes.without_news * sizes.years,
        "start": sizes.start,
        "assumptions": 2 * (1 + 2 * len(sweep_assumptions.SWEPT)) * sizes.swept * sizes.swept_years,
        "flip point": 2 * (3 + halvings) * sizes.flips * sizes.years,
    }


def _smp_by_year(run: RunTables) -> pd.DataFrame:
    return laval.smp_by_year(run) if run.name == SMP else pd.DataFrame()


def _in_mid_2019(results: Results) -> pd.DataFrame:
    days = [day for day in results.recorded(BASELINE) if day == MID_2019]
    found = results.outcomes(REFUSALS, days) if days else pd.DataFrame({"scenario": [], "value": []})
    return found[found["scenario"] == BASELINE]
