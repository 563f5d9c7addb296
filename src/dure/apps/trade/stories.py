"""Narrated runs: the trade as exporters, importers, banks and carriers live it."""

from dataclasses import dataclass
from hashlib import sha256

from dure.apps.trade.contracts.bills_of_lading import BillsOfLading
from dure.apps.trade.contracts.letters_of_credit import LettersOfCredit
from dure.apps.trade.contracts.receivables import Receivables
from dure.contract.language import Amount, Duration, Time, days, hours
from dure.contract.library.banking_days import BankingCalendar
from dure.contract.library.credit_terms import (
    CreditChange,
    CreditParties,
    CreditTerms,
    DocumentKind,
    PresentationState,
    PresentedDocument,
    Tenor,
)
from dure.core.types import Hash
from dure.testing import Deployed, Person, World

MONEY = 1_000_000
PRICE = 250_000
AT_ONCE = days(0)
SEOUL = BankingCalendar(offset=hours(9), weekend=[5, 6], holidays=[])


def digest(word: str) -> Hash:
    return Hash(sha256(word.encode()).digest())


@dataclass(frozen=True)
class Trade:
    """Contracts, and who uses them."""

    bills: Deployed
    letters: Deployed
    importer: Person
    exporter: Person
    issuing: Person
    advising: Person
    carrier: Person

    def open_credit(self, terms: CreditTerms) -> int:
        """Have a credit applied for, issued and advised; return its number."""
        number = self.letters.apply(
            by=self.importer,
            reference="M12345678NU00001",
            parties=CreditParties(
                beneficiary=self.exporter.address,
                issuing_bank=self.issuing.address,
                advising_bank=self.advising.address,
                confirming_bank=self.issuing.address,
            ),
            terms=terms,
        )
        assert isinstance(number, int)
        maximum = self.letters.credit(number).maximum
        self.letters.issue(by=self.issuing, number=number, calendar=SEOUL, pay=maximum)
        self.letters.advise(by=self.advising, number=number)
        return number

    def ship(self, reference: str) -> int:
        """Have the carrier issue a bill of lading to order, and entrust it for presentation."""
        number = self.bills.issue(
            by=self.carrier,
            holder=self.exporter,
            document=digest(f"transport document {reference}, with its salt"),
            reference=reference,
            to_order=True,
            consignee=self.exporter,
        )
        assert isinstance(number, int)
        self.entrust(number)
        return number

    def entrust(self, bill: int) -> None:
        self.bills.entrust(by=self.exporter, number=bill, agent=self.letters.address)

    def present(self, credit: int, bill: int, shipped: Time, *kinds: DocumentKind) -> int:
        documents = [
            PresentedDocument(kind, digest(f"{kind.name} with its salt")) for kind in kinds
        ]
        number = self.letters.present(
            by=self.exporter,
            number=credit,
            amount=PRICE,
            shipped=shipped,
            documents=documents,
            bill=bill,
        )
        assert isinstance(number, int)
        return number


def open_trade(world: World) -> Trade:
    people = world.people(
        "importer", "exporter", "issuing bank", "advising bank", "carrier", won=MONEY
    )
    importer, exporter, issuing, advising, carrier = people
    money = world.asset("won")
    bills = world.deploy(BillsOfLading, by=carrier, roles={"carrier": carrier}, money=money)
    letters = world.deploy(
        LettersOfCredit,
        by=issuing,
        roles={"bank": [issuing, advising]},
        money=money,
        register=bills.address,
    )
    return Trade(bills, letters, importer, exporter, issuing, advising, carrier)


def write_terms(
    now: Time, *, ships_in: Duration, tenor: Tenor = Tenor.SIGHT, usance: Duration = AT_ONCE
) -> CreditTerms:
    return CreditTerms(
        amount=Amount(PRICE),
        tolerance=0,
        expiry=now + days(60),
        latest_shipment=now + ships_in,
        presentation_days=21,
        tenor=tenor,
        usance=usance,
        partial=False,
        documents=[DocumentKind.INVOICE, DocumentKind.BILL_OF_LADING],
        electronic_bill=True,
        text=digest("goods, documents and conditions, with their salt"),
    )


SHIPPING = (DocumentKind.INVOICE, DocumentKind.BILL_OF_LADING)


