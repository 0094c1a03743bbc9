"""Ages of GPs by département, and the figures known of each département."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ess_sim.errors import TerritoryError, did_you_mean
from ess_sim.inputs.catalogue.bundled import departements, text

__all__ = ["GP_AGE_BANDS", "GpAgeProfile", "departement_figures", "gp_age_profile"]


GP_AGE_BANDS = ("up_to_60", "61_62", "63_65", "over_65")
"""Age bands of the GP supply, youngest first; ages in completed years."""


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
        RPPS), ``share_supply_gp_*_2023`` (shares of the GP supply by age: derived from DREES APL variants),
        ``mean_declared_patients_per_gp_2024`` (all ages, liberal GPs without MEP: Cnam).

    Examples
    --------
    >>> int(departement_figures().loc["53", "gp_count_2025"])
    333
    """
    return _departement_figures().copy()


@dataclass(frozen=True)
class GpAgeProfile:
    """Shares of the GP supply by age band.

    Attributes
    ----------
    departements : tuple of str
        The départements behind the shares: one, or all that are known for a stand-in.
    shares : tuple of float
        One share a band of `GP_AGE_BANDS`, adding up to 1.
    stand_in : bool
        True where the département has no profile of its own (grade D: an assumption that results must state).
    """

    departements: tuple[str, ...]
    shares: tuple[float, ...]
    stand_in: bool

    def share(self, band: str) -> float:
        """The share of one band of `GP_AGE_BANDS`."""
        return self.shares[GP_AGE_BANDS.index(band)]


@functools.cache
def gp_age_profile(departement: str | None) -> GpAgeProfile:
    """Shares of the GP supply by age band in a département, 2023.

    Parameters
    ----------
    departement : str or None
        Code, e.g. ``"53"``; None where it is unknown.

    Returns
    -------
    GpAgeProfile
        The département's own shares; without any, the mean of the known ones weighted by their GPs of 2025, marked
        ``stand_in``.

    Raises
    ------
    TerritoryError
        If there is no such département.

    Notes
    -----
    Source: derived from the variants of DREES's APL 2023 (all GPs, those up to 65, 62, 60). Published to four decimals,
    rescaled to add up to 1.

    Examples
    --------
    >>> profile = gp_age_profile("53")
    >>> round(profile.share("over_65"), 4), profile.stand_in
    (0.1256, False)
    >>> gp_age_profile("2A").stand_in
    True
    """
    known = departements()["code"]
    if departement is not None and departement not in set(known):
        raise TerritoryError(f"no département {departement!r}{did_you_mean(departement, known)}")
    figures = _departement_figures()
    stand_in = departement not in figures.index
    rows = figures if stand_in else figures[figures.index == departement]
    table: npt.NDArray[np.float64] = rows[[f"share_supply_gp_{b}_2023" for b in GP_AGE_BANDS]].to_numpy(np.float64)
    shares = np.average(table, axis=0, weights=rows["gp_count_2025"].to_numpy(np.float64))
    shares = shares / shares.sum()
    return GpAgeProfile(tuple(str(code) for code in rows.index), tuple(float(s) for s in shares), stand_in)
