"""What a bond pays and when: cash flows of a principal at maturity, computed outside of the chain.

After ACTUS (Algorithmic Contract Types Unified Standards), contract type PAM: interest by a cycle
from an anchor date, the principal once at the end. Everything is exact: interest is a fraction
until it is paid, and nothing is ever a float. From the flows comes the schedule that a registrar
announces to the paying agent, in whole minor units for each unit of the security.

Rules
-----
1. A date of a cycle is counted from the anchor, never from the date before it; with the end of
   month convention a cycle of months that begins on a month's last day stays on last days.
2. A short stub (`1`) leaves the last date of the cycle as it is; with a long stub (`0`) the last
   period takes a rest that is shorter than a cycle.
3. A business day convention moves dates off weekends: shift first, so that interest is counted
   to the moved date, or calculate first, so that it is not.
4. A coupon for a unit is rounded down to a whole minor unit; the nominal is never rounded.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from fractions import Fraction
from typing import Final

from dure.core.errors import ConfigurationError

FLOWS_MAX: Final = 1_000
_CYCLE: Final = re.compile(r"P([1-9][0-9]{0,3})([DWMQHY])L([01])")
_MONTHS: Final = {"M": 1, "Q": 3, "H": 6, "Y": 12}
_SATURDAY: Final = 5


class DayCount(Enum):
    """How long a period is, in years."""

    A365 = "A365"
    A360 = "A360"
    AA = "AA"
    THIRTY_E_360 = "30E360"


class BusinessDays(Enum):
    """What happens to a date on a weekend: shift (S) or calculate (C) first; then F, MF, P, MP."""

    NONE = "NOS"
    SCF = "SCF"
    SCMF = "SCMF"
    SCP = "SCP"
    SCMP = "SCMP"
    CSF = "CSF"
    CSMF = "CSMF"
    CSP = "CSP"
    CSMP = "CSMP"


@dataclass(frozen=True, slots=True)
class Terms:
    """A principal at maturity. Money is in the units of `principal`, the rate a part of one a year.

    `premium` is above zero where more than the principal is paid for it, below where less.
    """

    principal: Fraction
    rate: Fraction
    begins: date
    matures: date
    anchor: date | None
    """None where there is no interest: a zero bond, commercial paper."""
    cycle: str | None
    day_count: DayCount
    is_end_of_month: bool = False
    business_days: BusinessDays = BusinessDays.NONE
    is_weekday_calendar: bool = False
    premium: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class CashFlow:
    """What is paid on a day; `kind` is IED, IP or MD as ACTUS calls them."""

    day: date
    kind: str
    amount: Fraction


def compute_flows(terms: Terms) -> tuple[CashFlow, ...]:
    """Return what the holder pays (below zero) and gets, in order of time.

    Raise `ConfigurationError` where the terms make no sense.
    """
    if not terms.principal > 0 or terms.begins >= terms.matures:
        raise ConfigurationError("a principal is above zero and matures after it begins")
    flows = [CashFlow(terms.begins, "IED", -(terms.principal + terms.premium))]
    if terms.anchor is not None and terms.cycle is not None:
        flows += _compute_interest(terms)
    flows.append(CashFlow(terms.matures, "MD", terms.principal))
    return tuple(flows)


def _compute_interest(terms: Terms) -> Iterator[CashFlow]:
    last = terms.begins
    for scheduled in list_dates(terms):
        paid = move_day(terms, scheduled)
        counted = paid if terms.business_days.value.startswith("SC") else scheduled
        years = count_years(terms.day_count, last, counted)
        yield CashFlow(paid, "IP", terms.principal * terms.rate * years)
        last = counted


def list_dates(terms: Terms) -> list[date]:
    """Return the dates of a cycle from its anchor to the maturity, which is always the last."""
    found = _CYCLE.fullmatch(terms.cycle or "")
    if found is None or terms.anchor is None:
        raise ConfigurationError(f"not a cycle: {terms.cycle!r}; write it like P6ML1")
    count, unit, stub = int(found[1]), found[2], found[3]
    dates: list[date] = []
    for number in range(FLOWS_MAX + 1):
        day = _step(terms.anchor, count * number, unit, is_end_of_month=terms.is_end_of_month)
        if day >= terms.matures:
            if stub == "0" and day > terms.matures and len(dates) > 1:
                dates.pop()
            return [*dates, terms.matures]
        dates.append(day)
    raise ConfigurationError(f"more than {FLOWS_MAX} dates")


def _step(anchor: date, count: int, unit: str, *, is_end_of_month: bool) -> date:
    if unit in "DW":
        return anchor + timedelta(days=count * (7 if unit == "W" else 1))
    months = anchor.year * 12 + anchor.month - 1 + count * _MONTHS[unit]
    year, month = divmod(months, 12)
    last = monthrange(year, month + 1)[1]
    is_last = anchor.day == monthrange(anchor.year, anchor.month)[1]
    stays = is_end_of_month and is_last
    return date(year, month + 1, last if stays else min(anchor.day, last))


def move_day(terms: Terms, day: date) -> date:
    """Return the day on which something scheduled for `day` is paid."""
    rule = terms.business_days.value
    if not terms.is_weekday_calendar or rule == "NOS" or day.weekday() < _SATURDAY:
        return day
    if day == terms.matures:
        return day
    forward = 7 - day.weekday()
    backward = day.weekday() - _SATURDAY + 1
    moved = day + timedelta(days=forward if rule.endswith("F") else -backward)
    if "M" in rule[2:] and moved.month != day.month:
        moved = day + timedelta(days=-backward if rule.endswith("F") else forward)
    return moved


def count_years(rule: DayCount, first: date, last: date) -> Fraction:
    """Return the length of a period in years (ISDA 2006, section 4.16)."""
    days = (last - first).days
    if rule is DayCount.A365:
        return Fraction(days, 365)
    if rule is DayCount.A360:
        return Fraction(days, 360)
    if rule is DayCount.THIRTY_E_360:
        return Fraction(
            360 * (last.year - first.year)
            + 30 * (last.month - first.month)
            + min(last.day, 30)
            - min(first.day, 30),
            360,
        )
    years = Fraction(0)
    for year in range(first.year, last.year + 1):
        begin, end = max(first, date(year, 1, 1)), min(last, date(year + 1, 1, 1))
        years += Fraction((end - begin).days, 366 if _is_leap(year) else 365)
    return years


def _is_leap(year: int) -> bool:
    return monthrange(year, 2)[1] == 29


@dataclass(frozen=True, slots=True)
class Announced:
    """A flow as the paying agent takes it: moment in milliseconds, money for each unit."""

    kind: str
    at: int
    amount: int


def build_schedule(terms: Terms) -> tuple[Announced, ...]:
    """Return what a registrar announces for a security of these terms, one unit the principal.

    What is paid at the beginning is no flow of the schedule: it is the price. Raise
    `ConfigurationError` where the principal is no whole number of minor units.
    """
    if terms.principal.denominator != 1:
        raise ConfigurationError("a nominal is a whole number of minor units")
    kinds: Mapping[str, str] = {"IP": "COUPON", "MD": "REDEMPTION"}
    return tuple(
        Announced(kinds[flow.kind], to_moment(flow.day), int(flow.amount))
        for flow in compute_flows(terms)
        if flow.kind in kinds and int(flow.amount) > 0
    )


def to_moment(day: date) -> int:
    """Return the beginning of a day (UTC) in milliseconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def share_out(units: int, asked: Sequence[int]) -> tuple[int, ...]:
    """Return what each bid of a public offering gets: exact parts, largest rests first.

    Where fewer are asked for than there are, everybody gets all; of equal rests the older is first.
    """
    total = sum(asked)
    if total <= units:
        return tuple(asked)
    exact = [Fraction(units * each, total) for each in asked]
    shares = [int(each) for each in exact]
    by_rest = sorted(range(len(asked)), key=lambda place: (shares[place] - exact[place], place))
    for place in by_rest[: units - sum(shares)]:
        shares[place] += 1
    return tuple(shares)
