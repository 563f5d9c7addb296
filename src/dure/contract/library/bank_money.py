"""Money of several banks: a claim on each bank is an asset of its own, in accounts that it opened.

Nobody moves such money past the accounts' limits: it moves by what a contract that inherits this
writes, with `self.take` and `self.let_go`, and between customers and services (an escrow, a card
scheme) that the operator admitted. What banks come to hold of each other's money they set off.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Event,
    List,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    hours,
    init,
    invariant,
    only,
    require,
    transfer_rule,
    view,
)

MONIES_MAX = 64
DAY_BEGINS = hours(9)
NO_BANK_MONEY = Amount(0)


class AccountState(Choice):
    """What the holder of an account may do."""

    OPEN = "pays and is paid"
    BLOCKED = "neither pays nor is paid"
    CLOSED = "is empty and at an end"


class BankMoney(Record):
    """One bank's money in one currency."""

    bank: Address
    currency: str
    decimals: int


class BankAccount(Record):
    """What a bank agreed with one holder of its money.

    `spent` is what left the account on `day`, counted from 1970 in the time of Seoul.
    """

    state: AccountState
    payment_most: Amount
    day_most: Amount
    day: int
    spent: Amount


class BankAdmitted(Event):
    """A bank takes part from now on, under its code of ISO 9362."""

    bank: Address
    bic: str


class ServiceAdmitted(Event):
    """A contract may take customers' payments and pay customers."""

    service: Address


class ServiceDismissed(Event):
    """A contract takes no more bank money, and may still pay out what it holds."""

    service: Address


class MoneyFounded(Event):
    """A bank issues money in a currency."""

    money: Asset
    bank: Address
    currency: str
    decimals: int


class AccountOpened(Event):
    """Somebody has an account at a bank."""

    money: Asset
    holder: Address
    payment_most: Amount
    day_most: Amount


class LimitsChanged(Event):
    """An account has other limits from now on."""

    money: Asset
    holder: Address
    payment_most: Amount
    day_most: Amount


class AccountStateChanged(Event):
    """A bank blocked, freed or closed an account."""

    money: Asset
    holder: Address
    state: AccountState


class Deposited(Event):
    """A bank credited an account with what its holder brought from outside."""

    money: Asset
    holder: Address
    amount: Amount


class Withdrawn(Event):
    """A holder took money out, which the bank pays outside of the chain."""

    money: Asset
    holder: Address
    amount: Amount


class SetOff(Event):
    """Two banks extinguished what they held of each other's money."""

    money: Asset
    other: Asset
    amount: Amount


