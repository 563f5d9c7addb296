"""The consensus journal as bytes in memory, which can be torn, garbled, damaged or taken away.

The bytes are those of `dure.node.durable.journal_format`; reading them back follows the rules of
`dure.node.durable.journal`.
"""

from random import Random
from typing import Final

from dure.core.types import Height, PublicKey
from dure.node.durable.journal_format import (
    STORE_ID_LENGTH,
    Content,
    JournalFormat,
)
from dure.node.durable.loss import Loss
from dure.node.durable.record_format import DamagedRecords, Entry
from dure.testing.simulation.ports.power import Power, PowerCut

JOURNAL_BYTES_MAX: Final = 16 * 1024
"""Size past which it is rewritten when the head moves: small, so that it happens."""


class SimulatedJournal:
    """One store's journal, as one key writes it."""

    def __init__(self, voter: PublicKey, random: Random, power: Power | None, torn: float) -> None:
        """Begin a fresh one; `torn` is the chance that a death leaves a piece of a record."""
        self.loss: Loss | None = None
        """Why it is no memory of the key's votes; None where it is."""
        self.file: bytearray | None = None
        """None where there is none."""
        self.torn_writes = 0
        self._random = random
        self._power = power
        self._torn = torn
        self._format = JournalFormat(random.randbytes(STORE_ID_LENGTH), voter)
        self._entries: list[Entry] = []
        self._next_sequence = 0
        self._rewrite(None)

    @property
    def sequence(self) -> int:
        """Number of records ever appended."""
        return self._next_sequence

    def reopen(self, noted: int | None) -> None:
        """Read the file as a starting node does; its store noted so many records."""
        self._entries, self._next_sequence = [], max(self._next_sequence, noted or 0)
        self.loss = None
        if self.file is None:
            self.loss = Loss.MISSING
            return
        try:
            content = self._format.scan(bytes(self.file))
        except DamagedRecords:
            self.loss = Loss.DAMAGED
            return
        assert content is not None, "the store is the file's own"
        self._next_sequence = max(self._next_sequence, content.next_sequence)
        self.loss = self._find_loss(content, noted)
        if self.loss is None:
            self._entries = content.entries
            del self.file[content.end :]

    def append(self, height: Height, record: bytes) -> None:
        """Append one record, unless the votes of the key are lost anyway."""
        if self.loss is not None:
            return
        assert self.file is not None, "a journal without a loss has a file"
        entry = Entry(height, self._next_sequence, record)
        data = self._format.encode_record(entry)
        if self._power is not None and self._power.fails():
            self.file += self._tear(data)
            raise PowerCut
        self.file += data
        self._entries.append(entry)
        self._next_sequence += 1

    def load(self, height: Height) -> list[bytes]:
        """Return the records of a height, in order."""
        return [entry.data for entry in self._entries if entry.height == height]

    def load_all(self) -> list[bytes]:
        """Return all records, in order."""
        return [entry.data for entry in self._entries]

    def compact(self, head: Height) -> None:
        """Forget what lies at or below the head, once the file is long."""
        if self.file is None or self.loss is not None or len(self.file) <= JOURNAL_BYTES_MAX:
            return
        self._entries = [entry for entry in self._entries if entry.height > head]
        self._rewrite(None)

    def declare_lost(self, loss: Loss) -> None:
        """Note durably that this is no memory of the key's votes."""
        self._entries = []
        self._rewrite(loss)

    def begin_anew(self) -> None:
        """Start an empty journal in place of one that is lost."""
        assert self.loss is not None, "a journal without a loss is not thrown away"
        self._entries = []
        self._rewrite(None)

    def corrupt(self) -> bool:
        """Damage a record that an intact one follows; say whether there was one."""
        if self.file is None or len(self._entries) < 2:
            return False
        first = self._format.encode_record(self._entries[0])
        place = self.file.find(first)
        if place < 0:
            return False
        self.file[place + self._random.randrange(len(first))] ^= 1 << self._random.randrange(8)
        return True

    @staticmethod
    def _find_loss(content: Content, noted: int | None) -> Loss | None:
        if content.loss:
            return Loss(content.loss)
        return Loss.OLDER if content.next_sequence < (noted or 0) else None

    def _rewrite(self, loss: Loss | None) -> None:
        self.loss = loss
        data = self._format.encode_file(self._entries, self._next_sequence, int(loss or 0))
        self.file = bytearray(data)

    def _tear(self, data: bytes) -> bytes:
        """Return what a power cut leaves of a record: nothing, a piece of it, or garbage."""
        if self._random.random() >= self._torn:
            return b""
        self.torn_writes += 1
        kept = data[: self._random.randrange(1, len(data))]
        missing = len(data) - len(kept)
        return kept if self._random.random() < 0.5 else kept + self._random.randbytes(missing)
