"""What only a walk over the whole state tells: who holds a role, whose device is where.

The state finds a value by its key and has no list of keys of a kind, so one is made: the keys are
copied on the node's loop (some milliseconds for a hundred thousand), sorted out in a thread, and
kept. However many people look, that happens at most once in `REST_S`.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from dure.chain import membership, state
from dure.core.types import Address, Height
from dure.node.gateway import Gateway

REST_S: Final = 10.0
ID_BYTES: Final = 32
_WANTED: Final = frozenset(b"rkdx")


@dataclass(frozen=True, slots=True)
class Found:
    """What stood in the state after one block."""

    height: Height
    contract_roles: dict[Address, list[tuple[Address, str]]] = field(default_factory=dict)
    """Contract to holder and role, sorted."""
    held_roles: dict[Address, list[tuple[Address, str]]] = field(default_factory=dict)
    """Holder to contract and role."""
    chain_roles: dict[Address, list[str]] = field(default_factory=dict)
    """Holder to the roles that count at every contract; whether they still do, `membership` says.
    """
    devices: tuple[Address, ...] = ()
    revocations: dict[Address, list[bytes]] = field(default_factory=dict)
    """Account of an organisation to serial numbers of its revoked certificates."""


class StateScan:
    """Makes and keeps what was found."""

    def __init__(self) -> None:
        self._found: Found | None = None
        self._made_s = 0.0
        self._lock = asyncio.Lock()

    async def read(self, gateway: Gateway) -> Found:
        """Return what the state holds, as of now or a few seconds ago."""
        async with self._lock:
            height = gateway.executor.head.header.height
            known, age = self._found, time.monotonic() - self._made_s
            if known is not None and (known.height == height or age < REST_S):
                return known
            keys = list(gateway.executor.copy_state())
            self._found = await asyncio.to_thread(sort_out, height, keys)
            self._made_s = time.monotonic()
            return self._found


def sort_out(height: Height, keys: Iterable[bytes]) -> Found:
    """Return the keys of the wanted kinds by what they are about."""
    contract_roles: defaultdict[Address, list[tuple[Address, str]]] = defaultdict(list)
    held_roles: defaultdict[Address, list[tuple[Address, str]]] = defaultdict(list)
    chain_roles: defaultdict[Address, list[str]] = defaultdict(list)
    revocations: defaultdict[Address, list[bytes]] = defaultdict(list)
    devices: list[Address] = []
    for key in sorted(key for key in keys if key[0] in _WANTED):
        first, rest = Address(key[1 : 1 + ID_BYTES]), key[1 + ID_BYTES :]
        match key[:1]:
            case b"r":
                holder, role = Address(rest[:ID_BYTES]), _read_word(rest[ID_BYTES:])
                contract_roles[first].append((holder, role))
                held_roles[holder].append((first, role))
            case b"k":
                chain_roles[first].append(_read_word(rest))
            case b"x":
                revocations[first].append(rest)
            case _:
                devices.append(first)
    return Found(
        height,
        dict(contract_roles),
        dict(held_roles),
        dict(chain_roles),
        tuple(devices),
        dict(revocations),
    )


def list_devices(
    view: state.View, found: Found, organisation: str
) -> list[tuple[Address, membership.Device]]:
    """Return an organisation's devices, sorted by name."""
    devices = [
        (address, device)
        for address in found.devices
        if (device := view.load(membership.Device, membership.key_device(address))) is not None
    ]
    own = [each for each in devices if each[1].organisation == organisation]
    return sorted(own, key=lambda each: each[1].name)


def _read_word(data: bytes) -> str:
    return data.decode(errors="replace")
