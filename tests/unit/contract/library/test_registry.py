"""Issuers register documents, and everybody can verify them."""

import pytest

from dure.contract.language import Duration, Time, days
from dure.contract.library.registry import (
    DocumentRegistered,
    DocumentStatus,
    DocumentWithdrawn,
    Registry,
)
from dure.core.types import Hash
from dure.testing import Deployed, Person, World

DIPLOMA, CORRECTED, AGAIN = Hash(b"1" * 32), Hash(b"2" * 32), Hash(b"3" * 32)


class Scene:
    """Two universities and a registry."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.north, self.south, self.stranger = world.people("north", "south", "stranger")
        self.registry: Deployed = world.deploy(
            Registry, by=self.north, roles={"issuer": [self.north, self.south]}
        )
        self.begins: Time = world.now + days(1)
        self.ends: Time = world.now + days(100)

    def register(self, document: Hash, by: Person | None = None) -> int:
        number = self.registry.register(
            by=by or self.north,
            document=document,
            kind="diploma",
            valid_from=self.begins,
            valid_until=self.ends,
        )
        assert isinstance(number, int)
        return number

    def replace(self, old: Hash, document: Hash, by: Person | None = None) -> None:
        self.registry.replace(
            by=by or self.north,
            old=old,
            document=document,
            valid_from=self.begins,
            valid_until=self.ends,
        )

    def verify(self, document: Hash) -> DocumentStatus:
        found = self.registry.verify(document)
        assert isinstance(found, DocumentStatus)
        return found


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def test_a_document_is_valid_from_its_first_day_until_its_last(scene: Scene) -> None:
    scene.register(DIPLOMA)
    assert scene.verify(DIPLOMA) == DocumentStatus.NOT_YET_VALID
    scene.world.wait_until(scene.begins)
    assert scene.verify(DIPLOMA) == DocumentStatus.VALID
    scene.world.wait_until(scene.ends - Duration(1))
    assert scene.verify(DIPLOMA) == DocumentStatus.VALID
    scene.world.wait_until(scene.ends)
    assert scene.verify(DIPLOMA) == DocumentStatus.EXPIRED


def test_what_nobody_registered_is_unknown(scene: Scene) -> None:
    assert scene.verify(DIPLOMA) == DocumentStatus.UNKNOWN
    with scene.world.refused("missing_key"):
        scene.registry.entry(DIPLOMA)


def test_only_issuers_register(scene: Scene) -> None:
    with scene.world.refused("not_permitted"):
        scene.register(DIPLOMA, by=scene.stranger)


def test_a_document_is_registered_once(scene: Scene) -> None:
    scene.register(DIPLOMA)
    for person in (scene.north, scene.south):
        with scene.world.refused("the document is registered already"):
            scene.register(DIPLOMA, by=person)


def test_the_entry_says_who_what_and_when(scene: Scene) -> None:
    assert scene.register(DIPLOMA) == 1
    entry = scene.registry.entry(DIPLOMA)
    assert (entry.issuer, entry.kind, entry.series, entry.version) == (
        scene.north.address,
        "diploma",
        1,
        1,
    )
    (told,) = scene.world.events(DocumentRegistered)
    assert (told.document, told.kind, told.valid_until) == (DIPLOMA, "diploma", scene.ends)


@pytest.mark.parametrize("kind", ["", "k" * 65])
def test_a_kind_has_a_name(scene: Scene, kind: str) -> None:
    with scene.world.refused("a kind has 1 to 64 characters"):
        scene.registry.register(
            by=scene.north,
            document=DIPLOMA,
            kind=kind,
            valid_from=scene.begins,
            valid_until=scene.ends,
        )


def test_validity_begins_before_it_ends_and_ends_later_than_now(scene: Scene) -> None:
    scene.begins = scene.ends
    with scene.world.refused("validity ends after it begins"):
        scene.register(DIPLOMA)
    scene.begins, scene.ends = scene.world.now - days(2), scene.world.now - days(1)
    with scene.world.refused("validity has ended"):
        scene.register(DIPLOMA)


def test_a_new_version_replaces_the_one_before(scene: Scene) -> None:
    scene.register(DIPLOMA)
    scene.world.wait_until(scene.begins)
    scene.replace(DIPLOMA, CORRECTED)
    scene.replace(CORRECTED, AGAIN)
    assert scene.verify(DIPLOMA) == scene.verify(CORRECTED) == DocumentStatus.REPLACED
    assert scene.verify(AGAIN) == DocumentStatus.VALID
    assert [scene.registry.version(1, number) for number in (1, 2, 3)] == [
        DIPLOMA,
        CORRECTED,
        AGAIN,
    ]
    assert scene.registry.entry(AGAIN).version == 3


def test_a_version_is_replaced_once_and_by_something_new(scene: Scene) -> None:
    scene.register(DIPLOMA)
    with scene.world.refused("the document is registered already"):
        scene.replace(DIPLOMA, DIPLOMA)
    scene.replace(DIPLOMA, CORRECTED)
    with scene.world.refused("the document was replaced or withdrawn"):
        scene.replace(DIPLOMA, AGAIN)
    with scene.world.refused("the document is not registered"):
        scene.replace(AGAIN, Hash(b"4" * 32))


def test_a_withdrawn_document_stays_withdrawn(scene: Scene) -> None:
    scene.register(DIPLOMA)
    scene.registry.withdraw(by=scene.north, document=DIPLOMA, reason="issued by mistake")
    assert scene.verify(DIPLOMA) == DocumentStatus.WITHDRAWN
    assert scene.world.events(DocumentWithdrawn) == [
        DocumentWithdrawn(DIPLOMA, "issued by mistake")
    ]
    with scene.world.refused("the document was replaced or withdrawn"):
        scene.replace(DIPLOMA, CORRECTED)
    with scene.world.refused("the document was replaced or withdrawn"):
        scene.registry.withdraw(by=scene.north, document=DIPLOMA, reason="twice")
    scene.world.wait_until(scene.ends)
    assert scene.verify(DIPLOMA) == DocumentStatus.WITHDRAWN


def test_issuers_touch_their_own_documents_only(scene: Scene) -> None:
    scene.register(DIPLOMA)
    with scene.world.refused("only the document's own issuer may do this"):
        scene.replace(DIPLOMA, CORRECTED, by=scene.south)
    with scene.world.refused("only the document's own issuer may do this"):
        scene.registry.withdraw(by=scene.south, document=DIPLOMA, reason="envy")
    with scene.world.refused("not_permitted"):
        scene.registry.withdraw(by=scene.stranger, document=DIPLOMA, reason="mischief")


@pytest.mark.parametrize("reason", ["", "r" * 201])
def test_a_withdrawal_has_a_reason(scene: Scene, reason: str) -> None:
    scene.register(DIPLOMA)
    with scene.world.refused("the reason has 1 to 200 characters"):
        scene.registry.withdraw(by=scene.north, document=DIPLOMA, reason=reason)
