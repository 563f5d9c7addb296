"""What one transaction of a stored block changed in the state, key by key, in words.

The block is built twice on its parent, once with the transactions before and once with this one as
well; what differs is what it did. Rules of the block's end (a validator set that takes over) stand
in both and cancel out. Scheduled calls run together, before all transactions, and are not told
apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dure.chain import state
from dure.chain.executor import Executor
from dure.chain.inspection.comparison import describe_key
from dure.chain.transaction import Transaction
from dure.contract.bundle import Source
from dure.contract.interface import Interface, build_interface
from dure.contract.ports import is_place, split_place
from dure.contract.tracing.places import find_place, render_value
from dure.core.address import encode_address
from dure.core.block import Block
from dure.core.codec import decode
from dure.core.errors import InvalidEncoding
from dure.core.types import Address, Unsigned

VALUE_BYTES_SHOWN: Final = 512


@dataclass(frozen=True, slots=True)
class Change:
    """A key of the state, with what stood there before and after; None for nothing."""

    key: bytes
    before: bytes | None
    after: bytes | None


def list_changes(executor: Executor, block: Block, index: int) -> list[Change]:
    """Return what the block's transaction at `index` changed; the head is the block's parent."""
    opened = executor.transactions.open_many(block.transactions[: index + 1])
    transactions = [each for each in opened if isinstance(each, Transaction)]
    before = _build(executor, block, transactions[:-1])
    after = _build(executor, block, transactions)
    changes: list[Change] = []
    for key in sorted(after.keys() | before.keys()):
        old = before[key] if key in before else executor.read(key)
        new = after[key] if key in after else executor.read(key)
        if old != new:
            changes.append(Change(key, old, new))
    return changes


def describe_change(executor: Executor, change: Change) -> dict[str, Any]:
    """Return a change for people: what the key is, and its values where their type is known."""
    place = None
    if is_place(change.key):
        place = _find_storage(executor, change.key)
    values = {"before": change.before, "after": change.after}
    if place is None:
        shown = {name: _show(change.key, value) for name, value in values.items()}
        return {"key": change.key.hex(), "words": describe_key(change.key), "place": None, **shown}
    contract, interface, found = place
    shown = {
        name: None if value is None else render_value(interface, found.kind, value)
        for name, value in values.items()
    }
    named = {
        "contract": encode_address(contract),
        "class": interface.name,
        "field": found.field,
        "keys": list(found.keys),
    }
    return {"key": change.key.hex(), "words": describe_key(change.key), "place": named, **shown}


def _build(executor: Executor, block: Block, transactions: Sequence[Transaction]) -> state.Writes:
    header = block.header
    candidate = executor.propose(
        header.previous,
        time=header.time,
        proposer=header.proposer,
        transactions=transactions,
        engine=header.engine,
    )
    return {} if candidate is None else candidate.position.layers[0]


def _find_storage(executor: Executor, key: bytes) -> tuple[Address, Interface, Any] | None:
    """Return whose stored value that is, and which of its interface's places; None for unknown."""
    contract, own = split_place(key)
    view = executor.view()
    record = view.load(state.ContractRecord, state.key_contract(contract))
    if record is None:
        return None
    interface = build_interface(view.require(Source, state.key_source(record.code_hash)))
    found = find_place(interface, own)
    return None if found is None else (contract, interface, found)


def _show(key: bytes, value: bytes | None) -> object:
    if value is None:
        return None
    if key[:1] == state.BALANCE:
        try:
            return decode(Unsigned, value)
        except InvalidEncoding:
            return value.hex()
    return value.hex() if len(value) <= VALUE_BYTES_SHOWN else {"bytes": len(value)}
