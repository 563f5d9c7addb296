"""Versions of a text that several parties agreed on, each chained to all before it.

Who has a version and its chained digest knows that no version before it was changed, left out or
put in; the text itself stays with the parties.
"""

from dure.contract.language import Contract, Event, Hash, Map, Record, Time, encode, sha256, view


class Version(Record):
    """One version that all parties accepted; `document` is the salted digest of its text."""

    document: Hash
    chained: Hash
    accepted: Time


class VersionAccepted(Event):
    """All parties have the same version."""

    agreement: int
    version: int
    document: Hash
    chained: Hash


class Versions(Contract):
    """The versions of each agreement, numbered from 1."""

    versions: Map[int, Map[int, Version]]

    @view
    def version(self, agreement: int, number: int) -> Version:
        """Return a version of an agreement; they are numbered from 1."""
        return self.versions[agreement][number]

    # Shared parts

    def add_version(self, agreement: int, number: int, before: Hash, document: Hash) -> Hash:
        """Keep the next version; return its digest, chained to that of the version before."""
        chained = sha256(encode("version", before, number, document))
        self.versions[agreement][number] = Version(document, chained, self.now)
        self.emit(VersionAccepted(agreement, number, document, chained))
        return chained


"""ko:
Versions = 판 장부: 약정마다 판을 차례로 이어 적으며, 앞의 판은 바꾸거나 빼거나 끼워 넣을 수 없다.
Version = 판: 당사자 모두가 승낙한 판 하나.
version = 판: 약정의 판 하나. 번호는 1부터이다.
versions = 판 목록
agreement = 약정
number = 번호
before = 앞 판의 다이제스트
document = 내용의 다이제스트
chained = 판의 다이제스트
accepted = 승낙 시각
add_version = 판 추가
VersionAccepted = 승낙된 판: 당사자가 모두 같은 판을 가진다.
"""
