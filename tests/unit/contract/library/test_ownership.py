"""A contract has one owner, and changes hands in two steps."""

import pytest

from dure.contract.library.ownership import Ownable, OwnershipHandedOver, OwnershipOffered
from dure.testing import Deployed, Person, World


@pytest.fixture
def people(world: World) -> tuple[Person, Person, Person]:
    owner, heir, stranger = world.people("owner", "heir", "stranger")
    return owner, heir, stranger


@pytest.fixture
def owned(world: World, people: tuple[Person, Person, Person]) -> Deployed:
    return world.deploy(Ownable, by=people[0])


def test_who_deploys_owns(owned: Deployed, people: tuple[Person, Person, Person]) -> None:
    assert owned.current_owner() == owned.named_successor() == people[0].address


def test_only_the_owner_offers_it(
    world: World, owned: Deployed, people: tuple[Person, Person, Person]
) -> None:
    _, heir, stranger = people
    with world.refused("not_permitted"):
        owned.offer_ownership(by=stranger, successor=heir)


def test_a_successor_takes_it_over(
    world: World, owned: Deployed, people: tuple[Person, Person, Person]
) -> None:
    owner, heir, _ = people
    owned.offer_ownership(by=owner, successor=heir)
    assert owned.current_owner() == owner.address
    owned.accept_ownership(by=heir)
    assert owned.current_owner() == heir.address
    with world.refused("not_permitted"):
        owned.offer_ownership(by=owner, successor=owner)
    assert world.events(OwnershipOffered) == [OwnershipOffered(owner.address, heir.address)]
    assert world.events(OwnershipHandedOver) == [OwnershipHandedOver(heir.address)]


def test_nobody_else_takes_it_over(
    world: World, owned: Deployed, people: tuple[Person, Person, Person]
) -> None:
    owner, heir, stranger = people
    owned.offer_ownership(by=owner, successor=heir)
    with world.refused("not_permitted"):
        owned.accept_ownership(by=stranger)
    with world.refused("not_permitted"):
        owned.accept_ownership(by=owner)


def test_an_offer_can_be_withdrawn_and_taken_up_once(
    world: World, owned: Deployed, people: tuple[Person, Person, Person]
) -> None:
    owner, heir, stranger = people
    owned.offer_ownership(by=owner, successor=heir)
    owned.offer_ownership(by=owner, successor=stranger)
    with world.refused("not_permitted"):
        owned.accept_ownership(by=heir)
    owned.offer_ownership(by=owner, successor=owner)
    with world.refused("not_permitted"):
        owned.accept_ownership(by=stranger)
    with world.refused("no handover is on offer"):
        owned.accept_ownership(by=owner)
    owned.offer_ownership(by=owner, successor=heir)
    owned.accept_ownership(by=heir)
    with world.refused("no handover is on offer"):
        owned.accept_ownership(by=heir)
