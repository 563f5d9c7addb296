"""A voyage of several reefers, drawn before anything is on the chain, and what must come of it.

Each container sails from Busan to Rotterdam with a device inside. By lot some keep cold, some are
warm for a moment, some break down. Alerts, claims and money are counted from the lots alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from typing import Final

from dure.apps.shipment.contract import AlertRaised, BookingMoved, Stage
from dure.apps.shipment.offchain import build_move, build_sensor_event, hash_event
from dure.apps.shipment.stories import Community, digest, open_community
from dure.contract.language import minutes
from dure.contract.library.claims import ClaimClosed
from dure.contract.library.conditions import Bounds, Measurement
from dure.core.errors import ConfigurationError
from dure.core.types import Hash
from dure.testing import Person, World

CONTAINERS_MAX: Final = 40
TOLERANCE_MINUTES: Final = 30
COLDEST: Final = -2_500
WARMEST: Final = -1_800
GAPS_MINUTES: Final = (20, 40, 20)
"""Between the readings of each container at sea."""
SETTLED_FOR: Final = 40_000
_LETTERS: Final = "0123456789A_BCDEFGHIJK_LMNOPQRSTU_VWXYZ"
"""Values of ISO 6346: each character's is its place."""


@dataclass(frozen=True, slots=True)
class Reefer:
    """One container of the plan."""

    container: str
    freight: int
    temperatures: tuple[int, ...]
    """Hundredths of a degree, one for each reading."""


@dataclass(frozen=True, slots=True)
class VoyagePlan:
    """The reefers, and what must come of them."""

    reefers: tuple[Reefer, ...]
    expected_alerts: int
    expected_carrier_paid: int
    expected_consignee_paid: int


@dataclass(frozen=True, slots=True)
class VoyageResult:
    """What stands on the chain at the end."""

    alerts: int
    delivered: int
    carrier_paid: int
    consignee_paid: int
    settled: int
    anchored: int
    """Events whose hash, computed outside, the chain knows under the right booking."""
    events: int
    """Events that were written down outside."""


def plan_voyage(containers: int, seed: int) -> VoyagePlan:
    """Return the plan, which depends on its arguments only; raise `ConfigurationError`."""
    if not 1 <= containers <= CONTAINERS_MAX:
        raise ConfigurationError(f"choose 1 to {CONTAINERS_MAX} containers", containers=containers)
    reefers = tuple(_draw(seed, place) for place in range(containers))
    broken = sum(has_breach(each.temperatures) for each in reefers)
    freight = sum(each.freight for each in reefers)
    return VoyagePlan(
        reefers=reefers,
        expected_alerts=broken,
        expected_carrier_paid=freight - broken * SETTLED_FOR,
        expected_consignee_paid=broken * SETTLED_FOR,
    )


def has_breach(temperatures: Sequence[int]) -> bool:
    """Say whether a reefer was warm for half an hour, by its readings and the gaps between them."""
    taken = list(accumulate(GAPS_MINUTES, initial=0))
    ends = [*taken[1:], taken[-1] + TOLERANCE_MINUTES]
    since: int | None = None
    for begun, ends_at, temperature in zip(taken, ends, temperatures, strict=True):
        if COLDEST <= temperature <= WARMEST:
            since = None
            continue
        since = begun if since is None else since
        if ends_at - since >= TOLERANCE_MINUTES:
            return True
    return False


def write_container(serial: int) -> str:
    """Return the number of ISO 6346 with this serial number of six digits."""
    body = f"DURU{serial:06d}"
    total = sum(_LETTERS.index(letter) << place for place, letter in enumerate(body))
    return f"{body}{total % 11 % 10}"


def _draw(seed: int, place: int) -> Reefer:
    lot = sha256(f"reefer {seed} {place}".encode()).digest()
    cold, warm = -2_000 - lot[0], -1_200 + lot[1]
    kinds = (
        (cold, cold, cold, cold),
        (cold, warm, cold, cold),
        (warm, cold, cold, cold),
        (cold, cold, warm, warm),
    )
    return Reefer(
        write_container(seed * 1_000 % 900_000 + place), 100_000 + place, kinds[lot[2] % 4]
    )


