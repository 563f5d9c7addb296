"""The market of a neighbourhood: quarter-hours of energy, sold to neighbours and to the grid.

Houses order before a quarter-hour begins, the chain clears it by itself when it begins, and
settles it by itself a quarter-hour after its end, with readings that meters signed. The rules R1 to
R12 are in README.md. Energy is in watt-hours, prices are for a kilowatt-hour.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Event,
    Map,
    Record,
    Var,
    call,
    days,
    init,
    invariant,
    only,
    require,
    scheduled,
    view,
)
from dure.contract.library.signed_meters import MeterReading, SignedMeters
from dure.contract.library.supply_accounts import SupplyAccounts

AHEAD_MAX = days(2)
ORDERS_MAX = 16
LOSS_MAX = 500
ORDER_ENERGY_MAX = 100_000
PRICE_MAX = Amount(1_000_000_000)
PRICES_MAX = 192
FEE_MAX = 100
CROWD_MIN = 5
CLEAR_GAS = 1_000_000
SETTLE_GAS = 1_000_000


class SlotState(Choice):
    """How far a quarter-hour is."""

    UNKNOWN = "nobody ordered or metered"
    OPEN = "takes orders"
    CLEARED = "is sold, and takes readings"
    SETTLED = "is paid"


class EnergyOrder(Record):
    """What a house wants to buy or sell in a quarter-hour, at this price or a better one."""

    house: Address
    feeder: int
    energy: int
    price: Amount


class Prices(Record):
    """What the supplier takes and gives for a kilowatt-hour that was not traded."""

    retail: Amount
    feed_in: Amount


class SlotTotals(Record):
    """A quarter-hour of the whole neighbourhood, in watt-hours; of no house alone."""

    state: SlotState
    houses: int
    consumed: int
    produced: int
    sold: int
    bought: int
    lost: int
    from_grid: int
    to_grid: int


class PricesAnnounced(Event):
    """The supplier says its prices of consecutive quarter-hours."""

    slot: int
    prices: list[Prices]


class OrderPlaced(Event):
    """A house ordered for a quarter-hour."""

    slot: int
    house: Address
    is_purchase: bool
    energy: int
    price: Amount


class Traded(Event):
    """A neighbour sold to a neighbour: what was fed in, what arrived, what was paid for it."""

    slot: int
    seller: Address
    buyer: Address
    sold: int
    bought: int
    paid: Amount
    fee: Amount


class SlotCleared(Event):
    """The orders of a quarter-hour were matched."""

    slot: int
    trades: int
    sold: int
    bought: int


class Balanced(Event):
    """What was metered and not traded: bought from the supplier, or sold to it if negative."""

    slot: int
    house: Address
    energy: int
    amount: Amount


class SlotSettled(Event):
    """A quarter-hour is paid. Seen by all: sums of the whole neighbourhood."""

    slot: int
    houses: int


class EnergyMarket(SignedMeters, SupplyAccounts):
    """Neighbours sell energy to neighbours, quarter-hour by quarter-hour."""

    usual: Var[Prices]
    fee_permille: Var[int]
    losses: Map[int, list[int]]
    announced: Map[int, Prices]
    slots: Map[int, SlotTotals]
    bids: Map[int, list[EnergyOrder]]
    asks: Map[int, list[EnergyOrder]]
    has_ordered: Map[int, Map[Address, bool]]
    bought: Map[int, Map[Address, int]]
    sold: Map[int, Map[Address, int]]
    fees: Map[int, Map[Address, Amount]]
    energy_out: Var[int]
    energy_in: Var[int]

    @init
    def open(
        self,
        money: Asset,
        supplier: Address,
        operator: Address,
        usual: Prices,
        fee_permille: int,
        losses: list[list[int]],
    ) -> None:
        """Open the market; `losses` says what share is lost between feeders, in thousandths."""
        self.open_meters(operator, len(losses))
        self.open_accounts(money, supplier)
        require(0 <= fee_permille <= FEE_MAX, "the fee is 0 to 100 thousandths")
        self.require_prices(usual)
        for number, row in enumerate(losses):
            require(len(row) == len(losses), "losses name every pair of feeders")
            for loss in row:
                require(0 <= loss <= LOSS_MAX, "a loss is 0 to 500 thousandths")
            self.losses[number] = row
        self.usual = usual
        self.fee_permille = fee_permille

    # Prices, orders and readings

    @call
    @only(party="supplier")
    def announce(self, slot: int, prices: list[Prices]) -> None:
        """Say the prices of consecutive quarter-hours that have not begun; each once."""
        require(0 < len(prices) <= PRICES_MAX, "1 to 192 prices at once")
        require(self.begins(slot) > self.now, "the quarter-hour has begun")
        for offset, each in enumerate(prices):
            self.require_prices(each)
            require(slot + offset not in self.announced, "these prices were announced already")
            self.announced[slot + offset] = each
        self.emit(PricesAnnounced(slot, prices))

    @call
    def buy(self, slot: int, energy: int, price: Amount) -> None:
        """Bid for energy of a quarter-hour that has not begun; the most it costs is set aside."""
        order = self.take_order(slot, energy, price)
        self.debit(self.sender, self.most(energy, price))
        self.bids[slot] = self.insert(self.bids.get(slot, self.no_orders()), order)
        self.emit(OrderPlaced(slot, self.sender, True, energy, price))

    @call
    def sell(self, slot: int, energy: int, price: Amount) -> None:
        """Offer energy of a quarter-hour that has not begun."""
        order = self.take_order(slot, energy, price)
        asks = self.asks.get(slot, self.no_orders())
        require(len(asks) < ORDERS_MAX, "a quarter-hour has at most 16 orders of a side")
        self.asks[slot] = asks + [order]  # noqa: RUF005 - the language has no stars
        self.emit(OrderPlaced(slot, self.sender, False, energy, price))

    @call
    def meter(
        self, house: Address, slot: int, consumed: int, produced: int, signature: bytes
    ) -> None:
        """Bring a reading that the house's meter signed; anybody may carry it."""
        self.note_reading(house, slot, MeterReading(consumed, produced), signature)
        if slot not in self.slots:
            self.slots[slot] = self.fresh(SlotState.CLEARED)
            self.schedule(self.begins(slot + 2), self.settle, slot, gas=SETTLE_GAS)

    # What the chain does by itself

    @scheduled
    def clear(self, slot: int) -> None:
        """Match the orders of a quarter-hour, the highest bid first."""
        totals = self.slots[slot]
        require(totals.state == SlotState.OPEN, "the quarter-hour is cleared")
        asks = self.asks.get(slot, self.no_orders())
        left: list[int] = []
        for ask in asks:
            left.append(ask.energy)
        for bid in self.bids.get(slot, self.no_orders()):
            left = self.match(slot, bid, asks, left)
        totals = self.slots[slot].replace(state=SlotState.CLEARED)
        self.slots[slot] = totals
        self.emit(SlotCleared(slot, totals.houses, totals.sold, totals.bought))
        self.schedule(self.begins(slot + 2), self.settle, slot, gas=SETTLE_GAS)

    @scheduled
    def settle(self, slot: int) -> None:
        """Pay for what was metered and not traded, and hand out the incentives."""
        require(self.slots[slot].state == SlotState.CLEARED, "the quarter-hour is settled")
        totals = self.slots[slot].replace(state=SlotState.SETTLED, houses=0)
        prices = self.prices(slot)
        for house in self.houses:
            if house in self.has_ordered[slot] or house in self.readings[slot]:
                totals = self.settle_house(slot, house, prices, totals)
        self.slots[slot] = totals
        self.energy_out += totals.consumed + totals.lost + totals.to_grid
        self.energy_in += totals.produced + totals.from_grid
        self.emit(SlotSettled(slot, totals.houses))

    # What everybody may read

    @view
    def prices(self, slot: int) -> Prices:
        """Return the supplier's prices of a quarter-hour."""
        return self.announced.get(slot, self.usual)

    @view
    def state(self, slot: int) -> SlotState:
        """Return how far a quarter-hour is."""
        return self.slots.get(slot, self.fresh(SlotState.UNKNOWN)).state

    @view
    def totals(self, slot: int) -> SlotTotals:
        """Return demand and supply of a settled quarter-hour, of five houses or more."""
        found = self.slots[slot]
        require(found.state == SlotState.SETTLED, "the quarter-hour is not settled yet")
        require(found.houses >= CROWD_MIN, "fewer than five houses would show a household")
        return found

    @invariant
    def energy_is_conserved(self) -> bool:
        """What was consumed, lost and given to the grid was produced or came from the grid."""
        return self.energy_out == self.energy_in

    # Shared parts

    def no_orders(self) -> list[EnergyOrder]:
        empty: list[EnergyOrder] = []
        return empty

    def fresh(self, state: SlotState) -> SlotTotals:
        return SlotTotals(state, 0, 0, 0, 0, 0, 0, 0, 0)

    def most(self, energy: int, price: Amount) -> Amount:
        return (price * energy + Amount(999)) // 1000

    def require_prices(self, prices: Prices) -> None:
        require(prices.retail <= PRICE_MAX, "the price is too high")
        require(prices.feed_in <= prices.retail, "the supplier buys for no more than it sells")

    def take_order(self, slot: int, energy: int, price: Amount) -> EnergyOrder:
        known = self.house_of[self.sender]
        begins = self.begins(slot)
        require(begins > self.now, "the quarter-hour has begun")
        require(begins <= self.now + AHEAD_MAX, "orders are taken two days ahead")
        require(0 < energy <= ORDER_ENERGY_MAX, "an order has 1 to 100000 watt-hours")
        require(price <= PRICE_MAX, "the price is too high")
        require(known.is_metered, "there is no meter")
        require(self.bill(self.sender) == Amount(0), "pay the bill first")
        require(self.sender not in self.has_ordered[slot], "one order of a house a quarter-hour")
        self.has_ordered[slot][self.sender] = True
        self.open_slots[self.sender] = self.open_slots.get(self.sender, 0) + 1
        if slot not in self.slots:
            self.slots[slot] = self.fresh(SlotState.OPEN)
            self.schedule(begins, self.clear, slot, gas=CLEAR_GAS)
        return EnergyOrder(self.sender, known.feeder, energy, price)

    def insert(self, orders: list[EnergyOrder], new: EnergyOrder) -> list[EnergyOrder]:
        require(len(orders) < ORDERS_MAX, "a quarter-hour has at most 16 orders of a side")
        place = 0
        for each in orders:
            if each.price >= new.price:
                place += 1
        return orders[:place] + [new] + orders[place:]  # noqa: RUF005 - no stars

    def cheapest(self, bid: EnergyOrder, asks: list[EnergyOrder], left: list[int]) -> int:
        row = self.losses[bid.feeder]
        best = -1
        best_price = Amount(0)
        best_loss = 0
        for number, ask in enumerate(asks):
            loss = row[ask.feeder]
            if left[number] > 0 and ask.price * 1000 <= bid.price * (1000 - loss):
                here = ask.price * (1000 - best_loss)
                there = best_price * (1000 - loss)
                if best < 0 or here < there or (here == there and loss < best_loss):
                    best = number
                    best_price = ask.price
                    best_loss = loss
        return best

    def match(
        self, slot: int, bid: EnergyOrder, asks: list[EnergyOrder], before: list[int]
    ) -> list[int]:
        left = before
        usable = before[0 : len(before)]
        wanted = bid.energy
        spent = Amount(0)
        for rank in range(len(asks)):
            best = self.cheapest(bid, asks, usable) if wanted > 0 else -1
            if best < 0:
                break
            ask = asks[best]
            arrives = 1000 - self.losses[bid.feeder][ask.feeder]
            sent = min(left[best], (wanted * 1000 + arrives - 1) // arrives)
            received = sent * arrives // 1000
            usable[best] = 0
            if received > 0 and bid.price * received >= ask.price * sent:
                left[best] = left[best] - sent
                wanted -= received
                spent += self.trade(slot, bid, ask, sent, received)
        self.credit(bid.house, self.most(bid.energy, bid.price) - spent)
        return left

    def trade(
        self, slot: int, bid: EnergyOrder, ask: EnergyOrder, sent: int, received: int
    ) -> Amount:
        paid = (bid.price * received + ask.price * sent) // 2000
        fee = paid * self.fee_permille // 1000
        self.credit(ask.house, paid - fee)
        self.fees[slot][ask.house] = self.fees[slot].get(ask.house, Amount(0)) + fee
        self.sold[slot][ask.house] = self.sold[slot].get(ask.house, 0) + sent
        self.bought[slot][bid.house] = self.bought[slot].get(bid.house, 0) + received
        totals = self.slots[slot]
        self.slots[slot] = totals.replace(
            houses=totals.houses + 1,
            sold=totals.sold + sent,
            bought=totals.bought + received,
            lost=totals.lost + sent - received,
        )
        self.emit(Traded(slot, ask.house, bid.house, sent, received, paid, fee))
        return paid

    def settle_house(
        self, slot: int, house: Address, prices: Prices, totals: SlotTotals
    ) -> SlotTotals:
        bought = self.bought[slot].get(house, 0)
        sold = self.sold[slot].get(house, 0)
        reading = self.readings[slot].get(house, MeterReading(bought, 0))
        energy = reading.consumed - reading.produced - bought + sold
        if house in self.has_ordered[slot]:
            self.open_slots[house] = self.open_slots[house] - 1
        if energy > 0:
            due = prices.retail * energy // 1000
            self.charge(house, due)
            self.emit(Balanced(slot, house, energy, due))
        if energy < 0:
            given = prices.feed_in * (-energy) // 1000
            self.remunerate(house, given)
            self.emit(Balanced(slot, house, energy, given))
        if sold > 0:
            fee = self.fees[slot].get(house, Amount(0))
            earned = fee * max(0, min(sold, reading.produced - reading.consumed)) // sold
            self.credit(self.operator, fee - earned)
            if earned > Amount(0):
                self.reward(house, earned)
        return totals.replace(
            houses=totals.houses + 1,
            consumed=totals.consumed + reading.consumed,
            produced=totals.produced + reading.produced,
            from_grid=totals.from_grid + max(0, energy),
            to_grid=totals.to_grid + max(0, -energy),
        )


"""ko:
EnergyMarket = 이웃 전력 시장: 이웃끼리 15분 단위로 전력을 사고판다.
AHEAD_MAX = 주문을 받는 기간
ORDERS_MAX = 한쪽의 최대 주문 수
LOSS_MAX = 최대 손실률
ORDER_ENERGY_MAX = 한 주문의 최대 전력량
PRICE_MAX = 최고 가격
PRICES_MAX = 한 번에 알리는 최대 가격 수
FEE_MAX = 최고 수수료율
CROWD_MIN = 합계를 공개하는 최소 가구 수
CLEAR_GAS = 낙찰에 쓰는 계산량
SETTLE_GAS = 정산에 쓰는 계산량
SlotState = 구간 상태: 구간이 어디까지 진행되었는지를 뜻한다.
nobody ordered or metered = 주문도 계량도 없음
takes orders = 주문을 받는 중
is sold, and takes readings = 낙찰되어 계량값을 받는 중
is paid = 정산됨
EnergyOrder = 주문: 이 가격이나 더 나은 가격으로 사거나 팔려는 전력량.
energy = 전력량
each = 항목
best = 가장 싼 매도의 차례
received = 받는 양
sent = 보내는 양
bid = 매수 주문
ask = 매도 주문
earned = 장려금
row = 손실률 줄
loss = 손실률
offset = 차례
begins = 시작 시각
most = 가장 많이 들 돈
no_orders = 빈 목록
price = 가격
Prices = 공급사 가격: 거래되지 않은 1킬로와트시의 가격.
prices = 공급사 가격: 구간의 공급사 가격.
retail = 공급 단가
feed_in = 매입 단가
SlotTotals = 구간 합계: 이웃 전체의 합계이며 가구 하나의 내용은 없다.
slots = 구간 목록
lost = 손실량
from_grid = 공급사에서 산 양
to_grid = 공급사에 판 양
usual = 평소 가격
fee_permille = 수수료율
losses = 손실률 표
announced = 알린 가격
bids = 매수 주문
asks = 매도 주문
has_ordered = 주문한 가구
bought = 산 양
sold = 판 양
fee = 수수료
fees = 수수료 목록
paid = 지급액
buyer = 사는 가구
seller = 파는 가구
trades = 거래 수
is_purchase = 매수 여부
signature = 서명
energy_out = 나간 전력량
energy_in = 들어온 전력량
open = 시장 개설: 손실률 표는 배전선 사이에서 잃는 전력을 천분율로 적는다.
announce = 가격 공고: 아직 시작되지 않은 잇따른 구간의 가격을 한 번 알린다.
buy = 매수: 시작되지 않은 구간의 전력을 사려 하며, 가장 많이 들 돈을 묶어 둔다.
sell = 매도: 시작되지 않은 구간의 전력을 팔려 한다.
meter = 계량: 계량기가 서명한 값을 낸다. 누가 전하여도 된다.
clear = 낙찰: 가장 높은 매수 주문부터 맞춘다.
settle = 정산: 계량하였으나 거래되지 않은 만큼을 정산하고 장려금을 준다.
state = 상태: 구간이 어디까지 진행되었는지.
totals = 합계: 다섯 가구 이상인 정산된 구간의 수요와 공급.
energy_is_conserved = 전력량이 맞음: 쓰고 잃고 판 양의 합은 만들고 산 양의 합과 같다.
PricesAnnounced = 가격 공고: 공급사가 잇따른 구간의 가격을 알렸다.
OrderPlaced = 주문: 가구가 구간의 주문을 냈다.
Traded = 거래: 이웃이 이웃에게 팔았다.
SlotCleared = 낙찰: 구간의 주문을 맞추었다.
Balanced = 차이 정산: 거래되지 않은 만큼을 공급사와 사고팔았으며, 판 양은 음수이다.
SlotSettled = 구간 정산: 구간의 정산이 끝났다.
the fee is 0 to 100 thousandths = 수수료율은 천분의 0에서 100까지이다
losses name every pair of feeders = 손실률 표에는 배전선의 모든 짝이 있어야 한다
a loss is 0 to 500 thousandths = 손실률은 천분의 0에서 500까지이다
1 to 192 prices at once = 가격은 한 번에 1개에서 192개까지 알린다
the quarter-hour has begun = 이미 시작된 구간이다
these prices were announced already = 이미 알린 가격이다
a quarter-hour has at most 16 orders of a side = 한 구간의 한쪽 주문은 16개까지이다
the quarter-hour is cleared = 이미 낙찰된 구간이다
the quarter-hour is not settled yet = 아직 정산되지 않은 구간이다
fewer than five houses would show a household = 다섯 가구보다 적으면 한 가구의 내용이 드러난다
the price is too high = 가격이 너무 높다
the supplier buys for no more than it sells = 매입 단가는 공급 단가보다 높을 수 없다
orders are taken two days ahead = 주문은 이틀 앞까지 받는다
an order has 1 to 100000 watt-hours = 주문은 1에서 100,000와트시까지이다
one order of a house a quarter-hour = 한 가구는 한 구간에 한 번 주문한다
"""
