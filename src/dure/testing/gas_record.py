"""What tests saw of the gas of contracts, as data: written by `gas_recorder`, read by the tools."""

import hashlib

from msgspec import Struct


class MethodGas(Struct, frozen=True):
    """What was seen of one method."""

    gas: list[int]
    """Of each call that happened, in the order made."""
    refused: int


class GasRecord(Struct, frozen=True):
    """What one process saw."""

    contracts: dict[str, dict[str, MethodGas]]
    """By contract (`name_contract`), then by method."""


def name_contract(text: str, class_name: str) -> str:
    """Return the name of a class of a file: its own name and the file's SHA-256 digest."""
    return f"{class_name}@{hashlib.sha256(text.encode()).hexdigest()}"
