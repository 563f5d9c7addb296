"""The wallet in a real browser: it builds, shows, signs, sends, follows, and checks the proof."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, Route, expect

from dure.chain.transaction import compute_asset_id
from dure.cli.access import load_authority
from dure.contract.library.token import Token
from dure.contract.source import read_source
from dure.core.address import encode_address
from dure.core.types import Address, Digest
from tests.e2e.browser.conftest import Open
from tests.e2e.browser.hostile import HOSTILE
from tests.e2e.browser.looking import PHONE, check_accessible, check_fits
from tests.e2e.browser.village import Village
from tests.e2e.browser.wallet_window import CODE, FINAL_MS, GIVEN, Money, Wallet
from tests.unit.console.proof_page.node import STATIC

DECIMALS: Final = 2
SHOP: Final = encode_address(Address(Digest(bytes([5]) * 32)))
PASSKEY, BROWSER_KEY = "passkey", "device"

pytestmark = pytest.mark.timeout(240)
needs_vendored = pytest.mark.skipif(
    not (STATIC / "vendor" / "noble-curves").is_dir(),
    reason="the signature library was not fetched (make assets)",
)


@pytest.fixture(scope="module")
def money(village: Village) -> Iterator[Money]:
    town = village.town
    member = town.get_account(town.names[0])
    with town.connect() as client:
        token = client.deploy(
            read_source(Token),
            by=load_authority(town.folder),
            owner=member.address,
            arguments={"code": CODE, "decimals": DECIMALS},
            roles={"issuer": [member.address]},
        )
        yield Money(village, token.address, compute_asset_id(token.address, CODE))


def open_wallet(looking: Open, **options: str) -> Wallet:
    return Wallet(looking(**options), options.get("language", "en"))


@needs_vendored
@pytest.mark.parametrize("kind", [PASSKEY, BROWSER_KEY])
def test_a_payment_from_the_page_to_a_proof_that_the_page_checks_with_the_node_stopped(
    looking: Open, village: Village, money: Money, kind: str
) -> None:
    wallet = open_wallet(looking)
    page, town = wallet.page, village.town
    before = money.read_balance(SHOP)
    address = wallet.make_account(kind, "Household")
    money.give(address)
    wallet.show_balance("1\u202f000.00 GRAIN")
    wallet.fill_payment(SHOP, "12.50")
    expect(wallet.sheet).to_have_attribute("data-ready", "")
    expect(wallet.sheet).to_contain_text("12.50 GRAIN")
    expect(wallet.sheet).to_contain_text("not in your contacts")
    expect(wallet.sheet).to_contain_text(SHOP)
    expect(wallet.sheet).to_contain_text("test chain")
    wallet.sign()
    expect(wallet.sheet).to_have_attribute("data-kind", "good", timeout=FINAL_MS)
    steps = wallet.sheet.locator(".sheet-steps li")
    assert [each.get_attribute("data-state") for each in steps.all()] == ["done"] * 4
    wallet.close()
    assert money.read_balance(SHOP) == before + 1_250
    assert money.read_balance(address) == GIVEN - 1_250
    expect(page.locator("[data-accounts]")).to_contain_text("987.50 GRAIN", timeout=15_000)

    wallet.window.expected += ("ERR_CONNECTION", "WebSocket", "htmx:ws", "Failed to fetch")
    first = town.names[0]
    town.stop(first)
    try:
        row = page.locator("[data-proof-id]")
        row.locator('[data-act="wallet_verify"]').click()
        verdict = row.locator("[data-verdict]")
        # Every check holds, and that it is the right chain is this node's word.
        expect(verdict).to_have_attribute("data-kind", "vouched", timeout=20_000)
        expect(verdict).to_contain_text("The node that served this page")
        expect(verdict).to_contain_text("✓")
    finally:
        town.start(first)
        town.wait_level()


def test_the_key_that_was_replaced_is_refused(looking: Open, money: Money) -> None:
    wallet = open_wallet(looking)
    page = wallet.page
    address = wallet.make_account(PASSKEY, "Pocket")
    money.give(address)
    form = page.locator("form[data-key]")
    form.locator("[name=name]").fill("Laptop")
    form.locator("[name=kind]").select_option(BROWSER_KEY)
    form.locator("button").click()
    expect(page.locator("[data-keys] li")).to_have_count(2)
    page.click('[data-do="replace"]')
    page.click("[data-question] [data-yes]")
    expect(wallet.sheet).to_contain_text("far-reaching")
    sign = wallet.sheet.locator("[data-sign]")
    expect(sign).to_be_disabled()
    wallet.sheet.locator("[data-understood]").check()
    sign.click()
    expect(wallet.sheet).to_have_attribute("data-kind", "good", timeout=FINAL_MS)
    wallet.close()
    options = page.locator("form[data-pay] [name=key] option")
    expect(options).to_have_text(["Laptop · signs", "Pocket · does not sign"])

    page.select_option("form[data-pay] [name=key]", label="Pocket · does not sign")
    wallet.fill_payment(SHOP, "1")
    wallet.sign()
    expect(wallet.sheet).to_contain_text("the account has another policy now", timeout=FINAL_MS)
    wallet.close()
    page.select_option("form[data-pay] [name=key]", label="Laptop · signs")
    wallet.pay(SHOP, "1")
    assert money.read_balance(address) == GIVEN - 100


def test_what_is_refused_says_why_and_is_proved_too(looking: Open, money: Money) -> None:
    wallet = open_wallet(looking)
    address = wallet.make_account(BROWSER_KEY, "Poor")
    wallet.fill_payment(SHOP, "1")
    wallet.sign()
    expect(wallet.sheet).to_contain_text("No organisation has enrolled", timeout=FINAL_MS)
    wallet.close()
    expect(wallet.page.locator("[data-proof-id]")).to_have_count(0)

    money.give(address, 10)
    wallet.fill_payment(SHOP, "1")
    wallet.sign()
    expect(wallet.sheet).to_have_attribute("data-kind", "bad", timeout=FINAL_MS)
    wallet.close()
    expect(wallet.page.locator("[data-proof-id]")).to_contain_text("refused")
    assert money.read_balance(address) == 10


def test_a_device_that_says_no_and_a_person_who_does(looking: Open, money: Money) -> None:
    wallet = open_wallet(looking)
    page = wallet.page
    address = wallet.make_account(PASSKEY, "Careful")
    money.give(address)
    wallet.show_balance("GRAIN")
    wallet.fill_payment(SHOP, "1")
    expect(wallet.sheet).to_have_attribute("data-ready", "")
    page.keyboard.press("Escape")
    expect(wallet.sheet).to_have_count(0)
    expect(wallet.said).to_contain_text("Nothing was signed")

    wallet.devtools.send(
        "WebAuthn.setUserVerified",
        {"authenticatorId": wallet.device, "isUserVerified": False},
    )
    wallet.fill_payment(SHOP, "1")
    wallet.sign()
    expect(wallet.sheet).to_contain_text("Your device did not sign", timeout=FINAL_MS)
    wallet.close()
    expect(page.locator("[data-pending-id]")).to_have_count(0)
    assert money.read_balance(address) == GIVEN


def test_mistyped_addresses_and_amounts_go_nowhere(looking: Open, money: Money) -> None:
    wallet = open_wallet(looking)
    wallet.make_account(BROWSER_KEY, "Clumsy")
    mistyped = SHOP[:-1] + ("q" if SHOP[-1] != "q" else "p")
    for to, amount, words in (
        (mistyped, "1", "every letter counts"),
        ("javascript:alert(1)", "1", "every letter counts"),
        (SHOP, "0.001", "at most 2 digits"),
        (SHOP, "-1", "at most 2 digits"),
    ):
        wallet.fill_payment(to, amount)
        expect(wallet.said).to_contain_text(words)
        wallet.wait_idle()
        expect(wallet.sheet).to_have_count(0)


CUT_OFF = """(() => {
  const real = window.fetch;
  const refuse = () => Promise.reject(new TypeError("cut off"));
  window.fetch = (path, options) => (options?.method === "POST" ? refuse() : real(path, options));
})()"""
"""Nothing that the page sends arrives.

