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
