"""One rule of README.md a test: cards and purchases in escrow."""

from dataclasses import dataclass

import pytest

from dure.apps.payments.cards import CardPayments, PurchaseRefunded, PurchaseReversed
from dure.apps.payments.purchases import PurchaseEscrow
from dure.apps.payments.stories import LAMP, buy
from dure.apps.payments.tests.scene import START, Scene
from dure.testing import Deployed, Person


@dataclass(frozen=True)
class Desk:
    scene: Scene
    cards: Deployed

    @property
    def shop(self) -> Person:
        return self.scene.payee

    def authorise(self, amount: int) -> int:
        number = self.cards.authorise(by=self.scene.payer, shop=self.shop, pay=amount)
        assert isinstance(number, int)
        return number

    def give(self, holder: Person, amount: int) -> None:
        clearing = self.scene.clearing
        clearing.payments.deposit(
            by=clearing.narae, money=clearing.won_narae, holder=holder, amount=amount
        )


@pytest.fixture
def desk(scene: Scene) -> Desk:
    clearing = scene.clearing
    cards = scene.world.deploy(CardPayments, by=clearing.narae, money=clearing.won_narae)
    scene.payments.admit_service(by=clearing.operator, service=cards)
    cards.issue_card(by=clearing.narae, holder=scene.payer, purchase_most=60_000, day_most=100_000)
    return Desk(scene, cards)


def test_r15_a_card_has_its_limits(desk: Desk) -> None:
    world = desk.scene.world
    with world.refused("that is more than the card's limit of one purchase"):
        desk.authorise(60_001)
    desk.authorise(60_000)
    with world.refused("that is more than the card's limit of one day"):
        desk.authorise(40_001)
    desk.cards.issue_card(
        by=desk.scene.clearing.narae, holder=desk.scene.payer, purchase_most=0, day_most=0
    )
    with world.refused("that is more than the card's limit of one purchase"):
        desk.authorise(1)
    assert desk.scene.holds(desk.scene.payer) == START - 60_000


def test_r15_nobody_without_a_card_authorises(desk: Desk) -> None:
    desk.give(desk.scene.dealer, 1)
    with desk.scene.world.refused("there is no such card"):
        desk.cards.authorise(by=desk.scene.dealer, shop=desk.shop, pay=1)
    with desk.scene.world.refused("not_permitted"):
        desk.cards.issue_card(by=desk.shop, holder=desk.shop, purchase_most=1, day_most=1)


def test_r16_the_shop_captures_once_and_the_rest_goes_back(desk: Desk) -> None:
    number = desk.authorise(50_000)
    with desk.scene.world.refused("only the shop may do this"):
        desk.cards.capture(by=desk.scene.payer, number=number, amount=1)
    with desk.scene.world.refused("no more is captured than was authorised"):
        desk.cards.capture(by=desk.shop, number=number, amount=50_001)
    desk.cards.capture(by=desk.shop, number=number, amount=31_200)
    with desk.scene.world.refused("nothing is set aside any longer"):
        desk.cards.capture(by=desk.shop, number=number, amount=1)
    assert desk.scene.holds(desk.scene.payer) == START - 31_200
    assert desk.scene.holds(desk.shop) == 31_200


def test_r16_a_reversal_and_a_week_give_all_back(desk: Desk) -> None:
    first = desk.authorise(10_000)
    desk.authorise(20_000)
    desk.cards.reverse(by=desk.shop, number=first)
    with desk.scene.world.refused("the shop may still capture"):
        desk.cards.release(by=desk.scene.payer, number=2)
    desk.scene.world.wait(days=7, minutes=1)
    reversed_ = desk.scene.world.events(PurchaseReversed)
    assert [each.amount.units for each in reversed_] == [10_000, 20_000]
    assert desk.scene.holds(desk.scene.payer) == START


def test_r16_no_more_is_refunded_than_was_captured(desk: Desk) -> None:
    desk.give(desk.shop, 1_000)
    number = desk.authorise(50_000)
    desk.cards.capture(by=desk.shop, number=number, amount=30_000)
    desk.cards.refund(by=desk.shop, number=number, pay=20_000)
    with desk.scene.world.refused("no more is refunded than was captured"):
        desk.cards.refund(by=desk.shop, number=number, pay=10_001)
    assert [each.amount.units for each in desk.scene.world.events(PurchaseRefunded)] == [20_000]
    assert desk.scene.holds(desk.scene.payer) == START - 10_000


@pytest.fixture
def escrow(scene: Scene) -> Deployed:
    money = scene.clearing.won_narae
    escrow = scene.world.deploy(PurchaseEscrow, by=scene.payee, money=money)
    scene.payments.admit_service(by=scene.clearing.operator, service=escrow)
    return escrow


def test_r17_the_shop_is_paid_when_the_buyer_accepts(scene: Scene, escrow: Deployed) -> None:
    number = buy(scene.world, escrow, scene.payer, scene.payee, scene.dealer)
    with scene.world.refused("only the buyer may release a milestone"):
        escrow.release(by=scene.payee, number=number)
    escrow.release(by=scene.payer, number=number)
    assert scene.holds(scene.payee) == LAMP


def test_r17_a_dispute_is_decided_and_silence_ends(scene: Scene, escrow: Deployed) -> None:
    disputed = buy(scene.world, escrow, scene.payer, scene.payee, scene.dealer)
    buy(scene.world, escrow, scene.payer, scene.payee, scene.dealer)
    escrow.dispute(by=scene.payer, number=disputed)
    with scene.world.refused("only the arbiter may decide"):
        escrow.decide(by=scene.payee, number=disputed, to_seller=LAMP)
    escrow.decide(by=scene.dealer, number=disputed, to_seller=30_000)
    scene.world.wait(days=15)
    assert scene.holds(scene.payee) == 30_000
    assert scene.holds(scene.payer) == START - 30_000


def test_r17_a_service_that_is_dismissed_takes_nothing_more_and_pays_out(
    scene: Scene, escrow: Deployed
) -> None:
    number = buy(scene.world, escrow, scene.payer, scene.payee, scene.dealer)
    scene.payments.dismiss_service(by=scene.clearing.operator, service=escrow)
    with scene.world.refused("bank money moves by payment orders"):
        buy(scene.world, escrow, scene.payer, scene.payee, scene.dealer)
    escrow.release(by=scene.payer, number=number)
    assert scene.holds(scene.payee) == LAMP
    with scene.world.refused("there is no such service"):
        scene.payments.dismiss_service(by=scene.clearing.operator, service=escrow)
