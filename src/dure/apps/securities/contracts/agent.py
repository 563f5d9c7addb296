# mypy: disable-error-code="empty-body"
"""The paying agent: coupons, redemption, dividends and splits, each at its moment, by itself.

Flows of a security happen in the order in which they were announced, each for everybody who is in
the register of holders at that moment. What the issuer has not funded waits, and all flows behind
it; whoever funds it later has it paid at once. A split that can no longer be made is dropped, so it
holds nothing up.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Duration,
    Event,
    Interface,
    Map,
    Record,
    Time,
    call,
    days,
    init,
    invariant,
    only,
    require,
    scheduled,
    view,
)
from dure.contract.library.payouts import Money
from dure.contract.library.record_dates import RecordDates

FLOWS_MAX = 400
FLOWS_PER_CALL = 40
DUE_PER_CALL = 4
FLOW_GAS = 6_000_000
LEAD_DAYS_MAX = 60
SPLITS_MAX = 1_000
SPLIT_UNITS_MAX = 1_000_000_000_000
NOTHING = Money.of(0)


class Kind(Choice):
    """What a security is."""

    SHARE = "a share in a company"
    BOND = "a debt with interest"
    PAPER = "commercial paper, a short debt sold at a discount"


class Standing(Choice):
    """Whether a series moves."""

    ACTIVE = "may be moved"
    SUSPENDED = "stands still"
    REDEEMED = "was paid back"


class FlowKind(Choice):
    """What happens to every unit."""

    COUPON = "interest is paid"
    REDEMPTION = "the nominal is paid back and the unit ends"
    DIVIDEND = "a part of the profit is paid"
    SPLIT = "it becomes several units"


class FlowState(Choice):
    """How far a flow is."""

    ANNOUNCED = "is to come"
    MISSED = "is due, and the issuer has not funded it"
    DONE = "has happened"
    DROPPED = "could not be done and was passed over"


class Flow(Record):
    """What happens at a moment: `amount` money for each unit, or a split by that factor."""

    kind: FlowKind
    at: Time
    amount: int


class Security(Record):
    """A security, as the depository registered it."""

    kind: Kind
    name: str
    issuer: Address
    nominal: int
    authorised: int
    matures: Time


class Series(Record):
    """The security's units, as the depository keeps them."""

    asset: Asset
    standing: Standing
    issued: int
    holders: int
    scale: int


class Depository(Interface):
    """The depository, as this contract sees it."""

    @view
    def security(self, isin: str) -> Security: ...

    @view
    def series_of(self, isin: str) -> Series: ...

    @call
    def split(self, isin: str, factor: int) -> None: ...

    @call
    def redeem(self, isin: str) -> None: ...


class FlowAnnounced(Event):
    """Something is to happen to a security."""

    isin: str
    flow: int
    kind: FlowKind
    at: Time
    amount: int


class FlowChanged(Event):
    """A flow happened, or was missed; `total` is money for all units."""

    isin: str
    flow: int
    kind: FlowKind
    state: FlowState
    total: Amount[Money]


class FundsAdded(Event):
    """Money was put in for a security's flows."""

    isin: str
    amount: Amount[Money]


class FundsReturned(Event):
    """The issuer took back what no flow needs."""

    isin: str
    amount: Amount[Money]


