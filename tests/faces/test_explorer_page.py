"""The explorer in a browser: by keyboard alone, in both languages, on a phone and in the dark; all ends with it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser import chromium, tab_to, watched
from work import PATIENCE

import ess_sim

COUNT = '[id="f-policies-0--retired_gps-count"]'


@contextmanager
def explorer(*args: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running explorer: its address and its process, which is killed at the end as by a crash."""
    command = [sys.executable, "-m", "ess_sim", "explore", "--no-browser", "--jobs", "1", *args]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


def settled(page: Any) -> None:
    """Waits until all replications that were asked for last are there."""
    from playwright.sync_api import expect

    expect(page.locator("html")).to_have_attribute("data-all-pairs", re.compile(r"\d"), timeout=1000 * PATIENCE)


def accessible(page: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def big(page: Any) -> int:
    """Adults gained, as the headline of variant A says it."""
    text = page.inner_text("[data-variant=A] .big")
    return int(re.sub(r"\D", "", text) or 0)


def test_by_keyboard_in_both_languages(tmp_path: Path) -> None:
    with chromium() as browser, explorer("--out", str(tmp_path)) as (url, process):
        context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="fr-FR")
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        noted = watched(page, urlsplit(url).netloc)
        page.goto(url)
        assert page.get_attribute("html", "lang") == "fr"
        # a territory, for two years
        tab_to(page, "#search-text")
        page.keyboard.type("decize")
        tab_to(page, "summary")
        page.keyboard.press("Enter")
        tab_to(page, "#place-years")
        page.keyboard.press("Control+a")
        page.keyboard.type("2")
        page.keyboard.press("Enter")
        page.wait_for_selector('button:has-text("58095")')
        tab_to(page, 'button:has-text("58095")')
        page.keyboard.press("Enter")
        # a policy where it is needed most
        page.wait_for_selector("#add-kind")
        tab_to(page, "#add")
        page.keyboard.press("Enter")
        settled(page)
        first = big(page)
        assert first > 0
        assert "20 réplications sur 20" in page.inner_text("#count")
        assert re.search(r"adultes de plus ont un médecin traitant", page.inner_text("#headline"))
        assert re.search(r"−\d+,\d\d point", page.inner_text("#headline"))
        assert page.locator("#map .acts[visibility=visible]").count() == 1
        # a lever
        tab_to(page, COUNT)
        page.keyboard.press("Shift+Tab")  # its slider
        for _ in range(8):
            page.keyboard.press("ArrowLeft")
        settled(page)
        assert page.input_value(COUNT) == "4"
        second = big(page)
        assert 0 < second < first
        # a second variant; then English
        tab_to(page, "#variants button:nth-child(2)")
        page.keyboard.press("Enter")
        settled(page)
        said = page.inner_text("[data-variant=B] .remark")
        assert said.startswith("Mêmes résultats que la variante A\u00a0: les 20 réplications")
        page.keyboard.press("Tab")
        tab_to(page, COUNT)
        page.keyboard.press("Control+a")
        page.keyboard.type("6")
        settled(page)
        assert page.locator("#headline .one").count() == 2
        assert re.search(r"^B plutôt que A\s: \d+ adultes de plus", page.inner_text("#between-said"))
        assert page.locator("#table th").nth(3).inner_text() == "B − A"
        # what is wrong stands at the field, in French; what is shown is marked as out of date
        page.keyboard.press("Control+a")
        page.keyboard.type("501")
        page.wait_for_selector(".field > .error")
        assert page.get_attribute(COUNT, "aria-invalid") == "true"
        said = page.get_attribute(COUNT, "aria-describedby")
        assert page.inner_text(f"#{said}") == "Saisissez un nombre entier de 0 à 500 (ici\u00a0: 501)"
        assert page.inner_text("#outdated").startswith("Résultats périmés")
        accessible(page)
        page.keyboard.press("Control+a")
        page.keyboard.type("6")
        settled(page)
        assert page.locator(".field > .error").count() == 0
        assert page.inner_text("#outdated") == ""
        page.locator("[data-lang=en]").focus()
        page.keyboard.press("Enter")
        assert page.get_attribute("html", "lang") == "en"
        assert f"{second:,} more adults with a médecin traitant" in page.inner_text("[data-variant=A]")
        assert re.search(r"−\d+\.\d\d points", page.inner_text("#headline"))
        assert noted == []
        # the files
        found = []
        page.on("download", lambda download: found.append(download))  # playwright marks what it calls
        tab_to(page, "#save")
        page.keyboard.press("Enter")
        page.wait_for_selector("#saved code")
        until(page, lambda: len(found) == 3)
        for download in found:
            download.save_as(tmp_path / download.suggested_filename)
        read = ess_sim.read_scenario(tmp_path / found[1].suggested_filename)
        assert read.policies[0].retired_gps.count == 4  # type: ignore[attr-defined]
        # a click on the map is for the policy that was added or touched last
        assert re.search(r"sets: [^,]*\), zone\.$", page.inner_text("#map-places"))
        tab_to(page, "#add")
        page.keyboard.press("Enter")
        assert page.inner_text("#map-places").endswith(" 2, zone.")
        page.locator(COUNT).focus()
        assert page.inner_text("#map-places").endswith(" 1, zone.")
        # a phone, in the dark
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 360, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        accessible(page)
        assert noted == []
        workers = _children(process.pid)
        assert workers
        os.kill(process.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        process.wait()
        until(page, lambda: not any(map(_alive, workers)))


def until(page: Any, holds: Callable[[], bool]) -> None:
    """Waits, and lets the browser's events come in."""
    for _ in range(50 * PATIENCE):
        if holds():
            return
        page.wait_for_timeout(20)
    pytest.fail("it never came")


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if not listed.parent.parent.exists():
        pytest.skip("needs /proc")
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
