"""What a keeper's node does by itself: it brings its disk in line with the chain.

For each record that changed, or of which there is anything on the disk:

| the chain says | the node |
|---|---|
| kept here, in this version | destroys earlier versions; fetches file and keys that it lacks from |
| | keepers that have them; confirms once it has the whole file |
| a reader was withdrawn | destroys that reader's key |
| being erased, or erased | destroys files and keys; signs the receipt if it has not yet |

Everything on the disk is looked at when the node starts: so an erasure is done again after a backup
was put back.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import structlog

from dure.core.errors import DureError
from dure.core.types import INT_MAX, Address, Hash
from dure.node.sealed.desk import PlaceLocks
from dure.node.sealed.fetching import Fetching
from dure.node.sealed.following import Following
from dure.node.sealed.ledger import KeeperLedger
from dure.node.sealed.store import Store
from dure.sdk.sealed.entries import KEPT, Entry, SealedCalls, SealedState

POLL_S: Final = 0.2
CHANGES_PER_TURN: Final = 500
RECORDS_PER_TURN: Final = 50
FIRST_REST_S: Final = 0.2
REST_S_MAX: Final = 5.0

log = structlog.get_logger()

Subject = tuple[Address, Hash]


@dataclass(slots=True)
class _Due:
    """When a record is looked at next, and how long to rest after that."""

    at_s: float
    rest_s: float = FIRST_REST_S


class Keeping:
    """The task of a keeper's node. `run` ends only when it is cancelled."""

    def __init__(
        self, ledger: KeeperLedger, store: Store, locks: PlaceLocks, following: Following
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._locks = locks
        self._following = following
        self._due: dict[Subject, _Due] = {}
        self._fetching = Fetching(ledger, store, locks, wake=self.wake)

    def wake(self, contract: Address, name: Hash) -> None:
        """Look at a record soon."""
        self._due[contract, name] = _Due(at_s=0.0)

    async def run(self) -> None:
        """Follow the chain."""
        await asyncio.to_thread(self._store.sweep)
        for place in self._store.list_places():
            self.wake(place.contract, place.name)
        try:
            while True:
                await self._turn()
                await asyncio.sleep(POLL_S)
        finally:
            self._fetching.close()

    async def _turn(self) -> None:
        try:
            # A head that is known to be old would have the node destroy what is kept.
            if self._ledger.is_syncing():
                return
            for contract in self._following.list_contracts():
                self._look(contract)
        except Exception as problem:
            log.warning("sealed_following_failed", reason=str(problem))
        now = time.monotonic()
        ready = [subject for subject, due in self._due.items() if due.at_s <= now]
        for contract, name in ready[:RECORDS_PER_TURN]:
            await self._tend_safely(contract, name)

    def _look(self, contract: Address) -> None:
        """Take note of the records that changed."""
        state, cursor = self._ledger.read(contract), self._following.get_cursor(contract)
        count = state.get_changes()
        if cursor > count:
            cursor = 0
        last = min(count, cursor + CHANGES_PER_TURN)
        for number in range(cursor + 1, last + 1):
            name = state.get_changed(number)
            if name is not None:
                self.wake(contract, name)
        if last != self._following.get_cursor(contract):
            self._following.move_cursor(contract, last)

    async def _tend_safely(self, contract: Address, name: Hash) -> None:
        due = self._due.pop((contract, name))
        try:
            is_done = await self._tend(contract, name)
        except Exception as problem:
            reason = problem.message if isinstance(problem, DureError) else repr(problem)
            log.warning("sealed_record_waits", record=name.hex(), reason=reason)
            is_done = False
        if not is_done and (contract, name) not in self._due:
            rest = min(due.rest_s * 2, REST_S_MAX)
            self._due[contract, name] = _Due(time.monotonic() + due.rest_s, rest)

    async def _tend(self, contract: Address, name: Hash) -> bool:
        """Bring one record in line; say whether nothing is left to do."""
        state = self._ledger.read(contract)
        entry = state.get_entry(name)
        if entry is None or self._ledger.address not in entry.keepers:
            # Records do not vanish: a state without it is older than what lies here.
            return True
        if entry.state != KEPT:
            await self._destroy(contract, name)
            if not state.has_confirmed_erasure(name, self._ledger.address):
                await self._ledger.send(SealedCalls(contract).confirm_erased(name))
                log.info("sealed_record_erased", record=name.hex())
            return True
        await self._destroy(contract, name, before=entry.version)
        return await self._keep(state, name, entry)

    async def _keep(self, state: SealedState, name: Hash, entry: Entry) -> bool:
        place = state.place(name, entry.version)
        keys = await asyncio.to_thread(self._store.load_keys, place)
        for reader in keys.keys() - set(entry.may_read):
            await asyncio.to_thread(self._store.destroy_key, place, reader)
        is_whole = await asyncio.to_thread(self._store.is_whole, place)
        if is_whole and state.get_kept_version(name, self._ledger.address) < entry.version:
            call = SealedCalls(state.contract).confirm_kept(name, entry.version)
            await self._ledger.send(call)
            log.info("sealed_record_kept", record=name.hex(), version=entry.version)
        if is_whole and keys.keys() >= set(entry.may_read):
            return True
        self._fetching.start(state, name, entry)
        return False

    async def _destroy(self, contract: Address, name: Hash, before: int = INT_MAX) -> None:
        for place in self._store.list_places():
            if (place.contract, place.name) == (contract, name) and place.version < before:
                async with self._locks.get(place):
                    await asyncio.to_thread(self._store.destroy, place)
