"""Money becomes somebody's little by little, and is paid out by itself in the end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.contract.language import Amount, Duration, Time, days, hours
from dure.contract.library.vesting import GrantMade, GrantRevoked, GrantState, VestedPaid, Vesting
from dure.testing import Deployed, World

RICH = 10_000
CLIFF = days(100)
TERM = days(400)
ONE_MS = Duration(1)


class Scene:
    """A company that grants won to an employee."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.company = world.person("company", won=RICH)
        self.employee, self.other = world.people("employee", "other")
        self.vesting: Deployed = world.deploy(Vesting, by=self.company, money=world.asset("won"))
        self.start: Time = world.now + days(10)

    def grant(
        self,
        amount: int = 1_000,
        *,
        cliff: Duration = CLIFF,
        term: Duration = TERM,
        start: Time | None = None,
        is_revocable: bool = True,
    ) -> int:
        number = self.vesting.grant(
            by=self.company,
            pay=amount,
            beneficiary=self.employee,
            start=start or self.start,
            cliff=cliff,
            term=term,
            is_revocable=is_revocable,
        )
        assert isinstance(number, int)
        return number


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


# Granting


def test_a_grant_is_funded_at_once(scene: Scene) -> None:
    assert scene.grant(1_000) == 1
    assert scene.company.won == RICH - 1_000
    assert scene.vesting.grant_of(1).total == Amount(1_000)
    (told,) = scene.world.events(GrantMade)
    assert (told.beneficiary, told.total) == (scene.employee.address, Amount(1_000))


def test_a_grant_has_money_a_cliff_within_its_term_and_a_bound(scene: Scene) -> None:
    with scene.world.refused("nothing is granted"):
        scene.grant(0)
    for cliff in (days(401), Duration(-1)):
        with scene.world.refused("the cliff lies within the term"):
            scene.grant(cliff=cliff)
    for term in (days(0), days(3_661)):
        with scene.world.refused("a term is at most ten years long"):
            scene.grant(cliff=days(0), term=term)
    with scene.world.refused("a grant starts within ten years"):
        scene.grant(start=scene.world.now + days(3_661))


# Vesting and claiming


def test_nothing_vests_before_the_cliff(scene: Scene) -> None:
    scene.grant()
    scene.world.wait_until(scene.start + days(100) - Duration(2))
    with scene.world.refused("nothing more has vested"):
        scene.vesting.claim(by=scene.employee, number=1)


def test_from_the_cliff_on_it_vests_with_time(scene: Scene) -> None:
    scene.grant(1_000)
    scene.world.wait_until(scene.start + days(100))
    scene.vesting.claim(by=scene.employee, number=1)
    assert scene.employee.won == 250
    scene.world.wait_until(scene.start + days(300))
    scene.vesting.claim(by=scene.employee, number=1)
    assert scene.employee.won == 750
    assert [each.amount for each in scene.world.events(VestedPaid)] == [Amount(250), Amount(500)]


def test_the_same_day_is_not_claimed_twice(scene: Scene) -> None:
    scene.grant(100)
    scene.world.wait_until(scene.start + days(200))
    scene.vesting.claim(by=scene.employee, number=1)
    with scene.world.refused("nothing more has vested"):
        scene.vesting.claim(by=scene.employee, number=1)


def test_only_the_beneficiary_claims(scene: Scene) -> None:
    scene.grant()
    scene.world.wait_until(scene.start + days(200))
    for person in (scene.company, scene.other):
        with scene.world.refused("only the beneficiary may claim"):
            scene.vesting.claim(by=person, number=1)


def test_the_rest_is_paid_by_itself_when_the_term_ends(scene: Scene) -> None:
    scene.grant(1_000)
    scene.world.wait_until(scene.start + days(100))
    scene.vesting.claim(by=scene.employee, number=1)
    scene.world.wait_until(scene.start + days(400) - ONE_MS)
    assert scene.employee.won == 250
    scene.world.wait_until(scene.start + days(400))
    assert scene.employee.won == 1_000
    assert scene.vesting.grant_of(1).state == GrantState.COMPLETE


def test_a_grant_of_the_past_is_paid_at_once(scene: Scene) -> None:
    scene.grant(500, start=scene.world.now - days(400))
    assert scene.employee.won == 500


def test_nobody_calls_the_end(scene: Scene) -> None:
    scene.grant()
    with scene.world.refused("not_permitted"):
        scene.vesting.complete(by=scene.employee, number=1)


@settings(max_examples=20, deadline=None)
@given(amount=st.integers(1, RICH), waits=st.lists(st.integers(1, 200), max_size=5))
def test_however_often_it_is_claimed_no_unit_is_lost(amount: int, waits: list[int]) -> None:
    scene = Scene(World())
    scene.grant(amount)
    for wait in waits:
        scene.world.wait(days=wait)
        grant = scene.vesting.grant_of(1)
        if scene.vesting.vested(1) > grant.claimed:
            scene.vesting.claim(by=scene.employee, number=1)
        passed = max(0, (scene.world.now - scene.start).milliseconds)
        assert (
            scene.employee.won
            <= amount * min(passed, days(400).milliseconds) // days(400).milliseconds
        )
        assert scene.vesting.grants_are_there()
    scene.world.wait(days=500)
    assert scene.employee.won == amount
    assert scene.world.balance(scene.vesting, "won") == 0


# Revoking and handing on


def test_revoking_returns_what_has_not_vested(scene: Scene) -> None:
    scene.grant(1_000)
    scene.world.wait_until(scene.start + days(200))
    scene.vesting.revoke(by=scene.company, number=1)
    assert (scene.employee.won, scene.company.won) == (500, RICH - 500)
    assert scene.vesting.grant_of(1).state == GrantState.REVOKED
    scene.world.wait_until(scene.start + days(401))
    assert scene.employee.won == 500
    assert [each.returned for each in scene.world.events(GrantRevoked)] == [Amount(500)]


def test_revoking_before_the_cliff_returns_everything(scene: Scene) -> None:
    scene.grant(1_000)
    scene.vesting.revoke(by=scene.company, number=1)
    assert (scene.employee.won, scene.company.won) == (0, RICH)


def test_only_the_grantor_revokes_and_once(scene: Scene) -> None:
    scene.grant(1_000)
    for person in (scene.employee, scene.other):
        with scene.world.refused("only the grantor may revoke a grant"):
            scene.vesting.revoke(by=person, number=1)
    scene.vesting.revoke(by=scene.company, number=1)
    with scene.world.refused("the grant has ended"):
        scene.vesting.revoke(by=scene.company, number=1)


def test_an_irrevocable_grant_stays(scene: Scene) -> None:
    scene.grant(is_revocable=False)
    with scene.world.refused("the grant cannot be revoked"):
        scene.vesting.revoke(by=scene.company, number=1)


def test_a_grant_is_handed_on_by_its_beneficiary(scene: Scene) -> None:
    scene.grant(1_000)
    with scene.world.refused("only the beneficiary may hand a grant on"):
        scene.vesting.hand_on(by=scene.company, number=1, beneficiary=scene.company)
    scene.vesting.hand_on(by=scene.employee, number=1, beneficiary=scene.other)
    scene.world.wait_until(scene.start + days(400) + hours(1))
    assert (scene.employee.won, scene.other.won) == (0, 1_000)
