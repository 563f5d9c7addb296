"""Transactions that were signed before the clock starts, so that signing costs no measured time."""

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dure.chain.transaction import Call, Envelope, KeyPolicy, PolicyProof
from dure.cli.bench.running.town import REPLAY_WINDOW, Town
from dure.core.block import compute_envelope_id
from dure.core.codec import encode
from dure.core.errors import Unavailable
from dure.core.types import Amount, ChainId, EnvelopeId, Gas, Instant, TransactionId
from dure.identity.keys import SigningKey
from dure.sdk import LocalAccount, build_draft
from dure.sdk.ledger_calls import transfer

VALID_FOR_MS: Final = REPLAY_WINDOW * 3 // 4

STRIDE: Final = 7_919
"""A prime: receivers are visited in an order in which neighbours are far apart."""

GAS_PER_PAYMENT: Final = 3_000
"""Limit for one transfer among several; one of a unit uses 2,600, its part of the envelope too."""
GAS_PER_BATCH: Final = 5_000
"""Limit for what a transaction costs beside its calls; it uses 4,200."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One signed transaction, and the name under which blocks list it."""

    envelope: bytes
    envelope_id: EnvelopeId


class Stock:
    """Signed transactions, each handed out once: the prepared ones, then those of `more`."""

    def __init__(self, prepared: list[Prepared], more: Iterable[Prepared] = ()) -> None:
        self._prepared = prepared
        self._next = 0
        self._more = iter(more)

    def take(self, count: int) -> list[Prepared]:
        """Return the next `count`; raise `Unavailable` where not so many are left."""
        taken = self._prepared[self._next : self._next + count]
        self._next += len(taken)
        taken.extend(itertools.islice(self._more, count - len(taken)))
        if len(taken) < count:
            message = "the prepared transactions were used up before the time was over"
            raise Unavailable(message, prepared=len(self._prepared))
        return taken

    def give_back(self, prepared: Prepared) -> None:
        """Put one behind the others, to be taken again: no node has kept it."""
        self._prepared.append(prepared)


def prepare_transfers(town: Town, count: int) -> Stock:
    """Return signed transfers of one unit each: senders in turn, receivers from all accounts."""
    signing = _sign(town, _list_transfers(town), VALID_FOR_MS)
    return Stock(list(itertools.islice(signing, count)))


def sign_transfers_on_demand(town: Town, valid_for_ms: int) -> Stock:
    """Return transfers that are signed when they are taken, for a short replay window."""
    return Stock([], _sign(town, _list_transfers(town), valid_for_ms))


def prepare_payments(town: Town, count: int, per_transaction: int) -> Stock:
    """Return signed transactions of so many transfers each, of one unit, to different receivers.

    They state as much gas as payments need, so that a block has room for many. Where `count` does
    not last, the rest is signed when it is taken.
    """
    gas = Gas(GAS_PER_BATCH + GAS_PER_PAYMENT * per_transaction)
    signing = _sign(town, _list_payments(town, per_transaction), VALID_FOR_MS, gas)
    return Stock(list(itertools.islice(signing, count)), signing)


def _list_transfers(town: Town) -> Iterator[list[Call]]:
    addresses = town.population.addresses
    for index in itertools.count(1):
        target = addresses[index * STRIDE % len(addresses)]
        yield [transfer(town.asset, target, Amount(1))]


def _list_payments(town: Town, per_transaction: int) -> Iterator[list[Call]]:
    addresses = town.population.addresses
    # The call to each receiver is made once: all who pay it one unit make the same.
    calls: dict[int, Call] = {}
    for first in itertools.count(1, per_transaction):
        places = [
            index * STRIDE % len(addresses) for index in range(first, first + per_transaction)
        ]
        for place in places:
            if place not in calls:
                calls[place] = transfer(town.asset, addresses[place], Amount(1))
        yield [calls[place] for place in places]


def _sign(
    town: Town, batches: Iterator[list[Call]], valid_for_ms: int, gas_limit: Gas | None = None
) -> Iterator[Prepared]:
    """Yield one transaction for each list of calls; senders take turns."""
    keys = itertools.cycle(town.population.senders)
    return sign_calls(town.chain_id, zip(keys, batches, strict=False), valid_for_ms, gas_limit)


def sign_calls(
    chain_id: ChainId,
    batches: Iterable[tuple[SigningKey, Sequence[Call]]],
    valid_for_ms: int,
    gas_limit: Gas | None = None,
) -> Iterator[Prepared]:
    """Yield one transaction for each list of calls, signed by the key beside it."""
    accounts: dict[SigningKey, LocalAccount] = {}
    for key, calls in batches:
        if key not in accounts:
            accounts[key] = LocalAccount(key)
        draft = build_draft(
            chain_id,
            accounts[key],
            calls,
            valid_until=Instant(time.time_ns() // 1_000_000 + valid_for_ms),
            gas_limit=gas_limit,
        )
        yield _seal(draft.body, key, draft.transaction_id)


def _seal(body: bytes, key: SigningKey, transaction_id: TransactionId) -> Prepared:
    # `Draft.complete` would check the signature that was just made, at the price of another one.
    proof = PolicyProof(policy=KeyPolicy(key.public), signatures=(key.sign(transaction_id),))
    envelope = encode(Envelope(body=body, proofs=(proof,)))
    return Prepared(envelope, compute_envelope_id(envelope))
