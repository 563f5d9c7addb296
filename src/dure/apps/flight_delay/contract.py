"""The cover.

Who lands two hours late or more is paid, and nobody files a claim. The rules R1 to R14 are in
README.md.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Event,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    hours,
    init,
    minutes,
    only,
    require,
    scheduled,
    view,
)

NOTHING = Amount(0)
LATE_MINUTES = 120
SALES_OPEN = days(365)
REPORT_WITHIN = hours(48)
COVER_PER_PREMIUM_MAX = 100
POLICIES_PER_FLIGHT_MAX = 1_000
BATCH = 50
BATCH_GAS = 500_000
EXPIRY_GAS = 20_000


class Outcome(Choice):
    """What became of a flight."""

    AWAITED = "nobody has reported it yet"
    IN_TIME = "landed less than 120 minutes late"
    LATE = "landed 120 minutes late or more"
    CANCELLED = "did not fly"


class State(Choice):
    """What became of a policy."""

    OPEN = "waits for the flight"
    PAID = "the flight was late, the cover is paid"
    REFUNDED = "nothing to insure, the premium is paid back"
    ENDED = "the flight was in time, the premium is earned"


class Terms(Record):
    """What a policy costs and what it pays."""

    premium: Amount
    cover: Amount


class Flight(Record):
    """What the contract knows of one flight.

    `unsettled` is the newest policy that waits for its money, 0 for none.
    """

    outcome: Outcome
    late_minutes: int
    policies: int
    unsettled: int


class Policy(Record):
    """One traveller's cover.

    `expiry` numbers its scheduled end, `earlier` the policy sold before on the same flight.
    """

    traveller: Address
    flight: str
    departs: Time
    premium: Amount
    cover: Amount
    state: State
    expiry: int
    earlier: int


class TermsSet(Event):
    """The insurer named a price; policies already sold keep theirs."""

    premium: Amount
    cover: Amount


class PolicySold(Event):
    """A traveller is covered."""

    policy: int
    traveller: Address
    flight: str
    departs: Time
    premium: Amount
    cover: Amount


class FlightReported(Event):
    """The flight oracle said what became of a flight."""

    flight: str
    departs: Time
    outcome: Outcome
    late_minutes: int


class CoverPaid(Event):
    """A late traveller got the money."""

    policy: int
    traveller: Address
    flight: str
    amount: Amount


class PremiumRefunded(Event):
    """A flight was cancelled, or nobody reported it in time."""

    policy: int
    traveller: Address
    flight: str
    amount: Amount


class PolicyEnded(Event):
    """The flight was in time, nothing is due."""

    policy: int
    traveller: Address
    flight: str


class ReserveWithdrawn(Event):
    """The insurer took money out that no policy needs."""

    amount: Amount


class FlightDelay(Contract):
    """An agreement between one insurer, its travellers, and an oracle that all of them accept."""

    insurer: Var[Address]
    money: Var[Asset]
    premium: Var[Amount]
    cover: Var[Amount]
    obligations: Var[Amount]
    policies_sold: Var[int]
    policies: Map[int, Policy]
    flights: Map[str, Map[Time, Flight]]

    @init
    def start(self, money: Asset, premium: Amount, cover: Amount) -> None:
        """Open the business: who deploys is the insurer."""
        self.insurer = self.sender
        self.money = money
        self.apply_terms(premium, cover)

    # The insurer

    @call(pays="money")
    @only(party="insurer")
    def add_reserve(self) -> None:
        """Put money in, out of which covers are paid."""

    @call
    @only(party="insurer")
    def withdraw(self, amount: Amount) -> None:
        """Take free reserve out."""
        require(amount > NOTHING, "an amount is above zero")
        require(amount <= self.free_reserve(), "the rest of the reserve belongs to the policies")
        self.pay(self.money, self.insurer, amount)
        self.emit(ReserveWithdrawn(amount))

    @call
    @only(party="insurer")
    def set_terms(self, premium: Amount, cover: Amount) -> None:
        """Name the price and the cover of the policies sold from now on."""
        self.apply_terms(premium, cover)

    # The traveller

    @call(pays="money")
    def buy(self, flight: str, departs: Time) -> int:
        """Cover the sender on a flight such as "UA1545 EWR-IAH"; return the policy's number."""
        known = self.status(flight, departs)
        require(0 < len(flight) <= 32, "a flight's name has 1 to 32 characters")
        require(self.now < departs, "the flight has departed")
        require(departs <= self.now + SALES_OPEN, "sales open a year before departure")
        require(known.outcome == Outcome.AWAITED, "the flight is already reported")
        require(known.policies < POLICIES_PER_FLIGHT_MAX, "the flight is sold out")
        require(self.paid == self.premium, "the payment is not the premium")
        require(self.cover <= self.free_reserve(), "the reserve does not cover another policy")

        number = self.policies_sold + 1
        self.policies_sold = number
        self.obligations += self.cover
        self.flights[flight][departs] = known.replace(policies=known.policies + 1, unsettled=number)
        self.policies[number] = Policy(
            traveller=self.sender,
            flight=flight,
            departs=departs,
            premium=self.premium,
            cover=self.cover,
            state=State.OPEN,
            expiry=self.schedule(departs + REPORT_WITHIN, self.expire, number, gas=EXPIRY_GAS),
            earlier=known.unsettled,
        )
        self.emit(PolicySold(number, self.sender, flight, departs, self.premium, self.cover))
        return number

    @call
    def settle(self, number: int) -> None:
        """Settle a policy by hand, should the contract's own call have failed.

        Whoever asks, the traveller is paid.
        """
        policy = self.policies[number]
        outcome = self.status(policy.flight, policy.departs).outcome
        is_over = self.now >= policy.departs + REPORT_WITHIN
        require(policy.state == State.OPEN, "the policy is settled")
        require(is_over or outcome != Outcome.AWAITED, "the flight is still awaited")
        self.close(number, outcome)

    # The flight oracle

    @call
    @only(role="flight oracle")
    def report(self, flight: str, departs: Time, late_minutes: int) -> None:
        """Say how many minutes behind the timetable the flight landed; early is below zero."""
        earliest = departs + minutes(max(0, late_minutes))
        require(earliest <= self.now, "that has not happened yet")
        outcome = Outcome.LATE if late_minutes >= LATE_MINUTES else Outcome.IN_TIME
        self.record(flight, departs, outcome, late_minutes)

    @call
    @only(role="flight oracle")
    def report_cancelled(self, flight: str, departs: Time) -> None:
        """Say that the flight will not take place."""
        self.record(flight, departs, Outcome.CANCELLED, 0)

    # What the contract does by itself

    @scheduled
    def settle_batch(self, flight: str, departs: Time) -> None:
        """Settle the next fifty policies of a reported flight."""
        known = self.flights[flight][departs]
        number = known.unsettled
        for turn in range(BATCH):
            if number == 0:
                break
            self.close(number, known.outcome)
            number = self.policies[number].earlier
        self.flights[flight][departs] = known.replace(unsettled=number)

    @scheduled
    def expire(self, number: int) -> None:
        """End a policy that two days after departure nobody has settled."""
        policy = self.policies[number]
        self.close(number, self.status(policy.flight, policy.departs).outcome)

    # What everybody may read

    @view
    def terms(self) -> Terms:
        """Return what a policy costs and pays now."""
        return Terms(premium=self.premium, cover=self.cover)

    @view
    def free_reserve(self) -> Amount:
        """Return the money that no policy needs."""
        return self.balance_of(self.money) - self.obligations

    @view
    def status(self, flight: str, departs: Time) -> Flight:
        """Return what is known of a flight."""
        return self.flights[flight].get(departs, Flight(Outcome.AWAITED, 0, 0, 0))

    @view
    def policy(self, number: int) -> Policy:
        """Return a policy."""
        return self.policies[number]

    @view
    def sold(self) -> int:
        """Return how many policies were ever sold; they are numbered from 1."""
        return self.policies_sold

    # Shared parts

    def apply_terms(self, premium: Amount, cover: Amount) -> None:
        require(NOTHING < premium < cover, "the cover is above the premium and both above zero")
        require(cover <= premium * COVER_PER_PREMIUM_MAX, "the cover is at most 100 premiums")
        self.premium = premium
        self.cover = cover
        self.emit(TermsSet(premium, cover))

    def record(self, flight: str, departs: Time, outcome: Outcome, late_minutes: int) -> None:
        known = self.status(flight, departs)
        if known.outcome != Outcome.AWAITED:
            is_same = known.outcome == outcome and known.late_minutes == late_minutes
            require(is_same, "another report of this flight stands")
            return
        require(self.now < departs + REPORT_WITHIN, "the time for reports is over")
        self.flights[flight][departs] = known.replace(outcome=outcome, late_minutes=late_minutes)
        self.emit(FlightReported(flight, departs, outcome, late_minutes))
        batches = (known.policies + BATCH - 1) // BATCH
        for batch in range(batches):
            self.schedule(self.now, self.settle_batch, flight, departs, gas=BATCH_GAS)

    def close(self, number: int, outcome: Outcome) -> None:
        policy = self.policies[number]
        if policy.state != State.OPEN:
            return
        self.obligations -= policy.cover
        self.cancel(policy.expiry)
        state = State.REFUNDED
        if outcome == Outcome.LATE:
            state = State.PAID
            self.pay(self.money, policy.traveller, policy.cover)
            self.emit(CoverPaid(number, policy.traveller, policy.flight, policy.cover))
        elif outcome == Outcome.IN_TIME:
            state = State.ENDED
            self.emit(PolicyEnded(number, policy.traveller, policy.flight))
        else:
            self.pay(self.money, policy.traveller, policy.premium)
            self.emit(PremiumRefunded(number, policy.traveller, policy.flight, policy.premium))
        self.policies[number] = policy.replace(state=state)
