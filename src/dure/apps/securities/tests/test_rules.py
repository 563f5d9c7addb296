"""Rules R1 to R10: the register, who may move units, and the market."""

import pytest

from dure.apps.securities.contracts.depository import Kind, Security
from dure.apps.securities.contracts.market import Settled
from dure.apps.securities.tests.scene import BOND, NOMINAL, RICH, SHARE, Scene
from dure.contract.language import Amount, Time, days
from dure.contract.library.holdings import HOLDERS_MAX
from dure.contract.library.order_queue import OrderCancelled, Side
from dure.testing import Person


def test_r1_the_check_digit_of_an_isin_is_checked(scene: Scene) -> None:
    good = ("US0378331005", "AU0000XVGZA3", "GB0002634946", "KR7005930003", "DE000BAY0017")
    bad = ("US0378331004", "KR7005930004", "kr7005930003", "KR700593000", "12345", "K17005930003")
    assert all(scene.depository.is_isin(each) for each in good)
    assert not any(scene.depository.is_isin(each) for each in bad)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "a name has 1 to 64 characters"),
        ({"nominal": 0}, "a nominal is 1 to"),
        ({"authorised": 0}, "units are authorised"),
        ({"matures": Time(0), "kind": Kind.PAPER}, "a debt matures in the future"),
        ({"kind": Kind.SHARE}, "a share does not mature"),
    ],
)
def test_r1_a_security_is_registered_once_and_soundly(
    scene: Scene, change: dict[str, object], words: str
) -> None:
    register, isin = scene.depository.register_security, "US0378331005"
    matures = scene.world.now + days(30)
    sound = Security(Kind.BOND, "bond", scene.issuer.address, NOMINAL, 5, matures)
    for other, known in (("US0378331004", "check digit"), (SHARE, "registered already")):
        with scene.world.refused(known):
            register(by=scene.registrar, isin=other, security=sound)
    with scene.world.refused(words):
        register(by=scene.registrar, isin=isin, security=sound.replace(**change))
    with scene.world.refused("the issuer is not admitted"):
        foreign = sound.replace(issuer=scene.stranger.address)
        register(by=scene.registrar, isin=isin, security=foreign)
    with scene.world.refused("not a registrar"):
        register(by=scene.issuer, isin=isin, security=sound)
    register(by=scene.registrar, isin=isin, security=sound)


def test_r2_only_the_issuer_makes_units_up_to_what_is_authorised(scene: Scene) -> None:
    with scene.world.refused("only the issuer makes units"):
        scene.depository.issue(by=scene.ann, isin=SHARE, units=1)
    with scene.world.refused("more than is authorised"):
        scene.depository.issue(by=scene.issuer, isin=SHARE, units=9_001)
    scene.depository.issue(by=scene.issuer, isin=SHARE, units=9_000)
    assert scene.units(scene.issuer) == (9_000, 0)


def test_r3_the_ledger_moves_no_units(scene: Scene) -> None:
    asset = scene.depository.series_of(SHARE).asset
    with scene.world.refused("units move through their register"):
        scene.world.transfer(by=scene.ann, to=scene.cho, asset=asset, amount=1)


def test_r3_only_free_units_leave_and_only_for_admitted_holders(scene: Scene) -> None:
    scene.sell(scene.ann, 30, 100)
    for units, to, words in (
        (301, scene.cho, "not so many free units"),
        (0, scene.cho, "at least one unit moves"),
        (1, scene.stranger, "the receiver may not hold them"),
    ):
        with scene.world.refused(words):
            scene.depository.transfer(by=scene.ann, isin=SHARE, to=to, units=units)
    scene.depository.transfer(by=scene.ann, isin=SHARE, to=scene.cho, units=300)
    assert scene.units(scene.ann) == (300, 300)


def test_r3_a_struck_holder_keeps_units_and_gets_no_more(scene: Scene) -> None:
    scene.depository.strike(by=scene.registrar, holder=scene.bob)
    with scene.world.refused("the receiver may not hold them"):
        scene.depository.transfer(by=scene.ann, isin=SHARE, to=scene.bob, units=1)
    scene.depository.transfer(by=scene.bob, isin=SHARE, to=scene.ann, units=400)


def test_r3_a_suspended_security_stands_still(scene: Scene) -> None:
    scene.depository.suspend(by=scene.registrar, isin=SHARE)
    with scene.world.refused("the units may not leave"):
        scene.depository.transfer(by=scene.ann, isin=SHARE, to=scene.bob, units=1)
    with scene.world.refused("the security is not traded"):
        scene.buy(scene.cho, 1, 100)
    with scene.world.refused("the security stands still already"):
        scene.depository.suspend(by=scene.registrar, isin=SHARE)
    scene.depository.resume(by=scene.registrar, isin=SHARE)
    with scene.world.refused("the security is not suspended"):
        scene.depository.resume(by=scene.registrar, isin=SHARE)
    scene.depository.transfer(by=scene.ann, isin=SHARE, to=scene.bob, units=1)


