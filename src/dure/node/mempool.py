"""Transactions that wait for a block, in order of arrival.

Every bound has its refusal, and nothing is ever dropped in silence: what leaves the pool without
a block is handed to the caller with the reason.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from dure.chain.transaction import Transaction
from dure.core.errors import MempoolFull, TransactionExpired, TransactionQuarantined
from dure.core.types import Address, Instant, TransactionId

QUARANTINED_MAX: Final = 4_096
"""Transactions that are kept out for good; past that the first is forgotten."""


@dataclass(frozen=True, slots=True)
class MempoolLimits:
    """How much may wait."""

    transactions_max: int = 50_000
    bytes_max: int = 64 * 1024 * 1024
    per_sender_max: int = 10_000


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """A transaction and when it came."""

    transaction: Transaction
    since: Instant


class Mempool:
    """Bounded queue of admitted transactions."""

    def __init__(self, limits: MempoolLimits) -> None:
        self._limits = limits
        self._waiting: OrderedDict[TransactionId, Waiting] = OrderedDict()
        self._senders: Counter[Address] = Counter()
        self._bytes = 0
        self._quarantined: OrderedDict[TransactionId, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, transaction_id: object) -> bool:
        return transaction_id in self._waiting

    def add(self, transaction: Transaction, now: Instant) -> None:
        """Append; raise `TransactionQuarantined`, or `MempoolFull` with the bound that was reached.

        Call only for what is not in it yet.
        """
        if transaction.transaction_id in self._quarantined:
            raise _refuse_quarantined()
        limits, sender = self._limits, transaction.body.sender
        size = self._bytes + len(transaction.envelope)
        if len(self._waiting) >= limits.transactions_max or size > limits.bytes_max:
            message = f"{len(self._waiting)} transactions wait already; send it again in a moment"
            raise MempoolFull(message, waiting=len(self._waiting))
        if self._senders[sender] >= limits.per_sender_max:
            message = f"{limits.per_sender_max} transactions of this sender wait already"
            raise MempoolFull(message, waiting=self._senders[sender])
        self._waiting[transaction.transaction_id] = Waiting(transaction, now)
        self._senders[sender] += 1
        self._bytes = size

    def remove(self, transaction_ids: Iterable[TransactionId]) -> None:
        """Take out those that are in it."""
        for transaction_id in transaction_ids:
            waiting = self._waiting.pop(transaction_id, None)
            if waiting is not None:
                self._forget(waiting.transaction)

    def quarantine(
        self, transaction_id: TransactionId
    ) -> tuple[Transaction, TransactionQuarantined] | None:
        """Take a transaction out and never take it in again; None where it is not in."""
        waiting = self._waiting.get(transaction_id)
        if waiting is None:
            return None
        self.remove((transaction_id,))
        self._quarantined[transaction_id] = None
        if len(self._quarantined) > QUARANTINED_MAX:
            self._quarantined.popitem(last=False)
        return waiting.transaction, _refuse_quarantined()

    def iterate(self) -> Iterator[Transaction]:
        """Yield what waits, oldest first; the pool must not change meanwhile."""
        for waiting in self._waiting.values():
            yield waiting.transaction

    def list_older_than(self, moment: Instant, count: int) -> list[Transaction]:
        """Return up to `count` of the oldest that came before `moment`."""
        found: list[Transaction] = []
        for waiting in self._waiting.values():
            if waiting.since >= moment or len(found) >= count:
                break
            found.append(waiting.transaction)
        return found

    def drop_expired(self, time: Instant) -> list[tuple[Transaction, TransactionExpired]]:
        """Take out what can no longer stand in a block of `time` or later."""
        expired = [t for t in self.iterate() if t.body.valid_until < time]
        self.remove(t.transaction_id for t in expired)
        problem = "it waited until valid_until was over"
        return [(t, TransactionExpired(problem, valid_until=t.body.valid_until)) for t in expired]

    def _forget(self, transaction: Transaction) -> None:
        sender = transaction.body.sender
        self._bytes -= len(transaction.envelope)
        self._senders[sender] -= 1
        if not self._senders[sender]:
            del self._senders[sender]


def _refuse_quarantined() -> TransactionQuarantined:
    return TransactionQuarantined(
        "executing it ended the process in which this node runs contracts; "
        "this node will not offer it again"
    )
