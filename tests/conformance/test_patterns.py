"""The page of patterns keeps its word: a story on each of its contracts."""

import hashlib
import importlib
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.contract.language import Amount
from dure.contract.source import check_text
from dure.core.codec import encode
from dure.testing import Deployed, World
from tests.conformance.tree import ROOT

PAGE = ROOT / "docs" / "guides" / "contract-patterns.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


Load = Callable[[str], Any]

PRICES = '''
from dure.contract.language import Amount, Contract, view


class Prices(Contract):
    """Rice and nothing else."""

    @view
    def price_of(self, item: str) -> Amount:
        """Return the price."""
        return Amount(len(item))
'''
ONE_BY_ONE = '''
from dure.contract.language import Contract, Var, call


class OneByOne(Contract):
    """The version before."""

    count: Var[int]

    @call
    def step(self) -> None:
        """Go one step."""
        self.count += 1
'''


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    """Return what imports the file that declares a contract class, and gives the class."""
    folder = tmp_path_factory.mktemp("patterns")
    loaded: list[str] = []

    def find(name: str) -> Any:
        declares = re.compile(rf"^class {name}\(", re.MULTILINE)
        (text,) = (each for each in (*SNIPPETS, PRICES, ONE_BY_ONE) if declares.search(each))
        module = f"pattern_{name.lower()}"
        (folder / f"{module}.py").write_text(text, "utf-8")
        importlib.invalidate_caches()
        loaded.append(module)
        return getattr(importlib.import_module(module), name)

    sys.path.insert(0, str(folder))
    yield find
    sys.path.remove(str(folder))
    for module in loaded:
        sys.modules.pop(module, None)


@pytest.fixture
def world() -> World:
    """Return a chain that no other test has touched."""
    return World()


@pytest.fixture(scope="module")
def dividend(load: Load) -> Deployed:
    """Return the contract that splits, once for all examples."""
    world = World()
    return world.deploy(load("Dividend"), by=world.person("ann"))


def hash_of(*values: object) -> bytes:
    """Return what the language's `sha256(encode(…))` gives."""
    return hashlib.sha256(encode(values)).digest()


@pytest.mark.parametrize("text", SNIPPETS, ids=lambda text: text.partition("\n")[0].strip('"'))
def test_the_checker_accepts_every_pattern(text: str) -> None:
    assert check_text(text) == []


def test_a_licence_has_a_holder_and_a_registrar(load: Load, world: World) -> None:
    office, ann, bob = world.people("office", "ann", "bob")
    roles = {"registrar": office}
    licence = world.deploy(load("Licence"), by=office, roles=roles, holder=ann.address)
    with world.refused("not the holder"):
        licence.hand_on(by=bob, to=bob.address)
    licence.hand_on(by=ann, to=bob.address)
    with world.refused("not a registrar"):
        licence.withdraw(by=bob)
    licence.withdraw(by=office)
    assert not licence.is_good()


def test_a_pot_gives_to_everybody_what_is_theirs(load: Load, world: World) -> None:
    ann, bob = world.people("ann", "bob", won=1_000)
    pot = world.deploy(load("Pot"), by=ann, money=world.asset("won"))
    pot.put_in(by=ann, to=bob.address, pay=300)
    world.transfer(by=ann, to=pot, asset="won", amount=50)
    assert pot.everything_is_here()
    assert pot.collect(by=bob) == Amount(300)
    with world.refused("nothing is yours"):
        pot.collect(by=bob)
    assert (ann.won, bob.won) == (650, 1_300)


def test_an_offer_lapses_or_is_taken(load: Load, world: World) -> None:
    ann, bob = world.people("ann", "bob")
    offers = world.deploy(load("Offers"), by=ann)
    first, second = offers.offer(by=ann, lot="rice"), offers.offer(by=ann, lot="barley")
    assert offers.take(by=bob, number=first) == "rice"
    world.wait(days=8)
    assert not offers.is_open(second)
    with world.refused("the offer is gone"):
        offers.take(by=bob, number=second)


def test_rent_is_paid_for_as_long_as_it_was_paid_ahead(load: Load, world: World) -> None:
    ann, bob = world.people("ann", "bob", won=10_000)
    money = world.asset("won")
    rent = world.deploy(load("Rent"), by=ann, money=money, landlord=ann.address)
    with world.refused("whole months"):
        rent.move_in(by=bob, pay=2_500)
    rent.move_in(by=bob, pay=3_000)
    world.wait(days=60)
    assert (ann.won, bob.won) == (12_000, 7_000)
    world.wait(days=300)
    assert (ann.won, world.balance(rent, "won")) == (13_000, 0)


