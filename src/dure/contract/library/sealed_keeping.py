"""Sealed content and its keepers, without saying who may read: what `sealed_records` is made of.

The chain never holds the content. A record is a random name with digests; the sealed file and the
keys to it lie at the nodes of its keepers. They obey what stands here: they hand a key only to
those who may read, note each reading before they do, and sign a receipt when they have destroyed
file and keys. `docs/spec/sealed-data.md` specifies the file and the keys.

A contract that inherits it says who deposits (`self.open_entry(…)`) and who may read: it has the
methods `deposit`, `note_reading` and `may_read`, of which keepers' nodes and the SDK make use.
"""

from dure.contract.language import (
    Address,
    Choice,
    Event,
    Hash,
    Map,
    Record,
    Time,
    Var,
    call,
    require,
    view,
)
from dure.contract.library.sealed_parties import SealedParties

KEEPERS_MAX = 16
READERS_MAX = 64
SEALED_BYTES_MAX = 1_074_004_088
CHANGES_AT_ONCE = 100


class SealedState(Choice):
    """What became of a sealed record."""

    KEPT = "is kept by its keepers"
    ERASING = "is being erased: receipts of keepers are missing"
    ERASED = "was erased by every keeper"


class SealedEntry(Record):
    """One sealed record.

    The salted digest is of the content, the sealed digest of the file that keepers hold. A new
    version has another data key and another salt.
    """

    depositor: Address
    version: int
    salted: Hash
    sealed: Hash
    size: int
    keepers: list[Address]
    readers: list[Address]
    opened: Time
    changed: Time
    state: SealedState


class Reading(Record):
    """Somebody was handed the key to a version."""

    reader: Address
    keeper: Address
    version: int
    at: Time


class RecordSealed(Event):
    """A record, or a new version of one, is to be kept."""

    name: Hash
    depositor: Address
    version: int
    salted: Hash
    sealed: Hash
    size: int


class ReaderAdmitted(Event):
    """Somebody may read a record."""

    name: Hash
    reader: Address


class ReaderWithdrawn(Event):
    """Somebody may read a record no longer; what comes next has another key."""

    name: Hash
    reader: Address


class VersionKept(Event):
    """A keeper has the whole file of a version."""

    name: Hash
    version: int
    keeper: Address


class RecordRead(Event):
    """A keeper is about to hand a reader the key."""

    name: Hash
    version: int
    reader: Address
    keeper: Address


class ErasureAsked(Event):
    """A record is to be erased; every keeper owes a receipt."""

    name: Hash
    asked_by: Address


class ErasureReceipt(Event):
    """A keeper destroyed every file and key of a record."""

    name: Hash
    keeper: Address
    missing: int


