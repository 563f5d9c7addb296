"""The classes that an author's classes are made from."""

import dataclasses
import enum
from collections.abc import Callable
from typing import Any, Self, TypeVarTuple, dataclass_transform

from dure.contract.language.absent import refuse_to_run
from dure.contract.language.money import Amount, Asset, C
from dure.contract.language.time import Time
from dure.core.types import Address

Ts = TypeVarTuple("Ts")


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


class Contract:
    """What a contract is made from, and what it may ask of the ledger.

    A contract may inherit from contracts of `dure.contract.library` and of its own file: it then
    has their fields and methods. Two bases, or a base and the class, never define the same name.
    """

    sender: Address
    """Who calls: an account, another contract, or this contract itself for a scheduled call."""
    paid: Amount[Any]
    """How much money came with this call; in a `@call(pays=…)` only."""
    now: Time
    """Ledger time: the same during a whole block."""
    height: int
    """Number of the block that holds this call."""
    address: Address
    """This contract."""

    def emit(self, event: Event) -> None:
        """Tell the world that something happened; it stands in the receipt."""
        refuse_to_run()

    def has_role(self, role: str, holder: Address) -> bool:
        """Say whether the members granted `holder` the role at this contract."""
        refuse_to_run()

    def pay(self, asset: Asset[C], to: Address, amount: Amount[C]) -> None:
        """Move money of this contract to `to`."""
        refuse_to_run()

    def balance_of(self, asset: Asset[C]) -> Amount[C]:
        """Return how much of the asset this contract holds."""
        refuse_to_run()

    def holding_of(self, asset: Asset[C], holder: Address) -> Amount[C]:
        """Return how much of the asset somebody holds; every balance is public."""
        refuse_to_run()

    def create_asset(self, code: str, decimals: int) -> Asset[Any]:
        """Found an asset that this contract alone issues."""
        refuse_to_run()

    def mint(self, asset: Asset[C], to: Address, amount: Amount[C]) -> None:
        """Create money of an own asset."""
        refuse_to_run()

    def burn(self, asset: Asset[C], holder: Address, amount: Amount[C]) -> None:
        """Destroy a holder's money of an own asset."""
        refuse_to_run()

    def freeze(self, asset: Asset[Any], holder: Address, frozen: bool) -> None:  # noqa: FBT001
        """Forbid or allow a holder to move an own asset."""
        refuse_to_run()

    def move(self, asset: Asset[C], source: Address, to: Address, amount: Amount[C]) -> None:
        """Move somebody's money of an own asset, as its issuer; no transfer rule is asked."""
        refuse_to_run()

    def set_transfer_rule(
        self, asset: Asset[Any], method: Callable[[Address, Address, Amount[Any]], Amount[Any]]
    ) -> None:
        """Have a `@transfer_rule` method asked before each transfer of an own asset."""
        refuse_to_run()

    def schedule(
        self, at: Time, method: Callable[[*Ts], None], *arguments: *Ts, gas: int = 200_000
    ) -> int:
        """Have a `@scheduled` method called at `at` or as soon after as blocks allow.

        Return the call's number. Who calls pays its gas now; inside a scheduled call the quota of
        the contract's owner does.
        """
        refuse_to_run()

    def cancel(self, number: int) -> bool:
        """Withdraw a scheduled call; say whether it was still waiting."""
        refuse_to_run()


class Interface:
    """Another contract as this one sees it.

    A class with stub methods, `Price(address).current()`. Their bodies are `...`, which mypy's
    `--strict` wants to be told: `# mypy: disable-error-code="empty-body"` as the file's first line.
    """

    def __init__(self, address: Address) -> None:
        refuse_to_run()

    def paying(self, asset: Asset[C], amount: Amount[C]) -> Self:
        """Send money with the call that follows: `Shop(address).paying(won, price).buy(3)`."""
        refuse_to_run()
