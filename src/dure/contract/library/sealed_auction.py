"""Sealed-bid auctions: nobody sees a bid before all are in; the highest wins and is paid.

A bidder hands in the hash of the bid and of a secret number, with a deposit that covers the bid and
need not be equal to it. When bidding is over, each bidder reveals both. Whoever does not reveal
loses the earnest money, a part of the deposit that the seller named.
"""

from dure.contract.language import (
    Address,
    Amount,
    Choice,
    Event,
    Hash,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    encode,
    minutes,
    require,
    scheduled,
    sha256,
    view,
)
from dure.contract.library.deliveries import Deliveries, Goods, Money

PHASE_MIN = minutes(10)
SALE_LASTS = days(90)
BID_SECRET_MIN = 16
BID_SECRET_MAX = 64
AWARD_GAS = 100_000


class SaleState(Choice):
    """What became of a sale."""

    OPEN = "takes bids, and then has them revealed"
    SOLD = "went to the highest bidder"
    UNSOLD = "went back to the seller, because no bid met the reserve price"


class Sale(Record):
    """Goods that are sold together.

    While no bid is revealed, the highest bidder is the seller and the highest bid is zero.
    """

    seller: Address
    goods: Amount[Goods]
    reserve: Amount[Money]
    earnest: Amount[Money]
    bidding_ends: Time
    revealing_ends: Time
    highest_bid: Amount[Money]
    highest_bidder: Address
    state: SaleState


class SealedBid(Record):
    """What a bidder handed in."""

    sealed: Hash
    deposit: Amount[Money]


class SaleOffered(Event):
    """A seller handed goods in to be sold."""

    sale: int
    seller: Address
    goods: Amount[Goods]
    reserve: Amount[Money]
    earnest: Amount[Money]
    bidding_ends: Time
    revealing_ends: Time


class BidSealed(Event):
    """A bidder handed a sealed bid in."""

    sale: int
    bidder: Address
    deposit: Amount[Money]


class BidRevealed(Event):
    """A bidder revealed a bid."""

    sale: int
    bidder: Address
    bid: Amount[Money]


class EarnestForfeited(Event):
    """A bidder never revealed the bid."""

    sale: int
    bidder: Address
    earnest: Amount[Money]


class SaleClosed(Event):
    """A sale is over."""

    sale: int
    state: SaleState
    winner: Address
    price: Amount[Money]


