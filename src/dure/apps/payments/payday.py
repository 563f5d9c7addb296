"""A payday on a running network: the file comes in, banks do their steps, the report goes out.

Everything goes through the SDK as signed transactions; every receipt is proved before it is
believed. What became of a salary is read from the chain, never from the plan.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from dure.apps.payments.contract import Payments
from dure.apps.payments.offchain.intake import (
    Decision,
    KnownAccount,
    Ordered,
    Refused,
    decide,
    find_reason,
)
from dure.apps.payments.offchain.pain001 import Initiation, Instruction, read_initiation
from dure.apps.payments.offchain.payday import (
    EMPLOYER_ACCOUNT,
    PAYMENT_LIMIT,
    Fate,
    PaydayPlan,
    Salary,
    write_payday_file,
)
from dure.apps.payments.offchain.reports import STATUS_OF, Outcome, write_status_report
from dure.contract.language import Hash, Time, hours
from dure.contract.source import read_source
from dure.core.types import AssetId, Instant
from dure.sdk import Account, AsyncClient, AsyncContractProxy, Authority, ContractRefused

IN_FLIGHT_MAX: Final = 48
ENROLMENT_MAX: Final = 500
SALT: Final = b"what the employer alone knows"
REPORT: Final = Hash(sha256(b"the bank's screening report and its salt").digest())
NO_LIMIT: Final = 2**62
EXCHANGED_WON: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: the members' accounts stand in the genesis, the others are enrolled."""

    clearing: Account
    bank: Account
    other_bank: Account
    abroad: Account
    authority: Authority
    employer: Account
    employees: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class PaydayResult:
    """What came of the payday; amounts in won, or in cents where it says so."""

    settled: int
    reasons: dict[str, int]
    paid: int
    interbank: int
    status_report: bytes
    exchanged_cents: int
    """What the employer bought in one instant at the end; 0 where there was no rate."""
    conserved: bool
    source: bytes
    """The transaction that settled a salary."""


