"""Everything that the author of a contract imports.

A contract is a class. Its annotated fields are its state on the chain, its decorated methods are
what others may call. The file is ordinary Python: editors complete it, mypy checks it and pytest
imports it. It *runs* only on a chain or in `dure.testing.World`, where the checker has read it and
the machine has lowered and metered it; called directly, every name below that would touch a ledger
raises `NotImplementedError`.

```python
class Counter(Contract):
    total: Var[int]

    @call
    def add(self, number: int) -> int:
        require(number > 0, "only forwards")
        self.total += number
        return self.total
```

Values: `int` (64-bit where it is stored, passed or emitted, 256-bit in between), `bool`, `str`,
`bytes`, `Address`, `Asset`, `Time`, `Duration`, `list[…]`, and the `Record` and `Choice` classes of
the file.
"""

import dataclasses
import enum
from collections.abc import Callable
from typing import (
    Any,
    Generic,
    NoReturn,
    Self,
    TypeVar,
    TypeVarTuple,
    dataclass_transform,
    overload,
)

from dure.core.types import Address, AssetId

__all__ = [
    "Address",
    "Asset",
    "Choice",
    "Contract",
    "Duration",
    "Event",
    "Interface",
    "Map",
    "Record",
    "Time",
    "Var",
    "call",
    "days",
    "hours",
    "init",
    "minutes",
    "only",
    "require",
    "scheduled",
    "seconds",
    "view",
]

Asset = AssetId
"""Which kind of money: the identifier of an asset."""

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
Ts = TypeVarTuple("Ts")
Method = TypeVar("Method", bound=Callable[..., Any])


def _on_chain_only() -> NoReturn:
    raise NotImplementedError("a contract runs on a chain or in dure.testing.World only")


@dataclasses.dataclass(frozen=True, order=True, slots=True)
class Duration:
    """A length of time."""

    milliseconds: int

    def __add__(self, other: "Duration") -> "Duration":
        return Duration(self.milliseconds + other.milliseconds)

    def __sub__(self, other: "Duration") -> "Duration":
        return Duration(self.milliseconds - other.milliseconds)

    def __mul__(self, count: int) -> "Duration":
        return Duration(self.milliseconds * count)

    @overload
    def __floordiv__(self, other: int) -> "Duration": ...
    @overload
    def __floordiv__(self, other: "Duration") -> int: ...
    def __floordiv__(self, other: "int | Duration") -> "Duration | int":
        if isinstance(other, Duration):
            return self.milliseconds // other.milliseconds
        return Duration(self.milliseconds // other)


@dataclasses.dataclass(frozen=True, order=True, slots=True)
class Time:
    """A moment: milliseconds since 1970-01-01T00:00:00Z."""

    milliseconds: int

    def __add__(self, other: Duration) -> "Time":
        return Time(self.milliseconds + other.milliseconds)

    @overload
    def __sub__(self, other: Duration) -> "Time": ...
    @overload
    def __sub__(self, other: "Time") -> Duration: ...
    def __sub__(self, other: "Duration | Time") -> "Time | Duration":
        if isinstance(other, Time):
            return Duration(self.milliseconds - other.milliseconds)
        return Time(self.milliseconds - other.milliseconds)


def seconds(count: int) -> Duration:
    """Return so many seconds."""
    return Duration(count * 1_000)


def minutes(count: int) -> Duration:
    """Return so many minutes."""
    return Duration(count * 60_000)


def hours(count: int) -> Duration:
    """Return so many hours."""
    return Duration(count * 3_600_000)


def days(count: int) -> Duration:
    """Return so many days of 24 hours."""
    return Duration(count * 86_400_000)


@dataclass_transform(frozen_default=True)
class Record:
    """An immutable value with named fields. `record.replace(field=…)` returns a changed copy."""

    def __init_subclass__(cls) -> None:
        dataclasses.dataclass(frozen=True)(cls)

    def replace(self, **changes: Any) -> Self:
        """Return a copy in which the named fields have other values."""
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]


@dataclass_transform(frozen_default=True)
class Event:
    """Something that happened, told to the world by `self.emit(…)`.

    Has named fields like a `Record`.
    """

    def __init_subclass__(cls) -> None:
        dataclasses.dataclass(frozen=True)(cls)


class Choice(enum.Enum):
    """One of a few named things: `class State(Choice): OPEN = "waiting for the flight"`."""


