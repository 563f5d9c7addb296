"""What a node serves beside the wallet's page: words, codes, and where a transaction stands."""

import asyncio
import json
import threading
from urllib.parse import quote

import httpx
import pytest

from dure.console import codes
from dure.console.codes import REQUEST_LENGTH_MAX
from dure.console.language import load_texts
from dure.console.settings import LANGUAGES
from dure.core.address import encode_address
from dure.core.errors import NodeBusy
from dure.core.types import Address, Digest
from tests.unit.api.serving import Desk

SHOP = encode_address(Address(Digest(bytes([5]) * 32)))


def load(desk: Desk, path: str, status: int = 200) -> httpx.Response:
    answer = desk.run(lambda client: client.get(path))
    assert answer.status_code == status, answer.text
    return answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_scripts_get_the_words_of_signing_and_nothing_else(desk: Desk, language: str) -> None:
    words = json.loads(load(desk, f"/signing/words.json?lang={language}").content)
    assert words["signing_sign"] == load_texts()["signing_sign"][language]
    assert {key.partition("_")[0] for key in words} == {"signing", "wallet"}


def test_where_a_transaction_stands_is_said_also_of_one_that_is_nowhere(desk: Desk) -> None:
    chain = desk.chain
    signed = chain.sign(chain.deploy().call("write", text="hello"))
    path = f"/signing/standing.json?id={signed.transaction_id.hex()}"
    before = load(desk, path).json()
    assert before["height"] is None
    chain.send(signed)
    after = load(desk, path).json()
    assert after["height"] is not None
    assert after["chain_id"] == load(desk, "/v1/status").json()["chain_id"]
    assert after["block_time"] == load(desk, "/v1/status").json()["block_time"]


@pytest.mark.parametrize("query", ["", "?id=", "?id=zz", f"?id={'0' * 63}", f"?id={'0' * 65}"])
def test_what_is_no_id_is_refused(desk: Desk, query: str) -> None:
    load(desk, f"/signing/standing.json{query}", 400)


def test_a_code_is_a_picture_that_cannot_do_anything(desk: Desk) -> None:
    answer = load(desk, f"/wallet/code.svg?text={quote(f'dure:{SHOP}?memo=%ED%95%9C', safe='')}")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script" not in answer.text
    assert "href" not in answer.text


@pytest.mark.parametrize("text", ["", "https://example.org", f"dure:{SHOP}?to=x", "x" * 2000])
def test_nothing_else_is_drawn(desk: Desk, text: str) -> None:
    load(desk, f"/wallet/code.svg?text={quote(text, safe='')}", 400)


def draw(desk: Desk, text: str, **headers: str) -> httpx.Response:
    path = f"/wallet/code.svg?text={quote(text, safe='')}"
    return desk.run(lambda client: client.get(path, headers=headers))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_code_is_not_drawn_for_other_sites(desk: Desk, site: str) -> None:
    answer = draw(desk, f"dure:{SHOP}", **{"Sec-Fetch-Site": site})
    assert answer.status_code == 403
    for own in ("same-origin", "none"):
        assert draw(desk, f"dure:{SHOP}", **{"Sec-Fetch-Site": own}).status_code == 200


def test_a_code_is_as_long_as_the_wallet_writes_and_no_longer(desk: Desk) -> None:
    parts = f"chain={'ab' * 32}&asset={'cd' * 32}&amount={2**63 - 1}&memo={'%ED%95%9C' * 60}"
    text = f"dure:{SHOP}?{parts}"
    assert len(text) == REQUEST_LENGTH_MAX
    assert draw(desk, text).status_code == 200
    assert draw(desk, text + "x").status_code == 400


def test_codes_are_drawn_beside_the_loop_one_at_a_time_or_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[str] = []
    go_on = threading.Event()

    def wait_to_draw(text: str) -> bytes:
        begun.append(text)
        go_on.wait()
        return b""

    monkeypatch.setattr(codes, "draw_request", wait_to_draw)
    painter = codes.Painter(wait_s=0.05)

    async def ask_many() -> list[object]:
        many = [painter.draw(f"dure:{SHOP}?memo={each}") for each in range(20)]
        return list(await asyncio.gather(*many, return_exceptions=True))

    try:
        answers = asyncio.run(ask_many())
        assert {type(each) for each in answers} == {NodeBusy}
        assert len({str(each) for each in answers}) == 2
        assert begun == [f"dure:{SHOP}?memo=0"]
    finally:
        go_on.set()
