"""A small real ledger with four organisations, whose blocks are sealed by test keys."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dure.chain import system
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
)
from dure.chain.money import LEDGER
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.receipt import Kind
from dure.chain.transaction import (
    Body,
    Call,
    Envelope,
    KeyPolicy,
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
from dure.contract.ports import Invocation, Ledger, Meter, TransferOrder
from dure.core import hashing
from dure.core.attestation import Attestation, AttestationStatement, compute_attestation_message
from dure.core.block import Header, compute_block_id
from dure.core.certificate import Certificate, Seal, SealStatement, compute_seal_message
from dure.core.codec import Wire, encode
from dure.core.types import Address, Amount, Gas, Hash, Height, Instant, Round, Signature
from dure.core.validators import Validator, build_validator_set, compute_quorum
from dure.identity.keys import SigningKey
from dure.proof import FinalBlock, Handover, build_handover, is_handover

NAMES = ("airline", "bank", "insurer", "supervisor")
KEYS = [SigningKey(bytes([1 + number] * 32)) for number in range(len(NAMES))]
NEW_KEYS = [SigningKey(bytes([101 + number] * 32)) for number in range(len(NAMES))]
MEMBERS = [SigningKey(bytes([11 + number] * 32)) for number in range(len(NAMES))]
ALICE = SigningKey(b"a" * 32)
BOB = compute_address(KeyPolicy(SigningKey(b"b" * 32).public))
START = Instant(1_700_000_000_000)


def policy_of(key: SigningKey) -> KeyPolicy:
    return KeyPolicy(key.public)


def address_of(key: SigningKey) -> Address:
    return compute_address(policy_of(key))


AUTHORITY = ThresholdPolicy(3, tuple(sorted(key.public for key in MEMBERS)))
ISSUER = address_of(MEMBERS[1])
WON = compute_asset_id(ISSUER, "KRW")


def build_document(name: str = "test chain") -> GenesisDocument:
    allocations = (Allocation(address_of(ALICE), "bank", (Amount(1_000_000),)),)
    genesis = Genesis(
        version=1,
        name=name,
        kind=ChainKind.CONSORTIUM,
        engine=EngineKind.PBFT,
        time=START,
        test=True,
        offset=-1000,
        story_clock=ISSUER,
        parameters=DEFAULT_PARAMETERS,
        validators=build_validator_set(
            [Validator(key.public, name) for key, name in zip(KEYS, NAMES, strict=True)]
        ),
        organisations=tuple(
            Organisation(name, policy_of(key), None)
            for key, name in zip(MEMBERS, NAMES, strict=True)
        ),
        authority=AUTHORITY,
        assets=(Asset("KRW", 0, ISSUER),),
        allocations_hash=compute_allocations_hash(allocations),
        predecessor=None,
    )
    return GenesisDocument(genesis, allocations, (), None)


class SleepyMachine:
    """Stands in for the contract machine: `init` has `wake` called a second later."""

    def load(self, source: Source) -> Hash:
        return hashing.compute_hash(hashing.SOURCE, encode(source))

    def open(self, ledger: Ledger, _meter: Meter) -> "SleepyRunning":
        return SleepyRunning(ledger)


@dataclass(frozen=True, slots=True)
class SleepyRunning:
    """A transaction in it."""

    ledger: Ledger

    def invoke(self, call: Invocation) -> bytes:
        ledger = self.ledger
        if call.method == "init":
            at = Instant(ledger.time + 1000)
            ledger.schedule(call.contract, at, "wake", encode(()), Gas(10_000))
        else:
            ledger.emit(call.contract, "Woke", encode((ledger.time,)))
        return encode(None)

    def view(self, _call: Invocation) -> bytes:
        return encode(None)

    def upgrade(self, _call: Invocation, *, before: Hash) -> None:
        pass

    def transfer(self, order: TransferOrder) -> Amount:
        self.ledger.transfer(order.asset, order.source, order.target, order.amount)
        return order.amount


def sign(policy: Policy, keys: list[SigningKey], message: bytes) -> PolicyProof:
    given: dict[PolicyKey, Signature] = {key.public: key.sign(message) for key in keys}
    return PolicyProof(policy, tuple(given.get(key) for key in get_keys(policy)))


def seal(
    header: Header, keys: list[SigningKey], round_: int = 0, *, stated: int | None = None
) -> Certificate:
    statement = SealStatement(
        chain_id=header.chain_id,
        height=header.height,
        round=Round(round_),
        block_id=compute_block_id(header),
    )
    message = compute_seal_message(statement)
    seals = sorted(
        (Seal(key.public, key.sign(message)) for key in keys), key=lambda each: each.validator
    )
    return Certificate(Round(round_ if stated is None else stated), tuple(seals))


@dataclass
class Chain:
    """Makes final blocks out of calls."""

    document: GenesisDocument = field(default_factory=build_document)
    executor: Executor = field(init=False)
    keys: list[SigningKey] = field(default_factory=lambda: list(KEYS))
    handovers: tuple[Handover, ...] = ()
    salt: int = 0

    def __post_init__(self) -> None:
        self.executor = Executor(self.document, SleepyMachine())

    def envelope(self, policy: Policy, keys: list[SigningKey], *calls: Call) -> bytes:
        self.salt += 1
        body = encode(
            Body(
                version=1,
                chain_id=self.executor.chain_id,
                sender=compute_address(policy),
                payer=None,
                valid_until=Instant(self.executor.head.header.time + 60_000),
                salt=self.salt.to_bytes(8, "big"),
                gas_limit=Gas(5_000_000),
                fee_limit=Amount(0),
                calls=calls,
            )
        )
        return encode(Envelope(body, (sign(policy, keys, compute_transaction_id(body)),)))

    def transfers(self, *amounts: int) -> bytes:
        calls = [
            call("transfer", system.TransferArguments(WON, BOB, Amount(amount)))
            for amount in amounts
        ]
        return self.envelope(policy_of(ALICE), [ALICE], *calls)

    def by_members(self, method: str, arguments: Wire) -> bytes:
        return self.envelope(AUTHORITY, MEMBERS[:3], call(method, arguments))

    def add(self, *envelopes: bytes, after: int = 100) -> FinalBlock:
        """Execute and seal one block, `after` milliseconds later than the last."""
        head = self.executor.head
        opened = self.executor.transactions.open_many(envelopes)
        candidate = self.executor.propose(
            head.block_id,
            time=Instant(head.header.time + after),
            proposer=self.keys[0].public,
            transactions=[each for each in opened if isinstance(each, Transaction)],
        )
        assert candidate is not None
        assert len(candidate.block.transactions) == len(envelopes), candidate.refused
        self.executor.commit(candidate.position.block_id)
        quorum = compute_quorum(len(self.keys))
        certificate = seal(candidate.block.header, self.keys[:quorum])
        final = FinalBlock(
            genesis=self.document.genesis,
            handovers=self.handovers,
            block=candidate.block,
            certificate=certificate,
            records=candidate.records,
        )
        if is_handover(candidate.block.header):
            validators = candidate.position.validators
            handover = build_handover(candidate.block.header, certificate, validators)
            self.handovers = (*self.handovers, handover)
        return final

    def attest(self, key: SigningKey) -> Attestation:
        """Return the word of a validator that it runs."""
        head = self.executor.head
        statement = AttestationStatement(
            chain_id=self.executor.chain_id,
            validator=key.public,
            height=head.header.height,
            block_id=head.block_id,
            time=head.header.time,
        )
        return Attestation(statement, key.sign(compute_attestation_message(statement)))

    def choose(self, keys: Sequence[SigningKey], *, ahead: int = 1) -> bytes:
        """Return the members' transaction for a set of validators, `ahead` of the next block."""
        members = tuple(
            Validator(key.public, NAMES[number % len(NAMES)]) for number, key in enumerate(keys)
        )
        from_height = Height(self.executor.head.header.height + 1 + ahead)
        seen = tuple(map(self.attest, keys))
        given = system.SetValidatorsArguments(members, from_height, seen)
        return self.by_members("set_validators", given)

    def hand_over(self, keys: Sequence[SigningKey] = NEW_KEYS) -> FinalBlock:
        """Have the members let other validators decide from the next block on."""
        final = self.add(self.choose(keys))
        self.keys = list(keys)
        return final

    def deploy_sleeper(self) -> FinalBlock:
        """Deploy a contract that acts by itself a second later."""
        source = Source("Sleeper", "class Sleeper: ...", ())
        given = system.DeployArguments(source, address_of(ALICE), encode(()), ())
        return self.add(self.by_members("deploy", given))


def call(method: str, arguments: Wire) -> Call:
    return Call(LEDGER, method, encode(arguments), None)


def scheduled_id(final: FinalBlock) -> bytes:
    """Return the id of the first scheduled call that ran in the block."""
    return next(r.receipt.id for r in final.records if r.receipt.kind is Kind.SCHEDULED)
