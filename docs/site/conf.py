"""How Sphinx builds the site: the repository is the source, so that links in pages lead where they do on GitHub.

::

    make docs
"""

from __future__ import annotations

import sys
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from made_reference import MADE, with_made
from navigation import with_contents
from pydantic import BaseModel

project = "ess_sim"
author = "The ess_sim founders"
project_copyright = author
version = release = installed("ess_sim")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
include_patterns = ["docs/*.md", "docs/reference/*.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
exclude_patterns = [".*", "*.egg-info", "build", "dist", "results", "ess_sim", "scenarios", "tests", "**/__pycache__"]
root_doc = START = "docs/index"
FRENCH = {"docs/accueil"}
"""Pages in French."""

myst_heading_anchors = 4
default_role = "literal"
highlight_language = "none"

autodoc_default_options = {
    "members": True,
    "member-order": "bysource",
    "exclude-members": "model_config, model_post_init",  # pydantic's
}
autodoc_typehints = "none"  # docstrings say them, with shapes and units
autodoc_preserve_defaults = True
python_display_short_literal_types = True
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Attributes", "params_style")]  # a list: fields that are documented twice are no error
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"ess_sim {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": False, "top_of_page_buttons": []}


def _read(_app: Any, name: str, text: list[str]) -> None:
    """Lays in what is made: contents on the start page, references from docstrings and registries."""
    text[0] = with_contents(text[0]) if name == START else with_made(text[0], MADE)


def _say_language(_app: Any, name: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Says the language of a page to browsers and screen readers."""
    if name in FRENCH:
        context["language"] = "fr"


def _sign(_app: Any, _what: str, _name: str, public: Any, _options: Any, said: str, returned: str) -> tuple[str, str]:
    """The names of a model's fields alone: defaults that are models themselves fill half a page."""
    if isinstance(public, type) and issubclass(public, BaseModel):
        return f"(*, {', '.join(public.model_fields)})" if public.model_fields else "()", returned
    return said, returned


def _lead_to_start(app: Any, error: Exception | None) -> None:
    """Leads from the top of the site to its start page."""
    if error is None and app.builder.format == "html":
        (Path(app.outdir) / "index.html").write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{project}</title>'
            f'<meta http-equiv="refresh" content="0; url={START}.html"><a href="{START}.html">{project}</a></html>\n',
            encoding="utf-8",
        )


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _read)
    app.connect("html-page-context", _say_language)
    app.connect("autodoc-process-signature", _sign)
    app.connect("build-finished", _lead_to_start)
