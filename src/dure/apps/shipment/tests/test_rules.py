"""The rules about containers, each by the tests that carry its number."""

import pytest

from dure.apps.shipment.contract import AlertRaised, BookingMoved, ContainerMoved, Stage
from dure.apps.shipment.tests.scene import CONTAINER, FREIGHT, FROZEN, RICH, Scene, digest
from dure.contract.language import days, minutes
from dure.contract.library.claims import ClaimClosed, ClaimOpened, ClaimState
from dure.contract.library.conditions import Bounds, Measurement, ReadingSigned
from dure.contract.library.ports import GoodsHeld, LegPlanned
from dure.testing import Person

OTHER = "MSKU6011672"


@pytest.mark.parametrize("number", ["CSQU3054383", "MSKU6011672", "TEMU6079348"])
def test_r1_a_container_has_its_check_digit(scene: Scene, number: str) -> None:
    assert scene.at.is_container(number)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not scene.at.is_container(wrong)


@pytest.mark.parametrize(
    "number", ["", "CSQU305438", "CSQA3054383", "csqu3054383", "CSQU30543é3", "CSQU3O54383"]
)
def test_r1_other_numbers_are_refused(scene: Scene, number: str) -> None:
    with scene.world.refused("the container's number or check digit is wrong"):
        scene.book(number)


def test_r1_a_container_has_one_open_voyage(scene: Scene) -> None:
    first, second = scene.confirmed(), scene.book()
    with scene.world.refused("the container is on another voyage"):
        scene.at.confirm(by=scene.carrier, number=second, device=scene.device)
    scene.sail(first)
    scene.at.accept(by=scene.consignee, number=first)
    assert scene.at.voyage_of(CONTAINER) == 0
    scene.at.confirm(by=scene.carrier, number=second, device=scene.device)
    assert scene.at.voyage_of(CONTAINER) == second


@pytest.mark.parametrize("port", ["", "krpus", "KRPU", "KRPU1", "KR-US", "KRPUSX"])
def test_r2_a_port_has_a_locode(scene: Scene, port: str) -> None:
    with scene.world.refused("a port has a UN/LOCODE such as KRPUS"):
        scene.at.name_terminal(by=scene.operator, port=port, terminal=scene.busan)


def test_r2_only_the_operator_names_terminals_and_customs(scene: Scene) -> None:
    with scene.world.refused("operator"):
        scene.at.name_terminal(by=scene.stranger, port="KRPUS", terminal=scene.stranger)
    with scene.world.refused("operator"):
        scene.at.name_customs(by=scene.stranger, country="KR", office=scene.stranger)


@pytest.mark.parametrize("ports", [("KRPUS", "KRPUS"), ("KRPUS", "USLAX"), ("KRPUS",)])
def test_r3_a_route_goes_between_known_ports(scene: Scene, ports: tuple[str, ...]) -> None:
    with scene.world.refused("refused"):
        scene.book(CONTAINER, *ports)


def test_r3_legs_hang_together(scene: Scene) -> None:
    first, second = scene.legs()
    for legs in ([first, second.replace(source="KRPUS")], [second, first], [first, first]):
        with scene.world.refused("refused"):
            scene.at.book(
                by=scene.shipper,
                container=CONTAINER,
                carrier=scene.carrier,
                consignee=scene.consignee,
                legs=legs,
                terms=digest("terms"),
                bounds=FROZEN,
                pay=FREIGHT,
            )


def test_r4_the_freight_waits_and_comes_back_after_three_days(scene: Scene) -> None:
    scene.book()
    assert scene.held == FREIGHT
    scene.world.wait(days=3)
    assert scene.shipper.won == RICH
    assert scene.world.events(BookingMoved) == [BookingMoved(1, Stage.ENDED)]


def test_r4_a_request_is_withdrawn_or_declined_once(scene: Scene) -> None:
    first, second = scene.book(), scene.book(OTHER)
    scene.at.withdraw(by=scene.shipper, number=first)
    scene.at.decline(by=scene.carrier, number=second)
    scene.world.wait(days=4)
    assert scene.shipper.won == RICH
    for name, person in (("withdraw", scene.shipper), ("decline", scene.carrier)):
        for number in (first, second):
            with scene.world.refused("the booking does not wait for the carrier"):
                getattr(scene.at, name)(by=person, number=number)


