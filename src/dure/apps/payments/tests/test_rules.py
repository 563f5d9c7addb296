"""One rule of README.md a test, named after it: orders, quotes and the directory."""

import pytest

from dure.apps.payments.contract import (
    OrderApproved,
    OrderRejected,
    OrderReturned,
)
from dure.apps.payments.directory import PhoneDirectory
from dure.apps.payments.offchain.directory import compute_digest
from dure.apps.payments.stories import digest_of
from dure.apps.payments.tests.scene import DAY_LIMIT, LIMIT, REPORT, START, Scene, open_scene
from dure.contract.library.bank_money import SetOff
from dure.testing import World


def test_r1_only_the_bank_itself_issues_its_money(scene: Scene) -> None:
    clearing, payments = scene.clearing, scene.payments
    money = clearing.won_narae
    for stranger in (clearing.maru, clearing.operator, scene.payer):
        with scene.world.refused("only the bank that issues this money may do this"):
            payments.deposit(by=stranger, money=money, holder=scene.payer, amount=1)
    with scene.world.refused("only a bank of this clearing may do this"):
        payments.found_money(by=scene.payer, currency="KRW", decimals=0)
    with scene.world.refused("not_permitted"):
        payments.admit_bank(by=clearing.narae, bank=scene.payer, bic="NEWBKRSE")


def test_r1_a_withdrawal_destroys_the_holders_own_money(scene: Scene) -> None:
    scene.payments.withdraw(by=scene.payer, money=scene.clearing.won_narae, amount=300)
    assert scene.holds(scene.payer) == START - 300
    assert scene.world.conserved()


def test_r2_a_payment_and_a_day_have_their_limits(scene: Scene) -> None:
    with scene.world.refused("that is more than the limit of one payment"):
        scene.order(LIMIT + 1)
    scene.order(LIMIT)
    with scene.world.refused("that is more than the limit of one day"):
        scene.order(DAY_LIMIT - LIMIT + 1)
    scene.order(DAY_LIMIT - LIMIT)


def test_r2_a_new_day_begins_at_midnight_in_seoul() -> None:
    scene = open_scene(World(at="2026-01-05T23:50:00+09:00"))
    scene.order(LIMIT)
    scene.world.wait(minutes=11)
    scene.order(LIMIT)
    assert scene.holds(scene.payer) == START - 2 * LIMIT


def test_r3_a_blocked_account_neither_pays_nor_is_paid(scene: Scene) -> None:
    clearing, payments = scene.clearing, scene.payments
    number = scene.order()
    payments.change_state(
        by=clearing.maru, money=clearing.won_maru, holder=scene.payee, state="BLOCKED"
    )
    payments.agree(by=clearing.narae, number=number, screening="CLEAR", report=REPORT)
    with scene.world.refused("the account is blocked or closed"):
        payments.approve(by=clearing.maru, number=number, screening="CLEAR", report=REPORT)
    payments.change_state(
        by=clearing.narae, money=clearing.won_narae, holder=scene.payer, state="BLOCKED"
    )
    with scene.world.refused("the account is blocked or closed"):
        scene.order()
    scene.world.wait(hours=25)
    assert scene.holds(scene.payer) == START


def test_r3_only_an_empty_account_is_closed(scene: Scene) -> None:
    clearing, payments = scene.clearing, scene.payments
    with scene.world.refused("an account is closed when it is empty"):
        payments.change_state(
            by=clearing.narae, money=clearing.won_narae, holder=scene.payer, state="CLOSED"
        )
    payments.change_state(
        by=clearing.maru, money=clearing.won_maru, holder=scene.payee, state="CLOSED"
    )
    with scene.world.refused("the account is closed"):
        payments.change_state(
            by=clearing.maru, money=clearing.won_maru, holder=scene.payee, state="OPEN"
        )


def test_r4_no_other_transfer_moves_bank_money(scene: Scene) -> None:
    money = scene.clearing.won_narae
    for target in (scene.payee, scene.clearing.payments, scene.clearing.narae):
        with scene.world.refused("bank money moves by payment orders"):
            scene.world.transfer(by=scene.payer, to=target, asset=money, amount=1)


