"""What a choice under a budget found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date

import pandas as pd

from ess_sim.inputs.scenario.scenario import Scenario

__all__ = ["TABLES", "BudgetChoice"]


TABLES = ("candidates", "costs", "front", "rules", "units", "limits", "posts", "robust")
"""Tables of a folder, as files ``.csv``."""


@dataclass(frozen=True, eq=False)
class BudgetChoice:
    """What a choice under a budget found; the tables' columns are explained in docs/choose.md.

    Attributes
    ----------
    baseline : Scenario
    chosen : Scenario or None
        The baseline with the chosen mix; None if nothing that was found is better than the baseline.
    outcome : str
    day : datetime.date
    candidates : pandas.DataFrame
        The finalists and the baseline: effect, people and cost from fresh replications, ``status``, ranks.
    costs : pandas.DataFrame or None
        Of the chosen mix by year.
    front : pandas.DataFrame
        Effect against cost.
    rules : pandas.DataFrame
        Regret of the rules of thumb.
    units : pandas.DataFrame
        What each unit does alone.
    limits : pandas.DataFrame or None
        Limits that were asked for: ``limit``, ``most``, ``asked`` by the chosen mix, and whether it ``binds``.
    posts : pandas.DataFrame or None
        What the chosen mix offers and how much of it is filled, as `ess_sim.results.comparison.filled.places`.
    robust : pandas.DataFrame or None
        Finalists over parameter draws.
    criteria : dict of str to str
        Name of the mix that each criterion takes over the draws.
    changes : float
        Share of the draws in which another mix is better than the chosen one; NaN without draws.
    matters : float
        Share of the draws in which one is better by more than the indifference; NaN without draws.
    decided : bool
        Whether the selection ended before its replications ran out.
    confidence, indifference : float
        Stated of the selection; the indifference in the outcome's unit.
    budget : float
        Euro a year.
    over_horizon : bool
        Whether it holds in the mean of each run's years only.
    payers : tuple of str
        Whose money it is.
    seed : int
    runs, runs_over : int
        Runs of the chosen mix, and how many of them exceed the budget (0).
    thrown_out : int
        Mixes that were left out because one of their runs did: what `runs` say of the next one is too sure then.
    simulated : int
        Runs in all.
    """

    baseline: Scenario
    chosen: Scenario | None
    outcome: str
    day: Date
    candidates: pd.DataFrame
    costs: pd.DataFrame | None
    front: pd.DataFrame
    rules: pd.DataFrame
    units: pd.DataFrame
    limits: pd.DataFrame | None
    posts: pd.DataFrame | None
    robust: pd.DataFrame | None
    criteria: Mapping[str, str]
    changes: float
    matters: float
    decided: bool
    confidence: float
    indifference: float
    budget: float
    over_horizon: bool
    payers: tuple[str, ...]
    seed: int
    runs: int
    runs_over: int
    thrown_out: int
    simulated: int
