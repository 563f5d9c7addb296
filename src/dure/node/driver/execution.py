"""Blocks on their way into the ledger: proposed, judged, and executed when they are final.

Rules
-----
1. A block that its certificate proves final and our ledger refuses is a divergence: the node stops
   for good rather than follow either.
2. A death of the process that runs contracts proves nothing: a block that was to be judged gets no
   vote; a proposal is made again without the transaction that it died of, unless it was a
   scheduled call, which cannot be left out; under a final block the node stops for good.
3. A proposer fills a block for a bounded time, and leaves the rest to the next: every validator's
   event loop stands still while it executes the block, and so do votes, peers and clients. Where
   agreeing takes long, as it does between distant validators, more may stand in each block.
4. Everything in a final block is executed and every root compared. The signatures of its
   transactions were checked by the quorum that sealed it, and are checked again where the
   operator wants that.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

import structlog

from dure.chain.candidate import Candidate
from dure.chain.executor import Executor
from dure.chain.transaction import Transaction
from dure.consensus.interface import BuildCandidate
from dure.core.block import Block, compute_block_id
from dure.core.errors import InvalidBlock, WorkerDied, WorkerNotStarted
from dure.core.types import BlockId, Milliseconds, PublicKey, TransactionId
from dure.core.validators import compute_faults_tolerated
from dure.node.driver.halt import Divergence, FinalBlockNotExecuted
from dure.node.driver.intake import Intake
from dure.node.ports import Clock

FILL_MS_DEFAULT: Final = 10
FILL_MS_MAX: Final = 50
"""How long a block is filled at most, unless the operator wants every block filled for longer."""
FILL_SHARE: Final = 16
"""One in so many milliseconds since the block before is for filling the next."""
FILL_GAS_MIN: Final = 2_000_000
"""Stated by transactions that stand in a block however long it takes, some hundred transfers: where
other programs have the core for a while, blocks of one or two would cost more than they carry."""
DEATHS_MAX = 4
"""Deaths of contract workers that one proposal may cost before it is given up."""

REFUSED_MAX: Final = 64

log = structlog.get_logger()


class Execution:
    """What the engine asks of the ledger."""

    def __init__(
        self,
        executor: Executor,
        intake: Intake,
        clock: Clock,
        *,
        proposer: PublicKey,
        checks_sealed_signatures: bool,
        fill: Milliseconds,
    ) -> None:
        self._checks_sealed_signatures = checks_sealed_signatures
        self._executor = executor
        self._intake = intake
        self._fill = fill
        self._refused: deque[BlockId] = deque(maxlen=REFUSED_MAX)
        """Blocks that broke a rule when they were judged here, newest last."""
        self._clock = clock
        self._proposer = proposer

    def build(self, order: BuildCandidate) -> Block | None:
        """Return a block of what waits, or None where nothing can stand in one."""
        # Peers join the block from what they hold.
        self._intake.outbox.flush()
        candidate = self._propose(order)
        if candidate is None:
            self._intake.drop_unfit()
            return None
        self._intake.drop(candidate.refused)
        return candidate.block

    def judge(self, block: Block) -> bool:
        """Say whether this node may vote for the block."""
        try:
            self._executor.judge(block)
        except InvalidBlock as problem:
            log.warning("block_refused", height=block.header.height, reason=problem.message)
            self._refused.append(compute_block_id(block.header))
            return False
        except WorkerDied as death:
            block_id = compute_block_id(block.header)
            log.warning("block_not_judged", block=block_id, **death.facts)
            return False
        return True

    def execute_final(self, block: Block) -> Candidate:
        """Return the candidate of a final block; raise the `Halt` that stops the node for good."""
        if block.header.previous != self._executor.head.block_id:
            raise Divergence(block, None)
        self._trust_quorum(block)
        try:
            return self._executor.judge(block)
        except WorkerDied as death:
            raise FinalBlockNotExecuted(block, death) from death
        except InvalidBlock as problem:
            raise Divergence(block, problem) from problem

    def _trust_quorum(self, block: Block) -> None:
        """Let a quorum's word stand for the signatures in a block that was not executed here yet.

        Where no faults are tolerated a quorum is everybody, and nobody but they vouches for it.
        """
        is_vouched = compute_faults_tolerated(len(self._executor.head.validators)) > 0
        block_id = compute_block_id(block.header)
        # What was found wrong here stays wrong, whoever sealed it.
        is_judged = block_id in self._refused or self._executor.get_candidate(block_id) is not None
        if is_vouched and not is_judged and not self._checks_sealed_signatures:
            self._executor.transactions.remember_sealed(block.transactions)

    def _propose(self, order: BuildCandidate) -> Candidate | None:
        for _ in range(DEATHS_MAX):
            try:
                return self._executor.propose(
                    order.parent,
                    time=order.time,
                    proposer=self._proposer,
                    transactions=self._take_for(order, self._intake.mempool.iterate()),
                )
            except InvalidBlock:
                return None
            except WorkerDied as death:
                if not self._quarantine(death):
                    break
        log.error("nothing_proposed", height=order.height)
        return None

    def _take_for(
        self, order: BuildCandidate, waiting: Iterable[Transaction]
    ) -> Iterator[Transaction]:
        """Yield what waits until the time for filling the block is over; the first few anyway."""
        since_parent = order.time - self._executor.head.header.time
        fill = compute_fill_time(Milliseconds(since_parent), self._fill)
        end = self._clock.now() + fill
        sure = FILL_GAS_MIN
        for transaction in waiting:
            if sure <= 0 and self._clock.now() >= end:
                return
            sure -= transaction.body.gas_limit
            yield transaction

    def _quarantine(self, death: WorkerDied) -> bool:
        """Take the transaction that it died of out of the mempool; say whether there is one."""
        log.error("worker_died_proposing", **death.facts)
        culprit = death.facts.get("transaction")
        if isinstance(death, WorkerNotStarted) or not isinstance(culprit, bytes):
            return False
        return self._intake.quarantine(TransactionId(culprit))


def compute_fill_time(since_parent: Milliseconds, fill: Milliseconds) -> Milliseconds:
    """Return how long a block may be filled that comes so long after its parent; `fill` at least.

    Checking, completing and storing the block take every validator about twice as long.
    """
    return Milliseconds(max(fill, min(since_parent // FILL_SHARE, FILL_MS_MAX)))