def test_r5_what_is_ordered_is_set_aside_at_once_and_ordered_once(scene: Scene) -> None:
    scene.order(700)
    assert scene.holds(scene.payer) == START - 700
    with scene.world.refused("the payment is ordered already"):
        scene.payments.order(
            by=scene.payer,
            money=scene.clearing.won_narae,
            amount=700,
            payee=scene.payee,
            target=scene.clearing.won_maru,
            end_to_end=digest_of(scene.references[-1]),
        )
    assert scene.holds(scene.payer) == START - 700


@pytest.mark.parametrize("method", ["approve", "send", "settle"])
def test_r6_no_step_is_left_out(scene: Scene, method: str) -> None:
    number = scene.order()
    bank = scene.clearing.narae if method == "send" else scene.clearing.maru
    given = {"screening": "CLEAR", "report": REPORT} if method == "approve" else {}
    with scene.world.refused("the order is not at that step"):
        getattr(scene.payments, method)(by=bank, number=number, **given)


def test_r6_each_step_is_its_own_banks(scene: Scene) -> None:
    clearing, payments = scene.clearing, scene.payments
    number = scene.order()
    checked = {"number": number, "screening": "CLEAR", "report": REPORT}
    with scene.world.refused("that is another bank's step"):
        payments.agree(by=clearing.maru, **checked)
    payments.agree(by=clearing.narae, **checked)
    with scene.world.refused("that is another bank's step"):
        payments.approve(by=clearing.narae, **checked)
    payments.approve(by=clearing.maru, **checked)
    with scene.world.refused("that is another bank's step"):
        payments.send(by=clearing.maru, number=number)
    payments.send(by=clearing.narae, number=number)
    with scene.world.refused("that is another bank's step"):
        payments.settle(by=clearing.narae, number=number)
    payments.settle(by=clearing.maru, number=number)
    assert scene.step_of(number) == "SETTLED"


def test_r7_a_hit_refuses_and_a_report_is_on_record(scene: Scene) -> None:
    clearing, payments = scene.clearing, scene.payments
    first, second = scene.order(), scene.order()
    payments.agree(by=clearing.narae, number=first, screening="HIT", report=REPORT)
    payments.agree(by=clearing.narae, number=second, screening="CLEARED", report=REPORT)
    payments.approve(by=clearing.maru, number=second, screening="CLEAR", report=REPORT)
    assert [each.reason.name for each in scene.world.events(OrderRejected)] == ["RR04"]
    (approved,) = scene.world.events(OrderApproved)
    assert (approved.order, approved.screening.name) == (second, "CLEAR")
    assert approved.report == REPORT


def test_r8_the_payer_takes_back_until_it_is_sent(scene: Scene) -> None:
    first, second = scene.order(), scene.order()
    with scene.world.refused("only the payer may take it back"):
        scene.payments.withdraw_order(by=scene.payee, number=first)
    scene.payments.withdraw_order(by=scene.payer, number=first)
    scene.move(second)
    with scene.world.refused("the order is sent or at an end"):
        scene.payments.withdraw_order(by=scene.payer, number=second)
    assert scene.holds(scene.payer) == START - 1_000


def test_r9_a_refusal_gives_money_and_the_days_limit_back(scene: Scene) -> None:
    number = scene.order(LIMIT)
    scene.payments.reject(by=scene.clearing.maru, number=number, reason="AC01")
    assert scene.holds(scene.payer) == START
    scene.order(LIMIT)
    account = scene.payments.account(scene.clearing.won_narae, scene.payer.address)
    assert account.spent.units == LIMIT


def test_r9_what_was_sent_is_returned_and_not_refused(scene: Scene) -> None:
    number = scene.order()
    scene.move(number)
    with scene.world.refused("the order is sent or at an end"):
        scene.payments.reject(by=scene.clearing.maru, number=number, reason="AC04")
    scene.payments.return_order(by=scene.clearing.maru, number=number, reason="AC04")
    assert [each.reason.name for each in scene.world.events(OrderReturned)] == ["AC04"]
    assert scene.holds(scene.payer) == START
    with scene.world.refused("the order is not at that step"):
        scene.payments.return_order(by=scene.clearing.maru, number=number, reason="AC04")


