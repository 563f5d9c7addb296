"""Vesting: money that becomes somebody's little by little, from a first day on.

Nothing vests before the cliff; from then on, what has vested is the share of the whole term that
has passed, rounded down. The beneficiary claims it at any time, and the rest is paid out by itself
when the term ends.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Duration,
    Event,
    Map,
    Record,
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

TERM_MAX = days(3_660)
PAYOUT_GAS = 30_000


class GrantState(Choice):
    """What became of a grant."""

    VESTING = "vests until its term ends"
    REVOKED = "was revoked; what had not vested went back"
    COMPLETE = "is paid out"


class Grant(Record):
    """Money that vests for one beneficiary.

    `total` shrinks to what had vested where the grant is revoked.
    """

    grantor: Address
    beneficiary: Address
    total: Amount
    claimed: Amount
    start: Time
    cliff: Duration
    term: Duration
    is_revocable: bool
    state: GrantState
    payout: int


class GrantMade(Event):
    """Somebody set money aside that is to vest."""

    grant: int
    grantor: Address
    beneficiary: Address
    total: Amount
    start: Time
    cliff: Duration
    term: Duration
    is_revocable: bool


class VestedPaid(Event):
    """Vested money went to the beneficiary."""

    grant: int
    amount: Amount


class GrantRevoked(Event):
    """The grantor took back what had not vested."""

    grant: int
    returned: Amount


class Vesting(Contract):
    """Grantors set money aside, and it becomes the beneficiaries' as time passes."""

    money: Var[Asset]
    grants_made: Var[int]
    grants: Map[int, Grant]
    held: Var[Amount]

    @init
    def begin(self, money: Asset) -> None:
        """Name the money that is granted."""
        self.money = money

    # The grantor

    @call(pays="money")
    def grant(
        self, beneficiary: Address, start: Time, cliff: Duration, term: Duration, is_revocable: bool
    ) -> int:
        """Grant the money that comes with this call; return the number of the grant.

        Cliff and term are counted from the start, which may lie in the past.
        """
        require(self.paid > Amount(0), "nothing is granted")
        require(days(0) <= cliff <= term, "the cliff lies within the term")
        require(days(0) < term <= TERM_MAX, "a term is at most ten years long")
        require(start <= self.now + TERM_MAX, "a grant starts within ten years")
        number = self.grants_made + 1
        self.grants_made = number
        self.held += self.paid
        self.grants[number] = Grant(
            grantor=self.sender,
            beneficiary=beneficiary,
            total=self.paid,
            claimed=Amount(0),
            start=start,
            cliff=cliff,
            term=term,
            is_revocable=is_revocable,
            state=GrantState.VESTING,
            payout=self.schedule(start + term, self.complete, number, gas=PAYOUT_GAS),
        )
        self.emit(
            GrantMade(number, self.sender, beneficiary, self.paid, start, cliff, term, is_revocable)
        )
        return number

    @call
    def revoke(self, number: int) -> None:
        """Take back what has not vested; the beneficiary is paid the rest by itself."""
        grant = self.grants[number]
        require(self.sender == grant.grantor, "only the grantor may revoke a grant")
        require(grant.is_revocable, "the grant cannot be revoked")
        require(grant.state == GrantState.VESTING, "the grant has ended")
        vested = self.vested(number)
        returned = grant.total - vested
        self.cancel(grant.payout)
        self.grants[number] = grant.replace(
            state=GrantState.REVOKED,
            total=vested,
            payout=self.schedule(self.now, self.complete, number, gas=PAYOUT_GAS),
        )
        self.held -= returned
        self.pay(self.money, grant.grantor, returned)
        self.emit(GrantRevoked(number, returned))

    # The beneficiary

    @call
    def claim(self, number: int) -> None:
        """Be paid what has vested and was not claimed before."""
        grant = self.grants[number]
        require(self.sender == grant.beneficiary, "only the beneficiary may claim")
        require(self.vested(number) > grant.claimed, "nothing more has vested")
        self.pay_vested(number)

    @call
    def hand_on(self, number: int, beneficiary: Address) -> None:
        """Have somebody else be the beneficiary from now on."""
        grant = self.grants[number]
        require(self.sender == grant.beneficiary, "only the beneficiary may hand a grant on")
        self.grants[number] = grant.replace(beneficiary=beneficiary)

    # What the contract does by itself

    @scheduled
    def complete(self, number: int) -> None:
        """Pay out the rest when the term ends, or the grant is revoked."""
        self.pay_vested(number)

    # What everybody may read

    @view
    def grant_of(self, number: int) -> Grant:
        """Return a grant; they are numbered from 1."""
        return self.grants[number]

    @view
    def vested(self, number: int) -> Amount:
        """Return how much of a grant has vested by now, claimed or not."""
        grant = self.grants[number]
        if grant.state != GrantState.VESTING or self.now >= grant.start + grant.term:
            return grant.total
        if self.now < grant.start + grant.cliff:
            return Amount(0)
        passed = self.now - grant.start
        return grant.total * passed.milliseconds // grant.term.milliseconds

    @invariant
    def grants_are_there(self) -> bool:
        """The contract holds at least what is granted and not paid out."""
        return self.balance_of(self.money) >= self.held

    # Shared parts

    def pay_vested(self, number: int) -> None:
        grant = self.grants[number]
        vested = self.vested(number)
        amount = vested - grant.claimed
        if vested == grant.total and grant.state == GrantState.VESTING:
            self.cancel(grant.payout)
            grant = grant.replace(state=GrantState.COMPLETE)
        self.grants[number] = grant.replace(claimed=vested)
        if amount > Amount(0):
            self.held -= amount
            self.pay(self.money, grant.beneficiary, amount)
            self.emit(VestedPaid(number, amount))


