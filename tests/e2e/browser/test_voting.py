"""An organisation whose key is in the browser votes on the page, and that decides."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dure.console import build_pages
from dure.core.address import decode_address
from dure.sdk.ledger_calls import admit_organisation, give_role
from tests.e2e.browser.looking import look
from tests.e2e.browser.serving import serve
from tests.e2e.browser.test_wallet import BROWSER_KEY
from tests.e2e.browser.wallet_window import FINAL_MS, Wallet
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import BANK
from tests.unit.console.chain_pages.village import MILL, Village

pytestmark = pytest.mark.timeout(240)


def test_the_vote_of_a_key_in_the_browser_decides(browser: Browser, tmp_path: Path) -> None:
    chain = Village()
    # Browsers count a transaction's end from their own clock.
    chain.clock = int(time.time() * 1000) - 5_000
    desk = Desk(tmp_path, chain)
    desk.pages = build_pages(chain, desk.index)
    with serve(desk) as (base, act), look(browser, base) as window:
        wallet = Wallet(window)
        address = decode_address(wallet.make_account(BROWSER_KEY, "Echo"))

        def prepare() -> None:
            chain.propose(BANK, admit_organisation("echo", address))
            chain.vote(MILL, 1)
            # Four organisations decide now, and three of them are enough.
            chain.propose(BANK, give_role("oracle", MILL.address), "the weather")
            chain.vote(MILL, 2)

        act(prepare)
        page = window.open("/governance/2")
        expect(page.locator("body[data-ready]")).to_have_count(1, timeout=20_000)
        expect(page.locator("#votes")).to_contain_text("2 of 3 votes needed")
        page.click('button[value="for"]')
        expect(wallet.sheet).to_have_attribute("data-ready", "")
        wallet.sign()
        expect(wallet.sheet).to_have_attribute("data-kind", "good", timeout=FINAL_MS)
        wallet.sheet.locator("[data-close]").click()
        expect(page.locator("[data-answer]")).to_contain_text("Your vote is final.")
        page = window.open("/governance/2")
        expect(page.locator("h1")).to_contain_text("carried out")
        expect(page.locator("#votes")).to_contain_text("echo")
