"""One rule a test, named after it."""

import pytest

from dure.apps.chain_id.contract import Claim, Purpose, Status
from dure.apps.chain_id.stories import digest
from dure.apps.chain_id.tests.scene import Scene
from dure.chain.transaction import Call
from dure.contract.language import days
from dure.contract.library.association import Trust
from dure.core.codec import encode
from dure.sdk import ledger_calls
from dure.testing import MemoryStage


def test_r1_the_association_admits_suspends_and_expels(scene: Scene) -> None:
    register, chain, key = scene.register, scene.chain, bytes(32)
    with scene.world.refused("not_permitted"):
        chain.admit(by=register.bank, institution=scene.stranger, name="x", key=key, issues=True)
    with scene.world.refused("not_permitted"):
        chain.set_trust(by=register.bank, institution=register.shop, trust=Trust.SUSPENDED)
    with scene.world.refused("not_permitted"):
        chain.expel(by=register.bank, institution=register.shop, successor=register.bank)
    with scene.world.refused("the institution was admitted before"):
        chain.admit(
            by=register.association, institution=register.bank, name="x", key=key, issues=True
        )
    with scene.world.refused("whoever expels names a successor"):
        chain.set_trust(by=register.association, institution=register.shop, trust=Trust.EXPELLED)
    with scene.world.refused("the institution may not issue"):
        chain.expel(by=register.association, institution=register.bank, successor=register.shop)
    chain.expel(by=register.association, institution=register.bank, successor=register.broker)
    with scene.world.refused("an expelled institution does not come back"):
        chain.set_trust(by=register.association, institution=register.bank, trust=Trust.ACTIVE)


def test_r2_an_application_is_signed_by_the_key_it_names(scene: Scene) -> None:
    chain, broker = scene.chain, scene.register.broker
    key = scene.stranger.account.keys[0]
    theirs = encode((chain.address, scene.stranger.address, broker.address))
    with scene.world.refused("the key has not signed this application"):
        chain.apply(by=scene.person, institution=broker, key=key.public, proof=key.sign(theirs))
    with scene.world.refused("the key has not signed this application"):
        chain.apply(by=scene.person, institution=broker, key=b"\0", proof=b"")
    with scene.world.refused("the institution may not issue"):
        scene.apply(institution=scene.register.shop)
    with scene.world.refused("that is no institution"):
        scene.apply(institution=scene.stranger)


def test_r2_without_a_key_the_account_itself_answers(scene: Scene) -> None:
    broker = scene.register.broker
    scene.chain.apply(by=scene.person, institution=broker, key=b"", proof=b"")
    number = scene.chain.issue(by=broker, applicant=scene.person, **scene.terms())
    assert scene.chain.identity(number).key == b""
    assert scene.chain.check(scene.certificate(1)).key == b""


def test_r3_only_the_institution_that_was_asked_issues(scene: Scene) -> None:
    chain, register = scene.chain, scene.register
    with scene.world.refused("the person has not applied"):
        chain.issue(by=register.broker, applicant=scene.person, **scene.terms())
    scene.apply()
    with scene.world.refused("the person has applied elsewhere"):
        chain.issue(by=register.bank, applicant=scene.person, **scene.terms())
    with scene.world.refused("that is no institution"):
        chain.issue(by=scene.stranger, applicant=scene.person, **scene.terms())
    chain.issue(by=register.broker, applicant=scene.person, **scene.terms())
    scene.apply()
    with scene.world.refused("the account holds an identity already"):
        chain.issue(by=register.broker, applicant=scene.person, **scene.terms())


def test_r3_an_application_is_good_for_one_certificate(scene: Scene) -> None:
    scene.issue()
    with scene.world.refused("the person has not applied"):
        scene.chain.renew(by=scene.register.broker, applicant=scene.person, **scene.terms())


def test_r4_a_certificate_lives_three_years(scene: Scene) -> None:
    scene.apply()
    issue, broker = scene.chain.issue, scene.register.broker
    with scene.world.refused("a certificate lives three years at most"):
        late = scene.world.now + days(1_097)
        issue(by=broker, applicant=scene.person, **scene.terms(late))
    with scene.world.refused("the certificate has expired"):
        issue(by=broker, applicant=scene.person, **scene.terms(scene.world.now))
    expires = scene.world.now + days(1_095)
    number = issue(by=broker, applicant=scene.person, **scene.terms(expires))
    scene.world.wait_until(expires)
    assert scene.status(number) is Status.EXPIRED
    with scene.world.refused("the identity is not valid"):
        scene.sign_in()


