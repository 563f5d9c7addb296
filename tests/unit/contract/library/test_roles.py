"""A contract's owner grants roles inside of the contract."""

import pytest

from dure.contract.library.roles import RoleEnded, RoleGranted, Roles
from dure.testing import Deployed, Person, World
from tests.unit.contract.library.shelf import Shelf


@pytest.fixture
def owner(world: World) -> Person:
    return world.person("owner")


@pytest.fixture
def librarian(world: World) -> Person:
    return world.person("librarian")


@pytest.fixture
def shelf(world: World, owner: Person) -> Deployed:
    return world.deploy(Shelf, by=owner)


def test_only_the_owner_grants_and_revokes(
    world: World, shelf: Deployed, owner: Person, librarian: Person
) -> None:
    with world.refused("not_permitted"):
        shelf.grant_role(by=librarian, role="librarian", holder=librarian)
    shelf.grant_role(by=owner, role="librarian", holder=librarian)
    with world.refused("not_permitted"):
        shelf.revoke_role(by=librarian, role="librarian", holder=librarian)


def test_a_method_asks_for_the_role(
    world: World, shelf: Deployed, owner: Person, librarian: Person
) -> None:
    with world.refused("the caller is no librarian"):
        shelf.add(by=librarian)
    shelf.grant_role(by=owner, role="librarian", holder=librarian)
    assert shelf.add(by=librarian) == 1
    with world.refused("the caller is no librarian"):
        shelf.add(by=owner)
    shelf.revoke_role(by=owner, role="librarian", holder=librarian)
    with world.refused("the caller is no librarian"):
        shelf.add(by=librarian)


def test_a_holder_lays_a_role_down(
    world: World, shelf: Deployed, owner: Person, librarian: Person
) -> None:
    shelf.grant_role(by=owner, role="librarian", holder=librarian)
    with world.refused("the role is not held"):
        shelf.resign_role(by=owner, role="librarian")
    shelf.resign_role(by=librarian, role="librarian")
    assert not shelf.holds_role(role="librarian", holder=librarian)


def test_roles_are_apart(shelf: Deployed, owner: Person, librarian: Person) -> None:
    shelf.grant_role(by=owner, role="librarian", holder=librarian)
    assert not shelf.holds_role(role="reader", holder=librarian)
    assert not shelf.holds_role(role="librarian", holder=owner)


def test_a_role_is_granted_and_taken_away_once(
    world: World, shelf: Deployed, owner: Person, librarian: Person
) -> None:
    shelf.grant_role(by=owner, role="librarian", holder=librarian)
    with world.refused("the role is held already"):
        shelf.grant_role(by=owner, role="librarian", holder=librarian)
    shelf.revoke_role(by=owner, role="librarian", holder=librarian)
    with world.refused("the role is not held"):
        shelf.revoke_role(by=owner, role="librarian", holder=librarian)


@pytest.mark.parametrize("role", ["", "r" * 65])
def test_a_role_has_a_name(world: World, shelf: Deployed, owner: Person, role: str) -> None:
    with world.refused("a role's name has 1 to 64 characters"):
        shelf.grant_role(by=owner, role=role, holder=owner)


def test_every_change_is_told(world: World, owner: Person, librarian: Person) -> None:
    plain = world.deploy(Roles, by=owner)
    plain.grant_role(by=owner, role="librarian", holder=librarian)
    plain.revoke_role(by=owner, role="librarian", holder=librarian)
    assert world.events(RoleGranted) == [RoleGranted("librarian", librarian.address)]
    assert world.events(RoleEnded) == [RoleEnded("librarian", librarian.address)]


def test_the_next_owner_grants(
    world: World, shelf: Deployed, owner: Person, librarian: Person
) -> None:
    shelf.offer_ownership(by=owner, successor=librarian)
    shelf.accept_ownership(by=librarian)
    shelf.grant_role(by=librarian, role="librarian", holder=librarian)
    with world.refused("not_permitted"):
        shelf.grant_role(by=owner, role="librarian", holder=owner)
