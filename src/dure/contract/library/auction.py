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
from dure.contract.library.deliveries import Deliveries, Goods
from dure.contract.library.payouts import Money

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


"""en:
number = number of the lot
reserve = reserve price
closing_call = scheduled close
EXTENSION = extension after a late bid
AUCTION_LASTS = longest auction
CLOSING_GAS = computing work set aside for the close, in gas
"""

"""ko:
Auction = 경매: 판매자가 물품을 내놓고 응찰자가 값을 부르며, 마감 때 가장 높은 값을 부른 사람이
    물품을 산다.
Lot = 경매 물건
seller = 판매자
bidder = 응찰자
winner = 낙찰자
reserve = 최저 낙찰가
step = 호가 단위
closing_time = 마감 시각
closing_call = 예약된 마감
highest_bid = 최고 입찰가
highest_bidder = 최고 입찰자
state = 상태
number = 물건 번호
bid = 입찰: 함께 내는 돈으로 입찰한다. 더 높은 값에 밀린 사람의 돈은 저절로 돌아간다. 마감 10분
    안에 입찰이 있으면 마감이 그로부터 10분 뒤로 미루어진다.
price = 낙찰가
offer = 출품: 함께 넘기는 물품을 경매에 내놓고 물건 번호를 받는다. 첫 입찰은 최저 낙찰가
    이상이어야 하고 다음 입찰은 앞의 것보다 호가 단위만큼 높아야 한다.
close_late = 직접 마감: 저절로 진행되어야 할 마감이 실패한 때에 경매를 직접 마감한다.
close = 마감: 낙찰자는 물건을, 판매자는 값을 받는다. 입찰이 없으면 유찰되어 물건이 판매자에게
    돌아간다.
lot = 경매 물건: 경매 물건 하나의 내용. 번호는 1부터이다.
least_bid = 최저 입찰가: 다음 입찰이 적어도 얼마여야 하는지.
LotOffered = 출품: 판매자가 팔 물품을 넘겼다.
BidMade = 입찰: 앞의 모든 사람보다 높은 값을 불렀다.
LotClosed = 경매 마감: 경매가 끝났다.
LotState = 경매 물건의 상태: 경매 물건이 어떻게 되었는지를 뜻한다.
takes bids = 입찰 중
went to the highest bidder = 최고 입찰자에게 낙찰됨
went back to the seller, because nobody bid the reserve price = 최저 낙찰가에 이른 입찰이 없어
    유찰됨
there are no goods to sell = 팔 물품이 없다
the reserve price is above zero = 최저 낙찰가는 0보다 커야 한다
the step is above zero, and not above the reserve = 호가 단위는 0보다 크고 최저 낙찰가를 넘지
    않아야 한다
an auction takes ten minutes at least = 경매는 적어도 10분 동안 열려야 한다
an auction takes 90 days at most = 경매는 90일까지 열 수 있다
the auction is closed = 마감된 경매이다
the time for bids is over = 입찰할 수 있는 시간이 지났다
the seller does not bid = 판매자는 입찰할 수 없다
the bid is too low = 입찰가가 너무 낮다
the auction still takes bids = 아직 입찰을 받고 있다
EXTENSION = 막바지 입찰 뒤 연장 시간
AUCTION_LASTS = 가장 긴 경매 기간
CLOSING_GAS = 마감에 배정된 연산량(가스)
"""
