"""In whatever order parties act, each thing is used up once and the record adds up."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.apps.agreements.commitments import compute_asset
from dure.apps.agreements.contract import AgreementState, ProposalState
from dure.apps.agreements.tests.scene import Scene, digest, open_record
from dure.contract.language import days
from dure.contract.library.obligations import ObligationBegun, ObligationChanged, ObligationState
from dure.core.types import Hash
from dure.testing import Refused, World

PEOPLE = st.sampled_from(["seller", "buyer", "third", "auditor"])
NUMBERS = st.integers(0, 5)
OVER = {ObligationState.PERFORMED, ObligationState.REPLACED, ObligationState.NOVATED}


class Dealings(RuleBasedStateMachine):
    """Proposals, acceptances, declarations and disputes at any time, by anybody."""

    @initialize(due=st.integers(1, 40), grace=st.integers(0, 5))
    def begin(self, due: int, grace: int) -> None:
        self.scene: Scene = open_record(World())
        debts = [
            self.scene.owe(due=days(due), grace=days(grace), amount=each) for each in (1, 2, 3)
        ]
        self.scene.agree(*debts, pledges=[self.scene.pledge()])
        self.ship = compute_asset(self.scene.pledge())
        self.proposals = 1

    def attempt(self, action: object, *, proposes: bool = False) -> None:
        assert callable(action)
        try:
            action()
        except Refused:
            return
        self.proposals += proposes

    def pick(self, choice: int) -> Hash:
        found = self.scene.find()
        return found[choice % len(found)]

    @rule(who=PEOPLE, choice=NUMBERS)
    def amend(self, who: str, choice: int) -> None:
        by, picked = getattr(self.scene, who), self.pick(choice)
        self.attempt(
            lambda: self.scene.amend(self.scene.owe(amount=9), by=by, replaces=[picked]),
            proposes=True,
        )

    @rule(who=PEOPLE)
    def end(self, who: str) -> None:
        by = getattr(self.scene, who)
        live = [each for each in self.scene.find() if self.scene.state_of(each) not in OVER]
        self.attempt(lambda: self.scene.end(by=by, replaces=live, frees=[self.ship]), proposes=True)

    @rule(who=PEOPLE, choice=NUMBERS)
    def novate(self, who: str, choice: int) -> None:
        by, picked = getattr(self.scene, who), self.pick(choice)
        debt = self.scene.owe(creditor=self.scene.third, amount=7)
        self.attempt(lambda: self.scene.novate(picked, debt, by=by), proposes=True)

    @rule(who=PEOPLE, choice=NUMBERS)
    def sign(self, who: str, choice: int) -> None:
        number = self.proposals - choice % self.proposals
        self.attempt(lambda: self.scene.sign(number, getattr(self.scene, who)))

    @rule(choice=NUMBERS)
    def everybody_signs(self, choice: int) -> None:
        for who in ("seller", "buyer", "third"):
            self.sign(who, choice)

    @rule(who=PEOPLE, choice=NUMBERS)
    def refuse(self, who: str, choice: int) -> None:
        number = self.proposals - choice % self.proposals
        by = getattr(self.scene, who)
        self.attempt(lambda: self.scene.record.refuse(by=by, proposal=number))

    @rule(who=PEOPLE, choice=NUMBERS, what=st.sampled_from(["declare", "confirm", "dispute"]))
    def say(self, who: str, choice: int, what: str) -> None:
        act, by, picked = getattr(self.scene.record, what), getattr(self.scene, who), None
        picked = self.pick(choice)
        self.attempt(lambda: act(by=by, obligation=picked, evidence=digest(what)))

    @rule(choice=NUMBERS, is_performed=st.booleans())
    def decide(self, choice: int, is_performed: bool) -> None:
        picked, record = self.pick(choice), self.scene.record
        evidence = digest("ruling")
        self.attempt(
            lambda: record.decide(
                by=self.scene.auditor,
                obligation=picked,
                is_performed=is_performed,
                evidence=evidence,
            )
        )

    @rule(choice=NUMBERS)
    def break_off(self, choice: int) -> None:
        picked, record = self.pick(choice), self.scene.record
        by = self.scene.seller
        self.attempt(lambda: record.break_off(by=by, obligation=picked, others=[]))

    @rule(count=st.integers(1, 20))
    def wait(self, count: int) -> None:
        self.scene.world.wait(days=count)

    @invariant()
    def everything_is_used_up_once_at_most(self) -> None:
        ends = [
            event.obligation
            for event in self.scene.world.events(ObligationChanged)
            if event.state in OVER
        ]
        assert len(ends) == len(set(ends))
        begun = [event.obligation for event in self.scene.world.events(ObligationBegun)]
        assert self.scene.record.count_open(1) == len(begun) - len(ends)

    @invariant()
    def what_is_live_is_where_its_dates_put_it(self) -> None:
        now = self.scene.world.now
        for number in self.scene.find():
            found = self.scene.record.obligation(number)
            grace_ends = found.terms.due + found.terms.grace
            if found.state is ObligationState.OPEN:
                assert now < found.terms.due
            elif found.state is ObligationState.DUE:
                assert found.terms.due <= now < grace_ends
            elif found.state is ObligationState.BREACHED:
                assert now >= grace_ends
            if found.state not in OVER:
                # Whatever anybody has declared or disputed meanwhile.
                assert found.breached is (now >= grace_ends)

    @invariant()
    def nothing_is_left_when_it_has_ended(self) -> None:
        agreement = self.scene.record.state_of(1)
        is_ended = agreement.state is AgreementState.ENDED
        assert (self.scene.record.secures(self.ship) == 0) is is_ended
        if is_ended:
            assert self.scene.record.count_open(1) == agreement.pledged_assets == 0

    @invariant()
    def what_is_accepted_was_signed_by_all(self) -> None:
        for number in range(1, self.proposals + 1):
            found = self.scene.record.proposal(number)
            is_full = found.acceptances == len(found.signers)
            assert (found.state is ProposalState.ACCEPTED) is is_full


Dealings.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestDealings = Dealings.TestCase
