"""Four real nodes under load on bad links: cut, one-way, lossy, slow. No promise is ever broken.

Twice: over relays, which every machine can do and which show what programs see through TCP, and
packet by packet between network namespaces, where those are permitted.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.faults.hosts import find_obstacle, remove_stale
from tests.e2e.faults.packets import PacketLink
from tests.e2e.faults.relays import Relays
from tests.e2e.faults.town import MEMBERS, PayingTown, found_paying_town
from tests.e2e.faults.weather import FINE, Weather, cut_from, cut_to
from tests.e2e.processes import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

Link = Relays | PacketLink
CUT = {"nobody_hears_it": cut_from, "it_hears_nobody": cut_to}


@pytest.fixture(
    scope="module",
    params=[pytest.param(Relays, marks=pytest.mark.thorough), PacketLink],
    ids=["relays", "packets"],
)
def linked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PayingTown, Link]]:
    """Four nodes behind a link; the weather is fine before and after each test."""
    if request.param is PacketLink:
        remove_stale()
        obstacle = find_obstacle()
        if obstacle is not None:
            pytest.skip(obstacle)
    shop = found_paying_town(tmp_path_factory.mktemp("linked") / "net")
    link: Link = request.param(shop.town)
    try:
        shop.town.start()
        yield shop, link
        assert [shop.town.stop(name).code for name in MEMBERS] == [0, 0, 0, 0]
        assert shop.audit.count_votes() > 0
    finally:
        shop.town.close()
        link.close()


@pytest.fixture
def shop(linked: tuple[PayingTown, Link]) -> PayingTown:
    return linked[0]


@pytest.fixture
def link(linked: tuple[PayingTown, Link]) -> Iterator[Link]:
    yield linked[1]
    linked[1].set_weather(FINE)


def wait_left_behind(shop: PayingTown, name: str) -> None:
    """Return when the others are well ahead of a node that was cut off."""

    def is_behind() -> bool:
        others = min(map(shop.town.get_height, shop.list_others(name)))
        return others >= shop.town.get_height(name) + 5

    wait_until(is_behind, f"{name} is left behind", or_say=shop.town.tell_logs)


def test_a_pulled_cable(shop: PayingTown, link: Link) -> None:
    name = MEMBERS[0]
    with shop.open_for_business():
        link.pull_cable(name)
        try:
            wait_left_behind(shop, name)
        finally:
            link.plug_cable(name)
        shop.wait_back(name)


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT.keys())
def test_one_direction_is_dead(
    shop: PayingTown, link: Link, cut: Callable[[str, tuple[str, ...]], Weather]
) -> None:
    name = MEMBERS[1]
    with shop.open_for_business():
        held = link.held
        link.set_weather(cut(name, MEMBERS))
        shop.wait_progress(*shop.list_others(name), blocks=5)
        assert link.held > held
        link.set_weather(FINE)
        shop.wait_back(name)


def test_three_of_ten_packets_are_lost(shop: PayingTown, link: Link) -> None:
    with shop.open_for_business():
        held = link.held
        link.set_weather(Weather(loss=0.3))
        shop.wait_progress(*MEMBERS, timeout_s=120)
        assert link.held > held
        link.set_weather(FINE)


def test_everything_takes_two_hundred_milliseconds(shop: PayingTown, link: Link) -> None:
    with shop.open_for_business():
        held = link.held
        link.set_weather(Weather(delay_s=0.2))
        shop.wait_progress(*MEMBERS, blocks=5)
        assert link.held > held
        link.set_weather(FINE)
