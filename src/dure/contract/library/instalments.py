"""An instalment plan: a price is paid off in parts, and each part is collected by itself.

The debtor keeps a deposit with the contract. On each due date the part that falls due is taken out
of it and paid to the creditor. Where the deposit does not cover it, a late fee is added; after too
many missed dates the plan defaults, and all that is left falls due at once.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Decimal,
    Duration,
    Event,
    Map,
    Record,
    Rounding,
    Time,
    Var,
    call,
    days,
    init,
    invariant,
    require,
    scheduled,
    view,
)

PARTS_MAX = 600
MISSES_MAX = 12
PERIOD_MIN = days(1)
PERIOD_MAX = days(366)
COLLECTION_GAS = 60_000
RETURN_GAS = 20_000


class FeeRate(Decimal):
    """A share of an amount of money, in ten-thousandths; what it gives is rounded down."""

    places = 4
    rounding = Rounding.DOWN


class PlanState(Choice):
    """How far a plan has got."""

    OFFERED = "waits for the debtor to agree"
    RUNNING = "is paid off part by part"
    DEFAULTED = "too many due dates were missed, and all that is left is due"
    REPAID = "everything is paid"
    WITHDRAWN = "the creditor withdrew it before the debtor agreed"


class PlanTerms(Record):
    """What creditor and debtor agree on.

    The price falls due in equal parts; the last is smaller where the price does not divide evenly.
    """

    price: Amount
    part: Amount
    first_due_date: Time
    period: Duration
    late_fee: FeeRate
    early_discount: FeeRate
    misses_allowed: int


class Plan(Record):
    """One debt.

    `rest` is not due yet; `arrears` are due and not paid, late fees included. `collection_call`
    numbers the scheduled collection.
    """

    creditor: Address
    debtor: Address
    terms: PlanTerms
    state: PlanState
    rest: Amount
    arrears: Amount
    deposit: Amount
    missed: int
    next_due_date: Time
    collection_call: int


class PlanOffered(Event):
    """A creditor offered somebody to pay a price off in parts."""

    plan: int
    creditor: Address
    debtor: Address
    terms: PlanTerms


class PlanAgreed(Event):
    """The debtor agreed."""

    plan: int


class CreditorPaid(Event):
    """The creditor got money that was due."""

    plan: int
    amount: Amount


class DueDateMissed(Event):
    """The deposit did not cover what was due."""

    plan: int
    late_fee: Amount
    arrears: Amount
    missed: int


class PlanEnded(Event):
    """A plan is repaid, in default, or withdrawn."""

    plan: int
    state: PlanState


class InstalmentPlan(Contract):
    """Creditors and debtors agree on plans, and the contract collects each part when it is due."""

    money: Var[Asset]
    plans_offered: Var[int]
    plans: Map[int, Plan]
    deposits: Var[Amount]

    @init
    def begin(self, money: Asset) -> None:
        """Name the money in which everything is paid."""
        self.money = money

    # The creditor

    @call
    def offer_plan(self, debtor: Address, terms: PlanTerms) -> int:
        """Offer somebody a plan; return its number."""
        require(debtor != self.sender, "creditor and debtor are two")
        require(Amount(0) < terms.part <= terms.price, "a part is above zero and within the price")
        require(terms.price <= terms.part * PARTS_MAX, "a plan has at most 600 parts")
        require(self.now < terms.first_due_date, "the first due date has passed")
        require(
            terms.first_due_date <= self.now + PERIOD_MAX, "the first part is due within a year"
        )
        require(PERIOD_MIN <= terms.period <= PERIOD_MAX, "a period is a day to a year long")
        require(terms.late_fee >= FeeRate("0"), "a late fee is not below zero")
        require(terms.late_fee <= FeeRate("1"), "a late fee is at most the part that is late")
        require(terms.early_discount >= FeeRate("0"), "a discount is not below zero")
        require(terms.early_discount <= FeeRate("1"), "a discount is at most all of it")
        require(0 <= terms.misses_allowed <= MISSES_MAX, "a debtor may miss 12 due dates at most")
        number = self.plans_offered + 1
        self.plans_offered = number
        self.plans[number] = Plan(
            creditor=self.sender,
            debtor=debtor,
            terms=terms,
            state=PlanState.OFFERED,
            rest=terms.price,
            arrears=Amount(0),
            deposit=Amount(0),
            missed=0,
            next_due_date=terms.first_due_date,
            collection_call=0,
        )
        self.emit(PlanOffered(number, self.sender, debtor, terms))
        return number

    @call
    def withdraw_offer(self, number: int) -> None:
        """Withdraw a plan that the debtor has not agreed to."""
        plan = self.plans[number]
        require(self.sender == plan.creditor, "only the creditor may withdraw the offer")
        require(plan.state == PlanState.OFFERED, "the plan is no longer an offer")
        self.plans[number] = plan.replace(state=PlanState.WITHDRAWN)
        self.emit(PlanEnded(number, PlanState.WITHDRAWN))

    # The debtor

    @call
    def agree(self, number: int) -> None:
        """Agree to a plan: from now on each part is collected when it is due."""
        plan = self.plans[number]
        require(self.sender == plan.debtor, "only the debtor may agree")
        require(plan.state == PlanState.OFFERED, "the plan is no longer an offer")
        require(self.now < plan.next_due_date, "the first due date has passed")
        self.plans[number] = plan.replace(
            state=PlanState.RUNNING,
            collection_call=self.schedule(
                plan.next_due_date, self.collect, number, gas=COLLECTION_GAS
            ),
        )
        self.emit(PlanAgreed(number))

    @call
    def withdraw_deposit(self, number: int, amount: Amount) -> None:
        """Take money out of the deposit again."""
        plan = self.plans[number]
        require(self.sender == plan.debtor, "only the debtor may withdraw the deposit")
        require(Amount(0) < amount <= plan.deposit, "the deposit is smaller than that")
        self.pay_debtor(number, amount)

    @call
    def repay_early(self, number: int) -> None:
        """Pay everything that is left out of the deposit, less the discount for paying early."""
        plan = self.plans[number]
        require(self.sender == plan.debtor, "only the debtor may repay early")
        require(plan.state == PlanState.RUNNING, "the plan is not running")
        due = self.payoff(number)
        require(plan.deposit >= due, "the deposit does not cover what is left")
        self.plans[number] = plan.replace(rest=Amount(0), arrears=due)
        self.pay_arrears(number)

    # Anybody, as a rule the debtor

    @call(pays="money")
    def pay_in(self, number: int) -> None:
        """Add money to the deposit; what is already due is paid out of it at once."""
        plan = self.plans[number]
        is_owed = plan.state in [PlanState.RUNNING, PlanState.DEFAULTED]
        require(is_owed, "nothing is owed on this plan")
        require(self.paid > Amount(0), "nothing was paid in")
        self.deposits += self.paid
        self.plans[number] = plan.replace(deposit=plan.deposit + self.paid)
        self.pay_arrears(number)

    @call
    def collect_late(self, number: int) -> None:
        """Collect a part by hand, should the contract's own call have failed."""
        require(self.now >= self.plans[number].next_due_date, "the due date has not come")
        self.collect_part(number)

    # What the contract does by itself

    @scheduled
    def collect(self, number: int) -> None:
        """Collect the part that falls due."""
        self.collect_part(number)

    @scheduled
    def return_deposit(self, number: int) -> None:
        """Return what is left of the deposit when everything is paid."""
        self.pay_debtor(number, self.plans[number].deposit)

    # What everybody may read

    @view
    def plan(self, number: int) -> Plan:
        """Return a plan; they are numbered from 1."""
        return self.plans[number]

    @view
    def payoff(self, number: int) -> Amount:
        """Return what ends the plan today: the arrears, and the rest less the discount."""
        plan = self.plans[number]
        return plan.arrears + plan.rest - plan.rest * plan.terms.early_discount

    @invariant
    def deposits_are_there(self) -> bool:
        """The contract holds at least the deposits of all debtors."""
        return self.balance_of(self.money) >= self.deposits

    # Shared parts

    def collect_part(self, number: int) -> None:
        plan = self.plans[number]
        require(plan.state == PlanState.RUNNING, "the plan is not running")
        falls_due = min(plan.terms.part, plan.rest)
        self.cancel(plan.collection_call)
        next_due_date = plan.next_due_date + plan.terms.period
        self.plans[number] = plan.replace(
            rest=plan.rest - falls_due,
            arrears=plan.arrears + falls_due,
            next_due_date=next_due_date,
            collection_call=self.schedule(next_due_date, self.collect, number, gas=COLLECTION_GAS),
        )
        self.pay_arrears(number)
        self.charge_if_late(number)

    def pay_arrears(self, number: int) -> None:
        plan = self.plans[number]
        amount = min(plan.deposit, plan.arrears)
        plan = plan.replace(deposit=plan.deposit - amount, arrears=plan.arrears - amount)
        if plan.arrears == Amount(0):
            plan = plan.replace(missed=0)
        self.plans[number] = plan
        self.deposits -= amount
        if amount > Amount(0):
            self.pay(self.money, plan.creditor, amount)
            self.emit(CreditorPaid(number, amount))
        if plan.arrears + plan.rest == Amount(0):
            self.end(number, PlanState.REPAID)

    def charge_if_late(self, number: int) -> None:
        plan = self.plans[number]
        if plan.arrears == Amount(0):
            return
        late_fee = plan.terms.part * plan.terms.late_fee
        arrears = plan.arrears + late_fee
        missed = plan.missed + 1
        self.plans[number] = plan.replace(arrears=arrears, missed=missed)
        self.emit(DueDateMissed(number, late_fee, arrears, missed))
        if missed > plan.terms.misses_allowed:
            self.plans[number] = plan.replace(
                rest=Amount(0), arrears=arrears + plan.rest, missed=missed
            )
            self.end(number, PlanState.DEFAULTED)

    def end(self, number: int, state: PlanState) -> None:
        plan = self.plans[number]
        self.cancel(plan.collection_call)
        self.plans[number] = plan.replace(state=state)
        self.emit(PlanEnded(number, state))
        if plan.deposit > Amount(0):
            self.schedule(self.now, self.return_deposit, number, gas=RETURN_GAS)

    def pay_debtor(self, number: int, amount: Amount) -> None:
        plan = self.plans[number]
        self.plans[number] = plan.replace(deposit=plan.deposit - amount)
        self.deposits -= amount
        self.pay(self.money, plan.debtor, amount)


