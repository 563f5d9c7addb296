"""One hub renders what changed, once for all who look at the same page in the same language.

Rules
-----
1. A viewer gets whole parts of its page, never steps: whoever missed some gets the newest state, so
   nothing is queued for anybody and nothing is lost. A page says which blocks it knew (its mark);
   where those are no longer the newest, the viewer gets every part at once.
2. A viewer that takes nothing for `SEND_TIMEOUT_S` is ended and may come back. The node and the
   other viewers never wait for it.
3. What is rendered is what the index holds: a page is rendered again when the index has moved, at
   most once in `REST_S`, and every `HEARTBEAT_S` for what moves without blocks.
4. While nobody looks, nothing is rendered.
5. Pages are rendered for nobody in particular: nothing of a caller reaches another one.
6. A page that takes longer than `RENDER_TIMEOUT_S` is given up and rests, for `SLOW_REST_S` and
   then twice as long each time, up to `SLOW_REST_MAX_S`; it is tried after all others. So no page
   holds up another one's viewers for longer than that, and a machine that stopped for a moment
   soon goes on.
7. One client's address has a share of the different pages, `SHARE_MAX`, besides those that others
   look at anyway.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Annotated, Final

import structlog
from markupsafe import escape
from msgspec import Meta
from starlette.websockets import WebSocket

from dure.api.access.roles import Act
from dure.api.http.access import get_client
from dure.api.http.errors import TooManyRequests
from dure.api.http.guard import describe_problem
from dure.api.routes.operation import Parameters, read_query
from dure.api.sockets.sending import Sender, close, run_until_one_ends
from dure.console.live.pages import PAGE_LENGTH_MAX, Key, LivePages
from dure.console.site import Site
from dure.core.block import compute_block_id
from dure.core.errors import Unavailable
from dure.core.types import Height
from dure.index import Index, open_subscription

PAGES_MAX: Final = 64
"""Different pages that are kept up at a time."""
SHARE_MAX: Final = 16
"""Of these, how many one client's address looks at before it may begin no further one."""
RENDER_TIMEOUT_S: Final = 2.0
SLOW_REST_S: Final = 1.0
SLOW_REST_MAX_S: Final = 30.0
REST_S: Final = 1.0
HEARTBEAT_S: Final = 5.0
LAG_S: Final = 0.05
"""How soon the index is asked again whether it has the newest block …"""
LAGS_MAX: Final = 20
"""… and how often until what it has is shown."""
SEND_TIMEOUT_S: Final = 10.0
ACCESS_CHECK_S: Final = 1.0
RESUBSCRIBE_S: Final = 0.5
MARK_LENGTH: Final = 16

_log = structlog.get_logger(__name__)


class LiveQuery(Parameters, frozen=True):
    """Which page a viewer looks at, and what it knows."""

    page: Annotated[str, Meta(max_length=PAGE_LENGTH_MAX)]
    language: Annotated[str, Meta(max_length=8)]
    rows: Annotated[int, Meta(ge=1, le=1_000)]
    mark: Annotated[str, Meta(max_length=MARK_LENGTH)]


def read_mark(index: Index) -> str:
    """Return which blocks the index has, as a word that changes with every block."""
    head = index.get_head()
    return "" if head is None else head[1].hex()[:MARK_LENGTH]


class _Topic:
    """A page in a language: its parts, and since when each is as it is."""

    def __init__(self) -> None:
        self.viewers: Counter[str] = Counter()
        """How many look from each client's address."""
        self.turn_to_render = asyncio.Lock()
        self.is_tried = False
        """Whether it was rendered, or that failed, at least once."""
        self.given_up = 0
        """How many of its last renderings in a row were given up."""
        self.rests_until = 0.0
        """By the event loop's clock."""
        self.mark: str | None = None
        """What the index had while the parts were rendered; None before, and where it moved."""
        self.turn = 0
        """Counts renderings that changed something."""
        self.moved = asyncio.Event()
        self._parts: dict[str, tuple[str, int]] = {}
        """By id: the markup, and the turn in which it changed."""
        self._texts: dict[int, str] = {}

    def take(self, parts: dict[str, str], mark: str | None) -> None:
        """Note what was rendered, and wake the viewers where something is new."""
        self.mark = mark
        changed = {
            name: text for name, text in parts.items() if self._parts.get(name, ("", 0))[0] != text
        }
        if not changed:
            return
        self.turn += 1
        self._parts |= {name: (text, self.turn) for name, text in changed.items()}
        self._texts.clear()
        self.moved.set()
        self.moved = asyncio.Event()

    def write(self, seen: int) -> str:
        """Return the message for somebody who has seen the parts up to a turn."""
        if seen not in self._texts:
            self._texts[seen] = "".join(
                f'<hx-partial hx-target="#{escape(name)}" hx-swap="innerMorph">{text}</hx-partial>'
                for name, (text, turn) in self._parts.items()
                if turn > seen
            )
        return self._texts[seen]


