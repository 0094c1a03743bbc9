"""Ages of GPs by département."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ess_sim.inputs.catalogue.bundled import text
from ess_sim.inputs.catalogue.gp_tables import check_departement, departement_figures, gp_departements

__all__ = ["GP_AGE_BANDS", "GpAgeProfile", "gp_age_profile"]


GP_AGE_BANDS = ("up_to_60", "61_62", "63_65", "over_65")
"""Age bands of the GP supply, youngest first; ages in completed years."""
_BAND_COLUMNS = [f"share_supply_gp_{band}_2023" for band in GP_AGE_BANDS]


@dataclass(frozen=True)
class GpAgeProfile:
    """Shares of the GP supply by age band.

    Attributes
    ----------
    departements : tuple of str
        The départements behind the shares: one, or all that are known where the département is not.
    shares : tuple of float
        One share a band of `GP_AGE_BANDS`, adding up to 1.
    grade : str
        B: the département's own shares; C: from its share of doctors of 55 or over; D: the mean of those known, where
        the département is unknown (an assumption that results must state).
    """

    departements: tuple[str, ...]
    shares: tuple[float, ...]
    grade: str

    @property
    def stand_in(self) -> bool:
        """True where the département is unknown."""
        return self.grade == "D"

    @property
    def source(self) -> str:
        """Where the shares come from."""
        return _SOURCES[self.grade]

    def share(self, band: str) -> float:
        """The share of one band of `GP_AGE_BANDS`."""
        return self.shares[GP_AGE_BANDS.index(band)]


_SOURCES = {
    "B": "the département's own: DREES, APL 2023, derived from its variants",
    "C": "from the share of doctors of 55 or over: fit on 8 départements (gp_age_fit.csv; DREES, RPPS 2025)",
    "D": "mean of 8 départements, for want of a département",
}


@functools.cache
def _mean_of_known() -> npt.NDArray[np.float64]:
    """Shares by band of the départements that are known together, weighted by their GPs of 2025."""
    figures = departement_figures()
    shares = figures[_BAND_COLUMNS].to_numpy(np.float64)
    mean: npt.NDArray[np.float64] = np.average(shares, axis=0, weights=figures["gp_count_2025"].to_numpy(np.float64))
    mean /= mean.sum()
    return mean


def _fitted(departement: str) -> npt.NDArray[np.float64]:
    """Shares by band from the share of doctors of 55 or over; what lies between the two fits is split as elsewhere."""
    old = float(gp_departements()["doctors_55_plus_share_2025"][departement])
    fit = {row["band"]: (float(row["intercept"]), float(row["slope"])) for _, row in text("gp_age_fit.csv").iterrows()}
    up_to_60, over_65 = (
        min(1.0, max(0.0, intercept + slope * old)) for intercept, slope in (fit["up_to_60"], fit["over_65"])
    )
    _, sixty_one, sixty_three, _ = _mean_of_known().tolist()
    between = max(0.0, 1.0 - up_to_60 - over_65)
    part = sixty_one / (sixty_one + sixty_three)
    shares = np.array([up_to_60, between * part, between * (1.0 - part), over_65])
    shares /= shares.sum()
    return shares


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
        The département's own shares, known of 8; of others, from their share of doctors of 55 or over; where the
        département is unknown, the mean of the 8 weighted by their GPs of 2025, marked ``stand_in``.

    Raises
    ------
    TerritoryError
        If there is no such département.

    Notes
    -----
    Source: derived from the variants of DREES's APL 2023 (all GPs, those up to 65, 62, 60). Published to four decimals,
    rescaled to add up to 1. The fit (``gp_age_fit.csv``) errs by 2.8 points of GPs up to 60 and 2.1 of those over 65.

    Examples
    --------
    >>> profile = gp_age_profile("53")
    >>> round(profile.share("over_65"), 4), profile.grade
    (0.1256, 'B')
    >>> gp_age_profile("2A").grade, gp_age_profile(None).stand_in
    ('C', True)
    """
    if departement is not None:
        check_departement(departement)
    figures = departement_figures()
    if departement is None:
        behind, shares, grade = tuple(figures.index), _mean_of_known(), "D"
    elif departement in figures.index:
        own = figures[figures.index == departement][_BAND_COLUMNS].to_numpy(np.float64)[0]
        behind, shares, grade = (departement,), own / own.sum(), "B"
    else:
        behind, shares, grade = (departement,), _fitted(departement), "C"
    return GpAgeProfile(behind, tuple(float(s) for s in shares), grade)
