"""The rules about what private people buy abroad, each by the tests that carry its number."""

from dataclasses import dataclass

import pytest

from dure.apps.shipment.contract_personal import DutyPaid, OrderState, PersonalImports
from dure.apps.shipment.persons import compute_person_digest
from dure.apps.shipment.tests.scene import RICH, digest
from dure.core.errors import ConfigurationError
from dure.testing import Deployed, Person, World
from dure.testing.invariants import check_invariants

KEY = b"k" * 32
PRICE = 300_000
DUTY = 56_400
STEPS = ("ship", "arrive", "declare", "release", "deliver")


@dataclass(frozen=True)
class Shop:
    world: World
    at: Deployed
    customs: Person
    buyer: Person
    seller: Person
    courier: Person

    def order(self, price: int = PRICE, word: str = "shoes") -> int:
        person = compute_person_digest(KEY, "P123456789012", digest(word))
        number = self.at.order(
            by=self.buyer,
            seller=self.seller,
            courier=self.courier,
            person=person,
            goods=digest(word),
            pay=price,
        )
        assert isinstance(number, int)
        return number

    def go(self, number: int, *steps: str, duty: int = DUTY) -> None:
        who = {"ship": self.seller, "declare": self.buyer, "release": self.customs}
        for step in steps:
            more = {"pay": duty} if step == "declare" else {}
            getattr(self.at, step)(by=who.get(step, self.courier), number=number, **more)


def open_shop(world: World) -> Shop:
    people = world.people("customs", "buyer", "seller", "courier", won=RICH)
    deployed = world.deploy(
        PersonalImports, by=people[0], money=world.asset("won"), duty_free=200_000, rate="0.188"
    )
    return Shop(world, deployed, *people)


@pytest.fixture
def shop(world: World) -> Shop:
    return open_shop(world)


def test_r17_the_price_waits_until_the_courier_delivers(shop: Shop) -> None:
    number = shop.order()
    shop.go(number, *STEPS[:-1])
    shop.world.wait(minutes=1)
    assert shop.seller.won == RICH
    shop.go(number, "deliver")
    shop.world.wait(minutes=1)
    assert shop.seller.won == RICH + PRICE
    shop.at.collect(by=shop.seller)
    assert shop.seller.won == RICH + PRICE
    assert shop.world.balance(shop.at, "won") == 0


@pytest.mark.parametrize("price", [0, None])
def test_r17_a_purchase_is_paid(shop: Shop, price: int | None) -> None:
    with shop.world.refused("refused"):
        shop.order(price=price or 0)
    with shop.world.refused("nobody buys from oneself"):
        shop.at.order(
            by=shop.buyer,
            seller=shop.buyer,
            courier=shop.courier,
            person=digest("a"),
            goods=digest("b"),
            pay=1,
        )


@pytest.mark.parametrize("place", range(len(STEPS)))
def test_r18_each_does_its_own_step_in_order(shop: Shop, place: int) -> None:
    number = shop.order()
    shop.go(number, *STEPS[:place])
    for later in STEPS[place + 1 :]:
        with shop.world.refused("the purchase is not at that point"):
            shop.go(number, later)
    own = {"ship": "seller", "arrive": "courier", "declare": "buyer", "deliver": "courier"}
    step = STEPS[place]
    words = f"only the {own[step]} may do this" if step in own else "not the customs"
    stranger = shop.world.person("stranger", won=RICH)
    more = {"pay": DUTY} if step == "declare" else {}
    with shop.world.refused(words):
        getattr(shop.at, step)(by=stranger, number=number, **more)


@pytest.mark.parametrize(("price", "duty"), [(200_000, 0), (200_001, 37_600), (PRICE, DUTY)])
def test_r19_duty_is_of_the_price_that_was_paid(shop: Shop, price: int, duty: int) -> None:
    number = shop.order(price)
    shop.go(number, "ship", "arrive")
    with shop.world.refused("the payment is not the duty"):
        shop.go(number, "declare", duty=duty + 1)
    shop.go(number, "declare", "release", duty=duty)
    shop.world.wait(minutes=1)
    assert shop.customs.won == RICH + duty
    assert [told.price.units for told in shop.world.events(DutyPaid)] == [price]


def test_r20_what_is_turned_back_is_paid_back_with_its_duty(shop: Shop) -> None:
    number = shop.order()
    shop.go(number, "ship", "arrive", "declare")
    with shop.world.refused("not the customs"):
        shop.at.turn_back(by=shop.buyer, number=number)
    shop.at.turn_back(by=shop.customs, number=number)
    shop.world.wait(minutes=1)
    assert shop.buyer.won == RICH
    with shop.world.refused("the purchase is not at that point"):
        shop.go(number, "release")


def test_r21_what_nobody_ships_is_paid_back_after_thirty_days(shop: Shop) -> None:
    number = shop.order()
    shop.world.wait(days=30)
    assert shop.buyer.won == RICH
    assert shop.at.purchase(number).state is OrderState.REFUNDED
    shipped = shop.order(word="hat")
    shop.go(shipped, "ship")
    shop.world.wait(days=31)
    assert shop.at.purchase(shipped).state is OrderState.SHIPPED


def test_r22_a_code_is_a_keyed_digest_for_one_order(shop: Shop) -> None:
    shop.order()
    with shop.world.refused("that digest of a customs code was used before"):
        shop.order()
    one, other = digest("shoes"), digest("hat")
    assert compute_person_digest(KEY, "P123456789012", one) != compute_person_digest(
        KEY, "P123456789012", other
    )
    assert compute_person_digest(KEY, "P123456789012", one) != compute_person_digest(
        b"x" * 32, "P123456789012", one
    )


@pytest.mark.parametrize(
    ("key", "code"), [(KEY, "P12345678901"), (KEY, "X123456789012"), (b"short", "P123456789012")]
)
def test_r22_what_is_no_code_or_no_key_is_refused(key: bytes, code: str) -> None:
    with pytest.raises(ConfigurationError):
        compute_person_digest(key, code, digest("shoes"))


test_no_call_breaks_a_promise = check_invariants(
    PersonalImports, start=lambda world: open_shop(world).at, examples=6, steps=20
)
