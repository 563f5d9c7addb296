"""Rules R24 and R25: units on one chain against money on another, and what thieves try between."""

import pytest

from dure.apps.securities.contracts.cross_delivery import LockState
from dure.apps.securities.tests.scene import RICH
from dure.apps.securities.tests.two_chains import PRICE, Crossing, build_crossing
from dure.contract.language import days, hours


@pytest.fixture
def crossing() -> Crossing:
    return build_crossing()


def test_r24_units_and_money_change_hands_by_two_proofs(crossing: Crossing) -> None:
    terms = crossing.terms()
    assert crossing.lock(terms) == 1
    assert crossing.units(crossing.ann) == (1_000, 100)
    crossing.pay(terms)
    assert crossing.ann_there.won == RICH + PRICE
    assert crossing.cho_there.won == RICH - PRICE
    crossing.show()
    assert (crossing.units(crossing.ann), crossing.units(crossing.cho)) == ((900, 0), (100, 0))
    assert crossing.delivery.lock(1).state is LockState.DELIVERED
    crossing.here.wait(days=5)
    assert crossing.units(crossing.cho) == (100, 0)
    assert crossing.here.conserved()
    assert crossing.there.conserved()


def test_r24_nothing_is_paid_or_delivered_twice(crossing: Crossing) -> None:
    terms = crossing.terms()
    crossing.lock(terms)
    crossing.pay(terms)
    with crossing.there.refused("the event was used already"):
        crossing.pay(terms)
    crossing.show()
    with crossing.here.refused("the units wait no longer"):
        crossing.show()
    crossing.lock(terms)
    with crossing.here.refused("no such event is shown"):
        crossing.show(number=2)


def test_r24_other_terms_than_those_that_wait_are_not_paid(crossing: Crossing) -> None:
    terms = crossing.terms()
    crossing.lock(terms)
    with crossing.there.refused("the payment is not the price"):
        crossing.pay(terms, pay=PRICE - 1)
    for changed in (
        terms.replace(units=1_000),
        terms.replace(price=1),
        terms.replace(payee=crossing.cho_there.address),
        terms.replace(pay_until=terms.pay_until + days(9)),
    ):
        with crossing.there.refused("no such event is shown"):
            crossing.pay(changed, pay=changed.price)
    assert crossing.cho_there.won == RICH


def test_r24_forged_seals_and_proofs_of_the_wrong_chain_are_refused(crossing: Crossing) -> None:
    terms = crossing.terms()
    crossing.lock(terms)
    proof = crossing.shares.prove("UnitsLocked")
    forged = proof.seals[0].replace(signature=b"\x01" * 64)
    with crossing.there.refused("a seal does not verify"):
        crossing.pay(terms, proof=proof.replace(seals=[forged]))
    with crossing.there.refused("fewer seals than a quorum"):
        crossing.pay(terms, proof=proof.replace(seals=[]))
    # The chain of the shares says "paid": it is not the one whose word counts.
    event = proof.events[0].replace(name="MoneyPaid")
    with crossing.here.refused("no such event is shown"):
        crossing.show(proof=proof.replace(events=[event]))
    with crossing.here.refused("the receipt is not of that block"):
        paid = event.replace(contract=crossing.payment.address)
        other = crossing.bank.prove("DeliveryNamed")
        crossing.show(proof=other.replace(events=[paid]))
    with crossing.here.refused("the header is of another chain"):
        crossing.show(proof=proof.replace(events=[paid]))


def test_r25_units_for_which_nothing_was_paid_come_back(crossing: Crossing) -> None:
    terms = crossing.terms()
    crossing.lock(terms)
    crossing.there.wait(days=3)
    with crossing.there.refused("it is too late to pay"):
        crossing.pay(terms)
    crossing.here.wait(days=5)
    assert crossing.units(crossing.ann) == (1_000, 0)
    assert crossing.delivery.lock(1).state is LockState.RETURNED


def test_r25_a_proof_that_comes_too_late_delivers_nothing(crossing: Crossing) -> None:
    terms = crossing.terms()
    crossing.lock(terms)
    crossing.pay(terms)
    crossing.here.wait(days=5)
    with crossing.here.refused("the units wait no longer"):
        crossing.show()


def test_r25_what_is_paid_waits_for_the_court(crossing: Crossing) -> None:
    terms = crossing.terms()
    crossing.lock(terms)
    crossing.pay(terms)
    crossing.depository.freeze_holding(
        by=crossing.court, isin=terms.isin, holder=crossing.ann, order="2026-79"
    )
    with crossing.here.refused("nothing is paid that waits"):
        crossing.delivery.deliver_paid(by=crossing.cho, number=1)
    crossing.show()
    assert crossing.delivery.lock(1).state is LockState.PAID
    crossing.here.wait(days=9)
    assert crossing.units(crossing.ann) == (1_000, 100)
    crossing.depository.release_holding(by=crossing.court, isin=terms.isin, holder=crossing.ann)
    crossing.delivery.deliver_paid(by=crossing.cho, number=1)
    assert crossing.units(crossing.cho) == (100, 0)


def test_r25_deadlines_and_parties_are_sound(crossing: Crossing) -> None:
    terms, now = crossing.terms(), crossing.here.now
    for changed, until, words in (
        ({}, terms.pay_until + hours(23), "units wait a day longer than the payment"),
        ({}, now + days(61), "60 days at most"),
        ({"pay_until": now}, now + days(9), "the last moment to pay lies in the future"),
        ({"price": 0}, now + days(9), "a price is 1 to"),
        ({"buyer": crossing.court.address}, now + days(9), "the buyer is not admitted"),
        ({"units": 1_001}, now + days(9), "not so many free units"),
    ):
        with crossing.here.refused(words):
            crossing.delivery.lock_units(
                by=crossing.ann, terms=terms.replace(**changed), return_at=until
            )
    with crossing.here.refused("the payment contract is named already"):
        crossing.delivery.name_payment(by=crossing.registrar, payment=crossing.payment)
    with crossing.here.refused("not a registrar"):
        crossing.delivery.name_payment(by=crossing.ann, payment=crossing.payment)
    with crossing.there.refused("not a registrar"):
        crossing.payment.name_delivery(by=crossing.cho_there, delivery=crossing.delivery)