In the page itself: of requests that the browser holds back for a test, one was seen to go through
while the page was loaded anew.
"""


def test_a_page_loaded_again_goes_on_with_what_was_signed(looking: Open, money: Money) -> None:
    wallet = open_wallet(looking)
    page = wallet.page
    address = wallet.make_account(BROWSER_KEY, "Restless")
    money.give(address)
    wallet.show_balance("GRAIN")
    page.evaluate(CUT_OFF)
    wallet.fill_payment(SHOP, "3")
    wallet.sign()
    expect(wallet.sheet).to_have_attribute("data-step", "signed")
    page.reload()
    wallet.wait_ready()
    expect(page.locator("[data-proof-id]")).to_contain_text("final", timeout=FINAL_MS)
    expect(page.locator("[data-pending-id]")).to_have_count(0)
    assert money.read_balance(address) == GIVEN - 300


def pass_all_times(route: Route) -> None:
    """Have the chain's newest block be later than anything was valid."""
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | {"block_time": 2**50})


def test_what_no_block_took_in_time_says_so(looking: Open, money: Money) -> None:
    wallet = open_wallet(looking)
    page = wallet.page
    address = wallet.make_account(BROWSER_KEY, "Late")
    money.give(address)
    page.clock.install()
    page.reload()
    wallet.wait_ready()
    page.add_init_script(CUT_OFF)
    page.evaluate(CUT_OFF)
    wallet.fill_payment(SHOP, "3")
    wallet.sign()
    expect(wallet.sheet).to_have_attribute("data-step", "signed")
    page.reload()
    expect(page.locator("[data-pending-id]")).to_contain_text("on its way")
    page.clock.fast_forward("05:00")
    expect(page.locator("[data-pending-id]")).to_have_count(1)
    page.route("**/signing/standing.json*", pass_all_times)
    expect(page.locator("[data-lapsed-id]")).to_contain_text("nothing has happened")
    expect(page.locator("[data-pending-id]")).to_have_count(0)
    assert money.read_balance(address) == GIVEN


