"""`/v1/stream`: many transactions a frame in, one frame a block out; for benches and busy clients.

A client may have one subscription. The next frame is read when the one before is answered, which is
all the flow control there is. A frame that is malformed or too large ends the stream.
"""

import asyncio
from typing import assert_never

from starlette.websockets import WebSocket

from dure.api.access.roles import Act
from dure.api.http.errors import InvalidRequest
from dure.api.service import Service
from dure.api.sockets.block_frames import BlockFrames
from dure.api.sockets.sending import Sender, close, run_until_one_ends
from dure.core.codec import decode, encode
from dure.core.errors import AccessDenied, InvalidTransaction, Unavailable
from dure.core.types import Height
from dure.index import open_subscription
from dure.sdk.connection.frames import Answer, ClientFrame, Submit, Subscribe


class Stream:
    """One client's stream."""

    def __init__(self, service: Service, frames: BlockFrames, socket: WebSocket) -> None:
        self._service = service
        self._frames = frames
        self._socket = socket
        self._sender = Sender(socket, service.settings.send_timeout_s)
        self._start: asyncio.Future[Height] = asyncio.get_running_loop().create_future()
        """Done when the client subscribes."""

    async def serve(self) -> None:
        """Answer frames until the client leaves, sends what it may not, or reads too slowly."""
        await self._socket.accept()
        watching = self._service.watch_access(self._socket)
        problem = await run_until_one_ends(self._read(), self._push(), watching)
        if problem is not None:
            await close(self._socket, problem, self._service.settings.send_timeout_s)

    async def _read(self) -> None:
        while (message := await self._socket.receive())["type"] != "websocket.disconnect":
            data = message.get("bytes")
            if data is None:
                raise InvalidRequest("this stream takes binary messages only")
            frame: ClientFrame = decode(
                ClientFrame,
                data,
                bytes_max=self._service.settings.frame_bytes_max,
            )
            match frame:
                case Submit():
                    await self._sender.send_bytes(encode(await self._submit(frame)))
                case Subscribe():
                    self._subscribe(frame)
                case _:
                    assert_never(frame)

    def _subscribe(self, frame: Subscribe) -> None:
        if self._start.done():
            raise InvalidRequest("a stream has one subscription")
        self._start.set_result(frame.from_height)

    async def _submit(self, frame: Submit) -> Answer:
        envelopes = list(frame.envelopes)
        if len(envelopes) > self._service.settings.frame_envelopes_max:
            limit = self._service.settings.frame_envelopes_max
            raise InvalidRequest(f"a frame carries at most {limit} transactions")
        try:
            self._service.access.authorize(self._socket, Act.SUBMIT)
            results = await self._service.submit(self._socket, envelopes)
        except (AccessDenied, Unavailable) as problem:
            refusal = (problem.code, problem.message)
            return Answer(number=frame.number, refusals=(refusal,) * len(envelopes))
        refusals = tuple(
            (result.code, result.message) if isinstance(result, InvalidTransaction) else None
            for result in results
        )
        return Answer(number=frame.number, refusals=refusals)

    async def _push(self) -> None:
        height = await self._start
        async with open_subscription(self._service.gateway, height) as notices:
            async for notice in notices:
                await self._sender.send_bytes(self._frames.get(notice))


async def serve_stream(service: Service, socket: WebSocket) -> None:
    """Serve one client."""
    await Stream(service, service.frames, socket).serve()