class SealedAuction(Deliveries):
    """Sellers offer goods, bidders hand sealed bids in, and the highest one revealed buys."""

    sales_offered: Var[int]
    sales: Map[int, Sale]
    sealed_bids: Map[int, Map[Address, SealedBid]]

    # The seller

    @call(pays="goods")
    def offer(
        self,
        reserve: Amount[Money],
        earnest: Amount[Money],
        bidding_ends: Time,
        revealing_ends: Time,
    ) -> int:
        """Offer the goods that come with this call; return the number of the sale."""
        require(self.paid > Goods.of(0), "there are no goods to sell")
        require(reserve > Money.of(0), "the reserve price is above zero")
        require(earnest <= reserve, "the earnest money is not above the reserve price")
        require(self.now + PHASE_MIN <= bidding_ends, "bidding takes ten minutes at least")
        require(bidding_ends + PHASE_MIN <= revealing_ends, "revealing takes ten minutes at least")
        require(revealing_ends <= self.now + SALE_LASTS, "a sale takes 90 days at most")
        number = self.sales_offered + 1
        self.sales_offered = number
        self.goods_held += self.paid
        self.sales[number] = Sale(
            seller=self.sender,
            goods=self.paid,
            reserve=reserve,
            earnest=earnest,
            bidding_ends=bidding_ends,
            revealing_ends=revealing_ends,
            highest_bid=Money.of(0),
            highest_bidder=self.sender,
            state=SaleState.OPEN,
        )
        self.schedule(revealing_ends, self.award, number, gas=AWARD_GAS)
        self.emit(
            SaleOffered(
                number, self.sender, self.paid, reserve, earnest, bidding_ends, revealing_ends
            )
        )
        return number

    # The bidder

    @call(pays="money")
    def bid(self, number: int, sealed: Hash) -> None:
        """Hand in a sealed bid, what `seal` returns for it, with a deposit that covers it."""
        sale = self.sales[number]
        require(self.now < sale.bidding_ends, "the time for bids is over")
        require(self.sender != sale.seller, "the seller does not bid")
        require(self.sender not in self.sealed_bids[number], "the bidder has bid already")
        require(self.paid >= sale.reserve, "the deposit does not cover the reserve price")
        self.money_held += self.paid
        self.sealed_bids[number][self.sender] = SealedBid(sealed, self.paid)
        self.emit(BidSealed(number, self.sender, self.paid))

    @call
    def reveal(self, number: int, bid: Amount[Money], secret: bytes) -> None:
        """Reveal the own bid; whoever is no longer the highest gets the deposit back by itself."""
        sale = self.sales[number]
        require(self.now >= sale.bidding_ends, "bids are still being handed in")
        require(self.now < sale.revealing_ends, "the time to reveal bids is over")
        require(self.sender in self.sealed_bids[number], "there is no sealed bid of the caller")
        handed_in = self.sealed_bids[number][self.sender]
        is_same = handed_in.sealed == self.seal(number, self.sender, bid, secret)
        require(is_same, "that is another bid")
        require(bid <= handed_in.deposit, "the deposit does not cover the bid")
        self.sealed_bids[number].remove(self.sender)
        self.emit(BidRevealed(number, self.sender, bid))
        if bid < sale.reserve or bid <= sale.highest_bid:
            self.owe_money(self.sender, handed_in.deposit)
            return
        # Of the highest deposit only the bid is kept, so that nothing is left to return later.
        self.owe_money(self.sender, handed_in.deposit - bid)
        self.owe_money(sale.highest_bidder, sale.highest_bid)
        self.sales[number] = sale.replace(highest_bid=bid, highest_bidder=self.sender)

    # Anybody

    @call
    def return_deposit(self, number: int, bidder: Address) -> None:
        """Return the deposit of a bid that was never revealed, less the earnest money."""
        sale = self.sales[number]
        require(self.now >= sale.revealing_ends, "bids may still be revealed")
        require(bidder in self.sealed_bids[number], "there is no sealed bid of the bidder")
        deposit = self.sealed_bids[number][bidder].deposit
        self.sealed_bids[number].remove(bidder)
        self.owe_money(sale.seller, sale.earnest)
        self.owe_money(bidder, deposit - sale.earnest)
        self.emit(EarnestForfeited(number, bidder, sale.earnest))

    @call
    def award_late(self, number: int) -> None:
        """Close a sale by hand, should the contract's own call have failed."""
        sale = self.sales[number]
        require(self.now >= sale.revealing_ends, "bids may still be revealed")
        require(sale.state == SaleState.OPEN, "the sale is closed")
        self.close(number)

    # What the contract does by itself

    @scheduled
    def award(self, number: int) -> None:
        """Close the sale: the winner gets the goods and the seller the price.

        Without a bid that meets the reserve price the seller gets the goods back.
        """
        if self.sales[number].state == SaleState.OPEN:
            self.close(number)

    # What everybody may read

    @view
    def sale(self, number: int) -> Sale:
        """Return a sale; they are numbered from 1."""
        return self.sales[number]

    @view
    def seal(self, number: int, bidder: Address, bid: Amount[Money], secret: bytes) -> Hash:
        """Return the sealed bid: a hash that tells nothing while the secret number is kept.

        Work it out on a computer of your own: who asks somebody else's node tells it the bid.
        """
        is_long = BID_SECRET_MIN <= len(secret) <= BID_SECRET_MAX
        require(is_long, "a secret number has 16 to 64 bytes")
        return sha256(encode(self.address, number, bidder, bid, secret))

    # Shared parts

    def close(self, number: int) -> None:
        sale = self.sales[number]
        state = SaleState.SOLD if sale.highest_bid > Money.of(0) else SaleState.UNSOLD
        self.owe_money(sale.seller, sale.highest_bid)
        self.owe_goods(sale.highest_bidder, sale.goods)
        self.sales[number] = sale.replace(state=state)
        self.emit(SaleClosed(number, state, sale.highest_bidder, sale.highest_bid))
