"""Sealed records: depositors have content kept sealed, and decide who reads it.

What keepers do stands in `sealed_keeping`. The depositor seals the key to each reader whom it
admits; who is withdrawn reads no version that comes after.
"""

from dure.contract.language import Address, Hash, call, only, require, view
from dure.contract.library.sealed_keeping import (
    READERS_MAX,
    ReaderWithdrawn,
    SealedKeeping,
    SealedState,
)


class SealedRecords(SealedKeeping):
    """Depositors have content kept sealed, and decide who reads it and when it is erased."""

    # The keepers

    @call
    def note_reading(self, name: Hash, version: int, reader: Address) -> int:
        """Note that a reader is about to be handed the key; return the number of the reading."""
        self.entry_of_keeper(name)
        require(self.may_read(name, reader), "the reader may not read the record")
        return self.add_reading(name, version, reader)

    # The depositor

    @call
    @only(role="depositor")
    def deposit(
        self,
        name: Hash,
        salted: Hash,
        sealed: Hash,
        size: int,
        keepers: list[Address],
        readers: list[Address],
    ) -> None:
        """Have a record kept by these keepers; the name is 32 random bytes."""
        require(len(readers) <= READERS_MAX, "a record has at most 64 readers")
        self.require_readers(readers)
        self.open_entry(name, salted, sealed, size, keepers)
        self.sealed_entries[name] = self.sealed_entries[name].replace(readers=readers)

    @call
    def admit_reader(self, name: Hash, reader: Address) -> None:
        """Let somebody read; the key to the present version is sealed to them."""
        entry = self.entry_of_depositor(name)
        require(reader not in entry.readers, "they may read the record already")
        self.add_reader(name, reader)

    @call
    def withdraw_reader(
        self, name: Hash, reader: Address, salted: Hash, sealed: Hash, size: int
    ) -> None:
        """Let somebody read no longer, and bring a version that has another key."""
        entry = self.entry_of_depositor(name)
        require(reader in entry.readers, "they may not read the record")
        others: list[Address] = []
        for each in entry.readers:
            if each != reader:
                others.append(each)
        self.emit(ReaderWithdrawn(name, reader))
        self.bring(name, entry.replace(readers=others), salted, sealed, size)

    # What everybody may read

    @view
    def may_read(self, name: Hash, reader: Address) -> bool:
        """Say whether somebody may be handed the key."""
        if name not in self.sealed_entries:
            return False
        entry = self.sealed_entries[name]
        is_reader = reader == entry.depositor or reader in entry.readers
        return is_reader and entry.state == SealedState.KEPT


"""ko:
SealedRecords = 봉인 기록: 맡기는 사람이 내용을 봉인하여 맡기고, 누가 읽고 언제 지울지를 정한다.
note_reading = 열람 기록: 읽는 사람에게 곧 열쇠를 건넴을 적고 열람 번호를 받는다.
deposit = 맡기기: 이 보관자들에게 기록을 맡긴다. 이름은 무작위 32바이트이다.
admit_reader = 읽는 사람 더하기: 어떤 사람이 읽게 한다. 지금 판의 열쇠를 그 사람에게 봉인한다.
withdraw_reader = 읽는 사람 빼기: 어떤 사람이 더는 읽지 못하게 하고, 다른 열쇠로 봉인한 판을 낸다.
may_read = 열람 가능 여부: 어떤 사람이 열쇠를 받을 수 있는지.
the reader may not read the record = 그 사람은 기록을 읽을 수 없다
they may read the record already = 이미 읽을 수 있는 사람이다
they may not read the record = 읽을 수 없는 사람이다
"""
