"""Units move in their register alone, and what is held back does not leave."""

from dataclasses import dataclass

import pytest

from dure.contract.library.holdings import HOLDERS_MAX, Obstacle
from dure.testing import Deployed, Person, World
from tests.unit.contract.library.certificates import Certificates

LOT = "grain"


@dataclass(frozen=True)
class Scene:
    """Ann has a hundred units; the broker is a settlement system."""

    world: World
    register: Deployed
    clerk: Person
    ann: Person
    bob: Person
    broker: Person
    stranger: Person

    def units(self, person: Person) -> tuple[int, int]:
        found = self.register.holding(LOT, person)
        return found.units, found.blocked

    def block(self, units: int) -> int:
        scale = self.register.block(by=self.broker, isin=LOT, holder=self.ann, units=units)
        assert isinstance(scale, int)
        return scale

    def deliver(self, to: Person, units: int, scale: int = 1) -> object:
        return self.register.deliver(
            by=self.broker, isin=LOT, source=self.ann, target=to, units=units, scale=scale
        )

    def transfer(self, to: Person, units: int) -> None:
        self.register.transfer(by=self.ann, isin=LOT, to=to, units=units)


@pytest.fixture
def scene(world: World) -> Scene:
    clerk, ann, bob, broker, stranger = world.people("clerk", "ann", "bob", "broker", "stranger")
    register = world.deploy(Certificates, by=clerk, roles={"registrar": clerk, "court": clerk})
    for holder in (ann, bob):
        register.admit(by=clerk, holder=holder)
    register.appoint(by=clerk, system=broker)
    register.start(by=clerk, isin=LOT)
    register.give(by=clerk, isin=LOT, holder=ann, units=100)
    return Scene(world, register, clerk, ann, bob, broker, stranger)


def test_holders_are_admitted_and_excluded_once(scene: Scene) -> None:
    with scene.world.refused("the holder is admitted already"):
        scene.register.admit(by=scene.clerk, holder=scene.ann)
    scene.register.strike(by=scene.clerk, holder=scene.bob)
    with scene.world.refused("the holder is not admitted"):
        scene.register.strike(by=scene.clerk, holder=scene.bob)
    with scene.world.refused("the receiver may not hold them"):
        scene.transfer(scene.bob, 1)


def test_the_ledger_itself_moves_nothing(scene: Scene) -> None:
    asset = scene.register.series_of(LOT).asset
    with scene.world.refused("units move through their register"):
        scene.world.transfer(by=scene.ann, to=scene.bob, asset=asset, amount=1)


def test_what_is_held_back_does_not_leave(scene: Scene) -> None:
    scene.block(60)
    for units, words in ((41, "not so many free units"), (0, "at least one unit moves")):
        with scene.world.refused(words):
            scene.transfer(scene.bob, units)
    for units, words in ((41, "not so many free units"), (0, "at least one unit is held back")):
        with scene.world.refused(words):
            scene.block(units)
    scene.register.unblock(by=scene.broker, isin=LOT, holder=scene.ann, units=60, scale=1)
    scene.transfer(scene.bob, 100)
    assert [each.holder for each in scene.register.holdings(LOT)] == [scene.bob.address]


def test_only_systems_hold_back_give_back_and_deliver(scene: Scene) -> None:
    scene.register.dismiss(by=scene.clerk, system=scene.broker)
    with scene.world.refused("the system is not appointed"):
        scene.register.dismiss(by=scene.clerk, system=scene.broker)
    with scene.world.refused("only a settlement system holds units back"):
        scene.block(1)
    with scene.world.refused("only a settlement system gives units back"):
        scene.register.unblock(by=scene.broker, isin=LOT, holder=scene.ann, units=1, scale=1)
    with scene.world.refused("only a settlement system delivers units"):
        scene.deliver(scene.bob, 1)


def test_a_delivery_says_who_stands_in_the_way(scene: Scene) -> None:
    scene.block(50)
    assert scene.deliver(scene.stranger, 10) is Obstacle.BUYER
    assert scene.deliver(scene.bob, 10) is Obstacle.NONE
    with scene.world.refused("the ISIN is not registered"):
        scene.register.freeze_holding(by=scene.clerk, isin="no", holder=scene.ann, order="7")
    with scene.world.refused("an order has a number of 1 to 64 characters"):
        scene.register.freeze_holding(by=scene.clerk, isin=LOT, holder=scene.ann, order="")
    scene.register.freeze_holding(by=scene.clerk, isin=LOT, holder=scene.ann, order="7")
    with scene.world.refused("the holding is frozen already"):
        scene.register.freeze_holding(by=scene.clerk, isin=LOT, holder=scene.ann, order="8")
    assert scene.deliver(scene.bob, 10) is Obstacle.SELLER
    with scene.world.refused("the units may not leave"):
        scene.transfer(scene.bob, 1)
    scene.register.release_holding(by=scene.clerk, isin=LOT, holder=scene.ann)
    with scene.world.refused("the holding is not frozen"):
        scene.register.release_holding(by=scene.clerk, isin=LOT, holder=scene.ann)
    assert (scene.units(scene.ann), scene.units(scene.bob)) == ((90, 40), (10, 0))


def test_a_split_multiplies_what_is_held_back(scene: Scene) -> None:
    scale = scene.block(40)
    scene.register.split(by=scene.clerk, isin=LOT, factor=3)
    assert scene.units(scene.ann) == (300, 120)
    assert scene.deliver(scene.bob, 40, scale) is Obstacle.NONE
    assert (scene.units(scene.ann), scene.units(scene.bob)) == ((180, 0), (120, 0))


def test_what_is_over_is_nobodys_and_does_not_begin_again(scene: Scene) -> None:
    scale = scene.block(40)
    scene.register.end(by=scene.clerk, isin=LOT)
    scene.register.unblock(by=scene.broker, isin=LOT, holder=scene.ann, units=40, scale=scale)
    assert scene.units(scene.ann) == (0, 0)
    with scene.world.refused("the series does not move"):
        scene.register.give(by=scene.clerk, isin=LOT, holder=scene.ann, units=1)


def test_a_register_has_a_bound(scene: Scene) -> None:
    for number in range(HOLDERS_MAX):
        other = scene.world.person(f"holder {number}")
        if number < HOLDERS_MAX - 1:
            scene.register.give(by=scene.clerk, isin=LOT, holder=other, units=1)
        else:
            with scene.world.refused("the register of holders is full"):
                scene.register.give(by=scene.clerk, isin=LOT, holder=other, units=1)
