"""Founding a network: keys, certificates, genesis, peers file and one folder a member.

```
network/
  network.json       who takes part, where their nodes answer, the chain's id
  genesis.dure       the genesis document, the same for every member
  peers.toml         where the nodes are and by which certificate they are known
  story-clock.json   key that moves a test chain's time
  insurer/
    node.toml        the node's configuration
    validator.json   voting key        guard   what it signed last (never copy it)
    account.json     the organisation's account
    tls.key tls.pem  the node's certificate
    data/            store and journal
```
In a real consortium each member makes its own folder and hands out public parts only; here one
command makes them all, for networks on one host.
"""

import secrets
import socket
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from dure.chain.genesis.document import (
    Allocation,
    Asset,
    ChainKind,
    EngineKind,
    Genesis,
    GenesisDocument,
    Organisation,
    compute_allocations_hash,
    compute_chain_id,
    encode_genesis_file,
    validate_genesis,
)
from dure.chain.parameters import DEFAULT_PARAMETERS, Parameters
from dure.chain.transaction import KeyPolicy, Policy, ThresholdPolicy, compute_address
from dure.cli.network.node_files import Member, write_node_files
from dure.core.errors import ConfigurationError
from dure.core.types import Instant
from dure.core.validators import Validator, build_validator_set
from dure.identity.certificates import save_tls_files
from dure.identity.files import write_new_file
from dure.identity.keys import SigningKey, generate_key, save_key
from dure.node.durable.signer import create_guard
from dure.node.peers.directory import Peer, build_peer, write_peers

LOOPBACK: Final = "127.0.0.1"
MEMBERS_MAX: Final = 32
FIRST_API_PORT: Final = 8700
PORTS_TRIED: Final = 200
ANY_PORTS: Final = range(10_000, 32_768)
"""Below those that systems give to outgoing connections.

Such a one could be gone again before the node that it is meant for has started.
"""
PORT_MAX: Final = 65_000


