"""What has a fixed size has a fixed price.

A number, a truth value, an address or a hash never takes more bytes than its type allows. A place
in the state whose keys and value are all of such types, and an event of such fields, cost as much
as the largest of their values would: that stands in the sum of the basic block, and the compiled
code reads, writes and emits without charging once more. All other places go through the accessors
of `runtime.state`, which charge by the bytes when it happens.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dure.contract.checker.bodies.meanings import Emit, MapCall, MapEntry, Meaning, VarField
from dure.contract.checker.bodies.scope import Notes
from dure.contract.gas import (
    EVENT,
    EVENT_BYTE,
    STORAGE_KEY_BYTE,
    STORAGE_READ,
    STORAGE_READ_BYTE,
    STORAGE_WRITE,
    STORAGE_WRITE_BYTE,
)
from dure.contract.limits import KEY_BYTES_MAX
from dure.contract.shapes import ADDRESS, ASSET, BOOL, HASH, ContractShape, Declarations, Sort, Type
from dure.core.codec import encode

_NUMBER_BYTES: Final = 9
_DIGEST_BYTES: Final = 34
_TUPLE_HEADER_BYTES: Final = 3
_DIGEST_NAMES: Final = frozenset((ADDRESS.name, ASSET.name, HASH.name))


@dataclass(frozen=True, slots=True)
class FixedSizes:
    """Which places of one contract, and which events, have a fixed price."""

    places: dict[str, tuple[int, int]]
    """Field to the most bytes of (key, value)."""
    events: dict[str, int]
    """Event to the most bytes of its data."""
    notes: Notes

    def is_fixed(self, node: ast.AST) -> bool:
        """Say whether what the node means is paid for with its block."""
        match self.notes.meanings.get(node):
            case VarField(name=name) | MapEntry(name=name):
                return name in self.places
            case MapCall(action="get", entry=entry, default=default):
                # The compiled code looks at the default only where it needs it.
                return entry.name in self.places and self._is_plain(default)
            case Emit(event=event):
                return event in self.events
            case _:
                return False

    def get_place(self, node: ast.AST) -> VarField | MapEntry | None:
        """Return the place of fixed price that the node reads or writes."""
        if not self.is_fixed(node):
            return None
        match self.notes.meanings[node]:
            case VarField() | MapEntry() as place:
                return place
            case MapCall(entry=entry):
                return entry
            case _:
                return None

    def compute_price(self, node: ast.AST) -> int:
        """Return what the node costs beyond its syntax; 0 where that is charged when it happens."""
        match node:
            case ast.AugAssign(target=target) if self.is_fixed(target):
                return self._compute_read_price(self.notes.meanings[target])
            case ast.expr() if self.is_fixed(node):
                return self._compute_meaning_price(node, self.notes.meanings[node])
            case _:
                return 0

    def _compute_meaning_price(self, node: ast.expr, meaning: Meaning) -> int:
        if isinstance(meaning, Emit):
            return EVENT + EVENT_BYTE * self.events[meaning.event]
        if isinstance(getattr(node, "ctx", None), ast.Store):
            assert isinstance(meaning, VarField | MapEntry)
            return STORAGE_WRITE + STORAGE_WRITE_BYTE * sum(self.places[meaning.name])
        return self._compute_read_price(meaning)

    def _compute_read_price(self, meaning: Meaning) -> int:
        assert isinstance(meaning, VarField | MapEntry | MapCall)
        place = meaning.entry if isinstance(meaning, MapCall) else meaning
        key, value = self.places[place.name]
        return STORAGE_READ + STORAGE_KEY_BYTE * key + STORAGE_READ_BYTE * value

    def _is_plain(self, default: ast.expr | None) -> bool:
        """Say whether it makes no difference when, and whether, the default is worked out."""
        if isinstance(default, ast.Name | ast.Constant):
            return True
        match default:
            case ast.Call(args=[ast.Constant()], keywords=[], func=ast.Name() | ast.Attribute()):
                return self.notes.types[default].is_numeric
            case _:
                return False


def find_fixed_sizes(contract: ContractShape, selected: Declarations, notes: Notes) -> FixedSizes:
    """Return the fixed prices of a contract."""
    places = {name: _measure_place(name, kind) for name, kind in contract.state.items()}
    events = {
        name: _measure([field.type for field in shape.fields])
        for name, shape in selected.events.items()
    }
    return FixedSizes(
        {name: sizes for name, sizes in places.items() if sizes is not None},
        {name: size + _TUPLE_HEADER_BYTES for name, size in events.items() if size is not None},
        notes,
    )


def _measure_place(name: str, kind: Type) -> tuple[int, int] | None:
    keys: list[Type] = []
    while kind.sort is Sort.MAP:
        keys.append(kind.items[0])
        kind = kind.item
    key_bytes, value_bytes = _measure(keys), _measure([kind])
    if key_bytes is None or value_bytes is None:
        return None
    key_bytes += len(encode((name,)))
    return (key_bytes, value_bytes) if key_bytes <= KEY_BYTES_MAX else None


def _measure(kinds: Sequence[Type]) -> int | None:
    """Return the most bytes of values of these types; None where one has no fixed size."""
    sizes = [_get_size(kind) for kind in kinds]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def _get_size(kind: Type) -> int | None:
    if kind.is_numeric:
        return _NUMBER_BYTES
    if kind == BOOL:
        return 1
    return _DIGEST_BYTES if kind.name in _DIGEST_NAMES else None
