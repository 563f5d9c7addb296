"""An account that is a passkey signs in: the ledger judges the assertion, the contract the rest."""

from dataclasses import dataclass

import pytest

from dure.apps.chain_id.contract import Purpose, Status
from dure.apps.chain_id.stories import digest
from dure.apps.chain_id.tests.scene import Scene
from dure.chain.transaction import PasskeyPolicy
from dure.core.codec import encode
from dure.core.errors import WrongAssertion
from dure.core.passkeys.assertion import PasskeyAssertion
from dure.core.types import PasskeyKey, Signature
from dure.identity.keys import generate_key
from dure.sdk import PasskeyAccount, ledger_calls
from dure.testing import MemoryStage, Person
from tests.unit.core.soft_authenticator import Assertion, SoftAuthenticator


class PasskeyHolder(PasskeyAccount):
    """A person of a story whose account is a passkey."""

    name = "passkey holder"


def admit(scene: Scene, device: SoftAuthenticator) -> Person:
    """Return a person whose account is the device's passkey, enrolled like anybody's."""
    stage = scene.world._stage
    assert isinstance(stage, MemoryStage)
    policy = PasskeyPolicy(PasskeyKey(device.public), device.rp_id, (device.origin,))

    def answer(message: bytes) -> PasskeyAssertion:
        given = device.get(message)
        signature = Signature(given.signature)
        return PasskeyAssertion(given.authenticator_data, given.client_data_json, signature)

    account = PasskeyHolder(policy, answer)
    stage.send(stage._member, [ledger_calls.enrol([account.address])])
    return Person(account, stage)  # type: ignore[arg-type]  # a story's people have one key


def verify(scene: Scene, person: Person) -> int:
    """Verify a person whose presentations another key signs, which the register has beside."""
    key, broker = generate_key(), scene.register.broker
    message = encode((scene.chain.address, person.address, broker.address))
    scene.chain.apply(by=person, institution=broker, key=key.public, proof=key.sign(message))
    number = scene.chain.issue(by=broker, applicant=person, **scene.terms())
    assert isinstance(number, int)
    return number


def test_a_passkey_signs_in_and_is_worth_nothing_once_it_was_replaced(scene: Scene) -> None:
    device = SoftAuthenticator()
    person = admit(scene, device)
    number = verify(scene, person)
    scene.sign_in(by=person)
    answer = scene.chain.answer(scene.register.bank, digest("challenge"))
    assert (answer.identity, answer.purpose) == (number, Purpose.SIGN_IN)

    scene.apply(scene.stranger)
    scene.chain.replace_holder(
        by=scene.register.broker, number=number, applicant=scene.stranger, **scene.terms()
    )
    with scene.world.refused("the account holds no identity"):
        scene.sign_in("later", by=person)
    assert scene.status(number) is Status.VALID


@dataclass
class Replaying(SoftAuthenticator):
    """An authenticator that gives its first assertion again, whatever it is asked."""

    first: Assertion | None = None

    def get(self, challenge: bytes) -> Assertion:
        self.first = self.first or super().get(challenge)
        return self.first


def test_the_assertion_of_one_sign_in_is_no_other(scene: Scene) -> None:
    person = admit(scene, Replaying())
    message = encode((scene.chain.address, person.address, scene.register.bank.address))
    key = generate_key()
    terms = {"institution": scene.register.bank, "key": key.public, "proof": key.sign(message)}
    scene.chain.apply(by=person, **terms)
    with pytest.raises(WrongAssertion):
        scene.chain.apply(by=person, **terms)