"""en:
number = number of the grant
money = agreed money
total = granted money
claimed = money claimed so far
start = start of the term
cliff = time before anything vests
is_revocable = may be revoked
payout = scheduled payout
held = money granted and not paid out
vested = vested money
TERM_MAX = longest term
PAYOUT_GAS = computing work set aside for a payout, in gas
"""

"""ko:
Vesting = 단계적 지급: 출연자가 돈을 맡겨 두면 시간이 지나면서 수익자의 돈이 된다.
Grant = 출연
grant = 출연: 수익자 한 사람을 위하여 돈을 맡기고 출연 번호를 받는다.
grantor = 출연자
beneficiary = 수익자
money = 약정 통화
total = 출연액
claimed = 이미 받은 금액
start = 기간의 시작
cliff = 첫 지급까지의 거치 기간
term = 지급 기간
is_revocable = 철회 가능
state = 상태
payout = 예약된 지급
number = 출연 번호
amount = 금액
returned = 돌려준 금액
held = 맡아 둔 금액
begin = 시작: 출연할 돈의 통화를 정한다.
revoke = 출연 철회: 아직 확정되지 않은 돈을 되찾는다. 나머지는 저절로 수익자에게 지급된다.
claim = 지급 청구: 확정되었으나 아직 받지 않은 돈을 받는다.
hand_on = 수익권 양도: 앞으로 다른 사람이 수익자가 되게 한다.
complete = 완료: 기간이 끝났거나 철회된 때에 나머지를 지급한다.
grant_of = 출연: 출연 하나의 내용. 번호는 1부터이다.
vested = 확정된 금액: 받았든 받지 않았든 지금까지 확정된 금액.
grants_are_there = 출연한 돈이 있음: 출연되고 아직 지급되지 않은 돈이 모두 계약에 있다.
GrantMade = 출연: 단계적으로 지급할 돈을 맡겼다.
VestedPaid = 확정금 지급: 확정된 돈이 수익자에게 지급되었다.
GrantRevoked = 출연 철회: 출연자가 확정되지 않은 돈을 되찾았다.
GrantState = 출연의 상태: 출연이 어떻게 되었는지를 뜻한다.
vests until its term ends = 기간이 끝날 때까지 확정되는 중
was revoked; what had not vested went back = 철회되어 확정되지 않은 돈이 돌아감
is paid out = 지급 완료
nothing is granted = 출연하는 돈이 없다
the cliff lies within the term = 거치 기간은 지급 기간 안이어야 한다
a term is at most ten years long = 지급 기간은 10년까지이다
a grant starts within ten years = 출연은 10년 안에 시작하여야 한다
only the grantor may revoke a grant = 출연자만 철회할 수 있다
the grant cannot be revoked = 철회할 수 없는 출연이다
the grant has ended = 끝난 출연이다
only the beneficiary may claim = 수익자만 청구할 수 있다
nothing more has vested = 더 확정된 돈이 없다
only the beneficiary may hand a grant on = 수익자만 양도할 수 있다
TERM_MAX = 가장 긴 지급 기간
PAYOUT_GAS = 지급에 배정된 연산량(가스)
"""
