"""An association admits institutions, and what they issue stands and falls with its trust."""

from dataclasses import dataclass

import pytest

from dure.contract.library.association import (
    Association,
    InstitutionAdmitted,
    IssuingKeyChanged,
    SiteChanged,
    Trust,
    TrustChanged,
)
from dure.testing import Deployed, Person, World

KEY = b"\1" * 32


@dataclass(frozen=True)
class Members:
    contract: Deployed
    association: Person
    firm: Person
    bank: Person
    shop: Person


@pytest.fixture
def members(world: World) -> Members:
    association, firm, bank, shop = world.people("association", "firm", "bank", "shop")
    contract = world.deploy(Association, by=association)
    for member in (firm, bank, shop):
        issues = member is not shop
        contract.admit(by=association, institution=member, name=member.name, key=KEY, issues=issues)
    return Members(contract, association, firm, bank, shop)


def test_who_is_admitted_takes_part(world: World, members: Members) -> None:
    admitted = world.events(InstitutionAdmitted)
    assert [(each.name, each.issues) for each in admitted] == [
        ("firm", True),
        ("bank", True),
        ("shop", False),
    ]
    assert members.contract.institution(members.shop).key == KEY
    assert members.contract.is_trusted(members.shop)
    assert not members.contract.is_trusted(members.association)
    with world.refused("that is no institution"):
        members.contract.institution(members.association)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": ""}, "a name has 1 to 64 characters"),
        ({"name": "x" * 65}, "a name has 1 to 64 characters"),
        ({"key": b"\1" * 31}, "a key has 32 bytes"),
        ({"key": b"\1" * 33}, "a key has 32 bytes"),
    ],
)
def test_what_cannot_be_admitted(
    world: World, members: Members, change: dict[str, object], reason: str
) -> None:
    other = world.person("other")
    good: dict[str, object] = {"name": "other", "key": KEY, "issues": True}
    with world.refused(reason):
        members.contract.admit(by=members.association, institution=other, **(good | change))


def test_nobody_is_admitted_twice(world: World, members: Members) -> None:
    with world.refused("the institution was admitted before"):
        members.contract.admit(
            by=members.association, institution=members.shop, name="x", key=KEY, issues=True
        )


@pytest.mark.parametrize("method", ["admit", "set_trust", "expel"])
def test_only_the_association_decides(world: World, members: Members, method: str) -> None:
    arguments: dict[str, dict[str, object]] = {
        "admit": {"name": "x", "key": KEY, "issues": True},
        "set_trust": {"trust": Trust.SUSPENDED},
        "expel": {"successor": members.bank},
    }
    for other in (members.firm, members.shop):
        with world.refused("not_permitted"):
            getattr(members.contract, method)(
                by=other, institution=members.firm, **arguments[method]
            )


def test_who_is_suspended_comes_back_and_who_is_expelled_does_not(
    world: World, members: Members
) -> None:
    contract, association, firm = members.contract, members.association, members.firm
    for trust in (Trust.SUSPENDED, Trust.ACTIVE):
        contract.set_trust(by=association, institution=firm, trust=trust)
        assert contract.is_trusted(firm) == (trust is Trust.ACTIVE)
    with world.refused("whoever expels names a successor"):
        contract.set_trust(by=association, institution=firm, trust=Trust.EXPELLED)
    contract.expel(by=association, institution=firm, successor=members.bank)
    with world.refused("an expelled institution does not come back"):
        contract.set_trust(by=association, institution=firm, trust=Trust.ACTIVE)
    with world.refused("an expelled institution does not come back"):
        contract.expel(by=association, institution=firm, successor=members.bank)
    assert [each.trust for each in world.events(TrustChanged)] == [
        Trust.SUSPENDED,
        Trust.ACTIVE,
        Trust.EXPELLED,
    ]


def test_a_successor_is_another_institution_that_may_issue(world: World, members: Members) -> None:
    expel, association = members.contract.expel, members.association
    with world.refused("the successor is another institution"):
        expel(by=association, institution=members.firm, successor=members.firm)
    with world.refused("the institution may not issue"):
        expel(by=association, institution=members.firm, successor=members.shop)
    with world.refused("that is no institution"):
        expel(by=association, institution=members.firm, successor=association)
    with world.refused("that is no institution"):
        expel(by=association, institution=association, successor=members.bank)
    members.contract.set_trust(by=association, institution=members.bank, trust=Trust.SUSPENDED)
    with world.refused("the institution is suspended or expelled"):
        expel(by=association, institution=members.firm, successor=members.bank)


def test_an_institution_changes_its_own_key_while_it_takes_part(
    world: World, members: Members
) -> None:
    contract, other = members.contract, b"\2" * 32
    contract.change_issuing_key(by=members.firm, key=other)
    assert contract.institution(members.firm).key == other
    assert contract.institution(members.bank).key == KEY
    assert world.events(IssuingKeyChanged) == [IssuingKeyChanged(members.firm.address, other)]
    with world.refused("a key has 32 bytes"):
        contract.change_issuing_key(by=members.firm, key=b"")
    with world.refused("that is no institution"):
        contract.change_issuing_key(by=members.association, key=other)
    contract.set_trust(by=members.association, institution=members.firm, trust=Trust.SUSPENDED)
    with world.refused("the institution is suspended or expelled"):
        contract.change_issuing_key(by=members.firm, key=KEY)


def test_an_institution_says_at_which_site_it_asks_people(world: World, members: Members) -> None:
    contract, site = members.contract, "https://id.bank.example"
    assert contract.site(members.bank) == ""
    contract.set_site(by=members.bank, site=site)
    assert (contract.site(members.bank), contract.site(members.firm)) == (site, "")
    assert [(each.institution, each.site) for each in world.events(SiteChanged)] == [
        (members.bank.address, site)
    ]
    with world.refused("a site has at most 200 characters"):
        contract.set_site(by=members.bank, site="x" * 201)
    with world.refused("that is no institution"):
        contract.set_site(by=members.association, site=site)
    contract.set_site(by=members.bank, site="")
    assert contract.site(members.bank) == ""
