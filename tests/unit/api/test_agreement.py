"""What a contract says in plain words, as an answer of the API."""

import httpx
import msgspec
import pytest

from dure.api.answers import agreements, shapes
from dure.contract.agreement import Agreement, LanguageCode, explain, render
from dure.contract.bundle import Source
from dure.contract.source import bundle
from dure.core.address import encode_address
from dure.core.codec import encode
from dure.sdk.ledger_calls import upgrade
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import ALICE, BANK, GUESTBOOK

WORDED = GUESTBOOK + '\n\n"""ko:\nGuestbook = 방명록\nwrite = 쓰기\n"""\n'


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_answer_is_what_the_source_says(desk: Desk, language: LanguageCode) -> None:
    address = encode_address(desk.chain.deploy(WORDED).address)
    found = desk.get(f"/v1/contracts/{address}/agreement?language={language}")
    answer = msgspec.convert(found, shapes.AgreementAnswer)
    expected = explain(bundle(WORDED, "Guestbook"))
    assert (answer.address, answer.version, answer.language) == (address, 1, language)
    assert answer.text == render(expected, language)
    assert msgspec.convert(answer.agreement, Agreement) == expected


def test_english_is_what_nobody_asked_for(desk: Desk) -> None:
    address = encode_address(desk.chain.deploy(WORDED).address)
    assert desk.get(f"/v1/contracts/{address}/agreement")["language"] == "en"


def test_an_upgraded_contract_says_what_it_says_now(desk: Desk) -> None:
    book = desk.chain.deploy(WORDED)
    path = f"/v1/contracts/{encode_address(book.address)}/agreement"
    before = desk.get(path)
    newer = bundle(WORDED.replace("an empty line", "no words"), "Guestbook")
    call = upgrade(book.address, newer, arguments=encode(()))
    desk.chain.send(desk.chain.sign(call, by=BANK))
    after = desk.get(path)
    assert (before["version"], after["version"]) == (1, 2)
    assert before["code_hash"] != after["code_hash"]
    assert "“an empty line”" in before["text"]
    assert "“no words”" in after["text"]


def test_an_agreement_is_read_once_and_few_are_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def count(source: Source) -> Agreement:
        read.append(source.text)
        return explain(source)

    monkeypatch.setattr(agreements, "explain", count)
    monkeypatch.setattr(agreements, "AGREEMENTS_MAX", 1)
    texts = (WORDED, GUESTBOOK)
    paths = [
        f"/v1/contracts/{encode_address(desk.chain.deploy(text).address)}/agreement"
        for text in texts
    ]

    async def ask(client: httpx.AsyncClient) -> None:
        for path in (paths[0], paths[0], paths[1], paths[0]):
            assert (await client.get(path)).status_code == 200

    desk.run(ask)
    assert read == [WORDED, GUESTBOOK, WORDED]


@pytest.mark.parametrize(
    ("query", "code"),
    [("?language=de", "invalid_request"), ("?lang=ko", "invalid_request")],
)
def test_an_unknown_language_is_refused(desk: Desk, query: str, code: str) -> None:
    address = encode_address(desk.chain.deploy().address)
    answer = desk.get(f"/v1/contracts/{address}/agreement{query}", 400)
    assert answer["error"]["code"] == code


def test_what_is_no_contract_says_nothing(desk: Desk) -> None:
    answer = desk.get(f"/v1/contracts/{encode_address(ALICE.address)}/agreement", 404)
    assert answer["error"]["code"] == "not_found"
