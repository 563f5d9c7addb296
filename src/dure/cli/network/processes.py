"""The nodes of a network on this host, as child processes: start, wait until they answer, stop.

Each node writes its log to `node.log` and its process id to `node.pid` in its folder. A node is
asked to stop first and ended only when it does not. However the command that started them is asked
to end, it takes its nodes along.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final, Self

from dure.cli.network.founding import LOOPBACK, Network
from dure.cli.network.node_files import Member
from dure.core.errors import ConfigurationError, Unavailable

START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 15.0
POLL_S: Final = 0.05


class NodeProcess:
    """One node's process."""

    def __init__(
        self, folder: Path, member: Member, variables: Mapping[str, str] | None = None
    ) -> None:
        """`variables` are added to the environment that the node inherits."""
        self.member = member
        self._variables = variables or {}
        self._home = folder / member.name
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs under this command."""
        return None if self._process is None else self._process.pid

    @property
    def log_file(self) -> Path:
        """Where the node's log goes."""
        return self._home / "node.log"

    def start(self) -> None:
        """Start the process; it does not answer yet when this returns."""
        # -P: a `token.py` in the folder of whoever starts the network is a contract, no module.
        command = [sys.executable, "-P", "-m", "dure", "node", "run", str(self._home / "node.toml")]
        with self.log_file.open("ab") as log:
            # A session of its own, so that Ctrl-C reaches the nodes through us alone.
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **self._variables},
            )
        (self._home / "node.pid").write_text(f"{self._process.pid}\n")

    def is_running(self) -> bool:
        """Say whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def is_ready(self) -> bool:
        """Say whether the node answers."""
        connection = HTTPConnection(LOOPBACK, self.member.api_port, timeout=2)
        try:
            connection.request(
                "GET", "/healthz", headers={"Host": f"localhost:{self.member.api_port}"}
            )
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def ask_to_stop(self) -> None:
        """Send the polite signal."""
        if self._process is not None and self.is_running():
            self._process.terminate()

    def stop(self) -> None:
        """Wait for the end, and enforce it after a while."""
        if self._process is None:
            return
        self.ask_to_stop()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _forget(self._process.pid, self._home)

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def read_last_words(self) -> str:
        """Return the end of the node's log, for an error message."""
        lines = self.log_file.read_text(errors="replace").splitlines()
        return "\n".join(lines[-5:])


class RunningNetwork:
    """All nodes of a network as children of this process; leaves none behind."""

    def __init__(
        self,
        folder: Path,
        network: Network,
        *,
        start_timeout_s: float = START_TIMEOUT_S,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """A node reads its whole state when it starts: a large one may take more time."""
        self.folder = folder
        self.network = network
        self._start_timeout_s = start_timeout_s
        self.nodes = [NodeProcess(folder, member, variables) for member in network.members]

    def __enter__(self) -> Self:
        # A closed terminal and a polite end are Ctrl-C as well: either would leave the nodes
        # behind. Ctrl-C itself is set too, because a shell's background jobs ignore it. The others
        # become Ctrl-C rather than raise by themselves: asyncio ends its tasks in order for that
        # signal alone.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
        try:
            for node in self.nodes:
                node.start()
            wait_for_nodes(self.nodes, self._start_timeout_s)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop all nodes, all at the same time."""
        for node in self.nodes:
            node.ask_to_stop()
        for node in self.nodes:
            node.stop()


def wait_for_nodes(nodes: Sequence[NodeProcess], timeout_s: float = START_TIMEOUT_S) -> None:
    """Return when every node answers; raise `ConfigurationError` with a dead one's last words."""
    deadline = time.monotonic() + timeout_s
    for node in nodes:
        while not node.is_ready():
            if not node.is_running():
                last = node.read_last_words()
                message = f"the node of {node.member.name} ended while starting:\n{last}"
                raise ConfigurationError(message, log=str(node.log_file))
            if time.monotonic() > deadline:
                message = f"the node of {node.member.name} does not answer at {node.member.url}"
                raise Unavailable(message, log=str(node.log_file))
            time.sleep(POLL_S)


def find_pid(folder: Path, member: Member) -> int | None:
    """Return the process of a member's node, whoever started it; None where it does not run."""
    return find_process(folder / member.name)


def find_process(home: Path) -> int | None:
    """Return the process of the node in a folder of its own; None where it does not run."""
    pid = _read_pid(home)
    return pid if pid is not None and _is_node(pid, home) else None


def stop_by_pid(folder: Path, network: Network) -> list[str]:
    """Stop nodes that another command started; return the names of those that ran."""
    running = {member.name: find_pid(folder, member) for member in network.members}
    found = {name: pid for name, pid in running.items() if pid is not None}
    for pid in found.values():
        _send(pid, signal.SIGTERM)
    for name, pid in found.items():
        _wait_gone(pid, folder / name)
        _forget(pid, folder / name)
    return list(found)


def kill_by_pid(folder: Path, member: Member) -> bool:
    """End a member's node at once, as a power cut would; say whether it ran."""
    pid = find_pid(folder, member)
    if pid is None:
        return False
    _send(pid, signal.SIGKILL)
    _wait_gone(pid, folder / member.name)
    return True


def _send(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that ended by itself meanwhile needs none."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _read_pid(home: Path) -> int | None:
    with suppress(FileNotFoundError, ValueError):
        return int((home / "node.pid").read_text())
    return None


def _forget(pid: int, home: Path) -> None:
    """Delete the note of a process that ended, unless another one stands there by now."""
    if _read_pid(home) == pid:
        (home / "node.pid").unlink(missing_ok=True)


def _wait_gone(pid: int, home: Path) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while _is_node(pid, home):
        if time.monotonic() > deadline:
            _send(pid, signal.SIGKILL)
            return
        time.sleep(POLL_S)


def _is_node(pid: int, home: Path) -> bool:
    """Say whether that process exists and runs the node of `home`: process ids are used again."""
    process = Path(f"/proc/{pid}")
    try:
        arguments = (process / "cmdline").read_bytes().split(b"\0")
        cwd = (process / "cwd").readlink()
    except OSError:
        return False
    settings = (home / "node.toml").resolve()
    return b"run" in arguments and any(
        (cwd / os.fsdecode(argument)).resolve() == settings for argument in arguments
    )


def is_any_running(folder: Path, network: Network) -> bool:
    """Say whether a node of the network in `folder` runs, whoever started it."""
    return any(find_pid(folder, member) is not None for member in network.members)


def refuse_running(folder: Path, network: Network) -> None:
    """Raise `ConfigurationError` where a node of the network in `folder` runs."""
    if is_any_running(folder, network):
        message = f"a network is running in {folder}: end it with `dure network down {folder}`"
        raise ConfigurationError(message, folder=str(folder))