@pytest.mark.parametrize("is_sent", [False, True])
def test_r10_what_nobody_settles_comes_back_after_a_day(scene: Scene, is_sent: bool) -> None:
    number = scene.order()
    if is_sent:
        scene.move(number)
    with scene.world.refused("the order still has time"):
        scene.payments.end_order(by=scene.payee, number=number)
    scene.world.wait(hours=24, minutes=1)
    assert scene.step_of(number) == ("RETURNED" if is_sent else "REJECTED")
    assert scene.holds(scene.payer) == START
    with scene.world.refused("the order is at an end"):
        scene.payments.end_order(by=scene.payee, number=number)


def test_r10_by_hand_where_the_contract_was_stopped(scene: Scene) -> None:
    number = scene.order()
    scene.world.stop(scene.payments, "an audit")
    scene.world.wait(hours=24, minutes=1)
    scene.world.start(scene.payments)
    if scene.step_of(number) == "CREATED":
        scene.payments.end_order(by=scene.payee, number=number)
    assert scene.holds(scene.payer) == START


def test_r11_the_payees_bank_holds_what_the_payer_paid_and_banks_set_off(scene: Scene) -> None:
    clearing = scene.clearing
    number = scene.order(5_000)
    scene.move(number)
    scene.payments.settle(by=clearing.maru, number=number)
    assert scene.holds(clearing.maru) == 5_000
    assert scene.holds(scene.payee, clearing.won_maru) == 5_000
    with scene.world.refused("there is nothing to set off"):
        scene.payments.set_off(by=clearing.narae, money=clearing.won_narae, other=clearing.won_maru)
    back = scene.payments.order(
        by=scene.payee,
        money=clearing.won_maru,
        amount=2_000,
        payee=scene.payer,
        target=clearing.won_narae,
        end_to_end=digest_of("back"),
    )
    clearing.move(back, payer_bank=clearing.maru, payee_bank=clearing.narae)
    scene.payments.settle(by=clearing.narae, number=back)
    scene.payments.set_off(by=clearing.maru, money=clearing.won_maru, other=clearing.won_narae)
    assert [each.amount.units for each in scene.world.events(SetOff)] == [2_000]
    assert scene.holds(clearing.maru) == 3_000
    assert scene.holds(clearing.narae, clearing.won_maru) == 0


def test_r12_a_payee_sends_back_whole_within_ten_days(scene: Scene) -> None:
    numbers = [scene.order(), scene.order()]
    for number in numbers:
        scene.move(number)
        scene.payments.settle(by=scene.clearing.maru, number=number)
    with scene.world.refused("only the payee may send it back"):
        scene.payments.send_back(by=scene.payer, number=numbers[0], reason="FOCR")
    scene.payments.send_back(by=scene.payee, number=numbers[0], reason="FOCR")
    assert scene.holds(scene.payer) == START - 1_000
    assert scene.holds(scene.clearing.narae, scene.clearing.won_maru) == 1_000
    with scene.world.refused("the order is not at that step"):
        scene.payments.send_back(by=scene.payee, number=numbers[0], reason="FOCR")
    scene.world.wait(days=11)
    with scene.world.refused("the time to send it back is over"):
        scene.payments.send_back(by=scene.payee, number=numbers[1], reason="FOCR")


def test_r13_a_quote_is_set_aside_and_what_nobody_bought_goes_back(scene: Scene) -> None:
    dollar = scene.clearing.dollar
    quote = scene.quote(most=50_000)
    assert scene.holds(scene.dealer, dollar) == 50_000
    with scene.world.refused("the quote has not so much left"):
        scene.payments.change_limits(
            by=scene.clearing.narae,
            money=scene.clearing.won_narae,
            holder=scene.payer,
            payment_most=START,
            day_most=START,
        )
        scene.payments.exchange(by=scene.payer, quote=quote, amount=714_300)
    scene.world.wait(hours=1)
    assert scene.holds(scene.dealer, dollar) == 100_000
    with scene.world.refused("the quote has expired"):
        scene.payments.exchange(by=scene.payer, quote=quote, amount=1_000)


