"""A story in which the members change, stop and start a contract."""

import pytest

from dure.contract.values import InvalidValue
from dure.testing import Deployed, Person, StoryMistake, World
from tests.unit.testing.rent import DearerRent, Rent, Voucher
from tests.unit.testing.tally import Counted, Tally, TallyByTwo


@pytest.fixture
def ann(world: World) -> Person:
    return world.person("ann", won=1_000)


@pytest.fixture
def tally(world: World, ann: Person) -> Deployed:
    return world.deploy(Tally, by=ann, total=5)


def test_an_upgraded_contract_goes_on_where_it_was(
    world: World, ann: Person, tally: Deployed
) -> None:
    assert tally.add(by=ann) == 6
    by_two = world.upgrade(tally, TallyByTwo)
    assert by_two.address == tally.address
    assert by_two.add(by=ann) == 8
    assert by_two.count() == 8
    assert world.events(Counted) == [Counted(6), Counted(8)]


def test_what_was_kept_from_before_calls_the_new_code_too(
    world: World, ann: Person, tally: Deployed
) -> None:
    world.upgrade(tally, TallyByTwo)
    assert tally.add(by=ann) == 7
    with pytest.raises(AttributeError, match="Tally has no method count"):
        tally.count()


def test_mistakes_in_an_upgrade_are_explained(world: World, tally: Deployed) -> None:
    with pytest.raises(StoryMistake, match="no contract class"):
        world.upgrade(tally, World)  # type: ignore[arg-type]  # deliberately no contract
    with pytest.raises(InvalidValue, match="no method migrate"):
        world.upgrade(tally, TallyByTwo, rate=3)


def test_an_upgrade_is_taken_back_with_a_trial(world: World, ann: Person, tally: Deployed) -> None:
    before = world.state_root
    with world.trial():
        world.upgrade(tally, TallyByTwo)
    assert world.state_root == before
    assert tally.add(by=ann) == 6
    assert world.events(Counted) == [Counted(6)]


def test_a_stopped_contract_does_nothing_until_it_is_started(
    world: World, ann: Person, tally: Deployed
) -> None:
    by_two = world.upgrade(tally, TallyByTwo)
    world.stop(by_two, "a mistake in the count")
    with world.refused("contract_stopped"):
        by_two.add(by=ann)
    assert by_two.count() == 5
    with world.refused("already_stopped"):
        world.stop(by_two, "once more")
    world.start(by_two)
    assert by_two.add(by=ann) == 7
    with world.refused("not_stopped"):
        world.start(by_two)


# What the chain does by itself, and money with a rule


def test_rent_is_paid_each_month_for_years_and_nobody_sends(world: World) -> None:
    landlord, tenant = world.people("landlord", "tenant", won=100_000)
    flat = world.deploy(Rent, by=tenant, landlord=landlord, money=world.asset("won"), rent=1_000)
    flat.fill(by=tenant, pay=40_000)
    world.wait(days=30 * 36)
    assert flat.paid_months() == 36
    assert (landlord.won, world.balance(flat, "won")) == (136_000, 4_000)
    assert world.conserved()


def test_rent_goes_on_by_the_new_terms_after_an_upgrade(world: World) -> None:
    landlord, tenant = world.people("landlord", "tenant", won=100_000)
    flat = world.deploy(Rent, by=tenant, landlord=landlord, money=world.asset("won"), rent=1_000)
    flat.fill(by=tenant, pay=40_000)
    world.wait(days=30)
    world.upgrade(flat, DearerRent, rent=1_500)
    world.wait(days=60)
    assert landlord.won == 100_000 + 1_000 + 2 * 1_500


def test_rent_that_fell_due_while_the_contract_was_stopped_is_paid_at_its_start(
    world: World,
) -> None:
    landlord, tenant = world.people("landlord", "tenant", won=100_000)
    flat = world.deploy(Rent, by=tenant, landlord=landlord, money=world.asset("won"), rent=1_000)
    flat.fill(by=tenant, pay=40_000)
    world.stop(flat, "the house burned down")
    world.wait(days=100)
    assert (landlord.won, flat.paid_months()) == (100_000, 0)
    world.start(flat)
    assert flat.paid_months() == 1
    world.wait(days=61)
    assert (landlord.won, flat.paid_months()) == (103_000, 3)


def test_a_tenth_of_each_transfer_stays_with_the_issuer_stopped_or_not(world: World) -> None:
    ann, bob = world.people("ann", "bob")
    issuer = world.deploy(Voucher, by=ann, to=ann, amount=1_000)
    voucher = issuer.which()
    world.transfer(by=ann, to=bob, asset=voucher, amount=100)
    world.stop(issuer, "an audit")
    world.transfer(by=ann, to=bob, asset=voucher, amount=50)
    held = [world.balance(who, voucher) for who in (ann, bob, issuer)]
    assert held == [850, 135, 15]
    assert world.conserved()
