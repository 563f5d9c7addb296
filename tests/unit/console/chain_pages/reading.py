"""Short words for tests that look at pages."""

import re
from html.parser import HTMLParser

import httpx

from tests.unit.api.serving import Desk


class Markup(HTMLParser):
    """What a page could run or load, and the text that a person reads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.inline = 0
        self.handlers: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script":
            self.scripts.append(given.get("src") or "")
        if tag == "style" or "style" in given:
            self.inline += 1
        self.handlers += [name for name in given if name.startswith("on")]
        self.links += [value or "" for name, value in attrs if name in {"src", "href", "action"}]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All words, each space once."""
        return re.sub(r"\s+", " ", " ".join(self.words))


def get(desk: Desk, path: str, status: int = 200) -> httpx.Response:
    """Return a page that must have that status, wherever it leads."""
    answer = desk.run(lambda client: client.get(path, follow_redirects=status == 200))
    assert answer.status_code == status, f"{path}: {answer.text[:2_000]}"
    return answer


def read(desk: Desk, path: str) -> str:
    """Return the words of a page."""
    return Markup(get(desk, path).text).text