class BankMonies(Contract):
    """Banks, the money that each issues, and the accounts in it."""

    operator: Var[Address]
    bics: Map[Address, str]
    services: Map[Address, bool]
    customers: Map[Address, int]
    monies: Map[Asset, BankMoney]
    monies_founded: List[Asset] = List(limit=MONIES_MAX)
    accounts: Map[Asset, Map[Address, BankAccount]]
    held: Map[Asset, Amount]

    @init
    def open_clearing(self) -> None:
        """Begin: who deploys is the operator, who admits banks and services."""
        self.operator = self.sender

    # The operator

    @call
    @only(party="operator")
    def admit_bank(self, bank: Address, bic: str) -> None:
        """Let a bank take part, under its code of ISO 9362."""
        require(len(bic) in [8, 11], "a BIC has 8 or 11 characters")
        require(bank not in self.bics, "the bank takes part already")
        self.bics[bank] = bic
        self.emit(BankAdmitted(bank, bic))

    @call
    @only(party="operator")
    def admit_service(self, service: Address) -> None:
        """Let a contract take customers' payments and pay customers."""
        self.services[service] = True
        self.emit(ServiceAdmitted(service))

    @call
    @only(party="operator")
    def dismiss_service(self, service: Address) -> None:
        """Let a contract take no more bank money; what it holds it may still pay out."""
        require(self.services.get(service, False), "there is no such service")
        self.services[service] = False
        self.emit(ServiceDismissed(service))

    # The banks

    @call
    def found_money(self, currency: str, decimals: int) -> Asset:
        """Begin to issue money in a currency of ISO 4217, as the bank that calls."""
        require(self.sender in self.bics, "only a bank of this clearing may do this")
        require(len(currency) == 3, "a currency has three letters")
        bank_code = self.bics[self.sender]
        money = self.create_asset(f"{currency}.{bank_code}", decimals)
        self.monies[money] = BankMoney(self.sender, currency, decimals)
        self.monies_founded.append(money)
        self.set_transfer_rule(money, self.allow_transfer)
        self.emit(MoneyFounded(money, self.sender, currency, decimals))
        return money

    @call
    def open_account(
        self, money: Asset, holder: Address, payment_most: Amount, day_most: Amount
    ) -> None:
        """Open an account for somebody whom the bank has identified."""
        self.require_own(money)
        is_new = holder not in self.accounts[money]
        require(
            is_new or self.account(money, holder).state == AccountState.CLOSED,
            "the holder has an account already",
        )
        self.customers[holder] = self.customers.get(holder, 0) + 1
        self.accounts[money][holder] = BankAccount(
            AccountState.OPEN, payment_most, day_most, 0, NO_BANK_MONEY
        )
        self.emit(AccountOpened(money, holder, payment_most, day_most))

    @call
    def change_limits(
        self, money: Asset, holder: Address, payment_most: Amount, day_most: Amount
    ) -> None:
        """Set what may leave an account in one payment and on one day."""
        self.require_own(money)
        account = self.account(money, holder)
        self.accounts[money][holder] = account.replace(payment_most=payment_most, day_most=day_most)
        self.emit(LimitsChanged(money, holder, payment_most, day_most))

    @call
    def change_state(self, money: Asset, holder: Address, state: AccountState) -> None:
        """Block an account, free it, or close it when it is empty."""
        self.require_own(money)
        account = self.account(money, holder)
        require(account.state != AccountState.CLOSED, "the account is closed")
        require(account.state != state, "the account is in that state already")
        if state == AccountState.CLOSED:
            is_empty = self.holding_of(money, holder) == NO_BANK_MONEY
            require(is_empty, "an account is closed when it is empty")
            self.customers[holder] -= 1
        self.accounts[money][holder] = account.replace(state=state)
        self.freeze(money, holder, state == AccountState.BLOCKED)
        self.emit(AccountStateChanged(money, holder, state))

    @call
    def deposit(self, money: Asset, holder: Address, amount: Amount) -> None:
        """Credit an account with what its holder brought from outside."""
        self.require_own(money)
        self.require_open(money, holder)
        require(amount > NO_BANK_MONEY, "an amount is above zero")
        self.mint(money, holder, amount)
        self.emit(Deposited(money, holder, amount))

    @call
    def set_off(self, money: Asset, other: Asset) -> Amount:
        """Extinguish what two banks hold of each other's money, and return how much of each."""
        self.require_own(money)
        require(self.is_same_currency(money, other), "only one currency is set off")
        bank = self.sender
        counterpart = self.monies[other].bank
        require(bank != counterpart, "a bank owes itself nothing")
        amount = min(self.holding_of(other, bank), self.holding_of(money, counterpart))
        require(amount > NO_BANK_MONEY, "there is nothing to set off")
        self.burn(other, bank, amount)
        self.burn(money, counterpart, amount)
        self.emit(SetOff(money, other, amount))
        return amount

    # The holders

    @call
    def withdraw(self, money: Asset, amount: Amount) -> None:
        """Take money out; the bank pays it outside of the chain."""
        require(amount > NO_BANK_MONEY, "an amount is above zero")
        self.take(money, self.sender, amount)
        self.held[money] -= amount
        self.burn(money, self.address, amount)
        self.emit(Withdrawn(money, self.sender, amount))

    # The rule of every other transfer

    @transfer_rule
    def allow_transfer(self, source: Address, target: Address, amount: Amount) -> Amount:
        """Let customers pay to services, and services pay customers."""
        is_paid_in = self.services.get(target, False) and self.is_customer(source)
        is_paid_out = source in self.services and self.is_customer(target)
        require(is_paid_in or is_paid_out, "bank money moves by payment orders")
        return NO_BANK_MONEY

    # What everybody may read

    @view
    def account(self, money: Asset, holder: Address) -> BankAccount:
        """Return an account."""
        require(holder in self.accounts[money], "there is no such account")
        return self.accounts[money][holder]

    @view
    def money_of(self, money: Asset) -> BankMoney:
        """Return whose money in which currency an asset is."""
        require(money in self.monies, "that is no money of this clearing")
        return self.monies[money]

    @view
    def bic_of(self, bank: Address) -> str:
        """Return the code of a bank."""
        return self.bics[bank]

    @view
    def is_customer(self, holder: Address) -> bool:
        """Say whether somebody has an account at any of the banks."""
        return self.customers.get(holder, 0) > 0

    @invariant
    def what_is_taken_is_there(self) -> bool:
        """Of every money, the contract holds what it took and has not let go."""
        for money in self.monies_founded:
            if self.balance_of(money) < self.held.get(money, NO_BANK_MONEY):
                return False
        return True

    # Shared parts

    def require_own(self, money: Asset) -> None:
        is_own = self.money_of(money).bank == self.sender
        require(is_own, "only the bank that issues this money may do this")

    def require_open(self, money: Asset, holder: Address) -> None:
        is_open = self.account(money, holder).state == AccountState.OPEN
        require(is_open, "the account is blocked or closed")

    def is_same_currency(self, money: Asset, other: Asset) -> bool:
        one = self.money_of(money)
        two = self.money_of(other)
        return one.currency == two.currency and one.decimals == two.decimals

    def day_of(self, moment: Time) -> int:
        return (moment - Time(0) + DAY_BEGINS) // days(1)

    def take(self, money: Asset, holder: Address, amount: Amount) -> None:
        self.require_open(money, holder)
        account = self.account(money, holder)
        require(amount <= account.payment_most, "that is more than the limit of one payment")
        today = self.day_of(self.now)
        spent = amount + (account.spent if account.day == today else NO_BANK_MONEY)
        require(spent <= account.day_most, "that is more than the limit of one day")
        require(amount <= self.holding_of(money, holder), "the account has not so much money")
        self.accounts[money][holder] = account.replace(day=today, spent=spent)
        self.hold(money, holder, amount)

    def hold(self, money: Asset, holder: Address, amount: Amount) -> None:
        self.held[money] = self.held.get(money, NO_BANK_MONEY) + amount
        self.move(money, holder, self.address, amount)

    def let_go(self, money: Asset, to: Address, amount: Amount) -> None:
        self.held[money] -= amount
        self.move(money, self.address, to, amount)

    def give_back(self, money: Asset, holder: Address, amount: Amount, taken: Time) -> None:
        account = self.account(money, holder)
        if account.day == self.day_of(taken):
            spent = account.spent - min(amount, account.spent)
            self.accounts[money][holder] = account.replace(spent=spent)
        self.let_go(money, holder, amount)


