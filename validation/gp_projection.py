"""How many GPs there will be: cohorts by age, all modes of practice, of the nation or of one département.

Heads on 1 January age by a year, leave with a probability that depends on age, and are joined by those whom training
and foreign faculties send: not by first installations, which only count who opens a practice. Nothing here knows the
simulated territory. Four things make the draws differ: chance (binomial, Poisson), what is not known (`assumed`
draws every assumption from its range), the ages of a small group, and what a département does that the nation does
not (`EntryEffect`).

Axes: draw, year, age; ages in completed years on 1 January, `AGES`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.elementary import power
from ess_sim.inputs.catalogue.bundled import data_path
from ess_sim.inputs.catalogue.parameters import catalogue

__all__ = [
    "AGES",
    "EntryEffect",
    "Exposure",
    "assumed",
    "assumptions",
    "doctors_by_age",
    "entries",
    "exits",
    "exposure",
    "gp_counts",
    "gp_interns",
    "heads",
    "intake_interns",
    "list_holders_exits",
    "observed_interns",
    "project",
    "pyramid",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AGES: Ints = np.arange(25, 91)
"""Ages that are kept apart; the last stands for 90 and over."""
_START = 2012
_SPECIALTY = 2017
"""First year in which emergency medicine is a specialty of its own in the register (RPPS)."""
_DELAYS = (3, 4, 5, 6)
_TRAINED = np.array([1, 2, 3, 3, 2, 1, 1]) / 13.0
_TRAINED_FROM = 27
"""Ages at which those trained in France are first counted: 27 to 33, the most at 29 and 30."""
_ABROAD = slice(30 - 25, 55 - 25)
"""Those trained abroad: 30 to 54, evenly (a fifth are over 50: Ordre des médecins, newly registered of 2015)."""
_THINNING_FROM_70 = 0.85
"""Each year of age beyond 70 counts 0.85 times the one before, on 1 January 2012 (assumption)."""


# --- what is known ---------------------------------------------------------------------------------------------------


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(data_path(name).read_text(encoding="utf-8").splitlines()))


def gp_counts() -> pd.DataFrame:
    """GPs on 1 January, all modes of practice (DREES, RPPS).

    Returns
    -------
    pandas.DataFrame
        Index ``year`` (2012 to 2025), one integer column an area: ``"france"`` and département codes.

    Examples
    --------
    >>> gp_counts().loc[2012].to_dict()
    {'53': 354, 'france': 101435}
    """
    table = pd.DataFrame(_rows("gp_counts.csv")).astype({"year": np.int64, "gp_count": np.int64})
    return table.pivot(index="year", columns="area", values="gp_count").rename_axis(columns=None)


def doctors_by_age() -> pd.DataFrame:
    """Doctors of all specialties by age on 1 January (DREES, RPPS).

    Returns
    -------
    pandas.DataFrame
        Index ``age_from`` (25 stands for below 30, 65 for 65 and over), integer columns 2012 to 2020.

    Examples
    --------
    >>> int(doctors_by_age()[2012].sum())
    215930
    """
    table = pd.DataFrame(_rows("doctors_by_age.csv")).astype(np.int64).set_index("age_from")
    table.columns = table.columns.astype(np.int64)
    return table


def gp_interns() -> pd.DataFrame:
    """Interns who began general practice, by year of the national ranking.

    Returns
    -------
    pandas.DataFrame
        Index ``year`` (2004 to 2023); ``interns``, ``low``, ``high`` (persons), ``grade``, ``source``.
    """
    table = pd.DataFrame(_rows("gp_interns.csv")).set_index("year")
    table.index = table.index.astype(np.int64)
    return table.astype({"interns": np.float64, "low": np.float64, "high": np.float64})


@cache
def _assumptions() -> pd.DataFrame:
    table = pd.DataFrame(_rows("gp_demography.csv")).set_index("name")
    return table.astype({"value": np.float64, "low": np.float64, "high": np.float64})


def assumptions() -> pd.DataFrame:
    """What the projections assume.

    Returns
    -------
    pandas.DataFrame
        Index ``name``; ``value``, ``low``, ``high``, ``unit``, ``grade`` (A official, B study, C press or expert, D
        assumption), ``source``, ``note``.

    Examples
    --------
    >>> assumptions().loc["trained_abroad", ["value", "low", "high"]].tolist()
    [300.0, 200.0, 400.0]
    """
    return _assumptions().copy()


def assumed(draws: int | None = None, *, seed: int = 0) -> pd.DataFrame:
    """Draws of all assumptions and of the interns of each year, from their ranges.

    Parameters
    ----------
    draws : int, optional
        How many; their central values, in one row, by default.
    seed : int
        Seed of the draws, ≥ 0.

    Returns
    -------
    pandas.DataFrame
        One row a draw; columns the names of `assumptions` and ``interns_2004`` and so on. Triangular on [low, high]
        with its mode at the value, each on its own.

    Raises
    ------
    ValueError
        If ``draws`` is below 1.

    Examples
    --------
    >>> float(assumed()["trained_abroad"].iloc[0]), len(assumed(3, seed=1))
    (300.0, 3)
    """
    interns = gp_interns().rename(columns={"interns": "value"}).rename(index=lambda year: f"interns_{year}")
    table = pd.concat([_assumptions(), interns])[["value", "low", "high"]]
    if draws is None:
        return table[["value"]].T.reset_index(drop=True)
    if draws < 1:
        raise ValueError(f"draws must be 1 or more, not {draws}")
    rng = np.random.default_rng([seed, 1])
    columns = {
        name: rng.triangular(row["low"], row["value"], row["high"], draws)
        if row["low"] < row["high"]
        else np.full(draws, row["value"])
        for name, row in table.iterrows()
    }
    return pd.DataFrame(columns)


# --- start, exits, entries -------------------------------------------------------------------------------------------


def pyramid(assumed: pd.DataFrame) -> Floats:
    """Part of GPs of each age on 1 January 2012, shape (draws, ages); rows add up to 1.

    The age pyramid of all doctors, tilted towards the GPs' mean age; even within five years of age; the over-70s set
    apart.

    Parameters
    ----------
    assumed : pandas.DataFrame
        Draws, as `assumed` gives them.

    Examples
    --------
    >>> shares = pyramid(assumed())
    >>> round(float(shares[0] @ AGES), 1), round(float(shares[0, AGES >= 70].sum()), 3)
    (51.2, 0.013)
    """
    bands = doctors_by_age()[_START]
    each = np.zeros(len(AGES))
    for low, count in zip(bands.index, bands, strict=True):
        each[(low <= AGES) & (low + 5 > AGES)] = count / 5
    old = AGES >= 70
    each[old] = power(_THINNING_FROM_70, AGES[old] - 70)
    each[old] *= 0.2 * float(bands.loc[65]) / each[old].sum()
    each[(AGES >= 65) & ~old] *= 0.8
    each /= each.sum()
    about = AGES - (each * AGES).sum()
    tilt = about / (each * about * about).sum()
    shares: Floats = each * np.maximum(1 + assumed["older_than_doctors"].to_numpy()[:, None] * tilt, 0)
    over = assumed["over_70_2012"].to_numpy()[:, None]
    shares[:, old] *= over / shares[:, old].sum(axis=1, keepdims=True)
    shares[:, ~old] *= (1 - over) / shares[:, ~old].sum(axis=1, keepdims=True)
    return shares


def list_holders_exits() -> Floats:
    """Annual probability that a list-holding liberal GP ceases, by age, shape (ages,): the simulator's catalogue."""
    out = np.zeros(len(AGES))
    for name, parameter in catalogue().items():
        if name.startswith("exit_hazard_"):
            out[_band(name.removeprefix("exit_hazard_"))] = parameter.value
    return out


