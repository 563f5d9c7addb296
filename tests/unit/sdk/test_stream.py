"""The binary stream: frames of transactions out, checked blocks in; and the stream of events."""

import asyncio

import msgspec
import pytest
from msgspec import structs
from websockets.asyncio.server import ServerConnection, serve

from dure.chain.receipt import Record
from dure.core.block import Header, compute_envelope_id
from dure.core.certificate import Certificate
from dure.core.codec import decode, encode
from dure.core.errors import InvalidEncoding, InvalidProof, Unavailable
from dure.core.types import ChainId, Hash, Height, Round
from dure.core.validators import Validator, ValidatorSet, build_validator_set
from dure.sdk import InvalidAnswer, follow, open_stream
from dure.sdk.answers import BlockItem, EventItem, Item
from dure.sdk.connection.frames import Answer, BlockFrame, Retracted
from dure.sdk.connection.stream import BlockChecker
from dure.sdk.events import get_place
from tests.unit.api.solo_chain import ALICE, SoloChain
from tests.unit.sdk.town import open_town


def test_many_transactions_a_frame_come_back_in_checked_blocks() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            town.chain.send(town.chain.pay(1))
            signed = [town.chain.pay(2) for _ in range(50)]
            async with open_stream(town.url, client) as stream:
                await stream.subscribe(Height(1))
                envelopes = [each.envelope for each in signed]
                refusals = await stream.submit([*envelopes, envelopes[0], b"garbage"])
                codes = [None if each is None else each.code for each in refusals]
                assert codes == [None] * 50 + ["transaction_replayed", "malformed_transaction"]
                blocks = stream.blocks()
                assert (await anext(blocks)).header.height == 1
                block = await anext(blocks)
                done = {receipt.id for receipt in block.receipts}
                assert done == {each.transaction_id for each in signed}
                assert len(block.envelope_ids) == 50

    asyncio.run(story())


def test_several_frames_may_be_under_way_at_once() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            validators = town.chain.executor.head.validators
            async with open_stream(town.url, client, validators=validators) as stream:
                frames = [[town.chain.pay(2).envelope] for _ in range(20)]
                answers = await asyncio.gather(*(stream.submit(frame) for frame in frames))
                assert answers == [[None]] * 20

    asyncio.run(story())


def test_a_stream_that_cannot_be_opened_says_so() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            validators = town.chain.executor.head.validators
            with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
                async with open_stream("http://127.0.0.1:9", client, validators=validators):
                    pass

    asyncio.run(story())


def test_a_stream_that_the_node_ends_raises_at_every_reader() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            validators = town.chain.executor.head.validators
            async with open_stream(town.url, client, validators=validators) as stream:
                await stream._socket.send(b"garbage")
                with pytest.raises(Unavailable, match="closed the stream"):
                    await anext(stream.blocks())
                with pytest.raises(Unavailable, match="closed the stream"):
                    await stream.submit([town.chain.pay(1).envelope])

    asyncio.run(story())


def make_frame(chain: SoloChain) -> BlockFrame:
    stored = chain.send(chain.pay(1), chain.pay(2))
    return BlockFrame(
        header=encode(stored.block.header),
        certificate=encode(stored.certificate),
        envelope_ids=tuple(map(compute_envelope_id, stored.block.transactions)),
        receipts=tuple(encode(decode(Record, data).receipt) for data in stored.receipts),
    )


def change_header(frame: BlockFrame, **fields: object) -> bytes:
    return encode(structs.replace(decode(Header, frame.header), **fields))


def test_a_block_that_was_tampered_with_is_not_handed_out() -> None:
    chain = SoloChain()
    frame = make_frame(chain)
    checker = BlockChecker(chain.executor.chain_id, chain.executor.head.validators)
    assert len(checker.check(frame).receipts) == 2
    forgeries: dict[str, dict[str, object]] = {
        "chain": {"header": change_header(frame, chain_id=ChainId(bytes(32)))},
        "validators": {"header": change_header(frame, validators_root=Hash(bytes(32)))},
        "certificate": {"certificate": encode(Certificate(Round(1), ()))},
        "transaction root": {"envelope_ids": frame.envelope_ids[::-1]},
        "receipt root": {"receipts": frame.receipts[::-1]},
    }
    for check, fields in forgeries.items():
        with pytest.raises(InvalidProof) as caught:
            checker.check(structs.replace(frame, **fields))
        assert caught.value.facts["check"] == check


