"""What readers of `/v1/events` get of the newest blocks: each text written once, for all of them.

A block with a thousand events takes tens of milliseconds to describe, and hundreds may read it. Its
texts are written one by one, when the first reader needs them, and kept for the others who ask for
the same. Of a long block nothing is kept: each of its readers has it written anew, bit by bit.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from copy import copy
from itertools import tee
from typing import Final, NamedTuple

import msgspec

from dure.api.answers.blocks import open_records
from dure.api.answers.contracts import Contracts
from dure.api.answers.shapes import BlockItem, EventAnswer, EventItem
from dure.core.block import compute_block_id
from dure.core.types import Address
from dure.node.gateway import Notice

BLOCKS_KEPT: Final = 16
RECEIPT_BYTES_MAX: Final = 512 * 1024
"""Of a block whose texts are kept; they are some three times as long."""


class Wanted(NamedTuple):
    """Which items a reader asked for, beside the blocks themselves."""

    has_events: bool
    contract: Address | None
    name: str | None


class EventTexts:
    """The newest texts, by block, finality and what was asked for."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._kept: OrderedDict[tuple[bytes, str, Wanted], Iterator[str]] = OrderedDict()

    def read(self, notice: Notice, wanted: Wanted) -> Iterator[str]:
        """Yield a block's texts: the block's own, then its events' in order."""
        if sum(map(len, notice.stored.receipts)) > RECEIPT_BYTES_MAX:
            return self._write(notice, wanted)
        key = (compute_block_id(notice.stored.block.header), notice.finality.value, wanted)
        if key not in self._kept:
            # A copy of what `tee` returns begins at the first text again, and writes no text twice.
            (self._kept[key],) = tee(self._write(notice, wanted), 1)
            if len(self._kept) > BLOCKS_KEPT:
                self._kept.popitem(last=False)
        return copy(self._kept[key])

    def _write(self, notice: Notice, wanted: Wanted) -> Iterator[str]:
        yield msgspec.json.encode(describe_notice_block(notice)).decode()
        if wanted.has_events:
            describe = self._contracts.describe_event
            for item in _list_events(notice, describe, wanted):
                yield msgspec.json.encode(item).decode()


def describe_notice_block(notice: Notice) -> BlockItem:
    """Return a notice's block as an item."""
    stored, header = notice.stored, notice.stored.block.header
    return BlockItem(
        type="block",
        height=header.height,
        index=len(stored.receipts),
        block_id=compute_block_id(header).hex(),
        time=header.time,
        proposer=header.proposer.hex(),
        transactions=len(stored.block.transactions),
        scheduled=len(stored.receipts) - len(stored.block.transactions),
        finality=notice.finality.value,
        confirmations=notice.confirmations,
    )


def _list_events(
    notice: Notice, describe: Callable[[Address, str, bytes], EventAnswer], wanted: Wanted
) -> Iterator[EventItem]:
    """Yield the events of a notice's block that are wanted."""
    header = notice.stored.block.header
    block_id = compute_block_id(header).hex()
    for index, record in enumerate(open_records(notice.stored)):
        for call, outcome in enumerate(record.outcomes):
            for number, event in enumerate(outcome.events):
                if wanted.contract in {None, event.contract} and wanted.name in {None, event.name}:
                    yield EventItem(
                        type="event",
                        height=header.height,
                        index=index,
                        call=call,
                        number=number,
                        block_id=block_id,
                        time=header.time,
                        source=record.receipt.id.hex(),
                        finality=notice.finality.value,
                        confirmations=notice.confirmations,
                        event=describe(event.contract, event.name, event.data),
                    )
