"""How a network stands: its processes as the system sees them, its nodes by their own answers."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx

from dure.cli.network.founding import load_network
from dure.cli.network.hosting.life import find_member
from dure.cli.network.hosting.views import (
    LogTail,
    NetworkLine,
    NetworkView,
    NodeView,
    State,
)
from dure.cli.network.node_files import Member
from dure.cli.network.processes import find_pid
from dure.sdk.connection.credentials import find_credentials

ANSWER_TIMEOUT_S: Final = 2.0
ASKED_AT_ONCE: Final = 8
FILES_COUNTED_MAX: Final = 10_000
LOG_BYTES_READ: Final = 64 * 1024
LOG_LINES_MAX: Final = 200
LINE_LENGTH_MAX: Final = 2_000
BLOCK_BYTES: Final = 512
"""What `stat` counts a file's blocks in, whatever the file system's own are."""


def watch_network(folder: Path) -> NetworkView:
    """Return how a network stands; nodes that do not run are not asked."""
    network = load_network(folder)
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        nodes = list(pool.map(lambda member: watch_node(folder, member), network.members))
    heights = [node.height for node in nodes if node.height is not None]
    return NetworkView(
        name=network.name,
        chain_id=network.chain_id,
        kind=network.kind,
        engine=network.engine,
        test=network.test,
        height=max(heights, default=None),
        nodes=nodes,
    )


def list_folders(folder: Path) -> list[Path]:
    """Return the folders of all networks in a folder, by name; none where it is not there.

    Links are none: whoever removes a network means the one that stands here.
    """
    if not folder.is_dir():
        return []
    entries = (entry for entry in folder.iterdir() if not entry.name.startswith("."))
    real = (entry for entry in entries if not entry.is_symlink())
    return sorted(entry for entry in real if (entry / "network.json").is_file())


def describe_line(folder: Path) -> NetworkLine:
    """Return what a list says of a network; nobody is asked."""
    network = load_network(folder)
    return NetworkLine(
        name=folder.name,
        chain_id=network.chain_id,
        kind=network.kind,
        engine=network.engine,
        test=network.test,
        organisations=[member.name for member in network.members],
        running=sum(find_pid(folder, member) is not None for member in network.members),
    )


def watch_node(folder: Path, member: Member) -> NodeView:
    """Return how a node stands."""
    pid = find_pid(folder, member)
    answer = None if pid is None else ask_status(member.url)
    said: dict[str, Any] = answer or {}
    return NodeView(
        name=member.name,
        url=member.url,
        state=_choose_state(pid, answer),
        pid=pid,
        is_validator=said.get("is_validator"),
        height=said.get("height"),
        state_root=said.get("state_root"),
        waiting=said.get("waiting"),
        peers=said.get("peers"),
        peers_connected=said.get("peers_connected"),
        memory_bytes=None if pid is None else _measure_memory(pid),
        disk_bytes=_measure_disk(folder / member.name),
        explanation=list(said.get("explanation", ())),
    )


def ask_status(url: str) -> dict[str, Any] | None:
    """Return what a node says of itself; None where it does not answer, or not to us."""
    try:
        headers = find_credentials().build_headers([url])
        response = httpx.get(
            f"{url}/v1/status", headers=headers, timeout=ANSWER_TIMEOUT_S, trust_env=False
        )
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError):
        return None
    return answer


def read_log_tail(folder: Path, name: str) -> LogTail:
    """Return the end of a node's log; raise `NotFound` where there is no such node."""
    member = find_member(load_network(folder), name)
    data = b""
    with suppress(FileNotFoundError), (folder / member.name / "node.log").open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LOG_BYTES_READ))
        data = file.read(LOG_BYTES_READ)
    lines = data.decode(errors="replace").splitlines()[-LOG_LINES_MAX:]
    return LogTail(node=name, lines=[line[:LINE_LENGTH_MAX] for line in lines])


def _choose_state(pid: int | None, answer: dict[str, Any] | None) -> State:
    if pid is None:
        return "stopped"
    return "starting" if answer is None else "running"


def _measure_memory(pid: int) -> int | None:
    """Return the resident memory of a process; None where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _measure_disk(home: Path) -> int:
    """Return how much a node's folder takes, of the first files where there are very many."""
    total = counted = 0
    for place, _, names in os.walk(home):
        for name in names:
            # A database deletes files while we look.
            with suppress(OSError):
                total += os.lstat(Path(place) / name).st_blocks * BLOCK_BYTES
            counted += 1
            if counted == FILES_COUNTED_MAX:
                return total
    return total
