"""The page of a benchmark: which policy comes first, how sure that is, where, by what measure, at what cost."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ess_sim.analysis.benchmark.benchmark import Benchmark
from ess_sim.analysis.benchmark.league import AFFORDABLE, OVERALL
from ess_sim.faces.report.parts.blocks import Both, Cell, Column, Level, Num, Picture, Prose, Section, Table
from ess_sim.faces.report.parts.saying import Saying
from ess_sim.faces.report.setting import set_page
from ess_sim.faces.reports.studies.league import dose_label
from ess_sim.faces.reports.studies.league_rows import (
    SURE,
    UNKNOWN,
    by_measure,
    by_territory,
    by_year,
    cost_of_one,
    first_of_each,
    headline,
    is_unpriced,
    partly_unknown,
    single_doses,
    standard_territories,
)
from ess_sim.faces.reports.studies.rows import each
from ess_sim.faces.svg.rows import dot, limits
from ess_sim.faces.words.glossary import LANGUAGES, Language
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["league_html"]

_SAYING = Saying("league")
_say = _SAYING.say
_NONE = Num(float("nan"))


def league_html(found: Benchmark, *, budget: float, version: str, lang: Language = "en") -> str:
    """A benchmark as one HTML page in both languages, which asks for nothing from elsewhere.

    Parameters
    ----------
    found : Benchmark
    budget : float
        Of a dose, € per adult-year.
    version : str
        Of ess_sim.
    lang : {'en', 'fr'}
        In which language it opens.
    """
    league, n = found.league, len(found.results.replications)
    parts = [_answer(league, n), _overall(league, n, partly_unknown(found.doses))]
    keys = [key for key in pd.unique(league["territory"]) if key != OVERALL]
    if len(keys) > 1:
        parts += [_by_year(league), _by_territory(league, keys), _measures(league, n)]
    parts += [_places(keys), _doses(found)]
    title = _say("title")
    money = Num(budget, 0 if budget >= 2 else 2)
    policies = _SAYING.count("subtitle_policies", Num(league["dose"].nunique()))
    where = _SAYING.count("subtitle_in", Num(len(keys)))
    return set_page(
        [part for part in parts if part.blocks],
        lang,
        title=title,
        subtitle=_say("subtitle", policies, where, money),
        made=_say("made_by", version, Num(n), str(found.results.seed)),
        data={"title": list(title), "months": [[], []], "series": {}, "charts": {}, "places": None, "names": []}
        | {"area": [], "interval": [_say("col_low"), _say("col_high")]},
    )


def _dose(dose: str) -> Both:
    return Both(*(dose_label(dose, lang) for lang in LANGUAGES))


def _answer(league: pd.DataFrame, n: int) -> Section:
    territory, year, lines = headline(league)
    section = Section("answer", _say("answer"))
    if n < FEWEST:
        section.add(Prose(_say("few", Num(n)), "red"))
    ranked = lines.dropna(subset="rank")
    if ranked.empty:
        section.add(Prose(_say("lead_nothing"), "lead"))
        return section
    first: Any = ranked.iloc[0]
    if n >= FEWEST and not (ranked["high"] < 0).any():
        section.add(Prose(_say("lead_none", Num(year)), "lead"))
        return section
    numbers = [Num(first[c], 2, True) for c in ("effect", "low", "high")]
    if n >= FEWEST:
        where = () if territory == OVERALL else (territory,)
        section.add(
            Prose(_say("lead_one" if where else "lead", Num(year), _dose(first["dose"]), *where, *numbers), "lead"),
            Prose(_say("sure", Num(100 * first["p_best"]))),
        )
        near = ranked.iloc[1:][ranked.iloc[1:]["rank_low"] <= first["rank_high"]]
        names = [_dose(dose) for dose in near["dose"]]
        listed = Both(*(", ".join(name.to(lang) for name in names) for lang in LANGUAGES))
        section.add(Prose(_say("close", listed) if names else _say("alone")))
    return section


def _overall(league: pd.DataFrame, n: int, more: set[str]) -> Section:
    territory, year, lines = headline(league)
    section = Section("overall", _say("overall" if territory == OVERALL else "one"))
    span, many = limits(*(lines[c].to_numpy(float) for c in ("low", "high", "effect"))), n >= FEWEST
    columns = [Column(_say("col_policy"), "text"), Column(_say("col_rank"))]
    columns += [Column(_say("col_ranks"), "text")] if many else []
    columns += [Column(_say("col_effect"), "level")]
    if many:
        columns += [Column(_say("col_picture"), "picture"), Column(_say("col_p"), "text")]
        columns += [Column(_say(k)) for k in ("col_best", "col_top")]
    columns += [Column(_say("col_cost")), Column(_say("col_net")), Column(_say("col_bound"), "text")]
    rows: list[list[Cell]] = []
    for r in each(lines):
        row: list[Cell] = [_dose(r.dose), Num(r.rank, int(r.rank % 1 > 0))]
        effect = Level(r.effect, r.low, r.high, 2, sign=True)
        if many:
            ranks = _say("dash") if pd.isna(r.rank_low) else Both.same(f"{r.rank_low:g}–{r.rank_high:g}")
            p = _say("p_small") if r.p_holm < 0.001 else Num(r.p_holm, 3)
            row += [ranks, effect, Picture(dot(r.effect, r.low, r.high, span)), p]
            row += [Num(100 * r.p_best), Num(100 * r.p_top3)]
        else:
            row.append(effect)
        if is_unpriced(r, more):
            rows.append([*row, _NONE, _NONE, _say("bound_unknown")])
        else:
            bound = _say("bound_at_least") if r.dose in more else Both.same("")
            rows.append([*row, Num(r.cost, 2), Num(r.net, 2), bound])
    section.add(
        Prose(_say("overall_note" if territory == OVERALL else "one_note", Num(year), Num(AFFORDABLE)), "note"),
        *([Prose(_say("overall_costs"), "note")] if territory == OVERALL else []),
        Table("league", _say("table_overall"), columns, rows, sortable=True, opened=True),
    )
    return section


def _by_year(league: pd.DataFrame) -> Section:
    years, grid = by_year(league)
    columns = [Column(_say("col_policy"), "text")]
    columns += [Column(_say("col_year_one") if year == 1 else _say("col_year", Num(year)), "level") for year in years]
    rows: list[list[Cell]] = []
    for dose in grid.doses:
        of = [grid.cells[dose, year] for year in years]
        rows.append([_dose(dose), *(Level(row.effect, row.low, row.high, 2, sign=True) for row in of)])
    section = Section("years", _say("years"))
    section.add(Table("by-year", _say("table_overall"), columns, rows))
    return section


def _by_territory(league: pd.DataFrame, keys: list[str]) -> Section:
    grid = by_territory(league, keys)
    columns = [Column(_say("col_policy"), "text"), *(Column(Both.same(key), "text") for key in keys)]
    rows = [[_dose(dose), *(_cell(grid.cells.get((dose, key))) for key in keys)] for dose in grid.doses]
    section = Section("territories", _say("territories"))
    section.add(
        Prose(_say("territories_note", Num(headline(league).year)), "note"),
        Table("by-territory", _say("table_territories"), columns, rows, opened=True),
    )
    heads = [Column(_say("col_key"), "text"), Column(_say("col_policy"), "text")]
    heads += [Column(_say("col_effect"), "level"), Column(_say("col_best"))]
    best: list[list[Cell]] = [
        [Both.same(key), _dose(row.dose), Level(row.effect, row.low, row.high, 2, sign=True), Num(100 * row.p_best)]
        for key, row in first_of_each(league, keys)
    ]
    section.add(Table("first-of-each", _say("table_first"), heads, best))
    return section


def _cell(row: Any) -> Both:
    """An effect with a star where it is sure, a dash where it is not ranked; nothing where the dose is not possible."""
    if row is None:
        return Both.same("")
    marks = " *" * bool(row.p_holm < SURE) + " –" * bool(pd.isna(row.rank))
    number = Num(row.effect, 2, True)
    return Both(*(number.to(lang) + marks for lang in LANGUAGES))


def _measures(league: pd.DataFrame, n: int) -> Section:
    section = Section("measures", _say("measures"))
    for measure, about, first in by_measure(league):
        columns = [
            Column(_say("col_policy"), "text"),
            Column(_say("col_rank")),
            Column(Both(about.unit.en, about.unit.fr)),
        ]
        columns += [Column(_say(k)) for k in ("col_low", "col_high", "col_best") if n >= FEWEST]
        rows: list[list[Cell]] = []
        for r in first:
            row: list[Cell] = [_dose(r.dose), Num(r.rank, int(r.rank % 1 > 0)), Num(r.effect, about.digits, True)]
            if n >= FEWEST:
                row += [Num(r.low, about.digits, True), Num(r.high, about.digits, True), Num(100 * r.p_best)]
            rows.append(row)
        caption = Both(*(name[:1].upper() + name[1:] for name in (about.name.en, about.name.fr)))
        section.add(Table(f"by-{measure}", caption, columns, rows))
    return section


def _places(keys: list[str]) -> Section:
    section = Section("places", _say("table_places"))
    chosen = standard_territories(keys)
    if not chosen:
        return section
    names = ("col_key", "col_name", "col_code", "col_residents", "col_members", "col_about")
    kinds = ("text", "text", "text", "number", "number", "text")
    columns = [Column(_say(name), kind) for name, kind in zip(names, kinds, strict=True)]
    rows: list[list[Cell]] = [
        [
            *(Both.same(text) for text in (t.key, t.name, t.code)),
            *(Num(number) for number in (t.residents, t.members)),
            Both(t.about.en, t.about.fr),
        ]
        for t in chosen
    ]
    section.add(Prose(_say("places_note"), "note"), Table("places", _say("table_places"), columns, rows, opened=True))
    return section


def _doses(found: Benchmark) -> Section:
    section = Section("doses", _say("doses"))
    columns = [Column(_say("col_name"), "text"), Column(_say("col_policy"), "text"), Column(_say("col_copies"))]
    columns += [Column(_say("col_euro")), Column(_say("col_bound"), "text")]
    bounds = {"at least": _say("bound_at_least"), "at most": _say("bound_at_most"), UNKNOWN: _say("bound_unknown")}
    rows: list[list[Cell]] = []
    for r in single_doses(found.doses):
        known = cost_of_one(r)
        euro, bound = _NONE if known == UNKNOWN else Num(r.euro_a_year), bounds.get(known, Both.same(known))
        rows.append([Both.same(r.territory), _dose(r.policy), Num(r.copies), euro, bound])
    section.add(Prose(_say("doses_note"), "note"), Table("doses-table", _say("table_doses"), columns, rows))
    if len(found.absent):
        columns = [Column(_say(k), "text") for k in ("col_name", "col_policy", "col_why")]
        lines = each(found.absent)
        why: list[list[Cell]] = [[Both.same(r.territory), _dose(r.dose), Both.same(r.why)] for r in lines]
        section.add(Table("absent", _say("absent"), columns, why))
    return section
