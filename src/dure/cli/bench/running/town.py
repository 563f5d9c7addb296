"""A network of a bench's own: founded in a temporary folder, gone afterwards.

Every validator is a process of its own on loopback, with its own disk, keys and TLS, just as
`dure network up` starts them. The chain differs from a default one in two parameters only: a longer
replay window, so that transactions can be signed before the clock starts, and a quota that no load
can use up.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from dure.chain.genesis.document import Allocation, Asset, EngineKind, decode_genesis_file
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.transaction import KeyPolicy, compute_address, compute_asset_id
from dure.cli.bench.machine import read_cpu_seconds
from dure.cli.network.founding import Network, Plan, found_network
from dure.cli.network.processes import START_TIMEOUT_S, RunningNetwork
from dure.core.types import Address, Amount, AssetId, ChainId, Gas, Milliseconds
from dure.core.validators import ValidatorSet
from dure.identity.keys import SigningKey, generate_key
from dure.sdk import AsyncClient

REPLAY_WINDOW: Final = Milliseconds(3_600_000)
QUOTA_GAS: Final = Gas(2**60)
OPENING_BALANCE: Final = Amount(1_000_000)
SENDERS_MAX: Final = 20_000
"""Accounts with a key; the others only receive."""
SETTLE_TIMEOUT_S: Final = 30.0
START_S_PER_ACCOUNT: Final = 0.001
"""How much longer a network may take to start, for each account that its genesis names."""

_ISSUER: Final = Address(bytes(31) + b"\1")
_CODE: Final = "KRW"


@dataclass(frozen=True, slots=True)
class Population:
    """The accounts of a bench: all hold money, the first ones have keys."""

    senders: tuple[SigningKey, ...]
    addresses: tuple[Address, ...]
    """Of all accounts, the senders' first, in their order."""


@dataclass(frozen=True, slots=True)
class Town:
    """A founded network whose nodes do not run yet."""

    folder: Path
    network: Network
    population: Population
    asset: AssetId
    validators: ValidatorSet
    """Who decides, as the genesis says."""
    verify_workers: int | None = None
    """Processes that check signatures at each node; None leaves it to the nodes."""

    @property
    def chain_id(self) -> ChainId:
        """The chain of this network."""
        return ChainId(bytes.fromhex(self.network.chain_id))

    @property
    def urls(self) -> list[str]:
        """Where the nodes' public APIs answer."""
        return [member.url for member in self.network.members]


def build_population(accounts: int) -> Population:
    """Return that many accounts; keys for as many of them as may send."""
    senders = tuple(generate_key() for _ in range(min(accounts, SENDERS_MAX)))
    addresses = [compute_address(KeyPolicy(key.public)) for key in senders]
    # Who never signs needs no key: any 32 bytes are an address.
    addresses += [
        Address(index.to_bytes(32, "big")) for index in range(len(senders) + 1, accounts + 1)
    ]
    return Population(senders, tuple(addresses))


@contextmanager
def found_town(
    validators: int,
    accounts: int,
    replay_window: Milliseconds = REPLAY_WINDOW,
    *,
    verify_workers: int | None = None,
) -> Iterator[Town]:
    """Found a network with money in all accounts; its folder is removed at the end."""
    population = build_population(accounts)
    names = tuple(f"member-{number}" for number in range(1, validators + 1))
    allocations = tuple(
        Allocation(address, names[index % validators], (OPENING_BALANCE,))
        for index, address in enumerate(population.addresses)
    )
    plan = Plan(
        name="bench",
        members=names,
        engine=EngineKind.PBFT if validators > 1 else EngineKind.SOLO,
        parameters=msgspec.structs.replace(
            DEFAULT_PARAMETERS, replay_window=replay_window, quota_gas=QUOTA_GAS
        ),
        assets=(Asset(code=_CODE, decimals=0, issuer=_ISSUER),),
        allocations=allocations,
        first_api_port=0,
    )
    with tempfile.TemporaryDirectory(prefix="dure-bench-") as name:
        folder = Path(name) / "network"
        network = found_network(folder, plan)
        yield Town(
            folder=folder,
            network=network,
            population=population,
            asset=compute_asset_id(_ISSUER, _CODE),
            validators=_load_validators(folder),
            verify_workers=verify_workers,
        )


def _load_validators(folder: Path) -> ValidatorSet:
    return decode_genesis_file((folder / "genesis.dure").read_bytes()).genesis.validators


def start_town(town: Town) -> RunningNetwork:
    """Return the town's network, to be entered; nodes with many accounts may start slowly."""
    timeout_s = START_TIMEOUT_S + START_S_PER_ACCOUNT * len(town.population.addresses)
    workers = town.verify_workers
    variables = {} if workers is None else {"DURE_NODE_VERIFY_WORKERS": str(workers)}
    return RunningNetwork(town.folder, town.network, start_timeout_s=timeout_s, variables=variables)


def read_nodes_cpu_seconds(running: RunningNetwork) -> float | None:
    """Return the processor time that all nodes together have used, with their workers."""
    nodes = [node.pid for node in running.nodes if node.pid is not None]
    return read_cpu_seconds([*nodes, *(pid for node in nodes for pid in _list_children(node))])


def _list_children(pid: int) -> list[int]:
    """Return the processes that a process started, on Linux."""
    try:
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except OSError:
        return []


async def agree_on_state(town: Town) -> bool:
    """Wait until all nodes are equally high; say whether they then hold the same state."""
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    while True:
        states = set(await asyncio.gather(*(_read_state(url, town.chain_id) for url in town.urls)))
        if len({height for height, _ in states}) == 1 or time.monotonic() > deadline:
            return len(states) == 1
        await asyncio.sleep(0.1)


async def _read_state(url: str, chain_id: ChainId) -> tuple[int, str]:
    async with AsyncClient([url], chain_id=chain_id) as client:
        status = await client.get_status()
    return status.height, status.state_root