class Network(msgspec.Struct, frozen=True):
    """What `network.json` says."""

    name: str
    chain_id: str
    kind: str
    engine: str
    test: bool
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What kind of network to found."""

    name: str
    members: tuple[str, ...]
    kind: ChainKind = ChainKind.CONSORTIUM
    engine: EngineKind = EngineKind.PBFT
    story_start: Instant | None = None
    """Ledger time at which a test chain's story begins; None makes an ordinary chain."""
    parameters: Parameters = DEFAULT_PARAMETERS
    assets: tuple[Asset, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    first_api_port: int = FIRST_API_PORT
    """The members' public APIs take the free ports from this one on; 0 lets the system choose."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of one member."""

    validator: SigningKey
    account: SigningKey
    tls: SigningKey


@dataclass(frozen=True, slots=True)
class Place:
    """Where one node is."""

    name: str
    host: str
    """Address at which other nodes reach it, and at which it listens for them."""
    first_api_port: int


def found_network(folder: Path, plan: Plan) -> Network:
    """Write all that the plan's network needs into `folder`, which holds no network yet."""
    _validate_plan(folder, plan)
    folder.mkdir(parents=True, exist_ok=True)
    keys = [Keys(generate_key(), generate_key(), generate_key()) for _ in plan.members]
    story_clock = generate_key() if plan.story_start is not None else None
    document = _build_document(plan, keys, story_clock)
    validate_genesis(document)
    members, peers = _write_members(folder, plan, keys)
    if story_clock is not None:
        save_key(folder / "story-clock.json", story_clock)
    write_new_file(folder / "genesis.dure", encode_genesis_file(document), mode=0o644)
    write_peers(folder / "peers.toml", peers)
    network = Network(
        name=plan.name,
        chain_id=compute_chain_id(document.genesis).hex(),
        kind=plan.kind,
        engine=plan.engine,
        test=document.genesis.test,
        members=tuple(members),
    )
    write_network(folder, network)
    return network


def write_network(folder: Path, network: Network) -> None:
    """Write a new `network.json`."""
    text = msgspec.json.format(msgspec.json.encode(network), indent=2)
    write_new_file(folder / "network.json", text + b"\n", mode=0o644)


def load_network(folder: Path) -> Network:
    """Return what `network.json` says; raise `ConfigurationError`."""
    path = folder / "network.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Network)
    except FileNotFoundError:
        message = f"{folder} holds no network; `dure network init {folder}` makes one"
        raise ConfigurationError(message, file=str(path)) from None
    except (OSError, msgspec.MsgspecError) as problem:
        message = f"{path} cannot be used: {problem}"
        raise ConfigurationError(message, file=str(path)) from problem


def find_port(first: int, taken: Collection[int] = ()) -> int:
    """Return a free loopback port that is not `taken`: the first from `first` on, for 0 any one."""
    drawn = secrets.SystemRandom().sample(ANY_PORTS, PORTS_TRIED)
    for port in range(first, first + PORTS_TRIED) if first else drawn:
        if port not in taken and _is_free(port):
            return port
    where = f"from {first} on" if first else "at all"
    message = f"no free port {where} in {PORTS_TRIED} attempts"
    raise ConfigurationError(message, first=first)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def validate_name(name: str) -> None:
    """Raise `ConfigurationError` for a name that cannot be a node's and its folder's."""
    if not name.replace("-", "").isalnum() or not name.isascii() or len(name) > 32:
        message = f"a member's name has 1 to 32 letters, digits and hyphens: {name!r}"
        raise ConfigurationError(message, name=name)


def _validate_plan(folder: Path, plan: Plan) -> None:
    if not 1 <= len(plan.members) <= MEMBERS_MAX or len(set(plan.members)) != len(plan.members):
        message = f"a network has 1 to {MEMBERS_MAX} members with different names"
        raise ConfigurationError(message)
    for name in plan.members:
        validate_name(name)
    if plan.engine is EngineKind.SOLO and len(plan.members) != 1:
        raise ConfigurationError("the solo engine has exactly one member")
    if (folder / "network.json").exists():
        message = f"{folder} holds a network already; choose another folder or remove it"
        raise ConfigurationError(message, folder=str(folder))
    for name in plan.members:
        if (folder / name).exists():
            message = f"{folder / name} is there already; choose another folder or remove it"
            raise ConfigurationError(message, folder=str(folder))


def _build_document(
    plan: Plan, keys: Sequence[Keys], story_clock: SigningKey | None
) -> GenesisDocument:
    now = time.time_ns() // 1_000_000
    offset = 0 if plan.story_start is None else plan.story_start - now
    clock = None if story_clock is None else compute_address(KeyPolicy(story_clock.public))
    validators = [
        Validator(key.validator.public, name) for name, key in zip(plan.members, keys, strict=True)
    ]
    organisations = [
        Organisation(name, KeyPolicy(key.account.public))
        for name, key in zip(plan.members, keys, strict=True)
    ]
    genesis = Genesis(
        version=1,
        name=plan.name,
        kind=plan.kind,
        engine=plan.engine,
        time=Instant(now),
        test=story_clock is not None,
        offset=offset,
        story_clock=clock,
        parameters=plan.parameters,
        validators=build_validator_set(validators),
        organisations=tuple(organisations),
        authority=build_authority([key.account for key in keys]),
        assets=plan.assets,
        allocations_hash=compute_allocations_hash(plan.allocations),
        predecessor=None,
    )
    return GenesisDocument(genesis=genesis, allocations=plan.allocations, endorsements=())


def build_authority(accounts: Sequence[SigningKey]) -> Policy:
    """Return the policy by which more than two thirds of the members act together."""
    needed = 2 * len(accounts) // 3 + 1
    keys = tuple(sorted(account.public for account in accounts))
    return ThresholdPolicy(threshold=needed, keys=keys)


def _write_members(
    folder: Path, plan: Plan, keys: Sequence[Keys]
) -> tuple[list[Member], list[Peer]]:
    members: list[Member] = []
    peers: list[Peer] = []
    taken: set[int] = set()
    for name, key in zip(plan.members, keys, strict=True):
        place = Place(name, LOOPBACK, plan.first_api_port)
        member, peer = write_member(folder, place, key, taken=taken)
        taken |= {member.api_port, member.peer_port}
        members.append(member)
        peers.append(peer)
    return members, peers


def write_member(
    folder: Path, place: Place, keys: Keys, *, taken: Collection[int]
) -> tuple[Member, Peer]:
    """Write one node's folder; return what its network's files say of it."""
    home = folder / place.name
    home.mkdir(mode=0o700)
    save_key(home / "validator.json", keys.validator)
    save_key(home / "account.json", keys.account)
    create_guard(home / "guard", keys.validator.public)
    certificate = save_tls_files(home / "tls.key", home / "tls.pem", keys.tls, place.name)
    api_port = find_port(place.first_api_port, taken)
    peer_port = find_port(0, {*taken, api_port})
    public = keys.validator.public
    member = Member(
        name=place.name,
        url=f"http://localhost:{api_port}",
        peer_port=peer_port,
        api_port=api_port,
        validator_key=public.hex(),
    )
    write_node_files(home, member, place.host)
    peer = build_peer(place.name, public, host=place.host, port=peer_port, certificate=certificate)
    return member, peer
