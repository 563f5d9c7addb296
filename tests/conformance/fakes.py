"""Cheap stand-ins for what the driver would bring: signatures, signer, executor.

A signature is SHA-512 of key and message. Anybody could forge one, so the Byzantine members of the
harness are written to sign with their own keys only; what they forge beyond that is refused by
`verify_many`, as it would be in the driver.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256, sha512

from dure.consensus.interface import Head
from dure.core.block import Block, Header, compute_block_id, compute_transaction_root
from dure.core.certificate import Certificate
from dure.core.signatures import SignedItem
from dure.core.types import (
    NO_HASH,
    BlockId,
    ChainId,
    Hash,
    Height,
    Instant,
    PasskeyKey,
    PublicKey,
    Signature,
)
from dure.core.validators import (
    Validator,
    ValidatorSet,
    build_validator_set,
    compute_validators_root,
)

CHAIN = ChainId(sha256(b"simulated chain").digest())
TRANSACTIONS_MAX = 4


class Violation(AssertionError):
    """A promise of the protocol was broken."""


def make_key(index: int) -> PublicKey:
    """Return the key of member A, B, C …; their order is the alphabet's."""
    return PublicKey(bytes([index]) + sha256(bytes([index])).digest()[1:])


def make_validators(count: int) -> ValidatorSet:
    return build_validator_set(
        [Validator(key=make_key(index), organisation=chr(65 + index)) for index in range(count)]
    )


def sign(key: PublicKey | PasskeyKey, message: bytes) -> Signature:
    return Signature(sha512(key + message).digest())


def verify_many(items: Iterable[SignedItem]) -> list[bool]:
    return [signature == sign(key, message) for key, message, signature in items]


def make_block(
    head: Head, time: int, proposer: PublicKey, transactions: tuple[bytes, ...]
) -> Block:
    parent = head.header
    body = b"".join(transactions)
    root = compute_validators_root(head.validators)
    header = Header(
        version=1,
        chain_id=CHAIN,
        height=Height(parent.height + 1),
        time=Instant(time),
        previous=head.block_id,
        transaction_root=compute_transaction_root(transactions),
        state_root=Hash(sha256(parent.state_root + body).digest()),
        receipt_root=NO_HASH,
        validators_root=root,
        next_validators_root=root,
        parameters_root=NO_HASH,
        proposer=proposer,
        engine=b"",
    )
    return Block(header=header, transactions=transactions)


def make_genesis(validators: ValidatorSet) -> Head:
    root = compute_validators_root(validators)
    header = Header(
        version=1,
        chain_id=CHAIN,
        height=Height(0),
        time=Instant(0),
        previous=BlockId(NO_HASH),
        transaction_root=NO_HASH,
        state_root=NO_HASH,
        receipt_root=NO_HASH,
        validators_root=root,
        next_validators_root=root,
        parameters_root=NO_HASH,
        proposer=PublicKey(NO_HASH),
        engine=b"",
    )
    return Head(header, compute_block_id(header), validators, has_work=False)


@dataclass(slots=True)
class Executor:
    """Holds the final chain of one node, and what waits to be put into a block."""

    key: PublicKey
    head: Head
    chain: list[tuple[Block, Certificate]] = field(default_factory=list)
    waiting: dict[bytes, None] = field(default_factory=dict)
    done: set[bytes] = field(default_factory=set)

    def submit(self, transaction: bytes) -> None:
        if transaction not in self.done:
            self.waiting[transaction] = None

    def get_head(self) -> Head:
        head = self.head
        return Head(head.header, head.block_id, head.validators, has_work=bool(self.waiting))

    def build(self, time: Instant) -> Block | None:
        transactions = tuple(self.waiting)[:TRANSACTIONS_MAX]
        return make_block(self.head, time, self.key, transactions) if transactions else None

    def judge(self, block: Block) -> bool:
        repeated = any(transaction in self.done for transaction in block.transactions)
        expected = make_block(
            self.head, block.header.time, block.header.proposer, block.transactions
        )
        return bool(block.transactions) and not repeated and expected == block

    def commit(self, block: Block, certificate: Certificate) -> None:
        if not self.judge(block):
            message = f"an invalid block became final at height {block.header.height}"
            raise Violation(message)
        self.chain.append((block, certificate))
        self.done.update(block.transactions)
        self.waiting = {key: None for key in self.waiting if key not in self.done}
        block_id = compute_block_id(block.header)
        self.head = Head(block.header, block_id, self.head.validators, has_work=False)


@dataclass(slots=True)
class Signer:
    """Signs like the real guard, and reports a member that tries to contradict itself."""

    key: PublicKey
    signed: dict[tuple[int, int, int], bytes] = field(default_factory=dict)

    def sign(self, place: tuple[int, int, int], message: bytes) -> Signature | None:
        earlier = self.signed.get(place)
        if earlier is not None and earlier != message:
            text = f"{self.key.hex()[:2]} would sign two different things at {place}"
            raise Violation(text)
        if self.signed and place < max(self.signed):
            if earlier is None:
                text = f"{self.key.hex()[:2]} would go back to {place}"
                raise Violation(text)
            return None
        self.signed = {key: kept for key, kept in self.signed.items() if key[0] >= place[0] - 1}
        self.signed[place] = message
        return sign(self.key, message)
