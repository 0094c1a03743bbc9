"""The explorer's page: one file with its words in both languages, the levers of all policies, style and scripts."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined

from ess_sim.faces.explorer.base import LETTERS
from ess_sim.faces.explorer.levers import levers
from ess_sim.faces.words.glossary import glossary, phrases
from ess_sim.inputs.catalogue.bundled import data_path
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["SCRIPTS", "page"]


SCRIPTS = ("words", "ask", "fields", "problems", "form", "chart", "map", "results", "save", "app")
"""In this order, each after what it uses."""


def _file(name: str) -> str:
    return data_path(f"explorer/{name}").read_text(encoding="utf-8")


@cache
def _parts() -> dict[str, Any]:
    """What is the same for everybody. Style and scripts are the package's own text, which is not escaped."""
    script = "\n".join(_file(f"{name}.js") for name in SCRIPTS)
    return {
        "style": _file("page.css"),
        "script": script,
        "words": {key: [words.en, words.fr] for key, words in phrases("explorer").items()},
        "months": glossary().months,
        "levers": levers(),
        "letters": LETTERS.upper(),
        "fewest": FEWEST,
    }


@cache
def _template() -> Any:
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.policies["json.dumps_kwargs"] = {}  # keys stay in the order of fields
    return environment.from_string(_file("page.html.j2"))


def page(token: str, nonce: str, *, has_file: bool = False, lang: str = "") -> str:
    """The page as HTML.

    Parameters
    ----------
    token : str
        What its requests carry.
    nonce : str
        By which its style and script are known.
    has_file : bool
        Whether it begins with the file that the command line names.
    lang : str
        Language that it begins with; '' for the browser's.
    """
    parts = _parts()
    begin = {"token": token, "hasFile": has_file, "lang": lang}
    given = {key: parts[key] for key in ("words", "months", "levers", "letters", "fewest")}
    text: str = _template().render(given=given | begin, nonce=nonce, style=parts["style"], script=parts["script"])
    return text