class Var(Generic[T]):
    """One stored value.

    Never set, it reads as 0, False, "" or b""; of any other type, reading it is the refusal
    `missing_value`.
    """

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Contract", owner: type) -> T: ...
    def __get__(self, instance: "Contract | None", owner: type) -> Self | T:
        _on_chain_only()

    def __set__(self, instance: "Contract", value: T) -> None:
        _on_chain_only()


class Map(Generic[K, V]):
    """Stored values by key.

    It cannot be walked through: keep a count or a list of keys where you must.
    """

    def __getitem__(self, key: K) -> V:
        """Return the value; the refusal `missing_key` where there is none."""
        _on_chain_only()

    def __setitem__(self, key: K, value: V) -> None:
        _on_chain_only()

    def __contains__(self, key: K) -> bool:
        _on_chain_only()

    def get(self, key: K, default: V) -> V:
        """Return the value, or `default` where there is none."""
        _on_chain_only()

    def remove(self, key: K) -> None:
        """Forget the value; nothing happens where there is none."""
        _on_chain_only()


class Contract:
    """What a contract is made from, and what it may ask of the ledger."""

    sender: Address
    """Who calls: an account, another contract, or this contract itself for a scheduled call."""
    paid: int
    """How much money came with this call; 0 but in a `@call(pays=…)`."""
    now: Time
    """Ledger time: the same during a whole block."""
    height: int
    """Number of the block that holds this call."""
    address: Address
    """This contract."""

    def emit(self, event: Event) -> None:
        """Tell the world that something happened; it stands in the receipt."""
        _on_chain_only()

    def pay(self, asset: Asset, to: Address, amount: int) -> None:
        """Move money of this contract to `to`."""
        _on_chain_only()

    def balance_of(self, asset: Asset) -> int:
        """Return how much of the asset this contract holds."""
        _on_chain_only()

    def create_asset(self, code: str, decimals: int) -> Asset:
        """Found an asset that this contract alone issues."""
        _on_chain_only()

    def mint(self, asset: Asset, to: Address, amount: int) -> None:
        """Create money of an own asset."""
        _on_chain_only()

    def burn(self, asset: Asset, holder: Address, amount: int) -> None:
        """Destroy a holder's money of an own asset."""
        _on_chain_only()

    def freeze(self, asset: Asset, holder: Address, frozen: bool) -> None:  # noqa: FBT001
        """Forbid or allow a holder to move an own asset."""
        _on_chain_only()

    def schedule(
        self, at: Time, method: Callable[[*Ts], None], *arguments: *Ts, gas: int = 200_000
    ) -> int:
        """Have a `@scheduled` method called at `at` or as soon after as blocks allow.

        Return the call's number.
        """
        _on_chain_only()

    def cancel(self, number: int) -> bool:
        """Withdraw a scheduled call; say whether it was still waiting."""
        _on_chain_only()


class Interface:
    """Another contract as this one sees it.

    A class with stub methods, `Price(address).current()`.
    """

    def __init__(self, address: Address) -> None:
        _on_chain_only()

    def paying(self, asset: Asset, amount: int) -> Self:
        """Send money with the call that follows: `Shop(address).paying(won, 500).buy(3)`."""
        _on_chain_only()


def require(condition: bool, reason: str) -> None:  # noqa: FBT001 - reads like a sentence
    """Go on where the condition holds.

    Otherwise refuse the call with the reason, and nothing of it happened.
    """
    if not condition:
        raise ValueError(reason)


def init(method: Method) -> Method:
    """Mark the method that runs once, when the contract is deployed."""
    return method


@overload
def call(method: Method, /) -> Method: ...
@overload
def call(*, pays: str) -> Callable[[Method], Method]: ...
def call(method: Any = None, /, *, pays: str = "") -> Any:  # noqa: ARG001 - the checker reads it in the source
    """Mark a method that changes state. `pays` names the `Var[Asset]` in which it accepts money."""
    return (lambda decorated: decorated) if method is None else method


def view(method: Method) -> Method:
    """Mark a method that only reads."""
    return method


def scheduled(method: Method) -> Method:
    """Mark a method that only the chain's scheduler may call."""
    return method


def only(role: str) -> Callable[[Method], Method]:  # noqa: ARG001 - as above
    """Let only holders of `role` call the method."""
    return lambda method: method
