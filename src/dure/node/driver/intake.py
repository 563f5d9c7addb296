"""Clients' transactions on their way into a block.

Rules
-----
1. A transaction is checked before it waits; where it is refused, its sender hears why.
2. New ones are passed on once, to all peers (`outbox`); those that still wait after a while are
   passed on again.
3. A peer that passes on what no honest peer can have overlooked is in violation.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from dure.chain.assembly import REFUSED_MAX
from dure.chain.executor import Executor
from dure.chain.transaction import Transaction
from dure.core.errors import (
    InvalidTransaction,
    MalformedTransaction,
    PeerViolation,
    TransactionReplayed,
    TransactionTooEarly,
    WrongChain,
    WrongSignature,
)
from dure.core.types import Instant, PublicKey, TransactionId
from dure.node import messages
from dure.node.driver.outbox import Outbox
from dure.node.mempool import Mempool, MempoolLimits
from dure.node.ports import Clock, Network, StoredBlock

GOSSIP_AGAIN_MS = 2_000

NEVER_PASSED_ON = frozenset(
    error.code for error in (WrongSignature, MalformedTransaction, WrongChain)
)
"""What no honest peer can have overlooked; other refusals come of being a block ahead or behind."""

Answer = TransactionId | InvalidTransaction
"""What became of an envelope: it waits, or why not."""

log = structlog.get_logger()


class Observer(Protocol):
    """Who is told what happened; the real node's gateway, or the simulator's checkers."""

    def on_block(self, stored: StoredBlock, transaction_ids: Sequence[TransactionId]) -> None:
        """A block is final and durable; the ids are those of its transactions, in order."""
        ...

    def on_dropped(self, transaction: Transaction, reason: InvalidTransaction) -> None:
        """A waiting transaction will not be executed."""
        ...


class Intake:
    """The mempool with its doors."""

    def __init__(
        self,
        executor: Executor,
        network: Network,
        clock: Clock,
        *,
        observer: Observer,
        limits: MempoolLimits,
        on_work: Callable[[], None],
    ) -> None:
        """Begin empty; `on_work` is called when something new waits."""
        self.mempool = Mempool(limits)
        self.outbox = Outbox(network, clock)
        self._executor = executor
        self._clock = clock
        self._observer = observer
        self._on_work = on_work

    def submit(self, envelopes: Sequence[bytes]) -> list[Answer]:
        """Admit a client's envelopes, in order, and pass the new ones on to every peer."""
        answers, fresh = self._admit(envelopes)
        if fresh:
            self.outbox.put([transaction.envelope for transaction in fresh])
            self._on_work()
        return answers

    def on_gossip(self, peer: PublicKey, envelopes: Sequence[bytes]) -> None:
        """Admit what a peer passes on; raise `PeerViolation` for what it must have refused."""
        if len(envelopes) > 1 and sum(map(len, envelopes)) > messages.GOSSIP_BYTES_MAX:
            raise PeerViolation("passed on more at once than one message may hold")
        answers, fresh = self._admit(envelopes)
        if fresh:
            self._on_work()
        refused = Counter([a.code for a in answers if isinstance(a, InvalidTransaction)])
        if refused:
            self._weigh(peer, refused)

    def on_tick(self) -> None:
        """Drop what expired or cannot be executed any more; pass on again what waits for long."""
        self._clean(messages.GOSSIP_MAX)
        old = Instant(max(0, self._clock.now() - GOSSIP_AGAIN_MS))
        waiting = self.mempool.list_older_than(old, messages.GOSSIP_MAX)
        self.outbox.put([transaction.envelope for transaction in waiting])

    def drop_unfit(self) -> None:
        """Look through what waits after nothing of it could stand in a block."""
        self._clean(REFUSED_MAX)

    def drop(self, refused: Sequence[tuple[Transaction, InvalidTransaction]]) -> None:
        """Forget transactions that cannot be executed, and say so to those who wait for them."""
        self.mempool.remove(transaction.transaction_id for transaction, _ in refused)
        for transaction, reason in refused:
            if not isinstance(reason, TransactionReplayed):
                self._observer.on_dropped(transaction, reason)

    def quarantine(self, transaction_id: TransactionId) -> bool:
        """Keep a transaction out that killed the process that ran it; say whether it was here."""
        found = self.mempool.quarantine(transaction_id)
        if found is not None:
            log.error("transaction_quarantined", transaction=transaction_id)
            self._observer.on_dropped(*found)
        return found is not None

    def _admit(self, envelopes: Sequence[bytes]) -> tuple[list[Answer], list[Transaction]]:
        now = self._clock.now()
        executor, mempool = self._executor, self.mempool
        checks = executor.build_checks(now)
        size = executor.parameters.transaction_bytes_max
        answers: list[Answer] = []
        fresh: list[Transaction] = []
        for opened in executor.transactions.open_many(envelopes, bytes_max=size):
            if isinstance(opened, InvalidTransaction):
                answers.append(opened)
                continue
            identity = opened.transaction_id
            try:
                if identity not in mempool:
                    checks.validate(opened)
                    mempool.add(opened, now)
                    fresh.append(opened)
            except InvalidTransaction as problem:
                answers.append(problem)
            else:
                answers.append(identity)
        return answers, fresh

    def _weigh(self, peer: PublicKey, refused: Counter[str]) -> None:
        """Note what was refused of a peer's gossip; raise where it must have refused it too."""
        # Honest peers pass on again what has become final meanwhile.
        if unexpected := {c: n for c, n in refused.items() if c != TransactionReplayed.code}:
            log.info("gossip_refused", peer=peer.hex()[:8], codes=unexpected)
        for code in refused.keys() & NEVER_PASSED_ON:
            message = f"passed on a transaction that it must have refused: {code}"
            raise PeerViolation(message)

    def _clean(self, count: int) -> None:
        """Drop what expired and, of the `count` oldest, what can no longer be executed."""
        now = self._clock.now()
        checks = self._executor.build_checks(now)
        for transaction, reason in self.mempool.drop_expired(now):
            self._observer.on_dropped(transaction, reason)
        stale: list[tuple[Transaction, InvalidTransaction]] = []
        for transaction in self.mempool.list_older_than(now, count):
            try:
                checks.validate(transaction)
            except TransactionTooEarly:
                continue
            except InvalidTransaction as problem:
                stale.append((transaction, problem))
        self.drop(stale)
