"""How contract values become bytes: one msgspec type for each type of the language.

| language | bytes |
|---|---|
| int, Duration, Decimal | integer of 64 bits; of a Decimal its units of 10**-places |
| Time, Amount | integer 0 … 2⁶³-1, milliseconds or minor units |
| bool, str, bytes | themselves |
| Address, Asset, Hash | 32 bytes |
| Choice | the member's name, as text |
| list | array |
| Record, Event, arguments | array of the fields in order |

Records *are* these msgspec structs while a contract runs, so that reading and storing them is one
step.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, TypeVar, cast

import msgspec
from msgspec import Meta

from dure.contract.interface import FieldInterface, Interface, ShapeInterface, parse_type
from dure.contract.limits import ITEMS_MAX, NAME_LENGTH_MAX, TEXT_MAX
from dure.contract.shapes import Sort, Type
from dure.core.types import Digest, Signed, Unsigned

_SCALAR_TYPES: Final[dict[str, Any]] = {
    "int": Signed,
    "Duration": Signed,
    "Time": Unsigned,
    "Amount": Unsigned,
    "bool": bool,
    "str": Annotated[str, Meta(max_length=TEXT_MAX)],
    "bytes": Annotated[bytes, Meta(max_length=TEXT_MAX)],
    "Address": Digest,
    "Asset": Digest,
    "Hash": Digest,
}

_INTEGER_BYTES_MAX: Final = 9
_SCALAR_BYTES_MAX: Final = {
    "int": _INTEGER_BYTES_MAX,
    "Duration": _INTEGER_BYTES_MAX,
    "Time": _INTEGER_BYTES_MAX,
    "Amount": _INTEGER_BYTES_MAX,
    "bool": 1,
    "str": 4 * TEXT_MAX + 5,
    "bytes": TEXT_MAX + 5,
    "Address": 34,
    "Asset": 34,
    "Hash": 34,
}
_TEXT_OVERHEAD: Final = 5

T = TypeVar("T")


class WireTypes:
    """The msgspec types of one interface. `records` holds the struct class of each record."""

    def __init__(self, interface: Interface) -> None:
        self._interface = interface
        self.records: dict[str, type[msgspec.Struct]] = {}
        self._fields: dict[str, list[tuple[str, Type]]] = {}
        self._known: dict[tuple[Callable[..., Any], Type], Any] = {}
        for name in interface.records:
            self._get_record(name)

    def parse(self, text: str) -> Type:
        """Return the type that the interface writes as `text`."""
        return parse_type(text, self._interface)

    def get(self, kind: Type) -> Any:
        """Return the msgspec type of `kind`."""
        match kind.sort:
            case Sort.SCALAR:
                return _SCALAR_TYPES[kind.name]
            case Sort.DECIMAL:
                return Signed
            case Sort.LIST:
                return Annotated[list[self.get(kind.item)], Meta(max_length=ITEMS_MAX)]  # type: ignore[misc]
            case Sort.RECORD:
                return self._get_record(kind.name)
            case Sort.CHOICE:
                members = self._interface.choices[kind.name].members
                return Literal[tuple(member.name for member in members)]
            case _:
                assert kind.sort is Sort.NOTHING
                return type(None)

    def get_tuple(self, fields: tuple[FieldInterface, ...]) -> Any:
        """Return the type of arguments or of an event: a tuple of the fields' types."""
        types = tuple(self.get(self.parse(each.type)) for each in fields)
        return tuple[types] if types else tuple[()]  # type: ignore[valid-type]

    def get_fields(self, record: str) -> list[tuple[str, Type]]:
        """Return names and types of a record's fields."""
        if record not in self._fields:
            fields = self._interface.records[record].fields
            self._fields[record] = [(each.name, self.parse(each.type)) for each in fields]
        return self._fields[record]

    def remember(self, compute: Callable[[Type, "WireTypes"], T], kind: Type) -> T:
        """Return `compute(kind, self)`, worked out once.

        Thousands of fields may be of the same large record, whose parts would be walked for each.
        """
        if (compute, kind) not in self._known:
            self._known[compute, kind] = compute(kind, self)
        found: T = self._known[compute, kind]
        return found

    def estimate_bytes_max(self, kind: Type) -> int:
        """Return a bound of the encoded size of any value of `kind`."""
        return self.remember(_estimate_bytes_max, kind)

    def _get_record(self, name: str) -> type[msgspec.Struct]:
        if name not in self.records:
            self.records[name] = self._define(self._interface.records[name])
        return self.records[name]

    def _define(self, shape: ShapeInterface) -> type[msgspec.Struct]:
        fields = [(field, self.get(kind)) for field, kind in self.get_fields(shape.name)]
        return msgspec.defstruct(
            shape.name, fields, frozen=True, array_like=True, forbid_unknown_fields=True
        )


def _estimate_bytes_max(kind: Type, wire: WireTypes) -> int:
    match kind.sort:
        case Sort.SCALAR:
            return _SCALAR_BYTES_MAX[kind.name]
        case Sort.DECIMAL:
            return _INTEGER_BYTES_MAX
        case Sort.LIST:
            return ITEMS_MAX * wire.estimate_bytes_max(kind.item)
        case Sort.RECORD:
            fields = wire.get_fields(kind.name)
            return _TEXT_OVERHEAD + sum(wire.estimate_bytes_max(each) for _, each in fields)
        case _:
            return NAME_LENGTH_MAX + _TEXT_OVERHEAD


def measure(value: object, budget: int) -> int:
    """Return what is left of `budget` bytes after `value`, stopping soon after it is used up.

    An estimate from above of the encoded size, without building it: one long text may stand in a
    list ten thousand times.
    """
    if isinstance(value, str):
        return budget - 4 * len(value) - _TEXT_OVERHEAD
    if isinstance(value, bytes):
        return budget - len(value) - _TEXT_OVERHEAD
    parts: list[object] | tuple[object, ...] = ()
    if isinstance(value, list | tuple):
        parts = value
    elif isinstance(value, msgspec.Struct):
        parts = cast("tuple[object, ...]", msgspec.structs.astuple(value))
    budget -= 9
    for part in parts:
        budget = measure(part, budget)
        if budget < 0:
            break
    return budget
