"""The people of an election and what each of them does, for stories, demo and tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from dure.apps.ballot.contract import (
    BallotCast,
    ElectionAnnounced,
    ElectionEnded,
    Elections,
    Kind,
    Plan,
    Question,
    ResultDeclared,
    VotingClosed,
    VotingOpened,
)
from dure.apps.ballot.offchain.audit import Audit, Sums, add_ballots, audit
from dure.apps.ballot.offchain.ballots import Booth, Layout
from dure.apps.ballot.offchain.record import ElectionRecord, gather, read_events
from dure.apps.ballot.offchain.trustees import Trustee, build_context, compute_key
from dure.contract.language import Amount, Hash, Time, days
from dure.contract.library.joint_keys import (
    DealerAccused,
    KeyFinding,
    PartGiven,
    PartyStruck,
    SharesDealt,
    TrusteeJoined,
    TrusteeMissing,
)
from dure.core.codec import encode
from dure.core.merkle import build_path, compute_root
from dure.testing import Deployed, Person, World

DEPOSIT = 100_000
RICH = 1_000_000
TOLD = (
    *(ElectionAnnounced, TrusteeJoined, SharesDealt, DealerAccused, VotingOpened, BallotCast),
    *(VotingClosed, PartGiven, ResultDeclared, TrusteeMissing, PartyStruck, ElectionEnded),
)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part beside the voters."""

    organiser: Person
    trustees: tuple[Person, ...]
    observers: tuple[Person, ...]
    fund: Person


def invite(world: World, trustees: int, observers: int = 3) -> Cast:
    """Give everybody an account with money for the deposits."""
    organiser, fund = world.people("organiser", "fund", won=RICH)
    return Cast(
        organiser,
        world.people(*(f"trustee {place + 1}" for place in range(trustees)), won=RICH),
        world.people(*(f"observer {place + 1}" for place in range(observers))),
        fund,
    )


def build_plan(
    world: World, cast: Cast, questions: Sequence[Question], voters: Sequence[Person]
) -> Plan:
    """Return a plan with a day for each step, and the smallest majority of trustees."""
    now: Time = world.now
    return Plan(
        title="Council of Hanbit town",
        questions=list(questions),
        voters_root=Hash(compute_root(list_leaves(voters))),
        voters=len(voters),
        lot_below="",
        threshold=len(cast.trustees) // 2 + 1,
        deposit=Amount(DEPOSIT),
        keys_by=now + days(1),
        closes=now + days(2),
        results_by=now + days(3),
        ends=now + days(4),
        forfeits_to=cast.fund.address,
    )


def list_leaves(voters: Sequence[Person]) -> list[bytes]:
    """Return what stands in the list of voters."""
    return [encode((each.address,)) for each in voters]


