"""In how many runs centres ran out of money: words to be printed beside a comparison, which would not show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pandas as pd

from ess_sim.results.comparison.filled import MOST_RUNS, may_offer
from ess_sim.results.comparison.pairing import Outcomes

__all__ = ["failures"]


_FATES = {
    "centre_closed": "closed",
    "rescue": "got emergency aid",
    "receivership": "in receivership",
    "taken_over": "taken over by a group",
}
"""What happens to a centre for want of money, by event, and in words."""

_ON_PURPOSE = "planned"
"""Detail of a closure that the scenario asks for."""


class _Runs(Outcomes, Protocol):
    def each(self, numbers: Callable[[Any], pd.DataFrame]) -> pd.DataFrame: ...


def failures(results: _Runs) -> Iterator[str]:
    """A line for each scenario in which a centre closed or was rescued, in the first 100 runs of each.

    Of several centres a run counts once, whichever of them it was.
    """
    looked_at = {name: 0 for name in results.scenarios if may_offer(results.about(name).scenario)}
    columns = ["actor", "event"]

    def of_run(run: Any) -> pd.DataFrame:
        if run.name not in looked_at or looked_at[run.name] >= MOST_RUNS:
            return pd.DataFrame(columns=columns)
        looked_at[run.name] += 1
        facts = run.table("facts")
        facts = facts[facts["event"].isin(_FATES)].astype({"event": str, "actor": str, "detail": str})
        return facts.loc[(facts["event"] != "centre_closed") | (facts["detail"] != _ON_PURPOSE), columns]

    found = results.each(of_run)
    for scenario, rows in found.groupby(found["scenario"].astype(str), sort=False):
        whose = sorted(set(rows["actor"]))
        runs = rows.drop_duplicates(["draw", "replication", "event"])["event"].value_counts()
        of = looked_at[str(scenario)]
        said = [f"{words} in {runs[event]}" for event, words in _FATES.items() if event in runs]
        said[0] += f" of {of} run{'s'[: of > 1]}"
        yield f"{scenario}: {whose[0] if len(whose) == 1 else f'{len(whose)} centres'}: {', '.join(said)}"
