"""The cover.

Who lands two hours late or more is paid, and nobody files a claim. The rules R1 to R14 are in
README.md.
"""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
    Contract,
    Event,
    Map,
    Record,
    Time,
    Var,
    call,
    days,
    hours,
    init,
    minutes,
    only,
    require,
    scheduled,
    view,
)

NOTHING = Amount(0)
LATE_MINUTES = 120
SALES_OPEN = days(365)
REPORT_WITHIN = hours(48)
COVER_PER_PREMIUM_MAX = 100
POLICIES_PER_FLIGHT_MAX = 1_000
BATCH = 50
BATCH_GAS = 500_000
EXPIRY_GAS = 20_000


class Outcome(Choice):
    """What became of a flight."""

    AWAITED = "nobody has reported it yet"
    IN_TIME = "landed less than 120 minutes late"
    LATE = "landed 120 minutes late or more"
    CANCELLED = "did not fly"


class State(Choice):
    """What became of a policy."""

    OPEN = "waits for the flight"
    PAID = "the flight was late, the cover is paid"
    REFUNDED = "nothing to insure, the premium is paid back"
    ENDED = "the flight was in time, the premium is earned"


class Terms(Record):
    """What a policy costs and what it pays."""

    premium: Amount
    cover: Amount


class Flight(Record):
    """What the contract knows of one flight.

    `unsettled` is the newest policy that waits for its money, 0 for none.
    """

    outcome: Outcome
    late_minutes: int
    policies: int
    unsettled: int


class Policy(Record):
    """One traveller's cover.

    `expiry` numbers its scheduled end, `earlier` the policy sold before on the same flight.
    """

    traveller: Address
    flight: str
    departs: Time
    premium: Amount
    cover: Amount
    state: State
    expiry: int
    earlier: int


class TermsSet(Event):
    """The insurer named a price; policies already sold keep theirs."""

    premium: Amount
    cover: Amount


class PolicySold(Event):
    """A traveller is covered."""

    policy: int
    traveller: Address
    flight: str
    departs: Time
    premium: Amount
    cover: Amount


class FlightReported(Event):
    """The flight oracle said what became of a flight."""

    flight: str
    departs: Time
    outcome: Outcome
    late_minutes: int


class CoverPaid(Event):
    """A late traveller got the money."""

    policy: int
    traveller: Address
    flight: str
    amount: Amount


class PremiumRefunded(Event):
    """A flight was cancelled, or nobody reported it in time."""

    policy: int
    traveller: Address
    flight: str
    amount: Amount


class PolicyEnded(Event):
    """The flight was in time, nothing is due."""

    policy: int
    traveller: Address
    flight: str


class ReserveWithdrawn(Event):
    """The insurer took money out that no policy needs."""

    amount: Amount


