"""The authenticated state alone: its root brought up to date, its proofs, its memory.

What is measured
----------------
For each number of keys, in a process of its own:

* `build_us_per_key`: the tree over all keys, from nothing.
* `update_us_per_key`: the tree and its root after a block that replaces so many values, for blocks
  of several sizes, each on the tree that the block before left; the median of the blocks, divided
  by the keys of one. Paths and digests of the values are part of it.
* `insert_us_per_key`: the same for blocks of keys that were not there.
* `proof_us`, `check_us`, `proof_bytes`: the proof of one key's value, built, checked against the
  root, and encoded.
* `tree_bytes_per_key`: by how much the process grew when the tree was built;
  `values_bytes_per_key`: when the keys and values were, in their map.

Keys are those of balances, values are amounts; which keys a block changes is drawn evenly from all,
so that nothing is found near what was changed before.

What is not
-----------
What a block does beside its state root. What its other work takes out of the processor's caches
meanwhile: inside a node each update costs more. Values longer than an amount, whose digests take
longer. The disk, which holds keys and values and no tree.
"""

import gc
import os
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing.connection import Connection
from statistics import median
from typing import Any, Final

from dure.chain import state
from dure.chain.state_tree import tree
from dure.chain.state_tree.proof import build_proof, validate_value
from dure.cli.bench.machine import describe_machine, read_load_average, read_memory
from dure.cli.bench.reading.beside import run_beside
from dure.core.codec import encode
from dure.core.types import Address, Amount, AssetId

BLOCK_KEYS: Final = (1, 10, 100, 1_000)
"""Keys that one block changes."""
INSERTED_KEYS: Final = 100
SAMPLE: Final = 20_000
"""Keys that are changed to measure one size of block, ..."""
BLOCKS_MAX: Final = 1_000
"""... in at most so many blocks."""
PROOFS: Final = 2_000
WAIT_MAX_S: Final = 1800.0

_ASSET: Final = AssetId(b"asset".rjust(32))
_SEED: Final = 20
"""Every run changes the same keys."""

Items = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class StatePlan:
    """What to measure."""

    keys: Sequence[int] = (100_000, 1_000_000)


def measure_state(plan: StatePlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    return {
        "states": [_measure_beside(keys) for keys in plan.keys],
        "load_average": round(read_load_average(), 2),
        "machine": describe_machine(),
    }


def _measure_beside(keys: int) -> dict[str, Any]:
    with run_beside(_measure, keys) as wire:
        figures: dict[str, Any] = wire.hear(WAIT_MAX_S)
    return figures


def _measure(keys: int, wire: "Connection[Any, Any]") -> None:
    wire.send(Course(keys).run())


class Course:
    """A state of so many keys, and what is measured on it."""

    def __init__(self, keys: int) -> None:
        self._draw = random.Random(_SEED)  # noqa: S311 - draws what is measured, no secret
        before = _read_resident()
        self._names = [_build_key(number) for number in range(keys)]
        self._values = {key: _build_value(number) for number, key in enumerate(self._names)}
        between = _read_resident()
        begun = time.process_time()
        self._root = tree.update(tree.EMPTY, self._values.items())
        self._build_us = (time.process_time() - begun) / keys * 1e6
        after = _read_resident()
        self._memory = {
            "values_bytes_per_key": _divide(before, between, keys),
            "tree_bytes_per_key": _divide(between, after, keys),
        }

    def run(self) -> dict[str, Any]:
        """Measure everything once."""
        gc.collect()
        gc.freeze()
        try:
            return self._measure_all()
        finally:
            gc.unfreeze()

    def _measure_all(self) -> dict[str, Any]:
        updates = {
            str(size): self._update(size, map(self._draw_changes, _repeat(size)))
            for size in BLOCK_KEYS
            if size <= len(self._names)
        }
        return {
            "keys": len(self._names),
            "build_us_per_key": round(self._build_us, 2),
            "update_us_per_key": updates,
            "insert_us_per_key": self._update(
                INSERTED_KEYS, map(_build_new, _repeat(INSERTED_KEYS))
            ),
            **self._prove(),
            **self._memory,
        }

    def _update(self, size: int, blocks: Iterable[Items]) -> float:
        """Return the microseconds for one key of the blocks, each of `size` keys."""
        seconds = []
        for block in blocks:
            begun = time.process_time()
            self._root = tree.update(self._root, block)
            tree.compute_root(self._root)
            seconds.append(time.process_time() - begun)
            self._values.update(block)
        return round(median(seconds) / size * 1e6, 2)

    def _prove(self) -> dict[str, Any]:
        root = tree.compute_root(self._root)
        keys = [self._draw.choice(self._names) for _ in range(PROOFS)]
        proofs = [build_proof(self._root, key) for key in keys]
        cases = [(key, self._values[key], proof) for key, proof in zip(keys, proofs, strict=True)]
        return {
            "proof_us": _time_each(lambda key: build_proof(self._root, key), keys),
            "check_us": _time_each(lambda case: validate_value(root, *case), cases),
            "proof_bytes": round(median(len(encode(proof)) for proof in proofs)),
        }

    def _draw_changes(self, block: tuple[int, int]) -> Items:
        """Return other values for some keys, each once."""
        number, size = block
        value = _build_value(number)
        return [(key, value) for key in self._draw.sample(self._names, size)]


def _repeat(size: int) -> list[tuple[int, int]]:
    """Return number and size of each block that is measured with that size."""
    return [(number, size) for number in range(min(BLOCKS_MAX, SAMPLE // size))]


def _build_new(block: tuple[int, int]) -> Items:
    """Return keys that no state here has, and their values."""
    number, size = block
    first = 2**63 + number * size
    return [(_build_key(each), _build_value(number)) for each in range(first, first + size)]


def _build_key(number: int) -> bytes:
    holder = Address(sha256(number.to_bytes(8, "big")).digest())
    return state.key_balance(_ASSET, holder)


def _build_value(number: int) -> bytes:
    return encode(Amount(1_000_000_000 + number))


def _time_each(work: Callable[[Any], object], given: Sequence[Any]) -> float:
    """Return the microseconds that the work takes for one of those given."""
    begun = time.process_time()
    for each in given:
        work(each)
    return round((time.process_time() - begun) / len(given) * 1e6, 2)


def _read_resident() -> int | None:
    gc.collect()
    memory = read_memory(os.getpid())
    return None if memory is None else memory.resident


def _divide(before: int | None, after: int | None, keys: int) -> float | None:
    return None if before is None or after is None else round((after - before) / keys, 1)
