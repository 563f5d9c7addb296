"""Loan agreements: read out of standard clauses, checked, and turned into obligations."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.apps.agreements.clauses import DOCUMENT_MAX, Finding, read_document
from dure.apps.agreements.loans import (
    Covenant,
    LendingRules,
    LoanTerms,
    add_months,
    build_debts,
    check_loan,
    compute_interest,
    compute_payments,
    read_loan,
)
from dure.core.types import Address

ENGLISH = """# Loan agreement

## 1. Lender
Hanbit Bank

## 2. Borrower
Namhae Mill Co., Ltd.

## 3. Loan
The lender lends KRW 1,200,000,000 on 2026-02-02.

## 4. Interest
The borrower pays 5.25 per cent a year,
for each day of a year of 365 days.

## 5. Default interest
What is paid late bears 8.25 per cent a year.

## 6. Repayment
The borrower repays in 12 equal instalments, the first on 2026-03-02, then every 1 months.

## 7. Maturity
Everything is repaid on 2027-02-02 at the latest.

## 8. Grace
A payment up to 5 days late is no default.

## 9. Covenants
- The debt to equity is at most 2.00, tested every 3 months.
- The interest coverage is at least 1.5, tested every 6 months.
"""
GRACE = "## 8. Grace\nA payment up to 5 days late is no default.\n"
KOREAN = """# 대출 약정서

## 제1조 대주
한빛은행

## 제2조 차주
남해제분 주식회사

## 제3조 대출
대주는 2026-02-02에 KRW 1,200,000,000 금액을 빌려준다.

## 제4조 이자
차주는 1년을 365일로 보아 연 5.25퍼센트의 이자를 낸다.

## 제5조 연체 이자
늦게 낸 돈에는 연 8.25퍼센트의 이자가 붙는다.

## 제6조 상환
차주는 2026-03-02부터 1개월마다 12회로 똑같이 나누어 갚는다.

## 제7조 만기
늦어도 2027-02-02까지 모두 갚는다.

## 제8조 유예
5일까지 늦은 것은 채무 불이행으로 보지 않는다.

