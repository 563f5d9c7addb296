"""Chain ID by a passkey in a real browser: verified by one member, signed in at a shop of another.

Chromium's own virtual authenticator stands in for the device, an ordinary web application with an
ordinary library for the shop. Four real validators judge every assertion.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect, sync_playwright

from dure.apps.chain_id.contract import Purpose
from dure.apps.chain_id.phone.passkeys import read_assertion
from dure.apps.chain_id.phone.wallet import PasskeyRing, load_wallet
from dure.chain.transaction import Call, Envelope, PolicyProof
from dure.contract.values import encode_arguments
from dure.core.address import decode_address
from dure.core.codec import encode
from dure.core.passkeys.assertion import PasskeyAssertion
from dure.core.types import Instant
from dure.sdk import PasskeyAccount, build_draft
from dure.sdk.client import wall_time
from dure.sdk.transactions import VALID_FOR
from tests.e2e.chain_id_scene import (
    Register,
    find_port,
    open_register,
    run_provider,
    serve,
    succeed,
)
from tests.e2e.conftest import PAGE_PATIENCE_MS
from tests.e2e.processes import Town
from tests.e2e.web_shop import build_shop, serve_in_thread

CHROMIUM = shutil.which("chromium")
SCOPES = ("openid", "adult", "resident", "profile")
CLAIMS: dict[str, object] = {
    "adult": True,
    "resident": True,
    "name": "김민지",
    "birthdate": "1994-05-17",
}
FINAL_MS = 90_000

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the path"),
]

ASK = """async ([challenge, credential]) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const digits = (byte) => byte.toString(16).padStart(2, "0");
  const hex = (data) => Array.from(new Uint8Array(data), digits).join("");
  const given = await navigator.credentials.get({ publicKey: {
    challenge: bytes(challenge), rpId: "localhost", userVerification: "required",
    allowCredentials: [{ type: "public-key", id: bytes(credential) }],
  } });
  return {
    authenticator_data: hex(given.response.authenticatorData),
    client_data: hex(given.response.clientDataJSON),
    signature: hex(given.response.signature),
  };
}"""
"""What a page that phishes does: it asks the authenticator itself."""


@contextmanager
def open_browser() -> Iterator[BrowserContext]:
    """Open a browser; fail for whatever its pages complain of."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        context = browser.new_context(locale="en-GB")
        context.set_default_timeout(PAGE_PATIENCE_MS)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda said: complaints.append(said.text))
        yield context
        browser.close()
    # The browser notes each refusal with its status, and that the chain takes no RSA keys.
    expected = ("status of 4", "pubKeyCredParams")
    assert [each for each in complaints if not any(word in each for word in expected)] == []


def add_authenticator(context: BrowserContext, page: Page) -> None:
    """Give a page a device that makes real keys and says yes when its user is asked."""
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


