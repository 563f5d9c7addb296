"""Runs of the port community as a reader should see them: demo, test and documentation at once."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from dure.apps.shipment.contract import AlertRaised, Shipments
from dure.apps.shipment.contract_personal import PersonalImports
from dure.apps.shipment.persons import compute_person_digest
from dure.contract.language import Amount, days, minutes
from dure.contract.library.claims import ClaimClosed, ClaimState
from dure.contract.library.conditions import Bounds, Measurement
from dure.contract.library.ports import Leg
from dure.core.types import Hash
from dure.testing import Deployed, Person, World

CONTAINER = "CSQU3054383"
FREIGHT = 2_000_000
SEA = (1_290_000, 104_000_000)
"""Off Singapore: millionths of a degree to the north and to the east."""


@dataclass(frozen=True)
class Community:
    """A port community with one terminal and one customs office in each country."""

    world: World
    contract: Deployed
    shipper: Person
    carrier: Person
    consignee: Person
    terminals: dict[str, Person]
    offices: dict[str, Person]

    def plan(self, *ports: str) -> list[Leg]:
        """Return legs of five days each, with a day between them, the first in two days."""
        departs, legs = self.world.now + days(2), []
        for source, target in pairwise(ports):
            legs.append(Leg(source, target, "HMM ALGECIRAS 021W", departs, departs + days(5)))
            departs = departs + days(6)
        return legs

    def book(self, bounds: Bounds) -> int:
        """Book a container from Busan to Rotterdam, transshipped in Singapore."""
        number = self.contract.book(
            by=self.shipper,
            container=CONTAINER,
            carrier=self.carrier,
            consignee=self.consignee,
            legs=self.plan("KRPUS", "SGSIN", "NLRTM"),
            terms=digest("sealed terms"),
            bounds=bounds,
            pay=FREIGHT,
        )
        assert isinstance(number, int)
        return number

    def clear(self, number: int, country: str, by: Person) -> None:
        """Declare the goods, and have them cleared."""
        self.contract.declare(by=by, number=number, declaration=digest(f"goods {number} {country}"))
        self.contract.clear(by=self.offices[country], number=number, country=country)

    def move(self, act: str, port: str, number: int) -> None:
        """Have the port's terminal move the container, and anchor the event of it."""
        epcis = digest(f"{act} {port} {number} {self.world.now.milliseconds}")
        getattr(self.contract, act)(by=self.terminals[port], number=number, epcis=epcis)

    def measure(self, device: Person, number: int, temperature: int) -> None:
        """Have the device sign what it measures now, in hundredths of a degree."""
        reading = Measurement(
            self.world.now, temperature, door_open=False, latitude=SEA[0], longitude=SEA[1]
        )
        self.contract.report(by=device, number=number, reading=reading)


def digest(words: str) -> Hash:
    """Return the digest of a document that only the parties have."""
    return Hash(sha256(words.encode()).digest())


def open_community(world: World, surveyor: Person | None = None) -> Community:
    """Name the terminals and customs offices of Busan, Singapore and Rotterdam."""
    operator, shipper, carrier, consignee = world.people(
        "port community", "exporter", "shipping line", "importer", won=10_000_000
    )
    terminals = dict(
        zip(
            ("KRPUS", "SGSIN", "NLRTM"),
            world.people("Busan terminal", "Singapore terminal", "Rotterdam terminal"),
            strict=True,
        )
    )
    offices = dict(
        zip(
            ("KR", "SG", "NL"),
            world.people("Korean customs", "Singapore customs", "Dutch customs"),
            strict=True,
        )
    )
    contract = world.deploy(
        Shipments,
        by=operator,
        roles={"operator": operator, "surveyor": surveyor or operator},
        money=world.asset("won"),
    )
    for port, terminal in terminals.items():
        contract.name_terminal(by=operator, port=port, terminal=terminal)
    for country, office in offices.items():
        contract.name_customs(by=operator, country=country, office=office)
    return Community(world, contract, shipper, carrier, consignee, terminals, offices)


