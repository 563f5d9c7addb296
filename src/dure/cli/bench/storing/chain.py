"""A chain as long as is wanted, made without executing it: true forms, made-up signatures.

Its blocks hold transfers between a network's accounts as those of `dure bench transfer` do:
envelopes, receipts with their outcomes, balances and the used quota before and after. Whoever
restores such a chain finds everything in order: each block names its parent and its body, and the
last one the root of the state. Only signatures and receipt roots would not stand a check.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import msgspec

from dure.chain import state
from dure.chain.genesis.document import GenesisDocument
from dure.chain.genesis.state import build_beginning
from dure.chain.money import LEDGER
from dure.chain.receipt import Event, Kind, Outcome, Record, build_receipt
from dure.chain.state_tree import tree
from dure.chain.transaction import (
    BODY_VERSION,
    Body,
    Envelope,
    KeyPolicy,
    PolicyProof,
    compute_asset_id,
    compute_transaction_id,
)
from dure.core.block import Block, Header, compute_block_id, compute_transaction_root
from dure.core.certificate import Certificate, Seal
from dure.core.codec import encode
from dure.core.types import (
    Address,
    Amount,
    BlockId,
    Gas,
    Height,
    Instant,
    PublicKey,
    Round,
    Signature,
    TransactionId,
)
from dure.core.validators import compute_quorum
from dure.node.durable.storage import RocksDisk
from dure.node.ports import StoredBlock
from dure.sdk.ledger_calls import transfer

BLOCK_MS = 10
"""Ledger time between two blocks."""
STRIDE = 7_919
"""A prime: receivers are visited in an order in which neighbours are far apart."""
GAS_LIMIT = Gas(1_000_000)
GAS_USED = Gas(6_795)


@dataclass(frozen=True, slots=True)
class MadeBlock:
    """What a disk is given of a block."""

    block_id: BlockId
    stored: StoredBlock
    transaction_ids: tuple[TransactionId, ...]
    writes: state.Writes
    undo: state.Writes

    def commit(self, disk: RocksDisk) -> None:
        """Write it."""
        disk.commit_block(
            self.block_id, self.stored, self.transaction_ids, writes=self.writes, undo=self.undo
        )


class MadeChain:
    """The chain of a genesis, from its first block on."""

    def __init__(self, document: GenesisDocument) -> None:
        items, _, header = build_beginning(document, None)
        self._state: dict[bytes, bytes] = items
        self._header = header
        self._accounts = [each.address for each in document.allocations]
        self._organisation = document.allocations[0].organisation
        asset = document.genesis.assets[0]
        self._asset = compute_asset_id(asset.issuer, asset.code)
        quorum = compute_quorum(len(document.genesis.validators))
        seals = [
            Seal(key, Signature(secrets.token_bytes(64)))
            for key in document.genesis.validators.keys[:quorum]
        ]
        self._certificate = Certificate(Round(0), tuple(seals))
        self._numbers = count(1)

    def begin(self) -> MadeBlock:
        """Return the first block, with the whole state."""
        certificate = Certificate(Round(0), ())
        stored = StoredBlock(Block(self._header, ()), certificate, ())
        return MadeBlock(compute_block_id(self._header), stored, (), dict(self._state), {})

    def make(self, size: int, *, is_last: bool = False) -> MadeBlock:
        """Return the next block, of so many transfers; the last one proves the state."""
        writes: state.Writes = {}
        made = [self._transfer(next(self._numbers), writes) for _ in range(size)]
        usage = state.Usage(1, Gas(GAS_USED * next(self._numbers)))
        writes[state.key_usage_organisation(self._organisation)] = encode(usage)
        undo: state.Writes = {key: self._state.get(key) for key in writes}
        self._state.update((key, value) for key, value in writes.items() if value is not None)
        envelopes = tuple(envelope for envelope, _ in made)
        self._header = self._build_header(envelopes, is_last=is_last)
        stored = StoredBlock(
            Block(self._header, envelopes),
            self._certificate,
            tuple(encode(record) for _, record in made),
        )
        ids = tuple(TransactionId(record.receipt.id) for _, record in made)
        return MadeBlock(compute_block_id(self._header), stored, ids, writes, undo)

    def make_all(self, transactions: int, size: int) -> Iterator[MadeBlock]:
        """Yield blocks of `size` transfers until there are so many in all."""
        for done in range(0, transactions, size):
            left = transactions - done
            yield self.make(min(size, left), is_last=left <= size)

    def _build_header(self, envelopes: tuple[bytes, ...], *, is_last: bool) -> Header:
        before = self._header
        root = before.state_root
        if is_last:
            root = tree.compute_root(tree.update(tree.EMPTY, self._state.items()))
        return msgspec.structs.replace(
            before,
            height=Height(before.height + 1),
            time=Instant(before.time + BLOCK_MS),
            previous=compute_block_id(before),
            transaction_root=compute_transaction_root(envelopes),
            state_root=root,
        )

    def _transfer(self, number: int, writes: state.Writes) -> tuple[bytes, Record]:
        source = self._accounts[number % len(self._accounts)]
        target = self._accounts[number * STRIDE % len(self._accounts)]
        body = encode(self._build_body(number, source, target))
        proof = PolicyProof(
            KeyPolicy(PublicKey(secrets.token_bytes(32))), (Signature(secrets.token_bytes(64)),)
        )
        for holder in (source, target):
            key = state.key_balance(self._asset, holder)
            writes[key] = encode(Amount(number))
        return encode(Envelope(body, (proof,))), self._build_record(body, source, target)

    def _build_body(self, number: int, source: Address, target: Address) -> Body:
        return Body(
            version=BODY_VERSION,
            chain_id=self._header.chain_id,
            sender=source,
            payer=None,
            valid_until=Instant(self._header.time + 60_000),
            salt=number.to_bytes(8, "big"),
            gas_limit=GAS_LIMIT,
            fee_limit=Amount(0),
            calls=(transfer(self._asset, target, 1),),
        )

    def _build_record(self, body: bytes, source: Address, target: Address) -> Record:
        event = Event(LEDGER, "transferred", encode((self._asset, source, target, 1)))
        outcome = Outcome(encode(None), (event,))
        receipt = build_receipt(
            Kind.TRANSACTION,
            compute_transaction_id(body),
            gas_used=GAS_USED,
            outcomes=(encode(outcome),),
        )
        return Record(receipt, (outcome,))