def test_r5_each_party_does_its_own_acts_only(scene: Scene) -> None:
    number = scene.confirmed()
    scene.cleared(number, "KR", "shipper")
    for name in ("carrier", "shipper", "consignee", "singapore", "customs_kr", "stranger"):
        with scene.world.refused("only the port's terminal may do this"):
            scene.act("gate_in", name, number)
    scene.act("gate_in", "busan", number)
    with scene.world.refused("the container is not awaited at the gate"):
        scene.act("gate_in", "busan", number)
    with scene.world.refused("the container is not aboard"):
        scene.act("discharge", "busan", number)
    scene.act("load", "busan", number)
    with scene.world.refused("only the port's terminal may do this"):
        scene.act("discharge", "busan", number)


def test_r5_a_stranger_is_no_carrier_and_no_consignee(scene: Scene) -> None:
    number = scene.book()
    with scene.world.refused("only the carrier may do this"):
        scene.at.confirm(by=scene.stranger, number=number, device=scene.device)
    with scene.world.refused("only the shipper may do this"):
        scene.at.withdraw(by=scene.carrier, number=number)
    scene.at.confirm(by=scene.carrier, number=number, device=scene.device)
    scene.sail(number)
    with scene.world.refused("only the consignee may do this"):
        scene.at.accept(by=scene.carrier, number=number)


def test_r6_a_terminal_cannot_skip_a_leg_or_the_end(scene: Scene) -> None:
    number = scene.confirmed()
    scene.sail(number, until="discharge singapore")
    assert scene.booking(number).leg == 1
    with scene.world.refused("the container has not arrived"):
        scene.act("gate_out", "rotterdam", number)
    scene.act("load", "singapore", number)
    scene.act("discharge", "rotterdam", number)
    with scene.world.refused("the container has arrived"):
        scene.act("load", "rotterdam", number)


def test_r6_every_move_is_told_with_its_event(scene: Scene) -> None:
    number = scene.confirmed()
    scene.sail(number)
    moves = scene.world.events(ContainerMoved)
    assert [(move.port, move.stage, move.legs_done) for move in moves] == [
        ("KRPUS", Stage.ASHORE, 0),
        ("KRPUS", Stage.ABOARD, 0),
        ("SGSIN", Stage.ASHORE, 1),
        ("SGSIN", Stage.ABOARD, 1),
        ("NLRTM", Stage.ASHORE, 2),
        ("NLRTM", Stage.OUT, 2),
    ]
    assert [scene.at.anchor_of(move.epcis) for move in moves] == [number] * 6


def test_r7_the_carrier_plans_the_rest_anew_from_where_the_container_is(scene: Scene) -> None:
    number = scene.confirmed()
    scene.sail(number, until="discharge singapore")
    scene.world.wait(days=1)
    later = scene.legs("SGSIN", "NLRTM")
    scene.at.change_legs(by=scene.carrier, number=number, legs=later)
    assert scene.booking(number).legs[1] == later[0]
    assert scene.world.events(LegPlanned)[-1].leg == 1
    with scene.world.refused("the last port stays the same"):
        scene.at.change_legs(by=scene.carrier, number=number, legs=scene.legs("SGSIN", "KRPUS"))
    with scene.world.refused("a leg begins where the one before ends"):
        scene.at.change_legs(by=scene.carrier, number=number, legs=scene.legs("KRPUS", "NLRTM"))
    with scene.world.refused("only the carrier may do this"):
        scene.at.change_legs(by=scene.shipper, number=number, legs=later)


def test_r7_a_container_at_sea_keeps_its_leg(scene: Scene) -> None:
    number = scene.confirmed()
    scene.sail(number, until="load busan")
    with scene.world.refused("legs are changed while the container is ashore"):
        scene.at.change_legs(by=scene.carrier, number=number, legs=scene.legs())


def test_r8_nothing_is_loaded_or_let_out_before_it_is_cleared(scene: Scene) -> None:
    number = scene.confirmed()
    scene.act("gate_in", "busan", number)
    with scene.world.refused("customs has not cleared the goods"):
        scene.act("load", "busan", number)
    with scene.world.refused("the goods are not declared"):
        scene.at.clear(by=scene.customs_kr, number=number, country="KR")
    scene.at.declare(by=scene.shipper, number=number, declaration=digest("goods"))
    with scene.world.refused("only the country's customs may do this"):
        scene.at.clear(by=scene.customs_nl, number=number, country="KR")
    scene.at.clear(by=scene.customs_kr, number=number, country="KR")
    scene.act("load", "busan", number)


def test_r8_shipper_and_consignee_declare_once_and_nobody_else(scene: Scene) -> None:
    number = scene.confirmed()
    scene.at.declare(by=scene.consignee, number=number, declaration=digest("import"))
    with scene.world.refused("the goods are declared already"):
        scene.at.declare(by=scene.consignee, number=number, declaration=digest("other"))
    with scene.world.refused("only shipper or consignee declare"):
        scene.at.declare(by=scene.carrier, number=number, declaration=digest("other"))


