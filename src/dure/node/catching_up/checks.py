"""What is checked of a block or a snapshot that a peer sent, before anything believes it.

Each function returns what is wrong, in words that name a liar's lie, or None.
"""

from collections.abc import Iterable, Sequence

from dure.chain.genesis.document import Genesis, get_first_height
from dure.chain.receipt import Record, compute_receipt_root
from dure.consensus.body import has_own_body
from dure.consensus.quorum import VerifyMany, validate_certificate
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate
from dure.core.codec import decode, encode
from dure.core.errors import InvalidCertificate, InvalidEncoding, InvalidProof
from dure.core.merkle import compute_root
from dure.core.types import BlockId, Height
from dure.core.validators import ValidatorSet, compute_validators_root
from dure.node.messages import CertifiedBlock, SnapshotOffer
from dure.node.ports import StoredBlock
from dure.proof.verification import check_final


class SetHistory:
    """Which validators decided which height."""

    def __init__(self, genesis: Genesis, changes: Iterable[tuple[Height, ValidatorSet]]) -> None:
        """`changes` are the blocks that handed over, in rising order, and to whom."""
        self._sets = [(get_first_height(genesis), genesis.validators), *changes]

    def find(self, height: Height) -> ValidatorSet:
        """Return who decided the block of a height above the genesis."""
        return next(validators for after, validators in reversed(self._sets) if after < height)


def find_fault(
    item: CertifiedBlock, previous: BlockId, validators: ValidatorSet, *, verify: VerifyMany
) -> str | None:
    """Say what is wrong with a block that should follow on `previous`."""
    if item.block.header.previous != previous:
        return "its block does not follow on the head"
    if not has_own_body(item.block):
        return "its block has a foreign body"
    return find_seal_fault(item.block, item.certificate, validators, verify=verify)


def find_seal_fault(
    block: Block, certificate: Certificate, validators: ValidatorSet, *, verify: VerifyMany
) -> str | None:
    """Say what is wrong with a block's certificate."""
    if block.header.validators_root != compute_validators_root(validators):
        return "its block names other validators than those of its height"
    try:
        validate_certificate(block.header, certificate, validators, verify=verify)
    except InvalidCertificate as problem:
        return f"its certificate proves nothing: {problem.message}"
    return None


def find_history_fault(
    stored: StoredBlock, expected: BlockId, validators: ValidatorSet, *, verify: VerifyMany
) -> str | None:
    """Say what is wrong with a block that should have the id `expected`."""
    if compute_block_id(stored.block.header) != expected:
        return "its block is not the one that the block above names"
    if not has_own_body(stored.block):
        return "its block has a foreign body"
    if not has_own_receipts(stored):
        return "its receipts are not those of the block"
    return find_seal_fault(stored.block, stored.certificate, validators, verify=verify)


def find_offer_fault(genesis: Genesis, offer: SnapshotOffer) -> str | None:
    """Say what is wrong with the claim that a header is final on the chain of `genesis`."""
    try:
        check_final(genesis, offer.handovers, offer.header, offer.certificate)
    except InvalidProof as problem:
        return f"its snapshot is not of this chain: {problem.message}"
    return None


def has_own_receipts(stored: StoredBlock) -> bool:
    """Say whether receipts and outcomes are those under the header's receipt root."""
    try:
        records: Sequence[Record] = [decode(Record, data) for data in stored.receipts]
    except InvalidEncoding:
        return False
    return compute_receipt_root(records) == stored.block.header.receipt_root and all(
        compute_root([encode(outcome) for outcome in record.outcomes])
        == record.receipt.outcomes_root
        for record in records
    )
