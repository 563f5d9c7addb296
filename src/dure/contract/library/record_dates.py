# mypy: disable-error-code="empty-body"
"""Who was in a register at a record date, kept for a payment that comes later.

Units are traded on while the payment is awaited: who buys after the record date buys without it,
so the ex-date is the record date itself. A contract that inherits it sets `self.depository`, calls
`self.set_record(isin, number, at)` where it announces a payment, and at the payment walks through
`self.entitled_to(isin, number)` and `self.owe_all`. The register's own bound bounds the walk. What
a holding under a court's order brings is withheld until the order is lifted.
"""

from dure.contract.language import (
    Address,
    Amount,
    Event,
    Interface,
    Map,
    Record,
    Time,
    Var,
    call,
    require,
    scheduled,
    view,
)
from dure.contract.library.payouts import Money, Payouts

RECORD_GAS = 1_500_000


class Registered(Record):
    """A place in the register of holders."""

    holder: Address
    units: int
    blocked: int
    is_frozen: bool


class HolderRegister(Interface):
    """The register of holders, as this contract sees it."""

    @view
    def holdings(self, isin: str) -> list[Registered]: ...

    @view
    def holding(self, isin: str, holder: Address) -> Registered: ...


class RecordSet(Event):
    """A payment goes to whoever is in the register at this moment."""

    isin: str
    flow: int
    record: Time


class RecordTaken(Event):
    """The register of the record date is kept: so many units in so many hands."""

    isin: str
    flow: int
    holders: int
    units: int


class HolderPaid(Event):
    """A holder is paid what a flow brought."""

    isin: str
    holder: Address
    amount: Amount[Money]


class PaymentWithheld(Event):
    """What a frozen holding brought waits until the court's order is lifted."""

    isin: str
    holder: Address
    amount: Amount[Money]


class RecordDates(Payouts):
    """Pays whoever was in the register of holders; what a court froze waits for it."""

    depository: Var[Address]
    records: Map[str, Map[int, Time]]
    entitled: Map[str, Map[int, list[Registered]]]
    withheld: Map[str, Map[Address, Amount[Money]]]

    @scheduled
    def take_record(self, isin: str, number: int) -> None:
        """Keep the register of now, which is the record date."""
        self.keep_record(isin, number)

    @call
    def take_record_late(self, isin: str, number: int) -> None:
        """Keep the register, should the contract's own call have failed."""
        require(self.records[isin][number] <= self.now, "the record date is to come")
        require(number not in self.entitled[isin], "the register is kept already")
        self.keep_record(isin, number)

    @call
    def collect_withheld(self, isin: str) -> None:
        """Take what was withheld while a court's order lasted."""
        amount = self.withheld[isin].get(self.sender, Money.of(0))
        require(amount > Money.of(0), "nothing was withheld")
        holding = HolderRegister(self.depository).holding(isin, self.sender)
        require(not holding.is_frozen, "the court's order still stands")
        self.withheld[isin].remove(self.sender)
        self.owe_money(self.sender, amount)
        self.emit(HolderPaid(isin, self.sender, amount))

    @view
    def entitled_to(self, isin: str, number: int) -> list[Registered]:
        """Return who a payment goes to: the register of its record date, else that of now."""
        if number in self.entitled[isin]:
            return self.entitled[isin][number]
        return HolderRegister(self.depository).holdings(isin)

    @view
    def record_of(self, isin: str, number: int) -> Time:
        """Return the record date of a payment; 0 where it is the payment's own moment."""
        return self.records[isin].get(number, Time(0))

    # Shared parts

    def set_record(self, isin: str, number: int, at: Time) -> None:
        require(at > self.now, "a record date lies in the future")
        self.records[isin][number] = at
        self.schedule(at, self.take_record, isin, number, gas=RECORD_GAS)
        self.emit(RecordSet(isin, number, at))

    def keep_record(self, isin: str, number: int) -> None:
        if number in self.entitled[isin]:
            return
        found = HolderRegister(self.depository).holdings(isin)
        units = 0
        for each in found:
            units += each.units
        self.entitled[isin][number] = found
        self.emit(RecordTaken(isin, number, len(found), units))

    def owe_all(self, isin: str, amount: int, receivers: list[Registered]) -> None:
        for each in receivers:
            due = Money.of(each.units * amount)
            holder = each.holder
            if HolderRegister(self.depository).holding(isin, holder).is_frozen:
                self.withheld[isin][holder] = self.withheld[isin].get(holder, Money.of(0)) + due
                self.emit(PaymentWithheld(isin, holder, due))
            else:
                self.owe_money(holder, due)
                self.emit(HolderPaid(isin, holder, due))


"""en:
isin = ISIN
flow = payment
depository = depository
RECORD_GAS = computing work set aside for keeping a register, in gas
"""

"""ko:
RecordDates = 명부에 따른 지급: 기준일의 보유자에게 지급하고, 동결된 몫은 법원을 기다린다.
RECORD_GAS = 명부를 적어 두는 데 배정된 연산량(가스)
Registered = 명부의 보유자
HolderRegister = 보유자 명부: 이 계약이 보는 명부.
depository = 예탁결제원
records = 기준일
entitled = 기준일의 명부
isin = 종목 코드(ISIN)
number = 번호
flow = 지급
record = 기준일
at = 시각
holder = 보유자
holders = 보유자 수
units = 수량
blocked = 묶인 수량
is_frozen = 동결 여부
holdings = 보유자 명부
found = 찾은 보유자
take_record = 기준일 명부: 기준일이 된 지금의 명부를 적어 둔다.
take_record_late = 직접 적기: 기준일의 명부가 저절로 적히지 않은 때에 직접 적는다.
entitled_to = 받을 사람: 지급을 받을 사람. 기준일의 명부이고, 없으면 지금의 명부이다.
record_of = 기준일: 지급의 기준일. 지급하는 때와 같으면 0이다.
RecordSet = 기준일 결정: 이때의 명부에 있는 사람이 지급을 받는다.
RecordTaken = 기준일 명부: 기준일의 명부를 적어 두었다. 보유자 수와 수량이다.
withheld = 보류한 돈
holding = 보유 내역
amount = 금액
due = 줄 돈
collect_withheld = 보류금 찾기: 법원의 명령이 있는 동안 보류된 돈을 찾아간다.
HolderPaid = 보유자 지급: 지급의 몫이 보유자에게 간다.
PaymentWithheld = 지급 보류: 동결된 몫이 법원의 명령이 풀릴 때까지 기다린다.
nothing was withheld = 보류된 돈이 없다
the court's order still stands = 법원의 명령이 아직 있다
the record date is to come = 기준일이 아직 되지 않았다
the register is kept already = 명부를 이미 적어 두었다
a record date lies in the future = 기준일은 앞날이어야 한다
"""
