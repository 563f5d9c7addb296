"""A limit order book between two kinds of money, by price and then by time.

Rules
-----
1. An order is for whole lots of the base asset, at a whole price per lot in the quote asset. So
   every trade comes out even, and nothing is ever rounded.
2. What an order may cost comes with it and stays here until it is filled or cancelled.
3. The best price goes first; of two equal prices the older order.
4. Two orders trade at the price of the older one. What a buyer does not need of the money set aside
   goes to the buyer's account at once.
5. A call makes at most `MATCHES_MAX` trades. Where more are possible, the contract goes on by
   itself.
6. A side holds `DEPTH_MAX` orders. Where it is full, a better order takes the place of the last
   one, so that nobody keeps others out with orders that no one would take.
7. Proceeds stand in the trader's account here, from which each withdraws: a trader who may not
   receive money holds up nobody else's trade.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Currency,
    Event,
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

DEPTH_MAX = 200
MATCHES_MAX = 20
LOTS_MAX = 1_000_000_000
MATCHING_GAS = 500_000


class Base(Currency):
    """What is traded."""


class Quote(Currency):
    """What it is priced in."""


class Side(Choice):
    """What an order wants."""

    BUY = "pays quote for base"
    SELL = "pays base for quote"


class Order(Record):
    """A trader's standing offer.

    `lots` are those not traded yet. `next` is the order behind it on its side, 0 for none.
    """

    trader: Address
    side: Side
    price: Amount[Quote]
    lots: int
    next: int


class OrderPlaced(Event):
    """An order stands in the book."""

    order: int
    trader: Address
    side: Side
    price: Amount[Quote]
    lots: int


class Traded(Event):
    """Two orders met."""

    buy_order: int
    sell_order: int
    price: Amount[Quote]
    lots: int


class OrderCancelled(Event):
    """A trader took an order out of the book."""

    order: int
    lots: int


class OrderBook(Contract):
    """Traders leave orders here, and orders that fit each other are traded."""

    base: Var[Asset[Base]]
    quote: Var[Asset[Quote]]
    lot: Var[Amount[Base]]
    orders_placed: Var[int]
    orders: Map[int, Order]
    best: Map[Side, int]
    depth: Map[Side, int]
    base_held: Var[Amount[Base]]
    quote_held: Var[Amount[Quote]]
    base_accounts: Map[Address, Amount[Base]]
    quote_accounts: Map[Address, Amount[Quote]]

    @init
    def begin(self, base: Asset[Base], quote: Asset[Quote], lot: Amount[Base]) -> None:
        """Name the two assets, and how much of the base asset one lot is."""
        require(lot > Base.of(0), "a lot is above zero")
        self.base = base
        self.quote = quote
        self.lot = lot

    # The traders

    @call(pays="quote")
    def buy(self, lots: int, price: Amount[Quote]) -> int:
        """Offer to buy lots at a price or below; return the number of the order."""
        self.require_sound(lots, price)
        require(self.paid == price * lots, "the payment is not the price of all lots")
        self.quote_held += self.paid
        return self.place(Side.BUY, lots, price)

    @call(pays="base")
    def sell(self, lots: int, price: Amount[Quote]) -> int:
        """Offer to sell lots at a price or above; return the number of the order."""
        self.require_sound(lots, price)
        require(self.paid == self.lot * lots, "the payment is not all lots")
        self.base_held += self.paid
        return self.place(Side.SELL, lots, price)

    @call
    def cancel_order(self, number: int) -> None:
        """Take an order out of the book; what it had set aside goes to the trader's account."""
        require(number in self.orders, "the order is not in the book")
        is_own = self.sender == self.orders[number].trader
        require(is_own, "only its trader may cancel an order")
        self.give_back(number)

    @call
    def withdraw(self) -> None:
        """Take everything out of the own account."""
        base = self.base_accounts.get(self.sender, Base.of(0))
        quote = self.quote_accounts.get(self.sender, Quote.of(0))
        require(base > Base.of(0) or quote > Quote.of(0), "the account is empty")
        self.base_accounts.remove(self.sender)
        self.quote_accounts.remove(self.sender)
        self.base_held -= base
        self.quote_held -= quote
        self.pay(self.base, self.sender, base)
        self.pay(self.quote, self.sender, quote)

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
    def order(self, number: int) -> Order:
        """Return an order that stands in the book."""
        return self.orders[number]

    @view
    def best_order(self, side: Side) -> int:
        """Return the number of the order that is traded first, 0 where there is none."""
        return self.best.get(side, 0)

    @view
    def base_account(self, trader: Address) -> Amount[Base]:
        """Return the base money that a trader may withdraw."""
        return self.base_accounts.get(trader, Base.of(0))

    @view
    def quote_account(self, trader: Address) -> Amount[Quote]:
        """Return the quote money that a trader may withdraw."""
        return self.quote_accounts.get(trader, Quote.of(0))

    @invariant
    def all_money_is_there(self) -> bool:
        """The contract holds what all orders set aside and what stands in all accounts."""
        has_base = self.balance_of(self.base) >= self.base_held
        return has_base and self.balance_of(self.quote) >= self.quote_held

    # Shared parts

    def require_sound(self, lots: int, price: Amount[Quote]) -> None:
        require(0 < lots <= LOTS_MAX, "an order is for 1 to 1,000,000,000 lots")
        require(price > Quote.of(0), "a price is above zero")

    def place(self, side: Side, lots: int, price: Amount[Quote]) -> int:
        if self.depth.get(side, 0) >= DEPTH_MAX:
            self.make_room(side, price)
        number = self.orders_placed + 1
        self.orders_placed = number
        self.depth[side] = self.depth.get(side, 0) + 1
        before = self.find_place(side, price)
        behind = self.best.get(side, 0) if before == 0 else self.orders[before].next
        self.orders[number] = Order(self.sender, side, price, lots, behind)
        self.link(side, before, number)
        self.emit(OrderPlaced(number, self.sender, side, price, lots))
        self.match_orders()
        return number

    def make_room(self, side: Side, price: Amount[Quote]) -> None:
        last = self.best[side]
        for turn in range(DEPTH_MAX):
            behind = self.orders[last].next
            if behind == 0:
                break
            last = behind
        worst = self.orders[last].price
        is_better = price > worst if side == Side.BUY else price < worst
        require(is_better, "this side of the book is full")
        self.give_back(last)

    def give_back(self, number: int) -> None:
        order = self.orders[number]
        self.take_out(number)
        if order.side == Side.BUY:
            self.credit_quote(order.trader, order.price * order.lots)
        else:
            self.credit_base(order.trader, self.lot * order.lots)
        self.emit(OrderCancelled(number, order.lots))

    def find_place(self, side: Side, price: Amount[Quote]) -> int:
        # The order behind which one of this price stands, 0 for the first place.
        before = 0
        number = self.best.get(side, 0)
        for turn in range(DEPTH_MAX):
            if number == 0:
                break
            order = self.orders[number]
            is_better = order.price > price if side == Side.BUY else order.price < price
            if not is_better and order.price != price:
                break
            before = number
            number = order.next
        return before

    def take_out(self, number: int) -> None:
        order = self.orders[number]
        before = 0
        current = self.best[order.side]
        for turn in range(DEPTH_MAX):
            if current == number:
                break
            before = current
            current = self.orders[current].next
        self.link(order.side, before, order.next)
        self.orders.remove(number)
        self.depth[order.side] = self.depth[order.side] - 1

    def link(self, side: Side, before: int, number: int) -> None:
        if before == 0:
            self.best[side] = number
        else:
            self.orders[before] = self.orders[before].replace(next=number)

    def match_orders(self) -> None:
        for turn in range(MATCHES_MAX):
            if not self.is_crossed():
                return
            self.trade(self.best[Side.BUY], self.best[Side.SELL])
        if self.is_crossed():
            self.schedule(self.now, self.go_on, gas=MATCHING_GAS)

    def is_crossed(self) -> bool:
        buy = self.best.get(Side.BUY, 0)
        sell = self.best.get(Side.SELL, 0)
        return buy > 0 and sell > 0 and self.orders[buy].price >= self.orders[sell].price

    def trade(self, buy_number: int, sell_number: int) -> None:
        buy = self.orders[buy_number]
        sell = self.orders[sell_number]
        lots = min(buy.lots, sell.lots)
        price = buy.price if buy_number < sell_number else sell.price
        self.credit_base(buy.trader, self.lot * lots)
        self.credit_quote(buy.trader, (buy.price - price) * lots)
        self.credit_quote(sell.trader, price * lots)
        self.reduce(buy_number, lots)
        self.reduce(sell_number, lots)
        self.emit(Traded(buy_number, sell_number, price, lots))

    def reduce(self, number: int, lots: int) -> None:
        order = self.orders[number]
        if order.lots == lots:
            self.take_out(number)
        else:
            self.orders[number] = order.replace(lots=order.lots - lots)

    def credit_base(self, trader: Address, amount: Amount[Base]) -> None:
        self.base_accounts[trader] = self.base_accounts.get(trader, Base.of(0)) + amount

    def credit_quote(self, trader: Address, amount: Amount[Quote]) -> None:
        self.quote_accounts[trader] = self.quote_accounts.get(trader, Quote.of(0)) + amount