class PayingAgent(RecordDates):
    """Pays the holders of all securities in their issuers' place."""

    flows: Map[str, Map[int, Flow]]
    announced: Map[str, int]
    done: Map[str, int]
    missed: Map[str, int]
    booked: Map[str, int]
    lead: Map[str, Duration]
    planned: Map[str, int]
    funds: Map[str, Amount[Money]]

    @init
    def begin(self, depository: Address, money: Asset[Money]) -> None:
        """Begin with the depository whose register counts, and the money of all payments."""
        self.depository = depository
        self.money = money

    # The registrar

    @call
    @only(role="registrar")
    def announce(self, isin: str, flows: list[Flow]) -> None:
        """Enter the flows of a debt: coupons, and at its maturity its redemption."""
        security = Depository(self.depository).security(isin)
        require(security.kind != Kind.SHARE, "shares have no schedule")
        require(0 < len(flows) <= FLOWS_PER_CALL, "1 to 40 flows at a time")
        for flow in flows:
            is_last = flow.kind == FlowKind.REDEMPTION
            require(is_last or flow.kind == FlowKind.COUPON, "a debt has coupons and a redemption")
            require(flow.at <= security.matures, "no flow is after the maturity")
            is_right = flow.at == security.matures and flow.amount == security.nominal
            require(is_right or not is_last, "the nominal is paid back at maturity")
            self.append(isin, flow)
            lead = self.lead.get(isin, Duration(0))
            if lead > Duration(0) and not is_last:
                self.set_record(isin, self.announced[isin], flow.at - lead)

    @call
    @only(role="registrar")
    def set_record_lead(self, isin: str, lead: Duration) -> None:
        """Pay coupons announced from now on to the register of so long before."""
        require(Duration(0) <= lead <= days(LEAD_DAYS_MAX), "a record date is 0 to 60 days before")
        self.lead[isin] = lead

    # The issuers

    @call(pays="money")
    def fund(self, isin: str) -> None:
        """Put money in for a security's flows; what is due is paid at once."""
        require(self.paid > NOTHING, "nothing was paid")
        self.funds[isin] = self.funds.get(isin, NOTHING) + self.paid
        self.money_held += self.paid
        self.emit(FundsAdded(isin, self.paid))
        self.pay_what_is_due(isin)

    @call(pays="money")
    def declare_dividend(self, isin: str, amount: int, at: Time) -> None:
        """Pay so much for each unit to whoever holds it at that moment; all of it comes with it."""
        self.take_dividend(isin, amount, self.paid)
        self.append(isin, Flow(FlowKind.DIVIDEND, at, amount))

    @call(pays="money")
    def declare_dividend_of_record(self, isin: str, amount: int, at: Time, record: Time) -> None:
        """Pay it to whoever held at the record date, while the units are traded on without it."""
        require(record < at, "the record date is before the payment")
        self.take_dividend(isin, amount, self.paid)
        self.append(isin, Flow(FlowKind.DIVIDEND, at, amount))
        self.set_record(isin, self.announced[isin], record)

    @call
    def announce_split(self, isin: str, factor: int, at: Time) -> None:
        """Make so many units of each at that moment."""
        security = Depository(self.depository).security(isin)
        self.require_issuer(security)
        require(security.kind == Kind.SHARE, "only shares are split")
        require(2 <= factor <= 100, "a split makes 2 to 100 units of one")
        planned = self.planned.get(isin, 1) * factor
        require(self.can_split(isin, planned), "one unit would become too many")
        self.planned[isin] = planned
        self.append(isin, Flow(FlowKind.SPLIT, at, factor))

    @call
    def take_back(self, isin: str) -> Amount[Money]:
        """Return to the issuer what is left when no flow is to come."""
        self.require_issuer(Depository(self.depository).security(isin))
        is_over = self.done.get(isin, 0) == self.announced.get(isin, 0)
        require(is_over, "the money waits for flows that are to come")
        amount = self.funds.get(isin, NOTHING)
        require(amount > NOTHING, "there is nothing to take back")
        self.funds.remove(isin)
        self.money_held -= amount
        self.pay(self.money, self.sender, amount)
        self.emit(FundsReturned(isin, amount))
        return amount

    # The holders

    @call
    def collect(self) -> None:
        """Take what is owed and could not be paid by itself."""
        require(self.owed(self.sender) > NOTHING, "nothing is owed")
        self.hand_over_money(self.sender)

    @call
    def pay_late(self, isin: str) -> None:
        """Have happen what is due, should the contract's own call have failed."""
        self.pay_what_is_due(isin)

    # What the contract does by itself

    @scheduled
    def fall_due(self, isin: str) -> None:
        """Have happen what is due, and look at the next flow at its time."""
        self.pay_what_is_due(isin)

    # What everybody may read

    @view
    def flow(self, isin: str, number: int) -> Flow:
        """Return a flow; they are numbered from 1."""
        return self.flows[isin][number]

    @view
    def progress(self, isin: str) -> int:
        """Return how many flows have happened."""
        return self.done.get(isin, 0)

    @view
    def funded(self, isin: str) -> Amount[Money]:
        """Return the money that is here for a security's flows."""
        return self.funds.get(isin, NOTHING)

    @invariant
    def all_money_is_there(self) -> bool:
        """The contract holds what was put in and has not been paid."""
        return self.balance_of(self.money) >= self.money_held

    # Shared parts

    def can_split(self, isin: str, factor: int) -> bool:
        depository = Depository(self.depository)
        is_fine = depository.series_of(isin).scale * factor <= SPLITS_MAX
        return is_fine and depository.security(isin).authorised * factor <= SPLIT_UNITS_MAX

    def take_dividend(self, isin: str, amount: int, paid: Amount[Money]) -> None:
        security = Depository(self.depository).security(isin)
        issued = Depository(self.depository).series_of(isin).issued
        self.require_issuer(security)
        require(security.kind == Kind.SHARE, "only shares have dividends")
        require(amount > 0 and issued > 0, "a dividend is above zero")
        require(paid == Money.of(amount * issued), "the payment is not the whole dividend")
        self.funds[isin] = self.funds.get(isin, NOTHING) + paid
        self.money_held += paid

    def require_issuer(self, security: Security) -> None:
        require(self.sender == security.issuer, "only the issuer does this")

    def append(self, isin: str, flow: Flow) -> None:
        number = self.announced.get(isin, 0) + 1
        require(number <= FLOWS_MAX, "a security has at most 400 flows")
        require(flow.amount > 0, "a flow is above zero")
        require(flow.at > self.now, "a flow lies in the future")
        if number > 1:
            require(self.flows[isin][number - 1].at <= flow.at, "flows are in order of time")
            last = self.flows[isin][number - 1].kind
            require(last != FlowKind.REDEMPTION, "nothing follows the redemption")
        self.flows[isin][number] = flow
        self.announced[isin] = number
        self.emit(FlowAnnounced(isin, number, flow.kind, flow.at, flow.amount))
        if self.done.get(isin, 0) == number - 1:
            self.look_again(isin, number)

    def look_again(self, isin: str, number: int) -> None:
        if self.booked.get(isin, 0) < number:
            self.booked[isin] = number
            self.schedule(self.flows[isin][number].at, self.fall_due, isin, gas=FLOW_GAS)

    def pay_what_is_due(self, isin: str) -> None:
        for turn in range(DUE_PER_CALL + 1):
            number = self.done.get(isin, 0) + 1
            if number > self.announced.get(isin, 0):
                return
            flow = self.flows[isin][number]
            if flow.at > self.now or turn == DUE_PER_CALL:
                self.look_again(isin, number)
                return
            if not self.happen(isin, number, flow):
                return
            self.done[isin] = number

    def happen(self, isin: str, number: int, flow: Flow) -> bool:
        total = NOTHING
        state = FlowState.DONE
        if flow.kind == FlowKind.SPLIT:
            state = self.make_split(isin, flow.amount)
        else:
            if number in self.records[isin]:
                self.keep_record(isin, number)
            receivers = self.entitled_to(isin, number)
            for each in receivers:
                total += Money.of(each.units * flow.amount)
            funds = self.funds.get(isin, NOTHING)
            if total > funds:
                self.miss(isin, number, flow, total)
                return False
            self.funds[isin] = funds - total
            self.owe_all(isin, flow.amount, receivers)
            if flow.kind == FlowKind.REDEMPTION:
                Depository(self.depository).redeem(isin)
        self.emit(FlowChanged(isin, number, flow.kind, state, total))
        return True

    def make_split(self, isin: str, factor: int) -> FlowState:
        self.planned[isin] = self.planned[isin] // factor
        if not self.can_split(isin, factor):
            return FlowState.DROPPED
        Depository(self.depository).split(isin, factor)
        return FlowState.DONE

    def miss(self, isin: str, number: int, flow: Flow, total: Amount[Money]) -> None:
        if self.missed.get(isin, 0) < number:
            self.missed[isin] = number
            self.emit(FlowChanged(isin, number, flow.kind, FlowState.MISSED, total))


