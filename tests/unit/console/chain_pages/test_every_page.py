"""Every page of the chain: in both languages, under a strict policy, whose links lead somewhere."""

import pytest

from dure.console.settings import LANGUAGES
from dure.contract.source import bundle
from dure.core.address import decode_address, encode_address
from dure.core.codec import encode
from dure.identity.keys import SigningKey
from dure.proof.ledger_words import EVENTS
from dure.sdk.ledger_calls import give_role, register_device, revoke_certificates, stop, upgrade
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import ALICE, BANK, GUESTBOOK
from tests.unit.console.chain_pages.reading import Markup, get, read
from tests.unit.console.chain_pages.village import MILL, PORT, Village

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'
TOO_MUCH = "&lt;script&gt;alert(1)"
FILES = [
    ("/blocks", "blocks"),
    ("/blocks/2", "transactions"),
    ("/transactions", "transactions"),
    ("/waiting", "waiting"),
    ("/accounts", "accounts"),
    ("/assets", "assets"),
    ("/contracts", "contracts"),
    ("/validators", "validators"),
    ("/validators", "rounds"),
    ("/peers", "peers"),
    ("/members", "members"),
    ("/members/bank", "devices"),
    ("/members/bank", "revocations"),
    ("/governance", "proposals"),
]


def fill(desk: Desk, words: str = "hello") -> list[str]:
    """Have everything happen once; return the paths of all pages about it."""
    chain = desk.chain
    book = chain.deploy()
    written = chain.sign(book.call("write", text=words))
    chain.send(written, chain.pay(5))
    refused = chain.sign(book.call("write", text=""))
    chain.send(refused)
    chain.send(chain.sign(book.call("remind", text=words)))
    newer = GUESTBOOK.replace("an empty line", "no words")
    call = upgrade(book.address, bundle(newer, "Guestbook"), arguments=encode(()))
    chain.send(chain.sign(call, by=BANK))
    chain.make_block(2_000)
    desk.catch_up()
    (scheduled,) = [
        receipt["id"]
        for height in range(len(chain.blocks))
        for receipt in desk.get(f"/v1/blocks/{height}")["receipts"]
        if receipt["kind"] == "scheduled"
    ]
    contract = f"/contracts/{encode_address(book.address)}"
    return [
        *("/", "/blocks", "/blocks/0", "/blocks/2", f"/blocks/{len(chain.blocks) - 1}"),
        *("/transactions", f"/transactions/{written.transaction_id.hex()}"),
        f"/transactions/{refused.transaction_id.hex()}",
        *(f"/scheduled/{scheduled}", "/waiting", "/accounts"),
        f"/accounts/{encode_address(ALICE.address)}",
        f"/accounts/{encode_address(book.address)}",
        *("/assets", "/search", "/search?q=nothing", "/validators", "/peers", "/storage"),
        *("/members", "/members/bank", "/governance", "/contracts", contract),
        *(f"{contract}/use", f"{contract}/events", f"{contract}/code", f"{contract}/difference"),
    ]


def fill_village(desk: Desk, words: str) -> list[str]:
    """Have the members of a village propose, vote and register things."""
    chain = desk.chain
    assert isinstance(chain, Village)
    chain.propose(BANK, give_role(words[:64], MILL.address), words)
    chain.vote(PORT, 1, in_favour=False)
    chain.vote(MILL, 1)
    chain.propose(MILL, give_role("oracle", BANK.address))
    device = register_device(words[:64], words[:64], SigningKey(b"5" * 32).public)
    chain.send(chain.sign(device, by=MILL))
    chain.send(chain.sign(revoke_certificates([b"\x07"], words), by=MILL))
    desk.catch_up()
    return ["/governance", "/governance/1", "/governance/2", "/members", "/members/mill"]


def check_markup(markup: Markup, path: str) -> None:
    assert all(source.startswith("/static/") for source in markup.scripts), path
    assert (markup.handlers, markup.inline) == ([], 0), path
    assert all(link.startswith(("/", "#", "?", "data:,")) for link in markup.links), path


def add_language(path: str, language: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_both_languages_under_a_strict_policy(desk: Desk, language: str) -> None:
    for path in fill(desk):
        answer = get(desk, add_language(path, language))
        assert f'<html lang="{language}"' in answer.text
        assert "unsafe" not in answer.headers["content-security-policy"]
        check_markup(Markup(answer.text), path)


def test_every_link_of_every_page_leads_to_a_page(desk: Desk) -> None:
    links = {
        link
        for path in fill(desk)
        for link in Markup(get(desk, add_language(path, "ko")).text).links
        # To execute the chain again takes its time: test_transactions does.
        if link.startswith("/") and "/trace" not in link
    }
    assert len(links) > 60
    for link in sorted(links):
        get(desk, link)


def test_hostile_words_are_text(desk: Desk) -> None:
    paths = fill(desk, HOSTILE)
    book = paths[-4].removesuffix("/use").removeprefix("/contracts/")
    desk.chain.send(desk.chain.sign(stop(decode_address(book), HOSTILE), by=BANK))
    desk.catch_up()
    shown = ""
    for path in paths:
        text = get(desk, path).text
        check_markup(Markup(text), path)
        shown += text
    assert "<script>alert" not in shown
    assert TOO_MUCH in shown
    assert "{{ 7*7 }}" in shown
    assert "alert(1)" in get(desk, f"/search?q={HOSTILE.replace('&', '%26').replace('#', '')}").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_words_of_members_are_text(village: Desk, language: str) -> None:
    shown = ""
    for path in fill_village(village, HOSTILE):
        text = get(village, add_language(path, language)).text
        check_markup(Markup(text), path)
        shown += text
    assert "<script>alert" not in shown
    assert TOO_MUCH in shown


@pytest.mark.parametrize(("path", "name"), FILES)
def test_every_table_is_a_file_too(desk: Desk, path: str, name: str) -> None:
    fill(desk)
    rows = get(desk, f"{path}?table={name}&format=json")
    assert rows.headers["content-type"].startswith("application/json")
    lines = get(desk, f"{path}?table={name}&format=csv")
    assert lines.headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/blocks/99", 404),
        ("/blocks/x", 400),
        (f"/transactions/{'0' * 64}", 404),
        (f"/transactions/{'0' * 64}/trace", 404),
        ("/transactions/xyz", 400),
        (f"/scheduled/{'0' * 64}", 404),
        ("/accounts/dure1nonsense", 400),
        ("/contracts/dure1nonsense/use", 400),
        ("/members/nobody", 404),
        (f"/members/{'x' * 300}", 404),
        ("/governance/x", 400),
        ("/blocks?blocks.is.proposer=nobody", 400),
        ("/blocks?blocks.is.height=many", 400),
        ("/transactions?transactions.is.sender=bank", 400),
    ],
)
def test_what_is_not_there_gets_a_page_that_says_so(desk: Desk, path: str, status: int) -> None:
    answer = get(desk, path, status)
    assert answer.headers["content-type"].startswith("text/html")


def test_the_ledgers_own_events_have_names_for_their_fields(village: Desk) -> None:
    fill_village(village, "words")
    told = village.get("/v1/events")["events"]
    assert {each["event"]["name"] for each in told} >= {"role_given", "device_registered"}
    assert all(each["event"]["fields"] is not None for each in told)
    assert {"organisation_expelled", "certificate_revoked", "version_chosen"} <= EVENTS.keys()
    assert "mill" in read(village, "/")
