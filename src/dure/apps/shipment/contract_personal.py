"""What private people buy abroad: purchase, payment, shipping, arrival and declaration as one.

Customs takes for the value what was really paid. The rules R17 to R22 are in README.md.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Decimal,
    Event,
    Hash,
    Map,
    Record,
    Rounding,
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
from dure.contract.library.payouts import Money, Payouts

SHIP_WITHIN = days(30)
EXPIRY_GAS = 60_000


class DutyRate(Decimal):
    """Duty and tax together, as a part of the price."""

    places = 4
    rounding = Rounding.DOWN


class OrderState(Choice):
    """How far a purchase has got."""

    ORDERED = "is paid and waits for the seller"
    SHIPPED = "is on its way"
    ARRIVED = "waits for the declaration"
    DECLARED = "is declared, duty is paid"
    RELEASED = "customs has let it in"
    DELIVERED = "the buyer has it, the seller is paid"
    REFUNDED = "did not come, the buyer has the money back"


class Order(Record):
    """One purchase.

    `person` is the keyed digest of the buyer's customs code for this order alone, `goods` the
    salted digest of the invoice.
    """

    buyer: Address
    seller: Address
    courier: Address
    person: Hash
    goods: Hash
    price: Amount[Money]
    duty: Amount[Money]
    state: OrderState


class OrderPlaced(Event):
    """A buyer paid the price into the contract."""

    order: int
    buyer: Address
    seller: Address
    courier: Address
    price: Amount[Money]


class OrderMoved(Event):
    """A purchase got one step further, or came to nothing."""

    order: int
    state: OrderState


class DutyPaid(Event):
    """A buyer declared a purchase at the price that was paid."""

    order: int
    person: Hash
    price: Amount[Money]
    duty: Amount[Money]


class PersonalImports(Payouts):
    """Buyers at home, sellers abroad, couriers, and one customs office."""

    customs: Var[Address]
    duty_free: Var[Amount[Money]]
    rate: Var[DutyRate]
    orders_placed: Var[int]
    orders: Map[int, Order]
    persons: Map[Hash, int]

    @init
    def start(self, money: Asset[Money], duty_free: Amount[Money], rate: DutyRate) -> None:
        """Open the procedure: who deploys is the customs office."""
        self.customs = self.sender
        self.money = money
        self.duty_free = duty_free
        self.rate = rate

    # The buyer

    @call(pays="money")
    def order(self, seller: Address, courier: Address, person: Hash, goods: Hash) -> int:
        """Buy something abroad and pay for it; return the order's number."""
        require(self.paid > Money.of(0), "the price is above zero")
        require(seller != self.sender, "nobody buys from oneself")
        require(person not in self.persons, "that digest of a customs code was used before")
        number = self.orders_placed + 1
        self.orders_placed = number
        self.persons[person] = number
        self.money_held += self.paid
        self.orders[number] = Order(
            buyer=self.sender,
            seller=seller,
            courier=courier,
            person=person,
            goods=goods,
            price=self.paid,
            duty=Money.of(0),
            state=OrderState.ORDERED,
        )
        self.emit(OrderPlaced(number, self.sender, seller, courier, self.paid))
        self.schedule(self.now + SHIP_WITHIN, self.expire, number, gas=EXPIRY_GAS)
        return number

    @call(pays="money")
    def declare(self, number: int) -> None:
        """Declare the purchase at the price that was paid, and pay the duty."""
        order = self.step(number, OrderState.ARRIVED, OrderState.DECLARED)
        require(self.sender == order.buyer, "only the buyer may do this")
        require(self.paid == self.duty_of(order.price), "the payment is not the duty")
        self.money_held += self.paid
        self.orders[number] = order.replace(duty=self.paid, state=OrderState.DECLARED)
        self.emit(DutyPaid(number, order.person, order.price, self.paid))

    # The seller

    @call
    def ship(self, number: int) -> None:
        """Say that the purchase is on its way."""
        order = self.step(number, OrderState.ORDERED, OrderState.SHIPPED)
        require(self.sender == order.seller, "only the seller may do this")

    # The courier

    @call
    def arrive(self, number: int) -> None:
        """Say that the purchase is in the country."""
        order = self.step(number, OrderState.SHIPPED, OrderState.ARRIVED)
        require(self.sender == order.courier, "only the courier may do this")

    @call
    def deliver(self, number: int) -> None:
        """Hand the purchase over; the seller is paid."""
        order = self.step(number, OrderState.RELEASED, OrderState.DELIVERED)
        require(self.sender == order.courier, "only the courier may do this")
        self.owe_money(order.seller, order.price)

    # Customs

    @call
    @only(party="customs")
    def release(self, number: int) -> None:
        """Let a declared purchase in; the duty is earned."""
        order = self.step(number, OrderState.DECLARED, OrderState.RELEASED)
        self.owe_money(self.customs, order.duty)

    @call
    @only(party="customs")
    def turn_back(self, number: int) -> None:
        """Send a declared purchase back; the buyer gets price and duty back."""
        order = self.step(number, OrderState.DECLARED, OrderState.REFUNDED)
        self.owe_money(order.buyer, order.price + order.duty)

    # Anybody to whom money is owed

    @call
    def collect(self) -> None:
        """Take what the contract owes the caller and could not pay by itself."""
        self.hand_over_money(self.sender)

    # What the contract does by itself

    @scheduled
    def expire(self, number: int) -> None:
        """Give the price back where nobody has shipped for thirty days."""
        if self.orders[number].state == OrderState.ORDERED:
            order = self.step(number, OrderState.ORDERED, OrderState.REFUNDED)
            self.owe_money(order.buyer, order.price)

    # What everybody may read

    @view
    def purchase(self, number: int) -> Order:
        """Return a purchase; they are numbered from 1."""
        return self.orders[number]

    @view
    def duty_of(self, price: Amount[Money]) -> Amount[Money]:
        """Return what is due for a purchase of this price."""
        if price <= self.duty_free:
            return Money.of(0)
        return price * self.rate

    @invariant
    def money_is_kept(self) -> bool:
        """The contract holds all money that it took and has not paid out."""
        return self.balance_of(self.money) >= self.money_held

    # Shared parts

    def step(self, number: int, source: OrderState, target: OrderState) -> Order:
        order = self.orders[number]
        require(order.state == source, "the purchase is not at that point")
        self.orders[number] = order.replace(state=target)
        self.emit(OrderMoved(number, target))
        return order


