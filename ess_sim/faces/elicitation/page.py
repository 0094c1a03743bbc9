"""The form as a page: printed or filled in, in one language, without any request."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import jinja2

from ess_sim.experiments.elicitation.questions import COLUMNS, Question
from ess_sim.faces.words.glossary import Language, glossary
from ess_sim.faces.words.parameters import meaning_of
from ess_sim.faces.words.speech import Speech, plain
from ess_sim.inputs.catalogue.bundled import data_path
from ess_sim.inputs.catalogue.parameters import possible

__all__ = ["form_page", "translated", "units_in"]


_HOW = ("how_low", "how_high", "how_most", "how_order", "how_current", "how_why")
_FAULTS = ("name", "part", "number", "order", "range", "none")


def units_in(lang: Language) -> Mapping[str, str]:
    """What units are called, where not as in the catalogue.

    >>> units_in("fr")["share"]
    'part'
    """
    return glossary().units_fr if lang == "fr" else {}


def translated(asked: Iterable[Question], lang: Language) -> list[Question]:
    """The questions with what their parameters mean in this language.

    >>> translated([Question("women_fte", "Hours.", "ratio", 0.88)], "fr")[0].meaning
    "ETP d'une femme médecin, celui d'un homme valant 1."
    """
    return [replace(q, meaning=meaning_of(q.parameter).to(lang)) for q in asked]


def form_page(asked: Sequence[Question], *, scenario: str, name: str, lang: Language) -> str:
    """The page.

    Parameters
    ----------
    asked : sequence of Question
    scenario : str
        Title of the scenario.
    name : str
        With which the files of answers begin.
    lang : {'en', 'fr'}

    Examples
    --------
    >>> page = form_page([Question("informed_share", "<b>", "share", 0.5)], scenario="Laval", name="laval", lang="fr")
    >>> "&lt;b&gt;" in page, "0,5 part" in page
    (True, True)
    """
    speech = Speech("elicit", lang)
    style, script = (data_path(f"elicit/form.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    units = units_in(lang)
    rows = [
        {"parameter": q.parameter, "meaning": q.meaning, "unit": units.get(q.unit, q.unit), "current": _said(q, lang)}
        for q in asked
    ]
    data = {
        "name": name,
        "columns": [names[lang] for names in COLUMNS.values()],
        "separator": ";" if lang == "fr" else ",",
        "decimal": "," if lang == "fr" else ".",
        "rows": {row["parameter"]: [row["parameter"], row["meaning"], row["unit"], row["current"]] for row in rows},
        "possible": {q.parameter: possible(q.parameter)[:2] for q in asked},
        "faults": {key: speech.say(f"fault_{key}", "{}", "{}") for key in _FAULTS},
    }
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    template = environment.from_string(data_path("elicit/form.html.j2").read_text(encoding="utf-8"))
    return template.render(
        lang=lang,
        say=speech.say,
        title=speech.say("title", len(rows)) if len(rows) > 1 else speech.say("title_one"),
        scenario=plain(scenario),
        how=[speech.say(key) for key in _HOW],
        heads={column: speech.say(f"column_{column}") for column in ("low", "most_likely", "high", "why")},
        rows=rows,
        style=style,
        script=script,
        policy=_policy(style, script),
        data=_json(data),
    )


def _said(q: Question, lang: Language) -> str:
    text = f"{q.current:.10g}"
    return text.replace(".", ",") if lang == "fr" else text


def _json(data: Any) -> str:
    """Data within a page: no end of its element can stand in it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _policy(style: str, script: str) -> str:
    """What the page may do: its own style and script, by their digests, and nothing else."""

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    own = f"style-src {digest(style)}; script-src {digest(script)}"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"
