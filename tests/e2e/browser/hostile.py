"""Words of people who mean harm, a chain on which they stand wherever a chain takes text, and a
look at a page that finds what became of them.

Rules
-----
1. What runs says so: as a dialog, or as a breach of the page's policy. `looking.py` complains of
   both.
2. What need not run to do harm is looked for in the page: elements, attributes and addresses that
   nobody but a stranger can have put there, sums that nobody but a template can have worked out,
   and characters that turn the direction of what stands beside them.
"""

import dataclasses
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec
from playwright.sync_api import Page

from dure.application import find_application
from dure.chain.genesis.document import (
    Asset,
    GenesisDocument,
    Organisation,
    compute_allocations_hash,
)
from dure.chain.receipt import Record
from dure.chain.transaction import Call
from dure.console import build_pages
from dure.contract.interface import build_interface
from dure.contract.source import bundle
from dure.core.address import encode_address
from dure.core.codec import decode, encode
from dure.core.types import Address, Amount, Digest
from dure.core.validators import Validator, build_validator_set
from dure.identity.keys import SigningKey
from dure.node.gateway import NodeStatus
from dure.sdk.ledger_calls import (
    deploy,
    give_role,
    register_device,
    revoke_certificates,
    set_attributes,
    stop,
)
from dure.sdk.transactions import SignedTransaction
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import ALICE, BANK, FUNDS, GUESTBOOK, KEY, Book
from tests.unit.console.chain_pages.village import MILL, Village

TURN: Final = "\u202e"
HOSTILE: Final = (
    "\"><script>alert('ran')</script><img src=x onerror=alert('ran')>"
    "'\"onmouseover=alert(`ran`) x=<svg/onload=alert('ran')>{{ 7*191 }}{% raw %}${7*191}"
    "</title></textarea></template></script><a href=javascript:alert('ran')>javascript:alert('ran')"
    "<base href=//elsewhere.example/><meta http-equiv=refresh content='0;url=//elsewhere.example/'>"
)
"""What a person may write wherever the ledger takes text."""

TURNED: Final = HOSTILE + TURN
"""The same where text may be turned; the checker of contracts lets no source do that."""

NAMES: Final = (
    f'{TURN}"><img src=x onerror=alert(1)>',
    "javascript:alert(1)//{{7*191}}${7*191}",
    "'\"onmouseover=alert(1) x=</script><script>alert(1)</script>",
)
"""Of organisations: none is longer than 64 characters."""

CODE: Final = "<b onclick=a()>"
"""Of money: at most 16 characters."""

FOUND: Final = """() => {
    const templates = [...document.querySelectorAll("template")];
    const roots = [document, ...templates.map((each) => each.content)];
    const all = roots.flatMap((root) => [...root.querySelectorAll("*")]);
    const harm = (each) => [...each.attributes].some(({ name, value }) =>
        /^on/i.test(name) || /^\\s*(javascript|vbscript|data:text)/i.test(value) && name !== "value"
        && /^(href|src|action|formaction|srcdoc|data|xlink:href)$/.test(name)
        || /^\\s*(https?:)?\\/\\/elsewhere/.test(value));
    const foreign = all.filter((each) => harm(each) || each.getAttribute("src") === "x"
        || each.localName === "base" || each.localName === "iframe"
        || each.localName === "script" && !each.src && !/json|importmap/.test(each.type)
        || each.localName === "meta" && each.httpEquiv === "refresh");
    const said = document.body.innerText + document.title;
    const sums = /\\b1337\\b/.test(said) ? ["a template worked out 7*191"] : [];
    const turns = /[\\u202a-\\u202e\\u2066-\\u2069]/.test(said) ? ["text is turned"] : [];
    return [...foreign.map((each) => each.outerHTML.slice(0, 200)), ...sums, ...turns];
}"""


def check_nothing_ran(window: Page) -> None:
    """Fail where a part of hostile words became more than words."""
    found = window.evaluate(FOUND)
    assert found == [], f"{window.url}: {found}"


def mark(field: str) -> str:
    """Return hostile words that say in which field they stand."""
    return f"[{field}]{HOSTILE}{TURN}"


def mark_name(field: str) -> str:
    """Return a hostile name of at most 64 characters."""
    return f'[{field}]{TURN}"><img src=x onerror=alert(1)>{{{{7*191}}}}'[:64]


BOOK: Final = (
    GUESTBOOK.replace('"""Lines by number."""', f'"""{HOSTILE.replace(chr(34), chr(39))}"""')
    .replace('"an empty line"', '"' + HOSTILE.replace('"', "'") + '"')
    .replace('"""Somebody wrote a line."""', f'"""{HOSTILE.replace(chr(34), chr(39))}"""')
    .replace('"""Add a line."""', f'"""{HOSTILE.replace(chr(34), chr(39))}"""')
)
"""The guestbook of the unit tests, by an author who means harm."""

FIELDS: Final = (
    *("attribute", "value", "role", "summary", "device", "kind", "reason", "line"),
    *("reminder", "stopped", "open"),
)
"""What has to be seen somewhere, or nobody looked."""