def _band(name: str) -> NDArray[np.bool_]:
    """Ages of a band of the catalogue: ``below_55``, ``64``, ``60_61``, ``80_plus``."""
    if name.startswith("below_"):
        return int(name.removeprefix("below_")) > AGES
    if name.endswith("_plus"):
        return int(name.removesuffix("_plus")) <= AGES
    low, _, high = name.partition("_")
    return (int(low) <= AGES) & (int(high or low) >= AGES)


def exits(assumed: pd.DataFrame, *, first: int, years: int) -> Floats:
    """Probability that a GP is no longer counted a year later, shape (draws, years, ages).

    Parameters
    ----------
    assumed : pandas.DataFrame
        Draws, as `assumed` gives them.
    first : int
        Calendar year of the first step, e.g. 2012 for what happens from 1 January 2012 to 1 January 2013.
    years : int
        Number of steps.

    Notes
    -----
    From 55 on the shape over ages is that of list-holders who cease (`list_holders_exits`), scaled to what doctors of
    all modes do. Below 55 list-holders leave much more often than the register loses doctors: they change mode.
    """
    held = list_holders_exits()
    each = np.where(AGES < 55, assumed["exit_below_55"].to_numpy()[:, None], held)
    each = np.where((AGES >= 55) & (AGES < 65), each * assumed["exit_factor_55_64"].to_numpy()[:, None], each)
    each = np.where(AGES >= 65, each * assumed["exit_factor_65_plus"].to_numpy()[:, None], each)
    left = assumed["leaving_perimeter"].to_numpy()[:, None, None] * (AGES < 55)
    since = (np.arange(first, first + years) >= _SPECIALTY)[None, :, None]
    out: Floats = np.minimum(each[:, None, :] + left * since, 1.0)
    return out


