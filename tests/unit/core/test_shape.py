"""A type with two forms for one value, or without bounds to its depth, never reaches the wire."""

from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from dure.core.codec import Wire, decode
from dure.core.shape import DEPTH_MAX, validate_shape
from dure.core.types import Hash, Signed, Unsigned


class Plain(Wire, frozen=True):
    flag: bool
    parts: tuple[Hash, ...]
    pair: tuple[Unsigned, str | None]
    choices: list[Literal["a", "b"]]


class WithDefault(Wire, frozen=True):
    number: Unsigned = 0


class WithMap(Wire, frozen=True):
    inside: tuple[dict[str, bool], ...]


class Recursive(Wire, frozen=True):
    children: tuple["Recursive", ...]


class NotWire(msgspec.Struct, frozen=True):
    number: Unsigned


class Lenient(msgspec.Struct, frozen=True, array_like=True):
    number: Unsigned


def nest(depth: int) -> Any:
    type_: Any = bool
    for _ in range(depth):
        type_ = tuple[type_, ...]
    return type_


@pytest.mark.parametrize("type_", [Plain, Unsigned, Signed, bytes, None, tuple[Plain | None, ...]])
def test_plain_types_may_be_on_the_wire(type_: Any) -> None:
    validate_shape(type_)


@pytest.mark.parametrize(
    ("type_", "reason"),
    [
        (dict[str, bool], "DictType"),
        (set[bool], "SetType"),
        (frozenset[bool], "FrozenSetType"),
        (float, "FloatType"),
        (Any, "AnyType"),
        (msgspec.Raw, "RawType"),
        (tuple[bool | float, ...], "FloatType"),
        (int, "without bounds"),
        (tuple[Annotated[int, Meta(ge=0)], ...], "without bounds"),
        (Annotated[int, Meta(le=9)], "without bounds"),
        (WithDefault, "has a default"),
        (WithMap, "WithMap.tuple holds DictType"),
        (Recursive, "contains itself"),
        (NotWire, "not a Wire struct"),
        (Lenient, "not a Wire struct"),
    ],
)
def test_other_types_may_not(type_: Any, reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        validate_shape(type_)


def test_depth_is_bounded() -> None:
    validate_shape(nest(DEPTH_MAX))
    with pytest.raises(TypeError, match="nested deeper than 16"):
        validate_shape(nest(DEPTH_MAX + 1))


def test_the_codec_asks_before_it_reads() -> None:
    with pytest.raises(TypeError, match="contains itself"):
        decode(Recursive, b"\x91\x90")
