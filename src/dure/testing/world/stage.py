"""Where a story plays: the port between `World` and a chain.

| stage | what it is |
|---|---|
| `MemoryStage` | a ledger in this process with a clock moved by hand; can be rolled back |
| a live stage | the SDK and a running test network, whose genesis names a story clock |

A stage knows accounts, calls and bytes; it knows no contract and no Python value. So the same story
runs on both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dure.chain.receipt import Event
from dure.chain.state import Source
from dure.chain.transaction import Call
from dure.core.types import Address, AssetId, Gas, Hash, Height, Instant
from dure.identity.keys import SigningKey
from dure.sdk.accounts import LocalAccount


class NamedAccount(LocalAccount):
    """Somebody who can sign, and what the story calls them."""

    def __init__(self, name: str, key: SigningKey) -> None:
        super().__init__(key)
        self.name = name


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
