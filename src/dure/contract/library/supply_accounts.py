"""Accounts with a supplier: money put in, bills, and renewable money that pays bills.

A contract that inherits it moves money with `self.credit` and `self.debit`, has a customer owe with
`self.charge`, and turns money into renewable money with `self.reward`.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Contract,
    Event,
    Map,
    Var,
    call,
    init,
    invariant,
    require,
    view,
)


class SupplyBillPaid(Event):
    """A customer paid what it owed to the supplier, in money or in renewable money."""

    customer: Address
    amount: Amount
    is_renewable: bool


class RewardIssued(Event):
    """A producer got renewable money, which money with the contract backs one for one."""

    producer: Address
    amount: Amount


class SupplyAccounts(Contract):
    """Money of customers and of their supplier, and what they owe each other."""

    money: Var[Asset]
    renewable: Var[Asset]
    supplier: Var[Address]
    accounts: Map[Address, Amount]
    bills: Map[Address, Amount]
    supply_claims: Map[Address, Amount]
    open_slots: Map[Address, int]
    kept: Var[Amount]
    backing: Var[Amount]

    @init
    def open_accounts(self, money: Asset, supplier: Address) -> None:
        """Begin with one kind of money, and a supplier."""
        self.money = money
        self.supplier = supplier
        self.renewable = self.create_asset("RENEWABLE", 0)

    @call(pays="money")
    def deposit(self) -> None:
        """Put money on the own account."""
        self.kept += self.paid
        self.credit(self.sender, self.paid)

    @call
    def withdraw(self, amount: Amount) -> None:
        """Take money out; for whoever has no open orders and no bill."""
        require(self.open_slots.get(self.sender, 0) == 0, "an order is not settled yet")
        require(self.bill(self.sender) == Amount(0), "pay the bill first")
        self.debit(self.sender, amount)
        self.kept -= amount
        self.pay(self.money, self.sender, amount)

    @call(pays="money")
    def pay_bill(self) -> None:
        """Pay what is owed to the supplier, in money."""
        self.kept += self.paid
        self.lower_bill(self.sender, self.paid)
        self.emit(SupplyBillPaid(self.sender, self.paid, is_renewable=False))

    @call(pays="renewable")
    def pay_bill_in_renewable(self) -> None:
        """Pay what is owed to the supplier in renewable money, which is destroyed by that."""
        self.burn(self.renewable, self.address, self.paid)
        self.backing -= self.paid
        self.kept += self.paid
        self.lower_bill(self.sender, self.paid)
        self.emit(SupplyBillPaid(self.sender, self.paid, is_renewable=True))

    @call
    def collect(self) -> Amount:
        """Take what the supplier still owes to the caller, as far as its account goes."""
        owed = self.claim(self.sender)
        require(owed > Amount(0), "nothing is owed")
        given = min(owed, self.account(self.supplier))
        self.debit(self.supplier, given)
        self.supply_claims[self.sender] = owed - given
        self.credit(self.sender, given)
        return given

    @view
    def account(self, holder: Address) -> Amount:
        """Return what somebody has on the account, beside what is set aside."""
        return self.accounts.get(holder, Amount(0))

    @view
    def renewable_asset(self) -> Asset:
        """Return which asset renewable money is."""
        return self.renewable

    @view
    def bill(self, customer: Address) -> Amount:
        """Return what a customer owes to the supplier."""
        return self.bills.get(customer, Amount(0))

    @view
    def claim(self, customer: Address) -> Amount:
        """Return what the supplier still owes to a customer."""
        return self.supply_claims.get(customer, Amount(0))

    @invariant
    def money_is_there(self) -> bool:
        """What stands on accounts, and what backs renewable money, lies with the contract."""
        return self.balance_of(self.money) >= self.kept + self.backing

    # For contracts that inherit

    def credit(self, holder: Address, amount: Amount) -> None:
        self.accounts[holder] = self.accounts.get(holder, Amount(0)) + amount

    def debit(self, holder: Address, amount: Amount) -> None:
        left = self.accounts.get(holder, Amount(0))
        require(amount <= left, "not enough money on the account")
        self.accounts[holder] = left - amount

    def lower_bill(self, customer: Address, amount: Amount) -> None:
        owed = self.bills.get(customer, Amount(0))
        require(Amount(0) < amount <= owed, "no more than the bill can be paid")
        self.bills[customer] = owed - amount
        self.credit(self.supplier, amount)

    def charge(self, customer: Address, due: Amount) -> None:
        given = min(due, self.accounts.get(customer, Amount(0)))
        self.debit(customer, given)
        self.credit(self.supplier, given)
        self.bills[customer] = self.bills.get(customer, Amount(0)) + due - given

    def remunerate(self, customer: Address, due: Amount) -> None:
        given = min(due, self.accounts.get(self.supplier, Amount(0)))
        self.debit(self.supplier, given)
        self.credit(customer, given)
        self.supply_claims[customer] = self.supply_claims.get(customer, Amount(0)) + due - given

    def reward(self, producer: Address, amount: Amount) -> None:
        self.kept -= amount
        self.backing += amount
        self.mint(self.renewable, producer, amount)
        self.emit(RewardIssued(producer, amount))


"""ko:
SupplyAccounts = 공급 계정: 고객과 공급사의 돈, 그리고 서로 갚을 돈이다.
money = 결제 통화
renewable = 재생에너지 화폐
supplier = 공급사
accounts = 계정 목록
bills = 청구액 목록
supply_claims = 공급사가 갚을 돈
open_slots = 정산 전 주문 수
kept = 계정의 돈
left = 남은 돈
given = 낸 돈
owed = 갚을 돈
due = 낼 돈
backing = 재생에너지 화폐의 준비금
holder = 보유자
customer = 고객
producer = 생산자
amount = 금액
is_renewable = 재생에너지 화폐 여부
open_accounts = 계정 시작: 결제 통화와 공급사를 정한다.
deposit = 입금: 자기 계정에 돈을 넣는다.
withdraw = 출금: 정산 전 주문과 청구액이 없으면 돈을 찾는다.
pay_bill = 청구액 납부: 공급사에 갚을 돈을 결제 통화로 낸다.
pay_bill_in_renewable = 재생에너지 화폐로 납부: 낸 재생에너지 화폐는 없어진다.
collect = 받을 돈 수령: 공급사가 갚을 돈을 공급사 계정이 되는 만큼 받는다.
account = 계정 잔액: 따로 묶어 둔 돈을 뺀 잔액.
bill = 청구액: 고객이 공급사에 갚을 돈.
renewable_asset = 재생에너지 화폐: 장려금으로 주는 화폐.
claim = 받을 돈: 공급사가 고객에게 갚을 돈.
money_is_there = 돈이 있음: 계정의 돈과 재생에너지 화폐의 준비금이 계약에 있다.
SupplyBillPaid = 청구액 납부: 고객이 공급사에 갚을 돈을 냈다.
RewardIssued = 장려금 지급: 생산자가 재생에너지 화폐를 받았다.
an order is not settled yet = 아직 정산되지 않은 주문이 있다
pay the bill first = 청구액을 먼저 내야 한다
nothing is owed = 받을 돈이 없다
not enough money on the account = 계정에 돈이 모자란다
no more than the bill can be paid = 청구액보다 많이 낼 수 없다
"""
