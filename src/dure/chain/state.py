"""The state as a map: what lies under which key, and views that can be dropped.

No two kinds of key can meet: each begins with its own letter, and every part but the last has a
fixed length.

| prefix | key after it | value |
|---|---|---|
| `a` | address | `Account` |
| `b` | asset, holder | balance |
| `c` | contract | `ContractRecord` |
| `d` | address | a device: `dure.chain.membership` has it and `i`, `k`, `n`, `x` |
| `e` | height | `ValidatorSet` that decides from that height on; the first one is the genesis' |
| `f` | asset, holder | frozen balances: empty |
| `g` | name | the chain's single values: `Clock`, `Parameters`, validators, authority … |
| `h` | contract, version | `VersionRecord`: every code that the contract ever had |
| `i` | organisation | who certifies for it, and what the members say of it |
| `k` | holder, role | roles of the chain |
| `l` | account | its session keys: `dure.chain.execution.delegation` |
| `m` | number | ledger time at which that scheduled call is due |
| `n` | organisation that left | the account that it had |
| `o` | organisation | the organisation's account: the address itself |
| `p` | number | `ParkedCall`, whose contract is stopped |
| `q` | due time, number | `ScheduledCall` |
| `r` | contract, holder, role | roles: empty |
| `s` | code hash | `Source` |
| `t` | asset | `AssetRecord` |
| `u` | `o` organisation, or `a` account | `Usage` of the gas quota |
| `v` | contract, key | what the contract stored |
| `w` | account | its guardians: `dure.chain.system.delegates` |
| `x` | account of the organisation, serial number | revoked certificates |

A view reads through layers of writes down to the committed map. A transaction writes into a layer
of its own, which is merged or dropped; a candidate block is a layer on its parent's; nothing below
a layer changes while it is in use.

Values are read without comparing their canonical form again: they were written by `encode`, and a
state that comes from a disk or a peer has to hash to its root before it is used.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta

from dure.chain.transaction import Policy
from dure.contract.ports import build_home
from dure.core.codec import Wire, build_decoder, encode
from dure.core.types import Address, Amount, AssetId, Gas, Hash, Height, Instant, Signed, Unsigned
from dure.core.validators import Name, ValidatorSet

T = TypeVar("T")
StopReason = Annotated[str, Meta(min_length=1, max_length=256)]
Writes = dict[bytes, bytes | None]

ASSET: Final = b"t"
BALANCE: Final = b"b"
CONTRACT: Final = b"c"
FROZEN: Final = b"f"
APPROVERS: Final = b"gapprovers"
AUTHORITY: Final = b"gauthority"
CLOCK: Final = b"gclock"
PARAMETERS: Final = b"gparameters"
VALIDATORS: Final = b"gvalidators"
VALIDATORS_NEXT: Final = b"gvalidators-next"
HANDOVERS: Final = b"ghandovers"
ORGANISATIONS: Final = b"gorganisations"
SEQUENCE: Final = b"gsequence"
SUPPORT: Final = b"gsupport"
VERSION_NEXT: Final = b"gversion-next"


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
    transfer_rule: Annotated[str, Meta(max_length=64)]
    """Method of the issuer that allows or refuses each transfer; empty where none does."""


class Stop(Wire, frozen=True):
    """That the members stopped a contract."""

    reason: StopReason
    """Why, in their words."""
    parked: Unsigned
    """How many scheduled calls fell due since then."""
    newest: Unsigned | None
    """Number of the last of them."""


class ContractRecord(Wire, frozen=True):
    """A deployed contract."""

    owner: Address
    """Who answers for it: the sender of its `init`."""
    code_hash: Hash
    version: Unsigned
    """1 when deployed, one more at each upgrade."""
    deployed: Height
    changed: Height
    """Since when the present version stands there."""
    stopped: Stop | None
    """None while it runs."""


class VersionRecord(Wire, frozen=True):
    """One of the codes that a contract has had; its source stays under the hash."""

    code_hash: Hash
    height: Height
    """Of the block that brought it."""


class Clock(Wire, frozen=True):
    """Ledger time = header time + `offset`; `target` is where the story clock is still heading."""

    offset: Signed
    target: Instant | None


class PendingValidators(Wire, frozen=True):
    """A validator set that was decided on and does not decide yet."""

    validators: ValidatorSet
    from_height: Height
    """The first height that it decides."""
    decided: Height
    """Of the block that holds the decision."""


class Support(Wire, frozen=True):
    """The newest protocol version that an organisation has announced to run."""

    organisation: Name
    version: Unsigned


class PendingVersion(Wire, frozen=True):
    """A protocol version that was decided on and does not hold yet."""

    version: Unsigned
    from_height: Height
    """The first height at which it holds."""


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


class ParkedCall(Wire, frozen=True):
    """A call that fell due while its contract was stopped."""

    call: ScheduledCall | None
    """None where it was withdrawn."""
    older: Unsigned | None
    """Number of the same contract's call that was parked before it."""


