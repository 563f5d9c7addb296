"""The admin console in a real browser: a passkey, a network, its life, what can be tried on it.

Chromium's virtual authenticator stands in for the operator's device. Every node that the console
starts is a real process, and every one of them is gone at the end.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dure.cli.network.founding import Plan, find_port, found_network
from tests.e2e.browser.looking import (
    PHONE,
    WIDE,
    Looking,
    Scheme,
    check_accessible,
    check_fits,
    look,
)
from tests.e2e.conftest import PAGE_PATIENCE_MS
from tests.e2e.processes import Command, find_processes, run_dure, wait_until

PATIENCE_MS = 150_000
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Wait longer than a page usually may: processes start and validators change rounds."""
    expect.set_options(timeout=PATIENCE_MS)
    yield
    expect.set_options(timeout=PAGE_PATIENCE_MS)


@contextmanager
def open_console(folder: Path) -> Iterator[tuple[str, str]]:
    """Run the command that people use; give its address and the token that it prints."""
    port = find_port(0)
    arguments = ("console", "--admin", folder, "--port", port)
    with Command(*arguments, log=folder.with_suffix(".log")) as command:
        wait_until(
            lambda: "networks go on" in command.said or not command.is_running(),
            "the console listens",
            timeout_s=PATIENCE_MS / 1000,
            or_say=lambda: command.said,
        )
        token = re.search(r"with this token: (\w+)", command.said)
        assert token is not None, command.said
        yield f"http://localhost:{port}", token[1]


@contextmanager
def stopping_all(folder: Path) -> Iterator[None]:
    """Leave no node behind, however the test ends."""
    try:
        yield
    finally:
        for file in folder.glob("*/network.json"):
            run_dure("network", "down", file.parent)


@pytest.fixture
def enter(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Looking]]:
    """Windows of an operator who registered a passkey and is signed in."""
    folder = tmp_path / "n"
    folder.mkdir()
    with ExitStack() as stack:
        stack.enter_context(stopping_all(folder))
        base, token = stack.enter_context(open_console(folder))

        def open_window(language: str = "en", scheme: Scheme = "light") -> Looking:
            window = stack.enter_context(look(browser, base, language=language, scheme=scheme))
            # The browser notes that the operator's passkey is not of the oldest kind.
            window.expected = ("pubKeyCredParams",)
            window.context.set_default_timeout(PATIENCE_MS)
            devtools = window.context.new_cdp_session(window.page)
            devtools.send("WebAuthn.enable")
            devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
            register(window, token)
            return window

        yield open_window


def register(window: Looking, token: str) -> None:
    page = window.open("/")
    # Nobody is signed in, so the list of networks leads to the door.
    page.wait_for_url("**/sign-in*")
    page.locator("[data-page][data-ready]").wait_for()
    page.fill("#token", token)
    page.click("[data-register] button[type=submit]")
    page.wait_for_url(re.compile(r"/(\?.*)?$"))
    wait_ready(page)


def wait_ready(page: Page) -> None:
    page.locator("[data-page][data-ready]").wait_for()


def show(page: Page, name: str) -> Locator:
    return page.locator(f'[data-show="{name}"]')


def confirm(page: Page, words: str) -> None:
    """Say yes to what is about to be done; the authenticator then says yes by itself."""
    box = page.locator("dialog[data-confirm]")
    expect(box).to_contain_text(words)
    box.locator("[data-confirm-yes]").click()


def press(page: Page, button: Locator) -> None:
    """Click when the page has nothing to do any more: it does one thing at a time."""
    page.locator('[data-page][aria-busy="false"]').wait_for()
    button.click()


def wait_done(page: Page) -> None:
    expect(page.locator("[data-said]")).to_have_attribute("data-kind", "good")


def read_height(page: Page) -> int:
    text = show(page, "height").inner_text()
    return int(text) if text.isdigit() else -1


def send_until_higher(page: Page, height: int) -> int:
    """Have something decided; return the new height."""
    press(page, page.locator("[data-send]"))
    wait_until(lambda: read_height(page) > height, "a block appears", timeout_s=PATIENCE_MS / 1000)
    return read_height(page)


def find_row(page: Page, node: str) -> Locator:
    return page.locator(f'tr[data-node="{node}"]')


def create(page: Page, name: str) -> None:
    page.click('#menu a[href^="/new"]')
    wait_ready(page)
    page.fill('input[name="network"]', name)
    page.check('input[name="test"]')
    page.click("[data-create] button[type=submit]")
    page.wait_for_url(f"**/networks/{name}*")
    wait_ready(page)


def test_a_network_lives_from_the_form_to_its_removal(
    enter: Callable[..., Looking], tmp_path: Path
) -> None:
    window = enter()
    page = window.page
    create(page, "shop")
    expect(show(page, "running")).to_have_text("0/4")
    press(page, page.locator("[data-start]"))
    running = page.locator('tr[data-node][data-state="running"]')
    expect(running).to_have_count(4)
    expect(show(page, "running")).to_have_text("4/4")

    watch_validators(page)
    change_bytes(page)
    read_the_log(page)

    window.open("/networks/shop")
    wait_ready(page)
    press(page, page.locator("[data-stop]"))
    page.locator("[data-confirm-no]").click()
    expect(running).to_have_count(4)
    press(page, page.locator("[data-stop]"))
    confirm(page, "All nodes of shop are asked to stop")
    wait_done(page)
    expect(show(page, "running")).to_have_text("0/4")
    assert find_processes(tmp_path / "n") == []

    press(page, page.locator("[data-remove]"))
    confirm(page, "shop is deleted with all keys")
    page.wait_for_url(re.compile(r":\d+/(\?.*)?$"))
    expect(page.locator("[data-none]")).to_be_visible()
    assert not (tmp_path / "n" / "shop").exists()

    checked = run_dure("access", "audit", "verify", tmp_path / "n" / "operator" / "audit.jsonl")
    assert checked.code == 0, checked.said
    shown = run_dure("access", "audit", "show", tmp_path / "n" / "operator" / "audit.jsonl")
    for act in ("signed_in", "network_create", "network_kill", "network_stop", "network_remove"):
        assert act in shown.out


