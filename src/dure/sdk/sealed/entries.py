"""What a contract of sealed records has in the state, and the calls that change it.

The same keys and values for a client, which has them proved, and for a keeper's node, which looks
into its own ledger. They are those of `dure.contract.library.sealed_records` and of every contract
that inherits from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from msgspec import Meta

from dure.chain import state
from dure.chain.transaction import Call
from dure.core.codec import Wire, decode, encode
from dure.core.types import Address, ChainId, Hash, Instant, Unsigned
from dure.identity.envelopes.files import Digests, Place

KEPT: Final = "KEPT"
ERASING: Final = "ERASING"
ERASED: Final = "ERASED"

ReadState = Callable[[bytes], bytes | None]
"""Returns what the state holds under a key."""


class Entry(Wire, frozen=True):
    """One sealed record, as `SealedEntry` of the contract."""

    depositor: Address
    version: Unsigned
    salted: Hash
    sealed: Hash
    size: Unsigned
    keepers: Annotated[tuple[Address, ...], Meta(max_length=16)]
    readers: Annotated[tuple[Address, ...], Meta(max_length=64)]
    opened: Instant
    changed: Instant
    state: str

    @property
    def may_read(self) -> tuple[Address, ...]:
        """Whoever may be handed the key."""
        return (self.depositor, *(each for each in self.readers if each != self.depositor))

    @property
    def digests(self) -> Digests:
        """What the file and its content must be."""
        return Digests(self.salted, self.sealed, self.size)


class KeeperEntry(Wire, frozen=True):
    """A party that keeps sealed files, as `Keeper` of the contract."""

    title: str
    place: str
    since: Instant


@dataclass(frozen=True, slots=True)
class SealedState:
    """Reads one contract of sealed records."""

    chain_id: ChainId
    contract: Address
    read: ReadState

    def get_entry(self, name: Hash) -> Entry | None:
        """Return a record; None where there is none."""
        found: Entry | None = self._get(Entry, "sealed_entries", name)
        return found

    def get_keeper(self, keeper: Address) -> KeeperEntry | None:
        """Return what a keeper announced."""
        found: KeeperEntry | None = self._get(KeeperEntry, "known_keepers", keeper)
        return found

    def get_reading_key(self, reader: Address) -> bytes | None:
        """Return the public key to which keys are sealed for somebody."""
        found: bytes | None = self._get(bytes, "reading_keys", reader)
        return found

    def get_kept_version(self, name: Hash, keeper: Address) -> int:
        """Return the newest version that a keeper confirmed; 0 where none."""
        return int(self._get(Unsigned, "kept_versions", name, keeper) or 0)

    def has_confirmed_erasure(self, name: Hash, keeper: Address) -> bool:
        """Say whether a keeper signed the receipt of an erasure."""
        return self._get(Instant, "erased_at", name, keeper) is not None

    def get_changes(self) -> int:
        """Return how many changes of records there were."""
        return int(self._get(Unsigned, "changes_made") or 0)

    def get_changed(self, number: int) -> Hash | None:
        """Return which record change number … was of, counted from 1."""
        found: Hash | None = self._get(Hash, "changed_names", number)
        return found

    def place(self, name: Hash, version: int) -> Place:
        """Return to what a version's file and keys are bound."""
        return Place(self.chain_id, self.contract, name, version)

    def _get(self, type_: Any, *key: object) -> Any:
        data = self.read(state.key_storage(self.contract, encode(key)))
        return None if data is None else decode(type_, data)


@dataclass(frozen=True, slots=True)
class SealedCalls:
    """Makes calls of one contract of sealed records."""

    contract: Address

    def name_reading_key(self, public: bytes) -> Call:
        return self._call("name_reading_key", public)

    def announce_keeper(self, title: str, place: str) -> Call:
        return self._call("announce_keeper", title, place)

    def deposit(
        self,
        name: Hash,
        digests: Digests,
        keepers: tuple[Address, ...],
        readers: tuple[Address, ...],
    ) -> Call:
        named = (digests.salted, digests.sealed, digests.size)
        return self._call("deposit", name, *named, keepers, readers)

    def renew(self, name: Hash, digests: Digests) -> Call:
        return self._call("renew", name, digests.salted, digests.sealed, digests.size)

    def admit_reader(self, name: Hash, reader: Address) -> Call:
        return self._call("admit_reader", name, reader)

    def withdraw_reader(self, name: Hash, reader: Address, digests: Digests) -> Call:
        named = (digests.salted, digests.sealed, digests.size)
        return self._call("withdraw_reader", name, reader, *named)

    def ask_erasure(self, name: Hash) -> Call:
        return self._call("ask_erasure", name)

    def confirm_kept(self, name: Hash, version: int) -> Call:
        return self._call("confirm_kept", name, version)

    def note_reading(self, name: Hash, version: int, reader: Address) -> Call:
        return self._call("note_reading", name, version, reader)

    def confirm_erased(self, name: Hash) -> Call:
        return self._call("confirm_erased", name)

    def _call(self, method: str, *arguments: object) -> Call:
        return Call(self.contract, method, encode(arguments), None)
