"""Any order of campaigns, backing, giving up and time: no money is made, lost or paid twice."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dure.apps.crowdfunding.contract import CampaignState, Form
from dure.apps.crowdfunding.stories import open_platform
from dure.testing import World

RICH = 10_000
BACKERS = 3


class Campaigns(RuleBasedStateMachine):
    """The contract against plain sums."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        names = ("platform", "processor", "organiser")
        self.platform, self.processor, self.organiser = self.world.people(*names)
        self.backers = self.world.people(*(f"backer {n}" for n in range(BACKERS)), won=RICH)
        self.fund = open_platform(self.world, self.platform, self.processor)
        self.given: dict[int, list[int]] = {}

    @rule(form=st.sampled_from(Form), goal=st.integers(1, 3_000), lasts=st.integers(1, 3))
    def begin(self, form: Form, goal: int, lasts: int) -> None:
        number = self.fund.open_campaign(by=self.organiser, form=form, goal=goal, lasts=lasts)
        self.given[number] = [0] * BACKERS

    @rule(place=st.integers(0, 9), who=st.integers(0, BACKERS - 1), amount=st.integers(1, 1_000))
    def back(self, place: int, who: int, amount: int) -> None:
        number = place % len(self.given) + 1 if self.given else 0
        is_open = number and self.fund.campaign(number).state is CampaignState.OPEN
        if not is_open or self.backers[who].won < amount:
            return
        self.fund.back(by=self.backers[who], campaign=number, pay=amount)
        self.given[number][who] += amount

    @rule(place=st.integers(0, 9))
    def give_up(self, place: int) -> None:
        number = place % len(self.given) + 1 if self.given else 0
        if number and self.fund.campaign(number).state is CampaignState.OPEN:
            self.fund.give_up(by=self.organiser, campaign=number)

    @rule(hours=st.integers(1, 40))
    def wait(self, hours: int) -> None:
        self.world.wait(hours=hours)

    @invariant()
    def everybody_has_what_is_theirs(self) -> None:
        self.world.wait(seconds=5)
        spent = [0] * BACKERS
        earned = 0
        for number, given in self.given.items():
            state = self.fund.campaign(number).state
            if state in (CampaignState.OPEN, CampaignState.FUNDED):
                spent = [before + amount for before, amount in zip(spent, given, strict=True)]
            if state is CampaignState.FUNDED:
                earned += sum(given)
        assert [RICH - backer.won for backer in self.backers] == spent
        assert self.platform.won + self.processor.won + self.organiser.won == earned
        assert self.world.conserved()


TestCampaigns = Campaigns.TestCase
TestCampaigns.settings = settings(max_examples=15, stateful_step_count=15)
