"""A registry of documents: who issued which, whether it is valid, and what replaced it.

The registry keeps hashes, never the documents. Whoever is shown a document works out its hash and
asks; the answer is a status at this moment.
"""

from dure.contract.language import (
    Address,
    Choice,
    Contract,
    Event,
    Hash,
    Map,
    Record,
    Time,
    Var,
    call,
    only,
    require,
    view,
)


class DocumentStatus(Choice):
    """What the registry says of a document."""

    UNKNOWN = "was never registered"
    NOT_YET_VALID = "is valid from a later day on"
    VALID = "is valid"
    EXPIRED = "was valid until an earlier day"
    REPLACED = "was replaced by a newer version"
    WITHDRAWN = "was withdrawn by its issuer"


class Entry(Record):
    """One version of a document.

    All versions of one document have the same series; the first has version 1. `standing` is the
    status apart from the days of validity.
    """

    issuer: Address
    kind: str
    series: int
    version: int
    registered: Time
    valid_from: Time
    valid_until: Time
    standing: DocumentStatus


class DocumentRegistered(Event):
    """An issuer registered a document, or a new version of one."""

    document: Hash
    issuer: Address
    kind: str
    series: int
    version: int
    valid_from: Time
    valid_until: Time


class DocumentWithdrawn(Event):
    """An issuer withdrew a document."""

    document: Hash
    reason: str


class Registry(Contract):
    """Issuers, whom the members appoint, register documents; everybody may verify them."""

    series_begun: Var[int]
    entries: Map[Hash, Entry]
    versions: Map[int, Map[int, Hash]]

    # The issuers

    @call
    @only(role="issuer")
    def register(self, document: Hash, kind: str, valid_from: Time, valid_until: Time) -> int:
        """Register the first version of a document; return the number of its series."""
        require(0 < len(kind) <= 64, "a kind has 1 to 64 characters")
        series = self.series_begun + 1
        self.series_begun = series
        self.add(
            document,
            Entry(
                issuer=self.sender,
                kind=kind,
                series=series,
                version=1,
                registered=self.now,
                valid_from=valid_from,
                valid_until=valid_until,
                standing=DocumentStatus.VALID,
            ),
        )
        return series

    @call
    @only(role="issuer")
    def replace(self, old: Hash, document: Hash, valid_from: Time, valid_until: Time) -> None:
        """Register a new version, which replaces the one before."""
        before = self.own_valid_entry(old)
        self.entries[old] = before.replace(standing=DocumentStatus.REPLACED)
        self.add(
            document,
            before.replace(
                version=before.version + 1,
                registered=self.now,
                valid_from=valid_from,
                valid_until=valid_until,
            ),
        )

    @call
    @only(role="issuer")
    def withdraw(self, document: Hash, reason: str) -> None:
        """Withdraw a document for good, and say why."""
        require(0 < len(reason) <= 200, "the reason has 1 to 200 characters")
        entry = self.own_valid_entry(document)
        self.entries[document] = entry.replace(standing=DocumentStatus.WITHDRAWN)
        self.emit(DocumentWithdrawn(document, reason))

    # What everybody may read

    @view
    def verify(self, document: Hash) -> DocumentStatus:
        """Say what a document is worth now."""
        if document not in self.entries:
            return DocumentStatus.UNKNOWN
        entry = self.entries[document]
        if entry.standing != DocumentStatus.VALID:
            return entry.standing
        if self.now < entry.valid_from:
            return DocumentStatus.NOT_YET_VALID
        return DocumentStatus.VALID if self.now < entry.valid_until else DocumentStatus.EXPIRED

    @view
    def entry(self, document: Hash) -> Entry:
        """Return what is registered of a document."""
        return self.entries[document]

    @view
    def version(self, series: int, version: int) -> Hash:
        """Return the hash of a version, which leads through the whole history of a document."""
        return self.versions[series][version]

    # Shared parts

    def own_valid_entry(self, document: Hash) -> Entry:
        require(document in self.entries, "the document is not registered")
        entry = self.entries[document]
        require(self.sender == entry.issuer, "only the document's own issuer may do this")
        require(entry.standing == DocumentStatus.VALID, "the document was replaced or withdrawn")
        return entry

    def add(self, document: Hash, entry: Entry) -> None:
        require(document not in self.entries, "the document is registered already")
        require(entry.valid_from < entry.valid_until, "validity ends after it begins")
        require(self.now < entry.valid_until, "validity has ended")
        self.entries[document] = entry
        self.versions[entry.series][entry.version] = document
        self.emit(
            DocumentRegistered(
                document,
                entry.issuer,
                entry.kind,
                entry.series,
                entry.version,
                entry.valid_from,
                entry.valid_until,
            )
        )


"""ko:
Registry = 문서 등록부: 구성원들이 정한 발행인이 문서를 등록하고, 누구나 그 문서를 확인할 수 있다.
issuer = 발행인
Entry = 등록 내용
document = 문서의 해시
old = 앞선 문서의 해시
kind = 종류
series = 문서 묶음
version = 판 번호: 같은 문서의 모든 판을 따라갈 수 있는, 그 판의 해시.
registered = 등록 시각
valid_from = 유효 기간의 시작
valid_until = 유효 기간의 끝
standing = 상태
reason = 사유
series_begun = 시작한 묶음 수
entries = 등록부
versions = 판 목록
register = 등록: 문서의 첫 판을 등록하고 묶음 번호를 받는다.
replace = 새 판 등록: 앞선 판을 대신할 새 판을 등록한다.
withdraw = 철회: 문서를 아주 거두어들이고 사유를 밝힌다.
verify = 확인: 문서가 지금 유효한지.
entry = 등록 내용: 문서에 대하여 등록된 것.
own_valid_entry = 자기의 유효한 등록 내용
DocumentRegistered = 문서 등록: 발행인이 문서나 그 새 판을 등록하였다.
DocumentWithdrawn = 문서 철회: 발행인이 문서를 거두어들였다.
DocumentStatus = 문서의 상태: 등록부가 문서에 대하여 말하는 것을 뜻한다.
was never registered = 등록된 적 없음
is valid from a later day on = 아직 유효하지 않음
is valid = 유효
was valid until an earlier day = 유효 기간이 지남
was replaced by a newer version = 새 판으로 바뀜
was withdrawn by its issuer = 발행인이 철회함
a kind has 1 to 64 characters = 종류는 1자에서 64자까지이다
the reason has 1 to 200 characters = 사유는 1자에서 200자까지이다
the document is not registered = 등록되지 않은 문서이다
only the document's own issuer may do this = 그 문서의 발행인만 할 수 있다
the document was replaced or withdrawn = 새 판으로 바뀌었거나 철회된 문서이다
the document is registered already = 이미 등록된 문서이다
validity ends after it begins = 유효 기간은 시작한 뒤에 끝나야 한다
validity has ended = 이미 유효 기간이 지났다
"""
