"""The wallet page in a real browser: its authenticator signs, and four real validators check it.

Chromium's own virtual authenticator stands in for the device: it makes real keys and signatures,
and says yes when the user is asked.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from dure.cli.access import load_authority
from dure.contract.library.token import Token
from dure.contract.source import read_source
from dure.core.address import decode_address, encode_address
from dure.core.types import Address
from dure.sdk import Client
from tests.e2e.processes import Town

CHROMIUM = shutil.which("chromium")
GIVEN = 1_000
SHOP = Address(bytes(range(32)))

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the path"),
]


@contextmanager
def open_wallet(town: Town, language: str = "en") -> Iterator[Page]:
    """Open the page in a browser with an authenticator; fail for what the browser complains of."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        context = browser.new_context()
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        devtools = context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        device = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device})
        page.goto(f"{town.get_url('bank')}/wallet?lang={language}")
        yield page
        browser.close()
    # The browser notes each refusal with its status, and that the chain takes no RSA keys.
    expected = ("status of 4", "pubKeyCredParams")
    assert [each for each in complaints if not any(word in each for word in expected)] == []


def make_account(page: Page, client: Client, town: Town) -> Address:
    """Make a passkey on the page; have the bank enrol its account and give it some money."""
    page.click("[data-make]")
    row = page.locator("[data-accounts] section")
    expect(row).to_have_count(1)
    address = decode_address(row.get_attribute("data-address") or "")
    bank = town.get_account("bank")
    client.enrol([address], by=bank)
    return address


def issue(client: Client, town: Town, holder: Address) -> None:
    """Have the bank issue money of its own and give some to `holder`."""
    bank = town.get_account("bank")
    token = client.deploy(
        read_source(Token),
        by=load_authority(town.folder),
        owner=bank.address,
        arguments={"code": "KRW", "decimals": 0},
        roles={"issuer": [bank.address]},
    )
    token.issue(holder, GIVEN, by=bank)


def read_balance(town: Town, holder: Address) -> int:
    """Return what another node than the page's says that somebody holds."""
    town.wait_level()
    url = f"{town.get_url('supervisor')}/v1/accounts/{encode_address(holder)}"
    (balance,) = httpx.get(url).json()["balances"]
    return int(balance["amount"])


def pay(page: Page, to: str, amount: int) -> None:
    page.fill('input[name="to"]', to)
    page.fill('input[name="amount"]', str(amount))
    page.click('form button[type="submit"]')


def test_a_passkey_pays_is_replaced_and_then_refused(town: Town) -> None:
    with town.connect() as client, open_wallet(town) as page:
        said = page.locator("[data-said]")
        address = make_account(page, client, town)
        issue(client, town, address)
        page.reload()
        pay(page, encode_address(SHOP), 400)
        expect(said).to_have_attribute("data-kind", "good", timeout=30_000)
        assert read_balance(town, SHOP) == 400

        pay(page, encode_address(SHOP)[:-1] + "q", 1)
        expect(said).to_contain_text("that is no address")

        page.click("[data-replace]")
        expect(said).to_contain_text("Final", timeout=30_000)
        options = page.locator('select[name="passkey"] option')
        expect(options).to_have_text(["Passkey 1 · does not sign", "Passkey 2 · signs"])

        page.select_option('select[name="passkey"]', index=0)
        pay(page, encode_address(SHOP), 1)
        expect(said).to_contain_text("the account has another policy now")
        page.select_option('select[name="passkey"]', index=1)
        pay(page, encode_address(SHOP), 50)
        expect(said).to_contain_text("Final", timeout=30_000)
        assert read_balance(town, SHOP) == 450
        assert read_balance(town, address) == GIVEN - 450
