# mypy: disable-error-code="empty-body"
"""The market of one security: orders by price and time, each trade settled as it happens.

A seller's units stay in the seller's own account at the depository, held back until they are sold;
a buyer's money waits here. Where two orders meet, units and money change hands in the same call, or
neither does.
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
    Var,
    call,
    init,
    invariant,
    require,
    scheduled,
    view,
)
from dure.contract.library.order_queue import OrderCancelled, OrderQueue, Quote, Side

MATCHES_MAX = 10
MATCHING_GAS = 2_000_000
NOTHING = Quote.of(0)


class Obstacle(Choice):
    """Why units did not move."""

    NONE = "they moved"
    SELLER = "they may not leave the account of their holder"
    BUYER = "the receiver may not take them"


class Standing(Choice):
    """Whether a series moves."""

    ACTIVE = "may be moved"
    SUSPENDED = "stands still"
    REDEEMED = "was paid back"


class Series(Record):
    """The security, as the depository keeps it."""

    asset: Asset
    standing: Standing
    issued: int
    holders: int
    scale: int


class Depository(Interface):
    """The depository, as this contract sees it."""

    @view
    def series_of(self, isin: str) -> Series: ...

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


class Settled(Event):
    """A trade was settled: units against money, at the same instant."""

    buyer: Address
    seller: Address
    units: int
    price: Amount[Quote]
    paid: Amount[Quote]


class Withdrawn(Event):
    """A trader took money out of the own account here."""

    trader: Address
    amount: Amount[Quote]


class Market(OrderQueue):
    """Where one security is bought and sold for bank money."""

    depository: Var[Address]
    isin: Var[str]
    money: Var[Asset[Quote]]
    lot: Var[int]
    money_held: Var[Amount[Quote]]
    accounts: Map[Address, Amount[Quote]]
    scales: Map[int, int]
    last_price: Var[Amount[Quote]]

    @init
    def list_security(self, depository: Address, isin: str, money: Asset[Quote], lot: int) -> None:
        """Open the market of a security, in lots of so many units, for this money."""
        require(lot > 0, "a lot is at least one unit")
        self.depository = depository
        self.isin = isin
        self.money = money
        self.lot = lot
        self.require_open()

    # The traders

    @call(pays="money")
    def buy(self, lots: int, price: Amount[Quote]) -> int:
        """Offer to buy lots at a price or below; return the number of the order."""
        self.take_money(self.paid, lots, price)
        return self.place(Side.BUY, lots, price)

    @call(pays="money")
    def buy_now(self, lots: int, price: Amount[Quote]) -> int:
        """Buy what stands in the book at a price or below; return how many lots."""
        self.take_money(self.paid, lots, price)
        return self.take(Side.BUY, lots, price)

    @call
    def sell(self, lots: int, price: Amount[Quote]) -> int:
        """Offer to sell lots at a price or above; return the number of the order."""
        self.require_sound(lots, price)
        return self.place(Side.SELL, lots, price)

    @call
    def sell_now(self, lots: int, price: Amount[Quote]) -> int:
        """Sell to what stands in the book at a price or above; return how many lots.

        At the price 1 it is a market order.
        """
        self.require_sound(lots, price)
        return self.take(Side.SELL, lots, price)

    @call
    def cancel_order(self, number: int) -> None:
        """Take an order out of the book; what it had set aside is the trader's again."""
        require(number in self.orders, "the order is not in the book")
        is_own = self.sender == self.orders[number].trader
        require(is_own, "only its trader may cancel an order")
        self.give_back(number)

    @call
    def withdraw(self) -> Amount[Quote]:
        """Take all money out of the own account."""
        amount = self.accounts.get(self.sender, NOTHING)
        require(amount > NOTHING, "the account is empty")
        self.accounts.remove(self.sender)
        self.money_held -= amount
        self.pay(self.money, self.sender, amount)
        self.emit(Withdrawn(self.sender, amount))
        return amount

    # Anybody

    @call
    def match_late(self) -> None:
        """Trade what fits by hand, should the contract's own call have failed."""
        self.match_orders()

    # What the contract does by itself

    @scheduled
    def go_on(self) -> None:
        """Trade further orders that fit, where one call could not trade them all."""
        self.match_orders()

    # What everybody may read

    @view
    def account(self, trader: Address) -> Amount[Quote]:
        """Return the money that a trader may withdraw."""
        return self.accounts.get(trader, NOTHING)

    @view
    def listed(self) -> str:
        """Return the ISIN of the security that is traded here."""
        return self.isin

    @view
    def price(self) -> Amount[Quote]:
        """Return the price of a lot in the last trade, 0 where there was none."""
        return self.last_price

    @invariant
    def all_money_is_there(self) -> bool:
        """The market holds what all orders set aside and what stands in all accounts."""
        return self.balance_of(self.money) >= self.money_held

    # Shared parts

    def require_open(self) -> None:
        series = Depository(self.depository).series_of(self.isin)
        require(series.standing == Standing.ACTIVE, "the security is not traded")

    def take_money(self, paid: Amount[Quote], lots: int, price: Amount[Quote]) -> None:
        self.require_sound(lots, price)
        self.require_open()
        require(paid == price * lots, "the payment is not the price of all lots")
        require(Depository(self.depository).may_hold(self.sender), "the buyer is not admitted")
        self.money_held += paid

    def place(self, side: Side, lots: int, price: Amount[Quote]) -> int:
        last = self.find_room(side, price)
        if last > 0:
            self.give_back(last)
        return self.enter_order(side, lots, price)

    def take(self, side: Side, lots: int, price: Amount[Quote]) -> int:
        # Whoever fits now is ahead of all on the own side, so no room has to be made.
        self.require_fitting(side, price)
        number = self.enter_order(side, lots, price)
        if number not in self.orders:
            return lots
        left = self.orders[number].lots
        self.give_back(number)
        return lots - left

    def enter_order(self, side: Side, lots: int, price: Amount[Quote]) -> int:
        number = self.line_up(side, lots, price)
        depository = self.depository
        if side == Side.SELL:
            units = lots * self.lot
            self.scales[number] = Depository(depository).block(self.isin, self.sender, units)
        else:
            self.scales[number] = Depository(depository).series_of(self.isin).scale
        self.match_orders()
        return number

    def give_back(self, number: int) -> None:
        order = self.orders[number]
        scale = self.scales[number]
        self.take_out(number)
        if order.side == Side.BUY:
            self.credit(order.trader, order.price * order.lots)
        else:
            units = order.lots * self.lot
            Depository(self.depository).unblock(self.isin, order.trader, units, scale)
        self.emit(OrderCancelled(number, order.lots))

    def match_orders(self) -> None:
        if not self.is_crossed():
            return
        series = Depository(self.depository).series_of(self.isin)
        if series.standing == Standing.SUSPENDED:
            return
        for turn in range(MATCHES_MAX):
            if not self.is_crossed():
                return
            lapsed = self.find_lapsed(series.scale)
            if lapsed > 0:
                self.give_back(lapsed)
            else:
                self.trade(self.best[Side.BUY], self.best[Side.SELL])
        if self.is_crossed():
            self.schedule(self.now, self.go_on, gas=MATCHING_GAS)

    def find_lapsed(self, scale: int) -> int:
        # An order of before a split, whose price is for other units; then one of two of one trader.
        for number in [self.best[Side.BUY], self.best[Side.SELL]]:
            if self.scales[number] != scale:
                return number
        return self.older_of_own()

    def trade(self, buy_number: int, sell_number: int) -> None:
        buy = self.orders[buy_number]
        sell = self.orders[sell_number]
        lots = min(buy.lots, sell.lots)
        price = self.price_of_best()
        units = lots * self.lot
        obstacle = Depository(self.depository).deliver(
            self.isin, sell.trader, buy.trader, units, self.scales[sell_number]
        )
        if obstacle != Obstacle.NONE:
            self.give_back(sell_number if obstacle == Obstacle.SELLER else buy_number)
            return
        self.credit(buy.trader, (buy.price - price) * lots)
        self.credit(sell.trader, price * lots)
        self.last_price = price
        self.fill(buy_number, sell_number, lots, price)
        self.emit(Settled(buy.trader, sell.trader, units, price, price * lots))

    def credit(self, trader: Address, amount: Amount[Quote]) -> None:
        if amount > NOTHING:
            self.accounts[trader] = self.accounts.get(trader, NOTHING) + amount


