"""A story in a real browser: stepped by buttons, keys and by itself, seen as one of its people."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.conftest import Open
from tests.e2e.browser.looking import check_accessible, check_fits

STORY = "/apps/flight-delay/stories/late_flight_pays_by_itself"
SCENES = 8

pytestmark = pytest.mark.timeout(300)


def open_story(looking: Open, **options: str) -> Page:
    window = looking(**options)
    # The first one who asks waits for the story to be played.
    window.page.set_default_navigation_timeout(120_000)
    opened = window.open(STORY)
    opened.wait_for_selector("[data-story][data-ready]")
    return opened


def shown(page: Page) -> list[str]:
    """Return the titles of the scenes that can be seen."""
    return [each.strip() for each in page.locator(".scene:visible h3").all_inner_texts()]


def test_a_story_is_stepped_by_buttons_keys_and_slider(looking: Open) -> None:
    page = open_story(looking)
    assert shown(page) == ["Enters: insurer, traveller, airline"]
    expect(page.locator("[data-place]")).to_have_text(f"Step 1 of {SCENES}")
    page.locator('[data-go="forward"]').click()
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert shown(page) == ["traveller: Buy a policy"]
    expect(page.locator(".scene:visible .moves")).to_contain_text("5\u202f000")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-place]")).to_have_text(f"Step 3 of {SCENES}")
    page.keyboard.press("End")
    assert shown(page) == ["By itself: Settle fifty policies"]
    expect(page.locator("[data-verdict]")).to_be_visible()
    assert page.url.endswith(f"#step-{SCENES}")
    page.locator("[data-slider]").fill("6")
    expect(page.locator(".scene:visible .refusal")).to_contain_text("flight oracle")
    expect(page.locator("[data-source] [data-now]")).to_contain_text("cover.report(by=traveller")


def test_the_acting_person_is_switched(looking: Open) -> None:
    page = open_story(looking)
    page.locator('[name="viewer"][value="traveller"]').check()
    page.locator("[data-slider]").fill("4")
    expect(page.locator(".scene:visible [data-yours]")).to_have_text("You act")
    expect(page.locator(".scene:visible tr[data-you]")).to_contain_text("995\u202f000")
    page.locator("[data-slider]").fill("8")
    expect(page.locator(".scene:visible [data-yours]")).to_have_text("This concerns you")
    page.locator('[name="viewer"][value="airline"]').check()
    expect(page.locator(".scene:visible [data-yours]")).to_be_hidden()
    expect(page.locator(".flow .lane[data-you] text")).to_have_text("airline")


def test_a_story_goes_on_by_itself_until_it_is_stopped(looking: Open) -> None:
    page = open_story(looking)
    page.clock.install()
    page.reload()
    page.wait_for_selector("[data-story][data-ready]")
    page.locator('[data-go="play"]').click()
    page.clock.run_for(3_600)
    expect(page.locator("[data-place]")).to_have_text(f"Step 2 of {SCENES}")
    page.clock.run_for(60_000)
    expect(page.locator("[data-place]")).to_have_text(f"Step {SCENES} of {SCENES}")
    expect(page.locator('[data-go="play"]')).to_have_text("Play")


def test_a_click_in_the_lanes_goes_to_that_step(looking: Open) -> None:
    page = open_story(looking)
    expect(page.locator(".flow .step")).to_have_count(SCENES)
    page.locator(".flow .step").nth(6).locator(".back").click()
    expect(page.locator("[data-place]")).to_have_text(f"Step 7 of {SCENES}")


@pytest.mark.parametrize(("language", "scheme"), [("ko", "light"), ("en", "dark")])
def test_a_story_fits_a_phone_and_hides_nothing(looking: Open, language: str, scheme: str) -> None:
    page = open_story(looking, language=language, scheme=scheme)
    for step in (1, 4, 6, SCENES):
        page.locator("[data-slider]").fill(str(step))
        check_accessible(page)
        check_fits(page, 390)


def test_the_proof_of_a_step_verifies_on_the_proof_page(looking: Open) -> None:
    page = open_story(looking)
    record = page.request.get(page.url.partition("#")[0] + "/record.json").json()
    proof = page.request.get(page.url.partition("#")[0] + "/proofs/10.json")
    assert proof.ok
    assert json.loads(proof.text()) == record["steps"][9]["proof"]
    assert record["verdict"] == {
        "problem": None,
        "money_conserved": True,
        "state_root": record["verdict"]["state_root"],
    }
