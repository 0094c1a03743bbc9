"""What the results rest on, and how to run them again."""

from __future__ import annotations

import shlex

from ess_sim.faces.report.gather.basis import GRADES, Basis
from ess_sim.faces.report.gather.basis import basis as gathered
from ess_sim.faces.report.gather.batch import Batch
from ess_sim.faces.report.gather.trust import movers
from ess_sim.faces.report.parts.blocks import Both, Cell, Column, Drawing, Num, Prose, Section, Table, joined
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.faces.report.sections.stated import stated
from ess_sim.faces.svg.rows import parts
from ess_sim.faces.words.glossary import LANGUAGES, glossary
from ess_sim.faces.words.numbers import every_digit
from ess_sim.faces.words.parameters import meaning_of
from ess_sim.faces.words.speech import plain
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.languages.bilingual import in_language
from ess_sim.results.tables.schema import SCHEMAS

__all__ = ["again", "basis"]


_MOST_MOVING = 5


def basis(batch: Batch, voice: Voice) -> Section:
    """Grades, lines, figures, most moving assumptions."""
    found, section = gathered(batch), Section("basis", voice.say("basis_title"))
    total = sum(found.grades.values())
    section.add(Prose(voice.say("basis_sentence", Num(total), Num(found.grades["D"])), "p"))
    legend = [
        (f"part{k}", voice.say("grade", voice.say(f"grade_{g}"), Num(found.grades[g]))) for k, g in enumerate(GRADES)
    ]
    picture = parts([found.grades[g] for g in GRADES])
    section.add(Drawing("grades", "plain", [(voice.say("basis_grades"), picture)], legends=[legend]))
    _moving(batch, voice, section)
    section.add(_assumptions(batch, voice), *_figures(voice, found))
    return section


def _moving(batch: Batch, voice: Voice, section: Section) -> None:
    found = movers(batch)[:_MOST_MOVING]
    if not found:
        section.add(Prose(voice.say("basis_not_swept"), "note"))
        return
    columns = [
        Column(voice.say("col_assumption"), "text"),
        Column(voice.say("col_rank")),
        Column(voice.say("col_sure"), "text"),
    ]
    rows: list[list[Cell]] = [
        [voice.parameter(m.name), Num(m.rank, 2, True), voice.say("sure" if m.sure else "unsure")] for m in found
    ]
    section.add(Table("movers", voice.say("table_movers", Num(batch.n)), columns, rows, opened=True))


def _assumptions(batch: Batch, voice: Voice) -> Table:
    """Parameters of grade D that were read, with their ranges."""
    names = sorted({name for names in batch.results.grade_d.values() for name in names})
    known, units = catalogue(), glossary().units_fr
    own = batch.scenario(batch.main).get("parameters", {})
    columns = [
        Column(voice.say("col_assumption"), "text"),
        *(Column(voice.say(k), "text") for k in ("col_value", "col_range", "col_unit", "col_meaning")),
    ]
    rows: list[list[Cell]] = []
    for name in names:
        if name in known:
            p = known[name]
            value = own.get(name, p.value)
            rows.append(
                [
                    voice.parameter(name),
                    Both(every_digit(value, "en"), every_digit(value, "fr")),
                    voice.say("range", *(Both(every_digit(x, "en"), every_digit(x, "fr")) for x in (p.low, p.high))),
                    Both(p.unit, units.get(p.unit, p.unit)),
                    Both(*(meaning_of(name).to(lang) for lang in LANGUAGES)),
                ]
            )
    return Table("assumptions", voice.say("table_assumptions", Num(len(names))), columns, rows)


def _figures(voice: Voice, found: Basis) -> list[Table]:
    lines = [[Both.same(plain(line))] for line in found.assumed]
    assumed = Table(
        "assumed", voice.say("table_assumed", Num(len(lines))), [Column(voice.say("col_line"), "text")], lines
    )
    sources = [[Both.same(plain(line))] for line in found.sources]
    named = Table(
        "sources", voice.say("table_sources", Num(len(sources))), [Column(voice.say("col_source"), "text")], sources
    )
    asked = [
        [voice.title(s), Both(*(plain(in_language(text, lang)) for lang in LANGUAGES))]
        for s, text in found.questions
        if text
    ]
    said = [Column(voice.say(k), "text") for k in ("col_scenario", "col_question")]
    questions = Table("questions", voice.say("table_questions"), said, asked)
    return [table for table in (stated(voice, found.stated), assumed, named, questions) if table.rows]


def again(batch: Batch, voice: Voice) -> Section:
    """Command, versions, seed, digests, fingerprint."""
    made, section = gathered(batch).made, Section("again", voice.say("again_title"))
    section.add(Prose(voice.say("again_first"), "p"))
    options = ["--replications", str(made.replications), "--seed", str(made.seed)]
    if len(made.baselines) == 1:
        options += ["--baseline", made.baselines[0]]
    if made.draws:
        options += ["--draws", str(made.draws)]
    if set(made.keep) != set(SCHEMAS):
        options += ["--keep", ",".join(made.keep)]
    if made.snapshots == "yearly":
        options += ["--snapshots", made.snapshots]
    lines = made.version, shlex.join(options)
    section.add(Prose(voice.say("again_commands", *lines), "code"))
    section.add(Prose(voice.say("again_files", joined([Both.same(name) for name in batch.results.scenarios])), "p"))
    if made.draws:
        section.add(Prose(voice.say("again_draws"), "note"))
    columns = [Column(voice.say("col_what"), "text"), Column(voice.say("col_value"), "text")]
    rows: list[list[Cell]] = [
        [voice.say("made_version"), Both.same(made.version)],
        [voice.say("made_seed"), Both.same(made.seed)],
    ]
    rows += [[voice.say("made_fingerprint"), Both.same(made.fingerprint)]]
    for name, digest, content in made.digests:
        rows.append([voice.say("made_scenario", name), Both.same(digest)])
        if content:
            rows.append([voice.say("made_content", name), Both.same(content)])
    section.add(Table("digests", voice.say("table_digests"), columns, rows))
    section.add(Prose(voice.say("again_note"), "note"))
    return section
