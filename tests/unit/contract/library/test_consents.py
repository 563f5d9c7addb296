"""A consent holds for what it says and no longer, and ends when its giver says so."""

import pytest

from dure.contract.language import Time, days
from dure.contract.library.consents import ConsentUsed, ConsentWithdrawn
from dure.core.types import Hash
from dure.testing import Deployed, Person, World
from tests.unit.contract.library.lending import Lending

TERMS = Hash(b"t" * 32)


class Scene:
    """Ann, who consents, and a clinic."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ann, self.clinic, self.stranger = world.people("ann", "clinic", "stranger")
        self.consents: Deployed = world.deploy(Lending, by=self.clinic)

    def give(self, **changes: object) -> object:
        now = self.world.now
        terms: dict[str, object] = {
            "reader": self.clinic,
            "kind": "Observation",
            "purpose": "TREAT",
            "terms": TERMS,
            "begins": now,
            "ends": now + days(10),
        }
        return self.consents.give_consent(by=self.ann, **{**terms, **changes})

    def holds(self, reader: Person | None = None, kind: str = "Observation") -> bool:
        return bool(self.consents.has_consent(self.ann, reader or self.clinic, kind, "TREAT"))


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def test_a_consent_holds_for_what_it_says_from_when_until_when(scene: Scene) -> None:
    now = scene.world.now
    assert scene.give(begins=now + days(1)) == 1
    assert not scene.holds()
    scene.world.wait(days=1)
    assert scene.holds()
    assert not scene.holds(scene.stranger)
    assert not scene.holds(kind="Condition")
    assert scene.consents.find_consent(scene.ann, scene.clinic, "Observation", "TREAT") == 1
    scene.world.wait(days=9)
    assert not scene.holds()
    assert scene.give() == 2
    assert scene.consents.consent_of(2).terms == TERMS


def test_who_gave_it_withdraws_it_at_once_and_only_once(scene: Scene) -> None:
    scene.give()
    with scene.world.refused("only who consented may withdraw it"):
        scene.consents.withdraw_consent(by=scene.clinic, number=1)
    scene.consents.withdraw_consent(by=scene.ann, number=1)
    assert not scene.holds()
    assert scene.world.events(ConsentWithdrawn)[0].reader == scene.clinic.address
    with scene.world.refused("the consent is withdrawn already"):
        scene.consents.withdraw_consent(by=scene.ann, number=1)
    assert scene.give() == 2
    assert scene.consents.uses_of(1) == 0


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("a kind has 1 to 64 characters", {"kind": ""}),
        ("a purpose has 1 to 64 characters", {"purpose": "p" * 65}),
        ("a consent ends after it begins", {"ends": Time(5), "begins": Time(5)}),
        ("the consent would have ended already", {"ends": Time(5), "begins": Time(4)}),
    ],
)
def test_a_consent_says_something(scene: Scene, reason: str, changes: dict[str, object]) -> None:
    with scene.world.refused(reason):
        scene.give(**changes)


def test_there_is_one_consent_of_a_kind_at_a_time_for_ten_years_at_most(scene: Scene) -> None:
    with scene.world.refused("nobody needs consent of themselves"):
        scene.give(reader=scene.ann)
    with scene.world.refused("a consent holds for at most ten years"):
        scene.give(ends=scene.world.now + days(4000))
    scene.give()
    with scene.world.refused("there is such a consent already; withdraw it first"):
        scene.give()
    with scene.world.refused("there is no such consent"):
        scene.consents.consent_of(2)
    with scene.world.refused("there is no such consent"):
        scene.consents.withdraw_consent(by=scene.ann, number=2)
    assert not scene.consents.is_in_force(2)


def test_uses_are_counted_while_it_is_in_force(scene: Scene) -> None:
    scene.give()
    for _ in range(2):
        scene.consents.lend(by=scene.stranger, number=1)
    assert scene.consents.uses_of(1) == 2
    assert [event.uses for event in scene.world.events(ConsentUsed)] == [1, 2]
    scene.consents.withdraw_consent(by=scene.ann, number=1)
    with scene.world.refused("no consent is in force"):
        scene.consents.lend(by=scene.stranger, number=1)
