"""A page of parts as one HTML file: a template with its style and script, which asks for nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup, escape

from ess_sim.faces.report.parts.blocks import Both, Coded, Drawing, Level, Num, Picture, Prose, Section, Table
from ess_sim.faces.words.glossary import LANGUAGES, Language, phrases
from ess_sim.inputs.catalogue.bundled import data_path

__all__ = ["set_page"]


def set_page(
    parts: Sequence[Section],
    lang: Language,
    *,
    title: Both,
    subtitle: Both,
    made: Both,
    data: Mapping[str, Any],
    lists_all: bool = False,
) -> str:
    """The page of these parts.

    Parameters
    ----------
    parts : sequence of Section
        Names and words in them are escaped.
    lang : {'en', 'fr'}
        In which language it opens.
    title, subtitle, made : Both
        Its heading, what stands below, and what it was made by.
    data : mapping
        What the script needs, as JSON.
    lists_all : bool
        Whether all figures and assumptions stand on it: its foot says so.
    """
    style, script = (data_path(f"report/report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return _template(lang).render(
        lang=lang,
        say=_say,
        title=title,
        subtitle=subtitle,
        made=made,
        parts=parts,
        defs=Markup("".join(part.data.get("defs", "") for part in parts)),
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
        data=_json(data),
        kind=_kind,
        lists_all=lists_all,
    )


def _say(key: str, *values: Both) -> Both:
    """What the template itself says, in both languages."""
    words = phrases("report")[key]
    return Both(*(words.to(lang).format(*(value.to(lang) for value in values)) for lang in LANGUAGES))


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
