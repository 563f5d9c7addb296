"""WebSockets of a chain that is not open: who may open one, and how one ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from dure.api.access.roles import Role
from dure.core.codec import decode, encode
from dure.core.types import Height
from dure.sdk.connection.frames import Answer, NodeFrame, Submit, Subscribe
from tests.unit.api.access.callers import Gate, show

PATHS = ["/v1/events?items=blocks", "/v1/stream"]


@contextlib.asynccontextmanager
async def opened_socket(
    gate: Gate, path: str, token: str | None, **options: Any
) -> AsyncIterator[ClientConnection]:
    gate.desk.settings = replace(gate.desk.settings, access_check_s=0.01)
    headers = {} if token is None else show(token)
    async with gate.desk.listen() as host, asyncio.timeout(60):
        options.setdefault("additional_headers", headers)
        async with connect(f"ws://{host}{path}", **options) as socket:
            yield socket


@pytest.mark.parametrize("path", PATHS)
def test_nobody_opens_a_socket_without_a_token(closed: Gate, path: str) -> None:
    async def main() -> int:
        with pytest.raises(InvalidStatus) as refused:
            async with opened_socket(closed, path, None):
                pass
        return refused.value.response.status_code

    assert asyncio.run(main()) == 401


@pytest.mark.parametrize("path", PATHS)
def test_a_cookie_opens_no_socket_for_another_sites_page(closed: Gate, path: str) -> None:
    token = closed.admit(Role.READER)
    cookie = {"cookie": f"dure_token={token}"}

    async def main(**options: Any) -> int:
        with pytest.raises(InvalidStatus) as refused:
            async with opened_socket(closed, path, None, additional_headers=cookie, **options):
                pass
        return refused.value.response.status_code

    assert asyncio.run(main()) == 401
    assert asyncio.run(main(origin="http://evil.example")) == 403


def test_this_nodes_page_opens_a_socket_by_its_cookie(closed: Gate) -> None:
    token = closed.admit(Role.READER)

    async def main() -> str:
        async with closed.desk.listen() as host, asyncio.timeout(60):
            headers = {"cookie": f"dure_token={token}"}
            url = f"ws://{host}/v1/events?items=blocks&from_height=0"
            async with connect(
                url, origin=Origin(f"http://{host}"), additional_headers=headers
            ) as socket:
                return str(await socket.recv())

    assert '"height":0' in asyncio.run(main())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_an_open_socket_ends_soon_after_its_caller_may_read_no_more(
    closed: Gate, path: str, how: str
) -> None:
    token = closed.admit(Role.READER, expires=closed.wall_ms + 1_000)

    async def main() -> ConnectionClosed:
        async with opened_socket(closed, path, token) as socket:
            if how == "revoked":
                closed.revoke(token)
            else:
                closed.wall_ms += 1_000
            with pytest.raises(ConnectionClosed) as ended:
                await socket.recv()
            return ended.value

    ended = asyncio.run(main())
    assert ended.rcvd is not None
    assert ended.rcvd.code == 1008
    assert ended.rcvd.reason.startswith("caller_unknown")


def test_a_reader_may_follow_the_stream_and_not_submit_on_it(closed: Gate) -> None:
    token = closed.admit(Role.READER)

    async def main() -> NodeFrame:
        async with opened_socket(closed, "/v1/stream", token) as socket:
            await socket.send(encode(Subscribe(Height(0))))
            assert await socket.recv()
            await socket.send(encode(Submit(1, (b"x", b"y"))))
            data = await socket.recv()
            assert isinstance(data, bytes)
            frame: NodeFrame = decode(NodeFrame, data)
            return frame

    answer = asyncio.run(main())
    assert isinstance(answer, Answer)
    assert [refusal and refusal[0] for refusal in answer.refusals] == ["role_missing"] * 2


def test_each_transaction_of_a_frame_counts(closed: Gate) -> None:
    # One for opening the socket, three for the frame, and then there is none left.
    token = closed.admit(Role.SUBMITTER, requests_per_second=0.01, requests_burst=5.0)

    async def main() -> list[set[str]]:
        seen = []
        async with opened_socket(closed, "/v1/stream", token) as socket:
            for number in (1, 2):
                await socket.send(encode(Submit(number, (b"x", b"y", b"z"))))
                data = await socket.recv()
                assert isinstance(data, bytes)
                answer = decode(NodeFrame, data)
                assert isinstance(answer, Answer)
                seen.append({refusal[0] for refusal in answer.refusals if refusal})
        return seen

    assert asyncio.run(main()) == [{"malformed_transaction"}, {"too_many_requests"}]
