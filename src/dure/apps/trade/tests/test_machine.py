"""In whatever order parties act, money is conserved, nobody is paid twice, a title has a holder."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.apps.trade.contracts.letters_of_credit import PresentationPaid
from dure.apps.trade.contracts.receivables import ReceivablePaid
from dure.apps.trade.tests.scene import RICH, Scene, open_trade
from dure.contract.language import days
from dure.testing import Refused, World

BANKS = st.sampled_from(["issuing", "confirming"])
ANYBODY = st.sampled_from(["importer", "exporter", "issuing", "confirming", "stranger"])
NUMBERS = st.integers(1, 3)


class Dealings(RuleBasedStateMachine):
    """Presentations, notices, waivers, amendments and time, by anybody and at any moment."""

    scene: Scene

    @initialize(confirmed=st.booleans(), deferred=st.booleans(), bill=st.booleans())
    def begin(self, confirmed: bool, deferred: bool, bill: bool) -> None:
        self.scene = open_trade(World())
        self.scene.open_credit(
            confirmed=confirmed,
            tenor="AFTER_SIGHT" if deferred else "SIGHT",
            usance=days(40),
            electronic_bill=bill,
        )
        self.bill = self.scene.issue_bill() if bill else 0
        self.scene.enter(amount=500)
        self.presentations = 0

    @staticmethod
    def attempt(action: object) -> bool:
        assert callable(action)
        try:
            action()
        except Refused:
            return False
        return True

    @rule(amount=st.integers(1, 1_200_000))
    def present(self, amount: int) -> None:
        scene, bill = self.scene, self.bill
        if bill:
            agent = scene.credits.address
            self.attempt(lambda: scene.bills.entrust(by=scene.exporter, number=bill, agent=agent))
        done = self.attempt(lambda: scene.present(amount=amount, bill=bill))
        self.presentations += done

    @rule(who=BANKS, number=NUMBERS)
    def accept(self, who: str, number: int) -> None:
        by, letters = getattr(self.scene, who), self.scene.credits
        self.attempt(lambda: letters.accept(by=by, number=number))

    @rule(who=BANKS, number=NUMBERS, returns=st.booleans())
    def refuse(self, who: str, number: int, returns: bool) -> None:
        by, letters, words = getattr(self.scene, who), self.scene.credits, ["late"]
        self.attempt(
            lambda: letters.refuse(by=by, number=number, discrepancies=words, returns=returns)
        )

    @rule(who=ANYBODY, number=NUMBERS)
    def hand_back(self, who: str, number: int) -> None:
        by, letters = getattr(self.scene, who), self.scene.credits
        self.attempt(lambda: letters.return_documents(by=by, number=number))

    @rule(number=NUMBERS)
    def waive(self, number: int) -> None:
        self.attempt(lambda: self.scene.credits.waive(by=self.scene.importer, number=number))

    @rule(amount=st.integers(1, 2_000_000), cancels=st.booleans())
    def amend(self, amount: int, cancels: bool) -> None:
        scene = self.scene
        change = scene.change(amount=amount, cancels=cancels)
        extra = 0 if cancels else max(0, amount - scene.credits.credit(1).maximum.units)
        self.attempt(
            lambda: scene.credits.amend(by=scene.issuing, number=1, change=change, pay=extra)
        )

    @rule(who=ANYBODY, number=NUMBERS, consents=st.booleans())
    def answer(self, who: str, number: int, consents: bool) -> None:
        scene, by = self.scene, getattr(self.scene, who)

        def send() -> None:
            is_bank = who == "confirming" and consents
            extra = scene.credits.amendment(number).extra.units if is_bank else 0
            scene.credits.answer_amendment(by=by, amendment=number, consents=consents, pay=extra)

        self.attempt(send)

    @rule(who=ANYBODY, to=ANYBODY)
    def endorse(self, who: str, to: str) -> None:
        by, other, bills, number = (
            getattr(self.scene, who),
            getattr(self.scene, to),
            self.scene.bills,
            self.bill,
        )
        self.attempt(lambda: bills.endorse(by=by, number=number, to=other))

    @rule(amount=st.integers(1, 600))
    def deal_with_the_invoice(self, amount: int) -> None:
        scene, book = self.scene, self.scene.receivables
        self.attempt(lambda: book.acknowledge(by=scene.importer, number=1))
        self.attempt(lambda: book.offer(by=scene.exporter, number=1, bank=scene.issuing, price=9))
        self.attempt(lambda: book.buy(by=scene.issuing, number=1, pay=9))
        self.attempt(lambda: book.pay_in(by=scene.importer, number=1, pay=amount))

    @rule(count=st.integers(1, 30))
    def wait(self, count: int) -> None:
        self.scene.world.wait(days=count)

    @invariant()
    def money_is_there_and_conserved(self) -> None:
        scene = self.scene
        assert scene.world.conserved()
        held = [scene.world.balance(each, "won") for each in (scene.credits, scene.receivables)]
        people = [person.won for person in scene.people]
        assert sum(people) + sum(held) == RICH * len(people)
        credit = scene.credits.credit(1)
        assert held[0] == credit.reserved.units + credit.confirmed_reserved.units
        assert credit.tied <= credit.reserved
        assert credit.confirmed_tied <= credit.confirmed_reserved
        if credit.state.name == "ISSUED":
            left = credit.maximum - credit.used
            assert left + credit.tied + credit.pending <= credit.reserved

    @invariant()
    def nobody_is_paid_twice(self) -> None:
        paid = [(e.presentation, e.bank) for e in self.scene.world.events(PresentationPaid)]
        assert len(paid) == len(set(paid))
        assert len(self.scene.world.events(ReceivablePaid)) <= 1

    @invariant()
    def what_is_examined_has_its_bill(self) -> None:
        states = [self.scene.state(each) for each in range(1, self.presentations + 1)]
        if self.bill:
            is_held = self.scene.holder(self.bill) == self.scene.credits.address
            open_ones = [each for each in states if each in {"EXAMINED", "REFUSED"}]
            assert len(open_ones) == int(is_held)


Dealings.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestDealings = Dealings.TestCase