def test_r5_a_certificate_is_registered_once_and_told_from_an_unknown_one(scene: Scene) -> None:
    number = scene.issue()
    found = scene.chain.check(scene.certificate(1))
    assert (found.status, found.identity) == (Status.VALID, number)
    assert found.key == scene.person.account.keys[0].public
    assert found.issuer_key == scene.register.broker.account.keys[0].public
    assert scene.chain.check(digest("forged")).status is Status.UNKNOWN
    scene.apply(scene.stranger)
    again = scene.terms() | {"certificate": scene.certificate(1)}
    with scene.world.refused("the certificate is registered already"):
        scene.chain.issue(by=scene.register.broker, applicant=scene.stranger, **again)


def test_r6_a_person_signs_in_at_every_institution_without_a_second_check(scene: Scene) -> None:
    number = scene.issue()
    for institution in (scene.register.bank, scene.register.shop, scene.register.broker):
        scene.sign_in(at=institution, claims=(Claim.ADULT,))
        answer = scene.chain.answer(institution, digest("challenge"))
        assert (answer.identity, answer.purpose) == (number, Purpose.SIGN_IN)
        assert answer.claims == [Claim.ADULT]
    with scene.world.refused("that is no institution"):
        scene.sign_in(at=scene.stranger)
    with scene.world.refused("the account holds no identity"):
        scene.sign_in("other", by=scene.stranger)
    with scene.world.refused("nobody has answered this challenge"):
        scene.chain.answer(scene.register.bank, digest("another"))


def test_r6_a_bill_is_paid_in_the_transaction_that_signs_it(scene: Scene) -> None:
    number, shop = scene.issue(), scene.register.shop
    stage = scene.world._stage
    assert isinstance(stage, MemoryStage)
    bill = digest("two coffees")
    arguments = encode((shop.address, Purpose.PAYMENT.name, bill, ()))
    calls = [
        Call(scene.chain.address, "sign_in", arguments, None),
        ledger_calls.transfer(scene.world.asset("won"), shop.address, 900),
    ]
    stage.send(scene.person.account, calls)
    assert (scene.person.won, shop.won) == (100, 900)
    assert scene.chain.answer(shop, bill).identity == number
    with scene.world.refused("the challenge was answered before"):
        stage.send(scene.person.account, calls)
    scene.chain.suspend(by=scene.person, number=number)
    again = encode((shop.address, Purpose.PAYMENT.name, digest("one more"), ()))
    with scene.world.refused("the identity is not valid"):
        stage.send(
            scene.person.account,
            [
                ledger_calls.transfer(scene.world.asset("won"), shop.address, 100),
                Call(scene.chain.address, "sign_in", again, None),
            ],
        )
    assert shop.won == 900


def test_r7_a_challenge_is_answered_once(scene: Scene) -> None:
    scene.issue()
    scene.issue(scene.stranger)
    scene.sign_in()
    for person in (scene.person, scene.stranger):
        with scene.world.refused("the challenge was answered before"):
            scene.sign_in(by=person)
    scene.sign_in(at=scene.register.shop)


def test_r7_signing_in_and_looking_are_different_purposes(scene: Scene) -> None:
    number = scene.issue()
    for purpose in (Purpose.CUSTOMER_CARE, Purpose.LEGAL_DUTY):
        with scene.world.refused("that is no purpose of signing in"):
            scene.chain.sign_in(
                by=scene.person,
                institution=scene.register.bank,
                purpose=purpose,
                challenge=digest("challenge"),
                claims=[],
            )
    for purpose in (Purpose.SIGN_IN, Purpose.ACCOUNT_OPENING, Purpose.PAYMENT):
        with scene.world.refused("that is no purpose of looking"):
            scene.chain.look(
                by=scene.register.bank, number=number, purpose=purpose, reference=digest("case")
            )


