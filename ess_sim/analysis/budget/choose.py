"""The best use of a yearly public budget in a territory: which policies, where, how many, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date as Date
from pathlib import Path

import numpy as np
import pandas as pd

from ess_sim import atomic
from ess_sim.analysis.benchmark.doses import Remedy, next_place
from ess_sim.analysis.benchmark.own_checks import check_own
from ess_sim.analysis.budget.asked import Asked
from ess_sim.analysis.budget.choice import TABLES, BudgetChoice
from ess_sim.analysis.budget.files import check_folder, opened, write_choice
from ess_sim.analysis.budget.mixes.final import Selected, select_mix
from ess_sim.analysis.budget.mixes.limits import Limits
from ess_sim.analysis.budget.mixes.notes import Notes
from ess_sim.analysis.budget.mixes.pilot import pilot_of
from ess_sim.analysis.budget.mixes.rules import rules_of_thumb
from ess_sim.analysis.budget.mixes.runs import Question, Runs, scenario_of
from ess_sim.analysis.budget.mixes.search import Effort, Found, search
from ess_sim.analysis.budget.mixes.trials import BASE, CONFIRM, Trials
from ess_sim.analysis.budget.mixes.units import Mix, Unit, units_of
from ess_sim.analysis.budget.robust import Robust, robust_choice
from ess_sim.analysis.budget.tables import Tables
from ess_sim.arguments import checked
from ess_sim.errors import EssSimError, whole_number
from ess_sim.experiments.draws.posterior import MOST_DRAWS
from ess_sim.experiments.experiment import Interrupted, Progress, run_experiment, silent
from ess_sim.experiments.plan import DrawnValues, Draws
from ess_sim.inputs.languages.bilingual import Bilingual
from ess_sim.inputs.scenario.files import scenario_text
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.beginnings.begin import site_of
from ess_sim.model.run.checks import check
from ess_sim.model.run.prepare import prepare
from ess_sim.results.comparison.filled import places as filled_places
from ess_sim.results.statistics.selection import pareto_front

__all__ = ["choose"]


_PART_OF_EFFECT = 20
"""By default a difference matters from this part of the best mix's effect on."""
_FRONT = 8
"""Mixes beside the finalists and the rules of thumb that are set against their cost."""
_STAFF_RUNS = 10


