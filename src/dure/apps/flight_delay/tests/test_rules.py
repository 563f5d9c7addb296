"""Every rule of the README, each by the tests that carry its number."""

import pytest

from dure.apps.flight_delay.contract import (
    CoverPaid,
    FlightDelay,
    FlightReported,
    Outcome,
    PolicyEnded,
    PremiumRefunded,
    State,
    Terms,
)
from dure.apps.flight_delay.tests.scene import (
    COVER,
    FLIGHT,
    PREMIUM,
    RICH,
    Scene,
    open_business,
)
from dure.contract.language import Amount, Duration, days, hours, minutes
from dure.contract.library.token import Token
from dure.contract.values import InvalidValue
from dure.testing import StoryMistake, World

ONE_MS = Duration(1)


def test_r1_only_the_insurer_names_terms(scene: Scene) -> None:
    with scene.world.refused("not the insurer"):
        scene.cover.set_terms(by=scene.stranger, premium=1, cover=100)
    scene.cover.set_terms(by=scene.insurer, premium=7_000, cover=300_000)
    assert scene.cover.terms() == Terms(premium=Amount(7_000), cover=Amount(300_000))


@pytest.mark.parametrize(("premium", "cover"), [(0, 100), (100, 100), (100, 99), (100, 10_001)])
def test_r1_terms_stay_within_bounds(scene: Scene, premium: int, cover: int) -> None:
    with scene.world.refused("refused"):
        scene.cover.set_terms(by=scene.insurer, premium=premium, cover=cover)
    assert scene.premium == PREMIUM


def test_r1_the_cover_may_be_a_hundred_premiums(scene: Scene) -> None:
    scene.cover.set_terms(by=scene.insurer, premium=100, cover=10_000)
    assert scene.cover.terms().cover == Amount(10_000)


def test_r1_sold_policies_keep_their_terms(scene: Scene) -> None:
    scene.buy()
    scene.cover.set_terms(by=scene.insurer, premium=10, cover=20)
    scene.land(120)
    assert scene.traveller.won == RICH - PREMIUM + COVER


def test_r2_the_reserve_covers_what_is_sold(scene: Scene) -> None:
    # 500,000 and three premiums cover two policies of 200,000, not three.
    scene.buy()
    scene.buy()
    with scene.world.refused("the reserve does not cover another policy"):
        scene.buy()
    scene.cover.add_reserve(by=scene.insurer, pay=COVER - PREMIUM - scene.free_reserve)
    scene.buy()
    assert scene.free_reserve == 0


def test_r2_without_reserve_nothing_is_sold() -> None:
    scene = open_business(World(), reserve=0)
    with scene.world.refused("the reserve does not cover another policy"):
        scene.buy()
    assert scene.traveller.won == RICH


@pytest.mark.parametrize("pay", [None, 0, PREMIUM - 1, PREMIUM + 1])
def test_r3_the_payment_is_exactly_the_premium(scene: Scene, pay: int | None) -> None:
    with scene.world.refused("the payment is not the premium"):
        scene.cover.buy(by=scene.traveller, flight=FLIGHT, departs=scene.departs, pay=pay)
    assert scene.traveller.won == RICH


def test_r3_money_is_counted_in_whole_minor_units(scene: Scene) -> None:
    with pytest.raises(StoryMistake, match="whole minor units"):
        scene.cover.buy(by=scene.traveller, flight=FLIGHT, departs=scene.departs, pay=5000.0)
    with pytest.raises(InvalidValue, match="premium"):
        scene.cover.set_terms(by=scene.insurer, premium=2.5, cover=100)


def test_r4_no_policy_after_departure(scene: Scene) -> None:
    # A call is made one millisecond after the clock's last stop.
    scene.world.wait_until(scene.departs - ONE_MS)
    with scene.world.refused("the flight has departed"):
        scene.buy()


def test_r4_sales_are_open_until_the_last_millisecond(scene: Scene) -> None:
    scene.world.wait_until(scene.departs - ONE_MS - ONE_MS)
    assert scene.buy() == 1


def test_r4_no_policy_more_than_a_year_ahead(scene: Scene) -> None:
    last = scene.world.now + days(365) + ONE_MS
    with scene.world.refused("sales open a year before departure"):
        scene.cover.buy(by=scene.traveller, flight=FLIGHT, departs=last + minutes(1), pay=PREMIUM)


def test_r5_no_policy_for_a_reported_flight(scene: Scene) -> None:
    scene.cancel()
    with scene.world.refused("the flight is already reported"):
        scene.buy()


def test_r6_the_same_number_on_another_route_is_another_flight(scene: Scene) -> None:
    scene.buy(flight="UA1545 EWR-IAH")
    scene.buy(flight="UA1545 IAH-EWR")
    scene.land(180, flight="UA1545 IAH-EWR")
    assert [event.policy for event in scene.world.events(CoverPaid)] == [2]
    assert scene.cover.policy(1).state is State.OPEN


