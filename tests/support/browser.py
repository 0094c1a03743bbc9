"""The system's Chromium for tests of pages, and what every page must pass."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

__all__ = ["chromium", "tab_to", "watched"]


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser; the test is skipped where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install 'ess_sim[test]'")
    path = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
    if path is None:
        pytest.skip("needs a Chromium or Chrome of the system")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*options, "--disable-sync", "--no-first-run"])
        yield browser
        browser.close()


def watched(page: Any, host: str) -> list[str]:
    """What a page should not do, noted as it does it: messages, errors, requests to others than its host."""
    noted: list[str] = []
    page.on("console", lambda message: noted.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: noted.append(f"error: {error}"))

    def asked(request: Any) -> None:
        if not request.url.startswith(("data:", "blob:")) and urlsplit(request.url).netloc != host:
            noted.append(f"request: {request.url}")

    page.on("request", asked)
    return noted


def tab_to(page: Any, selector: str, most: int = 150) -> None:
    """Presses the tabulator until the element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    pytest.fail(f"no way to {selector} by keyboard")
