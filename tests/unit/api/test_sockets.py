"""The two streams over real WebSockets on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dure.chain.receipt import Receipt
from dure.core.address import encode_address
from dure.core.block import Header, compute_block_id, compute_envelope_id
from dure.core.certificate import Certificate
from dure.core.codec import decode, encode
from dure.core.errors import Unavailable
from dure.core.merkle import compute_root
from dure.core.types import Height
from dure.node.gateway import Finality, Notice
from dure.sdk.connection.frames import Answer, BlockFrame, NodeFrame, Submit, Subscribe
from tests.unit.api.serving import Desk, wait_until
from tests.unit.api.solo_chain import SoloChain, retract

Talk = Callable[[ClientConnection], Awaitable[None]]


def talk(desk: Desk, path: str, work: Talk, **options: Any) -> None:
    """Run `work` with a WebSocket to a path of the served API."""

    async def main() -> None:
        async with (
            desk.listen() as host,
            asyncio.timeout(30),
            connect(f"ws://{host}{path}", **options) as socket,
        ):
            await work(socket)

    asyncio.run(main())


def test_stored_blocks_and_new_ones_come_without_a_gap(desk: Desk) -> None:
    chain = desk.chain
    for amount in range(1, 6):
        chain.send(chain.pay(amount))

    async def work(socket: ClientConnection) -> None:
        heights = [json.loads(await socket.recv())["height"]]
        for amount in range(6, 12):
            chain.send(chain.pay(amount))
            heights.append(json.loads(await socket.recv())["height"])
        while heights[-1] < 11:
            heights.append(json.loads(await socket.recv())["height"])
        assert heights == list(range(3, 12))

    talk(desk, "/v1/events?from_height=3&items=blocks", work)


def test_a_reader_resumes_where_it_stopped(desk: Desk) -> None:
    chain = desk.chain
    seen: list[int] = []

    def read(start: int, count: int) -> None:
        async def work(socket: ClientConnection) -> None:
            seen.extend([json.loads(await socket.recv())["height"] for _ in range(count)])

        talk(desk, f"/v1/events?items=blocks&from_height={start}", work)

    for amount in range(1, 10):
        chain.send(chain.pay(amount))
    read(0, 4)
    chain.send(chain.pay(10))
    read(seen[-1] + 1, 7)
    assert seen == list(range(11))


def test_every_item_says_where_it_stands_and_how_sure_it_is(desk: Desk) -> None:
    book = desk.chain.deploy()
    desk.chain.send(desk.chain.sign(book.call("write", text="hello")))
    contract = encode_address(book.address)

    async def work(socket: ClientConnection) -> None:
        block, event = [json.loads(await socket.recv()) for _ in range(2)]
        assert (block["type"], event["type"]) == ("block", "event")
        for item in (block, event):
            assert (item["height"], item["finality"], item["confirmations"]) == (2, "final", 1)
            assert item["block_id"] == block["block_id"]
        assert event["event"]["fields"]["text"] == "hello"

    talk(desk, f"/v1/events?from_height=2&contract={contract}&name=Written", work)


class TurnsBack(SoloChain):
    def subscribe(self, from_height: Height) -> AsyncIterator[Notice]:
        async def notices() -> AsyncIterator[Notice]:
            async for notice in self.subscriptions.subscribe(from_height, self.load_block):
                yield notice
                yield retract(notice.stored)

        return notices()


def test_a_retracted_block_comes_again_as_retracted(desk: Desk) -> None:
    desk.chain = TurnsBack()
    desk.chain.send(desk.chain.pay(1))

    async def json_items(socket: ClientConnection) -> None:
        found = [json.loads(await socket.recv())["finality"] for _ in range(2)]
        assert found == ["final", "retracted"]

    talk(desk, "/v1/events?from_height=1&items=blocks", json_items)

    async def frames(socket: ClientConnection) -> None:
        await socket.send(encode(Subscribe(Height(1))))
        first = [await read_frame(socket) for _ in range(2)]
        assert isinstance(first[0], BlockFrame)
        assert not isinstance(first[1], BlockFrame | Answer)
        assert first[1].header == first[0].header

    talk(desk, "/v1/stream", frames)


class EndsSlowReaders(SoloChain):
    def subscribe(self, from_height: Height) -> AsyncIterator[Notice]:
        async def notices() -> AsyncIterator[Notice]:
            yield Notice(self.blocks[0], *final)
            raise Unavailable("the reader was too slow; resume from its height")

        final = (Finality.FINAL, 1)
        return notices()


def test_a_reader_whom_the_node_ends_is_told_why(desk: Desk) -> None:
    desk.chain = EndsSlowReaders()

    async def work(socket: ClientConnection) -> None:
        await socket.recv()
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        assert "too slow" in closed.value.rcvd.reason

    talk(desk, "/v1/events?from_height=0&items=blocks", work)


def test_a_reader_that_takes_nothing_is_ended_and_does_not_hold_the_chain(desk: Desk) -> None:
    chain = desk.chain
    book = chain.deploy()
    long = "x" * 3_000
    for _ in range(40):
        chain.send(*(chain.sign(*[book.call("write", text=long)] * 4) for _ in range(5)))
    desk.settings = replace(desk.settings, send_timeout_s=0.3)
    height = chain.executor.head.header.height

    async def work(socket: ClientConnection) -> None:
        # The client's own buffer is one message: the kernel's fill up, and then the node waits.
        await wait_until(lambda: bool(chain.subscriptions._readers))
        await wait_until(lambda: not chain.subscriptions._readers)
        chain.send(chain.pay(1))
        assert chain.executor.head.header.height == height + 1
        with pytest.raises(ConnectionClosed) as closed:
            await read_to_the_end(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        assert "resume" in closed.value.rcvd.reason

    talk(desk, "/v1/events?from_height=0", work, max_queue=1)


async def read_to_the_end(socket: ClientConnection) -> None:
    while True:
        await socket.recv()


async def read_frame(socket: ClientConnection) -> NodeFrame:
    data = await socket.recv()
    assert isinstance(data, bytes)
    frame: NodeFrame = decode(NodeFrame, data)
    return frame


def test_the_stream_answers_in_order_and_pushes_checkable_blocks(desk: Desk) -> None:
    chain = desk.chain
    good = [chain.pay(amount).envelope for amount in (1, 2)]

    async def work(socket: ClientConnection) -> None:
        await socket.send(encode(Subscribe(Height(1))))
        await socket.send(encode(Submit(7, (good[0], b"garbage", good[1], good[0]))))
        frames = [await read_frame(socket), await read_frame(socket)]
        answer = next(each for each in frames if isinstance(each, Answer))
        block = next(each for each in frames if isinstance(each, BlockFrame))
        assert answer.number == 7
        codes = [refusal and refusal[0] for refusal in answer.refusals]
        assert codes == [None, "malformed_transaction", None, "transaction_replayed"]
        header = decode(Header, block.header)
        assert block.envelope_ids == tuple(map(compute_envelope_id, good))
        assert compute_root(list(block.envelope_ids)) == header.transaction_root
        assert compute_root(list(block.receipts)) == header.receipt_root
        assert [decode(Receipt, each).status for each in block.receipts] == ["ok", "ok"]
        assert len(decode(Certificate, block.certificate).seals) == 1
        assert compute_block_id(header) == chain.executor.head.block_id

    talk(desk, "/v1/stream", work)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xc1",
        b"garbage",
        encode(["submit", 1]),
        encode(["submit", -1, []]),
        encode(["submit", 1, [], 1]),
        encode(["subscribe", 2**63]),
        encode(["unknown", 1, []]),
        encode(["submit", 1, [b""] * 5_000]),
        "text",
    ],
)
def test_a_bad_frame_ends_the_stream_with_a_reason(desk: Desk, frame: bytes | str) -> None:
    async def work(socket: ClientConnection) -> None:
        await socket.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007
        assert closed.value.rcvd.reason

    talk(desk, "/v1/stream", work)


def test_a_second_subscription_ends_the_stream(desk: Desk) -> None:
    async def work(socket: ClientConnection) -> None:
        for _ in range(2):
            await socket.send(encode(Subscribe(Height(1))))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert "one subscription" in closed.value.rcvd.reason

    talk(desk, "/v1/stream", work)


def test_a_frame_over_the_limit_never_reaches_the_node(desk: Desk) -> None:
    desk.settings = replace(desk.settings, frame_bytes_max=10_000)

    async def work(socket: ClientConnection) -> None:
        await socket.send(encode(Submit(1, (bytes(20_000),))))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009

    talk(desk, "/v1/stream", work)


def test_a_stream_over_its_allowance_is_refused_one_by_one(desk: Desk) -> None:
    desk.settings = replace(desk.settings, submissions_per_second=0.001, submissions_burst=2)
    envelopes = tuple(desk.chain.pay(amount).envelope for amount in (1, 2, 3))

    async def work(socket: ClientConnection) -> None:
        await socket.send(encode(Submit(1, envelopes)))
        answer = await read_frame(socket)
        assert isinstance(answer, Answer)
        codes = [refusal[0] for refusal in answer.refusals if refusal]
        assert codes == ["too_many_requests"] * 3
        await socket.send(encode(Submit(2, envelopes[:2])))
        assert await read_frame(socket) == Answer(2, (None, None))

    talk(desk, "/v1/stream", work)


@pytest.mark.parametrize("path", ["/v1/stream", "/v1/events"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_sockets_from_other_sites_are_refused(desk: Desk, path: str, origin: str) -> None:
    async def work(_socket: ClientConnection) -> None:
        raise AssertionError("the socket was opened")

    with pytest.raises(InvalidStatus) as refused:
        talk(desk, path, work, origin=origin)
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["error"]["code"] == "wrong_origin"


def test_sockets_by_another_name_are_refused(desk: Desk) -> None:
    async def work(_socket: ClientConnection) -> None:
        raise AssertionError("the socket was opened")

    async def main() -> None:
        async with desk.listen() as host:
            port = host.rpartition(":")[2]
            async with connect(f"ws://evil.example:{port}/v1/stream", host="127.0.0.1"):
                raise AssertionError("the socket was opened")

    with pytest.raises(InvalidStatus) as refused:
        asyncio.run(main())
    assert refused.value.response.status_code == 421


def test_too_many_sockets_are_refused(desk: Desk) -> None:
    desk.settings = replace(desk.settings, sockets_max=1)

    async def main() -> None:
        async with (
            desk.listen() as host,
            connect(f"ws://{host}/v1/stream"),
            connect(f"ws://{host}/v1/events"),
        ):
            raise AssertionError("the second socket was opened")

    with pytest.raises(InvalidStatus) as refused:
        asyncio.run(main())
    assert refused.value.response.status_code == 503


def test_a_bad_query_is_refused_before_the_socket_opens(desk: Desk) -> None:
    async def work(_socket: ClientConnection) -> None:
        raise AssertionError("the socket was opened")

    with pytest.raises(InvalidStatus) as refused:
        talk(desk, "/v1/events?from_height=x", work)
    assert refused.value.response.status_code == 400


def test_a_reader_that_leaves_is_forgotten(desk: Desk) -> None:
    async def main() -> None:
        async with desk.listen() as host, asyncio.timeout(20):
            async with connect(f"ws://{host}/v1/events?from_height=0") as socket:
                await socket.recv()
                await wait_until(lambda: bool(desk.chain.subscriptions._readers))
            await wait_until(lambda: not desk.chain.subscriptions._readers)

    asyncio.run(main())
