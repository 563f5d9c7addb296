"""Ports, conditions, claims and anchors keep what they say, shown on what is made from them."""

import pytest

from dure.apps.shipment.tests.scene import CONTAINER, FREIGHT, FROZEN, RICH, Scene, digest
from dure.apps.shipment.tests.scene import open_community as open_scene
from dure.contract.language import days, minutes
from dure.contract.library.anchors import EventAnchored
from dure.contract.library.claims import ClaimOffered, ClaimState
from dure.contract.library.conditions import Bounds, Measurement, WatchBegun, WatchEnded
from dure.contract.library.ports import Leg
from dure.testing import World


@pytest.fixture
def scene(world: World) -> Scene:
    return open_scene(world)


def book(scene: Scene, legs: list[Leg], bounds: Bounds = FROZEN) -> None:
    scene.at.book(
        by=scene.shipper,
        container=CONTAINER,
        carrier=scene.carrier,
        consignee=scene.consignee,
        legs=legs,
        terms=digest("terms"),
        bounds=bounds,
        pay=FREIGHT,
    )


def test_what_is_no_port_and_no_country_is_refused(scene: Scene) -> None:
    with scene.world.refused("a port has a UN/LOCODE such as KRPUS"):
        scene.at.name_terminal(by=scene.operator, port="Busan", terminal=scene.busan)
    for country in ("K", "kr", "KOR", "K1"):
        with scene.world.refused("a country has two letters"):
            scene.at.name_customs(by=scene.operator, country=country, office=scene.busan)
    with scene.world.refused("no terminal is named for the port"):
        scene.at.terminal_of("USLAX")
    with scene.world.refused("no customs office is named for the country"):
        scene.at.customs_of("US")
    assert scene.at.terminal_of("KRPUS") == scene.busan.address


def test_a_route_hangs_together(scene: Scene) -> None:
    first, second = scene.legs()
    with scene.world.refused("a route has 1 to 8 legs"):
        book(scene, [])
    with scene.world.refused("a leg begins where the one before ends"):
        book(scene, [first, second.replace(source="KRPUS")])
    with scene.world.refused("no terminal is named for the port"):
        book(scene, [first.replace(target="USLAX")])
    with scene.world.refused("a leg goes to another port"):
        book(scene, [first.replace(target="KRPUS")])
    with scene.world.refused("a vessel has 1 to 40 characters"):
        book(scene, [first.replace(vessel="V" * 41)])
    with scene.world.refused("the timetable runs backwards"):
        book(scene, [first.replace(arrives=first.departs)])
    with scene.world.refused("the timetable runs backwards"):
        book(scene, [first, second.replace(departs=first.departs)])


def test_customs_clears_and_holds_what_was_declared(scene: Scene) -> None:
    number = scene.confirmed()
    scene.act("gate_in", "busan", number)
    with scene.world.refused("the goods are not declared"):
        scene.at.clear(by=scene.customs_kr, number=number, country="KR")
    scene.at.declare(by=scene.shipper, number=number, declaration=digest("goods"))
    with scene.world.refused("the goods are declared already"):
        scene.at.declare(by=scene.shipper, number=number, declaration=digest("goods"))
    with scene.world.refused("only the country's customs may do this"):
        scene.at.clear(by=scene.shipper, number=number, country="KR")
    with scene.world.refused("that is decided already"):
        scene.at.hold(by=scene.customs_kr, number=number, on_hold=False, reason=digest("none"))
    with scene.world.refused("customs has not cleared the goods"):
        scene.act("load", "busan", number)


def test_what_is_agreed_is_a_range_and_a_time(scene: Scene) -> None:
    with scene.world.refused("the range is no range"):
        book(scene, scene.legs(), Bounds(0, 0, minutes(30)))
    with scene.world.refused("the tolerance is a minute to seven days"):
        book(scene, scene.legs(), Bounds(0, 1, days(8)))


