"""The documentation site: every page and every public name is in it, links lead somewhere, and it builds."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import ess_sim
from ess_sim import figures
from ess_sim.model.policies.registry import KINDS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG"))])
OUTSIDE = re.compile(
    r'(?:src|srcset|action|poster|data)="(?:https?:)?//|<link[^>]+href="(?:https?:)?//|@import|url\(["\']?http'
)
"""What makes a browser ask another machine for something; links that a reader follows do not."""


@pytest.fixture(scope="module")
def site():
    """The modules that build the site."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DOCS / "site")
        yield importlib.import_module("navigation"), importlib.import_module("made_reference")


def test_the_start_page_lists_every_page_once(site):
    navigation, _ = site
    listed = [file for _, pages in navigation.contents((DOCS / "index.md").read_text("utf-8")) for _, file in pages]
    there = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - {"index.md"}
    project = {f"../{name}.md" for name in ("CONTRIBUTING", "SECURITY", "CHANGELOG")}
    assert sorted(listed) == sorted(there | project)


def test_contents_follow_the_lists_of_the_start_page(site):
    navigation, _ = site
    page = navigation.with_contents("## Guides\n\n- [CSV](csv.md): tables\n- [All](../CHANGELOG.md)\n")
    assert page.endswith("\n```{toctree}\n:hidden:\n:caption: Guides\n\nCSV </docs/csv>\nAll </CHANGELOG>\n```\n")


@pytest.mark.parametrize(("page", "module"), [("python", ess_sim), ("figures", figures)])
def test_every_public_name_is_documented_once(site, page, module):
    _, reference = site
    text = (DOCS / "reference" / f"{page}.md").read_text("utf-8")
    documented = reference.names_on(text)[module.__name__]
    in_words = re.findall(r"^Two names .*?\n\n", text, re.M | re.S)
    documented += [name for words in in_words for name in re.findall(r"`ess_sim\.(\w+)`", words)]
    assert sorted(documented) == sorted(module.__all__)


def test_names_give_way_to_their_docstrings(site):
    _, reference = site
    page = reference.with_made("<!-- docstrings: ess_sim -->\n`Run`,\n`simulate`,\n`ScenarioError`\n\nEnd\n", {})
    directives = re.findall(r"^\.\. (\S+) (\S+)$", page, re.M)
    assert directives == [
        ("autoclass::", "ess_sim.Run"),
        ("autofunction::", "ess_sim.simulate"),
        ("autoexception::", "ess_sim.ScenarioError"),
    ]
    assert page.endswith("\nEnd\n")
    assert "`Run`" not in page


def test_pages_are_made_of_all_that_there_is(site):
    _, reference = site
    made = {name: "\n".join(make()) for name, make in reference.MADE.items()}
    marks = [name for page in DOCS.rglob("*.md") for name in reference.marks_on(page.read_text("utf-8"))]
    assert sorted(marks) == sorted(made)
    assert re.findall(r"^## `(\w+)`", made["policies"], re.M) == sorted(KINDS)
    assert "| `cut` | " in made["policies"]
    assert "> 0 and ≤ 1" in made["policies"]
    assert "| `travel_minutes` | mean minutes to the MT" in made["outcomes"]
    assert "| `cents` | positive: the payer pays; negative: the actor spends | euro cents | int64 |" in made["tables"]
    assert "## `ess-sim explore`" in made["commands"]
    assert "--without-mt SHARE" in made["commands"]


def anchors(text: str) -> set[str]:
    """Of the headings of a page, as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.M):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.add(slug if slug not in found else f"{slug}-{sum(s.startswith(slug) for s in found)}")
    return found | set(re.findall(r'<a (?:id|name)="([^"]+)"', text))


def dead(page: Path) -> list[str]:
    """Links of a page to places that no page has."""
    found = []
    for file, anchor in re.findall(r"\]\(([^)#:]*\.md)?#([^)]+)\)", page.read_text("utf-8")):
        target = page.parent / file if file else page
        if not target.exists() or anchor not in anchors(target.read_text("utf-8")):
            found.append(f"{file}#{anchor}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_places_in_pages_lead_there(page):
    assert dead(page) == []


def test_a_dead_link_is_found(tmp_path):
    page = tmp_path / "a.md"
    page.write_text(
        "# One thing\n\n## `Two`: more, of it\n\n[x](#one-thing) [y](#two-more-of-it) [z](#no) [w](b.md#no)\n"
    )
    assert dead(page) == ["#no", "b.md#no"]


@pytest.mark.validate
@pytest.mark.skipif(find_spec("sphinx") is None, reason="needs the extra docs")
def test_it_builds_without_a_warning_and_asks_nothing_of_others(tmp_path):
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "-qEb", "html"]
    done = subprocess.run(
        [*command, "-c", "docs/site", ".", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    pages = {path: path.read_text("utf-8") for path in tmp_path.rglob("*.html")}
    assert {tmp_path / "index.html", tmp_path / "docs/index.html", tmp_path / "docs/reference/python.html"} <= set(
        pages
    )
    styles = {path: path.read_text("utf-8") for path in tmp_path.rglob("*.css")}
    assert [str(path) for path, text in (pages | styles).items() if OUTSIDE.search(text)] == []
    assert '<html class="no-js" lang="fr"' in pages[tmp_path / "docs/accueil.html"]
    assert "ess_sim.simulate" in pages[tmp_path / "docs/reference/python.html"]
    assert "<!-- made" not in "".join(pages.values())
