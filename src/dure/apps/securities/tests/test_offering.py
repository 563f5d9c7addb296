"""Rules R21 to R23: the public offering, and what thieves try at it."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.apps.securities.contracts.offering import BidAllotted, Offering, OfferState
from dure.apps.securities.offchain import share_out
from dure.apps.securities.tests.scene import RICH, SHARE, Scene, open_depository
from dure.chain.transaction import Call
from dure.contract.language import Amount, days
from dure.core.codec import encode
from dure.testing import Deployed, MemoryStage, Person, World

PRICE = 500


def open_offering(scene: Scene) -> Deployed:
    offering = scene.world.deploy(
        Offering, by=scene.registrar, depository=scene.depository, money=scene.world.asset("won")
    )
    scene.depository.appoint(by=scene.registrar, system=offering)
    return offering


def offer(
    scene: Scene, offering: Deployed, *, units: int = 100, minimum: int = 0, fresh: int = 100
) -> int:
    scene.depository.issue(by=scene.issuer, isin=SHARE, units=fresh)
    number = offering.open_offer(
        by=scene.issuer,
        isin=SHARE,
        units=units,
        price=Amount(PRICE),
        minimum=minimum,
        closes=scene.world.now + days(7),
    )
    assert isinstance(number, int)
    return number


def bid(offering: Deployed, by: Person, units: int, *, number: int = 1) -> None:
    offering.bid(by=by, pay=units * PRICE, number=number, units=units)


def test_r21_too_many_bids_are_served_in_proportion_and_the_rest_comes_back(scene: Scene) -> None:
    offering = open_offering(scene)
    number = offer(scene, offering)
    assert scene.units(scene.issuer) == (100, 100)
    bid(offering, scene.ann, 80)
    bid(offering, scene.bob, 60)
    bid(offering, scene.cho, 70)
    scene.world.wait(days=8)
    # 100 * 80/210 = 38.09, 100 * 60/210 = 28.57, 100 * 70/210 = 33.33
    assert [each.allotted for each in offering.bids_of(number)] == [38, 29, 33]
    assert (scene.units(scene.ann), scene.units(scene.cho)) == ((638, 0), (33, 0))
    assert scene.cho.won == RICH - 33 * PRICE
    assert scene.issuer.won == RICH + 100 * PRICE
    assert scene.world.balance(offering, "won") == 0
    assert scene.world.events(BidAllotted)[2].returned == Amount(37 * PRICE)


def test_r21_equal_rests_go_to_the_older_bid(scene: Scene) -> None:
    offering = open_offering(scene)
    number = offer(scene, offering)
    for person in (scene.cho, scene.ann, scene.bob):
        bid(offering, person, 50)
    scene.world.wait(days=8)
    assert [each.allotted for each in offering.bids_of(number)] == [34, 33, 33]


@settings(max_examples=60, deadline=None)
@given(units=st.integers(1, 10**12), asked=st.lists(st.integers(1, 10**12), max_size=40))
def test_r21_the_second_reckoning_is_within_one_unit_of_the_exact_part(
    units: int, asked: list[int]
) -> None:
    shares = share_out(units, asked)
    total = sum(asked)
    assert sum(shares) == min(units, total)
    for share, wanted in zip(shares, asked, strict=True):
        exact = min(Fraction(wanted), Fraction(units * wanted, total))
        assert abs(share - exact) < 1
        assert share <= wanted


@pytest.mark.parametrize("asked", [(7, 11, 13), (100, 100, 1), (1, 1, 1), (99, 2, 2)])
def test_r21_contract_and_second_reckoning_agree(asked: tuple[int, int, int]) -> None:
    scene = open_depository(World())
    offering = open_offering(scene)
    number = offer(scene, offering, units=20, fresh=20) if max(asked) < 20 else None
    number = number or offer(scene, offering)
    units = offering.offer(number).units
    for person, wanted in zip((scene.ann, scene.bob, scene.cho), asked, strict=True):
        bid(offering, person, wanted)
    scene.world.wait(days=8)
    assert tuple(each.allotted for each in offering.bids_of(number)) == share_out(units, asked)


def test_r22_too_few_bids_sell_nothing(scene: Scene) -> None:
    offering = open_offering(scene)
    number = offer(scene, offering, minimum=50)
    bid(offering, scene.cho, 49)
    scene.world.wait(days=8)
    assert offering.offer(number).state is OfferState.FAILED
    assert (scene.cho.won, scene.units(scene.issuer)) == (RICH, (100, 0))


def test_r22_fewer_bids_than_units_are_served_whole(scene: Scene) -> None:
    offering = open_offering(scene)
    number = offer(scene, offering, minimum=50)
    bid(offering, scene.cho, 50)
    scene.world.wait(days=8)
    assert offering.offer(number).state is OfferState.ALLOTTED
    assert (scene.units(scene.cho), scene.units(scene.issuer)) == ((50, 0), (50, 0))


def test_r22_without_a_bid_the_units_come_back(scene: Scene) -> None:
    offering = open_offering(scene)
    number = offer(scene, offering)
    scene.world.wait(days=8)
    assert offering.offer(number).state is OfferState.FAILED
    assert scene.units(scene.issuer) == (100, 0)


def test_r23_a_bid_is_taken_back_before_the_close_only(scene: Scene) -> None:
    offering = open_offering(scene)
    offer(scene, offering)
    with scene.world.refused("there is no bid"):
        offering.withdraw_bid(by=scene.cho, number=1)
    bid(offering, scene.cho, 50)
    with scene.world.refused("there is a bid already"):
        bid(offering, scene.cho, 1)
    offering.withdraw_bid(by=scene.cho, number=1)
    with scene.world.refused("there is no bid"):
        offering.withdraw_bid(by=scene.cho, number=1)
    scene.world.wait(seconds=1)
    assert scene.cho.won == RICH
    bid(offering, scene.cho, 20)
    assert offering.offer(1).bidders == 1
    scene.world.wait(days=8)
    for call in (offering.withdraw_bid, offering.close_late):
        with scene.world.refused("the offering is over"):
            call(by=scene.cho, number=1)
    assert scene.units(scene.cho) == (20, 0)


def test_r23_who_was_struck_off_or_frozen_gets_the_money_back(scene: Scene) -> None:
    offering = open_offering(scene)
    offer(scene, offering)
    bid(offering, scene.cho, 50)
    bid(offering, scene.bob, 50)
    scene.depository.strike(by=scene.registrar, holder=scene.cho)
    scene.world.wait(days=8)
    assert (scene.cho.won, scene.units(scene.cho)) == (RICH, (0, 0))
    assert (scene.units(scene.bob), scene.units(scene.issuer)) == ((450, 0), (50, 0))
    offer(scene, offering, units=50, fresh=1)
    bid(offering, scene.bob, 50, number=2)
    scene.freeze(scene.issuer)
    scene.world.wait(days=8)
    assert scene.bob.won == RICH - 50 * PRICE
    assert scene.world.balance(offering, "won") == 0


def test_r23_a_split_in_between_splits_what_is_allotted(scene: Scene) -> None:
    offering = open_offering(scene)
    offer(scene, offering)
    bid(offering, scene.cho, 40)
    scene.agent.announce_split(by=scene.issuer, isin=SHARE, factor=3, at=scene.world.now + days(1))
    scene.world.wait(days=8)
    assert (scene.units(scene.cho), scene.units(scene.issuer)) == ((120, 0), (180, 0))


def test_r23_what_makes_no_sense_is_refused(scene: Scene) -> None:
    offering = open_offering(scene)
    terms = {"isin": SHARE, "units": 10, "price": Amount(PRICE), "minimum": 0}
    soon = scene.world.now + days(7)
    for by, changed, words in (
        (scene.ann, {}, "only the issuer offers units"),
        (scene.issuer, {"units": 0}, "units are offered"),
        (scene.issuer, {"price": Amount(0)}, "a price is above zero"),
        (scene.issuer, {"minimum": 11}, "the minimum is at most all units"),
        (scene.issuer, {"closes": scene.world.now}, "an offering closes within 60 days"),
        (scene.issuer, {"closes": soon + days(60)}, "an offering closes within 60 days"),
        (scene.issuer, {}, "not so many free units"),
    ):
        with scene.world.refused(words):
            offering.open_offer(by=by, **(terms | {"closes": soon} | changed))
    offer(scene, offering)
    for by, pay, units, words in (
        (scene.issuer, PRICE, 1, "the issuer does not bid"),
        (scene.stranger, PRICE, 1, "the bidder is not admitted"),
        (scene.cho, PRICE, 101, "a bid is for 1 to all units"),
        (scene.cho, PRICE, 0, "a bid is for 1 to all units"),
        (scene.cho, PRICE - 1, 1, "the payment is not the price"),
    ):
        with scene.world.refused(words):
            offering.bid(by=by, pay=pay, number=1, units=units)
    with scene.world.refused("there is no such offering"):
        bid(offering, scene.cho, 1, number=2)
    with scene.world.refused("the offering takes bids"):
        offering.close_late(by=scene.cho, number=1)
    with scene.world.refused("nothing is owed"):
        offering.collect(by=scene.stranger)


def test_r23_nobody_closes_an_offering_by_hand(scene: Scene) -> None:
    offering = open_offering(scene)
    offer(scene, offering)
    stage = scene.world._stage
    assert isinstance(stage, MemoryStage)
    for method, refusal in (("close_offer", "not_permitted"), ("finish", "unknown_method")):
        with scene.world.refused(refusal):
            stage.send(scene.stranger.account, [Call(offering.address, method, encode((1,)), None)])


def test_r23_forty_bids_are_allotted_within_their_gas(scene: Scene) -> None:
    offering = open_offering(scene)
    number = offer(scene, offering)
    for turn in range(40):
        holder = scene.world.person(f"bidder {turn}", won=RICH)
        scene.depository.admit(by=scene.registrar, holder=holder)
        bid(offering, holder, 5 + turn)
    with scene.world.refused("40 have bid already"):
        bid(offering, scene.cho, 1)
    scene.world.wait(days=8)
    asked = [5 + turn for turn in range(40)]
    assert tuple(each.allotted for each in offering.bids_of(number)) == share_out(100, asked)
    assert scene.world.balance(offering, "won") == 0
    assert scene.world.conserved()
