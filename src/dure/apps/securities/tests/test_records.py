"""Rules R19 and R20: record dates, and that no flow holds up the others."""

from itertools import pairwise

import pytest

from dure.apps.securities.contracts.agent import Flow, FlowChanged, FlowKind, FlowState, PayingAgent
from dure.apps.securities.tests.scene import BOND, RICH, SHARE, Scene
from dure.contract.language import Amount, Duration, Time, days, hours
from dure.contract.library.record_dates import RecordSet, RecordTaken


def declare(scene: Scene, record: Time, *, amount: int = 30, pay: int = 30_000) -> None:
    scene.agent.declare_dividend_of_record(
        by=scene.issuer,
        pay=pay,
        isin=SHARE,
        amount=amount,
        at=scene.world.now + days(10),
        record=record,
    )


def test_r19_who_held_at_the_record_date_is_paid_while_trading_goes_on(scene: Scene) -> None:
    record = scene.world.now + days(5)
    declare(scene, record)
    assert scene.world.events(RecordSet) == [RecordSet(SHARE, 1, record)]
    scene.sell(scene.ann, 60, 1_000)
    scene.world.wait(days=5)
    assert scene.world.events(RecordTaken) == [RecordTaken(SHARE, 1, 2, 1_000)]
    scene.buy(scene.cho, 60, 1_000)
    scene.depository.transfer(by=scene.bob, isin=SHARE, to=scene.cho, units=400)
    scene.world.wait(days=5)
    scene.market.withdraw(by=scene.ann)
    assert (scene.ann.won, scene.bob.won) == (RICH + 60_000 + 18_000, RICH + 12_000)
    assert scene.cho.won == RICH - 60_000
    assert {each.units for each in scene.agent.entitled_to(SHARE, 1)} == {400, 600}


def test_r19_a_split_after_the_record_date_changes_no_dividend(scene: Scene) -> None:
    declare(scene, scene.world.now + days(2))
    scene.world.wait(days=1)
    with scene.world.refused("flows are in order of time"):
        scene.agent.announce_split(
            by=scene.issuer, isin=SHARE, factor=2, at=scene.world.now + days(3)
        )
    scene.agent.announce_split(by=scene.issuer, isin=SHARE, factor=2, at=scene.world.now + days(9))
    scene.world.wait(days=10)
    assert (scene.ann.won, scene.bob.won) == (RICH + 18_000, RICH + 12_000)
    assert scene.units(scene.ann) == (1_200, 0)


def test_r19_a_record_date_is_between_now_and_the_payment(scene: Scene) -> None:
    now = scene.world.now
    with scene.world.refused("a record date lies in the future"):
        declare(scene, now)
    with scene.world.refused("the record date is before the payment"):
        declare(scene, now + days(11))
    with scene.world.refused("the payment is not the whole dividend"):
        declare(scene, now + days(5), pay=29_999)
    assert scene.agent.record_of(SHARE, 1) == Time(0)


def test_r19_coupons_go_to_the_register_of_so_long_before(scene: Scene) -> None:
    with scene.world.refused("a record date is 0 to 60 days before"):
        scene.agent.set_record_lead(by=scene.registrar, isin=BOND, lead=days(61))
    with scene.world.refused("not a registrar"):
        scene.agent.set_record_lead(by=scene.issuer, isin=BOND, lead=days(7))
    scene.agent.set_record_lead(by=scene.registrar, isin=BOND, lead=days(7))
    at = scene.world.now + days(30)
    scene.announce((FlowKind.COUPON, at, 100))
    scene.agent.fund(by=scene.issuer, pay=100_000, isin=BOND)
    scene.world.wait_until(at - days(7))
    scene.depository.transfer(by=scene.ann, isin=BOND, to=scene.cho, units=600)
    scene.world.wait_until(at)
    assert (scene.ann.won, scene.cho.won) == (RICH + 60_000, RICH)


def test_r19_a_court_s_order_after_the_record_date_withholds_the_dividend(scene: Scene) -> None:
    declare(scene, scene.world.now + days(1))
    scene.world.wait(days=2)
    scene.freeze(scene.bob)
    scene.world.wait(days=8)
    assert (scene.ann.won, scene.bob.won) == (RICH + 18_000, RICH)
    with scene.world.refused("the court's order still stands"):
        scene.agent.collect_withheld(by=scene.bob, isin=SHARE)
    scene.depository.release_holding(by=scene.court, isin=SHARE, holder=scene.bob)
    scene.agent.collect_withheld(by=scene.bob, isin=SHARE)
    with scene.world.refused("nothing was withheld"):
        scene.agent.collect_withheld(by=scene.bob, isin=SHARE)
    scene.world.wait(seconds=1)
    assert scene.bob.won == RICH + 12_000