class SealedKeeping(SealedParties):
    """Content is kept sealed by keepers, renewed and erased at every one of them."""

    sealed_entries: Map[Hash, SealedEntry]
    kept_versions: Map[Hash, Map[Address, int]]
    erased_at: Map[Hash, Map[Address, Time]]
    readings_counted: Map[Hash, int]
    readings: Map[Hash, Map[int, Reading]]
    changes_made: Var[int]
    changed_names: Map[int, Hash]

    # The keepers

    @call
    def confirm_kept(self, name: Hash, version: int) -> None:
        """Confirm that the whole file of the version is here."""
        entry = self.entry_of_keeper(name)
        require(entry.state == SealedState.KEPT, "the record is erased or being erased")
        require(version == entry.version, "that is not the present version")
        require(self.kept_versions[name].get(self.sender, 0) < version, "it is confirmed already")
        self.kept_versions[name][self.sender] = version
        self.emit(VersionKept(name, version, self.sender))

    @call
    def confirm_erased(self, name: Hash) -> None:
        """Confirm that every file and key of the record is destroyed here."""
        entry = self.entry_of_keeper(name)
        require(entry.state == SealedState.ERASING, "there is no erasure to confirm")
        require(self.sender not in self.erased_at[name], "it is confirmed already")
        self.erased_at[name][self.sender] = self.now
        missing = 0
        for keeper in entry.keepers:
            if keeper not in self.erased_at[name]:
                missing += 1
        if missing == 0:
            self.store(name, entry.replace(state=SealedState.ERASED, changed=self.now))
        self.emit(ErasureReceipt(name, self.sender, missing))

    # The depositor

    @call
    def renew(self, name: Hash, salted: Hash, sealed: Hash, size: int) -> None:
        """Bring a new version, with other content or only with another key."""
        self.bring(name, self.entry_of_depositor(name), salted, sealed, size)

    @call
    def ask_erasure(self, name: Hash) -> None:
        """Have every keeper destroy file and keys; the depositor may, and the role “eraser”."""
        require(name in self.sealed_entries, "there is no such record")
        entry = self.sealed_entries[name]
        is_own = self.sender == entry.depositor
        may = is_own or self.has_role("eraser", self.sender)
        require(may, "only the record's depositor or an eraser may do this")
        require(entry.state == SealedState.KEPT, "the record is erased or being erased")
        self.store(name, entry.replace(state=SealedState.ERASING, changed=self.now))
        self.emit(ErasureAsked(name, self.sender))

    # What everybody may read

    @view
    def sealed_entry(self, name: Hash) -> SealedEntry:
        """Return what stands here of a record."""
        require(name in self.sealed_entries, "there is no such record")
        return self.sealed_entries[name]

    @view
    def kept_version(self, name: Hash, keeper: Address) -> int:
        """Return the newest version that a keeper confirmed; 0 where none."""
        return self.kept_versions[name].get(keeper, 0)

    @view
    def missing_receipts(self, name: Hash) -> list[str]:
        """Return the names of the keepers that have not confirmed the erasure of a record."""
        require(name in self.sealed_entries, "there is no such record")
        entry = self.sealed_entries[name]
        missing: list[str] = []
        if entry.state == SealedState.ERASING:
            for each in entry.keepers:
                if each not in self.erased_at[name]:
                    missing.append(self.known_keepers[each].title)
        return missing

    @view
    def has_confirmed_erasure(self, name: Hash, keeper: Address) -> bool:
        """Say whether a keeper has signed the receipt of an erasure."""
        return keeper in self.erased_at[name]

    @view
    def reading_count(self, name: Hash) -> int:
        """Return how often a record's key was handed out."""
        return self.readings_counted.get(name, 0)

    @view
    def reading(self, name: Hash, number: int) -> Reading:
        """Return one reading of a record; they are numbered from 1."""
        return self.readings[name][number]

    @view
    def changes_since(self, number: int) -> list[Hash]:
        """Return which records changed after that many changes, at most a hundred."""
        names: list[Hash] = []
        last = min(self.changes_made, number + CHANGES_AT_ONCE)
        for at in range(number, last):
            names.append(self.changed_names[at + 1])
        return names

    # Shared parts

    def open_entry(
        self, name: Hash, salted: Hash, sealed: Hash, size: int, keepers: list[Address]
    ) -> None:
        """Have a record of the sender kept, which nobody else may read yet."""
        require(name not in self.sealed_entries, "there is a record of that name already")
        require(0 < len(keepers) <= KEEPERS_MAX, "a record has 1 to 16 keepers")
        self.require_size(size)
        self.require_keepers(keepers)
        readers: list[Address] = []
        entry = SealedEntry(
            depositor=self.sender,
            version=1,
            salted=salted,
            sealed=sealed,
            size=size,
            keepers=keepers,
            readers=readers,
            opened=self.now,
            changed=self.now,
            state=SealedState.KEPT,
        )
        self.store(name, entry)
        self.emit(RecordSealed(name, self.sender, 1, salted, sealed, size))

    def add_reading(self, name: Hash, version: int, reader: Address) -> int:
        """Write down a reading of the present version; return its number."""
        entry = self.entry_of_keeper(name)
        require(version == entry.version, "that is not the present version")
        number = self.readings_counted.get(name, 0) + 1
        self.readings_counted[name] = number
        self.readings[name][number] = Reading(reader, self.sender, version, self.now)
        self.emit(RecordRead(name, version, reader, self.sender))
        return number

    def add_reader(self, name: Hash, reader: Address) -> None:
        entry = self.sealed_entries[name]
        require(len(entry.readers) < READERS_MAX, "a record has at most 64 readers")
        self.require_readers([reader])
        readers = entry.readers
        readers.append(reader)
        self.store(name, entry.replace(readers=readers, changed=self.now))
        self.emit(ReaderAdmitted(name, reader))

    def entry_of_depositor(self, name: Hash) -> SealedEntry:
        require(name in self.sealed_entries, "there is no such record")
        entry = self.sealed_entries[name]
        require(self.sender == entry.depositor, "only the record's depositor may do this")
        require(entry.state == SealedState.KEPT, "the record is erased or being erased")
        return entry

    def entry_of_keeper(self, name: Hash) -> SealedEntry:
        require(name in self.sealed_entries, "there is no such record")
        entry = self.sealed_entries[name]
        require(self.sender in entry.keepers, "only a keeper of the record may do this")
        return entry

    def require_size(self, size: int) -> None:
        require(0 < size <= SEALED_BYTES_MAX, "a sealed file holds at most 1 GiB")

    def bring(self, name: Hash, entry: SealedEntry, salted: Hash, sealed: Hash, size: int) -> None:
        self.require_size(size)
        require(sealed != entry.sealed, "a new version is sealed with another key")
        version = entry.version + 1
        self.store(
            name,
            entry.replace(
                version=version, salted=salted, sealed=sealed, size=size, changed=self.now
            ),
        )
        self.emit(RecordSealed(name, entry.depositor, version, salted, sealed, size))

    def store(self, name: Hash, entry: SealedEntry) -> None:
        number = self.changes_made + 1
        self.changes_made = number
        self.changed_names[number] = name
        self.sealed_entries[name] = entry


"""en:
name = random name of the record
salted = salted digest of the content
sealed = digest of the sealed file
size = size of the sealed file in bytes
opened = time of the deposit
changed = time of the last change
at = time
sealed_entries = sealed records
kept_versions = versions confirmed by keepers
erased_at = receipts of erasure
readings_counted = number of readings
changes_made = changes counted
changed_names = records by change
asked_by = who asked
missing = receipts that are missing
KEEPERS_MAX = most keepers of a record
READERS_MAX = most readers of a record
SEALED_BYTES_MAX = largest sealed file, in bytes
CHANGES_AT_ONCE = most changes told at once
"""

