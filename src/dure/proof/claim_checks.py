"""Checking a claim against its header: every path must end at one of the header's roots."""

from collections.abc import Iterator
from typing import assert_never

from dure.chain.receipt import OK, Kind
from dure.chain.state_tree.proof import validate_value
from dure.chain.transaction import decode_transaction
from dure.core.address import encode_address
from dure.core.block import Header, compute_envelope_id
from dure.core.codec import encode
from dure.core.errors import InvalidProof, InvalidTransaction
from dure.core.merkle import compute_root, compute_root_from_path
from dure.core.signatures import verify_many
from dure.proof.claims import (
    AllOutcomes,
    Claim,
    OneOutcome,
    OutcomeClaim,
    ReceiptProof,
    StateClaim,
    TransactionClaim,
    encode_envelope,
)


def check_claim(header: Header, claim: Claim) -> tuple[str, tuple[str, ...]]:
    """Return what is proved, in a sentence, and the steps that held; raise `InvalidProof`."""
    match claim:
        case TransactionClaim():
            return _check_transaction(header, claim)
        case OutcomeClaim():
            _check_receipt(header, claim.receipt)
            return _describe_receipt(claim.receipt, header), tuple(_receipt_steps(claim.receipt))
        case StateClaim():
            validate_value(header.state_root, claim.key, claim.value, claim.path)
            what = "nothing" if claim.value is None else f"the value {claim.value.hex()}"
            statement = (
                f"after block {header.height} the state holds {what} under {claim.key.hex()}"
            )
            return statement, ("the state path leads to the header's state root",)
        case _:
            assert_never(claim)


def _check_transaction(header: Header, claim: TransactionClaim) -> tuple[str, tuple[str, ...]]:
    envelope = encode_envelope(claim)
    try:
        opened = decode_transaction(envelope)
    except InvalidTransaction as problem:
        raise InvalidProof(problem.message, check="transaction") from problem
    root = compute_root_from_path(compute_envelope_id(envelope), claim.path)
    require(
        root == header.transaction_root,
        "transaction path",
        "the transaction does not stand under the header's transaction root",
    )
    require(
        all(verify_many(opened.signatures)),
        "transaction signature",
        "a signature does not fit the transaction and its key",
    )
    receipt = claim.receipt.receipt
    require(
        receipt.kind is Kind.TRANSACTION and receipt.id == opened.transaction_id,
        "receipt",
        "the receipt is not this transaction's",
    )
    _check_receipt(header, claim.receipt)
    sender = encode_address(opened.body.sender)
    steps = (
        f"the transaction {opened.transaction_id.hex()} stands under the header's transaction root",
        f"it was signed for {sender}",
        *_receipt_steps(claim.receipt),
    )
    return f"{_describe_receipt(claim.receipt, header)}; its sender is {sender}", steps


def _check_receipt(header: Header, proof: ReceiptProof) -> None:
    root = compute_root_from_path(encode(proof.receipt), proof.path)
    require(
        root == header.receipt_root,
        "receipt path",
        "the receipt does not stand under the header's receipt root",
    )
    match proof.shown:
        case AllOutcomes(outcomes):
            root = compute_root([encode(outcome) for outcome in outcomes])
        case OneOutcome(outcome, path):
            root = compute_root_from_path(encode(outcome), path)
        case _:
            assert_never(proof.shown)
    require(
        root == proof.receipt.outcomes_root,
        "outcome path",
        "the outcome does not stand under the receipt's outcomes root",
    )


def _receipt_steps(proof: ReceiptProof) -> Iterator[str]:
    yield "the receipt stands under the header's receipt root"
    match proof.shown:
        case AllOutcomes(()):
            yield "the receipt commits to no outcome: its calls were undone"
        case AllOutcomes(outcomes):
            yield f"all {len(outcomes)} outcomes stand under the receipt's outcomes root"
        case OneOutcome(_, path):
            yield f"the outcome of call {path.index} stands under the receipt's outcomes root"


def _describe_receipt(proof: ReceiptProof, header: Header) -> str:
    receipt = proof.receipt
    what = "transaction" if receipt.kind is Kind.TRANSACTION else "scheduled call"
    did = "was executed" if receipt.status == OK else f"was refused ({receipt.status})"
    return f"the {what} {receipt.id.hex()} {did} in block {header.height}"


def require(condition: bool, check: str, message: str) -> None:  # noqa: FBT001 - reads like a rule
    """Raise `InvalidProof` naming `check` unless `condition` holds."""
    if not condition:
        raise InvalidProof(message, check=check)
