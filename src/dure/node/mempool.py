"""Transactions that wait for a block, in order of arrival.

Every bound has its refusal, and nothing is ever dropped in silence: what leaves the pool without
a block is handed to the caller with the reason.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from dure.chain.transaction import Transaction
from dure.core.errors import MempoolFull, TransactionExpired, TransactionQuarantined
from dure.core.types import Address, EnvelopeId, Gas, Instant, TransactionId

QUARANTINED_MAX: Final = 4_096
"""Transactions that are kept out for good; past that the first is forgotten."""


@dataclass(frozen=True, slots=True)
class MempoolLimits:
    """How much may wait."""

    transactions_max: int = 50_000
    bytes_max: int = 64 * 1024 * 1024
    per_sender_max: int = 10_000


Waiting = tuple[Transaction, Instant]
"""A transaction and when it came."""


class Mempool:
    """Bounded queue of admitted transactions."""

    def __init__(self, limits: MempoolLimits) -> None:
        self._limits = limits
        self._waiting: dict[TransactionId, Waiting] = {}
        self._envelopes: dict[EnvelopeId, bytes] = {}
        self._senders: dict[Address, int] = {}
        """How many of each sender wait, of whom any does."""
        self._bytes = 0
        self._gas = 0
        self._quarantined: OrderedDict[TransactionId, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def gas(self) -> Gas:
        """The sum of the gas limits of what waits."""
        return Gas(self._gas)

    def __contains__(self, transaction_id: object) -> bool:
        return transaction_id in self._waiting

    def add(self, transaction: Transaction, now: Instant) -> None:
        """Append; raise `TransactionQuarantined`, or `MempoolFull` with the bound that was reached.

        Call only for what is not in it yet.
        """
        identity = transaction.transaction_id
        if identity in self._quarantined:
            raise _refuse_quarantined()
        limits, waiting, senders = self._limits, self._waiting, self._senders
        size = self._bytes + len(transaction.envelope)
        if len(waiting) >= limits.transactions_max or size > limits.bytes_max:
            message = f"{len(waiting)} transactions wait already; send it again in a moment"
            raise MempoolFull(message, waiting=len(waiting))
        sender = transaction.body.sender
        of_sender = senders.get(sender, 0)
        if of_sender >= limits.per_sender_max:
            message = f"{limits.per_sender_max} transactions of this sender wait already"
            raise MempoolFull(message, waiting=of_sender)
        waiting[identity] = (transaction, now)
        self._envelopes[transaction.envelope_id] = transaction.envelope
        senders[sender] = of_sender + 1
        self._bytes = size
        self._gas += transaction.body.gas_limit

    def remove(self, transaction_ids: Iterable[TransactionId]) -> None:
        """Take out those that are in it."""
        senders = self._senders
        for transaction_id in transaction_ids:
            waiting = self._waiting.pop(transaction_id, None)
            if waiting is None:
                continue
            transaction, _ = waiting
            self._bytes -= len(self._envelopes.pop(transaction.envelope_id))
            self._gas -= transaction.body.gas_limit
            sender = transaction.body.sender
            left = senders.pop(sender) - 1
            if left:
                senders[sender] = left

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
        return waiting[0], _refuse_quarantined()

    def find_envelope(self, envelope_id: EnvelopeId) -> bytes | None:
        """Return the envelope of that id, where it waits."""
        return self._envelopes.get(envelope_id)

    def iterate(self) -> Iterator[Transaction]:
        """Yield what waits, oldest first; the pool must not change meanwhile."""
        for transaction, _ in self._waiting.values():
            yield transaction

    def list_oldest(self, count: int) -> list[Waiting]:
        """Return up to `count` of what waits with when it came, oldest first."""
        return list(islice(self._waiting.values(), count))

    def list_older_than(self, moment: Instant, count: int) -> list[Transaction]:
        """Return up to `count` of the oldest that came before `moment`."""
        found: list[Transaction] = []
        for transaction, since in self._waiting.values():
            if since >= moment or len(found) >= count:
                break
            found.append(transaction)
        return found

    def drop_expired(self, time: Instant) -> list[tuple[Transaction, TransactionExpired]]:
        """Take out what can no longer stand in a block of `time` or later."""
        expired = [t for t, _ in self._waiting.values() if t.body.valid_until < time]
        self.remove(t.transaction_id for t in expired)
        problem = "it waited until valid_until was over"
        return [(t, TransactionExpired(problem, valid_until=t.body.valid_until)) for t in expired]


def _refuse_quarantined() -> TransactionQuarantined:
    return TransactionQuarantined(
        "executing it ended the process in which this node runs contracts; "
        "this node will not offer it again"
    )
