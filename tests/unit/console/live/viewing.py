"""Pages of a test's own, and viewers of them with and without a network."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message
from websockets.asyncio.client import ClientConnection

from dure.console.language import choose_language
from dure.console.live import read_mark
from dure.console.settings import read_settings
from dure.console.site import Site
from dure.core.errors import NotFound
from dure.index import follow
from tests.unit.api.serving import Desk


class Shown:
    """Pages of the test's own, and how often each was rendered."""

    def __init__(self) -> None:
        self.rendered: Counter[str] = Counter()
        self.stopped = 0
        """How many of the next renderings never come to an end."""
        self.before_showing: Callable[[], Awaitable[None]] | None = None
        """What happens once, while a page is rendered."""

    async def show(self, site: Site, request: Request) -> Response:
        if self.stopped:
            self.stopped -= 1
            await asyncio.Event().wait()
        if self.before_showing is not None:
            happen, self.before_showing = self.before_showing, None
            await happen()
        head = await site.ask_index(lambda index: index.get_head())
        height = -1 if head is None else head[0]
        language, rows = choose_language(request), read_settings(request).rows
        self.rendered[language] += 1
        name = request.path_params["name"]
        if name == "slow":
            await asyncio.Event().wait()
        if name == "broken":
            raise NotFound("gone")
        return Response(
            f'<main><div class="x" id="head" data-refresh>{language} {rows} {height}'
            f'</div><p id="still" data-refresh>always</p></main>'
        )


def address(desk: Desk, page: str = "/shown/a", **other: str | int) -> str:
    mark = read_mark(desk.index)
    return "/live?" + urlencode({"page": page, "language": "en", "rows": 25, "mark": mark} | other)


@asynccontextmanager
async def following(desk: Desk) -> AsyncIterator[str]:
    """Serve the desk with an index that follows; yield `host:port`."""
    task = asyncio.create_task(follow(desk.chain, desk.index))
    try:
        async with asyncio.timeout(60), desk.listen() as host:
            yield host
            task.cancel()
            await asyncio.wait([task])
    finally:
        task.cancel()


async def read_until(socket: ClientConnection, words: str) -> str:
    async for message in socket:
        assert isinstance(message, str)
        if words in message:
            return message
    raise AssertionError(f"{words} never came")


async def drain(socket: ClientConnection) -> None:
    while True:
        await socket.recv()


class Viewer:
    """A WebSocket without a network, whose reader may take nothing."""

    def __init__(
        self,
        desk: Desk,
        *,
        is_stalled: bool = False,
        client: str = "127.0.0.1",
        **asked: str,
    ) -> None:
        self._desk = desk
        self._client = client
        self._asked = asked
        self._is_stalled = is_stalled
        self._connected = False
        self._gone = asyncio.Event()
        self.offered: list[Message] = []

    async def look(self) -> None:
        """Be served until the end."""
        path, _, query = address(self._desk, **self._asked).partition("?")
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"host", b"localhost")],
            "client": (self._client, 1),
        }
        assert self._desk.pages is not None
        await self._desk.pages(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        await self._gone.wait()
        return {"type": "websocket.disconnect", "code": 1001}

    async def _send(self, message: Message) -> None:
        self.offered.append(message)
        if self._is_stalled and message["type"] != "websocket.accept":
            await asyncio.Event().wait()

    def has(self, words: str) -> bool:
        """Say whether something with these words was sent."""
        return any(words in each.get("text", "") for each in self.offered)

    def leave(self) -> None:
        """Close the page."""
        self._gone.set()


def get_head(desk: Desk) -> tuple[int, bytes]:
    head = desk.chain.executor.head
    return (head.header.height, head.block_id)
