"""Categories of the tables and of the kernel: age bands, states, pools, causes, outcomes of calls, payers.

The order counts: a category's place here is its number in the kernel, in records and in stored tables.
"""

from __future__ import annotations

from itertools import pairwise

__all__ = [
    "AGE_BANDS",
    "BAND_STARTS",
    "CALLERS",
    "CALL_OUTCOMES",
    "CAUSES",
    "COUNTS",
    "ORDINARY_CARE",
    "PAYERS",
    "POOLS",
    "PROVIDER_KINDS",
    "PUBLIC_PAYERS",
    "STATES_WITHOUT",
]


BAND_STARTS = (17, 30, 45, 60, 75)
AGE_BANDS = (*(f"{a}-{b - 1}" for a, b in pairwise(BAND_STARTS)), f"{BAND_STARTS[-1]}+")
STATES_WITHOUT = ("seeking", "discouraged", "not_seeking")
"""States of residents without MT."""
POOLS = ("lost", "never_declared")
"""Histories of residents without MT."""
COUNTS = ("listed", "listed_far", *STATES_WITHOUT, *POOLS, "listed_reachable", "minutes")
"""What is counted in each cell; a resident is either listed or in one of the states without MT. Minutes are those of
the reachable to their MT, in tenths."""
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


ORDINARY_CARE = ("liberal practices", "practices elsewhere")
"""Actors of the accounts who are there in every run: GPs' practices inside the territory, MTs outside it."""