class Payday:
    """The play: open accounts, order, screen, settle, exchange, count."""

    def __init__(
        self, client: AsyncClient, cast: Cast, plan: PaydayPlan, rate: Decimal | None
    ) -> None:
        """Play `plan`; `rate` is cents for one won, none to leave the exchange out."""
        self._client = client
        self._cast = cast
        self._plan = plan
        self._rate = rate
        self._gate = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._payments: AsyncContractProxy
        self._won: AssetId
        self._other_won: AssetId
        self._dollar: AssetId

    async def play(self) -> PaydayResult:
        """Play it all, and count what came of it."""
        await self._open()
        initiation = read_initiation(write_payday_file(self._plan.salaries))
        outcomes = await self._pay(initiation)
        bought = await self._exchange()
        return await self._conclude(initiation, outcomes, bought)

    # Before the payday

    async def _open(self) -> None:
        cast = self._cast
        everybody = [cast.employer, *cast.employees]
        for start in range(0, len(everybody), ENROLMENT_MAX):
            part = [each.address for each in everybody[start : start + ENROLMENT_MAX]]
            await self._client.enrol(part, by=cast.bank)
        self._payments = await self._client.deploy(
            read_source(Payments), by=cast.authority, owner=cast.clearing.address
        )
        banks = ((cast.bank, "PAYRKRSE"), (cast.other_bank, "PAYEKRSE"), (cast.abroad, "ABRDUS33"))
        for bank, bic in banks:
            await self._payments.admit_bank(by=cast.clearing, bank=bank.address, bic=bic)
        self._won = await self._found_money(cast.bank, "KRW", 0)
        self._other_won = await self._found_money(cast.other_bank, "KRW", 0)
        self._dollar = await self._found_money(cast.abroad, "USD", 2)
        await self._open_accounts()

    async def _found_money(self, bank: Account, currency: str, decimals: int) -> AssetId:
        done = await self._payments.found_money(by=bank, currency=currency, decimals=decimals)
        return AssetId(done.result)

    async def _open_accounts(self) -> None:
        cast, funds = self._cast, self._plan.funds + EXCHANGED_WON
        await self._open_account(
            cast.bank, self._won, cast.employer, funds, payment_most=PAYMENT_LIMIT
        )
        employees = {each.employee for each in self._plan.salaries}
        await self._all(
            self._open_account(*self._find_bank(each), cast.employees[each]) for each in employees
        )

    async def _open_account(
        self,
        bank: Account,
        money: AssetId,
        holder: Account,
        amount: int = 0,
        *,
        payment_most: int = NO_LIMIT,
    ) -> None:
        await self._payments.open_account(
            by=bank,
            money=money,
            holder=holder.address,
            payment_most=payment_most,
            day_most=NO_LIMIT,
        )
        if amount:
            await self._payments.deposit(by=bank, money=money, holder=holder.address, amount=amount)

    def _find_bank(self, employee: int) -> tuple[Account, AssetId]:
        if employee % 2:
            return self._cast.other_bank, self._other_won
        return self._cast.bank, self._won

    # The payday

    async def _pay(self, initiation: Initiation) -> tuple[Outcome, ...]:
        known = {
            each.account: KnownAccount(
                self._cast.employees[each.employee].address,
                self._find_bank(each.employee)[1],
                "KRW",
                0,
            )
            for each in self._plan.salaries
            if each.fate is not Fate.UNKNOWN_ACCOUNT
        }
        known[EMPLOYER_ACCOUNT] = KnownAccount(self._cast.employer.address, self._won, "KRW", 0)

        async def settle(place: int, decision: Decision) -> Outcome | int:
            async with self._gate:
                return await self._settle(decision, self._plan.salaries[place])

        decisions = decide(initiation, known, SALT)
        played = (settle(place, each) for place, each in enumerate(decisions))
        ends = await asyncio.gather(*played)
        reasons = await self._list_reasons()
        return tuple(
            [
                await self._read_outcome(each, decision.instruction, reasons)
                for each, decision in zip(ends, decisions, strict=True)
            ]
        )

    async def _settle(self, decision: Decision, salary: Salary) -> Outcome | int:
        """Bring one payment to its end, and return its order where there is one.

        What the banks know of the payee is the salary's fate.
        """
        if isinstance(decision, Refused):
            return Outcome(decision.instruction, "RJCT", decision.reason)
        bank, payments = self._cast.bank, self._payments
        payee_bank, money = self._find_bank(salary.employee)
        try:
            ordered = await payments.order(
                by=self._cast.employer,
                money=self._won,
                amount=decision.amount,
                payee=decision.payee.holder,
                target=money,
                end_to_end=decision.end_to_end,
            )
        except ContractRefused as refusal:
            return Outcome(decision.instruction, "RJCT", find_reason(str(refusal)))
        number = int(ordered.result)
        checked = {"number": number, "report": REPORT}
        await payments.agree(by=bank, screening="CLEAR", **checked)
        found = "HIT" if salary.fate is Fate.LISTED else "CLEAR"
        await payments.approve(by=payee_bank, screening=found, **checked)
        if salary.fate is not Fate.LISTED:
            await self._send(number, payee_bank, salary, decision)
        return number

    async def _send(
        self, number: int, payee_bank: Account, salary: Salary, decision: Ordered
    ) -> None:
        payments, payee = self._payments, decision.payee
        await payments.send(by=self._cast.bank, number=number)
        if salary.fate is Fate.RETURNED:
            await payments.change_state(
                by=payee_bank, money=payee.money, holder=payee.holder, state="CLOSED"
            )
            await payments.return_order(by=payee_bank, number=number, reason="AC04")
        else:
            await payments.settle(by=payee_bank, number=number)

    async def _list_reasons(self) -> Mapping[int, str]:
        """Return the codes of all orders that were refused or returned, by number."""
        refused = await self._list_events("OrderRejected")
        returned = await self._list_events("OrderReturned")
        return {each["order"]: each["reason"] for each in (*refused, *returned)}

    async def _read_outcome(
        self, end: Outcome | int, instruction: Instruction, reasons: Mapping[int, str]
    ) -> Outcome:
        """Return what the chain says of an order, and nothing else."""
        if isinstance(end, Outcome):
            return end
        step = (await self._payments.find(end))["step"]
        return Outcome(instruction, STATUS_OF[step], reasons.get(end, ""))

    # At the end: two currencies in one instant

    async def _exchange(self) -> int:
        if self._rate is None:
            return 0
        cast, payments = self._cast, self._payments
        await self._open_account(cast.abroad, self._dollar, cast.employer)
        dealer = cast.other_bank
        await self._open_account(cast.abroad, self._dollar, dealer, NO_LIMIT // 2**20)
        await self._open_account(cast.bank, self._won, dealer)
        quote = await payments.make_quote(
            by=dealer,
            takes=self._won,
            gives=self._dollar,
            rate=self._rate,
            most=EXCHANGED_WON,
            until=Time((await self._client.get_status()).ledger_time) + hours(1),
        )
        await payments.exchange(by=cast.employer, quote=quote.result, amount=EXCHANGED_WON)
        return await self._client.read_balance(self._dollar, cast.employer.address)

    # After the payday

    async def _conclude(
        self, initiation: Initiation, outcomes: Sequence[Outcome], exchanged: int
    ) -> PaydayResult:
        settled = await self._client.list_events(
            contract=self._payments.address, name="OrderSettled"
        )
        now = Instant((await self._client.get_status()).ledger_time)
        held = [await self._count(money) for money in (self._won, self._other_won)]
        interbank = await self._client.read_balance(self._won, self._cast.other_bank.address)
        exchanged_won = EXCHANGED_WON if exchanged else 0
        reasons = Counter(each.reason for each in outcomes if each.reason)
        paid = sum(int(each.instruction.amount) for each in outcomes if each.status == "ACSC")
        # The other bank issued as much as it came to hold; as a dealer it holds more.
        at_banks = interbank - exchanged_won
        return PaydayResult(
            settled=len(settled),
            reasons=dict(sorted(reasons.items())),
            paid=paid,
            interbank=at_banks,
            status_report=write_status_report(initiation, outcomes, "REPORT-1", now),
            exchanged_cents=exchanged,
            conserved=sum(held) - at_banks == self._plan.funds + EXCHANGED_WON,
            source=bytes.fromhex(settled[0].source) if settled else b"",
        )

    async def _count(self, money: AssetId) -> int:
        """Return what all who can hold a money hold of it."""
        cast = self._cast
        holders = [cast.employer, *cast.employees, cast.bank, cast.other_bank, cast.abroad]
        addresses = [each.address for each in holders] + [self._payments.address]
        reads = (self._client.read_balance(money, each) for each in addresses)
        return sum(await asyncio.gather(*reads))

    async def _list_events(self, name: str) -> Sequence[Mapping[str, Any]]:
        found = await self._client.list_events(contract=self._payments.address, name=name)
        return [each.event.fields or {} for each in found]

    async def _all(self, actions: Iterable[Awaitable[object]]) -> None:
        async def act(action: Awaitable[object]) -> None:
            async with self._gate:
                await action

        await asyncio.gather(*(act(each) for each in actions))