def test_r13_a_quote_is_firm_for_a_day_at_most_and_its_own_dealers(scene: Scene) -> None:
    with scene.world.refused("a quote lasts a day at most"):
        scene.quote(minutes=24 * 60 + 1)
    quote = scene.quote()
    with scene.world.refused("only the dealer may end a quote"):
        scene.payments.withdraw_quote(by=scene.payer, number=quote)
    scene.payments.withdraw_quote(by=scene.dealer, number=quote)
    with scene.world.refused("the quote has expired"):
        scene.payments.withdraw_quote(by=scene.dealer, number=quote)


def test_r14_both_monies_change_hands_or_neither(scene: Scene) -> None:
    clearing, dollar = scene.clearing, scene.clearing.dollar
    quote = scene.quote()
    bought = scene.payments.exchange(by=scene.payer, quote=quote, amount=10_000)
    assert bought.units == 700
    assert scene.holds(scene.payer, dollar) == 700
    assert scene.holds(scene.dealer) == 10_000
    scene.payments.change_state(
        by=clearing.abroad, money=dollar, holder=scene.payer, state="BLOCKED"
    )
    with scene.world.refused("the account is blocked or closed"):
        scene.payments.exchange(by=scene.payer, quote=quote, amount=10_000)
    assert scene.holds(scene.payer) == START - 10_000
    assert scene.holds(scene.dealer) == 10_000


def test_r14_an_order_keeps_the_rate_at_which_it_was_ordered(scene: Scene) -> None:
    clearing = scene.clearing
    quote = scene.quote(minutes=10)
    reference = digest_of("abroad")
    order = scene.payments.order_abroad(
        by=scene.payer, quote=quote, amount=10_000, payee=scene.payee, end_to_end=reference
    )
    clearing.move(order, payer_bank=clearing.narae, payee_bank=clearing.abroad)
    scene.world.wait(hours=1)
    scene.payments.settle(by=clearing.abroad, number=order)
    assert scene.holds(scene.payee, clearing.dollar) == 700
    assert scene.holds(scene.dealer) == 10_000
    assert scene.holds(scene.dealer, clearing.dollar) == 100_000 - 700


def test_r14_a_refused_order_gives_the_dealer_back_what_was_bought(scene: Scene) -> None:
    quote = scene.quote()
    order = scene.payments.order_abroad(
        by=scene.payer, quote=quote, amount=10_000, payee=scene.payee, end_to_end=REPORT
    )
    scene.payments.withdraw_order(by=scene.payer, number=order)
    scene.payments.withdraw_quote(by=scene.dealer, number=quote)
    assert scene.holds(scene.payer) == START
    assert scene.holds(scene.dealer, scene.clearing.dollar) == 100_000


def test_r18_a_number_leads_to_its_account_and_nobody_takes_it_over(scene: Scene) -> None:
    clearing, world = scene.clearing, scene.world
    banks = [clearing.narae, clearing.maru]
    directory = world.deploy(PhoneDirectory, by=clearing.operator, roles={"bank": banks})
    number = compute_digest(b"k" * 32, "+82 10-1234-5678")
    listed = {"digest": number, "money": clearing.won_narae, "holder": scene.payer}
    with world.refused("not_permitted"):
        directory.list_number(by=scene.payer, **listed)
    directory.list_number(by=clearing.narae, **listed)
    assert directory.look_up(number).holder == scene.payer.address
    with world.refused("another account has this number"):
        directory.list_number(by=clearing.maru, **listed)
    with world.refused("only its holder and its bank may strike a number"):
        directory.strike_number(by=scene.payee, digest=number)
    directory.strike_number(by=scene.payer, digest=number)
    with world.refused("no account has this number"):
        directory.look_up(number)
