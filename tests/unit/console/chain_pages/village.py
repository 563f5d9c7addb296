"""A village whose three organisations vote, and a shop with fields of every kind."""

from dataclasses import dataclass

import msgspec

from dure.chain.genesis.document import (
    GenesisDocument,
    Organisation,
    compute_allocations_hash,
)
from dure.chain.genesis.governance import GOVERNANCE, GovernancePlan, VotingRule
from dure.chain.transaction import Call, KeyPolicy
from dure.contract.library.governance import Governance
from dure.contract.machine import compute_code_hash
from dure.contract.source import read_source
from dure.core.codec import encode
from dure.core.types import Gas, Instant, Milliseconds
from dure.identity.keys import SigningKey
from dure.sdk.accounts import LocalAccount
from dure.sdk.transactions import SignedTransaction, build_transaction
from tests.unit.api.solo_chain import BANK, SoloChain, build_document

MILL = LocalAccount(SigningKey(b"m" * 32))
PORT = LocalAccount(SigningKey(b"p" * 32))
PERIOD = 600_000
RULES = read_source(Governance)
VOTE_GAS = Gas(60_000_000)

SHOP = '''"""A shop."""

from dure.contract.language import (
    Address, Amount, Asset, Choice, Contract, Currency, Decimal, Duration, Event, Hash, Record,
    Time, Var, call, init, only, view,
)


class Won(Currency):
    """What the shop is paid in."""


class Rate(Decimal):
    """A rate."""

    places = 3


class Size(Choice):
    """How large."""

    SMALL = "a small one"
    LARGE = "a large one"


class Line(Record):
    """One line of an order."""

    what: str
    price: Amount[Won]
    sizes: list[Size]


class Sold(Event):
    """Something was sold."""

    to: Address
    at: Time


class Shop(Contract):
    """A shop that is paid in one kind of money."""

    won: Var[Asset[Won]]
    last: Var[Time]

    @init
    def begin(self, won: Asset[Won]) -> None:
        """Say which money it takes."""
        self.won = won

    @call(pays="won")
    def buy(self, lines: list[Line], rate: Rate, until: Time, wait: Duration) -> None:
        """Buy some lines."""
        self.last = until
        self.emit(Sold(self.sender, self.now))

    @call
    @only(role="keeper")
    def sweep(self, floor: bool, mark: Hash, note: bytes) -> int:
        """Sweep the floor."""
        return 1

    @view
    def quote(self, size: Size, of: Address, amount: Amount[Won]) -> Line:
        """Say what something costs."""
        return Line("bread", amount, [size])
'''


@dataclass
class Village(SoloChain):
    """A chain on which bank, mill and port decide by votes."""

    def found(self) -> GenesisDocument:
        document = build_document(self.name)
        organisations = tuple(
            Organisation(name, KeyPolicy(account.keys[0].public), None)
            for name, account in (("bank", BANK), ("mill", MILL), ("port", PORT))
        )
        plan = GovernancePlan(
            VotingRule.MAJORITY, (), Milliseconds(PERIOD), compute_code_hash(RULES)
        )
        genesis = msgspec.structs.replace(
            document.genesis,
            organisations=organisations,
            authority=plan,
            allocations_hash=compute_allocations_hash(document.allocations),
        )
        return msgspec.structs.replace(document, genesis=genesis, governance=RULES)

    def sign_vote(self, by: LocalAccount, method: str, *given: object) -> SignedTransaction:
        """Return a signed call of the governance contract."""
        call = Call(GOVERNANCE, method, encode(given), None)
        return build_transaction(
            self.executor.chain_id,
            by,
            [call],
            valid_until=Instant(self.clock + 60_000),
            gas_limit=VOTE_GAS,
        )

    def propose(self, by: LocalAccount, call: Call, summary: str = "because") -> None:
        """Propose a call of the ledger's own."""
        self.send(self.sign_vote(by, "propose", call.method, call.arguments, summary, b""))

    def vote(self, by: LocalAccount, number: int, *, in_favour: bool = True) -> None:
        """Vote on a proposal."""
        self.send(self.sign_vote(by, "vote", number, in_favour, b""))
