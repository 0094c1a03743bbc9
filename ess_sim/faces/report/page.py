"""The report as one file: gathered, drawn, set by a template with its style and script, none of which asks for more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ess_sim.arguments import checked
from ess_sim.atomic import users_path, write_atomically
from ess_sim.faces.report.excel import workbook
from ess_sim.faces.report.gather.batch import Batch, read_batch
from ess_sim.faces.report.parts.blocks import Both, Section
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
from ess_sim.faces.report.setting import set_page
from ess_sim.faces.words.glossary import LANGUAGES, Language, glossary
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
    manifest = batch.manifest
    title = voice.say("page_title", voice.title(batch.main))
    return set_page(
        parts,
        lang,
        title=title,
        subtitle=voice.say("subtitle", voice.month(batch.dates[0]), voice.month(batch.dates[-1])),
        made=voice.say(
            "made_by", manifest["ess_sim"], voice.basis(), batch.results.seed, str(batch.results.fingerprint)[:12]
        ),
        data=_script_data(batch, voice, parts, title),
        lists_all=True,
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
