# mypy: disable-error-code="empty-body"
"""Units here against money on another chain: held back, and delivered when it is proved paid.

The seller's units wait here. On the other chain the buyer pays against the proof that they wait;
here the proof of that payment, brought by anybody, delivers them. Without it they go back, at least
a day after the last moment to pay.
"""

from dure.contract.language import (
    Address,
    Choice,
    Event,
    Hash,
    Interface,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    encode,
    init,
    only,
    require,
    scheduled,
    sha256,
    view,
)
from dure.contract.library.foreign_chain import ForeignChain, ForeignProof, ForeignValidator

GIVING_BACK_GAS = 200_000
PRICE_MAX = 1_000_000_000_000_000
LOCK_DAYS_MAX = 60


class Obstacle(Choice):
    """Why units did not move."""

    NONE = "they moved"
    SELLER = "they may not leave the account of their holder"
    BUYER = "the receiver may not take them"


class Depository(Interface):
    """The depository, as this contract sees it."""

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


class CrossTerms(Record):
    """What is sold for what: the buyer on this chain, who is paid on the other."""

    isin: str
    units: int
    buyer: Address
    payee: Address
    price: int
    pay_until: Time


class LockState(Choice):
    """How far a delivery is."""

    LOCKED = "the units wait for the payment"
    PAID = "it is paid, and the units cannot move yet"
    DELIVERED = "the units are the buyer's"
    RETURNED = "nothing was paid, and the units are free"


class Lock(Record):
    """Units that wait until `return_at` for a payment on the other chain."""

    seller: Address
    terms: CrossTerms
    digest: Hash
    scale: int
    return_at: Time
    state: LockState


class PaymentNamed(Event):
    """The contract on the other chain whose word for a payment counts."""

    payment: Address


class UnitsLocked(Event):
    """Units wait for a payment on the other chain; the digest is of all terms."""

    deal: int
    digest: Hash


class LockEnded(Event):
    """Units were delivered, wait although they are paid, or went back."""

    deal: int
    state: LockState


class CrossDelivery(ForeignChain):
    """Delivers units here for money that was paid on another chain."""

    depository: Var[Address]
    payment: Var[Address]
    locks_made: Var[int]
    locks: Map[int, Lock]

    @init
    def begin(
        self, depository: Address, chain_id: Hash, validators: list[ForeignValidator]
    ) -> None:
        """Begin with the depository here, and with the other chain and who decides it."""
        self.depository = depository
        self.payment = self.address
        self.know_chain(chain_id, validators)

    @call
    @only(role="registrar")
    def name_payment(self, payment: Address) -> None:
        """Name the contract of the other chain that takes the money, once."""
        require(self.payment == self.address, "the payment contract is named already")
        self.payment = payment
        self.emit(PaymentNamed(payment))

    @call
    def lock_units(self, terms: CrossTerms, return_at: Time) -> int:
        """Hold own units back for a buyer who pays on the other chain; return the number."""
        require(self.payment != self.address, "no payment contract is named")
        require(0 < terms.price <= PRICE_MAX, "a price is 1 to 1,000,000,000,000,000")
        require(terms.pay_until > self.now, "the last moment to pay lies in the future")
        is_late = terms.pay_until + days(1) <= return_at <= self.now + days(LOCK_DAYS_MAX)
        require(is_late, "units wait a day longer than the payment, and 60 days at most")
        require(Depository(self.depository).may_hold(terms.buyer), "the buyer is not admitted")
        scale = Depository(self.depository).block(terms.isin, self.sender, terms.units)
        number = self.locks_made + 1
        self.locks_made = number
        digest = sha256(encode(self.address, number, terms))
        self.locks[number] = Lock(self.sender, terms, digest, scale, return_at, LockState.LOCKED)
        self.schedule(return_at, self.give_back, number, gas=GIVING_BACK_GAS)
        self.emit(UnitsLocked(number, digest))
        return number

    @call
    def show_payment(self, number: int, proof: ForeignProof, epoch: int) -> None:
        """Deliver the units for the proof that the other chain took the money."""
        lock = self.locks[number]
        require(lock.state == LockState.LOCKED, "the units wait no longer")
        require(self.now < lock.return_at, "the proof comes too late")
        self.use_event(proof, epoch, self.payment, "MoneyPaid", encode(number, lock.digest))
        self.hand_out(number, lock)

    @call
    def deliver_paid(self, number: int) -> None:
        """Deliver what is paid and could not move before."""
        lock = self.locks[number]
        require(lock.state == LockState.PAID, "nothing is paid that waits")
        self.hand_out(number, lock)

    @scheduled
    def give_back(self, number: int) -> None:
        """Free the units for which nothing was paid."""
        lock = self.locks[number]
        if lock.state == LockState.LOCKED:
            terms = lock.terms
            depository = Depository(self.depository)
            depository.unblock(terms.isin, lock.seller, terms.units, lock.scale)
            self.end(number, lock, LockState.RETURNED)

    @view
    def lock(self, number: int) -> Lock:
        """Return a delivery; they are numbered from 1."""
        return self.locks[number]

    # Shared parts

    def hand_out(self, number: int, lock: Lock) -> None:
        terms = lock.terms
        obstacle = Depository(self.depository).deliver(
            terms.isin, lock.seller, terms.buyer, terms.units, lock.scale
        )
        has_moved = obstacle == Obstacle.NONE
        self.end(number, lock, LockState.DELIVERED if has_moved else LockState.PAID)

    def end(self, number: int, lock: Lock, state: LockState) -> None:
        self.locks[number] = lock.replace(state=state)
        self.emit(LockEnded(number, state))


