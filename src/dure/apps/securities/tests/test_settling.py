"""Rules R11 to R18: over the counter, pledges, and what happens to all holders."""

import pytest

from dure.apps.securities.contracts.agent import FlowChanged, FlowKind, FlowState
from dure.apps.securities.contracts.counter import PledgeState, TradeState
from dure.apps.securities.tests.scene import BOND, NOMINAL, RICH, SHARE, Scene
from dure.contract.language import Amount, days
from dure.contract.library.record_dates import HolderPaid


def propose_sale(scene: Scene, units: int = 100, price: int = 5_000) -> int:
    number = scene.counter.propose_sale(
        by=scene.ann,
        isin=SHARE,
        buyer=scene.cho,
        units=units,
        price=price,
        until=scene.world.now + days(2),
    )
    assert isinstance(number, int)
    return number


def propose_purchase(scene: Scene, price: int = 5_000, pay: int = 5_000) -> int:
    number = scene.counter.propose_purchase(
        by=scene.cho,
        pay=pay,
        isin=SHARE,
        seller=scene.ann,
        units=100,
        price=price,
        until=scene.world.now + days(2),
    )
    assert isinstance(number, int)
    return number


def test_r11_a_sale_settles_when_the_buyer_confirms_with_the_price(scene: Scene) -> None:
    number = propose_sale(scene)
    assert scene.units(scene.ann) == (600, 100)
    for by, pay, words in (
        (scene.bob, 5_000, "the trade waits for another"),
        (scene.cho, 4_999, "the payment is not the price"),
    ):
        with scene.world.refused(words):
            scene.counter.confirm_purchase(by=by, pay=pay, number=number)
    scene.counter.confirm_purchase(by=scene.cho, pay=5_000, number=number)
    assert (scene.ann.won, scene.cho.won) == (RICH + 5_000, RICH - 5_000)
    assert (scene.units(scene.ann), scene.units(scene.cho)) == ((500, 0), (100, 0))
    with scene.world.refused("the trade is over"):
        scene.counter.confirm_purchase(by=scene.cho, pay=5_000, number=number)


def test_r11_a_purchase_settles_when_the_seller_confirms(scene: Scene) -> None:
    with scene.world.refused("the payment is not the price"):
        propose_purchase(scene, pay=4_999)
    number = propose_purchase(scene)
    with scene.world.refused("the trade waits for another"):
        scene.counter.confirm_sale(by=scene.bob, number=number)
    with scene.world.refused("the trade waits for another"):
        scene.counter.confirm_purchase(by=scene.cho, pay=5_000, number=number)
    scene.counter.confirm_sale(by=scene.ann, number=number)
    assert (scene.ann.won, scene.units(scene.cho)) == (RICH + 5_000, (100, 0))


def test_r11_nothing_moves_where_the_units_cannot(scene: Scene) -> None:
    number = propose_sale(scene)
    scene.freeze(scene.ann)
    with scene.world.refused("the units cannot move"):
        scene.counter.confirm_purchase(by=scene.cho, pay=5_000, number=number)
    assert scene.cho.won == RICH


def test_r12_what_nobody_confirms_comes_back(scene: Scene) -> None:
    sale, purchase = propose_sale(scene), propose_purchase(scene)
    scene.world.wait(days=3)
    assert (scene.units(scene.ann), scene.cho.won) == ((600, 0), RICH)
    assert scene.counter.trade(sale).state is TradeState.LAPSED
    assert scene.counter.trade(purchase).state is TradeState.LAPSED


def test_r12_each_side_may_end_its_part(scene: Scene) -> None:
    first, second = propose_sale(scene), propose_purchase(scene)
    with scene.world.refused("only its proposer takes a trade back"):
        scene.counter.withdraw_trade(by=scene.cho, number=first)
    with scene.world.refused("only the other side rejects a trade"):
        scene.counter.reject_trade(by=scene.cho, number=second)
    scene.counter.withdraw_trade(by=scene.ann, number=first)
    scene.counter.reject_trade(by=scene.ann, number=second)
    assert (scene.units(scene.ann), scene.cho.won) == ((600, 0), RICH)
    scene.world.wait(days=3)
    assert scene.counter.trade(first).state is TradeState.WITHDRAWN


def test_r12_an_offer_waits_thirty_days_at_most(scene: Scene) -> None:
    with scene.world.refused("thirty days"):
        scene.counter.propose_sale(
            by=scene.ann,
            isin=SHARE,
            buyer=scene.cho,
            units=1,
            price=1,
            until=scene.world.now + days(31),
        )


def pledge(scene: Scene) -> int:
    number = scene.counter.pledge_units(
        by=scene.ann,
        isin=SHARE,
        lender=scene.cho,
        units=200,
        claim=9_000,
        due=scene.world.now + days(30),
    )
    assert isinstance(number, int)
    return number