def test_r9_a_hold_stops_the_container_until_it_is_lifted(scene: Scene) -> None:
    number = scene.confirmed()
    scene.sail(number, until="discharge singapore")
    for other in ("customs_kr", "customs_nl", "singapore", "stranger"):
        with scene.world.refused("only the country's customs may do this"):
            set_hold(scene, number, scene.people[other], on_hold=True)
    set_hold(scene, number, scene.customs_sg, on_hold=True)
    with scene.world.refused("customs holds the container"):
        scene.act("load", "singapore", number)
    with scene.world.refused("that is decided already"):
        set_hold(scene, number, scene.customs_sg, on_hold=True)
    set_hold(scene, number, scene.customs_sg, on_hold=False)
    scene.act("load", "singapore", number)
    assert [told.on_hold for told in scene.world.events(GoodsHeld)] == [True, False]
    with scene.world.refused("the container does not stand in a terminal"):
        set_hold(scene, number, scene.customs_sg, on_hold=True)


def set_hold(scene: Scene, number: int, by: Person, *, on_hold: bool) -> None:
    scene.at.hold(by=by, number=number, on_hold=on_hold, reason=digest("tip"))


def test_r10_only_the_containers_device_reports_in_order(scene: Scene) -> None:
    number = scene.confirmed()
    scene.report(number, -1_800)
    reading = Measurement(scene.world.now, -1_800, False, 0, 0)
    with scene.world.refused("only the thing's device may report"):
        scene.at.report(by=scene.carrier, number=number, reading=reading)
    with scene.world.refused("readings come in order of time"):
        scene.report(number, -1_800, ago=minutes(5))
    future = reading.replace(taken=scene.world.now + days(1))
    with scene.world.refused("that has not happened yet"):
        scene.at.report(by=scene.device, number=number, reading=future)
    told = scene.world.events(ReadingSigned)
    assert [(each.temperature, each.outside) for each in told] == [(-1_800, False)]


@pytest.mark.parametrize(
    "changes", [{"temperature": 10_001}, {"latitude": 90_000_001}, {"longitude": -180_000_001}]
)
def test_r10_what_cannot_be_measured_is_refused(scene: Scene, changes: dict[str, int]) -> None:
    number = scene.confirmed()
    reading = Measurement(scene.world.now, 0, False, 0, 0).replace(**changes)
    with scene.world.refused("refused"):
        scene.at.report(by=scene.device, number=number, reading=reading)


def test_r10_a_party_is_no_device(scene: Scene) -> None:
    number = scene.book()
    with scene.world.refused("a device has an account of its own"):
        scene.at.confirm(by=scene.carrier, number=number, device=scene.carrier)


def test_r11_a_short_excursion_is_no_breach(scene: Scene) -> None:
    number = scene.confirmed()
    scene.report(number, -1_000)
    scene.world.wait(minutes=29)
    scene.report(number, -1_800)
    scene.world.wait(days=1)
    assert scene.world.events(AlertRaised) == []


def test_r11_a_breach_names_all_parties_and_opens_a_claim(scene: Scene) -> None:
    number = scene.confirmed()
    scene.sail(number, until="gate_in busan")
    scene.report(number, -1_000)
    began = scene.at.watch(number).outside_since
    scene.world.wait(minutes=31)
    alert = scene.world.events(AlertRaised)[0]
    assert (alert.container, alert.outside_since) == (CONTAINER, began)
    named = (alert.shipper, alert.carrier, alert.consignee, alert.keeper)
    expected = (scene.shipper, scene.carrier, scene.consignee, scene.busan)
    assert named == tuple(person.address for person in expected)
    assert scene.at.claim_of(number).claim is ClaimState.OPEN
    assert len(scene.world.events(ClaimOpened)) == 1


def test_r11_silence_or_late_readings_do_not_help(scene: Scene) -> None:
    number = scene.confirmed()
    scene.world.wait(days=1)
    scene.report(number, -1_000, ago=minutes(90))
    scene.report(number, -1_100, ago=minutes(20))
    assert len(scene.world.events(AlertRaised)) == 1
    scene.report(number, -900, ago=minutes(10))
    scene.world.wait(days=1)
    assert len(scene.world.events(AlertRaised)) == 1
    assert scene.at.watch(number).breaches == 1