def test_r6_the_same_flight_at_another_time_is_another_flight(scene: Scene) -> None:
    scene.buy()
    later = scene.departs + hours(1)
    scene.world.wait(hours=12)
    scene.cover.report(by=scene.airline, flight=FLIGHT, departs=later, late_minutes=300)
    assert scene.cover.status(FLIGHT, scene.departs).outcome is Outcome.AWAITED
    assert scene.cover.policy(1).state is State.OPEN


@pytest.mark.parametrize("name", ["", "X" * 33])
def test_r6_a_flight_has_a_name_of_bounded_length(scene: Scene, name: str) -> None:
    with scene.world.refused("1 to 32 characters"):
        scene.buy(flight=name)


def test_r7_only_the_oracle_reports(scene: Scene) -> None:
    scene.world.wait(hours=12)
    for somebody in (scene.insurer, scene.traveller, scene.stranger):
        with scene.world.refused("not a flight oracle"):
            scene.cover.report(by=somebody, flight=FLIGHT, departs=scene.departs, late_minutes=500)
        with scene.world.refused("not a flight oracle"):
            scene.cover.report_cancelled(by=somebody, flight=FLIGHT, departs=scene.departs)


def test_r7_a_dismissed_oracle_reports_no_more(scene: Scene) -> None:
    scene.world.revoke(scene.cover, "flight oracle", scene.airline, by=scene.insurer)
    scene.world.grant(scene.cover, "flight oracle", scene.stranger, by=scene.insurer)
    with scene.world.refused("not a flight oracle"):
        scene.land(0)
    scene.cover.report(by=scene.stranger, flight=FLIGHT, departs=scene.departs, late_minutes=0)


def test_r7_no_report_of_what_cannot_have_happened_yet(scene: Scene) -> None:
    with scene.world.refused("that has not happened yet"):
        scene.report(-15)
    scene.world.wait_until(scene.departs + hours(2) - ONE_MS - ONE_MS)
    with scene.world.refused("that has not happened yet"):
        scene.report(120)
    # The refused call took a millisecond too.
    scene.report(120)


def test_r8_the_same_report_again_changes_nothing(scene: Scene) -> None:
    scene.buy()
    scene.land(150)
    paid = scene.traveller.won
    scene.report(150)
    assert scene.traveller.won == paid
    assert len(scene.world.events(FlightReported)) == 1


def test_r8_a_different_report_is_refused(scene: Scene) -> None:
    scene.buy()
    scene.land(119)
    with scene.world.refused("another report of this flight stands"):
        scene.report(120)
    with scene.world.refused("another report of this flight stands"):
        scene.cancel()
    assert scene.traveller.won == RICH - PREMIUM


def test_r8_an_arrival_does_not_follow_a_cancellation(scene: Scene) -> None:
    scene.cancel()
    with scene.world.refused("another report of this flight stands"):
        scene.land(0)


@pytest.mark.parametrize("late_minutes", [120, 121, 1301])
def test_r9_two_hours_late_pays(scene: Scene, late_minutes: int) -> None:
    scene.buy()
    scene.world.wait(hours=30)
    scene.report(late_minutes)
    assert scene.traveller.won == RICH - PREMIUM + COVER
    assert scene.cover.policy(1).state is State.PAID
    paid = CoverPaid(1, scene.traveller.address, FLIGHT, Amount(COVER))
    assert scene.world.events(CoverPaid) == [paid]


@pytest.mark.parametrize("late_minutes", [-80, 0, 119])
def test_r9_less_pays_nothing(scene: Scene, late_minutes: int) -> None:
    scene.buy()
    scene.land(late_minutes)
    assert scene.traveller.won == RICH - PREMIUM
    assert scene.free_reserve == 500_000 + PREMIUM
    assert [event.policy for event in scene.world.events(PolicyEnded)] == [1]


@pytest.mark.parametrize("hours_before", [3, -3])
def test_r10_a_cancelled_flight_gives_the_premium_back(scene: Scene, hours_before: int) -> None:
    scene.buy()
    scene.world.wait(hours=3 - hours_before)
    scene.cancel()
    assert scene.traveller.won == RICH
    assert scene.free_reserve == 500_000
    assert len(scene.world.events(PremiumRefunded)) == 1


def test_r11_a_flight_that_nobody_reports_gives_the_premium_back(scene: Scene) -> None:
    scene.buy()
    scene.world.wait_until(scene.departs + hours(48) - ONE_MS)
    assert scene.traveller.won == RICH - PREMIUM
    scene.world.wait_until(scene.departs + hours(48))
    assert scene.traveller.won == RICH
    assert scene.free_reserve == 500_000


def test_r11_after_that_no_report_counts(scene: Scene) -> None:
    scene.buy()
    scene.world.wait_until(scene.departs + hours(48))
    with scene.world.refused("the time for reports is over"):
        scene.report(300)
    assert scene.traveller.won == RICH