def test_r13_pledged_units_stay_until_the_claim_is_paid(scene: Scene) -> None:
    number = pledge(scene)
    asset = scene.counter.unit_pledge(number).asset
    assert scene.counter.secures(asset) == number
    with scene.world.refused("not so many free units"):
        scene.depository.transfer(by=scene.ann, isin=SHARE, to=scene.bob, units=401)
    with scene.world.refused("the payment is not the claim"):
        scene.counter.repay(by=scene.ann, pay=8_999, number=number)
    scene.counter.repay(by=scene.ann, pay=9_000, number=number)
    assert (scene.cho.won, scene.units(scene.ann)) == (RICH + 9_000, (600, 0))
    assert scene.counter.secures(asset) == 0
    scene.world.wait(days=31)
    with scene.world.refused("the pledge is over"):
        scene.counter.take_pledged(by=scene.cho, number=number)


def test_r13_the_lender_takes_the_units_only_when_the_claim_is_due(scene: Scene) -> None:
    number = pledge(scene)
    with scene.world.refused("the claim is not due"):
        scene.counter.take_pledged(by=scene.cho, number=number)
    scene.world.wait(days=30)
    with scene.world.refused("only the lender takes the units"):
        scene.counter.take_pledged(by=scene.bob, number=number)
    scene.counter.take_pledged(by=scene.cho, number=number)
    assert (scene.units(scene.ann), scene.units(scene.cho)) == ((400, 0), (200, 0))
    assert scene.counter.unit_pledge(number).state is PledgeState.TAKEN


def test_r13_the_lender_may_let_go_and_a_split_grows_the_pledge(scene: Scene) -> None:
    number = pledge(scene)
    scene.agent.announce_split(by=scene.issuer, isin=SHARE, factor=3, at=scene.world.now + days(1))
    scene.world.wait(days=1)
    assert scene.units(scene.ann) == (1_800, 600)
    with scene.world.refused("only the lender lets go"):
        scene.counter.free_pledge(by=scene.ann, number=number)
    scene.counter.free_pledge(by=scene.cho, number=number)
    assert scene.units(scene.ann) == (1_800, 0)


def test_r14_a_bond_pays_its_holders_and_ends_by_itself(scene: Scene) -> None:
    matures = scene.depository.security(BOND).matures
    half = scene.world.now + days(180)
    scene.announce(
        (FlowKind.COUPON, half, 250),
        (FlowKind.COUPON, matures, 250),
        (FlowKind.REDEMPTION, matures, NOMINAL),
    )
    scene.agent.fund(by=scene.issuer, pay=1_000 * (500 + NOMINAL), isin=BOND)
    scene.world.wait_until(half)
    assert (scene.ann.won, scene.bob.won) == (RICH + 600 * 250, RICH + 400 * 250)
    scene.depository.transfer(by=scene.ann, isin=BOND, to=scene.cho, units=600)
    scene.world.wait_until(matures)
    assert scene.cho.won == RICH + 600 * (250 + NOMINAL)
    assert scene.bob.won == RICH + 400 * (500 + NOMINAL)
    assert scene.depository.holdings(BOND) == []
    assert scene.world.conserved()
    with scene.world.refused("the series does not move"):
        scene.depository.issue(by=scene.issuer, isin=BOND, units=0 + 1)


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        ((FlowKind.DIVIDEND, 30, 5), "a debt has coupons and a redemption"),
        ((FlowKind.COUPON, 366, 5), "no flow is after the maturity"),
        ((FlowKind.REDEMPTION, 30, NOMINAL), "the nominal is paid back at maturity"),
        ((FlowKind.COUPON, 30, 0), "a flow is above zero"),
        ((FlowKind.COUPON, -1, 5), "a flow lies in the future"),
        ((FlowKind.COUPON, 10, 5), "flows are in order of time"),
    ],
)
def test_r14_a_schedule_is_sound(scene: Scene, flow: tuple[FlowKind, int, int], words: str) -> None:
    scene.announce((FlowKind.COUPON, scene.world.now + days(20), 5))
    kind, after, amount = flow
    with scene.world.refused(words):
        scene.announce((kind, scene.world.now + days(after), amount))
    with scene.world.refused("shares have no schedule"):
        scene.announce((kind, scene.world.now + days(30), amount), isin=SHARE)


def test_r15_a_missed_flow_waits_and_all_behind_it(scene: Scene) -> None:
    first, second = scene.world.now + days(100), scene.world.now + days(200)
    scene.announce((FlowKind.COUPON, first, 100), (FlowKind.COUPON, second, 50))
    scene.agent.fund(by=scene.issuer, pay=99_999, isin=BOND)
    scene.world.wait_until(first)
    scene.agent.pay_late(by=scene.stranger, isin=BOND)
    missed = FlowChanged(BOND, 1, FlowKind.COUPON, FlowState.MISSED, Amount(100_000))
    assert scene.world.events(FlowChanged) == [missed]
    scene.world.wait_until(second)
    assert scene.ann.won == RICH
    scene.agent.fund(by=scene.issuer, pay=50_001, isin=BOND)
    scene.world.wait(seconds=1)
    assert (scene.ann.won, scene.bob.won) == (RICH + 90_000, RICH + 60_000)
    assert scene.agent.progress(BOND) == 2


