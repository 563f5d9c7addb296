"""Chains that grow in simulation, members that stay away meanwhile, and links that lie."""

from collections.abc import Callable
from functools import partial

import pytest

from dure.chain import money, system
from dure.chain.transaction import Call
from dure.core.codec import decode, encode
from dure.core.errors import InvalidTransaction
from dure.core.types import Address, Amount, Height, PublicKey
from dure.node import messages
from dure.node.catching_up import SyncSettings
from dure.testing.simulation import Simulation

LATE = 3
"""The member that stays away."""
WINDOW_MS = 130_000
"""A little more than the replay window."""
BY_STATE = SyncSettings(mode="snapshot", history="pruned")
BY_STATE_AND_BACK = SyncSettings(mode="snapshot", history="archive")

Twist = Callable[[messages.PeerMessage], list[messages.PeerMessage]]


def pay_stranger(simulation: Simulation, index: int = 0) -> bytes:
    """Submit a payment to an address that nobody has used before; return its id."""
    stranger = Address(simulation.random.randbytes(32))
    given = system.TransferArguments(simulation.founding.asset, stranger, Amount(1))
    call = Call(money.LEDGER, "transfer", encode(given), None)
    (answer,) = simulation.submit(index, simulation.sign(simulation.nodes[0].account, call))
    assert not isinstance(answer, InvalidTransaction), answer
    return answer


def grow(simulation: Simulation, blocks: int, index: int = 0) -> None:
    """Make that many blocks."""
    disk = simulation.nodes[index].disk
    for _ in range(blocks):
        find = partial(disk.find_transaction, pay_stranger(simulation, index))
        simulation.run_until(lambda: find() is not None)  # noqa: B023 - it is over within this turn


def begin(seed: int, blocks: int = 3) -> Simulation:
    """Return a network in which all have made a few blocks together."""
    simulation = Simulation(seed)
    grow(simulation, blocks)
    simulation.run_for(1_000)
    return simulation


def leave_behind(simulation: Simulation, sync: SyncSettings, blocks: int = 70) -> None:
    """Have `LATE` miss so many blocks, and the last few of a replay window after them."""
    simulation.crash(LATE)
    grow(simulation, blocks)
    simulation.run_for(WINDOW_MS)
    grow(simulation, 5)
    simulation.nodes[LATE].sync = sync


def withhold_blocks(simulation: Simulation, *starts: range) -> None:
    """Have nobody answer with blocks from there on, so that the way by blocks is closed."""

    def withhold(said: messages.PeerMessage) -> list[messages.PeerMessage]:
        is_closed = isinstance(said, messages.Blocks) and any(said.start in r for r in starts)
        return [] if is_closed else [said]

    for index, node in enumerate(simulation.nodes):
        if node.life is not None and index != LATE:
            twist(simulation, index, withhold)


def speak_truth(simulation: Simulation) -> None:
    """Have everybody say what it would say again."""
    vars(simulation.links).pop("carry", None)


def is_level(simulation: Simulation, *others: int) -> bool:
    """Say whether `LATE` holds the same state as the others, all of them at one height."""
    return len({simulation.state_root(i) for i in (LATE, *(others or (0, 1, 2)))}) == 1


def get_stored(simulation: Simulation, index: int = LATE) -> list[int]:
    """Return the heights of which a member has the block."""
    disk = simulation.nodes[index].disk
    return [h for h in sorted(disk.blocks) if disk.load_block(Height(h)) is not None]


def twist(simulation: Simulation, liar: int, how: Twist) -> None:
    """Have a member say something else than what it would say."""
    carry, source_key = simulation.links.carry, simulation.nodes[liar].key.public

    def lie(source: PublicKey, target: PublicKey, data: bytes) -> None:
        if source != source_key:
            carry(source, target, data)
            return
        for message in how(decode(messages.PeerMessage, data)):
            carry(source, target, encode(message))

    simulation.links.carry = lie  # type: ignore[method-assign]  # a link, or a member, that lies


def allow_blame(simulation: Simulation, liar: int) -> None:
    """Have the simulator know that a member lies, so that others may find fault with it."""
    simulation.nodes[liar].liar = _Twisted()  # type: ignore[assignment]  # a link, or a member, that lies


def list_blamed(simulation: Simulation, index: int = LATE) -> set[int]:
    """Return the members with which one of them found fault."""
    network = simulation.nodes[index].network
    assert network is not None
    blamed = {peer for peer, _ in network.violations}
    return {i for i, node in enumerate(simulation.nodes) if node.key.public in blamed}


class _Twisted:
    """A liar by its links alone: its own program is honest."""

    def receive(self, source: PublicKey, data: bytes) -> bool:
        return False

    def build_network(self, honest: object) -> object:
        return honest


def cut_small(monkeypatch: pytest.MonkeyPatch, entries: int = 4) -> None:
    """Cut states into small chunks, so that small states have many."""
    monkeypatch.setattr("dure.chain.state_tree.frozen.CHUNK_ENTRIES_MAX", entries)
