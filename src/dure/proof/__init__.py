"""Proof files: made from a final block, checked offline by anybody, trusting no node."""

from dure.proof.building import (
    FinalBlock,
    build_handover,
    build_outcome_proof,
    build_scheduled_proof,
    build_state_proof_file,
    build_transaction_proof,
    is_handover,
    isolate_outcome,
)
from dure.proof.file import (
    Handover,
    ProofFile,
    decode_proof,
    encode_proof,
    parse_proof,
    render_proof,
)
from dure.proof.trust import (
    NO_TRUST,
    Checkpoint,
    Trust,
    TrustEntry,
    build_trust,
    decode_trust,
    encode_trust,
    trust_chain,
)
from dure.proof.verification import (
    EXIT_BROKEN,
    EXIT_PROVED,
    EXIT_UNKNOWN_CHAIN,
    Verdict,
    verify,
)

__all__ = [
    "EXIT_BROKEN",
    "EXIT_PROVED",
    "EXIT_UNKNOWN_CHAIN",
    "NO_TRUST",
    "Checkpoint",
    "FinalBlock",
    "Handover",
    "ProofFile",
    "Trust",
    "TrustEntry",
    "Verdict",
    "build_handover",
    "build_outcome_proof",
    "build_scheduled_proof",
    "build_state_proof_file",
    "build_transaction_proof",
    "build_trust",
    "decode_proof",
    "decode_trust",
    "encode_proof",
    "encode_trust",
    "is_handover",
    "isolate_outcome",
    "parse_proof",
    "render_proof",
    "trust_chain",
    "verify",
]