"""en:
PlanTerms = set of plan terms
number = number of the plan
money = agreed money
part = instalment
first_due_date = first due date
next_due_date = next due date
late_fee = rate of the late fee
early_discount = rate of the discount for paying early
misses_allowed = number of missed due dates allowed
missed = number of missed due dates
rest = money not yet due
arrears = money due and not paid
collection_call = scheduled collection
payoff = sum that ends the plan
deposits = deposits of all debtors
PARTS_MAX = most parts of a plan
MISSES_MAX = most due dates that may be missed
PERIOD_MIN = shortest period
PERIOD_MAX = longest period
COLLECTION_GAS = computing work set aside for a collection, in gas
RETURN_GAS = computing work set aside for returning a deposit, in gas
"""

"""ko:
InstalmentPlan = 분할 상환: 채권자와 채무자가 상환 계획에 합의하면 나누어 갚을 돈을 갚는 날마다
    계약이 저절로 거둔다.
Plan = 상환 계획
PlanTerms = 상환 조건
creditor = 채권자
debtor = 채무자
money = 약정 통화
terms = 상환 조건
price = 상환 총액
part = 회차 상환금
first_due_date = 첫 상환일
next_due_date = 다음 상환일
period = 상환 주기
late_fee = 연체료율
early_discount = 조기 상환 할인율
misses_allowed = 허용 연체 횟수
missed = 연체 횟수
rest = 아직 기한이 오지 않은 잔액
arrears = 연체액
deposit = 예치금
deposits = 예치금 전부
collection_call = 예약된 수금
payoff = 완제액: 오늘 상환을 끝내는 금액. 연체액에 할인한 잔액을 더한 것이다.
number = 계획 번호
state = 상태
plan = 상환 계획: 상환 계획 하나의 내용. 번호는 1부터이다.
amount = 금액
begin = 시작: 모든 돈을 치를 통화를 정한다.
offer_plan = 상환 계획 제안: 상대방에게 상환 계획을 제안하고 계획 번호를 받는다.
withdraw_offer = 제안 철회: 채무자가 아직 동의하지 않은 계획을 거두어들인다.
agree = 동의: 상환 계획에 동의한다. 이때부터 상환일마다 회차 상환금이 거두어진다.
withdraw_deposit = 예치금 인출: 예치금에서 돈을 꺼낸다.
repay_early = 조기 상환: 남은 것을 예치금으로 한꺼번에 갚고 조기 상환 할인을 받는다.
pay_in = 예치: 예치금을 더 넣는다. 이미 갚을 때가 된 돈은 곧바로 예치금에서 지급된다.
collect_late = 직접 수금: 저절로 진행되어야 할 수금이 실패한 때에 직접 수금한다.
collect = 수금: 상환일이 된 회차 상환금을 거둔다.
return_deposit = 예치금 반환: 다 갚은 뒤 남은 예치금을 돌려준다.
deposits_are_there = 예치금이 있음: 모든 채무자의 예치금이 계약에 있다.
PlanOffered = 계획 제안: 채권자가 나누어 갚는 계획을 제안하였다.
PlanAgreed = 계획 동의: 채무자가 동의하였다.
CreditorPaid = 상환금 지급: 채권자가 갚을 때가 된 돈을 받았다.
DueDateMissed = 연체: 예치금이 갚을 돈에 모자랐다.
PlanEnded = 계획 종료: 다 갚았거나, 기한의 이익을 잃었거나, 철회되었다.
PlanState = 상환 계획의 상태: 상환 계획이 어디까지 왔는지를 뜻한다.
waits for the debtor to agree = 동의 대기
is paid off part by part = 상환 중
too many due dates were missed, and all that is left is due = 연체가 잦아 기한의 이익을 잃음
everything is paid = 상환 완료
the creditor withdrew it before the debtor agreed = 채무자가 동의하기 전에 채권자가 철회함
creditor and debtor are two = 채권자와 채무자는 서로 달라야 한다
a part is above zero and within the price = 회차 상환금은 0보다 크고 상환 총액을 넘지 않아야 한다
a plan has at most 600 parts = 상환은 600회까지 나눌 수 있다
the first due date has passed = 이미 지난 첫 상환일이다
the first part is due within a year = 첫 상환일은 1년 안이어야 한다
a period is a day to a year long = 상환 주기는 하루에서 1년까지이다
a late fee is not below zero = 연체료율은 0 이상이어야 한다
a late fee is at most the part that is late = 연체료는 늦은 회차 상환금을 넘을 수 없다
a discount is not below zero = 할인율은 0 이상이어야 한다
a discount is at most all of it = 할인율은 1을 넘을 수 없다
a debtor may miss 12 due dates at most = 연체는 12회까지 허용할 수 있다
only the creditor may withdraw the offer = 채권자만 제안을 철회할 수 있다
the plan is no longer an offer = 더는 제안 상태가 아니다
only the debtor may agree = 채무자만 동의할 수 있다
only the debtor may withdraw the deposit = 채무자만 예치금을 꺼낼 수 있다
the deposit is smaller than that = 예치금이 그만큼 없다
only the debtor may repay early = 채무자만 조기 상환할 수 있다
the plan is not running = 상환 중인 계획이 아니다
the deposit does not cover what is left = 예치금이 남은 금액에 모자란다
nothing is owed on this plan = 이 계획에는 갚을 것이 없다
nothing was paid in = 넣은 돈이 없다
the due date has not come = 아직 상환일이 되지 않았다
PARTS_MAX = 최대 상환 횟수
MISSES_MAX = 최대 허용 연체 횟수
PERIOD_MIN = 가장 짧은 상환 주기
PERIOD_MAX = 가장 긴 상환 주기
COLLECTION_GAS = 한 번의 수금에 배정된 연산량(가스)
RETURN_GAS = 예치금 반환에 배정된 연산량(가스)
"""
