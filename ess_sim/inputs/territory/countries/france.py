"""France: communes of the 101 départements, their intercommunal bodies, INSEE's populations."""

from __future__ import annotations

from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.territory.countries.country import Basis, Box, Country, Kind

__all__ = ["FRANCE"]

_OVERSEAS = "the overseas collectivities are not in the bundled data"
_OVERSEAS_NAMES = (
    *("Saint-Pierre-et-Miquelon", "Saint-Barthélemy", "Saint-Martin", "Wallis-et-Futuna", "Polynésie française"),
    *("Nouvelle-Calédonie", "Terres australes et antarctiques françaises"),
)

_EPCI = (
    *("communauté de communes", "communauté d'agglomération", "communauté urbaine", "communauté", "métropole"),
    *("agglomération", "agglo", "EPCI", "CC", "CA", "CU", "ComCom", "com com"),
)
_EPT = ("établissement public territorial", "EPT")

FRANCE = Country(
    name="France",
    kinds=(
        Kind("EPCI", ("EPCI", "EPCI"), "epci", "epci", bundled.epcis, 2, "200083392", titles=_EPCI),
        Kind("EPT", ("EPT", "EPT"), "ept", "ept", bundled.epts, 2, "200057867", titles=_EPT),
        Kind(
            "département", ("département", "département"), "departement", "departement", bundled.departements, 2, "01"
        ),
        Kind("région", ("region", "région"), "region", "region", bundled.regions, 2, "52"),
        Kind("commune", ("communes", "communes"), "communes", "code", bundled.communes, 5, "01001", group=False),
    ),
    communes=bundled.communes,
    region="departement",
    vicinity="epci",
    population="INSEE municipal populations 2023",
    year=2023,
    ages=bundled.population_of_communes,
    bases={
        "census": Basis("census 2021", "B"),
        "mixed": Basis("census 2021 of a part of the commune", "C"),
        "model": Basis("modelled for 2021 from populations standardised by need and the share of 75 and over", "C"),
        "departement": Basis("the département's in 2021", "D"),
    },
    ages_year=2021,
    estimates=bundled.population_of_departements,
    estimate="INSEE estimates",
    boxes=(
        Box(-5.2, 41.3, 9.7, 51.2),  # the mainland and Corsica
        Box(-61.9, 14.3, -60.7, 16.6),  # Guadeloupe and Martinique
        Box(-54.7, 2.1, -51.5, 5.9),  # Guyane
        Box(44.9, -21.5, 55.9, -12.6),  # Mayotte and La Réunion
    ),
    former=bundled.former_communes,
    key="france",
    left_out=dict.fromkeys(("975", "977", "978", "98", *_OVERSEAS_NAMES), _OVERSEAS)
    | {"20": "Corsica's codes begin with 2A or 2B"},
    doubts={
        "976": {
            "territory": (
                "Mayotte's communes have the residents of the census of 2017, carried on by INSEE's estimates: a sixth "
                "below the estimate of 2023",
                "les communes de Mayotte ont la population du recensement de 2017, prolongée par les estimations de "
                "l'Insee\u00a0: un sixième de moins que l'estimation de 2023",
            ),
            "residents.precarious": (
                "the share of precarious adults in Mayotte is France's, far too low there: a local figure in "
                "residents.precarious says better",
                "la part d'adultes en situation de précarité à Mayotte est celle de la France, bien trop faible\u00a0: "
                "mieux vaut un chiffre local dans residents.precarious",
            ),
        }
    },
)