def test_r19_nobody_keeps_a_register_early_or_twice(scene: Scene) -> None:
    declare(scene, scene.world.now + days(1))
    with scene.world.refused("the record date is to come"):
        scene.agent.take_record_late(by=scene.stranger, isin=SHARE, number=1)
    with scene.world.refused("missing_key"):
        scene.agent.take_record_late(by=scene.stranger, isin=SHARE, number=2)
    scene.world.wait(days=1)
    with scene.world.refused("the register is kept already"):
        scene.agent.take_record_late(by=scene.stranger, isin=SHARE, number=1)


def test_r20_splits_that_would_make_too_many_are_refused_when_announced(scene: Scene) -> None:
    for number in range(3):
        at = scene.world.now + days(number + 1)
        scene.agent.announce_split(by=scene.issuer, isin=SHARE, factor=10, at=at)
    with scene.world.refused("one unit would become too many"):
        scene.agent.announce_split(
            by=scene.issuer, isin=SHARE, factor=2, at=scene.world.now + days(4)
        )
    scene.world.wait(days=3)
    assert scene.units(scene.ann) == (600_000, 0)
    with scene.world.refused("one unit would become too many"):
        scene.agent.announce_split(
            by=scene.issuer, isin=SHARE, factor=2, at=scene.world.now + days(4)
        )
    declare(scene, scene.world.now + days(5), amount=1, pay=1_000_000)
    scene.world.wait(days=10)
    assert (scene.ann.won, scene.agent.progress(SHARE)) == (RICH + 600_000, 4)


def test_r20_a_split_that_can_no_longer_be_made_is_passed_over(scene: Scene) -> None:
    """Another agent, named meanwhile, has split the share as often as it can be."""
    at = scene.world.now + days(1)
    scene.agent.announce_split(by=scene.issuer, isin=SHARE, factor=2, at=at + days(1))
    declare(scene, at + days(2))
    other = scene.world.deploy(
        PayingAgent,
        by=scene.registrar,
        roles={"registrar": scene.registrar},
        depository=scene.depository,
        money=scene.world.asset("won"),
    )
    scene.depository.name_agent(by=scene.registrar, agent=other)
    for number in range(3):
        other.announce_split(by=scene.issuer, isin=SHARE, factor=10, at=at + hours(number))
    scene.world.wait_until(at + hours(3))
    scene.depository.name_agent(by=scene.registrar, agent=scene.agent)
    scene.world.wait_until(at + days(3))
    dropped = FlowChanged(SHARE, 1, FlowKind.SPLIT, FlowState.DROPPED, Amount(0))
    assert dropped in scene.world.events(FlowChanged)
    assert scene.units(scene.ann) == (600_000, 0)
    assert scene.agent.progress(SHARE) == 1


@pytest.mark.parametrize("count", [9, 20])
def test_r20_many_flows_of_one_moment_all_happen(scene: Scene, count: int) -> None:
    for number in range(48):
        holder = scene.world.person(f"holder {number}")
        scene.depository.admit(by=scene.registrar, holder=holder)
        scene.depository.transfer(by=scene.ann, isin=BOND, to=holder, units=2)
    at = scene.world.now + days(20)
    scene.agent.announce(
        by=scene.registrar, isin=BOND, flows=[Flow(FlowKind.COUPON, at, 5)] * count
    )
    scene.agent.fund(by=scene.issuer, pay=count * 5_000, isin=BOND)
    scene.world.wait_until(at + hours(1))
    assert scene.agent.progress(BOND) == count
    assert scene.world.balance(scene.agent, "won") == 0


def test_r20_nine_splits_and_a_dividend_behind_them_all_happen(scene: Scene) -> None:
    times = [scene.world.now + hours(number + 1) for number in range(9)]
    assert all(after - before == Duration(3_600_000) for before, after in pairwise(times))
    for at in times:
        scene.agent.announce_split(by=scene.issuer, isin=SHARE, factor=2, at=at)
    scene.agent.declare_dividend(
        by=scene.issuer, pay=1_000, isin=SHARE, amount=1, at=times[-1] + hours(1)
    )
    scene.world.wait(days=1)
    assert scene.units(scene.ann) == (600 * 512, 0)
    missed = FlowChanged(SHARE, 10, FlowKind.DIVIDEND, FlowState.MISSED, Amount(512_000))
    assert scene.world.events(FlowChanged)[-1] == missed
    scene.agent.fund(by=scene.issuer, pay=511_000, isin=SHARE)
    scene.world.wait(seconds=1)
    assert scene.ann.won == RICH + 600 * 512
