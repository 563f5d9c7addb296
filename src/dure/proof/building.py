"""Making proof files from a final block and what a node keeps beside it.

A `FinalBlock` gathers those parts once; each builder adds a claim and its paths. Nothing is checked
here but what would be our own fault: whoever reads the proof checks all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from msgspec.structs import replace

from dure.chain.genesis.document import Genesis
from dure.chain.receipt import Kind, Outcome, Record
from dure.chain.state_tree.proof import StateProof
from dure.chain.transaction import Body, Envelope, compute_transaction_id
from dure.core.block import Block, Header, compute_envelope_ids
from dure.core.certificate import Certificate
from dure.core.codec import decode, encode
from dure.core.errors import NotFound
from dure.core.merkle import build_path
from dure.core.validators import ValidatorSet, compute_validators_root
from dure.proof.claims import (
    AllOutcomes,
    Claim,
    OneOutcome,
    OutcomeClaim,
    ReceiptProof,
    ShownOutcomes,
    StateClaim,
    TransactionClaim,
)
from dure.proof.file import FORMAT, Handover, ProofFile


@dataclass(frozen=True)
class FinalBlock:
    """The parts that proofs about one block are made of."""

    genesis: Genesis
    handovers: tuple[Handover, ...]
    """Of every block below this one that changed the validator set, lowest first."""
    block: Block
    certificate: Certificate
    records: tuple[Record, ...]
    """In order of execution: scheduled calls first."""

    @cached_property
    def envelope_ids(self) -> tuple[bytes, ...]:
        """The leaves under the transaction root."""
        return compute_envelope_ids(self.block.transactions)

    @cached_property
    def receipts(self) -> list[bytes]:
        """The leaves under the receipt root."""
        return [encode(record.receipt) for record in self.records]

    @cached_property
    def receipt_index(self) -> dict[tuple[Kind, bytes], int]:
        """Where the receipt of a transaction or a scheduled call stands."""
        return {(r.receipt.kind, r.receipt.id): index for index, r in enumerate(self.records)}


def build_transaction_proof(final: FinalBlock, index: int, *, call: int | None = None) -> ProofFile:
    """Return the proof of the block's transaction at `index` and what came of it.

    Shows all outcomes, or that of one `call` alone. Raise `NotFound` where there is no such one.
    """
    if not 0 <= index < len(final.block.transactions):
        raise NotFound(f"the block has no transaction {index}", index=index)
    opened = decode(Envelope, final.block.transactions[index])
    transaction_id = compute_transaction_id(opened.body)
    claim = TransactionClaim(
        body=decode(Body, opened.body),
        proofs=opened.proofs,
        path=build_path(final.envelope_ids, index),
        receipt=_build_receipt(final, Kind.TRANSACTION, transaction_id, call),
    )
    return _build(final, claim)


def build_scheduled_proof(final: FinalBlock, call_id: bytes) -> ProofFile:
    """Return the proof of what the scheduled call of that id did; raise `NotFound`."""
    return _build(final, OutcomeClaim(_build_receipt(final, Kind.SCHEDULED, call_id, None)))


def build_outcome_proof(final: FinalBlock, transaction_id: bytes, call: int) -> ProofFile:
    """Return the proof of what one call of a transaction did, without showing the transaction."""
    receipt = _build_receipt(final, Kind.TRANSACTION, transaction_id, call)
    return _build(final, OutcomeClaim(receipt))


def isolate_outcome(proof: ProofFile, call: int) -> ProofFile:
    """Return the proof of what one call did, out of one that shows all of its transaction's calls.

    The rest of the transaction is left out: whoever paid a thousand people shows each of them one
    payment. Raise `NotFound` where the proof shows no such call.
    """
    receipt = None if isinstance(proof.claim, StateClaim) else proof.claim.receipt
    if receipt is None or not isinstance(receipt.shown, AllOutcomes):
        raise NotFound("the proof does not show all calls of a transaction", call=call)
    shown = _show_one(receipt.shown.outcomes, call)
    return replace(proof, claim=OutcomeClaim(replace(receipt, shown=shown)))


def build_state_proof_file(
    final: FinalBlock, key: bytes, value: bytes | None, path: StateProof
) -> ProofFile:
    """Return the proof that the state after the block holds `value` (None: nothing) under `key`."""
    return _build(final, StateClaim(key=key, value=value, path=path))


def build_handover(header: Header, certificate: Certificate, validators: ValidatorSet) -> Handover:
    """Return the handover by the block of `header` to the set that decides after it."""
    assert compute_validators_root(validators) == header.next_validators_root, "another set"
    return Handover(header, certificate, validators)


def is_handover(header: Header) -> bool:
    """Say whether another validator set decides after this block."""
    return header.validators_root != header.next_validators_root


def _build(final: FinalBlock, claim: Claim) -> ProofFile:
    return ProofFile(
        format=FORMAT,
        genesis=final.genesis,
        handovers=final.handovers,
        header=final.block.header,
        certificate=final.certificate,
        claim=claim,
    )


def _build_receipt(
    final: FinalBlock, kind: Kind, identity: bytes, call: int | None
) -> ReceiptProof:
    index = final.receipt_index.get((kind, identity))
    if index is None:
        raise NotFound(f"the block holds no receipt of that {kind.value}", id=identity)
    record = final.records[index]
    return ReceiptProof(
        receipt=record.receipt,
        path=build_path(final.receipts, index),
        shown=_build_shown(record, call),
    )


def _build_shown(record: Record, call: int | None) -> ShownOutcomes:
    if call is None:
        return AllOutcomes(record.outcomes)
    return _show_one(record.outcomes, call)


def _show_one(outcomes: Sequence[Outcome], call: int) -> OneOutcome:
    if not 0 <= call < len(outcomes):
        raise NotFound(f"the receipt has no outcome of call {call}", call=call)
    return OneOutcome(outcomes[call], build_path([encode(outcome) for outcome in outcomes], call))
