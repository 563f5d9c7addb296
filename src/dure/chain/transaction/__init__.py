"""Transactions: a signed list of calls that happen all together or not at all.

| module | idea |
|---|---|
| `body` | what a sender signs |
| `policies` | whose signatures an account needs, and what its address is |
| `proofs` | that a policy's keys signed |
| `opening` | from an envelope's bytes to all that follows from them |

Rules
-----
1. An envelope is `[body bytes, [proof, …]]`. The body is signed and hashed over exactly the bytes
   received and never written again; `transaction_id = H(body)` stops replay,
   `envelope_id = H(envelope)` stands for it under the block's root.
2. There are no account nonces: one institution sends thousands in parallel and in any order.
   `valid_until` is a block time, at most one replay window ahead; inside that window a transaction
   id is accepted once.
3. Proof number 0 is the sender's; number 1 is the payer's, where a payer is named. Whether a
   proof's signatures fit its stated policy is checked here, purely; whether that policy may act for
   the account now is decided at execution.
"""

from dure.chain.transaction.body import (
    BODY_VERSION,
    CALLS_MAX,
    METHOD_NAME_MAX,
    TRANSACTION_BYTES_MAX,
    Body,
    Call,
    MethodName,
    Payment,
    compute_asset_id,
    compute_contract_address,
    compute_transaction_id,
)
from dure.chain.transaction.opening import (
    GAS_PER_BYTE,
    GAS_PER_CALL,
    Envelope,
    Transaction,
    decode_transaction,
    read_transaction_id,
)
from dure.chain.transaction.policies import (
    KEYS_MAX,
    WEAK_KEYS,
    KeyPolicy,
    PasskeyPolicy,
    Policy,
    PolicyKey,
    ThresholdPolicy,
    build_single_policy,
    compute_address,
    get_keys,
    get_threshold,
    sort_keys,
    validate_policy,
)
from dure.chain.transaction.proofs import (
    GAS_PER_ASSERTION,
    GAS_PER_SIGNATURE,
    PolicyProof,
    ProofMember,
    open_member,
    open_proof,
)

__all__ = [
    "BODY_VERSION",
    "CALLS_MAX",
    "GAS_PER_ASSERTION",
    "GAS_PER_BYTE",
    "GAS_PER_CALL",
    "GAS_PER_SIGNATURE",
    "KEYS_MAX",
    "METHOD_NAME_MAX",
    "TRANSACTION_BYTES_MAX",
    "WEAK_KEYS",
    "Body",
    "Call",
    "Envelope",
    "KeyPolicy",
    "MethodName",
    "PasskeyPolicy",
    "Payment",
    "Policy",
    "PolicyKey",
    "PolicyProof",
    "ProofMember",
    "ThresholdPolicy",
    "Transaction",
    "build_single_policy",
    "compute_address",
    "compute_asset_id",
    "compute_contract_address",
    "compute_transaction_id",
    "decode_transaction",
    "get_keys",
    "get_threshold",
    "open_member",
    "open_proof",
    "read_transaction_id",
    "sort_keys",
    "validate_policy",
]
