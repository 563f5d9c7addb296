"""Seals the blocks of a story as a solo validator would, so that each step has its proof file.

A proof of a story shows how a proof is made up and checked. It proves nothing of the world: the
validator's key comes from a name, and everybody may know it.
"""

from dure.chain.genesis.document import Genesis
from dure.chain.receipt import Kind, Record
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate, Seal, SealStatement, compute_seal_message
from dure.core.types import ChainId, Round
from dure.identity.keys import Key
from dure.proof.building import FinalBlock, build_scheduled_proof, build_transaction_proof
from dure.proof.file import render_proof
from dure.proof.json_form import Json

ONLY_ROUND = Round(0)


class Notary:
    """The one validator of a story's chain."""

    def __init__(self, genesis: Genesis, chain_id: ChainId, key: Key) -> None:
        self._genesis = genesis
        self._chain_id = chain_id
        self._key = key

    def seal(self, block: Block, records: tuple[Record, ...]) -> FinalBlock:
        """Return the block with its certificate; no story changes its chain's validators."""
        block_id = compute_block_id(block.header)
        statement = SealStatement(self._chain_id, block.header.height, ONLY_ROUND, block_id)
        signature = self._key.sign(compute_seal_message(statement))
        certificate = Certificate(ONLY_ROUND, (Seal(self._key.public, signature),))
        return FinalBlock(self._genesis, (), block, certificate, records)


def prove(final: FinalBlock, record: Record) -> dict[str, Json]:
    """Return the proof file of what a receipt of the block is for."""
    if record.receipt.kind is Kind.SCHEDULED:
        return render_proof(build_scheduled_proof(final, record.receipt.id))
    scheduled = sum(each.receipt.kind is Kind.SCHEDULED for each in final.records)
    index = final.receipt_index[Kind.TRANSACTION, record.receipt.id] - scheduled
    return render_proof(build_transaction_proof(final, index))