"""en:
isin = ISIN
lot = units of a lot
money = money of the price
money_held = money held
accounts = accounts of the traders
scales = scale of each order
MATCHES_MAX = most trades in one call
MATCHING_GAS = computing work set aside for trading on, in gas
"""

"""ko:
Market = 거래 시장: 한 종목을 은행 돈으로 사고파는 곳이다. 체결과 동시에 증권과 대금을 맞바꾼다.
depository = 예탁결제원
Depository = 예탁결제원: 이 계약이 보는 예탁결제원.
Obstacle = 인도 장애: 증권이 움직이지 않은 까닭을 뜻한다.
they moved = 인도됨
they may not leave the account of their holder = 보유자의 계좌에서 나갈 수 없음
the receiver may not take them = 받는 사람이 가질 수 없음
Standing = 종목의 상태: 종목이 움직일 수 있는지를 뜻한다.
may be moved = 이전할 수 있음
stands still = 이전 정지
was paid back = 상환됨
Series = 종목 현황
asset = 원장 자산
standing = 종목의 상태
issued = 발행 수량
holders = 보유자 수
holder = 보유자
scale = 누적 분할 비율
scales = 주문별 누적 분할 비율
isin = 종목 코드(ISIN)
money = 결제 통화
lot = 매매 단위 수량
money_held = 맡아 둔 돈
accounts = 거래자 계좌
last_price = 마지막 체결가
buyer = 매수인
seller = 매도인
units = 수량
paid = 대금
source = 보내는 사람
target = 받는 사람
amount = 금액
list_security = 상장: 종목의 시장을 연다. 매매 단위와 결제 통화를 정한다.
buy = 매수: 정한 호가 이하로 사겠다는 주문을 내고 주문 번호를 받는다.
buy_now = 바로 매수: 정한 호가 이하로 호가창에 있는 만큼만 사고 산 수량을 받는다.
sell = 매도: 정한 호가 이상으로 팔겠다는 주문을 내고 주문 번호를 받는다.
sell_now = 바로 매도: 정한 호가 이상으로 호가창에 있는 만큼만 팔고 판 수량을 받는다. 호가가 1이면
    시장가 주문이다.
cancel_order = 주문 취소: 호가창에서 주문을 거둔다. 맡겨 둔 것은 다시 거래자의 것이다.
withdraw = 출금: 자기 계좌의 모든 돈을 꺼낸다.
match_late = 직접 체결: 저절로 진행되어야 할 체결이 실패한 때에 맞는 주문을 직접 체결한다.
go_on = 이어서 체결: 한 번에 다 체결하지 못한 주문을 이어서 체결한다.
account = 계좌 잔고: 거래자가 꺼낼 수 있는 돈.
listed = 상장 종목: 여기에서 거래되는 종목의 코드.
price = 마지막 체결가: 마지막으로 체결된 값. 없으면 0.
all_money_is_there = 모든 돈이 있음: 모든 주문에 맡겨진 돈과 모든 계좌의 잔고가 계약에 있다.
Settled = 결제: 증권과 대금을 같은 순간에 맞바꾸었다.
Withdrawn = 출금: 거래자가 자기 계좌의 돈을 꺼냈다.
a lot is at least one unit = 매매 단위는 한 단위 이상이다
the security is not traded = 거래되지 않는 종목이다
the payment is not the price of all lots = 낸 돈이 전체 수량의 값과 다르다
the buyer is not admitted = 등록되지 않은 매수인이다
the order is not in the book = 호가창에 없는 주문이다
only its trader may cancel an order = 주문을 낸 거래자만 취소할 수 있다
the account is empty = 계좌가 비어 있다
MATCHES_MAX = 한 번에 체결하는 최대 건수
MATCHING_GAS = 이어서 체결하는 데 배정된 연산량(가스)
series = 종목 현황
series_of = 종목 현황
unblock = 묶음 풀기
may_hold = 보유 자격
lapsed = 분할 전의 주문
deliver = 인도
obstacle = 장애 사유
enter_order = 새 주문 번호
block = 묶기
NOTHING = 없음
"""
