"""What the hub refuses by name: no pages, other sites, too many, and who may not read."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from dure.api.access.roles import Role
from dure.api.http.errors import InvalidRequest
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.console import build_pages
from dure.console.live import hub
from dure.console.live.pages import LivePages
from dure.console.pages import PAGES
from dure.console.rendering import FRAME_PAGE
from tests.unit.api import solo_chain
from tests.unit.api.access.callers import Gate
from tests.unit.api.serving import Desk, wait_until
from tests.unit.console.live.viewing import (
    Shown,
    Viewer,
    address,
    drain,
)


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
