"""Hosts of the test's own: network namespaces, each with one cable whose other end the test holds.

The cable is a TUN device: what a node sends comes out of a file, packet by packet, and `packets`
decides what becomes of it. So loss and delay need no help of the kernel but namespaces and TUN.
Addresses are of the range for documentation (RFC 5737): nothing outside of these namespaces ever
has one. A host's API listens on the loopback address of its own namespace; a `Door` lets the test
in, as a second network for operators would, whatever happens to the cable.

Names begin with `PREFIX` and the number of the process that made them, so that a later run can
remove what a killed one left behind.
"""

import asyncio
import ctypes
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TypeVar

from tests.e2e.processes import is_alive

PREFIX = "dure-e2e"
NETWORK = "192.0.2"
CABLE = "cable"
NAMESPACES = Path("/run/netns")
TUN = Path("/dev/net/tun")

_CLONE_NEWNET = 0x4000_0000
_TUNSETIFF = 0x4004_54CA
_IFF_TUN_NO_PI = 0x1001
_READ_BYTES = 64 * 1024

_numbers = count(1)
T = TypeVar("T")


class Host:
    """One namespace; close it to remove it with everything that runs inside."""

    def __init__(self, number: int) -> None:
        """Make the host with the address `192.0.2.number`; raise `OSError` where not permitted."""
        self.address = f"{NETWORK}.{number}"
        self.namespace = f"{PREFIX}-{os.getpid()}-{next(_numbers)}"
        run_ip("netns", "add", self.namespace)
        try:
            self.cable = run_inside(self.namespace, _open_cable)
            self._configure("link", "set", "lo", "up")
            self._configure("address", "add", f"{self.address}/24", "dev", CABLE)
            self.plug_cable()
        except BaseException:
            remove_namespace(self.namespace)
            raise

    @property
    def prefix(self) -> tuple[str, ...]:
        """What to put before a command that is to run on this host."""
        return ("ip", "netns", "exec", self.namespace)

    def pull_cable(self) -> None:
        """Take the link down."""
        self._configure("link", "set", CABLE, "down")

    def plug_cable(self) -> None:
        """Take the link up again."""
        self._configure("link", "set", CABLE, "up")

    def close(self) -> None:
        """Remove it."""
        remove_namespace(self.namespace)
        os.close(self.cable)

    def _configure(self, *arguments: str) -> None:
        run_ip("-n", self.namespace, *arguments)


class Door:
    """Lets the test reach a port of a host's loopback address, on the same port of its own."""

    def __init__(self, host: Host, port: int) -> None:
        self._host, self._port = host, port
        self._listener = socket.create_server(("127.0.0.1", port))
        self._stop: asyncio.Event
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"door {port}", daemon=True)
        self._thread.start()
        self._ready.wait()

    def close(self) -> None:
        """Close it."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        # Sockets that this thread makes from now on are the host's.
        enter_namespace(self._host.namespace)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._let_in, sock=self._listener)
        self._ready.set()
        await self._stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            # Nobody listens behind it, or either end hangs up: the caller is hung up on.
            with suppress(OSError):
                inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._port)
                ends.append(inner_writer)
                async with asyncio.TaskGroup() as carrying:
                    carrying.create_task(_carry(reader, inner_writer))
                    carrying.create_task(_carry(inner_reader, writer))
        except ExceptionGroup as problems:
            if problems.split(OSError)[1] is not None:
                raise
        finally:
            for end in ends:
                end.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_READ_BYTES):
        writer.write(data)
        await writer.drain()
    writer.close()


def find_obstacle() -> str | None:
    """Return why this machine has no hosts for us; None where it has."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if shutil.which("ip") is None:
        return "there is no command `ip` (iproute2)"
    try:
        Host(254).close()
    except OSError as problem:
        return f"network namespaces or TUN are not permitted here: {problem}"
    return None


def remove_stale() -> None:
    """Remove what earlier runs left behind that were killed."""
    if not NAMESPACES.is_dir():
        return
    for entry in NAMESPACES.glob(f"{PREFIX}-*"):
        owner = entry.name.removeprefix(f"{PREFIX}-").partition("-")[0]
        if not owner.isdigit() or not is_alive(int(owner)):
            remove_namespace(entry.name)


def remove_namespace(name: str) -> None:
    """End everything inside, then remove it."""
    assert name.startswith(PREFIX)
    for pid in run_ip("netns", "pids", name).split():
        # The test's own doors are in there too: threads of this very process.
        if int(pid) != os.getpid():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
    run_ip("netns", "delete", name)


def run_ip(*arguments: str) -> str:
    """Run `ip`; raise `OSError` with what it said where it failed."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def run_inside(namespace: str, action: Callable[[], T]) -> T:
    """Return what `action` returns in a thread that is inside the namespace."""
    results: list[T | OSError] = []

    def work() -> None:
        try:
            enter_namespace(namespace)
            results.append(action())
        except OSError as problem:
            results.append(problem)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    (result,) = results
    if isinstance(result, OSError):
        raise result
    return result


def enter_namespace(namespace: str) -> None:
    """Move this thread, and nothing else of the process, into a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with (NAMESPACES / namespace).open("rb") as file:
        if libc.setns(file.fileno(), _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, f"cannot enter {namespace}: {os.strerror(number)}")


def _open_cable() -> int:
    cable = os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(cable, _TUNSETIFF, struct.pack("16sH22x", CABLE.encode(), _IFF_TUN_NO_PI))
    except BaseException:
        os.close(cable)
        raise
    return cable
