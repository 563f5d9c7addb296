"""A limit order book between two kinds of money, by price and then by time.

Rules
-----
1. An order is for whole lots of the base asset, at a whole price per lot in the quote asset. So
   every trade comes out even, and nothing is ever rounded.
2. What an order may cost comes with it and stays here until it is filled or cancelled.
3. Who goes first, at which price, and that nobody trades with themselves: `order_queue`.
4. What a buyer does not need of the money set aside goes to the buyer's account at once.
5. A call makes at most `MATCHES_MAX` trades. Where more are possible, the contract goes on by
   itself.
6. An order "now" takes what stands in the book and does not stay: what is not traded in its own
   call comes back. At the lowest price, or the highest one that the money allows, it is a market
   order.
7. Proceeds stand in the trader's account here, from which each withdraws: a trader who may not
   receive money holds up nobody else's trade.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Currency,
    Map,
    Var,
    call,
    init,
    invariant,
    require,
    scheduled,
    view,
)
from dure.contract.library.order_queue import OrderCancelled, OrderQueue, Quote, Side

MATCHES_MAX = 20
MATCHING_GAS = 500_000


class Base(Currency):
    """What is traded."""


class OrderBook(OrderQueue):
    """Traders leave orders here, and orders that fit each other are traded."""

    base: Var[Asset[Base]]
    quote: Var[Asset[Quote]]
    lot: Var[Amount[Base]]
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

    @call(pays="quote")
    def buy_now(self, lots: int, price: Amount[Quote]) -> int:
        """Buy lots from the book at a price or below; return how many, the rest is given back."""
        self.require_sound(lots, price)
        require(self.paid == price * lots, "the payment is not the price of all lots")
        self.quote_held += self.paid
        return self.take(Side.BUY, lots, price)

    @call(pays="base")
    def sell_now(self, lots: int, price: Amount[Quote]) -> int:
        """Sell lots to the book at a price or above; return how many, the rest is given back."""
        self.require_sound(lots, price)
        require(self.paid == self.lot * lots, "the payment is not all lots")
        self.base_held += self.paid
        return self.take(Side.SELL, lots, price)

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

    def place(self, side: Side, lots: int, price: Amount[Quote]) -> int:
        last = self.find_room(side, price)
        if last > 0:
            self.give_back(last)
        number = self.line_up(side, lots, price)
        self.match_orders()
        return number

    def take(self, side: Side, lots: int, price: Amount[Quote]) -> int:
        # Whoever fits now is ahead of all on the own side, so no room has to be made.
        self.require_fitting(side, price)
        number = self.line_up(side, lots, price)
        self.match_orders()
        if number not in self.orders:
            return lots
        left = self.orders[number].lots
        self.give_back(number)
        return lots - left

    def give_back(self, number: int) -> None:
        order = self.orders[number]
        self.take_out(number)
        if order.side == Side.BUY:
            self.credit_quote(order.trader, order.price * order.lots)
        else:
            self.credit_base(order.trader, self.lot * order.lots)
        self.emit(OrderCancelled(number, order.lots))

    def match_orders(self) -> None:
        for turn in range(MATCHES_MAX):
            if not self.is_crossed():
                return
            own = self.older_of_own()
            if own > 0:
                self.give_back(own)
            else:
                self.trade(self.best[Side.BUY], self.best[Side.SELL])
        if self.is_crossed():
            self.schedule(self.now, self.go_on, gas=MATCHING_GAS)

    def trade(self, buy_number: int, sell_number: int) -> None:
        buy = self.orders[buy_number]
        sell = self.orders[sell_number]
        lots = min(buy.lots, sell.lots)
        price = self.price_of_best()
        self.credit_base(buy.trader, self.lot * lots)
        self.credit_quote(buy.trader, (buy.price - price) * lots)
        self.credit_quote(sell.trader, price * lots)
        self.fill(buy_number, sell_number, lots, price)

    def credit_base(self, trader: Address, amount: Amount[Base]) -> None:
        self.base_accounts[trader] = self.base_accounts.get(trader, Base.of(0)) + amount

    def credit_quote(self, trader: Address, amount: Amount[Quote]) -> None:
        self.quote_accounts[trader] = self.quote_accounts.get(trader, Quote.of(0)) + amount


"""en:
base = money traded
quote = money of the price
lot = size of a lot
base_held = traded money held
quote_held = price money held
base_accounts = accounts of the traded money
quote_accounts = accounts of the price money
MATCHES_MAX = most trades in one call
MATCHING_GAS = computing work set aside for trading on, in gas
"""

"""ko:
OrderBook = 호가창: 거래자가 주문을 내놓으면 서로 맞는 주문끼리 체결된다.
Base = 단위 기초 자산
base = 기초 자산
quote = 결제 통화
lot = 매매 단위
base_held = 맡아 둔 기초 자산
quote_held = 맡아 둔 결제 통화
base_accounts = 기초 자산 계좌
quote_accounts = 결제 통화 계좌
amount = 금액
begin = 시작: 두 자산과 매매 단위를 정한다.
buy = 매수: 정한 호가 이하로 사겠다는 주문을 내고 주문 번호를 받는다.
sell = 매도: 정한 호가 이상으로 팔겠다는 주문을 내고 주문 번호를 받는다.
buy_now = 바로 매수: 정한 호가 이하로 호가창에 있는 만큼만 사고 산 수량을 받는다. 나머지는
    돌려받는다.
sell_now = 바로 매도: 정한 호가 이상으로 호가창에 있는 만큼만 팔고 판 수량을 받는다. 나머지는
    돌려받는다.
take = 바로 체결
place = 주문 접수
cancel_order = 주문 취소: 호가창에서 주문을 거둔다. 맡겨 둔 것은 거래자의 계좌로 간다.
withdraw = 출금: 자기 계좌의 모든 것을 꺼낸다.
match_late = 직접 체결: 저절로 진행되어야 할 체결이 실패한 때에 맞는 주문을 직접 체결한다.
go_on = 이어서 체결: 한 번에 다 체결하지 못한 주문을 이어서 체결한다.
base_account = 기초 자산 잔고: 거래자가 꺼낼 수 있는 기초 자산.
quote_account = 결제 통화 잔고: 거래자가 꺼낼 수 있는 결제 통화.
all_money_is_there = 모든 돈이 있음: 모든 주문에 맡겨진 것과 모든 계좌의 잔고가 계약에 있다.
a lot is above zero = 매매 단위는 0보다 커야 한다
the payment is not the price of all lots = 낸 돈이 전체 수량의 값과 다르다
the payment is not all lots = 낸 것이 전체 수량과 다르다
the order is not in the book = 호가창에 없는 주문이다
only its trader may cancel an order = 주문을 낸 거래자만 취소할 수 있다
the account is empty = 계좌가 비어 있다
MATCHES_MAX = 한 번에 체결하는 최대 건수
MATCHING_GAS = 이어서 체결하는 데 배정된 연산량(가스)
own = 자기 주문
"""
