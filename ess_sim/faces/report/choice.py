"""The page of a choice under a budget: which mix, how sure that is, what it costs, what binds, what else there was."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ess_sim.analysis.budget.choice import BudgetChoice
from ess_sim.faces.report.choice_tables import Tables, unknown_words
from ess_sim.faces.report.parts.blocks import Both, Num, Prose, Section, joined
from ess_sim.faces.report.parts.mixes import Mixes, one_of_many
from ess_sim.faces.report.parts.saying import Saying
from ess_sim.faces.report.setting import set_page
from ess_sim.faces.reports.studies.choice_rows import beyond, next_run, room_left, would_fit
from ess_sim.faces.reports.studies.rows import each
from ess_sim.faces.words.glossary import LANGUAGES, Language, glossary
from ess_sim.faces.words.speech import plain
from ess_sim.inputs.languages.bilingual import in_language
from ess_sim.inputs.scenario.outcomes import OUTCOMES

__all__ = ["choice_html"]


_SAYING = Saying("choice")
_say = _SAYING.say
_MOST = 4
"""Policies that a sentence names."""


def choice_html(found: BudgetChoice, *, version: str, lang: Language = "en") -> str:
    """A choice as one HTML page in both languages, which asks for nothing from elsewhere.

    Parameters
    ----------
    found : BudgetChoice
    version : str
        Of ess_sim.
    lang : {'en', 'fr'}
        In which language it opens.
    """
    unit = OUTCOMES[found.outcome].unit_of_difference
    words = _say("points") if unit == "pp" else Both(unit, glossary().units_fr.get(unit, unit))
    mixes = Mixes(found.units, str(_chosen(found)["mix"]))
    tables = Tables(found, mixes, words)
    parts = [
        _answer(found, tables, words),
        _sure(found, tables, words),
        _front(found, tables),
        _rules(found, tables),
        _binds(found, tables),
        _draws(found, tables, words),
        _units(tables),
        _limits(found),
    ]
    name = found.baseline.name
    where = Both(*(plain(in_language(found.baseline.title, lang) or name) for lang in LANGUAGES))
    title = _say("title", Num(found.budget), where)
    about = OUTCOMES[found.outcome]
    held = "subtitle_horizon" if found.over_horizon else "subtitle_years"
    return set_page(
        [part for part in parts if part.blocks],
        lang,
        title=title,
        subtitle=_say(held, Both(about.about, about.about_fr), found.day),
        made=_say("made_by", version, Num(found.simulated), str(found.seed)),
        data={"title": list(title), "months": [[], []], "series": {}, "charts": {}, "places": None, "names": []}
        | {"area": [], "interval": [_say("col_low"), _say("col_high")]},
    )


def _chosen(found: BudgetChoice) -> pd.Series:
    return found.candidates[found.candidates["status"] == "chosen"].iloc[0]


def _answer(found: BudgetChoice, tables: Tables, unit: Both) -> Section:
    section, row, about = Section("answer", _say("answer")), _chosen(found), OUTCOMES[found.outcome]
    money = Num(found.budget)
    if found.chosen is None:
        section.add(Prose(_say("lead_nothing", money), "lead"), *(Prose(each, "item") for each in tables.left_out()))
        return section
    effect = [Num(row[name], 2, True) for name in ("effect", "effect_low", "effect_high")]
    rest = (Both(about.about, about.about_fr), found.day)
    if pd.isna(row["effect_low"]):
        section.add(Prose(_say("lead_no_interval", money, effect[0], unit, *rest), "lead"))
    else:
        section.add(Prose(_say("lead", money, effect[0], unit, *effect[1:], *rest), "lead"))
        fewer = row["people"] >= 0
        people = row[["people", "people_low", "people_high"]].abs().tolist()
        numbers = [Num(people[0]), *(Num(x) for x in sorted(people[1:]))]
        if row["people_low"] * row["people_high"] > 0:
            section.add(Prose(_say("people" if fewer else "people_more", *numbers)))
    section.add(Prose(_say("consists")), *(Prose(each, "item") for each in tables.mixes.listed(str(row["mix"]))))
    cost = Num(row["euro_a_year"]), Num(row["worst_year"])
    if unknown := str(row["unknown"] or ""):
        section.add(Prose(_say("cost_at_least", *cost, unknown_words(unknown))))
    else:
        section.add(Prose(_say("cost", *cost)))
    return section


def _sure(found: BudgetChoice, tables: Tables, unit: Both) -> Section:
    section, status, row = Section("sure", _say("sure")), found.candidates["status"], _chosen(found)
    finalists = int((status != "over budget").sum()) - 1
    if not finalists:
        section.add(tables.finalists())
        return section
    of = _SAYING.count("finalists", Num(finalists))
    if found.chosen is None:
        section.add(
            Prose(_say("none_better", of)), Prose(_say("mixes_note", Num(row["n"])), "note"), tables.finalists()
        )
        return section
    if found.decided:
        leads = _plain(found.indifference)
        section.add(Prose(_say("selection", of, Num(100 * found.confidence), leads, unit)))
    else:
        section.add(Prose(_say("undecided", of), "red"))
    section.add(Prose(_say("best_of_found")))
    if pd.notna(row["p_best"]):
        section.add(Prose(_say("p_best", Num(100 * row["p_best"]))))
    for key, what in (("equal", "not separated"), ("better", "better"), ("over", "over budget")):
        if number := int((status == what).sum()):
            section.add(Prose(_SAYING.count(key, Num(number))))
    section.add(Prose(_say("mixes_note", Num(row["n"])), "note"), tables.finalists())
    return section


def _plain(value: float) -> Both:
    """A number with the digits that it has."""
    text = f"{value:g}"
    return Both(text, text.replace(".", ","))


def _front(found: BudgetChoice, tables: Tables) -> Section:
    section = Section("front", _say("front"))
    section.add(tables.picture(), *(Prose(each, "item") for each in tables.named()))
    if beyond(found.budget, tables.every):
        section.add(Prose(_say("front_beyond", Num(found.budget)), "note"))
    else:
        section.add(Prose(_say("front_budget_horizon" if found.over_horizon else "front_budget"), "note"))
    section.add(Prose(_say("front_note"), "note"), tables.finished())
    return section


def _rules(found: BudgetChoice, tables: Tables) -> Section:
    section = Section("rules", _say("rules"))
    if len(found.rules):
        section.add(Prose(_say("rules_note"), "note"), tables.rules())
    return section


def _binds(found: BudgetChoice, tables: Tables) -> Section:
    section = Section("binds", _say("binds"))
    if found.chosen is None:
        section.add(*_limits_asked(found))
        return section
    left = room_left(found)
    fit, cheapest = would_fit(found)
    if found.over_horizon:
        section.add(Prose(_say("binds_horizon", Num(left))))
    elif len(fit):
        names = one_of_many([tables.mixes.unit(str(unit)) for unit in fit["unit"].head(_MOST)])
        key = "binds_little_one" if len(fit) == 1 else "binds_little"
        section.add(Prose(_say(key, Num(left), Num(len(fit)), names)))
    elif cheapest is not None:
        section.add(
            Prose(
                _say("binds_budget", Num(left), Num(cheapest["worst_year"]), tables.mixes.unit(str(cheapest["unit"])))
            )
        )
    else:
        section.add(Prose(_say("binds_nothing", Num(left))))
    section.add(Prose(_say("held", Num(found.runs), Num(100 * next_run(found.runs), 1))))
    if found.thrown_out:
        section.add(Prose(_SAYING.count("held_too_sure", Num(found.thrown_out))))
    section.add(Prose(_say("payers", joined([_say(f"payer_{payer}") for payer in found.payers]))))
    section.add(*_limits_asked(found))
    if found.posts is not None and len(found.posts):
        section.add(tables.posts())
    section.add(tables.costs())
    return section


def _limits_asked(found: BudgetChoice) -> Iterator[Prose]:
    if found.limits is None:
        return
    for row in each(found.limits):
        kind = str(row.limit).partition(".")[2]
        name = _say("limit_copies_of", kind) if kind else _say(f"limit_{row.limit}")
        yield Prose(_say("limit_binds" if row.binds else "limit_free", name, Num(row.asked), Num(row.most)), "item")


def _draws(found: BudgetChoice, tables: Tables, unit: Both) -> Section:
    section = Section("draws", _say("draws"))
    if found.robust is None:
        return section
    much = _plain(found.indifference)
    section.add(
        Prose(_say("draws_sentence", Num(100 * found.changes), much, unit, Num(100 * found.matters))),
        *(Prose(_say(f"criterion_{name}", tables.mixes.against(mix)), "item") for name, mix in found.criteria.items()),
        Prose(_say("draws_note"), "note"),
        tables.robust(),
    )
    return section


def _units(tables: Tables) -> Section:
    section = Section("units", _say("units"))
    section.add(Prose(_say("units_note"), "note"), tables.units())
    return section


def _limits(found: BudgetChoice) -> Section:
    section = Section("limits", _say("limits"))
    keys = ("limits_doses", "limits_model", "limits_unknown", "limits_chance")
    section.add(*(Prose(_say(key), "item") for key in keys))
    if halo := found.baseline.territory.halo_minutes:
        section.add(Prose(_say("limits_halo", Num(halo)), "item"))
    if found.chosen is not None:
        section.add(Prose(_say("limits_again")))
    return section