"""en:
base = money traded
quote = money of the price
number = number of the order
is_crossed = fit of the two best orders
lots = number of lots
lot = size of a lot
next = order behind it
best = best order
depth = number of orders in the book
base_held = traded money held
quote_held = price money held
base_accounts = accounts of the traded money
quote_accounts = accounts of the price money
DEPTH_MAX = most orders on one side of the book
MATCHES_MAX = most trades in one call
LOTS_MAX = most lots of an order
MATCHING_GAS = computing work set aside for trading on, in gas
"""

"""ko:
OrderBook = 호가창: 거래자가 주문을 내놓으면 서로 맞는 주문끼리 체결된다.
Base = 단위 기초 자산
Quote = 단위 결제 통화
base = 기초 자산
quote = 결제 통화
Order = 주문
order = 주문: 주문 하나의 내용.
trader = 거래자
Side = 매매 구분: 주문이 사려는 것인지 팔려는 것인지를 뜻한다.
side = 매매 구분
price = 호가
lots = 수량(매매 단위)
lot = 매매 단위
next = 다음 주문
number = 주문 번호
buy_order = 매수 주문
sell_order = 매도 주문
buy_number = 매수 주문 번호
sell_number = 매도 주문 번호
orders = 주문 목록
orders_placed = 접수한 주문 수
best = 최우선 주문
is_crossed = 최우선 주문끼리 맞음
depth = 주문 수
base_held = 맡아 둔 기초 자산
quote_held = 맡아 둔 결제 통화
base_accounts = 기초 자산 계좌
quote_accounts = 결제 통화 계좌
amount = 금액
begin = 시작: 두 자산과 매매 단위를 정한다.
buy = 매수: 정한 호가 이하로 사겠다는 주문을 내고 주문 번호를 받는다.
sell = 매도: 정한 호가 이상으로 팔겠다는 주문을 내고 주문 번호를 받는다.
cancel_order = 주문 취소: 호가창에서 주문을 거둔다. 맡겨 둔 것은 거래자의 계좌로 간다.
withdraw = 출금: 자기 계좌의 모든 것을 꺼낸다.
match_late = 직접 체결: 저절로 진행되어야 할 체결이 실패한 때에 맞는 주문을 직접 체결한다.
go_on = 이어서 체결: 한 번에 다 체결하지 못한 주문을 이어서 체결한다.
best_order = 최우선 주문: 가장 먼저 체결될 주문의 번호. 없으면 0.
base_account = 기초 자산 잔고: 거래자가 꺼낼 수 있는 기초 자산.
quote_account = 결제 통화 잔고: 거래자가 꺼낼 수 있는 결제 통화.
all_money_is_there = 모든 돈이 있음: 모든 주문에 맡겨진 것과 모든 계좌의 잔고가 계약에 있다.
OrderPlaced = 주문 접수: 주문이 호가창에 올랐다.
Traded = 체결: 두 주문이 체결되었다.
OrderCancelled = 주문 취소: 거래자가 호가창에서 주문을 거두었다.
pays quote for base = 매수
pays base for quote = 매도
a lot is above zero = 매매 단위는 0보다 커야 한다
the payment is not the price of all lots = 낸 돈이 전체 수량의 값과 다르다
the payment is not all lots = 낸 것이 전체 수량과 다르다
the order is not in the book = 호가창에 없는 주문이다
only its trader may cancel an order = 주문을 낸 거래자만 취소할 수 있다
the account is empty = 계좌가 비어 있다
an order is for 1 to 1,000,000,000 lots = 주문 수량은 1에서 1,000,000,000까지이다
a price is above zero = 호가는 0보다 커야 한다
this side of the book is full = 호가창의 이쪽이 가득 찼다
DEPTH_MAX = 한쪽의 최대 주문 수
MATCHES_MAX = 한 번에 체결하는 최대 건수
LOTS_MAX = 주문의 최대 수량
MATCHING_GAS = 이어서 체결하는 데 배정된 연산량(가스)
"""
