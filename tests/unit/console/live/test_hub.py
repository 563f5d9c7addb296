"""Pages that go on: everybody gets what changed, nobody waits for anybody, nothing is lost."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from dure.api.access.roles import Role
from dure.api.http.errors import InvalidRequest
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.console import app, build_pages
from dure.console.language import choose_language
from dure.console.live import hub, read_mark
from dure.console.live.pages import LivePages, find_parts
from dure.console.pages import PAGES
from dure.console.rendering import FRAME_PAGE
from dure.console.settings import read_settings
from dure.console.site import Page, Site
from dure.core.errors import NotFound
from dure.index import follow, open_subscription
from tests.unit.api import solo_chain
from tests.unit.api.access.callers import Gate
from tests.unit.api.serving import Desk, wait_until


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


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    made = Shown()
    pages = (Page("/shown/{name}", made.show), Page("/file/{name}", made.show, is_live=False))
    monkeypatch.setattr(app, "PAGES", pages)
    monkeypatch.setattr(hub, "REST_S", 0.01)
    monkeypatch.setattr(hub, "HEARTBEAT_S", 0.05)
    return made


@pytest.fixture
def desk(tmp_path: Path, shown: Shown) -> Desk:
    made = Desk(tmp_path)
    made.pages = build_pages(made.chain, made.index)
    return made


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


def test_parts_are_found_with_what_lies_inside_them() -> None:
    page = (
        '<div><div data-refresh id="one" class="a"><div>x</div><b id="b">y</b></div>'
        '<section id="two" class="card" data-refresh>z</section><p id="three">w</p></div>'
    )
    assert find_parts(page) == {"one": '<div>x</div><b id="b">y</b>', "two": "z"}


def test_a_viewer_gets_what_changed_and_only_that(desk: Desk) -> None:
    async def main() -> None:
        async with following(desk) as host:
            await wait_until(lambda: desk.index.get_head() is not None)
            async with connect(f"ws://{host}{address(desk)}") as socket:
                desk.chain.send(desk.chain.pay(1))
                message = await read_until(socket, "en 25 1")
        assert message == (
            '<hx-partial hx-target="#head" hx-swap="innerMorph">en 25 1</hx-partial>'
        )

    asyncio.run(main())


def test_what_came_between_rendering_and_connecting_is_sent_at_once(desk: Desk) -> None:
    async def main() -> None:
        async with following(desk) as host:
            await wait_until(lambda: desk.index.get_head() is not None)
            old = address(desk)
            desk.chain.send(desk.chain.pay(1))
            await wait_until(lambda: read_mark(desk.index) not in old)
            async with connect(f"ws://{host}{old}") as socket:
                message = await read_until(socket, "en 25 1")
        assert 'hx-target="#still"' in message

    asyncio.run(main())


def test_a_page_is_rendered_once_for_all_its_viewers(
    desk: Desk, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "HEARTBEAT_S", 600)

    async def main() -> None:
        async with following(desk) as host:
            await wait_until(lambda: desk.index.get_head() is not None)
            urls = [f"ws://{host}{address(desk, language=name)}" for name in ("en", "ko")] * 20
            sockets = [await connect(url) for url in urls]
            await wait_until(lambda: min(shown.rendered["en"], shown.rendered["ko"]) > 0)
            before = shown.rendered.total()
            desk.chain.send(desk.chain.pay(1))
            words = [f"{name} 25 1" for name in ("en", "ko")] * 20
            await asyncio.gather(*map(read_until, sockets, words))
            # Two of the block, and two where the index had it later than the node: none a viewer.
            assert shown.rendered.total() - before in (2, 4)
            await asyncio.gather(*(socket.close() for socket in sockets))

    asyncio.run(main())


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


def test_a_viewer_that_takes_nothing_is_ended_and_nobody_waits_for_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "SEND_TIMEOUT_S", 0.2)

    async def main() -> None:
        async with following(desk):
            await wait_until(lambda: desk.index.get_head() is not None)
            slow, quick = Viewer(desk, is_stalled=True), Viewer(desk)
            ending, going = asyncio.create_task(slow.look()), asyncio.create_task(quick.look())
            for amount in range(1, 6):
                desk.chain.send(desk.chain.pay(amount))
                await wait_until(partial(quick.has, f"en 25 {amount}"))
            await ending
            # One part was offered and never taken; then it was told that it is too slow.
            sent = [each["type"] for each in slow.offered]
            assert sent == ["websocket.accept", "websocket.send", "websocket.close"]
            assert slow.offered[-1]["code"] == 1013
            assert "reader_too_slow" in slow.offered[-1]["reason"]
            assert not going.done()
            quick.leave()
            await going

    asyncio.run(main())


def test_nothing_is_rendered_while_nobody_looks(desk: Desk, shown: Shown) -> None:
    async def main() -> None:
        async with following(desk) as host:
            await wait_until(lambda: desk.index.get_head() is not None)
            async with connect(f"ws://{host}{address(desk)}"):
                await wait_until(lambda: shown.rendered.total() > 1)
                assert desk.chain.subscriptions._readers
            readers = desk.chain.subscriptions._readers
            await wait_until(lambda: len(readers) == 1)  # the index alone
            before = shown.rendered.total()
            desk.chain.send(desk.chain.pay(1))
            await wait_until(lambda: desk.index.get_head() == _head(desk))
            assert shown.rendered.total() == before

    asyncio.run(main())


def _head(desk: Desk) -> tuple[int, bytes]:
    head = desk.chain.executor.head
    return (head.header.height, head.block_id)


def test_a_page_that_cannot_be_rendered_stays_and_harms_no_other(desk: Desk) -> None:
    async def main() -> None:
        async with following(desk) as host:
            await wait_until(lambda: desk.index.get_head() is not None)
            async with (
                connect(f"ws://{host}{address(desk, '/shown/broken')}"),
                connect(f"ws://{host}{address(desk)}") as socket,
            ):
                desk.chain.send(desk.chain.pay(1))
                await read_until(socket, "en 25 1")

    asyncio.run(main())


def test_a_page_that_takes_too_long_is_given_up_and_holds_up_nobody(
    desk: Desk, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "RENDER_TIMEOUT_S", 0.5)
    monkeypatch.setattr(hub, "SLOW_REST_S", 600.0)
    monkeypatch.setattr(hub, "SLOW_REST_MAX_S", 600.0)

    async def main() -> None:
        async with following(desk) as host:
            await wait_until(lambda: desk.index.get_head() is not None)
            async with (
                connect(f"ws://{host}{address(desk, '/shown/slow', language='ko')}"),
                connect(f"ws://{host}{address(desk)}") as socket,
            ):
                await wait_until(lambda: shown.rendered["ko"] > 0)
                for amount in range(1, 4):
                    desk.chain.send(desk.chain.pay(amount))
                    await read_until(socket, f"en 25 {amount}")
                before = shown.rendered["en"]
                await wait_until(lambda: shown.rendered["en"] > before + 20)
        assert shown.rendered["ko"] == 1, "it rests"

    asyncio.run(main())


def test_a_page_that_was_slow_once_is_soon_tried_again(
    desk: Desk, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that stops for a moment leaves no page behind."""
    monkeypatch.setattr(hub, "RENDER_TIMEOUT_S", 0.5)
    monkeypatch.setattr(hub, "SLOW_REST_S", 0.01)

    async def main() -> None:
        async with following(desk) as host:
            await wait_until(lambda: desk.index.get_head() is not None)
            async with connect(f"ws://{host}{address(desk)}") as socket:
                await wait_until(lambda: shown.rendered["en"] > 0)
                shown.stopped = 3
                desk.chain.send(desk.chain.pay(1))
                await read_until(socket, "en 25 1")
        assert shown.stopped == 0

    asyncio.run(main())