"""ko:
SealedKeeping = 봉인 보관: 보관자들이 내용을 봉인하여 보관하고, 새 판을 받고, 모두에게서 지운다.
SealedEntry = 봉인 기록 내용
Reading = 열람
SealedState = 봉인 기록의 상태: 봉인 기록이 어떻게 되었는지를 뜻한다.
is kept by its keepers = 보관 중
is being erased: receipts of keepers are missing = 삭제 중: 보관자의 확인을 기다림
was erased by every keeper = 모든 보관자가 삭제함
depositor = 맡긴 사람
eraser = 삭제 담당자
keeper = 보관자
reader = 읽는 사람
name = 기록의 무작위 이름
version = 판 번호
salted = 내용의 소금 친 해시
sealed = 봉인 파일의 해시
size = 봉인 파일의 크기(바이트)
keepers = 보관자들
readers = 읽을 수 있는 사람들
opened = 맡긴 시각
changed = 마지막으로 바뀐 시각
at = 시각
state = 상태
number = 번호
asked_by = 삭제를 청한 사람
missing = 남은 확인 수
sealed_entries = 봉인 기록
kept_versions = 보관을 확인한 판
erased_at = 삭제를 확인한 시각
readings_counted = 열람 횟수
readings = 열람 기록
changes_made = 바뀐 횟수
changed_names = 바뀐 기록
confirm_kept = 보관 확인: 그 판의 파일이 온전히 여기에 있음을 확인한다.
confirm_erased = 삭제 확인: 그 기록의 파일과 열쇠를 여기에서 모두 없앴음을 확인한다.
renew = 새 판: 내용이 바뀌었거나 열쇠만 바꾼 새 판을 낸다.
ask_erasure = 삭제 청구: 모든 보관자가 파일과 열쇠를 없애게 한다. 맡긴 사람과 삭제 담당자가 할 수
    있다.
sealed_entry = 봉인 기록: 기록에 대하여 적힌 것.
kept_version = 보관 중인 판: 보관자가 확인한 가장 새로운 판. 없으면 0이다.
missing_receipts = 남은 확인: 삭제를 아직 확인하지 않은 보관자의 이름.
has_confirmed_erasure = 삭제 확인 여부: 보관자가 삭제를 확인하였는지.
reading_count = 열람 횟수: 열쇠를 건넨 횟수.
reading = 열람: 열람 한 건. 번호는 1부터이다.
changes_since = 바뀐 기록: 그 횟수 뒤에 바뀐 기록. 한 번에 100개까지이다.
entry_of_depositor = 자기가 맡긴 기록
entry_of_keeper = 자기가 보관하는 기록
require_size = 크기 확인
bring = 새 판 내기
store = 적기
RecordSealed = 기록 봉인: 기록이나 그 새 판을 보관하게 되었다.
ReaderAdmitted = 읽는 사람 더함: 어떤 사람이 기록을 읽을 수 있다.
ReaderWithdrawn = 읽는 사람 뺌: 어떤 사람이 기록을 더는 읽을 수 없다. 다음 판은 열쇠가 다르다.
VersionKept = 보관 확인: 보관자가 그 판의 파일을 온전히 가졌다.
RecordRead = 열람: 보관자가 읽는 사람에게 열쇠를 건네려 한다.
ErasureAsked = 삭제 청구: 기록을 지우게 되었다. 모든 보관자가 확인하여야 한다.
ErasureReceipt = 삭제 확인: 보관자가 기록의 파일과 열쇠를 모두 없앴다.
the record is erased or being erased = 삭제되었거나 삭제 중인 기록이다
that is not the present version = 지금의 판이 아니다
it is confirmed already = 이미 확인하였다
there is no erasure to confirm = 확인할 삭제가 없다
there is a record of that name already = 같은 이름의 기록이 이미 있다
a record has 1 to 16 keepers = 기록의 보관자는 1명에서 16명까지이다
a record has at most 64 readers = 기록을 읽는 사람은 64명까지이다
there is no such record = 없는 기록이다
only the record's depositor or an eraser may do this = 맡긴 사람이나 삭제 담당자만 할 수 있다
only the record's depositor may do this = 그 기록을 맡긴 사람만 할 수 있다
only a keeper of the record may do this = 그 기록의 보관자만 할 수 있다
a sealed file holds at most 1 GiB = 봉인 파일에는 1기비바이트까지 담긴다
a new version is sealed with another key = 새 판은 다른 열쇠로 봉인한다
KEEPERS_MAX = 기록 하나의 최대 보관자 수
READERS_MAX = 기록 하나를 읽는 사람의 최대 수
SEALED_BYTES_MAX = 봉인 파일의 최대 크기(바이트)
CHANGES_AT_ONCE = 한 번에 알리는 최대 변경 수
open_entry = 기록 열기
add_reading = 열람 적기
add_reader = 읽는 사람 적기
"""
