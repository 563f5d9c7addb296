"""Sending to a WebSocket whose reader may be slow, or gone.

Nothing is queued here: a push waits until the reader has taken the one before, the node's own
bounded subscription is the only queue, and a reader that takes nothing for the send timeout is
ended. It is told from which height to resume.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from dure.api.http.errors import InvalidRequest, ReaderTooSlow
from dure.api.http.guard import describe_problem
from dure.core.errors import AccessDenied, DureError, InvalidEncoding, Unavailable

CLOSE_BAD_MESSAGE: Final = 1007
CLOSE_REFUSED: Final = 1008
CLOSE_FAILED: Final = 1011
CLOSE_TRY_LATER: Final = 1013

REASON_BYTES_MAX: Final = 120
"""RFC 6455 section 5.5 leaves 123 bytes."""


class Sender:
    """The sending half of one WebSocket; several tasks may use it."""

    def __init__(self, socket: WebSocket, timeout_s: float) -> None:
        self._socket = socket
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()

    async def send_text(self, text: str) -> None:
        """Send text; raise `ReaderTooSlow`."""
        await self._send({"type": "websocket.send", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes; raise `ReaderTooSlow`."""
        await self._send({"type": "websocket.send", "bytes": data})

    async def _send(self, message: Message) -> None:
        try:
            async with asyncio.timeout(self._timeout_s), self._turn:
                await self._socket.send(message)
            # Sending does not wait where the reader keeps up; others get a turn between two items.
            await asyncio.sleep(0)
        except TimeoutError:
            raise ReaderTooSlow("too slow: resume from the last height that you have") from None


async def run_until_one_ends(*parts: Coroutine[Any, Any, None]) -> DureError | None:
    """Run the parts of a stream; return what ended it, None where the client just left."""
    tasks = {asyncio.create_task(part) for part in parts}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    problems = [problem for task in done if (problem := task.exception()) is not None]
    ours = [each for each in problems if not isinstance(each, WebSocketDisconnect)]
    if not ours or len(ours) < len(problems):
        return None
    assert isinstance(ours[0], Exception), "tasks that were not cancelled end with exceptions"
    return describe_problem(ours[0])


async def close(socket: WebSocket, problem: DureError, timeout_s: float) -> None:
    """End a stream with the error's code and message as the reason.

    A reader that is gone is no matter.
    """
    text = f"{problem.code}: {problem.message}"
    reason = text.encode()[:REASON_BYTES_MAX].decode(errors="ignore")
    try:
        async with asyncio.timeout(timeout_s):
            await socket.close(_choose_close_code(problem), reason)
    except (TimeoutError, WebSocketDisconnect, RuntimeError):
        return


def _choose_close_code(problem: DureError) -> int:
    match problem:
        case Unavailable():
            return CLOSE_TRY_LATER
        case AccessDenied():
            return CLOSE_REFUSED
        case InvalidEncoding() | InvalidRequest():
            return CLOSE_BAD_MESSAGE
        case _:
            return CLOSE_FAILED
