"""Campaigns that collect money until a deadline; the rules R1 to R8 are in README.md."""

from dure.contract.language import (
    Address,
    Amount,
    Asset,
    Choice,
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
from dure.contract.library.payouts import Money, Payouts

NOTHING = Money.of(0)
PROCESSING_MIN = 3
PROCESSING_MAX = 5
ALL_OR_NOTHING_FEE = 3
KEEP_FEE = 5
REFUNDS_A_STEP = 5
STEP_GAS = 400_000


class Form(Choice):
    """What happens where the goal is not reached."""

    ALL_OR_NOTHING = "everything goes back"
    KEEP = "the organiser keeps what was raised"


class CampaignState(Choice):
    """How far a campaign has got."""

    OPEN = "collects money"
    FUNDED = "the organiser got the money"
    FAILED = "the money goes back, because the goal was not reached"
    CANCELLED = "the money goes back, because the organiser gave up"


class Campaign(Record):
    """One campaign."""

    organiser: Address
    form: Form
    goal: Amount[Money]
    raised: Amount[Money]
    deadline: Time
    state: CampaignState
    backers: int
    refunded: int


class CampaignBegun(Event):
    """Somebody asks for money."""

    campaign: int
    organiser: Address
    goal: Amount[Money]
    deadline: Time


class Backed(Event):
    """A backer put money in."""

    campaign: int
    backer: Address
    amount: Amount[Money]


class CampaignEnded(Event):
    """A campaign has ended."""

    campaign: int
    state: CampaignState
    raised: Amount[Money]


class Crowdfunding(Payouts):
    """Campaigns collect money from many; the contract pays out or back by itself."""

    platform: Var[Address]
    processor: Var[Address]
    processing: Var[int]
    campaigns_begun: Var[int]
    campaigns: Map[int, Campaign]
    backers: Map[int, Map[int, Address]]
    contributions: Map[int, Map[Address, Amount[Money]]]

    @init
    def begin(self, money: Asset[Money], processor: Address, processing: int) -> None:
        """Name the money, who processes payments, and the fee for it in percent."""
        require(PROCESSING_MIN <= processing <= PROCESSING_MAX, "processing costs 3 to 5 percent")
        self.money = money
        self.platform = self.sender
        self.processor = processor
        self.processing = processing

    @call
    def open_campaign(self, form: Form, goal: Amount[Money], lasts: int) -> int:
        """Ask for money during so many days; return the number of the campaign."""
        require(goal > NOTHING, "the goal is above zero")
        require(1 <= lasts <= 60, "a campaign lasts 1 to 60 days")
        number = self.campaigns_begun + 1
        self.campaigns_begun = number
        deadline = self.now + days(1) * lasts
        self.campaigns[number] = Campaign(
            self.sender, form, goal, NOTHING, deadline, CampaignState.OPEN, 0, 0
        )
        self.schedule(deadline, self.close, number, gas=STEP_GAS)
        self.emit(CampaignBegun(number, self.sender, goal, deadline))
        return number

    @call(pays="money")
    def back(self, campaign: int) -> None:
        """Put money into a campaign."""
        known = self.campaign(campaign)
        require(known.state == CampaignState.OPEN, "the campaign has ended")
        require(self.now < known.deadline, "the deadline has passed")
        require(self.paid > NOTHING, "nothing is paid")
        backers = known.backers
        if self.sender not in self.contributions[campaign]:
            self.backers[campaign][backers] = self.sender
            backers += 1
        before = self.contribution(campaign, self.sender)
        self.contributions[campaign][self.sender] = before + self.paid
        self.money_held += self.paid
        raised = known.raised + self.paid
        self.campaigns[campaign] = known.replace(raised=raised, backers=backers)
        self.emit(Backed(campaign, self.sender, self.paid))

    @call
    def give_up(self, campaign: int) -> None:
        """Give up a campaign; everything goes back."""
        known = self.campaign(campaign)
        require(known.organiser == self.sender, "only the organiser cancels")
        require(known.state == CampaignState.OPEN, "the campaign has ended")
        self.end(campaign, CampaignState.CANCELLED)

    @call
    def collect(self, to: Address) -> None:
        """Pay what is owed to somebody who could not be paid before."""
        require(self.owed(to) > NOTHING, "nothing is owed")
        self.hand_over_money(to)

    @call
    def close_late(self, campaign: int) -> None:
        """Decide by hand, should the contract's own call have failed."""
        known = self.campaign(campaign)
        require(known.state == CampaignState.OPEN, "the campaign has ended")
        require(self.now >= known.deadline, "the campaign still has time")
        self.decide(campaign)

    @call
    def refund_late(self, campaign: int) -> None:
        """Pay the next backers back by hand, should the contract's own call have failed."""
        known = self.campaign(campaign)
        gives_back = known.state in [CampaignState.FAILED, CampaignState.CANCELLED]
        require(gives_back, "the campaign gives nothing back")
        require(known.refunded < known.backers, "everybody was paid back")
        self.refund_next(campaign)

    @scheduled
    def close(self, campaign: int) -> None:
        """Decide at the deadline."""
        if self.campaigns[campaign].state == CampaignState.OPEN:
            self.decide(campaign)

    @scheduled
    def refund_some(self, campaign: int) -> None:
        """Pay the next backers back."""
        self.refund_next(campaign)

    @view
    def campaign(self, number: int) -> Campaign:
        """Return a campaign; they are numbered from 1."""
        require(number in self.campaigns, "there is no such campaign")
        return self.campaigns[number]

    @view
    def contribution(self, campaign: int, backer: Address) -> Amount[Money]:
        """Return what a backer put in."""
        return self.contributions[campaign].get(backer, NOTHING)

    @invariant
    def money_is_there(self) -> bool:
        """What is owed and collected lies with the contract."""
        return self.money_held <= self.balance_of(self.money)

    # Shared parts

    def decide(self, campaign: int) -> None:
        known = self.campaigns[campaign]
        enough = known.raised >= known.goal
        if enough or (known.form == Form.KEEP and known.raised > NOTHING):
            self.end(campaign, CampaignState.FUNDED)
        else:
            self.end(campaign, CampaignState.FAILED)

    def refund_next(self, campaign: int) -> None:
        known = self.campaigns[campaign]
        first = known.refunded
        left = known.backers - first
        count = min(left, REFUNDS_A_STEP)
        for offset in range(count):
            backer = self.backers[campaign][first + offset]
            self.owe_money(backer, self.contributions[campaign][backer])
        self.campaigns[campaign] = known.replace(refunded=first + count)
        if count < left:
            self.schedule(self.now, self.refund_some, campaign, gas=STEP_GAS)

    def end(self, campaign: int, state: CampaignState) -> None:
        known = self.campaigns[campaign]
        self.campaigns[campaign] = known.replace(state=state)
        self.emit(CampaignEnded(campaign, state, known.raised))
        if state == CampaignState.FUNDED:
            percent = KEEP_FEE if known.form == Form.KEEP else ALL_OR_NOTHING_FEE
            fee = known.raised * percent // 100
            processing = known.raised * self.processing // 100
            self.owe_money(self.platform, fee)
            self.owe_money(self.processor, processing)
            self.owe_money(known.organiser, known.raised - fee - processing)
        elif known.backers > 0:
            self.schedule(self.now, self.refund_some, campaign, gas=STEP_GAS)


"""ko:
Crowdfunding = 크라우드펀딩: 여러 사람의 돈을 모아, 계약이 저절로 내주거나 돌려준다.
platform = 중개 업체
processor = 결제 대행사
processing = 결제 수수료율(퍼센트)
begin = 시작: 통화와 결제 대행사와 결제 수수료율을 정한다.
fee = 중개 수수료
campaigns_begun = 시작된 모금 수
campaigns = 모금 목록
backers = 후원자
contributions = 후원금 목록
Campaign = 모금
campaign = 모금: 모금 하나의 내용. 번호는 1부터이다.
organiser = 모금자
backer = 후원자
form = 모금 방식
goal = 목표 금액
raised = 모인 금액
deadline = 마감 시각
lasts = 모금 기간(일)
state = 상태
refunded = 환불한 후원자 수
open_campaign = 모금 시작: 정한 날수 동안 돈을 모으며, 모금의 번호를 받는다.
back = 후원: 모금에 돈을 낸다.
give_up = 모금 취소: 모금을 그만두고 모두 돌려준다.
collect = 찾아가기: 받지 못한 돈을 지급한다.
close = 마감: 마감 시각에 결과를 정한다.
close_late = 늦은 마감: 계약이 스스로 마감하지 못했을 때 손으로 마감한다.
refund_late = 늦은 환불: 계약이 스스로 돌려주지 못했을 때 다음 차례의 후원자에게 손으로 돌려준다.
the campaign still has time = 모금 기간이 남아 있다
the campaign gives nothing back = 돌려줄 것이 없는 모금이다
everybody was paid back = 모두 돌려받았다
refund_some = 나누어 환불: 다음 차례의 후원자에게 돌려준다.
contribution = 후원금: 후원자가 낸 돈.
money_is_there = 돈이 그대로 있음: 모은 돈은 모두 계약이 보관한다.
CampaignBegun = 모금 시작: 누군가 돈을 모은다.
Backed = 후원: 후원자가 돈을 냈다.
CampaignEnded = 모금 종료: 모금이 끝났다.
Form = 모금 방식: 목표에 이르지 못하면 어떻게 되는지를 뜻한다.
everything goes back = 모두 돌려줌
the organiser keeps what was raised = 모인 만큼 모금자가 받음
CampaignState = 모금 상태: 모금이 어디까지 왔는지를 뜻한다.
collects money = 모금 중
the organiser got the money = 모금자에게 지급함
the money goes back, because the goal was not reached = 목표에 이르지 못하여 돌려줌
the money goes back, because the organiser gave up = 모금자가 그만두어 돌려줌
processing costs 3 to 5 percent = 결제 수수료는 3에서 5퍼센트이다
the goal is above zero = 목표 금액은 0보다 커야 한다
a campaign lasts 1 to 60 days = 모금 기간은 1일에서 60일이다
the campaign has ended = 이미 끝난 모금이다
the deadline has passed = 마감 시각이 지났다
nothing is paid = 낸 돈이 없다
only the organiser cancels = 모금자만 취소할 수 있다
nothing is owed = 내줄 돈이 없다
there is no such campaign = 그런 모금이 없다
NOTHING = 영
PROCESSING_MIN = 최소 결제 수수료율
PROCESSING_MAX = 최대 결제 수수료율
ALL_OR_NOTHING_FEE = 목표 달성형 중개 수수료율(퍼센트)
KEEP_FEE = 유연형 중개 수수료율(퍼센트)
REFUNDS_A_STEP = 한 번에 환불하는 후원자 수
STEP_GAS = 한 단계에 배정된 연산량(가스)
"""
