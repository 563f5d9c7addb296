"""A chain with a contract whose events say again and again what became of the same thing.

Two branches of it agree up to a height and part there, so that one can be taken back for the other.
"""

from dataclasses import dataclass
from typing import Final

from dure.chain.transaction import compute_contract_address
from dure.contract.interface import build_interface
from dure.contract.source import bundle
from dure.core.codec import encode
from dure.index import ApplicationTables, ColumnType, Index, Table, TableColumn, Told
from dure.index.rows import BlockRows, build_rows
from dure.sdk.ledger_calls import deploy, upgrade
from dure.sdk.transactions import SignedTransaction
from tests.unit.api.solo_chain import BANK, Book, SoloChain

SHOP: Final = '''"""A shop in which everybody may put things up and buy them."""

from dure.contract.language import (
    Address, Amount, Choice, Contract, Decimal, Event, Time, Var, call,
)


class Mood(Choice):
    """How it feels."""

    FINE = "fine"
    BAD = "bad"


class Rate(Decimal):
    """A share."""

    places = 4


class Opened(Event):
    """A thing is for sale."""

    item: int
    by: Address
    label: str
    price: Amount
    at: Time


class Sold(Event):
    """A thing was sold."""

    item: int
    amount: Amount
    rate: Rate


class Tagged(Event):
    """Somebody said something of a thing."""

    item: int
    tags: list[str]
    mood: Mood
    cheap: bool


class Closed(Event):
    """The shop is closed."""

    reason: str


class Shop(Contract):
    """Things by number."""

    count: Var[int]

    @call
    def open(self, item: int, label: str, price: Amount) -> None:
        """Put a thing up."""
        self.count += 1
        self.emit(Opened(item, self.sender, label, price, self.now))

    @call
    def sell(self, item: int, amount: Amount) -> None:
        """Sell it."""
        self.emit(Sold(item, amount, Rate("0.0125")))

    @call
    def tag(self, item: int, tags: list[str], cheap: bool) -> None:
        """Say something."""
        self.emit(Tagged(item, tags, Mood.BAD, cheap))

    @call
    def close(self, reason: str) -> None:
        """Close it."""
        self.emit(Closed(reason))
'''

LATER: Final = SHOP.replace(
    """    label: str
    price: Amount
    at: Time
""",
    """    price: Amount
    label: int
    at: Time
    floor: int
""",
).replace(
    "Opened(item, self.sender, label, price, self.now)",
    "Opened(item, self.sender, price, 7, self.now, 3)",
)
"""The same after an upgrade: `label` is a number now, and there is one field more."""

THINGS: Final = Table(
    "things",
    "Shop",
    key=("item",),
    columns=(
        TableColumn("item", ColumnType.INTEGER),
        TableColumn("by", ColumnType.ADDRESS),
        TableColumn("label", ColumnType.TEXT),
        TableColumn("price", ColumnType.AMOUNT),
        TableColumn("at", ColumnType.TIME),
        TableColumn("state", ColumnType.CHOICE),
        TableColumn("taken", ColumnType.AMOUNT),
        TableColumn("rate", ColumnType.DECIMAL, places=4),
        TableColumn("tags", ColumnType.JSON),
        TableColumn("mood", ColumnType.CHOICE),
        TableColumn("cheap", ColumnType.BOOL),
        TableColumn("floor", ColumnType.INTEGER),
    ),
    tells=(
        Told("Opened", sets={"state": "OPEN"}),
        Told("Sold", sets={"state": "SOLD"}, adds={"taken": "amount"}),
        Told("Tagged"),
    ),
    title_en="Things",
    title_ko="물건",
)
CLOSINGS: Final = Table(
    "closings", "Shop", (TableColumn("reason", ColumnType.TEXT),), (Told("Closed"),)
)
TABLES: Final = (ApplicationTables("shop", (CLOSINGS, THINGS), "The shop", "가게"),)


@dataclass(frozen=True, slots=True)
class Branch:
    """One continuation of the chain."""

    chain: SoloChain
    rows: tuple[BlockRows, ...]
    shop: Book

    def take(self, index: Index, start: int, end: int) -> None:
        """Have an index take in the blocks from one height to another, in one batch."""
        index.learn(self.chain.executor.view(), self.rows[start:end])
        index.apply(self.rows[start:end])


Blocks = list[list[SignedTransaction]]


def build_branches() -> tuple[Branch, Branch]:
    """Return two branches that part after `PARTING`."""
    shop, blocks = _build_beginning()
    assert len(blocks) == PARTING
    return _build_branch(shop, blocks, 100), _build_branch(shop, blocks, 200)


PARTING: Final = 6
"""The last height that both branches have."""


def _build_beginning() -> tuple[Book, Blocks]:
    chain = SoloChain(instant=False)
    source = bundle(SHOP, "Shop")
    deployment = chain.sign(deploy(source, owner=BANK.address, arguments=encode(())), by=BANK)
    address = compute_contract_address(deployment.transaction_id, 0)
    shop = Book(address, build_interface(source))
    blocks: Blocks = []

    def send(*signed: SignedTransaction) -> None:
        chain.send(*signed)
        blocks.append(list(signed))

    one = shop.call("open", item=1, label="one", price=10)
    two = shop.call("open", item=2, label="two", price=5)
    sold = shop.call("sell", item=1, amount=10)
    send(deployment)
    send(chain.sign(one, two))
    send(chain.sign(sold, shop.call("tag", item=1, tags=["a", "b"], cheap=True)))
    send(chain.pay(1), chain.pay(2))
    send(
        chain.sign(shop.call("close", reason="holidays"), by=BANK),
        chain.sign(shop.call("sell", item=3, amount=1)),
    )
    send(chain.sign(shop.call("tag", item=2, tags=[], cheap=False)))
    return shop, blocks


def _build_branch(shop: Book, beginning: Blocks, own: int) -> Branch:
    chain = SoloChain(instant=False)
    for signed in beginning:
        chain.send(*signed)
    later = bundle(LATER, "Shop")
    newer = Book(shop.address, build_interface(later))
    chain.send(
        chain.sign(shop.call("open", item=4, label=f"of {own}", price=own)),
        chain.sign(upgrade(shop.address, later, arguments=encode(())), by=BANK),
        chain.sign(newer.call("open", item=5, label="newer", price=own)),
    )
    for number in range(3):
        chain.send(
            chain.sign(shop.call("sell", item=1 + number, amount=own + number)),
            chain.pay(3 + own),
            chain.sign(shop.call("sell", item=1, amount=1), by=BANK),
        )
    chain.send(chain.sign(shop.call("close", reason=f"for good {own}")))
    rows = tuple(build_rows(stored, "final") for stored in chain.blocks)
    return Branch(chain, rows, shop)
