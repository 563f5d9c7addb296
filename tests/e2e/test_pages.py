"""Pages in a real browser: they load, stay silent in the console, ask nobody outside, and live."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, Route, async_playwright

from dure.console import build_pages
from dure.core.address import encode_address
from tests.unit.api.serving import Desk
from tests.unit.console.conftest import APPLICATION
from tests.unit.console.test_agreement_page import WORDED

CHROMIUM = shutil.which("chromium")
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the path"),
]


@dataclass
class Visit:
    """A browser looking at one node, and all that it complained of or asked for elsewhere."""

    desk: Desk
    context: BrowserContext
    base: str
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> Page:
        page = await self.context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("request", lambda request: self._watch(request.url))
        page.on("websocket", lambda socket: self._watch(socket.url.replace("ws://", "http://")))
        await page.goto(self.base + path)
        return page

    def _watch(self, url: str) -> None:
        if not url.startswith((self.base, "data:")):
            self.complaints.append(f"asked for {url}")


@asynccontextmanager
async def visit(folder: Path) -> AsyncIterator[Visit]:
    desk = Desk(folder)
    desk.pages = build_pages(desk.chain, desk.index, [APPLICATION])
    async with async_playwright() as playwright, desk.listen() as host:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        seen = Visit(desk, await browser.new_context(), f"http://{host}")
        yield seen
        await browser.close()
    assert seen.complaints == []


def look(folder: Path, work: Callable[[Visit], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(90), visit(folder) as seen:
            await work(seen)

    asyncio.run(main())


def test_a_new_block_appears_by_itself(tmp_path: Path) -> None:
    async def work(seen: Visit) -> None:
        chain = seen.desk.chain
        chain.send(chain.pay(1))
        seen.desk.catch_up()
        page = await seen.open("/")
        await page.wait_for_selector('[data-state="open"]')
        for amount in (2, 3):
            chain.send(chain.pay(amount))
        await page.wait_for_selector('[data-blocks] a[href="/blocks/3"]')
        rows = await page.locator("[data-blocks] tr td:first-child").all_inner_texts()
        assert rows == ["3", "2", "1", "0"]
        assert await page.locator('footer [data-show="height"]').inner_text() == "3"

    look(tmp_path, work)


def test_blocks_between_rendering_and_connecting_are_not_lost(tmp_path: Path) -> None:
    async def work(seen: Visit) -> None:
        chain = seen.desk.chain
        seen.desk.catch_up()
        page = await seen.context.new_page()
        # The page's script is held back while a block is made.
        released = asyncio.Event()

        async def hold(route: Route) -> None:
            await released.wait()
            await route.continue_()

        await page.route("**/static/live.js", hold)
        await page.goto(seen.base + "/", wait_until="commit")
        await page.wait_for_selector("[data-blocks]")
        chain.send(chain.pay(1))
        released.set()
        await page.wait_for_selector('[data-blocks] a[href="/blocks/1"]')

    look(tmp_path, work)


def test_every_page_is_silent_even_with_hostile_text(tmp_path: Path) -> None:
    async def work(seen: Visit) -> None:
        chain = seen.desk.chain
        book = chain.deploy()
        signed = chain.sign(book.call("write", text=HOSTILE))
        chain.send(signed)
        seen.desk.catch_up()
        for path in (
            "/?lang=ko",
            "/blocks/2",
            f"/transactions/{signed.transaction_id.hex()}",
            f"/contracts/{encode_address(book.address)}",
            "/apps/guestbook?lang=en",
            "/wallet?lang=ko",
            "/docs",
        ):
            page = await seen.open(path)
            assert await page.locator("h1").first.inner_text()
            width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert width <= 0, path
            await page.close()

    look(tmp_path, work)


def test_a_contract_is_read_in_plain_words(tmp_path: Path) -> None:
    async def work(seen: Visit) -> None:
        address = encode_address(seen.desk.chain.deploy(WORDED).address)
        seen.desk.catch_up()
        page = await seen.open(f"/contracts/{address}")
        words = page.locator("#words")
        assert await words.locator("h4", has_text="Write").count() == 1
        await page.click("text=한국어")
        await page.click('nav.sections a[href="#words"]')
        assert "#words" in page.url
        assert await page.locator("h1").inner_text() == "방명록"
        condition = words.locator("li", has_text="아니면 거절된다")
        assert await condition.inner_text() == "글이 “”과(와) 다를 것. 아니면 거절된다: “빈 줄”"
        assert await page.locator("#source pre").first.inner_text() == WORDED

    look(tmp_path, work)


def test_an_application_page_shows_new_events_by_itself(tmp_path: Path) -> None:
    async def work(seen: Visit) -> None:
        chain = seen.desk.chain
        book = chain.deploy()
        seen.desk.catch_up()
        page = await seen.open("/apps/guestbook")
        await page.wait_for_selector('[data-state="open"]')
        chain.send(chain.sign(book.call("write", text="a line from just now")))
        seen.desk.catch_up()
        await page.wait_for_selector("text=a line from just now")

    look(tmp_path, work)
