"""The benchmark's territories: of each class of France's intercommunal bodies the one of median size, by a rule.

They are not picked by hand: a class is what the rule says, its territory the one in the middle of the class by
residents, and a territory that an earlier class has taken already leaves its place to the next larger one.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import pandas as pd

from ess_sim.inputs.catalogue.bundled import communes, epcis, epts, population_of_communes
from ess_sim.inputs.catalogue.gp_counts import commune_shares
from ess_sim.inputs.catalogue.gp_tables import gp_departements
from ess_sim.model.policies.words import Words

__all__ = ["Chosen", "benchmark_territories", "bodies"]


class Chosen(NamedTuple):
    """A territory of the benchmark.

    Attributes
    ----------
    key : str
        Its class, as ``--territories`` names it.
    about : Words
        The class in words.
    code, name : str
        Of the EPCI or EPT.
    members : int
        Bodies in the class, of which it is the one of median size.
    residents : int
        Municipal population 2023.
    """

    key: str
    about: Words
    code: str
    name: str
    members: int
    residents: int


_GRAND_PARIS = "200054781"
_SUBURBS = ("77", "78", "91", "95")
_MAYOTTE = "976"
_BORDER = frozenset(
    [
        "01",
        "02",
        "04",
        "05",
        "06",
        "08",
        "09",
        "25",
        "31",
        "39",
        "54",
        "55",
        "57",
        "59",
        "64",
        "65",
        "66",
        "67",
        "68",
        "73",
        "74",
        "90",
    ]
)
"""Mainland départements with a land border (Monaco and Andorra included)."""


@functools.cache
def bodies() -> pd.DataFrame:
    """What the classes go by, for every EPCI and EPT of France.

    Returns
    -------
    pandas.DataFrame
        Index ``code``; ``name``, ``type`` (CC, CA, CU, METRO, MET69, EPT), ``departement`` (of most residents),
        ``residents`` (municipal population 2023), ``density`` (a km²), ``old`` (share aged 65 and over, census 2021),
        ``gps`` (list-holding GPs per 100,000 residents; NaN overseas, where no commune's GPs are known), ``mainland``.
        Paris and Métropole du Grand Paris, which the EPTs make up, are left out.
    """
    zones = communes()
    zones = zones[(zones["parent"] == "") & zones["area_km2"].notna()]
    zones["body"] = zones["ept"].where(zones["ept"] != "", zones["epci"])
    zones = zones[~zones["body"].isin(["", _GRAND_PARIS])]
    ages = population_of_communes().droplevel("basis")
    everybody, old = ages.sum(axis=1), ages.loc[:, 65:].sum(axis=1)
    zones["counted"], zones["old"] = (zones["code"].map(x).fillna(0) for x in (everybody, old))
    listed = zones["departement"].map(gp_departements()["list_holders_2024"]).fillna(0).astype(np.int64)
    zones["gps"] = zones["code"].map(commune_shares()).fillna(0).astype(np.int64) * listed
    mostly = zones.groupby(["body", "departement"])["population"].sum().reset_index()
    mostly = mostly.sort_values(["population", "departement"], ascending=[False, True]).groupby("body").first()
    found = zones.groupby("body").agg(
        residents=("population", "sum"),
        area=("area_km2", "sum"),
        counted=("counted", "sum"),
        old=("old", "sum"),
        gps=("gps", "sum"),
    )
    names = pd.concat([epcis(), epts().assign(type="EPT")]).set_index("code")
    found = names.join(found.join(mostly["departement"]), how="inner")
    found["mainland"] = ~found["departement"].str.startswith("97")
    found["density"] = (found["residents"] / found["area"]).round(3)
    found["old"] = (found["old"] / found["counted"]).round(6)
    found["gps"] = (found["gps"] / 1e6 / found["residents"] * 1e5).round(3).where(found["mainland"])
    columns = ["name", "type", "departement", "residents", "density", "old", "gps", "mainland"]
    return found[columns].rename_axis("code").sort_index()


@functools.cache
def benchmark_territories() -> tuple[Chosen, ...]:
    """The ten, in the order in which they are chosen.

    Examples
    --------
    >>> [(t.key, t.name) for t in benchmark_territories()][:2]
    [('dense', 'Est Ensemble'), ('suburb', "Coeur d'Essonne Agglomération")]
    """
    all_, out = bodies(), list[Chosen]()
    for key, (about, members) in _classes(all_).items():
        some = all_[members].reset_index().sort_values(["residents", "code"])
        codes = some["code"].tolist()
        middle = (len(codes) - 1) // 2
        taken = {chosen.code for chosen in out}
        code = next(code for code in codes[middle:] + codes[:middle] if code not in taken)
        out.append(Chosen(key, about, code, str(all_["name"][code]), len(codes), int(all_["residents"][code])))
    return tuple(out)


def _classes(all_: pd.DataFrame) -> dict[str, tuple[Words, pd.Series[bool]]]:
    """What belongs to each class."""
    kind, residents, mainland = all_["type"], all_["residents"], all_["mainland"]
    density, departement = all_["density"], all_["departement"]
    oldest, fewest = all_["old"][mainland].quantile(0.95), all_["gps"].quantile(0.05)
    towns = kind.isin(["CA", "CU", "METRO", "MET69"]) & mainland
    return {
        "dense": (
            Words("établissement public territorial of Grand Paris", "établissement public territorial du Grand Paris"),
            kind == "EPT",
        ),
        "suburb": (
            Words(
                "outer Île-de-France, 500 residents a km² or more",
                "grande couronne francilienne, 500 habitants au km² ou plus",
            ),
            departement.isin(_SUBURBS) & (density >= 500),
        ),
        "large_town": (
            Words("agglomeration of 125,000 to 300,000 residents", "agglomération de 125 000 à 300 000 habitants"),
            towns & residents.between(125_000, 300_000),
        ),
        "town": (
            Words("agglomeration of 60,000 to 125,000 residents", "agglomération de 60 000 à 125 000 habitants"),
            towns & residents.between(60_000, 124_999),
        ),
        "rural": (
            Words(
                "communauté de communes of 20 to 60 residents a km²",
                "communauté de communes de 20 à 60 habitants au km²",
            ),
            (kind == "CC") & mainland & density.between(20, 60),
        ),
        "remote": (
            Words("mainland, fewer than 20 residents a km²", "métropole, moins de 20 habitants au km²"),
            mainland & (density < 20),
        ),
        "old": (
            Words(
                "mainland, the twentieth with the most residents of 65 and over",
                "métropole, le vingtième où les 65 ans et plus sont les plus nombreux",
            ),
            mainland & (all_["old"] >= oldest),
        ),
        "few_gps": (
            Words(
                "mainland, the twentieth with the fewest GPs per resident",
                "métropole, le vingtième le moins doté en généralistes",
            ),
            mainland & (all_["gps"] <= fewest),
        ),
        "border": (
            Words("département with a land border", "département frontalier"),
            departement.isin(_BORDER),
        ),
        "overseas": (
            Words("overseas but for Mayotte", "outre-mer, hors Mayotte"),
            ~mainland & (departement != _MAYOTTE),
        ),
    }
