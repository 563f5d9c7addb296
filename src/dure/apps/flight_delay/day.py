"""One day of real flights on a running network: covers sold, arrivals reported, travellers paid.

Everything goes through the SDK as signed transactions; every receipt is proved before it is
believed. The chain's story clock is moved from quarter to quarter of an hour, so that contracts see
the day's own time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from dure.apps.flight_delay.contract import BATCH, BATCH_GAS, FlightDelay
from dure.apps.flight_delay.offchain import DayPlan, Report, Sale
from dure.contract.language import Contract, Time
from dure.contract.library.token import Token
from dure.contract.source import read_source
from dure.core.types import Address, AssetId, Instant
from dure.sdk import Account, AsyncClient, AsyncContractProxy, Authority

PREMIUM: Final = 5_000
COVER: Final = 200_000
POCKET_MONEY: Final = 100_000
"""What each traveller has beside the premiums."""
IN_FLIGHT_MAX: Final = 64
"""Transactions that wait for finality at the same time."""
ENROLMENT_MAX: Final = 500
CALL_GAS: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays.

    The members' accounts stand in the genesis; the travellers' are enrolled by the bank.
    """

    insurer: Account
    airline: Account
    bank: Account
    authority: Authority
    story_clock: Account
    travellers: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Payout:
    """A cover that the contract paid, and which receipt says so."""

    policy: int
    amount: int
    height: int
    source: str
    """Id of the transaction or of the scheduled call in which it happened, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class DayResult:
    """What came of the day. Money is in won."""

    token: Address
    contract: Address
    payouts: tuple[Payout, ...]
    refunds: int
    insurer_before: int
    insurer_after: int
    travellers_before: int
    travellers_after: int
    supply: int
    conserved: bool
    """Whether all accounts together hold exactly what the bank issued, before and after."""


class Day:
    """The play: prepare, run through the day, count."""

    def __init__(self, client: AsyncClient, cast: Cast, plan: DayPlan) -> None:
        self._client = client
        self._cast = cast
        self._plan = plan
        self._gate = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._token: AsyncContractProxy
        self._cover: AsyncContractProxy
        self._asset: AssetId

    @property
    def steps(self) -> int:
        """How many things happen between the first sale and the last report."""
        return len(self._plan.sales) + len(self._plan.reports)

    async def play(self, on_progress: Callable[[int], None]) -> DayResult:
        """Play the whole day; `on_progress(n)` is told of every n things that have become final."""
        await self._prepare()
        before = await self._count_money()
        events: list[Sale | Report] = sorted(
            [*self._plan.sales, *self._plan.reports], key=lambda event: event.at
        )
        for moment, group in groupby(events, key=lambda event: event.at):
            together = list(group)
            await self._advance(moment)
            # No order among them matters: covers are sold an hour before departure at the latest.
            await self._all([self._send(each) for each in together])
            on_progress(len(together))
        await self._advance(self._plan.ends)
        return await self._conclude(before)

    # Before the day

    async def _prepare(self) -> None:
        cast = self._cast
        self._token = await self._deploy(
            Token,
            owner=cast.bank,
            roles={"issuer": [cast.bank.address]},
            arguments={"code": "KRW", "decimals": 0},
        )
        self._asset = await self._token.asset()
        addresses = [traveller.address for traveller in cast.travellers]
        for start in range(0, len(addresses), ENROLMENT_MAX):
            part = addresses[start : start + ENROLMENT_MAX]
            await self._client.enrol(part, by=cast.bank)
        await self._issue_money()
        await self._advance(self._plan.begins)
        self._cover = await self._deploy(
            FlightDelay,
            owner=cast.insurer,
            roles={"flight oracle": [cast.airline.address]},
            arguments={"money": self._asset, "premium": PREMIUM, "cover": COVER},
        )
        await self._cover.add_reserve(by=cast.insurer, pay=self._reserve)

    async def _deploy(
        self,
        contract: type[Contract],
        *,
        owner: Account,
        roles: Mapping[str, Sequence[Address]],
        arguments: Mapping[str, object],
    ) -> AsyncContractProxy:
        return await self._client.deploy(
            read_source(contract),
            by=self._cast.authority,
            owner=owner.address,
            roles=roles,
            arguments=arguments,
        )

    @property
    def _reserve(self) -> int:
        return COVER * len(self._plan.sales)

    async def _issue_money(self) -> None:
        amounts = {
            account.address: POCKET_MONEY
            for account in (self._cast.insurer, *self._cast.travellers)
        }
        amounts[self._cast.insurer.address] += self._reserve
        for sale in self._plan.sales:
            amounts[self._cast.travellers[sale.traveller].address] += PREMIUM
        issuer = self._cast.bank
        await self._all(
            [self._token.issue(by=issuer, to=to, amount=n) for to, n in amounts.items()]
        )

    # During the day

    async def _send(self, event: Sale | Report) -> None:
        if isinstance(event, Sale):
            await self._sell(event)
        else:
            await self._report(event)

    async def _sell(self, sale: Sale) -> None:
        await self._cover.buy(
            by=self._cast.travellers[sale.traveller],
            flight=sale.flight.name,
            departs=Time(sale.flight.departs),
            pay=PREMIUM,
        )

    async def _report(self, report: Report) -> None:
        oracle, flight, departs = (
            self._cast.airline,
            report.flight.name,
            Time(report.flight.departs),
        )
        # The contract settles in batches that it pays for when it schedules them.
        sold = sum(sale.flight == report.flight for sale in self._plan.sales)
        gas = CALL_GAS + BATCH_GAS * -(-sold // BATCH)
        if report.late_minutes is None:
            await self._cover.report_cancelled(
                by=oracle, flight=flight, departs=departs, gas_limit=gas
            )
        else:
            await self._cover.report(
                by=oracle,
                flight=flight,
                departs=departs,
                late_minutes=report.late_minutes,
                gas_limit=gas,
            )

    async def _advance(self, moment: Instant) -> None:
        await self._client.advance(moment, by=self._cast.story_clock)

    # After the day

    async def _conclude(self, before: tuple[int, int]) -> DayResult:
        insurer, travellers = await self._count_money()
        address = self._cover.address
        contract = await self._client.read_balance(self._asset, address)
        supply = await self._token.supply()
        paid = await self._client.list_events(contract=address, name="CoverPaid")
        refunded = await self._client.list_events(contract=address, name="PremiumRefunded")
        return DayResult(
            token=self._token.address,
            contract=address,
            payouts=tuple(
                Payout(
                    policy=(item.event.fields or {})["policy"],
                    amount=(item.event.fields or {})["amount"],
                    height=item.height,
                    source=item.source,
                )
                for item in paid
            ),
            refunds=len(refunded),
            insurer_before=before[0] + self._reserve,
            insurer_after=insurer + contract,
            travellers_before=before[1],
            travellers_after=travellers,
            supply=supply,
            conserved=sum(before) + self._reserve == insurer + travellers + contract == supply,
        )

    async def _count_money(self) -> tuple[int, int]:
        insurer = await self._client.read_balance(self._asset, self._cast.insurer.address)
        held: list[int] = []

        async def read(traveller: Account) -> None:
            held.append(await self._client.read_balance(self._asset, traveller.address))

        await self._all([read(traveller) for traveller in self._cast.travellers])
        return insurer, sum(held)

    async def _all(self, actions: Sequence[Awaitable[object]]) -> None:
        async def act(action: Awaitable[object]) -> None:
            async with self._gate:
                await action

        await asyncio.gather(*(act(action) for action in actions))
