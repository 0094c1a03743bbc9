"""What the benchmark measures in each run, after 1, 5 and 10 years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from ess_sim.analysis.accounts.cost_sums import PUBLIC, Sums, of_run
from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.model.policies.words import Words
from ess_sim.results.results import Results
from ess_sim.results.run import RunTables

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


@dataclass(frozen=True)
class _Until:
    """A run up to a record."""

    run: RunTables
    day: pd.Timestamp

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def draw(self) -> int:
        return self.run.draw

    @property
    def replication(self) -> int:
        return self.run.replication

    def table(self, table: str) -> pd.DataFrame:
        rows = self.run.table(table)
        return rows[rows["date"] <= self.day]

    def totals(self) -> pd.DataFrame:
        rows = self.run.totals()
        return rows[rows["date"] <= self.day]


def values_of(results: Results, after: Sequence[int] = AFTER) -> pd.DataFrame:
    """Each measure of each run, at the records nearest to so many years after the start.

    Parameters
    ----------
    results : Results
        With outcomes, facts and accounts.
    after : sequence of int
        Years.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``draw``, ``replication``, ``year``, ``measure``, ``value`` (shares in %; unit as in `MEASURES`).
    """

    def of_one(run: RunTables) -> pd.DataFrame:
        outcomes, totals = run.table("outcomes"), run.totals()
        wide = outcomes[outcomes["outcome"].isin(_OUTCOMES)].pivot(index="date", columns="outcome", values="value")
        passed = ((wide.index - wide.index[0]) / pd.Timedelta(days=DAYS_PER_YEAR)).to_numpy(float)
        adults = float(totals["adults"].iloc[0])
        rows = []
        for year in after:
            at = int(np.abs(passed - year).argmin())
            years, day = float(passed[at]), wide.index[at]
            here = wide.iloc[at]
            found = {name: float(here[name]) * (1.0 if name == "travel_minutes" else 100.0) for name in _OUTCOMES}
            sums = of_run(_Until(run, day), (0.0,))
            table = Sums(sums.assign(scenario=run.name, draw=run.draw, replication=run.replication))
            stayed = float(sums.loc[sums["item"] == "without", "value"].iloc[0])
            found["months_without_mt"] = 12.0 * stayed / adults
            for name, net in (("gross_cost", False), ("net_cost", True)):
                euro = float(table.cost(run.name, 0.0, PUBLIC, net=net).iloc[0])
                found[name] = euro / adults / years if years > 0 else 0.0
            rows += [(year, name, found[name]) for name in MEASURES]
        return pd.DataFrame(rows, columns=["year", "measure", "value"])

    return results.each(of_one)
