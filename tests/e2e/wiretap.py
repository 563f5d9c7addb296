"""A wire between two programs that is listened to, counted, and held when a test says so."""

import socket
import threading
from types import TracebackType
from typing import Self

CHUNK = 64 * 1024


class Wiretap:
    """Passes TCP connections on to a port; looks for bytes that must never pass."""

    def __init__(self, target: int, needle: bytes) -> None:
        self._target = target
        self._needle = needle
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._may_pass = threading.Event()
        self._may_pass.set()
        self.passed = 0
        """Bytes so far, in both directions."""
        self.hold_at: int | None = None
        """From so many bytes on nothing passes, until `release`."""
        self.seen = 0
        """How often the needle passed."""

    @property
    def port(self) -> int:
        port = self._listener.getsockname()[1]
        assert isinstance(port, int)
        return port

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        self.release()
        with self._lock:
            for each in self._open:
                each.close()

    def hold(self, after: int) -> None:
        """Let so many bytes more pass, and then none."""
        self.hold_at = self.passed + after

    def is_held(self) -> bool:
        """Say whether bytes are waiting."""
        return not self._may_pass.is_set()

    def release(self) -> None:
        """Let everything pass again."""
        self.hold_at = None
        self._may_pass.set()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        tail = b""
        try:
            while data := source.recv(CHUNK):
                self._listen(tail + data, len(data))
                tail = (tail + data)[-len(self._needle) + 1 :]
                self._may_pass.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def _listen(self, data: bytes, count: int) -> None:
        with self._lock:
            self.passed += count
            self.seen += data.count(self._needle)
            if self.hold_at is not None and self.passed > self.hold_at:
                self._may_pass.clear()
