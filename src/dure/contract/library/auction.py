"""English auctions: open bids, the highest wins, and each auction closes by itself.

What the contract owes, to whoever was outbid and at the close to seller and winner, it delivers by
itself (`deliveries`).
"""

from dure.contract.language import (
    Address,
    Amount,
    Choice,
    Event,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    minutes,
    require,
    scheduled,
    view,
)
from dure.contract.library.deliveries import Deliveries, Goods, Money

EXTENSION = minutes(10)
AUCTION_LASTS = days(90)
CLOSING_GAS = 100_000


class LotState(Choice):
    """What became of a lot."""

    OPEN = "takes bids"
    SOLD = "went to the highest bidder"
    UNSOLD = "went back to the seller, because nobody bid the reserve price"


class Lot(Record):
    """Goods that are sold together.

    While there is no bid, the highest bidder is the seller and the highest bid is zero.
    """

    seller: Address
    goods: Amount[Goods]
    reserve: Amount[Money]
    step: Amount[Money]
    closing_time: Time
    highest_bid: Amount[Money]
    highest_bidder: Address
    state: LotState
    closing_call: int


class LotOffered(Event):
    """A seller handed goods in to be sold."""

    lot: int
    seller: Address
    goods: Amount[Goods]
    reserve: Amount[Money]
    step: Amount[Money]
    closing_time: Time


class BidMade(Event):
    """Somebody bid more than everybody before."""

    lot: int
    bidder: Address
    bid: Amount[Money]
    closing_time: Time


class LotClosed(Event):
    """An auction is over."""

    lot: int
    state: LotState
    winner: Address
    price: Amount[Money]


class Auction(Deliveries):
    """Sellers offer goods, bidders bid money, and the highest bid at the close buys the lot."""

    lots_offered: Var[int]
    lots: Map[int, Lot]

    # The seller

    @call(pays="goods")
    def offer(self, reserve: Amount[Money], step: Amount[Money], closing_time: Time) -> int:
        """Offer the goods that come with this call; return the number of the lot.

        The first bid is at least the reserve price, each further one a step above the one before.
        """
        require(self.paid > Goods.of(0), "there are no goods to sell")
        require(reserve > Money.of(0), "the reserve price is above zero")
        require(Money.of(0) < step <= reserve, "the step is above zero, and not above the reserve")
        require(self.now + EXTENSION <= closing_time, "an auction takes ten minutes at least")
        require(closing_time <= self.now + AUCTION_LASTS, "an auction takes 90 days at most")
        number = self.lots_offered + 1
        self.lots_offered = number
        self.goods_held += self.paid
        self.lots[number] = Lot(
            seller=self.sender,
            goods=self.paid,
            reserve=reserve,
            step=step,
            closing_time=closing_time,
            highest_bid=Money.of(0),
            highest_bidder=self.sender,
            state=LotState.OPEN,
            closing_call=self.schedule(closing_time, self.close, number, gas=CLOSING_GAS),
        )
        self.emit(LotOffered(number, self.sender, self.paid, reserve, step, closing_time))
        return number

    # The bidder

    @call(pays="money")
    def bid(self, number: int) -> None:
        """Bid the money that comes with this call; whoever was outbid gets theirs back by itself.

        A bid in the last ten minutes puts the close off to ten minutes after it.
        """
        lot = self.lots[number]
        require(lot.state == LotState.OPEN, "the auction is closed")
        require(self.now < lot.closing_time, "the time for bids is over")
        require(self.sender != lot.seller, "the seller does not bid")
        require(self.paid >= self.least_bid(number), "the bid is too low")
        self.money_held += self.paid
        self.owe_money(lot.highest_bidder, lot.highest_bid)
        closing_time = max(lot.closing_time, self.now + EXTENSION)
        if closing_time > lot.closing_time:
            self.cancel(lot.closing_call)
            closing_call = self.schedule(closing_time, self.close, number, gas=CLOSING_GAS)
            lot = lot.replace(closing_time=closing_time, closing_call=closing_call)
        self.lots[number] = lot.replace(highest_bid=self.paid, highest_bidder=self.sender)
        self.emit(BidMade(number, self.sender, self.paid, closing_time))

    # Anybody

    @call
    def close_late(self, number: int) -> None:
        """Close an auction by hand, should the contract's own call have failed."""
        lot = self.lots[number]
        require(lot.state == LotState.OPEN, "the auction is closed")
        require(self.now >= lot.closing_time, "the auction still takes bids")
        self.finish(number)

    # What the contract does by itself

    @scheduled
    def close(self, number: int) -> None:
        """Close the auction: the winner gets the lot and the seller the price.

        Without a bid the seller gets the lot back.
        """
        self.finish(number)

    # What everybody may read

    @view
    def lot(self, number: int) -> Lot:
        """Return a lot; they are numbered from 1."""
        return self.lots[number]

    @view
    def least_bid(self, number: int) -> Amount[Money]:
        """Return how much the next bid has to be at least."""
        lot = self.lots[number]
        return max(lot.reserve, lot.highest_bid + lot.step)

    # Shared parts

    def finish(self, number: int) -> None:
        lot = self.lots[number]
        state = LotState.SOLD if lot.highest_bid > Money.of(0) else LotState.UNSOLD
        self.owe_money(lot.seller, lot.highest_bid)
        self.owe_goods(lot.highest_bidder, lot.goods)
        self.cancel(lot.closing_call)
        self.lots[number] = lot.replace(state=state)
        self.emit(LotClosed(number, state, lot.highest_bidder, lot.highest_bid))
