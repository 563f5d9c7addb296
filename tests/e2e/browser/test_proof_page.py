"""The proof page in a real browser: it checks a real proof without a node, and says what fails."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser.conftest import Open
from tests.e2e.browser.looking import PHONE, check_accessible, check_fits, look
from tests.e2e.browser.village import Village
from tests.e2e.processes import Town
from tests.unit.console.proof_page.node import STATIC

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        not (STATIC / "vendor" / "noble-curves").is_dir(),
        reason="the signature library was not fetched (python -m scripts.fetch_assets)",
    ),
]
WAIT_MS = 30_000
FINAL_STEPS = [
    *("canonical form", "genesis", "header", "validators", "certificate", "transaction path"),
    *("transaction signature", "receipt path", "outcome path"),
]


@pytest.fixture(scope="module")
def town(village: Village) -> Town:
    return village.town


@pytest.fixture(scope="module")
def transaction(village: Village) -> str:
    """The id of a final transaction."""
    return village.values["id"][0]


@pytest.fixture(scope="module")
def proof(village: Village, transaction: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proof file of that transaction."""
    file = tmp_path_factory.mktemp("proofs") / "transaction.json"
    answer = httpx.get(f"{village.base}/v1/transactions/{transaction}/proof")
    file.write_bytes(answer.raise_for_status().content)
    return file


@pytest.fixture
def silenced(town: Town) -> Iterator[Town]:
    """A network whose first node, that of the pages, comes back after the test."""
    yield town
    name = town.names[0]
    if name not in town.nodes:
        town.start(name)
        town.wait_level()


def open_page(window: Page) -> Page:
    expect(window.locator("[data-proof]")).to_have_attribute("data-ready", "true", timeout=WAIT_MS)
    return window


def await_answer(page: Page, answer: str) -> None:
    expect(page.locator("[data-proof]")).to_have_attribute("data-answer", answer, timeout=WAIT_MS)


def list_steps(page: Page) -> list[str]:
    return page.locator("[data-steps] li code").all_inner_texts()


def count_pages(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page") - pdf.count(b"/Type /Pages")


def test_a_proof_is_checked_with_the_node_switched_off(
    looking: Open, silenced: Town, transaction: str, proof: Path
) -> None:
    page = open_page(looking().open("/proof"))
    silenced.stop(silenced.names[0])
    page.set_input_files("[data-file]", proof)
    await_answer(page, "vouched")
    assert list_steps(page) == FINAL_STEPS
    # The node is off, and it still is its word alone which chain that was.
    expect(page.locator("[data-facts]")).to_contain_text("The node that served this page")
    expect(page.locator("[data-statement]")).to_contain_text(transaction)
    expect(page.locator('[data-check="certificate"]')).to_contain_text("of 4 validators sealed it")
    check_fits(page)
    check_accessible(page)
    assert count_pages(page.pdf(prefer_css_page_size=True)) == 1


def test_a_changed_byte_names_the_check_that_fails(looking: Open, proof: Path) -> None:
    page = open_page(looking().open("/proof"))
    page.set_input_files("[data-file]", proof)
    await_answer(page, "vouched")
    page.click("[data-change]")
    await_answer(page, "broken")
    failed = page.locator('[data-steps] li[data-kind="bad"]')
    expect(failed).to_have_count(1)
    check = page.locator("[data-proof]").get_attribute("data-check") or "?"
    expect(failed.locator("code")).to_have_text(check)
    expect(page.locator("[data-answer-words]")).to_contain_text(check)
    check_accessible(page)
    page.click("[data-restore]")
    await_answer(page, "vouched")


def test_a_chain_is_named_before_anything_is_proved(looking: Open, proof: Path) -> None:
    page = open_page(looking().open("/proof"))
    page.set_input_files("[data-file]", proof)
    await_answer(page, "vouched")
    expect(page.locator("[data-answer-title]")).to_contain_text("this node says")
    expect(page.locator("[data-answer-title]")).not_to_contain_text("Proved")
    page.uncheck("[data-own]")
    await_answer(page, "unknown")
    expect(page.locator("[data-facts]")).to_contain_text("Nobody")
    check_accessible(page)
    page.fill("[data-trust] input", "our chain")
    page.click("[data-trust] button")
    await_answer(page, "proved")
    expect(page.locator("[data-answer-words]")).to_contain_text("our chain")
    page.check("[data-own]")
    await_answer(page, "proved")
    expect(page.locator("[data-facts]")).to_contain_text("You: you named")
    page.click("[data-known] button")
    await_answer(page, "vouched")


def test_a_link_opens_a_transaction_in_korean_on_a_phone(looking: Open, transaction: str) -> None:
    window = looking(language="ko", scheme="dark")
    window.page.set_viewport_size(PHONE)
    page = window.open(f"/proof?transaction={transaction}")
    await_answer(page, "vouched")
    expect(page.locator("[data-answer-title]")).to_contain_text("이 노드의 말에 따름")
    check_fits(page)
    check_accessible(page)


def test_the_saved_page_needs_no_node(
    browser: Browser, village: Village, proof: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "page.html"
    answer = httpx.get(f"{village.base}/proof/page.html?lang=en")
    saved.write_bytes(answer.raise_for_status().content)
    with look(browser, "file://") as window:
        page = open_page(window.open(str(saved)))
        page.set_input_files("[data-file]", proof)
        await_answer(page, "unknown")
        page.fill("[data-trust] input", "our chain")
        page.click("[data-trust] button")
        await_answer(page, "proved")
        page.reload()
        expect(page.locator("[data-known]")).to_contain_text("our chain")


def test_what_is_no_proof_is_refused_in_words(looking: Open, tmp_path: Path) -> None:
    hostile = tmp_path / "<img src=x onerror=alert(1)>.json"
    hostile.write_text('{"format":"<img src=x onerror=alert(1)>"}')
    page = open_page(looking().open("/proof"))
    page.set_input_files("[data-file]", hostile)
    await_answer(page, "broken")
    expect(page.locator("[data-proof]")).to_have_attribute("data-check", "form")
    assert page.locator("[data-proof] img").count() == 0
    with (tmp_path / "long.json").open("wb") as long:
        long.truncate(16 * 1024 * 1024 + 1)
    page.set_input_files("[data-file]", tmp_path / "long.json")
    expect(page.locator("[data-said]")).to_contain_text("longer than 16 MiB")


def test_the_button_of_a_transaction_verifies_in_place(looking: Open, transaction: str) -> None:
    page = looking().open(f"/transactions/{transaction}")
    page.click("[data-verify] button")
    verdict = page.locator("[data-verdict]")
    expect(verdict).to_have_attribute("data-kind", "vouched", timeout=WAIT_MS)
    expect(verdict.locator(".ticks li")).to_have_count(len(FINAL_STEPS))
    expect(verdict).to_contain_text("The node that served this page, and nobody else")
    check_accessible(page)
    verdict.locator("a").click()
    await_answer(page, "vouched")
    page.fill("[data-trust] input", "our chain")
    page.click("[data-trust] button")
    await_answer(page, "proved")
    page.go_back()
    page.click("[data-verify] button")
    expect(verdict).to_have_attribute("data-kind", "proved", timeout=WAIT_MS)
    expect(verdict).to_contain_text("our chain")
