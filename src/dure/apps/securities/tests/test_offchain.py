"""Cash flows are those of ACTUS and of arithmetic by hand; a schedule of them pays on the chain."""

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dure.apps.securities.contracts.agent import Flow, FlowKind
from dure.apps.securities.contracts.depository import Kind, Security
from dure.apps.securities.offchain import (
    BusinessDays,
    DayCount,
    Terms,
    build_schedule,
    compute_flows,
    count_years,
    list_dates,
    to_moment,
)
from dure.apps.securities.tests.scene import RICH, Scene
from dure.contract.language import Time
from dure.core.errors import ConfigurationError

ACTUS = Path(__file__).resolve().parents[6] / "shared" / "data" / "actus" / "pam.json"
FIXED = ("pam01", "pam03", "pam05", "pam07", "pam09", "pam11", "pam15", "pam17")
"""Cases of fixed interest that begin after their status date; the others reset or capitalise."""
CLOSE = Fraction(1, 10**8)
"""The official cases are floats, and one of them is off in its eleventh digit."""


def read_terms(given: dict[str, Any]) -> Terms:
    return Terms(
        principal=Fraction(given["notionalPrincipal"]),
        rate=Fraction(given["nominalInterestRate"]),
        begins=date.fromisoformat(given["initialExchangeDate"][:10]),
        matures=date.fromisoformat(given["maturityDate"][:10]),
        anchor=date.fromisoformat(given["cycleAnchorDateOfInterestPayment"][:10]),
        cycle=given["cycleOfInterestPayment"],
        day_count=DayCount(given["dayCountConvention"]),
        is_end_of_month=given.get("endOfMonthConvention") == "EOM",
        business_days=BusinessDays(given.get("businessDayConvention", "NOS")),
        is_weekday_calendar=given.get("calendar") == "MF",
        premium=Fraction(str(given["premiumDiscountAtIED"]).strip()),
    )


@pytest.mark.parametrize("name", FIXED)
def test_the_flows_are_those_of_the_official_cases(name: str) -> None:
    if not ACTUS.is_file():
        pytest.skip("the official ACTUS cases are not beside the project")
    case = json.loads(ACTUS.read_text("utf-8"))[name]
    sign = 1 if case["terms"]["contractRole"] == "RPA" else -1
    told = [
        (date.fromisoformat(each["eventDate"][:10]), each["eventType"], Fraction(each["payoff"]))
        for each in case["results"]
    ]
    found = compute_flows(read_terms(case["terms"]))
    assert [(each.day, each.kind) for each in found] == [each[:2] for each in told]
    for flow, (_, _, payoff) in zip(found, told, strict=True):
        assert abs(flow.amount * sign - payoff) < CLOSE


BOND = Terms(
    principal=Fraction(10_000),
    rate=Fraction("0.05"),
    begins=date(2026, 3, 31),
    matures=date(2028, 3, 31),
    anchor=date(2026, 9, 30),
    cycle="P6ML1",
    day_count=DayCount.THIRTY_E_360,
    is_end_of_month=True,
)


def test_a_bond_of_two_years_pays_half_its_rate_four_times() -> None:
    paid = [(each.day, each.amount) for each in compute_flows(BOND)]
    half = Fraction(250)
    assert paid == [
        (date(2026, 3, 31), Fraction(-10_000)),
        (date(2026, 9, 30), half),
        (date(2027, 3, 31), half),
        (date(2027, 9, 30), half),
        (date(2028, 3, 31), half),
        (date(2028, 3, 31), Fraction(10_000)),
    ]


def test_a_zero_bond_pays_once() -> None:
    terms = Terms(
        Fraction(1_000_000),
        Fraction(0),
        date(2026, 1, 5),
        date(2026, 4, 6),
        None,
        None,
        DayCount.A365,
        premium=Fraction(-10_000),
    )
    assert [each.amount for each in compute_flows(terms)] == [-990_000, 1_000_000]
    assert [each.kind for each in build_schedule(terms)] == ["REDEMPTION"]


@pytest.mark.parametrize(
    ("rule", "first", "last", "years"),
    [
        (DayCount.A365, date(2024, 1, 1), date(2025, 1, 1), Fraction(366, 365)),
        (DayCount.A360, date(2026, 1, 1), date(2026, 1, 31), Fraction(1, 12)),
        (DayCount.AA, date(2023, 7, 1), date(2024, 7, 1), Fraction(184, 365) + Fraction(182, 366)),
        (DayCount.THIRTY_E_360, date(2026, 1, 31), date(2026, 2, 28), Fraction(28, 360)),
    ],
)
def test_a_period_has_its_length(rule: DayCount, first: date, last: date, years: Fraction) -> None:
    assert count_years(rule, first, last) == years


@pytest.mark.parametrize("cycle", ["", "6M", "P0ML1", "P6ML2", "P6ML1 ", "P99999DL1"])
def test_what_is_no_cycle_is_refused(cycle: str) -> None:
    with pytest.raises(ConfigurationError, match="not a cycle"):
        list_dates(
            Terms(
                Fraction(1),
                Fraction(0),
                date(2026, 1, 1),
                date(2027, 1, 1),
                date(2026, 1, 1),
                cycle,
                DayCount.A365,
            )
        )


def test_terms_without_sense_are_refused() -> None:
    never = Terms(
        Fraction(1), Fraction(0), date(2027, 1, 1), date(2026, 1, 1), None, None, DayCount.A365
    )
    with pytest.raises(ConfigurationError, match="matures after it begins"):
        compute_flows(never)


def test_the_schedule_of_a_bond_pays_what_was_computed(scene: Scene) -> None:
    schedule = build_schedule(BOND)
    isin, matures = "KR6000000010", Time(to_moment(BOND.matures))
    scene.depository.register_security(
        by=scene.registrar,
        isin=isin,
        security=Security(Kind.BOND, "two years", scene.issuer.address, 10_000, 50, matures),
    )
    scene.agent.announce(
        by=scene.registrar,
        isin=isin,
        flows=[Flow(FlowKind[each.kind], Time(each.at), each.amount) for each in schedule],
    )
    scene.depository.issue(by=scene.issuer, isin=isin, units=50)
    scene.depository.transfer(by=scene.issuer, isin=isin, to=scene.cho, units=50)
    whole = 50 * sum(each.amount for each in schedule)
    scene.agent.fund(by=scene.issuer, pay=whole, isin=isin)
    scene.world.wait_until(matures)
    assert scene.cho.won == RICH + whole == RICH + 50 * 11_000
    assert scene.world.balance(scene.agent, "won") == 0
