"""Escrow: money waits with the contract until the seller has delivered.

The price is split into milestones. The buyer releases them one after the other; an arbiter decides
only where the two do not agree; and a deadline sees to it that no money waits for ever.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Event,
    Hash,
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

MILESTONES_MAX = 20
DEADLINE_WITHIN = days(1_825)
ARBITRATION_LASTS = days(30)
DEADLINE_GAS = 50_000


class Beneficiary(Choice):
    """To whom the rest goes when a deadline passes."""

    BUYER = "the buyer, because nothing was delivered"
    SELLER = "the seller, because nobody objected"


class DealState(Choice):
    """How far a deal has got."""

    OPEN = "waits for the seller to deliver"
    DISPUTED = "waits for the arbiter to decide"
    CLOSED = "all of the money is paid out"


class Deal(Record):
    """One sale, as both sides agreed to it.

    `terms` is the hash of the document that says what is to be delivered. `deadline_call` numbers
    the scheduled end.
    """

    buyer: Address
    seller: Address
    arbiter: Address
    terms: Hash
    milestones: list[Amount]
    milestones_released: int
    balance: Amount
    deadline: Time
    at_deadline: Beneficiary
    state: DealState
    deadline_call: int


class DealOpened(Event):
    """A buyer put the whole price into escrow."""

    deal: int
    buyer: Address
    seller: Address
    arbiter: Address
    terms: Hash
    price: Amount
    deadline: Time
    at_deadline: Beneficiary


class PaidFromEscrow(Event):
    """Money of a deal went to its seller, or back to its buyer."""

    deal: int
    to: Address
    amount: Amount


class DisputeRaised(Event):
    """The arbiter is asked to decide, and has until the new deadline."""

    deal: int
    by: Address
    deadline: Time


class Escrow(Contract):
    """Buyers pay into this contract; sellers are paid out of it once they have delivered."""

    money: Var[Asset]
    held_in_all: Var[Amount]
    deals_opened: Var[int]
    deals: Map[int, Deal]

    @init
    def begin(self, money: Asset) -> None:
        """Name the money in which every price is paid."""
        self.money = money

    # The buyer

    @call(pays="money")
    def open_deal(
        self,
        seller: Address,
        arbiter: Address,
        terms: Hash,
        milestones: list[Amount],
        deadline: Time,
        at_deadline: Beneficiary,
    ) -> int:
        """Put the price into escrow for a seller; return the number of the deal.

        The milestones add up to the price. What is still held at the deadline goes by itself to the
        side named here.
        """
        require(seller != self.sender, "buyer and seller are two")
        require(arbiter not in [self.sender, seller], "the arbiter is neither of the two")
        require(self.now < deadline, "the deadline has passed")
        require(deadline <= self.now + DEADLINE_WITHIN, "a deadline lies within five years")
        require(self.paid == self.add_up(milestones), "the payment is not the sum of milestones")
        number = self.deals_opened + 1
        self.deals_opened = number
        self.held_in_all += self.paid
        self.deals[number] = Deal(
            buyer=self.sender,
            seller=seller,
            arbiter=arbiter,
            terms=terms,
            milestones=milestones,
            milestones_released=0,
            balance=self.paid,
            deadline=deadline,
            at_deadline=at_deadline,
            state=DealState.OPEN,
            deadline_call=self.schedule(deadline, self.end_deal, number, gas=DEADLINE_GAS),
        )
        self.emit(
            DealOpened(
                number, self.sender, seller, arbiter, terms, self.paid, deadline, at_deadline
            )
        )
        return number

    @call
    def release(self, number: int) -> None:
        """Pay the seller the next milestone, because it is delivered."""
        deal = self.deals[number]
        require(self.sender == deal.buyer, "only the buyer may release a milestone")
        require(deal.state != DealState.CLOSED, "the deal is closed")
        milestone = deal.milestones[deal.milestones_released]
        self.deals[number] = deal.replace(milestones_released=deal.milestones_released + 1)
        self.pay_from(number, deal.seller, milestone)

    # The seller

    @call
    def refund(self, number: int) -> None:
        """Give the buyer back all that is still held."""
        deal = self.deals[number]
        require(self.sender == deal.seller, "only the seller may give a refund")
        require(deal.state != DealState.CLOSED, "the deal is closed")
        self.pay_from(number, deal.buyer, deal.balance)

    # Buyer or seller

    @call
    def dispute(self, number: int) -> None:
        """Ask the arbiter to decide; the deadline is put off to give time for it."""
        deal = self.deals[number]
        is_side = self.sender in [deal.buyer, deal.seller]
        require(is_side, "only buyer or seller may raise a dispute")
        require(deal.state == DealState.OPEN, "the deal is not open")
        deadline = max(deal.deadline, self.now + ARBITRATION_LASTS)
        self.cancel(deal.deadline_call)
        self.deals[number] = deal.replace(
            state=DealState.DISPUTED,
            deadline=deadline,
            deadline_call=self.schedule(deadline, self.end_deal, number, gas=DEADLINE_GAS),
        )
        self.emit(DisputeRaised(number, self.sender, deadline))

    # The arbiter

    @call
    def decide(self, number: int, to_seller: Amount) -> None:
        """End a dispute: the seller gets so much of what is held, the buyer gets the rest."""
        deal = self.deals[number]
        require(self.sender == deal.arbiter, "only the arbiter may decide")
        require(deal.state == DealState.DISPUTED, "the deal is not in dispute")
        require(to_seller <= deal.balance, "the deal holds less than that")
        self.pay_from(number, deal.seller, to_seller)
        self.pay_from(number, deal.buyer, deal.balance - to_seller)

    # Anybody

    @call
    def settle(self, number: int) -> None:
        """End a deal by hand after its deadline, should the contract's own call have failed.

        Whoever asks, the side named for the deadline is paid.
        """
        deal = self.deals[number]
        require(deal.state != DealState.CLOSED, "the deal is closed")
        require(self.now >= deal.deadline, "the deadline has not passed")
        self.pay_rest(number)

    # What the contract does by itself

    @scheduled
    def end_deal(self, number: int) -> None:
        """Pay out what is still held at the deadline."""
        self.pay_rest(number)

    # What everybody may read

    @view
    def deal(self, number: int) -> Deal:
        """Return a deal; they are numbered from 1."""
        return self.deals[number]

    @invariant
    def every_deal_is_covered(self) -> bool:
        """The contract holds at least the money of all deals that are not closed."""
        return self.balance_of(self.money) >= self.held_in_all

    # Shared parts

    def add_up(self, milestones: list[Amount]) -> Amount:
        require(0 < len(milestones) <= MILESTONES_MAX, "a price has 1 to 20 milestones")
        price = Amount(0)
        for milestone in milestones:
            require(milestone > Amount(0), "a milestone is above zero")
            price += milestone
        return price

    def pay_rest(self, number: int) -> None:
        deal = self.deals[number]
        to = deal.seller if deal.at_deadline == Beneficiary.SELLER else deal.buyer
        self.pay_from(number, to, deal.balance)

    def pay_from(self, number: int, to: Address, amount: Amount) -> None:
        if amount == Amount(0):
            return
        deal = self.deals[number]
        left = deal.balance - amount
        if left == Amount(0):
            self.cancel(deal.deadline_call)
            deal = deal.replace(state=DealState.CLOSED)
        self.deals[number] = deal.replace(balance=left)
        self.held_in_all -= amount
        self.pay(self.money, to, amount)
        self.emit(PaidFromEscrow(number, to, amount))
