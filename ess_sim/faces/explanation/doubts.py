"""What a user should know of a territory's data before relying on a new scenario."""

from __future__ import annotations

from collections.abc import Iterator

from ess_sim.inputs.territory.countries.codes import names_of_kind
from ess_sim.inputs.territory.countries.france import FRANCE
from ess_sim.inputs.territory.countries.members import zones_of_country
from ess_sim.inputs.territory.countries.registry import KINDS, country_of
from ess_sim.inputs.territory.population import in_french
from ess_sim.model.beginnings.begin import Beginning
from ess_sim.model.policies.words import Words

__all__ = ["doubts_of", "notes_on"]


def notes_on(made: Beginning) -> Iterator[Words]:
    """What a user should know of a territory before relying on it."""
    territory = made.territory
    name, nom = territory.name, in_french(territory.name)
    if not sum(block.total for block in made.baseline.supply.list_holding_gps or ()):
        yield Words(
            f"the data know no list-holding GP in {name}: supply.list_holding_gps can say better",
            f"{nom}\u00a0: aucun médecin traitant selon les données\u00a0; un chiffre local dans "
            "supply.list_holding_gps vaudrait mieux",
        )
    yield from doubts_of(made).values()
    spec = made.baseline.territory
    if len(territory.zones) == 1 and spec.way == FRANCE.commune.key:
        of = str(FRANCE.communes().set_index("code").loc[territory.zones[0], FRANCE.vicinity])
        wider = f"; around it, ess-sim new {of} ({names_of_kind('epci')[of]})" if of else ""
        autour = f"\u00a0; autour, ess-sim new {of} ({names_of_kind('epci')[of]})" if of else ""
        few = "its few GPs make chance large", "ses médecins sont peu nombreux, l'aléa pèse donc beaucoup"
        closed = (
            "in the run there are no GPs and no residents beyond its border",
            "la simulation ne compte ni médecin ni habitant au-delà de sa limite",
        )
        why, motif = few if spec.halo_minutes else closed
        yield Words(f"{name} alone: {why}{wider}", f"{nom}, commune seule\u00a0: {motif}{autour}")


def doubts_of(made: Beginning) -> dict[str, Words]:
    """What is known to be wrong with the bundled data of the territory, by the key that could say better."""
    found: dict[str, Words] = {}
    if made.baseline.territory.way not in KINDS:  # of a whole country that is little
        return found
    country = country_of(made.baseline.territory.way)
    places = zones_of_country(country)
    for region in dict.fromkeys(places[country.region].reindex(list(made.territory.zones))):
        found |= {key: Words(*said) for key, said in country.doubts.get(str(region), {}).items()}
    return found
