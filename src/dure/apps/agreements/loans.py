"""Loan agreements: checked against rules, and turned into the obligations that follow from them.

Rules
-----
1. What is checked does not depend on how the text was written: `clauses` has read it before.
2. Every rule that is broken is told, not only the first.
3. Money is counted in whole minor units. Interest is principal times rate times days / 365, rounded
   half up; principal is cut into equal parts, and the last part takes what rounding left.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from dure.apps.agreements.clauses import Finding, Reading, Value, read_document
from dure.apps.agreements.commitments import Debt, draw_blinding
from dure.core.types import Address

INSTALMENTS_MAX: Final = 60
"""As many as one version of an agreement can bring, with room for others."""
DAY_MS: Final = 86_400_000
_PAID_BY: Final = timedelta(hours=9)
"""Payments are due at the end of the day in Seoul: nine hours before it ends in Greenwich."""


@dataclass(frozen=True, slots=True)
class Covenant:
    """A ratio that the borrower keeps."""

    ratio: str
    side: str
    """`at most` or `at least`."""
    bound: Decimal
    period: int
    """Months between two tests."""


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """What a loan agreement says."""

    lender: str
    borrower: str
    currency: str
    principal: int
    drawdown: date
    rate: Decimal
    """Per cent a year."""
    default_rate: Decimal
    instalments: int
    first_payment: date
    months: int
    """Months between two instalments."""
    maturity: date
    grace_days: int
    covenants: tuple[Covenant, ...]


@dataclass(frozen=True, slots=True)
class LendingRules:
    """What a lender lets pass."""

    rate_cap: Decimal = Decimal(20)
    """Per cent a year, default interest included.

    Korea's Interest Limitation Act, article 2, with its decree of 7 July 2021.
    """
    default_margin_max: Decimal = Decimal(3)
    """How much default interest may be above interest, in per cent a year."""
    grace_days_max: int = 30
    covenants: Mapping[str, str] | None = None
    """Ratios that must be there, each with its side; None asks for none."""


@dataclass(frozen=True, slots=True)
class Payment:
    """What falls due on one day, in minor units."""

    due: date
    principal: int
    interest: int


KNOWN_RATIOS: Final[Mapping[str, str]] = {
    "debt to equity": "at most",
    "debt service coverage": "at least",
    "interest coverage": "at least",
    "loan to value": "at most",
    "부채 비율": "at most",
    "이자 보상 배율": "at least",
}
"""The side on which each ratio protects the lender."""


def read_loan(text: str) -> tuple[LoanTerms | None, tuple[Finding, ...]]:
    """Return the terms, None where anything is missing, and what was not understood."""
    reading = read_document(text)
    return (None if reading.findings else _build_terms(reading)), reading.findings


def check_loan(terms: LoanTerms, rules: LendingRules) -> tuple[Finding, ...]:
    """Return every rule that the terms break."""
    return (
        *_check_parties(terms),
        *_check_rates(terms, rules),
        *_check_dates(terms, rules),
        *_check_covenants(terms, rules),
    )


def compute_payments(terms: LoanTerms) -> tuple[Payment, ...]:
    """Return what falls due when; the terms must have passed `check_loan`."""
    part, left, since = terms.principal // terms.instalments, terms.principal, terms.drawdown
    payments: list[Payment] = []
    for number in range(terms.instalments):
        due = add_months(terms.first_payment, number * terms.months)
        principal = left if number == terms.instalments - 1 else part
        payments.append(Payment(due, principal, compute_interest(left, terms.rate, due - since)))
        left, since = left - principal, due
    return tuple(payments)


def compute_interest(principal: int, rate: Decimal, time: timedelta) -> int:
    """Return the interest on a principal for so many days, at per cent a year."""
    interest = Decimal(principal) * rate * time.days / Decimal(36_500)
    return int(interest.quantize(Decimal(1), ROUND_HALF_UP))


def build_debts(
    terms: LoanTerms,
    *,
    lender: Address,
    borrower: Address,
    draw: Callable[[], bytes] = draw_blinding,
) -> list[Debt]:
    """Return an obligation for each payment, with a blinding drawn for each."""
    return [
        Debt(
            debtor=borrower,
            creditor=lender,
            due=_to_milliseconds(payment.due),
            grace=terms.grace_days * DAY_MS,
            amount=payment.principal + payment.interest,
            currency=terms.currency,
            what=f"instalment {number} of {terms.instalments}, interest {payment.interest}",
            blinding=draw(),
        )
        for number, payment in enumerate(compute_payments(terms), start=1)
    ]


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the month's last where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


def _to_milliseconds(day: date) -> int:
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) - _PAID_BY
    return int(end.timestamp()) * 1000


def _build_terms(reading: Reading) -> LoanTerms:
    values: Mapping[str, Value] = reading.values
    covenants = tuple(Covenant(**each) for each in reading.covenants)  # type: ignore[arg-type]
    # The templates name the fields and give each slot the kind that the field has.
    return LoanTerms(**values, covenants=covenants)  # type: ignore[arg-type]


def _check_parties(terms: LoanTerms) -> Iterator[Finding]:
    if terms.lender.casefold() == terms.borrower.casefold():
        yield Finding("same-party", "borrower", "lender and borrower are one")
    if terms.principal <= 0:
        yield Finding("no-principal", "loan", "nothing is lent")


def _check_rates(terms: LoanTerms, rules: LendingRules) -> Iterator[Finding]:
    for clause, rate in (("interest", terms.rate), ("default interest", terms.default_rate)):
        if rate > rules.rate_cap:
            message = f"{rate} per cent is above the cap of {rules.rate_cap}"
            yield Finding("rate-above-cap", clause, message)
    margin = terms.default_rate - terms.rate
    if not 0 <= margin <= rules.default_margin_max:
        message = f"it is {margin} per cent above interest: 0 to {rules.default_margin_max} may be"
        yield Finding("default-margin", "default interest", message)


def _check_dates(terms: LoanTerms, rules: LendingRules) -> Iterator[Finding]:
    if not terms.drawdown < terms.first_payment <= terms.maturity:
        message = "lent, then first repaid, then mature: the days are in another order"
        yield Finding("dates-out-of-order", "repayment", message)
    if not 1 <= terms.instalments <= INSTALMENTS_MAX or not 1 <= terms.months <= 12:
        message = f"1 to {INSTALMENTS_MAX} instalments, 1 to 12 months apart"
        yield Finding("instalments", "repayment", message)
    else:
        last = add_months(terms.first_payment, (terms.instalments - 1) * terms.months)
        if last != terms.maturity:
            message = f"the last instalment falls on {last}, not on the day of maturity"
            yield Finding("instalments-miss-maturity", "maturity", message)
    if terms.grace_days > rules.grace_days_max:
        message = f"{terms.grace_days} days are more than {rules.grace_days_max}"
        yield Finding("grace-too-long", "grace", message)


def _check_covenants(terms: LoanTerms, rules: LendingRules) -> Iterator[Finding]:
    stated: dict[str, Covenant] = {}
    for covenant in terms.covenants:
        if covenant.ratio in stated:
            yield Finding("covenant-twice", "covenants", f"{covenant.ratio} is bounded twice")
        stated[covenant.ratio] = covenant
        side = KNOWN_RATIOS.get(covenant.ratio)
        if side is None:
            yield Finding("covenant-unknown", "covenants", f"{covenant.ratio} is no known ratio")
        elif side != covenant.side:
            message = f"{covenant.ratio} protects the lender {side} a bound"
            yield Finding("covenant-side", "covenants", message)
        if not 1 <= covenant.period <= 12 or covenant.bound <= 0:
            message = f"{covenant.ratio} has a bound above zero and is tested once a year at least"
            yield Finding("covenant-bound", "covenants", message)
    for ratio in rules.covenants or {}:
        if ratio not in stated:
            yield Finding("covenant-missing", "covenants", f"{ratio} is not bounded")
