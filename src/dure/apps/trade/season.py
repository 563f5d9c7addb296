"""A season of credits: MT700 messages drawn by lot, and what must come of them, then played.

What comes is worked out from the lots alone: who is paid how much, which credits come to nothing.
The play goes through the SDK as signed transactions; what came is read from the chain.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Final

from dure.apps.trade.contracts.bills_of_lading import BillsOfLading
from dure.apps.trade.contracts.letters_of_credit import LettersOfCredit
from dure.apps.trade.importing import build_terms
from dure.contract.language import Hash, Time, hours
from dure.contract.library.banking_days import BankingCalendar
from dure.contract.library.credit_terms import CreditParties, CreditTerms, PresentedDocument
from dure.contract.library.token import Token
from dure.contract.source import read_source
from dure.core.errors import ConfigurationError
from dure.core.types import AssetId, Instant
from dure.sdk import Account, AsyncClient, AsyncContractProxy, Authority
from dure.sdk.answers import EventItem

CREDITS_MAX: Final = 200
OFFSET: Final = hours(9)
SEOUL: Final = BankingCalendar(offset=OFFSET, weekend=[5, 6], holidays=[])
DAY_MS: Final = 86_400_000
SALT: Final = b"what the two sides know"
MESSAGE: Final = """:27:1/1
:40A:IRREVOCABLE
:20:{reference}
:31C:260105
:40E:UCP LATEST VERSION
:31D:260331SEOUL
:50:HANGANG IMPORTS CO
:59:QINGDAO EXPORTS LTD
:32B:KRW{amount},
:41A:HNBNKRSE
BY PAYMENT
:42C:SIGHT
:43P:NOT ALLOWED
:44E:QINGDAO, CHINA
:44F:BUSAN, KOREA
:44C:260301
:45A:BICYCLES
:46A:+SIGNED COMMERCIAL INVOICE
+BILL OF LADING
:49:WITHOUT"""


class Fate(Enum):
    """What becomes of the documents of a credit."""

    COMPLY = "comply"
    WAIVED = "waived"
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Season:
    """Credits as they were drawn: amounts in won, and their fates."""

    amounts: tuple[int, ...]
    fates: tuple[Fate, ...]

    @property
    def expected_paid(self) -> int:
        """What the exporter must have at the end."""
        pairs = zip(self.amounts, self.fates, strict=True)
        return sum(amount for amount, fate in pairs if fate is not Fate.REFUSED)

    def count(self, *fates: Fate) -> int:
        """Return how many credits were drawn with one of these fates."""
        return sum(each in fates for each in self.fates)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays; importer and exporter are enrolled by the issuing bank."""

    issuing: Account
    advising: Account
    carrier: Account
    authority: Authority
    story_clock: Account
    importer: Account
    exporter: Account


@dataclass(frozen=True, slots=True)
class SeasonResult:
    """What came of it, as the chain tells."""

    paid: int
    payments: int
    returned: int
    precluded: int
    titles: int
    """Bills of lading that came to the issuing bank."""
    conserved: bool
    source: bytes
    """The transaction or the scheduled call by which the exporter was paid first."""


def plan_season(credits_drawn: int, seed: int) -> Season:
    """Draw a season; raise `ConfigurationError`."""
    if not 1 <= credits_drawn <= CREDITS_MAX:
        raise ConfigurationError(f"a season has 1 to {CREDITS_MAX} credits")
    lots = [sha256(f"{seed} {each}".encode()).digest() for each in range(credits_drawn)]
    fates = list(Fate)
    return Season(
        amounts=tuple(1_000 * (1 + int.from_bytes(lot[:2]) % 9_000) for lot in lots),
        # Every fate comes, whatever the lots are.
        fates=tuple(fates[(each + lots[0][2]) % len(fates)] for each in range(credits_drawn)),
    )


