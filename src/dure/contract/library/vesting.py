"""Vesting: money that becomes somebody's little by little, from a first day on.

Nothing vests before the cliff; from then on, what has vested is the share of the whole term that
has passed, rounded down. The beneficiary claims it at any time, and the rest is paid out by itself
when the term ends.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Duration,
    Event,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    init,
    invariant,
    require,
    scheduled,
    view,
)

TERM_MAX = days(3_660)
PAYOUT_GAS = 30_000


class GrantState(Choice):
    """What became of a grant."""

    VESTING = "vests until its term ends"
    REVOKED = "was revoked; what had not vested went back"
    COMPLETE = "is paid out"


class Grant(Record):
    """Money that vests for one beneficiary.

    `total` shrinks to what had vested where the grant is revoked.
    """

    grantor: Address
    beneficiary: Address
    total: Amount
    claimed: Amount
    start: Time
    cliff: Duration
    term: Duration
    is_revocable: bool
    state: GrantState
    payout: int


class GrantMade(Event):
    """Somebody set money aside that is to vest."""

    grant: int
    grantor: Address
    beneficiary: Address
    total: Amount
    start: Time
    cliff: Duration
    term: Duration
    is_revocable: bool


class VestedPaid(Event):
    """Vested money went to the beneficiary."""

    grant: int
    amount: Amount


class GrantRevoked(Event):
    """The grantor took back what had not vested."""

    grant: int
    returned: Amount


class Vesting(Contract):
    """Grantors set money aside, and it becomes the beneficiaries' as time passes."""

    money: Var[Asset]
    grants_made: Var[int]
    grants: Map[int, Grant]
    held: Var[Amount]

    @init
    def begin(self, money: Asset) -> None:
        """Name the money that is granted."""
        self.money = money

    # The grantor

    @call(pays="money")
    def grant(
        self, beneficiary: Address, start: Time, cliff: Duration, term: Duration, is_revocable: bool
    ) -> int:
        """Grant the money that comes with this call; return the number of the grant.

        Cliff and term are counted from the start, which may lie in the past.
        """
        require(self.paid > Amount(0), "nothing is granted")
        require(days(0) <= cliff <= term, "the cliff lies within the term")
        require(days(0) < term <= TERM_MAX, "a term is at most ten years long")
        require(start <= self.now + TERM_MAX, "a grant starts within ten years")
        number = self.grants_made + 1
        self.grants_made = number
        self.held += self.paid
        self.grants[number] = Grant(
            grantor=self.sender,
            beneficiary=beneficiary,
            total=self.paid,
            claimed=Amount(0),
            start=start,
            cliff=cliff,
            term=term,
            is_revocable=is_revocable,
            state=GrantState.VESTING,
            payout=self.schedule(start + term, self.complete, number, gas=PAYOUT_GAS),
        )
        self.emit(
            GrantMade(number, self.sender, beneficiary, self.paid, start, cliff, term, is_revocable)
        )
        return number

    @call
    def revoke(self, number: int) -> None:
        """Take back what has not vested; the beneficiary is paid the rest by itself."""
        grant = self.grants[number]
        require(self.sender == grant.grantor, "only the grantor may revoke a grant")
        require(grant.is_revocable, "the grant cannot be revoked")
        require(grant.state == GrantState.VESTING, "the grant has ended")
        vested = self.vested(number)
        returned = grant.total - vested
        self.cancel(grant.payout)
        self.grants[number] = grant.replace(
            state=GrantState.REVOKED,
            total=vested,
            payout=self.schedule(self.now, self.complete, number, gas=PAYOUT_GAS),
        )
        self.held -= returned
        self.pay(self.money, grant.grantor, returned)
        self.emit(GrantRevoked(number, returned))

    # The beneficiary

    @call
    def claim(self, number: int) -> None:
        """Be paid what has vested and was not claimed before."""
        grant = self.grants[number]
        require(self.sender == grant.beneficiary, "only the beneficiary may claim")
        require(self.vested(number) > grant.claimed, "nothing more has vested")
        self.pay_vested(number)

    @call
    def hand_on(self, number: int, beneficiary: Address) -> None:
        """Have somebody else be the beneficiary from now on."""
        grant = self.grants[number]
        require(self.sender == grant.beneficiary, "only the beneficiary may hand a grant on")
        self.grants[number] = grant.replace(beneficiary=beneficiary)

    # What the contract does by itself

    @scheduled
    def complete(self, number: int) -> None:
        """Pay out the rest when the term ends, or the grant is revoked."""
        self.pay_vested(number)

    # What everybody may read

    @view
    def grant_of(self, number: int) -> Grant:
        """Return a grant; they are numbered from 1."""
        return self.grants[number]

    @view
    def vested(self, number: int) -> Amount:
        """Return how much of a grant has vested by now, claimed or not."""
        grant = self.grants[number]
        if grant.state != GrantState.VESTING or self.now >= grant.start + grant.term:
            return grant.total
        if self.now < grant.start + grant.cliff:
            return Amount(0)
        passed = self.now - grant.start
        return grant.total * passed.milliseconds // grant.term.milliseconds

    @invariant
    def grants_are_there(self) -> bool:
        """The contract holds at least what is granted and not paid out."""
        return self.balance_of(self.money) >= self.held

    # Shared parts

    def pay_vested(self, number: int) -> None:
        grant = self.grants[number]
        vested = self.vested(number)
        amount = vested - grant.claimed
        if vested == grant.total and grant.state == GrantState.VESTING:
            self.cancel(grant.payout)
            grant = grant.replace(state=GrantState.COMPLETE)
        self.grants[number] = grant.replace(claimed=vested)
        if amount > Amount(0):
            self.held -= amount
            self.pay(self.money, grant.beneficiary, amount)
            self.emit(VestedPaid(number, amount))