"""en:
isin = ISIN
done = flows that have happened
announced = announced flows
booked = last flow with a call at its time
lead = time from record date to coupon
planned = units that announced splits make of one
LEAD_DAYS_MAX = most days from record date to payment
SPLITS_MAX = most units that one may be split into
SPLIT_UNITS_MAX = most units after a split
money = money of the payments
FLOWS_MAX = most flows of a security
FLOW_GAS = computing work set aside for a flow, in gas
"""

"""ko:
PayingAgent = 지급 대리인: 발행인을 대신하여 이자, 원금, 배당을 보유자에게 지급하고 주식을 나눈다.
registrar = 등록 담당자
Kind = 증권 종류: 증권이 무엇인지를 뜻한다.
a share in a company = 주식
a debt with interest = 채권
commercial paper, a short debt sold at a discount = 기업어음
Standing = 종목의 상태: 종목이 움직일 수 있는지를 뜻한다.
may be moved = 이전할 수 있음
stands still = 이전 정지
was paid back = 상환됨
FlowKind = 지급 종류: 모든 단위에 일어나는 일을 뜻한다.
kind = 종류
interest is paid = 이자 지급
the nominal is paid back and the unit ends = 원금 상환
a part of the profit is paid = 배당
it becomes several units = 주식 분할
FlowState = 지급 상태: 어디까지 왔는지를 뜻한다.
state = 상태
is to come = 예정
is due, and the issuer has not funded it = 미지급
has happened = 완료
could not be done and was passed over = 할 수 없어 건너뜀
Flow = 예정된 지급: 정해진 때에 한 단위마다 얼마를 주는지, 또는 몇 배로 나누는지.
flow = 예정된 지급: 지급 하나의 내용. 번호는 1부터이다.
flows = 지급 일정
at = 시각
amount = 금액
security = 증권
Depository = 예탁결제원: 이 계약이 보는 예탁결제원.
depository = 예탁결제원
isin = 종목 코드(ISIN)
issuer = 발행인
matures = 만기
issued = 발행 수량
factor = 분할 배수
number = 번호
total = 합계
announced = 예정한 지급 수
done = 끝난 지급 수
missed = 마지막 미지급
booked = 예약한 지급
funds = 지급 재원
begin = 시작: 명부를 따를 예탁결제원과 지급 통화를 정한다.
announce = 일정 등록: 채권의 이자와 만기 상환을 적는다.
fund = 재원 납입: 종목의 지급에 쓸 돈을 넣는다. 밀린 것은 바로 지급된다.
declare_dividend = 배당 결정: 그때의 보유자에게 한 단위마다 얼마를 준다. 돈은 모두 함께 낸다.
announce_split = 분할 결정: 그때 한 단위를 여러 단위로 나눈다.
take_back = 재원 회수: 남은 지급이 없을 때 남은 돈을 발행인이 돌려받는다.
collect = 찾아가기: 저절로 받지 못한 돈을 찾아간다.
pay_late = 직접 지급: 저절로 진행되어야 할 지급이 실패한 때에 직접 진행한다.
fall_due = 지급일: 때가 된 지급을 하고 다음 지급을 예약한다.
progress = 끝난 지급: 지급이 몇 번 끝났는지.
funded = 지급 재원: 종목의 지급에 쓸 돈.
all_money_is_there = 모든 돈이 있음: 받고 아직 지급하지 않은 돈이 모두 계약에 있다.
FlowAnnounced = 지급 예정: 종목에 일어날 일이 정해졌다.
FlowChanged = 지급 결과: 지급이 이루어졌거나 이루어지지 못했다. 합계는 모든 단위의 돈이다.
FundsAdded = 재원 납입: 종목의 지급에 쓸 돈이 들어왔다.
FundsReturned = 재원 회수: 쓰이지 않을 돈을 발행인이 돌려받았다.
set_record_lead = 기준일 간격: 앞으로 등록하는 이자는 그만큼 앞선 때의 명부에 따라 지급한다.
declare_dividend_of_record = 기준일 배당: 기준일의 보유자에게 배당한다.
lead = 기준일 간격
planned = 예정된 분할 배수
LEAD_DAYS_MAX = 기준일과 지급일의 최대 간격(일)
SPLITS_MAX = 한 단위가 나뉠 수 있는 최대 단위 수
SPLIT_UNITS_MAX = 분할 뒤의 최대 수량
can_split = 분할 가능 여부
receivers = 받을 사람
a record date is 0 to 60 days before = 기준일은 지급일의 0일에서 60일 앞이다
the record date is before the payment = 기준일은 지급일보다 앞이다
one unit would become too many = 한 단위가 너무 많은 단위로 나뉜다
shares have no schedule = 주식에는 지급 일정이 없다
1 to 40 flows at a time = 한 번에 1건에서 40건까지이다
a debt has coupons and a redemption = 채권에는 이자와 상환만 있다
no flow is after the maturity = 만기 뒤의 지급은 없다
the nominal is paid back at maturity = 원금은 만기에 액면대로 갚는다
nothing was paid = 낸 돈이 없다
only shares have dividends = 주식에만 배당한다
a dividend is above zero = 배당은 0보다 커야 한다
the payment is not the whole dividend = 낸 돈이 전체 배당과 다르다
only shares are split = 주식만 분할한다
a split makes 2 to 100 units of one = 분할은 2배에서 100배까지이다
the money waits for flows that are to come = 앞으로의 지급에 쓸 돈이다
there is nothing to take back = 돌려받을 것이 없다
nothing is owed = 받을 돈이 없다
only the issuer does this = 발행인만 할 수 있다
a security has at most 400 flows = 한 종목의 지급은 400건까지이다
a flow is above zero = 지급은 0보다 커야 한다
a flow lies in the future = 지급은 앞날이어야 한다
flows are in order of time = 지급은 시간 순서이다
nothing follows the redemption = 상환 뒤에는 지급이 없다
FLOWS_MAX = 한 종목의 최대 지급 수
FLOWS_PER_CALL = 한 번에 등록하는 최대 지급 수
DUE_PER_CALL = 한 번에 진행하는 최대 지급 수
FLOW_GAS = 지급 한 번에 배정된 연산량(가스)
is_last = 마지막 지급인지
is_right = 액면대로인지
last = 앞 지급
series_of = 종목 현황
turn = 진행한 지급 수
split = 분할
redeem = 상환
NOTHING = 없음
"""
