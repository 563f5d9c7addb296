"""The market is what an independent one comes to, and is held against the optimum of welfare."""

import random

import numpy as np
import pytest
from scipy.optimize import linprog  # type: ignore[import-untyped]

from dure.apps.energy.contract import Traded
from dure.apps.energy.day import open_neighbourhood, place_orders, play_day
from dure.apps.energy.offchain import (
    LOSSES,
    Order,
    Quarter,
    Trade,
    plan_day,
    reckon_day,
    reckon_slot,
)
from dure.contract.language import minutes
from dure.core.errors import ConfigurationError
from dure.testing import World

HOUSES = 10
FEEDERS = tuple(number % 3 for number in range(HOUSES))


def draw_orders(seed: int) -> tuple[Order, ...]:
    draw = random.Random(seed)
    return tuple(
        Order(
            house,
            is_purchase=draw.random() < 0.5,
            energy=draw.choice((1, 7, 500, 999, 5_000)),
            price=draw.choice((90, 100, 100, 120, 150)),
        )
        for house in draw.sample(range(HOUSES), HOUSES)
    )


def compute_welfare(trades: list[Trade], orders: tuple[Order, ...]) -> float:
    price = {each.house: each.price for each in orders}
    return sum(
        (price[each.buyer] * each.bought - price[each.seller] * each.sold) / 1_000
        for each in trades
    )


def compute_optimum(orders: tuple[Order, ...]) -> float:
    bids = [each for each in orders if each.is_purchase]
    asks = [each for each in orders if not each.is_purchase]
    if not bids or not asks:
        return 0.0
    arrives = np.array(
        [[1 - LOSSES[FEEDERS[b.house]][FEEDERS[a.house]] / 1_000 for a in asks] for b in bids]
    )
    gain = arrives * np.array([[b.price] for b in bids]) - np.array([a.price for a in asks])
    rows = []
    for number in range(len(bids)):
        row = np.zeros_like(arrives)
        row[number] = arrives[number]
        rows.append(row.ravel())
    for number in range(len(asks)):
        row = np.zeros_like(arrives)
        row[:, number] = 1
        rows.append(row.ravel())
    bounds = [each.energy for each in (*bids, *asks)]
    found = linprog(-gain.ravel() / 1_000, A_ub=np.array(rows), b_ub=bounds)
    return -float(found.fun)


@pytest.mark.parametrize("seed", range(12))
def test_the_chain_comes_to_the_second_market(seed: int) -> None:
    orders = draw_orders(seed)
    town = open_neighbourhood(World(), HOUSES)
    slot = town.first_slot()
    place_orders(town, slot, Quarter(200, 80, orders, ()))
    town.world.wait_until(town.begins(slot) + minutes(1))
    place = {each.address: number for number, each in enumerate(town.houses)}
    got = [
        Trade(place[each.seller], place[each.buyer], each.sold, each.bought, each.paid.units)
        for each in town.world.events(Traded)
    ]
    assert got == reckon_slot(orders, FEEDERS, LOSSES)


def test_no_market_passes_the_optimum_and_together_they_reach_most_of_it() -> None:
    reached, best = 0.0, 0.0
    for seed in range(200):
        orders = draw_orders(seed)
        welfare = compute_welfare(reckon_slot(orders, FEEDERS, LOSSES), orders)
        optimum = compute_optimum(orders)
        assert 0 <= welfare <= optimum + 1e-6
        reached, best = reached + welfare, best + optimum
    assert reached > best * 0.95


def test_a_real_day_comes_out_as_it_was_reckoned() -> None:
    plan = plan_day(houses=5, quarters=3, day=170)
    world = World()
    assert play_day(world, plan, 5) == reckon_day(plan, [number % 3 for number in range(5)])
    assert world.conserved()


def test_a_plan_that_cannot_be_is_refused_by_name() -> None:
    for houses, quarters, day, why in (
        (1, 1, 1, "houses"),
        (2, 0, 1, "quarter-hours"),
        (2, 1, 0, "day"),
    ):
        with pytest.raises(ConfigurationError, match=why):
            plan_day(houses=houses, quarters=quarters, day=day)
