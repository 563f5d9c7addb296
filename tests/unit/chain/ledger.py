"""A small chain for tests of the ledger: two members, three people, one asset, blocks on demand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec

from dure.chain import money, system
from dure.chain.candidate import Candidate, Committed
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
    validate_genesis,
)
from dure.chain.parameters import DEFAULT_PARAMETERS, Parameters
from dure.chain.receipt import Receipt, Record
from dure.chain.transaction import (
    BODY_VERSION,
    Body,
    Call,
    Envelope,
    KeyPolicy,
    Payment,
    Policy,
    PolicyKey,
    PolicyProof,
    ThresholdPolicy,
    Transaction,
    compute_address,
    compute_asset_id,
    compute_transaction_id,
    get_keys,
)
from dure.contract.bundle import Source
from dure.core.block import Block, compute_transaction_root
from dure.core.codec import decode, encode
from dure.core.errors import InvalidTransaction
from dure.core.types import Address, Amount, BlockId, Gas, Instant, PublicKey, Signature
from dure.core.validators import Validator, build_validator_set
from dure.identity.keys import SigningKey
from tests.unit.chain.machine import ScriptMachine, Step, script

GENESIS_TIME = Instant(1_700_000_000_000)
FUNDS = 1_000


def derive_key(label: str) -> SigningKey:
    return SigningKey(sha256(label.encode()).digest())


def policy_of(*labels: str, threshold: int = 1) -> Policy:
    keys = sorted(derive_key(label).public for label in labels)
    if len(keys) == 1:
        return KeyPolicy(keys[0])
    return ThresholdPolicy(threshold, tuple(keys))


def address_of(label: str) -> Address:
    return compute_address(policy_of(label))


ALICE, BOB, CAROL = address_of("alice"), address_of("bob"), address_of("carol")
BANK, PORT = address_of("bank"), address_of("port")
MEMBERS = ("bank", "port", "city")
AUTHORITY_POLICY = policy_of(*MEMBERS, threshold=2)
AUTHORITY = compute_address(AUTHORITY_POLICY)
CLOCK = address_of("clock")
VALIDATORS = ("validator 1", "validator 2")
PROPOSER = derive_key(VALIDATORS[0]).public
WON = compute_asset_id(AUTHORITY, "KRW")


def change(value: Any, **fields: object) -> Any:
    """Return a copy of a frozen struct with other fields."""
    return msgspec.structs.replace(value, **fields)


def build_document(
    parameters: Parameters = DEFAULT_PARAMETERS, **fields: object
) -> GenesisDocument:
    allocations = (
        Allocation(ALICE, "bank", (Amount(FUNDS),)),
        Allocation(BOB, "port", (Amount(FUNDS),)),
    )
    genesis = Genesis(
        version=1,
        name="test",
        kind=ChainKind.CONSORTIUM,
        engine=EngineKind.PBFT,
        time=GENESIS_TIME,
        test=True,
        offset=0,
        story_clock=CLOCK,
        parameters=parameters,
        validators=build_validator_set(
            [Validator(derive_key(label).public, "bank") for label in VALIDATORS]
        ),
        organisations=(
            Organisation("bank", policy_of("bank"), b"authority of the bank"),
            Organisation("port", policy_of("port"), None),
        ),
        authority=AUTHORITY_POLICY,
        assets=(Asset("KRW", 0, AUTHORITY),),
        allocations_hash=compute_allocations_hash(allocations),
        predecessor=None,
    )
    return GenesisDocument(change(genesis, **fields), allocations, (), None)


def prove(body: bytes, policy: Policy, *signers: str) -> PolicyProof:
    """Sign a body by the named keys under a policy of these or more keys."""
    message = compute_transaction_id(body)
    by_key: dict[PolicyKey, Signature] = {
        derive_key(label).public: derive_key(label).sign(message) for label in signers
    }
    return PolicyProof(policy, tuple(by_key.get(key) for key in get_keys(policy)))


@dataclass
class Ledger:
    """An executor with short words for what tests do all the time."""

    document: GenesisDocument = field(default_factory=build_document)
    machine: ScriptMachine = field(default_factory=ScriptMachine)
    executor: Executor = field(init=False)
    _salt: int = 0

    def __post_init__(self) -> None:
        validate_genesis(self.document)
        self.executor = Executor(self.document, self.machine)

    @property
    def time(self) -> Instant:
        return self.executor.head.header.time

    # Transactions

    def build_body(self, sender: str, *calls: Call, **fields: Any) -> Body:
        self._salt += 1
        body = Body(
            version=BODY_VERSION,
            chain_id=self.executor.chain_id,
            sender=AUTHORITY if sender == "authority" else address_of(sender),
            payer=None,
            valid_until=Instant(self.time + 60_000),
            salt=self._salt.to_bytes(8, "big"),
            gas_limit=Gas(1_000_000),
            fee_limit=Amount(0),
            calls=calls,
        )
        return change(body, **fields)  # type: ignore[no-any-return]  # structs of any kind

    def sign(self, sender: str, *calls: Call, **fields: Any) -> bytes:
        """Return an envelope of the person `sender`, or of the authority with two signatures."""
        body = encode(self.build_body(sender, *calls, **fields))
        if sender == "authority":
            return encode(Envelope(body, (prove(body, AUTHORITY_POLICY, "bank", "port"),)))
        return encode(Envelope(body, (prove(body, policy_of(sender), sender),)))

    def open(self, *envelopes: bytes) -> list[Transaction]:
        opened = self.executor.transactions.open_many(envelopes)
        for transaction in opened:
            if isinstance(transaction, InvalidTransaction):
                raise transaction
        return [t for t in opened if isinstance(t, Transaction)]

    # Blocks

    def propose(
        self, *envelopes: bytes, on: BlockId | None = None, after: int = 1, **fields: Any
    ) -> Candidate | None:
        parent = self.executor.head.block_id if on is None else on
        position = self.executor._get_position(parent)
        return self.executor.propose(
            parent,
            time=Instant(position.header.time + after),
            proposer=PROPOSER,
            transactions=self.open(*envelopes),
            **fields,
        )

    def build(self, *envelopes: bytes, on: BlockId | None = None, after: int = 1) -> Candidate:
        candidate = self.propose(*envelopes, on=on, after=after)
        assert candidate is not None
        assert not candidate.refused, candidate.refused
        return candidate

    def commit(self, *envelopes: bytes, after: int = 1) -> Committed:
        candidate = self.build(*envelopes, after=after)
        return self.executor.commit(candidate.position.block_id)

    def run(self, sender: str, *calls: Call, after: int = 1, **fields: Any) -> Record:
        """Execute one transaction in a block of its own; return what came of it."""
        committed = self.commit(self.sign(sender, *calls, **fields), after=after)
        return committed.candidate.records[-1]

    def status(self, sender: str, *calls: Call, **fields: Any) -> str:
        return self.run(sender, *calls, **fields).receipt.status

    def deploy(self, *steps: Step, roles: Sequence[tuple[str, Address]] = ()) -> Address:
        """Deploy a contract of the script machine, owned by Alice; `steps` are its `init`."""
        arguments = system.DeployArguments(
            Source("Script", f"script {self._salt}", ()), ALICE, script(*steps), tuple(roles)
        )
        record = self.run("authority", ledger_call("deploy", arguments))
        assert record.receipt.status == "ok", record.receipt
        return decode(Address, record.outcomes[0].result)

    def balance(self, holder: Address, asset: Any = WON) -> int:
        return money.Money(self.executor.view()).get_balance(asset, holder)


def ledger_call(method: str, arguments: object) -> Call:
    return Call(money.LEDGER, method, encode(arguments), None)


def transfer(target: Address, amount: int, asset: Any = WON) -> Call:
    return ledger_call("transfer", system.TransferArguments(asset, target, Amount(amount)))


def ask(contract: Address, *steps: Step, pays: int | None = None) -> Call:
    """Return a call that has a scripted contract take steps."""
    payment = None if pays is None else Payment(WON, Amount(pays))
    return Call(contract, "run", script(*steps), payment)


def receipts(records: Iterable[Record]) -> list[Receipt]:
    return [record.receipt for record in records]


def keys_of(*labels: str) -> list[PublicKey]:
    return [derive_key(label).public for label in labels]


def copy_of(ledger: Ledger) -> Executor:
    """Return another node's executor on the same chain, at its beginning."""
    return Executor(ledger.document, ScriptMachine())


def forge(block: Block, *envelopes: bytes) -> Block:
    """Return a block whose header names these envelopes and is otherwise as it was."""
    root = compute_transaction_root(envelopes)
    return Block(change(block.header, transaction_root=root), envelopes)


def list_blocks(ledger: Ledger, count: int, *, after: int = 1) -> list[Block]:
    blocks = []
    for _ in range(count):
        envelope = ledger.sign("alice", transfer(BOB, 1), valid_until=ledger.time + after + 60_000)
        blocks.append(ledger.commit(envelope, after=after).candidate.block)
    return blocks


def items_of(executor: Executor) -> list[tuple[bytes, bytes]]:
    return [(key, value) for key, value in executor.copy_state().items() if value is not None]
