"""MT700 messages and invoices from outside: what is read, and what is refused by its name."""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.apps.trade.importing import build_terms, list_kinds
from dure.apps.trade.invoices import (
    Invoice,
    InvoiceRefused,
    compute_document_digest,
    compute_fingerprint,
)
from dure.apps.trade.mt700 import MESSAGE_MAX, MessageRefused, read_mt700
from dure.apps.trade.tests.scene import CALENDAR, Scene, on
from dure.contract.language import days, hours
from dure.contract.library.credit_terms import DocumentKind, Tenor

MESSAGE = """{1:F01HNBNKRSEAXXX0000000000}{2:I700EVERCNBJXXXXN}{4:
:27:1/1
:40A:IRREVOCABLE
:20:M12345678NU00001
:31C:260105
:40E:UCP LATEST VERSION
:31D:260331SEOUL
:50:HANGANG IMPORTS CO
SEOUL
:59:QINGDAO EXPORTS LTD
QINGDAO
:32B:USD125000,5
:39A:05/00
:41A:HNBNKRSE
BY DEF PAYMENT
:42P:90 DAYS AFTER SHIPMENT
:43P:NOT ALLOWED
:43T:ALLOWED
:44E:QINGDAO, CHINA
:44F:BUSAN, KOREA
:44C:260301
:45A:5,000 BICYCLES
FOB QINGDAO INCOTERMS 2020
:46A:+SIGNED COMMERCIAL INVOICE IN 3 COPIES
+FULL SET OF CLEAN ON BOARD BILLS OF
LADING MADE OUT TO ORDER
:47A:+ALL DOCUMENTS IN ENGLISH
:48:15
:49:WITHOUT
-}"""

INVOICE = Invoice("INV-0017/26", "123-45-67890", "CN 91370200", date(2026, 1, 5), "USD", 12_500)
KEY = b"sixteen bytes at least"


