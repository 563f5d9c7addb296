"""The parties, contracts and terms with which every test of this folder begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from dure.apps.trade.contracts.bills_of_lading import BillsOfLading
from dure.apps.trade.contracts.letters_of_credit import LettersOfCredit
from dure.apps.trade.contracts.receivables import Receivables
from dure.contract.language import Time, days, hours
from dure.core.types import Hash
from dure.testing import Deployed, Person, World

RICH = 10_000_000
PRICE = 1_000_000
KST = hours(9)
SATURDAY, SUNDAY = 5, 6
NAMES = (
    "importer",
    "exporter",
    "issuing bank",
    "advising bank",
    "confirming bank",
    "carrier",
    "stranger",
)


def digest(word: str) -> Hash:
    return Hash(sha256(word.encode()).digest())


def on(text: str) -> Time:
    """Return a moment in UTC such as `2026-01-05 09:00`."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return Time(int(moment.timestamp()) * 1000)


def read_day(text: str) -> int:
    """Return the number of a day since 1 January 1970."""
    return on(text).milliseconds // 86_400_000


CALENDAR: dict[str, Any] = {"offset": KST, "weekend": [SATURDAY, SUNDAY], "holidays": []}


@dataclass(frozen=True)
class Scene:
    """It is Monday 5 January 2026, 18:00 in Seoul."""

    world: World
    bills: Deployed
    credits: Deployed
    receivables: Deployed
    importer: Person
    exporter: Person
    issuing: Person
    advising: Person
    confirming: Person
    carrier: Person
    stranger: Person

    @property
    def people(self) -> tuple[Person, ...]:
        return (
            self.importer,
            self.exporter,
            self.issuing,
            self.advising,
            self.confirming,
            self.carrier,
            self.stranger,
        )

    def terms(self, **changes: object) -> dict[str, Any]:
        return {
            "amount": PRICE,
            "tolerance": 0,
            "expiry": on("2026-03-31 00:00"),
            "latest_shipment": on("2026-03-01 00:00"),
            "presentation_days": 21,
            "tenor": "SIGHT",
            "usance": days(0),
            "partial": True,
            "documents": ["INVOICE"],
            "electronic_bill": False,
            "text": digest("the terms in words"),
        } | changes

    def parties(self, **changes: object) -> dict[str, Any]:
        return {
            "beneficiary": self.exporter.address,
            "issuing_bank": self.issuing.address,
            "advising_bank": self.advising.address,
            "confirming_bank": self.confirming.address,
        } | changes

    def apply(self, **changes: object) -> int:
        number = self.credits.apply(
            by=self.importer,
            reference="LC-2026-0001",
            parties=self.parties(),
            terms=self.terms(**changes),
        )
        assert isinstance(number, int)
        return number

    def open_credit(self, *, confirmed: bool = False, **changes: object) -> int:
        """Have a credit applied for, issued, advised and perhaps confirmed."""
        number = self.apply(**changes)
        maximum = self.credits.credit(number).maximum.units
        self.credits.issue(by=self.issuing, number=number, calendar=CALENDAR, pay=maximum)
        self.credits.advise(by=self.advising, number=number)
        if confirmed:
            self.credits.confirm(by=self.confirming, number=number, pay=maximum)
        return number

    def present(
        self,
        number: int = 1,
        amount: int = PRICE,
        *,
        kinds: Sequence[str] = ("INVOICE",),
        bill: int = 0,
        shipped: Time | None = None,
    ) -> int:
        documents = [{"kind": kind, "digest": digest(kind)} for kind in kinds]
        made = self.credits.present(
            by=self.exporter,
            number=number,
            amount=amount,
            shipped=shipped or self.world.now,
            documents=documents,
            bill=bill,
        )
        assert isinstance(made, int)
        return made

    def issue_bill(self, reference: str = "HDMU0001", *, to_order: bool = True) -> int:
        """Issue a bill of lading to the exporter."""
        number = self.bills.issue(
            by=self.carrier,
            holder=self.exporter,
            document=digest(reference),
            reference=reference,
            to_order=to_order,
            consignee=self.exporter if to_order else self.importer,
        )
        assert isinstance(number, int)
        return number

    def change(self, **changes: object) -> dict[str, Any]:
        return {
            "amount": PRICE,
            "expiry": on("2026-03-31 00:00"),
            "latest_shipment": on("2026-03-01 00:00"),
            "text": digest("the terms in words"),
            "cancels": False,
        } | changes

    def enter(self, word: str = "invoice 1", amount: int = PRICE) -> int:
        number = self.receivables.enter(
            by=self.exporter,
            debtor=self.importer,
            fingerprint=digest(word),
            document=digest(f"{word}, sealed"),
            amount=amount,
            due=self.world.now + days(60),
        )
        assert isinstance(number, int)
        return number

    def state(self, presentation: int = 1) -> str:
        return str(self.credits.presentation(presentation).state.name)

    def holder(self, bill: int) -> bytes:
        return bytes(self.bills.holder_of(bill))


def open_trade(world: World) -> Scene:
    people = world.people(*NAMES, won=RICH)
    importer, exporter, issuing, advising, confirming, carrier, stranger = people
    banks = [issuing, advising, confirming]
    money = world.asset("won")
    bills = world.deploy(BillsOfLading, by=carrier, roles={"carrier": carrier}, money=money)
    letters = world.deploy(
        LettersOfCredit, by=issuing, roles={"bank": banks}, money=money, register=bills.address
    )
    receivables = world.deploy(Receivables, by=issuing, roles={"bank": banks}, money=money)
    return Scene(
        world,
        bills,
        letters,
        receivables,
        importer,
        exporter,
        issuing,
        advising,
        confirming,
        carrier,
        stranger,
    )
