"""The document that a chain begins with.

Its hash is the chain's id, so nothing in it can ever be changed. It has two parts: the `Genesis`
proper, small enough to travel in every proof file, and the allocations, which it commits to by
hash. A genesis that takes the place of another chain's (`Genesis.predecessor`) comes with the
signatures of those who answer for it.
"""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from dure.chain.genesis.governance import Authority, validate_authority
from dure.chain.genesis.predecessor import (
    Endorsements,
    Predecessor,
    require,
    validate_endorsements,
    validate_predecessor,
)
from dure.chain.membership import AuthorityCertificate
from dure.chain.money import ASSET_CODE
from dure.chain.parameters import Parameters, validate_parameters
from dure.chain.system import LEDGER_TIME_MAX
from dure.chain.transaction import Policy, compute_address, validate_policy
from dure.contract.bundle import Source
from dure.core import hashing
from dure.core.codec import Wire, encode
from dure.core.errors import InvalidGenesis, InvalidTransaction
from dure.core.signatures import validate_public_key
from dure.core.types import INT_MAX, Address, Amount, ChainId, Hash, Height, Instant, Unsigned
from dure.core.validators import Name, ValidatorSet

GENESIS_BYTES_MAX = 512 * 1024 * 1024
ALLOCATIONS_MAX = 4_000_000
ASSETS_MAX = 64
OFFSET_MAX = LEDGER_TIME_MAX


class ChainKind(StrEnum):
    """Who may take part: one organisation, listed organisations, or anybody."""

    PRIVATE = "private"
    CONSORTIUM = "consortium"
    PUBLIC = "public"


class EngineKind(StrEnum):
    """Which consensus engine decides."""

    SOLO = "solo"
    PBFT = "pbft"


class Organisation(Wire, frozen=True):
    """A member: its name, the policy of its account, and who certifies its nodes."""

    name: Name
    policy: Policy
    authority: AuthorityCertificate | None
    """Null where its nodes are known by pinned keys."""


class Asset(Wire, frozen=True):
    """An asset that exists from the start.

    Its issuer is an account, no contract, so its supply never changes.
    """

    code: Annotated[str, Meta(min_length=1, max_length=16)]
    decimals: Annotated[int, Meta(ge=0, le=18)]
    issuer: Address


class Allocation(Wire, frozen=True):
    """An account that exists from the start."""

    address: Address
    organisation: Name
    balances: Annotated[tuple[Amount, ...], Meta(max_length=ASSETS_MAX)]
    """What it holds of the assets, in their order; missing ones are 0."""


class Genesis(Wire, frozen=True):
    """Everything that the chain's id stands for."""

    version: Unsigned
    name: Name
    kind: ChainKind
    engine: EngineKind
    time: Instant
    """Header time of the genesis block."""
    test: bool
    """A test chain may have a story clock.

    Shown on every page and in every proof, never switched on later.
    """
    offset: Annotated[int, Meta(ge=-OFFSET_MAX, le=OFFSET_MAX)]
    """Ledger time minus header time at the start, in milliseconds; 0 but on a test chain.

    Below zero for stories of the past.
    """
    story_clock: Address | None
    """Account that may call `advance`, on a test chain only."""
    parameters: Parameters
    validators: ValidatorSet
    organisations: Annotated[tuple[Organisation, ...], Meta(min_length=1, max_length=128)]
    authority: Authority
    """Who makes privileged calls: m of n of the members' keys, or a contract in which they vote."""
    assets: Annotated[tuple[Asset, ...], Meta(max_length=ASSETS_MAX)]
    allocations_hash: Hash
    predecessor: Predecessor | None
    """The chain whose last final state this one begins with; null for one that begins empty."""


Allocations = Annotated[tuple[Allocation, ...], Meta(max_length=ALLOCATIONS_MAX)]


class GenesisDocument(Wire, frozen=True):
    """A genesis with its allocations, as it lies on disk."""

    genesis: Genesis
    allocations: Allocations
    endorsements: Endorsements
    """Of the organisations, where the genesis has a predecessor; their signatures cover its hash.
    """
    governance: Source | None
    """The contract that the genesis names by its hash; null where none decides from now on."""


def compute_chain_id(genesis: Genesis) -> ChainId:
    """Return the chain's id."""
    return ChainId(hashing.compute_hash(hashing.GENESIS, encode(genesis)))


def compute_allocations_hash(allocations: tuple[Allocation, ...]) -> Hash:
    """Return what the genesis says of its allocations."""
    return hashing.compute_hash(hashing.GENESIS, encode(allocations))


def get_first_height(genesis: Genesis) -> Height:
    """Return the height of the chain's first block, which nobody signs.

    A chain with a predecessor counts on: contracts read heights and wait for them.
    """
    before = genesis.predecessor
    return Height(0 if before is None else before.height + 1)