def list_holders(scene: Scene) -> list[bytes]:
    return sorted(each.holder for each in scene.depository.holdings(SHARE))


def test_r4_the_register_lists_who_has_units(scene: Scene) -> None:
    assert list_holders(scene) == sorted([scene.ann.address, scene.bob.address])
    scene.depository.transfer(by=scene.ann, isin=SHARE, to=scene.cho, units=600)
    assert list_holders(scene) == sorted([scene.bob.address, scene.cho.address])
    assert scene.units(scene.ann) == (0, 0)


def test_r4_a_full_register_takes_nobody_more(scene: Scene) -> None:
    others = [scene.world.person(f"holder {number}") for number in range(HOLDERS_MAX - 1)]
    for number, other in enumerate(others):
        scene.depository.admit(by=scene.registrar, holder=other)
        if number < HOLDERS_MAX - 2:
            scene.depository.transfer(by=scene.ann, isin=SHARE, to=other, units=1)
    with scene.world.refused("the receiver may not hold them"):
        scene.depository.transfer(by=scene.ann, isin=SHARE, to=others[-1], units=1)
    scene.depository.transfer(by=others[0], isin=SHARE, to=scene.ann, units=1)
    scene.depository.transfer(by=scene.ann, isin=SHARE, to=others[-1], units=1)


def test_r5_only_appointed_systems_hold_back_and_deliver(scene: Scene) -> None:
    calls = (
        ("block", {"holder": scene.bob, "units": 1}),
        ("unblock", {"holder": scene.bob, "units": 1, "scale": 1}),
        ("deliver", {"source": scene.bob, "target": scene.ann, "units": 1, "scale": 1}),
    )
    for name, arguments in calls:
        with scene.world.refused("only a settlement system"):
            getattr(scene.depository, name)(by=scene.ann, isin=SHARE, **arguments)
    scene.depository.dismiss(by=scene.registrar, system=scene.market)
    with scene.world.refused("only a settlement system"):
        scene.sell(scene.ann, 1, 100)


def test_r6_frozen_units_do_not_leave_and_others_still_come(scene: Scene) -> None:
    with scene.world.refused("not a court"):
        scene.depository.freeze_holding(by=scene.registrar, isin=SHARE, holder=scene.ann, order="1")
    scene.freeze(scene.ann)
    with scene.world.refused("the units may not leave"):
        scene.depository.transfer(by=scene.ann, isin=SHARE, to=scene.bob, units=1)
    with scene.world.refused("the units may not leave"):
        scene.sell(scene.ann, 1, 100)
    scene.depository.transfer(by=scene.bob, isin=SHARE, to=scene.ann, units=1)
    with scene.world.refused("frozen already"):
        scene.freeze(scene.ann)
    scene.depository.release_holding(by=scene.court, isin=SHARE, holder=scene.ann)
    with scene.world.refused("not frozen"):
        scene.depository.release_holding(by=scene.court, isin=SHARE, holder=scene.ann)
    scene.depository.transfer(by=scene.ann, isin=SHARE, to=scene.bob, units=1)


def test_r6_one_security_of_a_holder_is_frozen_and_not_another(scene: Scene) -> None:
    scene.freeze(scene.ann, SHARE)
    scene.depository.transfer(by=scene.ann, isin=BOND, to=scene.bob, units=1)


def test_r7_units_and_money_change_hands_in_the_call_that_fits(scene: Scene) -> None:
    scene.sell(scene.ann, 3, 1_000)
    before = scene.world.height
    scene.buy(scene.cho, 2, 1_200)
    assert scene.world.height == before + 1
    assert scene.units(scene.cho) == (20, 0)
    assert scene.units(scene.ann) == (580, 10)
    assert scene.market.account(scene.ann) == Amount(2_000)
    assert scene.world.events(Settled) == [
        Settled(scene.cho.address, scene.ann.address, 20, Amount(1_000), Amount(2_000))
    ]
    scene.market.withdraw(by=scene.ann)
    assert scene.ann.won == RICH + 2_000


