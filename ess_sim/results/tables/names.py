"""Categories of the tables and of the kernel: age bands, states, pools, causes, outcomes of calls, payers.

The order counts: a category's place here is its number in the kernel, in records and in stored tables.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

__all__ = [
    "AGE_BANDS",
    "BAND_STARTS",
    "CALLERS",
    "CALL_OUTCOMES",
    "CAUSES",
    "COUNTED",
    "COUNTS",
    "ORDINARY_CARE",
    "PAYERS",
    "POOLS",
    "POOL_MEANINGS",
    "PROVIDER_KINDS",
    "PUBLIC_PAYERS",
    "STATES_WITHOUT",
    "STATE_MEANINGS",
    "TOTALS",
    "Counted",
]


BAND_STARTS = (17, 30, 45, 60, 75)
AGE_BANDS = (*(f"{a}-{b - 1}" for a, b in pairwise(BAND_STARTS)), f"{BAND_STARTS[-1]}+")
STATE_MEANINGS = {
    "seeking": "have no MT and look for one",
    "discouraged": "have no MT and gave up",
    "not_seeking": "have no MT and do not look for one",
}
"""States of residents without MT: a new one is declared here, and in the kernel's `codes`, which ask for it. The lists,
counts, columns and sums by state follow from this table."""
STATES_WITHOUT = tuple(STATE_MEANINGS)
POOL_MEANINGS = {"lost": "the last MT ceased or closed", "never_declared": "all others"}
"""Histories of residents without MT."""
POOLS = tuple(POOL_MEANINGS)


class Counted(NamedTuple):
    """What is counted in each cell: residents, or the sum of something over them."""

    about: str
    unit: str = "residents"
    parts: int = 1  # of a sum: the kernel counts in whole parts of the unit, so many to one


COUNTED = {
    "listed": Counted("have an MT"),
    "listed_far": Counted("of the listed: the MT is far away or outside the territory"),
    **{state: Counted(about) for state, about in STATE_MEANINGS.items()},
    **{pool: Counted(f"of those without MT: {about}") for pool, about in POOL_MEANINGS.items()},
    "listed_reachable": Counted("of the listed: the MT practises in the territory, at known minutes"),
    "minutes": Counted("sum over listed_reachable of the minutes to the MT", "minutes", 10),
}
"""What is counted in each cell; a resident is either listed or in one of the states without MT. A new count is declared
here, and in the kernel's `counts`, which asks for it; columns and checks follow. The states stand side by side, and the
pools, so that the kernel finds a state's count by its number."""
COUNTS = tuple(COUNTED)


TOTALS = ("adults", "without_mt", "adults_around", "without_mt_around")
"""What every run keeps of each record: adults, and those of them without MT, in the territory and in its halo."""


CAUSES = (
    "reached_17",
    "died",
    "moved_out",
    "moved_in",
    "moved_within",
    "birthday",
    "ald_onset",
    "released_cessation",
    "released_closure",
    "released_outside",
    "registered_liberal",
    "registered_centre",
)
CALL_OUTCOMES = ("accepted", "accepted_relative", "too_far", "no_place", "closed", "financial", "suppressed")
CALLERS = ("without_mt", "far", "change")
PROVIDER_KINDS = ("centre", "liberal")
PUBLIC_PAYERS = ("insurer", "agency", "local_authority", "state")


PAYERS = (*PUBLIC_PAYERS, "members", "residents", "")
"""Who pays: the health insurer, the regional health agency, a local authority, the state; a cooperative's, mutual's or
group's own money; residents and their complementary insurance; '' for an actor's own expense."""


ORDINARY_CARE = ("liberal practices", "practices elsewhere", "care around")
"""Actors of the accounts whom no policy brings: for the territory's residents, GPs' practices, those of its halo too,
and MTs outside both; all ordinary care of the halo's residents."""
