"""Who takes part in sealed data: keepers, whose nodes hold files, and readers, who have a key.

What a contract of sealed records inherits, and asks before it names a keeper or a reader.
"""

from dure.contract.language import (
    Address,
    Contract,
    Event,
    Map,
    Record,
    Time,
    call,
    only,
    require,
    view,
)

PLACE_LENGTH_MAX = 200
KEEPER_NAME_MAX = 64
READING_KEY_BYTES = 32


class Keeper(Record):
    """A party whose node keeps sealed files, and where that node answers."""

    title: str
    place: str
    since: Time


class ReadingKeyNamed(Event):
    """Somebody named the public key to which keys are sealed for them."""

    reader: Address
    reading_key: bytes


class KeeperAnnounced(Event):
    """A party keeps sealed files, or moved its node."""

    keeper: Address
    title: str
    place: str


class SealedParties(Contract):
    """Keepers say where their nodes answer, and readers which key is theirs."""

    reading_keys: Map[Address, bytes]
    known_keepers: Map[Address, Keeper]

    # Everybody

    @call
    def name_reading_key(self, reading_key: bytes) -> None:
        """Name the own public key (X25519), to which keys are sealed from now on."""
        require(len(reading_key) == READING_KEY_BYTES, "a reading key has 32 bytes")
        self.reading_keys[self.sender] = reading_key
        self.emit(ReadingKeyNamed(self.sender, reading_key))

    @call
    @only(role="keeper")
    def announce_keeper(self, title: str, place: str) -> None:
        """Say under which name one keeps sealed files, and at which address the node answers."""
        require(0 < len(title) <= KEEPER_NAME_MAX, "a keeper's name has 1 to 64 characters")
        require(self.is_web_address(place), "a keeper's address is a web address")
        require(len(place) <= PLACE_LENGTH_MAX, "a keeper's address has at most 200 characters")
        self.known_keepers[self.sender] = Keeper(title, place, self.now)
        self.emit(KeeperAnnounced(self.sender, title, place))

    # What everybody may read

    @view
    def reading_key_of(self, reader: Address) -> bytes:
        """Return the public key to which keys are sealed for somebody; empty where none."""
        return self.reading_keys.get(reader, b"")

    @view
    def keeper(self, keeper: Address) -> Keeper:
        """Return what a keeper announced."""
        require(keeper in self.known_keepers, "they are no keeper")
        return self.known_keepers[keeper]

    # Shared parts

    def are_distinct(self, named: list[Address]) -> bool:
        is_first = True
        for at, each in enumerate(named):
            is_first = is_first and each not in named[:at]
        return is_first

    def is_web_address(self, place: str) -> bool:
        is_secure = place.startswith("https://")
        return is_secure or place.startswith("http://")

    def require_keepers(self, keepers: list[Address]) -> None:
        require(self.are_distinct(keepers), "a keeper is named twice")
        for keeper in keepers:
            require(keeper in self.known_keepers, "a keeper has not announced itself")

    def require_readers(self, readers: list[Address]) -> None:
        require(self.are_distinct(readers), "a reader is named twice")
        for reader in readers:
            require(reader in self.reading_keys, "a reader has not named a reading key")


"""en:
title = name
place = address of the node
reading_key = public reading key
reading_keys = public reading keys
known_keepers = keepers
PLACE_LENGTH_MAX = longest address of a node
KEEPER_NAME_MAX = longest name of a keeper
READING_KEY_BYTES = bytes of a reading key
are_distinct = distinctness
is_web_address = web form
"""

"""ko:
SealedParties = 봉인 참여자: 보관자는 노드의 주소를, 읽는 사람은 자기 열람 키를 알린다.
reader = 읽는 사람
readers = 읽을 수 있는 사람들
keepers = 보관자들
Keeper = 보관자
keeper = 보관자: 보관자가 알린 내용.
title = 이름
place = 노드의 주소
since = 시작 시각
reading_key = 열람용 공개 키
reading_keys = 열람용 공개 키
known_keepers = 알려진 보관자
name_reading_key = 열람 키 등록: 앞으로 자기에게 열쇠를 봉인할 때 쓸 공개 키를 알린다.
announce_keeper = 보관자 등록: 봉인 파일을 보관하는 이름과 노드의 주소를 알린다.
reading_key_of = 열람 키: 어떤 사람에게 열쇠를 봉인할 때 쓰는 공개 키. 없으면 비어 있다.
is_web_address = 웹 주소인지
are_distinct = 서로 다름
named = 적은 사람들
require_keepers = 보관자 확인
require_readers = 읽는 사람 확인
ReadingKeyNamed = 열람 키 등록: 어떤 사람이 자기에게 열쇠를 봉인할 때 쓸 공개 키를 알렸다.
KeeperAnnounced = 보관자 등록: 봉인 파일을 보관하기 시작하였거나 노드를 옮겼다.
a reading key has 32 bytes = 열람 키는 32바이트이다
a keeper's name has 1 to 64 characters = 보관자의 이름은 1자에서 64자까지이다
a keeper's address is a web address = 보관자의 주소는 웹 주소여야 한다
a keeper's address has at most 200 characters = 보관자의 주소는 200자까지이다
they are no keeper = 보관자가 아니다
a keeper has not announced itself = 스스로 알리지 않은 보관자가 있다
a keeper is named twice = 보관자가 두 번 적혔다
a reader has not named a reading key = 열람 키를 알리지 않은 사람이 있다
a reader is named twice = 읽는 사람이 두 번 적혔다
PLACE_LENGTH_MAX = 노드 주소의 최대 길이
KEEPER_NAME_MAX = 보관자 이름의 최대 길이
READING_KEY_BYTES = 열람 키의 바이트 수
"""