def test_a_message_becomes_a_credit() -> None:
    credit = read_mt700(MESSAGE)
    assert credit.reference == "M12345678NU00001"
    assert (credit.issued, credit.expiry) == (date(2026, 1, 5), date(2026, 3, 31))
    assert (credit.place, credit.latest_shipment) == ("SEOUL", date(2026, 3, 1))
    assert (credit.currency, credit.amount) == ("USD", Decimal("125000.5"))
    assert credit.count_units(2) == 12_500_050
    assert (credit.tolerance, credit.presentation_days, credit.partial) == (5, 15, False)
    assert (credit.usance_days, credit.usance_from_shipment) == (90, True)
    assert credit.ports == {"44E": "QINGDAO, CHINA", "44F": "BUSAN, KOREA"}
    assert credit.documents == (
        "SIGNED COMMERCIAL INVOICE IN 3 COPIES",
        "FULL SET OF CLEAN ON BOARD BILLS OF LADING MADE OUT TO ORDER",
    )
    assert read_mt700(MESSAGE.replace("\n", "\r\n")) == credit


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (":40A:IRREVOCABLE", ":40A:IRREVOCABLE TRANSFERABLE", "40A"),
        (":40E:UCP LATEST VERSION", ":40E:ISP LATEST VERSION", "40E"),
        (":20:M12345678NU00001", ":20:M12345678NU000012", "20"),
        (":20:M12345678NU00001", ":20:/M1", "20"),
        (":31C:260105", ":31C:260230", "31C"),
        (":31D:260331SEOUL", ":31D:260331", "31D"),
        (":32B:USD125000,5", ":32B:USD0,", "32B"),
        (":32B:USD125000,5", ":32B:USD125000.5", "32B"),
        (":39A:05/00", ":39A:05/05", "39A"),
        ("BY DEF PAYMENT", "BY NEGOTIATION", "41a"),
        ("BY DEF PAYMENT", "BY PAYMENT", "42P"),
        (":42P:90 DAYS AFTER SHIPMENT", ":42P:SOME TIME LATER", "42P"),
        (":42P:90 DAYS AFTER SHIPMENT", ":42P:400 DAYS AFTER SHIPMENT", "42P"),
        (":42P:90 DAYS AFTER SHIPMENT", ":42P:90 DAYS AFTER HARVEST", "42P"),
        (":43P:NOT ALLOWED", ":43P:CONDITIONAL", "43P"),
        (":44C:260301", ":44D:IN MARCH", "44D"),
        (":44C:260301", ":44C:260301\n:44D:IN MARCH", "44D"),
        (":48:15", ":48:15\n:48:15", "48"),
        (":49:WITHOUT", ":49:PERHAPS", "49"),
        (":49:WITHOUT", ":99:WITHOUT", "99"),
        (":49:WITHOUT\n", "", "49"),
        (":41A:HNBNKRSE\nBY DEF PAYMENT\n", "", "41a"),
        (":45A:5,000 BICYCLES", ":45A:" + "A" * 66, "45A"),
        (":50:HANGANG IMPORTS CO", ":50:A\nB\nC\nD", "50"),
        (":45A:5,000 BICYCLES", ":45A:자전거", "4"),
        ("{4:\n", "{4:\nHELLO\n", "4"),
        ("\n-}", "", "4"),
        (":45A:5,000 BICYCLES", ":45A:" + "A\n" * MESSAGE_MAX, "4"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(old: str, new: str, field: str) -> None:
    assert old in MESSAGE
    with pytest.raises(MessageRefused) as refusal:
        read_mt700(MESSAGE.replace(old, new))
    assert refusal.value.field == field


def test_an_amount_has_no_more_places_than_its_money() -> None:
    with pytest.raises(MessageRefused, match="32B: USD has 0 decimals"):
        read_mt700(MESSAGE).count_units(0)


@given(text=st.text(max_size=300), place=st.integers(0, len(MESSAGE)))
def test_whatever_comes_is_read_or_refused(text: str, place: int) -> None:
    for each in (text, MESSAGE[:place] + text + MESSAGE[place:], MESSAGE[:place]):
        with suppress(MessageRefused):
            assert read_mt700(each).amount > 0


@pytest.mark.parametrize(
    "changes", [{"number": "inv 17 26"}, {"seller": "1234567890"}, {"debtor": "cn91370200"}]
)
def test_the_same_invoice_has_one_fingerprint(changes: dict[str, str]) -> None:
    written = {"number": INVOICE.number, "seller": INVOICE.seller, "debtor": INVOICE.debtor}
    other = Invoice(
        **(written | changes),
        issued=INVOICE.issued,
        currency=INVOICE.currency,
        amount=INVOICE.amount,
    )
    assert compute_fingerprint(other, KEY) == compute_fingerprint(INVOICE, KEY)


def test_another_invoice_or_another_key_gives_another_fingerprint() -> None:
    other = replace(INVOICE, number="INV-0018/26")
    found = {
        compute_fingerprint(INVOICE, KEY),
        compute_fingerprint(INVOICE, KEY + b"!"),
        compute_fingerprint(other, KEY),
    }
    assert len(found) == 3


def test_what_says_nothing_has_no_fingerprint() -> None:
    for number, key in (("", KEY), (" - ", KEY), ("1" * 101, KEY), ("1", b"short")):
        with pytest.raises(InvoiceRefused):
            compute_fingerprint(Invoice(number, "1", "2", date(2026, 1, 5), "USD", 1), key)
    with pytest.raises(InvoiceRefused, match="above zero"):
        compute_fingerprint(Invoice("1", "1", "2", date(2026, 1, 5), "USD", 0), KEY)
    with pytest.raises(InvoiceRefused, match="salt"):
        compute_document_digest(b"content", b"short")
    assert compute_document_digest(b"a", KEY) != compute_document_digest(b"b", KEY)


def test_a_message_becomes_terms_that_a_bank_issues(scene: Scene) -> None:
    terms = build_terms(MESSAGE, decimals=2, offset=hours(9), salt=KEY, electronic_bill=True)
    assert terms.documents == [DocumentKind.INVOICE, DocumentKind.BILL_OF_LADING]
    assert (terms.tenor, terms.usance) == (Tenor.AFTER_SHIPMENT, days(90))
    # The last moment of 1 March 2026 in Seoul.
    assert terms.latest_shipment == on("2026-03-01 15:00")
    scene.credits.apply(
        by=scene.importer, reference="M12345678NU00001", parties=scene.parties(), terms=terms
    )
    maximum = scene.credits.credit(1).maximum
    assert maximum.units == 12_500_050 * 105 // 100
    scene.world.transfer(by=scene.stranger, to=scene.issuing, asset="won", amount=5_000_000)
    scene.credits.issue(by=scene.issuing, number=1, calendar=CALENDAR, pay=maximum)
    assert scene.credits.credit(1).closes == on("2026-03-31 15:00")


def test_documents_are_told_by_their_words() -> None:
    lines = ("COMMERCIAL INVOICE", "AIR WAYBILL", "PACKING LIST", "PROFORMA INVOICE")
    expected = [DocumentKind.INVOICE, DocumentKind.OTHER, DocumentKind.PACKING_LIST]
    assert list_kinds(lines) == expected
