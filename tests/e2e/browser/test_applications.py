"""Pages of applications in a real browser: forms by role, tables, own pages, every shared piece."""

import hashlib

import pytest
from playwright.sync_api import FilePayload, expect

from tests.e2e.browser.conftest import Open
from tests.e2e.browser.hostile import HOSTILE, check_nothing_ran
from tests.e2e.browser.looking import check_accessible, check_fits

pytestmark = pytest.mark.timeout(300)


def test_the_default_page_tells_what_happened_in_the_contracts_words(looking: Open) -> None:
    page = looking(language="ko").open("/apps/flight-delay")
    expect(page.locator("h1")).to_have_text("항공 지연 보험")
    expect(page.locator("#app-policies")).to_contain_text("UA1545 EWR-IAH")
    expect(page.locator("#app-policies")).to_contain_text("200\u202f000 won")
    expect(page.locator("#app-events")).to_contain_text("늦게 도착한 승객이 보험금을 받았다.")
    expect(page.locator("ul.parties")).to_contain_text("보험료와 보험금을 정하고 준비금을 넣습니다")


def test_forms_stand_by_role_and_a_question_is_answered(looking: Open) -> None:
    window = looking()
    opened = window.open("/apps/flight-delay/use")
    opened.wait_for_selector("body[data-ready]")
    titles = opened.locator(".calls h3").all_inner_texts()
    assert titles[-2:] == ["Everybody", "Questions, which cost nothing"]
    asked = opened.locator("details.method", has=opened.locator('form[data-method="terms"]'))
    asked.locator("summary").click()
    asked.locator("button[type=submit]").click()
    expect(asked.locator("[data-answer]")).to_contain_text("5\u202f000")


def test_the_map_of_routes_is_drawn_and_the_table_stays(looking: Open) -> None:
    opened = looking(scheme="dark").open("/apps/flight-delay/pages/flights")
    opened.wait_for_selector("html[data-pieces=ready]")
    drawn = opened.locator("figure.map[data-drawn]")
    if opened.locator("figure.map[data-library]").count():
        expect(drawn).to_have_count(1)
        expect(drawn.locator("canvas").first).to_be_visible()
        drawn.locator("summary").click()
    expect(opened.locator("figure.map td", has_text="IAH")).to_be_visible()
    expect(opened.locator(".stepper")).to_contain_text("131 minutes late")


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ko", "dark")])
def test_every_piece_is_drawn_with_hostile_values_and_nothing_runs(
    looking: Open, language: str, scheme: str
) -> None:
    opened = looking(language=language, scheme=scheme).open("/pieces")
    opened.wait_for_selector("html[data-pieces=ready]")
    if opened.locator("figure.chart[data-library]").count():
        expect(opened.locator("figure.chart[data-drawn]")).to_have_count(5)
        expect(opened.locator("figure.map[data-drawn]")).to_have_count(1)
    assert opened.locator("[onerror], main script, img[src='x']").count() == 0
    check_accessible(opened)
    check_fits(opened, 390)


def test_a_document_is_shown_only_where_it_is_the_one_on_the_chain(looking: Open) -> None:
    opened = looking().open("/pieces")
    opened.wait_for_selector("html[data-pieces=ready]")
    figure = opened.locator("figure.document").first
    assert figure.get_attribute("data-digest") == hashlib.sha256(b"a document").hexdigest()
    choose = figure.locator("input[type=file]")
    choose.set_input_files(FilePayload(name="n.txt", mimeType="text/plain", buffer=b"another"))
    expect(figure.locator("[data-verdict]")).to_have_attribute("data-tone", "bad")
    expect(figure.locator("pre")).to_have_count(0)
    choose.set_input_files(FilePayload(name="n.txt", mimeType="text/html", buffer=b"a document"))
    expect(figure.locator("[data-verdict]")).to_have_attribute("data-tone", "good")
    expect(figure.locator("pre")).to_have_text("a document")
    for hostile in (HOSTILE.encode(), b"\xff" + HOSTILE.encode(), b"%PDF-\xff" + HOSTILE.encode()):
        digest = hashlib.sha256(hostile).hexdigest()
        figure.evaluate("(figure, digest) => { figure.dataset.digest = digest; }", digest)
        named = FilePayload(name=f"{HOSTILE[:80]}.html", mimeType="text/html", buffer=hostile)
        choose.set_input_files(named)
        expect(figure.locator("[data-shown] > *")).to_have_count(1)
        expect(figure.locator("[data-shown]")).to_contain_text("<script>alert")
        check_nothing_ran(opened)
    fetched = opened.locator("figure.document").nth(1)
    fetched.locator("[data-open]").click()
    expect(fetched.locator("[data-verdict]")).to_have_attribute("data-tone", "bad")
