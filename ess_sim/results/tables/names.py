"""Categories of the tables: age bands, pools, causes, payers."""

from __future__ import annotations

__all__ = [
    "AGE_BANDS",
    "CALLERS",
    "CALL_OUTCOMES",
    "CAUSES",
    "ORDINARY_CARE",
    "PAYERS",
    "POOLS",
    "PROVIDER_KINDS",
    "PUBLIC_PAYERS",
]


AGE_BANDS = ("17-29", "30-44", "45-59", "60-74", "75+")
POOLS = ("lost", "never_declared")
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
