"""Names that people give to our columns, in French and English: the one table of synonyms."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

__all__ = ["OF_ANOTHER_UNIT", "SYNONYMS", "WITHOUT_UNIT", "column_key", "matched"]

SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "zone": "code code_zone code_insee insee insee_com codgeo code_geo code_commune com depcom iris code_iris "
        "commune",
        "name": "nom libelle libgeo lib_geo lib label nom_zone nom_commune nom_com libelle_commune nom_iris lib_iris",
        "lon": "longitude long lng",
        "lat": "latitude",
        "area_km2": "superficie_km2 surface_km2 km2 area superficie surface",
        "age": "ages agerev aged100 age_revolu age_revolus tranche_age tranche_d_age classe_age age_band age_group",
        "count": "effectif effectifs population pop nombre nb habitants nb_habitants residents number",
        "departement": "dep dept code_dep code_departement departement_code department",
        "from_zone": "from de origine origin depart zone_depart code_origine",
        "to_zone": "to vers a destination arrivee zone_arrivee code_destination",
        "parameter": "parametre",
        "meaning": "signification",
        "unit": "unite",
        "current": "current_value valeur_actuelle",
        "low": "bas",
        "most_likely": "plus_probable",
        "high": "haut",
        "why": "pourquoi",
        "expert": "experte",
        "given": "given_on donne_le",
        "weight": "poids",
        "minutes": "minute min temps_minutes temps_min duree_minutes duree_min travel_minutes duree temps duration",
    }
)
"""Other names of each column, apart by spaces; case, accents, spaces and signs make no difference."""

WITHOUT_UNIT = frozenset({"area", "superficie", "surface", "duree", "temps", "duration"})
"""Names that leave the unit open: the values must show it."""

_UNITS = {
    "ha": "in hectares: divide by 100, and call the column area_km2",
    "m2": "in m²: divide by 1,000,000, and call the column area_km2",
    "s": "in seconds: divide by 60, and call the column minutes",
    "h": "in hours: multiply by 60, and call the column minutes",
}
OF_ANOTHER_UNIT: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("areaha", "superficieha", "surfaceha", "ha", "hectares", "superficiehectares"), _UNITS["ha"]),
        **dict.fromkeys(("aream2", "superficiem2", "surfacem2", "m2"), _UNITS["m2"]),
        **dict.fromkeys(("secondes", "seconds", "durees", "tempss", "dureesecondes", "tempssecondes"), _UNITS["s"]),
        **dict.fromkeys(("heures", "hours", "dureeh", "tempsh", "dureeheures", "tempsheures"), _UNITS["h"]),
    }
)
"""Names of what must be converted, and how."""


def column_key(text: str) -> str:
    """A column's name without case, accents, spaces and signs.

    >>> column_key(" Superficie (km²) ")
    'superficiekm2'
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum())


_COLUMN_OF = {
    column_key(name): column for column, names in SYNONYMS.items() for name in (*names.split(), column)
}  # fmt: skip


def matched(first: Sequence[str], wanted: Collection[str]) -> list[str]:
    """The wanted column that each name stands for, '' for none; 'commune' is a name where another column is the code.

    >>> matched(["Code INSEE", "Commune", "Effectif", "x"], ["zone", "name", "count"])
    ['zone', 'name', 'count', '']
    """
    names = {column_key(name): name for name in wanted}
    keys = [column_key(name) for name in first]
    found = [names.get(key) or _COLUMN_OF.get(key, "") for key in keys]
    found = [column if column in wanted else "" for column in found]
    if found.count("zone") > 1 and "name" in wanted and "name" not in found and keys.count("commune") == 1:
        found[keys.index("commune")] = "name"
    return found