def test_what_an_idle_chain_cannot_tell_is_looked_at_again_and_forgotten_only_by_a_yes(
    looking: Open, money: Money
) -> None:
    wallet = open_wallet(looking)
    page = wallet.page
    address = wallet.make_account(BROWSER_KEY, "Quiet")
    money.give(address)
    page.clock.install()
    page.reload()
    wallet.wait_ready()
    page.add_init_script(CUT_OFF)
    page.evaluate(CUT_OFF)
    wallet.fill_payment(SHOP, "3")
    wallet.sign()
    expect(wallet.sheet).to_have_attribute("data-step", "signed")
    page.reload()
    row = page.locator("[data-pending-id]")
    expect(row).to_contain_text("on its way")
    expect(row.get_by_role("button")).to_have_count(0)
    identifier = row.get_attribute("data-pending-id") or "?"
    page.clock.fast_forward("05:00")
    expect(row).to_contain_text("not known yet", timeout=15_000)
    wallet.wait_idle()
    row.locator('[data-act="wallet_look_again"]').click()
    expect(wallet.said).to_contain_text("no block holds it")
    wallet.wait_idle()

    for answer, left in (("no", 1), ("yes", 0)):
        row.locator('[data-act="wallet_abandon"]').click()
        question = page.locator("[data-question]")
        expect(question).to_contain_text("takes nothing back")
        expect(question).to_contain_text(identifier)
        question.locator(f"[data-{answer}]").click()
        wallet.wait_idle()
        expect(row).to_have_count(left)
    expect(wallet.said).to_contain_text(identifier)
    page.reload()
    wallet.wait_ready()
    expect(row).to_have_count(0)
    assert money.read_balance(address) == GIVEN


