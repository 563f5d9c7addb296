"""Whole blocks, for whoever executes a chain again."""

from dure.core.block import Block
from dure.core.codec import decode
from tests.unit.api.serving import Desk


def test_a_block_is_given_as_it_was_voted_on(desk: Desk) -> None:
    signed = desk.chain.pay(250)
    desk.run(
        lambda client: client.post("/v1/transactions", json={"envelope": signed.envelope.hex()})
    )
    answer = desk.run(lambda client: client.get("/v1/blocks/1/bytes"))
    assert answer.headers["content-type"] == "application/octet-stream"
    block = decode(Block, answer.content)
    assert block == desk.chain.blocks[1].block
    assert block.transactions == (signed.envelope,)


def test_a_block_that_there_is_not_has_no_bytes(desk: Desk) -> None:
    assert desk.get("/v1/blocks/7/bytes", 404)["error"]["code"] == "not_found"