def test_r11_a_report_in_the_last_moment_counts(scene: Scene) -> None:
    scene.buy()
    scene.world.wait_until(scene.departs + hours(48) - ONE_MS - ONE_MS)
    scene.report(300)
    assert scene.traveller.won == RICH - PREMIUM + COVER


def test_r12_a_policy_is_paid_once(scene: Scene) -> None:
    scene.buy()
    scene.land(300)
    paid = scene.traveller.won
    with scene.world.refused("the policy is settled"):
        scene.cover.settle(by=scene.traveller, number=1)
    scene.report(300)
    scene.world.wait(days=3)
    assert scene.traveller.won == paid
    assert len(scene.world.events(CoverPaid)) == 1


def test_r13_the_insurer_takes_out_free_reserve_only(scene: Scene) -> None:
    scene.buy()
    free = 500_000 + PREMIUM - COVER
    with scene.world.refused("the rest of the reserve belongs to the policies"):
        scene.cover.withdraw(by=scene.insurer, amount=free + 1)
    scene.cover.withdraw(by=scene.insurer, amount=free)
    scene.land(300)
    assert scene.traveller.won == RICH - PREMIUM + COVER
    assert scene.world.balance(scene.cover, "won") == 0


def test_r13_an_amount_is_above_zero(scene: Scene) -> None:
    with scene.world.refused("an amount is above zero"):
        scene.cover.withdraw(by=scene.insurer, amount=0)
    with pytest.raises(InvalidValue, match="amount: expected an integer from 0"):
        scene.cover.withdraw(by=scene.insurer, amount=-1)


def test_r13_nobody_else_takes_anything_out(scene: Scene) -> None:
    for somebody in (scene.traveller, scene.airline, scene.stranger):
        with scene.world.refused("not the insurer"):
            scene.cover.withdraw(by=somebody, amount=1)


def test_r14_five_hundred_policies_on_one_flight_are_settled_in_batches() -> None:
    scene = open_business(World(), reserve=500 * COVER)
    for _ in range(500):
        scene.buy()
    before = scene.world.height
    scene.land(240)
    assert scene.traveller.won == RICH - 500 * PREMIUM + 500 * COVER
    assert len(scene.world.events(CoverPaid)) == 500
    assert scene.free_reserve == 500 * PREMIUM
    assert scene.cover.status(FLIGHT, scene.departs).unsettled == 0
    # The clock's two blocks, the report, and few more: no block for each policy.
    assert scene.world.height - before < 10
    assert scene.world.conserved()


def test_r14_a_flight_is_sold_out_at_a_thousand_policies() -> None:
    scene = open_business(World(), reserve=1_100 * 200, premium=100, cover=200)
    for _ in range(1_000):
        scene.buy()
    with scene.world.refused("the flight is sold out"):
        scene.buy()
    assert scene.buy(flight="UA1546 EWR-IAH") == 1_001
    scene.cancel()
    assert scene.traveller.won == RICH - 100


def test_r14_a_batch_of_the_longest_names_fits_its_gas() -> None:
    scene = open_business(World(), reserve=60 * COVER)
    name = "W" * 32
    for _ in range(51):
        scene.buy(flight=name)
    scene.land(300, flight=name)
    assert len(scene.world.events(CoverPaid)) == 51


def test_r15_what_the_contract_could_not_settle_anybody_may() -> None:
    world = World()
    bank, insurer, traveller, airline, stranger = world.people(
        "bank", "insurer", "traveller", "airline", "stranger"
    )
    token = world.deploy(Token, by=bank, roles={"issuer": bank}, code="KRW", decimals=0)
    token.issue(by=bank, to=insurer, amount=RICH)
    token.issue(by=bank, to=traveller, amount=PREMIUM)
    money, departs = token.asset(), world.now + hours(3)
    cover = world.deploy(
        FlightDelay,
        by=insurer,
        roles={"flight oracle": airline},
        money=money,
        premium=PREMIUM,
        cover=COVER,
    )
    cover.add_reserve(by=insurer, pay=COVER)
    cover.buy(by=traveller, flight=FLIGHT, departs=departs, pay=PREMIUM)
    world.wait(hours=12)

    token.stop(by=bank, holder=cover)
    with world.refused("frozen"):
        cover.report(by=airline, flight=FLIGHT, departs=departs, late_minutes=200)
    assert cover.status(FLIGHT, departs).outcome is Outcome.LATE
    assert world.balance(traveller, money) == 0

    token.release(by=bank, holder=cover)
    cover.settle(by=stranger, number=1)
    assert world.balance(traveller, money) == COVER
    with world.refused("the policy is settled"):
        cover.settle(by=stranger, number=1)
    world.wait(days=3)
    assert world.balance(traveller, money) == COVER


def test_r15_nothing_is_settled_by_hand_before_it_is_due(scene: Scene) -> None:
    scene.buy()
    with scene.world.refused("the flight is still awaited"):
        scene.cover.settle(by=scene.traveller, number=1)
    with scene.world.refused("missing_key"):
        scene.cover.settle(by=scene.traveller, number=2)
