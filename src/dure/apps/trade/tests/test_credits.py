"""Letters of credit, one rule of the README a test; article numbers are those of UCP 600."""

import pytest

from dure.apps.trade.tests.scene import CALENDAR, PRICE, RICH, Scene, on, read_day
from dure.contract.language import days, hours
from dure.contract.library.credit_undertakings import CreditClosed, ReserveReleased


def test_r9_the_bank_reserves_the_most_that_can_be_drawn(scene: Scene) -> None:
    scene.apply(tolerance=10)
    with scene.world.refused("the payment is not the most that can be drawn"):
        scene.credits.issue(by=scene.issuing, number=1, calendar=CALENDAR, pay=PRICE)
    scene.credits.issue(by=scene.issuing, number=1, calendar=CALENDAR, pay=PRICE * 11 // 10)
    assert scene.issuing.won == RICH - 1_100_000
    with scene.world.refused("the credit does not wait to be issued"):
        scene.credits.issue(by=scene.issuing, number=1, calendar=CALENDAR, pay=1_100_000)


def test_r10_an_application_is_declined_or_withdrawn_before_it_binds_anybody(scene: Scene) -> None:
    scene.apply()
    scene.apply()
    with scene.world.refused("only issuing bank or applicant"):
        scene.credits.decline(by=scene.exporter, number=1)
    scene.credits.decline(by=scene.importer, number=1)
    scene.credits.decline(by=scene.issuing, number=2)
    with scene.world.refused("the credit does not wait to be issued"):
        scene.credits.issue(by=scene.issuing, number=1, calendar=CALENDAR, pay=PRICE)


def test_r11_a_credit_is_advised_once_by_the_bank_that_it_names(scene: Scene) -> None:
    scene.open_credit()
    with scene.world.refused("the credit is advised"):
        scene.credits.advise(by=scene.advising, number=1)
    with scene.world.refused("only the advising bank"):
        scene.credits.advise(by=scene.confirming, number=1)


def test_r12_a_confirming_bank_is_bound_beside_the_issuing_bank(scene: Scene) -> None:
    scene.open_credit(confirmed=True)
    assert scene.confirming.won == RICH - PRICE
    scene.present()
    scene.credits.accept(by=scene.confirming, number=1)
    # The beneficiary has the money, whatever the issuing bank says now.
    assert scene.exporter.won == RICH + PRICE
    assert scene.confirming.won == RICH - PRICE
    scene.credits.refuse(
        by=scene.issuing, number=1, discrepancies=["invoice not signed"], returns=True
    )
    scene.world.wait(seconds=1)
    assert scene.exporter.won == RICH + PRICE
    assert scene.issuing.won == RICH
    assert scene.world.conserved()


def test_r12_the_issuing_bank_reimburses_the_bank_that_honoured(scene: Scene) -> None:
    scene.open_credit(confirmed=True)
    scene.present()
    scene.credits.accept(by=scene.confirming, number=1)
    scene.credits.accept(by=scene.issuing, number=1)
    assert (scene.confirming.won, scene.issuing.won) == (RICH, RICH - PRICE)
    assert scene.exporter.won == RICH + PRICE


def test_r13_nothing_changes_without_the_consent_of_all(scene: Scene) -> None:
    scene.open_credit(confirmed=True)
    change = scene.change(amount=1_500_000)
    scene.credits.amend(by=scene.issuing, number=1, change=change, pay=500_000)
    scene.credits.answer_amendment(by=scene.importer, amendment=1, consents=True)
    scene.credits.answer_amendment(by=scene.exporter, amendment=1, consents=True)
    with scene.world.refused("that is more than can still be drawn"):
        scene.present(amount=1_200_000)
    with scene.world.refused("the payment is not the increase"):
        scene.credits.answer_amendment(by=scene.confirming, amendment=1, consents=True)
    scene.credits.answer_amendment(by=scene.confirming, amendment=1, consents=True, pay=500_000)
    assert scene.credits.credit(1).maximum.units == 1_500_000
    scene.present(amount=1_200_000)


def test_r13_who_rejects_leaves_the_credit_as_it_was(scene: Scene) -> None:
    scene.open_credit()
    change = scene.change(amount=1_500_000)
    scene.credits.amend(by=scene.issuing, number=1, change=change, pay=500_000)
    with scene.world.refused("another amendment waits for consent"):
        scene.credits.amend(by=scene.issuing, number=1, change=change, pay=500_000)
    with scene.world.refused("their consent is not needed"):
        scene.credits.answer_amendment(by=scene.stranger, amendment=1, consents=False)
    scene.credits.answer_amendment(by=scene.exporter, amendment=1, consents=False)
    scene.world.wait(seconds=1)
    assert scene.issuing.won == RICH - PRICE
    assert scene.credits.credit(1).maximum.units == PRICE
    with scene.world.refused("the amendment is closed"):
        scene.credits.answer_amendment(by=scene.importer, amendment=1, consents=True)


def test_r13_an_amendment_cancels_or_lowers_with_the_consent_of_all(scene: Scene) -> None:
    scene.open_credit()
    scene.credits.amend(by=scene.issuing, number=1, change=scene.change(amount=400_000))
    scene.credits.answer_amendment(by=scene.exporter, amendment=1, consents=True)
    scene.credits.answer_amendment(by=scene.importer, amendment=1, consents=True)
    scene.world.wait(seconds=1)
    assert scene.issuing.won == RICH - 400_000
    scene.credits.amend(by=scene.issuing, number=1, change=scene.change(cancels=True))
    scene.credits.answer_amendment(by=scene.exporter, amendment=2, consents=True)
    scene.credits.answer_amendment(by=scene.importer, amendment=2, consents=True)
    scene.world.wait(seconds=1)
    assert scene.issuing.won == RICH
    assert scene.credits.credit(1).state.name == "CANCELLED"


def test_r14_documents_are_presented_in_time_and_for_what_is_left(scene: Scene) -> None:
    scene.open_credit()
    with scene.world.refused("only the beneficiary"):
        scene.credits.present(
            by=scene.stranger,
            number=1,
            amount=1,
            shipped=scene.world.now,
            documents=[{"kind": "INVOICE", "digest": bytes(32)}],
            bill=0,
        )
    with scene.world.refused("the goods are not shipped yet"):
        scene.present(shipped=scene.world.now + days(1))
    scene.present(amount=600_000)
    with scene.world.refused("that is more than can still be drawn"):
        scene.present(amount=600_000)
    scene.present(amount=400_000)


def test_r14_partial_drawings_are_for_credits_that_allow_them(scene: Scene) -> None:
    scene.open_credit(partial=False)
    scene.present(amount=600_000)
    with scene.world.refused("partial drawings are not allowed"):
        scene.present(amount=400_000)


@pytest.mark.parametrize(
    ("presented", "holidays", "closes"),
    [
        # Monday: the next Monday is the fifth banking day following.
        ("2026-01-05 10:00", [], "2026-01-12 15:00"),
        # Monday in UTC is Tuesday in Seoul.
        ("2026-01-05 16:00", [], "2026-01-13 15:00"),
        ("2026-01-09 03:00", [], "2026-01-16 15:00"),
        # Seollal, 16 to 18 February 2026.
        ("2026-02-12 03:00", ["2026-02-16", "2026-02-17", "2026-02-18"], "2026-02-24 15:00"),
    ],
)
def test_r15_a_bank_has_until_the_close_of_the_fifth_banking_day(
    scene: Scene, presented: str, holidays: list[str], closes: str
) -> None:
    scene.apply()
    calendar = CALENDAR | {"holidays": [read_day(each) for each in holidays]}
    scene.credits.issue(by=scene.issuing, number=1, calendar=calendar, pay=PRICE)
    scene.world.wait_until(on(presented))
    scene.present()
    assert scene.credits.presentation(1).examine_by == on(closes)


def test_r16_a_silent_bank_can_refuse_no_more_and_pays(scene: Scene) -> None:
    scene.open_credit()
    scene.present()
    examine_by = scene.credits.presentation(1).examine_by
    scene.world.wait_until(examine_by - hours(1))
    assert scene.exporter.won == RICH
    scene.world.wait_until(examine_by)
    assert scene.exporter.won == RICH + PRICE
    with scene.world.refused("there is one notice, while documents are examined"):
        scene.credits.refuse(by=scene.issuing, number=1, discrepancies=["late"], returns=True)


def test_r17_a_notice_names_all_discrepancies_once(scene: Scene) -> None:
    scene.open_credit()
    scene.present()
    with scene.world.refused("a notice names 1 to 20 discrepancies"):
        scene.credits.refuse(by=scene.issuing, number=1, discrepancies=[], returns=False)
    with scene.world.refused("only the examining bank"):
        scene.credits.refuse(by=scene.importer, number=1, discrepancies=["x"], returns=False)
    scene.credits.refuse(by=scene.issuing, number=1, discrepancies=["x"], returns=False)
    with scene.world.refused("there is one notice, while documents are examined"):
        scene.credits.refuse(by=scene.issuing, number=1, discrepancies=["y"], returns=True)


def test_r18_a_waiver_lets_the_bank_pay_and_does_not_make_it(scene: Scene) -> None:
    scene.open_credit()
    scene.present()
    scene.credits.refuse(by=scene.issuing, number=1, discrepancies=["late"], returns=False)
    with scene.world.refused("the documents wait for no acceptance"):
        scene.credits.accept(by=scene.issuing, number=1)
    with scene.world.refused("only the applicant"):
        scene.credits.waive(by=scene.exporter, number=1)
    scene.credits.waive(by=scene.importer, number=1)
    assert scene.exporter.won == RICH
    scene.credits.accept(by=scene.issuing, number=1)
    assert scene.exporter.won == RICH + PRICE


def test_r19_refused_documents_go_back_and_can_be_presented_again(scene: Scene) -> None:
    scene.open_credit()
    scene.present()
    scene.credits.refuse(by=scene.issuing, number=1, discrepancies=["late"], returns=False)
    scene.credits.return_documents(by=scene.exporter, number=1)
    assert scene.state() == "RETURNED"
    with scene.world.refused("there is nothing to waive"):
        scene.credits.waive(by=scene.importer, number=1)
    scene.present()
    scene.credits.accept(by=scene.issuing, number=2)
    assert scene.exporter.won == RICH + PRICE


def test_r20_what_needs_no_reading_is_found_by_the_contract(scene: Scene) -> None:
    scene.open_credit(documents=["INVOICE", "ORIGIN"], latest_shipment=on("2026-01-06 00:00"))
    scene.world.wait(days=30)
    scene.present(shipped=scene.world.now - days(25))
    names = [each.name for each in scene.credits.formalities(1)]
    assert names == ["LATE_SHIPMENT", "LATE_PRESENTATION", "DOCUMENT_MISSING"]
    scene.credits.refuse(by=scene.issuing, number=1, discrepancies=names, returns=True)
    scene.present(kinds=("INVOICE", "ORIGIN"), shipped=on("2026-01-05 12:00"))
    assert [each.name for each in scene.credits.formalities(2)] == ["LATE_PRESENTATION"]


@pytest.mark.parametrize(("tenor", "expected_days"), [("AFTER_SIGHT", 60), ("AFTER_SHIPMENT", 50)])
def test_r21_a_deferred_payment_is_made_when_it_is_due(
    scene: Scene, tenor: str, expected_days: int
) -> None:
    scene.open_credit(confirmed=True, tenor=tenor, usance=days(60))
    scene.world.wait(days=10)
    scene.present(shipped=scene.world.now - days(10))
    presented = scene.world.now
    scene.credits.accept(by=scene.confirming, number=1)
    scene.credits.accept(by=scene.issuing, number=1)
    scene.world.wait_until(presented + days(expected_days) - hours(1))
    assert scene.exporter.won == RICH
    scene.world.wait(hours=2)
    assert scene.exporter.won == RICH + PRICE
    assert (scene.confirming.won, scene.issuing.won) == (RICH, RICH - PRICE)


def test_r22_a_credit_expires_by_itself_and_gives_the_reserve_back(scene: Scene) -> None:
    # 28 February 2026 is a Saturday, and Monday is a holiday (article 29, a).
    scene.apply(expiry=on("2026-02-28 00:00"), latest_shipment=on("2026-02-01 00:00"))
    calendar = CALENDAR | {"holidays": [read_day("2026-03-02")]}
    scene.credits.issue(by=scene.issuing, number=1, calendar=calendar, pay=PRICE)
    assert scene.credits.credit(1).closes == on("2026-03-03 15:00")
    scene.present(amount=300_000)
    scene.credits.accept(by=scene.issuing, number=1)
    scene.world.wait_until(on("2026-03-03 15:01"))
    assert scene.issuing.won == RICH - 300_000
    assert [event.state.name for event in scene.world.events(CreditClosed)] == ["EXPIRED"]
    assert [event.amount.units for event in scene.world.events(ReserveReleased)] == [700_000]
    with scene.world.refused("the credit is not in force"):
        scene.present(amount=1)


def test_r22_what_is_being_examined_at_expiry_stays_reserved(scene: Scene) -> None:
    scene.open_credit(confirmed=True)
    scene.world.wait_until(on("2026-03-31 10:00"))
    scene.present(amount=400_000)
    scene.world.wait_until(on("2026-04-01 10:00"))
    assert scene.issuing.won == scene.confirming.won == RICH - 400_000
    scene.world.wait(days=30)
    assert scene.exporter.won == RICH + 400_000
    assert (scene.confirming.won, scene.issuing.won) == (RICH, RICH - 400_000)


def test_r23_the_bill_of_lading_moves_when_the_bank_is_bound(scene: Scene) -> None:
    scene.open_credit(electronic_bill=True)
    bill = scene.issue_bill()
    with scene.world.refused("the electronic bill of lading comes as the credit says"):
        scene.present()
    with scene.world.refused("only the holder or an agent"):
        scene.present(bill=bill)
    scene.bills.entrust(by=scene.exporter, number=bill, agent=scene.credits.address)
    scene.present(bill=bill)
    assert scene.holder(bill) == scene.credits.address
    scene.credits.refuse(by=scene.issuing, number=1, discrepancies=["late"], returns=True)
    assert scene.holder(bill) == scene.exporter.address
    scene.bills.entrust(by=scene.exporter, number=bill, agent=scene.credits.address)
    scene.present(bill=bill)
    scene.credits.accept(by=scene.issuing, number=2)
    assert scene.holder(bill) == scene.issuing.address
    assert scene.exporter.won == RICH + PRICE


def test_r24_what_failed_by_itself_is_done_by_hand_for_the_same_parties(scene: Scene) -> None:
    scene.open_credit()
    scene.present()
    scene.world.stop(scene.credits, "an examination")
    scene.world.wait(days=120)
    scene.world.start(scene.credits)
    scene.credits.settle(by=scene.stranger, number=1)
    scene.credits.settle_credit(by=scene.stranger, number=1)
    scene.credits.settle(by=scene.stranger, number=1)
    assert scene.exporter.won == RICH + PRICE
    assert (scene.issuing.won, scene.stranger.won) == (RICH - PRICE, RICH)
