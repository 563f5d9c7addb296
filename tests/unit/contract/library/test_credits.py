"""Credits and banking days, through the contract that inherits them: who is refused, and why."""

import pytest

from dure.apps.trade.tests.scene import CALENDAR, PRICE, Scene, on, open_trade
from dure.contract.language import days, hours
from dure.contract.library.banking_days import HOLIDAYS_MAX
from dure.contract.library.credit_amendments import AmendmentClosed
from dure.contract.library.credit_terms import AmendmentState, CreditState
from dure.contract.library.credit_undertakings import CreditClosed
from dure.testing import World

LATER = {"expiry": on("2026-03-31 00:00"), "latest_shipment": on("2026-04-01 00:00")}


@pytest.fixture
def scene() -> Scene:
    return open_trade(World())


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"amount": 0}, "an amount is above zero"),
        ({"tolerance": 11}, "a tolerance is 0 to 10 per cent"),
        ({"expiry": on("2028-03-01 00:00")}, "a credit lasts two years"),
        ({"expiry": on("2026-01-01 00:00")}, "a credit lasts two years"),
        (LATER, "shipment is not later than expiry"),
        ({"presentation_days": 0}, "documents are presented in 1 to 90 days"),
        ({"presentation_days": 91}, "documents are presented in 1 to 90 days"),
        ({"usance": days(366)}, "payment falls due within a year"),
        ({"documents": []}, "1 to 20 documents are required"),
    ],
)
def test_terms_that_make_no_sense_are_refused(
    scene: Scene, changes: dict[str, object], refusal: str
) -> None:
    with scene.world.refused(refusal):
        scene.apply(**changes)


def test_an_application_names_two_sides_and_banks_of_the_members(scene: Scene) -> None:
    cases: tuple[tuple[str, dict[str, object], str], ...] = (
        ("", {}, "a reference has 1 to 16 characters"),
        ("A" * 17, {}, "a reference has 1 to 16 characters"),
        ("A", {"beneficiary": scene.importer.address}, "applicant and beneficiary are two"),
        ("A", {"issuing_bank": scene.stranger.address}, "the members have not named it a bank"),
        ("A", {"advising_bank": scene.stranger.address}, "the members have not named it a bank"),
        ("A", {"confirming_bank": scene.stranger.address}, "the members have not named it a bank"),
    )
    for reference, changes, refusal in cases:
        with scene.world.refused(refusal):
            scene.credits.apply(
                by=scene.importer,
                reference=reference,
                parties=scene.parties(**changes),
                terms=scene.terms(),
            )


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"offset": hours(15)}, "clocks differ from UTC by at most 14 hours"),
        ({"offset": hours(-15)}, "clocks differ from UTC by at most 14 hours"),
        ({"weekend": [0, 1, 2, 3]}, "a weekend has at most three days"),
        ({"holidays": [0] * (HOLIDAYS_MAX + 1)}, "a calendar has at most 40 holidays"),
    ],
)
def test_a_calendar_has_bounds(scene: Scene, changes: dict[str, object], refusal: str) -> None:
    scene.apply()
    with scene.world.refused(refusal):
        scene.credits.issue(by=scene.issuing, number=1, calendar=CALENDAR | changes, pay=PRICE)


def test_each_act_is_its_own_bank_s_and_at_its_own_time(scene: Scene) -> None:
    number = scene.apply()
    with scene.world.refused("only the issuing bank may do this"):
        scene.credits.issue(by=scene.advising, number=number, calendar=CALENDAR, pay=PRICE)
    with scene.world.refused("the credit is not in force"):
        scene.credits.advise(by=scene.advising, number=number)
    with scene.world.refused("there is no such credit"):
        scene.credits.advise(by=scene.advising, number=9)
    with scene.world.refused("only issuing bank or applicant may do this"):
        scene.credits.decline(by=scene.stranger, number=number)
    with scene.world.refused("the payment is not the most that can be drawn"):
        scene.credits.issue(by=scene.issuing, number=number, calendar=CALENDAR, pay=PRICE - 1)
    scene.credits.issue(by=scene.issuing, number=number, calendar=CALENDAR, pay=PRICE)
    with scene.world.refused("the credit does not wait to be issued"):
        scene.credits.decline(by=scene.importer, number=number)
    with scene.world.refused("only the advising bank may do this"):
        scene.credits.advise(by=scene.issuing, number=number)
    scene.credits.advise(by=scene.advising, number=number)
    with scene.world.refused("the credit is advised"):
        scene.credits.advise(by=scene.advising, number=number)


