"""Where a story plays: the port between `World` and a chain.

| stage | what it is |
|---|---|
| `MemoryStage` | a ledger in this process with a clock moved by hand; can be rolled back |
| `LiveStage` | the SDK and a running test network, whose genesis names a story clock |

A stage knows accounts, calls and bytes; it knows no contract and no Python value. So the same story
runs on both.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from dure.chain.money import LEDGER
from dure.chain.receipt import Event
from dure.chain.transaction import Call
from dure.contract.bundle import Source
from dure.core.types import Address, Amount, AssetId, Gas, Hash, Height, Instant
from dure.identity.keys import SigningKey
from dure.sdk import ledger_calls
from dure.sdk.accounts import LocalAccount
from dure.testing.world.errors import StoryMistake, list_names

GAS_LIMIT: Final = Gas(50_000_000)
"""Of what is sent in a story, so that no story runs out of gas on one stage alone."""
SOURCE_GAS_LIMIT: Final = Gas(95_000_000)
"""Of what brings a contract's source, which is paid for by the byte: room for the longest one."""
SUPPLY: Final = Amount(10**15)
"""Minor units of each asset, in the treasury's hands at the start."""


class NamedAccount(LocalAccount):
    """Somebody who can sign, and what the story calls them."""

    def __init__(self, name: str, key: SigningKey) -> None:
        super().__init__(key)
        self.name = name
        self.key = key


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a list of calls that all happened."""

    results: tuple[bytes, ...]
    """Canonical result of each call."""
    gas_used: Gas


@dataclass(frozen=True, slots=True)
class Deployment:
    """A contract that is to be put on the chain."""

    source: Source
    owner: Address
    arguments: bytes
    """Canonical tuple of the arguments of `init`."""
    roles: Mapping[str, Sequence[Address]]

    def build_call(self) -> Call:
        """Return the ledger's call that does it."""
        return ledger_calls.deploy(
            self.source,
            owner=self.owner,
            arguments=self.arguments,
            roles=self.roles,
        )


class Stage(Protocol):
    """A chain on which stories can be played. Every change is final when the method returns.

    Calls that the chain owes by then (`schedule`) have happened too: a stage comes to rest before
    it answers, and raises `Refused` where one of them refused.
    """

    @property
    def ledger_time(self) -> Instant: ...
    @property
    def height(self) -> Height: ...
    @property
    def state_root(self) -> Hash: ...
    @property
    def assets(self) -> Mapping[str, AssetId]:
        """The money that people can be given, by name."""
        ...

    def admit(self, name: str, balances: Mapping[str, int]) -> NamedAccount:
        """Make an account that may send, holding these minor units; raise `Refused`."""
        ...

    def send(self, sender: NamedAccount, calls: Sequence[Call]) -> Done:
        """Sign and execute the calls, all or nothing; raise `Refused`."""
        ...

    def deploy(self, deployment: Deployment) -> Address:
        """Put a contract on the chain with the members' approval; raise `Refused`."""
        ...

    def decide(self, calls: Sequence[Call]) -> Done:
        """Execute calls that the members approve together, all or nothing; raise `Refused`."""
        ...

    def view(self, contract: Address, method: str, arguments: bytes) -> bytes:
        """Return the canonical result of a read-only method; raise `Refused`."""
        ...

    def read_field(self, contract: Address, name: str) -> bytes | None:
        """Return the canonical value of a contract's `Var` field; None where it is not set."""
        ...

    def advance(self, to: Instant) -> None:
        """Raise ledger time to `to`; calls that are scheduled on the way happen at their time."""
        ...

    def get_balance(self, asset: AssetId, holder: Address) -> int: ...
    def get_events(self) -> Sequence[Event]:
        """Return what contracts and ledger said since the stage began, in order."""
        ...

    def is_conserved(self) -> bool:
        """Say whether, for each asset, all balances together are the supply."""
        ...

    def save(self) -> object:
        """Return a mark to come back to.

        Raise `StoryMistake` on a chain that cannot be rolled back.
        """
        ...

    def restore(self, mark: object) -> None:
        """Be again as at the mark."""
        ...


def choose_gas_limit(calls: Sequence[Call]) -> Gas:
    """Return how much gas a transaction of a story may use."""
    brings_source = any(
        call.contract == LEDGER and call.method in {"deploy", "upgrade"} for call in calls
    )
    return SOURCE_GAS_LIMIT if brings_source else GAS_LIMIT


def validate_person(
    name: str, balances: Mapping[str, int], *, people: Collection[str], assets: Collection[str]
) -> None:
    """Raise `StoryMistake` where the name is taken, or money of that name does not exist."""
    if name in people:
        raise StoryMistake(f"there is a {name!r} already: give each person a name of their own")
    unknown = balances.keys() - set(assets)
    if unknown:
        raise StoryMistake(
            f"there is no money called {list_names(unknown)}, only {list_names(assets)}; "
            "name others by World(assets={…})"
        )
