"""An asset secures one agreement at a time."""

from hashlib import sha256

import pytest

from dure.contract.library.pledges import AssetPledged, Pledge
from dure.core.codec import encode
from dure.core.types import Hash
from dure.testing import Deployed, Person, World
from tests.unit.contract.library.chancery import Chancery

SEALED = Hash(b"s" * 32)


@pytest.fixture
def holder(world: World) -> Person:
    return world.person("holder")


@pytest.fixture
def book(world: World, holder: Person) -> Deployed:
    return world.deploy(Chancery, by=holder)


def name_asset(holder: Person) -> Hash:
    return Hash(sha256(encode(("asset", holder.address, SEALED))).digest())


def test_an_asset_is_pledged_once_and_again_when_it_is_free(
    world: World, book: Deployed, holder: Person
) -> None:
    pledge, asset = Pledge(holder.address, SEALED), name_asset(holder)
    book.pledge(by=holder, group=1, pledges=[pledge])
    assert book.secures(asset) == 1
    with world.refused("the asset secures an agreement already"):
        book.pledge(by=holder, group=2, pledges=[pledge])
    with world.refused("the asset does not secure this"):
        book.free(by=holder, group=2, assets=[asset])
    book.free(by=holder, group=1, assets=[asset])
    assert book.secures(asset) == 0
    book.pledge(by=holder, group=2, pledges=[pledge])
    assert [event.agreement for event in world.events(AssetPledged)] == [1, 0, 2]


def test_nobody_pledges_the_asset_of_somebody_else(
    world: World, book: Deployed, holder: Person
) -> None:
    other = world.person("other")
    book.pledge(by=holder, group=1, pledges=[Pledge(other.address, SEALED)])
    assert book.secures(name_asset(holder)) == 0
    assert book.secures(name_asset(other)) == 1
