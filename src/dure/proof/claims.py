"""What a proof file can prove, as data, each with the path that leads from it to a header's root.

| claim | says | under |
|---|---|---|
| `TransactionClaim` | this transaction stands in the block; this came of it | both roots below |
| `OutcomeClaim` | this came of a scheduled call, or of a transaction not shown | receipt root |
| `StateClaim` | this key has this value, or none, after the block | state root |

A transaction is shown opened, so that a person can read who called what. Its envelope is written
again from that; the ledger takes canonical envelopes only, so what comes out are the signed bytes.
"""

from typing import Annotated

from msgspec import Meta

from dure.chain.receipt import Outcome, Receipt
from dure.chain.state_tree.proof import StateProof
from dure.chain.transaction import CALLS_MAX, Body, Envelope, PolicyProof
from dure.core.codec import Wire, encode
from dure.core.merkle import MerklePath


class AllOutcomes(Wire, frozen=True, tag="all-outcomes-1"):
    """What each call did, in order; none where the calls were undone."""

    outcomes: Annotated[tuple[Outcome, ...], Meta(max_length=CALLS_MAX)]


class OneOutcome(Wire, frozen=True, tag="one-outcome-1"):
    """What one call out of several did: one payment of a batch, proved alone."""

    outcome: Outcome
    path: MerklePath
    """From the outcome to the receipt's outcomes root; its index is the call's."""


ShownOutcomes = AllOutcomes | OneOutcome


class ReceiptProof(Wire, frozen=True):
    """A receipt, its place under the header's receipt root, and the outcomes shown."""

    receipt: Receipt
    path: MerklePath
    shown: ShownOutcomes


class TransactionClaim(Wire, frozen=True, tag="transaction-1"):
    """A transaction stands in the block, and this is its receipt."""

    body: Body
    proofs: Annotated[tuple[PolicyProof, ...], Meta(min_length=1, max_length=2)]
    path: MerklePath
    """From the envelope id to the header's transaction root."""
    receipt: ReceiptProof


class OutcomeClaim(Wire, frozen=True, tag="outcome-1"):
    """A scheduled call, or a transaction known by its id alone, has this receipt."""

    receipt: ReceiptProof


class StateClaim(Wire, frozen=True, tag="state-1"):
    """After the block, the state holds `value` under `key`; null: it holds nothing there."""

    key: bytes
    value: bytes | None
    path: StateProof


Claim = TransactionClaim | OutcomeClaim | StateClaim


def encode_envelope(claim: TransactionClaim) -> bytes:
    """Return the envelope's bytes as they were sent and signed."""
    return encode(Envelope(body=encode(claim.body), proofs=claim.proofs))
