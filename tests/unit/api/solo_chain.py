"""A real ledger of one organisation behind a `Gateway`, blocks made when the test says so.

Executor, contract machine, signatures, certificates and subscriptions are the real ones; only disk,
clock and network are left out.
"""

import dataclasses
from collections.abc import AsyncIterator, Sequence

from dure.chain.executor import Executor
from dure.chain.genesis.document import (
    Allocation,
    Asset,
    ChainKind,
    EngineKind,
    Genesis,
    GenesisDocument,
    Organisation,
    compute_allocations_hash,
    encode_genesis_file,
)
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.transaction import (
    Call,
    KeyPolicy,
    Transaction,
    compute_asset_id,
    compute_contract_address,
)
from dure.contract.interface import Interface, build_interface
from dure.contract.machine import InProcessMachine
from dure.contract.source import bundle
from dure.contract.values import encode_arguments
from dure.core.attestation import Attestation, AttestationStatement, compute_attestation_message
from dure.core.block import Block
from dure.core.certificate import Certificate, Seal, SealStatement, compute_seal_message
from dure.core.codec import encode
from dure.core.errors import (
    InvalidTransaction,
    MempoolFull,
    NodeBusy,
    TransactionReplayed,
    Unavailable,
)
from dure.core.types import Address, Amount, Height, Instant, Round, TransactionId
from dure.core.validators import Validator, build_validator_set
from dure.identity.keys import SigningKey
from dure.node.dissemination import BodyCounts
from dure.node.driver.phases import Phases
from dure.node.gateway import (
    Finality,
    KeptHistory,
    NodeStatus,
    Notice,
    PeerStatus,
    StorageUse,
    WaitingTransaction,
)
from dure.node.ports import StoredBlock
from dure.node.pressure import Turns
from dure.node.subscriptions import Subscriptions
from dure.node.verification.requests import Counts
from dure.proof.file import Handover
from dure.sdk.accounts import Account, LocalAccount
from dure.sdk.ledger_calls import deploy, transfer
from dure.sdk.transactions import SignedTransaction, build_transaction

KEY = SigningKey(b"v" * 32)
BANK = LocalAccount(SigningKey(b"b" * 32))
ALICE = LocalAccount(SigningKey(b"a" * 32))
START = Instant(1_700_000_000_000)
WON = compute_asset_id(BANK.address, "KRW")
FUNDS = 2**60

GUESTBOOK = '''"""A book in which everybody may write."""

from dure.contract.language import (
    Address, Contract, Event, Map, Var, call, require, scheduled, seconds, view,
)


class Written(Event):
    """Somebody wrote a line."""

    author: Address
    text: str


class Guestbook(Contract):
    """Lines by number."""

    count: Var[int]
    lines: Map[int, str]

    @call
    def write(self, text: str) -> int:
        """Add a line."""
        require(text != "", "an empty line")
        self.lines[self.count] = text
        self.count += 1
        self.emit(Written(author=self.sender, text=text))
        return self.count

    @call
    def remind(self, text: str) -> int:
        """Have the chain write a line by itself, a second later."""
        return self.schedule(self.now + seconds(1), self.ring, text)

    @scheduled
    def ring(self, text: str) -> None:
        """Write what was scheduled."""
        self.emit(Written(author=self.address, text=text))

    @view
    def line(self, number: int) -> str:
        """Return a line."""
        return self.lines[number]
'''


def build_document(name: str = "village") -> GenesisDocument:
    policy = KeyPolicy(BANK.keys[0].public)
    allocations = (Allocation(ALICE.address, "bank", (Amount(FUNDS),)),)
    genesis = Genesis(
        version=1,
        name=name,
        kind=ChainKind.PRIVATE,
        engine=EngineKind.SOLO,
        time=START,
        test=True,
        offset=-1_000,
        story_clock=BANK.address,
        parameters=DEFAULT_PARAMETERS,
        validators=build_validator_set([Validator(KEY.public, "bank")]),
        organisations=(Organisation("bank", policy, None),),
        authority=policy,
        assets=(Asset("KRW", 0, BANK.address),),
        allocations_hash=compute_allocations_hash(allocations),
        predecessor=None,
    )
    return GenesisDocument(genesis, allocations, (), None)


