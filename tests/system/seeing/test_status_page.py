"""``/status`` in a real browser: light and dark, on a phone, and during a failure."""

import os
import shutil
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from deploy.installation.version import version
from deploy.stack.stack import Stack
from tests.system.seeing.conftest import Stopping

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PHONE: ViewportSize = {"width": 320, "height": 640}
DESK: ViewportSize = {"width": 1280, "height": 900}
MILLISECONDS = 60_000
expect.set_options(timeout=MILLISECONDS)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser is installed: apt-get install chromium")

CONTRASTS = """() => {
    const light = color => {
        const [red, green, blue] = color.match(/[\\d.]+/g).map(Number).map(part => part / 255)
            .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = element => {
        const color = getComputedStyle(element).backgroundColor;
        return color === "rgba(0, 0, 0, 0)" && element.parentElement ? behind(element.parentElement) : color;
    };
    return [...document.querySelectorAll("h1, h2, p, p span, dt, dd, button")].map(element => {
        const lights = [getComputedStyle(element).color, behind(element)].map(light).sort((a, b) => b - a);
        return (lights[0] + 0.05) / (lights[1] + 0.05);
    });
}"""
"""The contrast of every text to its background, by WCAG 2."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = [] if os.geteuid() else ["--no-sandbox"]
        with playwright.chromium.launch(executable_path=CHROMIUM, args=arguments) as running:
            yield running


@pytest.fixture
def page(browser: Browser, seen: Stack) -> Iterator[Page]:
    """The open page; it must load nothing from other hosts and log no error."""
    with browser.new_context(viewport=DESK) as context:
        page = context.new_page()
        page.set_default_timeout(MILLISECONDS)
        asked: list[str] = []
        wrong: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Policy" in said.text else None)
        page.goto(seen.address + "/status")
        yield page
        assert [url for url in asked if not url.startswith((seen.address, "data:"))] == []
        assert wrong == []


def state(page: Page, service: str, text: str) -> None:
    """Wait until the page shows the expected state of a service."""
    expect(page.get_by_role("region", name=service).locator(".state")).to_contain_text(
        text, timeout=MILLISECONDS
    )


def test_a_reader_sees_every_service_its_version_and_its_schema(page: Page) -> None:
    for service in ("Gateway", "Catalogue", "Media library", "Accounts", "Pictures", "Database"):
        state(page, service, "Works")
    expect(page.get_by_role("status")).to_have_text("Everything works.")
    catalogue = page.get_by_role("region", name="Catalogue")
    expect(catalogue).to_contain_text(version())
    expect(catalogue).to_contain_text(", the newest")
    expect(page.get_by_role("region", name="Pictures")).to_contain_text("2 of 2: Works")


def test_it_tells_by_itself_when_something_breaks_and_when_it_is_mended(
    page: Page, stopping: Stopping
) -> None:
    expect(page.get_by_role("status")).to_have_text("Everything works.")
    with stopping("media"):
        state(page, "Media library", "Does not answer")
        state(page, "Catalogue", "Works")
        expect(page.get_by_role("status")).to_have_text("Something does not work.")
        expect(page).to_have_title("Bunko: something does not work")
    state(page, "Media library", "Works")
    expect(page.get_by_role("status")).to_have_text("Everything works.")


def test_it_says_so_when_bunko_itself_cannot_be_reached(page: Page, stopping: Stopping) -> None:
    expect(page.get_by_role("alert")).to_be_hidden()
    with stopping("gateway"):
        expect(page.get_by_role("alert")).to_be_visible(timeout=MILLISECONDS)
    expect(page.get_by_role("alert")).to_be_hidden(timeout=MILLISECONDS)


def test_it_can_be_told_to_stay_as_it_is(page: Page) -> None:
    page.clock.install()
    page.reload()
    button = page.get_by_role("button", name="Stop refreshing")
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(60_000)
    assert asked == []
    with page.expect_request("**/status"):
        button.click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_is_readable(page: Page, scheme: Literal["light", "dark"], size: ViewportSize) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["width"], "one has to scroll sideways"
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 30
    assert min(contrasts) >= 4.5
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(246, 246, 243)") == (scheme == "light")


def test_without_scripts_it_says_the_same(browser: Browser, seen: Stack) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(seen.address + "/status")
        expect(page.get_by_role("region", name="Catalogue")).to_contain_text("Works")
        expect(page.get_by_role("button", include_hidden=True)).to_be_hidden()