def test_contacts_have_names_that_are_only_names(
    looking: Open, money: Money, tmp_path: Path
) -> None:
    wallet = open_wallet(looking)
    page = wallet.page
    address = wallet.make_account(BROWSER_KEY, HOSTILE[:60])
    money.give(address)
    file = tmp_path / "contacts.json"
    contacts = [{"address": SHOP, "name": "<img src=x onerror=alert(1)>\u202emoc.knab"}]
    file.write_text(json.dumps({"format": "dure-contacts-1", "contacts": contacts}), "utf-8")
    page.set_input_files("[data-import]", file)
    row = page.locator(f'[data-contacts] [data-address="{SHOP}"]')
    expect(row).to_contain_text("<img src=x onerror=alert(1)>moc.knab")
    wallet.wait_idle()
    wallet.show_balance("GRAIN")
    row.get_by_role("button").first.click()
    wallet.fill_payment(page.input_value("form[data-pay] [name=to]"), "1")
    expect(wallet.sheet).to_contain_text("<img src=x onerror=alert(1)>moc.knab")
    expect(wallet.sheet).not_to_contain_text("not in your contacts")
    page.keyboard.press("Escape")
    wallet.wait_idle()

    form = page.locator("form[data-contact]")
    form.locator("[name=name]").fill("<IMG src=x onerror=alert(1)>moc.knab")
    form.locator("[name=address]").fill(address)
    form.locator("button").click()
    expect(wallet.said).to_contain_text("Another address has that name already")
    assert page.locator("img[src='x']").count() == 0


def test_an_account_asks_for_money_by_a_code_and_another_pays_it(
    looking: Open, money: Money, tmp_path: Path
) -> None:
    shop, payer = open_wallet(looking), open_wallet(looking)
    target = shop.make_account(BROWSER_KEY, "Bakery")
    address = payer.make_account(BROWSER_KEY, "Guest")
    money.give(address)
    payer.show_balance("GRAIN")
    shop.page.click('[data-do="receive"]')
    part = shop.page.locator('[data-field="receive"]')
    part.locator("[name=asset]").select_option(value=money.asset.hex())
    part.locator("[name=amount]").fill("7.25")
    part.locator("[name=memo]").fill("빵 <b>3</b>")
    uri = part.locator('[data-field="uri"]')
    expect(uri).to_contain_text("amount=725")
    expect(uri).to_contain_text("memo=")
    picture = tmp_path / "code.png"
    image = part.locator("img")
    expect(image).to_have_js_property("complete", value=True)
    assert image.evaluate("image => image.naturalWidth") > 0
    image.screenshot(path=picture)

    page = payer.page
    page.click("[data-scanning] summary")
    if page.locator("[data-readers]").is_visible():
        page.set_input_files("[data-image]", picture)
    else:
        page.fill("form[data-paste] [name=text]", uri.text_content() or "")
        page.click("form[data-paste] button")
    expect(page.locator("form[data-pay] [name=to]")).to_have_value(target)
    expect(page.locator("form[data-pay] [name=amount]")).to_have_value("7.25")
    expect(page.locator("[data-asked]")).to_contain_text("빵 <b>3</b>")
    payer.wait_idle()
    page.click("form[data-pay] button")
    payer.sign()
    expect(payer.sheet).to_have_attribute("data-kind", "good", timeout=FINAL_MS)
    assert money.read_balance(target) == 725


