"""One process that checks signatures, as the node sees it, on the node's event loop.

Rules
-----
1. It answers jobs in the order in which it got them, each with one byte a signature. An answer with
   another number, another length or another byte ends it; so does silence (`pool`).
2. An answer counts for the signatures that were sent under its number and for no others: they stay
   here, and are not read back from the worker.
3. Whatever goes wrong, the process is killed and waited for, and its jobs end without answers.
"""

import asyncio
import socket
import subprocess
from collections import deque
from collections.abc import Callable
from typing import Final, cast

import msgspec
import structlog

from dure.node.verification.messages import Check, Checked, Ready, Report, encode
from dure.node.verification.requests import Job
from dure.node.workers.channel import HEADER_BYTES
from dure.node.workers.process import Lost
from dure.node.workers.starting import describe_exit, start_process

BOOTSTRAP: Final = "from dure.node.verification.child import main; main()"
REPORT_BYTES_MAX: Final = 4 * 1024
"""Longest message of a worker, with its header: what it says of its limits."""
VALID: Final = 1
_EXIT_SECONDS: Final = 0.05
"""How long a process whose socket is closed may take to end, so that it can be said how."""

_reports: Final = msgspec.msgpack.Decoder(Report)

log = structlog.get_logger()


class Worker(asyncio.Protocol):
    """A running process. Made by `start_worker`, ended by `end`."""

    def __init__(self, process: subprocess.Popen[bytes], on_idle: Callable[[], None]) -> None:
        """`on_idle` is called whenever it has answered a job."""
        self._loop = asyncio.get_running_loop()
        self._process = process
        self._on_idle = on_idle
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._number = 0
        self._jobs: deque[Job] = deque()
        self._heard_at = 0.0
        self.begun: asyncio.Future[None] = self._loop.create_future()
        """Done when its limits hold; raises `Lost` where it ends before."""
        self.ended = asyncio.Event()
        """Set when the process is gone."""
        self.reason = ""
        """Why it is gone."""

    @property
    def pid(self) -> int:
        """Number of the process."""
        number: int = self._process.pid
        return number

    @property
    def jobs_waiting(self) -> int:
        """Jobs that it was given and has not answered."""
        return len(self._jobs)

    def measure_silence(self) -> float:
        """Return for how many seconds it has owed an answer and said nothing."""
        return self._loop.time() - self._heard_at if self._jobs else 0.0

    def send(self, job: Job) -> None:
        """Give it a job."""
        assert self._transport is not None, "only a worker that has begun is sent anything"
        if not self._jobs:
            self._heard_at = self._loop.time()
        self._jobs.append(job)
        check = encode(Check(self._number + len(self._jobs), tuple(job.items)))
        self._transport.write(len(check).to_bytes(HEADER_BYTES, "big") + check)

    def end(self, reason: str) -> None:
        """Kill it, wait until it is gone, and end its jobs; does nothing the second time."""
        if self.ended.is_set():
            return
        self.reason = reason
        self.ended.set()
        if not self.begun.done():
            self.begun.set_exception(Lost(reason))
        if self._transport is not None:
            self._transport.abort()
        self._process.kill()
        self._process.wait()
        while self._jobs:
            self._jobs.popleft().end(b"")

    # asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        self._buffer += data
        while (message := self._take()) is not None:
            self._hear(message)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.is_set():
            self.end(f"it ended, {self._await_exit()}")

    def _await_exit(self) -> str:
        try:
            return describe_exit(self._process.wait(_EXIT_SECONDS))
        except subprocess.TimeoutExpired:
            return "closing its socket first"

    def _take(self) -> bytes | None:
        """Return the next whole message of a worker that is still there."""
        if self.ended.is_set() or len(self._buffer) < HEADER_BYTES:
            return None
        end = HEADER_BYTES + int.from_bytes(self._buffer[:HEADER_BYTES], "big")
        if end > REPORT_BYTES_MAX:
            self.end("it announced more than it may say")
            return None
        if len(self._buffer) < end:
            return None
        message, self._buffer = self._buffer[HEADER_BYTES:end], self._buffer[end:]
        return message

    def _hear(self, message: bytes) -> None:
        try:
            report: Report = _reports.decode(message)
        except msgspec.MsgspecError:
            self.end("it broke the protocol")
            return
        match report:
            case Ready(limits, missing) if not self.begun.done():
                self._begin(limits, missing)
            case Checked(number, answers) if self._is_answer(number, answers):
                self._number = number
                self._jobs.popleft().end(answers)
                self._on_idle()
            case _:
                self.end("it broke the protocol")

    def _is_answer(self, number: int, answers: bytes) -> bool:
        """Say whether that answers the oldest job, signature for signature."""
        if not self._jobs or number != self._number + 1:
            return False
        return len(answers) == len(self._jobs[0].items) and max(answers) <= VALID

    def _begin(self, limits: tuple[str, ...], missing: tuple[str, ...]) -> None:
        self.begun.set_result(None)
        log.info("verification_worker_started", pid=self.pid, limits=limits)
        if missing:
            log.warning("verification_worker_not_limited", pid=self.pid, missing=missing)


async def start_worker(on_idle: Callable[[], None], bootstrap: str = BOOTSTRAP) -> Worker:
    """Start a process, which says itself when it has `begun`; raise `OSError`."""
    own, other = socket.socketpair()
    with other:
        try:
            worker = Worker(start_process(bootstrap, other.fileno()), on_idle)
        except OSError:
            own.close()
            raise
    try:
        await asyncio.get_running_loop().create_connection(lambda: worker, sock=own)
    except BaseException:
        worker.begun.cancel()
        worker.end("nobody waits for it any more")
        raise
    return worker
