"""Unique assets: things of which there is one each, and which somebody owns.

A deed, a ticket, a work of art: each has a number, the hash of the document that describes it, and
an owner, who may hand it on or let somebody else do so once.
"""

from dure.contract.language import (
    Address,
    Contract,
    Event,
    Hash,
    Map,
    Record,
    Var,
    call,
    only,
    require,
    view,
)

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


class UniqueAssets(Contract):
    """A list of things and their owners, kept by an issuer whom the members appoint."""

    issued: Var[int]
    existing: Var[int]
    items: Map[int, Item]
    numbers: Map[Hash, int]
    held: Map[Address, int]
    holdings: Map[Address, Map[int, int]]

    # The issuer

    @call
    @only(role="issuer")
    def issue(self, to: Address, document: Hash) -> int:
        """Give somebody a new thing that a document describes; return its number."""
        require(document not in self.numbers, "the document describes another thing")
        number = self.issued + 1
        self.issued = number
        self.existing += 1
        self.numbers[document] = number
        self.items[number] = Item(to, to, document, 0)
        self.add_to_list(number, to)
        self.emit(ItemIssued(number, to, document))
        return number

    # The owner

    @call
    def transfer(self, number: int, to: Address) -> None:
        """Hand a thing on; the owner may, and so may a delegate, once."""
        item = self.items[number]
        require(self.sender in [item.owner, item.delegate], "only owner or delegate may hand it on")
        require(to != item.owner, "the thing is theirs already")
        self.take_off_list(number)
        self.add_to_list(number, to)
        self.emit(ItemTransferred(number, item.owner, to))

    @call
    def approve(self, number: int, delegate: Address) -> None:
        """Let somebody else hand a thing on once; naming oneself ends that."""
        item = self.items[number]
        require(self.sender == item.owner, "only the owner may name a delegate")
        self.items[number] = item.replace(delegate=delegate)
        self.emit(DelegateNamed(number, delegate))

    @call
    def end(self, number: int) -> None:
        """End a thing of one's own; its number and its document are never used again."""
        item = self.items[number]
        require(self.sender == item.owner, "only the owner may end a thing")
        self.take_off_list(number)
        self.items.remove(number)
        self.existing -= 1
        self.emit(ItemEnded(number, item.owner))

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
