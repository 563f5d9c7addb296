"""Orders of both sides in line, by price and then by time; whoever inherits it settles the trades.

Rules
-----
1. The best price goes first; of two equal prices the older order.
2. A side holds `DEPTH_MAX` orders. Where it is full, a better order takes the place of the last
   one, so that nobody keeps others out with orders that no one would take.
3. Two orders trade at the price of the older one.
4. Nobody trades with themselves: where both best orders are one trader's, the older one goes.
5. Nothing here moves money. A contract that inherits it asks `find_room` and `line_up` for a new
   order, and `is_crossed`, `older_of_own`, `fill` while orders fit.
"""

from dure.contract.language import (
    Address,
    Amount,
    Choice,
    Contract,
    Currency,
    Event,
    Map,
    Record,
    Var,
    require,
    view,
)

DEPTH_MAX = 200
LOTS_MAX = 1_000_000_000


class Quote(Currency):
    """What the goods are priced in."""


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
    """An order left the book before it was filled."""

    order: int
    lots: int


class OrderQueue(Contract):
    """The line of orders on both sides of a book."""

    orders_placed: Var[int]
    orders: Map[int, Order]
    best: Map[Side, int]
    depth: Map[Side, int]

    @view
    def order(self, number: int) -> Order:
        """Return an order that stands in the book."""
        return self.orders[number]

    @view
    def best_order(self, side: Side) -> int:
        """Return the number of the order that is traded first, 0 where there is none."""
        return self.best.get(side, 0)

    # Shared parts

    def require_sound(self, lots: int, price: Amount[Quote]) -> None:
        require(0 < lots <= LOTS_MAX, "an order is for 1 to 1,000,000,000 lots")
        require(price > Quote.of(0), "a price is above zero")

    def require_fitting(self, side: Side, price: Amount[Quote]) -> None:
        other = self.best.get(Side.SELL if side == Side.BUY else Side.BUY, 0)
        require(other > 0, "no order fits")
        offered = self.orders[other].price
        fits = price >= offered if side == Side.BUY else price <= offered
        require(fits, "no order fits")

    def find_room(self, side: Side, price: Amount[Quote]) -> int:
        # The order that has to go for a new one of this price; 0 where there is room.
        if self.depth.get(side, 0) < DEPTH_MAX:
            return 0
        last = self.best[side]
        for turn in range(DEPTH_MAX + 1):
            behind = self.orders[last].next
            if behind == 0:
                break
            last = behind
        worst = self.orders[last].price
        is_better = price > worst if side == Side.BUY else price < worst
        require(is_better, "this side of the book is full")
        return last

    def line_up(self, side: Side, lots: int, price: Amount[Quote]) -> int:
        number = self.orders_placed + 1
        self.orders_placed = number
        self.depth[side] = self.depth.get(side, 0) + 1
        before = self.find_place(side, price)
        behind = self.best.get(side, 0) if before == 0 else self.orders[before].next
        self.orders[number] = Order(self.sender, side, price, lots, behind)
        self.link(side, before, number)
        self.emit(OrderPlaced(number, self.sender, side, price, lots))
        return number

    def find_place(self, side: Side, price: Amount[Quote]) -> int:
        # The order behind which one of this price stands, 0 for the first place.
        before = 0
        number = self.best.get(side, 0)
        for turn in range(DEPTH_MAX + 1):
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
        for turn in range(DEPTH_MAX + 1):
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

    def is_crossed(self) -> bool:
        buy = self.best.get(Side.BUY, 0)
        sell = self.best.get(Side.SELL, 0)
        return buy > 0 and sell > 0 and self.orders[buy].price >= self.orders[sell].price

    def older_of_own(self) -> int:
        # The older of the two best orders where one trader has both, else 0.
        buy = self.best[Side.BUY]
        sell = self.best[Side.SELL]
        is_own = self.orders[buy].trader == self.orders[sell].trader
        return min(buy, sell) if is_own else 0

    def price_of_best(self) -> Amount[Quote]:
        return self.orders[min(self.best[Side.BUY], self.best[Side.SELL])].price

    def fill(self, buy_number: int, sell_number: int, lots: int, price: Amount[Quote]) -> None:
        self.reduce(buy_number, lots)
        self.reduce(sell_number, lots)
        self.emit(Traded(buy_number, sell_number, price, lots))

    def reduce(self, number: int, lots: int) -> None:
        order = self.orders[number]
        if order.lots == lots:
            self.take_out(number)
        else:
            self.orders[number] = order.replace(lots=order.lots - lots)


"""en:
number = number of the order
is_crossed = fit of the two best orders
lots = number of lots
next = order behind it
best = best order
depth = number of orders in the book
DEPTH_MAX = most orders on one side of the book
LOTS_MAX = most lots of an order
"""

"""ko:
OrderQueue = 주문 대기열: 매수와 매도 주문이 값의 순서로, 값이 같으면 먼저 낸 순서로 줄을 선다.
Quote = 단위 결제 통화
Order = 주문
order = 주문: 주문 하나의 내용.
trader = 거래자
Side = 매매 구분: 주문이 사려는 것인지 팔려는 것인지를 뜻한다.
side = 매매 구분
price = 호가
lots = 수량(매매 단위)
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
best_order = 최우선 주문: 가장 먼저 체결될 주문의 번호. 없으면 0.
OrderPlaced = 주문 접수: 주문이 호가창에 올랐다.
Traded = 체결: 두 주문이 체결되었다.
OrderCancelled = 주문 취소: 다 체결되기 전에 주문이 호가창에서 빠졌다.
pays quote for base = 매수
pays base for quote = 매도
an order is for 1 to 1,000,000,000 lots = 주문 수량은 1에서 1,000,000,000까지이다
a price is above zero = 호가는 0보다 커야 한다
no order fits = 맞는 주문이 없다
this side of the book is full = 호가창의 이쪽이 가득 찼다
DEPTH_MAX = 한쪽의 최대 주문 수
LOTS_MAX = 주문의 최대 수량
find_room = 체결 뒤 자리
line_up = 줄 선 번호
"""
