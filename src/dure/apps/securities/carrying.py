"""Carries proofs from one chain to another: whoever wants to be paid, or to have units, does it.

A proof file is what any node of a chain answers with, and what `dure verify` checks. Its header,
seals and paths are all that the other chain's contract asks for; nobody in between is trusted.
"""

from dure.contract.library.foreign_chain import (
    ForeignEvent,
    ForeignHeader,
    ForeignPath,
    ForeignProof,
    ForeignSeal,
    ForeignValidator,
)
from dure.core.codec import encode
from dure.core.errors import InvalidProof
from dure.core.merkle import MerklePath, build_path
from dure.core.types import Hash
from dure.core.validators import ValidatorSet
from dure.proof.claims import AllOutcomes, StateClaim
from dure.proof.file import ProofFile


def read_validators(validators: ValidatorSet) -> list[ForeignValidator]:
    """Return a chain's validators, as another chain's contract is told them."""
    return [ForeignValidator(each.key, each.organisation) for each in validators.members]


def carry_proof(proof: ProofFile, call: int = 0) -> ForeignProof:
    """Return what a contract of another chain asks for, of one call of a proved transaction.

    Raises `InvalidProof` where the file proves no receipt, or shows no such call. The contract
    checks everything else.
    """
    if isinstance(proof.claim, StateClaim):
        raise InvalidProof("the file proves a value of the state, and no call", check="claim")
    shown = proof.claim.receipt
    if not isinstance(shown.shown, AllOutcomes):
        outcome, path = shown.shown.outcome, shown.shown.path
    elif call < len(shown.shown.outcomes):
        outcome = shown.shown.outcomes[call]
        path = build_path([encode(each) for each in shown.shown.outcomes], call)
    else:
        raise InvalidProof(f"the file shows no call {call}", check="claim")
    header = proof.header
    return ForeignProof(
        ForeignHeader(*(getattr(header, name) for name in header.__struct_fields__)),
        proof.certificate.round,
        [ForeignSeal(each.validator, each.signature) for each in proof.certificate.seals],
        str(shown.receipt.kind),
        Hash(shown.receipt.id),
        shown.receipt.gas_used,
        _write_path(shown.path),
        outcome.result,
        [ForeignEvent(each.contract, each.name, each.data) for each in outcome.events],
        _write_path(path),
    )


def _write_path(path: MerklePath) -> ForeignPath:
    return ForeignPath(path.index, path.size, list(path.siblings))