Values = dict[str, tuple[str, ...]]
"""By the name of a parameter in a page's path, what may stand in its place."""


class HostileVillage(Village):
    """A chain whose founders mean harm, by a node whose peers do."""

    def found(self) -> GenesisDocument:
        document = super().found()
        organisations = tuple(
            Organisation(name, each.policy, each.authority)
            for name, each in zip(NAMES, document.genesis.organisations, strict=True)
        )
        allocations = tuple(
            msgspec.structs.replace(
                each, organisation=NAMES[0], balances=(Amount(FUNDS), Amount(500))
            )
            for each in document.allocations
        )
        genesis = msgspec.structs.replace(
            document.genesis,
            name=NAMES[0],
            organisations=organisations,
            validators=build_validator_set([Validator(KEY.public, NAMES[0])]),
            assets=(*document.genesis.assets, Asset(CODE, 2, ALICE.address)),
            allocations_hash=compute_allocations_hash(allocations),
        )
        return msgspec.structs.replace(document, genesis=genesis, allocations=allocations)

    def get_status(self) -> NodeStatus:
        status = super().get_status()
        peers = tuple(dataclasses.replace(each, name=NAMES[1]) for each in status.peers)
        return dataclasses.replace(
            status, name=NAMES[1], engine=NAMES[2], explanation=(HOSTILE, HOSTILE), peers=peers
        )

    def do(self, signed: SignedTransaction) -> SignedTransaction:
        """Have a transaction happen; return it."""
        receipts = [decode(Record, each).receipt for each in self.send(signed).receipts]
        assert [each.status for each in receipts] == ["ok"], receipts
        return signed

    def decide(self, number: int, call: Call, summary: str = "because") -> SignedTransaction:
        """Have the members carry out a call of the ledger's own; return the vote that decided."""
        self.do(self.sign_vote(BANK, "propose", call.method, call.arguments, summary, b""))
        return self.do(self.sign_vote(MILL, "vote", number, True, b""))


def open_hostile(folder: Path) -> tuple[Desk, Values]:
    """Return a chain with harm in every field, not served yet, and what paths of pages may name."""
    chain = HostileVillage()
    desk = Desk(folder, chain)
    desk.pages = build_pages(chain, desk.index, [find_application("flight-delay")])
    source = bundle(BOOK, "Guestbook")
    chain.decide(1, deploy(source, owner=BANK.address, arguments=encode(())), mark("summary")[:500])
    (outcome,) = decode(Record, chain.blocks[-1].receipts[0]).outcomes
    # The last word of the event that says what was decided: the contract's address.
    book = Book(Address(Digest(outcome.events[-1].data[-32:])), build_interface(source))
    attribute = {mark_name("attribute"): mark("value")[:256]}
    chain.decide(2, set_attributes(NAMES[1], attribute), mark("summary")[:500])
    chain.decide(3, give_role(mark_name("role"), MILL.address))
    key = SigningKey(b"5" * 32).public
    device = register_device(mark_name("device"), mark_name("kind"), key)
    chain.do(chain.sign(device, by=MILL))
    chain.do(chain.sign(revoke_certificates([b"\x07"], mark("reason")[:256]), by=MILL))
    written = chain.do(chain.sign(book.call("write", text=mark("line"))))
    refused = chain.sign(book.call("write", text=""))
    chain.send(refused)
    chain.do(chain.sign(book.call("remind", text=mark("reminder"))))
    chain.make_block(2_000)
    chain.decide(4, stop(book.address, mark("stopped")[:200]))
    still_open = give_role(mark_name("open"), BANK.address)
    given = (still_open.method, still_open.arguments, mark("open")[:500], b"")
    chain.do(chain.sign_vote(BANK, "propose", *given))
    waiting = chain.sign(book.call("write", text=mark("waiting")))
    assert isinstance(chain._admit(waiting.envelope), bytes)
    desk.catch_up()
    return desk, {
        "height": tuple(str(height) for height in range(len(chain.blocks))),
        "id": tuple(each.transaction_id.hex() for each in (written, refused, waiting)),
        "address": (encode_address(book.address), encode_address(ALICE.address)),
        "slug": ("flight-delay",),
        "page": ("flights",),
        "table": (),
        "story": (),
        "step": (),
        "method": ("write",),
        "name": tuple(quote(name, safe="") for name in NAMES),
        "number": ("1", "2", "5"),
    }


ASKED: Final = (
    "/search?q={}",
    "/blocks?blocks.is.proposer={}",
    "/transactions?transactions.is.sender={}&transactions.sort={}&transactions.order={}",
    "/contracts?contracts.has.name={}&contracts.page={}",
    "/members?members.has.name={}&members.rows={}&lang={}",
    "/members/{}",
    "/accounts/{}",
    "/settings?saved={}&{}={}",
    "/apps/{}",
    "/{}",
    "/proof?transaction={}&call={}",
)
"""What a link of a stranger may ask of a page: words in an address, one hole for each."""
