"""Python writes and reads the arguments of calls as the known answers have them.

The page's own modules are held to the same answers in `tests/unit/console/wallet_page`.
"""

from hashlib import sha256
from typing import Any

import msgspec
import pytest

from dure.contract.interface import FieldInterface, Interface, MethodInterface
from dure.contract.values import decode_arguments, encode_arguments, from_json
from dure.core.address import encode_address
from dure.core.errors import InvalidEncoding
from dure.core.types import Address
from tests.unit.core.vectors import load_vectors

VECTORS = load_vectors("arguments")
INTERFACE = msgspec.convert(VECTORS["interface"], Interface)


def take(kind: str) -> Interface:
    """Return the interface with a method that takes one argument of a type."""
    parameters = (FieldInterface("value", kind),)
    method = MethodInterface("take", "call", parameters, "None", "", (), (), "")
    return msgspec.structs.replace(INTERFACE, methods={"take": method})


def open_value(value: Any) -> Any:
    """Return the JSON form that a case stands for."""
    match value:
        case {"large": digits}:
            return int(digits)
        case {"address": digits}:
            return encode_address(Address(bytes.fromhex(digits)))
        case {"repeat": part, "times": times}:
            return part * times
        case dict():
            return {name: open_value(each) for name, each in value.items()}
        case list():
            return [open_value(each) for each in value]
        case _:
            return value


def write(case: dict[str, Any]) -> bytes:
    interface = take(case["type"])
    plain = from_json(interface, case["type"], open_value(case["value"]))
    return encode_arguments(interface, "take", (), {"value": plain})


def name(case: dict[str, Any]) -> str:
    return f"{case['type']} {case.get('why', '')} {str(case.get('value', case.get('bytes')))[:40]}"


@pytest.mark.parametrize("case", VECTORS["accepted"], ids=name)
def test_known_arguments(case: dict[str, Any]) -> None:
    data = write(case)
    if "bytes" in case:
        assert data.hex() == case["bytes"]
    else:
        assert sha256(data).hexdigest() == case["sha256"]
    opened = decode_arguments(take(case["type"]), "take", data)
    assert encode_arguments(take(case["type"]), "take", (), opened) == data


@pytest.mark.parametrize("case", VECTORS["refused"], ids=name)
def test_known_mistakes_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidEncoding):
        write(case)


@pytest.mark.parametrize("case", VECTORS["refused_bytes"], ids=name)
def test_known_wrong_bytes_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidEncoding):
        decode_arguments(take(case["type"]), "take", bytes.fromhex(case["bytes"]))