@pytest.mark.parametrize("who", ["person", "broker", "association"])
def test_r8_person_issuer_and_association_suspend(scene: Scene, who: str) -> None:
    number = scene.issue()
    by = scene.person if who == "person" else getattr(scene.register, who)
    scene.chain.suspend(by=by, number=number)
    assert scene.status(number) is Status.SUSPENDED
    with scene.world.refused("the identity is not valid"):
        scene.sign_in()
    with scene.world.refused("the identity is suspended already"):
        scene.chain.suspend(by=by, number=number)


def test_r8_nobody_else_suspends_or_resumes(scene: Scene) -> None:
    number = scene.issue()
    for other in (scene.register.bank, scene.register.shop, scene.stranger):
        with scene.world.refused("only its issuer or the association may do this"):
            scene.chain.suspend(by=other, number=number)
    scene.chain.suspend(by=scene.person, number=number)
    for other in (scene.register.bank, scene.person):
        with scene.world.refused("only its issuer or the association may do this"):
            scene.chain.resume(by=other, number=number)
    scene.chain.resume(by=scene.register.broker, number=number)
    scene.sign_in()
    with scene.world.refused("the identity is not suspended"):
        scene.chain.resume(by=scene.register.broker, number=number)


def test_r8_only_the_association_lifts_what_it_suspended(scene: Scene) -> None:
    number, register = scene.issue(), scene.register
    scene.chain.suspend(by=register.association, number=number)
    with scene.world.refused("the association suspended this identity"):
        scene.chain.resume(by=register.broker, number=number)
    scene.apply(scene.stranger)
    with scene.world.refused("the association suspended this identity"):
        scene.chain.replace_holder(
            by=register.broker, number=number, applicant=scene.stranger, **scene.terms()
        )
    scene.chain.resume(by=register.association, number=number)
    assert scene.status(number) is Status.VALID


@pytest.mark.parametrize("who", ["person", "broker"])
def test_r8_the_association_takes_hold_of_what_is_suspended(scene: Scene, who: str) -> None:
    number, register = scene.issue(), scene.register
    by = scene.person if who == "person" else register.broker
    scene.chain.suspend(by=by, number=number)
    scene.chain.suspend(by=register.association, number=number)
    with scene.world.refused("the association suspended this identity"):
        scene.chain.resume(by=register.broker, number=number)
    for again in (register.association, register.broker):
        with scene.world.refused("the identity is suspended already"):
            scene.chain.suspend(by=again, number=number)
    scene.chain.resume(by=register.association, number=number)
    assert scene.status(number) is Status.VALID


@pytest.mark.parametrize("who", ["person", "broker", "association"])
def test_r9_what_is_revoked_is_over(scene: Scene, who: str) -> None:
    number = scene.issue()
    by = scene.person if who == "person" else getattr(scene.register, who)
    with scene.world.refused("only its issuer or the association may do this"):
        scene.chain.revoke(by=scene.register.bank, number=number)
    scene.chain.revoke(by=by, number=number)
    assert scene.chain.check(scene.certificate(1)).status is Status.REVOKED
    for method in ("resume", "suspend", "revoke"):
        with scene.world.refused("the identity has ended"):
            getattr(scene.chain, method)(by=scene.register.broker, number=number)
    with scene.world.refused("the account holds no identity"):
        scene.sign_in()
    assert scene.issue() == number + 1


def test_r10_a_renewal_replaces_the_certificate_before(scene: Scene) -> None:
    number = scene.issue()
    scene.world.wait(days=1_095)
    assert scene.status(number) is Status.EXPIRED
    scene.apply(institution=scene.register.bank)
    scene.chain.renew(by=scene.register.bank, applicant=scene.person, **scene.terms())
    assert scene.chain.number_of(scene.person) == number
    assert scene.chain.check(scene.certificate(1)).status is Status.REPLACED
    assert scene.chain.check(scene.certificate(2)).status is Status.VALID
    assert scene.chain.identity(number).issuer == scene.register.bank.address
    scene.sign_in()


def test_r10_what_is_suspended_is_not_renewed(scene: Scene) -> None:
    number = scene.issue()
    scene.chain.suspend(by=scene.person, number=number)
    scene.apply(institution=scene.register.bank)
    with scene.world.refused("the identity is suspended"):
        scene.chain.renew(by=scene.register.bank, applicant=scene.person, **scene.terms())


