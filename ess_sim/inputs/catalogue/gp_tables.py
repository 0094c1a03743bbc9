"""Tables of the GPs of each département: those that all 101 have, and those that only 8 have."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from ess_sim.errors import TerritoryError, did_you_mean
from ess_sim.inputs.catalogue.bundled import text

__all__ = ["check_departement", "departement_figures", "gp_departements", "known_departements"]


@functools.cache
def _gp_departements() -> pd.DataFrame:
    return (
        text("gp_departements.csv")
        .set_index("departement")
        .astype({"list_holders_2024": np.int64, "doctors_55_plus_share_2025": np.float64})
    )


def gp_departements() -> pd.DataFrame:
    """What is known of the doctors of each of the 101 départements.

    Returns
    -------
    pandas.DataFrame
        Index ``departement``; ``list_holders_2024`` (liberal GPs without those of particular practice, MEP: Cnam, data
        ameli) and ``doctors_55_plus_share_2025`` (doctors of all specialties: DREES, RPPS).

    Examples
    --------
    >>> int(gp_departements().loc["53", "list_holders_2024"]), int(gp_departements()["list_holders_2024"].sum())
    (169, 51775)
    """
    return _gp_departements().copy()


@functools.cache
def known_departements() -> frozenset[str]:
    """Codes of the départements in `gp_departements`; looking them up in the table takes a hundred times as long."""
    return frozenset(_gp_departements().index)


def check_departement(departement: str) -> None:
    """Raise `TerritoryError` for what is no code of a département."""
    known = _gp_departements().index
    if departement not in known:
        raise TerritoryError(f"no département {departement!r}{did_you_mean(departement, known)}")


@functools.cache
def _departement_figures() -> pd.DataFrame:
    frame = text("departement_figures.csv").set_index("departement_code")
    for column in frame.columns:
        frame[column] = frame[column].astype(np.float64 if column.startswith("share_") else np.int64)
    return frame


def departement_figures() -> pd.DataFrame:
    """GP figures of the 8 départements that have them.

    Returns
    -------
    pandas.DataFrame
        Index ``departement_code``; ``gp_count_2012``, ``gp_count_2025`` (GPs on 1 January, all modes of practice: DREES
        RPPS), ``share_supply_gp_*_2023`` (shares of the GP supply by age: derived from DREES APL variants).

    Examples
    --------
    >>> int(departement_figures().loc["53", "gp_count_2025"])
    333
    """
    return _departement_figures().copy()