@dataclass
class Hall:
    """An election that was announced."""

    world: World
    box: Deployed
    cast: Cast
    plan: Plan
    voters: tuple[Person, ...]
    number: int
    shares: list[int] = field(default_factory=list)
    key: bytes = b""

    # The trustees

    @property
    def secrets(self) -> list[Trustee]:
        """What each trustee keeps to itself; here it follows from the name."""
        context = build_context(self.box.address, self.number)
        return [
            Trustee(context, place, self.plan.threshold, sha256(each.name.encode()).digest())
            for place, each in enumerate(self.cast.trustees, start=1)
        ]

    def join(self) -> list[bytes]:
        """Have all trustees join; return their sealing keys."""
        keys = []
        for person, trustee in zip(self.cast.trustees, self.secrets, strict=True):
            key, proof = trustee.join()
            pay = self.plan.deposit.units
            self.box.join(by=person, pay=pay, number=self.number, sealing_key=key, proof=proof)
            keys.append(key)
        return keys

    def make_key(self) -> None:
        """Have the trustees make the key, and the organiser open the box with it."""
        keys = self.join()
        secrets = self.secrets
        deals = [trustee.deal(keys) for trustee in secrets]
        for person, deal in zip(self.cast.trustees, deals, strict=True):
            self.deal(person, deal.commitments, deal.proof, deal.sealed_shares)
        for person, trustee in zip(self.cast.trustees, secrets, strict=True):
            opened = [
                trustee.open_share(place, keys[place - 1], deal)
                for place, deal in enumerate(deals, start=1)
            ]
            self.shares.append(sum(each for each in opened if each is not None))
            self.box.confirm(by=person, number=self.number)
        self.key = compute_key(deals)
        self.box.open_voting(by=self.cast.organiser, number=self.number, key=self.key)

    def deal(
        self, by: Person, commitments: Sequence[bytes], proof: bytes, shares: Sequence[bytes]
    ) -> None:
        """Send what a trustee deals."""
        self.box.deal(
            by=by,
            number=self.number,
            commitments=list(commitments),
            proof=proof,
            sealed_shares=list(shares),
        )

    def give_part(self, place: int, sums: Sums, error: int = 0) -> None:
        """Have the trustee at a place, counted from 1, open the sums; an error makes it false."""
        share = self.shares[place - 1] + error
        parts = self.secrets[place - 1].open_sums(share, sums.cells)
        self.box.give_part(by=self.cast.trustees[place - 1], number=self.number, parts=parts)

    # The voters

    @property
    def booth(self) -> Booth:
        """What ballots are made for."""
        layouts = tuple(
            Layout(each.kind.name, len(each.options), each.least, each.most)
            for each in self.plan.questions
        )
        return Booth(self.box.address, self.number, self.key, layouts)

    def vote(self, voter: Person, *marks: Sequence[int], word: str = "") -> bytes:
        """Seal and cast a ballot; return the digest on its receipt."""
        seed = sha256(f"{voter.name} {word}".encode()).digest()
        return self.put(voter, self.booth.seal(voter.address, marks, seed))

    def put(self, voter: Person, ballot: bytes, place: int | None = None) -> bytes:
        """Cast a ballot as it is, from the voter's own place on the list or another."""
        own = self.voters.index(voter) if place is None else place
        siblings = build_path(list_leaves(self.voters), own).siblings
        digest = self.box.cast(
            by=voter,
            number=self.number,
            ballot=ballot,
            place=own,
            siblings=[Hash(each) for each in siblings],
        )
        return bytes(digest)

    # The count

    def record(self) -> ElectionRecord:
        """Return what the chain told so far."""
        told = [each for kind in TOLD for each in read_events(self.world.events(kind))]
        return gather(self.box.address, self.number, told)

    def close(self) -> Sums:
        """Wait for the close of the box, and add up what is in it."""
        if self.world.now < self.plan.closes:
            self.world.wait_until(self.plan.closes)
        record = self.record()
        return add_ballots(record.booth, record.ballots)

    def count(self, sums: Sums | None = None) -> Audit:
        """Count again from what the chain told."""
        return audit(self.record(), sums)

    def declare(self, counted: Audit, counts: Sequence[int] | None = None) -> None:
        """Declare what was counted, or something else."""
        self.box.declare(
            by=self.cast.organiser,
            number=self.number,
            counts=list(counted.counts or () if counts is None else counts),
            counted=counted.counted,
            used=list(counted.opened_by),
        )

    def object_to(self, accused: Person, finding: KeyFinding, observers: int = 2) -> None:
        """Have observers object to somebody."""
        report = Hash(sha256(f"{finding.name} {accused.name}".encode()).digest())
        for observer in self.cast.observers[:observers]:
            self.box.object(
                by=observer,
                number=self.number,
                accused=accused,
                finding=finding,
                report=report,
            )

    def end(self) -> Any:
        """Wait for the end of the time for objections; return where the election stands."""
        self.world.wait_until(self.plan.ends)
        return self.box.election(self.number)


def announce(
    world: World,
    box: Deployed,
    cast: Cast,
    questions: Sequence[Question],
    listed: Sequence[Person],
    **changes: Any,
) -> Hall:
    """Announce an election; `changes` are fields of its plan."""
    plan = replace(build_plan(world, cast, questions, listed), **changes)
    number = box.announce(
        by=cast.organiser,
        pay=plan.deposit.units,
        plan=plan,
        trustees=list(cast.trustees),
        observers=list(cast.observers),
    )
    return Hall(world, box, cast, plan, tuple(listed), number)


def open_box(world: World, cast: Cast) -> Deployed:
    """Put the contract on the chain."""
    roles = {"organiser": cast.organiser}
    return world.deploy(Elections, by=cast.organiser, roles=roles, money=world.asset("won"))


YES_NO = Question(Kind.SINGLE, "Shall the town build a library?", ["Yes", "No"], 1, 1)
PROJECTS = Question(
    Kind.MULTIPLE, "Which projects come first?", ["Park", "School", "Clinic", "Road"], 0, 2
)
"""From none to two of four."""


def rank_question(candidates: Sequence[str], ranks: int) -> Question:
    """Return a question whose options are put in order of preference."""
    return Question(Kind.RANKED, "Who shall be on the council?", list(candidates), 1, ranks)
