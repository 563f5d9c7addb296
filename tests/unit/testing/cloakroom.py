"""Two cloakrooms: one that keeps what it promises, and one with a mistake for the machine."""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Decimal,
    Duration,
    Hash,
    Map,
    Record,
    Time,
    Var,
    call,
    init,
    invariant,
    only,
    require,
    scheduled,
    view,
)


class Size(Choice):
    """How big a thing is."""

    SMALL = "small"
    LARGE = "large"


class Share(Decimal):
    """A share of the price."""

    places = 2


class Ticket(Record):
    """One thing that is kept."""

    owner: Address
    paid: Amount
    size: Size


class Offer(Record):
    """What somebody would give."""

    prices: list[Amount]
    until: Time


class Cloakroom(Contract):
    """Keeps things for money, and gives the money back with the thing."""

    money: Var[Asset]
    held: Var[Amount]
    count: Var[int]
    tickets: Map[int, Ticket]
    bells: Var[int]

    @init
    def open(self, money: Asset) -> None:
        """Open."""
        self.money = money

    @call(pays="money")
    def leave(self, size: Size) -> int:
        """Leave a thing."""
        require(self.paid > Amount(0), "nothing paid")
        self.count += 1
        self.held += self.paid
        self.tickets[self.count] = Ticket(self.sender, self.paid, size)
        return self.count

    @call
    def fetch(self, number: int) -> None:
        """Fetch a thing; forgets to tear up the ticket in the broken cloakroom."""
        ticket = self.tickets[number]
        require(ticket.owner == self.sender, "not your thing")
        self.tear_up(number)
        self.pay(self.money, ticket.owner, ticket.paid)
        self.held -= ticket.paid

    @call
    @only(role="porter")
    def say(
        self, share: Share, offers: list[Offer], proof: Hash, note: bytes, gap: Duration
    ) -> str:
        """Take a value of every other type."""
        require(len(offers) < 3, "too many offers")
        return note.hex()

    @call
    def ring_later(self, at: Time, is_loud: bool) -> int:
        """Have the bell rung."""
        return self.schedule(at, self.ring, is_loud)

    @scheduled
    def ring(self, is_loud: bool) -> None:
        """Ring; nobody bears three loud ones."""
        self.bells += 1 if is_loud else 0
        require(self.bells < 3, "too loud")

    @view
    def ticket(self, number: int) -> Ticket:
        """Return a ticket."""
        return self.tickets[number]

    @view
    def all_tickets(self) -> list[Ticket]:
        """Return the first ticket, where there is one."""
        found: list[Ticket] = []
        if 1 in self.tickets:
            found.append(self.tickets[1])
        return found

    @invariant
    def what_is_kept_is_there(self) -> bool:
        """The money of every ticket is there."""
        return self.balance_of(self.money) == self.held

    def tear_up(self, number: int) -> None:
        self.tickets.remove(number)


class Wardrobe(Contract):
    """A cloakroom that gives the money back as often as one asks."""

    money: Var[Asset]
    held: Var[Amount]
    count: Var[int]
    tickets: Map[int, Ticket]

    @init
    def open(self, money: Asset) -> None:
        """Open."""
        self.money = money

    @call(pays="money")
    def leave(self) -> int:
        """Leave a thing."""
        self.count += 1
        self.held += self.paid
        self.tickets[self.count] = Ticket(self.sender, self.paid, Size.SMALL)
        return self.count

    @call
    def fetch(self, number: int) -> None:
        """Fetch a thing."""
        ticket = self.tickets[number]
        require(ticket.owner == self.sender, "not your thing")
        self.pay(self.money, ticket.owner, ticket.paid)

    @invariant
    def what_is_kept_is_there(self) -> bool:
        """The money of every ticket is there."""
        return self.balance_of(self.money) >= self.held
