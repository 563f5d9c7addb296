"""A payday: one employer's file of salaries, with the mistakes that such files have.

What must come of it is decided here, by lot and from the plan alone, before anything is on a chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from dure.apps.payments.offchain.documents import begin_document, encode_document
from dure.core.errors import ConfigurationError

SALARIES_MAX: Final = 2_000
EMPLOYER_ACCOUNT: Final = "100-200-300400"
PAYMENT_LIMIT: Final = 9_000_000
"""Won that may leave the employer's account in one payment."""


class Fate(StrEnum):
    """What is planned to become of one salary, and the code in the report where it fails."""

    SETTLED = ""
    UNKNOWN_ACCOUNT = "AC03"
    ABOVE_LIMIT = "AM14"
    TWICE = "AM05"
    LISTED = "RR04"
    RETURNED = "AC04"


_LOTS: Final = (
    (Fate.UNKNOWN_ACCOUNT, 3),
    (Fate.ABOVE_LIMIT, 3),
    (Fate.TWICE, 3),
    (Fate.LISTED, 3),
    (Fate.RETURNED, 3),
    (Fate.SETTLED, 85),
)


@dataclass(frozen=True, slots=True)
class Salary:
    """One line of the file."""

    reference: str
    employee: int
    """Who is meant, from 0; employees with even numbers have accounts at the employer's bank."""
    account: str
    amount: int
    fate: Fate


@dataclass(frozen=True, slots=True)
class PaydayPlan:
    """A whole payday."""

    salaries: tuple[Salary, ...]

    @property
    def expected_reasons(self) -> dict[str, int]:
        """How many salaries fail with each code."""
        fates = [each.fate for each in self.salaries if each.fate is not Fate.SETTLED]
        return {fate.value: fates.count(fate) for fate in sorted(set(fates))}

    @property
    def expected_settled(self) -> int:
        """How many salaries arrive."""
        return sum(each.fate is Fate.SETTLED for each in self.salaries)

    @property
    def expected_paid(self) -> int:
        """Won that arrive in all."""
        return sum(each.amount for each in self.salaries if each.fate is Fate.SETTLED)

    @property
    def expected_interbank(self) -> int:
        """Won that the other bank holds of the employer's bank at the end."""
        settled = [each for each in self.salaries if each.fate is Fate.SETTLED]
        return sum(each.amount for each in settled if each.employee % 2)

    @property
    def funds(self) -> int:
        """Won that the employer needs at most."""
        return sum(each.amount for each in self.salaries)


def plan_payday(salaries: int, seed: int) -> PaydayPlan:
    """Draw a payday by lot; the same numbers draw the same one. Raise `ConfigurationError`."""
    if not 1 <= salaries <= SALARIES_MAX:
        raise ConfigurationError(f"a payday has 1 to {SALARIES_MAX} salaries, not {salaries}")
    lots = Random(seed)  # noqa: S311 - a plan that anybody can draw again, no secret
    fates, weights = zip(*_LOTS, strict=True)
    planned: list[Salary] = []
    for employee in range(salaries):
        fate = lots.choices(fates, weights)[0]
        amount = lots.randrange(2_100_000, 8_900_000, 100)
        before = next((s for s in planned[::-1] if s.fate is Fate.SETTLED), None)
        if fate is Fate.TWICE and before is not None:
            planned.append(
                Salary(before.reference, before.employee, before.account, before.amount, fate)
            )
            continue
        if fate is Fate.TWICE:
            fate = Fate.SETTLED
        if fate is Fate.ABOVE_LIMIT:
            amount += PAYMENT_LIMIT
        account = "999-" if fate is Fate.UNKNOWN_ACCOUNT else "110-"
        planned.append(
            Salary(f"SALARY-{employee:05}", employee, f"{account}{employee:06}", amount, fate)
        )
    return PaydayPlan(tuple(planned))


def write_payday_file(salaries: Sequence[Salary]) -> bytes:
    """Return the pain.001.001.09 that the employer's software would send."""
    root, message = begin_document("pain.001.001.09", "CstmrCdtTrfInitn")
    message.add("GrpHdr/MsgId", "PAYDAY-2026-01")
    message.add("GrpHdr/CreDtTm", "2026-01-05T18:00:00")
    message.add("GrpHdr/NbOfTxs", str(len(salaries)))
    message.add("GrpHdr/CtrlSum", str(sum(each.amount for each in salaries)))
    message.add("GrpHdr/InitgPty/Nm", "Employer")
    payment = message.add("PmtInf")
    payment.add("PmtInfId", "SALARIES")
    payment.add("PmtMtd", "TRF")
    payment.add("ReqdExctnDt/Dt", "2026-01-05")
    payment.add("Dbtr/Nm", "Employer")
    payment.add("DbtrAcct/Id/Othr/Id", EMPLOYER_ACCOUNT)
    payment.add("DbtrAgt/FinInstnId/BICFI", "PAYRKRSE")
    for salary in salaries:
        transfer = payment.add("CdtTrfTxInf")
        transfer.add("PmtId/EndToEndId", salary.reference)
        transfer.add("Amt").add("InstdAmt", str(salary.amount), Ccy="KRW")
        transfer.add("Cdtr/Nm", f"Employee {salary.employee}")
        transfer.add("CdtrAcct/Id/Othr/Id", salary.account)
    return encode_document(root)
