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