@checked
def choose(
    baseline: Scenario,
    budget: float,
    *,
    over_horizon: bool = False,
    payers: Sequence[str] | None = None,
    outcome: str = "share_without_mt",
    date: Date | str | None = None,
    policies: Sequence[str | Remedy] | None = None,
    also: Sequence[Remedy] = (),
    limits: Mapping[str, int] | None = None,
    prices: Mapping[str, float] | None = None,
    known_costs: bool = False,
    places: int = 4,
    copies: int = 1,
    confidence: float = 0.95,
    indifference: float | None = None,
    draws: Draws = None,
    draw_replications: int = 2,
    effort: Effort | None = None,
    seed: int = 1,
    jobs: int | None = None,
    out: Path | str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> BudgetChoice:
    """The mix of policies that does most under a yearly public budget, as far as a search by simulation finds it.

    Parameters
    ----------
    baseline : Scenario
        Policies that it has stay beside the mix, and their cost does not count.
    budget : float
        Public euro a year beyond what the baseline costs, > 0. It must hold in each year of every run.
    over_horizon : bool
        It must hold in the mean of each run's years instead: then an investment counts as spread over them.
    payers : sequence of str, optional
        Public payers whose money it is: among ``insurer``, ``agency``, ``local_authority``, ``state``; all by default.
    outcome, date
        What is to become better and when: a key of `OUTCOMES`, a recorded date, by default the last.
    policies : sequence of str or Remedy, optional
        Kinds to choose among; by default all remedies of the registry.
    also : sequence of Remedy
        Your own, beside these: each needs ``standard(site)``.
    limits : mapping of str to int, optional
        What a mix may ask for at most: `LIMITS`, such as ``{"retired_gps": 6, "copies.smp": 1}``.
    prices : mapping of str to float, optional
        Euro a year, ≥ 0, that a unit of a kind costs beside what the accounts know: where a cost is unknown, your own.
    known_costs : bool
        Leave out kinds that have unknown costs, no known ones, and no price of yours.
    places : int
        Places in need at which a policy is tried, 1 to 6.
    copies : int
        How often a policy may be had at one place, 1 to 5.
    confidence : float
        Probability that the best of the finalists is selected if it leads by the indifference, above 0.5, below 1.
    indifference : float, optional
        Smallest difference that matters, in the outcome's unit as stated; by default a twentieth of the best effect.
    draws : optional
        Parameter draws as of `ess_sim.run_experiment`: how often would another mix be better?
    draw_replications : int
        Of each finalist with each draw.
    effort : Effort, optional
        How much is simulated.
    seed, jobs, progress
        As `ess_sim.run_experiment`. The choice is the same for any number of jobs.
    out : path, optional
        Folder for the chosen scenario, the tables and the finished runs, from which a repeated call goes on, as does
        one with another budget, other policies, limits, prices or draws, or more effort.
    overwrite : bool
        Replace what ``out`` holds of another question: another baseline or number of years, outcome, date, payers or
        seed, for which none of its runs is of use.

    Returns
    -------
    BudgetChoice

    Raises
    ------
    ValueError
        With all arguments that are wrong.
    ScenarioError, ResultsError, ExperimentError
        As `ess_sim.run_experiment`; before anything runs, if ``out`` holds a choice of another question.
    KeyboardInterrupt
        If interrupted: finished runs are in the folder, and its message says so.
    """
    asked = Asked.of(
        baseline,
        budget,
        over_horizon=over_horizon,
        payers=payers,
        outcome=outcome,
        date=date,
        policies=policies,
        also=also,
        limits=limits,
        prices=prices,
        places=places,
        copies=copies,
        confidence=confidence,
        indifference=indifference,
        draw_replications=draw_replications,
    )
    effort, seed = effort or Effort(), whole_number("seed", seed, 0)
    if isinstance(draws, int):
        whole_number("draws", draws, 1, MOST_DRAWS)
    check(baseline)
    site = site_of(baseline)
    check_own(asked.kinds.values(), ((baseline, next_place(site, k)) for k in range(places)))
    drawn = None if draws is None else DrawnValues.make([baseline], draws, "latin-hypercube", seed)
    units, absent = units_of(baseline, asked.kinds, places)
    folder = None if out is None else atomic.users_path(out)
    if folder is not None:
        scenario_text(baseline, folder)  # what no file can say is said before anything runs
    question = Question(asked.measure, asked.payers, seed)
    with (
        _notes(folder, question, baseline, overwrite=overwrite) as notes,
        Runs(baseline, units, question, jobs=jobs, notes=notes, drawn=drawn) as runs,
        _said_of(runs, folder),
    ):
        prices_of = [round(100 * asked.prices.get(unit.kind, 0.0)) for unit in units]
        trials = Trials(runs, minimise=OUTCOMES[outcome].lower_is_better, prices=prices_of, progress=progress)
        made = _Choosing(baseline, tuple(units), asked, Limits(tuple(units), asked.limits, copies), effort, trials)
        return made.done(absent, known_costs, drawn, folder, seed, jobs, progress or silent)


@contextmanager
def _notes(folder: Path | None, question: Question, baseline: Scenario, *, overwrite: bool) -> Iterator[Notes | None]:
    """What was run for a question, in a folder that no other process writes into meanwhile."""
    if folder is None:
        yield None
        return
    check_folder(folder)
    with atomic.lock(folder):
        yield opened(folder, question.of(baseline), overwrite=overwrite)


@contextmanager
def _said_of(runs: Runs, folder: Path | None) -> Iterator[None]:
    """Ctrl-C says what was kept."""
    try:
        yield
    except KeyboardInterrupt:
        if folder is None or not runs.kept:
            raise Interrupted from None
        raise Interrupted(f"{runs.kept} runs are kept in {folder}; repeat the same call to resume") from None


@dataclass(frozen=True)
class _Choosing:
    baseline: Scenario
    units: tuple[Unit, ...]
    asked: Asked
    limits: Limits
    effort: Effort
    trials: Trials

    def done(
        self,
        absent: Mapping[str, str],
        known_costs: bool,
        drawn: DrawnValues | None,
        folder: Path | None,
        seed: int,
        jobs: int | None,
        say: Progress,
    ) -> BudgetChoice:
        trials, budget, effort = self.trials, self.asked.budget, self.effort
        pilot = pilot_of(trials, self.limits, budget, effort.pilot, known_costs=known_costs)
        found = search(trials, pilot, budget, self.limits, effort, self._possible)
        finalists = found.screened[: effort.finalists]
        indifference = self.asked.indifference or self._indifference(found, finalists)
        if finalists:  # what does nothing that matters need not be had
            lean = found.lean(finalists[0], indifference / 2)
            finalists = list(dict.fromkeys([*finalists, lean] if self._possible(lean) else finalists))
        selected = select_mix(
            trials, finalists, budget, effort, indifference=indifference, confidence=self.asked.confidence
        )
        rules = rules_of_thumb(pilot, budget, self.limits)
        rules = {name: mix for name, mix in rules.items() if self._possible(mix)}
        cheaper = self._front(found)
        confirm = range(CONFIRM, CONFIRM + effort.confirmed)
        trials.need([*selected.finalists, *selected.exceeded, *rules.values(), *cheaper], confirm, "confirmation")
        sign = -1.0 if OUTCOMES[self.asked.measure.outcome].lower_is_better else 1.0
        tables = Tables(trials, self.units, prepare(self.baseline), budget, confirm, sign)
        candidates = tables.candidates(selected)
        robust, mixes = self._robust(selected, drawn, indifference)
        chosen = self._scenario(selected.mix, tables)
        over, made = trials.over(selected.mix, budget)
        choice = BudgetChoice(
            baseline=self.baseline,
            chosen=chosen,
            outcome=self.asked.measure.outcome,
            day=self.asked.measure.day,
            candidates=candidates,
            costs=tables.years(selected.mix, self.baseline) if chosen is not None else None,
            front=tables.front([*selected.finalists, *rules.values(), *cheaper]),
            rules=tables.rules(rules, selected.mix),
            units=tables.alone(pilot, absent),
            limits=tables.limits(self.limits, selected.mix) if self.limits.most else None,
            posts=self._posts(chosen, seed, jobs, say) if chosen is not None else None,
            robust=None if robust is None else tables.robust(robust, mixes),
            criteria={} if robust is None else {name: tables.name(mix) for name, mix in robust.choices.items()},
            changes=float("nan") if robust is None else robust.changes,
            matters=float("nan") if robust is None else robust.matters,
            decided=selected.decided,
            confidence=self.asked.confidence,
            indifference=indifference,
            budget=budget.cents / 100,
            over_horizon=budget.over_horizon,
            payers=self.asked.payers,
            seed=seed,
            runs=made,
            runs_over=over,
            thrown_out=len(found.over.union(selected.exceeded)),
            simulated=trials.made,
        )
        if folder is not None:
            write_choice(folder, self.baseline, chosen, {name: getattr(choice, name) for name in TABLES})
        return choice

    def _possible(self, mix: Mix) -> bool:
        """Whether its policies go together in one scenario."""
        try:
            check(scenario_of(self.baseline, self.units, mix))
        except EssSimError:
            return False
        return True

    def _indifference(self, found: Found, finalists: Sequence[Mix]) -> float:
        best = max((found.gains[mix] for mix in finalists), default=0.0)
        return float(np.format_float_scientific(max(best, 1e-6) / _PART_OF_EFFECT, precision=0))

    def _front(self, found: Found) -> list[Mix]:
        """Mixes of the search that none beats on effect and cost, from cheap to dear."""
        runs = range(self.effort.pilot)
        costs = {mix: float(self.trials.cents(mix, runs).mean()) for mix in found.best if found.gains[mix] > 0}
        if not costs:
            return []
        table = pd.DataFrame({"mix": list(costs), "cost": list(costs.values())})
        table["gain"] = [found.gains[mix] for mix in costs]
        front = table[pareto_front(table, cost="cost", effect="gain", minimise_effect=False)].sort_values("cost")
        some = np.unique(np.linspace(0, len(front) - 1, _FRONT).round().astype(int))
        return [front["mix"].iloc[int(i)] for i in some]

    def _robust(
        self, selected: Selected, drawn: DrawnValues | None, indifference: float
    ) -> tuple[Robust | None, list[Mix]]:
        if drawn is None:
            return None, []
        mixes = list(dict.fromkeys([BASE, selected.mix, *selected.finalists]))
        found = robust_choice(
            self.trials,
            mixes,
            selected.mix,
            self.asked.budget,
            drawn.numbers,
            self.asked.draw_replications,
            indifference,
        )
        return found, mixes

    def _scenario(self, mix: Mix, tables: Tables) -> Scenario | None:
        if not mix:
            return None
        euro = self.asked.budget.cents // 100
        stem = self.baseline.name.removesuffix("-baseline")
        made = scenario_of(self.baseline, self.units, mix, f"{stem}-chosen")
        title = Bilingual(
            f"Chosen for {euro:,} € a year", fr=f"Choisi pour {euro:,}".replace(",", "\u202f") + " € par an"
        )
        return made.with_(title=title, description=f"Chosen by ess-sim choose: {tables.words(mix)}.", sources=[])

    def _posts(self, chosen: Scenario, seed: int, jobs: int | None, say: Progress) -> pd.DataFrame:
        """Of what the mix offers, how much is filled; centres of the baseline apart."""
        results = run_experiment(
            [self.baseline, chosen],
            replications=min(_STAFF_RUNS, self.effort.confirmed),
            seed=seed,
            jobs=jobs,
            keep=("outcomes", "facts", "careers"),
            progress=lambda done, total, what: say(done, total, f"posts: {what}"),
        )
        table = filled_places(results)
        own = set(table.loc[table["scenario"] == self.baseline.name, "actor"])
        mine = table[(table["scenario"] == chosen.name) & ~table["actor"].isin(own)]
        return mine.drop(columns="scenario").reset_index(drop=True)
