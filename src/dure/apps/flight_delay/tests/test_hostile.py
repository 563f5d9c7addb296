"""What somebody tries who wants another's money, or wants to break the contract."""

import pytest

from dure.apps.flight_delay.contract import FlightDelay
from dure.apps.flight_delay.tests.scene import COVER, FLIGHT, PREMIUM, RICH, Scene, open_business
from dure.chain.transaction import Call, Payment
from dure.contract.language import hours
from dure.contract.values import InvalidValue
from dure.core.codec import encode
from dure.core.types import Address, Amount
from dure.testing import MemoryStage, World


@pytest.fixture
def stage(scene: Scene) -> MemoryStage:
    found = scene.world._stage
    assert isinstance(found, MemoryStage)
    return found


def test_nobody_calls_what_the_contract_calls_by_itself(scene: Scene) -> None:
    scene.buy()
    with scene.world.refused("not_permitted"):
        scene.cover.expire(by=scene.traveller, number=1)
    with scene.world.refused("not_permitted"):
        scene.cover.settle_batch(by=scene.airline, flight=FLIGHT, departs=scene.departs)


def test_nobody_begins_the_contract_again(scene: Scene, stage: MemoryStage) -> None:
    arguments = encode((scene.world.asset("usd"), 1, 2))
    for method in ("init", "start"):
        with scene.world.refused("unknown_method" if method == "start" else "not_permitted"):
            call = Call(scene.cover.address, method, arguments, None)
            stage.send(scene.insurer.account, [call])


def test_helpers_cannot_be_called(scene: Scene, stage: MemoryStage) -> None:
    for method in ("close", "record", "apply_terms"):
        with scene.world.refused("unknown_method"):
            call = Call(scene.cover.address, method, encode((1, 2)), None)
            stage.send(scene.insurer.account, [call])


def test_other_money_is_not_taken_for_a_premium(world: World) -> None:
    scene = open_business(world)
    rich = world.person("rich", usd=RICH)
    assert isinstance(world._stage, MemoryStage)
    payment = Payment(world.asset("usd"), Amount(PREMIUM))
    arguments = encode((FLIGHT, scene.departs.milliseconds))
    call = Call(scene.cover.address, "buy", arguments, payment)
    with world.refused("payment_not_accepted"):
        world._stage.send(rich.account, [call])
    assert rich.usd == RICH


@pytest.mark.parametrize(
    "arguments",
    [
        b"",
        b"\xc0",
        encode(()),
        encode((FLIGHT,)),
        encode((FLIGHT, -1)),
        encode((FLIGHT, 2**63)),
        encode((FLIGHT, "soon")),
        encode((FLIGHT, 1_767_700_000_000, 1)),
        encode((FLIGHT, 1_767_700_000_000)) + b"\0",
        encode((b"UA1545", 1_767_700_000_000)),
    ],
)
def test_malformed_arguments_are_refused(
    scene: Scene, stage: MemoryStage, arguments: bytes
) -> None:
    payment = Payment(scene.world.asset("won"), Amount(PREMIUM))
    with scene.world.refused("bad_arguments"):
        call = Call(scene.cover.address, "buy", arguments, payment)
        stage.send(scene.traveller.account, [call])
    assert scene.traveller.won == RICH


def test_a_huge_delay_does_not_overflow(scene: Scene) -> None:
    scene.buy()
    scene.world.wait(hours=10)
    with scene.world.refused("that has not happened yet"):
        scene.report(2**62)
    scene.report(-(2**62))
    assert scene.traveller.won == RICH - PREMIUM


def test_terms_beyond_all_money_sell_nothing(scene: Scene) -> None:
    scene.cover.set_terms(by=scene.insurer, premium=2**62, cover=2**62 + 1)
    with scene.world.refused("insufficient_balance"):
        scene.buy()


def test_a_transaction_is_all_or_nothing(scene: Scene, stage: MemoryStage) -> None:
    payment = Payment(scene.world.asset("won"), Amount(PREMIUM))
    good = encode((FLIGHT, scene.departs.milliseconds))
    late = encode((FLIGHT, 0))
    calls = [Call(scene.cover.address, "buy", each, payment) for each in (good, good, late)]
    with scene.world.refused("the flight has departed"):
        stage.send(scene.traveller.account, calls)
    assert scene.traveller.won == RICH
    assert scene.cover.sold() == 0


def test_nobody_gives_themselves_the_oracle_role(scene: Scene) -> None:
    with scene.world.refused("not_owner"):
        scene.world.grant(scene.cover, "flight oracle", scene.stranger, by=scene.stranger)


def test_money_sent_to_the_contract_is_free_reserve_and_no_policy(scene: Scene) -> None:
    scene.world.transfer(by=scene.stranger, to=scene.cover, asset="won", amount=777)
    assert scene.free_reserve == 500_777
    assert scene.cover.sold() == 0


def test_an_oracle_that_is_insured_still_cannot_change_its_report(scene: Scene) -> None:
    scene.buy(by=scene.airline)
    scene.land(100)
    with scene.world.refused("another report of this flight stands"):
        scene.report(200)
    assert scene.airline.won == RICH - PREMIUM


def test_a_policy_on_a_flight_that_does_not_exist_only_costs_time(scene: Scene) -> None:
    scene.buy(by=scene.stranger, flight="XX0 NOWHERE")
    scene.world.wait_until(scene.departs + hours(48))
    assert scene.stranger.won == RICH
    assert scene.free_reserve == 500_000


def test_what_is_no_address_is_told_before_anything_is_sent(world: World) -> None:
    (insurer,) = world.people("insurer")
    with pytest.raises(InvalidValue, match="money"):
        world.deploy(FlightDelay, by=insurer, money=Address(b"short"), premium=1, cover=COVER)