def entries(assumed: pd.DataFrame, interns: Floats, *, first: int, years: int, abroad: Floats | None = None) -> Floats:
    """Mean number of GPs of France who are newly counted, by year and age, shape (draws, years, ages).

    Parameters
    ----------
    assumed : pandas.DataFrame
        Draws, as `assumed` gives them.
    interns : float array, shape (draws, 5 + years)
        Interns who began general practice in the years ``first`` − 7 to ``first`` + ``years`` − 3.
    first : int
        Calendar year of the first step.
    years : int
        Number of steps.
    abroad : float array, shape (draws,), optional
        GPs trained abroad who arrive in a year; ``trained_abroad`` of the draws by default.

    Raises
    ------
    ValueError
        If ``interns`` has not one column a year.
    """
    if interns.shape != (len(assumed), 5 + years):
        raise ValueError(f"interns must be of shape {(len(assumed), 5 + years)}, not {interns.shape}")
    registered = np.zeros((len(assumed), years))
    shift = assumed["delay_shift"].to_numpy()
    for delay in _DELAYS:
        for whole in (delay - 1, delay, delay + 1):  # a delay between whole years is shared by its neighbours
            part = np.maximum(1 - np.abs(delay + shift - whole), 0)[:, None]
            counted = interns[:, 7 - whole : 7 - whole + years] * (1 - _emergency(assumed, first - whole, years, whole))
            registered += part * assumed[f"delay_{delay}"].to_numpy()[:, None] * counted
    registered *= assumed["practising"].to_numpy()[:, None]
    out = np.zeros((len(assumed), years, len(AGES)))
    at = _TRAINED_FROM - int(AGES[0])
    out[:, :, at : at + len(_TRAINED)] = registered[:, :, None] * _TRAINED
    arriving = assumed["trained_abroad"].to_numpy() if abroad is None else abroad
    out[:, :, _ABROAD] += arriving[:, None, None] / (_ABROAD.stop - _ABROAD.start)
    return out


def _emergency(assumed: pd.DataFrame, first: int, years: int, delay: int) -> Floats:
    """Part of the interns of ``years`` years from ``first`` who are emergency specialists when they are registered."""
    year = np.arange(first, first + years)
    taken = (year < _SPECIALTY) & (year + delay >= _SPECIALTY)
    out: Floats = assumed["emergency_share"].to_numpy()[:, None] * taken
    return out