class SeasonPlay:
    """The play: open contracts, run all credits through, wait, count."""

    def __init__(self, client: AsyncClient, cast: Cast, season: Season) -> None:
        """Play `season` on a network whose members are in `cast`."""
        self._client = client
        self._cast = cast
        self._season = season
        self._money: AssetId
        self._token: AsyncContractProxy
        self._bills: AsyncContractProxy
        self._letters: AsyncContractProxy

    async def play(self, begins: Instant) -> SeasonResult:
        """Play it all, from `begins` on; return what came of it."""
        await self._open()
        await self._client.advance(begins, by=self._cast.story_clock)
        numbers = range(len(self._season.amounts))
        await asyncio.gather(*(self._trade(each, Time(begins)) for each in numbers))
        # What falls due by the first of these moments has happened when the second is final.
        for day in (15, 16):
            await self._client.advance(Instant(begins + day * DAY_MS), by=self._cast.story_clock)
        return await self._conclude()

    async def _open(self) -> None:
        cast = self._cast
        people = [cast.importer.address, cast.exporter.address]
        await self._client.enrol(people, by=cast.issuing)
        self._token = await self._client.deploy(
            read_source(Token),
            by=cast.authority,
            owner=cast.issuing.address,
            roles={"issuer": [cast.issuing.address]},
            arguments={"code": "KRW", "decimals": 0},
        )
        self._money = await self._token.asset()
        total = sum(self._season.amounts)
        await self._token.issue(by=cast.issuing, to=cast.issuing.address, amount=total)
        self._bills = await self._client.deploy(
            read_source(BillsOfLading),
            by=cast.authority,
            owner=cast.carrier.address,
            roles={"carrier": [cast.carrier.address]},
            arguments={"money": self._money},
        )
        self._letters = await self._client.deploy(
            read_source(LettersOfCredit),
            by=cast.authority,
            owner=cast.issuing.address,
            roles={"bank": [cast.issuing.address, cast.advising.address]},
            arguments={"money": self._money, "register": self._bills.address},
        )

    async def _trade(self, place: int, shipped: Time) -> None:
        fate, amount = self._season.fates[place], self._season.amounts[place]
        cast, letters = self._cast, self._letters
        credit = await self._open_credit(place, amount)
        bill = await self._issue_bill(place)
        made = await letters.present(
            by=cast.exporter,
            number=credit,
            amount=amount,
            shipped=shipped,
            documents=[
                PresentedDocument(kind, _digest(f"{kind.name} {place}"))
                for kind in self._terms(place, amount).documents
            ],
            bill=bill,
        )
        number = int(made.result)
        if fate in (Fate.WAIVED, Fate.REFUSED):
            await letters.refuse(
                by=cast.issuing,
                number=number,
                discrepancies=["Invoice not signed"],
                returns=fate is Fate.REFUSED,
            )
        if fate is Fate.WAIVED:
            await letters.waive(by=cast.importer, number=number)
        if fate in (Fate.WAIVED, Fate.COMPLY):
            await letters.accept(by=cast.issuing, number=number)

    def _terms(self, place: int, amount: int) -> CreditTerms:
        text = MESSAGE.format(reference=f"LC{place:06}", amount=amount)
        return build_terms(text, decimals=0, offset=OFFSET, salt=SALT, electronic_bill=True)

    async def _open_credit(self, place: int, amount: int) -> int:
        cast, letters = self._cast, self._letters
        applied = await letters.apply(
            by=cast.importer,
            reference=f"LC{place:06}",
            parties=CreditParties(
                beneficiary=cast.exporter.address,
                issuing_bank=cast.issuing.address,
                advising_bank=cast.advising.address,
                confirming_bank=cast.issuing.address,
            ),
            terms=self._terms(place, amount),
        )
        number = int(applied.result)
        await letters.issue(by=cast.issuing, number=number, calendar=SEOUL, pay=amount)
        await letters.advise(by=cast.advising, number=number)
        return number

    async def _issue_bill(self, place: int) -> int:
        exporter = self._cast.exporter
        issued = await self._bills.issue(
            by=self._cast.carrier,
            holder=exporter.address,
            document=_digest(f"transport document {place}"),
            reference=f"HDMU{place:06}",
            to_order=True,
            consignee=exporter.address,
        )
        number = int(issued.result)
        await self._bills.entrust(by=exporter, number=number, agent=self._letters.address)
        return number

    async def _conclude(self) -> SeasonResult:
        cast = self._cast
        paid = await self._list_events("PresentationPaid")
        accepted = await self._list_events("PresentationAccepted")
        returned = await self._list_events("DocumentsReturned")
        holders = (cast.issuing.address, cast.exporter.address, self._letters.address)
        held = [await self._client.read_balance(self._money, each) for each in holders]
        return SeasonResult(
            paid=held[1],
            payments=len(paid),
            returned=len(returned),
            precluded=sum((item.event.fields or {})["precluded"] for item in accepted),
            titles=int(await self._bills.count_of(owner=cast.issuing.address)),
            conserved=sum(held) == await self._token.supply(),
            source=bytes.fromhex(paid[0].source) if paid else b"",
        )

    async def _list_events(self, name: str) -> Sequence[EventItem]:
        return await self._client.list_events(contract=self._letters.address, name=name)


def _digest(word: str) -> Hash:
    return Hash(sha256(SALT + word.encode()).digest())
