"""Finding where two ledgers part: the first key that differs, what it is, and who wrote it."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dure.chain import state
from dure.chain.executor import Executor
from dure.chain.transaction import Transaction
from dure.core.address import encode_address
from dure.core.block import Block
from dure.core.types import Address

Item = tuple[bytes, bytes]
"""A key and its value."""

ID_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Difference:
    """A key under which two ledgers hold different values; None where one has no value there."""

    key: bytes
    left: bytes | None
    right: bytes | None


def find_first_difference(left: Iterable[Item], right: Iterable[Item]) -> Difference | None:
    """Return the first key in which two states differ; both come in the order of their keys."""
    ones, others = iter(left), iter(right)
    one, other = next(ones, None), next(others, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            return Difference(one[0], one[1], None)
        if one is None or other[0] < one[0]:
            return Difference(other[0], None, other[1])
        if one[1] != other[1]:
            return Difference(one[0], one[1], other[1])
        one, other = next(ones, None), next(others, None)
    return None


def overlay(items: Iterable[Item], changes: state.Writes) -> Iterator[Item]:
    """Yield a state in the order of its keys, with some values changed, added or removed."""
    kept = (item for item in items if item[0] not in changes)
    changed = ((key, value) for key, value in sorted(changes.items()) if value is not None)
    return heapq.merge(kept, changed)


def find_first_writer(executor: Executor, block: Block, key: bytes) -> int | None:
    """Return the index of the first transaction of `block` that writes `key`.

    None where no transaction does: a scheduled call, or the end of the block. `executor` stands at
    the block's parent.
    """
    opened = executor.transactions.open_many(block.transactions)
    transactions = [each for each in opened if isinstance(each, Transaction)]
    count = len(transactions)
    writes = _build_probe(executor, block, transactions)
    if key in writes(0) or key not in writes(count):
        return None
    below, above = 0, count
    while above - below > 1:
        middle = (below + above) // 2
        if key in writes(middle):
            above = middle
        else:
            below = middle
    return below


def _build_probe(
    executor: Executor, block: Block, transactions: Sequence[Transaction]
) -> Callable[[int], state.Writes]:
    def writes(count: int) -> state.Writes:
        candidate = executor.propose(
            block.header.previous,
            time=block.header.time,
            proposer=block.header.proposer,
            transactions=transactions[:count],
            engine=block.header.engine,
        )
        return {} if candidate is None else candidate.position.layers[0]

    return writes


def describe_key(key: bytes) -> str:
    """Return what stands under a key of the state, in words."""
    kind, rest = key[:1], key[1:]
    match kind:
        case b"a":
            return f"account {_address(rest)}"
        case b"b" | b"f":
            what = "balance" if kind == b"b" else "frozen balance"
            return f"{what} of {_address(rest[ID_BYTES:])} in asset {rest[:ID_BYTES].hex()}"
        case b"c":
            return f"contract {_address(rest)}"
        case b"g":
            return f"the chain's {rest.decode(errors='replace')}"
        case b"r":
            role = rest[2 * ID_BYTES :].decode(errors="replace")
            holder = _address(rest[ID_BYTES : 2 * ID_BYTES])
            return f"role {role!r} of {holder} at contract {_address(rest[:ID_BYTES])}"
        case b"v":
            place = rest[ID_BYTES:].hex()
            return f"value {place} of contract {_address(rest[:ID_BYTES])}"
        case _:
            return f"{_NAMES.get(kind, 'unknown')} {rest.hex()}"


_NAMES: Final = {
    b"e": "validators from height",
    b"h": "version of contract",
    b"l": "session keys of account",
    b"m": "due time of call",
    b"n": "former account of organisation",
    b"o": "account of organisation",
    b"p": "parked call",
    b"q": "scheduled call",
    b"s": "source",
    b"t": "asset",
    b"u": "use of the quota of",
    b"w": "guardians of account",
}


def _address(data: bytes) -> str:
    return encode_address(Address(data)) if len(data) == ID_BYTES else data.hex()
