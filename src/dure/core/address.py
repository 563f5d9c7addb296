"""Addresses as text that catches typing errors: Bech32m with the prefix `dure`.

Written in small letters. Read in small letters or all in capitals (as QR codes have them), never
mixed.
Source: BIP-350 (checksum), BIP-173 (alphabet, letter case).
"""

from typing import Final

from dure.core.errors import InvalidEncoding
from dure.core.types import Address

PREFIX: Final = "dure"
ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32M: Final = 0x2BC830A3
_PREFIX_VALUES: Final = [ord(c) >> 5 for c in PREFIX] + [0] + [ord(c) & 31 for c in PREFIX]
_DATA_LENGTH: Final = 52
_CHECKSUM_LENGTH: Final = 6

TEXT_LENGTH: Final = len(PREFIX) + 1 + _DATA_LENGTH + _CHECKSUM_LENGTH
"""Characters of an address: 63."""


def encode_address(address: Address) -> str:
    """Return the text form, for example `dure1qqq…`."""
    assert len(address) == 32, "an address has 32 bytes"
    number = int.from_bytes(address, "big") << 4
    data = [(number >> (5 * (_DATA_LENGTH - 1 - i))) & 31 for i in range(_DATA_LENGTH)]
    checksum = _polymod(_PREFIX_VALUES + data + [0] * _CHECKSUM_LENGTH) ^ _BECH32M
    data += [(checksum >> (5 * (_CHECKSUM_LENGTH - 1 - i))) & 31 for i in range(_CHECKSUM_LENGTH)]
    return PREFIX + "1" + "".join(ALPHABET[value] for value in data)


def decode_address(text: str) -> Address:
    """Return the address that `text` names; raise `InvalidEncoding` with the reason."""
    if text.isascii() and text.isupper():
        text = text.lower()
    lead, _, rest = text.partition("1")
    if lead != PREFIX or len(rest) != _DATA_LENGTH + _CHECKSUM_LENGTH:
        raise InvalidEncoding(f"an address begins with {PREFIX}1 and has {TEXT_LENGTH} characters")
    if any(character not in ALPHABET for character in rest):
        raise InvalidEncoding("the address has a character that addresses never have")
    data = [ALPHABET.index(character) for character in rest]
    if _polymod(_PREFIX_VALUES + data) != _BECH32M:
        raise InvalidEncoding("the address is mistyped: its checksum does not fit")
    number = 0
    for value in data[:_DATA_LENGTH]:
        number = number << 5 | value
    if number & 15:
        raise InvalidEncoding("the address has bits set that must be zero")
    return Address((number >> 4).to_bytes(32, "big"))


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATOR):
            check ^= generator if top >> i & 1 else 0
    return check
