# mypy: disable-error-code="empty-body"
"""The public offering: bids at a fixed price, allotted in proportion, the rest paid back.

The issuer's units are held back at the depository and the bidders' money waits here. At the close
both change hands in one call, and nobody has to do anything for it.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Event,
    Interface,
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
from dure.contract.library.payouts import Money, Payouts

BIDS_MAX = 40
OFFER_UNITS_MAX = 1_000_000_000_000
OFFER_DAYS_MAX = 60
CLOSING_GAS = 6_000_000
NOTHING = Money.of(0)


class Kind(Choice):
    """What a security is."""

    SHARE = "a share in a company"
    BOND = "a debt with interest"
    PAPER = "commercial paper, a short debt sold at a discount"


class Obstacle(Choice):
    """Why units did not move."""

    NONE = "they moved"
    SELLER = "they may not leave the account of their holder"
    BUYER = "the receiver may not take them"


class Security(Record):
    """A security, as the depository registered it."""

    kind: Kind
    name: str
    issuer: Address
    nominal: int
    authorised: int
    matures: Time


class Depository(Interface):
    """The depository, as this contract sees it."""

    @view
    def security(self, isin: str) -> Security: ...

    @view
    def may_hold(self, holder: Address) -> bool: ...

    @call
    def block(self, isin: str, holder: Address, units: int) -> int: ...

    @call
    def unblock(self, isin: str, holder: Address, units: int, scale: int) -> None: ...

    @call
    def deliver(
        self, isin: str, source: Address, target: Address, units: int, scale: int
    ) -> Obstacle: ...


class OfferState(Choice):
    """How far an offering is."""

    OPEN = "takes bids"
    ALLOTTED = "was allotted"
    FAILED = "found too few bids, everything went back"


class Offer(Record):
    """Units that are offered at a price; below `minimum` units of bids nothing is sold."""

    isin: str
    issuer: Address
    units: int
    price: Amount[Money]
    minimum: int
    closes: Time
    scale: int
    bidders: int
    state: OfferState


class Bid(Record):
    """What somebody asked for, and what was allotted at the close."""

    bidder: Address
    asked: int
    allotted: int


class OfferOpened(Event):
    """Units are offered to everybody who may hold them."""

    offer: int
    isin: str
    issuer: Address
    units: int
    price: Amount[Money]
    minimum: int
    closes: Time


class BidPlaced(Event):
    """Somebody asks for so many units, and has paid for all of them."""

    offer: int
    bidder: Address
    asked: int


class BidWithdrawn(Event):
    """A bid was taken back before the close."""

    offer: int
    bidder: Address


class BidAllotted(Event):
    """What a bidder got, and what of the money goes back."""

    offer: int
    bidder: Address
    asked: int
    allotted: int
    returned: Amount[Money]


class OfferClosed(Event):
    """An offering is over: so many units were asked for, and so many were allotted."""

    offer: int
    state: OfferState
    asked: int
    allotted: int


class Offering(Payouts):
    """Sells new units to the public, in proportion to the bids."""

    depository: Var[Address]
    offers_made: Var[int]
    offers: Map[int, Offer]
    bids: Map[int, Map[int, Bid]]
    bid_places: Map[int, Map[Address, int]]

    @init
    def begin(self, depository: Address, money: Asset[Money]) -> None:
        """Begin with the depository whose units are offered, and the money of the bids."""
        self.depository = depository
        self.money = money

    # The issuer

    @call
    def open_offer(
        self, isin: str, units: int, price: Amount[Money], minimum: int, closes: Time
    ) -> int:
        """Offer own units until a moment; return the offering's number."""
        issuer = Depository(self.depository).security(isin).issuer
        require(self.sender == issuer, "only the issuer offers units")
        require(0 < units <= OFFER_UNITS_MAX, "1 to 1,000,000,000,000 units are offered")
        require(NOTHING < price <= Money.of(OFFER_UNITS_MAX), "a price is above zero")
        require(0 <= minimum <= units, "the minimum is at most all units")
        is_soon = self.now < closes <= self.now + days(OFFER_DAYS_MAX)
        require(is_soon, "an offering closes within 60 days")
        scale = Depository(self.depository).block(isin, issuer, units)
        number = self.offers_made + 1
        self.offers_made = number
        self.offers[number] = Offer(
            isin, issuer, units, price, minimum, closes, scale, 0, OfferState.OPEN
        )
        self.schedule(closes, self.close_offer, number, gas=CLOSING_GAS)
        self.emit(OfferOpened(number, isin, issuer, units, price, minimum, closes))
        return number

    # The bidders

    @call(pays="money")
    def bid(self, number: int, units: int) -> None:
        """Ask for units; the price of all of them comes with it."""
        offer = self.find_open(number)
        require(self.sender != offer.issuer, "the issuer does not bid")
        require(Depository(self.depository).may_hold(self.sender), "the bidder is not admitted")
        require(0 < units <= offer.units, "a bid is for 1 to all units")
        require(self.paid == offer.price * units, "the payment is not the price")
        place = self.find_place(number, offer)
        require(self.bids[number][place].asked == 0, "there is a bid already")
        self.bids[number][place] = Bid(self.sender, units, 0)
        self.money_held += self.paid
        self.emit(BidPlaced(number, self.sender, units))

    @call
    def withdraw_bid(self, number: int) -> None:
        """Take a bid back before the close, with all of its money."""
        offer = self.find_open(number)
        place = self.bid_places[number].get(self.sender, -1)
        require(place >= 0, "there is no bid")
        asked = self.bids[number][place].asked
        require(asked > 0, "there is no bid")
        self.bids[number][place] = Bid(self.sender, 0, 0)
        self.owe_money(self.sender, offer.price * asked)
        self.emit(BidWithdrawn(number, self.sender))

    @call
    def collect(self) -> None:
        """Take what is owed and could not be paid by itself."""
        require(self.owed(self.sender) > NOTHING, "nothing is owed")
        self.hand_over_money(self.sender)

    @call
    def close_late(self, number: int) -> None:
        """Allot what is due, should the contract's own call have failed."""
        offer = self.offers[number]
        require(offer.state == OfferState.OPEN, "the offering is over")
        require(offer.closes <= self.now, "the offering takes bids")
        self.finish(number, offer)

    # What the contract does by itself

    @scheduled
    def close_offer(self, number: int) -> None:
        """Allot the units, or give everything back."""
        offer = self.offers[number]
        if offer.state == OfferState.OPEN:
            self.finish(number, offer)

    # What everybody may read

    @view
    def offer(self, number: int) -> Offer:
        """Return an offering; they are numbered from 1."""
        return self.offers[number]

    @view
    def bids_of(self, number: int) -> list[Bid]:
        """Return the bids of an offering, the oldest first; one taken back asks for 0."""
        found: list[Bid] = []
        for place in range(self.offers[number].bidders):
            found.append(self.bids[number][place])
        return found

    @invariant
    def all_money_is_there(self) -> bool:
        """The contract holds the money of all open bids and what it owes."""
        return self.balance_of(self.money) >= self.money_held

    # Shared parts

    def find_open(self, number: int) -> Offer:
        require(number in self.offers, "there is no such offering")
        offer = self.offers[number]
        is_open = offer.state == OfferState.OPEN and self.now < offer.closes
        require(is_open, "the offering is over")
        return offer

    def find_place(self, number: int, offer: Offer) -> int:
        place = self.bid_places[number].get(self.sender, offer.bidders)
        if place == offer.bidders:
            require(place < BIDS_MAX, "40 have bid already")
            self.bid_places[number][self.sender] = place
            self.bids[number][place] = Bid(self.sender, 0, 0)
            self.offers[number] = offer.replace(bidders=place + 1)
        return place

    def finish(self, number: int, offer: Offer) -> None:
        bids = self.bids_of(number)
        asked = 0
        for each in bids:
            asked += each.asked
        shares = self.share_out(offer.units, asked, bids)
        is_enough = asked > 0 and asked >= offer.minimum
        allotted = 0
        for place, each in enumerate(bids):
            units = shares[place] if is_enough else 0
            if units > 0 and not self.hand_out(offer, each.bidder, units):
                units = 0
            allotted += units
            self.bids[number][place] = Bid(each.bidder, each.asked, units)
            returned = offer.price * (each.asked - units)
            self.owe_money(each.bidder, returned)
            if each.asked > 0:
                self.emit(BidAllotted(number, each.bidder, each.asked, units, returned))
        self.owe_money(offer.issuer, offer.price * allotted)
        if allotted < offer.units:
            left = offer.units - allotted
            Depository(self.depository).unblock(offer.isin, offer.issuer, left, offer.scale)
        state = OfferState.ALLOTTED if is_enough else OfferState.FAILED
        self.offers[number] = offer.replace(state=state)
        self.emit(OfferClosed(number, state, asked, allotted))

    def hand_out(self, offer: Offer, bidder: Address, units: int) -> bool:
        depository = Depository(self.depository)
        obstacle = depository.deliver(offer.isin, offer.issuer, bidder, units, offer.scale)
        return obstacle == Obstacle.NONE

    def share_out(self, units: int, asked: int, bids: list[Bid]) -> list[int]:
        shares: list[int] = []
        ranks: list[int] = []
        left = units
        for place, each in enumerate(bids):
            if asked <= units:
                shares.append(each.asked)
            else:
                product = units * each.asked
                shares.append(product // asked)
                left -= product // asked
                ranks.append(product % asked * BIDS_MAX + BIDS_MAX - 1 - place)
        if asked > units:
            ordered = sorted(ranks)
            for turn in range(left):
                rank = ordered[len(ordered) - 1 - turn]
                place = BIDS_MAX - 1 - rank % BIDS_MAX
                shares[place] = shares[place] + 1
        return shares


"""en:
isin = ISIN
closes = close
offers_made = offerings so far
bid_places = places of the bidders
BIDS_MAX = most bidders of an offering
OFFER_UNITS_MAX = most units of an offering
OFFER_DAYS_MAX = most days of an offering
CLOSING_GAS = computing work set aside for an allotment, in gas
"""

"""ko:
Offering = 공모: 새 증권을 청약에 비례하여 배정한다. 쓰이지 않은 돈은 돌려준다.
Kind = 증권 종류: 증권이 무엇인지를 뜻한다.
kind = 증권 종류
a share in a company = 주식
a debt with interest = 채권
commercial paper, a short debt sold at a discount = 기업어음
Obstacle = 인도 장애: 단위가 움직이지 않은 까닭을 뜻한다.
they moved = 인도됨
they may not leave the account of their holder = 보유자의 계좌에서 나갈 수 없음
the receiver may not take them = 받는 사람이 가질 수 없음
Security = 증권
security = 증권
name = 종목명
nominal = 액면가
authorised = 발행 한도
matures = 만기
Depository = 예탁결제원: 이 계약이 보는 예탁결제원.
depository = 예탁결제원
may_hold = 보유 자격
block = 묶기
unblock = 풀기
deliver = 인도
source = 보내는 사람
target = 받는 사람
holder = 보유자
OfferState = 공모 상태: 어디까지 왔는지를 뜻한다.
state = 상태
takes bids = 청약 중
was allotted = 배정됨
found too few bids, everything went back = 청약 미달, 모두 돌려줌
Offer = 공모 조건: 정한 값에 파는 증권. 청약이 최소 수량에 못 미치면 팔지 않는다.
offer = 공모: 공모 하나의 내용. 번호는 1부터이다.
offers = 공모 목록
offers_made = 지금까지의 공모 수
isin = 종목 코드(ISIN)
issuer = 발행인
units = 수량
price = 한 단위의 값
minimum = 최소 수량
closes = 마감
scale = 누적 분할 비율
bidders = 청약자 수
Bid = 청약: 청약한 수량과 마감에 배정된 수량.
bids = 청약 목록
bid_places = 청약자의 자리
bidder = 청약자
asked = 청약 수량
allotted = 배정 수량
returned = 돌려준 돈
number = 공모 번호
place = 자리
left = 남은 수량
begin = 시작: 증권을 예탁한 곳과 청약 통화를 정한다.
open_offer = 공모 시작: 발행인이 가진 증권을 정한 때까지 공모하고 그 번호를 돌려준다.
bid = 청약하기: 증권을 청약한다. 그 값을 모두 함께 낸다.
withdraw_bid = 청약 철회: 마감 전에 청약을 거두고 돈을 모두 돌려받는다.
collect = 찾아가기: 저절로 받지 못한 돈을 찾아간다.
close_late = 직접 마감: 저절로 배정되어야 할 공모가 실패한 때에 직접 배정한다.
close_offer = 마감: 증권을 배정하거나 모두 돌려준다.
bids_of = 청약 목록: 공모의 청약을 오래된 것부터 보인다. 거둔 청약은 0이다.
all_money_is_there = 모든 돈이 있음: 열린 청약의 돈과 내주어야 할 돈이 모두 계약에 있다.
OfferOpened = 공모 시작: 보유할 수 있는 모두에게 증권을 공모한다.
BidPlaced = 청약: 증권을 청약하고 값을 모두 냈다.
BidWithdrawn = 청약 철회: 마감 전에 청약을 거두었다.
BidAllotted = 배정: 청약자가 받은 수량과 돌려받을 돈이다.
OfferClosed = 공모 마감: 공모가 끝났다. 청약한 수량과 배정한 수량이다.
only the issuer offers units = 발행인만 공모한다
1 to 1,000,000,000,000 units are offered = 공모 수량은 1에서 1,000,000,000,000까지이다
a price is above zero = 값은 0보다 커야 한다
the minimum is at most all units = 최소 수량은 전체 수량까지이다
an offering closes within 60 days = 공모는 60일 안에 마감한다
the issuer does not bid = 발행인은 청약하지 않는다
the bidder is not admitted = 등록되지 않은 청약자이다
a bid is for 1 to all units = 청약은 1에서 전체 수량까지이다
the payment is not the price = 낸 돈이 값과 다르다
there is a bid already = 이미 청약하였다
there is no bid = 청약이 없다
nothing is owed = 받을 돈이 없다
the offering is over = 끝난 공모이다
the offering takes bids = 아직 청약을 받고 있다
there is no such offering = 없는 공모이다
40 have bid already = 이미 40명이 청약하였다
is_soon = 60일 안인지
is_open = 청약 중인지
is_enough = 최소 수량을 채웠는지
BIDS_MAX = 한 공모의 최대 청약자 수
OFFER_UNITS_MAX = 한 공모의 최대 수량
OFFER_DAYS_MAX = 공모의 최대 기간(일)
CLOSING_GAS = 배정에 드는 연산량(가스)
NOTHING = 없음
found = 찾은 청약
each = 청약 하나
shares = 배정할 수량
ranks = 나머지의 차례
ordered = 차례대로 놓은 나머지
product = 곱
rank = 차례
turn = 차례 수
obstacle = 장애
share_out = 배정 수량
hand_out = 인도되었는지
find_open = 열린 공모
find_place = 청약자의 자리
"""
