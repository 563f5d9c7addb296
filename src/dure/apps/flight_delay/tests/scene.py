"""The parties and the contract with which every test of this folder begins."""

from dataclasses import dataclass

from dure.apps.flight_delay.contract import FlightDelay
from dure.contract.language import Amount, Time, hours
from dure.testing import Deployed, Person, World

FLIGHT = "UA1545 EWR-IAH"
PREMIUM = 5_000
COVER = 200_000
RICH = 1_000_000_000


@dataclass(frozen=True)
class Scene:
    world: World
    cover: Deployed
    insurer: Person
    traveller: Person
    airline: Person
    stranger: Person
    departs: Time

    def buy(self, by: Person | None = None, flight: str = FLIGHT) -> int:
        number = self.cover.buy(
            by=by or self.traveller, flight=flight, departs=self.departs, pay=self.premium
        )
        assert isinstance(number, int)
        return number

    def land(self, late_minutes: int, flight: str = FLIGHT) -> None:
        """Wait until the flight can have landed so late, and report it."""
        self.world.wait_until(max(self.world.now, self.departs + hours(6)))
        self.report(late_minutes, flight)

    def report(self, late_minutes: int, flight: str = FLIGHT) -> None:
        self.cover.report(
            by=self.airline, flight=flight, departs=self.departs, late_minutes=late_minutes
        )

    def cancel(self, flight: str = FLIGHT) -> None:
        self.cover.report_cancelled(by=self.airline, flight=flight, departs=self.departs)

    @property
    def premium(self) -> int:
        """What a policy costs now, in minor units."""
        found = self.cover.terms().premium
        assert isinstance(found, Amount)
        return found.units

    @property
    def free_reserve(self) -> int:
        """The money that no policy needs, in minor units."""
        found = self.cover.free_reserve()
        assert isinstance(found, Amount)
        return found.units


def open_business(
    world: World, *, reserve: int = 500_000, premium: int = PREMIUM, cover: int = COVER
) -> Scene:
    insurer, traveller, airline, stranger = world.people(
        "insurer", "traveller", "airline", "stranger", won=RICH
    )
    deployed = world.deploy(
        FlightDelay,
        by=insurer,
        roles={"flight oracle": airline},
        money=world.asset("won"),
        premium=premium,
        cover=cover,
    )
    if reserve:
        deployed.add_reserve(by=insurer, pay=reserve)
    departs = world.now + hours(3)
    return Scene(world, deployed, insurer, traveller, airline, stranger, departs)
