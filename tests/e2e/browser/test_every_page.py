"""Every page of the console: both languages and themes, wide and on a phone, hostile words on it.

The pages are those of the table `PAGES`; a new one is visited without a line here.
"""

from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, expect

from dure.console.pages import PAGES
from tests.e2e.browser.conftest import Open
from tests.e2e.browser.hostile import ASKED, FIELDS, TURNED, check_nothing_ran, open_hostile
from tests.e2e.browser.looking import (
    PHONE,
    WIDE,
    Looking,
    check_accessible,
    check_fits,
    look,
)
from tests.e2e.browser.serving import serve
from tests.e2e.browser.village import Village, fill_path

PATHS = sorted({page.path for page in PAGES if "GET" in page.methods and "." not in page.path})
"""Without those whose name has an ending: they are files."""

pytestmark = pytest.mark.timeout(180)


def is_shown(village: Village, path: str) -> bool:
    """Say whether a path is a page and no file; fail where it is not answered at all."""
    answer = httpx.get(village.base + path, follow_redirects=True, timeout=60)
    assert answer.status_code == httpx.codes.OK, f"{path}: {answer.text[:300]}"
    is_file = "attachment" in answer.headers.get("content-disposition", "")
    return answer.headers["content-type"].startswith("text/html") and not is_file


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("language", "scheme"), [("ko", "light"), ("en", "dark")])
def test_a_page_is_silent_fits_and_hides_nothing(
    looking: Open, village: Village, path: str, language: str, scheme: str
) -> None:
    paths = [each for each in village.fill(path) if is_shown(village, each)]
    if not paths:
        pytest.skip("this chain has no such page, or it is a file")
    window = looking(language=language, scheme=scheme)
    for filled in paths:
        page = window.open(filled)
        # What waits for its script has buttons that are about to be enabled.
        expect(page.locator("[data-wallet]:not([data-ready])")).to_have_count(0)
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("h1").count() == 1
        check_nothing_ran(page)
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            check_fits(page)
            check_accessible(page)


@pytest.mark.parametrize(("language", "scheme"), [("ko", "dark"), ("en", "light")])
def test_the_other_looks_are_silent_and_fit(
    looking: Open, village: Village, language: str, scheme: str
) -> None:
    window = looking(language=language, scheme=scheme)
    for path in PATHS:
        shown = [each for each in village.fill(path) if is_shown(village, each)]
        if not shown:
            continue
        page = window.open(shown[-1])
        check_fits(page)
        check_fits(page, PHONE["width"])
        page.set_viewport_size(WIDE)


def test_hostile_words_in_every_field_of_a_chain_stay_words(
    browser: Browser, tmp_path: Path
) -> None:
    """Names, attributes, reasons, devices, sources, events, money, peers, and links to all that."""
    desk, values = open_hostile(tmp_path)
    with serve(desk) as (base, _), look(browser, base) as window:
        # A page that is not there is answered with its status, and Chromium notes that.
        window.expected = ("status of 4", "No page is called")
        shown = "".join(
            visit(window, filled)
            for path in PATHS
            # The gallery has harm of its own; to execute the chain again takes its time.
            if path != "/pieces" and "/trace" not in path
            for filled in fill_path(path, values)
        )
        for pattern in ASKED:
            visit(window, pattern.replace("{}", quote(TURNED, safe="")))
        assert [each for each in FIELDS if f"[{each}]" not in shown] == []
        page = window.open(f"/proof?transaction={values['id'][0]}")
        page.wait_for_selector('[data-proof][data-answer="vouched"]')
        assert "[line]" in page.locator("[data-calls]").inner_text()
        check_nothing_ran(page)


def visit(window: Looking, path: str) -> str:
    """Open a page and look for harm; return what it says."""
    page = window.page
    answer = page.goto(window.base + path, wait_until="load")
    assert answer is not None
    assert answer.status < 500, path
    check_nothing_ran(page)
    return page.content()
