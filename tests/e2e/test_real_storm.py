"""One random fault after the other, for as long as you like: `make faults MINUTES=60`.

Four nodes behind relays, under load. Each round draws a victim and what happens to it, or bad
weather for all; after every few rounds the whole audit. The seed is printed, and `FAULTS_SEED`
draws the same faults again; their moments are real ones and never the same twice.
"""

import os
import random
import secrets
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from tests.e2e.faults.relays import Relays
from tests.e2e.faults.town import MEMBERS, PayingTown, found_paying_town
from tests.e2e.faults.weather import FINE, Weather, cut_from, cut_off, cut_to

MINUTES = float(os.environ.get("FAULTS_MINUTES", "0"))
ROUNDS = 5
"""Faults between two audits."""

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300 + 90 * MINUTES),
    pytest.mark.skipif(not MINUTES, reason="takes minutes: `make faults`"),
]


@pytest.fixture
def stormy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PayingTown, Relays]]:
    shop = found_paying_town(tmp_path_factory.mktemp("stormy") / "net")
    link = Relays(shop.town)
    try:
        shop.town.start()
        yield shop, link
        assert [shop.town.stop(name).code for name in MEMBERS] == [0, 0, 0, 0]
        assert shop.audit.count_votes() > 0
    finally:
        shop.town.close()
        link.close()


def kill(shop: PayingTown, _: Relays, name: str) -> None:
    shop.town.kill(name)
    shop.wait_progress(*shop.list_others(name))
    shop.town.start(name)


def kill_all(shop: PayingTown, _: Relays, __: str) -> None:
    for name in MEMBERS:
        shop.town.kill(name)
    shop.town.start()


def stop(shop: PayingTown, _: Relays, name: str) -> None:
    shop.town.nodes[name].send(signal.SIGSTOP)
    try:
        shop.wait_progress(*shop.list_others(name), blocks=20)
    finally:
        shop.town.nodes[name].send(signal.SIGCONT)


def pull_cable(shop: PayingTown, link: Relays, name: str) -> None:
    spoil(shop, link, name, cut_off(name, MEMBERS))


def silence(shop: PayingTown, link: Relays, name: str) -> None:
    spoil(shop, link, name, cut_from(name, MEMBERS))


def deafen(shop: PayingTown, link: Relays, name: str) -> None:
    spoil(shop, link, name, cut_to(name, MEMBERS))


def spoil(shop: PayingTown, link: Relays, name: str, weather: Weather) -> None:
    link.set_weather(weather)
    shop.wait_progress(*shop.list_others(name), blocks=10)


def lose(shop: PayingTown, link: Relays, _: str) -> None:
    link.set_weather(Weather(loss=0.3, delay_s=0.05))
    shop.wait_progress(*MEMBERS, timeout_s=120)


FAULTS = (kill, kill_all, stop, pull_cable, silence, deafen, lose)


def test_a_storm(stormy: tuple[PayingTown, Relays]) -> None:
    shop, link = stormy
    seed = int(os.environ.get("FAULTS_SEED") or secrets.randbelow(2**32))
    sys.stderr.write(f"FAULTS_SEED={seed}\n")
    lot = random.Random(seed)
    deadline = time.monotonic() + 60 * MINUTES
    while time.monotonic() < deadline:
        with shop.open_for_business():
            for _ in range(ROUNDS):
                fault, name = lot.choice(FAULTS), lot.choice(MEMBERS)
                sys.stderr.write(f"{fault.__name__} {name}\n")
                fault(shop, link, name)
                link.set_weather(FINE)
                shop.wait_back(name)
    for name in MEMBERS:
        shop.audit.forget(name)
    shop.audit.check()
