"""A contract's page says in plain words what people agreed to, in their language."""

import re

from dure.console.agreement import Item, Part, read_agreement
from dure.contract.agreement import explain
from dure.contract.library.pausable import Pausable
from dure.contract.source import bundle, read_source
from dure.core.address import encode_address
from dure.core.codec import encode
from dure.sdk.ledger_calls import start, stop, upgrade
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import BANK, GUESTBOOK
from tests.unit.console.test_console import HOSTILE, Markup, load

WORDED = (
    GUESTBOOK
    + '''

"""en:
Guestbook = book of guests
write = write a line
"""

"""ko:
Guestbook = 방명록: 누구나 한 줄을 남긴다.
write = 한 줄 남기기: 방명록에 한 줄을 남긴다.
Written = 한 줄: 누군가 한 줄을 남겼다.
author = 쓴 사람
text = 글
an empty line = 빈 줄
"""
'''
)
HELD = '''from dure.contract.language import Contract, call, require
from dure.contract.library.pausable import Pausable


class Held(Pausable):
    """It may be held."""

    @call
    def act(self) -> None:
        """Act."""
        require(not self.paused, "held")
'''


def show(desk: Desk, path: str) -> str:
    desk.catch_up()
    return load(desk, path).text


def test_the_page_speaks_plain_words_in_its_language(desk: Desk) -> None:
    path = f"/contracts/{encode_address(desk.chain.deploy(WORDED).address)}"
    english = show(desk, f"{path}?lang=en")
    assert "<h2>In plain words</h2>" in english
    assert "<h1>Book of guests <" in english
    assert re.search(r"<h4>\d\.1 Write a line</h4>\s*<p>Add a line.</p>", english)
    assert "ko:" not in english
    korean = show(desk, f"{path}?lang=ko")
    assert "<h2>쉬운 말로</h2>" in korean
    assert re.search(r"<h4>\d\.1 한 줄 남기기</h4>\s*<p>방명록에 한 줄을 남긴다.</p>", korean)
    assert "글이 “”과(와) 다를 것" in korean
    code = show(desk, f"{path}/code?lang=ko")
    assert "<code>write</code> 한 줄 남기기<br>" in code
    assert 'id="source"' in code


def test_hostile_words_are_text(desk: Desk) -> None:
    hostile = HOSTILE.replace('"', "'").replace("=", " = ")
    text = WORDED.replace('"""Add a line."""', f'"""Add {hostile}."""')
    text = text.replace("an empty line = 빈 줄", f"an empty line = {hostile}\nline = {hostile}")
    path = f"/contracts/{encode_address(desk.chain.deploy(text).address)}"
    for part in ("?lang=en", "?lang=ko", "/code?lang=ko", "/use?lang=ko"):
        shown = show(desk, f"{path}{part}")
        markup = Markup(shown)
        assert all((each.get("src") or "").startswith("/static/") for each in markup.scripts)
        assert (markup.handlers, markup.styles) == ([], 0)
        assert "x" not in markup.loads
        assert "&lt;script&gt;alert(1)" in shown
        assert "{{ 7*7 }}" in shown


def test_a_stopped_contract_says_so_and_why(desk: Desk) -> None:
    book = desk.chain.deploy(WORDED)
    path = f"/contracts/{encode_address(book.address)}?lang=ko"
    assert "구성원들이 중지함" not in show(desk, path)
    desk.chain.send(desk.chain.sign(stop(book.address, "잘못이 <b>있다"), by=BANK))
    assert "<b>구성원들이 중지함:</b> 잘못이 &lt;b&gt;있다" in show(desk, path)
    desk.chain.send(desk.chain.sign(start(book.address), by=BANK))
    assert "구성원들이 중지함" not in show(desk, path)


def test_the_page_lists_every_version_and_shows_the_newest(desk: Desk) -> None:
    book = desk.chain.deploy(WORDED)
    newer = WORDED.replace("an empty line", "no words")
    call = upgrade(book.address, bundle(newer, "Guestbook"), arguments=encode(()))
    desk.chain.send(desk.chain.sign(call, by=BANK))
    address = encode_address(book.address)
    code = show(desk, f"/contracts/{address}/code")
    for version in (1, 2):
        assert f'href="/v1/contracts/{address}/versions/{version}"' in code
    shown = show(desk, f"/contracts/{address}")
    assert "Otherwise it is refused: “no words”" in shown
    assert "refused: “an empty line”" not in shown


def test_the_page_shows_the_library_modules_of_the_source(desk: Desk) -> None:
    held = encode_address(desk.chain.deploy(HELD, "Held").address)
    shown = show(desk, f"/contracts/{held}/code")
    source = read_source(Pausable)
    assert "<summary><code>pausable</code></summary>" in shown
    assert source.text.splitlines()[0].replace('"', "&#34;") in shown


def test_lists_lie_inside_each_other() -> None:
    text = GUESTBOOK.replace(
        "self.emit(Written(author=self.sender, text=text))\n        return",
        "if self.count > 3:\n            if self.count < 9:\n"
        "                self.emit(Written(author=self.sender, text=text))\n        return",
    )
    reading = read_agreement(explain(bundle(text, "Guestbook")), "en")
    duties = next(each for each in reading.sections if "may do" in each.heading)
    (tree,) = [part for part in duties.parts if part.items and part.items[0].items]
    inner = Item("Records “Written”: Somebody wrote a line.")
    expected = Item(
        "Where the count is more than 3:", [Item("Where the count is less than 9:", [inner])]
    )
    assert tree == Part(items=[expected])
