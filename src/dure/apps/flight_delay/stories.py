"""Runs of the cover as a reader should see them: demo, test and documentation from one text."""

from dure.apps.flight_delay.contract import CoverPaid, FlightDelay, PremiumRefunded
from dure.contract.language import Amount, hours
from dure.testing import Deployed, Person, World

FLIGHT = "UA1545 EWR-IAH"


def open_business(world: World, insurer: Person, airline: Person) -> Deployed:
    """Offer a cover of 200,000 won for 5,000, with a reserve of 500,000 behind it."""
    cover = world.deploy(
        FlightDelay,
        by=insurer,
        roles={"flight oracle": airline},
        money=world.asset("won"),
        premium=5_000,
        cover=200_000,
    )
    cover.add_reserve(by=insurer, pay=500_000)
    return cover


def late_flight_pays_by_itself(world: World) -> None:
    """A flight lands 131 minutes late; the traveller is paid at once, and nobody filed a claim."""
    insurer, traveller, airline = world.people("insurer", "traveller", "airline", won=1_000_000)
    cover = open_business(world, insurer, airline)

    departs = world.now + hours(3)
    policy = cover.buy(by=traveller, flight=FLIGHT, departs=departs, pay=5_000)
    assert cover.free_reserve() == Amount(500_000 + 5_000 - 200_000)

    world.wait(hours=8)
    with world.refused("not a flight oracle"):
        cover.report(by=traveller, flight=FLIGHT, departs=departs, late_minutes=131)
    cover.report(by=airline, flight=FLIGHT, departs=departs, late_minutes=131)
    assert traveller.won == 1_000_000 - 5_000 + 200_000
    paid = CoverPaid(policy, traveller.address, FLIGHT, Amount(200_000))
    assert world.events(CoverPaid) == [paid]


def cancelled_flight_gives_the_premium_back(world: World) -> None:
    """The airline cancels an hour before departure; the premium comes back and no more is sold."""
    insurer, traveller, airline = world.people("insurer", "traveller", "airline", won=1_000_000)
    cover = open_business(world, insurer, airline)

    departs = world.now + hours(3)
    cover.buy(by=traveller, flight=FLIGHT, departs=departs, pay=5_000)
    world.wait(hours=2)
    cover.report_cancelled(by=airline, flight=FLIGHT, departs=departs)
    assert traveller.won == 1_000_000
    with world.refused("the flight is already reported"):
        cover.buy(by=traveller, flight=FLIGHT, departs=departs, pay=5_000)
    cover.withdraw(by=insurer, amount=500_000)
    assert insurer.won == 1_000_000


def silent_oracle_costs_the_traveller_nothing(world: World) -> None:
    """A flight is diverted and never reported; two days later the premium comes back by itself."""
    insurer, traveller, airline = world.people("insurer", "traveller", "airline", won=1_000_000)
    cover = open_business(world, insurer, airline)

    departs = world.now + hours(3)
    cover.buy(by=traveller, flight=FLIGHT, departs=departs, pay=5_000)
    with world.refused("the rest of the reserve belongs to the policies"):
        cover.withdraw(by=insurer, amount=500_000)

    world.wait_until(departs + hours(48))
    assert traveller.won == 1_000_000
    assert len(world.events(PremiumRefunded)) == 1
    with world.refused("the time for reports is over"):
        cover.report(by=airline, flight=FLIGHT, departs=departs, late_minutes=0)
