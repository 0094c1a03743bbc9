"""What each choice yields in each draw: an outcome on a day, or net benefit over the whole run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.analysis.accounts.cost_sums import bound_of, unknown_costs
from ess_sim.analysis.accounts.public_cost import costs
from ess_sim.errors import NotKeptError, ResultsError
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.surroundings.halo import minutes_around
from ess_sim.results.comparison.pairing import check_territories, common_dates, wanted_dates
from ess_sim.results.indicators.groups import SHARES
from ess_sim.results.indicators.outcomes import check_outcome
from ess_sim.results.results import Results

__all__ = ["Decision", "by_net_benefit", "by_outcome"]


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Decision:
    """Which scenario to choose, and by what.

    Attributes
    ----------
    by : str
        Key of `OUTCOMES`, or ``net_benefit``.
    words : str
        The same in a sentence.
    unit : str
        Of what is yielded, and of the value of information.
    scenarios : tuple of str
        The choices.
    runs : array, shape (draws, replications, scenarios)
        What each run yields, higher being better: outcomes of which less is better are negative.
    sign : int
        1, or −1 where less is better.
    people : float
        Residents with MT that a unit is worth: on that day, or a year on average; NaN where that has no meaning.
    people_words : str
        What ``people`` counts.
    notes : tuple of str
        What is unknown.
    """

    by: str
    words: str
    unit: str
    scenarios: tuple[str, ...]
    runs: Floats
    sign: int
    people: float
    people_words: str
    notes: tuple[str, ...]


def by_outcome(results: Results, scenarios: Sequence[str], outcome: str, date: Date | str | None) -> Decision:
    """Choose by one outcome on one recorded day; by default the last that all scenarios record.

    Raises
    ------
    ResultsError
        For an unknown outcome or day, scenarios of different territories, or a run in which the outcome is undefined.
    """
    check_outcome(outcome)
    about = OUTCOMES[outcome]
    check_territories(results, dict.fromkeys(scenarios[1:], scenarios[0]))
    recorded = common_dates(results, scenarios)
    day = recorded[-1] if date is None else wanted_dates(recorded, [date])[0]
    frame = results.outcomes([outcome], [day])
    runs = about.scale * np.stack([_by_run(frame, name, "value") for name in scenarios], axis=2)
    lost = frame.loc[frame["value"].isna() & frame["scenario"].isin(scenarios), "scenario"]
    if len(lost):
        raise ResultsError(f"some runs of {lost.iloc[0]!r} have no {outcome} on {day.date()}: choose another outcome")
    sign = -1 if about.lower_is_better else 1
    people = _adults(results, scenarios, outcome, day) / 100.0 if outcome in SHARES else float("nan")
    return Decision(
        outcome,
        f"the {'lowest' if about.lower_is_better else 'highest'} {outcome} on {day.date()}",
        about.unit_of_difference,
        tuple(scenarios),
        sign * runs,
        sign,
        people,
        "residents on that day",
        (),
    )


def _by_run(frame: pd.DataFrame, scenario: str, column: str) -> Floats:
    """Values of a scenario, shape (draws, replications)."""
    own = frame[frame["scenario"] == scenario]
    out: Floats = own.pivot(index="draw", columns="replication", values=column).to_numpy(float)
    return out


def _adults(results: Results, scenarios: Sequence[str], outcome: str, day: pd.Timestamp) -> float:
    """Mean number of the residents of whom the outcome is a share."""
    if SHARES[outcome].among:
        try:
            rows = results.by_group([outcome], (), [day])
        except NotKeptError:
            return float("nan")
    else:

        def on_the_day(run: Any) -> pd.DataFrame:
            totals: pd.DataFrame = run.totals()
            return totals[totals["date"] == day]

        rows = results.each(on_the_day)
    return float(rows.loc[rows["scenario"].isin(scenarios), "adults"].mean())


def by_net_benefit(results: Results, scenarios: Sequence[str], threshold: float, discount: float) -> Decision:
    """Choose by net benefit over the whole run: resident-years with MT, at what one is worth, less net public cost.

    Raises
    ------
    ResultsError
        For a threshold that is not above 0, and as `ess_sim.costs`.
    """
    if not 0 < threshold < math.inf:
        raise ResultsError(
            f"{threshold:g} is no threshold: what a resident-year with MT is worth is above 0 euro, and finite"
        )
    base = scenarios[0]
    found = costs(results, baseline=dict.fromkeys(scenarios[1:], base), discount=discount, thresholds=threshold)
    pairs = found.pairs.assign(benefit=threshold * found.pairs["gain"] - found.pairs["cost"])
    others = [_by_run(pairs, name, "benefit") for name in scenarios[1:]]
    runs = np.stack([np.zeros_like(others[0]), *others], axis=2)
    unknown = unknown_costs(results)
    notes = []
    for name in scenarios[1:]:
        if side := bound_of(unknown, name, base):
            details = sorted(set(unknown.loc[unknown["scenario"].isin((name, base)), "detail"]))
            notes.append(f"{name}: its net cost is {side} what stands here; unknown: {', '.join(details)}")
    said = results.about(base).scenario
    if minutes_around(said["territory"]):
        notes.append("net benefit is that of everyone in the runs, residents of the communes around included")
    years = float(said["horizon_years"])
    whole_run = f"{years:g} year{'s'[: years != 1]}"
    return Decision(
        "net_benefit",
        f"the highest net benefit over {whole_run}, if a resident-year with MT is worth {threshold:g} euro "
        f"(discounted at {100 * discount:g} % a year)",
        "EUR",
        tuple(scenarios),
        runs,
        1,
        1.0 / threshold / years,
        "residents with MT, a year on average, that the net benefit stands for",
        tuple(notes),
    )
