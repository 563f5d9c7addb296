"""What came of a transaction, believed only because it was proved.

A node sends a proof file with its answer. Nothing of the answer is used but that file: it must
hold, it must be of the chain that the client pinned, and it must show the very envelope that was
sent.
"""

from dataclasses import dataclass

from dure.chain.receipt import OK, Event, Outcome, Receipt
from dure.core.errors import InvalidProof
from dure.core.types import BlockId, ChainId, Height, TransactionId
from dure.proof.claims import AllOutcomes, TransactionClaim, encode_envelope
from dure.proof.file import ProofFile
from dure.proof.trust import trust_chain
from dure.proof.verification import Verdict, verify
from dure.sdk.errors import ContractRefused
from dure.sdk.transactions import SignedTransaction


@dataclass(frozen=True, slots=True)
class FinalReceipt:
    """A transaction that stands in a final block for ever, with its proof."""

    transaction_id: TransactionId
    height: Height
    block_id: BlockId
    index: int
    """Its place among the block's transactions."""
    receipt: Receipt
    outcomes: tuple[Outcome, ...]
    """What each call did; empty where a call refused."""
    proof: ProofFile
    verdict: Verdict

    @property
    def results(self) -> tuple[bytes, ...]:
        """The calls' results, as canonical bytes."""
        return tuple(outcome.result for outcome in self.outcomes)

    @property
    def events(self) -> tuple[Event, ...]:
        """All that contracts and ledger said, in order."""
        return tuple(event for outcome in self.outcomes for event in outcome.events)

    def raise_refusal(self) -> "FinalReceipt":
        """Return the receipt itself; raise `ContractRefused` where a call refused."""
        if self.receipt.status != OK:
            raise ContractRefused(self.receipt.status, self.receipt.message, self)
        return self


def verify_on_chain(proof: ProofFile, chain_id: ChainId) -> Verdict:
    """Return the verdict on a proof that must be of this chain; raise `InvalidProof`."""
    verdict = verify(proof, trust_chain(chain_id))
    if not verdict.is_proved:
        message = f"the node sent a proof of another chain: {verdict.chain_id.hex()}"
        raise InvalidProof(message, check="chain", chain_id=verdict.chain_id)
    return verdict


def verify_receipt(proof: ProofFile, signed: SignedTransaction, chain_id: ChainId) -> FinalReceipt:
    """Return the receipt that the proof shows; raise `InvalidProof` where it is not this one's."""
    verdict = verify_on_chain(proof, chain_id)
    claim = proof.claim
    if not isinstance(claim, TransactionClaim) or encode_envelope(claim) != signed.envelope:
        raise InvalidProof("the node proved something else than was sent", check="transaction")
    shown = claim.receipt.shown
    if not isinstance(shown, AllOutcomes):
        raise InvalidProof("the node left out what the other calls did", check="outcomes")
    return FinalReceipt(
        transaction_id=signed.transaction_id,
        height=proof.header.height,
        block_id=verdict.block_id,
        index=claim.path.index,
        receipt=claim.receipt.receipt,
        outcomes=shown.outcomes,
        proof=proof,
        verdict=verdict,
    )
