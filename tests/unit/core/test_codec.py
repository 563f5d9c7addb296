"""One value has one byte string, and nothing else is read."""

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Meta

from dure.core.certificate import Seal
from dure.core.codec import MESSAGE_BYTES_MAX, Wire, build_reader, decode, encode
from dure.core.errors import InvalidEncoding
from dure.core.types import INT_MAX, Hash, PublicKey, Signature, Unsigned
from tests.unit.core.vectors import load_vectors

VECTORS = load_vectors("codec")

TYPES: dict[str, Any] = {
    "unsigned": Unsigned,
    "boolean": bool,
    "text": str,
    "bytes": bytes,
    "hash": Hash,
    "unsigned_list": tuple[Unsigned, ...],
    "seal": Seal,
}


class Inner(Wire, frozen=True, tag="inner-1"):
    number: Unsigned
    text: str | None


class Other(Wire, frozen=True, tag="other-1"):
    raw: Annotated[bytes, Meta(max_length=40)]


class Outer(Wire, frozen=True):
    flag: bool
    parts: tuple[Inner | Other, ...]


numbers = st.integers(0, INT_MAX)
inners = st.builds(Inner, number=numbers, text=st.none() | st.text(max_size=40))
others = st.builds(Other, raw=st.binary(max_size=40))
outers = st.builds(
    Outer, flag=st.booleans(), parts=st.lists(inners | others, max_size=20).map(tuple)
)


def read_value(name: str, value: Any) -> Any:
    match name:
        case "bytes" | "hash":
            return bytes.fromhex(value)
        case "unsigned_list":
            return tuple(value)
        case "seal":
            key, signature = (bytes.fromhex(part) for part in value)
            return Seal(validator=PublicKey(key), signature=Signature(signature))
        case _:
            return value


@pytest.mark.parametrize("case", VECTORS["accepted"], ids=lambda case: case["bytes"][:24])
def test_known_values_have_known_bytes(case: dict[str, Any]) -> None:
    value = read_value(case["type"], case["value"])
    assert encode(value).hex() == case["bytes"]
    assert decode(TYPES[case["type"]], bytes.fromhex(case["bytes"])) == value


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["why"])
def test_known_wrong_bytes_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(InvalidEncoding):
        decode(TYPES[case["type"]], bytes.fromhex(case["bytes"]))


@given(outers)
def test_what_was_written_is_read_again(value: Outer) -> None:
    assert decode(Outer, encode(value)) == value


@given(outers, st.data())
def test_any_change_of_one_byte_is_refused_or_means_something_else(
    value: Outer, data: st.DataObject
) -> None:
    original = encode(value)
    place = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        read = decode(Outer, bytes(changed))
    except InvalidEncoding:
        return
    assert read != value


@given(st.binary(max_size=200))
@example(b"\x91" * 100_000)
@example(b"\x92\xc2\xdd\xff\xff\xff\xff")
def test_no_input_raises_anything_but_the_one_error(data: bytes) -> None:
    try:
        value = decode(Outer, data)
    except InvalidEncoding:
        return
    assert encode(value) == data


@given(outers)
def test_every_shorter_and_longer_input_is_refused(value: Outer) -> None:
    data = encode(value)
    for length in range(len(data)):
        with pytest.raises(InvalidEncoding):
            decode(Outer, data[:length])
    with pytest.raises(InvalidEncoding):
        decode(Outer, data + b"\0")


def test_the_bound_is_checked_before_anything_is_read() -> None:
    data = encode(b"x" * 100)
    assert decode(bytes, data, bytes_max=len(data)) == b"x" * 100
    with pytest.raises(InvalidEncoding) as caught:
        decode(bytes, data, bytes_max=len(data) - 1)
    assert caught.value.facts == {"size": len(data), "size_max": len(data) - 1}


def test_no_caller_can_raise_the_bound_past_the_limit_of_all_messages() -> None:
    with pytest.raises(InvalidEncoding):
        decode(bytes, bytes(MESSAGE_BYTES_MAX + 1), bytes_max=MESSAGE_BYTES_MAX * 2)


def test_a_reader_of_one_type_reads_and_refuses_as_decode_does() -> None:
    read = build_reader(Outer)
    value = Outer(True, (Other(b"x"),))
    assert read(encode(value)) == value
    for wrong in (b"", encode(value) + b"\0", bytes(MESSAGE_BYTES_MAX + 1)):
        with pytest.raises(InvalidEncoding) as refused:
            decode(Outer, wrong)
        with pytest.raises(InvalidEncoding) as caught:
            read(wrong)
        assert caught.value.message == refused.value.message
    with pytest.raises(TypeError):
        build_reader(float)


def test_an_unknown_variant_is_refused() -> None:
    data = msgspec.msgpack.encode([True, [["inner-2", 1, None]]])
    with pytest.raises(InvalidEncoding):
        decode(Outer, data)
