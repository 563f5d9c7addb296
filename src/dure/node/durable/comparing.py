"""Two nodes' stores side by side: where their chains, states or results first part.

Rules
-----
1. Two nodes of one chain hold the same block at each height. The first height at which they do not
   is a fork; more than a third of the validators then signed twice, and both certificates prove it.
2. With the same block they hold the same state. Whose state does not hash to the header's state
   root is damaged.
3. A node that refused a final block left a dump of what it made of it. What the other node holds
   for that height is taken from its undo record, without executing anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from dure.chain import state
from dure.chain.executor import Executor
from dure.chain.inspection.comparison import Difference, find_first_difference, overlay
from dure.chain.receipt import Receipt, Record
from dure.chain.state_tree import tree
from dure.core.block import Header, compute_block_id
from dure.core.codec import decode
from dure.core.errors import ConfigurationError, InvalidEncoding
from dure.core.types import Hash, Height
from dure.node.driver.restart import collect_replay_window
from dure.node.durable.store import Store
from dure.node.ports import StoredBlock

REWIND_MAX = 100_000
"""Blocks that a state is taken back at most."""
DUMP_BYTES_MAX = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Results:
    """What a ledger made of a block."""

    header: Header
    records: tuple[Record, ...]
    writes: state.Writes


@dataclass(frozen=True, slots=True)
class Side:
    """One node's folder of data, opened for reading."""

    name: str
    folder: Path
    store: Store

    @property
    def head(self) -> StoredBlock:
        """The newest block; raise `ConfigurationError` where there is none."""
        head = self.store.load_head()
        if head is None:
            message = f"{self.name} has no block yet"
            raise ConfigurationError(message)
        return head

    def load_results(self, height: Height) -> Results | None:
        """Return what this node holds, or made and refused, for a height; None for neither."""
        stored = self.store.load_block(height)
        if stored is None:
            return self._load_dump(height)
        undo = self.store.load_undo(height)
        if undo is None:
            return None
        after = self.rewind(height)
        now = _pick(self.store.load_state(), undo.keys() - after.keys())
        writes = {key: after[key] if key in after else now.get(key) for key in undo}
        records = tuple(decode(Record, each, bytes_max=len(each)) for each in stored.receipts)
        return Results(stored.block.header, records, writes)

    def iterate_state(self, height: Height) -> Iterable[tuple[bytes, bytes]]:
        """Return the state after the block of `height`, in the order of its keys."""
        return overlay(self.store.load_state(), self.rewind(height))

    def rewind(self, height: Height) -> state.Writes:
        """Return what was otherwise after the block of `height` than it is now.

        Raises `ConfigurationError` where that is not known here.
        """
        head = self.head.block.header.height
        if head - height > REWIND_MAX:
            message = f"{self.name} is {head - height} blocks ahead: more than can be taken back"
            raise ConfigurationError(message)
        changes: state.Writes = {}
        for undone in range(head, height, -1):
            undo = self.store.load_undo(Height(undone))
            if undo is None:
                message = f"{self.name} has not executed block {undone}: it came with a state from"
                raise ConfigurationError(f"{message} others, and cannot be taken back")
            changes.update(undo)
        return changes

    def restore(self, executor: Executor, height: Height) -> None:
        """Bring `executor` to the block of `height`; raise what says why that cannot be done."""
        stored = self.store.load_block(height)
        if stored is None:
            message = f"{self.name} lacks block {height}"
            raise ConfigurationError(message)
        header = stored.block.header
        recent = collect_replay_window(executor, self.store, header)
        executor.restore(header, self.iterate_state(height), recent)

    def _load_dump(self, height: Height) -> Results | None:
        for file in sorted(self.folder.glob(f"halt-{height}-*.json")):
            computed = _read_dump(file).get("computed")
            if computed is not None:
                return _decode_results(file, computed)
        return None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found, the nearest to the cause first."""

    height: Height
    """The height at which they part, or the last that both hold."""
    finding: str
    """`other chains`, `fork`, `other state`, `other results` or `nothing`."""
    words: tuple[str, ...]
    difference: Difference | None = None
    record: int | None = None
    """Index of the first receipt that differs."""


def compare(left: Side, right: Side) -> Comparison:
    """Return where two nodes first part."""
    one, other = left.head.block.header, right.head.block.header
    common = Height(min(one.height, other.height))
    if one.chain_id != other.chain_id:
        words = f"{left.name} and {right.name} are nodes of different chains"
        return Comparison(common, "other chains", (words,))
    fork = _find_fork(left, right, common)
    if fork is not None:
        return fork
    difference = find_first_difference(left.iterate_state(common), right.iterate_state(common))
    if difference is not None:
        judged = tuple(_judge_state(side, common) for side in (left, right))
        return Comparison(common, "other state", judged, difference)
    return _compare_results(left, right, Height(common + 1)) or Comparison(
        common,
        "nothing",
        (f"both hold the same blocks and the same state up to height {common}",),
    )


def _find_fork(left: Side, right: Side, common: Height) -> Comparison | None:
    """Return the first height at which two stored blocks differ: each block names its parent."""
    if _is_same(left, right, common):
        return None
    below, above = -1, int(common)
    while above - below > 1:
        middle = (below + above) // 2
        if _is_same(left, right, Height(middle)):
            below = middle
        else:
            above = middle
    words = tuple(_describe_block(side, Height(above)) for side in (left, right))
    return Comparison(Height(above), "fork", words)


def _is_same(left: Side, right: Side, height: Height) -> bool:
    one, other = left.store.load_block(height), right.store.load_block(height)
    # Where one was never fetched, the link of a later block speaks for it.
    return one is None or other is None or one.block.header == other.block.header


def _describe_block(side: Side, height: Height) -> str:
    stored = side.store.load_block(height)
    assert stored is not None, "both blocks were compared"
    seals = ", ".join(seal.validator.hex()[:8] for seal in stored.certificate.seals)
    block_id = compute_block_id(stored.block.header).hex()
    return f"{side.name} holds {block_id}, sealed in round {stored.certificate.round} by {seals}"


def _judge_state(side: Side, height: Height) -> str:
    stored = side.store.load_block(height)
    assert stored is not None, "both hold the block"
    root: Hash = tree.compute_root(tree.update(tree.EMPTY, side.iterate_state(height)))
    good = root == stored.block.header.state_root
    verdict = "is the one that the block proves" if good else "is damaged: the block proves another"
    return f"the state of {side.name} after block {height} {verdict}"


def _compare_results(left: Side, right: Side, height: Height) -> Comparison | None:
    one, other = left.load_results(height), right.load_results(height)
    if one is None or other is None:
        return None
    names = [name for name in Header.__struct_fields__ if _differ(one.header, other.header, name)]
    if not names:
        return None
    words = [f"block {height}: the headers differ in {', '.join(names).replace('_', ' ')}"]
    record = _find_first(one.records, other.records)
    if record is not None:
        words.append(_describe_records(one.records, other.records, record))
    difference = _find_other_write(one.writes, other.writes)
    return Comparison(height, "other results", tuple(words), difference, record)


def _differ(one: Header, other: Header, name: str) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _find_first(one: Sequence[Record], other: Sequence[Record]) -> int | None:
    for index in range(max(len(one), len(other))):
        if one[index : index + 1] != other[index : index + 1]:
            return index
    return None


def _describe_records(one: Sequence[Record], other: Sequence[Record], index: int) -> str:
    sides = [records[index].receipt if index < len(records) else None for records in (one, other)]
    known = next(receipt for receipt in sides if receipt is not None)
    said = [_describe_receipt(receipt) for receipt in sides]
    return f"receipt {index}, {known.kind} {known.id.hex()}: {said[0]} | {said[1]}"


def _describe_receipt(receipt: Receipt | None) -> str:
    if receipt is None:
        return "no receipt"
    outcomes = receipt.outcomes_root.hex()[:16]
    return f"{receipt.status}, {receipt.gas_used} gas, outcomes {outcomes}"


def _find_other_write(one: state.Writes, other: state.Writes) -> Difference | None:
    """Return the first key that only one wrote, or that they wrote differently."""
    for key in sorted(one.keys() | other.keys()):
        if (key in one) != (key in other) or one.get(key) != other.get(key):
            return Difference(key, one.get(key), other.get(key))
    return None


def _pick(items: Iterable[tuple[bytes, bytes]], keys: Iterable[bytes]) -> dict[bytes, bytes]:
    wanted = frozenset(keys)
    return {key: value for key, value in items if key in wanted}


def _read_dump(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > DUMP_BYTES_MAX:
            raise ConfigurationError("too large", file=str(file))
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError, ConfigurationError) as problem:
        message = f"{file.name} is no dump of a halted node: {problem}"
        raise ConfigurationError(message, file=str(file)) from problem


def _decode_results(file: Path, computed: Any) -> Results:
    try:
        records = [bytes.fromhex(each) for each in computed["records"]]
        return Results(
            header=decode(Header, bytes.fromhex(computed["header"])),
            records=tuple(decode(Record, each, bytes_max=len(each)) for each in records),
            writes={
                bytes.fromhex(key): None if value is None else bytes.fromhex(value)
                for key, value in computed["writes"]
            },
        )
    except (KeyError, TypeError, ValueError, InvalidEncoding) as problem:
        message = f"{file.name} is no dump of a halted node: {problem}"
        raise ConfigurationError(message, file=str(file)) from problem