def observed_interns(assumed: pd.DataFrame, *, first: int, years: int) -> Floats:
    """Interns as they were, for `entries`: those of ``first`` − 7 to ``first`` + ``years`` − 3, one row a draw.

    Raises
    ------
    ValueError
        If one of these years is not known (see `gp_interns`).
    """
    names = [f"interns_{year}" for year in range(first - 7, first + years - 2)]
    if unknown := [name for name in names if name not in assumed]:
        raise ValueError(f"{unknown[0]} is not known: choose years from 2011 to {gp_interns().index[-1] + 2}")
    out: Floats = assumed[names].to_numpy()
    return out


def intake_interns(assumed: pd.DataFrame, *, first: int, years: int, known_until: int) -> Floats:
    """Interns in general practice under DREES's hypothesis of a constant intake, for `entries`.

    Parameters
    ----------
    assumed : pandas.DataFrame
        Draws, as `assumed` gives them.
    first, years : int
        As in `entries`.
    known_until : int
        Last year whose interns are taken as they were. The intake of that year starts internship five years later;
        between, the number moves along a straight line.

    Returns
    -------
    float array, shape (draws, 5 + years)
        Interns of the years ``first`` − 7 to ``first`` + ``years`` − 3.
    """
    final = (assumed["drees_intake"] * assumed["drees_interns_per_student"] * assumed["drees_gp_share"]).to_numpy()
    last = assumed[f"interns_{known_until}"].to_numpy()
    columns = []
    for year in range(first - 7, first + years - 2):
        if year <= known_until:
            columns.append(assumed[f"interns_{year}"].to_numpy())
        else:
            part = min((year - known_until) / 5, 1.0)
            columns.append(last + part * (final - last))
    return np.stack(columns, axis=1)


# --- projection ------------------------------------------------------------------------------------------------------


def heads(total: int | Ints, shares: Floats, *, seed: int) -> Ints:
    """``total`` GPs (one number, or one a draw) with ages drawn from ``shares``: both of shape (draws, ages)."""
    rng = np.random.default_rng([seed, 2])
    return rng.multinomial(total, shares)


def project(start: Ints, entries: Floats, exits: Floats, *, first: int, seed: int) -> pd.DataFrame:
    """Heads by age on each 1 January.

    Parameters
    ----------
    start : int array, shape (draws, ages)
        Heads on 1 January of ``first``.
    entries : float array, shape (draws, years, ages)
        Mean number of those newly counted in each year, by age at its end; for a département, its part of the
        nation's.
    exits : float array, shape (draws, years, ages)
        Probability to leave within the year, by age at its start.
    first : int
        Calendar year of the start.
    seed : int
        Seed of chance, ≥ 0: binomial exits, Poisson entries.

    Returns
    -------
    pandas.DataFrame
        Index ``draw``, ``year`` (``first`` to ``first`` + years), integer columns `AGES`: heads.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a probability lies outside 0 to 1.

    Examples
    --------
    >>> central = assumed()
    >>> interns = observed_interns(central, first=2012, years=2)
    >>> table = project(
    ...     heads(101_435, pyramid(central), seed=1),
    ...     entries(central, interns, first=2012, years=2),
    ...     exits(central, first=2012, years=2),
    ...     first=2012,
    ...     seed=1,
    ... )
    >>> int(table.loc[(0, 2012)].sum()), table.shape
    (101435, (3, 66))
    """
    draws, years = exits.shape[:2]
    if start.shape != (draws, len(AGES)) or entries.shape != exits.shape or exits.shape[2] != len(AGES):
        raise ValueError(f"start {start.shape}, entries {entries.shape} and exits {exits.shape} do not fit together")
    if not ((exits >= 0) & (exits <= 1)).all():
        raise ValueError("a probability to leave lies outside 0 to 1")
    rng = np.random.default_rng([seed, 3])
    out = np.empty((draws, years + 1, len(AGES)), dtype=np.int64)
    out[:, 0] = start
    for t in range(years):
        out[:, t + 1] = _older(rng.binomial(out[:, t], 1 - exits[:, t])) + rng.poisson(entries[:, t])
    index = pd.MultiIndex.from_product([range(draws), range(first, first + years + 1)], names=["draw", "year"])
    return pd.DataFrame(out.reshape(-1, len(AGES)), index=index, columns=AGES)