@dataclasses.dataclass
class SoloChain:
    """A gateway whose blocks are made by `make_block`, or at once by each submission."""

    name: str = "village"
    instant: bool = True
    """Whether a submission makes its block before it returns."""
    syncing: bool = False
    waiting_max: int = 10_000
    busy: int = 0
    """How many submissions are refused for want of time."""

    def __post_init__(self) -> None:
        self.document = self.found()
        self.genesis_file = encode_genesis_file(self.document)
        self.executor = Executor(self.document, InProcessMachine())
        self.waiting: dict[TransactionId, Transaction] = {}
        self.blocks: list[StoredBlock] = [
            StoredBlock(Block(self.executor.head.header, ()), Certificate(Round(0), ()), ())
        ]
        self.places: dict[TransactionId, tuple[Height, int]] = {}
        self.subscriptions = Subscriptions()
        self.clock = int(START)
        self.phases = Phases("idle", START)
        self.turns = Turns()
        self.bodies = BodyCounts()
        self.verification = Counts()

    def found(self) -> GenesisDocument:
        """Return the founding document; a chain with other rules has another."""
        return build_document(self.name)

    # Gateway

    def get_status(self) -> NodeStatus:
        head = self.executor.head
        peer = PeerStatus(
            KEY.public,
            "neighbour",
            connected=True,
            height=head.header.height,
            bytes_sent=4_096,
            frames_sent=7,
        )
        return NodeStatus(
            name="node-1",
            chain_id=self.executor.chain_id,
            chain_name=self.executor.genesis.name,
            test=self.executor.genesis.test,
            height=head.header.height,
            block_time=head.header.time,
            ledger_time=self.executor.ledger_time,
            state_root=head.header.state_root,
            validator_key=KEY.public,
            is_validator=True,
            engine="idle",
            explanation=("At rest: nothing waits.",),
            waiting=len(self.waiting),
            peers=(peer,),
            syncing=self.syncing,
        )

    def list_waiting(self, count: int) -> list[WaitingTransaction]:
        waiting = list(self.waiting.values())[:count]
        return [WaitingTransaction(each, Instant(self.clock)) for each in waiting]

    def measure_storage(self) -> StorageUse:
        return StorageUse(3_000_000, 20_000_000, 40_000, "archive")

    async def submit(self, envelopes: Sequence[bytes]) -> list[TransactionId | InvalidTransaction]:
        if self.busy:
            self.busy -= 1
            return [NodeBusy("enough to do", retry_after_ms=20)] * len(envelopes)
        answers = [self._admit(envelope) for envelope in envelopes]
        if self.instant:
            self.make_block()
        return answers

    async def wait_final(
        self, transaction_id: TransactionId, timeout_s: float
    ) -> tuple[StoredBlock, int]:
        if transaction_id not in self.places:
            await self.subscriptions.wait(transaction_id, timeout_s)
        height, index = self.places[transaction_id]
        return self.blocks[height], index

    def load_block(self, height: Height) -> StoredBlock | None:
        return self.blocks[height] if height < len(self.blocks) else None

    def load_handover(self, height: Height) -> Handover | None:
        return None

    def get_history(self) -> KeptHistory:
        return KeptHistory(oldest=Height(0), is_growing=False)

    def find_transaction(self, transaction_id: TransactionId) -> tuple[Height, int] | None:
        return self.places.get(transaction_id)

    def subscribe(self, from_height: Height) -> AsyncIterator[Notice]:
        return self.subscriptions.subscribe(from_height, self.load_block)

    def attest(self) -> Attestation:
        if self.syncing:
            raise Unavailable("this node is catching up")
        head = self.executor.head
        statement = AttestationStatement(
            chain_id=self.executor.chain_id,
            validator=KEY.public,
            height=head.header.height,
            block_id=head.block_id,
            time=Instant(self.clock),
        )
        return Attestation(statement, KEY.sign(compute_attestation_message(statement)))

    # The test's hand

    def make_block(self, milliseconds: int = 1_000) -> StoredBlock | None:
        """Put what waits, and what is due, into a block; None where there is nothing to do."""
        self.clock += milliseconds
        candidate = self.executor.propose(
            self.executor.head.block_id,
            time=Instant(self.clock),
            proposer=KEY.public,
            transactions=list(self.waiting.values()),
        )
        self.waiting.clear()
        if candidate is None:
            return None
        header, block_id = candidate.block.header, candidate.position.block_id
        self.executor.commit(block_id)
        statement = SealStatement(self.executor.chain_id, header.height, Round(0), block_id)
        seal = Seal(KEY.public, KEY.sign(compute_seal_message(statement)))
        stored = StoredBlock(
            candidate.block,
            Certificate(Round(0), (seal,)),
            candidate.receipts,
        )
        self.blocks.append(stored)
        opened = self.executor.transactions.open_many(candidate.block.transactions)
        ids = [each.transaction_id for each in opened if isinstance(each, Transaction)]
        for index, transaction_id in enumerate(ids):
            self.places[transaction_id] = (header.height, index)
        self.subscriptions.on_block(stored, ids)
        return stored

    def sign(self, *calls: Call, by: Account = ALICE, late_ms: int = 60_000) -> SignedTransaction:
        return build_transaction(
            self.executor.chain_id, by, list(calls), valid_until=Instant(self.clock + late_ms)
        )

    def pay(self, amount: int, target: Address = BANK.address) -> SignedTransaction:
        return self.sign(transfer(WON, target, amount))

    def send(self, *signed: SignedTransaction) -> StoredBlock:
        """Put transactions into one block."""
        for each in signed:
            answer = self._admit(each.envelope)
            assert isinstance(answer, bytes), answer
        stored = self.make_block()
        assert stored is not None
        return stored

    def deploy(self, source: str = GUESTBOOK, class_name: str = "Guestbook") -> "Book":
        """Deploy a contract that has no `@init`, by the authority."""
        bundled = bundle(source, class_name)
        call = deploy(bundled, owner=BANK.address, arguments=encode(()))
        signed = self.sign(call, by=BANK)
        self.send(signed)
        address = compute_contract_address(signed.transaction_id, 0)
        return Book(address, build_interface(bundled))

    def _admit(self, envelope: bytes) -> TransactionId | InvalidTransaction:
        opened = self.executor.transactions.open_many([envelope])[0]
        if isinstance(opened, InvalidTransaction):
            return opened
        try:
            if len(self.waiting) >= self.waiting_max:
                raise MempoolFull("too many wait")
            if opened.transaction_id in self.waiting:
                raise TransactionReplayed("it waits already")
            self.executor.check(opened, Instant(self.clock))
        except InvalidTransaction as problem:
            return problem
        self.waiting[opened.transaction_id] = opened
        return opened.transaction_id


@dataclasses.dataclass(frozen=True)
class Book:
    """A deployed contract."""

    address: Address
    interface: Interface

    def call(self, method: str, **named: object) -> Call:
        data = encode_arguments(self.interface, method, [], named)
        return Call(self.address, method, data, None)


def retract(stored: StoredBlock) -> Notice:
    return Notice(stored, Finality.RETRACTED, 0)
