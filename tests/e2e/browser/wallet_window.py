"""A window with the wallet and a device, and money for its accounts, for the tests of the wallet.

Chromium's own virtual authenticator stands in for the device: it makes real keys and signatures,
and says yes when the user is asked, or no where a test has it say no.
"""

from dataclasses import dataclass
from typing import Any, Final

import httpx
from playwright.sync_api import expect

from dure.core.address import decode_address
from dure.core.types import Address, AssetId
from tests.e2e.browser.looking import Looking
from tests.e2e.browser.village import Village

GIVEN: Final = 100_000
CODE: Final = "GRAIN"
FINAL_MS: Final = 40_000


@dataclass(frozen=True, slots=True)
class Money:
    """An issuing contract on the village's chain."""

    village: Village
    issuer: Address
    asset: AssetId

    def give(self, holder: str, amount: int = GIVEN) -> None:
        """Enrol an account and issue money to it, as the first member."""
        town = self.village.town
        member = town.get_account(town.names[0])
        with town.connect() as client:
            client.enrol([decode_address(holder)], by=member)
            client.contract(self.issuer).issue(decode_address(holder), amount, by=member)

    def read_balance(self, holder: str) -> int:
        """Return what another node than the page's says that somebody holds."""
        town = self.village.town
        town.wait_level()
        found = httpx.get(f"{town.get_url(town.names[1])}/v1/accounts/{holder}").json()["balances"]
        return sum(int(each["amount"]) for each in found if each["asset"] == self.asset.hex())


class Wallet:
    """A window with the wallet, and a device that says yes to whatever it is asked."""

    def __init__(self, window: Looking, language: str = "en") -> None:
        self.window, self.page = window, window.page
        self.devtools = window.context.new_cdp_session(window.page)
        self.devtools.send("WebAuthn.enable")
        device = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device})
        self.device = made["authenticatorId"]
        # Refusals have their status noted; and the chain takes no RSA keys, which Chromium notes.
        window.expected += ("status of 4", "pubKeyCredParams")
        self.open(language)

    def open(self, language: str = "en") -> None:
        """Load the page anew."""
        self.window.open(f"/wallet?lang={language}")
        self.wait_ready()

    def wait_ready(self) -> None:
        expect(self.page.locator("[data-wallet][data-ready]")).to_be_visible(timeout=20_000)

    @property
    def sheet(self) -> Any:
        return self.page.locator("dialog.signing[open]:not([data-question])")

    @property
    def said(self) -> Any:
        return self.page.locator("[data-said]").first

    def make_account(self, kind: str, name: str) -> str:
        """Make a key and an account; return its address."""
        form = self.page.locator("form[data-make]")
        if not form.is_visible():
            self.page.click("[data-beginning] summary")
        form.locator("[name=name]").fill(name)
        form.locator("[name=kind]").select_option(kind)
        form.locator("button").click()
        card = self.page.locator("[data-accounts] section", has_text=name)
        expect(card).to_have_count(1)
        return card.get_attribute("data-address") or ""

    def show_balance(self, amount: str) -> None:
        """Wait until the page shows a balance."""
        self.page.reload()
        self.wait_ready()
        expect(self.page.locator("[data-accounts]")).to_contain_text(amount)

    def fill_payment(self, to: str, amount: str) -> None:
        form = self.page.locator("form[data-pay]")
        form.locator("[name=to]").fill(to)
        form.locator("[name=asset]").select_option(label=self.find_asset(form))
        form.locator("[name=amount]").fill(amount)
        form.locator("button").click()

    def find_asset(self, form: Any) -> str:
        labels = form.locator("[name=asset] option").all_text_contents()
        (label,) = [each for each in labels if each.startswith(CODE)]
        return str(label)

    def pay(self, to: str, amount: str) -> None:
        """Pay, and see it through to the end."""
        self.fill_payment(to, amount)
        self.sign()
        expect(self.sheet).to_have_attribute("data-kind", "good", timeout=FINAL_MS)
        self.close()

    def sign(self) -> None:
        expect(self.sheet).to_have_attribute("data-ready", "")
        self.sheet.locator("[data-sign]").click()

    def close(self) -> None:
        self.sheet.locator("[data-close]").click()
        expect(self.sheet).to_have_count(0)
        self.wait_idle()

    def wait_idle(self) -> None:
        expect(self.page.locator("[data-wallet]")).to_have_attribute("aria-busy", "false")