def _older(stayed: NDArray[Any]) -> NDArray[Any]:
    """Everybody a year older, shape (draws, ages); the last age stands for all beyond."""
    out = np.zeros_like(stayed)
    out[:, 1:] = stayed[:, :-1]
    out[:, -1] += stayed[:, -1]
    return out


# --- what a département does that the nation does not ----------------------------------------------------------------


@dataclass(frozen=True)
class Exposure:
    """What becomes of a département over a number of years, per head at the start, if it does as the nation.

    Attributes
    ----------
    growth : float
        Heads at the end.
    entered : float
        Those of them who entered since.
    variance : float
        Variance by chance alone of the heads at the end.
    """

    growth: float
    entered: float
    variance: float


def exposure(shares: Floats, entries: Floats, exits: Floats, *, total: float) -> Exposure:
    """Exposure of any département to its entries, from the nation's central assumptions.

    Parameters
    ----------
    shares : float array, shape (1, ages)
        Ages at the start.
    entries, exits : float array, shape (1, years, ages)
        Of the nation, as for `project`.
    total : float
        The nation's heads at the start.
    """
    stay, entered = shares.copy(), np.zeros_like(shares)
    for t in range(exits.shape[1]):
        stay, entered = (_older(x * (1 - exits[:, t])) for x in (stay, entered))
        entered += entries[:, t] / total
    # Poisson for those who entered; for those who were there, ages and survival drawn together make one binomial
    kept, new = float(stay.sum()), float(entered.sum())
    return Exposure(kept + new, new, new + kept * (1 - kept))


@dataclass(frozen=True)
class EntryEffect:
    """How much départements differ in the entries that they draw, over their part of the nation's GPs.

    A département's entries are its part times a multiplier that lasts: gamma, mean 1.

    Attributes
    ----------
    spread : float
        Standard deviation of the multiplier between départements.
    departements : int
        How many it was estimated from: draws carry that few tell little.
    """

    spread: float
    departements: int

    @classmethod
    def estimate(cls, start: Ints, end: Ints, *, growth: float, exposure: Exposure) -> EntryEffect:
        """From the head counts of some départements at both ends of the same years.

        Parameters
        ----------
        start, end : int array, shape (départements,)
            Heads.
        growth : float
            The nation's heads at the end over those at the start.
        exposure : Exposure
            Of those years.

        Notes
        -----
        Moments: the multiplier that would explain a département's departure from the nation has variance spread² +
        chance; its mean is 1 because the départements are the nation.

        Raises
        ------
        ValueError
            If there are fewer than two départements.

        Examples
        --------
        >>> few = Exposure(growth=1.0, entered=0.35, variance=0.6)
        >>> EntryEffect.estimate(np.array([2000, 2000]), np.array([2200, 1800]), growth=1.0, exposure=few)
        EntryEffect(spread=0.281, departements=2)
        """
        if len(start) < 2:
            raise ValueError("a spread between départements needs two or more of them")
        apart = (end - start * growth) / (start * exposure.entered)
        by_chance = exposure.variance / (start * exposure.entered * exposure.entered)
        return cls(round(float(np.sqrt(max(np.mean(apart * apart - by_chance), 0.0))), 3), len(start))

    def draw(self, draws: int, *, seed: int) -> Floats:
        """Multipliers of a département that was not seen, shape (draws,); a spread of its own in each draw."""
        rng = np.random.default_rng([seed, 4])
        spread2 = self.spread * self.spread * self.departements / rng.chisquare(self.departements, draws)
        if self.spread == 0:
            return np.ones(draws)
        return rng.gamma(1 / spread2, spread2)
