"""The load generator: hands prepared transactions to all nodes and times each to its finality.

It runs in the process of the bench, which does nothing else meanwhile; nodes are other processes.

Rules
-----
1. A transaction's clock starts when it is meant to be sent, not when the socket took it: a node
   that makes the sender wait does not get that wait for nothing.
2. It stops when this client has checked the block: a quorum's seals over the header, and the roots
   over envelopes and receipts (`dure.sdk.StreamedBlock`).
3. Only transactions meant for the time between `begin` and `end` are measured; those before warm
   up, and after the end nothing is sent.
4. Closed loop: a fixed number is on its way, and each that is decided makes room for the next; one
   that a node refused does so after a moment, as a client does that is told to come back later.
   Open loop: so many a second, whatever the nodes do.
5. What is refused is not sent again, unless the bench wants that: then it goes back to the stock.
   What is neither final nor refused at the very end is lost.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from dure.chain.receipt import OK
from dure.cli.bench.running.stock import Prepared, Stock
from dure.core.errors import TimedOut
from dure.core.types import EnvelopeId, TransactionId
from dure.sdk import Stream, StreamedBlock

FRAME_MAX: Final = 250
"""Envelopes of one frame."""
FRAME_BYTES_MAX: Final = 1024 * 1024
"""Their bytes; a longer envelope has a frame of its own."""
TICK_S: Final = 0.005
"""How often the open loop sends what is due."""
REST_S: Final = 0.25
"""How long a refused transaction still takes its place in the closed loop."""
DRAIN_S: Final = 30.0
"""How long nothing may be decided, after the last was sent, until what waits is given up."""

Clock = Callable[[], float]
"""Seconds that only ever grow."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction on its way."""

    meant_at: float
    """When it was to be sent, in seconds of the clock."""
    node: int


@dataclass(slots=True)
class Tally:
    """What became of the transactions so far; does no I/O."""

    begin: float
    """From here on transactions are measured, in seconds of the clock."""
    end: float
    waiting: dict[EnvelopeId, Sent] = field(default_factory=dict)
    waiting_at: Counter[int] = field(default_factory=Counter)
    """By node."""
    latencies_s: list[float] = field(default_factory=list)
    meant_at: list[float] = field(default_factory=list)
    """When each of these was to be sent, in seconds of the clock, in the same order."""
    sent: int = 0
    """Transactions that were to be measured."""
    final: list[TransactionId] = field(default_factory=list)
    """Transactions that became final, warm-up included."""
    final_in_time: int = 0
    """Transactions, measured or not, that became final between `begin` and `end`."""
    blocks: int = 0
    """Blocks with transactions of ours between `begin` and `end`."""
    refused: Counter[str] = field(default_factory=Counter)
    """Of the measured ones, by code: refused by a node or by the ledger."""
    unanswered: set[EnvelopeId] = field(default_factory=set)
    """Those that no node answered for in time: nobody promised anything."""

    def on_sent(self, prepared: Sequence[Prepared], sent: Sequence[Sent]) -> None:
        """Note transactions that are about to be sent."""
        for each, note in zip(prepared, sent, strict=True):
            self.waiting[each.envelope_id] = note
            self.waiting_at[note.node] += 1
            self.sent += self.is_measured(note)

    def on_refused(self, envelope_id: EnvelopeId, code: str) -> None:
        """Note that a node did not take one."""
        self._settle(envelope_id, code)

    def on_block(self, block: StreamedBlock, now: float) -> None:
        """Note what a checked block decided."""
        scheduled = len(block.receipts) - len(block.envelope_ids)
        found = 0
        for envelope_id, receipt in zip(
            block.envelope_ids, block.receipts[scheduled:], strict=True
        ):
            sent = self._settle(envelope_id, None if receipt.status == OK else receipt.status)
            if sent is None or receipt.status != OK:
                continue
            found += 1
            self.final.append(TransactionId(receipt.id))
            if self.is_measured(sent):
                self.latencies_s.append(now - sent.meant_at)
                self.meant_at.append(sent.meant_at)
        if found and self.begin <= now < self.end:
            self.blocks += 1
            self.final_in_time += found

    def is_measured(self, sent: Sent) -> bool:
        """Say whether it was meant for the measured time."""
        return self.begin <= sent.meant_at < self.end

    def count_lost(self) -> int:
        """Return how many of the measured ones nobody has decided."""
        return sum(map(self.is_measured, self.waiting.values()))

    def count_broken(self) -> int:
        """Return how many of those a node had taken: it said neither yes nor no in the end."""
        return sum(
            self.is_measured(sent)
            for envelope_id, sent in self.waiting.items()
            if envelope_id not in self.unanswered
        )

    def _settle(self, envelope_id: EnvelopeId, refusal: str | None) -> Sent | None:
        sent = self.waiting.pop(envelope_id, None)
        if sent is None:
            return None
        self.waiting_at[sent.node] -= 1
        if refusal is not None and self.is_measured(sent):
            self.refused[refusal] += 1
        return sent