class FlightDelay(Contract):
    """An agreement between one insurer, its travellers, and an oracle that all of them accept."""

    insurer: Var[Address]
    money: Var[Asset]
    premium: Var[Amount]
    cover: Var[Amount]
    obligations: Var[Amount]
    policies_sold: Var[int]
    policies: Map[int, Policy]
    flights: Map[str, Map[Time, Flight]]

    @init
    def start(self, money: Asset, premium: Amount, cover: Amount) -> None:
        """Open the business: who deploys is the insurer."""
        self.insurer = self.sender
        self.money = money
        self.apply_terms(premium, cover)

    # The insurer

    @call(pays="money")
    @only(party="insurer")
    def add_reserve(self) -> None:
        """Put money in, out of which covers are paid."""

    @call
    @only(party="insurer")
    def withdraw(self, amount: Amount) -> None:
        """Take free reserve out."""
        require(amount > NOTHING, "an amount is above zero")
        require(amount <= self.free_reserve(), "the rest of the reserve belongs to the policies")
        self.pay(self.money, self.insurer, amount)
        self.emit(ReserveWithdrawn(amount))

    @call
    @only(party="insurer")
    def set_terms(self, premium: Amount, cover: Amount) -> None:
        """Name the price and the cover of the policies sold from now on."""
        self.apply_terms(premium, cover)

    # The traveller

    @call(pays="money")
    def buy(self, flight: str, departs: Time) -> int:
        """Cover the sender on a flight such as "UA1545 EWR-IAH"; return the policy's number."""
        known = self.status(flight, departs)
        require(0 < len(flight) <= 32, "a flight's name has 1 to 32 characters")
        require(self.now < departs, "the flight has departed")
        require(departs <= self.now + SALES_OPEN, "sales open a year before departure")
        require(known.outcome == Outcome.AWAITED, "the flight is already reported")
        require(known.policies < POLICIES_PER_FLIGHT_MAX, "the flight is sold out")
        require(self.paid == self.premium, "the payment is not the premium")
        require(self.cover <= self.free_reserve(), "the reserve does not cover another policy")

        number = self.policies_sold + 1
        self.policies_sold = number
        self.obligations += self.cover
        self.flights[flight][departs] = known.replace(policies=known.policies + 1, unsettled=number)
        self.policies[number] = Policy(
            traveller=self.sender,
            flight=flight,
            departs=departs,
            premium=self.premium,
            cover=self.cover,
            state=State.OPEN,
            expiry=self.schedule(departs + REPORT_WITHIN, self.expire, number, gas=EXPIRY_GAS),
            earlier=known.unsettled,
        )
        self.emit(PolicySold(number, self.sender, flight, departs, self.premium, self.cover))
        return number

    @call
    def settle(self, number: int) -> None:
        """Settle a policy by hand, should the contract's own call have failed.

        Whoever asks, the traveller is paid.
        """
        policy = self.policies[number]
        outcome = self.status(policy.flight, policy.departs).outcome
        is_over = self.now >= policy.departs + REPORT_WITHIN
        require(policy.state == State.OPEN, "the policy is settled")
        require(is_over or outcome != Outcome.AWAITED, "the flight is still awaited")
        self.close(number, outcome)

    # The flight oracle

    @call
    @only(role="flight oracle")
    def report(self, flight: str, departs: Time, late_minutes: int) -> None:
        """Say how many minutes behind the timetable the flight landed; early is below zero."""
        earliest = departs + minutes(max(0, late_minutes))
        require(earliest <= self.now, "that has not happened yet")
        outcome = Outcome.LATE if late_minutes >= LATE_MINUTES else Outcome.IN_TIME
        self.record(flight, departs, outcome, late_minutes)

    @call
    @only(role="flight oracle")
    def report_cancelled(self, flight: str, departs: Time) -> None:
        """Say that the flight will not take place."""
        self.record(flight, departs, Outcome.CANCELLED, 0)

    # What the contract does by itself

    @scheduled
    def settle_batch(self, flight: str, departs: Time) -> None:
        """Settle the next fifty policies of a reported flight."""
        known = self.flights[flight][departs]
        number = known.unsettled
        for turn in range(BATCH):
            if number == 0:
                break
            self.close(number, known.outcome)
            number = self.policies[number].earlier
        self.flights[flight][departs] = known.replace(unsettled=number)

    @scheduled
    def expire(self, number: int) -> None:
        """End a policy that two days after departure nobody has settled."""
        policy = self.policies[number]
        self.close(number, self.status(policy.flight, policy.departs).outcome)

    # What everybody may read

    @view
    def terms(self) -> Terms:
        """Return what a policy costs and pays now."""
        return Terms(premium=self.premium, cover=self.cover)

    @view
    def free_reserve(self) -> Amount:
        """Return the money that no policy needs."""
        return self.balance_of(self.money) - self.obligations

    @view
    def status(self, flight: str, departs: Time) -> Flight:
        """Return what is known of a flight."""
        return self.flights[flight].get(departs, Flight(Outcome.AWAITED, 0, 0, 0))

    @view
    def policy(self, number: int) -> Policy:
        """Return a policy."""
        return self.policies[number]

    @view
    def sold(self) -> int:
        """Return how many policies were ever sold; they are numbered from 1."""
        return self.policies_sold

    # Shared parts

    def apply_terms(self, premium: Amount, cover: Amount) -> None:
        require(NOTHING < premium < cover, "the cover is above the premium and both above zero")
        require(cover <= premium * COVER_PER_PREMIUM_MAX, "the cover is at most 100 premiums")
        self.premium = premium
        self.cover = cover
        self.emit(TermsSet(premium, cover))

    def record(self, flight: str, departs: Time, outcome: Outcome, late_minutes: int) -> None:
        known = self.status(flight, departs)
        if known.outcome != Outcome.AWAITED:
            is_same = known.outcome == outcome and known.late_minutes == late_minutes
            require(is_same, "another report of this flight stands")
            return
        require(self.now < departs + REPORT_WITHIN, "the time for reports is over")
        self.flights[flight][departs] = known.replace(outcome=outcome, late_minutes=late_minutes)
        self.emit(FlightReported(flight, departs, outcome, late_minutes))
        batches = (known.policies + BATCH - 1) // BATCH
        for batch in range(batches):
            self.schedule(self.now, self.settle_batch, flight, departs, gas=BATCH_GAS)

    def close(self, number: int, outcome: Outcome) -> None:
        policy = self.policies[number]
        if policy.state != State.OPEN:
            return
        self.obligations -= policy.cover
        self.cancel(policy.expiry)
        state = State.REFUNDED
        if outcome == Outcome.LATE:
            state = State.PAID
            self.pay(self.money, policy.traveller, policy.cover)
            self.emit(CoverPaid(number, policy.traveller, policy.flight, policy.cover))
        elif outcome == Outcome.IN_TIME:
            state = State.ENDED
            self.emit(PolicyEnded(number, policy.traveller, policy.flight))
        else:
            self.pay(self.money, policy.traveller, policy.premium)
            self.emit(PremiumRefunded(number, policy.traveller, policy.flight, policy.premium))
        self.policies[number] = policy.replace(state=state)


