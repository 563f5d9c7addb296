"""Finds the field of the source that a stored key belongs to."""

from dataclasses import dataclass

from dure.contract.interface import Interface, parse_type
from dure.contract.shapes import INT, Sort, Type
from dure.contract.values import decode_key, decode_value, to_json
from dure.core.errors import InvalidEncoding


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """A place in a contract's state: `balances[holder]`."""

    field: str
    keys: tuple[object, ...]
    """In JSON form."""
    kind: Type
    """Of the value that is stored there."""


def find_place(interface: Interface, key: bytes) -> StoredPlace | None:
    """Return the place that is stored under `key`; None where the interface knows of none."""
    for field, text in interface.state.items():
        for types, kind in _list_forms(parse_type(text, interface)):
            keys = _read_keys(interface, key, field, types)
            if keys is not None:
                return StoredPlace(field, keys, kind)
    return None


def render_value(interface: Interface, kind: Type, data: bytes) -> object:
    """Return stored bytes in JSON form."""
    return to_json(interface, str(kind), decode_value(interface, kind, data))


def _list_forms(kind: Type) -> list[tuple[list[Type], Type]]:
    """Return the types of the keys under which a field stores values, and the types of those.

    A list keeps its items by number, and its length under no key.
    """
    if kind.sort is Sort.STORED_LIST:
        return [([INT], kind.item), ([], INT)]
    keys: list[Type] = []
    while kind.sort is Sort.MAP:
        keys.append(kind.items[0])
        kind = kind.item
    return [(keys, kind)]


def _read_keys(
    interface: Interface, key: bytes, field: str, kinds: list[Type]
) -> tuple[object, ...] | None:
    try:
        found, keys = decode_key(interface, kinds, key)
    except InvalidEncoding:
        return None
    if found != field:
        return None
    return tuple(
        to_json(interface, str(kind), value) for kind, value in zip(kinds, keys, strict=True)
    )
