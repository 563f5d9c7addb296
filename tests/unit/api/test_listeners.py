"""Who listens on loopback has both of its addresses, and nobody else the other one."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from dure.api import bind_public
from dure.api.listeners import Listeners
from dure.apps.chain_id.commands import serve_until_stopped
from dure.cli.network.founding import find_port
from dure.cli.network.hosting.console import run_console
from dure.core.errors import ConfigurationError
from tests.unit.api.serving import Desk

real_create_server = socket.create_server


def has_both() -> bool:
    try:
        with real_create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_both = pytest.mark.skipif(not has_both(), reason="this host has no ::1")


@pytest.fixture
def stranger() -> Iterator[int]:
    """Somebody who listens at ::1 alone; the port."""
    with real_create_server(("::1", 0), family=socket.AF_INET6) as listening:
        yield int(listening.getsockname()[1])


def close(listeners: Listeners) -> list[tuple[str, int]]:
    """Close them; return where they were."""
    places = [listener.getsockname()[:2] for listener in listeners]
    for listener in listeners:
        listener.close()
    return places


def refuse_v6(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """Have the system refuse ::1 with these errors in turn, and then no more."""
    left = list(numbers)

    def create(address: tuple[str, int], *, family: int, backlog: int) -> socket.socket:
        if family == socket.AF_INET6 and left:
            raise OSError(left.pop(0), "no")
        return real_create_server(address, family=family, backlog=backlog)

    monkeypatch.setattr(socket, "create_server", create)


@needs_both
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "Localhost"])
def test_a_listener_on_loopback_has_both_addresses(host: str) -> None:
    first, second = close(bind_public(host, 0))
    assert (first[0], second) == ("127.0.0.1", ("::1", first[1]))


def test_another_address_is_listened_on_alone() -> None:
    assert [host for host, _ in close(bind_public("127.0.0.2", 0))] == ["127.0.0.2"]


@needs_both
def test_a_stranger_at_the_other_address_stops_the_start(stranger: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"listen on \[::1\]:{stranger} .*choose another"):
        bind_public("127.0.0.1", stranger)
    with real_create_server(("127.0.0.1", stranger)):
        pass  # what was bound before the refusal is let go


@needs_both
def test_nobody_joins_a_listener() -> None:
    listeners = bind_public("127.0.0.1", 0)
    port = listeners[0].getsockname()[1]
    try:
        for family, host in ((socket.AF_INET6, "::1"), (socket.AF_INET6, "::")):
            with pytest.raises(OSError, match="in use"):
                real_create_server((host, port), family=family)
        with pytest.raises(ConfigurationError, match=r"127\.0\.0\.1.*choose another"):
            bind_public("127.0.0.1", port)
    finally:
        close(listeners)


@needs_both
def test_the_admin_console_does_not_start_beside_a_stranger(tmp_path: Path, stranger: int) -> None:
    with pytest.raises(ConfigurationError, match="choose another port"):
        run_console(tmp_path, admin=True, port=stranger)


@needs_both
def test_the_phones_pages_do_not_start_beside_a_stranger(stranger: int) -> None:
    pages = Starlette()
    with pytest.raises(ConfigurationError, match="choose another port"):
        asyncio.run(serve_until_stopped(pages, "127.0.0.1", stranger, "http://localhost"))


@needs_both
def test_a_network_is_founded_on_ports_that_nobody_has(stranger: int) -> None:
    assert find_port(stranger) != stranger


@pytest.mark.parametrize("number", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
def test_a_host_without_the_other_address_starts(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    refuse_v6(monkeypatch, number)
    assert [host for host, _ in close(bind_public("127.0.0.1", 0))] == ["127.0.0.1"]


def test_no_other_refusal_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    port = close(bind_public("127.0.0.1", 0))[0][1]
    refuse_v6(monkeypatch, errno.EACCES)
    with pytest.raises(ConfigurationError, match="cannot listen"):
        bind_public("127.0.0.1", port)


@needs_both
def test_a_chosen_port_is_free_on_both(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_v6(monkeypatch, errno.EADDRINUSE, errno.EADDRINUSE)
    first, second = close(bind_public("127.0.0.1", 0))
    assert first[1] == second[1]


def test_the_choice_of_a_port_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_v6(monkeypatch, *[errno.EADDRINUSE] * 1000)
    with pytest.raises(ConfigurationError, match="choose another port"):
        bind_public("127.0.0.1", 0)


def test_an_answer_in_two_packets_does_not_wait_for_the_first_to_be_acknowledged() -> None:
    listeners = bind_public("127.0.0.1", 0)
    try:
        for bound in listeners:
            with socket.create_connection(bound.getsockname()[:2]):
                accepted, _ = bound.accept()
                with accepted:
                    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        close(listeners)


@needs_both
def test_a_server_answers_on_both_and_counts_callers_of_either(desk: Desk) -> None:
    desk.settings = replace(desk.settings, requests_per_second=0.001, requests_burst=1)

    async def ask() -> list[tuple[int, int]]:
        answers = []
        async with desk.listen() as place, httpx.AsyncClient() as client:
            port = place.rpartition(":")[2]
            for host in ("127.0.0.1", "[::1]"):
                url = f"http://{host}:{port}/v1/status"
                own = {"origin": f"http://localhost:{port}"}
                first, second = [await client.get(url, headers=own) for _ in range(2)]
                answers.append((first.status_code, second.status_code))
        return answers

    assert asyncio.run(ask()) == [(200, 429), (200, 429)]
