"""A new scenario as a file to be read and changed: its blocks, with names beside codes and what to replace first."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ess_sim.faces.explanation.doubts import doubts_of
from ess_sim.faces.words.glossary import Language
from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.documents.dump import dump
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.countries.codes import names_of_kind
from ess_sim.inputs.territory.countries.registry import KINDS
from ess_sim.inputs.territory.population import in_french
from ess_sim.model.beginnings.begin import Beginning
from ess_sim.model.beginnings.need import WITHIN_MINUTES
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.words import Words
from ess_sim.model.residents.day0 import adults_and_without

__all__ = ["LOCAL_FIGURES", "baseline_text", "grades_of", "number", "policy_text", "size_of", "why_there"]

_WIDTH = 110

LOCAL_FIGURES = {
    "supply.list_holding_gps": Words(
        "GPs with a list, by commune. Where GPs practise: annuaire santé (annuaire.sante.fr, from the RPPS); who holds "
        "a list: the CPAM",
        "médecins traitants par commune. Lieux d'exercice\u00a0: annuaire santé (annuaire.sante.fr, d'après "
        "le RPPS)\u00a0; "
        "patientèles\u00a0: la CPAM",
    ),
    "residents.without_mt": Words(
        "share of residents aged 17 or over without médecin traitant, by zone if known: the CPAM, the ARS, or the CPTS "
        "(Rezone CPTS); option --without-mt",
        "part des habitants de 17 ans et plus sans médecin traitant, par zone si possible\u00a0: la CPAM, "
        "l'ARS ou la CPTS "
        "(Rezone CPTS)\u00a0; option --without-mt",
    ),
    "supply.gp_ages": Words(
        "GPs' ages. No key says them, those of the département hold; departures that are known can be written as a "
        "policy (kind: departures)",
        "âge des médecins. Aucune clé ne le donne, celui du département vaut\u00a0; les départs connus "
        "s'écrivent comme une "
        "mesure (kind: departures)",
    ),
    "supply.first_installations": Words(
        "first installations a year: the CPAM, or the département's council of the Ordre des médecins",
        "premières installations par an\u00a0: la CPAM, ou le conseil départemental de l'Ordre des médecins",
    ),
    "supply.interns_per_semester": Words(
        "interns in GPs' practices each semester: the ARS, or the faculty's department of general practice",
        "internes chez les maîtres de stage, par semestre\u00a0: l'ARS, ou la médecine générale de la faculté",
    ),
    "supply.retired_pool": Words(
        "retired GPs of the département whom a centre could ask (of elsewhere, retired_from_beyond_ratio times as many "
        "are added): the département's council of the Ordre des médecins",
        "médecins retraités du département qu'un centre pourrait solliciter (il en vient d'ailleurs "
        "retired_from_beyond_ratio fois autant)\u00a0: le conseil départemental de l'Ordre des médecins",
    ),
    "supply.departement_list_holders": Words(
        "GPs with a list in the whole département: Cnam, data.ameli.fr",
        "médecins traitants de tout le département\u00a0: Cnam, data.ameli.fr",
    ),
    "territory.travel": Words(
        "minutes of travel: a table of your own (territory.travel_csv)",
        "temps de trajet\u00a0: un tableau à vous (territory.travel_csv)",
    ),
}
"""Local figures that improve a new scenario, the most telling first, and where they are found in France."""

_HALO = Words(
    "Communes so many minutes around take part, and are left out of the results but for costs: residents may "
    "register beyond the border, and others on this side. Without this line the border is closed; it cannot "
    "stand beside travel_csv.",
    "Les communes à tant de minutes alentour participent, hors des résultats, sauf les coûts\u00a0: les habitants "
    "peuvent s'inscrire au-delà de la limite, et d'autres en deçà. Sans cette ligne la limite est fermée\u00a0; "
    "incompatible avec travel_csv.",
)

_GRADES = {
    "A": Words("official", "officiel"),
    "B": Words("from a study", "d'après une étude"),
    "C": Words("an estimate: a local figure would be better", "une estimation\u00a0: un chiffre local vaudrait mieux"),
    "D": Words("assumed: a local figure would be better", "une hypothèse\u00a0: un chiffre local vaudrait mieux"),
}


def number(value: float, lang: Language, digits: int = 0) -> str:
    """A number as it is written in a language.

    >>> number(13336.4, "en"), number(1.25, "fr", 1)
    ('13,336', '1,2')
    """
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", "\u202f,")) if lang == "fr" else text


def grades_of(made: Beginning) -> str:
    """How many inputs of a new scenario have which grade, e.g. ``2 A, 1 B, 4 C, 3 D``."""
    counts = Counter(figure.grade for figure in made.figures)
    return ", ".join(f"{n} {grade}" for grade, n in sorted(counts.items()))


def size_of(made: Beginning, lang: Language = "en") -> str:
    """The territory in one line: communes, residents, adults of day 0 (as in `describe`), GPs."""
    territory = made.territory
    of_day_0, _ = adults_and_without(made.baseline, territory, Parameters())
    zones, residents, adults, gps = (
        number(n, lang)
        for n in (
            len(territory.zones),
            int(territory.population.sum()),
            int(of_day_0.sum()),
            sum(block.total for block in made.baseline.supply.list_holding_gps or ()),
        )
    )
    words = Words(
        f"{territory.name}. Communes: {zones}, residents: {residents}, aged 17 or over: {adults}, GPs with a list: "
        f"{gps}",
        f"{in_french(territory.name)}. Communes\u00a0: {zones}, habitants\u00a0: {residents}, de 17 ans et "
        f"plus\u00a0: {adults}, "
        f"médecins traitants\u00a0: {gps}",
    )
    return words.to(lang)


def baseline_text(made: Beginning, command: str, lang: Language = "en") -> str:
    """The baseline as a commented file that is read back as the same scenario.

    Parameters
    ----------
    made : Beginning
    command : str
        What it was written by.
    lang : str, optional
        Of the comments.
    """
    scenario = made.baseline
    lines = [*_comment(_head(made, command, lang)), *_top(scenario), "territory:", *_territory(made, lang)]
    lines += ["supply:", *_supply(made, lang), "residents:", *_residents(made, lang)]
    lines += [f"outcomes: [{', '.join(scenario.outcomes)}]"]
    return "\n".join(lines) + "\n"


def policy_text(made: Beginning, command: str, lang: Language = "en") -> str:
    """The policy as a file that extends ``baseline.yaml``; parameters as `baseline_text`."""
    scenario = made.with_policy
    if scenario is None:
        raise ValueError("no policy was asked for")
    (policy,) = scenario.policies
    block = {"kind": _kind(policy).kind, **policy.model_dump(mode="json", exclude_unset=True)}
    names = dict(zip(made.territory.zones, made.territory.zone_names, strict=True))
    about = [Words("Written by: ", "Écrit par\u00a0: ").to(lang) + command, "", *why_there(made, lang)]
    return (
        "\n".join(
            [
                *_comment(about),
                "extends: baseline.yaml",
                *_top(scenario, dated=False),
                "policies:",
                *(f"  {_with_name(line, names)}" for line in dump([block]).splitlines()),
            ]
        )
        + "\n"
    )


def why_there(made: Beginning, lang: Language = "en") -> list[str]:
    """Where a policy was placed, why there, and why in this dose; a sentence each."""
    if made.with_policy is None or made.need is None:
        return []
    (policy,) = made.with_policy.policies
    zones = made.territory.zones
    named = [z for z in _texts(policy.model_dump(mode="json")) if z in zones]
    z = zones.index(named[0]) if named else made.need.stops[0]
    place, need = f"{made.territory.zone_names[z]} ({zones[z]})", made.need
    adults, lacking = number(need.adults[z], lang), number(need.lacking[z], lang)
    gps, missing = number(need.gps[z], lang), number(need.missing[z], lang, 1)
    minutes = f"{WITHIN_MINUTES:g}"
    numbers = Words(
        f"{place}: of {adults} adults within {minutes} minutes, {lacking} lack a GP at France's density; "
        f"list-holding GPs there: {gps}, missing: {missing}.",
        f"{place}\u00a0: sur {adults} adultes à {minutes} minutes au plus, {lacking} restent sans médecin à la densité "
        f"nationale\u00a0; médecins traitants à cette distance\u00a0: {gps}, manquants\u00a0: {missing}.",
    ).to(lang)
    if not named:
        where = Words(
            "It acts in the whole territory; the need is greatest in ",
            "Elle agit sur tout le territoire\u00a0; le besoin est le plus grand à ",
        )
    elif need.lacking[need.stops[0]] > 0:
        where = Words("Placed where it is needed most: ", "Placée là où le besoin est le plus grand\u00a0: ")
    else:
        where = Words(
            "No zone has fewer GPs within reach than France; placed where there are fewest: ",
            "Aucune zone n'a moins de médecins à portée que la France\u00a0; placée là où il y en a le moins\u00a0: ",
        )
    dose = _kind(policy).dose
    return [
        where.to(lang) + numbers,
        *([Words("Its dose: ", "Sa dose\u00a0: ").to(lang) + dose.to(lang) + "."] if dose else []),
    ]


def _kind(policy: Any) -> Policy:
    if not isinstance(policy, Policy):
        raise TypeError(f"{policy!r} is no policy of the model")
    return policy


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)


def _with_name(line: str, names: Mapping[str, str]) -> str:
    """A line of a block, with the name of the zone that it names."""
    found = re.fullmatch(r'\s*(?:- )*(?:zone: )?"?([^"]+)"?', line)
    return f"{line}  # {names[found[1]]}" if found and found[1] in names else line


def _comment(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        indent = "   " if re.match(r"\d+\. ", line) else ""
        for row in textwrap.wrap(line, _WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]:
            yield f"# {row}".rstrip()


def _head(made: Beginning, command: str, lang: Language) -> Iterator[str]:
    """What stands above a baseline."""
    grades = {figure.key: figure.grade for figure in made.figures}
    yield size_of(made, lang)
    yield Words("Written by: ", "Écrit par\u00a0: ").to(lang) + command
    yield ""
    yield Words(
        f"It runs as it is: ess-sim run baseline.yaml. Its inputs by grade: {grades_of(made)} (A official, B study, C "
        "press or estimate, D assumption).",
        f"Il se lance tel quel\u00a0: ess-sim run baseline.yaml. Ses données par niveau de preuve\u00a0: "
        f"{grades_of(made)} (A "
        "officiel, B étude, C presse ou estimation, D hypothèse).",
    ).to(lang)
    yield Words(
        "Local figures in the place of these would improve it, the most telling first (change source and grade, too):",
        "Des chiffres locaux l'amélioreraient, à commencer par les plus importants (changez aussi source et "
        "grade)\u00a0:",
    ).to(lang)
    known = [(key, words) for key, words in LOCAL_FIGURES.items() if key in grades]
    for i, (key, words) in enumerate(known, 1):
        yield f"{i}. {key} (grade {grades[key]}): {words.to(lang)}"
    yield Words("Every key is explained by: ess-sim keys", "Toutes les clés\u00a0: ess-sim keys").to(lang)


def _top(scenario: Scenario, *, dated: bool = True) -> Iterator[str]:
    yield f"name: {scenario.name}"
    yield f"title: {_text(scenario.title)}"
    yield "description: >-"
    yield from (f"  {row}" for row in textwrap.wrap(scenario.description, _WIDTH, break_on_hyphens=False))
    if dated:
        yield f"start: {scenario.start}"
        yield f"horizon_years: {scenario.horizon_years}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _doubt(made: Beginning, key: str, lang: Language) -> Iterator[str]:
    """A comment on a block whose data are known to be wrong."""
    if (words := doubts_of(made).get(key)) is not None:
        yield from (f"  # {line}" for line in textwrap.wrap(words.to(lang), _WIDTH - 4))


def _territory(made: Beginning, lang: Language) -> Iterator[str]:
    scenario = made.baseline
    yield from _doubt(made, "territory", lang)
    key = scenario.territory.way
    code = getattr(scenario.territory, key)
    if key not in KINDS:
        yield f"  {key}: true"
    elif isinstance(code, str):
        yield f"  {key}: {_text(code)}  # {names_of_kind(key)[code]}"
    else:
        yield f"  {key}:"
        yield from (f"    - {_text(one)}  # {names_of_kind(key)[one]}" for one in code)
    if scenario.territory.halo_minutes:
        yield from (f"  # {line}" for line in textwrap.wrap(_HALO.to(lang), _WIDTH - 4))
        yield f"  halo_minutes: {scenario.territory.halo_minutes:g}"


def _supply(made: Beginning, lang: Language) -> Iterator[str]:
    supply, names = made.baseline.supply, dict(zip(made.territory.zones, made.territory.zone_names, strict=True))
    yield "  list_holding_gps:"
    for block in supply.list_holding_gps or ():
        yield "    - zones: remainder"
        if block.counts is None:
            yield f"      count: {block.total}"
        else:
            yield "      counts:  # " + Words(
                "change what you know; communes that are not named have no GP",
                "changez ce que vous savez\u00a0; les communes absentes n'ont pas de médecin",
            ).to(lang)
            yield from (f"        {_text(zone)}: {n}  # {names[zone]}" for zone, n in block.counts.items())
        yield from _support(block, "      ", lang)
    first, others = (_figure(made, f"supply.{key}") for key in ("first_installations", "other_gps"))
    yield from _left_out(
        "first_installations",
        Words(f"{first.value:.2f} a year", f"{number(first.value, 'fr', 2)} par an").to(lang),
        Words(
            "entries_per_list_holder for each GP above: it follows them",
            "entries_per_list_holder pour chaque médecin ci-dessus\u00a0: le nombre les suit",
        ),
        lang,
    )
    for key in ("interns_per_semester", "retired_pool", "departement_list_holders"):
        one = getattr(supply, key)
        yield f"  {key}:"
        yield f"    count: {one.count}"
        yield from _support(one, "    ", lang)
    yield from _left_out(
        "other_gps",
        f"{round(others.value)}",
        Words(
            "GPs in other work, read only where there is a centre", "médecins exerçant autrement, lus avec un centre"
        ),
        lang,
    )


def _residents(made: Beginning, lang: Language) -> Iterator[str]:
    yield "  without_mt:"
    for block in made.baseline.residents.without_mt or ():
        yield f"    - zones: {block.zones if isinstance(block.zones, str) else json.dumps(block.zones)}"
        yield f"      share: {block.share!r}"
        yield f"      never_declared_part: {block.never_declared_part!r}"
        yield from _support(block, "      ", lang)
    yield from _doubt(made, "residents.precarious", lang)
    precarious = _figure(made, "residents.precarious")
    yield from _left_out(
        "precarious",
        f"{precarious.value:g}",
        Words("share of precarious adults, as in France", "part d'adultes en situation de précarité, comme en France"),
        lang,
    )


def _figure(made: Beginning, key: str) -> Figure:
    return next(figure for figure in made.figures if figure.key == key)


def _left_out(key: str, value: str, what: Words, lang: Language) -> Iterator[str]:
    """A block that the file does not give, and what holds without it."""
    yield f"  # {key}: " + Words(f"left out, {value}", f"absent, {value}").to(lang) + f" ({what.to(lang)})"


def _support(block: Any, indent: str, lang: Language) -> Iterator[str]:
    yield f"{indent}source: {_text(block.source)}"
    yield f"{indent}grade: {block.grade}  # {_GRADES[block.grade].to(lang)}"
