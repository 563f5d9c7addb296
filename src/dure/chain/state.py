"""The state as a map: what lies under which key, and views that can be dropped.

| prefix | key after it | value |
|---|---|---|
| `a` | address | `Account` |
| `b` | asset, holder | balance |
| `c` | contract | `ContractRecord` |
| `f` | asset, holder | frozen balances: empty |
| `g` | name | the chain's single values: `Clock`, `Parameters`, validators … |
| `m` | number | ledger time at which that scheduled call is due |
| `o` | organisation | the organisation's account |
| `q` | due time, number | `ScheduledCall` |
| `r` | contract, holder, role | roles: empty |
| `s` | code hash | `Source` |
| `t` | asset | `AssetRecord` |
| `u` | organisation or account | `Usage` of the gas quota |
| `v` | contract, key | what the contract stored |

A view reads through layers of writes down to the committed map. A transaction writes into a layer of its own, which is
merged or dropped; a candidate block is a layer on its parent's; nothing below a layer changes while it is in use.
"""

from collections.abc import Mapping
from typing import Annotated, Final, TypeVar

from msgspec import Meta

from dure.chain.transaction import Policy
from dure.core.codec import Wire, decode, encode
from dure.core.types import Address, Amount, AssetId, Gas, Hash, Height, Instant, Unsigned
from dure.core.validators import Name

T = TypeVar("T")
Writes = dict[bytes, bytes | None]

_MISSING: Final = object()

CLOCK: Final = b"gclock"
PARAMETERS: Final = b"gparameters"
VALIDATORS: Final = b"gvalidators"
AUTHORITY: Final = b"gauthority"
HANDOVERS: Final = b"ghandovers"
SEQUENCE: Final = b"gsequence"


class Account(Wire, frozen=True):
    """What the chain knows of an account beyond its address."""

    policy: Policy | None
    """Replaces the first policy, whose hash is the address; null while that one still acts."""
    organisation: Name | None
    """Member whose quota the account uses."""


class AssetRecord(Wire, frozen=True):
    """An asset: only its issuer changes the supply or freezes a holder."""

    issuer: Address
    code: Annotated[str, Meta(min_length=1, max_length=16)]
    decimals: Annotated[int, Meta(ge=0, le=18)]
    supply: Amount


class ContractRecord(Wire, frozen=True):
    """A deployed contract."""

    owner: Address
    """Who answers for it: the sender of its `init`."""
    code_hash: Hash
    version: Unsigned
    """1 when deployed, one more at each upgrade."""
    deployed: Height


class Source(Wire, frozen=True):
    """A contract's source text, kept for everybody to read."""

    class_name: Annotated[str, Meta(min_length=1, max_length=64)]
    text: Annotated[str, Meta(max_length=64 * 1024)]


class Clock(Wire, frozen=True):
    """Ledger time = header time + `offset`; `target` is where the story clock is still heading."""

    offset: int
    target: Instant | None


class Usage(Wire, frozen=True):
    """Gas used by one organisation in one quota period."""

    period: Unsigned
    gas: Gas


class ScheduledCall(Wire, frozen=True):
    """A call that the chain makes by itself."""

    contract: Address
    method: str
    arguments: bytes
    gas: Gas


def key_account(address: Address) -> bytes:
    return b"a" + address


def key_balance(asset: AssetId, holder: Address) -> bytes:
    return b"b" + asset + holder


def key_contract(address: Address) -> bytes:
    return b"c" + address


def key_frozen(asset: AssetId, holder: Address) -> bytes:
    return b"f" + asset + holder


def key_organisation(name: str) -> bytes:
    return b"o" + name.encode()


def key_role(contract: Address, holder: Address, role: str) -> bytes:
    return b"r" + contract + holder + role.encode()


def key_source(code_hash: Hash) -> bytes:
    return b"s" + code_hash


def key_asset(asset: AssetId) -> bytes:
    return b"t" + asset


def key_usage(owner: bytes) -> bytes:
    return b"u" + owner


def key_storage(contract: Address, key: bytes) -> bytes:
    return b"v" + contract + key


def key_due(number: int) -> bytes:
    return b"m" + number.to_bytes(8, "big")


def key_scheduled(due: int, number: int) -> bytes:
    return b"q" + due.to_bytes(8, "big") + number.to_bytes(8, "big")


class View:
    """Reads through layers, newest first, down to the committed map; writes into the first layer."""

    __slots__ = ("base", "layers", "top")

    def __init__(self, base: Mapping[bytes, bytes], layers: tuple[Writes, ...]) -> None:
        self.base = base
        self.layers = layers
        self.top = layers[0]

    def get(self, key: bytes) -> bytes | None:
        """Return the value under `key`, or None."""
        for layer in self.layers:
            value = layer.get(key, _MISSING)
            if value is not _MISSING:
                return value  # type: ignore[return-value]  # the sentinel is excluded
        return self.base.get(key)

    def put(self, key: bytes, value: bytes | None) -> None:
        """Write `value`, or remove with None."""
        self.top[key] = value

    def load(self, type_: type[T], key: bytes) -> T | None:
        """Return the decoded value under `key`, or None. What does not decode is our own fault."""
        value = self.get(key)
        return None if value is None else decode(type_, value)

    def require(self, type_: type[T], key: bytes) -> T:
        """Return the decoded value of a key that always exists."""
        value = self.get(key)
        assert value is not None, f"the state lacks {key!r}"
        return decode(type_, value)

    def save(self, key: bytes, value: object) -> None:
        """Write the canonical bytes of `value`."""
        self.top[key] = encode(value)

    def fork(self) -> "View":
        """Return a view on top of this one, whose writes can be dropped."""
        return View(self.base, ({}, *self.layers))

    def merge(self, fork: "View") -> None:
        """Take over the writes of a fork of this view."""
        self.top.update(fork.top)
