"""The report as one file: gathered, drawn, set by a template with its style and script, none of which asks for more."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from ess_sim.arguments import checked
from ess_sim.atomic import users_path, write_atomically
from ess_sim.faces.report.excel import workbook
from ess_sim.faces.report.gather.batch import Batch, read_batch
from ess_sim.faces.report.parts.blocks import Both, Coded, Drawing, Level, Num, Picture, Prose, Section, Table
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.faces.report.sections.answer import answer
from ess_sim.faces.report.sections.basis import again, basis
from ess_sim.faces.report.sections.centre import centre
from ess_sim.faces.report.sections.course import course
from ess_sim.faces.report.sections.money import money
from ess_sim.faces.report.sections.places import places
from ess_sim.faces.report.sections.ranking import ranking
from ess_sim.faces.report.sections.trust import trust
from ess_sim.faces.report.sections.who import who, why
from ess_sim.faces.words.glossary import LANGUAGES, Language, glossary
from ess_sim.inputs.catalogue.bundled import data_path
from ess_sim.results.storage.keys import REPORT

__all__ = ["MOST_RUNS", "report_page", "sections", "write_report"]


MOST_RUNS = 200
"""Runs that a report which no one has asked for looks into in detail."""


def sections(batch: Batch, voice: Voice, geojson: Path | None = None) -> list[Section]:
    """All parts of the page, in order."""
    found = [
        answer(batch, voice),
        trust(batch, voice),
        course(batch, voice),
        places(batch, voice, geojson),
        who(batch, voice),
        why(batch, voice),
        centre(batch, voice),
        money(batch, voice),
        ranking(batch, voice),
        basis(batch, voice),
        again(batch, voice),
    ]
    return [section for section in found if section is not None]


@checked
def report_page(
    folder: Path | str,
    *,
    lang: Language = "en",
    geojson: Path | str | None = None,
    most_runs: int | None = None,
) -> str:
    """A results folder as one HTML page, in both languages, that asks for nothing from elsewhere.

    Parameters
    ----------
    folder : path
        Results of `ess_sim.run_experiment`, finished or not.
    lang : {'en', 'fr'}
        In which language it opens.
    geojson : path, optional
        Outlines of zones of your own: features whose id, or one of whose properties, is a zone's code.
    most_runs : int, optional
        Look into no more runs by zone, group, flow and account; levels and differences are of all in any case.

    Raises
    ------
    ResultsError
        If the folder holds no results, damaged ones, or no replication that every scenario has finished; or if its
        scenarios have no date in common.
    TerritoryError
        If the outlines cannot be read.

    Examples
    --------
    >>> report_page("no-such-folder")
    Traceback (most recent call last):
    ess_sim.errors.ResultsError: no-such-folder: no results here (there is no manifest.json)
    """
    batch = read_batch(users_path(folder), most_runs=most_runs)
    voice = Voice(batch)
    return render(batch, voice, sections(batch, voice, None if geojson is None else users_path(geojson)), lang)


def write_report(
    folder: Path,
    *,
    out: Path | None = None,
    lang: Language = "en",
    excel: bool = False,
    geojson: Path | None = None,
    most_runs: int | None = None,
) -> list[Path]:
    """Writes the page of a results folder, and its tables as a workbook beside it.

    Parameters
    ----------
    folder : Path
    out : Path, optional
        The page; by default ``report.html`` in the folder.
    lang, geojson, most_runs
        As `report_page`.
    excel : bool
        Whether to write a workbook, too: of the page's name, with the suffix ``.xlsx``.

    Returns
    -------
    list of Path
        What was written. Nothing is, if anything is wrong.

    Raises
    ------
    ResultsError
        As `report_page`; or without openpyxl, or where a file cannot be written.
    """
    batch = read_batch(folder, most_runs=most_runs)
    voice = Voice(batch)
    parts = sections(batch, voice, geojson)
    page = folder / REPORT if out is None else out
    files = {page: render(batch, voice, parts, lang).encode()}
    if excel:
        files[page.with_suffix(".xlsx")] = workbook(parts, _limits(voice), lang)
    for path, data in files.items():
        write_atomically(path, data)
    return list(files)


def render(batch: Batch, voice: Voice, parts: list[Section], lang: Language) -> str:
    """The page of these parts."""
    style, script = (data_path(f"report/report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    manifest = batch.manifest
    title = voice.say("page_title", voice.title(batch.main))
    return _template(lang).render(
        lang=lang,
        say=voice.say,
        title=title,
        subtitle=voice.say("subtitle", voice.month(batch.dates[0]), voice.month(batch.dates[-1])),
        made=voice.say(
            "made_by", manifest["ess_sim"], voice.basis(), batch.results.seed, str(batch.results.fingerprint)[:12]
        ),
        parts=parts,
        defs=Markup("".join(part.data.get("defs", "") for part in parts)),
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
        data=_json(_script_data(batch, voice, parts, title)),
        kind=_kind,
    )


def _script_data(batch: Batch, voice: Voice, parts: list[Section], title: Both) -> dict[str, Any]:
    charts = {name: chart for part in parts for name, chart in part.data.get("charts", {}).items()}
    named = {str(voice.series(n)): [voice.letters[n], *voice.short(n)] for n in reversed(batch.shown)}
    where = next((part.data for part in parts if "places" in part.data), {})
    return {
        "title": list(title),
        "months": [glossary().months[lang] for lang in LANGUAGES],
        "series": named,
        "charts": charts,
        "interval": _limits(voice),
        "places": where.get("places"),
        "names": where.get("names", []),
        "area": where.get("area", []),
    }


def _limits(voice: Voice) -> list[Both]:
    """Heads of the columns with the limits of a level's interval, in tables as files."""
    return [voice.say(key) for key in ("col_low", "col_high")]


