"""Pages that go on: everybody gets what changed, nobody waits for anybody, nothing is lost."""

import asyncio
from functools import partial

import pytest
from websockets.asyncio.client import connect

from dure.console.live import hub, read_mark
from dure.console.live.pages import find_parts
from dure.index import open_subscription
from tests.unit.api.serving import Desk, wait_until
from tests.unit.console.live.viewing import (
    Shown,
    Viewer,
    address,
    following,
    get_head,
    read_until,
)


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
            await wait_until(lambda: desk.index.get_head() == get_head(desk))
            assert shown.rendered.total() == before

    asyncio.run(main())


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
        await wait_until(lambda: desk.index.get_head() == get_head(desk))

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