def test_r11_a_second_breach_is_told_again(scene: Scene) -> None:
    number = scene.confirmed()
    for _ in range(2):
        scene.report(number, 0)
        scene.world.wait(minutes=40)
        scene.report(number, -1_800)
        scene.world.wait(minutes=5)
    assert len(scene.world.events(AlertRaised)) == 2
    assert len(scene.world.events(ClaimOpened)) == 1


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(0, 0, minutes(30)),
        Bounds(10, 0, minutes(30)),
        Bounds(-10_001, 0, minutes(30)),
        Bounds(0, 10, minutes(0)),
        Bounds(0, 10, days(8)),
    ],
)
def test_r11_what_is_agreed_is_a_range(scene: Scene, bounds: Bounds) -> None:
    with scene.world.refused("refused"):
        scene.at.book(
            by=scene.shipper,
            container=CONTAINER,
            carrier=scene.carrier,
            consignee=scene.consignee,
            legs=scene.legs(),
            terms=digest("terms"),
            bounds=bounds,
            pay=FREIGHT,
        )


def test_r12_the_carrier_is_paid_on_delivery_and_once(scene: Scene) -> None:
    number = scene.confirmed()
    scene.sail(number)
    scene.at.accept(by=scene.consignee, number=number)
    scene.world.wait(days=4)
    assert scene.carrier.won == RICH + FREIGHT
    assert scene.held == 0
    with scene.world.refused("the container is not handed over"):
        scene.at.accept(by=scene.consignee, number=number)


def test_r13_silence_for_three_days_is_acceptance(scene: Scene) -> None:
    number = scene.confirmed()
    scene.sail(number)
    scene.world.wait(days=3)
    assert scene.booking(number).stage is Stage.DELIVERED
    assert scene.carrier.won == RICH + FREIGHT
    with scene.world.refused("the container is not handed over"):
        scene.at.give_notice(by=scene.consignee, number=number, evidence=digest("late"))


def claim(scene: Scene) -> int:
    number = scene.confirmed()
    scene.sail(number)
    scene.at.give_notice(by=scene.consignee, number=number, evidence=digest("survey"))
    return number


def test_r14_a_claim_holds_the_freight_until_both_agree(scene: Scene) -> None:
    number = claim(scene)
    scene.at.accept(by=scene.consignee, number=number)
    scene.world.wait(days=10)
    assert scene.held == FREIGHT
    with scene.world.refused("nothing is offered"):
        scene.at.agree(by=scene.consignee, number=number, amount=0)
    scene.at.offer(by=scene.carrier, number=number, amount=300_000)
    with scene.world.refused("another amount is offered"):
        scene.at.agree(by=scene.consignee, number=number, amount=300_001)
    with scene.world.refused("only the claimant agrees"):
        scene.at.agree(by=scene.carrier, number=number, amount=300_000)
    scene.at.agree(by=scene.consignee, number=number, amount=300_000)
    scene.world.wait(minutes=1)
    assert scene.consignee.won == RICH + 300_000
    assert scene.carrier.won == RICH + FREIGHT - 300_000
    with scene.world.refused("there is no open claim"):
        scene.at.decide(by=scene.surveyor, number=number, amount=FREIGHT)


def test_r14_the_surveyor_decides_at_most_the_freight(scene: Scene) -> None:
    number = claim(scene)
    with scene.world.refused("a claim is settled once the work is done"):
        scene.at.decide(by=scene.surveyor, number=number, amount=1)
    scene.at.accept(by=scene.consignee, number=number)
    with scene.world.refused("a claim is at most what is kept"):
        scene.at.decide(by=scene.surveyor, number=number, amount=FREIGHT + 1)
    with scene.world.refused("surveyor"):
        scene.at.decide(by=scene.consignee, number=number, amount=FREIGHT)
    scene.at.decide(by=scene.surveyor, number=number, amount=FREIGHT)
    scene.world.wait(minutes=1)
    assert scene.consignee.won == RICH + FREIGHT


def test_r15_a_claim_is_barred_after_a_year(scene: Scene) -> None:
    number = claim(scene)
    scene.at.accept(by=scene.consignee, number=number)
    scene.world.wait(days=366)
    assert scene.carrier.won == RICH + FREIGHT
    assert scene.world.events(ClaimClosed)[0].claim is ClaimState.BARRED


def test_r16_an_event_is_anchored_once_and_by_a_party(scene: Scene) -> None:
    number = scene.confirmed()
    scene.at.anchor(by=scene.shipper, number=number, epcis=digest("own"))
    assert scene.at.anchor_of(digest("own")) == number
    with scene.world.refused("that event is anchored already"):
        scene.at.anchor(by=scene.carrier, number=number, epcis=digest("own"))
    with scene.world.refused("that event is anchored already"):
        scene.at.gate_in(by=scene.busan, number=number, epcis=digest("own"))
    with scene.world.refused("only a party of the booking may do this"):
        scene.at.anchor(by=scene.stranger, number=number, epcis=digest("strange"))
