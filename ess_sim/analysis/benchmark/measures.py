"""What the benchmark measures in each run, after 1, 5 and 10 years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.analysis.accounts.cost_sums import CENTRES, left_of_centres
from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.experiments.experiment import Progress, silent
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.model.policies.words import Words
from ess_sim.results.over_runs import rows_of
from ess_sim.results.results import Results
from ess_sim.results.run import RunTables
from ess_sim.results.statistics.intervals import Floats
from ess_sim.results.tables.names import ORDINARY_CARE, PUBLIC_PAYERS

__all__ = ["AFTER", "MEASURES", "Measure", "values_of"]


AFTER = (1, 5, 10)
"""Years after the start at which measures are stated; the end of a shorter run takes the place of what lies beyond."""


@dataclass(frozen=True)
class Measure:
    """A number of a run.

    Attributes
    ----------
    name : Words
    unit : Words
        Of differences.
    digits : int
        After the decimal mark, where it is shown.
    good : bool
        Whether policies are ranked by it; of costs none is best.
    """

    name: Words
    unit: Words
    digits: int = 2
    good: bool = True


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "share_without_mt": Measure(
            Words("residents without MT", "habitants sans médecin traitant"), Words("points", "points")
        ),
        "months_without_mt": Measure(
            Words("months without MT of an adult since the start", "mois sans médecin traitant par adulte"),
            Words("months per adult", "mois par adulte"),
            3,
        ),
        "gap_precarious": Measure(
            Words("precarious residents' share without MT above that of others", "écart des publics précaires"),
            Words("points", "points"),
        ),
        "share_without_mt_ald": Measure(
            Words("ALD residents without MT", "patients en ALD sans médecin traitant"), Words("points", "points")
        ),
        "travel_minutes": Measure(
            Words("minutes to the MT", "minutes jusqu'au médecin traitant"), Words("minutes", "minutes")
        ),
        "gross_cost": Measure(
            Words("public cost of policies and structures", "coût public des mesures et des structures"),
            Words("€ per adult-year", "€ par adulte et par an"),
            good=False,
        ),
        "net_cost": Measure(
            Words("public cost, ordinary care included", "coût public, soins courants compris"),
            Words("€ per adult-year", "€ par adulte et par an"),
            good=False,
        ),
    }
)
"""Less is better of all that is ranked."""

_OUTCOMES = ("share_without_mt", "gap_precarious", "share_without_mt_ald", "travel_minutes")
_RUN = ["draw", "replication"]
_EVERY = 10**9


def values_of(results: Results, after: Sequence[int] = AFTER, progress: Progress = silent) -> pd.DataFrame:
    """Each measure of each run, at the records nearest to so many years after the start.

    Parameters
    ----------
    results : Results
        With outcomes, facts and accounts.
    after : sequence of int
        Years.
    progress : callable
        Called with scenarios done, their number, and a name.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``draw``, ``replication``, ``year``, ``measure``, ``value`` (shares in %; unit as in `MEASURES`).

    Notes
    -----
    Costs are what has been paid up to then. On the last day what centres have left is given back to its owners, as in
    `ess_sim.costs`.
    """
    parts = []
    for n, name in enumerate(results.scenarios):
        progress(n, len(results.scenarios), name)
        parts.append(_of_scenario(results, name, tuple(after)))
    found = pd.concat(parts, ignore_index=True)
    found["scenario"] = pd.Categorical(found["scenario"], list(results.scenarios))
    return found


def _of_scenario(results: Results, scenario: str, after: tuple[int, ...]) -> pd.DataFrame:
    runs = results.first(scenario, _EVERY)
    dates = results.recorded(scenario)
    passed = ((dates - dates[0]) / pd.Timedelta(days=DAYS_PER_YEAR)).to_numpy(float)
    # the last record is that of the last year, although a year is a quarter of a day longer than most
    at = {year: int(np.abs(passed - year).argmin()) if year < passed[-1] - 0.01 else len(dates) - 1 for year in after}
    wanted: Mapping[str, Any] = {"date": "datetime64[s]", "outcome": str, "value": float}
    rows = rows_of(runs, "outcomes", wanted, lambda rows: rows["outcome"].isin(_OUTCOMES))
    wide = rows.pivot(index=[*_RUN, "date"], columns="outcome", values="value")
    index = pd.MultiIndex.from_arrays([[run.draw for run in runs], [run.replication for run in runs]], names=_RUN)
    series = {name: wide[name].unstack("date").loc[index].to_numpy(float) * OUTCOMES[name].scale for name in _OUTCOMES}
    share = series["share_without_mt"] / 100
    stay = np.diff(passed) * (share[:, 1:] + share[:, :-1]) / 2
    adults = float(runs[0].totals()["adults"].iloc[0])
    paid = _paid(runs, dates, adults)
    out = []
    for year, k in at.items():
        values = {name: series[name][:, k] for name in _OUTCOMES}
        values["months_without_mt"] = 12.0 * stay[:, :k].sum(axis=1)
        years = passed[k] or 1.0
        values |= {name: euro[:, k] / years for name, euro in paid.items()}
        for name in MEASURES:
            frame = index.to_frame(index=False).assign(year=year, measure=name, value=values[name])
            out.append(frame.assign(scenario=scenario))
    return pd.concat(out, ignore_index=True)[["scenario", *_RUN, "year", "measure", "value"]]


def _paid(runs: Sequence[RunTables], dates: pd.DatetimeIndex, adults: float) -> dict[str, Floats]:
    """Public euro per adult up to each record, shape (runs, records): for policies and structures, and in all."""
    place = {(run.draw, run.replication): i for i, run in enumerate(runs)}
    columns: Mapping[str, Any] = {"date": "datetime64[s]", "actor": str, "payer": str, "cents": np.int64}
    rows = rows_of(runs, "accounts", columns, lambda rows: rows["cents"] != 0)
    facts = rows_of(
        runs,
        "facts",
        {"date": "datetime64[s]", "event": str, "actor": str, "detail": str},
        lambda f: f["event"].isin(CENTRES),
    )
    for frame in (rows, facts):
        frame["run"] = [place[key] for key in zip(frame["draw"], frame["replication"], strict=True)]
    named = [frame.assign(actor=frame["run"].astype(str) + " " + frame["actor"]) for frame in (rows, facts)]
    left = left_of_centres(named[0], named[1], dates[-1])
    left["run"] = [int(actor.partition(" ")[0]) for actor in left["actor"]]
    rows = pd.concat([rows, left.assign(actor="left")], ignore_index=True)
    rows = rows[rows["payer"].isin(PUBLIC_PAYERS)]
    ordinary = rows["actor"].isin(ORDINARY_CARE).to_numpy()
    which, cents = rows["run"].to_numpy(np.int64), rows["cents"].to_numpy(np.int64)
    record = np.searchsorted(dates.to_numpy(), rows["date"].to_numpy())  # at the end of the day it is in the books
    out = {}
    for name, counted in (("gross_cost", ~ordinary), ("net_cost", np.ones(len(rows), dtype=bool))):
        sums = np.zeros((len(runs), len(dates)), dtype=np.int64)
        np.add.at(sums, (which[counted], record[counted]), cents[counted])
        out[name] = sums.cumsum(axis=1) / 100 / adults
    return out
