"""The package's bundled files, read once.

Official codes are text everywhere (``"01"``, ``"2A"``). ``ess_sim/data/LICENCE-DATA.md`` gives the content, source and
licence of each file. The functions return copies: changing one does not change another.
"""

from __future__ import annotations

import functools
import gzip
import io
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import pandas as pd

from ess_sim.errors import EssSimError, did_you_mean

__all__ = [
    "ages",
    "communes",
    "data_path",
    "departements",
    "epcis",
    "epts",
    "former_communes",
    "mortality",
    "places",
    "population_of_communes",
    "population_of_departements",
    "regions",
    "scenarios_dir",
    "text",
]


def data_path(name: str) -> Traversable:
    """Where a bundled file lies.

    Parameters
    ----------
    name : str
        File name inside ``ess_sim/data``, e.g. ``"parameters.csv"``.

    Returns
    -------
    importlib.resources.abc.Traversable
        A path on disk for every ordinary installation.

    Raises
    ------
    EssSimError
        If the package holds no such file.

    Examples
    --------
    >>> data_path("mortality.csv").name
    'mortality.csv'
    """
    folder = resources.files("ess_sim") / "data"
    path = folder / name
    if not path.is_file():
        known = sorted(p.name for p in folder.iterdir())
        raise EssSimError(f"no bundled file {name!r}{did_you_mean(name, known)}")
    return path


def scenarios_dir() -> Path:
    """The folder of the scenarios that come with the package.

    Returns
    -------
    pathlib.Path
        ``ess_sim/scenarios`` where a wheel is installed, else ``scenarios/`` at the top of the repository.

    Raises
    ------
    EssSimError
        If there is neither.

    Examples
    --------
    >>> scenarios_dir().name
    'scenarios'
    """
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "scenarios", package.parent / "scenarios"):
        if folder.is_dir():
            return folder
    raise EssSimError(f"no scenarios folder in {package} nor beside it: the installation is incomplete")


def _content(name: str) -> io.BytesIO:
    content = data_path(name).read_bytes()
    return io.BytesIO(gzip.decompress(content) if name.endswith(".gz") else content)


@functools.cache
def text(name: str) -> pd.DataFrame:
    """A bundled CSV, all values as text, '' where empty."""
    return pd.read_csv(_content(name), dtype=str, keep_default_na=False, encoding="utf-8")


@functools.cache
def places(name: str) -> pd.DataFrame:
    """A bundled CSV of communes with numbers where they are numbers; NaN where an area or a position is missing."""
    frame = text(name).copy()
    frame["population"] = frame["population"].astype(np.int64)
    for column in ("area_km2", "longitude", "latitude"):
        frame[column] = pd.to_numeric(frame[column], errors="coerce").astype(np.float64)
    return frame


def communes() -> pd.DataFrame:
    """Communes of the 101 départements, and the arrondissements of Paris, Lyon and Marseille.

    Never add the three communes and their arrondissements: both are rows.

    Returns
    -------
    pandas.DataFrame
        One row a commune or arrondissement, sorted by ``code``. Text: ``code``, ``name``, ``parent`` (the commune of an
        arrondissement, else ''), ``departement``, ``region``, ``epci`` and ``ept`` ('' where none), ``position`` (''
        town hall, ``centroid`` or ``missing``), ``area_note`` ('' sound, ``corrected``, ``partial``: too small,
        ``missing``).
        Numbers: ``population`` (municipal population 2023), ``area_km2``, ``longitude``, ``latitude`` (WGS84 degrees;
        NaN where missing).

    Notes
    -----
    Source: INSEE, COG 2026 and legal populations 2023; IGN ADMIN EXPRESS; DILA.

    Examples
    --------
    >>> table = communes().set_index("code")
    >>> table.loc["53130", "name"], int(table.loc["53130", "population"])
    ('Laval', 49400)
    >>> int(table.loc[table.parent == "", "population"].sum())
    68350798
    """
    return _communes().copy()


@functools.cache
def _communes() -> pd.DataFrame:
    table = text("departements.csv")
    of_departement = dict(zip(table["code"], table["region"], strict=True))
    frame = places("communes.csv.gz")
    return frame.assign(region=frame["departement"].map(of_departement))


def epcis() -> pd.DataFrame:
    """Intercommunal bodies with own taxation (EPCI): ``code``, ``name``, ``type`` (CC, CA, CU, METRO, MET69).

    Returns
    -------
    pandas.DataFrame
        1,255 rows sorted by code, all text. Members and population follow from `communes`.

    Examples
    --------
    >>> table = epcis().set_index("code")
    >>> table.loc["200083392", "name"]
    'Laval Agglomération'
    """
    return text("epci.csv").copy()


