"""Receivables on open account, one rule of the README a test."""

from dure.apps.trade.contracts.receivables import ReceivableOverdue, ReceivablePaid
from dure.apps.trade.tests.scene import PRICE, RICH, Scene, digest
from dure.contract.language import days


def sell(scene: Scene, price: int = 950_000) -> int:
    number = scene.enter()
    scene.receivables.acknowledge(by=scene.importer, number=number)
    scene.receivables.offer(by=scene.exporter, number=number, bank=scene.issuing, price=price)
    scene.receivables.buy(by=scene.issuing, number=number, pay=price)
    return number


def test_r25_the_same_invoice_is_entered_once(scene: Scene) -> None:
    scene.enter("invoice 1")
    with scene.world.refused("the invoice is entered already"):
        scene.enter("invoice 1")
    assert scene.receivables.number_of(digest("invoice 1")) == 1
    assert scene.enter("invoice 2") == 2


def test_r26_only_what_its_debtor_acknowledged_is_sold(scene: Scene) -> None:
    number = scene.enter()
    with scene.world.refused("the debtor has not acknowledged the invoice"):
        scene.receivables.offer(by=scene.exporter, number=number, bank=scene.issuing, price=1)
    with scene.world.refused("only the debtor"):
        scene.receivables.acknowledge(by=scene.exporter, number=number)
    scene.receivables.acknowledge(by=scene.importer, number=number)
    with scene.world.refused("the members have not named it a bank"):
        scene.receivables.offer(by=scene.exporter, number=number, bank=scene.stranger, price=1)
    with scene.world.refused("the receivable is not offered to them"):
        scene.receivables.buy(by=scene.issuing, number=number, pay=0)


def test_r27_a_rejected_or_withdrawn_invoice_may_come_again(scene: Scene) -> None:
    scene.receivables.reject(by=scene.importer, number=scene.enter())
    scene.receivables.withdraw(by=scene.exporter, number=scene.enter())
    number = scene.enter()
    scene.receivables.acknowledge(by=scene.importer, number=number)
    with scene.world.refused("the invoice waits for no acknowledgement"):
        scene.receivables.withdraw(by=scene.exporter, number=number)
    with scene.world.refused("the invoice waits for no acknowledgement"):
        scene.receivables.reject(by=scene.importer, number=number)


def test_r28_the_price_is_paid_and_the_receivable_bought_at_the_same_instant(scene: Scene) -> None:
    number = sell(scene)
    assert (scene.exporter.won, scene.issuing.won) == (RICH + 950_000, RICH - 950_000)
    assert scene.receivables.receivable(number).owner == scene.issuing.address


def test_r29_no_second_bank_finances_it(scene: Scene) -> None:
    number = sell(scene)
    with scene.world.refused("the receivable is sold already"):
        scene.receivables.offer(by=scene.exporter, number=number, bank=scene.advising, price=1)
    with scene.world.refused("the receivable is sold already"):
        scene.receivables.buy(by=scene.advising, number=number, pay=950_000)
    with scene.world.refused("the invoice is entered already"):
        scene.enter("invoice 1")


def test_r30_the_owner_is_paid_when_it_is_due_and_not_before(scene: Scene) -> None:
    number = sell(scene)
    scene.receivables.pay_in(by=scene.importer, number=number, pay=400_000)
    scene.receivables.pay_in(by=scene.stranger, number=number, pay=600_000)
    with scene.world.refused("that is more than is owed"):
        scene.receivables.pay_in(by=scene.importer, number=number, pay=1)
    scene.world.wait(days=59)
    assert scene.issuing.won == RICH - 950_000
    scene.world.wait(days=1)
    assert scene.issuing.won == RICH + 50_000
    assert len(scene.world.events(ReceivablePaid)) == 1
    with scene.world.refused("nothing is owed"):
        scene.receivables.pay_in(by=scene.importer, number=number, pay=1)


def test_r31_what_is_missing_is_said_and_paid_as_soon_as_it_is_there(scene: Scene) -> None:
    number = sell(scene)
    scene.receivables.pay_in(by=scene.importer, number=number, pay=400_000)
    scene.world.wait(days=61)
    assert [event.missing.units for event in scene.world.events(ReceivableOverdue)] == [600_000]
    scene.receivables.pay_in(by=scene.importer, number=number, pay=600_000)
    assert scene.issuing.won == RICH + 50_000
    assert scene.receivables.receivable(number).state.name == "PAID"


def test_r31_what_was_never_sold_is_paid_to_the_seller(scene: Scene) -> None:
    number = scene.enter()
    scene.receivables.acknowledge(by=scene.importer, number=number)
    scene.receivables.pay_in(by=scene.importer, number=number, pay=PRICE)
    scene.world.wait(days=60)
    assert scene.exporter.won == RICH + PRICE


def test_r32_what_failed_by_itself_is_done_by_hand_for_the_owner(scene: Scene) -> None:
    number = sell(scene)
    scene.receivables.pay_in(by=scene.importer, number=number, pay=PRICE)
    scene.world.stop(scene.receivables, "an examination")
    scene.world.wait(days=70)
    scene.world.start(scene.receivables)
    scene.receivables.settle(by=scene.stranger, number=number)
    scene.receivables.settle(by=scene.stranger, number=number)
    assert scene.issuing.won == RICH + 50_000


def test_r30_an_invoice_that_fell_due_is_neither_acknowledged_nor_sold(scene: Scene) -> None:
    first, second = scene.enter(), scene.enter("invoice 2")
    scene.receivables.acknowledge(by=scene.importer, number=second)
    scene.world.wait_until(scene.world.now + days(61))
    with scene.world.refused("the invoice has fallen due"):
        scene.receivables.acknowledge(by=scene.importer, number=first)
    with scene.world.refused("the debtor has not acknowledged"):
        scene.receivables.offer(by=scene.exporter, number=second, bank=scene.issuing, price=1)
