"""Fetches what is missing here from a record's other keepers, and depends on none of them.

Rules
-----
1. A keeper is asked about one record at a time, on a thread that nobody else waits for: one that is
   slow holds up what is fetched from it, and nothing else.
2. Every answer has a deadline. A keeper that misses it, or sends what is not the file, rests, each
   time for longer; the next one is asked, and its bytes are kept apart (`Store.append`).
3. Keys are added where there are none, and never replaced (`Store.add_keys`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from dure.core.errors import DureError, NotFound, TimedOut
from dure.core.types import Address, Hash
from dure.identity.envelopes.files import Place
from dure.node.sealed.desk import PlaceLocks
from dure.node.sealed.ledger import KeeperLedger
from dure.node.sealed.store import Store, WrongPart
from dure.sdk.errors import InvalidAnswer
from dure.sdk.sealed.entries import Entry, SealedState
from dure.sdk.sealed.keeper_node import PART_BYTES, Asker, KeeperNode

ANSWER_S: Final = 60.0
"""For one answer: a part at 35 KiB a second."""
KEEPERS_AT_ONCE: Final = 16
FIRST_REST_S: Final = 10.0
REST_S_MAX: Final = 3600.0

log = structlog.get_logger()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Rest:
    """Until when a keeper is not asked, and how long that is in all."""

    until_s: float
    length_s: float


class Source:
    """One keeper's node; every question has a deadline."""

    def __init__(
        self, open_node: Callable[[], KeeperNode], threads: ThreadPoolExecutor, answer_s: float
    ) -> None:
        self._open_node = open_node
        self._threads = threads
        self._answer_s = answer_s
        self._node: KeeperNode | None = None
        self._asked: Future[Any] | None = None

    async def ask(self, question: Callable[[KeeperNode], T]) -> T:
        """Return the answer; raise `TimedOut` and what the node raises."""
        asked = self._asked = self._threads.submit(self._run, question)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(asked), self._answer_s)
        except TimeoutError:
            raise TimedOut("the keeper's node takes too long to answer") from None

    def close(self, then: Callable[[], object]) -> None:
        """Close the connection; have `then` done when no thread is busy with it any more."""
        if self._node is not None:
            # A thread that still reads finds the connection closed, and ends.
            self._node.close()
        if self._asked is None:
            then()
        else:
            self._asked.add_done_callback(lambda _: then())

    def _run(self, question: Callable[[KeeperNode], T]) -> T:
        if self._node is None:
            self._node = self._open_node()
        return question(self._node)