def test_a_block_that_comes_while_the_page_is_rendered_reaches_everybody(
    desk: Desk, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is rendered then is newer than what the index had before."""
    monkeypatch.setattr(hub, "HEARTBEAT_S", 600.0)
    monkeypatch.setattr(hub, "REST_S", 600.0)

    async def make_block() -> None:
        desk.chain.send(desk.chain.pay(1))
        await wait_until(lambda: desk.index.get_head() == _head(desk))

    async def main() -> None:
        async with following(desk):
            await wait_until(lambda: desk.index.get_head() is not None)
            shown.before_showing = make_block
            viewer = Viewer(desk)
            looking = asyncio.create_task(viewer.look())
            await wait_until(lambda: viewer.has("en 25 1"))
            viewer.leave()
            await looking

    asyncio.run(main())


def test_many_who_come_at_once_share_the_first_rendering(
    desk: Desk, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "HEARTBEAT_S", 60.0)

    async def main() -> None:
        async with following(desk):
            await wait_until(lambda: desk.index.get_head() is not None)
            viewers = [Viewer(desk, mark="old") for _ in range(50)]
            looking = [asyncio.create_task(each.look()) for each in viewers]
            await wait_until(lambda: all(each.has("en 25 ") for each in viewers))
            for each in viewers:
                each.leave()
            await asyncio.gather(*looking)

    asyncio.run(main())
    assert shown.rendered.total() < 10


def test_hearing_of_blocks_fails_and_the_pages_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = []

    def refuse_once(*arguments: object) -> object:
        failed.append(arguments)
        if len(failed) == 1:
            raise RuntimeError("the disk is full")
        return open_subscription(*arguments)  # type: ignore[arg-type]  # passed on as they come

    monkeypatch.setattr(hub, "open_subscription", refuse_once)
    monkeypatch.setattr(hub, "RESUBSCRIBE_S", 0.01)

    async def main() -> None:
        async with following(desk) as host:
            await wait_until(lambda: desk.index.get_head() is not None)
            async with connect(f"ws://{host}{address(desk)}"):
                await wait_until(lambda: len(failed) > 1)

    asyncio.run(main())


def refuse(desk: Desk, path: str, **options: Origin) -> tuple[int, str]:
    async def main() -> InvalidStatus:
        async with desk.listen() as host:
            with pytest.raises(InvalidStatus) as refused:
                async with connect(
                    f"ws://{host}{path}",
                    **options,  # type: ignore[arg-type]  # passed on as they come
                ):
                    pass
            return refused.value

    response = asyncio.run(main()).response
    return response.status_code, json.loads(response.body or b"{}")["error"]["code"]


@pytest.mark.parametrize(
    ("other", "answer"),
    [
        ({"page": "/nonsense"}, (404, "not_found")),
        ({"page": "/file/a"}, (400, "invalid_request")),
        ({"page": "http://evil.example/"}, (400, "invalid_request")),
        ({"page": "/shown/é"}, (400, "invalid_request")),
        ({"page": "/" + "x" * 3_000}, (400, "invalid_request")),
        ({"language": "xx"}, (400, "invalid_request")),
        ({"rows": 7}, (400, "invalid_request")),
        ({"mark": "x" * 99}, (400, "invalid_request")),
    ],
)
def test_what_is_no_page_is_refused(
    desk: Desk, other: dict[str, str | int], answer: tuple[int, str]
) -> None:
    page = str(other.pop("page", "/shown/a"))
    assert refuse(desk, address(desk, page, **other)) == answer


def test_another_sites_page_is_refused(desk: Desk) -> None:
    answer = refuse(desk, address(desk), origin=Origin("http://evil.example"))
    assert answer == (403, "wrong_origin")


def test_pages_at_a_time_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "PAGES_MAX", 1)

    async def main() -> int:
        async with desk.listen() as host, connect(f"ws://{host}{address(desk)}"):
            async with connect(f"ws://{host}{address(desk)}"):
                pass
            with pytest.raises(InvalidStatus) as refused:
                async with connect(f"ws://{host}{address(desk, '/shown/b')}"):
                    pass
            return refused.value.response.status_code

    assert asyncio.run(main()) == 503


def test_one_address_has_a_share_of_the_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "SHARE_MAX", 1)

    async def main() -> None:
        other = Viewer(desk, client="192.0.2.1", page="/shown/b")
        looking = asyncio.create_task(other.look())
        await wait_until(lambda: bool(other.offered))
        async with desk.listen() as host, connect(f"ws://{host}{address(desk)}"):
            with pytest.raises(InvalidStatus) as refused:
                async with connect(f"ws://{host}{address(desk, '/shown/c')}"):
                    pass
            assert refused.value.response.status_code == 429
            async with connect(f"ws://{host}{address(desk, '/shown/b')}"):
                pass  # somebody looks at it anyway
        other.leave()
        await looking

    asyncio.run(main())


@pytest.mark.parametrize(
    "page",
    [
        f"/transactions/{'0' * 64}/trace",
        f"/scheduled/{'0' * 64}/trace",
        "/apps/flight-delay/stories/x",
        "/apps/flight-delay/stories/x/record.json",
        "/apps/flight-delay/stories/x/proofs/1.json",
        "/proof/page.html",
        "/wallet/code.svg",
        "/signing/standing.json",
    ],
)
def test_what_costs_much_or_is_a_file_does_not_go_on(page: str) -> None:
    with pytest.raises(InvalidRequest, match="by itself"):
        LivePages(PAGES).validate((page, "en", 25))
    LivePages(PAGES).validate((FRAME_PAGE, "en", 25))


def test_viewers_count_among_the_sockets_of_the_node(desk: Desk) -> None:
    desk.settings = replace(desk.settings, sockets_max=0)
    assert refuse(desk, address(desk))[0] == 503


def test_who_may_not_read_any_more_is_ended(
    tmp_path: Path, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = msgspec.structs.replace(DEFAULT_PARAMETERS, open_reading=False)
    monkeypatch.setattr(solo_chain, "DEFAULT_PARAMETERS", parameters)
    monkeypatch.setattr(hub, "ACCESS_CHECK_S", 0.01)
    gate = Gate(Desk(tmp_path))
    gate.desk.pages = build_pages(gate.desk.chain, gate.desk.index, (), gate.desk.access)
    assert refuse(gate.desk, address(gate.desk)) == (401, "caller_unknown")
    gate.desk.__post_init__()
    gate.desk.pages = build_pages(gate.desk.chain, gate.desk.index, (), gate.desk.access)
    token = gate.admit(Role.READER)

    async def main() -> ConnectionClosed:
        async with gate.desk.listen() as host, asyncio.timeout(60):
            headers = {"authorization": f"Bearer {token}"}
            url = f"ws://{host}{address(gate.desk)}"
            async with connect(url, additional_headers=headers) as socket:
                gate.revoke(token)
                with pytest.raises(ConnectionClosed) as ended:
                    await drain(socket)
                return ended.value

    ended = asyncio.run(main())
    assert ended.rcvd is not None
    assert ended.rcvd.code == 1008