def _json(data: Any) -> Markup:
    """Data within a page: no end of its element can stand in it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _policy(style: str, script: str) -> str:
    """What the page may do: its own style and script, by their digests, and nothing else."""

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    own = f"style-src {digest(style)}; script-src {digest(script)}"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _kind(block: Any) -> str:
    """Which macro of the template sets a block."""
    for kind, name in ((Prose, "prose"), (Table, "table"), (Drawing, "drawing")):
        if isinstance(block, kind):
            return name
    return "cards"


def _small(code: str) -> Markup:
    """A name in files, for those who look it up."""
    return Markup(' <small class="code">{}</small>').format(code) if code else Markup("")


def _level(value: Level, lang: Language) -> Markup:
    """A number with its interval in smaller letters, as the page's script writes it, too."""
    mean, low, high = value.nums
    if not low.plain:
        return escape(mean.to(lang))
    between = "\u00a0;\u00a0" if lang == "fr" else ";\u00a0"
    return Markup("{}<small>\u00a0[{}{}{}]</small>").format(mean.to(lang), low.to(lang), between, high.to(lang))


@cache
def _template(lang: Language) -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )

    def both(text: Both) -> Markup:
        if text.en == text.fr:
            return escape(text.en)
        return Markup('<span lang="en">{}</span><span lang="fr">{}</span>').format(text.en, text.fr)

    def cell(value: Any) -> Markup:
        if isinstance(value, Picture):
            return Markup(value.svg)
        if isinstance(value, Level):
            return _level(value, lang)
        if isinstance(value, Coded):
            return both(value.words) + _small(value.code)
        return escape(value.to(lang)) if isinstance(value, Num) else both(value)

    environment.filters |= {"both": both, "cell": cell, "svg": Markup}
    environment.filters["first_word"] = lambda value: value.to(lang).split(maxsplit=1)[0]
    environment.filters["small"] = _small
    environment.tests["number"] = lambda value: isinstance(value, Num)
    environment.tests["level"] = lambda value: isinstance(value, Level)
    return environment.from_string(data_path("report/report.html.j2").read_text(encoding="utf-8"))
