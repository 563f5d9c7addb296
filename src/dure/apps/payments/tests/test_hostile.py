"""What somebody tries who wants another's money, or wants to keep what is not theirs."""

import pytest

from dure.apps.payments.stories import digest_of
from dure.apps.payments.tests.scene import REPORT, START, Scene
from dure.contract.language import hours


def test_nobody_calls_what_the_contract_calls_by_itself(scene: Scene) -> None:
    number = scene.order()
    with scene.world.refused("not_permitted"):
        scene.payments.lapse(by=scene.payer, number=number)
    with scene.world.refused("not_permitted"):
        scene.payments.end_quote(by=scene.dealer, number=1)


def test_a_bank_settles_no_order_of_others_and_none_twice(scene: Scene) -> None:
    number = scene.order()
    scene.move(number)
    with scene.world.refused("that is another bank's step"):
        scene.payments.settle(by=scene.clearing.abroad, number=number)
    scene.payments.settle(by=scene.clearing.maru, number=number)
    with scene.world.refused("the order is not at that step"):
        scene.payments.settle(by=scene.clearing.maru, number=number)
    assert scene.holds(scene.payee, scene.clearing.won_maru) == 1_000


def test_won_do_not_become_dollars_without_a_quote(scene: Scene) -> None:
    with scene.world.refused("another currency needs a quote"):
        scene.order(target=scene.clearing.dollar)


def test_money_of_a_stranger_is_no_bank_money(scene: Scene) -> None:
    won = scene.world.asset("won")
    with scene.world.refused("that is no money of this clearing"):
        scene.payments.order(
            by=scene.payer,
            money=won,
            amount=1,
            payee=scene.payee,
            target=won,
            end_to_end=REPORT,
        )


def test_a_day_is_no_longer_for_whoever_orders_and_takes_back(scene: Scene) -> None:
    for _ in range(3):
        number = scene.order(400_000)
        scene.payments.withdraw_order(by=scene.payer, number=number)
    account = scene.payments.account(scene.clearing.won_narae, scene.payer.address)
    assert account.spent.units == 0
    assert scene.holds(scene.payer) == START


def test_a_payee_without_an_account_gets_nothing(scene: Scene) -> None:
    stranger = scene.world.person("stranger")
    number = scene.payments.order(
        by=scene.payer,
        money=scene.clearing.won_narae,
        amount=1_000,
        payee=stranger,
        target=scene.clearing.won_maru,
        end_to_end=REPORT,
    )
    scene.payments.agree(by=scene.clearing.narae, number=number, screening="CLEAR", report=REPORT)
    with scene.world.refused("there is no such account"):
        scene.payments.approve(
            by=scene.clearing.maru, number=number, screening="CLEAR", report=REPORT
        )


def test_a_payee_who_spent_it_sends_nothing_back(scene: Scene) -> None:
    number = scene.order(1_000)
    scene.move(number)
    scene.payments.settle(by=scene.clearing.maru, number=number)
    scene.payments.withdraw(by=scene.payee, money=scene.clearing.won_maru, amount=1)
    with scene.world.refused("the account has not so much money"):
        scene.payments.send_back(by=scene.payee, number=number, reason="FOCR")


def test_a_dealer_takes_nothing_out_of_a_quote_that_orders_use(scene: Scene) -> None:
    quote = scene.quote(most=700)
    scene.payments.order_abroad(
        by=scene.payer, quote=quote, amount=10_000, payee=scene.payee, end_to_end=REPORT
    )
    scene.payments.withdraw_quote(by=scene.dealer, number=quote)
    assert scene.holds(scene.dealer, scene.clearing.dollar) == 100_000 - 700
    with scene.world.refused("the quote has expired"):
        scene.payments.order_abroad(
            by=scene.payer, quote=quote, amount=1, payee=scene.payee, end_to_end=digest_of("x")
        )


@pytest.mark.parametrize("rate", ["0", "-1"])
def test_a_rate_is_above_zero(scene: Scene, rate: str) -> None:
    with scene.world.refused("a rate is above zero"):
        scene.quote(rate=rate)


def test_a_rate_beyond_all_money_is_refused(scene: Scene) -> None:
    quote = scene.payments.make_quote(
        by=scene.dealer,
        takes=scene.clearing.won_narae,
        gives=scene.clearing.dollar,
        rate="900000000",
        most=1,
        until=scene.world.now + hours(1),
    )
    with scene.world.refused("the quote has not so much left"):
        scene.payments.exchange(by=scene.payer, quote=quote, amount=2**62)