def test_only_the_device_reports_what_can_be_measured(scene: Scene) -> None:
    with scene.world.refused("nothing watches this"):
        scene.at.watch(1)
    scene.book()
    sound = Measurement(scene.world.now, -1_800, door_open=False, latitude=0, longitude=0)
    with scene.world.refused("nothing watches this"):
        scene.at.report(by=scene.device, number=1, reading=sound)
    scene.at.confirm(by=scene.carrier, number=1, device=scene.device)
    for reading, words in (
        (sound.replace(taken=scene.world.now + days(1)), "that has not happened yet"),
        (sound.replace(temperature=-10_001), "no such temperature is measured"),
        (sound.replace(latitude=-90_000_001), "there is no such latitude"),
        (sound.replace(longitude=180_000_001), "there is no such longitude"),
    ):
        with scene.world.refused(words):
            scene.at.report(by=scene.device, number=1, reading=reading)
    with scene.world.refused("only the thing's device may report"):
        scene.at.report(by=scene.carrier, number=1, reading=sound)
    scene.at.report(by=scene.device, number=1, reading=sound)
    with scene.world.refused("readings come in order of time"):
        scene.at.report(by=scene.device, number=1, reading=sound)


def test_a_watch_ends_with_the_voyage(scene: Scene) -> None:
    number = scene.confirmed()
    scene.sail(number)
    scene.report(number, 0)
    scene.at.accept(by=scene.consignee, number=number)
    scene.world.wait(days=1)
    assert scene.at.watch(number).breaches == 0
    with scene.world.refused("the device watches no longer"):
        scene.report(number, -1_800)
    assert len(scene.world.events(WatchBegun)) == len(scene.world.events(WatchEnded)) == 1


def test_a_claim_is_settled_by_those_two_only(scene: Scene) -> None:
    with scene.world.refused("nothing is kept back"):
        scene.at.claim_of(1)
    number = scene.confirmed()
    with scene.world.refused("there is no open claim"):
        scene.at.offer(by=scene.carrier, number=number, amount=1)
    scene.sail(number)
    scene.at.give_notice(by=scene.consignee, number=number, evidence=digest("survey"))
    with scene.world.refused("only who earns the money offers"):
        scene.at.offer(by=scene.consignee, number=number, amount=1)
    for amount in (0, FREIGHT + 1):
        with scene.world.refused("an offer is above zero, at most what is kept"):
            scene.at.offer(by=scene.carrier, number=number, amount=amount)
    with scene.world.refused("nothing is offered"):
        scene.at.agree(by=scene.consignee, number=number, amount=1)
    scene.at.offer(by=scene.carrier, number=number, amount=1)
    assert [told.amount.units for told in scene.world.events(ClaimOffered)] == [1]
    with scene.world.refused("only the claimant agrees"):
        scene.at.agree(by=scene.carrier, number=number, amount=1)
    with scene.world.refused("another amount is offered"):
        scene.at.agree(by=scene.consignee, number=number, amount=2)
    with scene.world.refused("a claim is settled once the work is done"):
        scene.at.agree(by=scene.consignee, number=number, amount=1)
    with scene.world.refused("a claim is at most what is kept"):
        scene.at.decide(by=scene.surveyor, number=number, amount=FREIGHT + 1)
    scene.at.accept(by=scene.consignee, number=number)
    scene.at.agree(by=scene.consignee, number=number, amount=1)
    scene.world.wait(minutes=1)
    assert (scene.consignee.won, scene.carrier.won) == (RICH + 1, RICH + FREIGHT - 1)
    assert scene.at.claim_of(number).claim is ClaimState.SETTLED
    scene.at.collect(by=scene.carrier)
    assert scene.carrier.won == RICH + FREIGHT - 1


def test_an_event_is_anchored_once(scene: Scene) -> None:
    number = scene.confirmed()
    scene.at.anchor(by=scene.shipper, number=number, epcis=digest("own"))
    with scene.world.refused("that event is anchored already"):
        scene.at.anchor(by=scene.carrier, number=number, epcis=digest("own"))
    told = EventAnchored(number, scene.shipper.address, digest("own"))
    assert scene.world.events(EventAnchored) == [told]
    assert scene.at.anchor_of(digest("other")) == 0