"""en:
isin = ISIN
pay_until = last moment to pay
GIVING_BACK_GAS = computing work set aside for giving back, in gas
PRICE_MAX = highest price
LOCK_DAYS_MAX = most days that units wait
"""

"""ko:
CrossDelivery = 두 체인 사이의 인도: 다른 체인에서 돈이 지급되면 이 체인에서 증권을 인도한다.
MoneyPaid = 대금 지급
registrar = 등록 담당자
Obstacle = 인도 장애: 단위가 움직이지 않은 까닭을 뜻한다.
they moved = 인도됨
they may not leave the account of their holder = 보유자의 계좌에서 나갈 수 없음
the receiver may not take them = 받는 사람이 가질 수 없음
Depository = 예탁결제원: 이 계약이 보는 예탁결제원.
depository = 예탁결제원
may_hold = 보유 자격
block = 묶기
unblock = 풀기
deliver = 인도
source = 보내는 사람
target = 받는 사람
holder = 보유자
CrossTerms = 거래 조건: 무엇을 얼마에 파는지. 매수인은 이 체인에, 돈을 받을 사람은 다른 체인에 있다.
terms = 거래 조건
isin = 종목 코드(ISIN)
units = 수량
buyer = 매수인
payee = 돈을 받을 사람
price = 값
pay_until = 지급 기한
LockState = 인도 상태: 어디까지 왔는지를 뜻한다.
state = 상태
the units wait for the payment = 지급을 기다림
it is paid, and the units cannot move yet = 지급되었으나 아직 움직일 수 없음
the units are the buyer's = 인도됨
nothing was paid, and the units are free = 지급되지 않아 풀림
Lock = 묶인 증권
lock = 묶인 증권: 인도 하나의 내용. 번호는 1부터이다.
locks = 인도 목록
locks_made = 지금까지의 인도 수
seller = 매도인
digest = 조건의 해시
scale = 누적 분할 비율
return_at = 돌아가는 때
payment = 지급 계약
deal = 거래 번호
number = 거래 번호
chain_id = 체인 번호
validators = 검증인
proof = 증명
epoch = 구성 번호
begin = 시작: 이 체인의 예탁결제원과 다른 체인의 검증인을 정한다.
name_payment = 지급 계약 지정: 다른 체인에서 돈을 받을 계약을 한 번 정한다.
lock_units = 증권 묶기: 다른 체인에서 돈을 낼 매수인을 위하여 증권을 묶고 번호를 돌려준다.
show_payment = 지급 증명: 다른 체인이 돈을 받았다는 증명으로 증권을 인도한다.
deliver_paid = 다시 인도: 지급되었으나 움직이지 못한 증권을 인도한다.
give_back = 돌려주기: 지급되지 않은 증권을 푼다.
PaymentNamed = 지급 계약 지정: 지급을 말할 수 있는 다른 체인의 계약이다.
UnitsLocked = 증권 묶임: 증권이 다른 체인의 지급을 기다린다. 해시는 모든 조건의 것이다.
LockEnded = 인도 결과: 증권이 인도되거나, 지급되고도 기다리거나, 풀렸다.
the payment contract is named already = 지급 계약이 이미 정해졌다
no payment contract is named = 지급 계약이 정해지지 않았다
a price is 1 to 1,000,000,000,000,000 = 값은 1에서 1,000,000,000,000,000까지이다
the last moment to pay lies in the future = 지급 기한은 앞날이어야 한다
units wait a day longer than the payment, and 60 days at most = 하루 더, 60일까지 기다린다
the buyer is not admitted = 등록되지 않은 매수인이다
the units wait no longer = 더는 기다리지 않는 증권이다
the proof comes too late = 증명이 너무 늦었다
nothing is paid that waits = 지급되고 기다리는 것이 없다
is_late = 하루 뒤인지
obstacle = 장애
has_moved = 움직였는지
GIVING_BACK_GAS = 돌려주는 데 드는 연산량(가스)
PRICE_MAX = 가장 높은 값
LOCK_DAYS_MAX = 증권이 기다리는 최대 일수
"""
