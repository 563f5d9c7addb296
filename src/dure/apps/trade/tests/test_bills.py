"""Bills of lading, one rule of the README a test."""

import pytest

from dure.apps.trade.contracts.bills_of_lading import BillEndorsed, BillIssued
from dure.apps.trade.tests.scene import RICH, Scene, digest
from dure.contract.language import days


def test_r1_a_carrier_issues_one_bill_for_a_reference_and_a_document(scene: Scene) -> None:
    bill = scene.issue_bill("HDMU0001")
    assert scene.bills.bill_of(scene.carrier, "HDMU0001") == bill
    with scene.world.refused("the document describes another thing"):
        scene.bills.issue(
            by=scene.carrier,
            holder=scene.exporter,
            document=digest("HDMU0001"),
            reference="HDMU0002",
            to_order=True,
            consignee=scene.exporter,
        )
    with scene.world.refused("there is a bill of that reference already"):
        scene.bills.issue(
            by=scene.carrier,
            holder=scene.exporter,
            document=digest("another"),
            reference="HDMU0001",
            to_order=True,
            consignee=scene.exporter,
        )


def test_r2_only_the_holder_or_one_agent_hands_a_bill_on(scene: Scene) -> None:
    bill = scene.issue_bill()
    with scene.world.refused("only the holder or an agent"):
        scene.bills.endorse(by=scene.carrier, number=bill, to=scene.carrier)
    scene.bills.entrust(by=scene.exporter, number=bill, agent=scene.stranger)
    scene.bills.endorse(by=scene.stranger, number=bill, to=scene.importer)
    with scene.world.refused("only the holder or an agent"):
        scene.bills.endorse(by=scene.stranger, number=bill, to=scene.stranger)
    assert scene.holder(bill) == scene.importer.address
    assert [event.endorsement for event in scene.world.events(BillEndorsed)] == [1]


def test_r3_a_straight_bill_goes_to_its_consignee_only(scene: Scene) -> None:
    bill = scene.issue_bill(to_order=False)
    with scene.world.refused("a straight bill goes to its consignee only"):
        scene.bills.endorse(by=scene.exporter, number=bill, to=scene.stranger)
    with scene.world.refused("a straight bill is handed in for delivery by its consignee"):
        scene.bills.surrender(by=scene.exporter, number=bill, purpose="DELIVERY", comments="")
    scene.bills.endorse(by=scene.exporter, number=bill, to=scene.importer)
    scene.bills.surrender(by=scene.importer, number=bill, purpose="DELIVERY", comments="")


def test_r4_title_and_price_move_at_the_same_instant(scene: Scene) -> None:
    bill = scene.issue_bill()
    until = scene.world.now + days(1)
    scene.bills.offer(by=scene.exporter, number=bill, buyer=scene.importer, price=700, until=until)
    with scene.world.refused("the bill is offered to somebody else"):
        scene.bills.take_up(by=scene.stranger, number=bill, pay=700)
    with scene.world.refused("the payment is not the price"):
        scene.bills.take_up(by=scene.importer, number=bill, pay=699)
    scene.bills.take_up(by=scene.importer, number=bill, pay=700)
    assert scene.holder(bill) == scene.importer.address
    assert (scene.exporter.won, scene.importer.won) == (RICH + 700, RICH - 700)
    with scene.world.refused("the bill is not offered"):
        scene.bills.take_up(by=scene.importer, number=bill, pay=700)


def test_r4_an_offer_ends_with_its_time_its_withdrawal_or_the_holding(scene: Scene) -> None:
    bill = scene.issue_bill()
    offer = {"number": bill, "buyer": scene.importer, "price": 700}
    scene.bills.offer(by=scene.exporter, **offer, until=scene.world.now + days(1))
    scene.world.wait(days=2)
    with scene.world.refused("the offer is over"):
        scene.bills.take_up(by=scene.importer, number=bill, pay=700)
    scene.bills.withdraw_offer(by=scene.exporter, number=bill)
    scene.bills.offer(by=scene.exporter, **offer, until=scene.world.now + days(1))
    scene.bills.endorse(by=scene.exporter, number=bill, to=scene.stranger)
    with scene.world.refused("the bill is not offered"):
        scene.bills.take_up(by=scene.importer, number=bill, pay=700)


def test_r5_a_bill_handed_in_waits_for_its_carrier(scene: Scene) -> None:
    bill = scene.issue_bill()
    scene.bills.surrender(by=scene.exporter, number=bill, purpose="DELIVERY", comments="Pier 3")
    with scene.world.refused("the bill is handed in or void"):
        scene.bills.endorse(by=scene.exporter, number=bill, to=scene.importer)
    with scene.world.refused("only the carrier of the bill"):
        scene.bills.accept_surrender(by=scene.stranger, number=bill)
    scene.bills.reject_surrender(by=scene.carrier, number=bill, reason="freight is not paid")
    scene.bills.surrender(by=scene.exporter, number=bill, purpose="DELIVERY", comments="")
    scene.bills.recall_surrender(by=scene.exporter, number=bill)
    with scene.world.refused("the bill is not handed in"):
        scene.bills.accept_surrender(by=scene.carrier, number=bill)
    assert scene.holder(bill) == scene.exporter.address


@pytest.mark.parametrize(("purpose", "state"), [("DELIVERY", "DELIVERED"), ("PAPER", "ON_PAPER")])
def test_r6_an_accepted_bill_is_void_for_ever(scene: Scene, purpose: str, state: str) -> None:
    bill = scene.issue_bill()
    scene.bills.surrender(by=scene.exporter, number=bill, purpose=purpose, comments="")
    scene.bills.accept_surrender(by=scene.carrier, number=bill)
    assert scene.bills.bill(bill).state.name == state
    assert scene.bills.count() == 0
    with scene.world.refused("the bill is void"):
        scene.bills.holder_of(bill)
    with scene.world.refused("the bill is void"):
        scene.bills.surrender(by=scene.exporter, number=bill, purpose="DELIVERY", comments="")
    with scene.world.refused("there is a bill of that reference already"):
        scene.issue_bill()


def test_r7_an_amended_bill_is_replaced_by_one_of_the_same_holder(scene: Scene) -> None:
    bill = scene.issue_bill()
    scene.bills.endorse(by=scene.exporter, number=bill, to=scene.importer)
    scene.bills.surrender(by=scene.importer, number=bill, purpose="AMENDMENT", comments="COD")
    with scene.world.refused("an amended bill is issued anew"):
        scene.bills.accept_surrender(by=scene.carrier, number=bill)
    again = scene.bills.reissue(
        by=scene.carrier, number=bill, document=digest("amended"), reference="HDMU0001-2"
    )
    assert scene.holder(again) == scene.importer.address
    assert scene.bills.bill(again).replaces == bill
    assert scene.bills.bill(bill).state.name == "AMENDED"
    assert [event.replaces for event in scene.world.events(BillIssued)] == [0, bill]


def test_r8_only_carriers_whom_the_members_name_issue_bills(scene: Scene) -> None:
    with scene.world.refused("carrier"):
        scene.bills.issue(
            by=scene.exporter,
            holder=scene.exporter,
            document=digest("forged"),
            reference="FORGED",
            to_order=True,
            consignee=scene.exporter,
        )