@dataclass
class Life:
    """A person with a phone, and a shop that the person wants to sign in at."""

    register: Register
    phone: Page
    """The phone's pages; its tab has the authenticator."""
    other: Page
    """Another tab: the shop, and the provider to which it leads."""
    shop: str
    home: str
    sent: list[dict[str, str]] = field(default_factory=list)
    """The assertions that the phone's page has brought back."""

    @property
    def file(self) -> Path:
        return self.register.folder / "wallet.json"

    @property
    def ring(self) -> PasskeyRing:
        ring = load_wallet(self.file).signs_with
        assert isinstance(ring, PasskeyRing)
        return ring

    def begin(self) -> None:
        """Go to the shop and from there to the bank's provider; open its link on the phone.

        In a new tab: one that still waits for the last sign-in loads its page anew by itself, which
        would end the way to the shop.
        """
        self.other.close()
        self.other = self.phone.context.new_page()
        self.other.goto(f"{self.shop}/login")
        link = self.other.locator("p.link").inner_text()
        self.phone.goto(self.home)
        self.phone.fill('input[name="link"]', link)
        self.phone.click('form[action="/sign-in"] button')
        expect(self.phone.locator("h1")).to_have_text("Corner Shop")

    def tap(self, form: str) -> None:
        """Press a button for which the authenticator is asked, in the tab that is in front.

        Browsers make no passkey for a page that nobody looks at.
        """
        self.phone.bring_to_front()
        self.phone.click(f'form[action="{form}"][data-passkey] button')

    def sign_in(self, *unticked: str) -> None:
        """Sign in, and show everything that is asked but these claims."""
        self.begin()
        for claim in unticked:
            self.phone.uncheck(f'input[value="{claim}"]')
        self.tap("/sign-in")
        expect(self.phone.locator("ol li")).not_to_have_count(0, timeout=FINAL_MS)
        self.other.wait_for_url(f"{self.shop}/me", timeout=FINAL_MS)

    def read_shop(self) -> dict[str, Any]:
        """Return what the shop knows of whoever signed in."""
        told: dict[str, Any] = httpx.get(f"{self.shop}/me").json()
        return told

    def expect_refusal(self, words: str) -> None:
        """Sign in, and see the phone say why that is refused and the shop wait."""
        self.begin()
        self.tap("/sign-in")
        expect(self.phone.locator("[data-said]")).to_contain_text(words, timeout=FINAL_MS)
        assert "/wait/" in self.other.url

    def order(self) -> dict[str, str]:
        """Have the phone make the order of the sign-in that it shows, unsigned."""
        script = """async () => {
          const form = new FormData(document.querySelector("form[data-passkey]"));
          const body = new URLSearchParams(form);
          return (await fetch("/sign-in", { method: "POST", body })).json();
        }"""
        order: dict[str, str] = self.phone.evaluate(script)
        return order

    def bring(self, ticket: str, assertion: dict[str, str]) -> str:
        """Bring an assertion to the phone's process as its page does; return what it says."""
        script = """async (fields) => {
          fields.token = document.querySelector('input[name="token"]').value;
          const body = new URLSearchParams(fields);
          const answer = await fetch("/signed", { method: "POST", body });
          return JSON.stringify(await answer.json());
        }"""
        said: str = self.phone.evaluate(script, {**assertion, "ticket": ticket})
        return said

    def phish(self, challenge: str, credential: str) -> dict[str, str]:
        """Have the person say yes on a page of the shop; return what the authenticator gave it.

        In the phone's tab, because the device belongs to it.
        """
        self.phone.goto(f"{self.shop}/me")
        given: dict[str, str] = self.phone.evaluate(ASK, [challenge, credential])
        return given