def reefer_warms_up_and_everybody_knows(world: World) -> None:
    """Frozen fish warms up at sea: all parties are told at once, and the freight waits."""
    port = open_community(world)
    device = world.person("container sensor")
    number = port.book(Bounds(-2_500, -1_800, minutes(30)))
    port.contract.confirm(by=port.carrier, number=number, device=device)
    port.clear(number, "KR", port.shipper)
    port.move("gate_in", "KRPUS", number)
    port.measure(device, number, -2_050)
    world.wait(days=2)
    port.move("load", "KRPUS", number)

    world.wait(days=3)
    port.measure(device, number, -1_200)
    world.wait(minutes=31)
    alert = world.events(AlertRaised)[-1]
    assert alert.keeper == port.carrier.address
    port.measure(device, number, -1_900)

    world.wait(days=2)
    port.move("discharge", "SGSIN", number)
    port.move("load", "SGSIN", number)
    world.wait(days=6)
    port.move("discharge", "NLRTM", number)
    port.clear(number, "NL", port.consignee)
    port.move("gate_out", "NLRTM", number)
    port.contract.accept(by=port.consignee, number=number)
    assert world.balance(port.contract, "won") == FREIGHT
    port.contract.offer(by=port.carrier, number=number, amount=500_000)
    port.contract.agree(by=port.consignee, number=number, amount=500_000)
    world.wait(minutes=1)
    assert port.consignee.won == 10_000_000 + 500_000
    assert port.carrier.won == 10_000_000 + FREIGHT - 500_000
    closed = ClaimClosed(number, ClaimState.SETTLED, Amount(500_000))
    assert world.events(ClaimClosed)[-1] == closed


def transshipment_waits_for_customs(world: World) -> None:
    """Customs holds a container between two ships; it misses one, and the next takes it along."""
    port = open_community(world)
    device = world.person("container sensor")
    number = port.book(Bounds(-10_000, 10_000, minutes(30)))
    port.contract.confirm(by=port.carrier, number=number, device=device)
    port.move("gate_in", "KRPUS", number)
    with world.refused("customs has not cleared the goods"):
        port.move("load", "KRPUS", number)
    port.clear(number, "KR", port.shipper)
    world.wait(days=2)
    port.move("load", "KRPUS", number)
    world.wait(days=5)
    port.move("discharge", "SGSIN", number)

    office, reason = port.offices["SG"], digest("a tip about the seal")
    port.contract.hold(by=office, number=number, on_hold=True, reason=reason)
    with world.refused("customs holds the container"):
        port.move("load", "SGSIN", number)
    world.wait(days=2)
    later = port.plan("SGSIN", "NLRTM")
    port.contract.change_legs(by=port.carrier, number=number, legs=later)
    port.contract.hold(by=office, number=number, on_hold=False, reason=digest("seal intact"))
    port.move("load", "SGSIN", number)
    world.wait(days=7)
    port.move("discharge", "NLRTM", number)
    port.clear(number, "NL", port.consignee)
    port.move("gate_out", "NLRTM", number)
    world.wait(days=3, minutes=1)
    assert port.carrier.won == 10_000_000 + FREIGHT
    assert port.contract.voyage_of(CONTAINER) == 0


def container_has_one_voyage_at_a_time(world: World) -> None:
    """Two exporters want one container; the second gets the freight back without asking."""
    port = open_community(world)
    device = world.person("container sensor")
    first = port.book(Bounds(-10_000, 10_000, minutes(30)))
    second = port.book(Bounds(-10_000, 10_000, minutes(30)))
    port.contract.confirm(by=port.carrier, number=first, device=device)
    with world.refused("the container is on another voyage"):
        port.contract.confirm(by=port.carrier, number=second, device=device)
    world.wait(days=3, minutes=1)
    assert port.shipper.won == 10_000_000 - FREIGHT
    assert port.contract.voyage_of(CONTAINER) == first


def purchase_abroad_is_declared_at_its_price(world: World) -> None:
    """Shoes from abroad: customs takes for their value what was paid, and sees who only it can."""
    office, buyer, seller, courier = world.people(
        "Korean customs", "buyer", "shop abroad", "courier", won=1_000_000
    )
    imports = world.deploy(
        PersonalImports, by=office, money=world.asset("won"), duty_free=200_000, rate="0.188"
    )
    goods = digest("invoice of the shoes")
    person = compute_person_digest(b"the customs key of this story...", "P123456789012", goods)
    number = imports.order(
        by=buyer, seller=seller, courier=courier, person=person, goods=goods, pay=300_000
    )
    imports.ship(by=seller, number=number)
    imports.arrive(by=courier, number=number)
    with world.refused("the payment is not the duty"):
        imports.declare(by=buyer, number=number, pay=1_000)
    imports.declare(by=buyer, number=number, pay=56_400)
    imports.release(by=office, number=number)
    imports.deliver(by=courier, number=number)
    world.wait(minutes=1)
    assert buyer.won == 1_000_000 - 300_000 - 56_400
    assert seller.won == 1_000_000 + 300_000
    assert office.won == 1_000_000 + 56_400
