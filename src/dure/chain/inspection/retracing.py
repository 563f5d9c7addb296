"""Executing a stored chain again, to see what one of its transactions or scheduled calls did.

Nobody has to be believed: every block is judged like a validator judges it, from the genesis
document on, and what is traced must come to the receipt that its block committed to. Whether the
chain is the one that a certificate proves is for the caller to compare, by the block's id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dure.chain import state
from dure.chain.candidate import Candidate
from dure.chain.executor import Executor
from dure.chain.genesis.document import GenesisDocument
from dure.chain.inspection.changes import describe_change, list_changes
from dure.chain.money import LEDGER
from dure.chain.receipt import Record
from dure.chain.system.delegates import ACCOUNT_RECOVERED
from dure.chain.transaction import Transaction
from dure.contract.bundle import Source
from dure.contract.tracing import TracingMachine, Visit
from dure.contract.tracing.render import Program, render_visit
from dure.core.block import Block
from dure.core.codec import decode
from dure.core.errors import InvalidTransaction
from dure.core.types import BlockId, Gas, Hash, Height


@dataclass(frozen=True, slots=True)
class Retraced:
    """A transaction or a scheduled call, and what contracts did for it."""

    height: Height
    block_id: BlockId
    index: int
    """Among the block's receipts."""
    record: Record
    transaction: Transaction | None
    """None for a scheduled call."""
    visits: tuple[Visit, ...]

    @property
    def gas_outside(self) -> Gas:
        """Gas that no contract used: checking signatures, the ledger's own calls, receipts."""
        return Gas(self.record.receipt.gas_used - sum(visit.gas_used for visit in self.visits))


class Retracing:
    """A ledger that follows a chain's blocks one after the other."""

    def __init__(
        self, document: GenesisDocument, inherited: Mapping[bytes, bytes] | None = None
    ) -> None:
        """Begin at the genesis; `inherited` as for `Executor`."""
        self._machine = TracingMachine()
        self._executor = Executor(document, self._machine, inherited)

    def follow(self, block: Block) -> None:
        """Execute the next block; raise `InvalidBlock` where it does not hold."""
        self._executor.commit(self._executor.judge(block).position.block_id)

    def execute(self, block: Block) -> tuple[Record, ...]:
        """Return what came of the next block, scheduled calls first; raise `InvalidBlock`."""
        return self._executor.judge(block).records

    def trace(self, block: Block, index: int) -> Retraced:
        """Return what the next block's receipt at `index` is for; raise `InvalidBlock`.

        The block is not followed by this.
        """
        candidate = self._executor.judge(block)
        scheduled = len(candidate.records) - len(block.transactions)
        record = candidate.records[index]
        if index < scheduled:
            watched = iter(self._watch(candidate, ()))
            # What the ledger does by itself never comes to the machine.
            visits_of = [
                [] if _is_own(each) else next(watched) for each in candidate.records[: index + 1]
            ]
            transaction, visits = None, visits_of[index]
        else:
            opened = self._open(block.transactions[: index - scheduled + 1])
            transaction = opened[-1]
            before = len(self._watch(candidate, opened[:-1]))
            # A transaction of the ledger's own calls alone never comes to the machine.
            visits = next(iter(self._watch(candidate, opened)[before:]), [])
        header = candidate.block.header
        return Retraced(
            height=header.height,
            block_id=candidate.position.block_id,
            index=index,
            record=record,
            transaction=transaction,
            visits=tuple(visits),
        )

    def describe_changes(self, block: Block, index: int) -> list[dict[str, Any]]:
        """Return what the transaction at a receipt's `index` of the next block changed, in words.

        None of a scheduled call's alone can be told.
        """
        scheduled = len(self._executor.judge(block).records) - len(block.transactions)
        if index < scheduled:
            return []
        changes = list_changes(self._executor, block, index - scheduled)
        return [describe_change(self._executor, each) for each in changes]

    def find_program(self, code_hash: Hash) -> Program:
        """Return what the chain knows of a program that a followed block deployed."""
        stored = self._executor.read(state.key_source(code_hash))
        assert stored is not None, "what ran stands on the chain"
        source = decode(Source, stored)
        lines = {module.name: module.text.split("\n") for module in source.library}
        interface = self._machine.get_interface(code_hash)
        return Program(interface, {**lines, "": source.text.split("\n")})

    def _watch(self, judged: Candidate, transactions: Sequence[Transaction]) -> list[list[Visit]]:
        """Return the visits of each scheduled call of a block and of its first transactions."""
        header = judged.block.header
        self._machine.is_watching = True
        again = self._executor.propose(
            header.previous,
            time=header.time,
            proposer=header.proposer,
            transactions=transactions,
            engine=header.engine,
        )
        self._machine.is_watching = False
        records = () if again is None else again.records
        assert records == judged.records[: len(records)], "watching changes nothing"
        return self._machine.take_visits()

    def _open(self, envelopes: Sequence[bytes]) -> list[Transaction]:
        opened = self._executor.transactions.open_many(envelopes)
        assert not any(isinstance(each, InvalidTransaction) for each in opened), "it was judged"
        return [each for each in opened if isinstance(each, Transaction)]


def describe_trace(retracing: Retracing, found: Retraced) -> dict[str, Any]:
    """Return a trace in JSON form; `visits` as in `dure.contract.tracing.render`.

    The programs that ran stand on the chain that `retracing` follows: ask it after the block.
    """
    receipt = found.record.receipt
    return {
        "id": receipt.id.hex(),
        "kind": receipt.kind.value,
        "height": found.height,
        "block_id": found.block_id.hex(),
        "index": found.index,
        "status": receipt.status,
        "message": receipt.message,
        "failed_call": receipt.failed_call,
        "gas_used": receipt.gas_used,
        "gas_outside": found.gas_outside,
        "visits": [render_visit(visit, retracing.find_program) for visit in found.visits],
    }


def _is_own(record: Record) -> bool:
    """Say whether a scheduled call was the ledger's own, and no contract's."""
    told = [event for outcome in record.outcomes for event in outcome.events]
    return any(each.contract == LEDGER and each.name == ACCOUNT_RECOVERED for each in told)
