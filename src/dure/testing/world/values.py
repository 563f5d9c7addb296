"""Values in a story: what a contract answers comes back as the classes of its own file.

`dure.contract.values` turns plain values into bytes and back. This adds what a story wants on top:
people and contracts where an `Address` is meant, and `Time`, `Amount`, decimals, records and
choices where a plain value would be a number, a dict or a name. Handed in, an amount may be the
plain number of minor units.
"""

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, Final

from dure.contract import values
from dure.contract.interface import FieldInterface, Interface, parse_type
from dure.contract.language import Amount, Duration, Event, Time
from dure.contract.shapes import Sort, Type
from dure.testing.world.people import Party


class Values:
    """Turns values of one contract into bytes and back."""

    def __init__(self, interface: Interface, modules: Sequence[ModuleType]) -> None:
        """Take the interface, and the modules in which its records and choices are classes."""
        self.interface = interface
        self._modules = modules

    def find_class(self, name: str) -> Any:
        """Return the class of that name, which the contract's file or its library declares."""
        return next(getattr(each, name) for each in self._modules if hasattr(each, name))

    def has_event(self, event_class: type[Event]) -> bool:
        """Say whether the contract may emit this event, itself or by what it inherits."""
        name = event_class.__name__
        return name in self.interface.events and self.find_class(name) is event_class

    def encode_arguments(
        self, method: str, positional: Sequence[object], named: Mapping[str, object]
    ) -> bytes:
        """Return the canonical arguments.

        Raise `dure.contract.values.InvalidValue` with what was expected.
        """
        return values.encode_arguments(
            self.interface,
            method,
            [_lower(value) for value in positional],
            {name: _lower(value) for name, value in named.items()},
        )

    def decode_result(self, method: str, data: bytes) -> Any:
        """Return a method's result."""
        kind = parse_type(values.get_method(self.interface, method).result, self.interface)
        return self._lift(values.decode_result(self.interface, method, data), kind)

    def decode_event(self, name: str, data: bytes) -> Any:
        """Return an event as an instance of its class."""
        plain = values.decode_event(self.interface, name, data)
        return self._build(name, plain, self.interface.events[name].fields)

    def _lift(self, plain: Any, kind: Type) -> Any:
        match kind.sort:
            case Sort.SCALAR if kind.name in _LIFTED:
                return _LIFTED[kind.name](plain)
            case Sort.DECIMAL:
                return self.find_class(kind.name)(f"{plain:f}")
            case Sort.LIST:
                return [self._lift(item, kind.item) for item in plain]
            case Sort.CHOICE:
                return self.find_class(kind.name)[plain]
            case Sort.RECORD:
                return self._build(kind.name, plain, self.interface.records[kind.name].fields)
            case _:
                return plain

    def _build(
        self, name: str, plain: Mapping[str, Any], fields: Sequence[FieldInterface]
    ) -> object:
        lifted = {
            each.name: self._lift(plain[each.name], parse_type(each.type, self.interface))
            for each in fields
        }
        return self.find_class(name)(**lifted)


_LIFTED: Final[dict[str, Callable[[int], object]]] = {
    "Amount": Amount,
    "Duration": Duration,
    "Time": Time,
}


def _lower(value: object) -> object:
    if isinstance(value, Party):
        return value.address
    if isinstance(value, list | tuple):
        return [_lower(item) for item in value]
    return value