def test_r11_a_lost_account_is_replaced_and_number_and_history_stay(scene: Scene) -> None:
    number, register = scene.issue(), scene.register
    scene.sign_in("before")
    scene.apply(scene.stranger, register.bank)
    with scene.world.refused("only its issuer or the association may do this"):
        scene.chain.replace_holder(
            by=register.bank, number=number, applicant=scene.stranger, **scene.terms()
        )
    scene.chain.suspend(by=scene.person, number=number)
    scene.apply(scene.stranger)
    scene.chain.replace_holder(
        by=register.broker, number=number, applicant=scene.stranger, **scene.terms()
    )
    assert scene.chain.number_of(scene.stranger) == number
    with scene.world.refused("the account holds no identity"):
        scene.sign_in("thief")
    scene.sign_in("after", by=scene.stranger)
    found = [entry.reference for entry in scene.chain.history(number, 0)]
    assert found == [digest("before"), digest("after")]


def test_r12_what_an_institution_issued_stands_and_falls_with_it(scene: Scene) -> None:
    number, register = scene.issue(), scene.register
    scene.chain.set_trust(
        by=register.association, institution=register.broker, trust=Trust.SUSPENDED
    )
    assert scene.status(number) is Status.UNTRUSTED
    with scene.world.refused("the identity is not valid"):
        scene.sign_in()
    with scene.world.refused("the institution is suspended or expelled"):
        scene.chain.suspend(by=register.broker, number=number)
    with scene.world.refused("the institution is suspended or expelled"):
        scene.apply(scene.stranger)
    scene.chain.set_trust(by=register.association, institution=register.broker, trust=Trust.ACTIVE)
    scene.sign_in()


def test_r12_the_successor_looks_after_whom_an_expelled_institution_verified(
    scene: Scene,
) -> None:
    number, register = scene.issue(), scene.register
    scene.chain.expel(by=register.association, institution=register.broker, successor=register.bank)
    assert scene.status(number) is Status.UNTRUSTED
    scene.apply(scene.stranger, register.bank)
    scene.chain.replace_holder(
        by=register.bank, number=number, applicant=scene.stranger, **scene.terms()
    )
    assert scene.status(number) is Status.VALID
    scene.sign_in(by=scene.stranger)


def test_r13_an_institution_looks_with_consent_or_by_law_only(scene: Scene) -> None:
    number, bank = scene.issue(), scene.register.bank

    def look(purpose: Purpose, by: object = bank) -> None:
        scene.chain.look(by=by, number=number, purpose=purpose, reference=digest("case"))

    with scene.world.refused("the person has not consented"):
        look(Purpose.CUSTOMER_CARE)
    until = scene.world.now + days(30)
    scene.chain.consent(by=scene.person, institution=bank, until=until)
    assert scene.chain.consented_until(number, bank) == until
    look(Purpose.CUSTOMER_CARE)
    with scene.world.refused("the person has not consented"):
        look(Purpose.CUSTOMER_CARE, scene.register.shop)
    scene.chain.consent(by=scene.person, institution=bank, until=scene.world.now)
    with scene.world.refused("the person has not consented"):
        look(Purpose.CUSTOMER_CARE)
    look(Purpose.LEGAL_DUTY)
    with scene.world.refused("that is no institution"):
        look(Purpose.LEGAL_DUTY, scene.stranger)
    scene.chain.revoke(by=scene.person, number=number)
    with scene.world.refused("the identity has ended"):
        look(Purpose.LEGAL_DUTY)


def test_r14_the_history_says_who_when_and_what_for_in_order(scene: Scene) -> None:
    number, bank = scene.issue(), scene.register.bank
    begun = scene.world.now
    for turn in range(52):
        scene.sign_in(f"challenge {turn}")
    scene.chain.look(by=bank, number=number, purpose=Purpose.LEGAL_DUTY, reference=digest("order"))
    first, rest = scene.chain.history(number, 0), scene.chain.history(number, 50)
    assert [len(first), len(rest)] == [50, 3]
    times = [entry.at for entry in first + rest]
    assert times == sorted(times)
    assert times[0] > begun
    assert rest[-1].purpose is Purpose.LEGAL_DUTY
    assert rest[-1].institution == bank.address
    assert scene.chain.history(number, 53) == []
    assert scene.chain.history_length(number) == 53
    with scene.world.refused("places count from 0"):
        scene.chain.history(number, -1)
