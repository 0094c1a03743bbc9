"""The page of a benchmark: which policy comes first, how sure that is, where, by what measure, at what cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ess_sim.analysis.benchmark.benchmark import Benchmark
from ess_sim.analysis.benchmark.league import AFFORDABLE, OVERALL
from ess_sim.analysis.benchmark.measures import MEASURES
from ess_sim.analysis.benchmark.territories import benchmark_territories
from ess_sim.faces.report.parts.blocks import Both, Cell, Column, Num, Picture, Prose, Section, Table
from ess_sim.faces.report.setting import set_page
from ess_sim.faces.reports.studies.league import HEADLINE, dose_label, lines_of, partly_unknown
from ess_sim.faces.svg.rows import dot, limits
from ess_sim.faces.words.glossary import LANGUAGES, Language
from ess_sim.faces.words.speech import Speech
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["league_html"]

_SPEECH = {lang: Speech("league", lang) for lang in LANGUAGES}
_FIRST = 5


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
        parts += [_by_territory(league, keys), _measures(league, n)]
    parts += [_places(keys), _doses(found)]
    title = _say("title")
    return set_page(
        [part for part in parts if part.blocks],
        lang,
        title=title,
        subtitle=_say("subtitle", Num(league["dose"].nunique()), Num(len(keys)), Num(budget, 0 if budget >= 2 else 2)),
        made=_say("made_by", version, Num(n), str(found.results.seed)),
        data={"title": list(title), "months": [[], []], "series": {}, "charts": {}, "places": None, "names": []}
        | {"area": [], "interval": [_say("col_low"), _say("col_high")]},
    )


def _say(key: str, *values: Both | Num | str | int) -> Both:
    def text(value: Any, lang: Any) -> str:
        return value.to(lang) if isinstance(value, Both | Num) else str(value)

    return Both(*(_SPEECH[lang].say(key, *(text(value, lang) for value in values)) for lang in LANGUAGES))


def _dose(dose: str) -> Both:
    return Both(*(dose_label(dose, lang) for lang in LANGUAGES))


def _each(frame: pd.DataFrame) -> Iterator[Any]:
    """Its rows, with columns as attributes."""
    yield from frame.itertuples(index=False)


def _head(league: pd.DataFrame) -> tuple[pd.DataFrame, int, str]:
    """The lines of the headline, its year, and of which territory they are."""
    known = list(pd.unique(league["territory"]))
    territory, year = OVERALL if OVERALL in known else known[0], int(league["year"].max())
    return lines_of(league, territory, HEADLINE, year), year, territory


def _answer(league: pd.DataFrame, n: int) -> Section:
    lines, year, territory = _head(league)
    section = Section("answer", _say("answer"))
    if n < FEWEST:
        section.add(Prose(_say("few", Num(n)), "red"))
    ranked = lines.dropna(subset="rank")
    if ranked.empty:
        section.add(Prose(_say("lead_nothing"), "lead"))
        return section
    first: Any = ranked.iloc[0]
    if n >= FEWEST and not first["high"] < 0:
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
    lines, year, territory = _head(league)
    section = Section("overall", _say("overall" if territory == OVERALL else "one"))
    span, many = limits(*(lines[c].to_numpy(float) for c in ("low", "high", "effect"))), n >= FEWEST
    columns = [Column(_say("col_rank")), Column(_say("col_policy"), "text"), Column(_say("col_effect"))]
    if many:
        columns += [Column(_say("col_picture"), "picture"), *(Column(_say(k)) for k in ("col_low", "col_high"))]
        columns += [Column(_say(k), "text") for k in ("col_p", "col_ranks")]
        columns += [Column(_say(k)) for k in ("col_best", "col_top")]
    columns += [Column(_say("col_cost")), Column(_say("col_bound"), "text")]
    rows: list[list[Cell]] = []
    for r in _each(lines):
        row: list[Cell] = [Num(r.rank, int(r.rank % 1 > 0)), _dose(r.dose), Num(r.effect, 2, True)]
        if many:
            ranks = _say("dash") if pd.isna(r.rank_low) else Both.same(f"{r.rank_low:g}–{r.rank_high:g}")
            p = _say("p_small") if r.p_holm < 0.001 else Num(r.p_holm, 3)
            row += [Picture(dot(r.effect, r.low, r.high, span)), Num(r.low, 2, True), Num(r.high, 2, True), p, ranks]
            row += [Num(100 * r.p_best), Num(100 * r.p_top3)]
        rows.append([*row, Num(r.cost, 2), _say("bound_at_least") if r.dose in more else Both.same("")])
    section.add(
        Prose(_say("overall_note", Num(year), Num(AFFORDABLE)), "note"),
        Table("league", _say("table_overall"), columns, rows, sortable=True, opened=True),
    )
    return section


def _by_territory(league: pd.DataFrame, keys: list[str]) -> Section:
    _, year, _ = _head(league)
    some = league[(league["measure"] == HEADLINE) & (league["year"] == year)].set_index(["territory", "dose"])
    order = [*lines_of(league, OVERALL, HEADLINE, year)["dose"], *league["dose"]]
    columns = [Column(_say("col_policy"), "text"), *(Column(Both.same(key), "text") for key in keys)]
    rows: list[list[Cell]] = []
    for dose in dict.fromkeys(order):
        cells: list[Cell] = [_dose(dose)]
        for key in keys:
            if (key, dose) not in some.index:
                cells.append(_say("dash"))
                continue
            row: Any = some.loc[(key, dose)]
            star = " *" if row["p_holm"] < 0.05 else ""
            number = Num(row["effect"], 2, True)
            cells.append(Both(*(number.to(lang) + star for lang in LANGUAGES)))
        rows.append(cells)
    section = Section("territories", _say("territories"))
    section.add(
        Prose(_say("territories_note", Num(year)), "note"),
        Table("by-territory", _say("table_territories"), columns, rows, opened=True),
    )
    return section


def _measures(league: pd.DataFrame, n: int) -> Section:
    _, year, _ = _head(league)
    section = Section("measures", _say("measures"))
    for measure, about in MEASURES.items():
        if measure == HEADLINE or not about.good:
            continue
        lines = lines_of(league, OVERALL, measure, year).dropna(subset="rank").head(_FIRST)
        columns = [
            Column(_say("col_rank")),
            Column(_say("col_policy"), "text"),
            Column(Both(about.unit.en, about.unit.fr)),
        ]
        columns += [Column(_say(k)) for k in ("col_low", "col_high", "col_best") if n >= FEWEST]
        rows: list[list[Cell]] = []
        for r in _each(lines):
            row: list[Cell] = [Num(r.rank, int(r.rank % 1 > 0)), _dose(r.dose), Num(r.effect, about.digits, True)]
            if n >= FEWEST:
                row += [Num(r.low, about.digits, True), Num(r.high, about.digits, True), Num(100 * r.p_best)]
            rows.append(row)
        caption = Both(*(name[:1].upper() + name[1:] for name in (about.name.en, about.name.fr)))
        section.add(Table(f"by-{measure}", caption, columns, rows))
    return section


def _places(keys: list[str]) -> Section:
    section = Section("places", _say("table_places"))
    chosen = [t for t in benchmark_territories() if t.key in keys]
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
    bounds = {"at least": _say("bound_at_least"), "at most": _say("bound_at_most")}
    rows: list[list[Cell]] = [
        [
            Both.same(r.territory),
            _dose(r.policy),
            Num(r.copies),
            Num(r.euro_a_year),
            bounds.get(r.bound, Both.same(r.bound)),
        ]
        for r in _each(found.doses[~found.doses["dose"].str.contains("+", regex=False)])
    ]
    section.add(Prose(_say("doses_note"), "note"), Table("doses-table", _say("table_doses"), columns, rows))
    if len(found.absent):
        columns = [Column(_say(k), "text") for k in ("col_name", "col_policy", "col_why")]
        why: list[list[Cell]] = [[Both.same(r.territory), _dose(r.dose), Both.same(r.why)] for r in _each(found.absent)]
        section.add(Table("absent", _say("absent"), columns, why))
    return section