"""en:
is_same_currency = match in currency
bic = code of the bank
bics = codes of the banks
monies = kinds of bank money
monies_founded = list of all bank money
customers = number of accounts of each customer
services = services, and whether they may still take money
held = money taken and not let go
payment_most = limit of one payment
day_most = limit of one day
day = day of the last payment
spent = spent on that day
decimals = digits that are fractions
MONIES_MAX = most kinds of bank money
DAY_BEGINS = beginning of the day, before that of UTC
"""

"""ko:
BankMonies = 은행 화폐: 은행마다 발행하는 돈과 그 돈의 계좌이다.
BankMoney = 은행 화폐: 한 은행이 한 통화로 발행한 돈.
BankAccount = 계좌: 은행이 자기 돈의 보유자와 약정한 것.
operator = 운영 기관
bank = 은행
bic = 은행 식별 부호
bics = 은행 식별 부호 목록
service = 서비스 계약
services = 서비스와 아직 돈을 받을 수 있는지
customers = 고객별 계좌 수
money = 은행 화폐
other = 상대 은행 화폐
monies = 은행 화폐 목록
monies_founded = 발행한 은행 화폐
currency = 통화
decimals = 소수 자릿수
account = 계좌: 계좌 하나의 내용.
accounts = 계좌 목록
holder = 계좌 보유자
held = 받아 두고 아직 내주지 않은 돈
payment_most = 건당 한도
day_most = 하루 한도
day = 마지막으로 쓴 날
spent = 그날 쓴 돈
amount = 금액
state = 상태
source = 보내는 사람
target = 받는 사람
open_clearing = 시작: 이 계약을 체인에 올린 사람이 은행과 서비스를 받아들이는 운영 기관이다.
admit_bank = 은행 가입: 은행이 식별 부호를 가지고 참여한다.
admit_service = 서비스 허용: 고객의 돈을 받고 고객에게 돈을 내줄 계약을 허용한다.
dismiss_service = 서비스 제외: 계약이 은행 화폐를 더 받지 못하게 한다. 가진 돈은 내줄 수 있다.
found_money = 화폐 발행 시작: 부른 은행이 한 통화로 자기 돈을 발행하기 시작한다.
open_account = 계좌 개설: 은행이 신원을 확인한 사람에게 계좌를 열어 준다.
change_limits = 한도 변경: 한 건과 하루에 계좌에서 나갈 수 있는 돈을 정한다.
change_state = 계좌 상태 변경: 계좌를 막거나 풀거나, 비어 있으면 닫는다.
deposit = 입금: 보유자가 밖에서 가져온 돈을 계좌에 넣어 준다.
set_off = 상계: 두 은행이 서로 가진 상대의 돈을 같은 만큼 없앤다.
withdraw = 출금: 돈을 찾는다. 은행은 체인 밖에서 그 돈을 내준다.
is_same_currency = 통화의 일치
allow_transfer = 이체 심사: 고객과 서비스 계약이 서로 주고받는 것만 허용한다.
money_of = 은행 화폐 조회: 어느 은행의 어느 통화인지.
bic_of = 은행 식별 부호: 은행의 부호.
is_customer = 고객 여부: 어느 은행에든 계좌가 있는지.
what_is_taken_is_there = 받은 돈이 있음: 받아 두고 아직 내주지 않은 돈이 모두 계약에 있다.
BankAdmitted = 은행 가입: 이때부터 은행이 참여한다.
ServiceAdmitted = 서비스 허용: 계약이 고객과 돈을 주고받을 수 있다.
ServiceDismissed = 서비스 제외: 계약이 은행 화폐를 더 받지 못하며 가진 돈은 내줄 수 있다.
MoneyFounded = 화폐 발행 시작: 은행이 한 통화로 돈을 발행한다.
AccountOpened = 계좌 개설: 은행에 계좌가 생겼다.
LimitsChanged = 한도 변경: 이때부터 한도가 다르다.
AccountStateChanged = 계좌 상태 변경: 은행이 계좌를 막거나 풀거나 닫았다.
Deposited = 입금: 은행이 밖에서 가져온 돈을 계좌에 넣었다.
Withdrawn = 출금: 보유자가 돈을 찾았고 은행이 체인 밖에서 내준다.
SetOff = 상계: 두 은행이 서로 가진 상대의 돈을 없앴다.
AccountState = 계좌의 상태: 계좌로 무엇을 할 수 있는지를 뜻한다.
pays and is paid = 사용 중
neither pays nor is paid = 막힘
is empty and at an end = 닫힘
a BIC has 8 or 11 characters = 은행 식별 부호는 8자나 11자이다
the bank takes part already = 이미 참여하고 있는 은행이다
there is no such service = 그런 서비스가 없다
only a bank of this clearing may do this = 참여한 은행만 할 수 있다
a currency has three letters = 통화는 영문 세 자이다
the holder has an account already = 이미 계좌가 있다
the account is closed = 닫힌 계좌이다
the account is in that state already = 이미 그 상태인 계좌이다
an account is closed when it is empty = 빈 계좌만 닫을 수 있다
an amount is above zero = 금액은 0보다 커야 한다
only one currency is set off = 같은 통화만 상계한다
a bank owes itself nothing = 은행은 자기에게 빚지지 않는다
there is nothing to set off = 상계할 것이 없다
bank money moves by payment orders = 은행 화폐는 지급 지시로만 움직인다
there is no such account = 그런 계좌가 없다
that is no money of this clearing = 여기서 발행한 돈이 아니다
only the bank that issues this money may do this = 이 돈을 발행한 은행만 할 수 있다
the account is blocked or closed = 막혔거나 닫힌 계좌이다
that is more than the limit of one payment = 건당 한도를 넘는다
that is more than the limit of one day = 하루 한도를 넘는다
the account has not so much money = 계좌의 잔액이 모자란다
MONIES_MAX = 은행 화폐의 최대 수
DAY_BEGINS = 하루의 시작(세계시보다 앞선 시간)
NO_BANK_MONEY = 없음
"""
