"""A contract with one of everything that a story can meet."""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Decimal,
    Duration,
    Event,
    Map,
    Record,
    Time,
    Var,
    call,
    init,
    only,
    require,
    scheduled,
    view,
)


class Mood(Choice):
    """How it feels."""

    CALM = "calm"
    LOUD = "loud"


class Share(Decimal):
    """A part of a whole."""

    places = 8


class Note(Record):
    """A remark."""

    author: Address
    at: Time
    mood: Mood
    tags: list[str]


class Counted(Event):
    """It went on."""

    by: Address
    total: int
    mood: Mood


class Counter(Contract):
    """Counts, remembers and rings."""

    money: Var[Asset]
    total: Var[int]
    notes: Map[int, Note]
    rings: Var[int]

    @init
    def start(self, money: Asset, total: int) -> None:
        """Begin somewhere."""
        self.money = money
        self.total = total

    @call
    def add(self, number: int) -> int:
        """Count on."""
        require(number > 0, "only forwards")
        self.total += number
        self.emit(Counted(self.sender, self.total, Mood.CALM))
        return self.total

    @call(pays="money")
    def give(self) -> Amount:
        """Take money."""
        return self.paid

    @view
    def part(self, share: Share) -> Share:
        """Return half of it."""
        return share.divided_by(2)

    @call
    @only(role="keeper")
    def reset(self) -> None:
        """Begin again."""
        self.total = 0

    @call
    def write(self, note: Note) -> None:
        """Remember a remark."""
        self.notes[0] = note

    @call
    def ring_after(self, wait: Duration) -> None:
        """Ring later."""
        self.schedule(self.now + wait, self.ring)

    @call
    def fail_later(self, wait: Duration) -> None:
        """Schedule what will be refused."""
        self.schedule(self.now + wait, self.fail)

    @scheduled
    def ring(self) -> None:
        """Ring."""
        self.rings += 1

    @scheduled
    def fail(self) -> None:
        """Refuse."""
        require(self.total < 0, "broken bell")

    @view
    def count(self) -> int:
        """Return the count."""
        return self.total

    @view
    def count_of(self, people: list[Address]) -> int:
        """Return how many were named."""
        return len(people)

    @view
    def rung(self) -> int:
        """Return how often it rang."""
        return self.rings

    @view
    def note(self) -> Note:
        """Return the remark."""
        return self.notes[0]

    @view
    def clock(self) -> Time:
        """Return the time as the contract sees it."""
        return self.now