def test_wages_are_paid_fifty_at_a_time(load: Load, world: World) -> None:
    (firm,) = world.people("firm", won=1_000_000)
    roles = {"employer": firm}
    wages = world.deploy(load("Wages"), by=firm, roles=roles, money=world.asset("won"))
    hands = world.people(*(f"hand {number}" for number in range(60)))
    for hand in hands:
        wages.hire(by=firm, who=hand.address)
    wages.pay_everybody(by=firm, pay=6_000)
    world.wait(seconds=10)
    assert {world.balance(hand, "won") for hand in hands} == {100}


def test_what_was_sealed_is_what_is_revealed(load: Load, world: World) -> None:
    ann, bob = world.people("ann", "bob")
    offers = world.deploy(load("SealedOffers"), by=ann)
    salt = bytes(16)
    sealed = hash_of(ann.address, 5, salt)
    for who in (ann, bob):
        offers.seal(by=who, digest=sealed)
    with world.refused("this is not what was sealed"):
        offers.reveal(by=ann, amount=6, salt=salt)
    with world.refused("this is not what was sealed"):
        offers.reveal(by=bob, amount=5, salt=salt)
    offers.reveal(by=ann, amount=5, salt=salt)
    assert offers.offer_of(ann.address) == Amount(5)


def test_two_of_three_open_the_vault(load: Load, world: World) -> None:
    ann, bob, eve = world.people("ann", "bob", "eve")
    names = [person.address for person in (ann, bob, eve)]
    vault = world.deploy(load("Vault"), by=ann, signatories=names, enough=2)
    action = hash_of("open_door", bob.address)
    number = vault.propose(by=ann, action=action)
    with world.refused("too few"):
        vault.open_door(by=ann, number=number, to=bob.address)
    vault.approve(by=bob, number=number)
    with world.refused("something else was proposed"):
        vault.open_door(by=ann, number=number, to=eve.address)
    vault.open_door(by=ann, number=number, to=bob.address)
    assert vault.last() == bob.address


def test_fee_and_price_are_what_was_paid(load: Load, world: World) -> None:
    house, seller, buyer = world.people("house", "seller", "buyer", won=10_000)
    sales = world.deploy(load("Sales"), by=house, money=world.asset("won"))
    assert sales.sell(by=buyer, seller=seller.address, pay=999) == Amount(12)
    assert (house.won, seller.won, world.balance(sales, "won")) == (10_012, 10_987, 0)


@given(
    total=st.integers(0, 10**12),
    shares=st.lists(st.integers(0, 1_000), min_size=1, max_size=9).filter(any),
)
def test_parts_of_a_dividend_are_the_whole(
    dividend: Deployed, total: int, shares: list[int]
) -> None:
    parts = [part.units for part in dividend.split(total, shares)]
    assert sum(parts) == total
    fair = [total * share // sum(shares) for share in shares]
    assert all(part - exact in (0, 1) for part, exact in zip(parts, fair, strict=True))


def test_a_shop_asks_the_list_of_prices(load: Load, world: World) -> None:
    (ann,) = world.people("ann")
    prices = world.deploy(load("Prices"), by=ann)
    shop = world.deploy(load("Shop"), by=ann, prices=prices.address)
    assert shop.quote("rice", 3) == Amount(12)


def test_vouchers_go_to_shops_only(load: Load, world: World) -> None:
    town, ann, bob = world.people("town", "ann", "bob")
    voucher = world.deploy(load("Voucher"), by=town, roles={"town": town}, code="TOWN")
    voucher.give(by=town, to=ann.address, amount=500)
    money = voucher.asset()
    with world.refused("not a shop of this town"):
        world.transfer(by=ann, to=bob, asset=money, amount=100)
    voucher.add_shop(by=town, shop=bob.address)
    world.transfer(by=ann, to=bob, asset=money, amount=100)
    assert world.balance(bob, money) == 100


def test_steps_go_on_where_the_version_before_stood(load: Load, world: World) -> None:
    (ann,) = world.people("ann")
    counter = world.deploy(load("OneByOne"), by=ann)
    counter.step(by=ann)
    counter = world.upgrade(counter, load("Steps"))
    counter.step(by=ann)
    assert counter.total() == 4