def test_r7_the_best_price_first_then_the_older_at_its_price(scene: Scene) -> None:
    scene.sell(scene.ann, 1, 1_100)
    scene.sell(scene.bob, 1, 1_000)
    scene.sell(scene.ann, 1, 1_000)
    scene.buy(scene.cho, 3, 1_100)
    told = [(each.seller, each.price.units) for each in scene.world.events(Settled)]
    ann, bob = scene.ann.address, scene.bob.address
    assert told == [(bob, 1_000), (ann, 1_000), (ann, 1_100)]
    assert scene.market.account(scene.cho) == Amount(200)


def test_r8_a_cancelled_order_gives_back_what_it_set_aside(scene: Scene) -> None:
    bid, offer = scene.buy(scene.cho, 2, 900), scene.sell(scene.ann, 5, 1_000)
    with scene.world.refused("only its trader may cancel an order"):
        scene.market.cancel_order(by=scene.bob, number=offer)
    scene.market.cancel_order(by=scene.cho, number=bid)
    scene.market.cancel_order(by=scene.ann, number=offer)
    scene.market.withdraw(by=scene.cho)
    assert (scene.cho.won, scene.units(scene.ann)) == (RICH, (600, 0))
    with scene.world.refused("the order is not in the book"):
        scene.market.cancel_order(by=scene.ann, number=offer)
    with scene.world.refused("the account is empty"):
        scene.market.withdraw(by=scene.cho)


@pytest.mark.parametrize("pay", [0, 1_999, 2_001])
def test_r8_a_bid_comes_with_its_price(scene: Scene, pay: int) -> None:
    with scene.world.refused("the payment is not the price of all lots"):
        scene.market.buy(by=scene.cho, pay=pay, lots=2, price=Amount(1_000))


def test_r8_an_order_now_takes_what_is_there_and_does_not_stay(scene: Scene) -> None:
    scene.buy(scene.cho, 2, 900)
    scene.buy(scene.bob, 1, 800)
    assert scene.market.sell_now(by=scene.ann, lots=5, price=Amount(1)) == 3
    assert scene.market.best_order(Side.SELL) == 0
    assert scene.units(scene.ann) == (570, 0)
    assert scene.market.account(scene.ann) == Amount(2_600)
    scene.sell(scene.ann, 1, 700)
    assert scene.market.buy_now(by=scene.cho, pay=1_400, lots=2, price=Amount(700)) == 1
    assert scene.market.account(scene.cho) == Amount(700)
    with scene.world.refused("no order fits"):
        scene.market.sell_now(by=scene.ann, lots=1, price=Amount(1))


def test_r9_nobody_trades_with_themselves(scene: Scene) -> None:
    scene.sell(scene.ann, 2, 1_000)
    scene.sell(scene.bob, 1, 1_000)
    scene.buy(scene.ann, 1, 1_000)
    told = [(each.buyer, each.seller) for each in scene.world.events(Settled)]
    assert told == [(scene.ann.address, scene.bob.address)]
    assert scene.world.events(OrderCancelled) == [OrderCancelled(1, 2)]
    assert scene.units(scene.ann) == (610, 0)


def trade_around(scene: Scene, hindered: Person) -> None:
    """Somebody in front is hindered, and who stands behind trades all the same."""
    assert hindered is scene.ann
    scene.buy(scene.cho, 1, 1_000)
    told = [(each.buyer, each.seller) for each in scene.world.events(Settled)]
    assert told == [(scene.cho.address, scene.bob.address)]


def test_r10_a_frozen_seller_holds_nobody_up(scene: Scene) -> None:
    scene.sell(scene.ann, 1, 900)
    scene.sell(scene.bob, 1, 1_000)
    scene.freeze(scene.ann)
    trade_around(scene, scene.ann)
    assert scene.units(scene.ann) == (600, 0)


def test_r10_a_struck_buyer_gets_the_money_back(scene: Scene) -> None:
    scene.buy(scene.cho, 1, 1_000)
    scene.depository.strike(by=scene.registrar, holder=scene.cho)
    scene.sell(scene.ann, 1, 1_000)
    assert scene.world.events(Settled) == []
    assert scene.market.account(scene.cho) == Amount(1_000)
    with scene.world.refused("the buyer is not admitted"):
        scene.buy(scene.cho, 1, 1_000)


def test_r10_orders_of_before_a_split_lapse(scene: Scene) -> None:
    scene.sell(scene.ann, 1, 1_000)
    scene.agent.announce_split(by=scene.issuer, isin=SHARE, factor=2, at=scene.world.now + days(1))
    scene.world.wait(days=2)
    assert scene.units(scene.ann) == (1_200, 20)
    scene.buy(scene.cho, 1, 1_000)
    assert scene.world.events(Settled) == []
    assert scene.units(scene.ann) == (1_200, 0)
