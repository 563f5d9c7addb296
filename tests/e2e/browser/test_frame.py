"""The frame in a real browser: theme, language, menu on a phone, settings, times, print."""

import re

from playwright.sync_api import expect

from tests.e2e.browser.conftest import Open
from tests.e2e.browser.looking import PHONE, check_accessible, check_fits


def test_the_theme_switch_is_kept_and_the_next_page_begins_in_it(looking: Open) -> None:
    page = looking(scheme="light").open("/settings")
    read_paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(read_paper)
    switch = page.locator("[data-theme-switch]")
    for theme in ("light", "dark"):
        switch.click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
    dark = page.evaluate(read_paper)
    assert dark != light
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(read_paper) == dark
    check_accessible(page)


def test_plots_read_tokens_as_colours(looking: Open) -> None:
    page = looking(scheme="dark").open("/settings")
    read = "getComputedStyle(document.documentElement).getPropertyValue('--mark').trim()"
    assert re.match(r"rgb|#", page.evaluate(read))


def test_the_language_switch_keeps_page_and_query(looking: Open) -> None:
    page = looking(language="en").open("/settings?saved=1")
    page.click('.languages a[lang="ko"]')
    assert "saved=1" in page.url
    assert "lang=ko" in page.url
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    page.click("#menu a >> nth=0")
    expect(page.locator("html")).to_have_attribute("lang", "ko")


def test_the_menu_opens_on_a_phone_and_by_keyboard(looking: Open) -> None:
    window = looking(language="ko")
    window.page.set_viewport_size(PHONE)
    page = window.open("/settings")
    menu = page.locator("#menu")
    expect(menu).to_be_hidden()
    page.locator(".menu-switch").focus()
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    check_accessible(page)
    check_fits(page)
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_the_keyboard_reaches_the_content_first(looking: Open) -> None:
    page = looking().open("/settings")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_settings_are_kept_in_the_browser_and_times_follow(looking: Open) -> None:
    window = looking(language="ko")
    page = window.open("/settings")
    page.select_option("#zone", "seoul")
    page.select_option("#theme", "dark")
    page.click("form.card button[type='submit']")
    expect(page.locator("[role='status'].card")).to_be_visible()
    page.evaluate(
        """() => {
            const time = document.createElement("time");
            time.dateTime = "2026-01-01T00:00:00.000Z";
            document.querySelector("main").append(time);
            document.dispatchEvent(new CustomEvent("htmx:after:swap"));
        }"""
    )
    expect(page.locator("main > time")).to_have_text("2026-01-01 09:00:00 +09:00")


def test_paper_has_the_page_and_not_its_frame(looking: Open) -> None:
    page = looking(scheme="dark").open("/settings")
    page.emulate_media(media="print")
    expect(page.locator("h1")).to_be_visible()
    for hidden in ("header.top", "#menu", "form button"):
        expect(page.locator(hidden).first).to_be_hidden()
