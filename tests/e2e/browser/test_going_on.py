"""Pages go on by themselves: new blocks appear, none is lost, and a lost connection comes back."""

import threading

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from dure.core.types import Address
from dure.sdk import Client
from tests.e2e.browser.conftest import Open
from tests.e2e.browser.looking import look
from tests.e2e.browser.village import Village
from tests.e2e.processes import Town

SHOP = Address(bytes(range(32)))
STATE_MS = 60_000
"""A machine that does much else takes its time."""

pytestmark = pytest.mark.timeout(180)


def make_block(town: Town, client: Client) -> int:
    """Make a block with one transaction; return its height, which every node has."""
    member = town.get_account(town.names[0])
    before = client.get_status().height
    client.enrol([SHOP], by=member)
    height, _ = town.wait_level()
    assert height > before
    return height


def expect_block(page: Page, height: int) -> None:
    expect(page.locator(f'main a[href^="/blocks/{height}"]').first).to_be_visible(timeout=STATE_MS)


def test_a_new_block_appears_by_itself(looking: Open, village: Village) -> None:
    page = looking().open("/")
    expect(page.locator("#live")).to_have_attribute("data-state", "open", timeout=STATE_MS)
    with village.town.connect() as client:
        for _ in range(2):
            height = make_block(village.town, client)
            expect_block(page, height)
            page.wait_for_function(
                "height => Number(document.querySelector('#frame-height').textContent) >= height",
                arg=height,
                timeout=STATE_MS,
            )


def test_blocks_between_rendering_and_connecting_are_not_lost(
    looking: Open, village: Village
) -> None:
    window = looking()
    made = threading.Event()

    def hold(route: Route) -> None:
        # The page is there, and its way to the node is not: now a block is made.
        with village.town.connect() as client:
            heights.append(make_block(village.town, client))
        made.set()
        route.continue_()

    heights: list[int] = []
    window.page.route("**/vendor/htmx/hx-ws.min.js", hold)
    page = window.open("/")
    assert made.is_set()
    expect_block(page, heights[0])


def test_it_starts_every_time(looking: Open, village: Village) -> None:
    """Scripts that load late once left the page silent in some of its loads."""
    window = looking()
    for _ in range(12):
        page = window.open("/settings")
        expect(page.locator("#live")).to_have_attribute("data-state", "open", timeout=STATE_MS)


def test_a_lost_connection_says_so_and_comes_back(browser: Browser, village: Village) -> None:
    town = village.town
    # Not the node that the other tests look at.
    name = town.names[-1]
    with look(browser, town.get_url(name).replace("127.0.0.1", "localhost")) as window:
        window.expected = ("WebSocket connection", "htmx:ws:error")
        page = window.open("/")
        state = page.locator("#live")
        expect(state).to_have_attribute("data-state", "open", timeout=STATE_MS)
        town.stop(name)
        try:
            expect(state).to_have_attribute("data-state", "lost", timeout=STATE_MS)
        finally:
            town.start(name)
        expect(state).to_have_attribute("data-state", "open", timeout=STATE_MS)
        with town.connect() as client:
            expect_block(page, make_block(town, client))


def test_what_a_reader_has_open_stays_open_while_the_page_goes_on(
    looking: Open, village: Village
) -> None:
    """A part is put in place of its old self without taking focus or words away."""
    page = looking().open("/")
    expect(page.locator("#live")).to_have_attribute("data-state", "open", timeout=STATE_MS)
    page.fill("header input[name='q']", "half a wor")
    with village.town.connect() as client:
        expect_block(page, make_block(village.town, client))
    assert page.input_value("header input[name='q']") == "half a wor"
    assert page.evaluate("document.activeElement.name") == "q"
