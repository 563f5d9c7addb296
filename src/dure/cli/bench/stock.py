"""Transactions that were signed before the clock starts, so that signing costs no measured time."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dure.chain.transaction import Envelope, KeyPolicy, PolicyProof
from dure.cli.bench.town import REPLAY_WINDOW, Town
from dure.core.block import compute_envelope_id
from dure.core.codec import encode
from dure.core.errors import Unavailable
from dure.core.types import Amount, EnvelopeId, Instant, Signature
from dure.identity.keys import SigningKey
from dure.sdk import LocalAccount, build_draft
from dure.sdk.ledger_calls import transfer

VALID_FOR_MS: Final = REPLAY_WINDOW * 3 // 4

STRIDE: Final = 7_919
"""A prime: receivers are visited in an order in which neighbours are far apart."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One signed transaction, and the name under which blocks list it."""

    envelope: bytes
    envelope_id: EnvelopeId


class Stock:
    """Prepared transactions, each handed out once."""

    def __init__(self, prepared: list[Prepared]) -> None:
        self._prepared = prepared
        self._next = 0

    def take(self, count: int) -> list[Prepared]:
        """Return the next `count`; raise `Unavailable` where not so many are left."""
        taken = self._prepared[self._next : self._next + count]
        if len(taken) < count:
            message = "the prepared transactions were used up before the time was over"
            raise Unavailable(message, prepared=len(self._prepared))
        self._next += count
        return taken


class SignedOnDemand(Stock):
    """Transactions that are signed when they are taken, for chains with a short replay window."""

    def __init__(self, town: Town, valid_for_ms: int) -> None:
        super().__init__([])
        self._signing = _sign_transfers(town, valid_for_ms)

    def take(self, count: int) -> list[Prepared]:
        """Return the next `count`."""
        return list(itertools.islice(self._signing, count))


def prepare_transfers(town: Town, count: int) -> Stock:
    """Return signed transfers of one unit each: senders in turn, receivers from all accounts."""
    return Stock(list(itertools.islice(_sign_transfers(town, VALID_FOR_MS), count)))


def _sign_transfers(town: Town, valid_for_ms: int) -> Iterator[Prepared]:
    people = town.population
    accounts = [LocalAccount(key) for key in people.senders]
    for index in itertools.count():
        valid_until = Instant(time.time_ns() // 1_000_000 + valid_for_ms)
        sender = accounts[index % len(accounts)]
        target = people.addresses[(index + 1) * STRIDE % len(people.addresses)]
        call = transfer(town.asset, target, Amount(1))
        draft = build_draft(town.chain_id, sender, [call], valid_until=valid_until)
        signature = sender.keys[0].sign(draft.transaction_id)
        yield _seal(draft.body, sender.keys[0], signature)


def _seal(body: bytes, key: SigningKey, signature: Signature) -> Prepared:
    # `Draft.complete` would check the signature that was just made, at the price of another one.
    proof = PolicyProof(policy=KeyPolicy(key.public), signatures=(signature,))
    envelope = encode(Envelope(body=body, proofs=(proof,)))
    return Prepared(envelope, compute_envelope_id(envelope))
