"""In how many runs centres ran out of money: words to be printed beside a comparison, which would not show it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pandas as pd

from ess_sim.results.comparison.filled import MOST_RUNS, Runs, may_offer
from ess_sim.results.over_runs import rows_of

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


def failures(results: Runs) -> Iterator[str]:
    """A line for each scenario in which a centre closed or was rescued, in the first 100 runs of each.

    Of several centres a run counts once, whichever of them it was.
    """
    offers = [name for name in results.scenarios if may_offer(results.about(name).scenario)]
    looked_at = {name: results.first(name, MOST_RUNS) for name in offers}

    def unwanted(rows: pd.DataFrame) -> pd.Series[bool]:
        return rows["event"].isin(_FATES) & ((rows["event"] != "centre_closed") | (rows["detail"] != _ON_PURPOSE))

    found = rows_of(list(chain(*looked_at.values())), "facts", {"actor": str, "event": str, "detail": str}, unwanted)
    for scenario, rows in found.groupby(found["scenario"].astype(str), sort=False):
        whose = sorted(set(rows["actor"]))
        runs = rows.drop_duplicates(["draw", "replication", "event"])["event"].value_counts()
        of = len(looked_at[str(scenario)])
        said = [f"{words} in {runs[event]}" for event, words in _FATES.items() if event in runs]
        said[0] += f" of {of} run{'s'[: of > 1]}"
        yield f"{scenario}: {whose[0] if len(whose) == 1 else f'{len(whose)} centres'}: {', '.join(said)}"
