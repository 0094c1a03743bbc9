"""What fields, units and sentences of an explained scenario are called, in English and in French."""

from __future__ import annotations

from typing import Literal

__all__ = ["FIELDS", "KINDS", "LANGUAGES", "MONTHS", "PHRASES", "UNITS_FR", "Language"]


Language = Literal["en", "fr"]


LANGUAGES = ("en", "fr")
"""Languages in the order of the pairs below."""


FIELDS: dict[str, tuple[str, str]] = {
    "title": ("title", "titre"),
    "description": ("description", "description"),
    "sources": ("sources", "sources"),
    "source": ("source", "source"),
    "grade": ("grade", "niveau de preuve"),
    "start": ("start", "début"),
    "horizon_years": ("horizon", "horizon"),
    "territory": ("territory", "territoire"),
    "epci": ("EPCI", "EPCI"),
    "ept": ("EPT", "EPT"),
    "departement": ("département", "département"),
    "communes": ("communes", "communes"),
    "csv": ("file of residents", "fichier des habitants"),
    "travel_csv": ("file of travel minutes", "fichier des temps de trajet"),
    "cutoff_minutes": ("longest trip, minutes", "trajet le plus long, en minutes"),
    "quarters": ("quarters that are zones of their own", "quartiers formant une zone à part"),
    "leave_out": ("zones left out", "zones exclues"),
    "code": ("code", "code"),
    "name": ("name", "nom"),
    "of": ("part of", "partie de"),
    "latitude": ("latitude", "latitude"),
    "longitude": ("longitude", "longitude"),
    "supply": ("supply on day 0", "offre au premier jour"),
    "list_holding_gps": ("GPs with a list", "médecins généralistes avec patientèle"),
    "first_installations": ("first installations of GPs", "premières installations de médecins généralistes"),
    "interns_per_semester": ("interns a semester", "internes par semestre"),
    "retired_pool": ("retired GPs who could be recruited", "médecins retraités susceptibles d'être recrutés"),
    "departement_list_holders": (
        "GPs with a list in the département",
        "médecins généralistes avec patientèle dans le département",
    ),
    "zones": ("zones", "zones"),
    "zone": ("zone", "zone"),
    "count": ("number", "nombre"),
    "per_year": ("a year", "par an"),
    "residents": ("residents on day 0", "habitants au premier jour"),
    "without_mt": ("residents aged 17+ without médecin traitant", "habitants de 17 ans et plus sans médecin traitant"),
    "precarious": ("precarious adults", "adultes en situation de précarité"),
    "share": ("share", "part"),
    "never_declared_part": ("of whom never declared one", "dont n'en ayant jamais déclaré"),
    "parameters": ("parameters", "paramètres"),
    "policies": ("policies", "mesures"),
    "outcomes": ("outcomes", "indicateurs suivis"),
    "opens": ("opens", "date d'ouverture"),
    "closes": ("closes", "date de fermeture"),
    "starts": ("starts", "date de début"),
    "ends": ("ends", "date de fin"),
    "retired_gps": ("retired GPs", "médecins retraités"),
    "interns": ("interns", "internes"),
    "fte_each": ("full-time equivalent of each", "équivalent temps plein de chacun"),
    "retired_for_at_most_years": ("retired for at most, years", "retraités depuis au plus, en années"),
    "list": ("patients on the centre's list", "patients inscrits dans la patientèle du centre"),
    "per_semester": ("more interns each semester", "internes supplémentaires par semestre"),
    "rooms": ("consulting rooms", "salles de consultation"),
    "secretaries": ("secretaries", "secrétaires"),
    "assistant_from": ("medical assistant from", "assistant médical à compter du"),
    "only_without_mt": (
        "takes only residents without médecin traitant",
        "n'accueille que des habitants sans médecin traitant",
    ),
    "gps": ("GPs who leave", "médecins qui partent"),
    "other_gps": ("GPs of the territory in other work", "médecins généralistes du territoire exerçant autrement"),
    "centres": ("health centres", "centres de santé"),
    "centre": ("health centre", "centre de santé"),
    "form": ("legal form", "statut juridique"),
    "manager": ("manager", "gestionnaire"),
    "posts": ("posts", "postes"),
    "salaried_gps": ("salaried GPs", "médecins salariés"),
    "mediators": ("health mediators", "médiateurs en santé"),
    "medical_assistants": ("medical assistants", "assistants médicaux"),
    "finance": ("money", "finances"),
    "reserves_euro": ("reserves on the first day, euros", "réserves au premier jour, en euros"),
    "members_euro": (
        "what members can still pay in, euros",
        "apports que les sociétaires peuvent encore faire, en euros",
    ),
    "grants": ("grants", "subventions"),
    "payer": ("paid by", "payeur"),
    "euro_per_year": ("euros a year", "euros par an"),
    "since": ("since", "à compter du"),
    "until": ("until", "jusqu'au"),
    "running_euro_per_year": ("premises and running costs, euros a year", "locaux et fonctionnement, en euros par an"),
    "borne_by": ("costs borne by others", "charges assumées par d'autres"),
    "investment": ("investment", "investissement"),
    "euro": ("euros", "euros"),
    "listed": ("adults on its list", "adultes inscrits dans sa patientèle"),
    "staffed": ("salaried GPs present", "médecins salariés présents"),
    "fte": ("full-time equivalents", "équivalents temps plein"),
    "screenings_per_year": ("screenings a year", "dépistages par an"),
    "contacted_share": ("part of them contacted", "part des personnes contactées"),
    "physical": ("part of distance lifted", "part de l'obstacle physique (distance) levée"),
    "financial": ("part of the financial barrier lifted", "part de l'obstacle financier levée"),
    "psychological": ("part of not daring lifted", "part de l'obstacle psychologique levée"),
    "contracts": ("contracts", "contrats"),
    "nurses": ("nurses, full-time equivalents", "infirmiers et infirmières, en équivalents temps plein"),
    "threshold": (
        "closed to newcomers below this share without médecin traitant",
        "fermée aux nouveaux installés en deçà de cette part sans médecin traitant",
    ),
    "days_per_month": ("days a month of each", "jours par mois de chacun"),
    "retires": ("last day of practice", "dernier jour d'exercice"),
    "cut": ("part of the grants cut", "part des subventions supprimée"),
    "to_euro_per_year": ("grants cut to, euros a year", "subventions ramenées à, en euros par an"),
    "staff": ("doctors on board", "médecins à bord"),
    "lines": ("doctors at a time", "médecins présents en même temps"),
    "waves": ("waves", "vagues"),
    "budget_euro": ("whole budget, euros", "budget total, en euros"),
    "oldest": ("number of the oldest GPs who leave", "nombre de médecins, parmi les plus âgés, qui partent"),
}
"""What a field of the package's own models is called; one that is not here keeps its name."""
KINDS: dict[str, tuple[str, str]] = {
    "smp": (
        "Centre of retired GPs and interns (service médical de proximité)",
        "Service médical de proximité (médecins retraités et internes)",
    ),
    "recruit_retired_gps": (
        "Centre where retired GPs hold sessions",
        "Centre où des médecins retraités assurent des vacations",
    ),
    "open_centre": ("A health centre", "Centre de santé"),
    "host_interns": (
        "More interns with the supervisors of a zone",
        "Davantage d'internes chez les maîtres de stage d'une zone",
    ),
    "mediators": ("Health mediators", "Médiatrices et médiateurs en santé"),
    "outreach_van": ("Prevention van", "Camion de prévention"),
    "ald_campaign": (
        "Insurer's campaign for ALD residents without MT",
        "Campagne de l'Assurance maladie auprès des personnes en ALD sans médecin traitant",
    ),
    "lift_barriers": ("Barriers lifted (thought experiment)", "Obstacles levés (expérience de pensée)"),
    "later_retirement": (
        "Later retirement, with or without a pension",
        "Retraite plus tardive et cumul emploi-retraite",
    ),
    "medical_assistants": ("Medical assistants of liberal GPs", "Assistants médicaux des médecins libéraux"),
    "nurse_delegation": (
        "Acts delegated to nurses near GPs",
        "Délégation d'actes à des infirmières et infirmiers proches des médecins",
    ),
    "settlement_grant": ("Grant for GPs who settle", "Aide à l'installation"),
    "cesp": ("Interns under contract (CESP)", "Contrats d'engagement de service public (CESP)"),
    "regulated_installation": ("Regulated installation", "Régulation de l'installation"),
    "solidarity_days": ("Solidarity days of volunteer GPs", "Journées de solidarité territoriale"),
    "planned_handover": ("Planned hand-over to a centre", "Relève préparée par un centre de santé"),
    "grant_cut": ("Grants cut", "Baisse de subventions"),
    "medicobus": ("Médicobus", "Médicobus"),
    "rotating_doctors": (
        "Volunteer doctors in weekly turns (Médecins solidaires)",
        "Médecins volontaires se relayant chaque semaine (Médecins solidaires)",
    ),
    "secpa_rollout": (
        "Roll-out of participatory structures (SECPa)",
        "Déploiement de structures d'exercice coordonné participatives (SECPa)",
    ),
    "departures": ("GPs who leave without notice", "Départs de médecins sans préavis"),
}
UNITS_FR = {
    "EUR": "euros",
    "EUR per consultation": "euros par consultation",
    "EUR per day": "euros par jour",
    "EUR per week": "euros par semaine",
    "EUR per year": "euros par an",
    "EUR per month": "euros par mois",
    "EUR per patient and year": "euros par patient et par an",
    "FTE": "ETP",
    "GPs": "médecins",
    "GPs per FTE": "médecins par ETP",
    "consultations per day": "consultations par jour",
    "days per year": "jours par an",
    "EUR per year and FTE": "euros par an et par ETP",
    "days": "jours",
    "exponent": "exposant",
    "interns": "internes",
    "minutes": "minutes",
    "months": "mois",
    "odds ratio": "rapport de cotes",
    "per 100,000 residents": "pour 100 000 habitants",
    "per year": "par an",
    "per year and FTE": "par an et par ETP",
    "probability": "probabilité",
    "ratio": "rapport",
    "residents": "habitants",
    "residents per FTE": "habitants par ETP",
    "residents per month and FTE": "habitants par mois et par ETP",
    "shape": "paramètre de forme",
    "share": "part",
    "utility": "utilité",
    "years": "années",
}