class Load:
    """One run against open streams, one a node; blocks are read from the first."""

    def __init__(
        self,
        streams: Sequence[Stream],
        stock: Stock,
        tally: Tally,
        clock: Clock = time.monotonic,
        *,
        gives_back: bool = False,
    ) -> None:
        """`gives_back` says whether what a node refuses goes back to the stock."""
        self.tally = tally
        self._gives_back = gives_back
        self._streams = streams
        self._stock = stock
        self._clock = clock
        self._turn = 0
        self._sending: set[asyncio.Task[None]] = set()
        self._moved = [asyncio.Event() for _ in streams]
        self._resting: Counter[int] = Counter()
        """By node: places of refused transactions."""

    async def run_closed(self, in_flight: int) -> None:
        """Keep `in_flight` transactions on their way until the end; then wait for the last."""
        shares = [
            in_flight * (node + 1) // len(self._streams) - in_flight * node // len(self._streams)
            for node in range(len(self._streams))
        ]
        await asyncio.gather(*map(self._keep_full, range(len(shares)), shares))
        await self.finish()

    async def run_open(self, rate: float) -> None:
        """Send `rate` transactions a second until the end, evenly; then wait for the last."""
        await self.send_open(rate)
        await self.finish()

    async def send_open(self, rate: float) -> None:
        """Send `rate` transactions a second until the end, evenly; wait for nothing."""
        start, sent = self._clock(), 0
        last = math.ceil((self.tally.end - start) * rate)
        while sent < last:
            # The first is meant for the very beginning.
            due = min(last, int((self._clock() - start) * rate) + 1)
            for first in range(sent, due, FRAME_MAX):
                numbers = range(first, min(first + FRAME_MAX, due))
                meant = [start + number / rate for number in numbers]
                self._send(self._choose_node(), meant)
            sent = due
            await asyncio.sleep(TICK_S)

    def on_block(self, block: StreamedBlock) -> None:
        """Take in a checked block."""
        self.tally.on_block(block, self._clock())
        self._tell_moved()

    def _choose_node(self) -> int:
        self._turn = (self._turn + 1) % len(self._streams)
        return self._turn

    async def _keep_full(self, node: int, share: int) -> None:
        while (now := self._clock()) < self.tally.end:
            room = share - self.tally.waiting_at[node] - self._resting[node]
            if room > 0:
                self._send(node, [now] * min(room, FRAME_MAX))
                continue
            self._moved[node].clear()
            try:
                async with asyncio.timeout(max(0.0, self.tally.end - now)):
                    await self._moved[node].wait()
            except TimeoutError:
                return

    def _send(self, node: int, meant: Sequence[float]) -> None:
        prepared = self._stock.take(len(meant))
        self.tally.on_sent(prepared, [Sent(moment, node) for moment in meant])
        for frame in cut_frames(prepared):
            task = asyncio.create_task(self._submit(node, frame))
            self._sending.add(task)
            task.add_done_callback(self._on_answered)

    def _on_answered(self, task: asyncio.Task[None]) -> None:
        # One that failed stays, for `finish` to raise.
        if not task.cancelled() and task.exception() is None:
            self._sending.discard(task)

    async def _submit(self, node: int, prepared: Sequence[Prepared]) -> None:
        try:
            refusals = await self._streams[node].submit([each.envelope for each in prepared])
        except TimedOut:
            # The node may have taken them all the same: they stay on their way, or are lost.
            self.tally.unanswered.update(each.envelope_id for each in prepared)
            return
        for each, refusal in zip(prepared, refusals, strict=True):
            if refusal is not None:
                self.tally.on_refused(each.envelope_id, refusal.code)
                if self._gives_back:
                    self._stock.give_back(each)
                self._resting[node] += 1
                asyncio.get_running_loop().call_later(REST_S, self._end_rest, node)
                self._tell_moved()

    def _end_rest(self, node: int) -> None:
        self._resting[node] -= 1
        self._tell_moved()

    async def finish(self) -> None:
        """Wait for every answer, then for every transaction while there are blocks."""
        await asyncio.gather(*self._sending)
        with suppress(TimeoutError):
            while self.tally.waiting:
                self._moved[0].clear()
                async with asyncio.timeout(DRAIN_S):
                    await self._moved[0].wait()

    def _tell_moved(self) -> None:
        for moved in self._moved:
            moved.set()


def cut_frames(prepared: Sequence[Prepared]) -> Iterator[Sequence[Prepared]]:
    """Yield them in order, as many at a time as fit a frame by their bytes."""
    first = size = 0
    for index, each in enumerate(prepared):
        if index > first and size + len(each.envelope) > FRAME_BYTES_MAX:
            yield prepared[first:index]
            first, size = index, 0
        size += len(each.envelope)
    yield prepared[first:]
