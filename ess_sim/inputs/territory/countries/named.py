"""What a user's words mean: places of any kind, by code or by name; and the territory that several words make."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import NamedTuple

from ess_sim.arguments import checked
from ess_sim.errors import TerritoryError, shortened
from ess_sim.inputs.territory.countries.codes import (
    FIND,
    bare_name,
    check_code,
    codes_of_former,
    codes_with_bare_name,
    codes_with_name,
    described,
    folded_name,
    former_codes,
    hint_of_code,
    holds_bare_name,
    is_name,
    names_of_kind,
    whole_code,
)
from ess_sim.inputs.territory.countries.country import Country
from ess_sim.inputs.territory.countries.members import zones_of_code, zones_of_country
from ess_sim.inputs.territory.countries.registry import COUNTRIES, KINDS, country_of

__all__ = ["Place", "larger_meanings", "places_named", "territory_of"]

_MOST = 12
"""Most candidates that a message lists."""


_FEW = 3
"""Most places that a message guesses at; of more that hold a word in their name it names none."""


class Place(NamedTuple):
    """A place that a scenario's ``territory`` can name.

    Attributes
    ----------
    key : str
        Key of the scenario's ``territory``: that of a kind of code, or of a whole country (``france``).
    code : str
        '' of a whole country.
    name : str
    """

    key: str
    code: str
    name: str

    @property
    def label(self) -> str:
        """What messages call its kind."""
        return KINDS[self.key].label if self.code else "country"

    @property
    def zones(self) -> tuple[str, ...]:
        """Its communes, of which Paris, Lyon and Marseille stand for their arrondissements."""
        if self.code:
            return zones_of_code(KINDS[self.key], self.code)
        return tuple(map(str, zones_of_country(_whole_countries()[self.key]).index))

    def __str__(self) -> str:
        return f"{self.key}:{described(self.code, self.key)}" if self.code else self.key


def _whole_countries() -> dict[str, Country]:
    return {country.key: country for country in COUNTRIES if country.key}


def _kind_and_word(text: str) -> tuple[tuple[str, ...], str]:
    """Keys of the kinds that a text may name, and the text without the prefix that says so."""
    prefix, colon, word = text.partition(":")
    wanted = folded_name(prefix)
    keys = [k for k in KINDS if wanted and wanted in (folded_name(k), folded_name(KINDS[k].label))]
    return (tuple(keys), word.strip()) if colon and keys else (tuple(KINDS), text.strip())


def places_named(text: str) -> list[Place]:
    """Every place that a word means, none where it means none.

    Its code, else its name (accents, case and hyphens do not matter). ``kind:`` before it, with the key or the label of
    a kind, looks among that kind alone. A code that is both a département's and a région's means the département.
    A commune that exists no more means the one that it is a part of. What has this name but for its kind of
    intercommunality, articles and prepositions comes last: "CC Pays de Craon", "CA de Laval", "Grand Guéret".

    Examples
    --------
    >>> [str(place) for place in places_named("region:52")]
    ['region:52 Pays de la Loire']
    >>> [str(place) for place in places_named("mayenne")]
    ['departement:53 Mayenne', 'communes:53147 Mayenne (Mayenne)']
    """
    keys, word = _kind_and_word(text)
    if len(keys) == len(KINDS) and (whole := [k for k, c in _whole_countries().items() if _is_country(word, c)]):
        return [Place(key, "", _whole_countries()[key].name) for key in whole]
    by_code = [(key, code) for key in keys if (code := whole_code(word, KINDS[key])) in names_of_kind(key)]
    if by_code:  # of a département and a région, the one that stands first among the kinds
        return [Place(key, code, names_of_kind(key)[code]) for key, code in by_code[:1]]
    found = [Place(key, code, names_of_kind(key)[code]) for key in keys for code in codes_with_name(word, key)]
    found = found or _formerly(word, keys)
    return found or [Place(k, code, names_of_kind(k)[code]) for k in keys for code in codes_with_bare_name(word, k)]


def _is_country(word: str, country: Country) -> bool:
    return folded_name(word) in (folded_name(country.key), folded_name(country.name))


def _formerly(word: str, keys: Sequence[str]) -> list[Place]:
    """The communes of which those that had this code or name are a part."""
    found = {}
    for country in COUNTRIES:
        kind = country.commune
        if kind.key in keys:
            for code in codes_of_former(word, country):
                successor = former_codes(country)[code].successor
                found[successor] = Place(kind.key, successor, names_of_kind(kind.key)[successor])
    return list(found.values())


@checked
def territory_of(texts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The key of a scenario's ``territory`` and the codes that some words mean.

    One word is an intercommunality, an EPT, a département, a région, a commune or ``france``. Several words are taken
    together: their communes. Places that consist of the same communes are one (La Réunion is a département and a
    région: the département is meant); of several words, one that names a commune and something larger means the
    commune.

    Parameters
    ----------
    texts : sequence of str
        Codes and names, as `places_named` takes them.

    Returns
    -------
    tuple
        The key and the codes: one of a group of communes, any number of communes, none of a whole country.

    Raises
    ------
    TerritoryError
        With a line for each word that means nothing or several places, and what it could mean.

    Examples
    --------
    >>> territory_of(["laval agglomeration"])
    ('epci', ('200083392',))
    >>> territory_of(["Decize", "Imphy"])
    ('communes', ('58095', '58134'))
    """
    chosen, wrong = [], []
    for text in texts:
        try:
            chosen.append(_one(text, alone=len(texts) == 1))
        except TerritoryError as error:
            wrong.append(str(error))
    if wrong or not texts:
        raise TerritoryError("\n".join(wrong) or "no code or name of a territory given")
    if len(chosen) == 1:
        return chosen[0].key, (chosen[0].code,) if chosen[0].code else ()
    countries = {place.key for place in chosen if not place.code}
    if countries:
        raise TerritoryError(f"{' and '.join(sorted(countries))} is a territory of its own: give it alone")
    of = [next(c for c in COUNTRIES if any(kind.key == place.key for kind in c.kinds)) for place in chosen]
    if len(set(of)) > 1:
        raise TerritoryError(f"one territory lies in one country, not in {' and '.join(c.name for c in of)}")
    whole = [(place.code,) if place.key == of[0].commune.key else place.zones for place in chosen]
    codes = dict.fromkeys(code for codes in whole for code in codes)
    commune = zones_of_country(of[0])["parent"].to_dict()  # an arrondissement is in its commune
    return of[0].commune.key, tuple(code for code in codes if commune.get(code) not in codes)