def watch_validators(page: Page) -> None:
    """Kill one and go on, kill a second and stand still, revive it and go on."""
    page.click('a[data-link="validators"]')
    wait_ready(page)
    height = send_until_higher(page, 0)

    press(page, find_row(page, "delta").locator("[data-kill]"))
    expect(find_row(page, "delta")).to_have_attribute("data-state", "stopped")
    height = send_until_higher(page, height)

    press(page, find_row(page, "gamma").locator("[data-kill]"))
    expect(find_row(page, "gamma")).to_have_attribute("data-state", "stopped")
    press(page, page.locator("[data-send]"))
    sentences = page.locator("[data-sentences]")
    expect(sentences).to_contain_text("2 of 4 validators are here, and 3 decide")
    expect(sentences).to_contain_text("Standing still")
    expect(show(page, "moving")).to_have_text("stands still, with work to do")
    assert read_height(page) == height

    press(page, find_row(page, "gamma").locator("[data-revive]"))
    wait_until(
        lambda: read_height(page) > height,
        "the chain goes on by itself",
        timeout_s=PATIENCE_MS / 1000,
    )
    expect(find_row(page, "gamma")).to_have_attribute("data-state", "running")
    press(page, find_row(page, "delta").locator("[data-revive]"))
    expect(find_row(page, "delta")).to_have_attribute("data-state", "running")


def change_bytes(page: Page) -> None:
    """A careless forger is caught by the disk, a careful one by what the others know."""
    page.goto(page.url.replace("/validators", "/byte"))
    wait_ready(page)
    page.click("[data-take] button[type=submit]")
    page.locator("[data-second]").wait_for()
    page.select_option('select[name="height"]', "1")
    page.fill('input[name="offset"]', "60")
    press(page, page.locator("[data-change] button[type=submit]"))
    verdict = page.locator("[data-verdict]")
    expect(verdict).to_have_text("Refused. The first check that fails: The disk's checksum")
    expect(page.locator('[data-check="disk"]')).to_contain_text("is damaged at byte")

    page.check('input[name="mend_checksum"]')
    press(page, page.locator("[data-change] button[type=submit]"))
    expect(verdict).to_contain_text("The block above names this one")
    expect(page.locator('[data-check="disk"][data-holds="true"]')).to_have_count(1)
    expect(page.locator('[data-check="seals"][data-holds="false"]')).to_have_count(1)
    witnesses = page.locator("[data-witnesses] li")
    expect(witnesses).to_have_count(4)
    expect(witnesses.first).to_contain_text("(another id)")
    expect(page.locator("[data-proof]")).to_be_visible()


def read_the_log(page: Page) -> None:
    page.click('#menu a[href^="/audit"]')
    wait_ready(page)
    expect(page.locator("[data-rows]")).to_contain_text("network_change_byte")


@pytest.mark.parametrize(
    ("language", "scheme"),
    [
        ("en", "light"),
        ("ko", "dark"),
        pytest.param("en", "dark", marks=pytest.mark.thorough),
        pytest.param("ko", "light", marks=pytest.mark.thorough),
    ],
)
def test_its_pages_are_silent_fit_and_hide_nothing(
    enter: Callable[..., Looking], tmp_path: Path, language: str, scheme: Scheme
) -> None:
    made = run_dure("network", "init", tmp_path / "n" / "shop", "--story-start", "2013-03-08")
    assert made.code == 0, made.said
    window = enter(language, scheme)
    for path in ("/", "/sign-in", "/new", "/audit", "/networks/shop", "/networks/shop/byte"):
        look_at(window, path, language)
    look_at(window, "/networks/shop/validators", language)


def look_at(window: Looking, path: str, language: str) -> None:
    page = window.open(f"{path}?lang={language}")
    wait_ready(page)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("h1").count() == 1
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        check_fits(page)
        check_accessible(page)


def test_a_grave_act_waits_for_the_passkeys_word(
    enter: Callable[..., Looking], tmp_path: Path
) -> None:
    shop = tmp_path / "n" / "shop"
    found_network(shop, Plan("shop", ("alpha",), first_api_port=0))
    window = enter()
    page = window.open("/networks/shop")
    wait_ready(page)
    press(page, page.locator("[data-remove]"))
    page.locator("[data-confirm-no]").click()
    press(page, page.locator("[data-stop]"))
    confirm(page, "All nodes of shop are asked to stop")
    wait_done(page)
    assert (shop / "network.json").exists()
    press(page, page.locator("[data-remove]"))
    confirm(page, "shop is deleted with all keys")
    page.wait_for_url(re.compile(r":\d+/(\?.*)?$"))
    expect(page.locator("[data-none]")).to_be_visible()
    assert not shop.exists()


def test_signing_in_again_needs_the_passkey_alone(enter: Callable[..., Looking]) -> None:
    page = enter().page
    page.click("[data-leave]")
    page.wait_for_url("**/sign-in*")
    wait_ready(page)
    page.click("[data-enter] button[type=submit]")
    page.wait_for_url(re.compile(r":\d+/(\?.*)?$"))
    wait_ready(page)