def test_r15_what_is_funded_late_goes_on_at_its_own_time(scene: Scene) -> None:
    first, second = scene.world.now + days(100), scene.world.now + days(200)
    scene.announce((FlowKind.COUPON, first, 100), (FlowKind.COUPON, second, 50))
    scene.world.wait_until(first)
    scene.agent.fund(by=scene.issuer, pay=150_000, isin=BOND)
    scene.world.wait_until(second)
    assert scene.agent.progress(BOND) == 2
    assert scene.bob.won == RICH + 400 * 150


def declare(scene: Scene, amount: int = 30, pay: int = 30_000) -> None:
    scene.agent.declare_dividend(
        by=scene.issuer, pay=pay, isin=SHARE, amount=amount, at=scene.world.now + days(5)
    )


def test_r16_a_dividend_goes_to_the_register_of_its_moment(scene: Scene) -> None:
    with scene.world.refused("the payment is not the whole dividend"):
        declare(scene, pay=29_999)
    declare(scene)
    scene.sell(scene.ann, 60, 1_000)
    scene.depository.transfer(by=scene.bob, isin=SHARE, to=scene.cho, units=400)
    scene.world.wait(days=5)
    scene.buy(scene.cho, 1, 1_000)
    # Units that wait for a buyer are still their seller's.
    assert (scene.ann.won, scene.bob.won) == (RICH + 18_000, RICH)
    paid = sorted(each.amount.units for each in scene.world.events(HolderPaid))
    assert paid == [12_000, 18_000]


def test_r16_what_a_frozen_holding_brings_waits_for_the_court(scene: Scene) -> None:
    declare(scene)
    scene.freeze(scene.bob)
    scene.world.wait(days=5)
    assert (scene.ann.won, scene.bob.won) == (RICH + 18_000, RICH)
    with scene.world.refused("the court's order still stands"):
        scene.agent.collect_withheld(by=scene.bob, isin=SHARE)
    scene.depository.release_holding(by=scene.court, isin=SHARE, holder=scene.bob)
    scene.agent.collect_withheld(by=scene.bob, isin=SHARE)
    scene.world.wait(seconds=1)
    assert scene.bob.won == RICH + 12_000
    with scene.world.refused("nothing was withheld"):
        scene.agent.collect_withheld(by=scene.bob, isin=SHARE)


def test_r17_a_split_makes_several_of_each_and_no_value(scene: Scene) -> None:
    with scene.world.refused("only the issuer does this"):
        scene.agent.announce_split(by=scene.ann, isin=SHARE, factor=5, at=scene.world.now + days(1))
    for factor in (0, 1, 101):
        with scene.world.refused("a split makes 2 to 100 units of one"):
            scene.agent.announce_split(
                by=scene.issuer, isin=SHARE, factor=factor, at=scene.world.now + days(1)
            )
    scene.agent.announce_split(by=scene.issuer, isin=SHARE, factor=5, at=scene.world.now + days(1))
    scene.world.wait(days=1)
    assert (scene.units(scene.ann), scene.units(scene.bob)) == ((3_000, 0), (2_000, 0))
    assert scene.depository.series_of(SHARE).issued == 5_000
    assert scene.depository.security(SHARE).authorised == 50_000


def test_r18_the_issuer_takes_back_what_no_flow_needs(scene: Scene) -> None:
    declare(scene)
    with scene.world.refused("the money waits for flows that are to come"):
        scene.agent.take_back(by=scene.issuer, isin=SHARE)
    scene.agent.fund(by=scene.cho, pay=7, isin=SHARE)
    scene.world.wait(days=6)
    with scene.world.refused("only the issuer does this"):
        scene.agent.take_back(by=scene.cho, isin=SHARE)
    scene.agent.take_back(by=scene.issuer, isin=SHARE)
    assert scene.issuer.won == RICH - 30_000 + 7
    with scene.world.refused("there is nothing to take back"):
        scene.agent.take_back(by=scene.issuer, isin=SHARE)


def test_r14_a_full_register_is_paid_and_ended_within_its_gas(scene: Scene) -> None:
    for number in range(48):
        holder = scene.world.person(f"holder {number}")
        scene.depository.admit(by=scene.registrar, holder=holder)
        scene.depository.transfer(by=scene.ann, isin=BOND, to=holder, units=2)
    matures = scene.depository.security(BOND).matures
    scene.announce((FlowKind.REDEMPTION, matures, NOMINAL))
    scene.agent.fund(by=scene.issuer, pay=1_000 * NOMINAL, isin=BOND)
    scene.world.wait_until(matures)
    assert len(scene.world.events(HolderPaid)) == 50
    assert scene.depository.holdings(BOND) == []
    assert scene.world.balance(scene.agent, "won") == 0