def get_names(genesis: Genesis) -> tuple[Name, ...]:
    """Return the names of the organisations, in their order."""
    return tuple(organisation.name for organisation in genesis.organisations)


def validate_genesis(document: GenesisDocument) -> None:
    """Raise `InvalidGenesis` with the first rule that the document breaks, signatures included."""
    validate_draft(document)
    genesis = document.genesis
    validate_endorsements(
        genesis.predecessor, get_names(genesis), compute_chain_id(genesis), document.endorsements
    )


def validate_draft(document: GenesisDocument) -> None:
    """Raise `InvalidGenesis` for what is wrong but for endorsements, which a draft lacks."""
    genesis = document.genesis
    require(genesis.version == 1, "this program knows genesis version 1")
    require(
        compute_allocations_hash(document.allocations) == genesis.allocations_hash,
        "the allocations are not those that the genesis names",
    )
    require(
        genesis.test or (genesis.story_clock is None and not genesis.offset),
        "only a test chain may have a story clock or an offset",
    )
    require(
        0 <= genesis.time + genesis.offset <= LEDGER_TIME_MAX and genesis.time <= LEDGER_TIME_MAX,
        "time is negative or too far away",
    )
    try:
        validate_parameters(genesis.parameters)
    except ValueError as problem:
        raise InvalidGenesis(str(problem)) from problem
    _validate_members(document)
    if genesis.predecessor is not None:
        require(
            not (genesis.assets or document.allocations),
            "a chain with a predecessor takes what is owned from there alone",
        )
        validate_predecessor(genesis.predecessor, get_names(genesis), genesis.time)
    names = {organisation.name for organisation in genesis.organisations}
    for allocation in document.allocations:
        require(allocation.organisation in names, "an allocation names an unknown organisation")
        require(
            len(allocation.balances) <= len(genesis.assets), "an allocation has too many balances"
        )
    addresses = {allocation.address for allocation in document.allocations}
    addresses |= {compute_address(organisation.policy) for organisation in genesis.organisations}
    total = len(document.allocations) + len(genesis.organisations)
    require(len(addresses) == total, "an account stands twice in the genesis")
    for index, asset in enumerate(genesis.assets):
        require(
            ASSET_CODE.fullmatch(asset.code) is not None,
            "an asset's code has 1 to 16 visible ASCII characters",
        )
        supply = sum(sum(given.balances[index : index + 1]) for given in document.allocations)
        require(supply <= INT_MAX, "the supply of an asset passes the largest amount")


def _validate_members(document: GenesisDocument) -> None:
    genesis, before = document.genesis, document.genesis.predecessor
    keys = list(genesis.validators.keys)
    require(
        keys == sorted(set(keys)) and bool(keys), "validators are sorted, distinct and not none"
    )
    require(
        genesis.engine is not EngineKind.SOLO or len(keys) == 1, "the solo engine has one validator"
    )
    names = [organisation.name for organisation in genesis.organisations]
    require(len(set(names)) == len(names), "an organisation stands twice")
    require(
        {member.organisation for member in genesis.validators.members} <= set(names),
        "a validator names an unknown organisation",
    )
    require(
        len({(asset.issuer, asset.code) for asset in genesis.assets}) == len(genesis.assets),
        "an asset stands twice",
    )
    try:
        for key in keys:
            validate_public_key(key)
        for organisation in genesis.organisations:
            validate_policy(organisation.policy)
        missing = () if before is None else before.missing
        validate_authority(
            genesis.authority,
            frozenset((*names, *missing)),
            document.governance,
            is_first=before is None,
        )
    except InvalidTransaction as problem:
        raise InvalidGenesis(problem.message) from problem


def encode_genesis_file(document: GenesisDocument) -> bytes:
    """Return the bytes of the genesis file."""
    return encode(document)


def decode_genesis_file(data: bytes) -> GenesisDocument:
    """Return the document of a genesis file; raise `InvalidGenesis`."""
    document = decode_draft(data)
    validate_genesis(document)
    return document


def decode_draft(data: bytes) -> GenesisDocument:
    """Return the document of a genesis file that may still lack endorsements.

    For the tools of those who sign it; no chain begins with one. Raise `InvalidGenesis`.
    """
    if len(data) > GENESIS_BYTES_MAX:
        raise InvalidGenesis(f"a genesis file has {GENESIS_BYTES_MAX} bytes at most")
    try:
        document = msgspec.msgpack.decode(data, type=GenesisDocument)
    except (msgspec.MsgspecError, RecursionError) as problem:
        message = f"not a genesis file: {problem}"
        raise InvalidGenesis(message) from problem
    if encode(document) != data:
        raise InvalidGenesis("the genesis file is not in canonical form")
    validate_draft(document)
    return document
