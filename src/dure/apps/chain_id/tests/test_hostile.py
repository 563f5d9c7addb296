"""What somebody tries who wants another's identity, or wants to break the register."""

import pytest

from dure.apps.chain_id.contract import Purpose, Status
from dure.apps.chain_id.stories import digest
from dure.apps.chain_id.tests.scene import Scene
from dure.chain.transaction import Call
from dure.contract.language import days
from dure.core.codec import encode
from dure.testing import MemoryStage


@pytest.fixture
def stage(scene: Scene) -> MemoryStage:
    found = scene.world._stage
    assert isinstance(found, MemoryStage)
    return found


def test_nobody_begins_the_register_again(scene: Scene, stage: MemoryStage) -> None:
    for method in ("init", "start", "found_association"):
        with scene.world.refused("not_permitted" if method == "init" else "unknown_method"):
            call = Call(scene.chain.address, method, encode(()), None)
            stage.send(scene.stranger.account, [call])


@pytest.mark.parametrize("method", ["certify", "note", "change_trust", "require_keeper", "find"])
def test_shared_parts_cannot_be_called(scene: Scene, stage: MemoryStage, method: str) -> None:
    with scene.world.refused("unknown_method"):
        call = Call(scene.chain.address, method, encode((1,)), None)
        stage.send(scene.register.association.account, [call])


@pytest.mark.parametrize(
    "arguments",
    [
        b"",
        b"\xc0",
        encode(()),
        encode((bytes(31), "SIGN_IN", bytes(32), ())),
        encode((bytes(32), "LOOKING", bytes(32), ())),
        encode((bytes(32), "SIGN_IN", bytes(31), ())),
        encode((bytes(32), "SIGN_IN", bytes(32), ("SALARY",))),
        encode((bytes(32), "SIGN_IN", bytes(32), (), 1)),
        encode((bytes(32), "SIGN_IN", bytes(32), ())) + b"\0",
    ],
)
def test_malformed_arguments_are_refused(
    scene: Scene, stage: MemoryStage, arguments: bytes
) -> None:
    scene.issue()
    with scene.world.refused("bad_arguments"):
        call = Call(scene.chain.address, "sign_in", arguments, None)
        stage.send(scene.person.account, [call])


def test_no_claim_says_something_of_a_person_in_words(scene: Scene, stage: MemoryStage) -> None:
    """Claims are names out of a list, so that nobody puts a value on the chain by mistake."""
    scene.issue()
    names = encode((scene.register.bank.address, "SIGN_IN", bytes(32), ("Kim Minji",)))
    with scene.world.refused("bad_arguments"):
        stage.send(scene.person.account, [Call(scene.chain.address, "sign_in", names, None)])


def test_too_many_claims_are_refused(scene: Scene, stage: MemoryStage) -> None:
    scene.issue()
    claims = ("ADULT",) * 9
    arguments = encode((scene.register.bank.address, "SIGN_IN", bytes(32), claims))
    with scene.world.refused("at most 8 claims"):
        stage.send(scene.person.account, [Call(scene.chain.address, "sign_in", arguments, None)])


def test_a_proof_of_another_register_or_institution_is_refused(scene: Scene) -> None:
    key = scene.person.account.keys[0]
    bank, broker = scene.register.bank, scene.register.broker
    for message in (
        encode((scene.person.address, scene.person.address, broker.address)),
        encode((scene.chain.address, scene.person.address, bank.address)),
    ):
        with scene.world.refused("the key has not signed this application"):
            scene.chain.apply(
                by=scene.person, institution=broker, key=key.public, proof=key.sign(message)
            )


def test_a_later_application_takes_the_place_of_the_earlier(scene: Scene) -> None:
    scene.apply(institution=scene.register.broker)
    scene.apply(institution=scene.register.bank)
    with scene.world.refused("the person has applied elsewhere"):
        scene.issue_without_applying(scene.register.broker)
    scene.issue_without_applying(scene.register.bank)


def test_an_institution_cannot_move_an_identity_to_an_account_that_holds_one(
    scene: Scene,
) -> None:
    number = scene.issue()
    scene.issue(scene.stranger)
    scene.apply(scene.stranger)
    with scene.world.refused("the account holds an identity already"):
        scene.chain.replace_holder(
            by=scene.register.broker,
            number=number,
            applicant=scene.stranger,
            **scene.terms(),
        )


def test_a_revoked_identity_is_not_brought_back_by_a_new_holder(scene: Scene) -> None:
    number = scene.issue()
    scene.chain.revoke(by=scene.person, number=number)
    scene.apply(scene.stranger)
    with scene.world.refused("the identity has ended"):
        scene.chain.replace_holder(
            by=scene.register.broker,
            number=number,
            applicant=scene.stranger,
            **scene.terms(),
        )
    assert scene.status(number) is Status.REVOKED


def test_an_expelled_institution_changes_nothing_any_more(scene: Scene) -> None:
    number, register = scene.issue(), scene.register
    scene.chain.consent(
        by=scene.person, institution=register.broker, until=scene.world.now + days(9)
    )
    scene.chain.expel(by=register.association, institution=register.broker, successor=register.bank)
    for method in ("suspend", "resume", "revoke"):
        with scene.world.refused("only its issuer or the association may do this"):
            getattr(scene.chain, method)(by=register.broker, number=number)
    for purpose in (Purpose.CUSTOMER_CARE, Purpose.LEGAL_DUTY):
        with scene.world.refused("the institution is suspended or expelled"):
            scene.chain.look(
                by=register.broker, number=number, purpose=purpose, reference=digest("x")
            )


def test_successors_follow_one_another(scene: Scene) -> None:
    number, register = scene.issue(), scene.register
    third = scene.world.person("third")
    key = third.account.keys[0].public
    association = register.association
    scene.chain.admit(by=association, institution=third, name="third", key=key, issues=True)
    expel = scene.chain.expel
    expel(by=association, institution=register.broker, successor=register.bank)
    expel(by=association, institution=register.bank, successor=third)
    with scene.world.refused("only its issuer or the association may do this"):
        scene.chain.suspend(by=register.bank, number=number)
    scene.chain.suspend(by=third, number=number)


def test_what_is_not_there_is_said_to_be_not_there(scene: Scene) -> None:
    with scene.world.refused("there is no such identity"):
        scene.chain.identity(0)
    with scene.world.refused("there is no such identity"):
        scene.chain.suspend(by=scene.register.association, number=2**62)
    with scene.world.refused("the account holds no identity"):
        scene.chain.consent(by=scene.person, institution=scene.register.bank, until=scene.world.now)
    assert scene.chain.history(7, 0) == []