def epts() -> pd.DataFrame:
    """The 11 établissements publics territoriaux of Grand Paris: ``code`` and ``name``, text.

    Examples
    --------
    >>> epts().set_index("code").loc["200057867", "name"]
    'Plaine Commune'
    """
    return text("ept.csv").copy()


def departements() -> pd.DataFrame:
    """The 101 départements: ``code``, ``name``, ``region`` (code), ``region_name``, text, sorted by code.

    Examples
    --------
    >>> departements().set_index("code").loc["53", ["name", "region_name"]].tolist()
    ['Mayenne', 'Pays de la Loire']
    """
    return text("departements.csv").copy()


def regions() -> pd.DataFrame:
    """The 18 régions: ``code`` and ``name``, text, sorted by code. A département of the same code is another place.

    Examples
    --------
    >>> regions().set_index("code").loc["52", "name"]
    'Pays de la Loire'
    """
    table = text("departements.csv")[["region", "region_name"]].set_axis(["code", "name"], axis=1)
    return table.drop_duplicates().sort_values("code", ignore_index=True)


def former_communes() -> pd.DataFrame:
    """Codes of communes that exist no more: ``code``, ``name`` ('' where unknown), ``successor``, text.

    Examples
    --------
    >>> former_communes().set_index("code").loc["49149", "successor"]
    '49261'
    """
    return text("former_communes.csv.gz").copy()


@functools.cache
def ages(name: str, area: str = "area", *more: str) -> pd.DataFrame:
    """The five-year age bands of a bundled CSV, by the column of its areas' codes and more columns of keys.

    Returns
    -------
    pandas.DataFrame
        Integer columns named by the bands' lower ages: 0, 5, …, 95.
    """
    bands = pd.Index(range(0, 100, 5), name="age_from")
    keys = [area, *more]
    types = dict.fromkeys(keys, "str") | dict.fromkeys(map(str, bands), "int64")
    # Not by way of text: a row for every commune would take three times as long.
    frame = pd.read_csv(_content(name), usecols=list(types), dtype=types, keep_default_na=False, encoding="utf-8")
    return frame.set_index(keys)[[*map(str, bands)]].set_axis(bands, axis=1)


def population_of_communes() -> pd.DataFrame:
    """Residents of each commune by five-year age band in 2021.

    Returns
    -------
    pandas.DataFrame
        Index ``code`` (communes of 2026 and arrondissements) and ``basis``; 20 integer columns named by the band's
        lower age: 0, 5, …, 95 (the last is 95 and over). A row adds up to the municipal population 2021. ``basis``:
        ``census`` (complementary exploitation, scaled to the municipal population), ``mixed`` (a part of the commune by
        the census), ``model`` (the département's profile without its known communes, tilted to the commune's total, to
        its populations standardised by need of care, and to its share of 75 and over), ``departement`` (Mayotte: the
        département's profile).

    Notes
    -----
    Source: INSEE, census 2021 and share of 75 and over 2020; DREES, standardised populations of the APL 2023.

    Examples
    --------
    >>> int(population_of_communes().loc["53130"].to_numpy().sum())
    49657
    """
    return ages("population_communes.csv.gz", "code", "basis").copy()


def population_of_departements() -> pd.DataFrame:
    """Residents of each département by five-year age band on 1 January of 2012 to 2023 (Mayotte: from 2014).

    Returns
    -------
    pandas.DataFrame
        Index ``year`` (a number) and ``code``; columns as for `population_of_communes`.

    Notes
    -----
    Source: INSEE, population estimates, edition closed at the end of 2022: the last years are provisional.

    Examples
    --------
    >>> creuse = population_of_departements().loc[(2023, "23")]
    >>> int(creuse.sum()), round(float(creuse.loc[65:].sum() / creuse.sum()), 3)
    (113106, 0.319)
    """
    frame = ages("population_departements.csv.gz", "year", "code")
    years, codes = (frame.index.get_level_values(level) for level in ("year", "code"))
    return frame.set_axis(pd.MultiIndex.from_arrays([years.astype(np.int64), codes], names=["year", "code"]))


@functools.cache
def _mortality() -> pd.DataFrame:
    frame = text("mortality.csv").astype(np.float64).set_index("age")
    frame.index = frame.index.astype(np.int64)
    return frame


def mortality() -> pd.DataFrame:
    """Annual death probabilities per 100,000, by age and sex.

    Returns
    -------
    pandas.DataFrame
        Index ``age`` 30 to 100 (completed years), columns ``men_all`` and ``women_all`` (per 100,000 and year).

    Notes
    -----
    Source: INSEE, mortality tables 2009–2013, all social classes together.

    Examples
    --------
    >>> float(mortality().loc[80, "men_all"])
    4824.8
    """
    return _mortality().copy()