@pytest.fixture(scope="module")
def life(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    register = open_register(town, tmp_path_factory.mktemp("passkey"))
    home_port, shop_port = find_port(), find_port()
    home, shop = f"http://localhost:{home_port}", f"http://localhost:{shop_port}"
    options = ("--passkey", "--port", home_port, *register.network)
    succeed("wallet", *register.wallet, *options)
    with (
        run_provider(register, f"{shop}/back", SCOPES) as provider,
        serve_in_thread(build_shop(provider, f"{shop}/back", SCOPES), shop_port),
        serve(register.folder, "phone", *register.wallet),
        open_browser() as context,
    ):
        phone, other = context.new_page(), context.new_page()
        add_authenticator(context, phone)
        life = Life(register, phone, other, shop, home)
        phone.on("request", lambda request: keep(life.sent, request))
        become_somebody(life)
        yield life


def keep(sent: list[dict[str, str]], request: Request) -> None:
    if request.url.endswith("/signed") and request.post_data:
        sent.append(dict(httpx.QueryParams(request.post_data)))


def become_somebody(life: Life) -> None:
    """Make a passkey on the phone, be enrolled by the bank, be verified by the insurer."""
    phone, register = life.phone, life.register
    phone.goto(life.home)
    life.tap("/passkey")
    account = phone.locator("[data-account]")
    expect(account).to_be_visible()
    address = account.inner_text()
    with register.town.connect() as client:
        client.enrol([decode_address(address)], by=register.town.get_account("bank"))
    phone.fill('input[name="institution"]', register.address("insurer"))
    life.tap("/apply")
    expect(phone.locator("[data-applied]")).to_be_visible(timeout=FINAL_MS)
    register.issue(address, CLAIMS)
    phone.reload()
    expect(phone.locator(".state")).to_have_text("valid")


def test_a_passkey_signs_in_and_shows_no_more_than_was_chosen(life: Life) -> None:
    life.sign_in("name", "birthdate")
    told = life.read_shop()
    assert told == {"sub": told["sub"], "adult": True, "resident": True}
    newest = life.phone.locator("ol li").first
    expect(newest).to_contain_text("bank · signed in")
    expect(newest).to_contain_text("of age, resident")
    assert json.loads(succeed("show", *life.register.wallet, "--json"))["status"] == "VALID"


def test_an_assertion_is_good_for_one_sign_in(life: Life) -> None:
    life.sign_in()
    used = life.sent[-1]
    assert "waited too long" in life.bring(used["ticket"], used)
    life.begin()
    assert "not about this transaction" in life.bring(life.order()["ticket"], used)


def test_a_page_of_another_origin_gets_no_signature_that_counts(life: Life) -> None:
    """The shop's page has the same relying party id, and asks the same authenticator."""
    life.begin()
    order = life.order()
    stolen = life.phish(order["challenge"], order["credential"])
    life.phone.goto(life.home)
    assert "on a page of another origin" in life.bring(order["ticket"], stolen)
    assert send_phished(life) == "wrong_assertion"
    assert "/wait/" in life.other.url


def send_phished(life: Life) -> str:
    """Send a sign-in whose assertion was made on the shop's page; return the node's code."""
    town, ring = life.register.town, life.ring
    policy = ring.policies[-1]
    sender = PasskeyAccount(policy, ask_nobody, address=ring.compute_account())
    with town.connect("bank") as client:
        contract = decode_address(life.register.contract)
        interface = client.contract(contract).interface
    arguments = {
        "institution": town.get_address("bank"),
        "purpose": Purpose.SIGN_IN.name,
        "challenge": bytes(32),
        "claims": [],
    }
    call = Call(contract, "sign_in", encode_arguments(interface, "sign_in", (), arguments), None)
    soon = Instant(wall_time() + VALID_FOR)
    draft = build_draft(town.chain_id, sender, [call], valid_until=soon)
    made = life.phish(draft.transaction_id.hex(), ring.passkeys[-1].credential)
    parts = ("authenticator_data", "client_data", "signature")
    assertion = read_assertion(*(bytes.fromhex(made[name]) for name in parts))
    envelope = encode(Envelope(draft.body, (PolicyProof(policy, (assertion,)),)))
    answer = httpx.post(
        f"{town.get_url('bank')}/v1/transactions",
        content=envelope,
        headers={"Content-Type": "application/octet-stream"},
    )
    return str(answer.json()["error"]["code"])


def ask_nobody(_challenge: bytes) -> PasskeyAssertion:
    raise AssertionError("the page asks the authenticator")


def test_a_passkey_that_was_replaced_is_refused(life: Life) -> None:
    """Whoever has a copy of the old wallet and the old passkey is refused by the chain itself."""
    copy = life.file.read_bytes()
    life.phone.goto(life.home)
    life.tap("/replace")
    expect(life.phone.locator("[data-said]")).to_have_text("", timeout=FINAL_MS)
    assert len(life.ring.passkeys) == 2
    life.sign_in()
    grown = life.file.read_bytes()
    life.file.write_bytes(copy)
    try:
        life.expect_refusal("the account has another policy now")
    finally:
        life.file.write_bytes(grown)
    life.sign_in()


def test_a_suspended_identity_is_refused_at_the_next_block(life: Life) -> None:
    life.sign_in()
    assert "sub" in life.read_shop()
    life.register.call("suspend", "number=1", by="insurer")
    try:
        assert life.read_shop()["error"] == "invalid_token"
        life.expect_refusal("the identity is not valid")
    finally:
        life.register.call("resume", "number=1", by="insurer")
    life.sign_in()


def test_a_person_suspends_the_identity_by_the_passkey(life: Life) -> None:
    life.phone.goto(life.home)
    life.tap("/suspend")
    expect(life.phone.locator(".state")).to_have_text("suspended", timeout=FINAL_MS)
    try:
        life.expect_refusal("the identity is not valid")
    finally:
        life.register.call("resume", "number=1", by="insurer")