"""en:
person = keyed digest of the customs code
goods = digest of the invoice
order = buy
step = one step further
SHIP_WITHIN = time in which a seller ships
EXPIRY_GAS = computing work set aside for the end of an order, in gas
"""

"""ko:
PersonalImports = 개인 해외 구매: 해외에서 산 물건의 구매, 지급, 발송, 도착, 신고를 하나로 적는다.
customs = 세관
buyer = 구매자
seller = 판매자
courier = 배송업체
person = 통관 부호의 키 다이제스트
persons = 쓰인 통관 부호 다이제스트
goods = 송장의 해시
price = 가격
duty = 세금
duty_free = 면세 한도
rate = 세율
DutyRate = 세율
number = 구매 번호
state = 상태
source = 앞 상태
target = 다음 상태
Order = 구매
orders = 구매 목록
orders_placed = 구매 수
start = 시작: 절차를 연다. 이 계약을 체인에 올린 쪽이 세관이다.
order = 구매: 해외에서 물건을 사고 값을 낸다. 구매 번호를 받는다.
declare = 신고와 납세: 실제로 낸 가격으로 신고하고 세금을 낸다.
ship = 발송: 물건을 보냈음을 알린다.
arrive = 도착: 물건이 나라에 들어왔음을 알린다.
deliver = 배송: 물건을 건넨다. 판매자가 돈을 받는다.
release = 반출 허가: 신고된 물건을 들여보낸다. 세금이 확정된다.
turn_back = 반송: 신고된 물건을 돌려보낸다. 구매자는 값과 세금을 돌려받는다.
collect = 찾아가기: 저절로 받지 못한 돈을 찾아간다.
expire = 구매 소멸: 서른 날 동안 발송되지 않은 구매의 값을 돌려준다.
purchase = 구매 내용: 구매 하나의 내용. 번호는 1부터이다.
duty_of = 세금 계산: 이 가격의 구매에 매기는 세금.
money_is_kept = 돈이 있음: 받고 아직 내주지 않은 돈이 모두 계약에 있다.
step = 한 단계
OrderPlaced = 구매: 구매자가 값을 계약에 맡겼다.
OrderMoved = 구매 진행: 구매가 한 단계 나아갔거나 없던 일이 되었다.
DutyPaid = 신고와 납세: 구매자가 실제로 낸 가격으로 신고하였다.
OrderState = 구매 상태: 구매가 어디까지 왔는지를 뜻한다.
is paid and waits for the seller = 값을 내고 판매자를 기다림
is on its way = 오는 중
waits for the declaration = 신고를 기다림
is declared, duty is paid = 신고하고 세금을 냄
customs has let it in = 세관이 들여보냄
the buyer has it, the seller is paid = 구매자가 받고 판매자가 돈을 받음
did not come, the buyer has the money back = 오지 않아 구매자가 돈을 돌려받음
the price is above zero = 가격은 0보다 커야 한다
nobody buys from oneself = 자기에게서 살 수 없다
that digest of a customs code was used before = 이미 쓰인 통관 부호 다이제스트이다
only the buyer may do this = 구매자만 할 수 있다
only the seller may do this = 판매자만 할 수 있다
only the courier may do this = 배송업체만 할 수 있다
the payment is not the duty = 낸 돈이 세금과 다르다
the purchase is not at that point = 구매가 그 단계에 있지 않다
SHIP_WITHIN = 발송 기한
EXPIRY_GAS = 구매 종료에 배정된 연산량(가스)
"""
