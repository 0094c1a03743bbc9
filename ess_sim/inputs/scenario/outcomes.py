"""Outcomes that a scenario may declare, their units and directions."""

from __future__ import annotations

__all__ = ["BETTER", "FAIRNESS", "OUTCOMES", "UNITS"]


OUTCOMES: dict[str, str] = {
    "share_without_mt": "share of residents aged 17+ without MT",
    "share_lost": "share of residents aged 17+ whose last MT ceased or closed",
    "share_never_declared": "share of residents aged 17+ without MT for any other reason",
    "share_seeking": "share of residents aged 17+ who look for an MT",
    "share_without_mt_ald": "share without MT among residents with a long-term illness (ALD)",
    "share_without_mt_precarious": "share without MT among precarious residents",
    "share_listed_far": "share of residents aged 17+ whose MT is far away or outside the territory",
    "refusal_rate": "probability that a random practice refuses a random standard caller (mystery call)",
    "travel_minutes": "mean minutes to the MT, residents listed in the territory",
    "list_holders": "list-holding GPs",
    "gap_precarious": "share without MT of precarious residents minus that of the others",
    "worst_decile_zones": "share without MT of the tenth of adults in the zones worst off",
    "gini_zones": "Gini index of the zones' shares without MT",
    "barrier_physical": "attempts to find an MT in the last twelve months that failed because lists open were too far",
    "barrier_financial": "attempts to find an MT in the last twelve months that failed for money",
    "barrier_psychological": "attempts to find an MT in the last twelve months that nobody dared to make",
}
"""Outcomes that a scenario may declare, with what they mean."""


UNITS = {
    "share_without_mt": "share",
    "share_lost": "share",
    "share_never_declared": "share",
    "share_seeking": "share",
    "share_without_mt_ald": "share",
    "share_without_mt_precarious": "share",
    "share_listed_far": "share",
    "refusal_rate": "share",
    "travel_minutes": "minutes",
    "list_holders": "GPs",
    "gap_precarious": "share",
    "worst_decile_zones": "share",
    "gini_zones": "share",
    "barrier_physical": "share",
    "barrier_financial": "share",
    "barrier_psychological": "share",
}
"""Unit of each outcome that a scenario may declare."""


BETTER = {name: "higher" if name == "list_holders" else "lower" for name in UNITS}
"""Which way each outcome is better for residents."""


FAIRNESS = {
    "gap_precarious": "precarious minus others",
    "share_without_mt_ald": "with ALD",
    "worst_decile_zones": "worst tenth, by zone",
    "gini_zones": "Gini of zones",
}
"""Outcomes that say who is left out, in short: they go beside every headline."""
