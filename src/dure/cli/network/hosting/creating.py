"""A network from what a form asks: made beside the others whole, or not at all.

It is made under a name that no network has, and renamed when it is whole. Where the process ended
in between, that half stays, keys and all; whoever makes the next one, or starts the console, sweeps
it away. Networks of one folder are made one after the other, so that no half in use is swept.
"""

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dure.chain.genesis.document import ChainKind, EngineKind
from dure.chain.genesis.governance import VotingRule
from dure.cli.network.founding import Network, Plan, Voting, found_network
from dure.cli.network.hosting.life import try_lock
from dure.core.errors import ConfigurationError
from dure.core.types import Instant, Milliseconds
from dure.identity.files import sync_folder

UNREADY: Final = ".unready-"
_HALF: Final = re.compile(rf"{re.escape(UNREADY)}[0-9a-f]{{16}}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the form says."""

    kind: str
    engine: str
    organisations: tuple[str, ...]
    rule: str
    """A voting rule, or `shared` for a common account."""
    approvers: tuple[str, ...]
    voting_ms: int
    test: bool


def create_network(folder: Path, wanted: Wanted, ports_taken: frozenset[int]) -> Network:
    """Found a network in a folder that is not there yet; raise `ConfigurationError`."""
    if folder.exists():
        message = f"there is something called {folder.name} already: choose another name"
        raise ConfigurationError(message, name=folder.name)
    unready = folder.with_name(UNREADY + secrets.token_hex(8))
    with _making(folder.parent) as is_alone:
        if not is_alone:
            message = f"a network is being made in {folder.parent}: try again when it is done"
            raise ConfigurationError(message, folder=str(folder.parent))
        try:
            network = found_network(unready, _build_plan(folder.name, wanted, ports_taken))
            unready.rename(folder)
            sync_folder(folder.parent)
        except OSError as problem:
            message = f"{folder} cannot be written: {problem.strerror}"
            raise ConfigurationError(message, folder=str(folder)) from problem
        finally:
            shutil.rmtree(unready, ignore_errors=True)
    return network


def sweep_unready(folder: Path) -> list[str]:
    """Delete networks whose making was cut off; return their names, for whoever asks what went.

    Nothing is deleted while one is being made, and nothing that is called otherwise or is a link.
    """
    with _making(folder) as is_alone:
        if not is_alone:
            return []
        entries = sorted(entry for entry in folder.iterdir() if _HALF.fullmatch(entry.name))
        halves = [entry for entry in entries if entry.is_dir() and not entry.is_symlink()]
        for half in halves:
            shutil.rmtree(half, ignore_errors=True)
        return [half.name for half in halves if not half.exists()]


@contextmanager
def _making(folder: Path) -> Iterator[bool]:
    """Keep others from making networks in a folder; yield false where somebody is at it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield try_lock(descriptor)
    finally:
        os.close(descriptor)


def list_ports(networks: list[Network]) -> frozenset[int]:
    """Return the ports of networks, whether they run or not."""
    members = [member for network in networks for member in network.members]
    return frozenset(port for each in members for port in (each.api_port, each.peer_port))


def _build_plan(name: str, wanted: Wanted, ports_taken: frozenset[int]) -> Plan:
    plan = Plan(
        name=name,
        members=wanted.organisations,
        kind=ChainKind(wanted.kind),
        engine=EngineKind(wanted.engine),
        voting=_choose_voting(wanted),
        # By lot: a network that stands still keeps its ports, and nobody else begins there.
        first_api_port=0,
        ports_taken=ports_taken,
    )
    if not wanted.test:
        return plan
    now = Instant(time.time_ns() // 1_000_000)
    return replace(plan, story_start=now)


def _choose_voting(wanted: Wanted) -> Voting | None:
    if wanted.rule != VotingRule.NAMED and wanted.approvers:
        raise ConfigurationError("approvers are named by the rule `named` and by no other")
    if wanted.rule == "shared":
        return None
    return Voting(VotingRule(wanted.rule), wanted.approvers, Milliseconds(wanted.voting_ms))
