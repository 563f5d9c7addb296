"""What a keeper's node does for those who ask it: take files and keys, and hand them out.

| who | may |
|---|---|
| the depositor | hand in the file and the keys |
| the depositor and the readers | fetch the file, and the key that is sealed to them |
| the record's keepers | fetch the file and all sealed keys, none of which they can open |

Nobody else is told anything. Before a key is handed out, the chain has the entry about it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from dure.core.address import encode_address
from dure.core.codec import decode
from dure.core.errors import AccessDenied, NotFound
from dure.core.types import Address, Hash, Unsigned
from dure.identity.envelopes.files import Place
from dure.node.sealed.callers import Asked, Callers
from dure.node.sealed.ledger import CallRefused, KeeperLedger
from dure.node.sealed.store import Store, WrongPart
from dure.sdk.sealed.entries import KEPT, Entry, SealedCalls
from dure.sdk.sealed.keeper_node import PART_BYTES, Standing

CONTRACT_REFUSED: Final = "refused"
"""The code of a refusal in the contract's own words."""
READERS_MAX: Final = 65
"""Sealed keys of one version: of 64 readers and the depositor."""


class NotKept(NotFound):
    """This node does not keep that record, or not any more, or not that version."""


class PlaceLocks:
    """One lock for each version that somebody is busy with."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()

    def get(self, place: Place) -> asyncio.Lock:
        """Return the version's lock."""
        lock = self._locks.get(place)
        if lock is None:
            lock = self._locks[place] = asyncio.Lock()
        return lock


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about."""

    contract: Address
    name: Hash
    version: int


class Desk:
    """Answers requests about sealed data at one keeper's node, on the node's event loop."""

    def __init__(
        self,
        ledger: KeeperLedger,
        store: Store,
        locks: PlaceLocks,
        *,
        is_followed: Callable[[Address], bool],
        wake: Callable[[Address, Hash], None],
    ) -> None:
        """`is_followed` says for which contracts the node keeps; `wake` that there is news."""
        self._ledger = ledger
        self._store = store
        self._locks = locks
        self._is_followed = is_followed
        self._wake = wake
        self._callers = Callers(ledger)

    async def describe(self, asked: Asked, subject: Subject) -> Standing:
        """Return how far this node is with a version."""
        self._admit(asked, subject, lambda entry: (*entry.may_read, *entry.keepers))
        return await self._describe(subject)

    async def take_part(self, asked: Asked, subject: Subject, offset: int) -> Standing:
        """Take the next part of a file."""
        entry = self._admit(asked, subject, lambda entry: (entry.depositor,))
        place = self._place(subject)
        async with self._locks.get(place):
            self._require_current(subject)
            if len(asked.body) > PART_BYTES:
                raise WrongPart(f"a part has at most {PART_BYTES} bytes")
            received = await asyncio.to_thread(
                self._store.append,
                place,
                size=entry.size,
                sealed=entry.sealed,
                offset=offset,
                data=asked.body,
            )
        if received == entry.size:
            self._wake(subject.contract, subject.name)
        return await self._describe(subject)

    async def give_part(self, asked: Asked, subject: Subject, offset: int, length: int) -> bytes:
        """Return a part of a file."""
        self._admit(asked, subject, lambda entry: (*entry.may_read, *entry.keepers))
        read = self._store.read
        return await asyncio.to_thread(read, self._place(subject), offset, min(length, PART_BYTES))

    async def take_keys(
        self, asked: Asked, subject: Subject, keys: Mapping[Address, bytes]
    ) -> Standing:
        """Take keys that the depositor sealed to readers."""
        entry = self._admit(asked, subject, lambda entry: (entry.depositor,))
        if not keys or not keys.keys() <= set(entry.may_read):
            raise WrongPart("keys are sealed to those who may read the record")
        place = self._place(subject)
        async with self._locks.get(place):
            self._require_current(subject)
            await asyncio.to_thread(self._store.reserve, place, entry.size, entry.sealed)
            await asyncio.to_thread(self._store.save_keys, place, keys)
        self._wake(subject.contract, subject.name)
        return await self._describe(subject)

    async def give_keys(self, asked: Asked, subject: Subject) -> dict[Address, bytes]:
        """Return all sealed keys of a version, for another keeper."""
        entry = self._admit(asked, subject, lambda entry: entry.keepers)
        keys = await asyncio.to_thread(self._store.load_keys, self._place(subject))
        return {reader: key for reader, key in keys.items() if reader in entry.may_read}

    async def give_key(self, asked: Asked, subject: Subject) -> tuple[bytes, int]:
        """Note the reading on the chain; return the key sealed to who asks, and its number."""
        self._admit(asked, subject, lambda entry: entry.may_read)
        reader = self._callers.authenticate(asked, subject.contract).account
        place = self._place(subject)
        if await asyncio.to_thread(self._store.load_key, place, reader) is None:
            raise NotFound("this keeper has no key for you yet; ask another, or later")
        noting = SealedCalls(subject.contract).note_reading(subject.name, subject.version, reader)
        try:
            result = await self._ledger.send(noting)
        except CallRefused as refused:
            self._require_current(subject)
            if refused.facts.get("refusal") != CONTRACT_REFUSED:
                raise
            # A contract may let somebody read for a time, or for a reason that ended.
            raise AccessDenied(refused.message) from None
        self._require_current(subject)
        key = await asyncio.to_thread(self._store.load_key, place, reader)
        if key is None:
            raise NotKept("the record was erased or renewed meanwhile")
        return key, decode(Unsigned, result)

    def _admit(
        self, asked: Asked, subject: Subject, list_allowed: Callable[[Entry], tuple[Address, ...]]
    ) -> Entry:
        """Return the record, if who asks is allowed; raise `AccessDenied`, `NotKept`."""
        statement = self._callers.authenticate(asked, subject.contract)
        entry = self._require_current(subject)
        if statement.account not in list_allowed(entry):
            raise AccessDenied("the record's access list does not name you for that")
        self._callers.spend(statement)
        return entry

    def _require_current(self, subject: Subject) -> Entry:
        entry = None
        if self._is_followed(subject.contract):
            entry = self._ledger.read(subject.contract).get_entry(subject.name)
        if entry is None or entry.state != KEPT or self._ledger.address not in entry.keepers:
            raise NotKept("this node does not keep that record")
        if entry.version != subject.version:
            raise NotKept(f"the record's present version is {entry.version}")
        return entry

    async def _describe(self, subject: Subject) -> Standing:
        entry, place = self._require_current(subject), self._place(subject)
        keys = await asyncio.to_thread(self._store.load_keys, place)
        is_whole = await asyncio.to_thread(self._store.is_whole, place)
        return Standing(
            version=subject.version,
            size=entry.size,
            received=entry.size if is_whole else self._store.get_received(place),
            is_whole=is_whole,
            readers=[encode_address(reader) for reader in keys],
        )

    def _place(self, subject: Subject) -> Place:
        return Place(self._ledger.chain_id, subject.contract, subject.name, subject.version)
