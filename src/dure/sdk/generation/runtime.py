"""What a generated client is made of.

Values come back as the classes of the generated module: records and events as frozen dataclasses,
choices as enumerations, moments as `Time`.
"""

import dataclasses
import enum
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from dure.contract.language import Duration, Time
from dure.core.types import Address, AssetId, Hash
from dure.sdk.accounts import Account
from dure.sdk.client import Client, ContractProxy
from dure.sdk.contracts import Done
from dure.sdk.receipts import FinalReceipt

__all__ = [
    "Account",
    "Address",
    "AssetId",
    "Client",
    "Duration",
    "Happened",
    "Hash",
    "Time",
    "TypedContract",
    "build_value",
]

R = TypeVar("R")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Happened(Generic[R, E]):
    """A call that happened, proved."""

    result: R
    events: tuple[E, ...]
    """What the called contract said, in order."""
    receipt: FinalReceipt


class TypedContract(Generic[E]):
    """A contract on the chain; a generated client adds its methods."""

    event_classes: typing.ClassVar[Mapping[str, type[Any]]] = {}

    def __init__(self, client: Client, address: Address) -> None:
        """Ask a node for the contract's interface."""
        self.contract: ContractProxy = client.contract(address)

    def call_method(
        self, name: str, result: Any, arguments: tuple[object, ...], **order: Any
    ) -> Happened[Any, E]:
        """Call a method; return its result as `result`, a type, says."""
        done: Done = getattr(self.contract, name)(*arguments, **order)
        return Happened(
            build_value(result, done.result),
            tuple(
                build_value(self.event_classes[each.name], each.fields)
                for each in done.events
                if each.name in self.event_classes
            ),
            done.receipt,
        )

    def ask_view(self, name: str, result: Any, arguments: tuple[object, ...]) -> Any:
        """Ask a view; return its answer as `result`, a type, says."""
        return build_value(result, getattr(self.contract, name)(*arguments))


_WRAPPED: Final[dict[object, Callable[[int], object]]] = {Time: Time, Duration: Duration}


def build_value(kind: Any, plain: Any) -> Any:
    """Return a plain value as an instance of `kind`: a scalar, list, dataclass or enumeration."""
    if typing.get_origin(kind) is list:
        (item,) = typing.get_args(kind)
        return [build_value(item, each) for each in plain]
    if kind in _WRAPPED:
        return _WRAPPED[kind](plain)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind[plain]
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        types = typing.get_type_hints(kind)
        return kind(**{name: build_value(types[name], each) for name, each in plain.items()})
    return plain