"""en:
departs = departure
flight = name of the flight
late_minutes = delay
money = agreed money
number = number of the policy
policies = number of policies
expiry = scheduled end
settle_batch = settle fifty policies
expire = end a policy
LATE_MINUTES = late from so many minutes on
SALES_OPEN = sales begin before departure
REPORT_WITHIN = time for reports after departure
COVER_PER_PREMIUM_MAX = most that a cover may be, in premiums
POLICIES_PER_FLIGHT_MAX = most policies of one flight
BATCH = policies settled at a time
BATCH_GAS = computing work set aside for such a batch, in gas
EXPIRY_GAS = computing work set aside for the end of a policy, in gas
"""

"""ko:
FlightDelay = 항공 지연 보험: 보험사 한 곳과 승객들, 그리고 모두가 인정한 운항 정보 제공자 사이의
    약정이다. 두 시간 이상 늦게 도착한 승객은 청구하지 않아도 보험금을 받는다.
insurer = 보험사
traveller = 승객
flight oracle = 운항 정보 제공자
money = 약정 통화
premium = 보험료
cover = 보험금
amount = 인출 금액
obligations = 지급 책임액
free_reserve = 여유 준비금: 어느 보험 계약에도 묶이지 않은 돈.
flight = 항공편 이름
Flight = 항공편
departs = 출발 시각
late_minutes = 지연 시간
outcome = 운항 결과
state = 상태
policies = 보험 계약 수
unsettled = 정산을 기다리는 계약
policies_sold = 판매한 보험 계약 수
number = 보험 계약 번호
expiry = 예약된 종료
Policy = 보험 계약
Terms = 보험 조건

start = 시작: 영업을 시작한다. 이 계약을 체인에 올린 사람이 보험사이다.
add_reserve = 준비금 적립: 보험금을 지급할 돈을 넣는다.
withdraw = 준비금 인출: 여유 준비금을 꺼낸다.
set_terms = 보험 조건 변경: 앞으로 판매할 보험의 보험료와 보험금을 정한다.
buy = 가입: 신청한 사람이 "UA1545 EWR-IAH"와 같은 항공편 하나에 대하여 보험에 들고 보험 계약 번호를
    받는다.
settle = 직접 정산: 저절로 진행되어야 할 절차가 실패한 때에 보험 계약을 직접 정산한다. 누가 신청하든
    돈은 승객이 받는다.
report = 운항 보고: 항공편이 예정보다 몇 분 늦게 도착하였는지 알린다. 일찍 도착하였으면 0보다 작다.
report_cancelled = 결항 보고: 항공편이 운항하지 않음을 알린다.
settle_batch = 오십 건 정산: 보고된 항공편의 보험 계약을 다음 오십 건까지 정산한다.
expire = 보험 계약 종료: 출발하고 이틀이 지나도록 정산되지 않은 보험 계약을 끝낸다.
terms = 보험 조건: 지금 가입하면 적용되는 보험료와 보험금.
status = 운항 상황: 항공편 하나에 대하여 알려진 것.
policy = 보험 계약: 보험 계약 하나의 내용.
sold = 판매한 보험 계약 수: 지금까지 판매한 보험 계약의 수. 번호는 1부터이다.

TermsSet = 보험 조건 변경: 보험사가 보험료와 보험금을 정하였다. 이미 판매한 보험 계약은 그대로이다.
PolicySold = 보험 가입: 승객이 보험에 들었다.
FlightReported = 운항 보고: 운항 정보 제공자가 항공편의 결과를 알렸다.
CoverPaid = 보험금 지급: 늦게 도착한 승객이 보험금을 받았다.
PremiumRefunded = 보험료 환급: 결항하였거나 제때 보고되지 않아 보험료를 돌려주었다.
PolicyEnded = 보험 계약 종료: 제시간에 도착하여 지급할 것이 없다.
ReserveWithdrawn = 준비금 인출: 보험사가 어느 보험 계약에도 묶이지 않은 돈을 꺼냈다.

Outcome = 운항 결과: 항공편이 어떻게 되었는지를 뜻한다.
nobody has reported it yet = 아직 보고되지 않음
landed less than 120 minutes late = 120분 미만 지연 도착
landed 120 minutes late or more = 120분 이상 지연 도착
did not fly = 결항
State = 보험 계약의 상태: 보험 계약이 어떻게 되었는지를 뜻한다.
waits for the flight = 운항 대기
the flight was late, the cover is paid = 지연 도착하여 보험금을 지급함
nothing to insure, the premium is paid back = 보장할 운항이 없어 보험료를 돌려줌
the flight was in time, the premium is earned = 제시간에 도착하여 보험료가 확정됨

an amount is above zero = 금액은 0보다 커야 한다
the rest of the reserve belongs to the policies = 나머지 준비금은 보험 계약에 묶여 있다
a flight's name has 1 to 32 characters = 항공편 이름은 1자에서 32자까지이다
the flight has departed = 항공편이 이미 출발하였다
sales open a year before departure = 출발 1년 전부터 판매한다
the flight is already reported = 이미 결과가 보고된 항공편이다
the flight is sold out = 이 항공편의 보험은 모두 판매되었다
the payment is not the premium = 낸 돈이 보험료와 다르다
the reserve does not cover another policy = 준비금이 모자라 더 판매할 수 없다
the policy is settled = 이미 정산된 보험 계약이다
the flight is still awaited = 아직 항공편의 결과를 기다리고 있다
that has not happened yet = 아직 일어나지 않은 일이다
the cover is above the premium and both above zero = 보험금은 보험료보다 크고 둘 다 0보다 커야 한다
the cover is at most 100 premiums = 보험금은 보험료의 100배까지이다
another report of this flight stands = 이 항공편에는 이미 다른 보고가 있다
the time for reports is over = 보고할 수 있는 기간이 지났다

NOTHING = 없음
LATE_MINUTES = 지연으로 보는 시간(분)
SALES_OPEN = 출발 전 판매 기간
REPORT_WITHIN = 출발 후 보고 기한
COVER_PER_PREMIUM_MAX = 보험금의 한도(보험료의 배수)
POLICIES_PER_FLIGHT_MAX = 항공편 하나의 최대 보험 계약 수
BATCH = 한 번에 정산하는 보험 계약 수
BATCH_GAS = 한 번의 정산에 배정된 연산량(가스)
EXPIRY_GAS = 보험 계약 종료에 배정된 연산량(가스)
"""