# fmt: off
MONTHS = (
    ("January", "February", "March", "April", "May", "June",
     "July", "August", "September", "October", "November", "December"),
    ("janvier", "février", "mars", "avril", "mai", "juin",
     "juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)


# fmt: on
PHRASES: dict[str, tuple[str, str]] = {
    "colon": (": ", "\u00a0: "),
    "semicolon": ("; ", "\u00a0; "),
    "percent": ("{} %", "{}\u00a0%"),
    "quotes": ("“{}”", "«\u00a0{}\u00a0»"),
    "yes": ("yes", "oui"),
    "no": ("no", "non"),
    "none": ("none", "aucune"),
    "not_given": ("not given", "non précisé"),
    "compared": ("Compared with {}", "Par comparaison avec {}"),
    "period": ("period", "période"),
    "from_to": ("from {} for {}, to {}", "du {}, pendant {}, jusqu'au {}"),
    "year": ("{} year", "{} an"),
    "years": ("{} years", "{} ans"),
    "remainder": ("rest of the territory", "reste du territoire"),
    "added": ("added", "ajout"),
    "removed": ("removed", "suppression"),
    "changed": ("changed", "modification"),
    "unchanged": ("the same in both", "sans changement"),
    "reordered": ("the same in another order", "ordre différent"),
    "catalogue": ("{} (catalogue)", "{} (valeur du catalogue)"),
    "instead": ("{} instead of {}", "{} au lieu de {}"),
    "all_catalogue": ("all as in the catalogue", "tous aux valeurs du catalogue"),
    "entry": (
        "{}, grade {}, defensible range {} to {}",
        "{}, niveau de preuve {}, plage de valeurs défendables de {} à {}",
    ),
    "outside": ("{} is outside the defensible range", "{} est hors de la plage défendable"),
    "unknown": ("not in the catalogue", "absent du catalogue"),
    "same": ("the same in both", "identiques dans les deux scénarios"),
    "first": ("The first policy acts on {}.", "La première mesure agit le {}."),
    "no_policy": ("No policy acts.", "Aucune mesure n'agit."),
    "alike": (
        "Nothing that changes a result differs: both scenarios are identical.",
        "Rien de ce qui change un résultat ne diffère\u00a0: les deux scénarios sont identiques.",
    ),
    "until": (
        "The first policy by which they differ acts on {}: before that day both scenarios are identical, "
        "replication by replication.",
        "La première mesure qui les distingue agit le {}\u00a0: avant ce jour, les deux scénarios sont identiques, "
        "réplication par réplication.",
    ),
    "until_end": (
        "No policy tells them apart: both scenarios are identical, replication by replication, up to {}.",
        "Aucune mesure ne les distingue\u00a0: les deux scénarios sont identiques, réplication par réplication, "
        "jusqu'au {}.",
    ),
    "from_day_0": (
        "The first policy by which they differ acts on {}, day 0: both scenarios start from the same situation.",
        "La première mesure qui les distingue agit le {}, premier jour\u00a0: "
        "les deux scénarios partent de la même situation.",
    ),
    "situation": (
        "Not only policies differ ({}): both scenarios may differ from day 0.",
        "Les mesures ne sont pas seules à différer ({})\u00a0: "
        "les deux scénarios peuvent différer dès le premier jour.",
    ),
}
