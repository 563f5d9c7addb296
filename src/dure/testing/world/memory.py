"""A ledger in this process: the real executor, machine and signatures, no disk, network or votes.

Rules
-----
1. One transaction, one block, one millisecond. Nothing else moves the clock but `advance`.
2. After each block come blocks without transactions, until nothing that is scheduled is due.
3. Keys come from names and salts from a counter, so that two runs of one story end with the same
   state root.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Final

from dure.chain import money, state
from dure.chain.executor import Executor
from dure.chain.genesis import document as genesis
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.receipt import OK, Event, Kind, Record
from dure.chain.transaction import Call, Transaction, compute_asset_id
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Invocation, Machine, Refusal
from dure.core.block import Block, Header
from dure.core.codec import decode, encode
from dure.core.errors import InvalidTransaction
from dure.core.types import (
    Address,
    Amount,
    AssetId,
    Hash,
    Height,
    Instant,
)
from dure.core.validators import Validator, build_validator_set
from dure.identity.keys import SigningKey
from dure.sdk import ledger_calls
from dure.sdk.transactions import build_transaction
from dure.testing.world.errors import Refused
from dure.testing.world.stage import (
    SUPPLY,
    Deployment,
    Done,
    NamedAccount,
    choose_gas_limit,
    validate_person,
)

GENESIS_TIME: Final = Instant(1_767_225_600_000)
"""Header time of the first block, 2026-01-01T00:00:00Z.

Stories see ledger time, which begins where they say.
"""
BLOCKS_AT_ONCE_MAX: Final = 100_000
"""More blocks than any waiting can need."""

_ORGANISATION: Final = "world"


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment to come back to."""

    header: Header
    state: dict[bytes, bytes]
    blocks: int
    events: int
    names: frozenset[str]


@cache
def get_machine() -> Machine:
    """Return the machine of all worlds of this process: a contract is checked and compiled once."""
    return InProcessMachine()


def derive_account(kind: str, name: str) -> NamedAccount:
    """Return the account of a name: the same key each time, worthless outside of tests."""
    key = SigningKey(sha256(f"dure.testing.World {kind} {name}".encode()).digest())
    return NamedAccount(name, key)


