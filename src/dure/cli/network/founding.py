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
    authority/       the organisation's certificate authority (not on public chains)
    data/            store and journal
```
In a real consortium each member makes its own folder and hands out public parts only; here one
command makes them all, for networks on one host.
"""

import errno
import secrets
import socket
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
from dure.chain.genesis.governance import Authority, GovernancePlan, VotingRule
from dure.chain.parameters import DEFAULT_PARAMETERS, Parameters
from dure.chain.transaction import KeyPolicy, Policy, ThresholdPolicy, compute_address
from dure.cli.network.node_files import Member, write_node_files
from dure.contract.library.governance import Governance
from dure.contract.machine import compute_code_hash
from dure.contract.source import read_source
from dure.core.errors import ConfigurationError
from dure.core.types import Instant, Milliseconds
from dure.core.validators import Validator, build_validator_set
from dure.identity.authorities.authority import (
    NewAuthority,
    OpenAuthority,
    draft_authority,
    save_authority,
)
from dure.identity.authorities.holding import install_certificate, write_holder_key
from dure.identity.authorities.profile import Kind, Subject
from dure.identity.certificates import save_tls_files
from dure.identity.files import write_new_file
from dure.identity.keys import SigningKey, generate_key, save_key
from dure.node.durable.signer import create_guard
from dure.node.peers.directory import Peer, build_peer, write_peers

LOOPBACK: Final = "127.0.0.1"
LOOPBACK_6: Final = "::1"
AUTHORITY: Final = "authority"
"""Folder of an organisation's certificate authority, inside that of its node."""
MEMBERS_MAX: Final = 32
FIRST_API_PORT: Final = 8700
PORTS_TRIED: Final = 200
ANY_PORTS: Final = range(10_000, 32_768)
"""Below those that systems give to outgoing connections.

Such a one could be gone again before the node that it is meant for has started.
"""
VOTING_PERIOD: Final = Milliseconds(7 * 86_400_000)
"""A week: long enough for a board to meet."""
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
class Voting:
    """By which rule the members vote, and for how long."""

    rule: VotingRule
    named: tuple[str, ...] = ()
    """The members that decide, by the rule `named`."""
    period: Milliseconds = VOTING_PERIOD


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
    voting: Voting | None = None
    """How the members decide by votes; None: by an account that more than two thirds of them share.
    """
    first_api_port: int = FIRST_API_PORT
    """The members' public APIs take the free ports from this one on; 0 lets the system choose."""
    ports_taken: frozenset[int] = frozenset()
    """Ports of other networks, which need not run now."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of one member."""

    validator: SigningKey
    account: SigningKey
    tls: SigningKey
    authority: NewAuthority | None = None
    """Of an organisation that is founded with its node."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one node is."""

    name: str
    host: str
    """Address at which other nodes reach it, and at which it listens for them."""
    first_api_port: int
    authority: OpenAuthority | None = None
    """Of an organisation that has one already."""
    organisation: str | None = None
    """Whose authority is elsewhere and certifies the node later; with neither, its key is pinned.
    """


def found_network(folder: Path, plan: Plan) -> Network:
    """Write all that the plan's network needs into `folder`, which holds no network yet."""
    _validate_plan(folder, plan)
    folder.mkdir(parents=True, exist_ok=True)
    keys = [_draw_keys(plan, name) for name in plan.members]
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
    """Return what `network.json` says; raise `ConfigurationError`.

    Members' names are folders here, some of which are deleted one day: none is a path.
    """
    path = folder / "network.json"
    try:
        network = msgspec.json.decode(path.read_bytes(), type=Network)
        for member in network.members:
            validate_name(member.name)
    except FileNotFoundError:
        message = f"{folder} holds no network; `dure network init {folder}` makes one"
        raise ConfigurationError(message, file=str(path)) from None
    except (OSError, msgspec.MsgspecError, RecursionError, ConfigurationError) as problem:
        message = f"{path} cannot be used: {problem}"
        raise ConfigurationError(message, file=str(path)) from problem
    return network


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
    """Say whether nobody has it on either address: a node's API listens on both."""
    both = ((socket.AF_INET, LOOPBACK), (socket.AF_INET6, LOOPBACK_6))
    return all(_may_listen(family, address, port) for family, address in both)


def _may_listen(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as problem:
        # A host without the address has nobody there.
        return problem.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
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


def _draw_keys(plan: Plan, name: str) -> Keys:
    # Where anybody may take part, no organisation answers for a node.
    is_public = plan.kind is ChainKind.PUBLIC
    authority = None if is_public else draft_authority(name, datetime.now(UTC))
    return Keys(generate_key(), generate_key(), generate_key(), authority)


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
        Organisation(
            name,
            KeyPolicy(key.account.public),
            None if key.authority is None else key.authority.der,
        )
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
        authority=_choose_authority(plan, keys),
        assets=plan.assets,
        allocations_hash=compute_allocations_hash(plan.allocations),
        predecessor=None,
    )
    return GenesisDocument(
        genesis=genesis,
        allocations=plan.allocations,
        endorsements=(),
        governance=None if plan.voting is None else read_source(Governance),
    )


def _choose_authority(plan: Plan, keys: Sequence[Keys]) -> Authority:
    voting = plan.voting
    if voting is None:
        return build_authority([key.account for key in keys])
    unknown = set(voting.named) - set(plan.members)
    if unknown:
        raise ConfigurationError(f"no member is called {', '.join(sorted(unknown))}")
    return GovernancePlan(
        rule=voting.rule,
        named=tuple(sorted(set(voting.named))),
        voting_period=voting.period,
        code_hash=compute_code_hash(read_source(Governance)),
    )


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
    taken = set(plan.ports_taken)
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
    authority = place.authority
    if keys.authority is not None:
        authority = save_authority(home / AUTHORITY, keys.authority)
    organisation = place.organisation
    if authority is not None:
        organisation = authority.authority.organisation
    certificate = _write_certificate(home, place, keys.tls, authority)
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
    write_node_files(home, member, place.host, None if authority is None else authority.folder)
    peer = build_peer(
        place.name,
        public,
        address=(place.host, peer_port),
        certificate=certificate,
        organisation=organisation,
    )
    return member, peer


def _write_certificate(
    home: Path, place: Place, key: SigningKey, authority: OpenAuthority | None
) -> str | None:
    """Write a node's certificate and its key; return the PEM where the key is to be pinned."""
    if authority is None and place.organisation is None:
        return save_tls_files(home / "tls.key", home / "tls.pem", key, place.name)
    write_holder_key(home / "tls.key", key)
    if authority is not None:
        subject = Subject(authority.authority.organisation, Kind.NODE, place.name)
        certificate = authority.issue(subject, key.public, datetime.now(UTC))
        install_certificate(home / "tls.pem", key, certificate)
    return None
