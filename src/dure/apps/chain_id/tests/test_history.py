"""In whatever order things happen: only valid identities sign in, no entry is lost or changed."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dure.apps.chain_id.contract import Entry, Purpose, Status
from dure.apps.chain_id.stories import digest
from dure.apps.chain_id.tests.scene import Scene, begin
from dure.contract.language import Time, days
from dure.contract.library.association import Trust
from dure.testing import Person, Refused

PEOPLE = st.sampled_from(["person", "stranger", "third"])
MEMBERS = st.sampled_from(["broker", "bank", "shop"])


@dataclass
class Known:
    """What an identity should be, worked out beside the contract."""

    holder: str
    issuer: str
    certificate: int
    expires: Time
    standing: Status = Status.VALID
    by_association: bool = False
    entries: int = 0


@dataclass
class Model:
    identities: dict[int, Known] = field(default_factory=dict)
    trust: dict[str, Trust] = field(default_factory=dict)

    def held_by(self, person: str) -> int | None:
        open_ones = (
            number
            for number, known in self.identities.items()
            if known.holder == person and known.standing is not Status.REVOKED
        )
        return next(open_ones, None)


class Register(RuleBasedStateMachine):
    """Applications, certificates, losses, suspensions and sign-ins at any time, by anybody."""

    scene: Scene

    @initialize()
    def begin(self) -> None:
        self.scene = begin()
        self.model = Model(trust=dict.fromkeys(("broker", "bank", "shop"), Trust.ACTIVE))
        self.people = {
            "person": self.scene.person,
            "stranger": self.scene.stranger,
            "third": self.scene.world.person("third"),
        }
        self.seen: dict[int, list[Entry]] = {}
        self.turn = 0

    def member(self, name: str) -> Person:
        found = getattr(self.scene.register, name)
        assert isinstance(found, Person)
        return found

    def may_issue(self, member: str) -> bool:
        return member != "shop" and self.model.trust[member] is Trust.ACTIVE

    def expected(self, number: int) -> Status:
        known = self.model.identities[number]
        if known.standing is not Status.VALID:
            return known.standing
        if self.model.trust[known.issuer] is not Trust.ACTIVE:
            return Status.UNTRUSTED
        is_over = self.scene.world.now >= known.expires
        return Status.EXPIRED if is_over else Status.VALID

    def attempt(self, action: object) -> bool:
        assert callable(action)
        try:
            action()
        except Refused:
            return False
        return True

    @rule(person=PEOPLE, member=MEMBERS, life=st.integers(1, 1_096))
    def verify(self, person: str, member: str, life: int) -> None:
        """A first certificate, or a renewal where the account holds an identity."""
        holder, issuer = self.people[person], self.member(member)
        held = self.model.held_by(person)
        could = self.attempt(lambda: self.scene.apply(holder, issuer))
        assert could == self.may_issue(member)
        terms = self.scene.terms(self.scene.world.now + days(life))
        method = self.scene.chain.issue if held is None else self.scene.chain.renew
        done = self.attempt(lambda: method(by=issuer, applicant=holder, **terms))
        is_held_valid = held is None or self.model.identities[held].standing is Status.VALID
        assert done == (could and is_held_valid)
        if done:
            number = held or len(self.model.identities) + 1
            entries = self.model.identities[number].entries if held else 0
            self.model.identities[number] = Known(
                person, member, self.scene.made, Time(terms_expiry(terms)), entries=entries
            )

    @rule(number=st.integers(1, 4), person=PEOPLE, member=MEMBERS)
    def replace_holder(self, number: int, person: str, member: str) -> None:
        holder, issuer = self.people[person], self.member(member)
        self.attempt(lambda: self.scene.apply(holder, issuer))
        terms = self.scene.terms()
        done = self.attempt(
            lambda: self.scene.chain.replace_holder(
                by=issuer, number=number, applicant=holder, **terms
            )
        )
        known = self.model.identities.get(number)
        should = (
            known is not None
            and known.standing is not Status.REVOKED
            and known.issuer == member
            and self.may_issue(member)
            and self.model.held_by(person) is None
            and not (known.standing is Status.SUSPENDED and known.by_association)
        )
        assert done == should
        if done and known is not None:
            self.model.identities[number] = Known(
                person,
                member,
                self.scene.made,
                Time(terms_expiry(terms)),
                entries=known.entries,
            )

    @rule(
        number=st.integers(1, 4),
        method=st.sampled_from(["suspend", "resume", "revoke"]),
        who=st.sampled_from(["person", "stranger", "broker", "bank", "shop", "association"]),
    )
    def change(self, number: int, method: str, who: str) -> None:
        by = self.people[who] if who in self.people else self.member(who)
        act = getattr(self.scene.chain, method)
        done = self.attempt(lambda: act(by=by, number=number))
        known = self.model.identities.get(number)
        if known is None or known.standing is Status.REVOKED:
            assert not done
            return
        is_keeper = who == "association" or (known.issuer == who and self.may_issue(who))
        is_suspended = known.standing is Status.SUSPENDED
        allowed = {
            "suspend": (is_keeper or who == known.holder)
            and (not is_suspended or (who == "association" and not known.by_association)),
            "resume": is_suspended
            and is_keeper
            and (who == "association" or not known.by_association),
            "revoke": is_keeper or who == known.holder,
        }
        assert done == allowed[method]
        if done:
            new = {"suspend": Status.SUSPENDED, "resume": Status.VALID, "revoke": Status.REVOKED}
            known.standing = new[method]
            known.by_association = who == "association"

    @rule(person=PEOPLE, member=MEMBERS)
    def sign_in(self, person: str, member: str) -> None:
        self.turn += 1
        held = self.model.held_by(person)
        should = (
            held is not None
            and self.expected(held) is Status.VALID
            and self.model.trust[member] is Trust.ACTIVE
        )
        challenge = f"turn {self.turn}"
        done = self.attempt(
            lambda: self.scene.sign_in(challenge, by=self.people[person], at=self.member(member))
        )
        assert done == should
        if done and held is not None:
            self.model.identities[held].entries += 1
            answer = self.scene.chain.answer(self.member(member), digest(challenge))
            assert answer.identity == held

    @rule(number=st.integers(1, 4), member=MEMBERS)
    def look(self, number: int, member: str) -> None:
        known = self.model.identities.get(number)
        done = self.attempt(
            lambda: self.scene.chain.look(
                by=self.member(member),
                number=number,
                purpose=Purpose.LEGAL_DUTY,
                reference=digest("order"),
            )
        )
        is_open = known is not None and known.standing is not Status.REVOKED
        assert done == (is_open and self.model.trust[member] is Trust.ACTIVE)
        if done and known is not None:
            known.entries += 1

    @rule(member=MEMBERS, trust=st.sampled_from([Trust.ACTIVE, Trust.SUSPENDED]))
    def set_trust(self, member: str, trust: Trust) -> None:
        association = self.scene.register.association
        self.scene.chain.set_trust(by=association, institution=self.member(member), trust=trust)
        self.model.trust[member] = trust

    @rule(count=st.integers(1, 600))
    def wait(self, count: int) -> None:
        self.scene.world.wait(days=count)

    @invariant()
    def every_identity_and_certificate_is_what_it_should_be(self) -> None:
        for number, known in self.model.identities.items():
            assert self.scene.status(number) is self.expected(number)
            found = self.scene.chain.check(self.scene.certificate(known.certificate))
            assert (found.identity, found.status) == (number, self.expected(number))
            holder = self.people[known.holder].account.keys[0].public
            assert found.key == holder

    @invariant()
    def no_entry_is_lost_or_changed(self) -> None:
        for number, known in self.model.identities.items():
            entries = self.scene.chain.history(number, 0)
            assert len(entries) == known.entries
            before = self.seen.get(number, [])
            assert entries[: len(before)] == before
            self.seen[number] = entries


def terms_expiry(terms: dict[str, object]) -> int:
    expires = terms["expires"]
    assert isinstance(expires, Time)
    return expires.milliseconds


Register.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestRegister = Register.TestCase