def test_a_code_of_another_chain_or_with_more_in_it_fills_in_nothing(
    looking: Open, money: Money
) -> None:
    wallet = open_wallet(looking)
    page = wallet.page
    wallet.make_account(BROWSER_KEY, "Wary")
    page.click("[data-scanning] summary")
    for text, words in (
        (f"dure:{SHOP}?chain={'00' * 32}", "another chain"),
        (f"dure:{SHOP}?to=elsewhere", "not known here"),
        ("https://example.org", "every letter counts"),
    ):
        page.fill("form[data-paste] [name=text]", text)
        page.click("form[data-paste] button")
        expect(wallet.said).to_contain_text(words)
        wallet.wait_idle()
        expect(page.locator("form[data-pay] [name=to]")).to_have_value("")


def test_two_people_sign_for_one_account(looking: Open, money: Money, tmp_path: Path) -> None:
    first, second = open_wallet(looking), open_wallet(looking)
    lines = []
    for wallet, kind, name in ((first, PASSKEY, "Kim"), (second, BROWSER_KEY, "Lee")):
        form = wallet.page.locator("form[data-key]")
        form.locator("[name=name]").fill(name)
        form.locator("[name=kind]").select_option(kind)
        form.locator("button").click()
        line = wallet.page.locator("[data-keys] [data-member]")
        expect(line).to_have_count(1)
        lines.append(line.text_content() or "")
    addresses = {add_shared(wallet.page, lines) for wallet in (first, second)}
    (address,) = addresses
    money.give(address)
    first.show_balance("GRAIN")
    first.fill_payment(SHOP, "20")
    first.sign()
    expect(first.sheet).to_contain_text("1 more must sign", timeout=FINAL_MS)
    with first.page.expect_download() as saved:
        first.sheet.locator("[data-draft]").click()
    file = tmp_path / "half.json"
    saved.value.save_as(file)
    first.close()

    second.page.set_input_files("form[data-complete] [name=file]", file)
    second.page.click("form[data-complete] button")
    expect(second.sheet).to_contain_text("20.00 GRAIN")
    second.sign()
    expect(second.sheet).to_have_attribute("data-kind", "good", timeout=FINAL_MS)
    assert money.read_balance(address) == GIVEN - 2_000


def add_shared(page: Page, lines: list[str]) -> str:
    """Add the account of two people to a wallet; return its address."""
    page.locator("details", has=page.locator("form[data-share]")).locator("summary").click()
    form = page.locator("form[data-share]")
    form.locator("[name=name]").fill("Household of two")
    form.locator("[name=threshold]").fill("2")
    form.locator("[name=members]").fill("\n".join(lines))
    form.locator("button").click()
    card = page.locator("[data-accounts] section")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("and 1 keys of others")
    return card.get_attribute("data-address") or ""


@pytest.mark.parametrize(("language", "scheme"), [("ko", "dark"), ("en", "light")])
def test_the_sheet_can_be_read_and_used_by_everybody(
    looking: Open, money: Money, language: str, scheme: str
) -> None:
    wallet = open_wallet(looking, language=language, scheme=scheme)
    page = wallet.page
    address = wallet.make_account(BROWSER_KEY, "가계부")
    money.give(address)
    wallet.open(language)
    check_accessible(page)
    wallet.fill_payment(SHOP, "12.50")
    expect(wallet.sheet).to_have_attribute("data-ready", "")
    check_accessible(page)
    page.set_viewport_size(PHONE)
    check_fits(page)
    check_accessible(page)
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = (
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        assert page.evaluate(inside)


def test_a_page_that_is_not_secure_says_what_to_do(looking: Open, village: Village) -> None:
    window = looking()
    page = window.page
    # Chromium takes localhost alone for secure without TLS; a page without WebCrypto is the same.
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    window.open("/wallet?lang=en")
    expect(page.locator("[data-wallet][data-ready]")).to_be_visible()
    expect(page.locator("form[data-make] [data-lack]")).to_contain_text("https")
    expect(page.locator("form[data-make] button")).to_be_disabled()
