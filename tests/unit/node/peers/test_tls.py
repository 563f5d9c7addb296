"""The connection below the frames: what a socket may do to it."""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import pytest

from dure.node.peers.tls import RECORD_BYTES, RECORDS_MAX, TlsTransport, connect
from tests.unit.node.peers.town import find_free_port, run


class Plain:
    """A socket without TLS that does what the test says, and then what sockets do."""

    def __init__(self, under: socket.socket) -> None:
        self.under = under
        self.receives: deque[Exception] = deque()
        self.sends: deque[Exception | int] = deque()

    def fileno(self) -> int:
        return self.under.fileno()

    def close(self) -> None:
        self.under.close()

    def recv(self, count: int) -> bytes:
        if self.receives:
            raise self.receives.popleft()
        try:
            return self.under.recv(count)
        except BlockingIOError:
            raise ssl.SSLWantReadError from None

    def send(self, data: bytes) -> int:
        given = self.sends.popleft() if self.sends else len(data)
        if isinstance(given, Exception):
            raise given
        return self.under.send(data[:given])


class Owner:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.transport: TlsTransport | None = None
        self.told: list[Any] = []
        self.on_data: Callable[[], None] = lambda: None

    @property
    def data(self) -> bytes:
        return b"".join(each for each in self.told if isinstance(each, bytes))

    def connection_made(self, transport: TlsTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.told.append(data)
        self.on_data()

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append(("lost", exc))


class Line:
    """An owner's transport on one end, a plain socket on the other."""

    def __init__(self) -> None:
        here, self.there = socket.socketpair()
        here.settimeout(0)
        self.there.settimeout(0)
        self.socket = Plain(here)
        self.owner = Owner()
        self.transport = TlsTransport(cast("ssl.SSLSocket", self.socket), self.owner)
        self.transport.start()

    async def close(self) -> None:
        self.transport.abort()
        await wait_for(lambda: self.owner.told[-1:] and self.owner.told[-1][0] == "lost")
        self.there.close()


async def wait_for(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 - turns of the loop are what is waited for
        await asyncio.sleep(0)


def test_what_a_socket_does_not_take_waits_and_the_writer_is_told_to() -> None:
    async def story() -> None:
        line = Line()
        line.socket.sends += [3, ssl.SSLWantWriteError(), ssl.SSLWantReadError(), 2]
        line.transport.write(b"abcdefgh")
        assert line.owner.told == ["pause"]
        await wait_for(lambda: line.owner.told == ["pause", "resume"])
        assert line.there.recv(100) == b"abcdefgh"
        await line.close()

    run(story)


def test_a_turn_of_the_loop_takes_so_many_records_and_no_more() -> None:
    async def story() -> None:
        line = Line()
        line.there.settimeout(None)
        sent = bytes(2 * RECORDS_MAX * RECORD_BYTES)
        loop = asyncio.get_running_loop()
        turns: set[int] = set()
        turn = 0
        line.owner.on_data = lambda: turns.add(turn)
        sending = loop.run_in_executor(None, line.there.sendall, sent)
        while len(line.owner.data) < len(sent):
            turn += 1
            await asyncio.sleep(0)
        await sending
        assert len(turns) >= 2
        assert line.owner.data == sent
        await line.close()

    run(story)


def test_who_pauses_in_the_midst_of_records_hears_the_rest_later() -> None:
    async def story() -> None:
        line = Line()
        line.owner.on_data = line.transport.pause_reading
        line.there.send(bytes(3 * RECORD_BYTES))
        await wait_for(lambda: line.owner.told)
        await asyncio.sleep(0)
        assert len(line.owner.data) == RECORD_BYTES
        line.owner.on_data = lambda: None
        line.transport.resume_reading()
        line.transport.resume_reading()
        await wait_for(lambda: len(line.owner.data) == 3 * RECORD_BYTES)
        await line.close()

    run(story)


@pytest.mark.parametrize("is_paused", [False, True])
def test_where_reading_must_write_first_it_goes_on_after_that(is_paused: bool) -> None:
    async def story() -> None:
        line = Line()
        line.socket.receives += [ssl.SSLWantWriteError()]
        line.there.send(b"more")
        await wait_for(lambda: not line.socket.receives)
        if is_paused:
            line.transport.pause_reading()
        await wait_for(lambda: "resume" in line.owner.told)
        if is_paused:
            assert line.owner.data == b""
            line.transport.resume_reading()
        await wait_for(lambda: line.owner.data == b"more")
        await line.close()

    run(story)


@pytest.mark.parametrize("when", ["reading", "writing", "waiting"])
def test_a_broken_connection_is_told_once_with_the_reason(when: str) -> None:
    async def story() -> None:
        line, problem = Line(), ConnectionResetError("gone")
        if when == "reading":
            line.socket.receives += [problem]
            line.there.send(b"x")
        else:
            line.socket.sends += (
                [problem] if when == "writing" else [ssl.SSLWantWriteError(), problem]
            )
            line.transport.write(b"x")
        await wait_for(lambda: ("lost", problem) in line.owner.told)
        assert line.transport.is_closing()
        line.transport.write(b"into the void")
        line.transport.resume_reading()
        line.transport.abort()
        await asyncio.sleep(0)
        assert [told for told in line.owner.told if told != "pause"] == [("lost", problem)]
        line.there.close()

    run(story)


def test_the_end_of_the_stream_ends_the_connection() -> None:
    async def story() -> None:
        line = Line()
        line.there.send(b"last words")
        line.there.close()
        await wait_for(lambda: line.owner.told[-1:] == [("lost", None)])
        assert line.owner.data == b"last words"

    run(story)


def test_a_port_where_nobody_listens_is_an_error_and_leaves_nothing_behind() -> None:
    async def story() -> None:
        with pytest.raises(ConnectionRefusedError):
            await connect("127.0.0.1", find_free_port())

    run(story)
