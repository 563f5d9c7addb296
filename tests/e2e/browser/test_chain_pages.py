"""Pages of the chain in a real browser: a question, a call signed on the page, the search."""

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from dure.core.address import decode_address
from tests.e2e.browser.conftest import Open
from tests.e2e.browser.hostile import HOSTILE
from tests.e2e.browser.test_wallet import BROWSER_KEY
from tests.e2e.browser.village import Village
from tests.e2e.browser.wallet_window import FINAL_MS, Wallet

READY: Final = "body[data-ready]"

pytestmark = pytest.mark.timeout(240)


def open_form(page: Page, method: str) -> Page:
    """Show a method's form."""
    expect(page.locator(READY)).to_have_count(1, timeout=20_000)
    page.locator(f'details[id$="-{method}"] > summary').click()
    return page


def test_a_question_is_answered_by_its_type_and_a_wrong_one_says_where(
    looking: Open, village: Village
) -> None:
    window = looking()
    (book,) = village.values["address"]
    page = open_form(window.open(f"/contracts/{book}/use"), "line")
    form = page.locator('form[data-method="line"]')
    form.locator("input").fill("a hundred")
    form.locator("button[type=submit]").click()
    expect(form.locator("[data-wrong]")).to_have_text("A whole number goes here.")
    form.locator("input").fill("0")
    form.locator("button[type=submit]").click()
    # What the contract holds is shown as it is, and stays text.
    expect(form.locator("[data-answer]")).to_contain_text(HOSTILE)
    assert page.locator("img[src='x']").count() == 0


def test_a_call_is_checked_shown_signed_and_followed_on_the_page(
    looking: Open, village: Village
) -> None:
    wallet = Wallet(looking())
    address = wallet.make_account(BROWSER_KEY, "Author")
    town = village.town
    with town.connect() as client:
        client.enrol([decode_address(address)], by=town.get_account(town.names[0]))
    (book,) = village.values["address"]
    page = open_form(wallet.window.open(f"/contracts/{book}/use"), "write")
    form = page.locator('form[data-method="write"]')
    form.locator("textarea").fill("signed on the page")
    form.locator("[data-account]").select_option(address)
    form.locator("button[type=submit]").click()
    expect(wallet.sheet).to_contain_text("signed on the page")
    wallet.sign()
    expect(wallet.sheet).to_have_attribute("data-kind", "good", timeout=FINAL_MS)
    wallet.sheet.locator("[data-close]").click()
    expect(form.locator("[data-answer]")).to_contain_text("Done and final.")
    form.locator("[data-answer] a").click()
    expect(page.locator("h1")).to_contain_text("Transaction")
    expect(page.locator("main")).to_contain_text("signed on the page")
    expect(page.locator("#signers")).to_contain_text("first keys")


def test_the_search_box_leads_to_what_is_meant(looking: Open, village: Village) -> None:
    window = looking()
    (transaction,) = village.values["id"]
    page = window.open("/")
    page.fill("input[type=search]", transaction)
    page.press("input[type=search]", "Enter")
    expect(page).to_have_url(f"{window.base}/transactions/{transaction}")
    page.fill("input[type=search]", "Guestbook")
    page.press("input[type=search]", "Enter")
    expect(page.locator("main")).to_contain_text("Guestbook")
