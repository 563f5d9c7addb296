"""What a reader settles on stays in the browser, and every page begins with it."""

import re

import httpx
import pytest
from starlette.requests import Request

from dure.console.settings import Settings, read_settings
from tests.unit.api.serving import HOST, Desk

OWN = {"origin": f"http://{HOST}"}


def read(cookies: str) -> Settings:
    headers = [(b"cookie", cookies.encode())]
    return read_settings(Request({"type": "http", "headers": headers}))


def test_known_words_count_and_others_are_as_if_not_there() -> None:
    cookies = "dure_language=ko; dure_theme=dark; dure_zone=seoul; dure_rows=100"
    assert read(cookies) == Settings("ko", "dark", "seoul", 100)
    assert read('dure_language=xx; dure_theme="><script>; dure_zone=1; dure_rows=7') == Settings()
    assert read("") == Settings()


def test_the_form_becomes_cookies_and_the_next_page_begins_with_them(desk: Desk) -> None:
    form = {"language": "ko", "theme": "dark", "zone": "local", "rows": "10"}

    async def visit(client: httpx.AsyncClient) -> tuple[httpx.Response, httpx.Response]:
        kept = await client.post("/settings", data=form, headers=OWN)
        return kept, await client.get("/settings")

    kept, page = desk.run(visit)
    assert (kept.status_code, kept.headers["location"]) == (303, "/settings?saved=1")
    assert all("samesite=lax" in each.lower() for each in kept.headers.get_list("set-cookie"))
    assert '<html lang="ko" data-theme="dark" data-zone="local">' in page.text
    assert re.findall(r'<option value="(\w*)" selected>', page.text) == [*form.values()]


def test_the_address_overrules_the_settled_language(desk: Desk) -> None:
    headers = {"cookie": "dure_language=ko"}
    answer = desk.run(lambda client: client.get("/settings?lang=en", headers=headers))
    assert '<html lang="en"' in answer.text


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({}, "theme=dark", 403),
        ({"origin": "http://evil.example"}, "theme=dark", 403),
        (OWN, "theme=" + "x" * 2_000, 413),
        (OWN, "\xff", 400),
        (OWN, "&".join(f"a{number}=1" for number in range(20)), 400),
    ],
)
def test_other_sites_and_other_forms_are_refused(
    desk: Desk, headers: dict[str, str], content: str, status: int
) -> None:
    answer = desk.run(
        lambda client: client.post("/settings", content=content.encode("latin-1"), headers=headers)
    )
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers


def test_the_language_switch_keeps_what_was_asked(desk: Desk) -> None:
    answer = desk.run(lambda client: client.get("/settings?saved=1&x=%22%3E&lang=en"))
    assert 'href="?saved=1&amp;x=%22%3E&amp;lang=ko"' in answer.text
