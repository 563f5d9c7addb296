"""Money here for units on another chain: paid only against the proof that the units wait there.

The buyer's money goes to the seller in the same call in which the proof is checked, or stays where
it is. The event of that call, proved on the other chain, delivers the units.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Event,
    Hash,
    Record,
    Time,
    Var,
    call,
    encode,
    init,
    only,
    require,
    sha256,
)
from dure.contract.library.foreign_chain import ForeignChain, ForeignProof, ForeignValidator


class CrossTerms(Record):
    """What is sold for what: the buyer on the other chain, who is paid on this one."""

    isin: str
    units: int
    buyer: Address
    payee: Address
    price: int
    pay_until: Time


class DeliveryNamed(Event):
    """The contract on the other chain whose word for waiting units counts."""

    delivery: Address


class MoneyPaid(Event):
    """The price of units on the other chain was paid; the digest is of all terms."""

    deal: int
    digest: Hash


class CrossPayment(ForeignChain):
    """Takes the money here for units that wait on another chain."""

    money: Var[Asset]
    delivery: Var[Address]

    @init
    def begin(self, money: Asset, chain_id: Hash, validators: list[ForeignValidator]) -> None:
        """Begin with the money here, and with the other chain and who decides it."""
        self.money = money
        self.delivery = self.address
        self.know_chain(chain_id, validators)

    @call
    @only(role="registrar")
    def name_delivery(self, delivery: Address) -> None:
        """Name the contract of the other chain that holds the units, once."""
        require(self.delivery == self.address, "the delivery contract is named already")
        self.delivery = delivery
        self.emit(DeliveryNamed(delivery))

    @call(pays="money")
    def pay_seller(self, number: int, terms: CrossTerms, proof: ForeignProof, epoch: int) -> None:
        """Pay the price of units that are proved to wait on the other chain, once."""
        require(self.now <= terms.pay_until, "it is too late to pay")
        require(self.paid == Amount(terms.price), "the payment is not the price")
        digest = sha256(encode(self.delivery, number, terms))
        self.use_event(proof, epoch, self.delivery, "UnitsLocked", encode(number, digest))
        self.pay(self.money, terms.payee, self.paid)
        self.emit(MoneyPaid(number, digest))


"""en:
isin = ISIN
pay_until = last moment to pay
"""

"""ko:
CrossPayment = 두 체인 사이의 지급: 다른 체인에서 기다리는 증권의 값을 이 체인에서 낸다.
registrar = 등록 담당자
CrossTerms = 거래 조건: 무엇을 얼마에 파는지. 매수인은 다른 체인에, 돈을 받을 사람은 이 체인에 있다.
terms = 거래 조건
isin = 종목 코드(ISIN)
units = 수량
buyer = 매수인
payee = 돈을 받을 사람
price = 값
pay_until = 지급 기한
money = 지급 통화
delivery = 인도 계약
deal = 거래 번호
number = 거래 번호
digest = 조건의 해시
chain_id = 체인 번호
validators = 검증인
proof = 증명
epoch = 구성 번호
begin = 시작: 이 체인의 통화와 다른 체인의 검증인을 정한다.
name_delivery = 인도 계약 지정: 다른 체인에서 증권을 묶는 계약을 한 번 정한다.
pay_seller = 값 내기: 다른 체인에서 기다린다고 증명된 증권의 값을 한 번 낸다.
DeliveryNamed = 인도 계약 지정: 증권이 기다린다고 말할 수 있는 다른 체인의 계약이다.
MoneyPaid = 지급: 다른 체인에 있는 증권의 값이 지급되었다. 해시는 모든 조건의 것이다.
the delivery contract is named already = 인도 계약이 이미 정해졌다
it is too late to pay = 지급 기한이 지났다
the payment is not the price = 낸 돈이 값과 다르다
"""
