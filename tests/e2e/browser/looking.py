"""A browser that complains: of what a page says in the console, asks for elsewhere, or hides.

Rules
-----
1. Whatever the console says, an uncaught error, a dialog, a breach of the page's policy, or a
   request to any other origin than the node's is a complaint; a test fails for every one that it
   did not expect by name.
2. What axe-core finds counts whole: there is no list of exceptions.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, ViewportSize

from scripts.fetch_assets import load_assets

CHROMIUM: Final = shutil.which("chromium")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)
WIDE: Final[ViewportSize] = {"width": 1280, "height": 900}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
LOCALES: Final = {"en": "en-GB", "ko": "ko-KR"}

Scheme = Literal["light", "dark"]


@dataclass
class Looking:
    """One browser window, and all that it complained of."""

    context: BrowserContext
    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """Parts of complaints that belong to what is tested."""

    def open(self, path: str) -> Page:
        """Go to a page of the node and wait until everything on it is there."""
        self.page.goto(self.base + path, wait_until="load")
        return self.page

    def list_unexpected(self) -> list[str]:
        """Return what should not have happened."""
        return [each for each in self.complaints if not any(part in each for part in self.expected)]


@contextmanager
def look(
    browser: Browser, base: str, *, language: str = "en", scheme: Scheme = "light"
) -> Iterator[Looking]:
    """Open a window at `base`; what it complains of fails the test."""
    context = browser.new_context(
        locale=LOCALES[language], color_scheme=scheme, reduced_motion="reduce", viewport=WIDE
    )
    context.set_default_timeout(60_000)
    looking = Looking(context, context.new_page(), base)
    _watch(looking)
    try:
        yield looking
    finally:
        context.close()
    unexpected = looking.list_unexpected()
    assert unexpected == [], unexpected


def _watch(looking: Looking) -> None:
    own = (looking.base + "/", looking.base.replace("http", "ws", 1) + "/", "data:", "blob:")

    def watch_url(url: str) -> None:
        if not url.startswith(own):
            looking.complaints.append(f"asked for {url}")

    def dismiss(dialog: Dialog) -> None:
        looking.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page, complain = looking.page, looking.complaints.append
    page.on("console", lambda said: complain(f"{said.type}: {said.text} ({page.url})"))
    page.on("pageerror", lambda error: complain(f"uncaught: {error} ({page.url})"))
    page.on("dialog", dismiss)
    page.on("request", lambda request: watch_url(request.url))
    page.on("websocket", lambda socket: watch_url(socket.url))


def check_fits(page: Page, width: int | None = None) -> None:
    """Fail where the page is wider than its window, at `width` pixels if that is given."""
    if width is not None:
        page.set_viewport_size({"width": width, "height": PHONE["height"]})
    wider = page.evaluate(
        """() => {
            const room = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= room) return [];
            const wide = [...document.querySelectorAll("body *")];
            const out = wide.filter((each) => each.getBoundingClientRect().right > room + 1);
            return out.slice(0, 5).map((each) => each.outerHTML.slice(0, 120)).concat("too wide");
        }"""
    )
    assert wider == [], f"{page.url} at {page.viewport_size}: {wider}"


def check_accessible(page: Page) -> None:
    """Fail for anything that axe-core finds."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_load_axe())
    found: list[dict[str, Any]] = page.evaluate("axe.run(document).then((done) => done.violations)")
    said = [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]
    assert said == [], f"{page.url}: {said}"


@cache
def _load_axe() -> str:
    (asset,) = [each for each in load_assets() if each.name == "axe"]
    if not asset.is_there():
        pytest.skip("axe-core was not fetched: python -m scripts.fetch_assets")
    return (asset.folder / "axe.min.js").read_text("utf-8")
