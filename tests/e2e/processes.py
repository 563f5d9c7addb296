"""Commands and networks as real processes, and bounded waits on what they do.

Everything here fails with what the processes said, so that a red test explains itself. A traceback
on a person's screen is a failure wherever it appears.
"""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

import httpx
import pytest

from dure.chain.transaction import KeyPolicy, compute_address
from dure.cli.main import main
from dure.cli.network.founding import Network, load_network
from dure.core.types import Address, ChainId, PublicKey
from dure.identity.keys import load_key
from dure.sdk import Client, LocalAccount

DURE = (sys.executable, "-P", "-m", "dure")
COMMAND_TIMEOUT_S = 60.0
START_TIMEOUT_S = 60.0
SETTLE_TIMEOUT_S = 45.0
POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """All that a person sees."""
        return self.out + self.err

    def read_json(self) -> dict[str, Any]:
        """Return the one JSON object that standard output holds."""
        assert self.code == 0, self.said
        answer = json.loads(self.out)
        assert isinstance(answer, dict)
        return answer


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which nothing of the tester's own settings is seen."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("DURE_")}
    seen = {"COLUMNS": "300", "NO_COLOR": "1", "PYTHONFAULTHANDLER": "1"}
    return own | seen | dict(extra or {})


def run_dure(
    *arguments: object,
    timeout_s: float = COMMAND_TIMEOUT_S,
    extra: Mapping[str, str] | None = None,
    typed: str = "",
) -> Outcome:
    """Run one command to its end; a traceback fails the test."""
    done = subprocess.run(
        [*DURE, *map(str, arguments)],
        capture_output=True,
        text=True,
        input=typed,
        timeout=timeout_s,
        env=environment(extra),
        check=False,
    )
    outcome = Outcome(done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in outcome.said, outcome.said
    return outcome


def run_here(*arguments: object) -> Outcome:
    """Run one command to its end inside this process, where many have to be typed."""
    out, err = io.StringIO(), io.StringIO()
    typed = patch("sys.argv", ["dure", *map(str, arguments)])
    with typed, redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main()
    code = ended.value.code
    assert isinstance(code, int)
    return Outcome(code, out.getvalue(), err.getvalue())


class Command:
    """A command that goes on running; a context manager that leaves no process behind."""

    def __init__(self, *arguments: object, log: Path, prefix: Sequence[str] = ()) -> None:
        """Run `dure` with these arguments, behind a command that runs commands elsewhere."""
        self._log = log
        self._arguments = (*prefix, *DURE, *arguments)
        self.process: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                list(map(str, self._arguments)),
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(errors="replace")

    def is_running(self) -> bool:
        """Say whether it has not ended yet."""
        return self.process.poll() is None

    def wait_said(self, text: str) -> None:
        """Return when it has printed `text`; fail when it ends before."""

        def has_said() -> bool:
            assert self.is_running() or text in self.said, self.said
            return text in self.said

        wait_until(has_said, f"it says {text!r}", or_say=lambda: self.said)

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def wait(self, timeout_s: float = COMMAND_TIMEOUT_S) -> Outcome:
        """Return how it ended."""
        code = self.process.wait(timeout_s)
        outcome = Outcome(code, self.said, "")
        assert "Traceback" not in outcome.said, outcome.said
        return outcome


def wait_until(
    condition: Callable[[], object],
    what: str,
    *,
    timeout_s: float = SETTLE_TIMEOUT_S,
    or_say: Callable[[], str] = lambda: "",
) -> None:
    """Return as soon as the condition holds; fail after the timeout."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not in {timeout_s:g} seconds: {what}\n{or_say()}"
        time.sleep(POLL_S)


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that has ended and is not collected yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def find_processes(folder: Path) -> list[int]:
    """Return every process that runs a node of the network in `folder`."""
    needle = os.fsencode(str(folder))
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if needle in command and b"\0run\0" in command and is_alive(int(entry.name)):
            found.append(int(entry.name))
    return found


class Town:
    """A network on this host whose nodes the test starts, kills and stops one by one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.network: Network = load_network(folder)
        self.nodes: dict[str, Command] = {}
        self.prefixes: dict[str, Sequence[str]] = {}
        """Commands that run a member's node elsewhere, as on a host of its own."""

    @property
    def names(self) -> tuple[str, ...]:
        """The members."""
        return tuple(member.name for member in self.network.members)

    @property
    def chain_id(self) -> ChainId:
        """The chain."""
        return ChainId(bytes.fromhex(self.network.chain_id))

    def get_url(self, name: str) -> str:
        """Return where a member's node answers."""
        return next(member.url for member in self.network.members if member.name == name)

    def get_validator(self, name: str) -> PublicKey:
        """Return a member's voting key."""
        member = next(member for member in self.network.members if member.name == name)
        return PublicKey(bytes.fromhex(member.validator_key))

    def get_account(self, name: str) -> LocalAccount:
        """Return a member organisation's account."""
        return LocalAccount(load_key(self.folder / name / "account.json"))

    def get_address(self, name: str) -> Address:
        """Return the address of a member organisation's account."""
        return compute_address(KeyPolicy(self.get_account(name).keys[0].public))

    def connect(self, *names: str) -> Client:
        """Return a client of these members' nodes, or of all."""
        return Client([self.get_url(name) for name in names or self.names], chain_id=self.chain_id)

    # Life

    def start(self, *names: str) -> None:
        """Start nodes and wait until they answer."""
        for name in names or self.names:
            number = len(list((self.folder / name).glob("run-*.log")))
            log = self.folder / name / f"run-{number}.log"
            run = ("node", "run", self.folder / name / "node.toml")
            node = Command(*run, log=log, prefix=self.prefixes.get(name, ()))
            self.nodes[name] = node.__enter__()
        for name in names or self.names:
            self.wait_ready(name)

    def wait_ready(self, name: str) -> None:
        """Return when a node says that it is well."""

        def is_ready() -> bool:
            node = self.nodes.get(name)
            assert node is None or node.is_running(), node.said
            return self.get_health(name) == httpx.codes.OK

        wait_until(is_ready, f"{name} is ready", timeout_s=START_TIMEOUT_S, or_say=self.tell_logs)

    def kill(self, name: str) -> None:
        """End a node as a power cut would."""
        node = self.nodes.pop(name)
        node.send(signal.SIGKILL)
        node.process.wait(10)

    def stop(self, name: str) -> Outcome:
        """Ask a node to stop; return how it ended."""
        node = self.nodes.pop(name)
        node.send(signal.SIGTERM)
        return node.wait(30)

    def close(self) -> None:
        """Stop every node that still runs."""
        for node in self.nodes.values():
            if node.is_running():
                node.send(signal.SIGTERM)
        for node in self.nodes.values():
            node.__exit__(None, None, None)
        self.nodes.clear()

    # Looking

    def get_health(self, name: str) -> int:
        """Return the status of `/healthz`, 0 where nobody answers."""
        try:
            return httpx.get(f"{self.get_url(name)}/healthz", timeout=5).status_code
        except httpx.TransportError:
            return 0

    def get_status(self, name: str) -> dict[str, Any]:
        """Return what a node says of itself; nothing where it does not answer."""
        try:
            answer: dict[str, Any] = httpx.get(f"{self.get_url(name)}/v1/status", timeout=10).json()
        except httpx.TransportError:
            return {}
        return answer

    def get_height(self, name: str) -> int:
        """Return a node's height, -1 where it does not answer."""
        return int(self.get_status(name).get("height", -1))

    def wait_height(self, name: str, height: int, timeout_s: float = SETTLE_TIMEOUT_S) -> None:
        """Return when a node is at least so high."""
        what = f"{name} at height {height}"
        wait_until(
            lambda: self.get_height(name) >= height,
            what,
            timeout_s=timeout_s,
            or_say=self.tell_logs,
        )

    def wait_level(self, names: Iterable[str] = ()) -> tuple[int, str]:
        """Return height and state root when all nodes agree on both."""
        asked = tuple(names) or self.names
        seen: set[tuple[int, str]] = set()

        def agree() -> bool:
            nonlocal seen
            statuses = [self.get_status(name) for name in asked]
            seen = {(status.get("height", -1), status.get("state_root", "")) for status in statuses}
            return len(seen) == 1 and -1 not in {height for height, _ in seen}

        wait_until(agree, f"{asked} agree", or_say=lambda: f"{seen}\n{self.tell_logs()}")
        return seen.pop()

    def tell_logs(self) -> str:
        """Return the end of every running node's log."""
        return "\n".join(
            f"--- {name}\n" + "\n".join(node.said.splitlines()[-8:])
            for name, node in self.nodes.items()
        )


def found_town(folder: Path, *options: str) -> Town:
    """Found a network of four in `folder` with the command that people use, and start it."""
    done = run_dure(
        "network",
        "init",
        folder,
        "--members",
        "insurer,airline,bank,supervisor",
        "--first-api-port",
        "0",
        *options,
    )
    assert done.code == 0, done.said
    town = Town(folder)
    try:
        town.start()
    except BaseException:
        town.close()
        raise
    return town
