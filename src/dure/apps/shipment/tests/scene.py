"""The port community with which every test of this folder begins."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from dure.apps.shipment.contract import Booking, Shipments
from dure.contract.language import Amount, Duration, Time, days, minutes
from dure.contract.library.conditions import Bounds, Measurement
from dure.contract.library.ports import Leg
from dure.core.types import Hash
from dure.testing import Deployed, Person, World

CONTAINER = "CSQU3054383"
FREIGHT = 2_000_000
NOW = minutes(0)
RICH = 10_000_000
FROZEN = Bounds(-2_500, -1_500, minutes(30))
NAMES = (
    "operator",
    "shipper",
    "carrier",
    "consignee",
    "busan",
    "singapore",
    "rotterdam",
    "customs_kr",
    "customs_sg",
    "customs_nl",
    "surveyor",
    "device",
    "stranger",
)


def digest(word: str) -> Hash:
    return Hash(sha256(word.encode()).digest())


@dataclass
class Scene:
    world: World
    at: Deployed
    people: dict[str, Person]
    begun: Time
    acts: int = 0

    def __getattr__(self, name: str) -> Person:
        people: dict[str, Person] = self.__dict__["people"]
        if name not in people:
            raise AttributeError(name)
        return people[name]

    def legs(self, *ports: str) -> list[Leg]:
        """Return legs of five days each, with a day between them."""
        stops = ports or ("KRPUS", "SGSIN", "NLRTM")
        departs, found = self.world.now + days(2), []
        for source, target in pairwise(stops):
            found.append(Leg(source, target, "HMM ALGECIRAS 021W", departs, departs + days(5)))
            departs = departs + days(6)
        return found

    def book(self, container: str = CONTAINER, *ports: str, by: str = "shipper") -> int:
        number = self.at.book(
            by=self.people[by],
            container=container,
            carrier=self.carrier,
            consignee=self.consignee,
            legs=self.legs(*ports),
            terms=digest("terms"),
            bounds=FROZEN,
            pay=FREIGHT,
        )
        assert isinstance(number, int)
        return number

    def confirmed(self, container: str = CONTAINER, *ports: str) -> int:
        number = self.book(container, *ports)
        self.at.confirm(by=self.carrier, number=number, device=self.device)
        return number

    def act(self, name: str, by: str, number: int) -> None:
        """Have a terminal do something, with an event that nobody anchored before."""
        self.acts += 1
        epcis = digest(f"event {self.acts}")
        getattr(self.at, name)(by=self.people[by], number=number, epcis=epcis)

    def cleared(self, number: int, country: str, by: str) -> None:
        """Declare and clear the goods for the first or the last country."""
        self.at.declare(by=self.people[by], number=number, declaration=digest(country))
        office = self.people[f"customs_{country.lower()}"]
        self.at.clear(by=office, number=number, country=country)

    def sail(self, number: int, *, until: str = "out") -> None:
        """Take a confirmed booking of the usual route so far."""
        self.cleared(number, "KR", "shipper")
        for name, by in (
            ("gate_in", "busan"),
            ("load", "busan"),
            ("discharge", "singapore"),
            ("load", "singapore"),
            ("discharge", "rotterdam"),
        ):
            self.act(name, by, number)
            if until == f"{name} {by}":
                return
        self.cleared(number, "NL", "consignee")
        self.act("gate_out", "rotterdam", number)

    def report(self, number: int, temperature: int, *, ago: Duration = NOW) -> None:
        taken = self.world.now - ago
        reading = Measurement(taken, temperature, False, 35_100_000, 129_040_000)
        self.at.report(by=self.device, number=number, reading=reading)

    def booking(self, number: int) -> Booking:
        found = self.at.booking(number)
        assert isinstance(found, Booking)
        return found

    @property
    def held(self) -> int:
        return self.world.balance(self.at, "won")

    def owed(self, name: str) -> int:
        found = self.at.owed(self.people[name])
        assert isinstance(found, Amount)
        return found.units


def open_community(world: World) -> Scene:
    people = dict(zip(NAMES, world.people(*NAMES, won=RICH), strict=True))
    operator = people["operator"]
    deployed = world.deploy(
        Shipments,
        by=operator,
        roles={"operator": operator, "surveyor": people["surveyor"]},
        money=world.asset("won"),
    )
    for port, name in (("KRPUS", "busan"), ("SGSIN", "singapore"), ("NLRTM", "rotterdam")):
        deployed.name_terminal(by=operator, port=port, terminal=people[name])
        office = people[f"customs_{port[:2].lower()}"]
        deployed.name_customs(by=operator, country=port[:2], office=office)
    return Scene(world, deployed, people, world.now)