def key_account(address: Address) -> bytes:
    return b"a" + address


def key_balance(asset: AssetId, holder: Address) -> bytes:
    return BALANCE + asset + holder


def key_contract(address: Address) -> bytes:
    return CONTRACT + address


def key_validators(from_height: Height) -> bytes:
    return b"e" + from_height.to_bytes(8, "big")


def key_frozen(asset: AssetId, holder: Address) -> bytes:
    return FROZEN + asset + holder


def key_version(contract: Address, version: int) -> bytes:
    return b"h" + contract + version.to_bytes(8, "big")


def key_organisation(name: str) -> bytes:
    return b"o" + name.encode()


def key_role(contract: Address, holder: Address, role: str) -> bytes:
    # A contract may ask for any text, also for half a surrogate pair, which has no UTF-8 form.
    return b"r" + contract + holder + role.encode(errors="surrogatepass")


def key_source(code_hash: Hash) -> bytes:
    return b"s" + code_hash


def key_asset(asset: AssetId) -> bytes:
    return ASSET + asset


def key_usage_organisation(name: str) -> bytes:
    return b"uo" + name.encode()


def key_usage_account(address: Address) -> bytes:
    return b"ua" + address


def key_storage(contract: Address, key: bytes) -> bytes:
    return build_home(contract) + key


def key_due(number: int) -> bytes:
    return b"m" + number.to_bytes(8, "big")


def key_parked(number: int) -> bytes:
    return b"p" + number.to_bytes(8, "big")


def key_scheduled(due: int, number: int) -> bytes:
    return b"q" + due.to_bytes(8, "big") + number.to_bytes(8, "big")


class _Decoders(dict[Any, msgspec.msgpack.Decoder[Any]]):
    """One for each type that is read."""

    def __missing__(self, type_: Any) -> msgspec.msgpack.Decoder[Any]:
        decoder = self[type_] = build_decoder(type_)
        return decoder


_decoders: Final = _Decoders()


class View(msgspec.Struct, gc=False):
    """Reads through layers of writes, newest first, down to the committed map.

    A struct, because one is made for every transaction.
    """

    base: Mapping[bytes, bytes]
    below: tuple[Writes, ...] = ()
    """The layers of others, newest first."""
    top: Writes = {}
    """What was written here; each view begins with nothing of its own."""

    def get(self, key: bytes) -> bytes | None:
        """Return the value under `key`, or None."""
        top = self.top
        if key in top:
            return top[key]
        for layer in self.below:
            if key in layer:
                return layer[key]
        return self.base.get(key)

    def get_all(self, keys: Iterable[bytes]) -> Writes:
        """Return what stands under each of the keys, None for nothing."""
        get = self.get if self.top or self.below else self.base.get
        return {key: get(key) for key in keys}

    def put(self, key: bytes, value: bytes | None) -> None:
        """Write `value`, or remove with None."""
        self.top[key] = value

    def load(self, type_: type[T], key: bytes) -> T | None:
        """Return the decoded value under `key`, or None."""
        value = self.get(key)
        if value is None:
            return None
        decoded: T = _decoders[type_].decode(value)
        return decoded

    def require(self, type_: type[T], key: bytes) -> T:
        """Return the decoded value of a key that always exists."""
        value = self.load(type_, key)
        assert value is not None, f"the state lacks {key!r}"
        return value

    def save(self, key: bytes, value: object) -> None:
        """Write the canonical bytes of `value`."""
        self.top[key] = encode(value)

    def fork(self) -> "View":
        """Return a view on top of this one, whose writes can be dropped."""
        return View(self.base, (self.top, *self.below))

    def merge(self, fork: "View") -> None:
        """Take over the writes of a fork of this view."""
        self.top.update(fork.top)


def get_authority(view: View) -> Address:
    """Return who makes privileged calls: the members' account, or the governance contract."""
    return view.require(Address, AUTHORITY)


def list_organisations(view: View) -> tuple[Name, ...]:
    """Return the names of the member organisations, sorted."""
    return view.require(tuple[Name, ...], ORGANISATIONS)


def find_organisation(view: View, account: Address) -> Name | None:
    """Return the member whose own account this is, or None."""
    known = view.load(Account, key_account(account))
    name = known.organisation if known is not None else None
    if name is None or view.get(key_organisation(name)) != account:
        return None
    return name


def list_changes(view: View) -> list[tuple[Height, ValidatorSet]]:
    """Return each block that handed over to another set, and that set, in rising order."""
    heights = view.load(tuple[Height, ...], HANDOVERS) or ()
    return [
        (height, view.require(ValidatorSet, key_validators(Height(height + 1))))
        for height in heights
    ]
