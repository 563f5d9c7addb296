"""What unique things and their owners are, for contracts that have rules of their own about them.

A thing has exactly one owner at any moment. Who may issue, hand on and end it, a contract that
inherits this says: `UniqueAssets` is the plain one.
"""

from dure.contract.language import Address, Contract, Event, Hash, Map, Record, Var, require, view

LISTED_MAX = 100


class Item(Record):
    """One thing.

    `delegate` may hand it on in the owner's place; it is the owner where nobody else may. `place`
    is where it stands in the owner's list.
    """

    owner: Address
    delegate: Address
    document: Hash
    place: int


class ItemIssued(Event):
    """A thing got its number and its first owner."""

    item: int
    owner: Address
    document: Hash


class ItemTransferred(Event):
    """A thing has another owner."""

    item: int
    source: Address
    to: Address


class DelegateNamed(Event):
    """The owner lets somebody hand a thing on."""

    item: int
    delegate: Address


class ItemEnded(Event):
    """A thing is no longer kept here."""

    item: int
    owner: Address


class UniqueItems(Contract):
    """A list of things and their owners; each thing has one."""

    issued: Var[int]
    existing: Var[int]
    items: Map[int, Item]
    numbers: Map[Hash, int]
    held: Map[Address, int]
    holdings: Map[Address, Map[int, int]]

    # What everybody may read

    @view
    def item(self, number: int) -> Item:
        """Return a thing; they are numbered from 1."""
        return self.items[number]

    @view
    def owner_of(self, number: int) -> Address:
        """Return who owns a thing."""
        return self.items[number].owner

    @view
    def number_of(self, document: Hash) -> int:
        """Return the number of the thing that a document describes; 0 where there is none."""
        return self.numbers.get(document, 0)

    @view
    def count(self) -> int:
        """Return how many things there are."""
        return self.existing

    @view
    def count_of(self, owner: Address) -> int:
        """Return how many things somebody owns."""
        return self.held.get(owner, 0)

    @view
    def list_of(self, owner: Address, start: int) -> list[int]:
        """Return up to a hundred numbers of somebody's things, from place `start` of 0 on."""
        require(start >= 0, "places count from 0")
        numbers: list[int] = []
        for place in range(start, min(start + LISTED_MAX, self.held.get(owner, 0))):
            numbers.append(self.holdings[owner][place])
        return numbers

    # Shared parts

    def add_item(self, to: Address, document: Hash) -> int:
        require(document not in self.numbers, "the document describes another thing")
        number = self.issued + 1
        self.issued = number
        self.existing += 1
        self.numbers[document] = number
        self.items[number] = Item(to, to, document, 0)
        self.add_to_list(number, to)
        self.emit(ItemIssued(number, to, document))
        return number

    def hand_on(self, number: int, to: Address) -> None:
        """Give a thing to another owner; whoever was its delegate is none any more."""
        item = self.items[number]
        require(to != item.owner, "the thing is theirs already")
        self.take_off_list(number)
        self.add_to_list(number, to)
        self.emit(ItemTransferred(number, item.owner, to))

    def name_delegate(self, number: int, delegate: Address) -> None:
        item = self.items[number]
        require(self.sender == item.owner, "only the owner may name a delegate")
        self.items[number] = item.replace(delegate=delegate)
        self.emit(DelegateNamed(number, delegate))

    def remove_item(self, number: int) -> None:
        """End a thing; its number and its document are never used again."""
        owner = self.items[number].owner
        self.take_off_list(number)
        self.items.remove(number)
        self.existing -= 1
        self.emit(ItemEnded(number, owner))

    def add_to_list(self, number: int, to: Address) -> None:
        place = self.held.get(to, 0)
        self.held[to] = place + 1
        self.holdings[to][place] = number
        self.items[number] = self.items[number].replace(owner=to, delegate=to, place=place)

    def take_off_list(self, number: int) -> None:
        # The last of the list takes the place that becomes free.
        item = self.items[number]
        last = self.held[item.owner] - 1
        moved = self.holdings[item.owner][last]
        self.holdings[item.owner][item.place] = moved
        self.items[moved] = self.items[moved].replace(place=item.place)
        self.holdings[item.owner].remove(last)
        self.held[item.owner] = last


"""en:
number = number of the thing
to = receiver
held = number of things owned
LISTED_MAX = most numbers in one answer
"""

"""ko:
UniqueItems = 고유 물건 장부: 물건마다 소유자가 한 사람씩 있다.
Item = 물건
item = 물건: 물건 하나의 내용. 번호는 1부터이다.
owner = 소유자
delegate = 대리인
document = 물건을 설명하는 문서의 해시
place = 목록에서의 자리
source = 넘기는 사람
to = 받는 사람
issued = 발행한 물건 수
existing = 남아 있는 물건 수
items = 물건 목록
numbers = 물건 번호
held = 가진 물건 수
holdings = 소유 목록
number = 물건 번호
start = 첫 자리
owner_of = 소유자: 물건의 소유자가 누구인지.
number_of = 물건 번호: 문서가 설명하는 물건의 번호. 없으면 0.
count = 물건 수: 물건이 얼마나 있는지.
count_of = 가진 물건 수: 어떤 사람이 가진 물건의 수.
list_of = 가진 물건의 번호: 어떤 사람이 가진 물건의 번호를 첫 자리부터 백 개까지.
ItemIssued = 물건 발행: 물건이 번호와 첫 소유자를 얻었다.
ItemTransferred = 물건 양도: 물건의 소유자가 바뀌었다.
DelegateNamed = 대리인 지정: 소유자가 다른 사람에게 양도를 맡겼다.
ItemEnded = 물건 말소: 물건이 더는 목록에 없다.
the document describes another thing = 이미 다른 물건을 설명하는 문서이다
the thing is theirs already = 이미 그 사람의 물건이다
only the owner may name a delegate = 소유자만 대리인을 정할 수 있다
places count from 0 = 자리는 0부터 센다
LISTED_MAX = 한 번에 보는 최대 번호 수
add_item = 물건 등록
hand_on = 넘기기
name_delegate = 대리인 정하기
remove_item = 물건 지우기
"""