def test_the_validators_may_be_exchanged_on_the_way() -> None:
    chain, other = SoloChain(), build_validator_set([Validator(ALICE.keys[0].public, "new")])
    frame = make_frame(chain)
    checker = BlockChecker(chain.executor.chain_id, other)
    assert not checker.is_known(frame)
    checker.change_validators(chain.executor.head.validators)
    assert checker.is_known(frame)
    assert checker.check(frame).header.height == 1


class StandIn:
    """Says who decides, as a client would after proving it."""

    def __init__(self, chain: SoloChain) -> None:
        self.chain = chain
        self.asked = 0

    async def get_chain_id(self) -> ChainId:
        return self.chain.executor.chain_id

    async def read_validators(self) -> tuple[Height, ValidatorSet]:
        self.asked += 1
        return Height(1), self.chain.executor.head.validators


async def stream_from(chain: SoloChain, sent: bytes | str, validators: ValidatorSet) -> int:
    """Have a made-up node send one message; return how often the validators had to be asked for."""

    async def answer(socket: ServerConnection) -> None:
        await socket.send(sent)
        await socket.wait_closed()

    client = StandIn(chain)
    async with serve(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with open_stream(url, client, validators=validators) as stream:
            await anext(stream.blocks())
    return client.asked


def test_a_stream_learns_of_new_validators_by_itself() -> None:
    chain = SoloChain()
    frame = encode(make_frame(chain))
    others = build_validator_set([Validator(ALICE.keys[0].public, "before")])
    assert asyncio.run(stream_from(chain, frame, others)) == 1
    assert asyncio.run(stream_from(chain, frame, chain.executor.head.validators)) == 0


def test_a_node_that_breaks_the_stream_s_protocol_is_named() -> None:
    chain = SoloChain()
    frame = make_frame(chain)
    wrong: list[bytes | str] = ["text", encode(Retracted(frame.header)), b"\x00"]
    for sent in wrong:
        with pytest.raises((InvalidAnswer, InvalidEncoding)):
            asyncio.run(stream_from(chain, sent, chain.executor.head.validators))


def test_a_node_that_answers_for_too_few_transactions_is_not_believed() -> None:
    chain = SoloChain()

    async def answer(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(encode(Answer(1, ())))
        await socket.wait_closed()

    async def story() -> None:
        async with serve(answer, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with open_stream(url, StandIn(chain)) as stream:
                with pytest.raises(InvalidAnswer, match="for each envelope"):
                    await stream.submit([chain.pay(1).envelope])

    asyncio.run(story())


def test_events_are_followed_from_a_height_on_each_once() -> None:
    async def story() -> None:
        async with open_town() as town:
            for amount in (1, 2, 3):
                town.chain.send(town.chain.pay(amount))
            seen: list[Item] = []
            async for item in follow(town.url, from_height=2, name="transferred"):
                seen.append(item)
                if len(seen) == 4:
                    town.chain.send(town.chain.pay(4))
                if len(seen) == 6:
                    break
            kinds = [(type(item), item.height) for item in seen]
            pairs = [(BlockItem, EventItem)] * 3
            expected = [(k, height) for height, pair in enumerate(pairs, 2) for k in pair]
            assert kinds == expected
            places = [get_place(item) for item in seen]
            assert places == sorted(set(places))
            assert all(item.finality == "final" for item in seen)

    asyncio.run(story())


def test_following_takes_up_where_it_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    item = {
        "proposer": "",
        "type": "block",
        "index": 0,
        "block_id": "",
        "time": 0,
        "transactions": 0,
        "scheduled": 0,
        "finality": "final",
        "confirmations": 1,
    }

    async def story() -> None:
        asked: list[str] = []

        async def answer(socket: ServerConnection) -> None:
            assert socket.request is not None
            asked.append(socket.request.path)
            # Every connection ends after two blocks, the first of which is the resumed one.
            start = int(socket.request.path.partition("from_height=")[2])
            for height in (start, start + 1):
                await socket.send(msgspec.json.encode(item | {"height": height}).decode())

        monkeypatch.setattr("dure.sdk.events.RETRY_S", 0)
        async with serve(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            heights = []
            async for each in follow(f"http://127.0.0.1:{port}", from_height=5):
                heights.append(each.height)
                if len(heights) == 4:
                    break
        assert heights == [5, 6, 7, 8]
        assert [path.partition("from_height=")[2] for path in asked] == ["5", "6", "7"]

    asyncio.run(story())


def test_following_gives_up_where_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr("dure.sdk.events.RETRY_S", 0)
        with pytest.raises(Unavailable, match="does not stream"):
            async for _ in follow("http://127.0.0.1:9", from_height=0):
                pass

    asyncio.run(story())