## 제9조 재무 약속
- 3개월마다 살피는 부채 비율은 2.00 이하이다.
- 6개월마다 살피는 이자 보상 배율은 1.5 이상이다.
"""
TERMS = LoanTerms(
    lender="Hanbit Bank",
    borrower="Namhae Mill Co., Ltd.",
    currency="KRW",
    principal=1_200_000_000,
    drawdown=date(2026, 2, 2),
    rate=Decimal("5.25"),
    default_rate=Decimal("8.25"),
    instalments=12,
    first_payment=date(2026, 3, 2),
    months=1,
    maturity=date(2027, 2, 2),
    grace_days=5,
    covenants=(
        Covenant("debt to equity", "at most", Decimal(2), 3),
        Covenant("interest coverage", "at least", Decimal("1.5"), 6),
    ),
)
RULES = LendingRules(covenants={"debt to equity": "at most"})


def name_rules(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.rule for finding in findings]


def test_r16_standard_clauses_are_read_in_english() -> None:
    assert read_loan(ENGLISH) == (TERMS, ())


def test_r16_the_same_loan_is_read_in_korean() -> None:
    terms, findings = read_loan(KOREAN)
    assert findings == ()
    assert terms is not None
    named = replace(terms, lender=TERMS.lender, borrower=TERMS.borrower)
    assert replace(named, covenants=TERMS.covenants) == TERMS
    assert [each.ratio for each in terms.covenants] == ["부채 비율", "이자 보상 배율"]
    assert [each.side for each in terms.covenants] == ["at most", "at least"]


@pytest.mark.parametrize(
    ("old", "new", "rule", "clause"),
    [
        ("## 5. Default interest\n", "## 5. Fees\n", "unknown-clause", "Fees"),
        ("## 5. Default interest\n", "## 5. Interest\n", "repeated-clause", "interest"),
        (
            "## 8. Grace\nA payment up to 5 days late is no default.\n",
            "",
            "missing-clause",
            "grace",
        ),
        ("5.25 per cent a year", "5.25 per cent a month", "unread-clause", "interest"),
        ("5.25 per cent", "about 5 per cent", "unread-clause", "interest"),
        ("on 2026-02-02", "on 2026-02-30", "unread-clause", "loan"),
        ("on 2026-02-02", "on 9999-02-02", "unread-clause", "loan"),
        ("1,200,000,000", "1,20,000", "unread-clause", "loan"),
        ("no default.", "no default.\n\nExcept when the lender says so.", "unread-clause", "grace"),
        ("is at most 2.00", "is some 2.00", "unread-clause", "covenants"),
    ],
)
def test_r16_whatever_is_not_standard_is_left_to_a_person(
    old: str, new: str, rule: str, clause: str
) -> None:
    assert old in ENGLISH
    terms, findings = read_loan(ENGLISH.replace(old, new))
    assert terms is None
    assert (rule, clause) in [(finding.rule, finding.clause) for finding in findings]


@given(st.text(max_size=300) | st.lists(st.sampled_from(ENGLISH.splitlines())).map("\n".join))
def test_r16_whatever_is_read_ends_in_terms_or_findings(text: str) -> None:
    terms, findings = read_loan(text)
    assert (terms is None) is bool(findings)


def test_r16_a_document_has_a_bound() -> None:
    assert name_rules(read_document("x" * (DOCUMENT_MAX + 1)).findings) == ["too-long"]
    long = ENGLISH.replace("Hanbit Bank", "Hanbit " * 100)
    assert "unread-clause" in name_rules(read_document(long).findings)


def test_r17_a_sound_loan_has_no_findings() -> None:
    assert check_loan(TERMS, RULES) == ()


@pytest.mark.parametrize(
    ("terms", "rule"),
    [
        (replace(TERMS, borrower="HANBIT BANK"), "same-party"),
        (replace(TERMS, principal=0), "no-principal"),
        (replace(TERMS, rate=Decimal("20.01"), default_rate=Decimal("20.01")), "rate-above-cap"),
        (replace(TERMS, rate=Decimal(18), default_rate=Decimal("20.5")), "rate-above-cap"),
        (replace(TERMS, default_rate=Decimal("8.26")), "default-margin"),
        (replace(TERMS, default_rate=Decimal("5.24")), "default-margin"),
        (replace(TERMS, drawdown=date(2026, 3, 2)), "dates-out-of-order"),
        (replace(TERMS, maturity=date(2026, 3, 1)), "dates-out-of-order"),
        (replace(TERMS, maturity=date(2027, 2, 3)), "instalments-miss-maturity"),
        (replace(TERMS, instalments=61), "instalments"),
        (replace(TERMS, months=0), "instalments"),
        (replace(TERMS, grace_days=31), "grace-too-long"),
        (replace(TERMS, covenants=()), "covenant-missing"),
        (replace(TERMS, covenants=TERMS.covenants * 2), "covenant-twice"),
    ],
)
def test_r17_every_rule_that_is_broken_is_told(terms: LoanTerms, rule: str) -> None:
    assert rule in name_rules(check_loan(terms, RULES))


@pytest.mark.parametrize(
    ("covenant", "rule"),
    [
        (Covenant("moon phase", "at most", Decimal(1), 3), "covenant-unknown"),
        (Covenant("debt to equity", "at least", Decimal(2), 3), "covenant-side"),
        (Covenant("debt to equity", "at most", Decimal(0), 3), "covenant-bound"),
        (Covenant("debt to equity", "at most", Decimal(2), 13), "covenant-bound"),
    ],
)
def test_r17_covenants_are_known_bounded_and_on_the_lenders_side(
    covenant: Covenant, rule: str
) -> None:
    assert rule in name_rules(check_loan(replace(TERMS, covenants=(covenant,)), LendingRules()))


def test_r17_all_broken_rules_are_told_at_once() -> None:
    wrong = replace(TERMS, principal=0, grace_days=90, default_rate=Decimal(30))
    assert len(check_loan(wrong, RULES)) == 4


def test_r17_interest_is_counted_by_days_and_rounded_half_up() -> None:
    assert compute_interest(1_200_000_000, Decimal("5.25"), timedelta(days=28)) == 4_832_877
    assert compute_interest(36_500, Decimal("0.5"), timedelta(days=1)) == 1
    assert compute_interest(36_500, Decimal("0.4"), timedelta(days=1)) == 0


@given(
    principal=st.integers(1, 10**15),
    instalments=st.integers(1, 60),
    months=st.integers(1, 12),
    day=st.dates(date(1990, 1, 1), date(2150, 12, 31)),
)
def test_r17_payments_add_up_and_come_in_order(
    principal: int, instalments: int, months: int, day: date
) -> None:
    terms = replace(
        TERMS,
        principal=principal,
        instalments=instalments,
        months=months,
        first_payment=day,
        drawdown=day - timedelta(days=30),
    )
    payments = compute_payments(terms)
    assert sum(payment.principal for payment in payments) == principal
    assert all(payment.interest >= 0 for payment in payments)
    days = [payment.due for payment in payments]
    assert days == sorted(set(days))
    assert {each.day for each in days} <= {day.day, 28, 29, 30}


def test_r17_the_last_day_of_a_month_stays_within_its_month() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2028, 1, 31), 1) == date(2028, 2, 29)
    assert add_months(date(2026, 12, 31), 2) == date(2027, 2, 28)


def test_r17_each_payment_becomes_an_obligation_of_its_own() -> None:
    lender, borrower = Address(b"l" * 32), Address(b"b" * 32)
    debts = build_debts(TERMS, lender=lender, borrower=borrower)
    assert [debt.amount for debt in debts[:1]] == [100_000_000 + 4_832_877]
    assert len({debt.sealed for debt in debts}) == len({debt.blinding for debt in debts}) == 12
    assert {(debt.debtor, debt.creditor, debt.currency) for debt in debts} == {
        (borrower, lender, "KRW")
    }
    # The end of 2 March in Seoul.
    assert debts[0].due == 1_772_463_600_000
    assert {debt.grace for debt in debts} == {5 * 86_400_000}