def _one(text: str, *, alone: bool) -> Place:
    """The one place that a word means."""
    found = places_named(text)
    if not found:
        keys, word = _kind_and_word(text)
        if len(keys) == 1:
            check_code(word, keys[0])  # says what it is instead
        raise TerritoryError(f"no place has the code or name {shortened(word)!r}{_left_out(word) or _nearest(word)}")
    if not alone and len(communes := [p for p in found if p.code and not KINDS[p.key].group]) == 1:
        return communes[0]
    if len(found) > 1 and len({place.zones for place in found}) > 1:
        found = sorted(found, key=_residents, reverse=True)
        some = ", ".join(map(str, found[:_MOST]))
        more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
        example = f"{found[0].key}:{found[0].code}"
        raise TerritoryError(f"{shortened(text)!r} names {len(found)} places: {some}{more}: give one, e.g. {example}")
    return found[0]


def larger_meanings(texts: Sequence[str]) -> list[str]:
    """Of several words, those that were taken for a commune and name something larger, too: how to mean that.

    >>> larger_meanings(["Creuse", "Decize"])
    ["'Creuse' is the commune 80225 here: give departement:23 Creuse if that was meant"]
    """
    notes = []
    for text in texts if len(texts) > 1 else ():
        found = places_named(text)
        larger = [place for place in found if not place.code or KINDS[place.key].group]
        if larger and len(found) == len(larger) + 1:
            here = next(place for place in found if place not in larger)
            some = " or ".join(map(str, larger))
            notes.append(f"{shortened(text)!r} is the commune {here.code} here: give {some} if that was meant")
    return notes


def _residents(place: Place) -> int:
    """How many there are, as far as the bundled communes say: most people mean the largest of some places."""
    country = country_of(place.key) if place.code else _whole_countries()[place.key]
    return int(zones_of_country(country)["population"].reindex(list(place.zones)).sum())


def _left_out(word: str) -> str:
    """What is said of a part of a country that is known not to be bundled."""
    for country in COUNTRIES:
        for name, what in country.left_out.items():
            if folded_name(name) == folded_name(word):
                return f": {what}"
    return ""


def _nearest(word: str) -> str:
    """The places of nearly this name, or how to find one."""
    if not is_name(word):
        return hint_of_code(word, COUNTRIES[0].commune.key)
    folded = folded_name(word[:100])
    holding: list[Place] = []
    alike: dict[str, dict[str, list[Place]]] = {}  # what is looked for → names that may be like it
    for key, kind in KINDS.items():
        bare = bare_name(word[:100], key)
        for code, name in names_of_kind(key).items():
            place, whole = Place(key, code, name), folded_name(name)
            if (len(folded) > 3 and folded in whole) or holds_bare_name(bare, name, key):
                holding.append(place)
            forms = [(folded, whole), (bare.name, bare_name(name, key).name)] if kind.titles else [(folded, whole)]
            for wanted, other in forms:
                if other[:1] == wanted[:1] and abs(len(other) - len(wanted)) < 3:
                    alike.setdefault(wanted, {}).setdefault(other, []).append(place)
    near = holding if len(holding) <= _FEW else []
    for wanted, names in alike.items():
        near += [p for name in difflib.get_close_matches(wanted, names, n=3, cutoff=0.75) for p in names[name]]
    found = list(dict.fromkeys(map(str, near)))[:_FEW]
    return f" (did you mean {' or '.join(found)}?)" if found else FIND
