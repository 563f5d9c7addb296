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
from dure.contract.library.deliveries import Deliveries, Goods
from dure.contract.library.payouts import Money

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


"""en:
number = number of the sale
reserve = reserve price
earnest = earnest money
bidding_ends = end of bidding
revealing_ends = end of revealing
sealed_bids = sealed bids
sealed = sealed bid
secret = secret number
PHASE_MIN = shortest time for bidding, and for revealing
SALE_LASTS = longest sale
BID_SECRET_MIN = fewest bytes of a secret number
BID_SECRET_MAX = most bytes of a secret number
AWARD_GAS = computing work set aside for the award, in gas
"""

"""ko:
SealedAuction = 봉인 입찰 경매: 판매자가 물품을 내놓고 응찰자가 봉인한 입찰을 내며, 공개된 가장
    높은 값을 부른 사람이 물품을 산다.
Sale = 매각
seller = 판매자
bidder = 응찰자
winner = 낙찰자
reserve = 최저 낙찰가
earnest = 입찰 보증금
bidding_ends = 입찰 마감 시각
revealing_ends = 공개 마감 시각
highest_bid = 최고 입찰가
highest_bidder = 최고 입찰자
state = 상태
SealedBid = 봉인한 입찰
sealed_bids = 봉인한 입찰
sealed = 봉인한 입찰
deposit = 예치금
secret = 비밀 번호
number = 매각 번호
price = 낙찰가
offer = 출품: 함께 넘기는 물품을 내놓고 매각 번호를 받는다.
bid = 입찰: “입찰 봉인”으로 만든 봉인한 입찰을 입찰가를 감당할 예치금과 함께 낸다.
reveal = 입찰 공개: 자기 입찰을 공개한다. 최고 입찰자가 아니게 된 사람의 예치금은 저절로 돌아간다.
return_deposit = 예치금 반환: 공개하지 않은 입찰의 예치금에서 입찰 보증금을 빼고 돌려준다.
award_late = 직접 낙찰: 저절로 진행되어야 할 절차가 실패한 때에 매각을 직접 끝낸다.
award = 낙찰: 낙찰자는 물품을, 판매자는 값을 받는다. 최저 낙찰가에 이른 입찰이 없으면 유찰되어
    물품이 판매자에게 돌아간다.
sale = 매각: 매각 하나의 내용. 번호는 1부터이다.
seal = 입찰 봉인: 봉인한 입찰. 비밀 번호를 지키는 동안 아무것도 알려 주지 않는 해시이다. 남의
    노드에 물으면 입찰가를 알려 주는 셈이므로 자기 컴퓨터에서 계산할 것.
SaleOffered = 출품: 판매자가 팔 물품을 넘겼다.
BidSealed = 봉인 입찰: 응찰자가 봉인한 입찰을 냈다.
BidRevealed = 입찰 공개: 응찰자가 입찰을 공개하였다.
EarnestForfeited = 입찰 보증금 몰취: 응찰자가 입찰을 공개하지 않았다.
SaleClosed = 매각 종료: 매각이 끝났다.
SaleState = 매각의 상태: 매각이 어떻게 되었는지를 뜻한다.
takes bids, and then has them revealed = 입찰과 공개 진행 중
went to the highest bidder = 최고 입찰자에게 낙찰됨
went back to the seller, because no bid met the reserve price = 최저 낙찰가에 이른 입찰이 없어
    유찰됨
there are no goods to sell = 팔 물품이 없다
the reserve price is above zero = 최저 낙찰가는 0보다 커야 한다
the earnest money is not above the reserve price = 입찰 보증금은 최저 낙찰가를 넘을 수 없다
bidding takes ten minutes at least = 입찰 기간은 적어도 10분이어야 한다
revealing takes ten minutes at least = 공개 기간은 적어도 10분이어야 한다
a sale takes 90 days at most = 매각은 90일까지 걸릴 수 있다
the time for bids is over = 입찰할 수 있는 시간이 지났다
the seller does not bid = 판매자는 입찰할 수 없다
the bidder has bid already = 이미 입찰하였다
the deposit does not cover the reserve price = 예치금이 최저 낙찰가에 모자란다
bids are still being handed in = 아직 입찰을 받고 있다
the time to reveal bids is over = 입찰을 공개할 수 있는 시간이 지났다
there is no sealed bid of the caller = 신청한 사람이 낸 입찰이 없다
that is another bid = 낸 입찰과 다르다
the deposit does not cover the bid = 예치금이 입찰가에 모자란다
bids may still be revealed = 아직 입찰을 공개할 수 있다
there is no sealed bid of the bidder = 응찰자가 낸 입찰이 없다
the sale is closed = 끝난 매각이다
a secret number has 16 to 64 bytes = 비밀 번호는 16바이트에서 64바이트까지이다
PHASE_MIN = 입찰과 공개의 가장 짧은 기간
SALE_LASTS = 가장 긴 매각 기간
BID_SECRET_MIN = 비밀 번호의 최소 바이트 수
BID_SECRET_MAX = 비밀 번호의 최대 바이트 수
AWARD_GAS = 낙찰에 배정된 연산량(가스)
"""
