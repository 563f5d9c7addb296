"""A network's nodes come and go: started, stopped, killed, revived; and the network removed.

Nodes outlive whoever starts them, like those of `dure network up --detach`: they are found again by
the process id in their folder. One of these things happens to a network at a time, whoever does it,
a page or a command.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from dure.cli.network.founding import Network, load_network
from dure.cli.network.node_files import Member
from dure.cli.network.processes import (
    NodeProcess,
    find_pid,
    kill_by_pid,
    refuse_running,
    stop_by_pid,
)
from dure.core.errors import ConfigurationError, NotFound
from dure.identity.files import sync_folder

LOCK: Final = ".operating.lock"
FILES: Final = ("genesis.dure", "peers.toml", "story-clock.json", LOCK, "network.json")
"""What a network's folder holds beside its nodes; the last one makes it a network."""

_started: Final[list[NodeProcess]] = []
"""Children of this process, kept until they have ended and were collected."""


@contextmanager
def hold(folder: Path) -> Iterator[Network]:
    """Give a network to one operation alone.

    Raise `ConfigurationError` where there is none, or where another operation is not done with it.
    """
    network = load_network(folder)
    with hold_folder(folder, network.name):
        yield network


@contextmanager
def hold_folder(folder: Path, name: str) -> Iterator[None]:
    """Give the folder of a network, which may yet be founded there, to one operation alone."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        message = f"{folder} cannot be used: {problem.strerror}"
        raise ConfigurationError(message, folder=str(folder)) from problem
    try:
        if not try_lock(descriptor):
            message = f"something else is being done to {name}: try again when it is done"
            raise ConfigurationError(message, network=name)
        yield
    finally:
        os.close(descriptor)


def find_member(network: Network, name: str) -> Member:
    """Return the member of that name; raise `NotFound`."""
    for member in network.members:
        if member.name == name:
            return member
    raise NotFound(f"{network.name} has no node {name} on this host", node=name)


def start_nodes(folder: Path) -> list[str]:
    """Start every node that does not run; return their names. None answers yet."""
    with hold(folder) as network:
        missing = [each for each in network.members if find_pid(folder, each) is None]
        for member in missing:
            start_node(folder, member)
        return [member.name for member in missing]


def start_node(folder: Path, member: Member) -> NodeProcess:
    """Start a node of a network that this operation holds."""
    _started[:] = [node for node in _started if node.is_running()]
    node = NodeProcess(folder, member)
    node.start()
    _started.append(node)
    return node


def stop_nodes(folder: Path) -> list[str]:
    """Stop every node that runs; return their names."""
    with hold(folder) as network:
        return stop_by_pid(folder, network)


def kill_node(folder: Path, name: str) -> bool:
    """End a node of a test network as a power cut would; say whether it ran."""
    with hold(folder) as network:
        require_test(network)
        return kill_by_pid(folder, find_member(network, name))


def revive_node(folder: Path, name: str) -> bool:
    """Start a node of a test network; say whether it did not run before."""
    with hold(folder) as network:
        require_test(network)
        member = find_member(network, name)
        if find_pid(folder, member) is not None:
            return False
        start_node(folder, member)
        return True


def remove_network(folder: Path) -> list[str]:
    """Delete a network that does not run, with its keys; return what else lies in the folder.

    Nothing is deleted but what founding and running it made, and nothing behind a link. Raise
    `ConfigurationError`, and then nothing was deleted, where a node runs or a key is in use.
    """
    _refuse_links(folder, [folder])
    with hold(folder) as network, ExitStack() as guards:
        refuse_running(folder, network)
        homes = [folder / member.name for member in network.members]
        _refuse_links(folder, homes)
        for home in homes:
            guards.enter_context(_hold_guard(home))
        try:
            for home in homes:
                if home.exists():
                    shutil.rmtree(home)
            for name in FILES:
                (folder / name).unlink(missing_ok=True)
            left = sorted(entry.name for entry in folder.iterdir())
            if not left:
                folder.rmdir()
            sync_folder(folder.parent)
        except OSError as problem:
            message = f"{folder} could not be removed: {problem.strerror}"
            raise ConfigurationError(message, folder=str(folder)) from problem
    return left


def require_test(network: Network) -> None:
    """Raise `ConfigurationError` for a network that is meant seriously."""
    if not network.test:
        message = f"{network.name} is no test chain: nobody plays with its nodes"
        raise ConfigurationError(message, network=network.name)


def _refuse_links(folder: Path, places: list[Path]) -> None:
    for place in places:
        if place.is_symlink():
            message = f"{place} is a link: delete by hand what it leads to; nothing was removed"
            raise ConfigurationError(message, folder=str(folder))


@contextmanager
def _hold_guard(home: Path) -> Iterator[None]:
    """Keep every process from signing with the key of a node; raise where one does already."""
    try:
        descriptor = os.open(home / "guard", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        # No process signs without one.
        yield
        return
    except OSError as problem:
        message = f"{home / 'guard'} cannot be opened: {problem.strerror}"
        raise ConfigurationError(message, folder=str(home)) from problem
    try:
        if not try_lock(descriptor):
            message = f"a node that runs signs with the key in {home}: stop it first"
            raise ConfigurationError(message, folder=str(home))
        yield
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Take what a descriptor stands for, alone, until it is closed; say whether that was done."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