def play_voyage(world: World, plan: VoyagePlan) -> VoyageResult:
    """Play the plan, in memory or on a network, and count what the chain says."""
    return _Voyage(world, plan).play()


class _Voyage:
    """Plays one plan, ship by ship act, so that all containers wait together."""

    def __init__(self, world: World, plan: VoyagePlan) -> None:
        self._world = world
        self._plan = plan
        self._port: Community = open_community(world)
        self._device: Person = world.person("container sensor")
        self._written: list[tuple[int, Hash]] = []

    def play(self) -> VoyageResult:
        world, port = self._world, self._port
        numbers = [self._book(each) for each in self._plan.reefers]
        for number in numbers:
            port.contract.confirm(by=port.carrier, number=number, device=self._device)
            port.clear(number, "KR", port.shipper)
            self._move("gate_in", "KRPUS", number)
            self._move("load", "KRPUS", number)
        self._measure_all(numbers)
        world.wait(days=7)
        for number in numbers:
            self._move("discharge", "NLRTM", number)
            port.clear(number, "NL", port.consignee)
            self._move("gate_out", "NLRTM", number)
            port.contract.accept(by=port.consignee, number=number)
        for number in self._find_alerts():
            port.contract.offer(by=port.carrier, number=number, amount=SETTLED_FOR)
            port.contract.agree(by=port.consignee, number=number, amount=SETTLED_FOR)
        world.wait(minutes=1)
        return self._count()

    def _book(self, reefer: Reefer) -> int:
        number = self._port.contract.book(
            by=self._port.shipper,
            container=reefer.container,
            carrier=self._port.carrier,
            consignee=self._port.consignee,
            legs=self._port.plan("KRPUS", "NLRTM"),
            terms=digest(reefer.container),
            bounds=Bounds(COLDEST, WARMEST, minutes(TOLERANCE_MINUTES)),
            pay=reefer.freight,
        )
        assert isinstance(number, int)
        return number

    def _move(self, act: str, place: str, number: int) -> None:
        container = self._plan.reefers[number - 1].container
        epcis = hash_event(build_move(act, container, place, self._world.now.milliseconds))
        getattr(self._port.contract, act)(
            by=self._port.terminals[place], number=number, epcis=epcis
        )
        self._written.append((number, epcis))

    def _measure_all(self, numbers: Sequence[int]) -> None:
        for turn, gap in enumerate((*GAPS_MINUTES, TOLERANCE_MINUTES)):
            begun = self._world.now
            for number in numbers:
                self._measure(number, self._plan.reefers[number - 1].temperatures[turn])
            self._world.wait_until(max(self._world.now, begun + minutes(gap)))

    def _measure(self, number: int, temperature: int) -> None:
        reading = Measurement(
            self._world.now, temperature, door_open=False, latitude=1_290_000, longitude=104_000_000
        )
        self._port.contract.report(by=self._device, number=number, reading=reading)
        container = self._plan.reefers[number - 1].container
        epcis = hash_event(build_sensor_event(container, "urn:epc:id:giai:4000001.111", reading))
        self._port.contract.anchor(by=self._port.carrier, number=number, epcis=epcis)
        self._written.append((number, epcis))

    def _find_alerts(self) -> list[int]:
        return [alert.booking for alert in self._world.events(AlertRaised)]

    def _count(self) -> VoyageResult:
        port, world = self._port, self._world
        stages = [told.stage for told in world.events(BookingMoved)]
        known = [port.contract.anchor_of(epcis) == number for number, epcis in self._written]
        return VoyageResult(
            alerts=len(self._find_alerts()),
            delivered=stages.count(Stage.DELIVERED),
            carrier_paid=port.carrier.won - 10_000_000,
            consignee_paid=port.consignee.won - 10_000_000,
            settled=len(world.events(ClaimClosed)),
            anchored=sum(known),
            events=len(known),
        )