def test_a_credit_that_would_have_expired_is_not_issued(scene: Scene) -> None:
    scene.apply()
    scene.world.wait(days=120)
    with scene.world.refused("the credit would have expired"):
        scene.credits.issue(by=scene.issuing, number=1, calendar=CALENDAR, pay=PRICE)
    scene.credits.decline(by=scene.importer, number=1)
    assert [event.state for event in scene.world.events(CreditClosed)] == [CreditState.NOT_ISSUED]


def test_only_the_bank_that_was_asked_confirms_and_only_a_fresh_credit(scene: Scene) -> None:
    number = scene.open_credit()
    with scene.world.refused("only the bank that was asked to confirm may do this"):
        scene.credits.confirm(by=scene.issuing, number=number, pay=PRICE)
    with scene.world.refused("the payment is not the most that can be drawn"):
        scene.credits.confirm(by=scene.confirming, number=number, pay=1)
    scene.credits.confirm(by=scene.confirming, number=number, pay=PRICE)
    with scene.world.refused("the credit is confirmed"):
        scene.credits.confirm(by=scene.confirming, number=number, pay=PRICE)
    second = scene.open_credit()
    scene.present(second, 1)
    with scene.world.refused("documents were presented already"):
        scene.credits.confirm(by=scene.confirming, number=second, pay=PRICE)
    third = scene.open_credit()
    scene.credits.amend(by=scene.issuing, number=third, change=scene.change(amount=1))
    with scene.world.refused("another amendment waits for consent"):
        scene.credits.confirm(by=scene.confirming, number=third, pay=PRICE)


def test_an_amendment_is_the_issuing_bank_s_and_never_below_what_was_drawn(scene: Scene) -> None:
    scene.open_credit()
    with scene.world.refused("only the issuing bank may do this"):
        scene.credits.amend(by=scene.importer, number=1, change=scene.change())
    with scene.world.refused("the payment is not the increase"):
        scene.credits.amend(by=scene.issuing, number=1, change=scene.change(amount=PRICE + 1))
    scene.present(amount=500_000)
    with scene.world.refused("more than that was drawn already"):
        scene.credits.amend(by=scene.issuing, number=1, change=scene.change(amount=499_999))
    scene.credits.amend(by=scene.issuing, number=1, change=scene.change(cancels=True))
    with scene.world.refused("another amendment waits for consent"):
        scene.credits.amend(by=scene.issuing, number=1, change=scene.change())
    scene.credits.answer_amendment(by=scene.importer, amendment=1, consents=True)
    with scene.world.refused("they have answered already"):
        scene.credits.answer_amendment(by=scene.importer, amendment=1, consents=False)
    with scene.world.refused("documents are being examined or wait to be paid"):
        scene.credits.answer_amendment(by=scene.exporter, amendment=1, consents=True)
    with scene.world.refused("their consent is not needed"):
        scene.credits.answer_amendment(by=scene.advising, amendment=1, consents=True)
    scene.credits.answer_amendment(by=scene.exporter, amendment=1, consents=False)
    with scene.world.refused("the amendment is closed"):
        scene.credits.answer_amendment(by=scene.exporter, amendment=1, consents=True)
    closed = [event.state for event in scene.world.events(AmendmentClosed)]
    assert closed == [AmendmentState.REJECTED]


def test_a_credit_is_not_cancelled_while_the_confirming_bank_owes(scene: Scene) -> None:
    scene.open_credit(confirmed=True, tenor="AFTER_SIGHT", usance=days(60))
    scene.present()
    scene.credits.accept(by=scene.confirming, number=1)
    # The issuing bank refuses and owes nothing any more, the confirming bank still does.
    scene.credits.refuse(by=scene.issuing, number=1, discrepancies=["late"], returns=True)
    scene.credits.amend(by=scene.issuing, number=1, change=scene.change(cancels=True))
    scene.credits.answer_amendment(by=scene.importer, amendment=1, consents=True)
    scene.credits.answer_amendment(by=scene.exporter, amendment=1, consents=True)
    with scene.world.refused("documents wait to be paid"):
        scene.credits.answer_amendment(by=scene.confirming, amendment=1, consents=True)
    scene.world.wait(days=61)
    assert scene.exporter.won == scene.world.balance(scene.stranger, "won") + PRICE
