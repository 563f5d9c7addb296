"""Made-up blocks for tests of the disk."""

from dure.core.block import Block, Header, compute_block_id
from dure.core.certificate import Certificate
from dure.core.types import NO_HASH, BlockId, ChainId, Height, Instant, PublicKey, Round
from dure.node.ports import StoredBlock


def build_stored(
    height: int, transactions: tuple[bytes, ...] = (), receipts: tuple[bytes, ...] = ()
) -> tuple[BlockId, StoredBlock]:
    header = Header(
        version=1,
        chain_id=ChainId(NO_HASH),
        height=Height(height),
        time=Instant(height),
        previous=BlockId(NO_HASH),
        transaction_root=NO_HASH,
        state_root=NO_HASH,
        receipt_root=NO_HASH,
        validators_root=NO_HASH,
        next_validators_root=NO_HASH,
        parameters_root=NO_HASH,
        proposer=PublicKey(bytes(32)),
        engine=b"",
    )
    certificate = Certificate(round=Round(0), seals=())
    return compute_block_id(header), StoredBlock(Block(header, transactions), certificate, receipts)
