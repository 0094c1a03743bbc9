"""Numbers of residents behind shares, by group: zone, age, long-term illness, precarity."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.results.indicators.shares import GROUPS, sums_by

__all__ = ["DIVISIONS", "SHARES", "Share", "check_division", "residents_by"]


class Share(NamedTuple):
    """A share of the adults, as columns of the table ``snapshots``.

    Attributes
    ----------
    counts : tuple of str
        Columns of the residents who are counted.
    among : str
        Column that the adults must have (``ald``, ``precarious``); '' for all adults.
    """

    counts: tuple[str, ...]
    among: str = ""


_WITHOUT = ("lost", "never_declared")
SHARES: Mapping[str, Share] = {
    "share_without_mt": Share(_WITHOUT),
    "share_lost": Share(("lost",)),
    "share_never_declared": Share(("never_declared",)),
    "share_seeking": Share(("seeking",)),
    "share_without_mt_ald": Share(_WITHOUT, "ald"),
    "share_without_mt_precarious": Share(_WITHOUT, "precarious"),
    "share_listed_far": Share(("listed_far",)),
}
"""Outcomes that are shares of the adults: they can be stated by group, and in numbers of residents."""


DIVISIONS = (*GROUPS, "departement")
"""What comparisons may be divided by."""


def check_division(by: Sequence[str], outcomes: Collection[str]) -> None:
    """Refuses unknown groups, and outcomes that have no meaning within groups.

    Raises
    ------
    ResultsError
        With what was meant, and what there is.
    """
    for name in by:
        if name not in DIVISIONS:
            known = ", ".join(DIVISIONS)
            raise ResultsError(f"cannot compare by {name!r}{did_you_mean(name, DIVISIONS)}: choose among {known}")
    for outcome in outcomes:
        if outcome not in SHARES:
            known = ", ".join(SHARES)
            raise ResultsError(
                f"{outcome} is no share of residents and cannot be compared by group: these can: {known}"
            )
        if SHARES[outcome].among in by:
            among = SHARES[outcome].among
            raise ResultsError(f"{outcome} is about one group alone: by {among!r}, compare share_without_mt")


def residents_by(
    snapshots: pd.DataFrame, outcomes: Sequence[str], by: Sequence[str], departements: Mapping[str, str]
) -> pd.DataFrame:
    """The numbers of residents behind shares of adults, by date and group.

    Parameters
    ----------
    snapshots : pandas.DataFrame
    outcomes : sequence of str
        Keys of `SHARES`.
    by : sequence of str
        Among `DIVISIONS`; none for all residents together.
    departements : mapping of str to str
        Département of each zone.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``outcome``, the groups, ``adults`` and ``residents`` (those counted among them). All groups of the
        table are there, those without adults too.
    """
    if "departement" in by:
        codes: Any = snapshots["zone"].cat
        of_zone = np.array([departements[zone] for zone in codes.categories])
        snapshots = snapshots.assign(departement=of_zone[codes.codes.to_numpy()])
    shares = {outcome: SHARES[outcome] for outcome in outcomes}
    columns = ["adults", *sorted({column for share in shares.values() for column in share.counts})]
    sums = {
        among: sums_by(snapshots[snapshots[among]] if among else snapshots, ["date", *by], columns)
        for among in {share.among for share in shares.values()}
    }
    parts = []
    for outcome, (counts, among) in shares.items():
        part = pd.DataFrame({"adults": sums[among]["adults"], "residents": sums[among][list(counts)].sum(axis=1)})
        part = part.reset_index()
        part.insert(1, "outcome", outcome)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
