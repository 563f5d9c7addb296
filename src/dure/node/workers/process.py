"""One worker process as the node sees it: begun, spoken to, watched, ended.

Rules
-----
1. It is started as `starting` says.
2. While the node waits for it, the worker's own processor time and the waiting are both bounded,
   far beyond what any gas can buy. What it says during one call is bounded by the call's gas.
3. Whatever goes wrong is `Lost`, and a process that is lost is killed at once.
"""

import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from dure.node.workers import protocol
from dure.node.workers.channel import Channel, ChannelClosed, FrameTooLong
from dure.node.workers.starting import describe_exit, start_process

BOOTSTRAP: Final = "from dure.node.workers.child import main; main()"
REPORT_BYTES_MAX: Final = 16 * 1024 * 1024
REPORT_BYTES_PER_GAS: Final = 32
"""What a worker may say during a call: so much, and so much more for each gas of its limit."""

_SLICE_SECONDS: Final = 1
_MEASURE_EVERY: Final = 4_096
_reports: Final = msgspec.msgpack.Decoder(protocol.Report)

log = structlog.get_logger()


class Lost(Exception):
    """The worker is of no use any more; the message says why."""


@dataclass(frozen=True, slots=True)
class Watch:
    """When a worker hangs. The most gas that a block holds buys a few seconds of either."""

    processor_seconds: float = 60.0
    """Processor time that the worker may use up in one call."""
    waiting_seconds: float = 180.0
    """How long the node waits in all for what the worker says in one call."""


class WorkerProcess:
    """A running worker."""

    def __init__(self, watch: Watch, bootstrap: str = BOOTSTRAP) -> None:
        """Start it and wait until its limits hold; raise `Lost` or `OSError`."""
        own, other = socket.socketpair()
        self._watch = watch
        self._socket = own
        with other:
            try:
                self._process = start_process(bootstrap, other.fileno())
            except OSError:
                own.close()
                raise
        _set_patience(own, socket.SO_RCVTIMEO, _SLICE_SECONDS)
        _set_patience(own, socket.SO_SNDTIMEO, watch.waiting_seconds)
        self._channel = Channel(self._read, self._write)
        self.begin_call(0)
        report = self.receive()
        if not isinstance(report, protocol.Ready):
            raise self.lose("it did not begin as a worker does")
        self.limits = report.limits
        self.missing = report.missing

    @property
    def pid(self) -> int:
        """Number of the process."""
        number: int = self._process.pid
        return number

    def is_running(self) -> bool:
        """Say whether the process is there."""
        return self._process.poll() is None

    def begin_call(self, gas: int) -> None:
        """Measure anew, for a call with that much gas."""
        self._messages = 0
        self._waited = 0.0
        self._bytes_left = REPORT_BYTES_MAX + REPORT_BYTES_PER_GAS * max(0, gas)
        self._processor_begun = self._measure_processor()

    def send(self, message: object) -> None:
        """Say something; raise `Lost`."""
        try:
            self._channel.send(protocol.encode(message))
        except OSError:
            raise self.lose("it does not listen") from None

    def receive(self) -> protocol.Report:
        """Wait for what it says; raise `Lost`."""
        self._messages += 1
        if self._messages % _MEASURE_EVERY == 0:
            self._check_watch()
        try:
            data = self._channel.receive()
            report: protocol.Report = _reports.decode(data)
        except (ChannelClosed, ConnectionError):
            raise self.lose(None) from None
        except (FrameTooLong, msgspec.MsgspecError):
            raise self.lose("it broke the protocol") from None
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise self.lose("it says more than its gas can buy")
        if isinstance(report, protocol.Failed):
            raise self.lose(f"it failed with {report.reason}")
        return report

    def lose(self, reason: str | None) -> Lost:
        """End it; return what to raise. Without a reason it had ended by itself."""
        if reason is None:
            reason = f"it ended, {self._await_end()}"
        self.close()
        return Lost(reason)

    def close(self) -> None:
        """Kill it and wait until it is gone."""
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def _await_end(self) -> str:
        try:
            return describe_exit(self._process.wait(_SLICE_SECONDS))
        except subprocess.TimeoutExpired:
            return "closing its socket first"

    def _read(self, size: int) -> bytes:
        while True:
            begun = time.monotonic()
            try:
                return self._socket.recv(size)
            except BlockingIOError:
                self._waited += time.monotonic() - begun
                self._check_watch()

    def _write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def _check_watch(self) -> None:
        used = self._measure_processor() - self._processor_begun
        if used > self._watch.processor_seconds:
            raise self.lose(f"it used {used:.1f} seconds of processor time for one call")
        if self._waited > self._watch.waiting_seconds:
            raise self.lose(f"it said nothing for {self._waited:.1f} seconds")

    def _measure_processor(self) -> float:
        """Return the seconds of processor time that the worker has used in its life."""
        if sys.platform != "linux":
            return 0.0
        try:
            # The clock of another process: see clock_getcpuclockid(3).
            return time.clock_gettime((~self.pid << 3) | 2)
        except OSError:
            return 0.0


def _set_patience(end: socket.socket, option: int, seconds: float) -> None:
    """Have the kernel end a blocked read or write after that time, without a poll before each."""
    whole = int(seconds)
    microseconds = int((seconds - whole) * 1_000_000)
    end.setsockopt(socket.SOL_SOCKET, option, struct.pack("@ll", whole, microseconds))
