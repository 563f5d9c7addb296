"""Pages over the real ledger: complete in both languages, and dead to hostile names."""

import re
from html.parser import HTMLParser

import httpx
import pytest

from dure.console import build_pages
from dure.console.language import load_texts
from dure.console.rendering import show_offset
from dure.console.settings import LANGUAGES
from dure.core.address import encode_address
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import Book, SoloChain
from tests.unit.console.conftest import APPLICATION

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'


class Markup(HTMLParser):
    """Collects what could run or load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.handlers: list[str] = []
        self.loads: list[str] = []
        self.styles = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script":
            self.scripts.append(given)
        if tag == "style" or "style" in given:
            self.styles += 1
        self.handlers += [name for name in given if name.startswith("on")]
        self.loads += [value or "" for name, value in attrs if name in {"src", "href", "action"}]


def load(desk: Desk, path: str, status: int = 200) -> httpx.Response:
    answer = desk.run(lambda client: client.get(path))
    assert answer.status_code == status, answer.text
    return answer


def fill(desk: Desk, text: str = "hello") -> tuple[Book, str]:
    """Deploy the guestbook, write a line, index it; return the book and the transaction's id."""
    book = desk.chain.deploy()
    signed = desk.chain.sign(book.call("write", text=text))
    desk.chain.send(signed)
    desk.catch_up()
    return book, signed.transaction_id.hex()


def list_paths(desk: Desk, text: str = "hello") -> list[str]:
    book, transaction = fill(desk, text)
    return [
        "/",
        "/blocks/0",
        "/blocks/2",
        f"/transactions/{transaction}",
        f"/contracts/{encode_address(book.address)}",
        "/apps/guestbook",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_both_languages_under_a_strict_policy(desk: Desk, language: str) -> None:
    for path in list_paths(desk):
        answer = load(desk, f"{path}?lang={language}")
        assert f'<html lang="{language}"' in answer.text
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        markup = Markup(answer.text)
        assert {"type": "module", "src": "/static/frame/frame.js"} in markup.scripts
        assert all((each.get("src") or "").startswith("/static/") for each in markup.scripts)
        assert (markup.handlers, markup.styles) == ([], 0)
        assert all(link.startswith(("/", "#", "?")) for link in markup.loads)


def test_every_link_of_every_page_leads_to_a_page(desk: Desk) -> None:
    links = {
        link
        for path in list_paths(desk)
        for link in Markup(load(desk, f"{path}?lang=ko").text).loads
        if link.startswith("/")
    }
    assert len(links) > 10
    for link in links - {f"/contracts/dure1{'q' * 58}?lang=ko"}:
        load(desk, link)


def test_hostile_names_are_text(desk: Desk) -> None:
    desk.chain = SoloChain(name=HOSTILE[:64])
    desk.__post_init__()
    desk.pages = build_pages(desk.chain, desk.index, [APPLICATION])
    for path in list_paths(desk, HOSTILE):
        markup = Markup(load(desk, path).text)
        assert all((each.get("src") or "").startswith("/static/") for each in markup.scripts)
        assert markup.handlers == []
        assert "x" not in markup.loads
    shown = load(desk, "/apps/guestbook").text
    assert "&lt;script&gt;alert(1)" in shown
    assert "{{ 7*7 }}" in shown


def test_a_test_chain_says_so_on_every_page(desk: Desk) -> None:
    for path in list_paths(desk):
        text = load(desk, path).text
        assert "TEST CHAIN" in text
        assert "-0d 00:00:01" in text


def test_the_browser_chooses_the_language_and_the_address_overrules(desk: Desk) -> None:
    def get_language(path: str, accepted: str) -> str:
        headers = {"accept-language": accepted}
        answer = desk.run(lambda client: client.get(path, headers=headers))
        found = re.search(r'<html lang="(\w+)"', answer.text)
        assert found is not None
        return found[1]

    assert get_language("/", "ko-KR,ko;q=0.9,en;q=0.8") == "ko"
    assert get_language("/", "fr,en;q=0.5,ko;q=0.4") == "en"
    assert get_language("/", "fr") == "en"
    assert get_language("/?lang=ko", "en") == "ko"
    assert get_language("/?lang=xx", "ko") == "ko"


def test_texts_are_complete_and_take_the_same_values() -> None:
    for key, texts in load_texts().items():
        assert set(texts) == set(LANGUAGES), key
        assert all(texts.values()), key
        values = [set(re.findall(r"{(\w+)}", texts[language])) for language in LANGUAGES]
        assert values[0] == values[1], key


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nonsense", 404),
        ("/blocks/99", 404),
        ("/blocks/x", 400),
        (f"/transactions/{'0' * 64}", 404),
        ("/contracts/dure1nonsense", 400),
        ("/apps/nonsense", 404),
        ("/static/..%2Fapp.py", 404),
        ("/static/texts.toml", 404),
    ],
)
def test_what_is_not_there_gets_a_page_that_says_so(desk: Desk, path: str, status: int) -> None:
    assert load(desk, path, status).headers["content-type"].startswith("text/html")


def test_the_api_keeps_its_own_errors(desk: Desk) -> None:
    assert load(desk, "/v1/nonsense", 404).json()["error"]["code"] == "not_found"


def test_the_application_page_counts_events(desk: Desk) -> None:
    fill(desk, "a line of its own")
    text = load(desk, "/apps/guestbook").text
    assert "a line of its own" in text
    assert "Written" in text


def test_an_offset_reads_the_same_in_every_language() -> None:
    assert show_offset(-(5005 * 86_400 + 37 * 60 + 57) * 1000) == "-5005d 00:37:57"
    assert show_offset(3_600_999) == "+0d 01:00:00"
