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
