"""The parties and the record with which every test of this folder begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from dure.apps.agreements.commitments import Debt, build_change, build_pledge
from dure.apps.agreements.contract import Agreements
from dure.contract.language import Duration, Time, days
from dure.contract.library.obligations import ObligationBegun, ObligationState
from dure.contract.library.pledges import Pledge
from dure.core.types import Hash
from dure.testing import Deployed, Person, World

SOON = days(2)
LATER = days(30)
GRACE = days(3)


def digest(word: str) -> Hash:
    return Hash(sha256(word.encode()).digest())


@dataclass(frozen=True)
class Scene:
    world: World
    record: Deployed
    seller: Person
    buyer: Person
    auditor: Person
    third: Person
    stranger: Person

    def owe(
        self,
        debtor: Person | None = None,
        creditor: Person | None = None,
        *,
        due: Duration = LATER,
        grace: Duration = GRACE,
        amount: int = 1_000,
    ) -> Debt:
        moment: Time = self.world.now + due
        return Debt(
            debtor=(debtor or self.buyer).address,
            creditor=(creditor or self.seller).address,
            due=moment.milliseconds,
            grace=grace.milliseconds,
            amount=amount,
            currency="KRW",
            what="goods",
            blinding=digest(f"blinding {amount}"),
        )

    def begin(
        self,
        *debts: Debt,
        pledges: Iterable[Pledge] = (),
        parties: Sequence[Person] = (),
        text: str = "terms",
    ) -> int:
        """Have the first party propose an agreement; return its number."""
        between = parties or (self.seller, self.buyer)
        number = self.record.begin(
            by=between[0],
            parties=list(between),
            auditors=[self.auditor],
            change=build_change(digest(text), debts, pledges=pledges),
            answer_by=self.world.now + SOON,
        )
        assert isinstance(number, int)
        return number

    def pledge(self, word: str = "a ship", *, holder: Person | None = None) -> Pledge:
        return build_pledge((holder or self.seller).address, "registry", digest(word))

    def sign(self, proposal: int, *signers: Person) -> None:
        for signer in signers:
            told = self.record.proposal(proposal).digest
            self.record.accept(by=signer, proposal=proposal, digest=told)

    def agree(self, *debts: Debt, pledges: Iterable[Pledge] = ()) -> list[Hash]:
        """Bring agreement 1 into force; return the numbers of its obligations."""
        self.begin(*debts, pledges=pledges)
        self.sign(1, self.buyer)
        return self.find()

    def find(self) -> list[Hash]:
        return [Hash(event.obligation) for event in self.world.events(ObligationBegun)]

    def amend(
        self,
        *debts: Debt,
        by: Person | None = None,
        replaces: Iterable[Hash] = (),
        frees: Iterable[Hash] = (),
        pledges: Iterable[Pledge] = (),
    ) -> int:
        number = self.record.amend(
            by=by or self.seller,
            agreement=1,
            base=self.head,
            change=build_change(
                digest("amended"), debts, replaces=replaces, frees=frees, pledges=pledges
            ),
            answer_by=self.world.now + SOON,
        )
        assert isinstance(number, int)
        return number

    def end(
        self,
        *,
        by: Person | None = None,
        replaces: Iterable[Hash] = (),
        frees: Iterable[Hash] = (),
        pledges: Iterable[Pledge] = (),
    ) -> int:
        number = self.record.end(
            by=by or self.seller,
            agreement=1,
            base=self.head,
            change=build_change(digest("settled"), replaces=replaces, frees=frees, pledges=pledges),
            answer_by=self.world.now + SOON,
        )
        assert isinstance(number, int)
        return number

    def novate(self, obligation: Hash, debt: Debt, *, by: Person | None = None) -> int:
        number = self.record.novate(
            by=by or self.seller,
            obligation=obligation,
            terms=debt.terms,
            answer_by=self.world.now + SOON,
        )
        assert isinstance(number, int)
        return number

    def state_of(self, obligation: Hash) -> ObligationState:
        found = self.record.obligation(obligation).state
        assert isinstance(found, ObligationState)
        return found

    @property
    def head(self) -> Hash:
        return Hash(self.record.state_of(1).head)


def open_record(world: World) -> Scene:
    seller, buyer, auditor, third, stranger = world.people(
        "seller", "buyer", "auditor", "third", "stranger"
    )
    record = world.deploy(Agreements, by=stranger)
    return Scene(world, record, seller, buyer, auditor, third, stranger)