class Hub:
    """All viewers of one node's pages."""

    def __init__(self, site: Site, pages: LivePages) -> None:
        self._site = site
        self._pages = pages
        self._topics: dict[Key, _Topic] = {}
        self._notified = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def serve(self, socket: WebSocket) -> None:
        """Keep one viewer's page up until it leaves or is too slow."""
        self._site.access.authorize(socket, Act.READ)
        query = read_query(socket, LiveQuery)
        key = (query.page, query.language, query.rows)
        self._pages.validate(key)
        client = get_client(socket)
        topic = self._join(key, client)
        try:
            await socket.accept()
            problem = await run_until_one_ends(
                _wait_for_leave(socket),
                self._push(Sender(socket, SEND_TIMEOUT_S), key, topic, query.mark),
                self._watch_access(socket),
            )
        finally:
            self._leave(key, topic, client)
        if problem is not None:
            await close(socket, problem, SEND_TIMEOUT_S)

    def _join(self, key: Key, client: str) -> _Topic:
        topic = self._topics.get(key)
        if topic is None:
            if len(self._topics) >= PAGES_MAX:
                raise Unavailable("too many different pages are looked at; this one stays as it is")
            if sum(client in each.viewers for each in self._topics.values()) >= SHARE_MAX:
                raise TooManyRequests("you look at too many pages; this one stays as it is")
            topic = self._topics[key] = _Topic()
        topic.viewers[client] += 1
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return topic

    def _leave(self, key: Key, topic: _Topic, client: str) -> None:
        topic.viewers[client] -= 1
        if not topic.viewers[client]:
            del topic.viewers[client]
        if not topic.viewers:
            del self._topics[key]
        if not self._topics and self._running is not None:
            self._running.cancel()
            self._running = None

    async def _push(self, sender: Sender, key: Key, topic: _Topic, mark: str) -> None:
        """Send what the viewer's page lacks, then whatever changes."""
        async with topic.turn_to_render:
            if not topic.is_tried:
                await self._render(key, topic)
        seen = topic.turn if topic.mark == mark else 0
        while True:
            if seen < topic.turn:
                text, seen = topic.write(seen), topic.turn
                await sender.send_text(text)
            else:
                await topic.moved.wait()

    async def _watch_access(self, socket: WebSocket) -> None:
        while True:
            await asyncio.sleep(ACCESS_CHECK_S)
            self._site.access.recheck(socket, Act.READ)

    # Rendering

    async def _run(self) -> None:
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_S):
                        await self._notified.wait()
                self._notified.clear()
                try:
                    await self._wait_for_index()
                except Exception as problem:  # the outer edge: a database may refuse for a while
                    _log.warning("live.waits", code=describe_problem(problem).code)
                await self._render_all()
                await asyncio.sleep(REST_S)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        """Note each block at once, so that the node never waits."""
        gateway = self._site.gateway
        while True:
            following = Height(gateway.executor.head.header.height + 1)
            try:
                async with open_subscription(gateway, following) as notices:
                    async for _ in notices:
                        self._notified.set()
            except Unavailable:
                pass  # it was too slow, and goes on from the newest block
            except Exception as problem:  # the outer edge: the pages go on with the heartbeat
                _log.warning("live.hears_nothing", code=describe_problem(problem).code)
            await asyncio.sleep(RESUBSCRIBE_S)

    async def _wait_for_index(self) -> None:
        """Return when the index has the newest block, or after a rest; then it is asked again."""
        for _ in range(LAGS_MAX):
            if await self._site.ask_index(read_mark) == self._read_newest():
                return
            await asyncio.sleep(LAG_S)
        self._notified.set()

    def _read_newest(self) -> str:
        return compute_block_id(self._site.gateway.executor.head.header).hex()[:MARK_LENGTH]

    async def _render_all(self) -> None:
        """Render one after the other; those that were slow last, and together."""
        now = asyncio.get_running_loop().time()
        due = [each for each in self._topics.items() if each[1].rests_until <= now]
        slow = [each for each in due if each[1].given_up]
        for key, topic in due:
            # A page that is being rendered for its first viewer is not waited for.
            if not topic.given_up and not topic.turn_to_render.locked():
                async with topic.turn_to_render:
                    await self._render(key, topic)
        await asyncio.gather(*(self._render(key, topic) for key, topic in slow))

    async def _render(self, key: Key, topic: _Topic) -> None:
        """Render a page; one that cannot be rendered stays as it is."""
        topic.is_tried = True
        try:
            async with asyncio.timeout(RENDER_TIMEOUT_S):
                mark = await self._site.ask_index(read_mark)
                parts = await self._pages.render(self._site, key)
                # Where a block came meanwhile, nobody knows which parts have it and which have not.
                stood = mark == await self._site.ask_index(read_mark)
                topic.take(parts, mark if stood else None)
            topic.given_up = 0
        except TimeoutError:
            rest = min(SLOW_REST_S * 2**topic.given_up, SLOW_REST_MAX_S)
            topic.given_up += 1
            topic.rests_until = asyncio.get_running_loop().time() + rest
            _log.warning("live.too_slow", page=key[0])
        except Exception as problem:  # the outer edge: one page's mistake is not the others'
            _log.debug("live.not_rendered", page=key[0], code=describe_problem(problem).code)


async def _wait_for_leave(socket: WebSocket) -> None:
    """Return when the viewer has left; what it says is of no interest."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