class MemoryStage:
    """A test chain of one organisation, in memory."""

    def __init__(self, *, at: Instant, assets: Mapping[str, int]) -> None:
        """Begin at ledger time `at` with `assets`: decimals by name."""
        self._authority = derive_account("office", "authority")
        self._member = derive_account("office", "member")
        self._treasury = derive_account("office", "treasury")
        self._clock = derive_account("office", "story clock")
        self._proposer = self._member.keys[0].public
        self.assets = {name: compute_asset_id(self._authority.address, name) for name in assets}
        self.genesis = self._build_genesis(at, assets)
        self.blocks: list[Block] = []
        """Every block so far, for whoever wants to execute them again."""
        self._executor = Executor(self.genesis, get_machine())
        self._events: list[Event] = []
        self._names: set[str] = set()
        self._sent = 0

    def _build_genesis(self, at: Instant, assets: Mapping[str, int]) -> genesis.GenesisDocument:
        treasury = genesis.Allocation(
            self._treasury.address, _ORGANISATION, (SUPPLY,) * len(assets)
        )
        allocations = (treasury,)
        proper = genesis.Genesis(
            version=1,
            name=_ORGANISATION,
            kind=genesis.ChainKind.PRIVATE,
            engine=genesis.EngineKind.SOLO,
            time=GENESIS_TIME,
            test=True,
            offset=at - GENESIS_TIME,
            story_clock=self._clock.address,
            parameters=DEFAULT_PARAMETERS,
            validators=build_validator_set([Validator(self._proposer, _ORGANISATION)]),
            organisations=(genesis.Organisation(_ORGANISATION, self._member.policy, None),),
            authority=self._authority.policy,
            assets=tuple(
                genesis.Asset(name, decimals, self._authority.address)
                for name, decimals in assets.items()
            ),
            allocations_hash=genesis.compute_allocations_hash(allocations),
            predecessor=None,
        )
        document = genesis.GenesisDocument(proper, allocations, (), None)
        genesis.validate_genesis(document)
        return document

    # Where the ledger stands

    @property
    def ledger_time(self) -> Instant:
        return self._executor.ledger_time

    @property
    def height(self) -> Height:
        return self._executor.head.header.height

    @property
    def state_root(self) -> Hash:
        return self._executor.head.header.state_root

    def get_balance(self, asset: AssetId, holder: Address) -> int:
        return money.Money(self._executor.view()).get_balance(asset, holder)

    def get_events(self) -> Sequence[Event]:
        return self._events

    def is_conserved(self) -> bool:
        held: dict[bytes, int] = {}
        supplies: dict[bytes, int] = {}
        for key, value in self._executor.view().base.items():
            if key[:1] == b"b":
                held[key[1:33]] = held.get(key[1:33], 0) + decode(Amount, value)
            elif key[:1] == b"t":
                supplies[key[1:]] = decode(state.AssetRecord, value).supply
        return all(held.get(asset, 0) == supply for asset, supply in supplies.items()) and (
            held.keys() <= supplies.keys()
        )

    def view(self, contract: Address, method: str, arguments: bytes) -> bytes:
        call = Invocation(contract, method, arguments, self._member.address, None)
        try:
            return self._executor.call_view(call)
        except Refusal as refusal:
            raise Refused(refusal.code, refusal.message, who=f"the view {method}") from None

    def read_field(self, contract: Address, name: str) -> bytes | None:
        return self._executor.read(state.key_storage(contract, encode((name,))))

    # What changes it

    def admit(self, name: str, balances: Mapping[str, int]) -> NamedAccount:
        validate_person(name, balances, people=self._names, assets=self.assets)
        account = derive_account("person", name)
        self.send(self._member, [ledger_calls.enrol([account.address])])
        gifts = [
            ledger_calls.transfer(self.assets[code], account.address, amount)
            for code, amount in balances.items()
        ]
        if gifts:
            self.send(self._treasury, gifts)
        self._names.add(name)
        return account

    def deploy(self, deployment: Deployment) -> Address:
        return decode(Address, self.decide([deployment.build_call()]).results[0])

    def decide(self, calls: Sequence[Call]) -> Done:
        return self.send(self._authority, calls)

    def advance(self, to: Instant) -> None:
        self.send(self._clock, [ledger_calls.advance(to)])

    def send(self, sender: NamedAccount, calls: Sequence[Call]) -> Done:
        transaction = self._sign(sender, calls)
        records = self._make_block([transaction])
        self._come_to_rest(records)
        (record,) = (each for each in records if each.receipt.kind is Kind.TRANSACTION)
        if record.receipt.status != OK:
            raise Refused(record.receipt.status, record.receipt.message, who=sender.name)
        results = tuple(outcome.result for outcome in record.outcomes)
        return Done(results, record.receipt.gas_used)

    def save(self) -> object:
        header = self._executor.head.header
        content = dict(self._executor.view().base)
        return Mark(header, content, len(self.blocks), len(self._events), frozenset(self._names))

    def restore(self, mark: object) -> None:
        assert isinstance(mark, Mark), "a mark of another stage"
        # Salts go on counting: what was sent after the mark is no replay when it is sent again.
        self._executor.restore(mark.header, mark.state.items(), ())
        del self.blocks[mark.blocks :]
        del self._events[mark.events :]
        self._names = set(mark.names)

    # Inside

    def _sign(self, sender: NamedAccount, calls: Sequence[Call]) -> Transaction:
        self._sent += 1
        window = self._executor.parameters.replay_window
        signed = build_transaction(
            self._executor.chain_id,
            sender,
            calls,
            valid_until=Instant(self._executor.head.header.time + window),
            gas_limit=choose_gas_limit(calls),
            salt=self._sent.to_bytes(8, "big"),
        )
        (opened,) = self._executor.transactions.open_many([signed.envelope])
        if isinstance(opened, InvalidTransaction):
            raise Refused(opened.code, opened.message, who=sender.name) from opened
        return opened

    def _make_block(self, transactions: Sequence[Transaction]) -> tuple[Record, ...]:
        head = self._executor.head
        candidate = self._executor.propose(
            head.block_id,
            time=Instant(head.header.time + 1),
            proposer=self._proposer,
            transactions=transactions,
        )
        if candidate is None:
            return ()
        for transaction, problem in candidate.refused:
            who = transaction.body.sender.hex()[:8]
            raise Refused(problem.code, problem.message, who=who) from problem
        self._executor.commit(candidate.position.block_id)
        self.blocks.append(candidate.block)
        for record in candidate.records:
            for outcome in record.outcomes:
                self._events += outcome.events
        return candidate.records

    def _come_to_rest(self, records: tuple[Record, ...]) -> None:
        refused = _find_refused_schedule(records)
        for _ in range(BLOCKS_AT_ONCE_MAX):
            if not self._owes_calls():
                break
            refused = refused or _find_refused_schedule(self._make_block(()))
        else:
            raise AssertionError(
                "gas is paid when a call is scheduled, so every chain of calls ends"
            )
        if refused is not None:
            raise refused

    def _owes_calls(self) -> bool:
        # The executor counts what the next block could already do; here that block is still to be
        # asked for, so that a story can stop one millisecond before something falls due.
        due = self._executor.next_due()
        return due is not None and due <= self._executor.head.header.time


def _find_refused_schedule(records: tuple[Record, ...]) -> Refused | None:
    for record in records:
        receipt = record.receipt
        if receipt.kind is Kind.SCHEDULED and receipt.status != OK:
            return Refused(receipt.status, receipt.message, who="a scheduled call")
    return None
