"""The report as a reader uses it: both languages, keyboard, maps, tables, narrow and dark, without a request."""

from __future__ import annotations

import shutil

import pytest
from stored import run_made_up

from ess_sim.faces.report.page import write_report

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this system")

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    out = tmp_path_factory.mktemp("browser") / "out"
    run_made_up(out, 6)
    return write_report(out)[0].as_uri()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield found
        found.close()


@pytest.fixture
def opened(browser, address):
    """Opens the page, and at the end looks at what it said and asked for."""
    said, asked = [], []

    def go(width=1400, scheme="light"):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        return page

    yield go
    assert said == []
    assert set(asked) == {address}


def test_language_keyboard_maps_and_tables(opened, tmp_path):
    page = opened()
    assert "Report: " in page.title()
    number = page.locator("#headlines td[data-v]").nth(3).text_content()
    assert "." in number
    page.keyboard.press("Tab")  # past the link to the answer
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.title().startswith("Rapport")
    assert page.locator("#headlines td[data-v]").nth(3).text_content() == number.replace(".", ",").replace(
        ";", "\u00a0;"
    )
    assert page.locator("#place-day option").last.text_content() == "janvier 2021"
    # a chart by its keys
    plot = page.locator(".plot").first
    plot.focus()
    page.keyboard.press("Home")
    assert "janvier 2020" in plot.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowRight")
    assert plot.get_attribute("aria-valuenow") == "1"
    # a series that is hidden is no longer read out
    page.locator(".toggle").last.press("Enter")
    assert page.locator(".plot .series.s1").first.is_hidden()
    assert "B " not in plot.get_attribute("aria-valuetext")
    # another scenario on the map and in the table
    before = page.locator("#place-table tbody").text_content()
    page.locator("#place-scenario").select_option("1")
    assert page.locator("#place-table tbody").text_content() != before
    assert page.locator("[data-map=points] .zone.none").count() == 2
    page.locator("#place-scenario").select_option("0")
    assert page.locator("#place-table tbody").text_content() == before
    # order, and the table as a file
    page.locator("#place-table button.sort").nth(1).press("Enter")
    adults = [
        int(x) for x in page.locator("#place-table tbody td:nth-child(2)").evaluate_all("c => c.map(x => x.dataset.v)")
    ]
    assert adults == sorted(adults, reverse=True)
    with page.expect_download() as found:
        page.locator("button.csv[data-t=place-table]").press("Enter")
    found.value.save_as(tmp_path / "places.csv")
    head, first, *_ = (tmp_path / "places.csv").read_text(encoding="utf-8-sig").splitlines()
    assert head.startswith("commune ou zone;adultes dans le scénario de référence, à la fin;")
    assert first.split(";")[2].replace(",", ".").replace(".", "").isdigit()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1400, "dark")])
def test_it_fits_and_is_accessible(opened, width, scheme):
    page = opened(width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    found = axe.Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


def test_it_prints(opened):
    data = opened().pdf(format="A4", prefer_css_page_size=True)
    assert 1 <= data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") <= 8