class Fetching:
    """Fetches for several records at once, on the node's event loop."""

    def __init__(
        self,
        ledger: KeeperLedger,
        store: Store,
        locks: PlaceLocks,
        *,
        wake: Callable[[Address, Hash], None],
        answer_s: float = ANSWER_S,
    ) -> None:
        """`wake` is told of a record of which everything is here."""
        self._ledger = ledger
        self._store = store
        self._locks = locks
        self._wake = wake
        self._answer_s = answer_s
        self._tasks: dict[Place, asyncio.Task[None]] = {}
        self._busy: set[Address] = set()
        self._rests: dict[Address, _Rest] = {}
        self._threads = ThreadPoolExecutor(KEEPERS_AT_ONCE, "sealed-fetch")

    def start(self, state: SealedState, name: Hash, entry: Entry) -> None:
        """Fetch what is missing, unless that is under way; what does not work is asked again."""
        place = state.place(name, entry.version)
        if place not in self._tasks:
            task = self._tasks[place] = asyncio.create_task(self._fetch(state, place, entry))
            task.add_done_callback(lambda _: self._tasks.pop(place))

    def close(self) -> None:
        """End."""
        for task in self._tasks.values():
            task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _fetch(self, state: SealedState, place: Place, entry: Entry) -> None:
        others = [each for each in entry.keepers if each != self._ledger.address]
        others.sort(key=lambda each: state.get_kept_version(place.name, each) != entry.version)
        try:
            for source in (None, *others):
                await self._finish(place, entry, source)
            for keeper in others:
                if not await self._has_all(place, entry) and self._may_ask(keeper):
                    await self._fetch_safely(keeper, state, place, entry)
            if await self._has_all(place, entry):
                self._wake(place.contract, place.name)
        except Exception as problem:
            reason = problem.message if isinstance(problem, DureError) else repr(problem)
            log.warning("sealed_file_waits", record=place.name.hex(), reason=reason)

    async def _fetch_safely(
        self, keeper: Address, state: SealedState, place: Place, entry: Entry
    ) -> None:
        try:
            async with self._connect(keeper, state) as source:
                await self._fetch_from(source, keeper, place, entry)
            self._rests.pop(keeper, None)
        except DureError as problem:
            if isinstance(problem, TimedOut | WrongPart | InvalidAnswer):
                self._let_rest(keeper)
            log.info("sealed_fetch_failed", keeper=keeper.hex(), reason=problem.message)
        except Exception as problem:
            self._let_rest(keeper)
            log.warning("sealed_fetch_failed", keeper=keeper.hex(), reason=repr(problem))

    async def _fetch_from(
        self, source: Source, keeper: Address, place: Place, entry: Entry
    ) -> None:
        name, version = place.name, place.version
        keys = await source.ask(lambda node: node.fetch_keys(name, version))
        wanted = {reader: key for reader, key in keys.items() if reader in entry.may_read}
        async with self._locks.get(place):
            self._require_wanted(place, entry)
            await asyncio.to_thread(self._store.reserve, place, entry.size, entry.sealed)
            await asyncio.to_thread(self._store.add_keys, place, wanted)
        while not await asyncio.to_thread(self._store.is_whole, place):
            offset = self._store.get_received(place, keeper)
            length = min(PART_BYTES, entry.size - offset)
            question = partial(KeeperNode.fetch_part, name=name, version=version)
            part = await source.ask(partial(question, offset=offset, length=length))
            async with self._locks.get(place):
                self._require_wanted(place, entry)
                await asyncio.to_thread(
                    self._store.append,
                    place,
                    size=entry.size,
                    sealed=entry.sealed,
                    offset=offset,
                    data=part,
                    source=keeper,
                )

    async def _finish(self, place: Place, entry: Entry, source: Address | None) -> None:
        """Put a part away that has all its bytes."""
        async with self._locks.get(place):
            self._require_wanted(place, entry)
            finish = self._store.finish
            await asyncio.to_thread(
                finish, place, size=entry.size, sealed=entry.sealed, source=source
            )

    async def _has_all(self, place: Place, entry: Entry) -> bool:
        keys = await asyncio.to_thread(self._store.load_keys, place)
        if not keys.keys() >= set(entry.may_read):
            return False
        return await asyncio.to_thread(self._store.is_whole, place)

    def _require_wanted(self, place: Place, entry: Entry) -> None:
        now = self._ledger.read(place.contract).get_entry(place.name)
        if now is None or (now.state, now.version) != (entry.state, entry.version):
            raise NotFound("the version is not wanted any more")

    # Whom to ask

    @asynccontextmanager
    async def _connect(self, keeper: Address, state: SealedState) -> AsyncIterator[Source]:
        known = state.get_keeper(keeper)
        if known is None:
            raise NotFound("the keeper has not said where its node is")
        asker = self._build_asker(state.contract)
        self._busy.add(keeper)
        source = Source(
            lambda: KeeperNode(known.place, keeper, asker), self._threads, self._answer_s
        )
        try:
            yield source
        finally:
            source.close(then=lambda: self._busy.discard(keeper))

    def _may_ask(self, keeper: Address) -> bool:
        rest = self._rests.get(keeper)
        return keeper not in self._busy and (rest is None or rest.until_s <= time.monotonic())

    def _let_rest(self, keeper: Address) -> None:
        last = self._rests.get(keeper)
        length = FIRST_REST_S if last is None else min(last.length_s * 2, REST_S_MAX)
        self._rests[keeper] = _Rest(time.monotonic() + length, length)

    def _build_asker(self, contract: Address) -> Asker:
        account = self._ledger.account
        return Asker(
            self._ledger.chain_id, contract, account.address, account.keys[0], self._ledger.now
        )