def documents_and_title_move_against_payment(world: World) -> None:
    """A credit is raised with everybody's consent, paid at sight, and the goods are released.

    Title and money move at the same instant, twice: from exporter to bank, from bank to importer.
    """
    trade = open_trade(world)
    credit = trade.open_credit(write_terms(world.now, ships_in=days(20)))
    terms = trade.letters.credit(credit).terms
    change = CreditChange(
        amount=Amount(300_000),
        expiry=terms.expiry,
        latest_shipment=terms.latest_shipment,
        text=terms.text,
        cancels=False,
    )
    trade.letters.amend(by=trade.issuing, number=credit, change=change, pay=50_000)
    trade.letters.answer_amendment(by=trade.exporter, amendment=1, consents=True)
    assert trade.letters.credit(credit).maximum == Amount(PRICE)
    trade.letters.answer_amendment(by=trade.importer, amendment=1, consents=True)
    assert trade.letters.credit(credit).maximum == Amount(300_000)

    world.wait(days=10)
    bill = trade.ship("HDMUSEL26010001")
    made = trade.present(credit, bill, world.now, *SHIPPING)
    trade.letters.accept(by=trade.issuing, number=made)
    assert trade.exporter.won == MONEY + PRICE
    assert trade.bills.holder_of(bill) == trade.issuing.address

    offered = {"number": bill, "buyer": trade.importer, "price": Amount(PRICE)}
    trade.bills.offer(by=trade.issuing, **offered, until=world.now + days(5))
    with world.refused("the payment is not the price"):
        trade.bills.take_up(by=trade.importer, number=bill, pay=PRICE - 1)
    trade.bills.take_up(by=trade.importer, number=bill, pay=PRICE)
    trade.bills.surrender(by=trade.importer, number=bill, purpose="DELIVERY", comments="Busan")
    trade.bills.accept_surrender(by=trade.carrier, number=bill)
    with world.refused("the bill is void"):
        trade.bills.surrender(by=trade.importer, number=bill, purpose="DELIVERY", comments="")

    world.wait_until(trade.letters.credit(credit).closes + hours(1))
    assert trade.issuing.won == MONEY
    assert trade.importer.won == MONEY - PRICE


def discrepancy_is_waived(world: World) -> None:
    """Goods were shipped late: the bank refuses, the importer waives, payment comes when due."""
    trade = open_trade(world)
    terms = write_terms(world.now, ships_in=days(2), tenor=Tenor.AFTER_SHIPMENT, usance=days(30))
    credit = trade.open_credit(terms)
    world.wait(days=5)
    shipped = world.now
    made = trade.present(credit, trade.ship("HDMUSEL26010002"), shipped, *SHIPPING)
    found = [each.name for each in trade.letters.formalities(made)]
    assert found == ["LATE_SHIPMENT"]
    trade.letters.refuse(
        by=trade.issuing,
        number=made,
        discrepancies=["Shipped three days after the latest date of shipment"],
        returns=False,
    )
    with world.refused("the documents wait for no acceptance"):
        trade.letters.accept(by=trade.issuing, number=made)
    trade.letters.waive(by=trade.importer, number=made)
    trade.letters.accept(by=trade.issuing, number=made)
    assert trade.exporter.won == MONEY

    world.wait_until(shipped + days(30))
    assert trade.exporter.won == MONEY + PRICE
    assert trade.letters.presentation(made).state is PresentationState.PAID


def refused_documents_come_again_and_silence_pays(world: World) -> None:
    """An invoice is missing and everything goes back; the second time the bank keeps silent.

    After five banking days it can refuse no more, and the exporter is paid.
    """
    trade = open_trade(world)
    credit = trade.open_credit(write_terms(world.now, ships_in=days(10)))
    shipped = world.now
    bill = trade.ship("HDMUSEL26010003")
    first = trade.present(credit, bill, shipped, DocumentKind.BILL_OF_LADING)
    trade.letters.refuse(
        by=trade.issuing,
        number=first,
        discrepancies=["Commercial invoice not presented"],
        returns=True,
    )
    assert trade.bills.holder_of(bill) == trade.exporter.address
    trade.entrust(bill)
    second = trade.present(credit, bill, shipped, *SHIPPING)
    assert trade.letters.formalities(second) == []
    examine_by = trade.letters.presentation(second).examine_by
    world.wait_until(examine_by)
    assert trade.exporter.won == MONEY + PRICE
    assert trade.bills.holder_of(bill) == trade.issuing.address
    with world.refused("there is one notice, while documents are examined"):
        trade.letters.refuse(
            by=trade.issuing, number=second, discrepancies=["Too late"], returns=True
        )


def one_invoice_is_financed_once(world: World) -> None:
    """An exporter sells one invoice to a bank, and tries to sell it to another."""
    importer, exporter, first, second = world.people(
        "importer", "exporter", "first bank", "second bank", won=MONEY
    )
    register = world.deploy(
        Receivables, by=first, roles={"bank": [first, second]}, money=world.asset("won")
    )
    invoice = {
        "debtor": importer,
        "fingerprint": digest("keyed fingerprint of invoice 2026-17"),
        "document": digest("invoice 2026-17 with its salt"),
        "amount": Amount(PRICE),
        "due": world.now + days(90),
    }
    number = register.enter(by=exporter, **invoice)
    with world.refused("the debtor has not acknowledged the invoice"):
        register.offer(by=exporter, number=number, bank=first, price=Amount(245_000))
    register.acknowledge(by=importer, number=number)
    register.offer(by=exporter, number=number, bank=first, price=Amount(245_000))
    register.buy(by=first, number=number, pay=245_000)
    assert exporter.won == MONEY + 245_000

    with world.refused("the invoice is entered already"):
        register.enter(by=exporter, **invoice)
    with world.refused("the receivable is sold already"):
        register.offer(by=exporter, number=number, bank=second, price=Amount(246_000))

    register.pay_in(by=importer, number=number, pay=200_000)
    world.wait(days=91)
    assert first.won == MONEY - 245_000
    register.pay_in(by=importer, number=number, pay=50_000)
    assert first.won == MONEY + 5_000
    assert importer.won == MONEY - PRICE
